"""The conflict queue: what comes first, both sides with their words, and every decision with its way back."""

import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from claims import signals
from claims.choices import Answer, ContradictionState
from claims.desk import conflict_queue, consequence
from claims.desk.consequence import Range, times_larger
from claims.errors import AlreadyDecided, ChangedMeanwhile, WrongState
from claims.models import Claim, ClaimMerge, Contradiction, Event, Judgement, Opinion
from claims.services import ledger
from claims.services.claims import merge_claims
from claims.services.contradictions import (
    decide_contested,
    decide_contradiction,
    leave_undecided,
    settle_as_same,
    suggest_contested,
    take_back_decision,
)
from claims.services.standings import refresh
from claims.services.versions import version_of
from tests import factories
from tests.claims.admin.conftest import build_world
from tests.claims.admin.test_hostile import ADDRESS, WORDS, assert_harmless
from tests.factories import MACHINE

pytestmark = pytest.mark.django_db

SAID = "At the ford Ilda Marn said that the ferry had sunk. It rained."


@pytest.fixture(autouse=True)
def nobody_looks_for_conflicts(monkeypatch):
    """What finds conflicts listens to standings; most of these tests suggest their own."""
    monkeypatch.setattr(signals.standings_changed, "send", lambda **_: [])


def at(words, text=SAID):
    return [[text.index(words), text.index(words) + len(words)]]


def statement(*, party=None, **more):
    source = more.pop("source", None) or factories.SourceFactory(party=party, reliability="C")
    return factories.StatementFactory(
        snapshot=factories.SnapshotFactory(text=SAID), source=source, source_text="Ilda Marn",
        source_spans=at("Ilda Marn"), cue_text="said", cue_spans=at("said"), content_text="the ferry had sunk",
        content_spans=at("the ferry had sunk"), **more,
    )  # fmt: skip


def claim_with(*, supports=1, refutes=0, dossier=None, parties=(None, None), **more):
    """A claim with so many origins on each side, its standing computed."""
    claim = factories.ClaimFactory(dossier=dossier or factories.DossierFactory(), **more)
    for party, stance, count in ((parties[0], "supports", supports), (parties[1], "refutes", refutes)):
        for _ in range(count):
            factories.PositionFactory(claim=claim, statement=statement(party=party), stance=stance)
    refresh([claim.pk], actor=MACHINE)
    claim.refresh_from_db()
    return claim


def contradiction_between(claim, other=None, **more):
    first, second = sorted((claim, other), key=lambda c: c.pk) if other else (claim, None)
    positions = list(first.positions.order_by("pk"))
    there = second.positions.first() if second else positions[-1]
    return factories.ContradictionFactory(
        claim=first, other_claim=second, position=positions[0], other_position=there, **more
    )


def pair(dossier=None, parties=(None, None), **more):
    """A suggested contradiction between two claims, each of one origin."""
    dossier = dossier or factories.DossierFactory()
    one, other = (claim_with(dossier=dossier, parties=(party, None)) for party in parties)
    return contradiction_between(one, other, **more)


def aged(row, days):
    """The same row, suggested so many days ago."""
    with transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=days))
        ledger.record(MACHINE, "aged", row)
    return row


def opposing():
    north, south = factories.PartyFactory(name="North Bank"), factories.PartyFactory(name="South Bank")
    north.opposes.add(south)
    return north, south


def uids(person, **narrowed):
    return [entry.uid for entry in conflict_queue.ranked(person, **narrowed)]


def decide(client, row, decision="confirm", *, seen=None, **said):
    address = reverse("desk:conflict-decide", args=[row.uid])
    seen = version_of(row.uid) if seen is None else seen
    return client.post(address, json.dumps({"decision": decision, "seen": seen, **said}), "application/json")


def press(client, name, row=None, **said):
    address = reverse(f"desk:{name}", args=[row.uid] if row else [])
    return client.post(address, json.dumps(said), "application/json")


def state_of(row):
    row.refresh_from_db()
    return row.state


# --- What comes first -------------------------------------------------------------------------------------------------


def test_most_origins_on_both_sides_come_first(reviewer):
    one_sided = claim_with(supports=4, refutes=1)
    even = claim_with(supports=2, refutes=2)
    lone = claim_with(supports=1, refutes=1)
    assert uids(reviewer) == [even.uid, one_sided.uid, lone.uid]


