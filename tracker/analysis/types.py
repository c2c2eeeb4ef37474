"""What the analysis returns. Offsets are ``[start, end)`` pairs of Unicode code points of the text exactly as given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

Span = tuple[int, int]


class SourceKind(StrEnum):
    """What sort of body asserts."""

    PERSON = "person"
    ORGANISATION = "organisation"
    GOVERNMENT = "government"
    ARMED_FORCE = "armed force"
    STATE_MEDIA = "state media"
    NEWS_MEDIA = "news media"
    MONITOR = "monitor"
    INTERNATIONAL_BODY = "international body"
    UNNAMED = "unnamed"
    UNKNOWN = "unknown"


class Quotation(StrEnum):
    """How much of the content is the source's own words (PARC3)."""

    DIRECT = "direct"
    INDIRECT = "indirect"
    MIXED = "mixed"


class Polarity(StrEnum):
    """Whether the source asserts the content or denies it."""

    AFFIRMS = "affirms"
    DENIES = "denies"


class Modality(StrEnum):
    """What kind of act the statement is. Only ``asserted`` and ``hedged`` contents can be checked against the world."""

    ASSERTED = "asserted"
    HEDGED = "hedged"
    APPEAL = "appeal"
    INTENTION = "intention"
    QUESTION = "question"
    BELIEF = "belief"


CHECKABLE = frozenset({Modality.ASSERTED, Modality.HEDGED})


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of the text, in one piece or several. ``text`` is the pieces joined by one blank."""

    text: str
    spans: tuple[Span, ...]

    @classmethod
    def of(cls, document: str, *spans: Span) -> Passage:
        """The passage of ``document`` at ``spans``, in the text's order."""
        ordered = tuple(sorted(spans))
        return cls(" ".join(document[start:end] for start, end in ordered), ordered)

    @property
    def start(self) -> int:
        """Where the first piece starts."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Where the last piece ends."""
        return self.spans[-1][1]


@dataclass(frozen=True, slots=True)
class Mention:
    """A source as the text names it at one place, and who that is as far as the document tells.

    ``name`` is the canonical name: the fullest one that the document gives ("Hadi Abdullah" for "he"); for an unnamed
    source its description ("unnamed Syrian government official"). ``None`` when the document does not say who "it" is.
    """

    passage: Passage
    name: str | None
    kind: SourceKind
    description: str = ""
    organisation: str | None = None
    number: int | None = None
    anonymity: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One sub-count of a figure: 48 fighters of 52 people."""

    counted: str
    low: float | None
    best: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure with its bounds (UCDP: low, best, high). ``high`` is ``None`` where the text gives no upper bound.

    ``measure`` is what happened ("killed", "wounded", "destroyed", …), ``counted`` to whom or what. ``approximator`` is
    the text's own word ("at least", "some"). ``parts_add_up`` is ``None`` where no parts are given.
    """

    passage: Passage
    measure: str
    counted: str
    low: float | None
    best: float | None
    high: float | None
    unit: str = ""
    approximate: bool = False
    approximator: str = ""
    parts: tuple[Part, ...] = ()
    parts_add_up: bool | None = None
    place: str | None = None
    when: Period | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """When something is said to have happened: first and last day (inclusive), and the words that say so."""

    text: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Statement:
    """One attribution: who asserts, the words that attribute, and what is asserted (PARC3: source, cue, content).

    ``parent`` is the index, in the same list, of the statement that this one is nested in. ``decided_by`` are the words
    that decided polarity and modality. ``confidence`` is in [0, 1].
    """

    source: Mention | None
    cue: Passage | None
    content: Passage
    parent: int | None = None
    quotation: Quotation = Quotation.INDIRECT
    polarity: Polarity = Polarity.AFFIRMS
    modality: Modality = Modality.ASSERTED
    decided_by: tuple[str, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    place: str | None = None
    when: Period | None = None
    confidence: float = 1.0

    @property
    def checkable(self) -> bool:
        """Whether the content is an assertion about the world, not a wish, appeal, plan, belief or question."""
        return self.modality in CHECKABLE


def as_json(statement: Statement) -> dict[str, Any]:
    """The statement as the command line prints it (``attribute``)."""
    source, cue, content = statement.source, statement.cue, statement.content
    return {
        "source": None
        if source is None
        else {
            "text": source.passage.text,
            "spans": [list(span) for span in source.passage.spans],
            "name": source.name,
            "kind": source.kind.value,
            "description": source.description,
            "organisation": source.organisation,
            "number": source.number,
            "anonymity": source.anonymity,
        },
        "cue": None if cue is None else {"text": cue.text, "spans": [list(span) for span in cue.spans]},
        "content": {"text": content.text, "spans": [list(span) for span in content.spans]},
        "parent": statement.parent,
        "quotation": statement.quotation.value,
        "polarity": statement.polarity.value,
        "modality": statement.modality.value,
        "checkable": statement.checkable,
        "decided_by": list(statement.decided_by),
        "quantities": [quantity_as_json(quantity) for quantity in statement.quantities],
        "place": statement.place,
        "when": period_as_json(statement.when),
        "confidence": round(statement.confidence, 3),
    }


def quantity_as_json(quantity: Quantity) -> dict[str, Any]:
    """The quantity as the command line prints it and as ``claims`` stores it."""
    return {
        "text": quantity.passage.text,
        "spans": [list(span) for span in quantity.passage.spans],
        "measure": quantity.measure,
        "counted": quantity.counted,
        "low": quantity.low,
        "best": quantity.best,
        "high": quantity.high,
        "unit": quantity.unit,
        "approximate": quantity.approximate,
        "approximator": quantity.approximator,
        "parts": [
            {"counted": part.counted, "low": part.low, "best": part.best, "high": part.high} for part in quantity.parts
        ],
        "parts_add_up": quantity.parts_add_up,
        "place": quantity.place,
        "when": period_as_json(quantity.when),
    }


def period_as_json(period: Period | None) -> dict[str, Any] | None:
    """The period with ISO 8601 days, or ``None``."""
    if period is None:
        return None
    return {"text": period.text, "first": period.first.isoformat(), "last": period.last.isoformat()}
