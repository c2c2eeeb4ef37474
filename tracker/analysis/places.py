"""Where a span's event is, by the names and the grammar of the text alone (there is no gazetteer)."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from spacy.tokens import Doc, Token

from tracker.analysis.measures import word_set
from tracker.analysis.sentences import around, paragraphs, sentences
from tracker.analysis.toponyms import place_key, same_place
from tracker.analysis.types import Span

__all__ = ["find_place", "place_key", "place_keys", "same_place"]

_LOCATIVE = word_set("in near outside inside around across throughout within at into towards toward through over on")
_SORTS = word_set(
    """
    city town village hamlet district province region area suburb neighbourhood neighborhood governorate camp capital
    port enclave outskirts countryside east west north south centre center island valley stronghold airport base
    crossing part parts streets
    """
)
_SAYING = word_set("say tell report add speak write announce contribute reach interview quote warn testify")
_TRUSTING = word_set("believe trust confide faith interest interested confidence hope invest")
_TIME = word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
    october november december ramadan eid christmas easter
    """
)
_PLACE_LABELS = frozenset({"GPE", "LOC", "FAC"})
_NO_PLACE_LABELS = frozenset({"PERSON", "DATE", "TIME", "NORP", "EVENT", "LANGUAGE", "LAW", "WORK_OF_ART", "PRODUCT"})
_DATELINE = re.compile(
    r"^[ \t]*(?P<place>[A-Z][A-Z' -]{2,30}?)(?:,[^\n(—–-]{0,30})?[ \t]*(?:\([^)\n]{2,30}\))?[ \t]*[—–-]+\s",
    re.MULTILINE,
)

# How surely a name says where an event is: "in X" over "the X offensive" over "X's government".
_WHERE, _OF, _MENTIONED, _ACTOR = 3.0, 2.0, 1.0, 0.5
_REACH = 2000  # characters of a sentence to either side of the span that are looked through
_MOST_IN_PARAGRAPH = 200  # places before the span among which the surest of the nearest paragraph is looked for
_TOP = 2000  # characters at the top of a text in which a dateline stands
_USER_DATA = "tracker.places"
_KEYS = "tracker.place_keys"


@dataclass(frozen=True, slots=True)
class _PlaceName:
    name: str
    start: int
    end: int
    weight: float


def find_place(doc: Doc, span: Span) -> str | None:
    """Return the name of the place that the span's event is in, as the text prints it, or ``None``.

    Looked for in the span, in its sentence, then backwards through its paragraph and the paragraphs before it, at last
    in the dateline. A place where somebody merely spoke, and a country that acts, do not count where there is another.
    """
    text = doc.text
    start, end = max(0, span[0]), min(len(text), span[1])
    names = _known(doc)
    first, last = around(sentences(text), start)
    # A text without punctuation is one long sentence.
    first, last = min(max(first, start - _REACH), start), max(min(last, end + _REACH), end)
    for lower, upper in ((start, end), (first, last)):
        here = [n for n in names.within(lower, upper) if n.weight >= _OF]
        if here:
            return max(here, key=lambda n: (n.weight, -_distance(n, start, end))).name
    inside = next((n for n in names.within(start, end) if n.weight >= _MENTIONED), None)
    if inside is not None:
        return inside.name
    return _before(names, paragraphs(text), first) or names.dateline(start)


def place_keys(doc: Doc) -> frozenset[str]:
    """Return the keys (``place_key``) of all names that the document uses for a place; worked out once."""
    known: frozenset[str] | None = doc.user_data.get(_KEYS)
    if known is None:
        known = frozenset(place_key(name.name) for name in _known(doc).all) - {""}
        doc.user_data[_KEYS] = known
    return known


def _distance(name: _PlaceName, start: int, end: int) -> int:
    return max(name.start - end, start - name.end, 0)


def _before(names: _Names, blocks: tuple[Span, ...], position: int) -> str | None:
    """Return the last place before the position, the surest of the nearest paragraph that has one."""
    following = bisect_right(names.sure, position, key=_end)
    if not following:
        return None
    earlier = names.sure[max(0, following - _MOST_IN_PARAGRAPH) : following]
    block = around(blocks, earlier[-1].start)
    nearest = [n for n in earlier if n.start >= block[0]]
    best = max(n.weight for n in nearest)
    return next(n.name for n in reversed(nearest) if n.weight == best)


def _start(name: _PlaceName) -> int:
    return name.start


def _end(name: _PlaceName) -> int:
    return name.end


class _Names:
    """The place names of a document in order, none overlapping another."""

    def __init__(self, names: list[_PlaceName], text: str) -> None:
        self.all = names
        self.sure = [name for name in names if name.weight >= _OF]
        self._dateline = next(iter(_DATELINE.finditer(text[:_TOP])), None)

    def within(self, lower: int, upper: int) -> list[_PlaceName]:
        """The names that lie wholly between two characters."""
        found = self.all[bisect_left(self.all, lower, key=_start) : bisect_left(self.all, upper, key=_start)]
        return found if not found or found[-1].end <= upper else found[:-1]

    def dateline(self, position: int) -> str | None:
        """The place of the dateline, where one stands before the position."""
        if self._dateline is None or self._dateline.start() > position:
            return None
        return self._dateline["place"].strip().title()


