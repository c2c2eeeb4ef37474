"""Actions that decide: each asks for what its service needs, calls it for every chosen row, and tells what came of it.

One decision gives two actions: one on the list, for all the rows that are ticked, and one on the page of a single row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from claims.admin.markup import address_of
from claims.errors import ChangedMeanwhile, ClaimsError
from claims.models import Event
from claims.models.base import Recorded
from claims.services.versions import versions_of

DECIDED = "decided"  # in the form data once the questions on the page in between are answered


SEEN = "seen-"  # before a row's key: the version of it that the question was asked about


def _with_versions(chosen: Sequence[Model]) -> list[tuple[Model, int]]:
    recorded = [obj for obj in chosen if isinstance(obj, Recorded)]
    versions = versions_of(obj.uid for obj in recorded)
    return [(obj, versions[obj.uid]) for obj in recorded]


def _refuse_if_others_changed(obj: Model, *, by: User, since: str) -> None:
    """Undo a decision on what another person changed while the question stood there.

    Asked when the decision holds the row's lock: what was committed before is visible, and nothing comes after it.
    """
    if not (isinstance(obj, Recorded) and since.isascii() and since.isdigit() and len(since) < 19):
        return
    later = Event.objects.filter(object_uid=obj.uid, pk__gt=int(since), actor__isnull=False).exclude(actor=by)
    if told := [_("%(who)s: %(what)s") % {"who": e.actor_label, "what": e.verb} for e in later.order_by("pk")[:5]]:
        raise ChangedMeanwhile(
            _("This changed since you were asked (%(told)s). Look again.") % {"told": "; ".join(told)}
        )


class Questions(forms.Form):
    """What a decision needs to know; nothing, here."""


class Reason(Questions):
    """A decision that needs its reason."""

    reason = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept on the ledger, for whoever asks later.",
        max_length=5000,
    )


class ReasonIfAny(Reason):
    """A decision that may have a reason."""

    reason = forms.CharField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), required=False, max_length=5000)


# Does it for one row: the row, who decides, and the answers.
Run = Callable[[Any, User, dict[str, Any]], object]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided, by whom, and how it is said."""

    name: str
    title: str
    done: str
    permission: str
    run: Run
    questions: type[Questions] = Questions
    explanation: str = ""
    variant: ActionVariant = ActionVariant.DEFAULT
    icon: str | None = None
    # Whether a row's page offers it; the service has the last word.
    when: Callable[[Any], bool] = lambda _row: True

    def actions(self) -> tuple[Any, Any]:
        """The action on the list, called ``name``, and the one on a row's page, called ``name_this``."""

        def many(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
            self._check(model_admin, request)
            answered = DECIDED in request.POST
            form = self.questions(request.POST if answered else None)
            if form.fields and not (answered and form.is_valid()):
                return self._ask(model_admin, request, list(queryset), form, back=request.get_full_path())
            self._decide(model_admin, request, list(queryset), getattr(form, "cleaned_data", {}))
            return None

        def this(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
            self._check(model_admin, request)
            obj = model_admin.get_object(request, object_id)
            if obj is None:
                return model_admin._get_obj_does_not_exist_redirect(  # type: ignore[no-any-return]
                    request, model_admin.opts, object_id
                )
            # Even a decision without questions is asked back: a mere link must change nothing.
            form = self.questions(request.POST if request.method == "POST" else None)
            if request.method != "POST" or not form.is_valid():
                return self._ask(model_admin, request, [obj], form, back=address_of(obj), one=True)
            self._decide(model_admin, request, [obj], form.cleaned_data)
            return HttpResponseRedirect(address_of(obj))

        made: list[tuple[Any, str]] = [(many, self.name), (this, f"{self.name}_this")]
        for function, name in made:
            function.__name__ = name
            function.short_description = self.title
            function.allowed_permissions = [self.permission]
            function.attrs = {}
            function.variant = self.variant
            function.when = self.when
            function.icon = self.icon
        return many, this

    def _check(self, model_admin: Any, request: HttpRequest) -> None:
        allowed = getattr(model_admin, f"has_{self.permission}_permission")
        if not (model_admin.has_view_or_change_permission(request) and allowed(request)):
            raise PermissionDenied

    def _ask(
        self, model_admin: Any, request: HttpRequest, chosen: Sequence[Model], form: Questions, *, back: str,
        one: bool = False,
    ) -> HttpResponse:  # fmt: skip
        context = {
            **model_admin.admin_site.each_context(request),
            "title": self.title,
            "explanation": self.explanation,
            "chosen": [(address_of(obj), str(obj)) for obj in chosen],
            "ids": [] if one else [obj.pk for obj in chosen],
            "versions": [(f"{SEEN}{obj.pk}", version) for obj, version in _with_versions(chosen)],
            "checkbox": helpers.ACTION_CHECKBOX_NAME,
            "action": self.name,
            "decided": DECIDED,
            "danger": self.variant == ActionVariant.DANGER,
            "form": form,
            "media": model_admin.media + form.media,
            "opts": model_admin.opts,
            "back": back,
        }
        return TemplateResponse(request, "admin/claims/decide.html", context)

    def _decide(self, model_admin: Any, request: HttpRequest, chosen: Sequence[Model], answers: dict[str, Any]) -> None:
        count = 0
        by: User = request.user  # type: ignore[assignment]  # the admin has signed people only
        for obj in chosen:
            try:
                with transaction.atomic():
                    self.run(obj, by, answers)
                    _refuse_if_others_changed(obj, by=by, since=request.POST.get(f"{SEEN}{obj.pk}", ""))
            except (ClaimsError, ValidationError) as refused:
                said = " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
                model_admin.message_user(request, f"{obj}: {said}" if len(chosen) > 1 else said, messages.WARNING)
            else:
                count += 1
        if count:
            noun = model_admin.opts.verbose_name if count == 1 else model_admin.opts.verbose_name_plural
            model_admin.message_user(request, f"{count} {noun} {self.done}.", messages.SUCCESS)
