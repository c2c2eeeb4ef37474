"""How a claim is sourced: a pure function of the positions taken on it, which explains itself.

The rules, version 3 (2 did not know *coverage-degraded* and *source-corrected*):

* Only ``supports`` counts for a claim and only ``refutes`` against it; a mere report counts for neither.
* A statement of a retracted document, or of a version that a newer one has replaced, counts no more.
* Independence before counting. Sources are collapsed to the body whose word it is (organisation, alias). Within
  one claim, an outlet that publishes the claim as somebody else's word is an edge from the outlet to that source. The
  strongly connected components of this citation graph without an edge to another are where the claim enters
  the record: its *origins*. Everything upstream of them is an echo. A component of several bodies is circular: they
  only cite each other, so it never corroborates.
* A copy or syndicated version of a document is the document that it copies.
* When one origin both asserts and denies, its latest word counts; of one moment, the denial.
* While a channel that fed the claim is silent, or cannot be read, its coverage is degraded: that nobody denies it, or
  that no later figure came, may be because nobody is heard. The value stays; the flag says so.
* A claim to which a document speaks that its publisher openly corrected or retracted is flagged; what still stands
  counts.

The functions take and return plain values, so that the same inputs give the same standing on any machine.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import networkx as nx

VERSION = "3"

SINGLE_ORIGIN = "single-origin"
ECHOED = "echoed"
ONE_SIDED = "one-sided"
CORROBORATED = "corroborated"
CONTESTED = "contested"
DENIED = "denied"
WITHDRAWN = "withdrawn"
REPORTED = "reported"
UNATTESTED = "unattested"
VALUES = (
    SINGLE_ORIGIN, ECHOED, ONE_SIDED, CORROBORATED, CONTESTED, DENIED, WITHDRAWN, REPORTED, UNATTESTED,
)  # fmt: skip

AGAINST_INTEREST = "against-interest"
RISING = "rising"
COVERAGE_DEGRADED = "coverage-degraded"
REVIEW_DUE = "review-due"
SOURCE_CORRECTED = "source-corrected"
FLAGS = (AGAINST_INTEREST, RISING, COVERAGE_DEGRADED, REVIEW_DUE, SOURCE_CORRECTED)

SUPPORTS, REFUTES, REPORTS = "supports", "refutes", "reports"

COPY = "syndicated copy"
SAME_SOURCE = "same source"
CHAIN = "chain"
CIRCULAR = "circular"
MERE_REPORT = "mere report"
LATER_WORD = "later word"
SUPERSEDED = "superseded"
NO_LONGER_SAID = "withdrawn"


@dataclass(frozen=True, slots=True)
class Body:
    """A source as it counts: resolved, and collapsed to the organisation whose word it is. ``key`` identifies it."""

    key: str
    name: str
    party: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """One position taken on a claim, with what is needed to weigh it.

    ``speaker`` is the source as named, ``source`` the body whose word it is. ``document`` is where it stands, ``root``
    the document that this one copies (itself, if none), ``publisher`` the body that published the root. ``stands`` is
    false once the document is retracted or a newer version dropped it. ``corrected`` says that its publisher openly
    corrected or retracted the document, or the one that it copies. ``number`` rises with the order in which positions
    were taken.
    """

    position: str
    stance: str
    speaker: str
    source: Body
    publisher: Body | None
    document: str
    root: str
    at: datetime
    stands: bool = True
    corrected: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class Silence:
    """A channel that fed the claim and is not heard of any more: its name, since when, and why as far as is known."""

    channel: str
    since: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the claim enters the record: one body, or several that only cite each other."""

    names: tuple[str, ...]
    parties: tuple[str, ...]
    positions: tuple[str, ...]
    circular: bool = False

    @property
    def label(self) -> str:
        """Its names in one string."""
        return " / ".join(self.names)


