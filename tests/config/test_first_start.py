"""What the first start writes: whole or not at all, and made again where it was damaged."""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from config import embedded, files, run
from config.logins import prepare_logins
from tests.servers import ROOT

TORN = ["", '{"editor": "half', "[]", "\x00\x00"]


def test_a_private_file_is_replaced_whole_and_nobody_else_may_read_it(tmp_path, monkeypatch):
    path = tmp_path / "secret"
    files.write_privately(path, "old")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def power_fails(_handle: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(files.os, "fsync", power_fails)
    with pytest.raises(OSError, match="no space"):
        files.write_privately(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("torn", ["", "half a k", " \n"])
def test_a_torn_secret_key_is_made_again_and_then_kept(tmp_path, monkeypatch, torn):
    monkeypatch.setenv("CORROBORATE_HOME", str(tmp_path))
    (tmp_path / "secret_key").write_text(torn)
    made = embedded.secret_key()
    assert len(made) >= embedded.SHORTEST_KEY
    assert embedded.secret_key() == made


@pytest.mark.django_db
@pytest.mark.parametrize("torn", TORN)
def test_torn_logins_are_made_again_and_work(tmp_path, torn):
    path = tmp_path / "logins.json"
    path.write_text(torn)
    made = prepare_logins(path)
    assert get_user_model().objects.get(username="editor").check_password(made.passwords["editor"])
    assert json.loads(path.read_text()) == {**made.passwords, "token": made.token}
    assert prepare_logins(path) == made


@pytest.mark.parametrize("port", ["abc", "99999", "0", "-1", "80 80", "８０８０", "1" * 5000])
def test_a_port_that_is_none_is_named_before_anything_starts(monkeypatch, port):
    monkeypatch.setenv("PORT", port)
    with pytest.raises(SystemExit, match="PORT is"):
        run.port_wanted()


def test_the_last_port_is_one_and_those_beyond_it_are_not_tried(monkeypatch):
    monkeypatch.setenv("PORT", "65535")
    assert run.port_wanted() == 65535
    with pytest.raises(SystemExit, match="set PORT"):
        run.free_port(65536)
    monkeypatch.setenv("PORT", "")
    assert run.port_wanted() == run.FIRST_PORT


@pytest.mark.slow
def test_a_command_that_is_told_to_stop_stops_the_postgresql_it_started(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)  # PostgreSQL runs as another user when the tests run as root
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"CORROBORATE_HOME": str(home)}
    waiting = "import time; print('up', flush=True); time.sleep(60)"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", waiting],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "up\n"
        assert (home / "postgres" / "postmaster.pid").exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 128 + signal.SIGTERM
    assert not Path(home / "postgres" / "postmaster.pid").exists()
