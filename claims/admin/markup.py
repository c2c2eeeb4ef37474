"""Pieces of HTML that pages are made of. Everything from outside is hostile: it only ever enters through escaping."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import models
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from claims.desk.highlighting import fitting

NOTHING = "-"  # as the rest of the admin shows an empty value
CONTEXT = 600  # characters kept on each side of the marked words, at most
MARKED = ("source", "cue", "content")  # where spans overlap, the first of these wins
WEB_ADDRESS = re.compile(r"https?://[^\s/]", re.IGNORECASE)

# What colour says: good news, bad news, look here, worth knowing, nothing much.
GOOD, BAD, ALERT, NOTE, PLAIN = "good", "bad", "alert", "note", "plain"

STANDINGS = {
    "corroborated": GOOD,
    "contested": BAD,
    "denied": ALERT,
    "one-sided": NOTE,
    "echoed": NOTE,
    "single-origin": PLAIN,
    "reported": PLAIN,
    "withdrawn": PLAIN,
    "unattested": PLAIN,
}
FLAGS = {
    "against-interest": GOOD,
    "rising": NOTE,
    "coverage-degraded": ALERT,
    "review-due": ALERT,
    "source-corrected": ALERT,
}
STANCES = {"supports": GOOD, "refutes": BAD, "reports": PLAIN}
POLARITIES = {"affirms": PLAIN, "denies": BAD}
MODALITIES = {"asserted": PLAIN}  # everything else is worth a look
STATEMENT_STATES = {"suggested": NOTE, "confirmed": GOOD, "corrected": PLAIN, "rejected": BAD}
CONTRADICTION_STATES = {"suggested": NOTE, "confirmed": BAD, "dismissed": PLAIN, "resolved": GOOD, "lapsed": PLAIN}
JUDGEMENT_ANSWERS = {"pending": NOTE, "positive": GOOD, "negative": PLAIN, "unsure": ALERT}
VERDICT_STATES = {"draft": PLAIN, "proposed": NOTE, "published": GOOD, "superseded": PLAIN, "withdrawn": BAD}
DOCUMENT_STATES = {"live": PLAIN, "corrected": NOTE, "retracted": BAD, "gone": ALERT}
GRADES = {"A": GOOD, "B": GOOD, "C": NOTE, "D": ALERT, "E": BAD, "F": PLAIN}


def badge(value: Any, tones: Mapping[str, str], *, label: str = "", hint: str = "") -> SafeString | str:
    """A coloured label for one value of a closed list; a dash for an empty one."""
    if value in ("", None):
        return NOTHING
    return format_html(
        '<span class="cb-badge cb-{}" title="{}">{}</span>', tones.get(str(value), NOTE), hint, label or value
    )


def badges(values: Iterable[str], tones: Mapping[str, str]) -> SafeString | str:
    """Several labels in a row."""
    return format_html_join(" ", "{}", ((badge(value, tones),) for value in values)) or NOTHING


def clip(text: str, length: int = 140) -> str:
    """The text's beginning, for a cell of a list."""
    return Truncator(" ".join(text.split())).chars(length)


def address_of(obj: models.Model) -> str:
    """The page of a row."""
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


def list_of(model: type[models.Model], query: str = "") -> str:
    """The list of a model, filtered by ``query``."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{query}" if query else address


def link_to(obj: models.Model | None, text: str = "", *, length: int = 100) -> SafeString | str:
    """A link to the page of a row; a dash for none."""
    if obj is None:
        return NOTHING
    return format_html('<a class="cb-link" href="{}">{}</a>', address_of(obj), clip(text or str(obj), length) or "·")


def outward_link(url: str, *, length: int = 90) -> SafeString | str:
    """A link to a page out there; plain text unless its address is http(s), so that no script can hide in it."""
    if not url:
        return NOTHING
    if not WEB_ADDRESS.match(url):
        return format_html('<span class="cb-break">{}</span>', clip(url, length))
    return format_html(
        '<a class="cb-link cb-break" href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>',
        url,
        clip(url, length),
    )


def prose(text: str) -> SafeString | str:
    """A text with its line breaks, in a frame that scrolls."""
    return format_html('<div class="cb-prose">{}</div>', text) if text else NOTHING


def moment(at: datetime | None) -> str:
    """A point in time, as the rest of the page writes them."""
    return formats.localize(timezone.localtime(at)) if at else NOTHING


def mono(text: str, *, shown: int = 0) -> SafeString | str:
    """A hash or an identifier; ``shown`` characters of it, the rest on hovering."""
    if not text:
        return NOTHING
    return format_html('<code class="cb-mono" title="{}">{}</code>', text, text[:shown] if shown else text)


def pretty_json(value: Any) -> SafeString:
    """A JSON value, indented."""
    return format_html('<pre class="cb-json">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))


def sentences(found: Iterable[Any]) -> SafeString | str:
    """Reasons, one a line."""
    lines = format_html_join("", "<li>{}</li>", ((one,) for one in found))
    return format_html('<ul class="cb-sentences">{}</ul>', lines) if lines else NOTHING


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str = "None.") -> SafeString:
    """A small table; cells that are not safe already are escaped."""
    return SafeString(
        render_to_string("admin/claims/table.html", {"headers": headers, "rows": list(rows), "empty": empty})
    )


def render(template: str, **context: Any) -> SafeString:
    """A part of a page, from a template that escapes what it is given."""
    return SafeString(render_to_string(f"admin/claims/{template}.html", context))


def marked(text: str, spans: Mapping[str, Any], *, context: int = CONTEXT) -> SafeString:
    """The passage of ``text`` around these spans (``source``, ``cue``, ``content``), each piece in its own ``<mark>``.

    Spans that do not fit the text are left out; without any that do, the text's beginning is shown.
    """
    within = {name: fitting(spans.get(name), len(text)) for name in MARKED}
    edges = [edge for found in within.values() for span in found for edge in span]
    start, end = (min(edges), max(edges)) if edges else (0, 0)
    first = max(text.rfind("\n", 0, start) + 1, start - context, 0)
    newline = text.find("\n", end)
    last = min(newline if newline >= 0 else len(text), end + context)
    cuts = sorted({first, last, *(edge for edge in edges if first < edge < last)})
    pieces = [_piece(text[a:b], _name_at(a, within)) for a, b in pairwise(cuts)]
    before, after = (
        ("… " if first and text[first - 1] != "\n" else ""),
        (" …" if text[last : last + 1] not in ("", "\n") else ""),
    )
    return format_html(
        '<blockquote class="cb-quote">{}{}{}</blockquote>',
        before,
        mark_safe("".join(pieces)),  # noqa: S308  each piece is escaped on its own
        after,
    )


def _name_at(position: int, within: Mapping[str, list[tuple[int, int]]]) -> str:
    return next((name for name, spans in within.items() if any(a <= position < b for a, b in spans)), "")


def _piece(words: str, name: str) -> str:
    if not name:
        return escape(words)
    return format_html('<mark class="cb-mark-{}" title="{}">{}</mark>', name, name, words)