@dataclass(frozen=True, slots=True)
class Discount:
    """A position that adds no origin, and why."""

    position: str
    name: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class FirstWord:
    """Who asserts a claim first, among those who count, and where: what the claim is held against others by.

    ``position``, ``speaker``, ``root`` and ``at`` are those of the position (:class:`Taken`); ``bodies`` the keys of
    everybody who counts for the claim.
    """

    position: str
    speaker: str
    root: str
    at: datetime
    bodies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a claim is sourced, with everything that led there. ``first`` is no part of the explanation."""

    value: str
    flags: tuple[str, ...]
    supporting: tuple[Origin, ...]
    refuting: tuple[Origin, ...]
    discounted: tuple[Discount, ...]
    sentences: tuple[str, ...]
    first: FirstWord | None = None
    version: str = VERSION

    @property
    def origins(self) -> int:
        """Independent origins that support it. Bodies that only cite each other count as one, and only when alone."""
        return count_independent(self.supporting)

    @property
    def refuting_origins(self) -> int:
        """Independent origins that refute it."""
        return count_independent(self.refuting)

    def as_json(self) -> dict[str, Any]:
        """The explanation as JSON values."""
        return {
            "version": self.version,
            "value": self.value,
            "flags": list(self.flags),
            "supporting": [_origin_as_json(origin) for origin in self.supporting],
            "refuting": [_origin_as_json(origin) for origin in self.refuting],
            "discounted": [
                {"position": d.position, "source": d.name, "reason": d.reason, "detail": d.detail}
                for d in self.discounted
            ],
            "sentences": list(self.sentences),
        }


def _origin_as_json(origin: Origin) -> dict[str, Any]:
    return {
        "names": list(origin.names),
        "parties": list(origin.parties),
        "positions": list(origin.positions),
        "circular": origin.circular,
    }


def assess(
    taken: Iterable[Taken],
    *,
    harmed: frozenset[str] = frozenset(),
    rising: bool = False,
    silences: Iterable[Silence] = (),
    review_due: bool = False,
) -> Standing:
    """The standing of a claim on which these positions were taken, in any order.

    ``harmed`` are the parties that the claim harms: an origin of one of them asserts against its interest. ``rising``
    says that a later, higher figure of the same toll is known, ``silences`` which channels that fed it are silent,
    ``review_due`` that the verdict's review date has come.
    """
    positions = sorted(taken, key=_order)
    corrected = {t.publisher.name if t.publisher else "its publisher" for t in positions if t.corrected}
    discounts: list[Discount] = []
    live = [t for t in positions if t.stands]
    for t in positions:
        if not t.stands and any((o.document, o.source) == (t.document, t.source) for o in live):
            detail = "a newer version of the document says it too"
            discounts.append(Discount(t.position, t.speaker, SUPERSEDED, detail))
        elif not t.stands:
            detail = "its publisher retracted or dropped it"
            discounts.append(Discount(t.position, t.speaker, NO_LONGER_SAID, detail))
        elif t.stance == REPORTS:
            discounts.append(Discount(t.position, t.speaker, MERE_REPORT, "relays it without asserting it"))
    counted = _latest_words(live, discounts)
    supporting = _origins([t for t in counted if t.stance == SUPPORTS], discounts)
    refuting = _origins([t for t in counted if t.stance == REFUTES], discounts)
    value = _value(positions, supporting, refuting, counted)
    silent = sorted(silences, key=lambda silence: (silence.since, silence.channel))
    flags = tuple(
        flag
        for flag, holds in (
            (AGAINST_INTEREST, any(set(origin.parties) & harmed for origin in supporting)),
            (RISING, rising),
            (COVERAGE_DEGRADED, bool(silent)),
            (REVIEW_DUE, review_due),
            (SOURCE_CORRECTED, bool(corrected)),
        )
        if holds
    )
    documents = len({t.document for t in counted if t.stance == SUPPORTS})
    sentences = (
        _lead(value, supporting, refuting, documents),
        *_asides(value, supporting, refuting),
        *_not_counted(discounts),
        *_flagged(flags, supporting, harmed, silent, corrected),
    )
    return Standing(value, flags, supporting, refuting, tuple(discounts), sentences, _first_word(counted, supporting))


def _first_word(counted: Iterable[Taken], supporting: Iterable[Origin]) -> FirstWord | None:
    """The earliest that counts for the claim; ``None`` where nobody who counts asserts it."""
    of_origins = {position for origin in supporting for position in origin.positions}
    asserting = [t for t in counted if t.position in of_origins]
    if not asserting:
        return None
    first, bodies = asserting[0], tuple(sorted({t.source.key for t in asserting}))
    return FirstWord(first.position, first.speaker, first.root, first.at, bodies)


def _order(t: Taken) -> tuple[datetime, bool, bool, str, int, str]:
    """Earliest first; of one moment, denials last: they answer what was asserted. Then an original before its copies.

    A copy adds no word of its own, so that it must not decide which word is the latest. Names come before ids, so that
    the same documents give the same explanation in whatever order they arrived.
    """
    return t.at, t.stance == REFUTES, t.document != t.root, t.speaker, t.number, t.position


def count_independent(origins: Sequence[Origin]) -> int:
    """How many of these origins are independent: circular ones add nothing to others."""
    first_hand = sum(not origin.circular for origin in origins)
    return first_hand or min(len(origins), 1)


def _latest_words(live: Sequence[Taken], discounts: list[Discount]) -> list[Taken]:
    """Where one body both supports and refutes, only its latest word."""
    last = {t.source.key: t.stance for t in live if t.stance != REPORTS}
    kept = []
    for t in live:
        if t.stance == REPORTS:
            continue
        if t.stance != last[t.source.key]:
            discounts.append(Discount(t.position, t.speaker, LATER_WORD, f"it later {last[t.source.key]} the claim"))
        else:
            kept.append(t)
    return kept


@dataclass
class _Group:
    """The positions of one body, earliest first."""

    body: Body
    taken: list[Taken] = field(default_factory=list)


def _origins(side: Sequence[Taken], discounts: list[Discount]) -> tuple[Origin, ...]:
    """The origins among the positions of one side; what adds none goes to ``discounts``."""
    groups: dict[str, _Group] = {}
    for t in side:
        groups.setdefault(t.source.key, _Group(t.source)).taken.append(t)
    # Only a publisher that is itself quoted for this claim can be an echo of whom it quotes.
    quoted = [
        (t.publisher.key, t.source.key)
        for t in side
        if t.publisher is not None and t.publisher.key in groups and t.publisher.key != t.source.key
    ]
    origins = _first_hand(groups, quoted, discounts) if quoted else [_origin([g], discounts) for g in groups.values()]
    return tuple(sorted(origins, key=lambda origin: (origin.circular, origin.names)))


def _first_hand(
    groups: Mapping[str, _Group], quoted: Iterable[tuple[str, str]], discounts: list[Discount]
) -> list[Origin]:
    """The origins among bodies of which some quote others; those that rest on others go to ``discounts``."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(groups)
    graph.add_edges_from(quoted)
    condensed = nx.condensation(graph)
    origins: list[Origin] = []
    for node, data in condensed.nodes(data=True):
        members = sorted(data["members"])
        if condensed.out_degree(node):
            downstream = sorted(
                groups[k].body.name for k in graph.nodes if k not in members and _reaches(graph, members, k)
            )
            for key in members:
                for t in groups[key].taken:
                    detail = f"its own report rests on {', '.join(downstream)}"
                    discounts.append(Discount(t.position, t.speaker, CHAIN, detail))
            continue
        origins.append(_origin([groups[key] for key in members], discounts))
    return origins


