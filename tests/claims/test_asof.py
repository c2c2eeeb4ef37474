"""What was held about a claim at a moment, and its history: from the ledger, exactly as it was recorded."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.choices import StatementState
from claims.models import Claim, Contradiction, Position, Verdict
from claims.services.asof import claim_as_of, history_of
from claims.services.claims import merge_claims, set_favours, set_position, undo_claim_merge
from claims.services.contradictions import decide_contradiction
from claims.services.standings import refresh
from claims.services.statements import confirm_statement, reject_statement
from claims.services.verdicts import approve_verdict, draft_verdict, propose_verdict, withdraw_verdict
from tests import factories
from tests.factories import MACHINE

pytestmark = pytest.mark.django_db


def now():
    """A moment after everything written until here."""
    return timezone.now()


def statement_on(dossier, **told):
    document = factories.DocumentFactory(dossier=dossier)
    return factories.StatementFactory(snapshot=factories.SnapshotFactory(document=document), **told)


def present(claim):
    """What is held now, as the rows say."""
    claim = Claim.objects.get(pk=claim.pk)
    return {
        "claim": claim.public_state(),
        "positions": {str(p.uid): p.public_state() for p in Position.objects.current().filter(claim=claim)},
        "contradictions": {
            str(c.uid): c.public_state()
            for c in Contradiction.objects.filter(claim=claim) | Contradiction.objects.filter(other_claim=claim)
        },
        "verdicts": {str(v.uid): v.public_state() for v in Verdict.objects.filter(claim=claim)},
    }


def told(claim, at):
    """The same, as the ledger says for a moment."""
    then = claim_as_of(claim.uid, at)
    return {
        "claim": dict(then.claim.state),
        "positions": {str(p.position.uid): dict(p.position.state) for p in then.positions},
        "contradictions": {str(c.contradiction.uid): dict(c.contradiction.state) for c in then.contradictions},
        "verdicts": {str(v.uid): dict(v.state) for v in then.verdicts},
    }


def changes(reviewer, editor):
    """A claim's life, one change a step; yields the claim after each."""
    claim = factories.ClaimFactory(text="the ferry to Ilme sank", kind="figure", measure="killed", low=3, best=4)
    refresh([claim.pk], actor=MACHINE)
    yield claim
    said = statement_on(claim.dossier)
    factories.PositionFactory(claim=claim, statement=said)
    refresh([claim.pk], actor=MACHINE)
    yield claim
    denial = statement_on(claim.dossier, polarity="denies")
    factories.PositionFactory(claim=claim, statement=denial, stance="refutes")
    refresh([claim.pk], actor=MACHINE)  # proposes that the two conflict
    yield claim
    conflict = Contradiction.objects.get(claim=claim)
    verdict = draft_verdict(claim, credibility=3, rationale="Seen from the quay.", by=reviewer)
    yield claim
    propose_verdict(verdict, by=reviewer)
    yield claim
    approve_verdict(verdict, by=editor)
    yield claim
    decide_contradiction(conflict, state="confirmed", by=editor, reason="Both cannot be true.")
    yield claim
    set_position(denial, claim=claim, stance="reports", by=reviewer, reason="It only passes it on.")
    yield claim
    confirm_statement(said, by=reviewer)
    yield claim
    reject_statement(denial, by=editor, reason="The text does not say this.")
    yield claim
    set_favours(claim, party=factories.PartyFactory(name="Ilme Council"), actor=MACHINE)
    yield claim
    twin = factories.ClaimFactory(dossier=claim.dossier, text="the Ilme ferry went down")
    factories.PositionFactory(claim=twin, statement=statement_on(claim.dossier))
    merge = merge_claims(twin, target=claim, by=editor, reason="The same sinking.")
    yield claim
    undo_claim_merge(merge, by=editor)
    yield claim
    withdraw_verdict(verdict, by=editor, reason="The photograph was of another ferry.")
    yield claim


def test_now_the_ledger_says_what_the_rows_say_after_every_change(reviewer, editor):
    for claim in changes(reviewer, editor):
        assert told(claim, now()) == present(claim)


def test_between_two_changes_it_says_what_the_first_one_left(reviewer, editor):
    remembered = [(now(), present(claim), claim) for claim in changes(reviewer, editor)]
    assert (
        len({str(state) for _, state, _ in remembered}) == len(remembered) - 2
    )  # not: confirming a statement, undoing a merge
    for at, state, claim in remembered:
        assert told(claim, at) == state


