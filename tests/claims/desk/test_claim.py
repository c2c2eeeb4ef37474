"""The page of a claim, and everything that may be done on it."""

import datetime as dt
import json
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from claims.choices import VerdictState
from claims.models import Claim, ClaimMerge, Contradiction, Evidence, Position, Verdict
from claims.services.claims import merge_claims, set_position
from claims.services.standings import refresh
from claims.services.verdicts import approve_verdict, draft_verdict, propose_verdict
from claims.services.versions import version_of
from tests import factories
from tests.claims.admin.conftest import build_world
from tests.claims.admin.test_hostile import ADDRESS, WORDS, assert_harmless
from tests.factories import MACHINE

pytestmark = pytest.mark.django_db


def page_of(claim):
    return reverse("desk:claim", args=[claim.uid])


def say(claim, name, *, stance="supports", content="the ferry sank", copies=None, **told):
    """A position on the claim by somebody of this name, in a document of its own."""
    document = factories.DocumentFactory(
        dossier=claim.dossier, origin=copies, origin_explanation="The same words." if copies else "", **told
    )
    source = factories.SourceFactory(name=name)
    statement = factories.StatementFactory(
        snapshot=factories.SnapshotFactory(document=document), source=source, content_text=content
    )
    return factories.PositionFactory(claim=claim, statement=statement, stance=stance)


@pytest.fixture
def claim():
    """A claim that one source asserts and another denies."""
    made = factories.ClaimFactory(text="the ferry to Ilme sank")
    say(made, "Ilme Watch")
    say(made, "Harbour Office", stance="refutes", content="no ferry sank")
    refresh([made.pk], actor=MACHINE)
    made.refresh_from_db()
    return made


@pytest.fixture
def as_reader(client, reader):
    client.force_login(reader)
    return client


@pytest.fixture
def as_reviewer(client, reviewer):
    client.force_login(reviewer)
    return client


@pytest.fixture
def post(client):
    """Send JSON to an action as somebody; gives the status and the answer."""

    def sent(person, name, row, **said):
        client.force_login(person)
        answer = client.post(reverse(f"desk:{name}", args=[row.uid]), json.dumps(said), content_type="application/json")
        told = answer.json() if answer["Content-Type"].startswith("application/json") else {}
        return answer.status_code, told

    return sent


def verdict_words(claim, **changed):
    return {
        "credibility": "2", "rationale": "Two photographs.", "review_due": "", "evidence": [],
        "seen": version_of(claim.uid), **changed,
    }  # fmt: skip


# --- What is shown ---------------------------------------------------------------------------------------------------


def test_the_page_explains_the_standing(as_reader, claim):
    content = as_reader.get(page_of(claim)).content.decode()
    assert "the ferry to Ilme sank" in content
    assert "contested" in content
    assert "Asserted by Ilme Watch; denied by Harbour Office." in content
    assert content.count('class="cm-entry') == 2


def test_what_is_not_counted_is_told_with_the_reason(as_reader, claim):
    say(claim, "Evening Post", stance="reports")
    refresh([claim.pk], actor=MACHINE)
    response = as_reader.get(page_of(claim))
    (group,) = response.context["discounted"]
    assert (group["reason"], group["count"]) == ("only passes it on", 1)
    assert "relays it without asserting it" in response.content.decode()


def test_echoes_are_folded_into_their_origin(as_reader):
    made = factories.ClaimFactory()
    first = say(made, "Ilme Watch", published_at=timezone.now() - dt.timedelta(hours=3))
    wire = first.statement.snapshot.document
    for hour in (2, 1):
        copy = factories.DocumentFactory(
            dossier=made.dossier, origin=wire, origin_explanation="The same words.",
            published_at=timezone.now() - dt.timedelta(hours=hour),
        )  # fmt: skip
        said = factories.StatementFactory(
            snapshot=factories.SnapshotFactory(document=copy), source=first.statement.source
        )
        factories.PositionFactory(claim=made, statement=said)
    refresh([made.pk], actor=MACHINE)
    response = as_reader.get(page_of(made))
    (told,) = response.context["timeline"]
    assert told.line.uid == str(first.uid)
    assert [echo.reason for echo in told.echoes] == ["copy of a document already counted"] * 2
    assert [echo.line.copies for echo in told.echoes] == [wire.title] * 2
    assert "2 echoes add no origin" in response.content.decode()


