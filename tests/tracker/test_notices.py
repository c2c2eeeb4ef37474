"""A page whose markup alone takes back its text is evidence as a version is: on the ledger, shown, proven, removed."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from claims.access import Access
from claims.bundle import layout
from claims.bundle.verifying import Fault, Verified, verify
from claims.models import Document, Dossier, Event, Notice, Snapshot, TokenGrant
from claims.publishing.bundling import bundle_of
from claims.services import ledger
from claims.services.protection import protect_source
from claims.services.retention import close_dossier, lift_hold, place_hold, set_retention
from tests import factories
from tests.claims.publishing.test_bundle import lines, members, rewritten, signed_again
from tests.servers import pages
from tracker import pipeline, retention
from tracker.backup import SUMS, back_up
from tracker.submissions import submit

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "An earlier version of this article misquoted Hana Dresk."
MAYOR = "<p>The mayor of Besk said the school was open.</p>"
V1 = "/api/v1/"


class Outlet:
    """A page of a web server on this machine, that says what a test wants and is read whenever it wants it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        self.host = ""

    def says(self, **markup: str) -> bytes:
        """The same text, with this in its schema.org markup; the bytes that the server gives from now on."""
        linked = json.dumps({"@type": "NewsArticle", **markup}) if markup else "{}"
        head = f'<script type="application/ld+json">{linked}</script>'
        page = f"<html><head>{head}</head><body><article>{MAYOR}</article></body></html>".encode()
        self.answers["/besk"] = (200, "text/html", page)
        return page

    def read(self) -> None:
        pipeline.read_submission(submit(address=f"http://{self.host}/besk", dossier="besk", announce=False).pk)

    def files(self) -> set[str]:
        return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}


@pytest.fixture
def outlet(settings: Any, tmp_path: Path) -> Iterator[Outlet]:
    """Its page was read once, and took nothing back then."""
    outlet = Outlet(tmp_path / "evidence")
    settings.EVIDENCE_DIR, settings.SIGNING_KEY = outlet.folder, tmp_path / "keys" / "key.pem"
    with pages(outlet.answers) as outlet.host:
        settings.FETCH_ALLOW_HOSTS = frozenset({outlet.host})
        outlet.says()
        outlet.read()
        yield outlet


@pytest.fixture
def page(outlet: Outlet) -> bytes:
    """The page since it has a correction, as the server gives it; it was read twice."""
    page = outlet.says(correction=WORDS)
    outlet.read()
    outlet.read()
    return page


@pytest.fixture
def notice(page: bytes) -> Notice:
    assert Document.objects.get().state == "corrected"
    return Notice.objects.select_related("snapshot__document__dossier").get()


@pytest.fixture
def client_of(client: Client) -> Callable[[User], Client]:
    def signed_in(user: User) -> Client:
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def bundled(notice: Notice, tmp_path: Path) -> Callable[[], Path]:
    """Make the bundle of the dossier; where it is."""

    def made() -> Path:
        path = tmp_path / "besk.zip"
        path.write_bytes(b"".join(bundle_of(notice.snapshot.document.dossier, access=Access.of_everything())))
        return path

    return made


# --- What is kept of it ----------------------------------------------------------------------------------------------


def test_it_is_kept_once_with_its_hashes_on_the_ledger(outlet: Outlet, page: bytes, notice: Notice) -> None:
    version = Snapshot.objects.get()
    assert outlet.files() == {version.warc_path, notice.warc_path}
    assert (notice.snapshot, notice.state, notice.words) == (version, "corrected", WORDS)
    assert notice.payload_sha256 == hashlib.sha256(page).hexdigest() != version.payload_sha256
    told = Event.objects.get(object_uid=notice.uid)
    file = hashlib.sha256((outlet.folder / notice.warc_path).read_bytes()).hexdigest()
    assert (told.verb, told.object_type, told.dossier) == ("archived", "notice", version.document.dossier)
    assert told.state == {
        "document": str(version.document.uid),
        "snapshot": str(version.uid),
        "state": "corrected",
        "words": WORDS,
        "fetched_at": notice.fetched_at.isoformat(),
        "fetched_from": f"http://{outlet.host}/besk",
        "payload_sha256": notice.payload_sha256,
        "text_sha256": hashlib.sha256(version.text.encode()).hexdigest(),
        "warc_sha256": file,
    }
    about_document = Event.objects.filter(object_uid=version.document.uid).last()
    assert (about_document.verb, about_document.transaction) == ("corrected", told.transaction)


