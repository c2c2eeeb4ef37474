"""What every page of the admin shares: nothing is deleted, and a refusal of the domain is a message, never a crash."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from claims.admin.markup import NOTHING, clip, list_of
from claims.admin.versioned import Versioned
from claims.choices import ItemType
from claims.errors import ClaimsError
from claims.models import Event
from claims.models.base import Recorded
from claims.services.protection import masker_for
from claims.services.unseen import holds


def count_of(queryset: QuerySet[Any], by: str) -> Coalesce:
    """How many rows of ``queryset`` refer to each row of a list, as a subquery: counting the list itself skips it."""
    counts = queryset.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)


def version_before(model: type[Recorded], pk: Any) -> int:
    """The version of the row with this key; 0 where there is none, or the key is none."""
    try:
        uid = Subquery(model._default_manager.filter(pk=pk).values("uid")[:1])
        return Event.objects.filter(object_uid=uid).order_by("-pk").values_list("pk", flat=True).first() or 0
    except (ValidationError, ValueError):
        return 0


class DomainAdmin(ModelAdmin):
    """A model of the domain. Rows are superseded, merged or withdrawn, not deleted."""

    list_per_page = 50
    list_fullwidth = True
    compressed_fields = True
    show_facets = None
    change_form_before_template = "admin/claims/version.html"
    change_form_outer_before_template = "admin/claims/before.html"
    change_form_outer_after_template = "admin/claims/after.html"

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; where it can be edited, with the version that was current before it was read."""
        editable = request.method == "GET" and issubclass(self.model, Recorded) and self.has_change_permission(request)
        seen = version_before(self.model, object_id) if editable else 0
        row = super().get_object(request, object_id, from_field)
        if row is not None and editable:
            row.version_shown = seen
        return row

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """A form that refuses to overwrite what somebody else changed meanwhile."""
        form = super().get_form(request, obj, change, **kwargs)
        if change and isinstance(obj, Recorded) and self.has_change_permission(request, obj):
            return type(form.__name__, (Versioned, form), {})
        return form

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """What fits; nothing that fits only by what this person sees masked."""
        found, doubled = super().get_search_results(request, queryset, search_term)
        masker = masker_for(request) if search_term.strip() else None
        if masker is not None:
            texts = [field for field in self.get_search_fields(request) if not field.startswith(("=", "^", "@"))]
            hidden = found.filter(holds(texts, masker)).order_by().values("pk")
            found = found.exclude(pk__in=hidden)
        return found, doubled

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The decisions that this person may make, and that the row's state allows."""
        allowed = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id) if allowed else None
        return [action for action in allowed if row is not None and action.method.when(row)]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        asked = request.POST.get("action")
        if asked and asked not in self.get_actions(request):
            raise PermissionDenied  # said aloud: Django would only show the list again
        return super().changelist_view(request, extra_context)

    def panel_before(self, request: HttpRequest, obj: Any) -> SafeString | str:
        """What stands above the fields of a row's page."""
        return ""

    def panel_after(self, request: HttpRequest, obj: Any) -> SafeString | str:
        """What stands below the fields of a row's page."""
        return ""

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> Any:
        if obj is not None and change:
            context["panel_before"] = self.panel_before(request, obj)
            context["panel_after"] = self.panel_after(request, obj)
            context["worked_on_together"] = obj._meta.model_name in ItemType.values
        return super().render_change_form(request, context, add, change, form_url, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ClaimsError as refused:
            self.message_user(request, str(refused), messages.WARNING)
        except ValidationError as refused:
            self.message_user(request, " ".join(refused.messages), messages.WARNING)
        return HttpResponseRedirect(request.get_full_path())

    @display(description="History")
    def ledger(self, obj: Recorded) -> SafeString | str:
        """Every change of this row, on the ledger."""
        if obj._state.adding:
            return NOTHING
        return SafeString(f'<a class="cb-link" href="{list_of(Event, f"object_uid={obj.uid}")}">Its changes</a>')


def person(field: str, description: str) -> Any:
    """A column with a person's name: his or her page is for administrators, so there is no link to it."""

    @display(description=description, ordering=field)
    def name(_self: Any, obj: Any) -> str:
        return str(getattr(obj, field) or NOTHING)

    return name


def dossier_column() -> Any:
    """A column with the beginning of the dossier's title: the whole of a long one would make every row tall."""

    @display(description="Dossier", ordering="dossier__title")
    def dossier_named(_self: Any, obj: Any) -> str:
        return clip(obj.dossier.title, 48) if obj.dossier else NOTHING

    return dossier_named


class EvidenceAdmin(DomainAdmin):
    """Rows that nobody edits by hand: they are written by services, and changed by their actions only."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    """Rows that belong to the page's row, to look at."""

    extra = 0
    max_num = 0
    can_delete = False
    hide_title = True
    show_change_link = False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.fields

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
