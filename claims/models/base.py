"""What every recorded row has: a public id, and a public state that the ledger keeps after each change."""

import uuid
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q


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

    def in_dossier(self) -> int | None:
        """The key of the dossier that it belongs to; ``None`` for what belongs to none, such as a party."""
        raise NotImplementedError(f"{type(self).__name__} must say which dossier it belongs to")  # pragma: no cover


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


def noted_as_protection(condition: str, *, operation: pgtrigger.Operation) -> pgtrigger.Trigger:
    """Note that what is protected has changed (:class:`claims.models.access.ProtectionChange`), where it has."""
    return pgtrigger.Trigger(
        name="noted_as_protection",
        when=pgtrigger.After,
        operation=operation,
        func=f"""
            IF ({condition}) THEN
                INSERT INTO claims_protectionchange DEFAULT VALUES;
            END IF;
            RETURN NULL;
        """,
    )


def never_deleted() -> pgtrigger.Trigger:
    """Rows that others rely on are superseded: neither DELETE nor TRUNCATE (``manage.py flush``) takes them.

    Tests empty whole tables between them. A session may truncate when it says so itself, by a setting that nothing but
    the tests' own connections has: ``corroborate.allow_truncate``.
    """
    return pgtrigger.Trigger(
        name="never_deleted",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Delete | pgtrigger.Truncate,
        func="""
            IF TG_OP = 'TRUNCATE' AND current_setting('corroborate.allow_truncate', true) = 'on' THEN
                RETURN NULL;
            END IF;
            RAISE EXCEPTION 'Cannot % rows of %: what is recorded stays', lower(TG_OP), TG_TABLE_NAME;
        """,
    )


class Merge(models.Model):
    """One merge of a row into another, by whom and why. It stays; all that is ever added is who undid it."""

    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="%(class)s_undone_whole",
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="history_is_kept", exclude=["undone_by", "undone_at"]),
            pgtrigger.Protect(
                name="undone_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__undone_at__isnull=False)
            ),
            never_deleted(),
        ]
