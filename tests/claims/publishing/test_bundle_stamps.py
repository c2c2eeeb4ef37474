"""The time stamps in a bundle: whoever has the bundle alone checks by when its events were there."""

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from claims.bundle import layout
from claims.bundle.tokens import read_roots
from claims.bundle.verifying import verify
from claims.models import Stamp
from claims.services import ledger
from tests import factories
from tests.authority import authority
from tests.claims.publishing.test_bundle import bundle, dossier, fault_of, lines, members, rewritten, signed_again
from tests.servers import ROOT
from tracker import timestamps

__all__ = ["bundle", "dossier"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl: it plays the authority"),
]


@pytest.fixture
def stamped(settings, tmp_path, dossier):
    """An authority's stamp over all that was recorded of the dossier; then more is recorded, and bundled unstamped."""
    with authority(tmp_path / "authority") as running:
        settings.TIMESTAMP_AUTHORITY, settings.TIMESTAMP_ROOTS = running.address, str(running.roots)
        settings.FETCH_ALLOW_HOSTS = frozenset({running.host})
        ledger.seal()
        assert timestamps.stamp_ledger() is not None
        factories.ClaimFactory(dossier=dossier, text="recorded after the stamp")
        factories.ClaimFactory(text="foreign business")
        yield running


@pytest.fixture
def held(stamped, bundle):
    return members(bundle)


def forged(bundle, held, **changes):
    """The bundle with another stamp in it, signed by its maker."""
    (stamp,) = lines(held[layout.STAMPS])
    content = json.dumps(stamp | changes).encode()
    return rewritten(bundle, signed_again({**held, layout.STAMPS: content}))


def test_the_stamp_of_its_events_is_in_it_and_verifies_alone(stamped, bundle):
    found = verify(bundle)
    assert (found.stamps.count, found.stamps.unchecked, found.stamps.known_roots) == (1, 0, False)
    assert 0 < found.stamps.events < found.events
    assert timezone.now() - found.stamps.latest < timedelta(minutes=5)
    (stamp,) = lines(members(bundle)[layout.STAMPS])
    assert (stamp["first"], stamp["last"]) == tuple(Stamp.objects.values_list("first_seq", "last_seq").get())
    assert stamp["others"], "events of another dossier are in the range, by their hashes alone"


def test_the_command_says_by_when_its_events_were_there(stamped, bundle):
    bare = {"PATH": os.environ["PATH"], "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    roots = ["--stamp-roots", str(stamped.roots)]
    for command in (["-m", "claims.bundle"], ["manage.py", "verify_bundle"]):
        for more, said in (
            ([], "compare ledger/stamp-roots.pem with the authority's own"),
            (roots, "events were there"),
        ):
            done = subprocess.run(
                [sys.executable, *command, str(bundle), *more], cwd=ROOT, env=bare, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            assert "1 time stamps verified" in done.stdout
            assert said in done.stdout


def test_only_the_authority_of_whoever_verifies_is_believed(stamped, bundle, tmp_path):
    mine = read_roots(stamped.roots.read_bytes())
    assert verify(bundle, stamp_roots=mine).stamps.known_roots
    with authority(tmp_path / "stranger") as stranger, pytest.raises(CommandError, match="does not hold"):
        call_command("verify_bundle", str(bundle), "--stamp-roots", str(stranger.roots))


def test_what_is_forged_of_a_stamp_is_found(held, bundle):
    (stamp,) = lines(held[layout.STAMPS])
    swapped = [[first, last, "00" * 32] for first, last, _root in stamp["others"]]
    for changes, said in (
        ({"stamped_at": "2001-01-01T00:00:00+00:00"}, "another moment"),
        ({"root": "00" * 32}, "given over other events"),
        ({"others": swapped}, "given over other events"),
        ({"last": stamp["last"] + 1}, "nothing proves"),
        ({"first": stamp["last"] + 1}, "not in its place"),
        ({"token": ""}, "does not hold"),
        ({"token": stamp["token"][:-12] + "A" * 12}, "does not hold"),
    ):
        fault = fault_of(forged(bundle, held, **changes))
        assert (fault.member, said in str(fault)) == (layout.STAMPS, True), (changes, str(fault))


def test_certificates_that_are_none_are_a_fault(held, bundle):
    fault = fault_of(rewritten(bundle, signed_again({**held, layout.STAMP_ROOTS: b"no certificate"})))
    assert fault.member == layout.STAMP_ROOTS


def test_without_certificates_a_stamp_is_said_to_be_unchecked(stamped, settings, dossier, tmp_path, capsys):
    settings.TIMESTAMP_ROOTS = ""
    path = tmp_path / "unchecked.zip"
    call_command("export_bundle", dossier.slug, str(path))
    found = verify(path).stamps
    assert (found.count, found.events, found.unchecked) == (0, 0, 1)
    call_command("verify_bundle", str(path))
    assert "1 time stamps were not checked" in capsys.readouterr().out
    assert verify(path, stamp_roots=read_roots(stamped.roots.read_bytes())).stamps.count == 1


def test_without_a_stamp_that_is_said(bundle, capsys):
    call_command("verify_bundle", str(bundle))
    assert "No time stamp covers any of it." in capsys.readouterr().out
