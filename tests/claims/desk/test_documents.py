"""The reader of documents: what is shown of a text, and what people do about its statements."""

import json
import re
import time
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims.choices import Decider, StatementState
from claims.desk.difference_shown import passages
from claims.desk.differences import difference
from claims.desk.highlighting import marks_of
from claims.desk.printed import Look, text_as_html
from claims.models import Source, Statement
from claims.services.actor import Actor
from claims.services.documents import set_document_state, set_origin
from claims.services.sources import merge_sources
from claims.services.statements import confirm_statement
from claims.services.versions import version_of
from tests.factories import (
    MACHINE,
    ClaimFactory,
    DocumentFactory,
    PositionFactory,
    SnapshotFactory,
    SourceFactory,
    StatementFactory,
    UserFactory,
)
from tracker.ingest.archive import write_snapshot
from tracker.ingest.fetched import Fetched
from tracker.ingest.store import FolderStore

TEXT = (
    "\U0001f525 Smoke over Arvel.\r\n\n"
    "State Bulletin said on Monday that the army said the bridge at Arvel was closed.\n\n"
    "قال المتحدث إن الجسر مغلق.\n"
)
NOBODY = "00000000-0000-0000-0000-000000000000"


def span(said, nth=0, *, text=TEXT):
    start = -1
    for _ in range(nth + 1):
        start = text.index(said, start + 1)
    return [start, start + len(said)]


@pytest.fixture
def snapshot(db):
    return SnapshotFactory(text=TEXT, analysed_with="x/1", matched_with="x/1")


@pytest.fixture
def statement(snapshot):
    return StatementFactory(
        snapshot=snapshot,
        source=SourceFactory(name="State Bulletin", kind="state media"),
        source_text="State Bulletin",
        source_spans=[span("State Bulletin")],
        cue_text="said",
        cue_spans=[span("said")],
        content_text="that the army said the bridge at Arvel was closed",
        content_spans=[span("that the army said the bridge at Arvel was closed")],
    )


@pytest.fixture
def nested(snapshot, statement):
    return StatementFactory(
        snapshot=snapshot,
        parent=statement,
        source=SourceFactory(name="the army", kind="armed force"),
        source_spans=[span("the army")],
        cue_spans=[span("said", 1)],
        content_text="the bridge at Arvel was closed",
        content_spans=[span("the bridge at Arvel was closed")],
        polarity="denies",
        modality="hedged",
    )


@pytest.fixture
def desk(client, reviewer):
    client.force_login(reviewer)
    return client


def address(document, **asked):
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return reverse("desk:document", args=[document.uid]) + (f"?{query}" if query else "")


def do(client, name, row, **said):
    return client.post(
        reverse(f"desk:statement_{name}", args=[row.uid]), json.dumps(said), content_type="application/json"
    )


