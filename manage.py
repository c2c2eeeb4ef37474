#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it works on the embedded PostgreSQL, shared with a running `make run`."""

import os
import sys

from config import embedded


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    embedded.prepare_environment()
    from django.core.management import execute_from_command_line  # noqa: PLC0415  the environment must be ready first

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