def test_a_correction_and_the_retraction_after_it_are_each_kept(outlet: Outlet, notice: Notice) -> None:
    outlet.says(creativeWorkStatus="Retracted")
    outlet.read()
    assert [(one.state, one.words) for one in Notice.objects.all()] == [
        ("corrected", WORDS), ("retracted", "creativeWorkStatus: Retracted"),
    ]  # fmt: skip
    assert (Snapshot.objects.count(), len(outlet.files())) == (1, 3)


def verified(capsys: Any) -> tuple[bool, str]:
    try:
        call_command("verify_evidence", "--dossier", "besk")
    except CommandError as error:
        return False, capsys.readouterr().out + str(error)
    return True, capsys.readouterr().out


def test_it_is_verified_as_a_version_is(outlet: Outlet, notice: Notice, capsys: Any) -> None:
    ledger.seal()
    assert verified(capsys) == (True, "1 versions and 1 notices on them verified.\n")
    path = outlet.folder / notice.warc_path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    well, told = verified(capsys)
    assert not well
    assert f"/besk notice on version 1 ({notice.uid}): file changed" in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE claims_notice SET payload_sha256 = repeat('0', 64)", "the ledger recorded another payload_sha256"),
        ("UPDATE claims_notice SET headers = '[]'", "headers differ"),
        ("DELETE FROM claims_event WHERE object_type = 'notice'", "the ledger has no event of it"),
        (
            "UPDATE claims_event SET state = jsonb_set(state, '{words}', '\"x\"') WHERE object_type = 'notice'",
            "was altered after it was sealed",
        ),
    ],
)
def test_what_somebody_changed_of_it_behind_the_product_s_back_is_found(
    notice: Notice, capsys: Any, change: str, told: str
) -> None:
    ledger.seal()
    behind_its_back(change)
    well, said = verified(capsys)
    assert not well
    assert told in said


def behind_its_back(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = DEFAULT")


def test_it_is_in_the_backup(notice: Notice, tmp_path: Path) -> None:
    back_up(tmp_path / "backup")
    assert f"{notice.warc_sha256}  evidence/{notice.warc_path}\n" in (tmp_path / "backup" / SUMS).read_text()
    assert (tmp_path / "backup" / "evidence" / notice.warc_path).is_file()


# --- Where it is shown -----------------------------------------------------------------------------------------------


def test_the_api_names_it_under_the_version_that_it_speaks_of(
    notice: Notice, reader: User, client_of: Callable[[User], Client]
) -> None:
    client = client_of(reader)
    document = client.get(f"{V1}documents/{notice.snapshot.document.uid}").json()
    assert (document["state"], document["notice"]) == ("corrected", WORDS)
    (shown,) = document["snapshots"][0]["notices"]
    assert shown == {
        "uid": str(notice.uid),
        "state": "corrected",
        "words": WORDS,
        "fetched_at": shown["fetched_at"],
        "fetched_from": notice.fetched_from,
        "http_status": 200,
        "content_type": "text/html",
        "payload_sha256": notice.payload_sha256,
        "removed_at": None,
        "removed_under": "",
    }
    (found,) = client.get(f"{V1}documents?sha256={notice.payload_sha256}").json()["results"]
    assert found["uid"] == document["uid"]
    history = client.get(f"{V1}documents/{notice.snapshot.document.uid}/history").json()
    assert any(change["type"] == "notice" for moment in history["results"] for change in moment["changes"])
    ledger.seal()
    (change,) = client.get(f"{V1}changes?type=notice").json()["changes"]
    assert (change["uid"], change["state"]["words"]) == (str(notice.uid), WORDS)


def test_a_protected_name_in_its_words_is_masked(
    notice: Notice, editor: User, reader: User, client_of: Callable[[User], Client]
) -> None:
    protect_source(factories.SourceFactory(name="Hana Dresk", kind="person"), by=editor, reason="In danger.")
    ledger.seal()
    document = reverse("desk:document", args=[notice.snapshot.document.uid])
    for address in (
        f"{V1}documents", f"{V1}documents/{notice.snapshot.document.uid}", f"{V1}changes?type=notice", document,
        reverse("admin:claims_notice_changelist"), reverse("admin:claims_notice_change", args=[notice.pk]),
        reverse("admin:claims_document_change", args=[notice.snapshot.document.pk]),
    ):  # fmt: skip
        shown = client_of(reader).get(address).content.decode()
        assert "misquoted" in shown, address
        assert "Dresk" not in shown, address
    assert "Hana Dresk" in client_of(editor).get(document).content.decode()


def test_a_token_for_another_dossier_is_told_nothing_of_it(notice: Notice, reader: User) -> None:
    instance, token = AuthToken.objects.create(reader)
    grant = TokenGrant.objects.create(token=instance, name="other", scopes=["read"], limited=True)
    grant.dossiers.add(factories.DossierFactory())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    ledger.seal()
    assert client.get(f"{V1}documents/{notice.snapshot.document.uid}").status_code == 404
    assert client.get(f"{V1}changes?type=notice").json()["changes"] == []
    grant.dossiers.add(notice.snapshot.document.dossier)
    assert len(client.get(f"{V1}changes?type=notice").json()["changes"]) == 1


def test_the_pages_show_it_and_give_its_bytes(
    page: bytes, notice: Notice, reader: User, client_of: Callable[[User], Client]
) -> None:
    client = client_of(reader)
    original = reverse("desk:notice_original", args=[notice.uid])
    document = client.get(reverse("desk:document", args=[notice.snapshot.document.uid])).content.decode()
    for shown in (WORDS, notice.fetched_from, notice.payload_sha256, original):
        assert shown in document
    assert f"In its words: <bdi>{WORDS}</bdi>" in document
    answer = client.get(original)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, page, "application/octet-stream")
    in_admin = client.get(reverse("admin:claims_document_change", args=[notice.snapshot.document.pk])).content.decode()
    row = reverse("admin:claims_notice_change", args=[notice.pk])
    assert "<h2>Notices of its publisher without a change of the text</h2>" in in_admin
    assert WORDS in in_admin
    assert row in in_admin
    assert row in client.get(reverse("admin:claims_snapshot_change", args=[notice.snapshot.pk])).content.decode()
    details = client.get(row).content.decode()
    assert notice.payload_sha256 in details
    assert notice.snapshot.text_sha256 in details


