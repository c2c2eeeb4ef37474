"""What the answers say: words with their place, sides with their sources, standings with their reasons."""

from datetime import UTC, datetime

import pytest

from claims.services import standings
from claims.services.claims import merge_claims
from claims.services.sources import merge_sources
from claims.services.verdicts import draft_verdict, propose_verdict, withdraw_verdict
from tests import factories
from tests.claims.api.conftest import V1, published
from tests.factories import MACHINE


@pytest.fixture
def got(api):
    """The answer at an address."""

    def made(address):
        answer = api.get(V1 + address)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return made


def test_a_statement_is_located_by_words_and_by_place(got, case):
    statement = got(f"statements/{case.assertion.uid}")
    text = got(f"documents/{case.document.uid}/text")["text"]
    for part in ("said_by", "cue", "content"):
        ((quote, position),) = [target["selector"] for target in statement[part]["target"]]
        assert (quote["type"], position["type"]) == ("TextQuoteSelector", "TextPositionSelector")
        assert text[position["start"] : position["end"]] == quote["exact"] == statement[part]["text"]
    quote, position = statement["content"]["target"][0]["selector"]
    around = quote["prefix"] + quote["exact"] + quote["suffix"]
    assert around in text
    assert text.index(around) + len(quote["prefix"]) == position["start"]


def test_words_in_two_pieces_are_two_targets(got, case):
    text = "“The ferry,” said the pilot, “never left the quay.”"
    first, second = "The ferry,", "never left the quay."
    spans = [[text.index(words), text.index(words) + len(words)] for words in (first, second)]
    statement = factories.StatementFactory(
        snapshot=factories.SnapshotFactory(text=text),
        content_text=f"{first} {second}",
        content_spans=spans,
        content_prefix="“",
        content_suffix="”",
        quotation="direct",
    )
    selectors = [target["selector"] for target in got(f"statements/{statement.uid}")["content"]["target"]]
    assert [quote for quote, _ in selectors] == [
        {"type": "TextQuoteSelector", "exact": first, "prefix": "“"},
        {"type": "TextQuoteSelector", "exact": second, "suffix": "”"},
    ]
    assert [[place["start"], place["end"]] for _, place in selectors] == spans


def test_a_statement_says_how_it_is_said_and_which_side_it_takes(got, case):
    statement = got(f"statements/{case.denial.uid}")
    assert (statement["polarity"], statement["modality"], statement["checkable"]) == ("denies", "asserted", True)
    assert statement["parent"] == str(case.assertion.uid)
    assert statement["source"]["party"]["slug"] == case.council.party.slug
    assert statement["document"]["publisher"]["uid"] == str(case.outlet.uid)
    (position,) = statement["positions"]
    assert (position["stance"], position["claim"]["uid"]) == ("refutes", str(case.claim.uid))
    shown = got(f"statements/{case.assertion.uid}")
    (quantity,) = shown["quantities"]
    assert [quantity[name] for name in ("measure", "counted", "low", "best", "high")] == [
        "destroyed", "mills", 1.0, 1.0, None,
    ]  # fmt: skip
    assert shown["period"] == {"text": "on Sunday", "first": "2031-05-04", "last": "2031-05-04"}


def test_a_claim_shows_everybody_who_takes_a_side(got, case):
    claim = got(f"claims/{case.claim.uid}")
    assert claim["standing"]["value"] == "contested"
    assert claim["standing"]["sentences"] == case.claim.standing_explanation["sentences"]
    assert [origin["names"] for origin in claim["standing"]["supporting"]] == [[case.guild.name]]
    sides = {p["stance"]: p["statement"] for p in claim["positions"]}
    assert sides["supports"]["source"]["name"] == case.guild.name
    assert sides["refutes"]["source"]["name"] == case.council.name
    assert sides["supports"]["document"]["url"] == case.document.url
    assert [c["uid"] for c in claim["contradictions"]] == [str(case.contradiction.uid)]
    assert (claim["origins"], claim["refuting_origins"]) == (1, 1)


def test_a_contradiction_shows_both_sides_and_the_reason(got, case):
    contradiction = got(f"contradictions/{case.contradiction.uid}")
    assert contradiction["explanation"] == case.contradiction.explanation
    assert contradiction["algorithm"] == {"name": "test", "version": "1"}
    assert [side["position"]["statement"]["uid"] for side in contradiction["sides"]] == [
        str(case.assertion.uid), str(case.denial.uid),
    ]  # fmt: skip
    assert {side["claim"]["uid"] for side in contradiction["sides"]} == {str(case.claim.uid)}


