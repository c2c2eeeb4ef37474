"""Search across claims, statements, documents and sources."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.db.models import TextField
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.admin.markup import GRADES, STANDINGS, clip
from claims.desk.addresses import desk_address
from claims.desk.finding import (
    CLAIMS,
    DOCUMENTS,
    LONGEST,
    MOST,
    NARROWED_BY,
    SOURCES,
    STATEMENTS,
    Found,
    Narrowed,
    Wanted,
    find,
    in_order,
    publishers_called,
    readable,
    understood,
)
from claims.desk.pages import DeskPage
from claims.models import Claim, Document, Dossier, Party, Snapshot, Source, Statement
from claims.services.protection import masker_for
from claims.services.unseen import without_protected
from claims.standing import VALUES

KINDS: dict[str, str | Promise] = {
    CLAIMS: gettext_lazy("Claims"),
    STATEMENTS: gettext_lazy("Statements"),
    DOCUMENTS: gettext_lazy("Documents"),
    SOURCES: gettext_lazy("Sources"),
}
PERMISSIONS = {
    CLAIMS: "claims.view_claim",
    STATEMENTS: "claims.view_statement",
    DOCUMENTS: "claims.view_document",
    SOURCES: "claims.view_source",
}
FIRST = 5  # of each kind, where all are shown
PER_PAGE = 20
CHOICES = 300  # dossiers and parties offered to choose from
SHOWN = 20_000  # characters of a text that are read for the passage shown
WHOLE = 600  # characters of what is shown whole


class SearchForm(forms.Form):
    """What is looked for, and what it is narrowed to."""

    q = forms.CharField(
        required=False, max_length=LONGEST, label=gettext_lazy("Words"),
        widget=forms.TextInput(attrs={"type": "search", "dir": "auto", "autocomplete": "off"}),
    )  # fmt: skip
    kind = forms.ChoiceField(
        required=False, label=gettext_lazy("Kind"), choices=[("", gettext_lazy("everything")), *KINDS.items()]
    )
    dossier = forms.ModelChoiceField(
        Dossier.objects.none(), required=False, to_field_name="slug", label=gettext_lazy("Dossier"),
        empty_label=gettext_lazy("any"),
    )  # fmt: skip
    standing = forms.ChoiceField(
        required=False, label=gettext_lazy("Standing"),
        choices=[("", gettext_lazy("any")), *((value, value) for value in VALUES)],
    )  # fmt: skip
    party = forms.ModelChoiceField(
        Party.objects.none(), required=False, to_field_name="slug", label=gettext_lazy("Party"),
        empty_label=gettext_lazy("any"),
    )  # fmt: skip
    publisher = forms.CharField(required=False, max_length=100, label=gettext_lazy("Publisher"))
    since = forms.DateField(required=False, label=gettext_lazy("From"), widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(required=False, label=gettext_lazy("To"), widget=forms.DateInput({"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The dossiers and parties that there are."""
        super().__init__(*args, **kwargs)
        for name, rows in (("dossier", Dossier.objects.all()), ("party", Party.objects.all())):
            field: Any = self.fields[name]
            field.queryset = rows
            field.choices = [
                ("", _("any")),
                *rows.values_list("slug", "title" if name == "dossier" else "name")[:CHOICES],
            ]
        for bound in self.fields.values():
            bound.widget.attrs["class"] = "dk-field"

    def narrowed(self) -> Narrowed:
        """What the search is narrowed to; what cannot be read narrows nothing, and the form says so."""
        said = self.cleaned_data
        publisher = said.get("publisher", "")
        return Narrowed(
            dossier=said.get("dossier"),
            standing=said.get("standing", ""),
            party=said.get("party"),
            publishers=publishers_called(publisher) if publisher else None,
            since=said.get("since"),
            until=said.get("until"),
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One row that was found: where it leads, what it says with the matches marked, and what is known of it."""

    address: str
    said: SafeString
    passage: SafeString | None = None
    badge: str = ""
    tone: str = "plain"
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind, as far as it is shown."""

    kind: str
    title: str | Promise
    found: Found
    lines: list[Line]
    address: str = ""  # all of this kind
    page: int = 1
    pages: int = 1
    unfit: bool = False  # it cannot be narrowed so

    @property
    def first(self) -> int:
        """The number of the first line shown."""
        return (self.page - 1) * PER_PAGE + 1

    @property
    def count(self) -> str:
        """How many, as far as they were counted."""
        return f"{MOST:,}+" if self.found.more else f"{len(self.found.ids):,}"


class Marking:
    """Marks the matches in texts from outside, whatever is in them."""

    def __init__(self, wanted: Wanted) -> None:
        """The marks are random, so that no text can hold them."""
        self._query, token = wanted.tsquery, secrets.token_hex(8)
        self._start, self._end = f"[{token}[", f"]{token}]"

    def headline(self, expression: str, *, whole: bool = False) -> RawSQL:
        """The text of an SQL expression (one of this module's own) around the matches; all of it where ``whole``."""
        size = "HighlightAll=true" if whole else 'MaxFragments=2, MaxWords=28, MinWords=12, FragmentDelimiter=" … "'
        return RawSQL(  # noqa: S611
            f"ts_headline('claims_words', left({expression}, {WHOLE if whole else SHOWN}), %s::tsquery, %s)",
            [self._query, f'{size}, StartSel="{self._start}", StopSel="{self._end}"'],
            output_field=TextField(),
        )

    def shown(self, text: str) -> SafeString:
        """The text as HTML: escaped, and then the matches marked."""
        safe = str(escape(text))
        return mark_safe(safe.replace(self._start, "<mark>").replace(self._end, "</mark>"))  # noqa: S308  escaped above


# --- Lines -----------------------------------------------------------------------------------------------------------


def _claims(ids: Sequence[int], marking: Marking) -> list[Line]:
    rows = (
        Claim.objects.filter(pk__in=ids)
        .select_related("dossier")
        .defer("embedding", "standing_explanation")
        .annotate(headline=marking.headline('"claims_claim"."text"', whole=True))
    )
    return [
        Line(
            desk_address(claim), marking.shown(claim.headline), badge=claim.standing,
            tone=STANDINGS.get(claim.standing, "plain"),
            facts=_facts(claim.dossier.title, claim.place, claim.when_first and claim.when_first.isoformat()),
        )
        for claim in in_order(rows, ids)
    ]  # fmt: skip


def _statements(ids: Sequence[int], marking: Marking) -> list[Line]:
    rows = (
        Statement.objects.filter(pk__in=ids)
        .select_related("source", "snapshot__document__publisher", "snapshot__document__dossier")
        .defer("snapshot__text", "snapshot__headers", "snapshot__signature")
        .annotate(headline=marking.headline('"claims_statement"."content_text"', whole=True))
    )
    return [
        Line(
            f"{desk_address(statement.snapshot.document)}#statement-{statement.uid}", marking.shown(statement.headline),
            badge=_("denies") if statement.polarity == "denies" else "", tone="bad",
            facts=_facts(
                str(statement.source or statement.source_text or _("source not named")),
                *_printed(statement.snapshot.document), statement.snapshot.document.dossier.title,
            ),
        )
        for statement in in_order(rows, ids)
    ]  # fmt: skip


def _documents(ids: Sequence[int], marking: Marking) -> list[Line]:
    rows = (
        Document.objects.filter(pk__in=ids)
        .select_related("publisher", "dossier")
        .annotate(headline=marking.headline('"claims_document"."title"', whole=True))
    )
    passages = dict(
        Snapshot.objects.filter(document__in=ids, latest=True)
        .annotate(headline=marking.headline('"claims_snapshot"."text"'))
        .values_list("document_id", "headline")
    )
    return [
        Line(
            desk_address(document), marking.shown(document.headline or document.url),
            passage=marking.shown(passages.get(document.pk, "")) or None,
            badge=document.state if document.state != "live" else "", tone="bad",
            facts=_facts(*_printed(document), document.dossier.title),
        )
        for document in in_order(rows, ids)
    ]  # fmt: skip


def _sources(ids: Sequence[int], marking: Marking) -> list[Line]:
    rows = (
        Source.objects.filter(pk__in=ids)
        .select_related("party", "parent", "named_in")
        .prefetch_related("names")
        .annotate(headline=marking.headline('"claims_source"."name"', whole=True))
    )
    return [
        Line(
            desk_address(source), marking.shown(source.headline), badge=source.reliability,
            tone=GRADES.get(source.reliability, "plain"),
            facts=_facts(
                source.get_kind_display(), source.party and source.party.name, source.parent and source.parent.name,
                source.named_in and str(source.named_in),
                *[name.name for name in source.names.all() if name.name != source.name][:5],
            ),
        )
        for source in in_order(rows, ids)
    ]  # fmt: skip


LINES: dict[str, Callable[[Sequence[int], Marking], list[Line]]] = {
    CLAIMS: _claims, STATEMENTS: _statements, DOCUMENTS: _documents, SOURCES: _sources,
}  # fmt: skip


def _facts(*said: Any) -> tuple[str, ...]:
    """What is known, each once."""
    return tuple(dict.fromkeys(clip(str(fact), 120) for fact in said if fact))


def _printed(document: Document) -> tuple[str, str]:
    """Who printed it and on which day, as far as is known."""
    day = document.published_at or document.first_seen_at
    return (document.publisher.name if document.publisher else "", day.date().isoformat())


# --- The page --------------------------------------------------------------------------------------------------------


class SearchPage(DeskPage):
    """What was found, by kind."""

    permission = "claims.view_claim"
    template_name = "desk/search.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The form, what was understood, and what was found."""
        form = SearchForm(self.request.GET)
        form.is_valid()
        wanted = understood(form.cleaned_data.get("q", "")) if "q" not in form.errors else Wanted()
        narrowed, kind = form.narrowed(), form.cleaned_data.get("kind", "")
        marking = Marking(wanted)
        kinds = [kind] if kind else list(KINDS)
        groups = [
            self._group(one, wanted, narrowed, marking, page=_number(self.request.GET) if kind else 0)
            for one in kinds
            if wanted and self.request.user.has_perm(PERMISSIONS[one])
        ]
        asked = readable(form.cleaned_data.get("q", ""))
        return super().get_context_data(
            title=_("Search"),
            form=form,
            asked=asked,
            nothing_to_look_for=bool(asked) and not wanted,
            spellings=sorted(self._told({other for others in wanted.spellings.values() for other in others})),
            groups=groups,
            found=any(group.lines for group in groups),
            kind=kind,
            narrowed=bool(narrowed.by),
            nobody=narrowed.publishers == [],
            everything=_address(self.request.GET, kind=""),
            turn={step: _address(self.request.GET, page=str(_number(self.request.GET) + by)) for step, by in STEPS},
            **kwargs,
        )

    def _told(self, words: set[str]) -> set[str]:
        """The spellings that this person may be told of."""
        masker = masker_for(self.request)
        return words if masker is None else {word for word in words if masker.text(word) == word}

    def _group(self, kind: str, wanted: Wanted, narrowed: Narrowed, marking: Marking, *, page: int) -> Group:
        """One kind: its first lines, or one of its pages (from 1 on)."""
        address = _address(self.request.GET, kind=kind)
        if not narrowed.by <= NARROWED_BY[kind]:
            return Group(kind, KINDS[kind], Found(), [], address, unfit=True)
        found = find(kind, wanted, narrowed)
        found = replace(found, ids=without_protected(kind, found.ids, masker_for(self.request)))
        pages = max(1, -(-len(found.ids) // PER_PAGE))
        at = min(max(page, 1), pages)
        ids = found.ids[(at - 1) * PER_PAGE : at * PER_PAGE] if page else found.ids[:FIRST]
        return Group(kind, KINDS[kind], found, LINES[kind](ids, marking) if ids else [], address, at, pages)


STEPS = (("back", -1), ("on", 1))


def _number(query: QueryDict) -> int:
    """The page asked for, from 1 on."""
    given = query.get("page", "")
    return max(1, min(int(given), MOST)) if given.isascii() and given.isdigit() and len(given) < 6 else 1


def _address(query: QueryDict, **changes: str) -> str:
    """This search with changes, on its first page unless they name one."""
    said = query.copy()
    said.pop("page", None)
    for name, value in changes.items():
        said[name] = value
    for name in [name for name in said if not said[name]]:
        del said[name]
    return f"{reverse('desk:search')}?{said.urlencode()}"


urlpatterns = [path("search/", SearchPage.as_view(), name="search")]
