"""Finding what conflicts among the claims whose standing changed. The rules are pure (``tracker.analysis``)."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from claims.choices import ContradictionType, Polarity
from claims.models import Claim, Contradiction, Position, Snapshot, Statement
from claims.services import contradictions, standings
from claims.services.actor import Actor
from claims.services.contradictions import Conflict
from claims.services.rivals import rivals
from claims.services.weighing import weighed_positions
from claims.standing import CONTESTED, Standing, Taken, assess
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
NEAREST, IN_TIME, REPORTS, CLAIMS = 20, 30, 40, 100
# How much of a report around an assertion tells what it is about.
SENTENCES_BEFORE, SENTENCES_AFTER, CHARACTERS_AROUND = 2, 2, 400
# A text without punctuation is one long sentence: no more of it than this, to either side of the content.
SENTENCE = 200
# What of a position is compared, besides the side that it takes.
_TOLD = (
    "score", "explanation", "statement__content_text", "statement__content_spans", "statement__quantities",
    "statement__polarity", "statement__confidence",
)  # fmt: skip
_SHARE = re.compile(r"%|\bper ?cent\b", re.IGNORECASE)


def counted_figure(statement: Statement) -> dict[str, Any]:
    """The figure that a statement is about: its first count of something; empty where it counts nothing."""
    return next(iter(_counts(statement)), {})


def _counts(statement: Statement) -> list[dict[str, Any]]:
    """The figures of a statement that count something; a share of something is no count."""
    return [
        quantity
        for quantity in statement.quantities
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
        claims, uncounted=conflicts.SIZES, nearest=NEAREST, in_time=IN_TIME, reports=REPORTS, most=CLAIMS
    )
    everyone = {rival.pk: rival for others in found_for.values() for rival in others}
    everyone |= {claim.pk: claim for claim in claims}
    known = _Known.about(everyone)
    found: list[Conflict] = []
    for claim in claims:
        found += _denials(claim, known)
        found += _figures_against(claim, found_for[claim.pk], known)
        found += _words_against(claim, found_for[claim.pk], known)
    return found


# --- What is known of the claims --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asserted:
    """A claim as its first supporter asserts it: whose words, where, and the figures in them."""

    position: Position
    name: str
    scene: Scene
    figures: tuple[Figure, ...]
    origins: frozenset[str]


@dataclass(frozen=True)
class _Known:
    """What the comparisons need of the claims, read in one go."""

    standings: Mapping[int, Standing]
    positions: Mapping[int, Sequence[Position]]
    asserted: Mapping[int, _Asserted]

    @classmethod
    def about(cls, claims: Mapping[int, Claim]) -> "_Known":
        """Read the positions, standings and surroundings of the claims, by their ids."""
        positions = weighed_positions(claims.values(), besides=_TOLD)
        taken = {pk: [(position, standings.taken(position)) for position in positions.get(pk, ())] for pk in claims}
        # Who counts is not changed by what a standing only flags, which is not read.
        found = {pk: assess(each for _, each in pairs) for pk, pairs in taken.items()}
        firsts = {pk: first for pk in claims if (first := _first_supporter(found[pk], taken[pk])) is not None}
        texts = dict(
            Snapshot.objects.filter(pk__in={first[0].statement.snapshot_id for first in firsts.values()}).values_list(
                "pk", "text"
            )
        )
        # Those of one text after each other, since its sentences are kept only for a while.
        by_text = sorted(firsts, key=lambda pk: firsts[pk][0].statement.snapshot_id)
        asserted = {
            pk: _asserted(claims[pk], *firsts[pk], texts[firsts[pk][0].statement.snapshot_id]) for pk in by_text
        }
        return cls(found, positions, asserted)

    @cached_property
    def parties(self) -> dict[str, str]:
        """As of ``camps.parties_by_name``."""
        return parties_by_name()


def _first_supporter(
    standing: Standing, taken: Iterable[tuple[Position, Taken]]
) -> tuple[Position, Taken, frozenset[str]] | None:
    """Who asserts a claim first, among those who count; and everybody who counts. ``None`` where nobody does."""
    counted = {uid for origin in standing.supporting for uid in origin.positions}
    live = sorted((pair for pair in taken if pair[1].position in counted), key=lambda pair: (pair[1].at, pair[0].pk))
    return (*live[0], frozenset(each.source.key for _, each in live)) if live else None


def _asserted(claim: Claim, position: Position, taken: Taken, origins: frozenset[str], text: str) -> _Asserted:
    statement = position.statement
    scene = Scene(
        content=statement.content_text,
        **_around(statement, text),
        title=statement.snapshot.document.title,
        place=claim.place,
        first=claim.when_first,
        last=claim.when_last,
        said_on=taken.at.date(),
        report=taken.root,
    )
    counts = _counts(statement)
    if claim.measure in conflicts.SIZES or not counts:
        return _Asserted(position, taken.speaker, scene, (), origins)
    # "Ten on the bus and 21 others": neither is the total.
    added = {quantity["measure"] for quantity in counts if counts_besides(text, _where(quantity))}
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
            said_at=taken.at,
            origins=origins,
            approximate=bool(quantity.get("approximate")),
            scene=scene,
            besides=quantity["measure"] in added,
            part=counts_part(text, _where(quantity)),
            risen=has_risen(text, _where(quantity)),
        )
        for quantity in _without_headlines(counts)
    )
    return _Asserted(position, taken.speaker, scene, figures, origins)


def _without_headlines(counts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The figures without the bare one of a headline that the sentence after it gives as "at least" so many."""
    at_least = {(q["measure"], q.get("best") or q.get("low")) for q in counts if q.get("high") is None and q.get("low")}
    kept = [q for q in counts if q.get("high") is None or (q["measure"], q.get("best")) not in at_least]
    return sorted(kept, key=counts.index)


