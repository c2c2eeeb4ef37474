"""The domain's application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClaimsConfig(AppConfig):
    name = "claims"
    verbose_name = "Claims"

    def ready(self) -> None:
        from claims.roles import put_roles_in_place  # noqa: PLC0415  the models must be loaded first

        post_migrate.connect(put_roles_in_place, sender=self, dispatch_uid="claims.roles")