def test_an_origin_with_many_echoes_has_a_page_of_its_own(as_reader):
    made = factories.ClaimFactory()
    first = say(made, "Ilme Watch", published_at=timezone.now() - dt.timedelta(days=1))
    for _ in range(13):
        said = factories.StatementFactory(
            snapshot=factories.SnapshotFactory(document__dossier=made.dossier), source=first.statement.source
        )
        factories.PositionFactory(claim=made, statement=said)
    refresh([made.pk], actor=MACHINE)
    (told,) = as_reader.get(page_of(made)).context["timeline"]
    assert (len(told.echoes), told.more) == (10, 3)
    alone = as_reader.get(page_of(made), {"origin": str(first.uid)})
    (told,) = alone.context["timeline"]
    assert len(told.echoes) == 13
    assert alone.context["in_all"] == 13


def test_a_statement_of_nobody_is_shown_though_nobody_weighs_it(as_reader, claim):
    said = factories.StatementFactory(source=None, source_text="", content_text="a hull was seen")
    factories.PositionFactory(claim=claim, statement=said)
    content = as_reader.get(page_of(claim)).content.decode()
    assert "Nobody is named as the source" in content
    assert "a hull was seen" in content


def test_the_timeline_is_paged(as_reader, claim):
    for n in range(30):
        say(claim, f"Witness {n}")
    refresh([claim.pk], actor=MACHINE)
    first = as_reader.get(page_of(claim))
    assert len(first.context["timeline"]) == 25
    second = as_reader.get(page_of(claim), {"page": 2})
    assert len(second.context["timeline"]) == 7
    shown = [told.line.uid for response in (first, second) for told in response.context["timeline"]]
    assert len(set(shown)) == 32


def test_figures_party_place_and_time_are_told(as_reader):
    party = factories.PartyFactory(name="Ilme Council")
    made = factories.ClaimFactory(
        kind="figure", measure="killed", counted="passengers", low=30, best=35, high=40, favours=party, place="Ilme",
        when_first=dt.date(2026, 3, 1), when_last=dt.date(2026, 3, 2),
    )  # fmt: skip
    content = as_reader.get(page_of(made)).content.decode()
    assert "35 (30 to 40) passengers killed" in content
    assert re.search(r"low 30 · best 35 · high 40", content)
    assert "Ilme Council" in content
    assert "2026-03-01 – 2026-03-02" in content


def test_contradictions_lead_to_their_page_and_to_the_other_claim(as_reader, claim):
    other = factories.ClaimFactory(dossier=claim.dossier, text="the ferry to Ilme arrived")
    conflict = factories.ContradictionFactory(
        claim=claim, other_claim=other, position=claim.positions.first(),
        other_position=factories.PositionFactory(claim=other), explanation="It cannot have done both.",
    )  # fmt: skip
    for shown, named in ((claim, other), (other, claim)):
        content = as_reader.get(page_of(shown)).content.decode()
        assert reverse("desk:conflict", args=[conflict.uid]) in content
        assert page_of(named) in content
        assert "It cannot have done both." in content


def test_questions_and_merges_are_linked(client, editor, claim):
    client.force_login(editor)
    twin = factories.ClaimFactory(dossier=claim.dossier, text="a ferry went down near Ilme")
    question = factories.JudgementFactory(claim=claim, other_claim=twin)
    merged = factories.ClaimFactory(dossier=claim.dossier, text="the Ilme boat was lost")
    merge = merge_claims(merged, target=claim, by=editor, reason="One boat.")
    content = client.get(page_of(claim)).content.decode()
    assert reverse("admin:claims_judgement_change", args=[question.pk]) in content
    assert reverse("admin:claims_claimmerge_change", args=[merge.pk]) in content
    assert reverse("admin:claims_claim_merge_this", args=[claim.pk]) in content
    assert reverse("desk:dossier", args=[claim.dossier.uid]) in content
    gone = client.get(page_of(merged)).content.decode()
    assert "This claim was merged into another one" in gone
    assert "data-verdict-form" not in gone


