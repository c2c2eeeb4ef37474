"""Who asserts claims first: kept beside each standing, since whatever is held against a claim is held against that."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from claims.models import FirstWord, Position
from claims.services.copying import copy_in
from claims.standing import Standing

_KEPT = ("position_id", "speaker", "root", "at", "bodies")


def keep_new(found: Mapping[int, Standing], weighed: Mapping[int, Sequence[Position]]) -> None:
    """Keep the first words that the first standings of claims found, by the claim's id.

    ``weighed`` are the positions that the standings weigh. Claims and positions are written in the same transaction.
    """
    copy_in([_first_word(claim, standing, weighed.get(claim, ())) for claim, standing in found.items()])


def keep(found: Mapping[int, Standing], weighed: Mapping[int, Sequence[Position]]) -> None:
    """Keep the first words that these standings found where others are kept or none: one query, two with changes."""
    kept = FirstWord.objects.in_bulk(found)
    now = [_first_word(claim, standing, weighed.get(claim, ())) for claim, standing in found.items()]
    changed = [word for word in now if word.pk not in kept or _told(word) != _told(kept[word.pk])]
    if changed:
        FirstWord.objects.bulk_create(changed, update_conflicts=True, unique_fields=["claim"], update_fields=_KEPT)


def _first_word(claim: int, standing: Standing, positions: Iterable[Position]) -> FirstWord:
    first = standing.first
    if first is None:
        return FirstWord(claim_id=claim)
    return FirstWord(
        claim_id=claim,
        position_id=next(position.pk for position in positions if str(position.uid) == first.position),
        speaker=first.speaker,
        root=UUID(first.root),
        at=first.at,
        bodies=list(first.bodies),
    )


def _told(word: FirstWord) -> tuple[object, ...]:
    return tuple(getattr(word, name) for name in _KEPT)
