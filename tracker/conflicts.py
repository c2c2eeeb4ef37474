"""Finding what conflicts among the claims whose standing changed. The rules are pure (``tracker.analysis``)."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from claims.choices import ContradictionType, Polarity
from claims.models import Claim, Contradiction, Position, Statement
from claims.services import contradictions, standings
from claims.services.actor import Actor
from claims.services.assertions import Assertion, first_assertions
from claims.services.contradictions import Conflict
from claims.services.rivals import rivals
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
    everyone = {rival.pk: rival for others in found_for.values() for rival in others}
    everyone |= {claim.pk: claim for claim in claims}
    known = _Known.about(everyone)
    differing: list[_Differing] = []
    for claim in claims:
        differing += _figures_against(claim, found_for[claim.pk], known)
        differing += _words_against(claim, found_for[claim.pk], known)
    return [*_denials(claims), *_with_positions(differing)]


# --- What is known of the claims --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asserted:
    """A claim as its first supporter asserts it: whose words, where, and the figures in them."""

    position: int
    name: str
    scene: Scene
    figures: tuple[Figure, ...]
    bodies: frozenset[str]


@dataclass(frozen=True)
class _Known:
    """What the comparisons need of the claims, read in one go."""

    asserted: Mapping[int, _Asserted]

    @classmethod
    def about(cls, claims: Mapping[int, Claim]) -> "_Known":
        """Read how the claims are asserted first, by their ids."""
        # In their order: the sentences of a text are kept only for a while.
        first = first_assertions(claims, actor=CONFLICTS)
        return cls({pk: _asserted(claims[pk], said) for pk, said in first.items()})

    @cached_property
    def parties(self) -> dict[str, str]:
        """As of ``camps.parties_by_name``."""
        return parties_by_name()


def _asserted(claim: Claim, said: Assertion) -> _Asserted:
    scene = Scene(
        content=said.content,
        **_around(said),
        title=said.title,
        place=claim.place,
        first=claim.when_first,
        last=claim.when_last,
        said_on=said.at.date(),
        report=said.root,
    )
    counts = _counts(said.quantities)
    if claim.measure in conflicts.SIZES or not counts:
        return _Asserted(said.position, said.speaker, scene, (), said.bodies)
    # "Ten on the bus and 21 others": neither is the total.
    added = {quantity["measure"] for quantity in counts if counts_besides(said.text, _where(quantity))}
    figures = tuple(
        Figure(
            measure=quantity["measure"],
            counted=quantity.get("counted") or "",
            low=quantity.get("low"),
            best=quantity.get("best"),
            high=quantity.get("high"),
            place=claim.place,
            when_first=claim.when_first,
            when_last=claim.when_last,
            said_at=said.at,
            origins=said.bodies,
            approximate=bool(quantity.get("approximate")),
            scene=scene,
            besides=quantity["measure"] in added,
            part=counts_part(said.text, _where(quantity)),
            risen=has_risen(said.text, _where(quantity)),
        )
        for quantity in _without_headlines(counts)
    )
    return _Asserted(said.position, said.speaker, scene, figures, said.bodies)


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
    """Two claims that cannot both be true as two sources assert them."""

    claim: Claim
    rival: Claim
    mine: _Asserted
    theirs: _Asserted
    found: Found


def _with_positions(differing: Sequence[_Differing]) -> list[Conflict]:
    """These conflicts, with the positions that they are between: one query, none without conflicts."""
    asked = {one.position for each in differing for one in (each.mine, each.theirs)}
    positions = Position.objects.select_related("statement").in_bulk(asked) if asked else {}
    return [
        Conflict(
            claim=each.claim,
            other=each.rival,
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


def _figures_against(claim: Claim, rivals: Sequence[Claim], known: _Known) -> list[_Differing]:
    """Claims with a figure that excludes one of this claim's. Risen tolls are noted instead."""
    mine = known.asserted.get(claim.pk)
    theirs = {rival: known.asserted[rival.pk] for rival in rivals if rival.pk in known.asserted}
    compared = {rival: _compare_figures(mine, other) for rival, other in theirs.items()} if mine else {}
    _note_risen(claim, mine, rivals, theirs, compared)
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


def _words_against(claim: Claim, rivals: Sequence[Claim], known: _Known) -> list[_Differing]:
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
        conflicting += [_Differing(claim, rival, mine, theirs, found) for found in all_found if found.kind is not None]
    return conflicting


def _note_risen(
    claim: Claim,
    mine: _Asserted | None,
    rivals: Collection[Claim],
    theirs: Mapping[Claim, _Asserted],
    compared: Mapping[Claim, Comparison],
) -> None:
    """Let each toll lead to the later, higher one that is known now, and to none that is known no more."""
    risen = {rival for rival, comparison in compared.items() if comparison.relation == Relation.RISING}
    later = [rival for rival in risen if mine and conflicts.is_later(theirs[rival].figures[0], mine.figures[0])]
    highest = max(later, key=lambda rival: (rival.best or rival.low or 0, rival.pk), default=None)
    standings.set_rising(claim, highest, actor=CONFLICTS)
    for rival in rivals:
        if rival in risen and rival not in later and rival.rises_to_id is None:
            standings.set_rising(rival, claim, actor=CONFLICTS)
        elif rival.rises_to_id == claim.pk and rival not in risen:
            standings.set_rising(rival, None, actor=CONFLICTS)