def test_parties_that_oppose_each_other_come_before_those_that_do_not(reviewer):
    plain, opposed = pair(), pair(parties=opposing())
    assert uids(reviewer) == [opposed.uid, plain.uid]
    assert "opposing parties: North Bank and South Bank" in conflict_queue.ranked(reviewer)[0].why


def test_a_wider_difference_between_figures_comes_first(reviewer):
    found = []
    for toll in (12, 90):
        dossier = factories.DossierFactory()
        figures = [
            claim_with(dossier=dossier, kind="figure", measure="killed", low=best, best=best, high=best)
            for best in (10, toll)
        ]
        found.append(contradiction_between(*figures, type="numeric"))
    narrow, wide = found
    entries = conflict_queue.ranked(reviewer)
    assert [entry.uid for entry in entries] == [wide.uid, narrow.uid]
    assert "one figure is 8.3 times the other" in entries[0].why


def test_of_like_conflicts_the_one_that_waited_longest_comes_first(reviewer):
    newer, older = pair(), aged(pair(), 9)
    assert uids(reviewer) == [older.uid, newer.uid]
    assert "waiting for 9 days" in conflict_queue.ranked(reviewer)[0].why


def test_the_database_weighs_as_the_rule_does(reviewer):
    figures = [(None, None, None), (0, 0, 0), (3, 3, 3), (40, None, None), (5, 8, 12), (900, 900, 1000)]
    dossier = factories.DossierFactory()
    for n, (low, best, high) in enumerate(figures):
        one = claim_with(dossier=dossier, supports=n + 1, kind="figure", measure="killed", low=10, best=11, high=12)
        other = claim_with(
            dossier=dossier, supports=2, kind="figure", measure="killed", low=low, best=best, high=high
        )  # fmt: skip
        aged(contradiction_between(one, other, type="numeric"), days=3 * n)
    bases = dict(conflict_queue._heaviest(None).values_list("uid", "base"))
    for entry in conflict_queue.ranked(reviewer):
        row = Contradiction.objects.get(pk=entry.pk)
        sides = [Range(claim.low, claim.best, claim.high) for claim in (row.claim, row.other_claim)]
        assert entry.stake.times == pytest.approx(times_larger(*sides))
        assert bases[entry.uid] == pytest.approx(consequence.weigh(entry.stake).total, abs=0.01)


def test_claims_merged_into_others_leave_the_queue(reviewer, editor):
    contradiction = pair()
    third = claim_with(dossier=contradiction.claim.dossier)
    assert uids(reviewer) == [contradiction.uid]
    merge_claims(contradiction.claim, target=third, by=editor, reason="The same.")
    assert contradiction.uid not in uids(reviewer)


def test_a_contested_claim_leaves_once_its_conflict_is_decided(reviewer):
    claim = claim_with(supports=1, refutes=1)
    assert uids(reviewer) == [claim.uid]
    done = decide_contested(claim, state="confirmed", by=reviewer, reason="Both were there.")
    assert uids(reviewer) == []
    take_back_decision(done, by=reviewer)
    assert uids(reviewer) == [done.uid]


def test_the_queue_can_be_kept_to_one_dossier_and_one_sort(reviewer):
    contradiction, claim = pair(), claim_with(supports=1, refutes=1)
    assert uids(reviewer, dossier=claim.dossier) == [claim.uid]
    assert uids(reviewer, dossier=contradiction.claim.dossier) == [contradiction.uid]
    assert uids(reviewer, sort="claim") == [claim.uid]
    assert uids(reviewer, sort="contradiction") == [contradiction.uid]


def test_no_more_are_ranked_than_the_bound(reviewer, monkeypatch):
    monkeypatch.setattr(conflict_queue, "RANKED", 2)
    light = [pair() for _ in range(2)]
    heavy = aged(pair(), 30)
    found = uids(reviewer)
    assert len(found) == 2
    assert found[0] == heavy.uid
    assert found[1] in {row.uid for row in light}


