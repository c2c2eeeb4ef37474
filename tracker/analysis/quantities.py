"""The figures of a parsed document: how many, of what, what happened to them, where and when.

``figures`` reads the order of the words; the parse then settles what is counted and, where the order says nothing,
which verb governs the number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from spacy.tokens import Doc, Token

from tracker.analysis.figures import Figure, find_figures
from tracker.analysis.measures import is_people, measure_of, word_set
from tracker.analysis.periods import find_period
from tracker.analysis.places import find_place
from tracker.analysis.types import Part, Passage, Quantity

_LENGTHS = word_set(
    "km kilometre kilometres kilometer kilometers metre metres meter meters mile miles foot feet yards yard"
)
_WEIGHTS = word_set("ton tons tonne tonnes kg kilogram kilograms kilo kilos pounds pound grams litres liters barrels")
_TIMES = word_set(
    "second seconds minute minutes hour hours day days week weeks month months year years decade decades night nights"
)
_CURRENCIES = {
    "dollars": "USD",
    "dollar": "USD",
    "euros": "EUR",
    "euro": "EUR",
    "pounds sterling": "GBP",
    "roubles": "RUB",
    "rubles": "RUB",
    "yen": "JPY",
    "lira": "TRY",
    "liras": "TRY",
    "shekels": "ILS",
}
_AREAS = re.compile(r"^(?:square[- ](?:km|kilomet\w+|mile\w*|met\w+)|hectares?|acres?)$", re.IGNORECASE)
# Verbs that say nothing of what happened to the counted.
_EMPTY = word_set(
    """
    be have do make take say tell report add give get go come see know think want need include leave become remain seem
    show use call try keep let put find count number estimate believe expect hope there total reach
    """
)
_INCLUDING = re.compile(
    r"^[\s,–—(-]*(?:including|among (?:them|whom)|of (?:whom|them)|(?:most|all) of them|comprising|made up of|:)\s",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"[,–—(:-]\s*(?:including|among|of (?:whom|them)|comprising|most of them)[^.;\n]{0,40}$", re.IGNORECASE
)
_PRESENT = re.compile(
    r"^\W*(?:people\W+)?(?:are|were|is|was|remain(?:ed)?|live[sd]?|still)\b(?:\W+\w+){0,3}?\W+"
    r"(?:in|inside|at|there)\b",
    re.IGNORECASE,
)


def find_quantities(doc: Doc, published_on: date | None = None) -> list[Quantity]:
    """Return the document's quantities in the text's order, with place and time where the text gives them.

    Spans are absolute code points of ``doc.text``. A figure that is a part of another ("including 50 soldiers") is in
    that one's ``parts``, not in the list. ``published_on`` resolves relative dates.
    """
    text = doc.text
    figures = find_figures(text, singular=True)
    parts_of = _parts(text, figures)
    owned = {index for indices in parts_of.values() for index in indices}
    return [
        _quantity(doc, figure, [figures[i] for i in parts_of.get(index, ())], published_on)
        for index, figure in enumerate(figures)
        if index not in owned and not _is_article(text, figure)
    ]


def _is_article(text: str, figure: Figure) -> bool:
    return text[figure.numeral.number_start : figure.numeral.end].lower() in ("a", "an", "another")


def _parts(text: str, figures: Sequence[Figure]) -> dict[int, list[int]]:
    """Return, for each figure that others break down, the indices of those: "60 people, including 50 soldiers"."""
    out: dict[int, list[int]] = {}
    whole: int | None = None
    for index, figure in enumerate(figures):
        if index == 0:
            continue
        previous = figures[index - 1]
        gap = text[previous.end : figure.start]
        if whole is not None and _continues(gap, figure, figures[whole]):
            out[whole].append(index)
            continue
        whole = None
        opening = re.search(
            r"[,–—(:-]\s*(?:including|among|of (?:whom|them)|comprising|most of them)[^.;\n]{0,40}$", gap, re.I
        )
        starts = bool(_INCLUDING.match(gap) or opening) and "\n" not in gap and len(gap) < 80
        smaller = figure.value <= previous.value or previous.numeral.best is None
        if starts and smaller and previous.counted and not _is_article(text, previous):
            whole = index - 1
            out[whole] = [index]
    return out


def _continues(gap: str, figure: Figure, whole: Figure) -> bool:
    """Whether the figure goes on with the list of parts, not with another count ("… and wounded 30")."""
    if figure.measure and figure.measure != whole.measure:
        return False
    return (
        bool(re.fullmatch(r"[\s,]*(?:and|as well as|plus|or)?[\s,]*", gap, re.IGNORECASE))
        and figure.value <= whole.value
    )


def _quantity(doc: Doc, figure: Figure, parts: Sequence[Figure], published_on: date | None) -> Quantity:
    text = doc.text
    numeral = figure.numeral
    start, end = figure.start, figure.end
    counted, noun = _counted(doc, figure)
    measure, unit = figure.measure, ""
    if numeral.currency or counted.lower() in _CURRENCIES:
        measure, unit = "money", numeral.currency or _CURRENCIES[counted.lower()]
    elif numeral.percent:
        unit, measure = "%", measure or "share"
    elif dimension := _dimension(counted):
        measure, unit = dimension
    if not measure:
        measure = _governing(doc, figure, noun)
    if not counted and measure in (
        "killed",
        "wounded",
        "detained",
        "arrested",
        "displaced",
        "missing",
        "trapped",
        "present",
    ):
        counted = "people"
    given = tuple(Part(_plain(p.counted), p.numeral.low, p.numeral.best, p.numeral.high) for p in parts)
    scope = (start, max(end, parts[-1].end if parts else end))
    return Quantity(
        Passage.of(text, (start, end)),
        measure,
        counted,
        numeral.low,
        numeral.best,
        numeral.high,
        unit=unit,
        approximate=numeral.approximate,
        approximator=numeral.approximator,
        parts=given,
        parts_add_up=_adds_up(numeral.best, given),
        place=find_place(doc, scope),
        when=find_period(doc, scope, published_on),
    )


def _plain(counted: str) -> str:
    return " ".join(counted.split())


def _adds_up(total: float | None, parts: Sequence[Part]) -> bool | None:
    """Whether the parts' best figures give the total. ``None`` without parts, or where a figure has no best."""
    values = [part.best for part in parts]
    if not values or total is None or None in values:
        return None
    return abs(sum(v for v in values if v is not None) - total) < 0.5


