"""No file of evidence is without a row that names it, but for what was killed; and that is found and removed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from claims.models import Document, Snapshot
from claims.services.documents import Copy, NotKept, Printed, record_version
from tests.servers import pages
from tests.waiting import elsewhere, wait_until_waiting
from tracker import pipeline
from tracker.evidence import kept, remove_unnamed
from tracker.ingest.fetched import Fetched
from tracker.models import Submission
from tracker.orphans import orphans
from tracker.submissions import submit

pytestmark = pytest.mark.django_db(transaction=True)

MAYOR = "<p>The mayor of Besk said the school was open.</p>"
DOCTOR = "<p>A doctor in Besk said that five people were wounded.</p>"


class Outlet:
    """A page that says what a test wants, and the folder that its evidence is kept in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        self.host = ""

    def says(self, body: str, *, head: str = "") -> None:
        page = f"<html><head>{head}</head><body><article>{body}</article></body></html>"
        self.answers["/besk"] = (200, "text/html", page.encode())

    def read(self) -> Submission:
        submission = submit(address=f"http://{self.host}/besk", dossier="besk", announce=False)
        pipeline.read_submission(submission.pk)
        submission.refresh_from_db()
        return submission

    def files(self) -> set[str]:
        return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}


@pytest.fixture
def outlet(settings: Any, tmp_path: Path) -> Iterator[Outlet]:
    outlet = Outlet(tmp_path / "evidence")
    settings.EVIDENCE_DIR = outlet.folder
    with pages(outlet.answers) as outlet.host:
        settings.FETCH_ALLOW_HOSTS = frozenset({outlet.host})
        outlet.says(MAYOR)
        yield outlet


def fetched(words: str = "Never recorded.") -> Fetched:
    address = "http://outlet.example/killed"
    return Fetched(address, address, words.encode(), "text/plain", datetime(2024, 3, 9, tzinfo=UTC), status=200)


def killed(words: str = "Never recorded.", *, days: float = 2) -> str:
    """A file whose process came to its end before it could record it, so long ago; its name."""
    with pytest.raises(KeyboardInterrupt), kept(fetched(words)) as where:
        raise KeyboardInterrupt
    path = Path(pipeline.settings.EVIDENCE_DIR) / where.path
    os.utime(path, (time.time() - days * 86400,) * 2)
    return where.path


def test_a_page_that_is_handed_in_again_unchanged_leaves_no_trace(outlet: Outlet) -> None:
    outlet.read()
    there = outlet.files()
    outlet.says(MAYOR, head="<meta name='build' content='2'>")  # other bytes, the same words
    again = outlet.read()
    assert (again.state, again.new_snapshot, again.snapshot) == ("done", False, Snapshot.objects.get())
    assert outlet.files() == there == {Snapshot.objects.get().warc_path}


def test_what_is_refused_leaves_no_trace(outlet: Outlet) -> None:
    outlet.read()
    there = outlet.files()
    text = f"---\nurl: http://{outlet.host}/besk\n---\nThe mayor of Besk said nothing."
    pretended = submit(address="besk.md", payload=text.encode(), content_type="text/markdown", announce=False)
    pipeline.read_submission(pretended.pk)
    pretended.refresh_from_db()
    assert pretended.error_code == "address_taken"
    assert outlet.files() == there


def test_another_version_that_comes_in_between_does_not_go_without_its_file(outlet: Outlet) -> None:
    outlet.read()
    with ThreadPoolExecutor() as other, transaction.atomic():
        document = Document.objects.select_for_update().get()
        copy = Copy(timezone.now(), document.url, "aa/between", 0, 1, "0" * 64, "It was shut.", "test", "1", 200)
        record_version(Printed(document.url), copy, actor=pipeline.INGEST)
        reading = other.submit(elsewhere, outlet.read)
        wait_until_waiting(1)
    assert reading.result().new_snapshot
    newest = Snapshot.objects.get(latest=True)
    assert (newest.number, newest.warc_path in outlet.files()) == (3, True)
    with pytest.raises(NotKept):
        record_version(Printed(document.url), replace(copy, warc_path="", text="New."), actor=pipeline.INGEST)


def test_what_a_killed_process_left_is_listed_and_removed_once_it_is_old(outlet: Outlet, capsys: Any) -> None:
    outlet.read()
    old, young = killed("Old."), killed("Young.", days=0.9)
    (outlet.folder / "notes.txt").write_text("not ours")
    call_command("verify_evidence")
    told = capsys.readouterr().out
    assert f"{old}: no version names this file" in told
    assert "--remove-orphans" in told
    assert young not in told
    call_command("verify_evidence", "--remove-orphans")
    assert f"1. {old} removed" in capsys.readouterr().out
    assert outlet.files() == {Snapshot.objects.get().warc_path, young, "notes.txt"}
    call_command("verify_evidence")
    assert capsys.readouterr().out == "1 versions verified.\n"


def test_files_of_another_database_are_not_touched(outlet: Outlet) -> None:
    lost = killed()
    with pytest.raises(CommandError, match="not restored yet"):
        call_command("verify_evidence", "--remove-orphans")
    assert outlet.files() == {lost}


def test_a_file_that_is_about_to_be_recorded_is_not_removed(outlet: Outlet) -> None:
    outlet.read()
    with ThreadPoolExecutor() as other, kept(fetched()) as where:
        os.utime(outlet.folder / where.path, (0, 0))  # as if it lay there from a try before
        assert list(orphans()) == [where.path]
        assert other.submit(elsewhere, lambda: remove_unnamed(where.path)).result() is False
        assert where.path in outlet.files()
    assert where.path not in outlet.files()
