"""Servers for the tests: real ones, embedded unless the environment names others. Loaded before the settings are."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from config import embedded

# The suite answers the same for the same commit, on a busy machine too; `make fuzz` searches on, anew each time.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=3000, deadline=None, print_blob=True)
settings.load_profile("suite")

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


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The servers stop with this process; what they wrote goes."""
    embedded.stop_all()
    shutil.rmtree(HOME, ignore_errors=True)