def test_who_may_see_no_notices_gets_no_bytes(notice: Notice, client_of: Callable[[User], Client]) -> None:
    nobody = factories.UserFactory(is_staff=True)
    assert client_of(nobody).get(reverse("desk:notice_original", args=[notice.uid])).status_code == 403


# --- The bundle ------------------------------------------------------------------------------------------------------


def fault_of(path: Path) -> Fault:
    with pytest.raises(Fault) as raised:
        verify(path)
    return raised.value


def test_the_bundle_holds_and_proves_it(notice: Notice, page: bytes, bundled: Callable[[], Path]) -> None:
    path = bundled()
    found: Verified = verify(path)
    assert (found.versions, found.notices) == (1, 1)
    held = members(path)
    (row,) = lines(held["rows/notices.jsonl"])
    assert (row["uid"], row["state"]["words"], row["more"]["http_status"]) == (str(notice.uid), WORDS, 200)
    file = layout.warc_member(row["uid"])
    assert hashlib.sha256(held[file]).hexdigest() == row["state"]["warc_sha256"] == notice.warc_sha256
    out = io.StringIO()
    call_command("verify_bundle", str(path), stdout=out)
    assert "1 versions, 1 notices, " in out.getvalue()
    version = layout.warc_member(str(notice.snapshot.uid))
    forgeries = [
        ("rows/notices.jsonl", held["rows/notices.jsonl"].replace(b"misquoted", b"quoted")),
        ("rows/notices.jsonl", b""),
        (file, held[file][:-40]),
        (file, held[version]),
    ]
    for name, content in forgeries:
        fault = fault_of(rewritten(path, signed_again({**held, name: content})))
        assert fault.member == (layout.EVENTS if not content else name), str(fault)


def test_a_lost_page_is_said_to_be(outlet: Outlet, notice: Notice, bundled: Callable[[], Path]) -> None:
    (outlet.folder / notice.warc_path).unlink()
    (missing,) = verify(bundled()).manifest["missing"]
    assert missing["notice"] == str(notice.uid)
    assert "cannot be read" in missing["why"]


def test_a_bundle_of_the_format_before_has_no_notices_and_still_verifies(outlet: Outlet, tmp_path: Path) -> None:
    path = tmp_path / "before.zip"
    path.write_bytes(b"".join(bundle_of(Dossier.objects.get(), access=Access.of_everything())))
    held = members(path)
    del held["rows/notices.jsonl"]
    manifest = json.loads(held[layout.MANIFEST])
    manifest["members"] = [one for one in manifest["members"] if one["name"] in held]
    held[layout.MANIFEST] = json.dumps(manifest).encode()
    assert fault_of(rewritten(path, signed_again(held))).member == "rows/notices.jsonl"
    held[layout.MANIFEST] = json.dumps({**manifest, "format": "corroborate-bundle/1"}).encode()
    assert verify(rewritten(path, signed_again(held))).versions == 1
    held[layout.MANIFEST] = json.dumps({**manifest, "format": "corroborate-bundle/3"}).encode()
    assert (
        "corroborate-bundle/2 and corroborate-bundle/1 are known" in fault_of(rewritten(path, signed_again(held))).why
    )


