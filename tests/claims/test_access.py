"""What a caller may see and do, and which rows that leaves."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from knox.models import AuthToken

from claims.access import EVERY_SCOPE, Access, access_of
from claims.models import (
    Claim,
    Contradiction,
    Document,
    Dossier,
    Party,
    Position,
    Snapshot,
    Source,
    Statement,
    TokenGrant,
    Verdict,
)
from tests import factories

pytestmark = pytest.mark.django_db


def request_of(user, token=None):
    request = RequestFactory().get("/")
    request.user, request.auth = user, token
    return request


def granted(user, *scopes, dossiers=None):
    token, _secret = AuthToken.objects.create(user)
    grant = TokenGrant.objects.create(token=token, name="test", scopes=list(scopes), limited=dossiers is not None)
    grant.dossiers.set(dossiers or [])
    return token


def test_nobody_reads_the_public_dossiers_masked():
    public, _other = factories.DossierFactory(public_read=True), factories.DossierFactory()
    access = access_of(request_of(AnonymousUser()))
    assert (access.scopes, access.dossiers, access.sees_protected) == ({"read"}, {public.pk}, False)


SEEING = [("reader", False), ("feed manager", False), ("reviewer", True), ("editor", True), ("administrator", True)]


@pytest.mark.parametrize(("role", "sees"), SEEING)
def test_a_session_may_do_what_the_role_may(role, sees):
    access = access_of(request_of(factories.UserFactory(role=role)))
    assert (access.scopes, access.dossiers, access.sees_protected) == (EVERY_SCOPE, None, sees)


@pytest.mark.parametrize(("scopes", "sees"), [(["read"], False), (["read", "submit"], False), (["review"], True)])
@pytest.mark.parametrize("role", ["reader", "editor"])
def test_a_token_may_do_no_more_than_it_was_granted_nor_than_its_user(role, scopes, sees):
    user = factories.UserFactory(role=role)
    access = access_of(request_of(user, granted(user, *scopes)))
    assert (access.scopes, access.sees_protected) == (set(scopes), sees and role == "editor")


def test_a_token_without_a_grant_may_do_what_its_user_may(editor):
    token, _secret = AuthToken.objects.create(editor)
    assert access_of(request_of(editor, token)) == Access.of(editor)


def test_a_token_may_be_limited_to_dossiers_or_to_none(editor):
    one = factories.DossierFactory()
    assert access_of(request_of(editor, granted(editor, "read", dossiers=[one]))).dossiers == {one.pk}
    assert access_of(request_of(editor, granted(editor, "read", dossiers=[]))).dossiers == frozenset()


def test_a_caller_limited_to_a_dossier_reads_its_rows_and_no_others(editor):
    def a_case():
        dossier = factories.DossierFactory()
        source = factories.SourceFactory(party=factories.PartyFactory(), parent=factories.SourceFactory())
        document = factories.DocumentFactory(dossier=dossier)
        snapshot = factories.SnapshotFactory(document=document)
        statement = factories.StatementFactory(snapshot=snapshot, source=source)
        claim = factories.ClaimFactory(dossier=dossier)
        position = factories.PositionFactory(statement=statement, claim=claim)
        against = factories.PositionFactory(
            statement=factories.StatementFactory(snapshot=snapshot, source=source), claim=claim, stance="refutes"
        )
        return {
            Dossier: {dossier},
            Document: {document},
            Snapshot: {snapshot},
            Statement: {statement, against.statement},
            Claim: {claim},
            Position: {position, against},
            Contradiction: {factories.ContradictionFactory(claim=claim, position=position, other_position=against)},
            Verdict: {factories.VerdictFactory(claim=claim)},
            Source: {source, source.parent, document.publisher},
            Party: {source.party},
        }

    mine, _others = a_case(), a_case()
    limited = Access.of(editor, dossiers=[next(iter(mine[Dossier])).pk])
    assert {model: set(model.objects.readable_by(limited)) for model in mine} == mine
    assert {model: model.objects.readable_by(Access.of(editor)).count() for model in mine} == {
        model: model.objects.count() for model in mine
    }
    assert not any(model.objects.readable_by(Access.of(editor, dossiers=[])).exists() for model in mine)
