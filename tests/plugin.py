"""Servers for the tests: real ones, embedded unless the environment names others. Loaded before the settings are.

Of several processes (``pytest -n 2``) each has servers and a home of its own: nothing of one meets another's. Servers
that the environment names are used by one process alone.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from config import embedded

BROWSER = "tests/e2e/browser/"

# The suite answers the same for the same commit, on a busy machine too; `make fuzz` searches on, anew each time.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=3000, deadline=None, print_blob=True)
settings.load_profile("suite")

# The first of several processes only hands tests out: what it started, the others must not take for given to them.
STARTED = "CORROBORATE_TESTS_STARTED"
SERVERS = ("DATABASE_URL", "CELERY_BROKER_URL")
for name in os.environ.pop(STARTED, "").split():
    os.environ.pop(name, None)
GIVEN = any(os.environ.get(name) for name in SERVERS)
os.environ[STARTED] = " ".join(name for name in (*SERVERS, "SECRET_KEY") if not os.environ.get(name))

HOME = Path(tempfile.mkdtemp(prefix="corroborate-tests-"))
HOME.chmod(0o755)  # PostgreSQL runs as another user when the tests run as root

os.environ["CORROBORATE_HOME"] = str(HOME)
os.environ["EVIDENCE_DIR"] = str(HOME / "evidence")
# Between tests whole tables are emptied, which the database refuses in every other session (claims/models/base.py).
os.environ["PGOPTIONS"] = "-c corroborate.allow_truncate=on"
# The servers of tests are ours: nobody has to be polite to them, but for the tests of politeness.
os.environ.setdefault("FETCH_HOST_DELAY_SECONDS", "0")
os.environ.setdefault("FETCH_HOST_CONNECTIONS", "20")
# Tests ask as fast as they can, but for the tests of the limits.
for _limit in ("NOBODY", "READ", "REVIEW", "SUBMIT", "ADMIN", "CHECK", "CHANGES"):
    os.environ.setdefault(f"THROTTLE_{_limit}", "none")
if not os.environ.get("DATABASE_URL"):
    os.environ["DATABASE_URL"] = embedded.start_postgres(HOME / "postgres", durable=False)
embedded.prepare_environment(broker=True)


class Together(LoadFileScheduling):
    """Tests of a file stay in one process, and so do all that share the one product started for the browser."""

    def _split_scope(self, nodeid: str) -> str:
        if GIVEN:
            return "all"
        file: str = super()._split_scope(nodeid)
        return BROWSER if file.startswith(BROWSER) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """How tests are handed out to several processes."""
    return Together(config, log)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The servers stop with this process; what they wrote goes."""
    embedded.stop_all()
    shutil.rmtree(HOME, ignore_errors=True)