# --- Its end ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def closed(notice: Notice, editor: User) -> Dossier:
    """The dossier, whose contents are to go in a day."""
    dossier = notice.snapshot.document.dossier
    pipeline.work_off()
    set_retention(dossier, unused_days=None, closed_days=1, by=editor, reason="It is enough.")
    close_dossier(dossier, by=editor, reason="Done.")
    return dossier


def in_days(days: int) -> Any:
    return timezone.now() + timedelta(days=days)


def test_it_goes_with_the_contents_of_its_version_and_the_ledger_tells_of_both(
    outlet: Outlet, notice: Notice, closed: Dossier, bundled: Callable[[], Path], reader: User,
    client_of: Callable[[User], Client], capsys: Any,
) -> None:  # fmt: skip
    done = retention.apply(at=in_days(2))
    assert (len(done.removed), done.files, outlet.files()) == (1, 2, set())
    rule = "the dossier was closed more than 1 day ago"
    events = Event.objects.filter(verb="contents removed")
    assert {one.object_uid for one in events} == {notice.uid, notice.snapshot.uid}
    assert {(one.reason, one.state["removed"]) for one in events} == {(rule, rule)}
    assert events.order_by().values("transaction").distinct().count() == 1
    gone = Notice.objects.get()
    assert (gone.headers, gone.removed_under, bool(gone.file_removed_at)) == ([], rule, True)
    about_it = events.get(object_uid=notice.uid).state
    assert (about_it["payload_sha256"], about_it["words"]) == (notice.payload_sha256, WORDS)
    ledger.seal()
    well, told = verified(capsys)
    assert well
    assert told.endswith("verified. The contents of 2 of them were removed, as the ledger says.\n")
    path = bundled()
    assert (verify(path).notices, layout.warc_member(str(notice.uid)) in members(path)) == (0, False)
    client = client_of(reader)
    assert client.get(reverse("desk:notice_original", args=[notice.uid])).status_code == 410
    document = reverse("desk:document", args=[notice.snapshot.document.uid])
    assert client.get(document).content.decode().count("contents removed on") == 2
    (shown,) = client.get(f"{V1}documents/{notice.snapshot.document.uid}").json()["snapshots"][0]["notices"]
    assert shown["removed_under"] == rule
    assert retention.apply(at=in_days(3)) == retention.Applied([], 0, "")


def test_a_page_that_came_after_its_version_had_gone_goes_with_the_next_run(
    outlet: Outlet, notice: Notice, closed: Dossier, capsys: Any
) -> None:
    retention.apply(at=in_days(2))
    outlet.says(creativeWorkStatus="Retracted")
    outlet.read()
    later = Notice.objects.get(state="retracted")
    assert outlet.files() == {later.warc_path}
    assert [(one.snapshot, one.rule) for one in retention.planned(at=in_days(2))] == [
        (later.snapshot, "the dossier was closed more than 1 day ago")
    ]
    done = retention.apply(at=in_days(2))
    assert (len(done.removed), done.files, outlet.files()) == (1, 1, set())
    assert Event.objects.filter(object_uid=later.uid).last().verb == "contents removed"
    assert Event.objects.filter(object_uid=later.snapshot.uid, verb="contents removed").count() == 1
    assert verified(capsys)[0]


def test_a_hold_keeps_it_and_a_file_that_is_there_again_is_found(
    outlet: Outlet, notice: Notice, closed: Dossier, editor: User, capsys: Any
) -> None:
    place_hold(closed, by=editor, reason="A court asks.")
    assert retention.apply(at=in_days(2)) == retention.Applied([], 0, "")
    with pytest.raises(DatabaseError, match="on legal hold"), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(headers=[], removed_at=timezone.now(), removed_under="x")
    lift_hold(closed, by=editor, reason="It was told.")
    path = outlet.folder / notice.warc_path
    content = path.read_bytes()
    assert retention.apply(at=in_days(2)).files == 2
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    well, told = verified(capsys)
    assert not well
    assert f"({notice.uid}): not removed" in told
    with pytest.raises(DatabaseError, match="go whole and once"), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(removed_at=None, removed_under="", file_removed_at=None)
