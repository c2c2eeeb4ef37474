"""The reader of documents: a text as it was read, its statements marked in it, and what people do about them."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from django.views.generic import View

from claims.admin.markup import DOCUMENT_STATES, address_of, list_of, outward_link
from claims.choices import Modality, Polarity, SourceKind
from claims.desk import differences, marks_said
from claims.desk.difference_shown import passages
from claims.desk.pages import DeskAction, DeskPage, SignedInWith
from claims.desk.printed import text_as_html
from claims.desk.said import number, words
from claims.desk.sources_called import sources_called
from claims.desk.statements_shown import Shown, set_aside, statements_of
from claims.errors import ClaimsError
from claims.models import Archived, Document, Event, Notice, Snapshot, Source, Statement
from claims.services.marking import attributed
from claims.services.originals import original_of
from claims.services.sources import Named, known_source
from claims.services.statements import add_statement, confirm_statement, correct_statement, reject_statement
from claims.services.versions import version_of

MOST_VERSIONS = 100  # of one document that are listed, the newest
MOST_COPIES = 50  # of one document that are listed, the earliest
# Beyond these sizes the browser lays out only what is in view.
LONG_TEXT, LONG_LIST = 50_000, 100
OFFERED = 10  # sources for the beginning of a name
_UNREAD = ("text", "headers", "signature")
_NOTICES = Prefetch("notices", Notice.objects.defer("headers").order_by("-pk"))
_PLACES = ("dossier", "publisher", "credit", "origin__publisher")


class DocumentPage(DeskPage):
    """One version of a document, the newest that has been analysed unless ``?snapshot=`` names another."""

    permission = "claims.view_document"
    template_name = "desk/document.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The text, its statements, its versions, and who copies whom."""
        document = get_object_or_404(Document.objects.select_related(*_PLACES), uid=self.kwargs["uid"])
        self.page_title = str(document)
        versions = list(versions_of_document(document).prefetch_related(_NOTICES)[:MOST_VERSIONS])
        snapshot = _chosen(document, versions, self.request.GET.get("snapshot"))
        copies = list(document.copies.select_related("publisher").order_by("published_at", "pk")[: MOST_COPIES + 1])
        return {
            **super().get_context_data(**kwargs),
            "document": document,
            "state_tone": DOCUMENT_STATES[document.state],
            "address": outward_link(document.url),
            "versions": list(zip(versions, [*versions[1:], None], strict=False)),
            "copies": copies[:MOST_COPIES],
            "more_copies": len(copies) > MOST_COPIES,
            "may_review": self.request.user.has_perm("claims.review_statement"),
            "may_amend": self.request.user.has_perm("claims.change_document"),
            "admin_page": address_of(document),
            "ledger": list_of(Event, f"object_uid={document.uid}"),
            **(_read(snapshot, versions) if snapshot else {}),
        }


def versions_of_document(document: Document) -> QuerySet[Snapshot]:
    """The versions of a document without what is large, the newest first."""
    return document.snapshots.defer(*_UNREAD).order_by("-number")


def _chosen(document: Document, versions: list[Snapshot], asked: str | None) -> Snapshot | None:
    """The version that was asked for; else the newest one that has been analysed, or the newest of all."""
    if asked is not None:
        if not (asked.isascii() and asked.isdigit() and len(asked) < 10):
            raise Http404(f"{asked!r} is no version")
        wanted = Snapshot.objects.filter(document=document, number=int(asked))
        return get_object_or_404(wanted.defer("headers", "signature"))
    newest = next((one for one in versions if one.analysed_with), versions[0] if versions else None)
    return Snapshot.objects.defer("headers", "signature").get(pk=newest.pk) if newest else None


