"""A dossier's pages: who takes which side, how tolls developed, who cites whom, and what is new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from django.db.models import Max, Q
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from claims.admin.markup import DOCUMENT_STATES, NOTE, STANDINGS, address_of, list_of
from claims.desk.addresses import desk_address
from claims.desk.citations import BOX, Node, draw
from claims.desk.citing import citations_in
from claims.desk.figures import Toll, figures_of, tolls_of
from claims.desk.matrix import Cell
from claims.desk.pages import DeskPage
from claims.desk.paging import number_asked, part, part_of, query_with
from claims.desk.sides import NO_PARTY, Column, Row, matrix_of
from claims.desk.telling import most_telling, standings_of
from claims.desk.tolls import by_source, chart
from claims.models import Claim, Document, Dossier, Event, Party, Source
from claims.services.retention import in_words
from claims.standing import VALUES

CLAIMS, SOURCES = 40, 40  # the size of the matrix
TOLLS, FIGURES = 30, 60  # tolls to choose from, and the claims of one that are drawn
CITING_DOCUMENTS, BODIES, CITATIONS = 300, 24, 60
DOCUMENTS, CHANGES, NEW_ROWS, LATEST_EVENTS = 25, 25, 40, 5000

TABS = (
    ("desk:dossier", gettext_lazy("Sides")),
    ("desk:dossier-figures", gettext_lazy("Figures")),
    ("desk:dossier-citations", gettext_lazy("Who cites whom")),
    ("desk:dossier-newest", gettext_lazy("Newest")),
)
STANCE_WORDS = {
    "supports": gettext_lazy("supports"),
    "refutes": gettext_lazy("refutes"),
    "reports": gettext_lazy("reports"),
    "silent": gettext_lazy("silent"),
}
# Each stance has a sign besides its colour.
STANCE_SIGNS = {"supports": "+", "refutes": "−", "reports": "○", "silent": "·"}


class DossierPage(DeskPage):
    """What all pages of a dossier share."""

    permission = "claims.view_dossier"
    tab = ""

    @cached_property
    def dossier(self) -> Dossier:
        """The dossier that the address names."""
        return get_object_or_404(Dossier, uid=self.kwargs["uid"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The dossier, and where its other pages are."""
        tabs = [(reverse(name, args=[self.dossier.uid]), words, name == self.tab) for name, words in TABS]
        return super().get_context_data(
            dossier=self.dossier,
            keeping=in_words(self.dossier),
            tabs=tabs,
            in_the_list=address_of(self.dossier),
            **kwargs,
        ) | {"title": self.dossier.title}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the matrix is narrowed down to; ``mistakes`` are what was asked for and cannot be."""

    standing: str
    party: str
    first: date | None
    last: date | None
    mistakes: tuple[str, ...]


class DossierSides(DossierPage):
    """The matrix of sources and claims, in blocs."""

    template_name = "desk/dossier.html"
    tab = "desk:dossier"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The standings, the matrix, and what of it is left out."""
        parties = list(Party.objects.values_list("name", flat=True)[:100])
        filters = self._filters(parties)
        counts = standings_of(self.dossier)
        start = (number_asked(self.request, "claims") - 1) * CLAIMS
        found = most_telling(
            self.dossier, start=start, count=CLAIMS + 1, standing=filters.standing, first=filters.first,
            last=filters.last,
        )  # fmt: skip
        claims_part = part(self.request, "claims", found, size=CLAIMS)
        rows = Claim.objects.defer("embedding", "standing_explanation").in_bulk(claims_part.rows)
        first_source = (number_asked(self.request, "sources") - 1) * SOURCES
        matrix = matrix_of(list(rows.values()), party=filters.party, start=first_source, count=SOURCES)
        # One row more than are shown says that there are more.
        sources_part = part(
            self.request, "sources", matrix.rows + matrix.rows[:1] * (matrix.speakers > first_source + SOURCES),
            size=SOURCES,
        )  # fmt: skip
        dated = filters.first or filters.last
        total = sum(n for value, n in counts if filters.standing in ("", value))
        return super().get_context_data(
            matrix=matrix, claims_part=claims_part, sources_part=sources_part, filters=filters, parties=parties,
            no_party=NO_PARTY, standings=self._standings(counts, filters), every_standing=VALUES,
            in_all=None if dated else total,
            legend=[(stance, words, STANCE_SIGNS[stance]) for stance, words in STANCE_WORDS.items()],
            rows=[(row, [_told(row, column, cell) for column, cell in row.cells]) for row in matrix.rows],
            columns=[(column, STANDINGS.get(column.claim.standing, NOTE)) for column in matrix.columns], **kwargs,
        )  # fmt: skip

    def _filters(self, parties: Sequence[str]) -> Filters:
        asked, mistakes = self.request.GET, []
        days: dict[str, date | None] = {}
        for name in ("from", "to"):
            try:
                days[name] = parse_date(asked.get(name, ""))
            except ValueError:
                days[name] = None
            if days[name] is None and asked.get(name):
                mistakes.append(_("A day is written as year-month-day, as 2031-05-04."))
        if days["from"] and days["to"] and days["from"] > days["to"]:
            mistakes.append(_("The first day comes after the last one, so no claim can be in between."))
        return Filters(
            standing=asked["standing"] if asked.get("standing") in VALUES else "",
            party=asked["party"] if asked.get("party") in {*parties, NO_PARTY} else "",
            first=days["from"],
            last=days["to"],
            mistakes=tuple(dict.fromkeys(mistakes)),
        )

    def _standings(self, counts: Sequence[tuple[str, int]], filters: Filters) -> list[dict[str, Any]]:
        return [
            {
                "value": value,
                "tone": STANDINGS[value],
                "count": n,
                "chosen": value == filters.standing,
                "query": query_with(
                    self.request, standing="" if value == filters.standing else value, claims=None, sources=None
                ),
            }
            for value, n in counts
            if n or value == filters.standing
        ]


