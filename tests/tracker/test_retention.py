"""What a dossier's rules remove, what a legal hold keeps, and that everything else still verifies afterwards."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from claims.access import EVERY_SCOPE, Access
from claims.bundle.verifying import verify
from claims.errors import OnLegalHold, ReasonMissing, WrongState
from claims.models import Document, Dossier, Event, Snapshot, Statement
from claims.publishing.bundling import bundle_of
from claims.services import ledger, retention
from tests import factories
from tests.waiting import elsewhere, wait_until_waiting
from tracker import pipeline, reanalysis, tasks, verification
from tracker import retention as applied
from tracker.doctor import Level, examine
from tracker.evidence import evidence_store
from tracker.submissions import submit

pytestmark = [pytest.mark.django_db(transaction=True)]

USED = "The mayor of Arvel said the bridge at Arvel was closed on Monday.\n\nMore is not known.\n"
UNUSED = "A timetable\n\nThe ferry leaves at nine and at five. It does not run in winter.\n"


@pytest.fixture
def dossier(settings, tmp_path) -> Dossier:
    """One version that a claim rests on, and one that nothing does."""
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    settings.SIGNING_KEY = tmp_path / "signing_key.pem"
    for name, text in (("used.txt", USED), ("unused.txt", UNUSED)):
        submit(address=name, payload=text.encode(), content_type="text/plain", dossier="arvel", announce=False)
    pipeline.work_off()
    return Dossier.objects.get(slug="arvel")


def by_words(words: str) -> Snapshot:
    """The version whose text begins like this, or began so."""
    return Snapshot.objects.get(payload_sha256=verification.hashlib.sha256(words.encode()).hexdigest())


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("apply_retention", *arguments, stdout=out)
    return out.getvalue()


def later(days: float):
    return timezone.now() + timedelta(days=days)


def verified(tmp_path, editor) -> None:
    """Ledger, evidence and bundle of everything that is there."""
    ledger.seal()
    assert ledger.first_broken(Event.objects.sealed()) is None
    assert [v.faults for v in verification.verify_snapshots(Snapshot.objects.all()) if v.faults] == []
    access = Access(editor, EVERY_SCOPE, None, sees_protected=True)
    path = tmp_path / "bundle.zip"
    path.write_bytes(b"".join(bundle_of(Dossier.objects.get(slug="arvel"), access=access)))
    verify(path)


# --- What goes -------------------------------------------------------------------------------------------------------


def test_without_a_rule_nothing_ever_goes(dossier):
    assert list(applied.planned(at=later(100_000))) == []
    assert run() == "0 versions lost their contents, 0 files are gone.\n"


def test_what_nothing_rests_on_goes_after_its_days_and_the_rest_stays(dossier, editor, tmp_path):
    retention.set_retention(dossier, unused_days=30, closed_days=None, by=editor, reason="Data protection.")
    assert list(applied.planned(at=later(29))) == []
    assert [p.snapshot for p in applied.planned(at=later(31))] == [by_words(UNUSED)]
    done = applied.apply(at=later(31))
    gone, kept = by_words(UNUSED), by_words(USED)
    assert ([p.snapshot.pk for p in done.removed], done.files) == ([gone.pk], 1)
    assert (gone.text, gone.headers) == ("", [])
    assert gone.removed_under == "no claim or verdict rests on it, and it was fetched more than 30 days ago"
    assert gone.file_removed_at
    assert kept.text in USED
    assert set(evidence_store().names()) == {kept.warc_path}
    event = Event.objects.filter(object_uid=gone.uid).last()
    assert (event.verb, event.reason, event.state["removed"]) == ("contents removed", gone.removed_under, event.reason)
    assert event.state["payload_sha256"] == gone.payload_sha256
    assert event.actor_label == "machine:retention/1"
    verified(tmp_path, editor)
    assert applied.apply(at=later(32)) == applied.Applied([], 0, "")


def test_after_closing_everything_goes_but_what_was_quoted_and_decided(dossier, editor, tmp_path):
    retention.set_retention(dossier, unused_days=None, closed_days=10, by=editor, reason="Our policy.")
    assert list(applied.planned(at=later(100))) == [], "it is open"
    retention.close_dossier(dossier, by=editor, reason="Published.")
    assert list(applied.planned(at=later(9))) == []
    said = list(Statement.objects.values_list("content_text", "content_spans"))
    standings = {c.pk: c.standing for c in dossier.claims.all()}
    assert len(applied.apply(at=later(11)).removed) == 2
    assert list(Statement.objects.values_list("content_text", "content_spans")) == said
    assert {c.pk: c.standing for c in dossier.claims.all()} == standings
    assert list(evidence_store().names()) == []
    verified(tmp_path, editor)
    assert not reanalysis.due().filter(removed_at__isnull=False).exists()
    assert pipeline.outstanding() == []


def test_a_reopened_dossier_keeps_what_is_left(dossier, editor):
    retention.set_retention(dossier, unused_days=None, closed_days=10, by=editor, reason="Our policy.")
    retention.close_dossier(dossier, by=editor, reason="Published.")
    retention.reopen_dossier(dossier, by=editor, reason="New witnesses.")
    assert list(applied.planned(at=later(100))) == []
    with pytest.raises(WrongState, match="not closed"):
        retention.reopen_dossier(dossier, by=editor, reason="Again.")


@pytest.mark.parametrize("what", ["confirmed", "protected", "evidence"])
def test_what_a_person_relies_on_is_used(dossier, editor, what):
    retention.set_retention(dossier, unused_days=1, closed_days=None, by=editor, reason="Data protection.")
    snapshot = by_words(UNUSED)
    if what == "evidence":
        verdict = factories.VerdictFactory(claim=dossier.claims.get())
        with transaction.atomic():
            verdict.evidence.create(url="https://archive.example/x", snapshot=snapshot)
    else:
        changed = (
            {"state": "confirmed", "reviewed_by": editor, "reviewed_at": timezone.now()}
            if what == "confirmed"
            else {"protected": True}
        )
        factories.StatementFactory(snapshot=snapshot, content_text="The ferry", content_spans=[[13, 22]], **changed)
    assert list(applied.planned(at=later(2))) == []


def test_what_waits_for_its_analysis_is_read_first(dossier, editor):
    retention.set_retention(dossier, unused_days=1, closed_days=1, by=editor, reason="Data protection.")
    retention.close_dossier(dossier, by=editor, reason="Published.")
    Snapshot.objects.update(analysed_with="", matched_with="")
    assert list(applied.planned(at=later(2))) == []


# --- Holds -----------------------------------------------------------------------------------------------------------


def test_a_legal_hold_stops_every_removal_until_it_is_lifted(dossier, editor):
    retention.set_retention(dossier, unused_days=1, closed_days=1, by=editor, reason="Data protection.")
    retention.close_dossier(dossier, by=editor, reason="Published.")
    retention.place_hold(dossier, by=editor, reason="A court asked for it.")
    assert list(applied.planned(at=later(10))) == []
    with pytest.raises(OnLegalHold):
        retention.remove_contents(by_words(UNUSED).pk, at=later(10))
    assert "on legal hold: nothing of it is removed" in run("--dossier", "arvel")
    held = Event.objects.filter(object_uid=dossier.uid).last()
    assert (held.verb, held.reason, held.state["legal_hold"]) == ("legal hold placed", "A court asked for it.", True)
    retention.lift_hold(dossier, by=editor, reason="The case is over.")
    assert len(applied.apply(at=later(10)).removed) == 2


def test_a_hold_that_comes_between_row_and_file_keeps_the_file(dossier, editor):
    retention.set_retention(dossier, unused_days=1, closed_days=None, by=editor, reason="Data protection.")
    retention.remove_contents(by_words(UNUSED).pk, at=later(2))
    retention.place_hold(dossier, by=editor, reason="A court asked for it.")
    assert applied.apply().files == 0
    assert by_words(UNUSED).warc_path in set(evidence_store().names())
    retention.lift_hold(dossier, by=editor, reason="The case is over.")
    tasks.apply_retention()
    assert by_words(UNUSED).warc_path not in set(evidence_store().names())


@pytest.mark.parametrize(
    ("held", "change", "refused"),
    [
        (True, "text = '', headers = '[]', removed_at = now(), removed_under = 'x'", "on legal hold"),
        (False, "text = '', headers = '[]', removed_at = now(), removed_under = 'x'", "not on the ledger"),
        (False, "text = ''", "snapshot_text_not_empty"),
        (False, "text = 'other words'", "Cannot update rows"),
        (False, "removed_at = now(), removed_under = 'x'", "snapshot_removed_under_a_rule"),
        (False, "text = 'other words', removed_at = now(), removed_under = 'x'", "snapshot_removed_under_a_rule"),
    ],
)  # fmt: skip
def test_the_database_itself_lets_nothing_else_go(dossier, editor, held, change, refused):
    if held:
        retention.place_hold(dossier, by=editor, reason="A court asked for it.")
    with pytest.raises(DatabaseError, match=refused), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE claims_snapshot SET {change} WHERE id = %s", [by_words(UNUSED).pk])


def test_nothing_that_went_comes_back(dossier, editor):
    retention.set_retention(dossier, unused_days=1, closed_days=None, by=editor, reason="Data protection.")
    applied.apply(at=later(2))
    with pytest.raises(DatabaseError, match="Cannot update rows"), transaction.atomic():
        Snapshot.objects.filter(pk=by_words(UNUSED).pk).update(
            text="forged", removed_at=None, removed_under="", file_removed_at=None
        )


def test_a_decision_needs_its_reason(dossier, editor):
    with pytest.raises(ReasonMissing):
        retention.place_hold(dossier, by=editor, reason=" ")
    with pytest.raises(WrongState, match="not on legal hold"):
        retention.lift_hold(dossier, by=editor, reason="Why not.")


# --- Everything else copes -------------------------------------------------------------------------------------------


@pytest.fixture
def gone(dossier, editor) -> Snapshot:
    retention.set_retention(dossier, unused_days=1, closed_days=None, by=editor, reason="Data protection.")
    applied.apply(at=later(2))
    return by_words(UNUSED)


def test_the_api_answers_410_with_when_and_under_which_rule(gone, editor):
    client = Client()
    client.force_login(editor)
    answer = client.get(f"/api/v1/documents/{gone.document.uid}/text")
    told = answer.json()
    assert (answer.status_code, told["code"]) == (410, "contents_removed")
    assert (told["removed_under"], told["text_sha256"]) == (gone.removed_under, gone.text_sha256)
    version = client.get(f"/api/v1/documents/{gone.document.uid}").json()["snapshots"][0]
    assert version["removed_under"] == gone.removed_under
    assert client.get(f"/api/v1/dossiers/{gone.document.dossier.uid}").json()["keep_unused_days"] == 1


def test_pages_say_that_it_went_and_why(gone, editor):
    client = Client()
    client.force_login(editor)
    page = client.get(reverse("desk:document", args=[gone.document.uid])).content.decode()
    assert "were removed on" in page
    assert gone.removed_under in page
    assert client.get(reverse("desk:document_original", args=[gone.document.uid, 1])).status_code == 410
    assert "Removed on" in client.get(reverse("admin:claims_snapshot_change", args=[gone.pk])).content.decode()
    assert "go after 1 day." in client.get(reverse("desk:dossier", args=[gone.document.dossier.uid])).content.decode()


def test_a_statement_still_shows_the_words_that_it_quotes(dossier, editor):
    retention.set_retention(dossier, unused_days=None, closed_days=10, by=editor, reason="Our policy.")
    retention.close_dossier(dossier, by=editor, reason="Published.")
    applied.apply(at=later(11))
    said = Statement.objects.get()
    client = Client()
    client.force_login(editor)
    page = client.get(reverse("admin:claims_statement_change", args=[said.pk])).content.decode()
    assert f'">{said.content_text}</mark>' in page
    page = client.get(reverse("desk:document", args=[said.snapshot.document.uid])).content.decode()
    assert said.content_text in page
    assert "not at their place" not in page


def test_an_editor_holds_and_lifts_from_the_dossier_s_page_and_a_reader_does_not(dossier, editor, reader):
    page = reverse("admin:claims_dossier_hold_this", args=[dossier.pk])
    theirs, ours = Client(), Client()
    theirs.force_login(reader)
    ours.force_login(editor)
    assert theirs.post(page, {"reason": "x"}).status_code == 403
    ours.post(page, {"reason": "A court asked for it."})
    dossier.refresh_from_db()
    assert dossier.legal_hold
    retain = reverse("admin:claims_dossier_retain_this", args=[dossier.pk])
    ours.post(retain, {"unused_days": "90", "closed_days": "", "reason": "Our policy."})
    dossier.refresh_from_db()
    assert (dossier.keep_unused_days, dossier.keep_closed_days) == (90, None)
    assert "On legal hold" in ours.get(reverse("admin:claims_dossier_change", args=[dossier.pk])).content.decode()


def test_a_new_version_of_what_went_is_kept_and_a_changed_one_shows_no_difference(gone, editor):
    document = gone.document
    newer = factories.SnapshotFactory(document=document, number=2, latest=False, text="It runs in winter now.")
    client = Client()
    client.force_login(editor)
    page = client.get(reverse("desk:document_difference", args=[document.uid]) + "?old=1&new=2").content.decode()
    assert "What changed cannot be shown any more" in page
    pipeline.analyse_snapshot(newer.pk)
    assert Snapshot.objects.get(pk=newer.pk).analysed_with


def test_a_copy_stays_one_when_the_text_of_its_original_is_gone(dossier, editor):
    text = " ".join(f"word{n} and thing{n % 7} of Arvel" for n in range(120))
    for name in ("first.txt", "second.txt"):
        submit(
            address=name, payload=(text + f"\n\n{name}").encode(), content_type="text/plain", dossier="arvel",
            announce=False,
        )  # fmt: skip
    pipeline.work_off()
    copy = Document.objects.get(origin__isnull=False)
    retention.set_retention(dossier, unused_days=1, closed_days=None, by=editor, reason="Data protection.")
    retention.remove_contents(Snapshot.objects.get(document=copy.origin).pk, at=later(2))
    third = factories.SnapshotFactory(
        document=copy, number=2, latest=False, text=text + "\n\nsecond.txt", signature=copy.snapshots.get().signature
    )
    with transaction.atomic():
        copy.snapshots.exclude(pk=third.pk).update(latest=False)
        Snapshot.objects.filter(pk=third.pk).update(latest=True)
    from tracker.copies import settle_origins

    settle_origins(third)
    copy.refresh_from_db()
    assert copy.origin is not None


@pytest.fixture
def due(dossier, editor) -> Dossier:
    """Its unused version is to go in two days."""
    retention.set_retention(dossier, unused_days=1, closed_days=None, by=editor, reason="Data protection.")
    return dossier


def test_a_bundle_of_which_contents_went_after_it_was_asked_for_verifies(due, tmp_path):
    """By whatever time it is made: what the rows and what the ledger say of a removal are of one moment."""
    pieces = bundle_of(due, access=Access.of_everything())
    assert retention.remove_contents(by_words(UNUSED).pk, at=later(2)) is not None
    path = tmp_path / "bundle.zip"
    path.write_bytes(b"".join(pieces))
    assert verify(path).versions == 1


def test_a_removal_waits_while_a_bundle_takes_its_moment(due, tmp_path):
    def removed() -> Snapshot | None:
        return elsewhere(lambda: retention.remove_contents(by_words(UNUSED).pk, at=later(2)))

    with ThreadPoolExecutor() as others:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ledger.SEALER_LOCK])  # another sealer is at work
            pieces = bundle_of(due, access=Access.of_everything())
            making = others.submit(elsewhere, lambda: b"".join(pieces))
            wait_until_waiting(1)
            removing = others.submit(removed)
            wait_until_waiting(2)
        path = tmp_path / "bundle.zip"
        path.write_bytes(making.result())
        assert removing.result() is not None
    assert verify(path).versions == 2, "it is of the moment before the removal"


def test_the_dry_run_names_and_changes_nothing(dossier, editor):
    retention.set_retention(dossier, unused_days=1, closed_days=None, by=editor, reason="Data protection.")
    Snapshot.objects.filter(pk=by_words(UNUSED).pk)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE claims_snapshot SET fetched_at = fetched_at - interval '2 days'")
        cursor.execute("SET session_replication_role = DEFAULT")
    told = run("--dry-run")
    assert "version 1: no claim or verdict rests on it, and it was fetched more than 1 day ago" in told
    assert told.endswith("1 versions would lose their contents. Nothing was changed.\n")
    assert not Snapshot.objects.filter(removed_at__isnull=False).exists()
    assert run().endswith("1 versions lost their contents, 1 files are gone.\n")
    with pytest.raises(CommandError, match="no dossier nowhere"):
        run("--dossier", "nowhere")


def test_evidence_that_went_without_a_word_on_the_ledger_or_came_back_is_found(gone, capsys):
    ledger.seal()
    store = evidence_store()
    store.write(gone.warc_path, b"again")
    with pytest.raises(CommandError):
        call_command("verify_evidence")
    assert "not removed" in capsys.readouterr().out
    store.remove(gone.warc_path)
    call_command("verify_evidence")
    assert "2 versions verified. The contents of 1 of them were removed, as the ledger says." in capsys.readouterr().out
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE claims_snapshot SET text = '', headers = '[]', removed_at = now(), removed_under = 'x'")
        cursor.execute("SET session_replication_role = DEFAULT")
    with pytest.raises(CommandError):
        call_command("verify_evidence")
    assert capsys.readouterr().out.count("does not say under which rule") == 2


def test_a_store_that_lets_no_file_go_is_told_and_tried_again(dossier, editor, monkeypatch):
    retention.set_retention(dossier, unused_days=1, closed_days=None, by=editor, reason="Data protection.")

    def refuses(*_: object) -> None:
        raise PermissionError("read-only file system")

    with monkeypatch.context() as locked:
        locked.setattr("tracker.ingest.store.FolderStore.remove", refuses)
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("UPDATE claims_snapshot SET fetched_at = fetched_at - interval '2 days'")
            cursor.execute("SET session_replication_role = DEFAULT")
        done = applied.apply(at=timezone.now() - timedelta(hours=4))
        assert (len(done.removed), done.files) == (1, 0)
        assert "read-only file system" in done.waiting
        found = {one.check: one for _, one in examine(only=["retention"])}["removed_files"]
        assert (found.level, found.says[:7]) == (Level.WARNING, "1 files")
    assert applied.apply().files == 1
    assert {one.check: one.level for _, one in examine(only=["retention"])} == {"removed_files": Level.OK}


def test_while_a_backup_is_made_files_stay_and_what_went_is_not_in_it(gone, dossier, editor, tmp_path, settings):
    from tracker import backup

    settings.HOME = tmp_path
    retention.close_dossier(dossier, by=editor, reason="Published.")
    retention.set_retention(dossier, unused_days=1, closed_days=1, by=editor, reason="Our policy.")
    with backup._nothing_removed():
        # Another session applies the rules meanwhile.
        from concurrent.futures import ThreadPoolExecutor

        from django.db import connections

        def elsewhere_applied():
            try:
                return applied.apply(at=later(2))
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(elsewhere_applied).result()
    assert (len(done.removed), done.files) == (1, 0)
    assert "A backup is being made" in done.waiting
    manifest = backup.back_up(tmp_path / "backup")
    assert (manifest.versions, manifest.missing) == (2, [])
    assert (tmp_path / "backup" / backup.SUMS).read_text() == ""
    assert applied.apply().files == 1
    assert json.loads((tmp_path / "backup" / backup.MANIFEST).read_text())["versions"] == 2


@pytest.mark.slow
def test_what_went_before_a_backup_is_not_missed_by_its_restore(gone, tmp_path, settings, capsys):
    settings.HOME = tmp_path
    kept = by_words(USED)
    call_command("backup", str(tmp_path / "kept"))
    call_command("restore", str(tmp_path / "kept"), overwrite=True)
    assert "2 versions verified. The contents of 1 of them were removed" in capsys.readouterr().out
    assert set(evidence_store().names()) == {kept.warc_path}
    assert by_words(UNUSED).removed_under == gone.removed_under
    with pytest.raises(DatabaseError, match="Cannot update rows"), transaction.atomic():
        Snapshot.objects.filter(pk=gone.pk).update(
            text="forged", removed_at=None, removed_under="", file_removed_at=None
        )
