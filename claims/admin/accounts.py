"""People, their groups, and the tokens of API clients."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from knox.models import AuthToken
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from claims.admin.markup import NOTHING

for model in (User, Group, AuthToken):
    admin.site.unregister(model)


def _unbounded(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """People. Whoever left is made inactive: what he or she decided keeps its name.

    Who is no superuser can neither make one nor change one: an administrator's rights do not grow by themselves.
    """

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "first_name", "last_name", "roles", "is_active", "is_superuser", "last_login"]
    list_filter = ["groups", "is_active", "is_superuser"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = [] if _unbounded(request) else ["is_superuser", "user_permissions"]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        beyond = obj is not None and obj.is_superuser and not _unbounded(request)
        return not beyond and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="Roles")
    def roles(self, obj: User) -> str:
        return ", ".join(group.name for group in obj.groups.all()) or NOTHING


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Roles. Those of this product are put in place after each migration."""

    actions = None


@admin.register(AuthToken)
class AuthTokenAdmin(ModelAdmin):
    """Tokens of API clients. A token is shown once, when it is made; deleting it locks its client out."""

    list_display = ["token_key", "user", "created", "expiry"]
    list_filter = ["created", "expiry"]
    search_fields = ["token_key", "user__username"]
    list_select_related = ["user"]
    autocomplete_fields = ["user"]
    fields = ["user", "expiry"]
    readonly_fields = ["token_key", "created"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["token_key", "user", "created", "expiry"] if obj else ["user", "expiry"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        if db_field.name == "user" and request is not None and not _unbounded(request):
            kwargs["queryset"] = User.objects.filter(is_superuser=False)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: AuthToken, form: Any, change: bool) -> None:
        made, token = AuthToken.objects.create(user=obj.user)
        if obj.expiry is not None:
            made.expiry = obj.expiry
            made.save(update_fields=["expiry"])
        obj.pk = made.pk
        obj.refresh_from_db()
        self.message_user(request, f"Note it now, it is not shown again: {token}", messages.WARNING)