def test_the_admins_page_and_the_desks_lead_to_each_other(client, editor, claim):
    client.force_login(editor)
    row = reverse("admin:claims_claim_change", args=[claim.pk])
    assert row in client.get(page_of(claim)).content.decode()
    assert page_of(claim) in client.get(row).content.decode()


def test_there_is_nothing_at_the_address_of_no_claim(as_reader):
    assert as_reader.get(reverse("desk:claim", args=[uuid.uuid4()])).status_code == 404


def test_whoever_is_signed_out_is_asked_to_sign_in(client, claim):
    assert "/login/" in client.get(page_of(claim))["Location"]


def test_whoever_may_not_see_claims_does_not(client, claim):
    client.force_login(factories.UserFactory())
    assert client.get(page_of(claim)).status_code == 403


# --- What it costs ---------------------------------------------------------------------------------------------------


def busy(how_many, person):
    """A claim with this many positions of everything that a timeline can hold, conflicts and verdicts."""
    made = factories.ClaimFactory()
    league = factories.SourceFactory(name=f"League of {made.pk}", party=factories.PartyFactory())
    wire = factories.DocumentFactory(dossier=made.dossier)
    for n in range(how_many):
        member = factories.SourceFactory(parent=factories.SourceFactory(parent=league))
        alias = factories.SourceFactory(merged_into=member)
        document = factories.DocumentFactory(dossier=made.dossier, origin=wire, origin_explanation="The same words.")
        said = factories.StatementFactory(snapshot=factories.SnapshotFactory(document=document), source=alias)
        position = factories.PositionFactory(
            claim=made, statement=said, stance=["supports", "refutes", "reports"][n % 3]
        )
        other = factories.ClaimFactory(dossier=made.dossier)
        theirs = factories.PositionFactory(claim=other)
        factories.ContradictionFactory(claim=made, other_claim=other, position=position, other_position=theirs)
        factories.JudgementFactory(claim=made, other_claim=other)
        verdict = factories.VerdictFactory(claim=made)
        Evidence.objects.create(verdict=verdict, url="https://archive.example/x", snapshot=said.snapshot)
        twin = factories.ClaimFactory(dossier=made.dossier)
        ClaimMerge.objects.create(claim=twin, target=made, by=person, reason="One.")
    refresh([made.pk], actor=MACHINE)
    return made


def queries(client, address):
    client.get(address)  # the session and the kinds of permissions are read once
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in found]


def test_the_page_takes_as_many_queries_for_5_positions_as_for_50_now_and_in_the_past(client, editor):
    client.force_login(editor)
    few, many = page_of(busy(5, editor)), page_of(busy(50, editor))
    for asked in ("", f"?as_of={in_address(timezone.now())}"):
        for_few, for_many = queries(client, few + asked), queries(client, many + asked)
        assert len(for_few) == len(for_many), "\n\n".join(sorted(set(for_many) - set(for_few)))


# --- Positions -------------------------------------------------------------------------------------------------------


def seen_of(position):
    return max(version_of(position.uid), version_of(position.statement.uid))


def test_a_reviewer_sets_a_position_with_a_reason(post, reviewer, claim):
    position = claim.positions.get(stance="supports")
    status, told = post(
        reviewer, "claim_position", claim, position=str(position.uid), stance="reports", reason="It relays the radio.",
        seen=seen_of(position),
    )  # fmt: skip
    assert (status, told["told"]) == (200, "Set: the statement reports the claim.")
    now = Position.objects.get(statement=position.statement, superseded_at=None)
    assert (now.stance, now.by, now.reason) == ("reports", reviewer, "It relays the radio.")
    claim.refresh_from_db()
    assert claim.standing == "denied"


def test_the_page_names_the_version_that_the_position_is_set_with(as_reviewer, claim):
    content = as_reviewer.get(page_of(claim)).content.decode()
    for position in claim.positions.all():
        found = re.search(rf'data-set-position="{position.uid}"[^>]*data-seen="(\d+)"', content)
        assert int(found[1]) == seen_of(position)


