"""A bundle holds the dossier and nothing else, proves it with nothing else at hand, and no byte can be changed."""

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from knox.models import AuthToken
from rest_framework.test import APIClient
from warcio.archiveiterator import ArchiveIterator

from claims.access import Access
from claims.bundle import keys, layout
from claims.bundle.verifying import Fault, verify
from claims.models import Dossier, Snapshot, TokenGrant
from claims.publishing import bundling, signing
from claims.services import ledger
from claims.services.protection import protect_source
from claims.services.verdicts import draft_verdict
from tests import factories
from tests.claims.api.conftest import V1, published
from tests.servers import ROOT, pages
from tracker import pipeline
from tracker.submissions import submit

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = b"<html><body><article><p>The mayor of Besk said the school was open.</p>" + b"<p>It is a school.</p>" * 5


@pytest.fixture
def dossier(settings, tmp_path, reviewer, editor) -> Dossier:
    """A page that a server gave, one statement in it, a claim with a verdict and a draft; another dossier beside."""
    settings.EVIDENCE_DIR, settings.SIGNING_KEY = tmp_path / "evidence", tmp_path / "keys" / "key.pem"
    with pages({"/school": (200, "text/html", PAGE)}) as host:
        settings.FETCH_ALLOW_HOSTS = frozenset({host})
        pipeline.read_submission(submit(address=f"http://{host}/school", dossier="besk", announce=False).pk)
    snapshot = Snapshot.objects.get()
    start, cue = snapshot.text.index("the school was open"), snapshot.text.index("said")
    statement = factories.StatementFactory(
        snapshot=snapshot,
        source__name="The mayor of Besk",
        source_spans=[[0, 17]],
        cue_text="said",
        cue_spans=[[cue, cue + 4]],
        content_text="the school was open",
        content_spans=[[start, start + 19]],
    )
    claim = factories.ClaimFactory(dossier=snapshot.document.dossier, text="the school was open")
    factories.PositionFactory(statement=statement, claim=claim)
    published(claim, credibility=2, author=reviewer, approver=editor)
    draft_verdict(claim, credibility=6, rationale="A secret doubt.", by=reviewer)
    factories.ClaimFactory(text="foreign business")
    return snapshot.document.dossier


@pytest.fixture
def bundle(dossier, tmp_path) -> Path:
    path = tmp_path / "besk.zip"
    call_command("export_bundle", "besk", str(path), stdout=io.StringIO())
    return path


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(path: Path, content: dict[str, bytes]) -> Path:
    """A well-formed archive with this content: what somebody with time makes."""
    target = path.with_name("rewritten.zip")
    with zipfile.ZipFile(target, "w") as archive:
        for name, held in content.items():
            archive.writestr(name, held)
    return target


def fault_of(path: Path) -> Fault:
    with pytest.raises(Fault) as raised:
        verify(path)
    return raised.value


def lines(content: bytes) -> list[dict]:
    return [json.loads(line) for line in content.splitlines()]


def test_a_bundle_holds_the_dossier_with_its_evidence_and_nothing_else(bundle):
    held = members(bundle)
    (snapshot,) = lines(held["rows/snapshots.jsonl"])
    assert held[layout.text_member(snapshot["uid"])].decode().startswith("The mayor of Besk said the school was open.")
    records = list(ArchiveIterator(io.BytesIO(held[layout.warc_member(snapshot["uid"])])))
    assert [record.rec_type for record in records] == ["warcinfo", "response", "request"]
    assert [claim["state"]["text"] for claim in lines(held["rows/claims.jsonl"])] == ["the school was open"]
    assert [v["state"]["state"] for v in lines(held["rows/verdicts.jsonl"])] == ["published"]
    everything = b"\n".join(held.values())
    assert b"foreign business" not in everything
    assert b"A secret doubt." not in everything
    manifest = json.loads(held["manifest.json"])
    assert manifest["ledger"]["told"] < manifest["ledger"]["size"] == ledger.head()[0]
    assert (manifest["missing"], manifest["protected_material"]) == ([], False)