def test_what_somebody_put_off_comes_last_for_that_person_only(reviewer, editor):
    first, second = aged(pair(), 5), pair()
    leave_undecided(first, by=reviewer, reason="The map is missing.")
    assert uids(reviewer) == [second.uid, first.uid]
    assert uids(editor) == [first.uid, second.uid]


# --- The list ---------------------------------------------------------------------------------------------------------


def test_the_list_tells_why_each_conflict_stands_where_it_stands(client, reader):
    contradiction = pair(parties=opposing())
    client.force_login(reader)
    content = client.get(reverse("desk:conflicts")).content.decode()
    assert reverse("desk:conflict", args=[contradiction.uid]) in content
    assert "1 origin against 1" in content
    assert "opposing parties: North Bank and South Bank" in content
    assert contradiction.claim.text in content
    assert contradiction.other_claim.text in content


def test_the_list_comes_in_pages(client, reader, monkeypatch):
    monkeypatch.setattr("claims.desk.conflicts.A_PAGE", 2)
    rows = [aged(pair(), days) for days in (9, 6, 3)]
    client.force_login(reader)
    second = client.get(reverse("desk:conflicts"), {"page": 2, "sort": "contradiction"})
    assert [row.entry.uid for row in second.context["rows"]] == [rows[2].uid]
    assert "sort=contradiction&amp;page=1" in second.content.decode()


@pytest.mark.parametrize("query", [{"page": "x"}, {"page": "99"}, {"sort": "'; --"}, {"dossier": "nowhere"}])
def test_odd_addresses_of_the_list_are_read_as_well_as_can_be(client, reader, query):
    contradiction = pair()
    client.force_login(reader)
    answer = client.get(reverse("desk:conflicts"), query)
    assert [row.entry.uid for row in answer.context["rows"]] == [contradiction.uid]


def test_an_empty_queue_says_so(client, reader):
    client.force_login(reader)
    assert "No conflict waits here." in client.get(reverse("desk:conflicts")).content.decode()


# --- One conflict -----------------------------------------------------------------------------------------------------


def test_a_conflict_shows_both_claims_with_the_words_in_place_and_who_says_them(client, reader):
    contradiction = pair(parties=opposing(), explanation="Two banks tell it differently.")
    client.force_login(reader)
    content = client.get(reverse("desk:conflict", args=[contradiction.uid])).content.decode()
    for name, words in (("source", "Ilda Marn"), ("cue", "said"), ("content", "the ferry had sunk")):
        assert content.count(f'<mark class="cb-mark-{name}" title="{name}">{words}</mark>') == 2
    for position in (contradiction.position, contradiction.other_position):
        told = position.statement
        for said in (
            told.source.name, told.source.party.name, told.snapshot.document.title,
            told.snapshot.document.publisher.name, "C: fairly reliable", told.source.kind,
        ):  # fmt: skip
            assert said in content
    assert "Two banks tell it differently." in content
    assert "At the ford" in content
    assert "1 of 1" in content


def test_a_contested_claim_shows_who_asserts_and_who_denies_it_side_by_side(client, reader):
    claim = claim_with(supports=2, refutes=1)
    client.force_login(reader)
    sides = client.get(reverse("desk:conflict", args=[claim.uid])).context["sides"]
    assert [[shown.position.stance for shown in side.statements] for side in sides] == [["supports"] * 2, ["refutes"]]


def test_a_contested_claim_leads_to_the_contradiction_on_it(client, reader):
    claim = claim_with(supports=1, refutes=1)
    contradiction = contradiction_between(claim)
    client.force_login(reader)
    answer = client.get(reverse("desk:conflict", args=[claim.uid]), {"sort": "contradiction"})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("desk:conflict", args=[contradiction.uid]) + "?sort=contradiction"


def test_a_side_with_very_many_statements_shows_a_few_and_says_how_many_more(client, reader):
    claim = claim_with(supports=9, refutes=1)
    client.force_login(reader)
    answer = client.get(reverse("desk:conflict", args=[claim.uid]))
    assert [len(side.statements) for side in answer.context["sides"]] == [6, 1]
    assert "3 further statements" in answer.content.decode()


