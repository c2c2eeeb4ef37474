#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it works on the embedded PostgreSQL, shared with a running `make run`."""

import os
import signal
import sys

from config import embedded

# Commands that a newcomer may start with: on the embedded database they bring the schema up to date themselves.
WORK_ALONE = {"ingest", "reanalyse", "verify_ledger"}
# Commands that ask no server anything: none is started for them, and none has to be there.
NEED_NO_SERVER = {"verify_bundle", "signing_key"}
NO_SERVER = {
    "SECRET_KEY": "signs-nothing-where-no-server-is-asked",
    "DATABASE_URL": "postgresql://nobody@localhost/none",
    "CELERY_BROKER_URL": "memory://",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # A normal end lets go of the embedded servers; without this, SIGTERM ends the process and leaves them running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    own_database = not os.environ.get("DATABASE_URL")
    if sys.argv[1:2] and sys.argv[1] in NEED_NO_SERVER:
        os.environ |= NO_SERVER
    else:
        embedded.prepare_environment()
    from django.core.management import execute_from_command_line  # noqa: PLC0415  the environment must be ready first

    if own_database and sys.argv[1:2] and sys.argv[1] in WORK_ALONE:
        execute_from_command_line([sys.argv[0], "migrate", "--verbosity", "0"])
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
