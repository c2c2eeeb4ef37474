"""Texts of others on a terminal: they must not move its cursor, set its title or turn lines around."""

import unicodedata

from rich.markup import escape

# Overrides, embeddings, isolates and marks of the writing direction (Unicode 9, table 1).
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
KEPT = frozenset("\n\t")


def plain(text: str) -> str:
    """The text without control characters (C0, C1), overrides of the writing direction and lone surrogates."""
    return "".join(
        char for char in text if char in KEPT or (unicodedata.category(char) not in {"Cc", "Cs"} and char not in BIDI)
    )


def printable(text: object) -> str:
    """The text as :class:`rich.console.Console` may print it: plain, and none of it taken for markup."""
    return escape(plain(str(text)))