def _dimension(counted: str) -> tuple[str, str] | None:
    word = counted.lower().split()[0] if counted else ""
    if _AREAS.match(counted) or word == "square":
        return "area", counted.lower()
    if word in _LENGTHS:
        return "distance", word
    if word in _WEIGHTS:
        return "weight", word
    if word in _TIMES:
        return "duration", word
    return ("times", "") if word == "times" else None


def _counted(doc: Doc, figure: Figure) -> tuple[str, Token | None]:
    """Return the counted noun phrase cut to its nouns by the parse, and its head."""
    start, end = figure.noun
    span = doc.char_span(start, end, alignment_mode="expand") if end > start else None
    if span is None:
        return _plain(figure.counted), None
    kept: list[Token] = []
    for token in span:
        if token.is_space:
            continue
        if (
            token.pos_ in ("VERB", "AUX", "ADV")
            and kept
            and kept[-1].pos_ in ("NOUN", "PROPN", "ADJ")
            and not is_people(token.text)
        ):
            break
        kept.append(token)
    while len(kept) > 1 and kept[-1].pos_ not in ("NOUN", "PROPN", "ADJ", "NUM", "VERB"):
        kept.pop()
    heads = [t for t in kept if t.pos_ in ("NOUN", "PROPN")]
    head = heads[-1] if heads else (kept[-1] if kept else None)
    return " ".join(t.text for t in kept), head


def _governing(doc: Doc, figure: Figure, noun: Token | None) -> str:
    """Return the measure of the verb that governs the number; a plain verb's lemma where no measure fits."""
    text = doc.text
    if _PRESENT.match(text[figure.end : figure.end + 60]) and is_people(figure.counted or "people"):
        return "present"
    if noun is None:
        span = doc.char_span(figure.numeral.number_start, figure.numeral.end, alignment_mode="expand")
        if span is None or not len(span):
            return ""
        noun = span.root
    token, fallback = noun, ""
    for _ in range(6):
        if token.head == token:
            break
        arc, token = token.dep_, token.head
        measure = measure_of(token.text)
        if token.pos_ in ("VERB", "NOUN", "ADJ") and measure and _suffers(arc, token):
            return measure
        if token.pos_ == "VERB":
            if not fallback and token.lemma_.lower() not in _EMPTY and arc in ("nsubj", "nsubjpass", "dobj", "obj"):
                fallback = token.lemma_.lower()
            if arc in ("ccomp", "advcl", "relcl", "parataxis"):
                break
    return fallback


def _suffers(arc: str, verb: Token) -> bool:
    """Whether the counted undergo the verb; those who kill, or fight where others were killed, do not."""
    if arc == "nsubj":
        return measure_of(verb.text) is not None and verb.lemma_ in (
            "die",
            "perish",
            "flee",
            "surrender",
            "disappear",
            "drown",
        )
    return arc in ("nsubjpass", "dobj", "obj", "conj", "appos", "oprd", "acl") or (
        arc == "pobj" and verb.pos_ == "NOUN"
    )