class Reading(HTMLParser):
    """The paragraphs of a text as a browser reads them: where each begins, its words, and the marks around them."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.paragraphs = []
        self.marks = []
        self.open = []
        self.bad = []
        self.within = False
        # A browser makes line breaks of carriage returns that are not escaped.
        self.feed(html.replace("\r\n", "\n").replace("\r", "\n"))

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.bad += [tag for _ in (1,) if tag not in ("p", "span", "a")] + [n for n, _ in attrs if n.startswith("on")]
        if tag == "p":
            self.within = True
            assert told["dir"] == "auto"
            self.paragraphs.append((int(told["data-start"]), ""))
        elif tag == "span":
            self.open.append(
                (int(told["data-s"]), next(r for r in ("content", "source", "cue") if f"dr-{r}" in told["class"]))
            )

    def handle_endtag(self, tag):
        if tag == "span":
            self.open.pop()
        if tag == "p":
            self.within = False
            assert self.open == []

    def handle_data(self, data):
        assert self.within
        begin, text = self.paragraphs[-1]
        self.marks.append((begin + len(text), begin + len(text) + len(data), set(self.open)))
        self.paragraphs[-1] = (begin, text + data)


# --- The text --------------------------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(alphabet=st.sampled_from("ab <>&\"'\n\r\t\u202e\u0628\U0001f525\x85\u2028\x0c"), min_size=1, max_size=50),
    st.data(),
)
def test_every_paragraph_holds_the_text_from_its_offset_on_and_marks_lie_where_the_spans_are(text, data):
    spans = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted).filter(lambda s: s[0] < s[1])
    drawn = data.draw(st.lists(spans, max_size=4))
    marks = [mark for n, one in enumerate(drawn) for mark in marks_of(n, depth=0, length=len(text), content=[[*one]])]
    looks = {n: Look(f"u{n}", f"A{n}", 0, 'said "so" <b>') for n in range(len(drawn))}
    read = Reading(text_as_html(text, marks, looks))
    assert read.bad == []
    for begin, words in read.paragraphs:
        assert text[begin : begin + len(words)] == words
    shown = {at for begin, words in read.paragraphs for at in range(begin, begin + len(words))}
    assert shown == {at for at, letter in enumerate(text) if letter != "\n"}
    for start, end, around in read.marks:
        assert around == {(n, "content") for n, (a, b) in enumerate(drawn) if a <= start and end <= b}


def test_the_newest_analysed_version_is_shown_with_its_statements_marked_and_nested(desk, snapshot, statement, nested):
    SnapshotFactory(document=snapshot.document, number=2, text="Not read yet.", latest=False)
    response = desk.get(address(snapshot.document))
    read = Reading(response.context["text"])
    assert response.context["snapshot"] == snapshot
    assert response.context["waiting"].number == 2
    words = {(mark, TEXT[a:b]) for a, b, around in read.marks for mark in around}
    assert ((0, "source"), "State Bulletin") in words
    assert {
        ((0, "content"), "the bridge at Arvel was closed"),
        ((1, "content"), "the bridge at Arvel was closed"),
    } <= words
    assert f'id="words-{nested.uid}"' in response.context["text"]
    assert 'data-label="B1✗?"' in response.context["text"]


def test_the_list_tells_source_cue_content_polarity_modality_state_and_claim(desk, statement, nested):
    claim = ClaimFactory(text="the bridge at Arvel was closed")
    PositionFactory(statement=nested, claim=claim, stance="refutes")
    content = desk.get(address(statement.snapshot.document)).content.decode()
    item = content[content.index(f'id="statement-{nested.uid}"') :]
    item = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", item[: item.index("</li>")]))
    for told in (
        "B1 ✗?",
        "the army",
        "suggested",
        "denies",
        "hedged",
        "in A1",
        "refutes",
        claim.text,
        "confidence 100%",
    ):
        assert told in item


def test_a_content_that_begins_in_a_line_break_has_its_label_where_its_words_begin():
    text = "One.\nTwo."
    look = Look("u", "A1", 0, "so")
    html = text_as_html(text, marks_of(0, depth=0, length=9, content=[[4, 9]]), {0: look})
    assert html.count('id="words-u"') == 1
    assert html.index('id="words-u"') < html.index("Two.")


def test_another_version_is_shown_when_asked_for(desk, snapshot, statement):
    newer = SnapshotFactory(document=snapshot.document, number=2, latest=False, analysed_with="x/1")
    page = desk.get(address(snapshot.document, snapshot=1))
    assert (page.context["snapshot"], page.context["older"]) == (snapshot, True)
    assert desk.get(address(snapshot.document)).context["snapshot"] == newer


@pytest.mark.parametrize("asked", ["3", "x", "-1", "99999999999", "١", ""])
def test_a_version_that_is_not_there_is_not_found(desk, snapshot, asked):
    assert desk.get(address(snapshot.document, snapshot=asked)).status_code == 404


def test_a_document_without_a_version_and_a_text_without_statements_have_their_pages(desk, snapshot):
    assert "Nothing of this document has been fetched" in desk.get(address(DocumentFactory())).content.decode()
    assert "No statement was found." in desk.get(address(snapshot.document)).content.decode()


def test_statements_that_count_no_more_are_set_aside(desk, statement, reviewer):
    version = version_of(statement.uid)
    do(desk, "reject", statement, version=version, reason="He did not say so.")
    page = desk.get(address(statement.snapshot.document))
    assert page.context["statements"] == []
    assert page.context["set_aside"] == [statement]
    assert "He did not say so." in page.content.decode()


def test_statements_of_a_merged_source_have_the_letter_and_colour_of_the_source_that_it_counts_as(
    desk, statement, nested, editor
):
    merge_sources(nested.source, target=statement.source, reason="The same.", by=editor)
    one, other = desk.get(address(statement.snapshot.document)).context["statements"]
    assert (one.label, other.label, one.colour) == ("A1", "A2", other.colour)


def test_a_statement_that_is_not_where_it_says_is_listed_and_not_marked(desk, snapshot):
    StatementFactory(snapshot=snapshot, content_spans=[[5000, 5010]], source_spans="odd")
    page = desk.get(address(snapshot.document))
    assert page.context["statements"][0].placed is False
    assert "data-s=" not in page.context["text"]


# --- Document, versions, copies --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "told"), [("retracted", "Retracted."), ("corrected", "Corrected."), ("gone", "Gone.")]
)
def test_what_the_publisher_did_with_it_is_flagged(desk, snapshot, editor, state, told):
    set_document_state(snapshot.document, state=state, actor=Actor.person(editor))
    content = desk.get(address(snapshot.document)).content.decode()
    assert told in content
    assert "A person noted this" in content


def test_copies_are_listed_under_their_origin_and_lead_to_it(desk, snapshot, editor):
    copy = SnapshotFactory(document=DocumentFactory(title="The same again")).document
    set_origin(copy, origin=snapshot.document, explanation="nearly every word", actor=Actor.person(editor))
    above = desk.get(address(snapshot.document)).content.decode()
    assert "The same again" in above
    assert "nearly every word" in above
    below = desk.get(address(copy)).content.decode()
    assert address(snapshot.document) in below
    assert "decided by a person" in below
    set_origin(copy, origin=None, explanation="It has words of its own.", actor=Actor.person(editor))
    assert "copies no other document" in desk.get(address(copy)).content.decode()


def test_two_versions_are_compared_word_by_word(desk, snapshot):
    SnapshotFactory(document=snapshot.document, number=2, latest=False, text=TEXT.replace("closed", "open"))
    page = reverse("desk:document_difference", args=[snapshot.document.uid])
    for asked in ("", "?old=1&new=2"):
        content = desk.get(page + asked).content.decode()
        assert '<del class="dr-del">closed</del><ins class="dr-ins">open</ins>' in content
    assert '<del class="dr-del">open</del>' in desk.get(page + "?old=2&new=1").content.decode()
    assert "have the same text" in desk.get(page + "?old=1&new=1").content.decode()
    assert desk.get(page + "?old=1&new=7").status_code == 404


def test_long_unchanged_stretches_are_folded_and_no_word_is_left_out():
    old = "".join(f"Line {n}.\n\n" for n in range(40))
    new = old.replace("Line 20.", "Line twenty.")
    found = passages(difference(old, new))
    assert [passage.folded for passage in found] == [True, False, True]
    shown = ["".join(p.text for p in line if p.kind != "dropped") for passage in found for line in passage.lines]
    assert "\n".join(shown) == new


def test_line_breaks_that_came_or_went_are_shown():
    (passage,) = passages(difference("One. Two.", "One.\nTwo."))
    assert [[(p.kind, p.text) for p in line] for line in passage.lines] == [
        [("same", "One."), ("dropped", " "), ("added", "¶")], [("same", "Two.")],
    ]  # fmt: skip


@pytest.fixture
def archived(settings, tmp_path, db):
    settings.EVIDENCE_DIR = tmp_path
    page = b"<html><script>alert(1)</script><p>Smoke over Arvel.</p></html>"
    fetched = Fetched(
        address="https://outlet.example/9", final_address="https://outlet.example/9", payload=page,
        content_type="text/html; charset=utf-8", fetched_at=datetime(2024, 3, 12, tzinfo=UTC),
    )  # fmt: skip
    kept = write_snapshot(FolderStore(tmp_path), fetched)
    return page, SnapshotFactory(
        warc_path=kept.path, warc_offset=kept.offset, warc_length=kept.length, payload_sha256=kept.sha256,
        content_type=fetched.content_type, analysed_with="x/1",
    )  # fmt: skip


def original(snapshot):
    return reverse("desk:document_original", args=[snapshot.document.uid, snapshot.number])


def test_the_archived_original_comes_as_a_file_and_never_as_a_page(desk, archived):
    page, snapshot = archived
    response = desk.get(original(snapshot))
    assert response.content == page
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith('attachment; filename="original-')
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert snapshot.payload_sha256 in desk.get(address(snapshot.document)).content.decode()


def test_an_original_that_is_gone_or_damaged_is_told_in_plain_text(desk, archived, tmp_path):
    _, snapshot = archived
    (tmp_path / snapshot.warc_path).write_bytes(b"something else")
    for one in (snapshot, SnapshotFactory()):
        response = desk.get(original(one))
        assert response.status_code == 404
        assert response["Content-Type"].startswith("text/plain")
        assert "Restore it from a backup" in response.content.decode()


def test_the_rows_pages_in_the_admin_lead_to_the_reader_and_back(desk, statement):
    snapshot, document = statement.snapshot, statement.snapshot.document
    reader = desk.get(address(document)).content.decode()
    for row, there in (
        (document, address(document)),
        (snapshot, address(document, snapshot=1)),
        (statement, f"{address(document, snapshot=1)}#statement-{statement.uid}"),
    ):
        page = reverse(f"admin:claims_{row._meta.model_name}_change", args=[row.pk])
        assert f'href="{there}"' in desk.get(page).content.decode()
        assert f'href="{page}"' in reader


# --- Deciding --------------------------------------------------------------------------------------------------------


def marks(**otherwise):
    return {
        "content": [span("الجسر مغلق")],
        "cue": [span("قال")],
        "source": [span("المتحدث")],
        "named": {"name": "المتحدث", "kind": "person"},
        "polarity": "affirms",
        "modality": "asserted",
        **otherwise,
    }


def test_a_statement_is_confirmed_and_the_answer_has_its_new_version(desk, statement, reviewer):
    told = do(desk, "confirm", statement, version=version_of(statement.uid)).json()
    statement.refresh_from_db()
    assert (statement.state, statement.reviewed_by) == (StatementState.CONFIRMED, reviewer)
    assert told == {
        "uid": str(statement.uid), "state": "confirmed", "state_words": "confirmed",
        "version": version_of(statement.uid),
    }  # fmt: skip


def test_a_rejection_needs_its_reason(desk, statement):
    refused = do(desk, "reject", statement, version=version_of(statement.uid), reason=" ")
    assert (refused.status_code, refused.json()["code"]) == (400, "reason_missing")


def test_a_correction_has_other_words_another_source_and_another_reading(desk, statement, nested):
    said = marks(polarity="denies", modality="hedged", version=version_of(statement.uid), reason="It denies.")
    new = Statement.objects.get(uid=do(desk, "correct", statement, **said).json()["uid"])
    assert new.supersedes == statement
    assert (new.content_text, new.cue_text, new.source_text) == ("الجسر مغلق", "قال", "المتحدث")
    assert (new.source.name, new.source.kind) == ("المتحدث", "person")
    assert (new.polarity, new.modality, new.state, new.origin) == ("denies", "hedged", "confirmed", Decider.PERSON)
    nested.refresh_from_db()
    assert nested.parent == new


def test_offsets_count_an_emoji_as_one(desk, snapshot):
    said = marks(content=[span("Smoke over Arvel")], cue=[], source=[[0, 1]], named=None)
    new = Statement.objects.get(uid=do(desk, "add", snapshot.document, snapshot=1, **said).json()["uid"])
    assert (new.source_text, new.content_text) == ("\U0001f525", "Smoke over Arvel")
    assert new.source is None


def test_a_statement_is_added_by_a_person_to_the_version_that_was_shown(desk, snapshot, reviewer):
    older = SnapshotFactory(document=snapshot.document, number=7, latest=False, text="Other words.")
    told = do(desk, "add", snapshot.document, snapshot=1, **marks()).json()
    new = Statement.objects.get(uid=told["uid"])
    assert (new.snapshot, new.state, new.reviewed_by) == (snapshot, StatementState.CONFIRMED, reviewer)
    assert not older.statements.exists()
    assert do(desk, "add", snapshot.document, snapshot=1, **marks()).json()["code"] == "statement_there"


def test_a_known_source_is_chosen_by_its_public_id(desk, snapshot):
    army = SourceFactory(name="The Army of Velmora", kind="armed force")
    said = marks(named={"uid": str(army.uid)})
    new = Statement.objects.get(uid=do(desk, "add", snapshot.document, snapshot=1, **said).json()["uid"])
    assert new.source == army


def test_a_source_unnamed_in_another_document_cannot_be_chosen(desk, snapshot):
    stranger = SourceFactory(name="an official", kind="unnamed", named_in=DocumentFactory())
    refused = do(desk, "add", snapshot.document, snapshot=1, **marks(named={"uid": str(stranger.uid)}))
    assert (refused.status_code, refused.json()["code"]) == (400, "not_a_name")


UNREADABLE = {
    "no content": {"content": []},
    "outside the text": {"content": [[0, 10_000]]},
    "backwards": {"content": [[5, 2]]},
    "no numbers": {"content": [["0", "5"]]},
    "true and false": {"content": [[False, True]]},
    "no pairs": {"cue": [[1, 2, 3]]},
    "no list": {"source": "0-5"},
    "another polarity": {"polarity": "shrugs"},
    "another modality": {"modality": None},
    "another kind": {"named": {"name": "Somebody", "kind": "ghost"}},
    "no source": {"named": "Somebody"},
    "no such source": {"named": {"uid": NOBODY}},
    "no public id": {"named": {"uid": "x"}},
    "a zero byte": {"named": {"name": "a\x00b", "kind": "person"}},
    "a version in words": {"snapshot": "one"},
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_meant_is_refused_in_words_and_nothing_is_written(desk, snapshot, name):
    said = {"snapshot": 1, **marks(), **UNREADABLE[name]}
    refused = do(desk, "add", snapshot.document, **said)
    assert refused.status_code == 400
    assert refused.json()["detail"]
    assert not Statement.objects.exists()
    assert not Source.objects.filter(name="المتحدث").exists()


@pytest.mark.parametrize("action", ["confirm", "reject", "correct"])
def test_what_changed_since_it_was_opened_is_told_and_nothing_is_overwritten(desk, statement, editor, action):
    seen = version_of(statement.uid)
    confirm_statement(statement, by=editor)
    refused = do(desk, action, statement, version=seen, reason="No.", **marks())
    assert refused.status_code == 412
    assert "user:edda-editor: confirmed" in refused.json()["detail"]
    statement.refresh_from_db()
    assert (statement.state, statement.reviewed_by) == (StatementState.CONFIRMED, editor)


@pytest.mark.parametrize("action", ["confirm", "reject", "correct"])
def test_a_decision_without_the_version_that_was_seen_is_refused(desk, statement, action):
    assert do(desk, action, statement, reason="No.", **marks()).status_code == 400
    statement.refresh_from_db()
    assert statement.state == StatementState.SUGGESTED


# --- Who may ---------------------------------------------------------------------------------------------------------


def test_a_reader_reads_everything_and_changes_nothing(client, reader, statement, archived):
    client.force_login(reader)
    document = statement.snapshot.document
    content = client.get(address(document)).content.decode()
    assert 'id="dr-form"' not in content
    assert 'data-do="confirm"' not in content
    assert client.get(reverse("desk:document_difference", args=[document.uid])).status_code == 200
    assert client.get(original(archived[1])).status_code == 200
    assert client.get(reverse("desk:document_sources", args=[document.uid]), {"q": "State"}).status_code == 200
    said = marks(version=version_of(statement.uid), reason="No.", snapshot=1)
    for action in ("confirm", "reject", "correct"):
        assert do(client, action, statement, **said).status_code == 403
    assert do(client, "add", document, **said).status_code == 403
    statement.refresh_from_db()
    assert statement.state == StatementState.SUGGESTED
    assert Statement.objects.count() == 1


def test_nobody_without_a_role_or_signed_out_sees_or_does_anything(client, statement, archived):
    document = statement.snapshot.document
    pages = [
        address(document), original(archived[1]), reverse("desk:document_difference", args=[document.uid]),
        reverse("desk:document_sources", args=[document.uid]),
    ]  # fmt: skip
    assert all("/login/" in client.get(page)["Location"] for page in pages)
    assert "/login/" in do(client, "confirm", statement)["Location"]
    client.force_login(UserFactory())
    assert all(client.get(page).status_code == 403 for page in pages)
    assert do(client, "confirm", statement).status_code == 403


def test_what_is_written_is_only_ever_posted(desk, statement):
    for name in ("confirm", "reject", "correct"):
        assert desk.get(reverse(f"desk:statement_{name}", args=[statement.uid])).status_code == 405
    assert desk.get(reverse("desk:statement_add", args=[statement.snapshot.document.uid])).status_code == 405


def test_what_is_not_there_is_not_found(desk):
    ghost = DocumentFactory.build(uid=NOBODY, dossier=None, publisher=None)
    assert desk.get(address(ghost)).status_code == 404
    for name in ("confirm", "reject", "correct"):
        assert do(desk, name, ghost, version=1).status_code == 404
    assert do(desk, "add", ghost, snapshot=1, **marks()).status_code == 404


# --- Sources by name -------------------------------------------------------------------------------------------------


def offered(client, document, typed):
    return client.get(reverse("desk:document_sources", args=[document.uid]), {"q": typed}).json()


def test_sources_are_offered_by_the_beginning_of_a_name_and_by_likeness(desk, snapshot):
    SourceFactory(name="The Velmora Conflict Monitor", kind="monitor")
    SourceFactory(name="Lindel Gazette", kind="news media")
    document = snapshot.document
    assert [s["name"] for s in offered(desk, document, "velmora c")["sources"]] == ["The Velmora Conflict Monitor"]
    assert [s["name"] for s in offered(desk, document, "Lindell Gazete")["sources"]] == ["Lindel Gazette"]
    assert offered(desk, document, "lindel gazette")["exact"]["kind"] == "news media"
    assert offered(desk, document, "nobody at all") == {"sources": [], "exact": None}


def test_a_merged_source_is_offered_as_what_it_counts_as_and_an_unnamed_one_only_in_its_document(
    desk, snapshot, editor
):
    old, new = SourceFactory(name="Old Name"), SourceFactory(name="New Name")
    merge_sources(old, target=new, reason="Renamed.", by=editor)
    document = snapshot.document
    assert [s["name"] for s in offered(desk, document, "old na")["sources"]] == ["New Name"]
    assert offered(desk, document, "old name")["exact"]["name"] == "New Name"
    SourceFactory(name="a border guard", kind="unnamed", named_in=document)
    SourceFactory(name="a border guard", kind="unnamed", named_in=DocumentFactory())
    assert len(offered(desk, document, "border guard")["sources"]) == 1


@pytest.mark.parametrize("typed", ["", " ", "x", "\x00", "%", "_" * 5000, "<script>", "\U0001f525"])
def test_whatever_is_typed_few_are_offered(desk, snapshot, typed):
    for n in range(30):
        SourceFactory(name=f"xa source {n}")
    assert len(offered(desk, snapshot.document, typed)["sources"]) <= 10


# --- Many, large, hostile --------------------------------------------------------------------------------------------


def fill(snapshot, numbers):
    for n in numbers:
        one = StatementFactory(snapshot=snapshot, content_spans=[[n, n + 9]], source=SourceFactory())
        PositionFactory(statement=one)
    copy = DocumentFactory(origin=snapshot.document, origin_explanation="alike")
    SnapshotFactory(document=copy)


def test_the_page_takes_as_many_queries_for_many_statements_as_for_few(desk, snapshot):
    page = address(snapshot.document)
    fill(snapshot, range(2))
    desk.get(page)
    with CaptureQueriesContext(connection) as few:
        desk.get(page)
    fill(snapshot, range(2, 14))
    for number in range(2, 8):
        SnapshotFactory(document=snapshot.document, number=number, latest=False)
    with CaptureQueriesContext(connection) as many:
        assert len(desk.get(page).context["statements"]) == 14
    assert [q["sql"][:60] for q in many] == [q["sql"][:60] for q in few]
    assert len(few) <= 16


def test_a_text_of_a_megabyte_with_five_hundred_statements_is_quick(desk, db):
    line = "The mayor of Arvel said the bridge was closed \U0001f525 and nobody could cross it. " * 3 + "\n\n"
    text = line * (1_000_000 // len(line))
    snapshot = SnapshotFactory(text=text, analysed_with="x/1")
    source = SourceFactory()
    step = len(text) // 500
    for n in range(500):
        StatementFactory(
            snapshot=snapshot, source=source, content_spans=[[n * step, n * step + 200]],
            cue_spans=[[n * step + 210, n * step + 215]], source_spans=[[n * step + 220, n * step + 230]],
        )  # fmt: skip
    page = address(snapshot.document)
    desk.get(page)
    began = time.process_time()
    response = desk.get(page)
    spent = time.process_time() - began
    assert response.content.count(b'class="dr-tag') == 500
    assert spent < 1.5, f"{spent:.2f} s of processor time"


HOSTILE = "</p><script>alert(1)</script><img src=x onerror=alert(2)>\"'>{{7*7}}\u202e\u2066</div>"


def test_hostile_words_stay_words(desk, editor):
    document = DocumentFactory(
        title=HOSTILE, byline=HOSTILE, url="javascript:alert(1)//", publisher=SourceFactory(name=HOSTILE + "1")
    )
    text = f"{HOSTILE} said that {HOSTILE}.\n{HOSTILE}"
    snapshot = SnapshotFactory(document=document, text=text, content_type=HOSTILE[:200], analysed_with=HOSTILE[:100])
    StatementFactory(
        snapshot=snapshot, source=SourceFactory(name=HOSTILE), cue_text=HOSTILE, content_text=HOSTILE,
        content_spans=[[3, 20], [25, 40]], cue_spans=[[0, 9]], source_spans=[[1, 5]],
    )  # fmt: skip
    SnapshotFactory(document=document, number=2, latest=False, text=HOSTILE)
    set_origin(DocumentFactory(title=HOSTILE), origin=document, explanation=HOSTILE, actor=MACHINE)
    for page in (address(document, snapshot=1), reverse("desk:document_difference", args=[document.uid])):
        response = desk.get(page)
        content = response.content.decode()
        assert response.status_code == 200
        assert "<script>alert" not in content
        assert "<img src=x" not in content
        assert 'href="javascript:' not in content
    read = Reading(desk.get(address(document, snapshot=1)).context["text"])
    assert "\n".join(words for _, words in read.paragraphs) == text