def _told(row: Row, column: Column, cell: Cell) -> tuple[Column, Cell, str, str, str]:
    """A cell with its sign, its words, and who says what of which claim in one line."""
    words = str(STANCE_WORDS[cell.stance])
    if cell.changed:
        words = _("%(stance)s, said the opposite before") % {"stance": words}
    said = ngettext("%(n)d statement", "%(n)d statements", cell.statements) % {"n": cell.statements}
    hint = f"{row.speaker.body.name} · {words} · {column.number} · {said}" if cell.statements else ""
    return column, cell, STANCE_SIGNS[cell.stance], words, hint


class DossierFigures(DossierPage):
    """A toll over time, by source."""

    template_name = "desk/dossier_figures.html"
    tab = "desk:dossier-figures"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The tolls, and the chosen one as a chart and as a table."""
        tolls = tolls_of(self.dossier, most=TOLLS + 1)
        asked = (self.request.GET.get("measure"), self.request.GET.get("place"))
        chosen = next((toll for toll in tolls if (toll.measure, toll.key) == asked), tolls[0] if tolls else None)
        series, told = [], None
        if chosen is not None:
            told = figures_of(self.dossier, chosen, most=FIGURES)
            series = by_source(told.figures)
        return super().get_context_data(
            tolls=[(toll, self._query(toll), toll == chosen) for toll in tolls[:TOLLS]], chosen=chosen, told=told,
            more_tolls=len(tolls) > TOLLS, series=series, chart=chart(series), **kwargs,
        )  # fmt: skip

    def _query(self, toll: Toll) -> str:
        query = self.request.GET.copy()
        query["measure"], query["place"] = toll.measure, toll.key
        return f"?{query.urlencode()}"


class DossierCitations(DossierPage):
    """Who cites whom."""

    template_name = "desk/dossier_citations.html"
    tab = "desk:dossier-citations"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The drawing, and the same as a table."""
        cited = citations_in(self.dossier, most=CITING_DOCUMENTS)
        drawing = draw(cited.citations, most=BODIES)
        lines = [(cited.bodies[one.cites.citing], cited.bodies[one.cites.cited], one) for one in drawing.lines]
        return super().get_context_data(
            cited=cited, drawing=drawing, lines=lines[:CITATIONS], left_out_lines=max(len(lines) - CITATIONS, 0),
            nodes=[_shown(node, cited.bodies[node.key]) for node in drawing.nodes],
            circles=[[cited.bodies[key] for key in circle] for circle in drawing.circles], box=BOX, **kwargs,
        )  # fmt: skip


