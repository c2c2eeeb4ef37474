"""Drafts and their evidence: who may change them, and what a verdict may rest on."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from claims.errors import NotTheAuthor, OwnVerdict, ReasonMissing, WrongState
from claims.models import Event
from claims.services.verdicts import (
    Link,
    approve_verdict,
    draft_verdict,
    propose_verdict,
    return_verdict,
    revise_verdict,
)
from tests import factories

pytestmark = pytest.mark.django_db
PHOTOGRAPH = "https://archive.example/photograph"


@pytest.fixture
def draft(reviewer):
    claim = factories.ClaimFactory()
    return draft_verdict(
        claim, credibility=3, rationale="One photograph.", by=reviewer, evidence=[Link(url=PHOTOGRAPH)]
    )


def test_a_draft_returned_with_a_reason_is_revised_by_its_author_and_published(draft, reviewer, editor):
    propose_verdict(draft, by=reviewer)
    return_verdict(draft, by=editor, reason="Where was it taken?")
    due = timezone.now()
    more = Link(url="https://archive.example/map", note="Taken from the north quay.")
    revised = revise_verdict(
        draft, credibility=2, rationale="Two photographs and a map.", by=reviewer, review_due=due, evidence=[more]
    )
    assert (revised.credibility, revised.rationale, revised.review_due) == (2, "Two photographs and a map.", due)
    assert [e.url for e in revised.evidence.all()] == [PHOTOGRAPH, more.url]
    event = Event.objects.filter(object_uid=draft.uid).latest("pk")
    assert (event.verb, event.actor_label, event.state["rationale"]) == (
        "revised", "user:rolf-reviewer", "Two photographs and a map.",
    )  # fmt: skip
    assert [e["url"] for e in event.state["evidence"]] == [PHOTOGRAPH, more.url]
    propose_verdict(draft, by=reviewer)
    assert approve_verdict(draft, by=editor).state == "published"


def test_nobody_else_changes_a_draft_since_it_could_then_be_approved_by_who_wrote_it(draft, editor):
    with pytest.raises(NotTheAuthor):
        revise_verdict(draft, credibility=1, rationale="Mine.", by=editor)


def test_only_a_draft_is_revised(draft, reviewer):
    propose_verdict(draft, by=reviewer)
    with pytest.raises(WrongState):
        revise_verdict(draft, credibility=1, rationale="After all.", by=reviewer)


def test_a_revised_draft_still_has_its_rationale(draft, reviewer):
    with pytest.raises(ReasonMissing):
        revise_verdict(draft, credibility=1, rationale="  ", by=reviewer)


def test_nobody_approves_his_or_her_own(editor):
    verdict = draft_verdict(factories.ClaimFactory(), credibility=2, rationale="Seen.", by=editor)
    propose_verdict(verdict, by=editor)
    with pytest.raises(OwnVerdict):
        approve_verdict(verdict, by=editor)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://archive.example/x", "urn:sha256:00", "photograph", ""])
def test_a_verdict_rests_on_addresses_of_the_web(reviewer, url):
    with pytest.raises(ValidationError):
        draft_verdict(factories.ClaimFactory(), credibility=2, rationale="Seen.", by=reviewer, evidence=[Link(url=url)])


def test_or_on_the_snapshot_of_a_file_that_has_none(reviewer):
    document = factories.DocumentFactory(url="urn:sha256:0123")
    snapshot = factories.SnapshotFactory(document=document)
    verdict = draft_verdict(
        factories.ClaimFactory(), credibility=2, rationale="Read.", by=reviewer,
        evidence=[Link(url=document.url, snapshot=snapshot)],
    )  # fmt: skip
    assert verdict.evidence.get().snapshot == snapshot


def test_each_address_is_named_once(draft, reviewer):
    with pytest.raises(ValidationError):
        revise_verdict(draft, credibility=3, rationale="Again.", by=reviewer, evidence=[Link(url=PHOTOGRAPH)])
    twice = [Link(url="https://archive.example/a"), Link(url="https://archive.example/a")]
    with pytest.raises(ValidationError):
        revise_verdict(draft, credibility=3, rationale="Again.", by=reviewer, evidence=twice)