def test_what_adds_no_origin_is_said_so(client, reader):
    claim = claim_with(supports=1, refutes=1)
    again = claim.positions.filter(stance="supports").get().statement
    factories.PositionFactory(claim=claim, statement=statement(source=again.source))
    refresh([claim.pk], actor=MACHINE)
    client.force_login(reader)
    answer = client.get(reverse("desk:conflict", args=[claim.uid]), follow=True)
    assert "same source: the same source, quoted again elsewhere" in answer.content.decode()


def test_earlier_decisions_on_the_same_claims_and_the_same_sources_are_told(client, reader, editor):
    contradiction = pair()
    sources = [p.statement.source for p in (contradiction.position, contradiction.other_position)]
    same_claim = contradiction_between(contradiction.claim, contradiction.other_claim, type="temporal")
    other = pair()
    for position, source in zip((other.position, other.other_position), sources, strict=True):
        told = statement(source=source)
        factories.PositionFactory(claim=position.claim, statement=told)
    same_sources = factories.ContradictionFactory(
        claim=other.claim, other_claim=other.other_claim, type="location",
        position=other.claim.positions.latest("pk"), other_position=other.other_claim.positions.latest("pk"),
    )  # fmt: skip
    for row, reason in ((same_claim, "Two nights."), (same_sources, "One ford, two names."), (pair(), "Far away.")):
        decide_contradiction(row, state="dismissed", by=editor, reason=reason)
    client.force_login(reader)
    answer = client.get(reverse("desk:conflict", args=[contradiction.uid]))
    assert [(one.row, one.alike) for one in answer.context["earlier"]] == [
        (same_claim, "the same claim"), (same_sources, "the same sources"),
    ]  # fmt: skip
    content = answer.content.decode()
    assert "Two nights." in content
    assert "One ford, two names." in content
    assert "edda-editor" in content
    assert "Far away." not in content


def test_nothing_is_at_an_address_of_nothing(client, reviewer):
    client.force_login(reviewer)
    nowhere = "00000000-0000-0000-0000-000000000000"
    assert client.get(reverse("desk:conflict", args=[nowhere])).status_code == 404
    answer = client.post(reverse("desk:conflict-decide", args=[nowhere]), "{}", "application/json")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_admins_page_of_a_contradiction_and_the_desks_lead_to_each_other(client, reader):
    contradiction = pair()
    client.force_login(reader)
    here = reverse("desk:conflict", args=[contradiction.uid])
    there = reverse("admin:claims_contradiction_change", args=[contradiction.pk])
    assert there in client.get(here).content.decode()
    assert here in client.get(there).content.decode()


def test_the_sidebar_leads_to_the_queue(client, reader):
    client.force_login(reader)
    assert f'href="{reverse("desk:conflicts")}"' in client.get(reverse("admin:index")).content.decode()


# --- Deciding ---------------------------------------------------------------------------------------------------------


def test_ten_conflicts_are_decided_one_after_another(client, reviewer):
    rows = [aged(pair(), days) for days in range(10, 0, -1)]
    client.force_login(reviewer)
    address = reverse("desk:conflict", args=[rows[0].uid])
    keys = ["confirm", "dismiss"] * 5
    for place, (row, key) in enumerate(zip(rows, keys, strict=True)):
        page = client.get(address)
        assert page.context["item"].row == row
        assert page.context["length"] == 10 - place
        answer = client.post(
            page.context["decide_at"],
            json.dumps({"decision": key, "seen": page.context["item"].version}),
            "application/json",
        )
        assert answer.status_code == 200
        address = answer.json()["next"]
    assert address == reverse("desk:conflicts")
    assert [state_of(row) for row in rows] == ["confirmed", "dismissed"] * 5
    assert Event.objects.filter(actor=reviewer, verb__in=["confirmed", "dismissed"]).count() == 10


def test_one_press_records_what_was_proposed_as_the_reason(client, reviewer):
    contradiction = pair(explanation="One bank counts 10, the other 90.")
    client.force_login(reviewer)
    decide(client, contradiction)
    event = Event.objects.get(object_uid=contradiction.uid, verb="confirmed")
    assert event.reason == "Confirmed at the desk as proposed: One bank counts 10, the other 90."


def test_a_note_is_recorded_in_place_of_the_standard_words(client, reviewer):
    contradiction = pair()
    client.force_login(reviewer)
    decide(client, contradiction, "dismiss", note="  Two different ferries. ")
    contradiction.refresh_from_db()
    assert (contradiction.state, contradiction.reason) == ("dismissed", "Two different ferries.")