def _where(quantity: Mapping[str, Any]) -> list[Span]:
    """Where in the text the figure stands."""
    return [(start, end) for start, end in quantity.get("spans") or [[0, 0]]]


def _around(statement: Statement, text: str) -> dict[str, str]:
    """The words around a statement's content that tell what it is about: its sentence, the one before, and more."""
    start, end = statement.content_spans[0][0], statement.content_spans[-1][1]
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


def _denials(claim: Claim, known: _Known) -> list[Conflict]:
    """A contested claim: one conflict, between the first position that counts for it and the first against it."""
    found = known.standings[claim.pk]
    if found.value != CONTESTED:
        return []
    positions = {str(position.uid): position for position in known.positions[claim.pk]}
    position = positions[found.supporting[0].positions[0]]
    other_position = positions[found.refuting[0].positions[0]]
    denies = other_position.statement.polarity == Polarity.DENIES
    kind = ContradictionType.NEGATION if denies else ContradictionType(kind_of(other_position.explanation))
    return [
        Conflict(
            claim=claim,
            position=position,
            other_position=other_position,
            type=kind,
            # No surer than the reading of either statement.
            score=round(min(each.score * each.statement.confidence for each in (position, other_position)), 3),
            explanation=f"{found.supporting[0].label} asserts “{claim.text}”; {found.refuting[0].label} denies it.",
        )
    ]


def _figures_against(claim: Claim, rivals: Sequence[Claim], known: _Known) -> list[Conflict]:
    """Claims with a figure that excludes one of this claim's. Risen tolls are noted instead."""
    mine = known.asserted.get(claim.pk)
    theirs = {rival: known.asserted[rival.pk] for rival in rivals if rival.pk in known.asserted}
    compared = {rival: _compare_figures(mine, other) for rival, other in theirs.items()} if mine else {}
    _note_risen(claim, mine, rivals, theirs, compared)
    return [
        _conflict(claim, rival, mine, theirs[rival], Found(Kind.NUMERIC, comparison.score, comparison.explanation))
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


def _words_against(claim: Claim, rivals: Sequence[Claim], known: _Known) -> list[Conflict]:
    """Claims that deny this one by their words, or tell of the same event another day, place or doer."""
    mine = known.asserted.get(claim.pk)
    if mine is None:
        return []
    conflicting: list[Conflict] = []
    for rival in rivals:
        theirs = known.asserted.get(rival.pk)
        # One source does not contradict itself: it revises.
        if theirs is None or mine.origins & theirs.origins or may_be_one_source(mine.name, theirs.name):
            continue
        all_found = (
            compare_wording(mine.scene, theirs.scene),
            compare_days(mine.scene, theirs.scene),
            compare_places(mine.scene, theirs.scene),
            compare_actors(mine.scene, theirs.scene, parties=known.parties),
        )
        conflicting += [_conflict(claim, rival, mine, theirs, found) for found in all_found if found.kind is not None]
    return conflicting


def _conflict(claim: Claim, rival: Claim, mine: _Asserted, theirs: _Asserted, found: Found) -> Conflict:
    return Conflict(
        claim=claim,
        other=rival,
        position=mine.position,
        other_position=theirs.position,
        type=ContradictionType(found.kind or ContradictionType.OTHER),
        score=found.score,
        explanation=f"{mine.name} and {theirs.name} differ. {found.explanation}.",
    )


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
