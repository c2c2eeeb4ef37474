"""Parties, and the sources that assert: their names, grades and merges."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from claims.admin import protection
from claims.admin.base import DomainAdmin, EvidenceAdmin, ReadOnlyInline, count_of, person
from claims.admin.choosing import row_chosen
from claims.admin.decisions import Decision, Questions, Reason
from claims.admin.filters import MergedFilter
from claims.admin.markup import GRADES, NOTHING, badge, link_to, list_of, outward_link
from claims.choices import Reliability, SourceKind
from claims.models import (
    Party,
    ReliabilityGrade,
    Source,
    SourceMerge,
    SourceName,
    Statement,
    name_key,
)
from claims.services import parties
from claims.services.actor import Actor
from claims.services.sources import (
    add_alias,
    create_source,
    describe_source,
    grade_source,
    merge_sources,
    undo_source_merge,
)


@admin.register(Party)
class PartyAdmin(DomainAdmin):
    """Sides with an interest in what is believed."""

    list_display = ["name", "slug", "opposed", "source_count"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["opposes"]
    fields = ["name", "slug", "opposes", "ledger"]
    readonly_fields = ["ledger"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .prefetch_related("opposes")
            .annotate(sources_n=count_of(Source.objects.standing_alone(), "party"))
        )

    def get_prepopulated_fields(self, request: HttpRequest, obj: Party | None = None) -> Any:
        # An existing party's slug is how others refer to it.
        return self.prepopulated_fields if obj is None else {}

    @display(description="Opposes")
    def opposed(self, obj: Party) -> str:
        return ", ".join(party.name for party in obj.opposes.all()) or NOTHING

    @display(description="Sources", ordering="sources_n")
    def source_count(self, obj: Any) -> int:
        return int(obj.sources_n)

    def save_model(self, request: HttpRequest, obj: Party, form: Any, change: bool) -> None:
        opposes = form.cleaned_data.get("opposes") or []
        parties.describe_party(obj, opposes=opposes, actor=Actor.person(request.user))  # type: ignore[arg-type]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The service has saved whom the party opposes."""


# --- Sources ---------------------------------------------------------------------------------------------------------


