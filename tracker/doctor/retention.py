"""Did the files of removed contents go, as the ledger says of them?"""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from claims.models import Dossier
from claims.services.retention import files_to_remove
from tracker.doctor.findings import Finding, ok, warning

LATE = timedelta(hours=3)  # the rules are applied once an hour


def findings() -> Iterator[Finding]:
    """Rules and holds of dossiers, and files that should be gone."""
    overdue = timezone.now() - LATE
    late = sum(rows.filter(removed_at__lt=overdue).count() for rows in files_to_remove())
    if late:
        yield warning(
            "removed_files",
            f"{late} files are still there though their contents were removed more than {LATE.seconds // 3600} hours "
            "ago.",
            "Run manage.py apply_retention: it says what stands in the way. A bucket's key needs the right to delete.",
        )
        return
    ruled = Dossier.objects.exclude(keep_unused_days=None, keep_closed_days=None).count()
    held = Dossier.objects.filter(legal_hold=True).count()
    yield ok("removed_files", f"{ruled} dossiers have rules on keeping, {held} are on legal hold; no file is overdue.")
