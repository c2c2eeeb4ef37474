"""One ``make run`` on a home of its own, without the installing."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from config.run import SUPERVISED
from tests.servers import ROOT, wait_until

# What the tests' own servers are named by: a run of its own must not use them.
NOT_INHERITED = ("DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "EVIDENCE_DIR")


class Run:
    """The whole product as its user starts it, from its first process to its last."""

    def __init__(self, home: Path, log: Path, *, port: int = 18000, **environment: str) -> None:
        self.home, self.log = home, log
        kept = {k: v for k, v in os.environ.items() if k not in NOT_INHERITED}
        self.environment = kept | {
            "CORROBORATE_HOME": str(home),
            "PORT": str(port),
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": "200",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.run"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def printed(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for_address(self, within: float = 150.0) -> str:
        assert self.process is not None

        def ready() -> bool:
            assert self.process is None or self.process.poll() is None, self.printed()
            return "Ctrl-C stops everything" in self.printed()

        wait_until(ready, within=within, what=f"the address is printed; so far: {self.printed()[-2000:]}")
        found = re.search(r"answers at (http://\S+)", self.printed())
        assert found, self.printed()
        return found[1]

    def logins(self) -> dict[str, str]:
        """Passwords by name of the people that it made, and the API token."""
        return json.loads((self.home / "logins.json").read_text())

    def processes(self) -> list[psutil.Process]:
        """Everything that this run started, PostgreSQL included."""
        found = []
        for process in psutil.process_iter():
            try:
                marked = process.environ().get(SUPERVISED) == str(self.home)
                postgres = str(self.home / "postgres") in process.cmdline()
            except psutil.Error:
                continue
            if marked or postgres or (self.process and process.pid == self.process.pid):
                found.append(process)
        return [p for p in found if p.status() != psutil.STATUS_ZOMBIE]

    def interrupt(self) -> int:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=60)

    def kill_everything(self) -> None:
        for process in [*self.processes(), *self._children()]:
            with suppress(psutil.NoSuchProcess):  # it ended with the one killed before it
                process.kill()
        if self.process is not None:
            self.process.wait(timeout=10)

    def _children(self) -> list[psutil.Process]:
        if self.process is None or self.process.poll() is not None:
            return []
        return psutil.Process(self.process.pid).children(recursive=True)


def reachable_by_postgres(folder: Path) -> Path:
    """The folder, once others may pass through those above it: PostgreSQL is another user when the tests are root."""
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o755)
    return folder
