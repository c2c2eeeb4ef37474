"""Pages change: what they drop is withdrawn, what they correct is flagged, and what people decided goes along."""

import json

import pytest

from claims.models import Claim, Document, Event, Position, Snapshot, Statement
from claims.services import ledger, statements
from claims.services.actor import Actor
from claims.services.claims import set_position
from claims.services.documents import set_document_state
from claims.services.marking import Marked, attributed
from claims.services.protection import protect_statement
from tests.servers import Worker, pages, wait_until
from tracker import pipeline
from tracker.submissions import submit

pytestmark = pytest.mark.django_db(transaction=True)

MAYOR = "The mayor of Besk said the bridge was closed on Monday."
DOCTOR = "Olga Brandt, a doctor in Besk, said five people were wounded in Besk on Monday."
ELSE = "Lena Orr, the head teacher, said the school was open on Tuesday."
NOTE = "Correction: an earlier version of this report misstated what the doctor said."


def page(*paragraphs: str, head: str = "") -> bytes:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<html><head>{head}</head><body><article><h1>Besk</h1>{body}</article></body></html>".encode()


class Site:
    """One page that changes, and its reading."""

    def __init__(self, answers: dict, host: str) -> None:
        self.answers, self.address = answers, f"http://{host}/besk"

    def says(self, *paragraphs: str, head: str = "") -> None:
        self.answers["/besk"] = (200, "text/html", page(*paragraphs, head=head))

    def read(self) -> Snapshot:
        submit(address=self.address, announce=False)
        pipeline.work_off()
        return Snapshot.objects.get(latest=True)


