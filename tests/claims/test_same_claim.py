"""Which claims are the same: judging, merging and undoing it, in whatever order people do so."""

import threading

import pytest
from django.db import connection, transaction

from claims.choices import Credibility, JudgementAnswer, Stance
from claims.errors import CircularSource, NotAName, NotMergeable, WrongState
from claims.models import Claim, ClaimMerge, Event, Judgement, Party, Position, SourceName
from claims.services import verdicts
from claims.services.actor import Actor
from claims.services.claims import (
    Reasoned,
    judge,
    merge_claims,
    set_favours,
    set_position,
    suggest_same,
    undo_claim_merge,
)
from claims.services.parties import describe_party
from claims.services.sources import add_alias, describe_source, merge_sources
from tests.factories import (
    MACHINE,
    ClaimFactory,
    DossierFactory,
    PartyFactory,
    SourceFactory,
    StatementFactory,
    take_position,
)
from tracker import seeding

pytestmark = pytest.mark.django_db
WHY = Reasoned(0.9, "test", "1", ["alike"])


@pytest.fixture
def three():
    dossier = DossierFactory()
    return ClaimFactory.create_batch(3, dossier=dossier)


def supported(claim):
    return take_position(StatementFactory(), claim=claim)


def published_on(claim, author, approver):
    draft = verdicts.draft_verdict(claim, credibility=Credibility.PROBABLY_TRUE, rationale="Seen.", by=author)
    return verdicts.approve_verdict(verdicts.propose_verdict(draft, by=author), by=approver)


def asked(claim, other) -> Judgement:
    judgement = suggest_same(claim, other=other, why=WHY, actor=MACHINE)
    assert judgement is not None
    return judgement


# --- Positions -------------------------------------------------------------------------------------------------------


def test_a_position_on_a_claim_that_was_merged_meanwhile_is_taken_on_the_one_that_remains(three, editor):
    first, second, last = three
    stale = Claim.objects.get(pk=first.pk)
    merge_claims(first, target=second, by=editor, reason="The same.")
    merge_claims(second, target=last, by=editor, reason="The same.")
    position = supported(stale)
    assert position.claim == last
    assert take_position(position.statement, claim=stale) is None
    last.refresh_from_db()
    assert last.standing == "single-origin"


@pytest.mark.django_db(transaction=True)
def test_a_position_taken_while_a_person_merges_the_claim_is_taken_on_the_one_that_remains(editor):
    claim = ClaimFactory()
    target, statement = ClaimFactory(dossier=claim.dossier), StatementFactory()
    taken = []

    def machine() -> None:
        taken.append(take_position(statement, claim=claim))
        connection.close()

    thread = threading.Thread(target=machine)
    with transaction.atomic():
        merge_claims(claim, target=target, by=editor, reason="The same.")
        thread.start()
        thread.join(0.5)
        assert not taken
    thread.join(30)
    assert [position.claim for position in taken] == [target]


def test_no_position_is_set_on_a_merged_claim_or_for_a_superseded_statement(three, editor):
    from django.utils import timezone

    first, second, _ = three
    stale = Claim.objects.get(pk=first.pk)
    merge_claims(first, target=second, by=editor, reason="The same.")
    with pytest.raises(WrongState, match="merged into"):
        set_position(StatementFactory(), claim=stale, stance=Stance.REFUTES, by=editor, reason="Irony.")
    superseded = StatementFactory(superseded_at=timezone.now())
    with pytest.raises(WrongState, match="superseded"):
        set_position(superseded, claim=second, stance=Stance.REFUTES, by=editor, reason="Irony.")


# --- Judging and merging ---------------------------------------------------------------------------------------------


def test_a_positive_answer_about_a_claim_that_was_merged_merges_what_it_counts_as(three, reviewer, editor):
    first, second, last = three
    judgement = asked(second, last)
    merge_claims(second, target=first, by=editor, reason="The same.")
    assert judge(judgement, answer="positive", by=reviewer).answer == JudgementAnswer.POSITIVE
    last.refresh_from_db()
    assert last.merged_into == first


def test_a_positive_answer_about_what_is_one_claim_already_merges_nothing(three, reviewer, editor):
    first, second, _ = three
    judgement = asked(first, second)
    merge_claims(first, target=second, by=editor, reason="The same.")
    assert judge(judgement, answer="positive", by=reviewer).answer == JudgementAnswer.POSITIVE
    assert ClaimMerge.objects.count() == 1