def _reaches(graph: nx.DiGraph, members: Sequence[str], target: str) -> bool:
    return any(nx.has_path(graph, member, target) for member in members)


def _origin(groups: Sequence[_Group], discounts: list[Discount]) -> Origin:
    """One origin of these bodies' positions. The earliest stands for it; the others are discounted with the reason."""
    circular = len(groups) > 1
    taken = sorted((t for group in groups for t in group.taken), key=_order)
    roots: dict[str, str] = defaultdict(str)
    names = tuple(sorted({_label(t) for t in taken}))
    for i, t in enumerate(taken):
        if circular:
            detail = f"{' and '.join(names)} cite only each other"
            discounts.append(Discount(t.position, t.speaker, CIRCULAR, detail))
        elif t.root in roots:
            copied = t.root != t.document
            detail = "its document copies one already counted" if copied else "the same document says so again"
            discounts.append(Discount(t.position, t.speaker, COPY if copied else SAME_SOURCE, detail))
        elif i:
            discounts.append(Discount(t.position, t.speaker, SAME_SOURCE, "the same source, quoted again elsewhere"))
        roots[t.root] = t.document
    parties = tuple(sorted({t.source.party for t in taken if t.source.party}))
    return Origin(names, parties, tuple(t.position for t in taken), circular)