def _read(snapshot: Snapshot, versions: list[Snapshot]) -> dict[str, Any]:
    """What is shown of one version."""
    shown, more = statements_of(snapshot)
    looks = {one.number: one.look for one in shown}
    marks = [mark for one in shown for mark in one.marks(len(snapshot.text))]
    speaking = next((one.number for one in versions if one.analysed_with), None)
    return {
        "snapshot": snapshot,
        "snapshot_page": address_of(snapshot),
        "text": text_as_html(snapshot.text, marks, looks),
        "statements": shown,
        "more_statements": more,
        "legend": _legend(shown),
        "set_aside": set_aside(snapshot),
        "script_data": [one.as_json() for one in shown],
        "long": len(snapshot.text) > LONG_TEXT or len(shown) > LONG_LIST,
        "older": speaking is not None and snapshot.number < speaking,
        "waiting": next((one for one in versions if one.number > snapshot.number and not one.analysed_with), None),
        "polarities": Polarity.choices,
        "modalities": Modality.choices,
        "kinds": SourceKind.choices,
        "roles": [("source", _("Source"), "1"), ("cue", _("Cue"), "2"), ("content", _("Content"), "3")],
    }


def _legend(shown: list[Shown]) -> list[Shown]:
    """One statement of each source, in the order of their letters."""
    first: dict[str, Shown] = {}
    for one in shown:
        first.setdefault(one.letter, one)
    return list(first.values())


class DifferencePage(DeskPage):
    """What changed between two versions of a document, word by word: ``?old=`` and ``?new=`` are their numbers."""

    permission = "claims.view_document"
    template_name = "desk/document_difference.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Both versions and what they differ in."""
        document = get_object_or_404(Document.objects.select_related("publisher"), uid=self.kwargs["uid"])
        self.page_title = _("What changed: %(document)s") % {"document": document}
        versions = list(versions_of_document(document)[:MOST_VERSIONS])
        new = _chosen(document, versions[:1], self.request.GET.get("new") or None)
        before = next((one for one in versions if new and one.number < new.number), new)
        old = _chosen(document, [before] if before else [], self.request.GET.get("old") or None)
        if old is None or new is None:
            raise Http404("nothing was fetched yet")
        # Of a text that was removed nothing can be said.
        pieces = [] if old.removed_at or new.removed_at else differences.difference(old.text, new.text)
        return {
            **super().get_context_data(**kwargs),
            "document": document,
            "versions": versions,
            "old": old,
            "new": new,
            "removed": next((one for one in (old, new) if one.removed_at), None),
            "passages": passages(pieces),
            "counts": differences.counts(pieces),
            "same": old.text == new.text,
        }


class _Original(SignedInWith, View):
    """Archived bytes, to be kept as a file: nothing of them is ever shown from here."""

    http_method_names = ["get", "head"]

    def get(self, _request: HttpRequest, **where: Any) -> HttpResponse:
        """The bytes as they were fetched."""
        row = self.found(**where)
        try:
            original = original_of(row)
        except ClaimsError as refused:
            return HttpResponse(str(refused), status=refused.status, content_type="text/plain; charset=utf-8")
        name = f"original-{row.payload_sha256[:16]}{_suffix(row.content_type)}"
        return HttpResponse(
            original,
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "Cache-Control": "private, no-store",
            },
        )

    def found(self, **where: Any) -> Archived:
        """What the address names."""
        raise NotImplementedError  # pragma: no cover


class Original(_Original):
    """The archived bytes of one version."""

    permission = "claims.view_snapshot"

    def found(self, **where: Any) -> Snapshot:
        """The version of the document with this number."""
        rows = Snapshot.objects.filter(document__uid=where["uid"], number=where["number"])
        return get_object_or_404(rows.defer(*_UNREAD))


class NoticeOriginal(_Original):
    """The archived bytes of a page by which a publisher took back a text without changing it."""

    permission = "claims.view_notice"

    def found(self, **where: Any) -> Notice:
        """The notice with this public id."""
        return get_object_or_404(Notice.objects.select_related("snapshot").defer("snapshot__text"), uid=where["uid"])


# What a file is called after what it was said to be; anything else is just bytes.
_SUFFIXES = {
    "text/html": ".html", "application/xhtml+xml": ".html", "text/plain": ".txt", "text/markdown": ".md",
    "application/pdf": ".pdf", "application/json": ".json", "application/xml": ".xml", "text/xml": ".xml",
}  # fmt: skip