def test_it_verifies_without_database_settings_or_django(bundle):
    bare = {"PATH": os.environ["PATH"], "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    for command in (["-m", "claims.bundle"], ["manage.py", "verify_bundle"]):
        done = subprocess.run(
            [sys.executable, *command, str(bundle)], cwd=ROOT, env=bare, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "1 versions, 1 statements" in done.stdout
        assert "compare it with the one that its maker publishes" in done.stdout


def test_one_flipped_byte_of_any_member_is_found_and_the_member_named(bundle):
    with zipfile.ZipFile(bundle) as archive:
        places = [(info.filename, info.header_offset, info.compress_size) for info in archive.infolist()]
    content = bundle.read_bytes()
    assert len(places) == len(layout.ROWS) + 9
    for name, header, size in places:
        if size < 3:
            continue  # an empty member has no byte to flip
        data = header + 30 + len(name) + int.from_bytes(content[header + 28 : header + 30], "little")
        flipped = bytearray(content)
        flipped[data + size // 2] ^= 1
        damaged = bundle.with_name("damaged.zip")
        damaged.write_bytes(flipped)
        assert fault_of(damaged).member == name


def test_a_well_formed_archive_with_other_content_is_found_by_its_hashes(bundle):
    held = members(bundle)
    for name, content in held.items():
        changed = content.replace(b"a", b"b", 1) if b"a" in content else content + b"\n"
        named = {layout.SIGNATURE: {layout.SIGNATURE, layout.MANIFEST}}.get(name, {name})
        assert fault_of(rewritten(bundle, {**held, name: changed})).member in named
        without = {other: held[other] for other in held if other != name}
        assert fault_of(rewritten(bundle, without)).member == name
    assert fault_of(rewritten(bundle, {**held, "more.txt": b"more"})).member == "more.txt"


def test_what_its_own_maker_forges_is_found_by_the_ledger(bundle, dossier):
    """The maker can sign anything: then the parts must bear each other out."""
    held = members(bundle)
    uid = lines(held["rows/snapshots.jsonl"])[0]["uid"]
    events = held[layout.EVENTS].splitlines(keepends=True)
    forgeries = [
        (layout.rows_member("claims"), held["rows/claims.jsonl"].replace(b"open", b"shut")),
        (layout.rows_member("documents"), b""),
        (
            layout.rows_member("statements"),
            held["rows/statements.jsonl"].replace(b'"cue_spans": [[', b'"cue_spans": [[1'),
        ),
        (layout.text_member(uid), held[layout.text_member(uid)].replace(b"open", b"shut")),
        (layout.warc_member(uid), held[layout.warc_member(uid)][:-40]),
        (layout.EVENTS, held[layout.EVENTS].replace(b"the school was open", b"the school was shut")),
        (layout.EVENTS, b"".join(events[:-1])),
        (layout.OTHERS, held[layout.OTHERS].replace(b'"root": "', b'"root": "00', 1)),
    ]
    for name, content in forgeries:
        assert content != held[name]
        forged = signed_again({**held, name: content})
        fault = fault_of(rewritten(bundle, forged))
        follows = {layout.rows_member("documents"): layout.EVENTS, layout.EVENTS: layout.OTHERS}
        assert fault.member in {name, follows.get(name)}, (name, str(fault))


def signed_again(held: dict[str, bytes]) -> dict[str, bytes]:
    """The content with a manifest that lists it, signed by this installation."""
    manifest = json.loads(held[layout.MANIFEST])
    for member in manifest["members"]:
        content = held[member["name"]]
        member |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    content = json.dumps(manifest).encode()
    signature = json.loads(held[layout.SIGNATURE])
    signature["signature"] = base64.b64encode(signing.signing_key().sign(content)).decode()
    return {**held, layout.MANIFEST: content, layout.SIGNATURE: json.dumps(signature).encode()}


def test_a_key_from_elsewhere_decides_whose_signature_it_is(bundle, dossier):
    mine = signing.signing_key().public_key()
    assert verify(bundle, key=mine).known_key
    old, new = signing.rotate()
    assert verify(bundle, key=old).known_key
    with pytest.raises(Fault, match=r"signature\.json: it was made with the key"):
        verify(bundle, key=new)
    with pytest.raises(CommandError, match="neither a PEM file nor the Base64"):
        call_command("verify_bundle", str(bundle), "--key", "nonsense")


def test_the_key_is_its_owners_alone_and_public_keys_outlive_rotation(dossier, settings, api):
    first = signing.signing_key().public_key()
    assert settings.SIGNING_KEY.stat().st_mode & 0o777 == 0o600
    _, second = signing.rotate()
    assert settings.SIGNING_KEY.stat().st_mode & 0o777 == 0o600
    assert [keys.raw(key) for key in signing.public_keys()] == [keys.raw(second), keys.raw(first)]
    shown = api.get(f"{V1}signing-keys").json()["keys"]
    assert [key["in_use"] for key in shown] == [True, False]
    settings.SIGNING_KEY.write_text("damaged")
    with pytest.raises(CommandError, match="cannot be used"):
        call_command("signing_key")


def test_over_http_the_same_bundle_comes_to_whoever_may_read_the_dossier(dossier, api, tmp_path):
    answer = api.get(f"{V1}dossiers/{dossier.uid}/bundle")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    path = tmp_path / "sent.zip"
    path.write_bytes(answer.getvalue())
    assert verify(path).statements == 1


def test_a_dossier_with_protected_material_is_bundled_only_for_who_may_see_it(dossier, api, editor, client_of):
    protect_source(dossier.documents.get().snapshots.get().statements.get().source, by=editor, reason="Asked for it.")
    answer = api.get(f"{V1}dossiers/{dossier.uid}/bundle")
    assert (answer.status_code, answer.json()["code"]) == (403, "protected_material")
    assert client_of(editor).get(f"{V1}dossiers/{dossier.uid}/bundle").status_code == 200


def test_a_token_for_another_dossier_and_a_stranger_get_none(dossier, reader, client_of):
    instance, token = AuthToken.objects.create(reader)
    grant = TokenGrant.objects.create(token=instance, name="other", scopes=["read"], limited=True)
    grant.dossiers.add(factories.DossierFactory())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert client.get(f"{V1}dossiers/{dossier.uid}/bundle").status_code == 404
    assert client_of(factories.UserFactory()).get(f"{V1}dossiers/{dossier.uid}/bundle").status_code == 403
    assert APIClient().get(f"{V1}dossiers/{dossier.uid}/bundle").status_code == 401


def test_an_original_that_is_lost_is_said_to_be(dossier, tmp_path, settings):
    next(settings.EVIDENCE_DIR.rglob("*.warc.gz")).unlink()
    path = tmp_path / "lost.zip"
    path.write_bytes(b"".join(bundling.bundle_of(dossier, access=Access.of_everything())))
    (missing,) = verify(path).manifest["missing"]
    assert "cannot be read" in missing["why"]


def test_the_installation_can_tell_its_own_root(bundle, capsys):
    manifest = json.loads(members(bundle)["manifest.json"])
    root = f"{manifest['ledger']['size']}:{manifest['ledger']['root']}"
    call_command("verify_ledger", "--root", root)
    assert f"root {root}" in capsys.readouterr().out
    with pytest.raises(CommandError, match="other events"):
        call_command("verify_ledger", "--root", f"{manifest['ledger']['size'] - 1}:{manifest['ledger']['root']}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["nowhere", "x.zip"], "There is no dossier 'nowhere'. Known: besk"), (["besk", "{bundle}"], "is there already")],
)
def test_the_command_says_what_it_cannot_do(bundle, arguments, said):
    with pytest.raises(CommandError, match=said):
        call_command("export_bundle", *[argument.format(bundle=bundle) for argument in arguments])