def _label(t: Taken) -> str:
    """Who speaks, and for whom."""
    return t.speaker if t.speaker == t.source.name else f"{t.speaker}, {t.source.name}"


def _value(
    positions: Sequence[Taken], supporting: Sequence[Origin], refuting: Sequence[Origin], counted: Sequence[Taken]
) -> str:
    if supporting and refuting:
        return CONTESTED
    if refuting:
        return DENIED
    if not supporting:
        if any(t.stance == SUPPORTS and not t.stands for t in positions):
            return WITHDRAWN
        return REPORTED if any(t.stands for t in positions) else UNATTESTED
    if count_independent(supporting) == 1:
        documents = {t.document for t in counted if t.stance == SUPPORTS}
        return ECHOED if len(documents) > 1 else SINGLE_ORIGIN
    sides = {origin.parties for origin in supporting if not origin.circular}
    one_party = len(sides) == 1 and len(next(iter(sides))) == 1
    return ONE_SIDED if one_party else CORROBORATED


# --- In words, as an editor would say it -----------------------------------------------------------------------------

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WHY_NOT_COUNTED = {
    COPY: "Counted once, although copies of the same document repeat it: {names}.",
    SAME_SOURCE: "Counted once, although quoted more than once: {names}.",
    MERE_REPORT: "Only passed on or hedged, and so not counted: {names}.",
    LATER_WORD: "Counted by the latest word alone, which is the opposite: {names}.",
    SUPERSEDED: "Said again in a newer version of the document, which counts instead: {names}.",
    NO_LONGER_SAID: "No longer counted, since the document was retracted or dropped it: {names}.",
}


def _lead(value: str, supporting: Sequence[Origin], refuting: Sequence[Origin], documents: int) -> str:
    """The standing in one sentence."""
    first_hand = [origin for origin in supporting if not origin.circular]
    for_it, against = _listed(first_hand or supporting), _listed(refuting)
    many = _number(count_independent(supporting)).capitalize()
    parties = " and ".join(sorted({party for origin in first_hand for party in origin.parties}))
    names = _listed([replace(origin, parties=()) for origin in first_hand])
    echoed = f"{_number(documents).capitalize()} documents say so, but all of it goes back to"
    return {
        SINGLE_ORIGIN: f"Only one origin says so, in one document: {for_it}.",
        ECHOED: f"{echoed} one origin: {for_it}." if first_hand else f"{echoed} a circle without a known origin.",
        ONE_SIDED: f"{many} origins say so, but all of them belong to one party ({parties}): {names}.",
        CORROBORATED: f"{many} independent origins say so, not all of one party, and nobody denies it: {for_it}.",
        CONTESTED: f"Asserted by {_listed(supporting)}; denied by {against}.",
        DENIED: f"Denied by {against}; nobody is known to assert it.",
        WITHDRAWN: "It was asserted, but every document that said so has been retracted or has dropped it.",
        REPORTED: "It is passed on as somebody else's word or hedged; nobody asserts it.",
        UNATTESTED: "No statement says so, as the documents are read now.",
    }[value]