def test_a_contested_claim_is_decided_with_one_press_too(client, reviewer):
    claim = claim_with(supports=1, refutes=1)
    client.force_login(reviewer)
    answer = decide(client, claim, "confirm")
    made = Contradiction.objects.get(claim=claim, state="confirmed")
    assert made.algorithm == "person"
    assert made.decided_by == reviewer
    assert {made.position.stance, made.other_position.stance} == {"supports", "refutes"}
    assert answer.json()["undo"] == reverse("desk:conflict-take-back", args=[made.uid])


def test_putting_off_leaves_the_conflict_to_the_others_with_a_note(client, reviewer):
    contradiction = pair()
    before = version_of(contradiction.uid)
    client.force_login(reviewer)
    decide(client, contradiction, "unsure", note="I cannot read the map.")
    assert state_of(contradiction) == "suggested"
    assert version_of(contradiction.uid) == before
    opinion = Opinion.objects.about(contradiction).newest().get(person=reviewer)
    assert (opinion.answer, opinion.reason) == (Answer.UNSURE, "I cannot read the map.")
    content = client.get(reverse("desk:conflict", args=[contradiction.uid])).content.decode()
    assert "I cannot read the map." in content
    assert "put off by you" in content


def test_a_contested_claim_can_be_put_off(client, reviewer):
    claim = claim_with(supports=1, refutes=1)
    client.force_login(reviewer)
    assert decide(client, claim, "unsure").status_code == 200
    made = Contradiction.objects.get(claim=claim, state="suggested")
    assert [entry.unsure for entry in conflict_queue.ranked(reviewer) if entry.uid == made.uid] == [True]


def test_two_claims_are_said_to_be_one_with_one_press(client, reviewer):
    contradiction = pair()
    client.force_login(reviewer)
    answer = press(client, "conflict-same", contradiction, seen=version_of(contradiction.uid), note="One ferry.")
    assert answer.status_code == 200
    assert state_of(contradiction) == "dismissed"
    judgement = Judgement.objects.get(claim=contradiction.claim, other_claim=contradiction.other_claim)
    assert (judgement.answer, judgement.decided_by, judgement.reason) == ("positive", reviewer, "One ferry.")
    assert Claim.objects.filter(merged_into__isnull=False).count() == 1


def test_claims_judged_different_before_are_not_merged_with_one_press(client, reviewer):
    contradiction = pair()
    factories.JudgementFactory(
        claim=contradiction.claim, other_claim=contradiction.other_claim, answer="negative", decided_by=reviewer,
        decided_at=timezone.now(),
    )  # fmt: skip
    client.force_login(reviewer)
    answer = press(client, "conflict-same", contradiction, seen=version_of(contradiction.uid))
    assert (answer.status_code, answer.json()["code"]) == (409, "already_decided")
    assert state_of(contradiction) == "suggested"


def test_positions_on_one_claim_cannot_be_said_to_be_one_claim(client, reviewer):
    claim = claim_with(supports=1, refutes=1)
    client.force_login(reviewer)
    for row in (claim, contradiction_between(claim)):
        assert press(client, "conflict-same", row, seen=version_of(row.uid)).status_code in (400, 409)


def test_after_the_last_the_queue_goes_on_with_its_first(client, reviewer):
    first, last = aged(pair(), 4), pair()
    client.force_login(reviewer)
    assert decide(client, last).json()["next"] == reverse("desk:conflict", args=[first.uid])


def test_the_narrowed_queue_stays_narrowed(client, reviewer):
    dossier = factories.DossierFactory()
    first, second = aged(pair(dossier), 4), pair(dossier)
    aged(pair(), 2)
    client.force_login(reviewer)
    page = client.get(reverse("desk:conflict", args=[first.uid]), {"dossier": dossier.slug})
    answer = client.post(
        page.context["decide_at"], json.dumps({"decision": "confirm", "seen": version_of(first.uid)}),
        "application/json",
    )  # fmt: skip
    assert answer.json()["next"] == f"{reverse('desk:conflict', args=[second.uid])}?dossier={dossier.slug}"


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"decision": "resolve", "seen": 1},
        {"decision": ["confirm"], "seen": 1},
        {"decision": "confirm"},
        {"decision": "confirm", "seen": "1"},
        {"decision": "confirm", "seen": True},
        {"decision": "confirm", "seen": 10**9, "note": 7},
        {"decision": "confirm", "seen": 10**9, "note": "x" * 5001},
        {"decision": "confirm", "seen": 10**9, "note": "\x00"},
    ],
)
def test_what_cannot_be_read_changes_nothing(client, reviewer, said):
    contradiction = pair()
    client.force_login(reviewer)
    answer = press(client, "conflict-decide", contradiction, **said)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert state_of(contradiction) == "suggested"


