"""What a page's script sends, read as what it is meant to be; ``ValidationError`` says what else it is."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LARGEST_BODY = 100_000  # bytes that may be sent with one press
LONGEST = 5000  # characters of a text, unless its reader says otherwise


def read(body: bytes) -> dict[str, Any]:
    """The JSON object of a request's body; an empty one for an empty body. No text in it has what no text can have."""
    if len(body) > LARGEST_BODY:
        raise ValidationError(_("This is more than can be sent at once."))
    try:
        said = json.loads(body or b"{}")
        # A lone surrogate, which JSON can escape, is no text; neither PostgreSQL nor UTF-8 takes it.
        broken = "\\u0000" in json.dumps(said) or not json.dumps(said, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as unreadable:
        raise _unreadable() from unreadable
    if broken or not isinstance(said, dict):
        raise _unreadable()
    return said


def words(said: dict[str, Any], name: str, *, most: int = LONGEST) -> str:
    """The text that was sent under this name, of at most ``most`` characters; an empty one where none was."""
    value = said.get(name, "")
    if not isinstance(value, str):
        raise _unreadable()
    if len(value) > most:
        raise ValidationError(_("Write at most %(most)d characters.") % {"most": most})
    return value


def number(said: dict[str, Any], name: str, *, otherwise: int | None = None) -> int:
    """The whole number that was sent under this name, as a row's number or version.

    ``otherwise``, where it is given, stands for what was not sent or is none.
    """
    value = said.get(name)
    if type(value) is int and 0 <= value < 2**63:
        return value
    if otherwise is None:
        raise _unreadable()
    return otherwise


def _unreadable() -> ValidationError:
    return ValidationError(_("What the page sent cannot be read. Reload it and try again."))