def _asides(value: str, supporting: Sequence[Origin], refuting: Sequence[Origin]) -> Iterator[str]:
    """What a reader should know of the origins besides."""
    for origin in (*supporting, *refuting):
        if origin.circular:
            yield f"{_joined(origin.names)} cite only each other, which corroborates nothing."
    if value == CONTESTED and all(origin.parties for origin in (*supporting, *refuting)):
        yield "Everybody who has spoken to it has a side in it."


def _not_counted(discounts: Sequence[Discount]) -> Iterator[str]:
    """What adds no origin, by the reason, each name once."""
    reasons: dict[str, set[str]] = defaultdict(set)
    for discount in discounts:
        if discount.reason == CHAIN:
            reasons[f"Not an origin of its own: {{names}}; {discount.detail}."].add(_with_article(discount.name))
        elif discount.reason in _WHY_NOT_COUNTED:
            reasons[_WHY_NOT_COUNTED[discount.reason]].add(_with_article(discount.name))
    yield from (why.format(names=_joined(sorted(names))) for why, names in sorted(reasons.items()))


def _flagged(
    flags: Sequence[str],
    supporting: Sequence[Origin],
    harmed: frozenset[str],
    silent: Sequence[Silence],
    corrected: Iterable[str],
) -> Iterator[str]:
    """A sentence for each flag."""
    against_interest = [origin for origin in supporting if set(origin.parties) & harmed]
    said = {
        AGAINST_INTEREST: f"Said against the interest of their own side by {_listed(against_interest)}.",
        RISING: "A later, higher figure of the same toll is known.",
        COVERAGE_DEGRADED: f"Its coverage is degraded: {'; '.join(_heard_last(silence) for silence in silent)}. "
        "That nothing else is known may be because nobody is heard.",
        REVIEW_DUE: "The verdict on it is due for review.",
        SOURCE_CORRECTED: f"A document that speaks to it was corrected or retracted by {_joined(sorted(corrected))}.",
    }
    yield from (said[flag] for flag in flags)


def _heard_last(silence: Silence) -> str:
    """One silence: "nothing from Karsk Mail since 5 May 2031, 14:00 UTC (the server does not answer)"."""
    at = silence.since.astimezone(UTC)
    return f"nothing from {silence.channel} since {at.day} {at:%B %Y, %H:%M} UTC ({silence.why.rstrip('.')})"


def _listed(origins: Sequence[Origin]) -> str:
    """The origins, each with its party."""
    return _joined([f"{_label_of(o)} ({', '.join(o.parties)})" if o.parties else _label_of(o) for o in origins])


def _label_of(origin: Origin) -> str:
    return _joined([_with_article(name) for name in origin.names])


def _with_article(name: str) -> str:
    """The name as it is said: "an unnamed trader", but "unnamed soldiers at a checkpoint"."""
    head = re.split(r"\s(?:at|from|in|near|of|on|who|with)\s", name)[0]
    return f"an {name}" if name.startswith("unnamed ") and not head.endswith(("s", "people")) else name


def _joined(names: Sequence[str]) -> str:
    """The names as one part of a sentence; those with commas of their own are kept apart by semicolons."""
    if len(names) < 2:
        return "".join(names)
    apart = "; " if any(", " in name for name in names) else ", "
    return f"{apart.join(names[:-1])}{'; ' if apart == '; ' and len(names) > 2 else ' '}and {names[-1]}"


def _number(count: int) -> str:
    """The number in words, where there is one of a word."""
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)