def test_a_contradiction_of_two_claims_is_shown_with_either(got, case):
    other = factories.ClaimFactory(dossier=case.dossier)
    position = factories.PositionFactory(claim=other)
    between = factories.ContradictionFactory(
        claim=case.claim, other_claim=other, position=case.support, other_position=position, type="numeric"
    )
    shown = got(f"claims/{other.uid}")["contradictions"]
    assert [c["uid"] for c in shown] == [str(between.uid)]
    assert [side["claim"]["uid"] for side in shown[0]["sides"]] == [str(case.claim.uid), str(other.uid)]


def test_the_explanation_gives_the_standing_in_words_and_in_full(got, case):
    shown = got(f"claims/{case.claim.uid}/explanation")
    assert shown["text"] == " ".join(case.claim.standing_explanation["sentences"])
    assert shown["claim"]["uid"] == str(case.claim.uid)
    for name in ("value", "version", "flags", "sentences", "supporting", "refuting", "discounted"):
        assert shown[name] == case.claim.standing_explanation[name]


def test_a_standing_that_was_never_computed_says_so(got):
    shown = got(f"claims/{factories.ClaimFactory().uid}")["standing"]
    assert (shown["value"], shown["version"]) == (None, None)
    assert shown["sentences"] == ["No position on this claim has been weighed yet."]


def test_what_was_discounted_is_given_with_the_reason(got, case):
    later = datetime(2031, 5, 5, tzinfo=UTC)
    copy = factories.DocumentFactory(origin=case.document, origin_explanation="The same words.", published_at=later)
    again = factories.StatementFactory(snapshot=factories.SnapshotFactory(document=copy), source=case.guild)
    position = factories.PositionFactory(statement=again, claim=case.claim)
    standings.refresh([case.claim.pk], actor=MACHINE)
    (discounted,) = got(f"claims/{case.claim.uid}")["standing"]["discounted"]
    assert (discounted["position"], discounted["reason"]) == (str(position.uid), "syndicated copy")


# --- Honest absence (design, promise 10) -----------------------------------------------------------------------------


def test_unverified_unverifiable_and_judged_are_different_answers(got, case, reviewer, editor):
    unverified, unverifiable = factories.ClaimFactory(), factories.ClaimFactory()
    published(unverifiable, credibility=6, author=reviewer, approver=editor)
    assert got(f"claims/{unverified.uid}")["verification"] == {"value": "unverified", "verdict": None}
    assert got(f"claims/{unverifiable.uid}")["verification"]["value"] == "unverifiable"
    judged = got(f"claims/{case.claim.uid}")["verification"]
    assert judged["value"] == "probably-true"
    assert judged["verdict"]["uid"] == str(case.verdict.uid)
    assert (judged["verdict"]["author"], judged["verdict"]["approver"]) == (reviewer.username, editor.username)
    assert judged["verdict"]["evidence"][0]["url"] == "https://archive.example/photograph"


def test_only_published_verdicts_in_force_are_shown(api, got, case, reviewer, editor):
    draft = draft_verdict(case.claim, credibility=1, rationale="More photographs.", by=reviewer)
    assert api.get(f"{V1}verdicts/{draft.uid}").status_code == 404
    propose_verdict(draft, by=reviewer)
    assert [v["uid"] for v in got("verdicts")["results"]] == [str(case.verdict.uid)]
    withdraw_verdict(case.verdict, by=editor, reason="The photographs show another mill.")
    assert got("verdicts")["results"] == []
    # It stays readable as what it is now.
    assert got(f"verdicts/{case.verdict.uid}")["state"] == "withdrawn"
    assert got(f"claims/{case.claim.uid}")["verification"] == {"value": "unverified", "verdict": None}


def test_a_claim_never_seen_is_not_found_rather_than_unverified(api, case):
    assert api.get(f"{V1}claims/00000000-0000-4000-8000-000000000000").status_code == 404


# --- Merged rows -----------------------------------------------------------------------------------------------------


