"""Whether two descriptions may be of one source: "a monitor" may be the Harbour Monitor that another outlet names.

One source does not contradict itself, it revises. Where one of the two is not named, what sort of body it is decides.
"""

from __future__ import annotations

from tracker.analysis.wording import content_stems, stem

# Sorts of body of which a story mostly quotes one; each line is one sort. "Activists" and "residents" are many.
_SORTS = """
    monitor monitoring observatory watchdog rights
    ministry minister
    army military
    police
    government
    presidency president
    hospital
    coalition
"""
# Whom a pronoun stands for that was not resolved, nobody knows.
_PRONOUNS = frozenset({"it", "he", "she", "they", "we", "who", "one"})
_SORT_OF = {stem(word): line.split()[0] for line in _SORTS.strip().splitlines() for word in line.split()}


def may_be_one_source(one: str, other: str) -> bool:
    """Whether the names may be of one source: alike, or of one sort of body where one of them gives no name."""
    if one == other or not _PRONOUNS.isdisjoint({one.lower(), other.lower()}):
        return True
    if _is_named(one) and _is_named(other):
        return False
    sorts = [{_SORT_OF[word] for word in content_stems(name) if word in _SORT_OF} for name in (one, other)]
    return bool(sorts[0] & sorts[1])


def _is_named(name: str) -> bool:
    return any(word[:1].isupper() for word in name.split())
