"""Where words stand in a text, as the W3C Web Annotation data model says it."""

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

QUOTE, POSITION = "TextQuoteSelector", "TextPositionSelector"


class Target(TypedDict):
    """One unbroken piece of words, selected in two ways."""

    selector: list["Selector"]


class Selector(TypedDict):
    """Either kind of selector."""

    type: str
    exact: NotRequired[str]
    prefix: NotRequired[str]
    suffix: NotRequired[str]
    start: NotRequired[int]
    end: NotRequired[int]


def targets(text: str, spans: Sequence[Sequence[int]], *, prefix: str = "", suffix: str = "") -> list[Target]:
    """One target per piece. ``text`` is the pieces joined by one blank.

    ``spans`` are code points of the snapshot's text. ``prefix`` stands before the first piece and ``suffix`` after the
    last; between the pieces no context is kept.
    """
    found: list[Target] = []
    at = 0
    for number, (start, end) in enumerate(spans):
        exact = text[at : at + end - start]
        at += end - start + 1
        quote: Selector = {"type": QUOTE, "exact": exact}
        if number == 0 and prefix:
            quote["prefix"] = prefix
        if number == len(spans) - 1 and suffix:
            quote["suffix"] = suffix
        found.append({"selector": [quote, {"type": POSITION, "start": start, "end": end}]})
    return found


SCHEMA = {
    "type": "array",
    "description": "One target for each unbroken piece; its selectors are two ways to find the same words.",
    "items": {
        "type": "object",
        "required": ["selector"],
        "properties": {
            "selector": {
                "type": "array",
                "items": {
                    "oneOf": [
                        {
                            "type": "object",
                            "description": "The exact words, with the context that is kept of them.",
                            "required": ["type", "exact"],
                            "properties": {
                                "type": {"const": QUOTE},
                                "exact": {"type": "string"},
                                "prefix": {"type": "string"},
                                "suffix": {"type": "string"},
                            },
                        },
                        {
                            "type": "object",
                            "description": "From the first code point to the one after the last.",
                            "required": ["type", "start", "end"],
                            "properties": {
                                "type": {"const": POSITION},
                                "start": {"type": "integer", "minimum": 0},
                                "end": {"type": "integer", "minimum": 0},
                            },
                        },
                    ]
                },
            }
        },
    },
}


@extend_schema_field(SCHEMA)
class TargetField(serializers.JSONField):
    """A list of :class:`Target`."""


class Passage(serializers.Serializer[Any]):
    """Words of a snapshot's text, and where they stand (W3C Web Annotation). Pieces are joined by one blank."""

    text = serializers.CharField()
    target = TargetField()
