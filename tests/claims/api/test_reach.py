"""What a caller reaches: public dossiers, tokens with scopes and dossiers, and what stays masked."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from claims.api.authentication import token_of
from claims.masking import MASK
from claims.models import Source, TokenGrant
from claims.services.protection import protect_source, protect_statement
from claims.services.sources import add_alias
from tests import factories
from tests.claims.api.conftest import V1, a_case
from tests.factories import MACHINE

RESOURCES = ["dossiers", "documents", "statements", "claims", "contradictions", "sources", "verdicts"]


@pytest.fixture
def other(reviewer, editor):
    """A second case, in a dossier of its own."""
    return a_case(reviewer, editor)


@pytest.fixture
def client_with():
    """A client with a token of somebody that was granted so much."""

    def made(user, *scopes, dossiers=None):
        token, secret = AuthToken.objects.create(user)
        grant = TokenGrant.objects.create(token=token, name="x", scopes=list(scopes), limited=dossiers is not None)
        grant.dossiers.set(dossiers or [])
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
        client.token = token
        return client

    return made


@pytest.fixture
def reaching(request, case, other, reader, client_with):
    """Clients that reach the first case and not the second."""
    if request.param == "a token limited to a dossier":
        return client_with(reader, "read", dossiers=[case.dossier])
    case.dossier.public_read = True
    type(case.dossier).objects.filter(pk=case.dossier.pk).update(public_read=True)
    if request.param == "nobody":
        return APIClient()
    client = APIClient()
    client.force_login(factories.UserFactory())
    return client


BOTH = pytest.mark.parametrize("reaching", ["a token limited to a dossier", "nobody", "no role"], indirect=True)


@BOTH
@pytest.mark.parametrize("resource", RESOURCES)
def test_one_dossier_is_reached_and_no_other(reaching, case, other, resource):
    mine, not_mine = case.by_resource[resource], other.by_resource[resource]
    listed = {row["uid"] for row in reaching.get(f"{V1}{resource}").json()["results"]}
    assert str(mine.uid) in listed
    assert str(not_mine.uid) not in listed
    assert reaching.get(f"{V1}{resource}/{mine.uid}").status_code == 200
    assert reaching.get(f"{V1}{resource}/{not_mine.uid}").status_code == 404


@BOTH
def test_what_is_not_reached_is_to_filters_as_if_it_were_not_there(reaching, case, other):
    for address in (
        "statements?source={0.guild.uid}",
        "claims?document={0.document.uid}",
        "claims?dossier={0.dossier.slug}",
    ):
        assert reaching.get(V1 + address.format(case)).status_code == 200
        refused = reaching.get(V1 + address.format(other))
        assert (refused.status_code, "There is no" in refused.json()["detail"]) == (400, True)


def test_without_a_public_dossier_nobody_is_asked_to_sign_in(case):
    assert APIClient().get(f"{V1}claims").status_code == 401


def test_a_token_that_reads_writes_nothing(client_with, editor):
    answer = client_with(editor, "read").post(f"{V1}submissions", {"url": "https://x.example/"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_a_token_that_submits_reads_nothing_else(client_with, editor):
    answer = client_with(editor, "submit").get(f"{V1}claims")
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_no_scope_gives_more_than_the_role(client_with, reader):
    client = client_with(reader, "read", "review", "submit", "admin")
    answer = client.post(f"{V1}submissions", {"url": "https://x.example/"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_a_token_ends(client_with, reader):
    client = client_with(reader, "read")
    assert client.get(f"{V1}claims").status_code == 200
    AuthToken.objects.filter(pk=client.token.pk).update(expiry=timezone.now() - timedelta(seconds=1))
    assert client.get(f"{V1}claims").status_code == 401


def test_a_token_brings_what_its_user_may_do_now(reader, reviewer):
    for user in (reader, reviewer):
        user.user_permissions.add(Permission.objects.get(codename="view_logentry"))
        token, _ = AuthToken.objects.create(user)
        found = token_of(token.digest)
        assert (found, found.user) == (token, user)
        with pytest.raises(TokenGrant.DoesNotExist):
            assert found.grant
        assert found.user.get_all_permissions() == User.objects.get(pk=user.pk).get_all_permissions()
        user.user_permissions.clear()
        assert "admin.view_logentry" not in token_of(token.digest).user.get_all_permissions()


def test_the_last_use_is_noted_once_a_minute(client_with, reader, django_assert_num_queries):
    client = client_with(reader, "read")
    client.get(f"{V1}claims")
    first = TokenGrant.objects.get().last_used_at
    assert first is not None
    client.get(f"{V1}claims")
    assert TokenGrant.objects.get().last_used_at == first
    TokenGrant.objects.update(last_used_at=first - timedelta(seconds=61))
    client.get(f"{V1}claims")
    assert TokenGrant.objects.get().last_used_at >= first


def everything_of(client, case):
    """Every answer about a case, as text."""
    addresses = [f"{V1}{name}" for name in RESOURCES]
    addresses += [f"{V1}{name}/{row.uid}" for name, row in case.by_resource.items()]
    addresses += [f"{V1}documents/{case.document.uid}/text", f"{V1}claims/{case.claim.uid}/explanation"]
    return "\n".join(client.get(address).content.decode() for address in addresses)


def test_a_protected_source_is_named_in_no_answer(api, client_of, editor, case):
    add_alias(case.guild, name="The Millwrights", actor=MACHINE)
    names = [case.guild.name, "Millwrights"]
    assert all(name in everything_of(api, case) for name in names)
    protect_source(case.guild, by=editor, reason="Threatened.")
    shown = everything_of(api, case)
    assert [name for name in names if name in shown] == []
    assert MASK in shown
    assert all(name in everything_of(client_of(editor), case) for name in names)


def test_the_words_of_a_protected_statement_are_in_no_answer(api, editor, case):
    assert "the mill at Oster burnt down" in everything_of(api, case)
    protect_statement(case.assertion, by=editor, reason="Only one person knew.")
    shown = everything_of(api, case)
    assert "burnt down" not in shown
    text = api.get(f"{V1}documents/{case.document.uid}/text").json()["text"]
    assert len(text) == len(case.snapshot.text)


def test_a_tag_changes_with_what_is_masked(api, editor, case):
    address = f"{V1}sources/{case.guild.uid}"
    tag = api.get(address)["ETag"]
    assert api.get(address, HTTP_IF_NONE_MATCH=tag).status_code == 304
    protect_source(case.guild, by=editor, reason="Threatened.")
    assert api.get(address, HTTP_IF_NONE_MATCH=tag).status_code == 200
    assert Source.objects.get(pk=case.guild.pk).protected


SEARCHES = ["statements", "sources", "documents", "claims", "contradictions", "verdicts", "dossiers"]


@pytest.mark.parametrize("resource", SEARCHES)
def test_a_search_for_a_protected_name_finds_no_more_than_one_for_nonsense(api, client_of, editor, resource, reviewer):
    name = "Quirinius Baldrick"
    source = factories.SourceFactory(name=name, kind="person")
    dossier = factories.DossierFactory(title=f"About {name}")
    document = factories.DocumentFactory(dossier=dossier, title=f"{name} speaks", publisher=source)
    snapshot = factories.SnapshotFactory(document=document, text=f"{name} said that {name} was there.")
    statement = factories.StatementFactory(snapshot=snapshot, source=source, content_text=f"{name} was there")
    claim = factories.ClaimFactory(dossier=dossier, text=f"{name} was there")
    position = factories.PositionFactory(statement=statement, claim=claim)
    factories.ContradictionFactory(claim=claim, position=position, explanation=f"{name} says that he was not there.")
    from tests.claims.api.conftest import published

    verdict = published(claim, credibility=2, author=reviewer, approver=editor)
    assert verdict
    asked = [name, "Quirinius", "quirin", "Baldric", "QUIRINIUS BALDRICK", "Quirinus Baldrick", "aldri"]
    found = {q: len(api.get(f"{V1}{resource}", {"q": q}).json()["results"]) for q in asked}
    if resource != "verdicts":
        assert found[name] == 1
    protect_source(source, by=editor, reason="Threatened.")
    assert {q: api.get(f"{V1}{resource}", {"q": q}).json()["results"] for q in asked} == {q: [] for q in asked}
    assert len(client_of(editor).get(f"{V1}{resource}", {"q": name}).json()["results"]) == found[name]
