"""The Content-Security-Policy of every page: nothing from another host, no inline script, no inline style element.

The directives are in the settings. What is added here is the hash of the one inline style element that the admin's
theme writes (its colours): a hash lets exactly this text pass, where ``'unsafe-inline'`` would let any.
"""

import base64
import hashlib
import re
from functools import cache
from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.template import Context, Engine
from django.template.loader import get_template

SKELETON = "unfold/layouts/skeleton.html"
THEME = re.compile(r'<style id="unfold-theme-colors">(.*?)</style>', re.DOTALL)


class PolicyMiddleware(CSPMiddleware):
    """Sends the settings' policy, and lets the theme's colours pass."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """The parts of which the header is made."""
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.config is None and parts.replace is None:
            parts.update = {**(parts.update or {}), "style-src-elem": [f"'{theme_hash()}'"]}
        return parts


@cache
def theme_hash() -> str:
    """``sha256-…`` of the theme's inline style, as the installed theme and the settings make it."""
    template: Any = get_template(SKELETON)
    found = THEME.search(template.template.source)
    if found is None:
        raise LookupError(f"{SKELETON} has no colours any more: see which inline styles the admin's theme writes now.")
    site: Any = admin.site
    look = {
        "colors": site._get_colors("COLORS"),  # as the site itself asks for them on every page
        "border_radius": site._get_config("BORDER_RADIUS"),
    }
    written = Engine.get_default().from_string(found[1]).render(Context(look))
    return "sha256-" + base64.b64encode(hashlib.sha256(written.encode()).digest()).decode()