def test_what_a_colleague_set_meanwhile_is_not_overwritten(post, reviewer, editor, claim):
    position = claim.positions.get(stance="supports")
    seen = seen_of(position)
    set_position(position.statement, claim=claim, stance="refutes", by=editor, reason="Read again.")
    status, told = post(
        reviewer, "claim_position", claim, position=str(position.uid), stance="reports", reason="It relays.", seen=seen
    )
    assert (status, told["code"]) == (412, "changed_meanwhile")
    assert "user:edda-editor: superseded" in told["detail"]
    assert Position.objects.get(statement=position.statement, superseded_at=None).stance == "refutes"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"reason": "  "}, 400, "invalid"),
        ({"stance": "applauds"}, 400, "invalid"),
        ({"position": "not an id"}, 400, "invalid"),
        ({"position": str(uuid.uuid4())}, 404, "not_found"),
        ({"seen": None}, 400, "invalid"),
        ({"stance": "supports"}, 409, "already_decided"),
    ],
)
def test_what_cannot_be_set_is_refused_in_words(post, reviewer, claim, changed, status, code):
    position = claim.positions.get(stance="supports")
    said = {"position": str(position.uid), "stance": "reports", "reason": "It relays.", "seen": seen_of(position)}
    answered, told = post(reviewer, "claim_position", claim, **said | changed)
    assert (answered, told["code"]) == (status, code)
    assert told["detail"]
    assert claim.positions.filter(superseded_at=None).count() == 2


def test_a_position_of_another_claim_is_not_set_here(post, reviewer, claim):
    elsewhere = factories.PositionFactory()
    status, _told = post(
        reviewer, "claim_position", claim, position=str(elsewhere.uid), stance="refutes", reason="No.",
        seen=seen_of(elsewhere),
    )  # fmt: skip
    assert status == 404


# --- Verdicts --------------------------------------------------------------------------------------------------------


def test_a_verdict_goes_from_draft_to_publication_by_two_people(post, client, reviewer, editor, claim):
    snapshot = claim.positions.first().statement.snapshot
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    evidence = [{"snapshot": str(snapshot.uid), "url": "", "note": "Page two."}, {"url": "https://archive.example/map"}]
    words = verdict_words(claim, evidence=evidence, review_due=tomorrow.isoformat())
    assert post(reviewer, "claim_verdict", claim, **words)[0] == 200
    verdict = Verdict.objects.get()
    assert (verdict.author, verdict.state, verdict.credibility) == (reviewer, "draft", 2)
    assert timezone.localdate(verdict.review_due) == tomorrow
    assert [(e.url, e.snapshot, e.note) for e in verdict.evidence.all()] == [
        (snapshot.document.url, snapshot, "Page two."), ("https://archive.example/map", None, ""),
    ]  # fmt: skip
    assert post(reviewer, "verdict_propose", verdict, seen=version_of(verdict.uid))[0] == 200
    assert post(editor, "verdict_approve", verdict, seen=version_of(verdict.uid))[0] == 200
    verdict.refresh_from_db()
    assert (verdict.state, verdict.approver) == ("published", editor)
    content = client.get(page_of(claim)).content.decode()
    assert "2: probably true" in content
    assert "approved by <bdi>edda-editor</bdi>" in content
    assert post(editor, "verdict_withdraw", verdict, seen=version_of(verdict.uid), reason="Wrong quay.")[0] == 200
    verdict.refresh_from_db()
    assert verdict.state == "withdrawn"


def test_a_second_verdict_supersedes_the_first(post, reviewer, editor, claim):
    first = draft_verdict(claim, credibility=2, rationale="Seen.", by=reviewer)
    approve_verdict(propose_verdict(first, by=reviewer), by=editor)
    assert post(reviewer, "claim_verdict", claim, **verdict_words(claim, credibility="5"))[0] == 200
    second = Verdict.objects.get(state="draft")
    post(reviewer, "verdict_propose", second, seen=version_of(second.uid))
    post(editor, "verdict_approve", second, seen=version_of(second.uid))
    first.refresh_from_db()
    assert (first.state, first.superseded_by) == ("superseded", second)


