"""The panel "working together", for any page: ``{% load together %}{% together_panel row %}``."""

from typing import Any

from django import template
from django.urls import reverse

register = template.Library()

# The panel's actions, which are addresses of the desk. Named here: Django reads this module while it loads its apps,
# when nothing of the admin can be imported yet.
ACTIONS = ("beat", "leave", "hold", "take-over", "let-go", "assign", "done", "comment", "withdraw", "opinion")


@register.inclusion_tag("desk/together/panel.html", takes_context=True)
def together_panel(context: template.Context, row: Any, hold: str = "press") -> dict[str, Any]:
    """The panel of this object; it asks for its contents itself, so that it costs the page no query.

    ``hold`` says when somebody begins to work on it: by ``open``-ing the page, or by ``press``-ing a button. The page
    that it stands on has a CSRF token and the desk's styles (``desk/base.html`` and the admin's forms have both).
    """
    object_type = row._meta.model_name
    where = [object_type, row.uid]
    return {
        "addresses": {action: reverse(f"desk:together-{action}", args=where) for action in ACTIONS},
        "people": reverse("desk:together-people"),
        "colleague": reverse("desk:colleague", args=["NAME"]),
        "may_take_part": context["request"].user.has_perm("claims.take_part"),
        "hold": hold,
    }