@pytest.fixture
def site(settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path
    answers: dict = {}
    with pages(answers) as host:
        settings.FETCH_ALLOW_HOSTS = frozenset({host})
        yield Site(answers, host)


def claim(words: str) -> Claim:
    return Claim.objects.get(text__contains=words)


def said(snapshot: Snapshot, words: str) -> Statement:
    return snapshot.statements.get(content_text__contains=words, superseded_at__isnull=True)


@pytest.mark.slow
def test_a_real_worker_withdraws_what_a_page_drops_and_flags_what_it_corrects(settings, tmp_path):
    answers = {"/besk": (200, "text/html", page(MAYOR, DOCTOR, ELSE))}
    with pages(answers) as host, Worker(FETCH_ALLOW_HOSTS=host, EVIDENCE_DIR=str(tmp_path)):

        def reads(versions: int) -> bool:
            placed = Snapshot.objects.exclude(matched_with="").count()
            return placed == versions and not pipeline.outstanding()

        submit(address=f"http://{host}/besk")
        wait_until(lambda: reads(1), within=90, what="the first version placed")
        assert claim("five people").standing == "single-origin"
        assert claim("five people").standing_flags == []
        answers["/besk"] = (200, "text/html", page(MAYOR, ELSE, NOTE))
        submit(address=f"http://{host}/besk")
        wait_until(lambda: reads(2), within=90, what="the second version placed")
    document = Document.objects.get()
    assert (document.state, document.notice) == ("corrected", NOTE)
    assert claim("five people").standing == "withdrawn"
    assert claim("bridge").standing == "single-origin"
    assert claim("five people").standing_flags == claim("bridge").standing_flags == ["source-corrected"]
    assert "was corrected or retracted by" in claim("bridge").standing_explanation["sentences"][-1]
    changed = Event.objects.get(object_uid=document.uid, verb="changed by its publisher")
    assert changed.actor is None
    assert changed.state["notice"] == NOTE
    assert "headed as a correction" in changed.reason
    told = Event.objects.filter(object_uid=claim("bridge").uid, verb="standing changed").last()
    assert told.state["standing_flags"] == ["source-corrected"]
    ledger.seal()
    assert ledger.first_broken(Event.objects.sealed()) is None


def test_a_page_that_only_changed_flags_nothing(site):
    site.says(MAYOR, DOCTOR)
    site.read()
    site.says(MAYOR, DOCTOR, ELSE)
    site.read()
    assert Document.objects.get().state == "corrected"
    assert claim("bridge").standing_flags == []


def test_a_correction_in_the_markup_alone_is_heard_though_the_text_is_the_same(site):
    site.says(MAYOR, DOCTOR)
    site.read()
    markup = {"@type": "NewsArticle", "correction": {"@type": "CorrectionComment", "text": "The day was wrong."}}
    site.says(MAYOR, DOCTOR, head=f'<script type="application/ld+json">{json.dumps(markup)}</script>')
    site.read()
    document = Document.objects.get()
    assert (document.state, document.notice) == ("corrected", "The day was wrong.")
    assert Snapshot.objects.count() == 1
    assert claim("bridge").standing_flags == ["source-corrected"]
    event = Event.objects.filter(object_uid=document.uid).last()
    assert (event.verb, event.reason) == ("corrected", "the page's markup (schema.org) has a correction")


@pytest.mark.parametrize(
    "markup",
    [
        {"@type": "NewsArticle", "creativeWorkStatus": "Retracted", "headline": "Besk"},
        [{"@type": "WebSite"}, {"@graph": [{"@type": ["Report", "Article"], "creativeWorkStatus": "Withdrawn"}]}],
    ],
)
def test_what_the_markup_calls_retracted_stands_no_more(site, markup):
    site.says(MAYOR, DOCTOR)
    site.read()
    site.says(MAYOR, DOCTOR, ELSE, head=f'<script type="application/ld+json">{json.dumps(markup)}</script>')
    site.read()
    assert Document.objects.get().state == "retracted"
    assert claim("bridge").standing == "withdrawn"
    assert claim("bridge").standing_flags == ["source-corrected"]


def test_a_correction_of_something_that_the_page_only_links_to_is_not_its_own(site):
    markup = {
        "@type": "NewsArticle",
        "datePublished": "2024-03-12",
        "citation": {"@type": "Article", "correction": "x"},
    }
    site.says(MAYOR, DOCTOR, head=f'<script type="application/ld+json">{json.dumps(markup)}</script>')
    site.read()
    assert Document.objects.get().state == "live"


def test_no_machine_overrides_what_a_person_said_of_a_document(site, editor):
    site.says(MAYOR, DOCTOR)
    site.read()
    set_document_state(
        Document.objects.get(), state="live", actor=Actor.person(editor), reason="Only its layout changed."
    )
    site.says(MAYOR, DOCTOR, NOTE)
    site.read()
    assert Document.objects.get().state == "live"
    assert claim("bridge").standing_flags == []


# --- What people decided goes along with the words -------------------------------------------------------------------


def test_decisions_go_along_where_their_words_stand(site, reviewer):
    site.says(MAYOR, DOCTOR, ELSE)
    first = site.read()
    statements.confirm_statement(said(first, "bridge"), by=reviewer)
    statements.reject_statement(said(first, "school"), by=reviewer, reason="She never said so.")
    site.says("Rain fell all day.", MAYOR, ELSE)
    second = site.read()
    bridge, school = said(second, "bridge"), said(second, "school")
    assert (bridge.state, bridge.reviewed_by, school.state) == ("confirmed", reviewer, "rejected")
    assert second.text[slice(*bridge.content_spans[0])] == bridge.content_text
    assert school.review_reason == "She never said so."
    assert claim("bridge").standing == "single-origin"
    event = Event.objects.get(object_uid=bridge.uid, verb="confirmed")
    assert event.reason == "decided on the same words in version 1"
    assert event.actor is None
    assert Statement.objects.filter(snapshot=second, content_text__contains="five").count() == 0
    # The old version keeps what was decided on it.
    assert said(first, "bridge").state == "confirmed"
    # And once more, two versions on.
    site.says(MAYOR, "Snow fell all night.", ELSE)
    third = site.read()
    assert (said(third, "bridge").state, said(third, "school").state) == ("confirmed", "rejected")


def test_a_correction_and_a_position_by_a_person_go_along(site, reviewer):
    site.says(MAYOR, DOCTOR)
    first = site.read()
    old = said(first, "bridge")
    start, end = old.content_spans[0]
    words = attributed(
        first, Marked(content_spans=[[start + 4, end]], cue_spans=old.cue_spans, source_spans=old.source_spans)
    )
    mine = statements.correct_statement(old, corrected=words, by=reviewer, reason="without the article")
    wounded = said(first, "five people")
    set_position(wounded, claim=claim("five people"), stance="reports", by=reviewer, reason="She only passes it on.")
    pipeline.work_off()
    site.says("Rain fell all day.", MAYOR, DOCTOR)
    second = site.read()
    again = second.statements.get(origin="person")
    assert (again.content_text, again.state, again.reviewed_by) == (mine.content_text, "confirmed", reviewer)
    assert again.supersedes == second.statements.get(state="corrected")
    taken = Position.objects.get(statement=said(second, "five people"), superseded_at__isnull=True)
    assert (taken.stance, taken.origin, taken.by, taken.reason) == (
        "reports",
        "person",
        reviewer,
        "She only passes it on.",
    )
    assert claim("five people").standing == "reported"
    assert second.statements.current().count() == 2


def test_words_that_changed_carry_no_decision(site, reviewer):
    site.says(MAYOR, DOCTOR)
    first = site.read()
    statements.confirm_statement(said(first, "five people"), by=reviewer)
    site.says(MAYOR, DOCTOR.replace("five", "six"))
    second = site.read()
    assert said(second, "six people").state == "suggested"
    assert claim("five people").standing == "withdrawn"


def test_what_is_protected_stays_protected_in_the_next_version(site, reviewer):
    site.says(MAYOR, DOCTOR)
    first = site.read()
    protect_statement(said(first, "five people"), by=reviewer, reason="She is in danger.")
    site.says("Rain fell all day.", MAYOR, DOCTOR)
    assert said(site.read(), "five people").protected


def test_of_words_that_stand_twice_those_in_the_same_surroundings_are_meant(site, reviewer):
    site.says(MAYOR, DOCTOR)
    first = site.read()
    statements.reject_statement(said(first, "bridge"), by=reviewer, reason="Not his words.")
    site.says(
        "Besk is a town of bridges.", "On Sunday it rained.", MAYOR.replace("Monday", "Sunday"), ELSE, MAYOR, DOCTOR
    )
    second = site.read()
    assert said(second, "closed on Monday").state == "rejected"