def test_approving_ones_own_is_refused_in_words(post, client, editor, claim):
    verdict = propose_verdict(draft_verdict(claim, credibility=2, rationale="Seen.", by=editor), by=editor)
    client.force_login(editor)
    assert "This verdict is yours: another person has to approve it." in client.get(page_of(claim)).content.decode()
    status, told = post(editor, "verdict_approve", verdict, seen=version_of(verdict.uid))
    assert (status, told["code"]) == (403, "own_verdict")
    assert told["detail"] == "A verdict is approved by another person than its author."
    verdict.refresh_from_db()
    assert verdict.state == "proposed"


def test_a_proposal_is_returned_with_a_reason_and_revised_by_its_author(post, client, reviewer, editor, claim):
    verdict = propose_verdict(draft_verdict(claim, credibility=2, rationale="Seen.", by=reviewer), by=reviewer)
    status, told = post(editor, "verdict_return", verdict, seen=version_of(verdict.uid), reason="")
    assert (status, told["code"]) == (400, "reason_missing")
    assert post(editor, "verdict_return", verdict, seen=version_of(verdict.uid), reason="By whom?")[0] == 200
    client.force_login(reviewer)
    content = client.get(page_of(claim)).content.decode()
    assert "By whom?" in content
    assert reverse("desk:verdict_revise", args=[verdict.uid]) in content
    words = verdict_words(verdict, rationale="Seen by two ferrymen.")
    status, told = post(editor, "verdict_revise", verdict, **words)
    assert (status, told["code"]) == (403, "not_the_author")
    assert told["detail"] == "This draft is rolf-reviewer's, who alone may change it: draft another one."
    assert post(reviewer, "verdict_revise", verdict, **words)[0] == 200
    verdict.refresh_from_db()
    assert (verdict.state, verdict.rationale) == ("draft", "Seen by two ferrymen.")


STEPS = {
    "propose": (VerdictState.DRAFT, "reviewer"),
    "approve": (VerdictState.PROPOSED, "editor"),
    "return": (VerdictState.PROPOSED, "editor"),
    "withdraw": (VerdictState.PUBLISHED, "editor"),
}


@pytest.mark.parametrize("state", ["draft", "proposed", "published", "withdrawn"])
def test_each_state_offers_its_steps_to_whoever_may_and_refuses_the_others(
    post, client, reviewer, editor, claim, state
):
    verdict = draft_verdict(claim, credibility=2, rationale="Seen.", by=factories.UserFactory())
    if state != "draft":
        propose_verdict(verdict, by=reviewer)
    if state in ("published", "withdrawn"):
        approve_verdict(verdict, by=editor)
    if state == "withdrawn":
        post(editor, "verdict_withdraw", verdict, seen=version_of(verdict.uid), reason="Wrong.")
    for person, role in ((reviewer, "reviewer"), (editor, "editor")):
        client.force_login(person)
        content = client.get(page_of(claim)).content.decode()
        for name, (source, needed) in STEPS.items():
            offered = source == state and needed in (role, "reviewer")
            assert (reverse(f"desk:verdict_{name}", args=[verdict.uid]) in content) == offered, (role, name)
    for name, (source, _needed) in STEPS.items():
        if source != state:
            status, told = post(editor, f"verdict_{name}", verdict, seen=version_of(verdict.uid), reason="Because.")
            assert (status, told["code"]) == (409, "wrong_state"), name


def test_a_verdict_that_changed_meanwhile_is_not_approved(post, reviewer, editor, claim):
    verdict = draft_verdict(claim, credibility=2, rationale="Seen.", by=reviewer)
    propose_verdict(verdict, by=reviewer)
    seen = version_of(verdict.uid)
    post(editor, "verdict_return", verdict, seen=seen, reason="By whom?")
    propose_verdict(verdict, by=reviewer)
    status, told = post(editor, "verdict_approve", verdict, seen=seen)
    assert status == 412
    assert "user:edda-editor: returned; user:rolf-reviewer: proposed" in told["detail"]
    verdict.refresh_from_db()
    assert verdict.state == "proposed"


