"""A tag changes with whatever its answer shows, and only then; changes need the tag of what somebody has seen."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from claims.api.etags import etag_of, require_match
from claims.choices import ContradictionState
from claims.errors import ChangedMeanwhile, MatchMissing
from claims.models import Party
from claims.services import ledger
from claims.services.claims import merge_claims
from claims.services.contradictions import decide_contradiction
from claims.services.sources import add_alias, describe_source, grade_source, merge_sources
from claims.services.statements import reject_statement
from claims.services.verdicts import withdraw_verdict
from tests import factories
from tests.claims.api.conftest import V1, a_case
from tests.factories import MACHINE


def renamed(row, field, value):
    """A change of one field, on the ledger."""
    with transaction.atomic():
        setattr(row, field, value)
        row.save(update_fields=[field])
        ledger.record(MACHINE, "changed", row)


def emptied(snapshot):
    """Its contents removed, on the ledger, as a rule of its dossier does it."""
    with transaction.atomic():
        snapshot.text, snapshot.headers, snapshot.removed_at, snapshot.removed_under = "", [], timezone.now(), "a rule"
        snapshot.save(update_fields=["text", "headers", "removed_at", "removed_under"])
        ledger.record(MACHINE, "contents removed", snapshot)


def user_renamed(user):
    user.username = "someone-else"
    user.save(update_fields=["username"])


# What is changed, and the resources whose single row of the case shows it.
CHANGES = {
    "the dossier's title": (lambda c, _: renamed(c.dossier, "title", "Oster"), {"dossiers", "documents", "claims"}),
    "the claim's text": (
        lambda c, _: renamed(c.claim, "text", "the mill burnt down"),
        {"claims", "statements", "contradictions", "verdicts"},
    ),
    "a source's grade": (
        lambda c, _: grade_source(c.guild, grade="B", reason="Right again.", actor=MACHINE),
        {"sources", "claims", "statements", "contradictions"},
    ),
    "an alias": (
        lambda c, _: add_alias(c.guild, name="Millers", actor=MACHINE),
        {"sources", "claims", "statements", "contradictions"},
    ),
    "what a source was merged into": (
        lambda c, editor: merge_sources(c.guild, target=factories.SourceFactory(), by=editor, reason="One."),
        {"sources", "claims", "statements", "contradictions"},
    ),
    "a source merged into it": (
        lambda c, editor: merge_sources(factories.SourceFactory(), target=c.guild, by=editor, reason="One."),
        {"sources"},
    ),
    "the publisher's name": (
        lambda c, _: renamed(c.outlet, "name", "The Oster Mail"),
        {"documents", "claims", "statements", "contradictions"},
    ),
    "a party's name": (
        lambda c, _: renamed(Party.objects.get(pk=c.guild.party_id), "name", "The guilds"),
        {"claims", "sources", "statements", "contradictions"},
    ),
    "the document's state": (
        lambda c, _: renamed(c.document, "state", "retracted"),
        {"documents", "claims", "statements", "contradictions"},
    ),
    "a new version": (
        lambda c, _: factories.SnapshotFactory(document=c.document, number=2, latest=False),
        {"documents"},
    ),
    "a notice on a version": (
        lambda c, _: factories.NoticeFactory(snapshot=c.snapshot),
        {"documents"},
    ),
    "contents that a rule removed": (lambda c, _: emptied(c.snapshot), {"documents"}),
    "how far a version was read": (
        lambda c, _: type(c.snapshot).objects.filter(pk=c.snapshot.pk).update(analysed_with="x/1"),
        {"documents"},
    ),
    "the denial's review": (
        lambda c, editor: reject_statement(c.denial, by=editor, reason="The council said no such thing."),
        {"claims", "contradictions"},
    ),
    "a position": (
        lambda c, _: factories.PositionFactory(
            claim=c.claim, statement=factories.StatementFactory(snapshot=c.snapshot, source=c.guild)
        ),
        {"claims"},
    ),
    "another claim in the dossier": (lambda c, _: factories.ClaimFactory(dossier=c.dossier), {"dossiers"}),
    "a document in the dossier": (lambda c, _: factories.DocumentFactory(dossier=c.dossier), {"dossiers"}),
    "a claim merged into it": (
        lambda c, editor: merge_claims(
            factories.ClaimFactory(dossier=c.dossier), target=c.claim, by=editor, reason="The same."
        ),
        {"claims", "dossiers"},
    ),
    "a lower figure of the toll": (
        lambda c, _: factories.ClaimFactory(dossier=c.dossier, rises_to=c.claim),
        {"claims", "dossiers"},
    ),
    "a decision on the contradiction": (
        lambda c, editor: decide_contradiction(
            c.contradiction, state=ContradictionState.DISMISSED, by=editor, reason="Both are right."
        ),
        {"claims", "contradictions"},
    ),
    "a contradiction kept on its other side": (
        lambda c, _: factories.ContradictionFactory(
            claim=c.claim, other_claim=factories.ClaimFactory(), position=c.support, type="actor"
        ),
        {"claims"},
    ),
    "the verdict's withdrawal": (
        lambda c, editor: withdraw_verdict(c.verdict, by=editor, reason="A new photograph."),
        {"claims", "verdicts"},
    ),
    "the name of a verdict's author": (lambda c, _: user_renamed(c.verdict.author), {"claims", "verdicts"}),
    "something else": (lambda c, _: describe_source(factories.SourceFactory(), actor=MACHINE, kind="person"), set()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_tag_changes_with_what_its_answer_shows(api, case, editor, change):
    def fetched():
        return {name: api.get(f"{V1}{name}/{row.uid}") for name, row in case.by_resource.items()}

    before = fetched()
    again = fetched()
    assert all(again[name]["ETag"] == answer["ETag"] for name, answer in before.items())
    make, shown_by = CHANGES[change]
    make(case, editor)
    after = fetched()
    assert {name for name, answer in after.items() if answer.get("ETag") != before[name]["ETag"]} >= shown_by
    # No answer differs from the one before under the same tag.
    for name, answer in after.items():
        if answer.get("ETag") == before[name]["ETag"]:
            assert answer.content == before[name].content, name
    if not shown_by:
        assert all(answer["ETag"] == before[name]["ETag"] for name, answer in after.items())


def test_what_the_caller_has_is_answered_with_304_and_nothing_is_read_for_it(api, case, reader):
    for name, row in case.by_resource.items():
        answer = api.get(f"{V1}{name}/{row.uid}")
        with CaptureQueriesContext(connection) as queries:
            again = api.get(f"{V1}{name}/{row.uid}", HTTP_IF_NONE_MATCH=f'"other", {answer["ETag"]}')
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == answer["ETag"]
        # The token with whose it is, what it was granted and what its user may do; which row it is, the newest changes
        # of what it shows, and what is masked.
        sent = [sql for sql in (query["sql"] for query in queries) if not sql.startswith("PREPARE")]
        assert len(sent) == 2, sent


def test_a_list_is_named_by_its_bytes(api, case, reviewer, editor):
    answer = api.get(f"{V1}claims")
    again = api.get(f"{V1}claims", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", answer["ETag"])
    a_case(reviewer, editor)
    assert api.get(f"{V1}claims", HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 200
    assert api.get(f"{V1}claims?page_size=1")["ETag"] != answer["ETag"]


def test_no_shared_cache_may_keep_or_mix_answers(api, case, reviewer, client_of):
    for address in ("claims", f"claims/{case.claim.uid}", f"claims/{case.claim.uid}/explanation"):
        answer = api.get(V1 + address)
        assert answer["Cache-Control"] == "private, no-cache"
        assert {"Authorization", "Cookie", "Accept"} <= {name.strip() for name in answer["Vary"].split(",")}
        assert client_of(reviewer).get(V1 + address)["ETag"] != answer["ETag"]


def changing(user, tag=None):
    """A request that changes something."""
    headers = {} if tag is None else {"HTTP_IF_MATCH": tag}
    request = Request(APIRequestFactory().post("/", **headers))
    request.user = user
    return request


def test_a_change_needs_the_tag_of_what_was_seen(case, reviewer):
    with pytest.raises(MatchMissing):
        require_match(changing(reviewer), case.verdict)
    require_match(changing(reviewer, "*"), case.verdict)
    require_match(changing(reviewer, etag_of(case.verdict)), case.verdict)
    for nonsense in ('"x"', "W/" + etag_of(case.verdict), '"' + "f" * 40 + "." + "0" * 32 + '"'):
        with pytest.raises(ChangedMeanwhile):
            require_match(changing(reviewer, nonsense), case.verdict)


def test_the_tag_of_any_form_of_it_will_do(api, case, reviewer):
    answer = api.get(f"{V1}verdicts/{case.verdict.uid}")
    require_match(changing(reviewer, f'"another", {answer["ETag"]}'), case.verdict)


def test_a_change_of_something_else_than_was_seen_is_refused_and_told(case, reviewer, editor):
    tag = etag_of(case.contradiction)
    grade_source(case.guild, grade="D", reason="Wrong thrice.", actor=MACHINE)
    with pytest.raises(ChangedMeanwhile) as refused:
        require_match(changing(reviewer, tag), case.contradiction)
    assert refused.value.status == 412
    told = refused.value.members["changes"]
    assert [(one["actor"], one["object"], one["uid"]) for one in told] == [
        ("machine:test/1", "source", str(case.guild.uid))
    ]
    assert "machine:test/1" in str(refused.value)
