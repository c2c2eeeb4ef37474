"""Who sees to what: asking somebody, passing it on, and being done."""

from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from claims.errors import NotOnStaff, WrongState
from claims.models import Assignment

LONGEST_NOTE = 1000
_QUEUE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


@transaction.atomic
def assign(row: Any, *, to: User, by: User, note: str = "") -> Assignment:
    """Ask somebody to see to this object. Whoever was asked before no longer has to.

    Asking again whom it is assigned to changes nothing.
    """
    if not (to.is_active and to.is_staff and to.has_perm("claims.take_part")):
        raise NotOnStaff(_("%(name)s cannot take on work here.") % {"name": to.get_username()})
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE, [f"assignment {row.uid}"])  # where nobody sees to it, there is no row to lock
    present = Assignment.objects.about(row).open().first()
    if present is not None and present.to_id == to.pk:
        return present
    if present is not None:
        _end(present, by, passed_on=True)
    return Assignment.objects.create(
        object_type=row._meta.model_name, object_uid=row.uid, to=to, by=by, note=note.strip()[:LONGEST_NOTE]
    )


@transaction.atomic
def finish_assignment(assignment: Assignment, *, by: User) -> Assignment:
    """Note that this is done, whoever of those that it concerns says so."""
    assignment = Assignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
    if assignment.done_at is not None:
        raise WrongState(_("This is done already, or somebody else sees to it now."))
    return _end(assignment, by, passed_on=False)


def _end(assignment: Assignment, by: User, *, passed_on: bool) -> Assignment:
    assignment.done_at, assignment.done_by, assignment.passed_on = timezone.now(), by, passed_on
    assignment.save(update_fields=["done_at", "done_by", "passed_on"])
    return assignment
