"""``manage.py doctor``: is this installation well, and what is to be done?"""

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from tracker.doctor import PARTS, Finding, Level, examine

MARKS = {Level.OK: "ok     ", Level.WARNING: "WARNING", Level.ERROR: "ERROR  "}


class Command(BaseCommand):
    help = (
        "Look at settings, servers, disk, clock, feeds, work and ledger, and say what to do. Changes nothing. Exits "
        "with 1 when there is an error; warnings alone are no error."
    )
    requires_system_checks = []  # they are among what is looked at

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="Verify the whole ledger, not only its end.")
        parser.add_argument("--only", action="append", choices=PARTS, default=[], help="Look at this part; repeatable.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object, for programs.")
        parser.add_argument("--quiet", action="store_true", help="Print nothing of what is well.")

    def handle(self, *args: Any, **options: Any) -> None:
        found: list[tuple[str, Finding]] = []
        for part, finding in examine(full=options["full"], only=options["only"]):
            found.append((part, finding))
            if not options["json"] and (finding.level is not Level.OK or not options["quiet"]):
                self._tell(part, finding)
        levels = Counter(finding.level for _part, finding in found)
        counts = {level.value: levels[level] for level in Level}
        if options["json"]:
            rows = [{"part": part, **asdict(finding)} for part, finding in found]
            self.stdout.write(json.dumps({"counts": counts, "findings": rows}, indent=2))
        else:
            self.stdout.write(f"{counts['error']} errors, {counts['warning']} warnings, {counts['ok']} well.")
        if levels[Level.ERROR]:
            sys.exit(1)

    def _tell(self, part: str, finding: Finding) -> None:
        style = {Level.ERROR: self.style.ERROR, Level.WARNING: self.style.WARNING}.get(finding.level, str)
        self.stdout.write(f"{style(MARKS[finding.level])} {part:13} {finding.says}")
        if finding.do:
            self.stdout.write(f"{'':22}-> {finding.do}")