def test_a_verdict_is_not_drafted_on_what_is_no_longer_so(post, reviewer, claim):
    words = verdict_words(claim)
    say(claim, "Ilme Council")
    refresh([claim.pk], actor=MACHINE)
    status, told = post(reviewer, "claim_verdict", claim, **words)
    assert (status, told["code"]) == (412, "changed_meanwhile")
    assert "standing changed" in told["detail"]
    assert not Verdict.objects.exists()
    assert post(reviewer, "claim_verdict", claim, **words | {"seen": version_of(claim.uid)})[0] == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"credibility": "7"},
        {"credibility": ""},
        {"rationale": " "},
        {"review_due": "yesterday"},
        {"review_due": "2020-01-01"},
        {"evidence": "https://archive.example/x"},
        {"evidence": ["https://archive.example/x"]},
        {"evidence": [{"url": "javascript:alert(1)"}]},
        {"evidence": [{"url": "", "snapshot": "", "note": "Trust me."}]},
        {"evidence": [{"url": "https://archive.example/x"}] * 2},
        {"evidence": [{"url": f"https://archive.example/{n}"} for n in range(21)]},
        {"evidence": [{"url": "https://archive.example/" + "x" * 2000}]},
        {"evidence": [{"snapshot": str(uuid.uuid4())}]},
        {"seen": "never"},
    ],
)
def test_a_verdict_that_cannot_be_read_is_refused_in_words(post, reviewer, claim, changed):
    status, told = post(reviewer, "claim_verdict", claim, **verdict_words(claim, **changed))
    assert (status, told["code"]) == (400, "invalid")
    assert told["detail"]
    assert not Verdict.objects.exists()


def test_only_snapshots_of_what_speaks_to_the_claim_are_offered_and_taken(post, as_reviewer, reviewer, claim):
    elsewhere = factories.PositionFactory().statement.snapshot
    offered = as_reviewer.get(page_of(claim)).context["snapshots"]
    assert {s.pk for s in offered} == {p.statement.snapshot_id for p in claim.positions.all()}
    words = verdict_words(claim, evidence=[{"snapshot": str(elsewhere.uid)}])
    assert post(reviewer, "claim_verdict", claim, **words)[0] == 400


# --- Who may ---------------------------------------------------------------------------------------------------------


def test_a_reader_is_refused_at_every_address_that_writes(post, reader, reviewer, editor, claim):
    verdict = draft_verdict(claim, credibility=2, rationale="Seen.", by=reviewer)
    position = claim.positions.first()
    said = {"position": str(position.uid), "stance": "reports", "reason": "No.", "seen": 10**9}
    tried = {
        "claim_position": (claim, said),
        "claim_verdict": (claim, verdict_words(claim)),
        "verdict_revise": (verdict, verdict_words(verdict)),
        "verdict_propose": (verdict, {"seen": 10**9}),
        "verdict_approve": (verdict, {"seen": 10**9}),
        "verdict_return": (verdict, {"seen": 10**9, "reason": "No."}),
        "verdict_withdraw": (verdict, {"seen": 10**9, "reason": "No."}),
    }
    from claims.desk import claim_actions

    assert {pattern.name for pattern in claim_actions.urlpatterns} == tried.keys()
    for name, (row, words) in tried.items():
        assert post(reader, name, row, **words)[0] == 403, name
    for name in ("verdict_approve", "verdict_return", "verdict_withdraw"):
        assert post(reviewer, name, tried[name][0], **tried[name][1])[0] == 403, name
    verdict.refresh_from_db()
    assert (verdict.state, Verdict.objects.count()) == ("draft", 1)
    assert claim.positions.filter(superseded_at=None).count() == 2


def test_a_reader_is_offered_nothing_that_writes(as_reader, reviewer, claim):
    draft_verdict(claim, credibility=2, rationale="Seen.", by=reviewer)
    content = as_reader.get(page_of(claim)).content.decode()
    for mark in ("data-set-position=", "data-verdict-form=", "data-verdict-step="):
        assert mark not in content


# --- The past --------------------------------------------------------------------------------------------------------


