"""A source's page: how far it is trusted and why, what it is called, what it said and how that ended."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import TrigramWordDistance
from django.db.models import OuterRef, Q, Subquery
from django.http import Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from claims.admin.markup import GRADES, NOTE, STANDINGS, address_of, list_of
from claims.choices import Reliability
from claims.desk.outcomes import ASSERTED, CONFIRMED, DENIED, ENDS, OPEN, REFUTED, UNSETTLED, WORDS, Word, counted
from claims.desk.pages import DeskAction, DeskPage, SignedInWith
from claims.desk.paging import part_of, query_with
from claims.desk.said import number, words
from claims.desk.track_record import LATEST_CITED, LATEST_SAID, cited_by, said_by, words_of
from claims.errors import ReasonMissing, WrongState
from claims.models import Claim, Document, Event, Position, Source, SourceMerge, SourceName, Statement, name_key
from claims.services.actor import Actor
from claims.services.protection import protect_source, unprotect_source
from claims.services.sources import (
    LARGEST_FAMILY,
    add_alias,
    family_of,
    grade_source,
    merge_sources,
    undo_source_merge,
)
from claims.services.versions import version_of
from claims.services.weighing import read_sources

STATEMENTS, DOCUMENTS, CLAIMS = 20, 15, 20  # rows of a list on one page
NAMES, GRADINGS, MERGES, MEMBERS, CITING = 60, 40, 40, 40, 25  # and at most, of those without pages
FOUND = 10  # sources that a search offers
SHORTEST_SEARCH = 2  # characters

WORD_NAMES = {ASSERTED: gettext_lazy("asserted"), DENIED: gettext_lazy("denied")}
END_NAMES = {
    CONFIRMED: gettext_lazy("confirmed"),
    REFUTED: gettext_lazy("refuted"),
    UNSETTLED: gettext_lazy("judged, not settled"),
    OPEN: gettext_lazy("open"),
}
END_TONES = {CONFIRMED: "good", REFUTED: "bad", UNSETTLED: "alert", OPEN: "plain"}
AGAINST = "against-interest"  # asks for what was said against the source's own interest


class SourcePage(DeskPage):
    """Everything about one source."""

    permission = "claims.view_source"
    template_name = "desk/source.html"

    @cached_property
    def source(self) -> Source:
        """The source that the address names, with all that it leads to."""
        row = get_object_or_404(Source.objects.only("pk"), uid=self.kwargs["uid"])
        return read_sources([row.pk])[row.pk]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Who it is, how it is graded, and what it said."""
        source, may = self.source, self.request.user.has_perm
        version = version_of(source.uid)  # before the rest is read: what changes meanwhile counts as unseen
        family = family_of(source)
        names = SourceName.objects.filter(Q(source=source) | Q(source__merged_into=source)).order_by("name")
        members = Source.objects.standing_alone().filter(parent=source).order_by("name", "pk")
        documents = Document.objects.filter(Q(publisher=source) | Q(publisher__merged_into=source))
        return super().get_context_data(
            source=source, version=version, root=source.root, party=source.effective_party, family=len(family),
            whole_family=len(family) < LARGEST_FAMILY, in_the_list=address_of(source),
            grade_tone=GRADES[source.reliability], history=list_of(Event, f"object_uid={source.uid}"),
            may_grade=may("claims.grade_source"), may_merge=may("claims.merge_source"),
            may_name=may("claims.change_source"), may_protect=may("claims.protect_source"),
            grades_to_choose=Reliability.choices,
            grades=[(grade, GRADES[grade.grade]) for grade in source.grades.select_related("by")[:GRADINGS]],
            names=list(names[:NAMES]),
            merges=self._merges(), members=list(members[:MEMBERS]),
            statements=part_of(self.request, "statements", _shown(said_by(family)), size=STATEMENTS),
            all_statements=list_of(Statement, f"source__id__exact={source.pk}"),
            documents=part_of(
                self.request, "documents", documents.select_related("dossier", "origin").order_by("-first_seen_at"),
                size=DOCUMENTS,
            ),
            citing=cited_by(family, most=CITING), latest_cited=LATEST_CITED, latest_said=LATEST_SAID,
            **self._record(family), **kwargs,
        ) | {"title": source.name}  # fmt: skip

    def _merges(self) -> list[SourceMerge]:
        """Merges of this source and into it, the newest first, each with the version of the source that was merged."""
        newest = Event.objects.filter(object_uid=OuterRef("source__uid")).order_by("-pk").values("pk")
        merges = SourceMerge.objects.filter(Q(source=self.source) | Q(target=self.source)).annotate(
            version=Subquery(newest[:1])
        )
        return list(merges.select_related("source", "target", "by", "undone_by").order_by("-at", "-pk")[:MERGES])

    def _record(self, family: Collection[int]) -> dict[str, Any]:
        """How what it said ended, in counts, and the claims that one of the counts is of."""
        party = self.source.effective_party
        words = words_of(family, party=party.name if party else None)
        counts = counted(words)
        against = len({one.claim for one in words if one.against_interest})
        asked = (self.request.GET.get("word", ""), self.request.GET.get("end", ""))
        table = [
            {
                "word": WORD_NAMES[word],
                "cells": [
                    {
                        "count": counts[word, end],
                        "end": END_NAMES[end],
                        "tone": END_TONES[end],
                        "query": self._query(word, end),
                        "chosen": asked == (word, end),
                    }
                    for end in ENDS
                ],
            }
            for word in WORDS
        ]
        chosen = _chosen(words, *asked)
        listed = None
        if chosen is not None:
            listed = part_of(self.request, "claims", chosen, size=CLAIMS)
            rows = Claim.objects.select_related("dossier").defer("embedding", "standing_explanation")
            by_pk = rows.in_bulk(listed.rows)
            listed.rows[:] = [(by_pk[pk], STANDINGS.get(by_pk[pk].standing, NOTE)) for pk in listed.rows]
        return {
            "ends": list(END_NAMES.values()),
            "record": table,
            "against": against,
            "against_query": self._query(AGAINST, ""),
            "listed": listed,
            "listed_title": _title(*asked) if chosen is not None else "",
            "whole_record": sum(counts.values()) < LATEST_SAID,
        }

    def _query(self, word: str, end: str) -> str:
        return f"{query_with(self.request, word=word, end=end, claims=None)}#listed"