def _known(doc: Doc) -> _Names:
    """Return every place name of the document, worked out once."""
    known: _Names | None = doc.user_data.get(_USER_DATA)
    if known is None:
        known = _Names(_names(doc), doc.text)
        doc.user_data[_USER_DATA] = known
    return known


def _names(doc: Doc) -> list[_PlaceName]:
    candidates = _candidates(doc)
    known = {place_key(doc[a:b].text) for a, b, sure in candidates if sure} - {""}
    names, taken = [], -1
    for first, last, sure in candidates:
        if first < taken or not (sure or place_key(doc[first:last].text) in known):
            continue
        span = doc[first:last]
        taken = last
        names.append(_PlaceName(_bare(span.text), span.start_char, span.end_char, _weight(doc, first, last)))
    return names


def _bare(name: str) -> str:
    return re.sub(r"^(?:the|The)\s+|['’]s?$", "", " ".join(name.split())).strip()


def _candidates(doc: Doc) -> list[tuple[int, int, bool]]:
    """Return token ranges that may name a place, and whether that is sure from the place itself.

    The model's entities are sure, except where it takes a town for an organisation: there a preposition that places
    ("in Torvik") decides, and other mentions of the same name follow.
    """
    out = []
    for entity in doc.ents:
        first, last = entity.start, entity.end
        while first < last and doc[first].lower_ == "the":
            first += 1
        while last > first and (
            doc[last - 1].is_punct or doc[last - 1].is_space or doc[last - 1].lower_ in ("'s", "’s")
        ):
            last -= 1
        if first < last and entity.label_ in _PLACE_LABELS and doc[first:last].text[0].isupper():
            out.append((first, last, _is_specific(doc, first, last)))
    covered = {i for first, last, _ in out for i in range(first, last)}
    token = 0
    while token < len(doc):
        last = token
        while (
            last < len(doc)
            and _is_name(doc[last])
            and last not in covered
            and not (last > token and doc[last].is_sent_start)
        ):
            last += 1
        if last > token:
            out.append((token, last, _is_placed(doc, token, last)))
        token = max(last, token + 1)
    return sorted(out)


def _is_specific(doc: Doc, first: int, last: int) -> bool:
    return any(_is_name(doc[i]) or doc[i].ent_type_ in ("GPE", "LOC") for i in range(first, last))


def _is_name(token: Token) -> bool:
    return token.pos_ == "PROPN" and token.text[:1].isupper() and token.lower_ not in _TIME and token.is_alpha


def _is_placed(doc: Doc, first: int, last: int) -> bool:
    """Whether grammar alone makes the name a place: "in Torvik", "the town of Torvik"; not "in the Guardian"."""
    label = doc[first].ent_type_
    # The model takes unknown towns for people: one word behind "in" is no person.
    as_person = label == "PERSON" and last - first == 1
    if (label in _NO_PLACE_LABELS and not as_person) or first == 0 or last - first > 3:
        return False
    previous = doc[first - 1].lower_
    following = doc[last].lower_ if last < len(doc) else ""
    if following in ("'s", "’s", "-"):
        return False
    if previous == "of":
        return first > 1 and doc[first - 2].lower_ in _SORTS
    if as_person and doc[first - 1].head.lemma_ in _TRUSTING:
        return False
    return previous in ("in", "near", "outside", "inside") and not (label == "ORG" and last - first > 1)


def _weight(doc: Doc, first: int, last: int) -> float:
    head = doc[first:last].root
    following = doc[last].lower_ if last < len(doc) else ""
    if following in ("'s", "’s"):
        return _MENTIONED
    if (
        following == "-"
        and last + 1 < len(doc)
        and doc[last + 1].lower_ in ("based", "backed", "led", "allied", "born")
    ):
        return _ACTOR
    if head.dep_ in ("pobj", "conj", "appos", "pcomp") or doc[max(0, first - 1)].lower_ in _LOCATIVE | {"of"}:
        return _placed_weight(doc, first, head)
    if head.dep_ in ("compound", "nmod", "amod", "npadvmod"):
        return _MENTIONED if head.head.ent_type_ in ("ORG", "PERSON") or head.head.pos_ == "PROPN" else _OF
    if head.dep_ in ("dobj", "obj"):
        return _OF
    if head.dep_ in ("nsubj", "nsubjpass"):
        return _ACTOR if head.head.lemma_ in _SAYING else _MENTIONED
    return _MENTIONED


def _placed_weight(doc: Doc, first: int, head: Token) -> float:
    preposition = doc[max(0, first - 1)]
    steps = 0
    node = head
    while preposition.pos_ != "ADP" and steps < 6 and node.head != node:
        if node.head.pos_ == "ADP":
            preposition = node.head
            break
        node, steps = node.head, steps + 1
    word = preposition.lower_
    governor = preposition.head
    if word in _LOCATIVE or (word == "of" and _is_sort(preposition)):
        # "said in Beirut": where the speaker was
        return _ACTOR if governor.lemma_ in _SAYING or governor.lower_ in ("officials", "correspondent") else _WHERE
    if word == "of":
        return _OF
    return _MENTIONED


def _is_sort(preposition: Token) -> bool:
    return preposition.i > 0 and preposition.nbor(-1).lower_ in _SORTS
