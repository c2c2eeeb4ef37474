"""Every page of the site, by a name: what the tests of all pages go through, and what the screenshots show."""

from typing import Any

from django.contrib import admin
from django.urls import URLPattern, get_resolver, reverse

from claims.desk.pages import DeskPage

MODELS = {f"{model._meta.app_label}.{model._meta.model_name}": model for model in admin.site._registry}
# Whose uid ends the address of a page of the desk, by the beginning of the page's name.
SUBJECTS = ("claim", "contradiction", "document", "dossier", "source", "snapshot", "statement")
CALLED = {"conflict": "contradiction"}
SOMEBODY = "reviewer"  # whose page is shown where a page is about a person


def desk_pages() -> dict[str, URLPattern]:
    """The pages of the desk that are looked at, by the names of their addresses."""
    _prefix, resolver = get_resolver().namespace_dict["desk"]
    return {
        str(pattern.name): pattern
        for pattern in resolver.url_patterns
        if isinstance(pattern, URLPattern) and issubclass(getattr(pattern.callback, "view_class", object), DeskPage)
    }


def subject_of(name: str) -> str:
    """The model whose row a page of the desk is about; empty for a page that is about no single row."""
    first = name.split("-", maxsplit=1)[0].split("_", maxsplit=1)[0]
    subject = CALLED.get(first, first)
    return subject if desk_pages()[name].pattern.converters and subject in SUBJECTS else ""


def desk_path(name: str, world: dict[str, dict[str, Any]]) -> str:
    """The address of a page of the desk about this world's row (``{model: {"pk", "uid"}}``)."""
    values = {
        key: world[subject_of(name)]["uid"] if key == "uid" else SOMEBODY
        for key in desk_pages()[name].pattern.converters
    }
    return reverse(f"desk:{name}", kwargs=values)


def list_path(label: str) -> str:
    """The list of a model."""
    return reverse(f"admin:{label.replace('.', '_')}_changelist")


def row_path(label: str, pk: Any) -> str:
    """The page of a row in the admin."""
    return reverse(f"admin:{label.replace('.', '_')}_change", args=[pk])