def _shown(statements: Any) -> Any:
    """Statements with what a list shows of them."""
    taken = Position.objects.filter(statement=OuterRef("pk"), superseded_at__isnull=True)
    return (
        statements.select_related("source", "snapshot__document__publisher")
        .defer("snapshot__text", "snapshot__headers", "snapshot__signature")
        .annotate(stance=Subquery(taken.values("stance")[:1]), claim_uid=Subquery(taken.values("claim__uid")[:1]))
    )


def _chosen(words: Iterable[Word], word: str, end: str) -> list[int] | None:
    """The claims, by their ids, that a count of the table counts; ``None`` where none is asked for."""
    if word == AGAINST:
        return list(dict.fromkeys(one.claim for one in words if one.against_interest))
    if word in WORDS and end in ENDS:
        return list(dict.fromkeys(one.claim for one in words if (one.word, one.end) == (word, end)))
    return None


def _title(word: str, end: str) -> str:
    if word == AGAINST:
        return _("Asserted against its interest")
    return _("%(word)s, %(end)s") % {"word": str(WORD_NAMES[word]).capitalize(), "end": END_NAMES[end]}


# --- What people decide ----------------------------------------------------------------------------------------------


class SourceAction(DeskAction):
    """A change of the source that the address names. ``version`` is what the page showed when it was opened."""

    def act(self, said: dict[str, Any], **where: Any) -> dict[str, Any]:
        """Do it, and say what the page is to tell."""
        source = get_object_or_404(Source, uid=where.pop("uid"))
        return {
            "told": self.change(source, said, number(said, "version", otherwise=0), **where),
            "version": version_of(source.uid),
        }

    def change(self, source: Source, said: dict[str, Any], since: int, **where: Any) -> str:
        """Change the source, unless it changed ``since``; return what was done, in words."""
        raise NotImplementedError(f"{type(self).__name__} must say what it changes")  # pragma: no cover


class Grade(SourceAction):
    """Grade its reliability."""

    permission = "claims.grade_source"

    def change(self, source: Source, said: dict[str, Any], since: int, **_where: Any) -> str:
        """A new grade, with its reason."""
        grade = words(said, "grade")
        if grade not in Reliability.values:
            raise WrongState(_("Choose a grade from A to F."))
        grade_source(source, grade=grade, reason=words(said, "reason"), actor=Actor.person(self.person), since=since)
        return _("Graded %(grade)s.") % {"grade": grade}


class AddName(SourceAction):
    """Let another name lead to it."""

    permission = "claims.change_source"

    def change(self, source: Source, said: dict[str, Any], since: int, **_where: Any) -> str:
        """The name."""
        alias = add_alias(source, name=words(said, "name"), actor=Actor.person(self.person), since=since)
        return _("“%(name)s” leads here now.") % {"name": alias.name}


