"""What was fetched and is kept: where its bytes lie, what they hash to, and that they only ever go under a rule."""

from collections.abc import Sequence
from typing import Self, TypeVar

import pgtrigger
from django.db import models
from django.db.models import Q

from claims.models.base import Recorded
from claims.models.readable import ReadableQuerySet

A = TypeVar("A", bound="Archived")

# What no trigger lets anybody change, once written (design, promise 1).
KEPT_FIELDS = (
    "uid", "fetched_at", "fetched_from", "http_status", "content_type", "warc_path", "warc_offset", "warc_length",
    "warc_sha256", "payload_sha256",
)  # fmt: skip
# What goes when it is removed under its dossier's rule, and what says so; nothing else changes these.
CONTENTS = ("headers", "removed_at", "removed_under")


class ArchivedQuerySet(ReadableQuerySet[A]):
    """Reads of what is kept."""

    def with_contents(self) -> Self:
        """Those whose contents were not removed."""
        return self.filter(removed_at__isnull=True)

    def files_to_remove(self) -> Self:
        """Those whose contents were removed, and whose file is still to go; none of dossiers on legal hold."""
        held = {f"{path}__legal_hold": False for path in self.dossier_paths}
        return self.filter(removed_at__isnull=False, file_removed_at__isnull=True, **held).order_by("pk")


class Archived(Recorded):
    """The evidentiary copy of what was fetched (Berkeley Protocol). Its bytes and hashes never change.

    Its contents may go, whole and for good, under a rule of its dossier; hashes and the ledger stay.
    """

    fetched_at = models.DateTimeField()
    fetched_from = models.CharField(max_length=2000, help_text="The address after redirects, or the file's name.")
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    headers = models.JSONField(default=list, blank=True, help_text="[name, value] pairs as received.")
    content_type = models.CharField(max_length=200, blank=True)
    warc_path = models.CharField(max_length=500, help_text="Below the evidence folder.")
    warc_offset = models.PositiveBigIntegerField()
    warc_length = models.PositiveBigIntegerField()
    warc_sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of the whole WARC file; empty for versions stored before it was noted."
    )
    payload_sha256 = models.CharField(max_length=64)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When its contents went.")
    removed_under = models.CharField(max_length=200, blank=True, editable=False, help_text="The rule, in words.")
    file_removed_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When its file went.")

    class Meta:
        abstract = True

    @property
    def hashes(self) -> dict[str, str]:
        """What the ledger records of its bytes and of the text read from them."""
        raise NotImplementedError(f"{type(self).__name__} must say what it hashes to")  # pragma: no cover


def contents_only_removed(contents: Sequence[str], *, document: str) -> pgtrigger.Trigger:
    """Contents go whole, once, and never under a legal hold. ``document`` is the SQL for the key of the document."""
    return pgtrigger.Trigger(
        name="contents_only_removed",
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(*contents),
        declare=[("held", "boolean")],
        func=f"""
            IF OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL THEN
                RAISE EXCEPTION 'Cannot update rows from % table: contents go whole and once', TG_TABLE_NAME;
            END IF;
            -- A hold that is being set at this moment comes first.
            SELECT dossier.legal_hold INTO held
                FROM claims_dossier AS dossier JOIN claims_document AS document
                    ON document.dossier_id = dossier.id
                WHERE document.id = {document} FOR SHARE OF dossier;
            IF held THEN
                RAISE EXCEPTION 'Cannot remove contents: the dossier is on legal hold';
            END IF;
            RETURN NEW;
        """,  # noqa: S608 - only an expression of ours is put in
    )


def removed_under_a_rule(**gone: object) -> Q:
    """The constraint that contents are there, or gone under a rule; ``gone`` is what they are like then."""
    there = Q(removed_at__isnull=True, removed_under="", file_removed_at__isnull=True)
    return there | (Q(removed_at__isnull=False, **gone) & ~Q(removed_under=""))