def test_before_the_claim_existed_nothing_was_held():
    before = now()
    claim = factories.ClaimFactory()
    assert claim_as_of(claim.uid, before) is None
    assert claim_as_of(claim.uid, now()) is not None
    assert claim_as_of(uuid.uuid4(), now()) is None


def test_it_tells_why_and_who_made_it_so(reviewer):
    claim = factories.ClaimFactory()
    said = statement_on(claim.dossier, source_text="the harbour master")
    factories.PositionFactory(claim=claim, statement=said)
    refresh([claim.pk], actor=MACHINE)
    set_position(said, claim=claim, stance="refutes", by=reviewer, reason="She denies it.")
    then = claim_as_of(claim.uid, now())
    assert then.claim.state["standing"] == "denied"
    assert then.claim.state["why"]["sentences"] == [f"Denied by {said.source.name}; nobody is known to assert it."]
    assert (then.claim.verb, then.claim.actor) == ("standing changed", "user:rolf-reviewer")
    (held,) = then.positions
    assert (held.position.verb, held.position.reason) == ("refutes", "She denies it.")
    assert held.statement.state["source_text"] == "the harbour master"
    assert held.source.state["name"] == said.source.name
    assert held.document.state["title"] == said.snapshot.document.title
    assert held.publisher.state["name"] == said.snapshot.document.publisher.name
    assert held.snapshot.state["number"] == 1


def test_the_verdict_in_force_then_is_named(reviewer, editor):
    claim = factories.ClaimFactory()
    first = draft_verdict(claim, credibility=2, rationale="Two photographs.", by=reviewer)
    propose_verdict(first, by=reviewer)
    assert claim_as_of(claim.uid, now()).verdict is None
    approve_verdict(first, by=editor)
    then = now()
    second = draft_verdict(claim, credibility=5, rationale="Both are old.", by=editor)
    propose_verdict(second, by=editor)
    approve_verdict(second, by=reviewer)
    assert claim_as_of(claim.uid, then).verdict.uid == first.uid
    held = claim_as_of(claim.uid, now())
    assert held.verdict.uid == second.uid
    assert [v.state["state"] for v in held.verdicts] == ["published", "superseded"]


def test_the_other_claim_of_a_contradiction_is_told_as_it_was():
    claim, other = factories.ClaimFactory.create_batch(2)
    ours = factories.PositionFactory(claim=claim)
    theirs = factories.PositionFactory(claim=other)
    factories.ContradictionFactory(claim=claim, other_claim=other, position=ours, other_position=theirs)
    for one, another in ((claim, other), (other, claim)):
        (held,) = claim_as_of(one.uid, now()).contradictions
        assert held.other.uid == another.uid
        assert held.other.state["text"] == another.text


def test_a_source_renamed_since_keeps_its_former_name_in_the_past():
    claim = factories.ClaimFactory()
    position = factories.PositionFactory(claim=claim)
    then, source = now(), position.statement.source
    former, source.name = source.name, "Renamed Harbour Office"
    source.save()
    factories.ledger.record(MACHINE, "described", source)
    assert claim_as_of(claim.uid, then).positions[0].source.state["name"] == former
    assert claim_as_of(claim.uid, now()).positions[0].source.state["name"] == "Renamed Harbour Office"


def test_many_positions_come_in_parts():
    claim = factories.ClaimFactory()
    made = factories.PositionFactory.create_batch(5, claim=claim)
    at = now()
    first = claim_as_of(claim.uid, at, limit=3)
    rest = claim_as_of(claim.uid, at, limit=3, offset=3)
    assert first.positions_in_all == rest.positions_in_all == 5
    assert [p.position.uid for p in (*first.positions, *rest.positions)] == [p.uid for p in made]


