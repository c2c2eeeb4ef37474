"""What every recorded row has: a public id, and a public state that the ledger keeps after each change."""

import uuid
from typing import Any

import pgtrigger
from django.db import models


class Recorded(models.Model):
    """A row whose every change is an event on the ledger.

    The database itself refuses to commit a transaction that changed such a row and recorded no event for it
    (:func:`recorded_in_same_transaction`).
    """

    uid = models.UUIDField("public id", default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True

    def public_state(self) -> dict[str, Any]:
        """What a client may see of this row now: JSON values only."""
        raise NotImplementedError(f"{type(self).__name__} must say what its public state is")  # pragma: no cover


def recorded_in_same_transaction(*, operation: pgtrigger.Operation | None = None) -> pgtrigger.Trigger:
    """Refuse, at commit, a change without an event on the ledger in the same transaction (design, promise 7)."""
    return pgtrigger.Trigger(
        name="recorded_on_ledger",
        when=pgtrigger.After,
        operation=operation or (pgtrigger.Insert | pgtrigger.Update),
        timing=pgtrigger.Deferred,
        func="""
            IF NOT EXISTS (
                SELECT FROM claims_event WHERE object_uid = NEW.uid AND transaction = pg_current_xact_id()::text::bigint
            ) THEN
                RAISE EXCEPTION 'change of % % is not on the ledger: record it in the same transaction',
                    TG_TABLE_NAME, NEW.uid
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NULL;
        """,
    )


def never_deleted() -> pgtrigger.Trigger:
    """Rows that others rely on are superseded, never deleted."""
    return pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)