def test_a_merged_claim_says_where_it_went(got, case, editor):
    twin = factories.ClaimFactory(dossier=case.dossier)
    merge_claims(twin, target=case.claim, by=editor, reason="The same mill.")
    assert got(f"claims/{twin.uid}")["merged_into"] == str(case.claim.uid)
    assert [c["uid"] for c in got("claims")["results"]] == [str(case.claim.uid)]
    assert [c["uid"] for c in got("claims?merged=true")["results"]] == [str(twin.uid)]
    assert [c["uid"] for c in got(f"claims/{case.claim.uid}")["merged"]] == [str(twin.uid)]


def test_a_merged_source_says_where_it_went(got, case, editor):
    double = factories.SourceFactory()
    merge_sources(double, target=case.guild, by=editor, reason="One guild.")
    assert got(f"sources/{double.uid}")["merged_into"]["uid"] == str(case.guild.uid)
    assert str(double.uid) not in {s["uid"] for s in got("sources")["results"]}
    assert [s["uid"] for s in got("sources?merged=true")["results"]] == [str(double.uid)]
    assert [s["uid"] for s in got(f"sources/{case.guild.uid}")["merged"]] == [str(double.uid)]


# --- Documents and sources -------------------------------------------------------------------------------------------


def test_a_document_shows_every_version_with_its_hashes(got, case):
    copy = factories.DocumentFactory(
        dossier=case.dossier, origin=case.document, origin_explanation="The same words.", credit=case.guild
    )
    factories.SnapshotFactory(document=copy, number=1, latest=False, text="First.")
    newest = factories.SnapshotFactory(document=copy, number=2, text="Second.")
    shown = got(f"documents/{copy.uid}")
    assert [(s["number"], s["latest"]) for s in shown["snapshots"]] == [(1, False), (2, True)]
    assert shown["snapshots"][1]["text_sha256"] == newest.text_sha256
    assert shown["snapshots"][1]["payload_sha256"] == newest.payload_sha256
    assert (shown["origin"]["uid"], shown["origin_explanation"]) == (str(case.document.uid), "The same words.")
    assert (shown["credit"]["uid"], shown["state"]) == (str(case.guild.uid), "live")


def test_the_text_of_a_document_is_its_newest_version_unless_another_is_asked_for(api, got, case):
    document = factories.DocumentFactory()
    factories.SnapshotFactory(document=document, number=1, latest=False, text="First.")
    factories.SnapshotFactory(document=document, number=2, text="Second <b>é</b>.")
    assert got(f"documents/{document.uid}/text")["text"] == "Second <b>é</b>."
    assert got(f"documents/{document.uid}/text?number=1")["text"] == "First."
    address = f"{V1}documents/{document.uid}/text?number="
    refused = {number: api.get(address + number).status_code for number in ("3", "0", "-1", "x", "9" * 30, "%00", "")}
    assert refused == {"3": 404, "0": 404, "-1": 400, "x": 400, "9" * 30: 400, "%00": 400, "": 400}


def test_a_source_shows_what_it_belongs_to_its_names_and_its_grades(got, case):
    member = factories.SourceFactory(parent=case.guild)
    assert got(f"sources/{member.uid}")["parent"]["uid"] == str(case.guild.uid)
    guild = got(f"sources/{case.guild.uid}")
    assert guild["aliases"] == [f"{case.guild.name} of Oster"]
    assert (guild["reliability"], guild["party"]["slug"]) == ("C", case.guild.party.slug)
    assert [(g["grade"], g["reason"]) for g in guild["grades"]] == [("C", "Right twice, wrong once.")]


def test_a_dossier_says_how_much_is_in_it(got, case, editor):
    twin = factories.ClaimFactory(dossier=case.dossier)
    merge_claims(twin, target=case.claim, by=editor, reason="The same mill.")
    shown = got(f"dossiers/{case.dossier.uid}")
    assert (shown["slug"], shown["documents"], shown["claims"]) == (case.dossier.slug, 1, 1)


def test_markup_is_answered_as_the_data_it_is(api, case):
    claim = factories.ClaimFactory(text="<script>alert(1)</script>")
    answer = api.get(f"{V1}claims/{claim.uid}", HTTP_ACCEPT="text/html,*/*")
    assert answer["Content-Type"] == "application/json"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer.json()["text"] == "<script>alert(1)</script>"
