"""``manage.py backfill``: archives become what the same documents become one by one, once, wherever it is stopped."""

import gzip
import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from claims.admin.arrivals import publishers_heard
from claims.models import Claim, Document, Dossier, Event, Position, Snapshot, Statement
from claims.services import ledger
from tests.servers import ROOT, Worker, database_url, pages, wait_until
from tests.tracker.archives.making import SITE, line, page, warc, words
from tracker import claimants, matching, pipeline, submissions, tasks
from tracker.archives import reading
from tracker.lag import waiting
from tracker.models import Backfill, BackfillState, BadRecord, Submission, SubmissionState
from tracker.submissions import submit, submit_input

pytestmark = pytest.mark.django_db

MARCH, APRIL, MAY = (datetime(2020, month, 1, 12, tzinfo=UTC) for month in (3, 4, 5))


def backfill(*paths: Path, fails: bool = False, **options: Any) -> str:
    out = io.StringIO()
    given = [str(path) for path in paths]
    if not fails:
        call_command("backfill", *given, here=True, stdout=out, **options)
        return " ".join(out.getvalue().split())
    with pytest.raises(CommandError) as error:
        call_command("backfill", *given, here=True, stdout=out, **options)
    return " ".join((out.getvalue() + str(error.value)).split())


def everything() -> dict[str, Counter[Any]]:
    """All that reading leaves in the database but for ids, moments of reading and what follows from those."""

    def rows(queryset: Any, *fields: str) -> Counter[Any]:
        return Counter(json.dumps(row, default=str) for row in queryset.values_list(*fields))

    return {
        "documents": rows(
            Document.objects, "url", "title", "publisher__name", "publisher__kind", "credit__name", "byline",
            "published_at", "language", "state", "notice", "origin__url", "origin_explanation", "dossier__slug",
        ),
        "snapshots": rows(
            Snapshot.objects, "document__url", "number", "latest", "fetched_from", "http_status", "headers",
            "content_type", "payload_sha256", "text", "text_sha256", "extractor", "signature", "analysed_with",
            "matched_with", "error",
        ),
        "statements": rows(
            Statement.objects, "snapshot__document__url", "source__name", "cue_text", "content_text", "content_spans",
            "polarity", "modality", "quantities",
        ),
        "claims": rows(Claim.objects, "text", "standing", "origins", "best"),
        "positions": rows(Position.objects, "claim__text", "statement__content_text", "stance", "score"),
        "events": rows(Event.objects, "actor_label", "verb", "object_type", "reason"),
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "archive"
    (made / "b").mkdir(parents=True)
    facts = f"url: {SITE}/besk\ntitle: Besk\npublisher: Velmora Wire\npublished_at: 2020-03-01\n"
    (made / "a.txt").write_text(words("Arvel"))
    (made / "b" / "besk.md").write_text(f"---\n{facts}---\n{words('Besk')}")
    (made / "b" / "copy.md").write_text(f"---\nurl: {SITE}/copy\n---\n{words('Besk')}")
    (made / "b" / "corrected.md").write_text(f"---\n{facts}---\n{words('Corin')}")
    (made / "c.html").write_bytes(page("Dahl"))
    (made / "empty.txt").write_bytes(b"")
    (made / "picture.png").write_bytes(b"\x89PNG")
    return made


def test_a_folder_becomes_what_its_files_become_one_by_one(folder):
    names = ["a.txt", "b/besk.md", "b/copy.md", "b/corrected.md", "c.html"]
    with transaction.atomic():
        for name in names:
            submit_input(str(folder / name), announce=False)
        pipeline.work_off()
        one_by_one = everything()
        transaction.set_rollback(True)
    told = backfill(folder)
    assert everything() == one_by_one
    assert "7 records, 5 documents handed in, 1 without one, 1 bad" in told
    assert "Record 6 (empty): " in told
    assert BadRecord.objects.get().name == "empty.txt"
    assert set(Document.objects.values_list("from_archive", flat=True)) == {True}


def test_reading_an_archive_again_adds_nothing(folder):
    (folder / "b" / "corrected.md").unlink()  # two versions of one address are two versions each time
    backfill(folder)
    before = everything()
    backfill(folder, again=True)
    assert everything() == before
    assert Backfill.objects.filter(state=BackfillState.DONE).count() == 2


def test_lines_say_who_published_what_and_when_and_bad_ones_are_named_and_kept(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_bytes(
        line(url=f"{SITE}/arvel", title="Arvel", published="2020-03-01T10:00:00+02:00", publisher="Velmora Wire",
             byline="Ida Holm", language="en", text=words("Arvel"))
        + b"{no json\n\n"
        + line(url="ftp://news.example", text="x")
        + line(text=1)
        + line(title="Nothing", published="2020-03-01")
        + line(text=words("Besk"), published="long ago")
        + line(html=page("Corin", head='<meta property="article:published_time" content="2019-01-02">').decode(),
               url=f"{SITE}/corin", published="2020-03-01", title="Told \x00\ud800")
    )  # fmt: skip
    told = backfill(path, dossier="velmora")
    arvel = Document.objects.get(url=f"{SITE}/arvel")
    assert (arvel.title, str(arvel.publisher), arvel.byline, arvel.dossier.slug) == (
        "Arvel", "Velmora Wire", "Ida Holm", "velmora",
    )  # fmt: skip
    assert arvel.published_at == datetime(2020, 3, 1, 8, tzinfo=UTC)
    corin = Document.objects.get(url=f"{SITE}/corin")
    assert (corin.published_at.year, corin.title) == (2019, "Corin"), "a document's own word comes first"
    assert [one.number for one in BadRecord.objects.all()] == [2, 4, 5, 6, 7]
    assert "Line 2 of lines.jsonl cannot be used: it is not JSON" in told
    assert "`published` is long ago, no moment" in told
    assert BadRecord.objects.get(number=2).excerpt.strip() == "{no json"


def test_what_cannot_be_extracted_is_a_failed_submission_with_its_number_and_can_be_retried(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_bytes(line(html="<html><body><script>x()</script></body></html>") + line(text=words("Arvel")))
    told = backfill(path)
    failed = Submission.objects.get(state=SubmissionState.FAILED)
    assert (failed.entry, failed.error_code, bool(failed.payload)) == (1, "no_text", True)
    assert "Record 1 (no_text): /lines.jsonl" in told
    assert Document.objects.count() == 1


@pytest.mark.parametrize("packed", [True, False])
def test_a_warc_is_read_as_its_server_answered_and_only_pages_of_it(tmp_path, packed):
    zipped = gzip.compress(page("Besk"))
    answers = [
        (f"{SITE}/arvel", MARCH, page("Arvel"), {"headers": [("X-Odd", "told")]}),
        (f"{SITE}/besk", MARCH, zipped, {"headers": [("Content-Encoding", "gzip")]}),
        (f"{SITE}/picture", MARCH, b"\x89PNG", {"content_type": "image/png"}),
        (f"{SITE}/gone", MARCH, page("Gone"), {"status": 404}),
        ("file:///notes.txt", APRIL, words("Corin").encode(), {"status": None, "content_type": "text/plain"}),
    ]  # fmt: skip
    told = backfill(warc(tmp_path / ("crawl.warc" + (".gz" if packed else "")), answers, packed=packed))
    assert "6 records, 3 documents handed in, 3 without one, 0 bad" in told
    arvel = Snapshot.objects.get(document__url=f"{SITE}/arvel")
    assert (arvel.fetched_at, arvel.http_status, arvel.fetched_from) == (MARCH, 200, f"{SITE}/arvel")
    assert ["X-Odd", "told"] in arvel.headers
    assert Snapshot.objects.get(document__url=f"{SITE}/besk").payload_sha256
    assert "bridge at Besk" in Snapshot.objects.get(document__url=f"{SITE}/besk").text
    assert Snapshot.objects.get(document__url__startswith="urn:").fetched_at == APRIL
    call_command("verify_evidence", stdout=io.StringIO())


def test_versions_come_in_their_order_and_an_older_one_replaces_no_newer(tmp_path):
    address = f"{SITE}/arvel"
    said = ["The mayor of Arvel said the bridge was open.", "The mayor of Arvel said the bridge was closed."]
    backfill(warc(tmp_path / "two.warc.gz", [(address, MARCH, page("A", words=said[0]), {}),
                                             (address, MAY, page("A", words=said[1]), {})]))  # fmt: skip
    versions = list(Snapshot.objects.order_by("number").values_list("fetched_at", "latest"))
    assert versions == [(MARCH, False), (MAY, True)]
    told = backfill(warc(tmp_path / "old.warc.gz", [(address, APRIL, page("A", words="Nothing is known."), {})]))
    assert "Record 2 (older_version): " in told
    assert Snapshot.objects.count() == 2
    assert Document.objects.get().state == "corrected"


def test_a_later_version_waits_for_an_earlier_one_of_its_archive(tmp_path):
    address = f"{SITE}/arvel"
    path = warc(tmp_path / "two.warc.gz", [(address, MARCH, page("Arvel"), {}), (address, MAY, page("Besk"), {})])
    row = reading.open_backfill(path)
    reading.read_on(row.pk, make_room=lambda _: None)
    first, second = Submission.objects.order_by("pk")
    pipeline.read_submission(second.pk)
    second.refresh_from_db()
    assert (second.state, second.attempts, second.claimed_until > timezone.now()) == (SubmissionState.QUEUED, 0, True)
    pipeline.read_submission(first.pk)
    Submission.objects.update(claimed_until=None)
    pipeline.read_submission(second.pk)
    assert Snapshot.objects.get(latest=True).fetched_at == MAY


def test_a_damaged_record_is_named_and_those_after_it_are_read(tmp_path):
    path = warc(tmp_path / "hurt.warc.gz", [(f"{SITE}/{n}", MARCH, page(f"Town{n}"), {}) for n in range(4)])
    content = bytearray(path.read_bytes())
    starts = [at for at in range(len(content)) if content[at : at + 3] == b"\x1f\x8b\x08"]
    content[starts[2] + 12 : starts[2] + 40] = bytes(28)  # the second page
    path.write_bytes(content[: starts[4] + 60])  # and the last one is cut off
    told = backfill(path)
    assert sorted(Document.objects.values_list("url", flat=True)) == [f"{SITE}/0", f"{SITE}/2"]
    assert BadRecord.objects.count() == 2
    assert "Record 3 of hurt.warc.gz" in told
    assert "damaged" in told


def test_a_warc_that_is_packed_as_a_whole_says_what_to_do(tmp_path):
    plain = warc(tmp_path / "x.warc", [(f"{SITE}/{n}", MARCH, page("Arvel"), {}) for n in range(3)], packed=False)
    whole = tmp_path / "whole.warc.gz"
    whole.write_bytes(gzip.compress(plain.read_bytes()))
    assert "warcio recompress" in backfill(whole, fails=True)


def test_what_is_too_large_is_refused_unread(tmp_path, settings):
    settings.FETCH_MAX_BYTES = 2000
    path = tmp_path / "big.jsonl"
    path.write_bytes(line(text="x" * 500_000) + line(text=words("Arvel")) + line(text="y" * 3000))
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "a.txt").write_text("z" * 3000)
    bomb = gzip.compress(b"<html>" + b"0" * 3_000_000)
    answers = [(f"{SITE}/a", MARCH, bomb, {"headers": [("Content-Encoding", "gzip")]})]
    backfill(path, tmp_path / "big", warc(tmp_path / "big.warc.gz", answers))
    assert Counter(BadRecord.objects.values_list("code", flat=True)) == {"too_large": 4}
    assert Document.objects.count() == 1


@pytest.mark.parametrize("name", ["lines.jsonl", "lines.jsonl.gz", "crawl.warc.gz", "folder"])
def test_wherever_reading_stops_it_goes_on_and_nothing_is_lost_or_doubled(tmp_path, monkeypatch, name):
    towns = ["Arvel", "Besk", "Corin", "Dahl", "Elm"]
    path = tmp_path / name
    if name == "folder":
        for place, town in enumerate(towns):
            (path / f"{place}").mkdir(parents=True)
            (path / f"{place}" / "x.txt").write_text(words(town))
    elif "warc" in name:
        warc(path, [(f"{SITE}/{town}", MARCH, page(town), {}) for town in towns])
    else:
        content = b"".join(line(text=words(town)) for town in towns)
        path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    monkeypatch.setattr(reading, "CHUNK", 1)
    row = reading.open_backfill(path)
    stops = 0
    while Backfill.objects.unfinished().exists():
        chunks = iter(range(2))

        def stop(_: Backfill, chunks: Any = chunks) -> None:
            if next(chunks, None) is None:
                raise KeyboardInterrupt

        try:
            assert reading.open_backfill(path).pk == row.pk
            reading.read_on(row.pk, make_room=stop)
        except KeyboardInterrupt:
            stops += 1
    assert stops >= 2
    assert Submission.objects.count() == len(towns)
    row.refresh_from_db()
    assert (row.handed_in, row.bad, row.done) == (len(towns), 0, row.size or row.done)
    backfill(path)
    assert Document.objects.count() == len(towns)


def test_one_process_reads_an_archive_at_a_time_and_who_lost_it_writes_nothing(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_bytes(line(text=words("Arvel")))
    row = reading.open_backfill(path)
    Backfill.objects.claim(row.pk, seconds=60, by="elsewhere")
    assert "is being read by another process" in backfill(path, fails=True)

    def taken_over(_: Backfill) -> None:
        Backfill.objects.update(claimed_until=timezone.now())
        assert Backfill.objects.claim(row.pk, seconds=60, by="elsewhere")

    Backfill.objects.update(claimed_until=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "CHUNK", 1)
        with pytest.raises(reading.Lost):
            reading.read_on(row.pk, make_room=taken_over)
    assert not Submission.objects.exists()


def test_an_archive_that_changed_since_is_not_read_on_at_a_wrong_place(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_bytes(line(text=words("Arvel")))
    reading.open_backfill(path)
    path.write_bytes(line(text=words("Besk")) * 2)
    assert "has changed since record 0" in backfill(path, fails=True)
    backfill(path, again=True)
    assert Document.objects.count() == 1


def test_an_archive_that_was_taken_away_says_so(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_bytes(line(text=words("Arvel")))
    row = reading.open_backfill(path)
    path.unlink()
    reading.read_on(row.pk, make_room=lambda _: None)
    row.refresh_from_db()
    assert row.state == BackfillState.FAILED
    assert "cannot be read (No such file or directory)" in row.error


def test_what_is_no_archive_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    told = backfill(tmp_path / "a.pdf", tmp_path / "missing.warc", fails=True)
    assert "is no archive that can be read" in told
    assert "missing.warc is no file and no folder" in told
    assert "2 archives could not be read" in told


def test_archives_in_a_folder_are_read_too(tmp_path):
    (tmp_path / "a.txt").write_text(words("Arvel"))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.jsonl").write_bytes(line(text=words("Besk")))
    backfill(tmp_path)
    assert Document.objects.count() == Backfill.objects.count() == 2


def test_what_the_feeds_of_a_list_still_list_is_fetched_politely_and_each_feed_asked_once(tmp_path, settings):
    listed = "".join(
        f"<item><title>Told {town}</title><link>http://HOST/{town}</link><guid>{town}</guid>"
        "<pubDate>Sun, 01 Mar 2020 10:00:00 GMT</pubDate></item>"
        for town in ("arvel", "besk", "secret")
    )
    answers = {
        "/arvel": (200, "text/html", page("Arvel")),
        "/besk": (200, "text/html", page("Besk")),
        "/secret": (200, "text/html", page("Secret")),
        "/robots.txt": (200, "text/plain", b"User-agent: *\nDisallow: /secret\n"),
    }
    with pages(answers) as host:
        settings.FETCH_ALLOW_HOSTS = frozenset([host])
        feed = f"<rss version='2.0'><channel><title>F</title>{listed.replace('HOST', host)}</channel></rss>"
        answers["/feed"] = (200, "application/rss+xml", feed.encode())
        outlines = "".join(f'<outline type="rss" text="F" xmlUrl="http://{host}/{name}"/>' for name in ("feed", "none"))
        path = tmp_path / "feeds.opml"
        path.write_text(f'<opml version="2.0"><head/><body>{outlines}</body></opml>')
        told = backfill(path)
    assert sorted(Document.objects.values_list("url", flat=True)) == [f"http://{host}/arvel", f"http://{host}/besk"]
    assert set(Document.objects.values_list("published_at", flat=True)) == {datetime(2020, 3, 1, 10, tzinfo=UTC)}
    assert Submission.objects.get(state=SubmissionState.FAILED).error_code == "robots"
    assert "Record 4 (http_status)" in told
    assert (Backfill.objects.get().handed_in, Backfill.objects.get().bad) == (3, 1)


# --- Behind what is fresh ---------------------------------------------------------------------------------------------


@pytest.fixture
def sent(monkeypatch):
    """The messages that were sent: task, ids, queue. None of them waits: they are not at the broker."""
    messages: list[tuple[str, list[int], str]] = []

    def send(task: str, args: list[int], **more: Any) -> None:
        messages.append((task.rpartition(".")[2], args, more.get("queue", "its own")))

    monkeypatch.setattr(submissions.current_app, "send_task", send)
    monkeypatch.setattr(pipeline, "messages_wait_in", lambda _: False)
    return messages


def test_what_is_fresh_is_announced_and_done_before_what_an_archive_brought(
    tmp_path, sent, django_capture_on_commit_callbacks
):
    path = tmp_path / "lines.jsonl"
    path.write_bytes(line(text=words("Arvel")) + line(text=words("Besk")))
    with django_capture_on_commit_callbacks(execute=True):
        reading.read_on(reading.open_backfill(path).pk, make_room=lambda _: None)
        fresh = submit(address="fresh.txt", payload=words("Corin").encode(), content_type="text/plain", announce=False)
    assert [(len(pks), queue) for _, pks, queue in sent] == [(2, "backfill")]
    assert pipeline.outstanding()[0][1] == fresh.pk
    sent.clear()
    with django_capture_on_commit_callbacks(execute=True):
        pipeline.announce_outstanding()
    assert [(len(pks), queue) for _, pks, queue in sent] == [(1, "its own"), (2, "backfill")]
    assert sent[0][1] == [fresh.pk]
    sent.clear()
    with django_capture_on_commit_callbacks(execute=True):
        for submission in Submission.objects.order_by("pk"):
            pipeline.read_submission(submission.pk)
        later = list(Snapshot.objects.filter(later=True).values_list("pk", flat=True))
        pipeline.analyse_snapshot(later[0])
    assert Counter(queue for _, _, queue in sent) == {"backfill": 3, "its own": 1}
    assert [s.later for s in Snapshot.objects.awaiting_analysis()] == [False, True]


def test_a_long_archive_neither_stops_fetching_nor_counts_as_lag_nor_as_news(tmp_path, settings):
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b"".join(line(text=words(town), publisher="Velmora Wire") for town in ("Arvel", "Besk", "Corin")))
    settings.ANALYSIS_BACKLOG = 1
    reading.read_on(reading.open_backfill(path).pk, make_room=lambda _: None)
    for submission in Submission.objects.all():
        pipeline.read_submission(submission.pk)
    assert Snapshot.objects.awaiting_analysis().count() == 3
    assert not pipeline.lagging()
    left = waiting()
    assert (left["analyse"].count, left["analyse"].since, left["backfill"].count) == (0, None, 3)
    assert not Document.objects.new_since(MARCH).exists()
    assert not publishers_heard(timezone.now())


# --- Many by one message ----------------------------------------------------------------------------------------------

TOWNS = ("Arvel", "Besk", "Corin", "Dahl")


@pytest.fixture
def brought(tmp_path) -> list[int]:
    """Documents that an archive brought, still to be read."""
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b"".join(line(text=words(town)) for town in TOWNS))
    reading.read_on(reading.open_backfill(path).pk, make_room=lambda _: None)
    return list(Submission.objects.order_by("pk").values_list("pk", flat=True))


def do(message: tuple[str, list[int], str]) -> None:
    """What a worker does that gets it."""
    getattr(tasks, message[0])(*message[1])


def analysed(brought: list[int]) -> list[int]:
    """The snapshots of these documents, to be placed."""
    pipeline.read_submission(*brought)
    pipeline.analyse_snapshot(*Snapshot.objects.values_list("pk", flat=True))
    return list(Snapshot.objects.awaiting_matching().values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_one_message_a_step_is_enough_for_many_documents_and_they_become_the_same(brought, sent, tmp_path):
    for step in ("fetch_submission", "analyse_snapshot", "match_snapshot"):
        if step == "fetch_submission":
            pipeline.announce_outstanding()
        (message,) = sent
        assert (message[0], len(message[1]), message[2]) == (step, len(TOWNS), "backfill")
        sent.clear()
        do(message)
    assert not sent
    assert not pipeline.outstanding()
    assert not Snapshot.objects.exclude(claimed_until=None, attempts=0).exists()
    assert Statement.objects.count() == Position.objects.filter(superseded_at__isnull=True).count() == 2 * len(TOWNS)
    assert set(Claim.objects.values_list("standing", flat=True)) == {"single-origin"}


def test_what_takes_long_is_handed_on_in_halves_behind_what_is_fresh(
    brought, sent, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(pipeline, "BATCH_SECONDS", 0.0)
    with django_capture_on_commit_callbacks(execute=True):
        pipeline.read_submission(*brought)
    first, *left = brought
    assert list(Submission.objects.filter(state=SubmissionState.DONE).values_list("pk", flat=True)) == [first]
    handed_on = [message for message in sent if message[0] == "fetch_submission"]
    assert [pks for _, pks, _ in handed_on] == [left[:1], left[1:]]
    assert {queue for _, _, queue in handed_on} == {"backfill"}


def test_one_document_that_fails_keeps_no_other_one_from_being_placed(brought, monkeypatch):
    snapshots, place, asked = analysed(brought), matching.match_snapshots, []

    def fails_on_the_second(pks: Sequence[int]) -> None:
        asked.append(list(pks))
        place(pks)
        if snapshots[1] in pks:
            raise RecursionError("too deep")

    monkeypatch.setattr(matching, "match_snapshots", fails_on_the_second)
    pipeline.match_snapshot(*snapshots)
    assert asked == [snapshots, *([pk] for pk in snapshots)]
    left = Snapshot.objects.awaiting_matching()
    assert list(left.values_list("pk", "attempts", "claimed_until")) == [(snapshots[1], 1, None)]
    asked.clear()
    for _ in range(3):
        pipeline.match_snapshot(*snapshots)
    assert asked == [snapshots[1:2]] * 2  # by itself, and given up then
    assert "too deep" in Snapshot.objects.get(pk=snapshots[1]).error


def test_what_a_killed_worker_had_together_is_done_one_by_one(brought, monkeypatch):
    snapshots, place, asked = analysed(brought), matching.match_snapshots, []
    held = Snapshot.objects.awaiting_matching().claim_all(snapshots[:3], seconds=-1, by="killed")
    assert [row.pk for row in held] == snapshots[:3]
    monkeypatch.setattr(matching, "match_snapshots", lambda pks: (asked.append(list(pks)), place(pks)))
    pipeline.match_snapshot(*snapshots)
    assert sorted(asked) == [[pk] for pk in snapshots]
    assert not pipeline.outstanding()


def test_documents_of_several_dossiers_and_with_many_statements_are_placed_apart(brought, monkeypatch):
    elsewhere = submit(address="a.txt", payload=words("Elm").encode(), content_type="text/plain", dossier="elsewhere")
    snapshots = sorted(analysed([*brought, elsewhere.pk]))
    asked: list[list[int]] = []
    monkeypatch.setattr(matching, "match_snapshots", lambda pks: asked.append(list(pks)))
    monkeypatch.setattr(pipeline, "STATEMENTS_TOGETHER", 6)  # of three documents
    pipeline.match_snapshot(*snapshots)
    assert sorted(asked) == [snapshots[:3], snapshots[3:4], snapshots[4:]]


# --- Killed -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killing_the_reader_and_the_worker_loses_and_doubles_nothing(tmp_path):
    towns = ["Arvel", "Besk", "Corin", "Dahl", "Elm", "Forn", "Garth", "Hule"]
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b"".join(line(text=words(town)) for town in towns) + b"no json\n")
    short = {"WORK_LEASE_SECONDS": "15"}
    environment = os.environ | {"DATABASE_URL": database_url(), "BACKFILL_AHEAD": "2"} | short
    command = [sys.executable, "manage.py", "backfill", str(path)]
    worker = Worker(**short)
    try:
        worker.start()
        first = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            wait_until(Statement.objects.exists, within=120, what="something is analysed")
        finally:
            first.kill()
            worker.kill()
            first.communicate()
        read = Submission.objects.count()
        assert 0 < read < len(towns)
        worker.start()
        again = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert again.returncode == 0, again.stderr
    finally:
        worker.kill()
    row = Backfill.objects.get()
    assert (row.state, row.records, row.handed_in, row.bad) == (BackfillState.DONE, 9, 8, 1)
    assert "Line 9 of lines.jsonl" in " ".join(again.stdout.split())
    assert Document.objects.count() == Snapshot.objects.count() == len(towns)
    assert Statement.objects.count() == 2 * len(towns) == Position.objects.filter(superseded_at__isnull=True).count()
    assert Event.objects.filter(object_type="statement", verb="suggested").count() == 2 * len(towns)
    ledger.seal()
    assert ledger.first_broken(Event.objects.sealed()) is None


def hold_up(name: str) -> None:
    """Keep whoever comes to a step waiting in the middle of it, until this transaction ends."""
    if name == "analyse":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE claims_statement IN SHARE MODE")  # nobody can write one
    else:
        Dossier.objects.select_for_update(no_key=True).get()


def somebody_waits() -> bool:
    """Whether a statement waits for a lock that this process has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0])


def nobody_holds_anything() -> bool:
    claimants.release_the_dead()
    return not Snapshot.objects.filter(claimed_until__isnull=False).exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(tmp_path):
    towns = ["Arvel", "Besk", "Corin", "Dahl", "Elm", "Forn", "Garth", "Hule"]
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b"".join(line(text=words(town)) for town in towns))
    reading.read_on(reading.open_backfill(path).pk, make_room=lambda _: None)
    worker = Worker(SPAN_FINDER="rules")
    try:
        for step in ("analyse", "match"):
            with transaction.atomic():
                hold_up(step)
                worker.start()
                wait_until(somebody_waits, within=60, what=f"the worker is in the middle of it ({step})")
                held = Snapshot.objects.filter(claimed_until__isnull=False)
                begun = list(held.values_list("analysed_with", "matched_with", "attempts"))
                worker.kill()
            # On a slow machine the batch is in halves by then, and another process may be at one of them.
            assert (step == "match", "", 1) in [(analysed != "", matched, tries) for analysed, matched, tries in begun]
            wait_until(nobody_holds_anything, within=20, what="what the dead had is given back")
            tasks.sweep()  # what beat does
        worker.start()
        wait_until(lambda: not pipeline.outstanding(), within=120, what="everything is placed")
    finally:
        worker.kill()
    assert not Snapshot.objects.exclude(attempts=0, claimed_until=None, error="").exists()
    assert Document.objects.count() == Snapshot.objects.count() == len(towns)
    assert Statement.objects.count() == 2 * len(towns) == Position.objects.filter(superseded_at__isnull=True).count()
    assert Event.objects.filter(object_type="statement", verb="suggested").count() == 2 * len(towns)
    ledger.seal()
    assert ledger.first_broken(Event.objects.sealed()) is None


# --- In the admin -----------------------------------------------------------------------------------------------------


def test_the_admin_shows_how_far_archives_are_and_what_of_them_is_bad(tmp_path, client, reader):
    path = tmp_path / "lines.jsonl"
    path.write_bytes(line(text=words("Arvel")) + b"<script>alert(1)</script>\n" + line(html="<html></html>"))
    backfill(path)
    client.force_login(reader)
    row, bad = Backfill.objects.get(), BadRecord.objects.get()
    for address, shown in (
        (reverse("admin:tracker_backfill_changelist"), "100 %"),
        (reverse("admin:tracker_backfill_change", args=[row.pk]), "read to its end"),
        (reverse("admin:tracker_badrecord_changelist") + f"?backfill__id__exact={row.pk}", "Line 2 of lines.jsonl"),
        (reverse("admin:tracker_badrecord_change", args=[bad.pk]), "&lt;script&gt;alert(1)"),
        (
            reverse("admin:tracker_submission_changelist") + f"?backfill__id__exact={row.pk}&state__exact=failed",
            "no_text",
        ),
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert shown in answer.content.decode(), address
    assert client.get(reverse("admin:tracker_backfill_add")).status_code == 403
