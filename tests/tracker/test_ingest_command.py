"""``manage.py ingest``: the main job in one line, and what it says of input that it cannot read."""

import gzip
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from claims.models import Claim, Contradiction, Document, Statement
from tests.servers import ROOT, Worker, database_url, pages
from tracker import pipeline
from tracker.models import Submission

ARTICLE = """Fighting at the Osk bridge

The Velmora Monitor said 12 people were killed in Arvel on Monday.

An army spokesman said the bridge was left open to carts, a claim denied by Olga Brandt, a doctor in Arvel.
"""


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE)
    return path


def ingest(*inputs: object, fails: bool = False, **options: object) -> str:
    """What the command prints; with ``fails``, it must end with an error."""
    out = io.StringIO()
    arguments = [str(one) for one in inputs]
    if not fails:
        call_command("ingest", *arguments, stdout=out, **options)
        return out.getvalue()
    with pytest.raises(CommandError) as error:
        call_command("ingest", *arguments, stdout=out, **options)
    return out.getvalue() + str(error.value)


def flat(text: str) -> str:
    return " ".join(text.replace("│", " ").replace("┃", " ").split())


@pytest.mark.django_db
def test_it_prints_statements_by_source_claims_with_standing_and_what_is_contested_and_why(article):
    report = flat(ingest(article, here=True))
    assert "Fighting at the Osk bridge" in report
    assert "Olga Brandt" in report
    assert "12 people were killed in Arvel" in report
    assert "contested" in report
    assert "negation" in report
    assert "Olga Brandt denies it" in report


@pytest.mark.django_db
def test_the_same_document_twice_is_one_document_and_said_so(article, tmp_path):
    ingest(article, here=True)
    before = (Document.objects.count(), Statement.objects.count(), Claim.objects.count())
    twin = tmp_path / "the same under another name.txt"
    twin.write_text(ARTICLE)
    assert "known already" in ingest(article, twin, here=True)
    assert (Document.objects.count(), Statement.objects.count(), Claim.objects.count()) == before


def bad_inputs(folder: Path) -> dict[str, object]:
    """Inputs that cannot be read, by the code that says why."""
    script = "<html><body><script>" + "var a = 1;" * 50 + "</script></body></html>"
    contents = {
        "empty": b"",
        "binary": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
        "too_large": b"word " * 11_000_000,  # 55 MB
        "bad_encoding": b"\xff\xfe\x00" + b"\xd8\x00" * 40,
        "no_text": script.encode(),
        "bad_front_matter": b"---\ntitle: [\n---\nThe mayor said so.\n",
        "unsupported_type": gzip.compress(b"The mayor said so."),
    }
    suffixes = {"no_text": ".html", "bad_front_matter": ".md", "unsupported_type": ".xyz"}
    given: dict[str, object] = {"missing_file": folder / "nothing here.txt", "is_a_directory": folder}
    for code, content in contents.items():
        given[code] = folder / f"{code}{suffixes.get(code, '.txt')}"
        Path(str(given[code])).write_bytes(content)
    return given


@pytest.mark.django_db
def test_bad_input_is_named_with_what_is_wrong_and_the_other_inputs_are_still_read(article, tmp_path):
    folder = tmp_path / "bad"
    folder.mkdir()
    given = bad_inputs(folder)
    report = ingest(*given.values(), article, here=True, fails=True)
    one_line = flat(report)
    for code, path in given.items():
        assert Path(str(path)).name in report, f"{code}: the message does not name {path}"
    assert f"{len(given)} of {len(given) + 1} inputs could not be read" in one_line
    assert Document.objects.count() == 1
    assert "Olga Brandt" in one_line


@pytest.mark.django_db
def test_addresses_that_fail_or_must_not_be_asked_are_explained(settings, article):
    settings.FETCH_TIMEOUT_SECONDS = 1.0
    with pages({}) as host:
        settings.FETCH_ALLOW_HOSTS = frozenset({host})
        refused = "http://127.0.0.1:9/page"
        report = flat(ingest(f"http://{host}/missing", refused, article, here=True, fails=True))
    assert "404" in report
    assert "(refused_address)" in report
    assert not Submission.objects.filter(state="queued").exists()
    assert Document.objects.count() == 1


