"""By what two spellings of one name are known to be one. The analysis brings its own rule (see ``tracker.apps``)."""

import unicodedata
from collections.abc import Callable

LONGEST = 40  # characters of a word or a key


def plain(word: str) -> str:
    """The word in lower case, without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))


_rule: list[Callable[[str], str]] = [plain]


def compare_by(rule: Callable[[str], str]) -> None:
    """Let ``rule`` say which spellings are of one name: those for which it returns the same key, if any."""
    _rule[:] = [rule]


def spelling_key(word: str) -> str:
    """What spellings of one name share; empty where nothing is left of the word."""
    return _rule[0](word)[:LONGEST]