@pytest.mark.parametrize("how_many", [1, 12])
def test_asking_takes_a_fixed_number_of_queries(how_many, reviewer):
    claim = factories.ClaimFactory()
    for _ in range(how_many):
        factories.ContradictionFactory(claim=claim, type="numeric" if not claim.contradictions.exists() else "other",
                                       state="suggested" if claim.contradictions.count() < 2 else "dismissed",
                                       **({} if claim.contradictions.count() < 2 else
                                          {"decided_by": reviewer, "decided_at": now(), "reason": "No."}))  # fmt: skip
        factories.VerdictFactory(claim=claim)
    with CaptureQueriesContext(connection) as queries:
        then = claim_as_of(claim.uid, now())
    assert len(then.contradictions) == len(then.verdicts) == how_many
    assert len(then.positions) == 2 * how_many
    assert [q["sql"].lstrip("(").split()[0] for q in queries] == ["SELECT"] * len(
        [
            "the claim",
            "its positions",
            "which of them counted",
            "where they stand",
            "conflicts",
            "verdicts",
            "all of their states",
            "publishers",
        ]
    )
    with CaptureQueriesContext(connection) as queries:
        history_of(claim.uid)
    assert len(queries) == len(["when it was made", "what belongs to it", "moments", "their changes"])


def test_a_statement_counts_from_when_it_is_confirmed_to_when_it_is_rejected(reviewer, editor):
    claim = factories.ClaimFactory()
    said = statement_on(claim.dossier)
    factories.PositionFactory(claim=claim, statement=said)
    suggested = now()
    reject_statement(said, by=editor, reason="It says something else.")
    assert [p.statement.state["state"] for p in claim_as_of(claim.uid, suggested).positions] == ["suggested"]
    assert claim_as_of(claim.uid, now()).positions == ()
    assert said.state == StatementState.SUGGESTED  # the row that the test holds is as it was made


@pytest.mark.django_db(transaction=True)
class TestHistory:
    """Changes that were made together are one moment; so each has a transaction of its own here."""

    def test_each_moment_leads_to_what_it_changed(self, reviewer, editor):
        remembered = [(present(claim), claim) for claim in changes(reviewer, editor)]
        claim = remembered[0][1]
        history = history_of(claim.uid)
        assert not history.more_before
        assert not history.more_after
        assert [m.at for m in history.moments] == sorted(m.at for m in history.moments)
        seen = [told(claim, m.at) for m in history.moments]
        for state, _ in remembered:
            assert state in seen
        assert claim_as_of(claim.uid, history.moments[0].at - timedelta(microseconds=1)) is None

    def test_a_moment_names_who_did_what_and_what_it_became(self, reviewer):
        claim = factories.ClaimFactory()
        said = statement_on(claim.dossier)
        factories.PositionFactory(claim=claim, statement=said)
        refresh([claim.pk], actor=MACHINE)
        set_position(said, claim=claim, stance="refutes", by=reviewer, reason="She denies it.")
        *_, last = history_of(claim.uid).moments
        assert [(c.kind, c.verb, c.became, c.actor, c.reason) for c in last.changes] == [
            ("position", "superseded", "supports", "user:rolf-reviewer", ""),
            ("position", "refutes", "refutes", "user:rolf-reviewer", "She denies it."),
            ("claim", "standing changed", "denied", "user:rolf-reviewer", ""),
        ]

    def test_what_was_written_of_a_statement_before_it_was_about_the_claim_is_no_moment_of_it(self, reviewer):
        dossier = factories.DossierFactory()
        said = statement_on(dossier)
        confirm_statement(said, by=reviewer)
        claim = factories.ClaimFactory(dossier=dossier)
        factories.PositionFactory(claim=claim, statement=said)
        later = statement_on(dossier)
        factories.PositionFactory(claim=claim, statement=later)
        kinds = [[c.kind for c in m.changes] for m in history_of(claim.uid).moments]
        assert kinds == [["claim"], ["position"], ["position"]]

    def test_a_long_history_comes_around_the_moment_asked_for(self):
        claim = factories.ClaimFactory()
        for _ in range(6):
            factories.PositionFactory(claim=claim)
        everything = history_of(claim.uid).moments
        newest = history_of(claim.uid, limit=2)
        assert newest.moments == everything[-2:]
        assert (newest.more_before, newest.more_after) == (True, False)
        middle = history_of(claim.uid, around=everything[3].at, limit=2)
        assert middle.moments == everything[2:6]
        assert (middle.more_before, middle.more_after) == (True, True)
        first = history_of(claim.uid, around=everything[0].at, limit=6)
        assert first.moments == everything
        assert (first.more_before, first.more_after) == (False, False)

    def test_nothing_is_known_of_a_claim_that_never_was(self):
        history_of(uuid.uuid4())
        assert history_of(uuid.uuid4()).moments == ()