# --- Somebody was quicker ---------------------------------------------------------------------------------------------


def test_what_changed_since_it_was_opened_is_not_decided_over(client, reviewer, editor):
    contradiction = pair()
    seen = version_of(contradiction.uid)
    decide_contradiction(contradiction, state="dismissed", by=editor, reason="Two ferries.")
    client.force_login(reviewer)
    for answer in (
        decide(client, contradiction, "confirm", seen=seen),
        decide(client, contradiction, "unsure", seen=seen),
        press(client, "conflict-same", contradiction, seen=seen),
    ):
        assert (answer.status_code, answer.json()["code"]) == (412, "changed_meanwhile")
        assert "edda-editor: dismissed" in answer.json()["detail"]
    contradiction.refresh_from_db()
    assert (contradiction.state, contradiction.decided_by) == ("dismissed", editor)
    assert not ClaimMerge.objects.exists()


def test_a_contested_claim_that_changed_is_not_decided_over(reviewer):
    claim = claim_with(supports=1, refutes=1)
    seen = version_of(claim.uid)
    factories.PositionFactory(claim=claim, statement=statement(), stance="refutes")
    refresh([claim.pk], actor=MACHINE)
    with pytest.raises(ChangedMeanwhile):
        decide_contested(claim, state="confirmed", by=reviewer, reason="So it is.", seen=seen)


def test_a_claim_that_nobody_contests_has_no_conflict_to_decide(reviewer):
    with pytest.raises(WrongState):
        suggest_contested(claim_with(supports=2), by=reviewer)


def test_a_lapsed_conflict_on_a_contested_claim_is_taken_up_again(reviewer):
    claim = claim_with(supports=1, refutes=1)
    lapsed = contradiction_between(claim, type="other", state=ContradictionState.LAPSED)
    made = suggest_contested(claim, by=reviewer)
    assert (made.pk, made.state, made.algorithm) == (lapsed.pk, "suggested", "person")


def test_a_conflict_that_is_there_is_not_made_twice(reviewer):
    claim = claim_with(supports=1, refutes=1)
    suggest_contested(claim, by=reviewer)
    with pytest.raises(AlreadyDecided):
        suggest_contested(claim, by=reviewer)


# --- Taking back ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", ["confirm", "dismiss", "unsure"])
def test_ones_own_last_decision_is_taken_back(client, reviewer, decision):
    contradiction = pair()
    client.force_login(reviewer)
    undo = decide(client, contradiction, decision).json()["undo"]
    answer = client.post(undo, "{}", "application/json")
    assert answer.json()["next"] == reverse("desk:conflict", args=[contradiction.uid])
    contradiction.refresh_from_db()
    assert (contradiction.state, contradiction.decided_by, contradiction.reason) == ("suggested", None, "")
    assert not Opinion.objects.about(contradiction).held().exists()
    assert not conflict_queue.unsure_of(reviewer, [contradiction.uid])


def test_a_decision_taken_back_is_on_the_ledger(reviewer):
    contradiction = decide_contradiction(pair(), state="confirmed", by=reviewer, reason="Seen.")
    take_back_decision(contradiction, by=reviewer)
    event = Event.objects.filter(object_uid=contradiction.uid).latest("pk")
    assert (event.verb, event.actor, event.state["state"]) == ("decision taken back", reviewer, "suggested")


