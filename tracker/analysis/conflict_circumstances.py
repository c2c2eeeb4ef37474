"""Whether two assertions of one event put it on different days or at different places.

Most of what is alike but for day or place is two events: towns are shelled every day. So this speaks only where there
can be but one: a person, named in both, dies or is seized once; a town falls once in a week; the plane that crashed
crashed at one place. Everything else is left to people.
"""

from __future__ import annotations

import re
from datetime import timedelta

from tracker.analysis.conflict_scene import Scene, fine_places, is_broad, is_sum, same_place_in
from tracker.analysis.conflict_types import Found, Kind, no_conflict
from tracker.analysis.figures import find_figures
from tracker.analysis.measures import word_set
from tracker.analysis.wording import concept, content_concepts, fold, words

# How alike the two must be, days and places left out.
ALIKE = 0.7
AT_LEAST_SHARED = 2
# Further apart than this it is another event of the sort, or a slip of the pen that no rule can tell from one.
NEAR = timedelta(days=7)
SAME_NEWS = timedelta(days=4)

# What befalls one person once (within days), and what befalls a place or thing once.
_ONCE_TO_A_PERSON = word_set(
    """
    killed kill dead die died dies death shot assassinated executed beheaded hanged buried resigned resign appointed
    sacked defected surrendered born abducted kidnapped arrested detained captured released freed wounded injured
    """
)
_ONCE_TO_A_PLACE = word_set(
    """
    fell captured seized recaptured retook liberated surrendered collapsed opened reopened closed signed crashed sank
    sunk derailed capsized declared inaugurated overran
    """
)
_ONE_THING = word_set(
    """
    plane aircraft airliner helicopter warplane jet drone train ferry ship boat tanker convoy bus bridge dam
    """
)
_AGAIN = re.compile(r"\b(?:again|another|second|third|also|twice|repeatedly|every|each|daily|further|more|latest)\b")
# An event of the night belongs to two days.
_NIGHT = re.compile(r"\b(?:overnight|night|midnight|late|early|dawn|evening)\b")
_PERSON = re.compile(r"\b([A-Z][a-z’'-]+ (?:(?:[A-Z]\.|al-|el-|bin|ben|van|de|von) ?)?[A-Z][a-z’'-]+)\b")
_DAYS = word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
    october november december yesterday today tonight night morning evening afternoon noon midnight dawn overnight
    earlier later late early last week ago day
    """
)


def compare_days(one: Scene, other: Scene) -> Found:
    """Whether two assertions date one event differently; the same in both orders."""
    if not (one.first and one.last and other.first and other.last):
        return no_conflict("one is not dated")
    if one.first != one.last or other.first != other.last or one.first == other.first:
        return no_conflict("they do not name two days")
    if abs(one.first - other.first) > NEAR or _printed_apart(one, other):
        return no_conflict("they are too far apart to be of one event")
    if abs(one.first - other.first) == timedelta(days=1) and any(_NIGHT.search(fold(s.content)) for s in (one, other)):
        return no_conflict("an event of the night belongs to two days")
    places = fine_places(one.content), fine_places(other.content)
    if all(places) and not same_place_in(*places):
        return no_conflict("they are at different places")
    found = _one_event(one, other)
    if isinstance(found, str):
        return no_conflict(found)
    alike, why = found
    days = " and on ".join(day.isoformat() for day in sorted((one.first, other.first)))
    return Found(Kind.TEMPORAL, _score(alike), f"{why} is put on {days}")


def compare_places(one: Scene, other: Scene) -> Found:
    """Whether two assertions put one event at different places; the same in both orders."""
    own = fine_places(one.content), fine_places(other.content)
    if len(own[0]) != 1 or len(own[1]) != 1:
        return no_conflict("one does not name one place")
    if same_place_in(*own) or any(
        same_place_in(frozenset({name}), fine_places(scene.around) | frozenset({scene.place} - {""}))
        for names, scene in ((own[0], other), (own[1], one))
        for name in names
    ):
        return no_conflict("they may be at one place")
    if not (one.first and one.last and other.first and other.last):
        return no_conflict("one is not dated")
    if one.first > other.last or other.first > one.last or _printed_apart(one, other):
        return no_conflict("they are of different days")
    found = _one_event(one, other)
    if isinstance(found, str):
        return no_conflict(found)
    alike, why = found
    return Found(Kind.LOCATION, _score(alike), f"{why} is put at {' and at '.join(sorted(own[0] | own[1]))}")


def _printed_apart(one: Scene, other: Scene) -> bool:
    return bool(one.said_on and other.said_on and abs(one.said_on - other.said_on) > SAME_NEWS)


def _one_event(one: Scene, other: Scene) -> tuple[float, str] | str:
    """How alike the assertions of what must be one event are, and what event; or why it need not be one."""
    texts = one.content, other.content
    if is_sum(one) or is_sum(other):
        return "one sums up more than one event"
    if any(_AGAIN.search(fold(text)) for text in texts):
        return "one speaks of a repetition"
    event = _single(*texts)
    if not event:
        return "nothing in them happens but once"
    figures = [{figure.value for figure in find_figures(text)} for text in texts]
    if all(figures) and not figures[0] & figures[1]:
        return "their figures differ"
    shared, alike = _likeness(*texts)
    if shared < AT_LEAST_SHARED or alike < ALIKE:
        return "they are not alike enough"
    return alike, event


def _single(one: str, other: str) -> str:
    """What both tell of that happens once, in words; empty where there is none."""
    deeds = [set(words(text)) for text in (one, other)]
    befell = [{concept(word) for word in deed & _ONCE_TO_A_PERSON} for deed in deeds]
    people = [{name for name in _PERSON.findall(text) if not is_broad(name)} for text in (one, other)]
    names = sorted(people[0] & people[1])
    if names and befell[0] & befell[1]:
        return f"what befell {names[0]}"
    happened = [{concept(word) for word in deed & _ONCE_TO_A_PLACE} for deed in deeds]
    things = deeds[0] & deeds[1] & _ONE_THING
    places = [fine_places(text) for text in (one, other)]
    if happened[0] & happened[1] and (things or same_place_in(*places)):
        return f"what befell the {min(things)}" if things else f"what befell {min(places[0])}"
    return ""


def _likeness(one: str, other: str) -> tuple[int, float]:
    """How many words both have, days, places and numbers left out, and their share (Dice)."""
    a, b = (
        frozenset(
            word
            for word in content_concepts(text)
            if word not in _WHEN and not word[0].isdigit() and word not in _words_of(fine_places(text))
        )
        for text in (one, other)
    )
    return len(a & b), 2 * len(a & b) / max(1, len(a) + len(b))


_WHEN = frozenset(concept(word) for word in _DAYS)


def _words_of(places: frozenset[str]) -> frozenset[str]:
    return frozenset(concept(word) for name in places for word in words(name))


def _score(alike: float) -> float:
    return round(min(1.0, 0.2 + 0.7 * alike), 3)