class SourceForm(forms.ModelForm):
    """What is known of a source. Only machines make unnamed ones, in the document that they speak in."""

    class Meta:
        model = Source
        fields = ["name", "kind", "description", "parent", "party", "wikidata_id"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            unnamed = self.instance.named_in_id is not None
            kinds = [c for c in SourceKind.choices if (c[0] == SourceKind.UNNAMED) == unnamed]
            self.fields["kind"].choices = kinds  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not name_key(name):
            raise ValidationError("A name needs letters or digits.")
        known = SourceName.objects.select_related("source").filter(key=name_key(name)[:300]).first()
        if known is not None:
            raise ValidationError(f"This name already leads to {known.source.resolved}.")
        return name

    def clean_wikidata_id(self) -> str:
        found: str = self.cleaned_data["wikidata_id"]
        if found and not re.fullmatch(r"Q[1-9]\d*", found):
            raise ValidationError("A Wikidata identifier looks like Q42.")
        return found

    def clean_parent(self) -> Source | None:
        parent: Source | None = self.cleaned_data["parent"]
        above, seen = parent, set[int]()
        while above is not None and above.pk not in seen:
            if above.pk == self.instance.pk:
                raise ValidationError("A source cannot speak for itself, nor for a body that speaks for it.")
            seen.add(above.pk)
            above = above.resolved.parent
        return parent


class Graded(Reason):
    """A grade and its reason."""

    grade = forms.ChoiceField(choices=Reliability.choices, widget=UnfoldAdminSelectWidget)
    field_order = ["grade", "reason"]


class Merged(Reason):
    """The source that the chosen ones are, and why."""

    target = row_chosen(Source, "merged_into", Source.objects.standing_alone(), help_text="The source that remains.")
    field_order = ["target", "reason"]


class Aliased(Questions):
    """Another name."""

    name = forms.CharField(max_length=300, widget=UnfoldAdminTextInputWidget)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not name_key(name):
            raise ValidationError("A name needs letters or digits.")
        return name


def _grade(source: Source, by: User, said: dict[str, Any]) -> object:
    return grade_source(source, grade=said["grade"], reason=said["reason"], actor=Actor.person(by))


def _merge(source: Source, by: User, said: dict[str, Any]) -> object:
    return merge_sources(source, target=said["target"], reason=said["reason"], by=by)


def _alias(source: Source, by: User, said: dict[str, Any]) -> object:
    return add_alias(source, name=said["name"], actor=Actor.person(by))


def _undo(merge: SourceMerge, by: User, _said: dict[str, Any]) -> object:
    return undo_source_merge(merge, by=by)


PROTECT, UNPROTECT = protection.of_sources()
GRADE = Decision(
    name="grade", title="Grade reliability", done="graded", permission="grade", run=_grade, questions=Graded,
    explanation="How far the source is trusted, apart from any one thing it says. Earlier grades stay readable.",
    icon="grade",
)  # fmt: skip
MERGE = Decision(
    name="merge", title="Merge into another source", done="merged", permission="merge", run=_merge, questions=Merged,
    explanation="From now on its words count as the other source's. Nothing moves, so a merge can be undone.",
    icon="merge",
    when=lambda source: source.merged_into_id is None,
)  # fmt: skip
ALIAS = Decision(
    name="alias", title="Add a name", done="given another name", permission="change", run=_alias, questions=Aliased,
    explanation="Documents that use this name will be read as speaking of this source.", icon="badge",
)  # fmt: skip
UNDO = Decision(
    name="undo", title="Undo this merge", done="undone", permission="merge", run=_undo,
    explanation="The merged source stands alone again, with all that it said.", icon="undo",
    when=lambda merge: merge.undone_at is None,
)  # fmt: skip


class NamesInline(ReadOnlyInline):
    """Its name and aliases."""

    model = SourceName
    fields = ["name"]
    verbose_name_plural = "names that lead here"


class GradesInline(ReadOnlyInline):
    """How far it was trusted when, and why."""

    by_name = person("by", "By")
    model = ReliabilityGrade
    fields = ["grading", "reason", "by_name", "at"]
    verbose_name_plural = "earlier grades, newest first"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("by")

    @display(description="Grade")
    def grading(self, obj: ReliabilityGrade) -> SafeString | str:
        return badge(obj.grade, GRADES, label=obj.get_grade_display())


class MergesInline(ReadOnlyInline):
    """What became of a source that was merged."""

    by_name = person("by", "By")
    undone_by_name = person("undone_by", "Undone by")
    model = SourceMerge
    fk_name = "source"
    fields = ["into", "reason", "by_name", "at", "undone_by_name", "undone_at", "open"]
    verbose_name_plural = "merges"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("target", "by", "undone_by")

    @display(description="Into")
    def into(self, obj: SourceMerge) -> SafeString | str:
        return link_to(obj.target)

    @display(description="")
    def open(self, obj: SourceMerge) -> SafeString | str:
        return link_to(obj, "open to undo") if obj.undone_at is None else NOTHING


@admin.register(Source)
class SourceAdmin(DomainAdmin):
    """Who asserts, and outlets that publish."""

    form = SourceForm
    list_display = ["name", "kind", "grade_shown", "party_shown", "parent_shown", "statement_count", "merged_shown"]
    list_filter = ["kind", "reliability", "party", MergedFilter]
    search_fields = ["name", "names__name", "description"]
    search_help_text = "Name, alias or description"
    list_select_related = ["party", "parent", "parent__party", "merged_into"]
    autocomplete_fields = ["parent", "party"]
    inlines = [NamesInline, GradesInline, MergesInline]
    fields = [
        ("name", "grade_shown"), ("kind", "description"), ("parent", "party"), ("wikidata_id", "wikidata"),
        ("named_in_shown", "merged_shown"), ("statements_shown", "ledger"), "protected",
    ]  # fmt: skip
    readonly_fields = [
        "grade_shown", "wikidata", "named_in_shown", "merged_shown", "statements_shown", "ledger", "protected",
    ]  # fmt: skip
    grade, grade_this = GRADE.actions()
    merge, merge_this = MERGE.actions()
    alias, alias_this = ALIAS.actions()
    protect, protect_this = PROTECT.actions()
    unprotect, unprotect_this = UNPROTECT.actions()
    actions = ["grade", "merge"]
    actions_detail = ["alias_this", "grade_this", "merge_this", "protect_this", "unprotect_this"]

    def has_grade_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.grade_source")

    def has_merge_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.merge_source")

    def has_protect_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.protect_source")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(statements_n=count_of(Statement.objects.current(), "source"))

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.fields if obj else ["name", "kind", "description", "parent", "party", "wikidata_id"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        return ["name", *self.readonly_fields] if obj else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return []
        kept = {NamesInline: True, GradesInline: obj.grades.exists(), MergesInline: obj.merges.exists()}  # type: ignore[attr-defined]
        return [inline for inline in self.inlines if kept[inline]]

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        if change and not form.has_changed():
            return
        actor = Actor.person(request.user)  # type: ignore[arg-type]
        if not change:
            made = create_source(
                name=obj.name, kind=obj.kind, description=obj.description, parent=obj.parent, party=obj.party,
                actor=actor,
            )  # fmt: skip
            obj.pk, obj._state.adding = made.pk, False
        if change or obj.wikidata_id:
            describe_source(
                obj, kind=obj.kind, description=obj.description, parent=obj.parent, party=obj.party,
                wikidata_id=obj.wikidata_id, actor=actor,
                clear=[name for name in ("parent", "party") if getattr(obj, name) is None],
            )  # fmt: skip
        obj.refresh_from_db()

    @display(description="Reliability", ordering="reliability")
    def grade_shown(self, obj: Source) -> SafeString | str:
        return badge(obj.reliability, GRADES, hint=obj.get_reliability_display())

    @display(description="Party", ordering="party__name")
    def party_shown(self, obj: Source) -> SafeString | str:
        return link_to(obj.party or (obj.parent.party if obj.parent else None))

    @display(description="Speaks for", ordering="parent__name")
    def parent_shown(self, obj: Source) -> SafeString | str:
        return link_to(obj.parent)

    @display(description="Statements", ordering="statements_n")
    def statement_count(self, obj: Any) -> int:
        return int(obj.statements_n)

    @display(description="Merged into", ordering="merged_into__name")
    def merged_shown(self, obj: Source) -> SafeString | str:
        return link_to(obj.merged_into)

    @display(description="Speaks in")
    def named_in_shown(self, obj: Source) -> SafeString | str:
        return link_to(obj.named_in)

    @display(description="On Wikidata")
    def wikidata(self, obj: Source) -> SafeString | str:
        known = re.fullmatch(r"Q\d+", obj.wikidata_id or "")
        return outward_link(f"https://www.wikidata.org/wiki/{obj.wikidata_id}") if known else NOTHING

    @display(description="What it said")
    def statements_shown(self, obj: Source) -> SafeString:
        if obj._state.adding:
            return SafeString(NOTHING)
        return format_html(
            '<a class="cb-link" href="{}">At the review desk, with how it ended</a> · '
            '<a class="cb-link" href="{}">Its statements</a>',
            reverse("desk:source", args=[obj.uid]),
            list_of(Statement, f"source__id__exact={obj.pk}"),
        )


@admin.register(SourceName)
class SourceNameAdmin(EvidenceAdmin):
    """Names, and the sources that they lead to."""

    list_display = ["name", "source_shown", "key"]
    search_fields = ["name", "key", "source__name"]
    list_select_related = ["source"]
    fields = ["name", "key", "source_shown"]
    readonly_fields = fields

    @display(description="Leads to", ordering="source__name")
    def source_shown(self, obj: SourceName) -> SafeString | str:
        return link_to(obj.source)


@admin.register(SourceMerge)
class SourceMergeAdmin(EvidenceAdmin):
    """Merges of sources, each of which can be undone."""

    by_name = person("by", "By")
    undone_by_name = person("undone_by", "Undone by")
    list_display = ["merge_shown", "source_shown", "target_shown", "reason", "by_name", "at", "undone_at"]
    list_filter = [("undone_at", admin.EmptyFieldListFilter), "at"]
    search_fields = ["source__name", "target__name", "reason"]
    list_select_related = ["source", "target", "by"]
    fields = ["source_shown", "target_shown", "reason", "by_name", "at", "undone_by_name", "undone_at"]
    readonly_fields = fields
    undo, undo_this = UNDO.actions()
    actions = ["undo"]
    actions_detail = ["undo_this"]

    def has_merge_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("claims.merge_source")

    @display(description="Merge")
    def merge_shown(self, obj: SourceMerge) -> str:
        return f"#{obj.pk}"

    @display(description="Source", ordering="source__name")
    def source_shown(self, obj: SourceMerge) -> SafeString | str:
        return link_to(obj.source)

    @display(description="Counts as", ordering="target__name")
    def target_shown(self, obj: SourceMerge) -> SafeString | str:
        return link_to(obj.target)


@admin.register(ReliabilityGrade)
class ReliabilityGradeAdmin(EvidenceAdmin):
    """Every grading of a source."""

    by_name = person("by", "By")
    list_display = ["grading", "source_shown", "reason", "by_name", "at"]
    list_filter = ["grade", "at"]
    search_fields = ["source__name", "reason"]
    list_select_related = ["source", "by"]
    fields = ["source_shown", "grading", "reason", "by_name", "at"]
    readonly_fields = fields

    @display(description="Grade", ordering="grade")
    def grading(self, obj: ReliabilityGrade) -> SafeString | str:
        return badge(obj.grade, GRADES, label=obj.get_grade_display())

    @display(description="Source", ordering="source__name")
    def source_shown(self, obj: ReliabilityGrade) -> SafeString | str:
        return link_to(obj.source)