def test_taking_back_a_changed_decision_brings_the_one_before_back(reviewer, editor):
    contradiction = decide_contradiction(pair(), state="confirmed", by=editor, reason="Seen.")
    decide_contradiction(contradiction, state="dismissed", by=reviewer, reason="Not so.")
    restored = take_back_decision(contradiction, by=reviewer)
    assert (restored.state, restored.decided_by, restored.reason) == ("confirmed", editor, "Seen.")
    with pytest.raises(WrongState):
        take_back_decision(contradiction, by=editor)  # something has happened since


def test_two_claims_made_one_are_two_again(client, reviewer):
    contradiction = pair()
    client.force_login(reviewer)
    undo = press(client, "conflict-same", contradiction, seen=version_of(contradiction.uid)).json()["undo"]
    assert client.post(undo, "{}", "application/json").status_code == 200
    assert state_of(contradiction) == "suggested"
    assert not Claim.objects.filter(merged_into__isnull=False).exists()
    assert ClaimMerge.objects.get().undone_by == reviewer
    assert contradiction.uid in uids(reviewer)


def test_what_finds_conflicts_leaves_the_pair_alone_when_it_is_made_one_and_two_again(reviewer, monkeypatch):
    contradiction = pair()
    monkeypatch.undo()  # it listens again
    settle_as_same(contradiction, by=reviewer, reason="One ferry.")
    take_back_decision(contradiction, by=reviewer)
    assert state_of(contradiction) == "suggested"
    assert [claim.positions.filter(superseded_at=None).count() for claim in Claim.objects.all()] == [1, 1]


def test_nobody_takes_back_what_somebody_else_decided(client, reviewer, editor):
    contradiction = decide_contradiction(pair(), state="confirmed", by=editor, reason="Seen.")
    client.force_login(reviewer)
    answer = press(client, "conflict-take-back", contradiction)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert state_of(contradiction) == "confirmed"


def test_nothing_is_taken_back_twice_or_where_nothing_was_decided(client, reviewer):
    contradiction = pair()
    client.force_login(reviewer)
    assert press(client, "conflict-take-back", contradiction).status_code == 409
    undo = decide(client, contradiction).json()["undo"]
    assert client.post(undo, "{}", "application/json").status_code == 200
    assert client.post(undo, "{}", "application/json").status_code == 409
    assert press(client, "conflict-take-back", claim_with(supports=1, refutes=1)).status_code == 400


def test_a_dismissal_stays_when_the_same_conflict_was_suggested_again(reviewer):
    contradiction = decide_contradiction(pair(), state="dismissed", by=reviewer, reason="No.")
    contradiction_between(contradiction.claim, contradiction.other_claim)
    with pytest.raises(WrongState):
        take_back_decision(contradiction, by=reviewer)


def test_a_decision_about_a_claim_merged_since_stays(reviewer, editor):
    contradiction = settle_as_same(pair(), by=reviewer, reason="One ferry.")
    merged = Claim.objects.get(merged_into__isnull=False)
    merge_claims(
        merged.merged_into, target=factories.ClaimFactory(dossier=merged.dossier), by=editor, reason="This one too."
    )
    with pytest.raises(WrongState):
        take_back_decision(contradiction, by=reviewer)
    assert state_of(contradiction) == "dismissed"


# --- Several at once --------------------------------------------------------------------------------------------------


def chosen(*rows):
    return [{"uid": str(row.uid), "seen": version_of(row.uid)} for row in rows]


def test_several_are_decided_with_one_reason(client, reviewer):
    rows = [pair(), pair(), claim_with(supports=1, refutes=1)]
    client.force_login(reviewer)
    answer = press(client, "conflicts-decide", decision="dismiss", reason="A misprint.", items=chosen(*rows)).json()
    assert answer["done"] == [str(row.uid) for row in rows]
    assert answer["refused"] == []
    assert set(Contradiction.objects.filter(state="dismissed").values_list("reason", flat=True)) == {"A misprint."}
    for undo in answer["undo"]:
        assert client.post(undo, "{}", "application/json").status_code == 200
    assert not Contradiction.objects.filter(state="dismissed").exists()


def test_what_changed_meanwhile_stops_none_of_the_others(client, reviewer, editor):
    changed, fine = pair(), pair()
    items = chosen(changed, fine)
    decide_contradiction(changed, state="confirmed", by=editor, reason="Seen.")
    client.force_login(reviewer)
    answer = press(client, "conflicts-decide", decision="dismiss", items=items).json()
    assert answer["done"] == [str(fine.uid)]
    assert [(told["uid"], told["code"]) for told in answer["refused"]] == [(str(changed.uid), "changed_meanwhile")]
    assert (state_of(changed), state_of(fine)) == ("confirmed", "dismissed")