def _shown(node: Node, source: Source) -> tuple[Node, Source, str, str]:
    """A box of the drawing with its page, and what somebody who does not see the drawing hears of it."""
    words = _("%(name)s: cites others %(cites)d times, is cited %(cited)d times") % {
        "name": source.name, "cites": node.cites, "cited": node.cited,
    }  # fmt: skip
    return node, source, desk_address(source), _("%(told)s, in a circle") % {"told": words} if node.circular else words


class DossierNewest(DossierPage):
    """The newest changes and documents."""

    template_name = "desk/dossier_newest.html"
    tab = "desk:dossier-newest"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Changes of the dossier, its claims and documents; and its documents, page by page."""
        documents = self.dossier.documents.select_related("publisher", "credit", "origin").order_by(
            "-first_seen_at", "-pk"
        )
        shown = part_of(self.request, "documents", documents, size=DOCUMENTS)
        shown.rows[:] = [(document, DOCUMENT_STATES.get(document.state, NOTE)) for document in shown.rows]
        return super().get_context_data(
            changes=[(event, _address(event), _words(event)) for event in changes_of(self.dossier)],
            documents=shown, latest_events=LATEST_EVENTS,
            all_documents=list_of(Document, f"dossier__id__exact={self.dossier.pk}"), **kwargs,
        )  # fmt: skip


def changes_of(dossier: Dossier) -> list[Event]:
    """The newest changes of a dossier, its claims and its documents.

    They are looked for among the latest events of the whole ledger and those of the dossier's newest rows, so that no
    more than these are read however long the ledger is.
    """
    latest = Event.objects.aggregate(pk=Max("pk"))["pk"] or 0
    told = Q(state__dossier=dossier.slug, object_type__in=["claim", "document"]) | Q(object_uid=dossier.uid)
    rows: Sequence[Any] = [dossier.documents.order_by("-first_seen_at"), dossier.claims.order_by("-pk")]
    new = chain.from_iterable(found.values_list("uid", flat=True)[:NEW_ROWS] for found in rows)
    events = Event.objects.order_by("-pk")
    among = events.filter(told, pk__gt=latest - LATEST_EVENTS)[:CHANGES]
    return list(among.union(events.filter(object_uid__in=list(new))[:CHANGES]).order_by("-pk")[:CHANGES])


def _address(event: Event) -> str:
    """The page of what changed: the kind and the public id say which."""
    return reverse(f"desk:{event.object_type}", args=[event.object_uid])


def _words(event: Event) -> str:
    """What changed, by the words that it has itself."""
    return str(event.state.get("text") or event.state.get("title") or event.state.get("url") or event.object_uid)


urlpatterns = [
    path("dossiers/<uuid:uid>/", DossierSides.as_view(), name="dossier"),
    path("dossiers/<uuid:uid>/figures/", DossierFigures.as_view(), name="dossier-figures"),
    path("dossiers/<uuid:uid>/citations/", DossierCitations.as_view(), name="dossier-citations"),
    path("dossiers/<uuid:uid>/newest/", DossierNewest.as_view(), name="dossier-newest"),
]