def dispatch(folder: Path, *, wire: str, killed: int) -> Path:
    path = folder / f"{wire}.md"
    header = f"---\npublisher: {wire}\npublished_at: 2031-05-04T08:00:00Z\n---\n\n"
    path.write_text(f"{header}The health office of {wire} said {killed} people were killed in Arvel on Sunday.\n")
    return path


@pytest.mark.django_db
@pytest.mark.parametrize("first", ["Norvik", "Sarn"])
def test_a_conflict_with_what_was_read_before_is_shown_whichever_came_first(tmp_path, first):
    last = "Sarn" if first == "Norvik" else "Norvik"
    ingest(dispatch(tmp_path, wire=first, killed=17), here=True)
    report = flat(ingest(dispatch(tmp_path, wire=last, killed=52), here=True))
    assert Contradiction.objects.count() == 1
    assert "Nothing is contested" not in report
    assert "17" in report
    # The other way round too: its claim may stand on either side of the contradiction.
    assert "Nothing is contested" not in flat(ingest(tmp_path / f"{first}.md", here=True))


@pytest.mark.django_db
def test_what_others_wrote_does_nothing_to_the_terminal(tmp_path):
    path = tmp_path / "x.md"
    path.write_text(
        '---\ntitle: "Evil \\e]0;owned\\a \\e[2J \\u202etitle"\n---\n\nThe mayor said the bridge was closed.\n'
    )
    report = ingest(path, here=True)
    assert "Evil" in report
    assert not {"\x1b", "\x07", "\u202e"} & set(report)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["d" * 101, "My Dossier / 2", "ärger", "a\nb"])
def test_a_dossier_that_is_no_slug_is_refused_before_anything_is_read(article, slug):
    assert "is no slug" in ingest(article, dossier=slug, here=True, fails=True)
    assert not Submission.objects.exists()


@pytest.mark.django_db
def test_an_endless_address_is_named_and_the_other_inputs_are_read(article):
    report = flat(ingest("https://x.example/" + "a" * 2500, article, here=True, fails=True))
    assert "(invalid_address)" in report
    assert "1 of 2 inputs could not be read" in report
    assert Document.objects.count() == 1


@pytest.mark.django_db
def test_what_the_program_fails_on_is_said_and_the_other_inputs_are_read(article, tmp_path, monkeypatch):
    analyse = pipeline.analyse

    def fails_on_poison(text: str, **more: object) -> object:
        if "poison" in text:
            raise RecursionError("too deep")
        return analyse(text, **more)

    monkeypatch.setattr(pipeline, "analyse", fails_on_poison)
    poison = tmp_path / "poison.txt"
    poison.write_text("The poison mayor said the bridge was closed.\n")
    report = flat(ingest(poison, article, here=True, fails=True))
    assert "RecursionError: too deep" in report
    assert "1 of 2 inputs could not be read" in report
    assert "Olga Brandt" in report


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("beside_a_worker", [True, False], ids=["beside a worker", "alone"])
def test_as_a_process_of_its_own_it_exits_with_zero_or_not(article, beside_a_worker):
    environment = os.environ | {"DATABASE_URL": database_url()}

    def run(*inputs: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "ingest", *map(str, inputs)]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    worker = Worker()
    try:
        if beside_a_worker:
            worker.start()
            _until_it_answers()
        good = run(article)
        bad = run(article, "nowhere.txt")
    finally:
        worker.kill()
    assert good.returncode == 0, good.stderr
    assert "contested" in good.stdout
    assert bad.returncode == 1
    assert "nowhere.txt" in bad.stdout
    assert "Traceback" not in bad.stderr


def _until_it_answers() -> None:
    from tests.servers import wait_until
    from tracker.management.commands.ingest import worker_answers

    wait_until(worker_answers, within=120, what="the worker answers")