class Merge(SourceAction):
    """Let it count as another source."""

    permission = "claims.merge_source"

    def change(self, source: Source, said: dict[str, Any], since: int, **_where: Any) -> str:
        """The merge, with its reason."""
        uid = _uuid(said, "target")
        target = Source.objects.filter(uid=uid).first() if uid else None
        if target is None:
            raise WrongState(_("Choose the source that it is."))
        merge_sources(source, target=target, reason=words(said, "reason"), by=self.person, since=since)
        return _("It counts as %(target)s now.") % {"target": target.name}


class UndoMerge(SourceAction):
    """Let a merged source stand alone again; the address names the source that was merged."""

    permission = "claims.merge_source"

    def change(self, source: Source, said: dict[str, Any], since: int, **where: Any) -> str:
        """Undo the merge, with the reason."""
        merge = get_object_or_404(SourceMerge, pk=where["merge"], source=source)
        reason = words(said, "reason")
        if not reason.strip():
            raise ReasonMissing(_("Say why the two are not the same."))
        undo_source_merge(merge, by=self.person, reason=reason, since=since)
        return _("%(source)s stands alone again.") % {"source": source.name}


class Protect(SourceAction):
    """Mask its names for whoever may not see them."""

    permission = "claims.protect_source"

    def change(self, source: Source, said: dict[str, Any], since: int, **_where: Any) -> str:
        """The protection, with its reason."""
        protect_source(source, by=self.person, reason=words(said, "reason"), since=since)
        return _("It is protected now.")


class Unprotect(SourceAction):
    """Show its names to everybody again."""

    permission = "claims.protect_source"

    def change(self, source: Source, said: dict[str, Any], since: int, **_where: Any) -> str:
        """Lift the protection, with the reason."""
        unprotect_source(source, by=self.person, reason=words(said, "reason"), since=since)
        return _("Its protection is lifted.")


def _uuid(said: dict[str, Any], name: str) -> UUID | None:
    try:
        return UUID(words(said, name))
    except ValueError:
        return None


# --- Looking for another source --------------------------------------------------------------------------------------


class FindSource(SignedInWith, View):
    """Sources by the beginning of a name, or by a name much like it: what a field offers while somebody types."""

    permission = "claims.view_source"
    http_method_names = ["get"]

    def get(self, request: HttpRequest, uid: UUID) -> JsonResponse:
        """At most ten sources that stand alone, others than the one of the page; each with its names and its page."""
        source = Source.objects.filter(uid=uid).first()
        if source is None:
            raise Http404
        found = sources_like(request.GET.get("q", "")[:200], but=source)
        return JsonResponse({"found": [_offered(one) for one in found]})


def sources_like(asked: str, *, but: Source) -> Sequence[Source]:
    """Sources that stand alone and are called so, or much like it; the likeliest first."""
    key = name_key(asked)
    if len(key) < SHORTEST_SEARCH:
        return []
    alone = Source.objects.standing_alone().select_related("party", "parent").exclude(pk=but.pk)
    names = SourceName.objects.filter(key__startswith=key).order_by("key").select_related("source")
    by_name = [name.source.merged_into_id or name.source_id for name in names[:FOUND]]
    like = alone.filter(name__trigram_word_similar=asked).annotate(far=TrigramWordDistance(asked, "name"))
    exact = alone.in_bulk(by_name)
    found = {pk: exact[pk] for pk in by_name if pk in exact}
    return list((found | {one.pk: one for one in like.order_by("far", "name", "pk")[:FOUND]}).values())[:FOUND]


def _offered(source: Source) -> dict[str, str]:
    about = [source.get_kind_display(), source.party.name if source.party else "", source.description]
    return {
        "uid": str(source.uid),
        "name": source.name,
        "about": " · ".join(filter(None, about)),
        "address": reverse("desk:source", args=[source.uid]),
    }


urlpatterns = [
    path("sources/<uuid:uid>/", SourcePage.as_view(), name="source"),
    path("sources/<uuid:uid>/grade/", Grade.as_view(), name="source-grade"),
    path("sources/<uuid:uid>/names/", AddName.as_view(), name="source-name"),
    path("sources/<uuid:uid>/merge/", Merge.as_view(), name="source-merge"),
    path("sources/<uuid:uid>/merges/<int:merge>/undo/", UndoMerge.as_view(), name="source-merge-undo"),
    path("sources/<uuid:uid>/protect/", Protect.as_view(), name="source-protect"),
    path("sources/<uuid:uid>/unprotect/", Unprotect.as_view(), name="source-unprotect"),
    path("sources/<uuid:uid>/like/", FindSource.as_view(), name="source-like"),
]