@pytest.mark.parametrize(
    "items",
    [None, [], "all", [{}], [{"uid": "x", "seen": 1}], ["x"], [{"uid": 7, "seen": 1}], [{"uid": "x" * 9}] * 51],
)
def test_a_choice_that_cannot_be_read_is_refused(client, reviewer, items):
    client.force_login(reviewer)
    assert press(client, "conflicts-decide", decision="dismiss", items=items).status_code == 400


# --- Who may ----------------------------------------------------------------------------------------------------------


def test_a_reader_decides_nothing(client, reader):
    contradiction = pair()
    client.force_login(reader)
    said = {"decision": "confirm", "seen": version_of(contradiction.uid)}
    for name in ("conflict-decide", "conflict-same", "conflict-take-back"):
        assert press(client, name, contradiction, **said).status_code == 403
    assert press(client, "conflicts-decide", decision="confirm", items=chosen(contradiction)).status_code == 403
    assert state_of(contradiction) == "suggested"
    for address in (reverse("desk:conflicts"), reverse("desk:conflict", args=[contradiction.uid])):
        content = client.get(address).content.decode()
        assert "data-decision=" not in content
        assert "data-one" not in content


def test_nobody_signed_out_gets_in(client):
    contradiction = pair()
    for address in (reverse("desk:conflicts"), reverse("desk:conflict", args=[contradiction.uid])):
        assert client.get(address).status_code == 302
    assert press(client, "conflict-decide", contradiction).status_code == 302


def test_nothing_is_decided_by_opening_an_address(client, reviewer):
    contradiction = pair()
    client.force_login(reviewer)
    for name in ("conflict-decide", "conflict-same", "conflict-take-back"):
        assert client.get(reverse(f"desk:{name}", args=[contradiction.uid])).status_code == 405


# --- From outside -----------------------------------------------------------------------------------------------------


def test_hostile_words_are_shown_as_words(client, editor):
    world = build_world(editor, words=WORDS, url=ADDRESS)
    client.force_login(editor)
    answers = [client.get(reverse("desk:conflicts"))]
    answers += [
        client.get(reverse("desk:conflict", args=[world[model].uid]), follow=True) for model in (Contradiction, Claim)
    ]
    for answer in answers:
        assert_harmless(answer)
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.content.decode()
    told = decide(client, world[Contradiction], note=WORDS)
    assert told.headers["Content-Type"] == "application/json"
    assert_harmless(client.get(reverse("desk:conflict", args=[world[Contradiction].uid])))


# --- What it costs ----------------------------------------------------------------------------------------------------


def queries_of(client, address):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(address)
    assert answer.status_code == 200
    return len(captured)


def test_a_longer_list_takes_no_more_queries(client, reviewer):
    pair(parties=opposing())
    claim_with(supports=1, refutes=1)
    client.force_login(reviewer)
    address = reverse("desk:conflicts")
    queries_of(client, address)
    few = queries_of(client, address)
    for _ in range(4):
        pair()
        claim_with(supports=1, refutes=1)
    assert queries_of(client, address) == few <= 20


def test_more_statements_and_a_longer_queue_take_no_more_queries(client, reviewer):
    contradiction = pair(parties=opposing())
    client.force_login(reviewer)
    address = reverse("desk:conflict", args=[contradiction.uid])
    queries_of(client, address)
    few = queries_of(client, address)
    league = factories.SourceFactory(name="League of Fords", party=factories.PartyFactory())
    guild = factories.SourceFactory(name="Guild of Ferrymen", parent=league)
    for n in range(4):
        member = factories.SourceFactory(name=f"Ferryman {n}", parent=guild)
        for claim in (contradiction.claim, contradiction.other_claim):
            factories.PositionFactory(claim=claim, statement=statement(source=member))
        pair()
    refresh([contradiction.claim_id, contradiction.other_claim_id], actor=MACHINE)
    assert queries_of(client, address) == few <= 35
