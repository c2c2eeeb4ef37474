"""Which dossier an item goes to: the first rule that holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tracker.feeds.listing import Item

WORDS, SECTION, ADDRESS = "words", "section", "address"


@dataclass(frozen=True, slots=True)
class Rule:
    """What of an item is looked at, for which of several values (commas between them), and the dossier it leads to."""

    field: str
    value: str
    dossier: str


def route(item: Item, rules: Iterable[Rule], *, otherwise: str) -> str:
    """The dossier of the first rule that holds, else ``otherwise``."""
    return next((rule.dossier for rule in rules if holds(rule, item)), otherwise)


def holds(rule: Rule, item: Item) -> bool:
    """Whether an item is what a rule looks for. Words are whole words, in any case; one of several values is enough."""
    wanted = [value.strip() for value in rule.value.split(",") if value.strip()]
    if rule.field == SECTION:
        named = {section.casefold() for section in item.sections}
        return any(value.casefold() in named for value in wanted)
    if rule.field == ADDRESS:
        return any(value.casefold() in item.address.casefold() for value in wanted)
    text = f"{item.title}\n{item.summary}"
    return any(_as_words(value).search(text) for value in wanted)


@lru_cache(maxsize=1000)
def _as_words(value: str) -> re.Pattern[str]:
    """The words of a value, in their order, with any blanks between them."""
    return re.compile(r"(?<!\w)" + r"\s+".join(re.escape(word) for word in value.split()) + r"(?!\w)", re.IGNORECASE)
