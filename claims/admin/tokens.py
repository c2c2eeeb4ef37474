"""Tokens of API clients: what each may do and read, until when, and when it was last used."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from knox.models import AuthToken
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from claims.access import access_of
from claims.admin.accounts import unbounded
from claims.admin.choosing import rows_chosen
from claims.admin.markup import BAD, NOTHING, badge, clip, moment, mono
from claims.choices import Scope
from claims.models import Dossier, TokenGrant
from claims.services.tokens import issue_token

admin.site.unregister(AuthToken)

MEANT = {
    Scope.READ: lazy("read: looks up what its user may read"),
    Scope.REVIEW: lazy("review: decides and proposes as its user, and sees what is protected where its user may"),
    Scope.SUBMIT: lazy("submit: hands in documents"),
    Scope.ADMIN: lazy("admin: makes and revokes its user's tokens"),
}


class NewToken(forms.ModelForm):
    """What a new token is for, whose it is, and what it may do of what its user may."""

    name = forms.CharField(
        max_length=100, widget=UnfoldAdminTextInputWidget,
        help_text=lazy("What it is for, so that it is known which one to revoke."),
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        choices=list(MEANT.items()), initial=[Scope.READ], widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=lazy("It never does more than its user may."),
    )  # fmt: skip
    dossiers = rows_chosen(
        TokenGrant, "dossiers", Dossier.objects.all(), required=False,
        help_text=lazy("It reads these only. None chosen: all that its user reads."),
    )  # fmt: skip

    class Meta:
        model = AuthToken
        fields = ["user", "expiry"]
        labels = {"expiry": lazy("Ends")}
        help_texts = {"expiry": lazy("From then on it signs nobody in. Empty: never.")}

    def clean_expiry(self) -> datetime | None:
        """A moment to come, or none."""
        expiry: datetime | None = self.cleaned_data["expiry"]
        if expiry is not None and expiry <= timezone.now():
            raise forms.ValidationError(_("Give a moment to come, or none."))
        return expiry


@admin.register(AuthToken)
class AuthTokenAdmin(ModelAdmin):
    """Tokens of API clients. A token is shown once, when it is made; deleting it revokes it."""

    form = NewToken
    list_display = ["token_key", "name", "user", "scopes", "dossiers", "created", "ends", "last_used"]
    list_filter = ["created", "expiry"]
    search_fields = ["token_key", "user__username", "grant__name"]
    list_select_related = ["user", "grant"]
    ordering = ["-created"]
    autocomplete_fields = ["user"]
    readonly_fields = ["token_key", "created", "ends", "last_used"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.prefetch_related("grant__dossiers")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return list(self.list_display) if obj else ["name", "user", "scopes", "dossiers", "expiry"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return list(self.list_display) if obj else self.readonly_fields

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        if "delete_selected" in actions:
            act, name, _described = actions["delete_selected"]
            actions["delete_selected"] = (act, name, lazy("Revoke (delete) selected tokens"))
        return actions

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        if db_field.name == "user" and request is not None and not unbounded(request):
            kwargs["queryset"] = User.objects.filter(is_superuser=False)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: AuthToken, form: Any, change: bool) -> None:
        given = form.cleaned_data
        grant, secret = issue_token(
            obj.user,
            name=given["name"],
            scopes=given["scopes"],
            dossiers=list(given["dossiers"]) or None,
            expires_at=given["expiry"],
            granted_by=access_of(request),
        )
        obj.pk = grant.token_id
        obj.refresh_from_db()
        told = format_html("{} {}", _("Note it now, it is not shown again:"), mono(secret))
        self.message_user(request, told, messages.WARNING)

    def response_add(self, request: HttpRequest, obj: AuthToken, post_url_continue: str | None = None) -> HttpResponse:
        """To the list, or to the next form. Django would besides tell of the token by its hash."""
        if "_addanother" in request.POST:
            return HttpResponseRedirect(request.get_full_path())
        listed: HttpResponse = self.response_post_save_add(request, obj)
        return listed

    @display(description=lazy("Name"), ordering="grant__name")
    def name(self, obj: AuthToken) -> str:
        return clip(obj.grant.name, 48) if hasattr(obj, "grant") else NOTHING

    @display(description=lazy("Scopes"))
    def scopes(self, obj: AuthToken) -> str:
        """Its scopes; one from before there were scopes may do whatever its user may."""
        return ", ".join(obj.grant.scopes) if hasattr(obj, "grant") else _("all that its user may")

    @display(description=lazy("Dossiers"))
    def dossiers(self, obj: AuthToken) -> str:
        if not hasattr(obj, "grant") or not obj.grant.limited:
            return _("all")
        return ", ".join(sorted(dossier.slug for dossier in obj.grant.dossiers.all())) or _("none")

    @display(description=lazy("Ends"), ordering="expiry")
    def ends(self, obj: AuthToken) -> SafeString | str:
        if obj.expiry is not None and obj.expiry <= timezone.now():
            return badge("ended", {"ended": BAD}, label=_("has ended"), hint=obj.expiry.isoformat(timespec="minutes"))
        return moment(obj.expiry) if obj.expiry else _("never")

    @display(description=lazy("Last used"), ordering="grant__last_used_at")
    def last_used(self, obj: AuthToken) -> str:
        """To the minute. Of a token without a grant it is not noted."""
        grant: TokenGrant | None = getattr(obj, "grant", None)
        if grant is None:
            return NOTHING
        return moment(grant.last_used_at) if grant.last_used_at else _("never")
