"""Finding what conflicts among the claims whose standing changed. The rules are pure (``tracker.analysis``)."""

import json
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from claims.choices import ContradictionType, Polarity
from claims.models import Claim, Contradiction, Position, Statement
from claims.services import contradictions, standings
from claims.services.actor import Actor
from claims.services.assertions import Assertion, first_assertions
from claims.services.contradictions import Conflict
from claims.services.rivals import Rival, rivals
from claims.standing import CONTESTED
from tracker import nearby
from tracker.analysis import conflicts
from tracker.analysis.conflict_actor import compare_actors
from tracker.analysis.conflict_circumstances import compare_days, compare_places
from tracker.analysis.conflict_counts import counts_besides, counts_part, has_risen
from tracker.analysis.conflict_scene import Scene
from tracker.analysis.conflict_sources import may_be_one_source
from tracker.analysis.conflict_types import Found, Kind
from tracker.analysis.conflict_wording import compare_wording, kind_of
from tracker.analysis.conflicts import Comparison, Figure, Relation
from tracker.analysis.sentences import around, sentences
from tracker.analysis.types import Span
from tracker.camps import parties_by_name

CONFLICTS = Actor.machine(conflicts.NAME, conflicts.VERSION)

# With how many others a claim is compared: the nearest in meaning; of figures of the same measure and place the nearest
# in time, on either side and undated; and figures of the same measure in so many related reports.
NEAREST, IN_TIME, REPORTS, CLAIMS = nearby.NEAREST, 30, 40, 100
# How much of a report around an assertion tells what it is about.
SENTENCES_BEFORE, SENTENCES_AFTER, CHARACTERS_AROUND = 2, 2, 400
# A text without punctuation is one long sentence: no more of it than this, to either side of the content.
SENTENCE = 200
# How many assertions stay taken apart: of a large incident, all.
ASSERTIONS_KEPT = 4096
_SHARE = re.compile(r"%|\bper ?cent\b", re.IGNORECASE)


def counted_figure(statement: Statement) -> dict[str, Any]:
    """The figure that a statement is about: its first count of something; empty where it counts nothing."""
    return next(iter(_counts(statement.quantities)), {})