def in_address(at):
    return at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def test_the_past_is_shown_as_it_was_marked_and_unchangeable(client, reviewer, editor, claim):
    client.force_login(editor)
    verdict = draft_verdict(claim, credibility=2, rationale="Two photographs.", by=reviewer)
    then = timezone.now()
    position = claim.positions.get(stance="refutes")
    set_position(position.statement, claim=claim, stance="reports", by=editor, reason="It relays.")
    approve_verdict(propose_verdict(verdict, by=reviewer), by=editor)
    past = client.get(page_of(claim), {"as_of": in_address(then)})
    content = past.content.decode()
    assert "This is what was held on" in content
    assert "cm-past" in content
    assert past.context["state"]["standing"] == "contested"
    assert [told.line.stance for told in past.context["timeline"]] == ["supports", "refutes"]
    assert [v["state"] for v in past.context["verdicts"]] == ["draft"]
    assert [c["state"] for c in past.context["contradictions"]] == ["suggested"]
    for mark in ("data-set-position=", "data-verdict-form=", "data-verdict-step="):
        assert mark not in content
    now = client.get(page_of(claim))
    assert "cm-past" not in now.content.decode()
    assert now.context["state"]["standing"] == "single-origin"
    assert [v["state"] for v in now.context["verdicts"]] == ["published"]


def test_before_it_existed_the_page_says_that_nothing_was_held(as_reader, claim):
    before = claim.created_at - dt.timedelta(days=1)
    content = as_reader.get(page_of(claim), {"as_of": in_address(before)}).content.decode()
    assert "Nothing was held: the claim was not known yet." in content
    assert "Asserted by" not in content


@pytest.mark.parametrize("said", ["yesterday", "2026-13-40T00:00:00Z", "0001-01-01T00:00:00+14:00", "\x00", "9" * 500])
def test_what_is_no_moment_is_said_to_be_none_and_breaks_nothing(as_reader, claim, said):
    response = as_reader.get(page_of(claim), {"as_of": said})
    assert response.status_code == 200
    assert "cm-past" not in response.content.decode() or "Nothing was held" in response.content.decode()


def test_a_moment_to_come_is_now(as_reader, claim):
    later = timezone.now() + dt.timedelta(days=3)
    assert "cm-past" not in as_reader.get(page_of(claim), {"as_of": in_address(later)}).content.decode()


def test_a_moment_without_a_zone_is_of_the_servers(as_reader, claim):
    later = (timezone.now() + dt.timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S")
    assert as_reader.get(page_of(claim), {"as_of": later}).context["at"] is None
    earlier = (timezone.now() - dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    assert as_reader.get(page_of(claim), {"as_of": earlier}).context["at"] is not None


@pytest.mark.django_db(transaction=True)
def test_the_slider_steps_through_moments_that_each_lead_somewhere(client, reviewer, editor):
    made = factories.ClaimFactory()
    position = say(made, "Ilme Watch")
    refresh([made.pk], actor=MACHINE)
    set_position(position.statement, claim=made, stance="refutes", by=editor, reason="She denies it.")
    client.force_login(editor)
    moments = client.get(page_of(made)).context["moments"]
    shown = [client.get(page_of(made), {"as_of": m["as_of"]}).context["state"]["standing"] for m in moments]
    assert shown == ["", "", "single-origin", "denied"]


# --- From outside ----------------------------------------------------------------------------------------------------


def test_no_hostile_text_is_fooled_into_the_page_now_or_in_the_past(client, editor):
    world = build_world(factories.UserFactory(), words=WORDS, url=ADDRESS)
    client.force_login(editor)
    address = page_of(world[Claim])
    now = client.get(address)
    assert_harmless(now)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in now.content.decode()
    assert_harmless(client.get(address, {"as_of": in_address(timezone.now())}))
    assert_harmless(client.get(address, {"as_of": WORDS, "origin": WORDS, "page": WORDS}))
    assert Contradiction.objects.filter(claim=world[Claim]).exists()


def test_words_that_turn_the_writing_around_stay_in_their_place(as_reader):
    turned = "\u202eevil\u202c"
    made = factories.ClaimFactory(text=turned)
    say(made, turned, content=turned, title=turned)
    refresh([made.pk], actor=MACHINE)
    content = as_reader.get(page_of(made)).content.decode()
    shown = content[content.index('id="claim-shown"') :]
    for found in re.finditer(turned, shown):
        opened = re.findall(r"<(bdi|[a-z]+ [^<>]*dir=\"auto\")[^<>]*>", shown[: found.start()])
        assert opened, shown[found.start() - 80 : found.end()]
        before = shown[: found.start()].rsplit("<", 1)[1]
        assert "bdi" in before or 'dir="auto"' in before or 'data-words="' in before or "mark" in before, before
