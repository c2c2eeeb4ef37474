"""Filters of lists that are not a mere value of one field."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from claims.models import Claim, Statement
from claims.standing import FLAGS


class MergedFilter(admin.SimpleListFilter):
    """Rows that stand on their own, or those merged into another."""

    title = "merged"
    parameter_name = "merged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [("no", "Stands alone"), ("yes", "Merged into another")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(merged_into__isnull=self.value() == "no")


class FlagFilter(admin.SimpleListFilter):
    """Claims with a flag on their standing."""

    title = "flag"
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [(flag, flag) for flag in FLAGS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(standing_flags__contains=[self.value()]) if self.value() in FLAGS else queryset


class MeasureFilter(admin.SimpleListFilter):
    """Figures of one measure: killed, wounded, destroyed, …"""

    title = "measure"
    parameter_name = "measure"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        used = Claim.objects.exclude(measure="").order_by("measure").values_list("measure", flat=True).distinct()
        return [(measure, measure) for measure in used[:40]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(measure=self.value()) if self.value() else queryset


class ExtractorVersionFilter(admin.SimpleListFilter):
    """Statements that one version of the analysis found.

    The versions offered are those of the newest and the oldest rows: reading all for the few that there are takes
    longer than all else on the page. Any other one can still be asked for in the address.
    """

    title = "extractor version"
    parameter_name = "extractor_version"
    looked_at = 2000  # rows from either end

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        ends = [Statement.objects.order_by(order).values("pk")[: self.looked_at] for order in ("-pk", "pk")]
        versions = [
            Statement.objects.filter(pk__in=end).order_by().values_list("extractor_version", flat=True).distinct()
            for end in ends
        ]
        return [(version, version) for version in sorted({*versions[0], *versions[1]})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(extractor_version=self.value()) if self.value() else queryset


class OrderFilter(admin.SimpleListFilter):
    """What comes first; the list itself sorts (:meth:`ClaimAdmin.get_ordering`)."""

    title = "order"
    parameter_name = "first"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [("contested", "Contested first"), ("origins", "Most origins first")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


class CopyFilter(admin.SimpleListFilter):
    """Documents that copy another, or originals."""

    title = "copying"
    parameter_name = "copying"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [("no", "Original"), ("yes", "Copy of another")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(origin__isnull=self.value() == "no")


class SupersededFilter(admin.SimpleListFilter):
    """Rows that still count, unless the replaced ones are asked for."""

    title = "superseded"
    parameter_name = "superseded"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [("no", "Current"), ("yes", "Superseded")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(superseded_at__isnull=self.value() == "no")


class DueFilter(admin.SimpleListFilter):
    """Verdicts whose review date has come."""

    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [("due", "Due")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.due_for_review() if self.value() == "due" else queryset  # type: ignore[attr-defined]
