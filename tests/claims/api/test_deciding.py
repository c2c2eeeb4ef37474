"""What reviewers' tools do over REST: the services' decisions, of a version that was seen, by whoever may."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from claims.choices import ContradictionState, StatementState, VerdictState
from claims.models import Event, Position, Snapshot, Statement, TokenGrant, Verdict
from claims.roles import ADMINISTRATOR
from claims.services import ledger, standings
from claims.services.claims import set_favours
from claims.services.protection import protect_statement
from claims.services.sources import grade_source
from claims.services.verdicts import draft_verdict, propose_verdict
from tests import factories
from tests.claims.api.conftest import V1, a_case
from tests.factories import MACHINE
from tracker.matching import match_snapshots

WHY = {"reason": "I was there."}


@pytest.fixture
def tools(client_of, reviewer, editor):
    """A reviewer's and an editor's client."""
    return {"reviewer": client_of(reviewer), "editor": client_of(editor)}


@pytest.fixture
def rows(case, reviewer):
    """One row in the state that each decision starts from."""
    draft = draft_verdict(case.claim, credibility=4, rationale="No.", by=reviewer)
    proposed = propose_verdict(draft_verdict(case.claim, credibility=5, rationale="No.", by=reviewer), by=reviewer)
    hidden = factories.StatementFactory(snapshot=case.snapshot, source=case.guild, protected=True)
    return {
        "contradictions": case.contradiction, "statements": case.assertion, "verdicts": case.verdict,
        "draft": draft, "proposed": proposed, "sources": case.guild, "hidden": hidden,
        "masked": factories.SourceFactory(protected=True),
    }  # fmt: skip


# Resource, the row it starts from, the action, who may, the body, and what is then true of the row.
DECISIONS = [
    ("contradictions", "contradictions", "confirm", "reviewer", WHY,
        {"state": "confirmed", "decided_by": "rolf-reviewer"}),
    ("contradictions", "contradictions", "dismiss", "reviewer", WHY, {"state": "dismissed", "reason": WHY["reason"]}),
    ("contradictions", "contradictions", "resolve", "reviewer", WHY, {"state": "resolved"}),
    ("statements", "statements", "confirm", "reviewer", None, {"state": "confirmed", "reviewed_by": "rolf-reviewer"}),
    ("statements", "statements", "reject", "reviewer", WHY, {"state": "rejected", "review_reason": WHY["reason"]}),
    ("statements", "statements", "protect", "editor", WHY, {}),
    ("statements", "hidden", "unprotect", "editor", WHY, {}),
    ("sources", "sources", "protect", "editor", WHY, {}),
    ("sources", "masked", "unprotect", "editor", WHY, {}),
    ("verdicts", "draft", "propose", "reviewer", None, {"state": "proposed", "approver": None}),
    ("verdicts", "proposed", "approve", "editor", None, {"state": "published", "approver": "edda-editor"}),
    ("verdicts", "proposed", "return", "editor", WHY, {"state": "draft"}),
    ("verdicts", "verdicts", "withdraw", "editor", WHY, {"state": "withdrawn"}),
]  # fmt: skip
decisions = pytest.mark.parametrize(
    ("resource", "row", "action", "who", "body", "after"), DECISIONS, ids=[f"{d[1]}-{d[2]}" for d in DECISIONS]
)


@decisions
def test_a_decision_is_made_once_of_what_was_seen_and_answered_as_get_shows_it(
    tools, rows, resource, row, action, who, body, after
):
    client, where = tools[who], f"{V1}{resource}/{rows[row].uid}"
    seen = client.get(where)
    assert seen.status_code == 200, seen.content
    unsaid = client.post(f"{where}/{action}", body, format="json")
    assert (unsaid.status_code, unsaid.json()["code"]) == (428, "match_missing")
    done = client.post(f"{where}/{action}", body, format="json", HTTP_IF_MATCH=seen["ETag"])
    assert done.status_code == 200, done.content
    now = client.get(where)
    assert (done.json(), done["ETag"]) == (now.json(), now["ETag"])
    assert {name: now.json()[name] for name in after} == after
    newest = Event.objects.filter(object_uid=rows[row].uid).latest("pk")
    assert newest.actor_label == {"reviewer": "user:rolf-reviewer", "editor": "user:edda-editor"}[who]
    late = client.post(f"{where}/{action}", body, format="json", HTTP_IF_MATCH=seen["ETag"])
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert str(rows[row].uid) in {change["uid"] for change in late.json()["changes"]}
    if action not in ("protect", "unprotect"):  # which say the same again
        again = client.post(f"{where}/{action}", body, format="json", HTTP_IF_MATCH="*")
        assert (again.status_code, again.json()["code"]) in ((409, "wrong_state"), (409, "already_decided"))


@pytest.mark.parametrize(
    ("resource", "row", "action", "who", "body"),
    [
        next(d[:5] for d in DECISIONS if d[0] == name)
        for name in ("contradictions", "statements", "sources", "verdicts")
    ],
)
def test_what_others_changed_meanwhile_stops_a_decision_and_is_told(
    tools, rows, case, resource, row, action, who, body
):
    client, where = tools[who], f"{V1}{resource}/{rows[row].uid}"
    seen = client.get(where)["ETag"]
    if resource == "verdicts":
        set_favours(case.claim, party=None, actor=MACHINE)
    else:
        grade_source(rows["masked"] if row == "masked" else case.guild, grade="E", reason="Wrong.", actor=MACHINE)
    late = client.post(f"{where}/{action}", body, format="json", HTTP_IF_MATCH=seen)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert "machine:test/1" in late.json()["changes"][0]["actor"]


def test_a_decision_that_needs_a_reason_is_refused_without_one(tools, rows):
    needing = [(resource, row, action) for resource, row, action, _, body, _ in DECISIONS if body is WHY]
    for resource, row, action in needing:
        for body in ({}, {"reason": " "}, {"reason": "x", "colour": "red"}):
            where = f"{V1}{resource}/{rows[row].uid}/{action}"
            answer = tools["editor"].post(where, body, format="json", HTTP_IF_MATCH="*")
            assert (where, answer.status_code, answer.json()["code"]) == (where, 400, "invalid")


def test_a_decision_is_taken_back_by_whoever_made_it_and_nobody_else(tools, rows):
    where = f"{V1}contradictions/{rows['contradictions'].uid}"
    tools["reviewer"].post(f"{where}/confirm", WHY, format="json", HTTP_IF_MATCH="*")
    refused = tools["editor"].post(f"{where}/take-back", HTTP_IF_MATCH="*")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    done = tools["reviewer"].post(f"{where}/take-back", HTTP_IF_MATCH=tools["reviewer"].get(where)["ETag"])
    assert (done.status_code, done.json()["state"], done.json()["decided_by"]) == (200, "suggested", None)


# --- Contradictions that no machine suggested ------------------------------------------------------------------------


def test_two_positions_that_conflict_are_marked_once(tools, case):
    rival = factories.ClaimFactory(dossier=case.dossier, text="the mill at Oster stands")
    other = factories.PositionFactory(claim=rival, statement__snapshot=case.snapshot, statement__source=case.council)
    body = {"positions": [str(other.uid), str(case.support.uid)], "type": "antonym", "reason": "It burnt or it stands."}
    made = tools["reviewer"].post(f"{V1}contradictions", body, format="json")
    assert made.status_code == 201, made.content
    shown = tools["reviewer"].get(made["Location"])
    assert (shown.json(), shown["ETag"]) == (made.json(), made["ETag"])
    assert (made.json()["state"], made.json()["type"], made.json()["algorithm"]["name"]) == (
        "confirmed", "antonym", "person",
    )  # fmt: skip
    assert {side["claim"]["uid"] for side in made.json()["sides"]} == {str(case.claim.uid), str(rival.uid)}
    again = tools["editor"].post(
        f"{V1}contradictions",
        {"claims": [str(case.claim.uid), str(rival.uid)], "type": "antonym", **WHY},
        format="json",
    )
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")
    assert again.json()["contradiction"] == made.json()["uid"]


def test_two_claims_are_marked_by_the_first_that_counts_for_each_and_may_be_dismissed_at_once(tools, case):
    rival = factories.ClaimFactory(dossier=case.dossier)
    factories.PositionFactory(claim=rival, statement__snapshot=case.snapshot)
    standings.refresh([rival.pk], actor=MACHINE)
    body = {"claims": [str(case.claim.uid), str(rival.uid)], "type": "other", "state": "dismissed", **WHY}
    made = tools["reviewer"].post(f"{V1}contradictions", body, format="json").json()
    assert made["state"] == "dismissed"
    assert str(case.support.uid) in {side["position"]["uid"] for side in made["sides"]}


def test_the_conflict_on_a_contested_claim_is_marked_by_naming_the_claim(tools, case):
    body = {"claim": str(case.claim.uid), **WHY}
    refused = tools["reviewer"].post(f"{V1}contradictions", body, format="json")
    assert (refused.status_code, refused.json()["contradiction"]) == (409, str(case.contradiction.uid))
    with transaction.atomic():
        case.contradiction.state = ContradictionState.LAPSED
        case.contradiction.save(update_fields=["state"])
        ledger.record(MACHINE, "lapsed", case.contradiction)
    made = tools["reviewer"].post(f"{V1}contradictions", body, format="json")
    assert (made.status_code, made.json()["uid"], made.json()["state"], made.json()["algorithm"]["name"]) == (
        201, str(case.contradiction.uid), "confirmed", "person",
    )  # fmt: skip


def test_a_claim_that_nobody_contests_has_no_conflict_to_mark(tools, case):
    calm = factories.ClaimFactory(dossier=case.dossier)
    refused = tools["reviewer"].post(f"{V1}contradictions", {"claim": str(calm.uid), **WHY}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    pair = {"claims": [str(calm.uid), str(case.claim.uid)], "type": "other", **WHY}
    unsaid = tools["reviewer"].post(f"{V1}contradictions", pair, format="json")
    assert (unsaid.status_code, unsaid.json()["code"]) == (409, "wrong_state")


def test_claims_of_two_dossiers_and_positions_that_are_no_longer_taken_do_not_conflict(tools, case):
    elsewhere = factories.PositionFactory()
    gone = factories.PositionFactory(claim=case.claim, superseded_at=timezone.now())
    for other in (elsewhere, gone):
        body = {"positions": [str(case.support.uid), str(other.uid)], "type": "other", **WHY}
        refused = tools["reviewer"].post(f"{V1}contradictions", body, format="json")
        assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")


MARKING_NOTHING = [
    ({}, "positions"),
    ({"claim": "x"}, "claim"),
    ({"claim": "CLAIM", "type": "other"}, "type"),
    ({"claims": ["CLAIM", "CLAIM"], "type": "other"}, "claims"),
    ({"claims": ["CLAIM", "CLAIM"]}, "type"),
    ({"positions": ["POSITION"], "type": "other"}, "positions"),
    ({"positions": ["POSITION", "CLAIM"], "type": "other"}, "positions.1"),
    ({"claim": "CLAIM", "state": "suggested"}, "state"),
]


def test_what_marks_no_conflict_is_refused_by_name(tools, case):
    named = {"CLAIM": str(case.claim.uid), "POSITION": str(case.support.uid)}

    def filled(value):
        return [named.get(one, one) for one in value] if isinstance(value, list) else named.get(value, value)

    for body, field in MARKING_NOTHING:
        sent = {name: filled(value) for name, value in body.items()}
        answer = tools["reviewer"].post(f"{V1}contradictions", {**sent, **WHY}, format="json")
        assert (body, answer.status_code, list(answer.json()["errors"])) == (body, 400, [field])


# --- Statements ------------------------------------------------------------------------------------------------------


def test_a_correction_says_only_what_was_wrong_and_leads_from_the_old_to_the_new(tools, case):
    where = f"{V1}statements/{case.assertion.uid}"
    body = {"polarity": "denies", "source": {"uid": str(case.council.uid)}, **WHY}
    made = tools["reviewer"].post(f"{where}/correct", body, format="json", HTTP_IF_MATCH="*")
    assert made.status_code == 201, made.content
    new, old = made.json(), tools["reviewer"].get(where).json()
    assert tools["reviewer"].get(made["Location"]).json() == new
    assert (old["state"], old["superseded_by"], new["supersedes"]) == ("corrected", new["uid"], old["uid"])
    assert (new["polarity"], new["source"]["uid"], new["state"]) == ("denies", str(case.council.uid), "confirmed")
    assert (new["content"], new["cue"], new["modality"]) == (old["content"], old["cue"], old["modality"])


def test_a_correction_may_name_other_words_and_nobody_as_the_source(tools, case):
    [[start, end]] = case.assertion.content_spans
    body = {"content_spans": [[start + 4, end]], "cue_spans": [], "source": None, "said_by_spans": [], **WHY}
    made = (
        tools["reviewer"]
        .post(f"{V1}statements/{case.assertion.uid}/correct", body, format="json", HTTP_IF_MATCH="*")
        .json()
    )
    assert (made["content"]["text"], made["source"], made["cue"]["text"]) == ("mill at Oster burnt down", None, "")


CORRECTING_NOTHING = [
    ({"content_spans": [[0, 99_999]]}, 400, "spans_do_not_fit"),
    ({"content_spans": [[5]]}, 400, "invalid"),
    ({"content_spans": []}, 400, "invalid"),
    ({"source": {}}, 400, "invalid"),
    ({"source": {"name": "X", "uid": "UNNAMED"}}, 400, "invalid"),
    ({"source": {"uid": "UNNAMED"}}, 400, "not_a_name"),
    ({"polarity": "sings"}, 400, "invalid"),
]


def test_a_correction_that_cannot_be_meant_is_refused(tools, case):
    elsewhere = factories.SourceFactory(kind="unnamed", named_in=factories.DocumentFactory(dossier=case.dossier))
    for body, status, code in CORRECTING_NOTHING:
        sent = json.loads(json.dumps({**body, **WHY}).replace("UNNAMED", str(elsewhere.uid)))
        where = f"{V1}statements/{case.assertion.uid}/correct"
        answer = tools["reviewer"].post(where, sent, format="json", HTTP_IF_MATCH="*")
        assert (body, answer.status_code, answer.json()["code"]) == (body, status, code)


def test_a_missed_statement_is_added_and_not_twice(tools, case):
    word = case.snapshot.text.index("denied")
    body = {"snapshot": str(case.snapshot.uid), "content_spans": [[word, word + 6]], "source": {"name": "A miller"}}
    made = tools["reviewer"].post(f"{V1}statements", body, format="json")
    assert (made.status_code, made.json()["content"]["text"]) == (201, "denied"), made.content
    assert (made.json()["source"]["name"], made.json()["origin"]) == ("A miller", "person")
    again = tools["reviewer"].post(f"{V1}statements", body, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "statement_there")


def test_a_person_sets_the_position_that_a_statement_takes(tools, case):
    where = f"{V1}statements/{case.assertion.uid}"
    body = {"claim": str(case.claim.uid), "stance": "refutes", **WHY}
    done = tools["reviewer"].post(
        f"{where}/set-position", body, format="json", HTTP_IF_MATCH=tools["reviewer"].get(where)["ETag"]
    )
    [taken] = done.json()["positions"]
    assert (taken["stance"], taken["by"], taken["reason"]) == ("refutes", "rolf-reviewer", WHY["reason"])
    assert Position.objects.get(uid=case.support.uid).superseded_at is not None
    again = tools["reviewer"].post(f"{where}/set-position", body, format="json", HTTP_IF_MATCH="*")
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")


def test_a_position_that_a_person_set_is_cleared_and_the_statement_placed_anew(tools, case):
    where = f"{V1}statements/{case.denial.uid}"
    of_a_machine = tools["reviewer"].post(f"{where}/clear-position", WHY, format="json", HTTP_IF_MATCH="*")
    assert (of_a_machine.status_code, of_a_machine.json()["code"]) == (409, "wrong_state")
    body = {"claim": str(case.claim.uid), "stance": "supports", **WHY}
    done = tools["reviewer"].post(f"{where}/set-position", body, format="json", HTTP_IF_MATCH="*")
    case.claim.refresh_from_db()
    assert not case.claim.standing_explanation["refuting"]
    Snapshot.objects.filter(pk=case.snapshot.pk).update(matched_with="test/1")
    cleared = tools["editor"].post(f"{where}/clear-position", WHY, format="json", HTTP_IF_MATCH=done["ETag"])
    assert (cleared.status_code, cleared.json()["positions"]) == (200, [])
    match_snapshots([case.snapshot.pk])  # asked for by the signal, and done by a worker
    [taken] = tools["reviewer"].get(where).json()["positions"]
    assert (taken["stance"], taken["origin"]) == ("refutes", "machine")


# --- Verdicts --------------------------------------------------------------------------------------------------------


def test_a_verdict_goes_from_its_author_to_publication_by_somebody_else(tools, case, editor):
    author, approver = tools["reviewer"], tools["editor"]
    body = {
        "claim": str(case.claim.uid), "credibility": 5, "rationale": "The roof is whole.",
        "evidence": [
            {"snapshot": str(case.snapshot.uid)}, {"url": "https://archive.example/roof", "note": "A photograph."},
        ],
    }  # fmt: skip
    made = author.post(f"{V1}verdicts", body, format="json")
    assert (made.status_code, made.json()["state"], made.json()["published_at"]) == (201, "draft", None), made.content
    assert [link["url"] for link in made.json()["evidence"]] == [case.document.url, "https://archive.example/roof"]
    where = made["Location"]
    changed = author.patch(where, {"credibility": 4}, format="json", HTTP_IF_MATCH=made["ETag"])
    assert (changed.json()["credibility"], changed.json()["rationale"]) == (4, "The roof is whole.")
    others = approver.patch(where, {"credibility": 1}, format="json", HTTP_IF_MATCH="*")
    assert (others.status_code, others.json()["code"]) == (403, "not_the_author")
    assert author.post(f"{where}/propose", HTTP_IF_MATCH=changed["ETag"]).json()["state"] == "proposed"
    published = approver.post(f"{where}/approve", HTTP_IF_MATCH=approver.get(where)["ETag"]).json()
    assert (published["state"], published["author"], published["approver"]) == (
        "published", "rolf-reviewer", "edda-editor",
    )  # fmt: skip
    assert Verdict.objects.get(pk=case.verdict.pk).state == VerdictState.SUPERSEDED


def test_nobody_approves_a_verdict_of_his_or_her_own(tools, case):
    body = {"claim": str(case.claim.uid), "credibility": 3, "rationale": "Perhaps.", "propose": True}
    made = tools["editor"].post(f"{V1}verdicts", body, format="json")
    assert (made.status_code, made.json()["state"]) == (201, "proposed")
    refused = tools["editor"].post(f"{made['Location']}/approve", HTTP_IF_MATCH="*")
    assert (refused.status_code, refused.json()["code"]) == (403, "own_verdict")


def test_who_may_draft_but_not_propose_makes_nothing_by_asking_for_both(client_of, reader, case):
    reader.user_permissions.add(Permission.objects.get(codename="add_verdict"))
    body = {"claim": str(case.claim.uid), "credibility": 3, "rationale": "Perhaps.", "propose": True}
    before = Verdict.objects.count()
    assert client_of(reader).post(f"{V1}verdicts", body, format="json").status_code == 403
    assert Verdict.objects.count() == before


def test_drafts_and_proposals_are_for_those_who_write_or_approve_and_ask_for_them(tools, api, rows, editor):
    drafts = {str(rows["draft"].uid), str(rows["proposed"].uid)}
    asked = f"{V1}verdicts?state=draft&state=proposed"
    assert {row["uid"] for row in tools["editor"].get(asked).json()["results"]} == drafts
    assert not drafts & {row["uid"] for row in tools["editor"].get(f"{V1}verdicts").json()["results"]}
    token, secret = AuthToken.objects.create(editor)
    TokenGrant.objects.create(token=token, name="reads", scopes=["read"])
    reads = APIClient(headers={"Authorization": f"Token {secret}"})
    for client in (api, reads):
        assert client.get(asked).json()["results"] == []
        assert client.get(f"{V1}verdicts/{rows['draft'].uid}").status_code == 404


DRAFTING_NOTHING = [
        ({"credibility": 7}, "credibility"), ({"review_due": "2020-01-01T00:00:00Z"}, "review_due"),
        ({"evidence": [{}]}, "evidence.0.url"), ({"evidence": [{"url": "ftp://x"}]}, ""),
        ({"evidence": [{"snapshot": "00000000-0000-4000-8000-000000000000"}]}, "evidence"),
        ({"claim": "00000000-0000-4000-8000-000000000000"}, "claim"),
    ]  # fmt: skip


def test_a_draft_that_cannot_be_meant_is_refused_by_name(tools, case):
    for said, field in DRAFTING_NOTHING:
        body = {"claim": str(case.claim.uid), "credibility": 3, "rationale": "Perhaps.", **said}
        answer = tools["reviewer"].post(f"{V1}verdicts", body, format="json")
        assert (said, answer.status_code, list(answer.json()["errors"])) == (said, 400, [field])


# --- Whose rows ------------------------------------------------------------------------------------------------------


@pytest.fixture
def narrow(case):
    """An administrator's client that is limited to the case's dossier."""
    token, secret = AuthToken.objects.create(factories.UserFactory(role=ADMINISTRATOR))
    TokenGrant.objects.create(token=token, name="narrow", scopes=["review"], limited=True).dossiers.set([case.dossier])
    return APIClient(headers={"Authorization": f"Token {secret}"})


def test_a_token_for_one_dossier_decides_there_and_nowhere_else(narrow, case, reviewer, editor):
    elsewhere = a_case(reviewer, editor)
    for resource, action in (("contradictions", "confirm"), ("statements", "reject"), ("verdicts", "withdraw")):
        there, here = (f"{V1}{resource}/{one.by_resource[resource].uid}/{action}" for one in (elsewhere, case))
        assert narrow.post(there, WHY, format="json", HTTP_IF_MATCH="*").status_code == 404
        assert narrow.post(here, WHY, format="json", HTTP_IF_MATCH="*").status_code == 200
    for address, body, field in (
        (f"statements/{case.denial.uid}/set-position", {"claim": elsewhere.claim, "stance": "supports"}, "claim"),
        ("contradictions", {"claim": elsewhere.claim}, "claim"),
        ("verdicts", {"claim": elsewhere.claim, "credibility": 1, "rationale": "x"}, "claim"),
        ("statements", {"snapshot": elsewhere.snapshot, "content_spans": [[0, 3]]}, "snapshot"),
    ):
        sent = {name: getattr(value, "uid", value) for name, value in body.items()}
        sent |= {} if "verdicts" in address or address == "statements" else WHY
        refused = narrow.post(V1 + address, sent, format="json", HTTP_IF_MATCH="*")
        assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])


def test_a_source_belongs_to_no_dossier_and_a_token_for_some_does_not_protect_it(narrow, case):
    refused = narrow.post(f"{V1}sources/{case.guild.uid}/protect", WHY, format="json", HTTP_IF_MATCH="*")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    case.guild.refresh_from_db()
    assert not case.guild.protected


def test_what_is_protected_over_rest_is_masked_for_readers_at_once(tools, api, case):
    where = f"{V1}sources/{case.guild.uid}"
    tools["editor"].post(f"{where}/protect", {"reason": "Threatened."}, format="json", HTTP_IF_MATCH="*")
    assert case.guild.name not in api.get(where).content.decode()
    tools["editor"].post(f"{where}/unprotect", {"reason": "Safe."}, format="json", HTTP_IF_MATCH="*")
    assert api.get(where).json()["name"] == case.guild.name


def test_a_refusal_names_nobody_who_is_protected_to_who_may_not_see_it(client_of, case, editor):
    """Whoever decides sees what is protected; a person may be let decide without that, and is told nothing."""
    person = factories.UserFactory(role="reader")
    person.user_permissions.add(Permission.objects.get(codename="review_statement"))
    protect_statement(case.assertion, by=editor, reason="Only one knew.")
    answer = client_of(person).post(f"{V1}statements/{case.assertion.uid}/confirm", HTTP_IF_MATCH="*")
    assert answer.status_code == 200
    assert "burnt down" not in answer.content.decode()
    assert Statement.objects.get(pk=case.assertion.pk).state == StatementState.CONFIRMED