def _suffix(content_type: str) -> str:
    return _SUFFIXES.get(content_type.partition(";")[0].strip().lower(), ".bin")


class SourcesNamed(SignedInWith, View):
    """Sources whose name begins or sounds like what somebody types, for one document; a few, the likeliest first."""

    permission = "claims.view_source"
    http_method_names = ["get"]

    def get(self, request: HttpRequest, uid: UUID) -> JsonResponse:
        """Those offered, and the one that the name leads to already, if it does."""
        document = get_object_or_404(Document.objects.only("pk"), uid=uid)
        typed = " ".join(request.GET.get("q", "").replace("\x00", "").split())[: marks_said.LONGEST_NAME]
        found = sources_called(typed, in_document=document, most=OFFERED)
        exact = known_source(Named(typed), document=None) if typed else None
        exact = exact or (known_source(Named(typed, SourceKind.UNNAMED), document=document) if typed else None)
        return JsonResponse(
            {"sources": [_offered(one) for one in found], "exact": _offered(exact.resolved) if exact else None}
        )


def _offered(source: Source) -> dict[str, Any]:
    return {
        "uid": str(source.uid),
        "name": source.name,
        "kind": source.get_kind_display(),
        "reliability": source.reliability,
        "unnamed": source.named_in_id is not None,
    }


# --- What people do --------------------------------------------------------------------------------------------------


class _Reviewing(DeskAction):
    permission = "claims.review_statement"


class Add(_Reviewing):
    """Add a statement that the machine missed."""

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:
        """Record it in the version that was shown."""
        wanted = Snapshot.objects.filter(document__uid=where["uid"], number=number(said, "snapshot"))
        snapshot = get_object_or_404(wanted.select_related("document"))
        marked = marks_said.marked(said, document=snapshot.document)
        return _told(add_statement(snapshot, said=attributed(snapshot, marked), by=self.person))


class Confirm(_Reviewing):
    """Confirm a statement."""

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:
        """Record that the text says it."""
        return _told(confirm_statement(_statement(where), by=self.person, since=number(said, "version")))


class Reject(_Reviewing):
    """Reject a statement."""

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:
        """Record that the text does not say it."""
        reason, since = words(said, "reason"), number(said, "version")
        return _told(reject_statement(_statement(where), by=self.person, reason=reason, since=since))


class Correct(_Reviewing):
    """Correct a statement: other words, another source, another reading."""

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:
        """Record the correction in its place."""
        old = _statement(where)
        reason, since = words(said, "reason"), number(said, "version")
        marked = marks_said.marked(said, document=old.snapshot.document)
        corrected = attributed(old.snapshot, marked, instead_of=old)
        return _told(correct_statement(old, corrected=corrected, by=self.person, reason=reason, since=since))


def _statement(where: dict[str, Any]) -> Statement:
    return get_object_or_404(Statement.objects.select_related("snapshot__document"), uid=where["uid"])


def _told(statement: Statement) -> dict[str, Any]:
    return {
        "uid": str(statement.uid),
        "state": statement.state,
        "state_words": statement.get_state_display(),
        "version": version_of(statement.uid),
    }


urlpatterns = [
    path("documents/<uuid:uid>/", DocumentPage.as_view(), name="document"),
    path("documents/<uuid:uid>/differences/", DifferencePage.as_view(), name="document_difference"),
    path("documents/<uuid:uid>/originals/<int:number>/", Original.as_view(), name="document_original"),
    path("notices/<uuid:uid>/original/", NoticeOriginal.as_view(), name="notice_original"),
    path("documents/<uuid:uid>/sources/", SourcesNamed.as_view(), name="document_sources"),
    path("documents/<uuid:uid>/statements/", Add.as_view(), name="statement_add"),
    path("statements/<uuid:uid>/confirm/", Confirm.as_view(), name="statement_confirm"),
    path("statements/<uuid:uid>/reject/", Reject.as_view(), name="statement_reject"),
    path("statements/<uuid:uid>/correct/", Correct.as_view(), name="statement_correct"),
]
