"""The YAML header of a Markdown file."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler

from tracker.ingest.errors import ErrorCode, IngestError, shown

MAX_LENGTH = 64_000
FIRST_YEAR, LAST_YEAR = 1000, 2999  # of publications
OPENING = re.compile(r"-{3,}[ \t]*\r?\n")
CLOSING = re.compile(r"^-{3,}[ \t]*\r?$", re.M)
ENTRY = re.compile(r"[\w-]+[ \t]*:(?:[ \t]|\r?$)", re.M)


class PlainLoader(yaml.SafeLoader):
    """YAML without anchors: a few lines that refer to one another can otherwise stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse ``*alias``; everything else as usual."""
        if self.check_event(yaml.AliasEvent):
            mark = self.get_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "references (*name) are not allowed", mark)
        return super().compose_node(parent, index)


class PlainHandler(YAMLHandler):
    """python-frontmatter's YAML with our loader."""

    def load(self, fm: str, **_: object) -> Any:
        """The mapping in the header."""
        return yaml.load(fm, Loader=PlainLoader)  # noqa: S506  (PlainLoader is a SafeLoader)


def split_front_matter(text: str, *, name: str) -> tuple[dict[str, Any], str]:
    """The header's entries and the body after it; no entries and ``text`` as it is where there is no header.

    Raises ``IngestError`` (bad_front_matter).
    """
    opening = OPENING.match(text)
    if opening is None:
        return {}, text
    closing = CLOSING.search(text, opening.end())
    if closing is None:
        if ENTRY.match(text, opening.end()):
            raise bad_front_matter(name, "it is opened by --- but never closed. Add a line of --- after it")
        return {}, text
    header = text[opening.end() : closing.start()]
    if len(header) > MAX_LENGTH:
        raise bad_front_matter(name, f"it is longer than {MAX_LENGTH:,} characters. Move text below the second ---")
    try:
        loaded = PlainHandler().load(header)
        entries, body = frontmatter.parse(text, handler=PlainHandler())
    except yaml.MarkedYAMLError as error:
        # The header's first line is the file's second.
        where = f" (line {error.problem_mark.line + 2} of the file)" if error.problem_mark else ""
        raise bad_front_matter(name, f"{error.problem or 'it is not valid YAML'}{where}. Correct it") from error
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise bad_front_matter(name, f"it is not valid YAML ({shown(error)}). Correct it") from error
    if loaded is not None and not isinstance(loaded, dict):
        raise bad_front_matter(name, "it is not a list of `name: value` lines. Correct it")
    return {str(key): value for key, value in entries.items()}, body


def bad_front_matter(name: str, what: str) -> IngestError:
    """The error for a header that cannot be used; ``what`` is what is wrong and what to do."""
    return IngestError(ErrorCode.BAD_FRONT_MATTER, f"The front matter of {name} cannot be used: {what}.")


def text_entry(entries: dict[str, Any], key: str, *, name: str) -> str | None:
    """The entry as one line of text; ``None`` where it is missing or empty."""
    value = entries.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        # YAML 1.1 reads Norwegian's language code as a boolean.
        value = "no" if key == "language" and value is False else str(value).lower()
    if not isinstance(value, str | int | float | date) or (isinstance(value, int) and value.bit_length() > 64):
        raise bad_front_matter(name, f"`{key}` must be one line of text. Correct it")
    return " ".join(str(value).split()) or None


def moment_entry(entries: dict[str, Any], key: str, *, name: str) -> datetime | None:
    """The entry as a moment. A date without a time is its first instant; without a zone it is in UTC."""
    value = entries.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time.min, UTC)
    moment = parse_moment(value) if isinstance(value, str) else _in_use(value)
    if moment is None:
        raise bad_front_matter(
            name,
            f"`{key}` is not a date from {FIRST_YEAR} to {LAST_YEAR}. Write it like 2024-03-12T15:00:00+02:00",
        )
    return moment


def parse_moment(text: str) -> datetime | None:
    """An ISO 8601 moment; without a zone it is in UTC. ``None`` where it is none, or out of range."""
    try:
        return _in_use(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        return None


def _in_use(moment: object) -> datetime | None:
    """A moment with its zone; ``None`` for anything else, and for years that no calendar arithmetic survives."""
    if not isinstance(moment, datetime) or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    try:
        return moment if moment.utcoffset() is not None else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