def _counts(quantities: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The figures of a statement that count something; a share of something is no count."""
    return [
        quantity
        for quantity in quantities
        if quantity.get("measure", "") not in conflicts.SIZES and not _SHARE.search(quantity.get("text", ""))
    ]


def look_for_conflicts(claim_ids: Sequence[int], **_: object) -> None:
    """Whenever standings change: propose what conflicts now, and note which tolls rose. A listener of the domain."""
    find_conflicts(Claim.objects.live().filter(pk__in=claim_ids).defer("embedding").order_by("pk"))


def find_conflicts(claims: Iterable[Claim]) -> list[Contradiction]:
    """Propose what conflicts with these claims, and note which tolls rose."""
    claims = list(claims)
    return contradictions.propose(
        what_conflicts(claims), about=claims, algorithm=conflicts.NAME, version=conflicts.VERSION, actor=CONFLICTS
    )


def what_conflicts(claims: Sequence[Claim]) -> list[Conflict]:
    """What conflicts with these claims as the rows are now; notes which tolls rose, and proposes nothing.

    All is read first, in a fixed number of queries, however many claims there are and whatever could conflict with
    them; those of a toll that begins or ceases to rise come on top.
    """
    found_for = rivals(
        claims,
        uncounted=conflicts.SIZES,
        nearest=NEAREST,
        in_time=IN_TIME,
        reports=REPORTS,
        most=CLAIMS,
        known=nearby.known(),
    )
    known = _Known.about(claims, found_for)
    differing: list[_Differing] = []
    for claim in claims:
        differing += _figures_against(claim, found_for[claim.pk], known)
        differing += _words_against(claim, found_for[claim.pk], known)
    return [*_denials(claims), *_as_conflicts(differing)]


# --- What is known of the claims --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asserted:
    """A claim as its first supporter asserts it: whose words, where, and the figures in them."""

    position: int
    name: str
    scene: Scene
    figures: tuple[Figure, ...]
    bodies: frozenset[str]
    toll: float


@dataclass(frozen=True)
class _Known:
    """What the comparisons need of the claims, read in one go: by their ids how each is asserted, and what it rises to.

    The latter is kept as it changes.
    """

    asserted: Mapping[int, _Asserted]
    rises_to: dict[int, int | None]

    @classmethod
    def about(cls, claims: Iterable[Claim], found_for: Mapping[int, Iterable[Rival]]) -> "_Known":
        """Read it for these claims and all their rivals."""
        rises_to = {rival.pk: rival.rises_to for rivals in found_for.values() for rival in rivals}
        rises_to |= {claim.pk: claim.rises_to_id for claim in claims}
        # In their order: the sentences of a text are kept only for a while.
        first = first_assertions(rises_to, actor=CONFLICTS)
        return cls({pk: _asserted(said) for pk, said in first.items()}, rises_to)

    @cached_property
    def parties(self) -> dict[str, str]:
        """As of ``camps.parties_by_name``."""
        return parties_by_name()


def _asserted(said: Assertion) -> _Asserted:
    """What is compared of an assertion. What many documents tell of is held against the same ones again and again."""
    kept = _kept(said.key)
    if not kept:
        kept.append(_taken_apart(said))
    return kept[0]


@lru_cache(maxsize=ASSERTIONS_KEPT)
def _kept(_key: tuple[Hashable, ...]) -> list[_Asserted]:
    """The place of what was taken apart of one assertion; empty at first."""
    return []


def _taken_apart(said: Assertion) -> _Asserted:
    scene = Scene(
        content=said.content,
        **_around(said),
        title=said.title,
        place=said.place,
        first=said.when_first,
        last=said.when_last,
        said_on=said.at.date(),
        report=said.root,
    )
    return _Asserted(said.position, said.speaker, scene, tuple(_figures(said, scene)), said.bodies, said.toll)


def _figures(said: Assertion, scene: Scene) -> Iterator[Figure]:
    counts = _counts(json.loads(said.quantities))
    if said.measure in conflicts.SIZES:
        return
    # "Ten on the bus and 21 others": neither is the total.
    added = {quantity["measure"] for quantity in counts if counts_besides(said.text, _where(quantity))}
    for quantity in _without_headlines(counts):
        yield Figure(
            measure=quantity["measure"],
            counted=quantity.get("counted") or "",
            low=quantity.get("low"),
            best=quantity.get("best"),
            high=quantity.get("high"),
            place=said.place,
            when_first=said.when_first,
            when_last=said.when_last,
            said_at=said.at,
            origins=said.bodies,
            approximate=bool(quantity.get("approximate")),
            scene=scene,
            besides=quantity["measure"] in added,
            part=counts_part(said.text, _where(quantity)),
            risen=has_risen(said.text, _where(quantity)),
        )


def _without_headlines(counts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The figures without the bare one of a headline that the sentence after it gives as "at least" so many."""
    at_least = {(q["measure"], q.get("best") or q.get("low")) for q in counts if q.get("high") is None and q.get("low")}
    kept = [q for q in counts if q.get("high") is None or (q["measure"], q.get("best")) not in at_least]
    return sorted(kept, key=counts.index)


def _where(quantity: Mapping[str, Any]) -> list[Span]:
    """Where in the text the figure stands."""
    return [(start, end) for start, end in quantity.get("spans") or [[0, 0]]]


def _around(said: Assertion) -> dict[str, str]:
    """The words around an assertion that tell what it is about: its sentence, the one before, and more."""
    text, start, end = said.text, said.start, said.end
    spans = sentences(text)
    own = around(spans, start)
    own = max(own[0], start - SENTENCE), min(max(own[1], end), end + SENTENCE)
    before = [span for span in spans if span[1] <= own[0]][-SENTENCES_BEFORE:]
    after = [span for span in spans if span[0] >= own[1]][:SENTENCES_AFTER]
    first = max(before[0][0] if before else own[0], start - CHARACTERS_AROUND)
    last = min(after[-1][1] if after else own[1], end + CHARACTERS_AROUND)
    return {
        "sentence": text[own[0] : own[1]],
        "before": text[before[-1][0] : before[-1][1]][-CHARACTERS_AROUND:] if before else "",
        "context": f"{text[first:start]} {text[end:last]}",
    }


# --- What conflicts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Differing:
    """Two claims, the other one by its id, that cannot both be true as two sources assert them."""

    claim: Claim
    rival: int
    mine: _Asserted
    theirs: _Asserted
    found: Found


def _as_conflicts(differing: Sequence[_Differing]) -> list[Conflict]:
    """These conflicts, with the rows that they are between: two queries, none without conflicts."""
    if not differing:
        return []
    others = Claim.objects.defer("embedding", "standing_explanation").in_bulk({each.rival for each in differing})
    said = {one.position for each in differing for one in (each.mine, each.theirs)}
    positions = Position.objects.select_related("statement").in_bulk(said)
    return [
        Conflict(
            claim=each.claim,
            other=others[each.rival],
            position=positions[each.mine.position],
            other_position=positions[each.theirs.position],
            type=ContradictionType(each.found.kind or ContradictionType.OTHER),
            score=each.found.score,
            explanation=f"{each.mine.name} and {each.theirs.name} differ. {each.found.explanation}.",
        )
        for each in differing
    ]


def _denials(claims: Iterable[Claim]) -> list[Conflict]:
    """For each contested claim the conflict between the first that counts for it and the first against it."""
    contested = [claim for claim in claims if claim.standing == CONTESTED]
    return [
        replace(
            each,
            type=_kind_of_denial(each.other_position),
            # No surer than the reading of either statement.
            score=round(min(p.score * p.statement.confidence for p in (each.position, each.other_position)), 3),
        )
        for each in contradictions.on_contested(contested)
    ]


def _kind_of_denial(position: Position) -> ContradictionType:
    denies = position.statement.polarity == Polarity.DENIES
    return ContradictionType.NEGATION if denies else ContradictionType(kind_of(position.explanation))


def _figures_against(claim: Claim, rivals: Iterable[Rival], known: _Known) -> list[_Differing]:
    """Claims with a figure that excludes one of this claim's. Risen tolls are noted instead."""
    mine = known.asserted.get(claim.pk)
    theirs = {rival.pk: known.asserted[rival.pk] for rival in rivals if rival.pk in known.asserted}
    compared = {rival: _compare_figures(mine, other) for rival, other in theirs.items()} if mine else {}
    _note_risen(claim.pk, [rival.pk for rival in rivals], compared, known)
    return [
        _Differing(claim, rival, mine, theirs[rival], Found(Kind.NUMERIC, comparison.score, comparison.explanation))
        for rival, comparison in compared.items()
        if mine and comparison.relation == Relation.CONFLICT and not may_be_one_source(mine.name, theirs[rival].name)
    ]


def _compare_figures(mine: _Asserted, theirs: _Asserted) -> Comparison:
    """How the main figures of two claims relate, or, where these leave room for one, the surest conflict of others."""
    if not mine.figures or not theirs.figures:
        return Comparison(Relation.UNRELATED, 0.0, "one gives no figure")
    main = conflicts.compare(mine.figures[0], theirs.figures[0])
    if main.relation in (Relation.RISING, Relation.CONFLICT):
        return main
    others = [conflicts.compare(one, other) for one in mine.figures for other in theirs.figures]
    clashing = [comparison for comparison in others if comparison.relation == Relation.CONFLICT]
    return max(clashing, key=lambda comparison: (comparison.score, comparison.explanation), default=main)


def _words_against(claim: Claim, rivals: Iterable[Rival], known: _Known) -> list[_Differing]:
    """Claims that deny this one by their words, or tell of the same event another day, place or doer."""
    mine = known.asserted.get(claim.pk)
    if mine is None:
        return []
    conflicting: list[_Differing] = []
    for rival in rivals:
        theirs = known.asserted.get(rival.pk)
        # One source does not contradict itself: it revises.
        if theirs is None or mine.bodies & theirs.bodies or may_be_one_source(mine.name, theirs.name):
            continue
        all_found = (
            compare_wording(mine.scene, theirs.scene),
            compare_days(mine.scene, theirs.scene),
            compare_places(mine.scene, theirs.scene),
            compare_actors(mine.scene, theirs.scene, parties=known.parties),
        )
        conflicting += [
            _Differing(claim, rival.pk, mine, theirs, found) for found in all_found if found.kind is not None
        ]
    return conflicting


def _note_risen(claim: int, rivals: Iterable[int], compared: Mapping[int, Comparison], known: _Known) -> None:
    """Let each toll lead to the later, higher one that is known now, and to none that is known no more."""
    said = known.asserted
    risen = {rival for rival, comparison in compared.items() if comparison.relation == Relation.RISING}
    later = [rival for rival in risen if conflicts.is_later(said[rival].figures[0], said[claim].figures[0])]
    _let_rise(claim, max(later, key=lambda rival: (said[rival].toll, rival), default=None), known)
    for rival in rivals:
        if rival in risen and rival not in later and known.rises_to[rival] is None:
            _let_rise(rival, claim, known)
        elif known.rises_to[rival] == claim and rival not in risen:
            _let_rise(rival, None, known)


def _let_rise(earlier: int, later: int | None, known: _Known) -> None:
    if known.rises_to[earlier] == later:
        return
    rows = Claim.objects.defer("embedding").in_bulk([pk for pk in (earlier, later) if pk is not None])
    standings.set_rising(rows[earlier], rows[later] if later is not None else None, actor=CONFLICTS)
    known.rises_to[earlier] = later
