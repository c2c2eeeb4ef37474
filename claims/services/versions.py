"""Optimistic locking by the ledger: what somebody saw is named by the last event of it that he or she could know of."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from claims.errors import ChangedMeanwhile
from claims.models import Event


def version_of(uid: UUID) -> int:
    """The number of the newest event of this object; 0 when nothing is recorded of it. Grows with every change."""
    return Event.objects.filter(object_uid=uid).order_by("-pk").values_list("pk", flat=True).first() or 0


def versions_of(uids: Iterable[UUID]) -> dict[UUID, int]:
    """The version of each of these objects, as :func:`version_of` says it; one query for all of them."""
    wanted = list(uids)
    newest = Event.objects.filter(object_uid__in=wanted).order_by().values("object_uid").annotate(newest=Max("pk"))
    found = dict(newest.values_list("object_uid", "newest"))
    return {uid: found.get(uid, 0) for uid in wanted}


def refuse_if_changed(uid: UUID, *, since: int) -> None:
    """Raise :class:`ChangedMeanwhile`, which names who did what, if the object changed after version ``since``.

    Call it in the transaction of the change, once the object's row is locked: nobody changes it then until the end.
    """
    later = Event.objects.filter(object_uid=uid, pk__gt=since).order_by("pk")
    if told := [_("%(who)s: %(what)s") % {"who": e.actor_label, "what": e.verb} for e in later[:5]]:
        raise ChangedMeanwhile(
            _("This changed since you opened it (%(told)s). Look again.") % {"told": "; ".join(told)}
        )