def test_undoing_a_judged_merge_makes_the_judgement_unsure_and_open_to_another_answer(three, reviewer, editor):
    first, second, _ = three
    judgement = judge(asked(first, second), answer="positive", by=reviewer)
    undo_claim_merge(ClaimMerge.objects.get(judgement=judgement), by=editor)
    judgement.refresh_from_db()
    assert (judgement.answer, judgement.decided_by) == (JudgementAnswer.UNSURE, editor)
    assert Event.objects.filter(object_uid=judgement.uid, verb="reopened").count() == 1
    assert judge(judgement, answer="negative", by=reviewer).answer == JudgementAnswer.NEGATIVE


def test_merges_on_one_another_are_undone_last_first(three, editor):
    first, second, last = three
    position = supported(first)
    earlier = merge_claims(first, target=second, by=editor, reason="The same.")
    later = merge_claims(second, target=last, by=editor, reason="The same.")
    with pytest.raises(WrongState, match="undo that merge first"):
        undo_claim_merge(earlier, by=editor)
    undo_claim_merge(later, by=editor)
    undo_claim_merge(earlier, by=editor)
    assert [p.claim for p in Position.objects.current()] == [first]
    assert Position.objects.current().get().statement == position.statement


def test_a_claim_with_a_published_verdict_is_not_merged_away(three, reviewer, editor):
    first, second, _ = three
    published_on(first, reviewer, editor)
    with pytest.raises(NotMergeable, match="published verdict"):
        merge_claims(first, target=second, by=editor, reason="The same.")
    merge_claims(second, target=first, by=editor, reason="The same.")


def test_of_two_judged_the_same_the_one_with_the_published_verdict_remains(three, reviewer, editor):
    first, second, last = three
    verdict = published_on(second, reviewer, editor)
    judge(asked(first, second), answer="positive", by=reviewer)
    verdict.refresh_from_db()
    first.refresh_from_db()
    assert first.merged_into == second == verdict.claim
    assert verdict.claim.merged_into is None
    published_on(last, reviewer, editor)
    judgement = asked(second, last)
    with pytest.raises(NotMergeable, match="published verdict"):
        judge(judgement, answer="positive", by=reviewer)
    judgement.refresh_from_db()
    assert judgement.answer == JudgementAnswer.PENDING


# --- Sources ---------------------------------------------------------------------------------------------------------


def test_no_body_speaks_for_one_that_speaks_for_it(editor):
    ministry, army, brigade = SourceFactory.create_batch(3)
    describe_source(army, parent=ministry, actor=MACHINE)
    describe_source(brigade, parent=army, actor=MACHINE)
    for parent in (brigade, army, ministry):
        with pytest.raises(CircularSource):
            describe_source(ministry, parent=parent, actor=MACHINE)
    double = SourceFactory()
    merge_sources(double, target=brigade, reason="One brigade.", by=editor)
    with pytest.raises(CircularSource):
        describe_source(ministry, parent=double, actor=MACHINE)
    describe_source(brigade, parent=ministry, actor=MACHINE)


@pytest.mark.parametrize("name", ["???", "  ", "«—»", ""])
def test_an_alias_by_which_nothing_could_be_found_is_refused(name):
    with pytest.raises(NotAName):
        add_alias(SourceFactory(), name=name, actor=MACHINE)
    assert SourceName.objects.count() == 1


# --- What the seeds set up is people's from then on ------------------------------------------------------------------

SETUP = {
    "slug": "valley",
    "title": "The valley",
    "parties": [{"name": "North", "opposes": ["South"]}, {"name": "South", "opposes": ["North"]}],
    "sources": [],
    "favours": [{"party": "North", "text": "road is open"}],
}


def test_the_seeds_never_change_back_what_an_editor_made_of_the_parties(editor):
    seeding.prepare_dossier(SETUP)
    north, south, east = Party.objects.get(slug="north"), Party.objects.get(slug="south"), PartyFactory(slug="east")
    assert set(north.opposes.all()) == {south}
    describe_party(north, opposes=[east], actor=Actor.person(editor))
    seeding.prepare_dossier(SETUP)
    assert set(north.opposes.all()) == {east}
    assert not south.opposes.exists()


@pytest.mark.parametrize("says", ["South", None])
def test_the_seeds_never_change_back_whom_an_editor_says_a_claim_helps(says, editor):
    seeding.prepare_dossier(SETUP)
    claim = ClaimFactory(dossier__slug="valley-road", text="the road is open")
    setup = SETUP | {"slug": "valley-road"}
    seeding._apply_favours(setup)
    claim.refresh_from_db()
    assert claim.favours == Party.objects.get(name="North")
    party = Party.objects.filter(name=says).first()
    set_favours(claim, party=party, actor=Actor.person(editor))
    seeding._apply_favours(setup)
    claim.refresh_from_db()
    assert claim.favours == party
