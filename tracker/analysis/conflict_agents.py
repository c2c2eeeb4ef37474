"""Who is said to have done it: the camp that a text gives a deed to.

Found by the order of the words: "shelled by the army", "rebel shelling", "the army shelled". What names a camp is a
list of common words and whatever names the caller knows of parties.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from tracker.analysis.wording import NEGATIONS, TEXTS_KEPT, fold

STATE, REBELS, FOREIGN = "the state's forces", "armed opposition", "foreign forces"
_CAMPS = {
    STATE: "army regime government governmental troops soldiers loyalists loyalist police state",
    REBELS: """rebel rebels insurgent insurgents opposition militant militants jihadist jihadists terrorist terrorists
        separatist separatists guerrilla guerrillas isis isil daesh extremists nusra""",
    FOREIGN: "coalition us-led u.s.-led nato american israeli turkish saudi-led",
}
# Its air force is counted with the state's in one war and against it in another: it names no camp by itself.
_NO_CAMP = frozenset({"russian", "iranian"})
CAMP_OF: Mapping[str, str] = {word: camp for camp, listed in _CAMPS.items() for word in listed.split()}

_DEED_VERB = (
    r"(?:shell|bomb|bombard|attack|raid|hit|struck|strike|destroy|kill|execut|murder|massacr|burn|fir|launch|carri"
    r"|conduct|commit|loot|seiz|captur|target|kidnap|abduct|shot|storm|level|blow|blew|assassinat|besieg|gas)"
    r"(?:ed|led|ied|t|n|ing|s|es)?"
)
_DEED_NOUN = (
    r"(?:shelling|shells?|bombing|bombs?|bombardment|attacks?|raids?|strikes?|air ?(?:strikes?|raids?)|airstrikes?"
    r"|rockets?|missiles?|mortars?|artillery|fire|gunfire|sniper|barrel bombs?|warplanes?|jets?|helicopters?|aircraft"
    r"|assault|massacre|suicide)"
)
_BY = re.compile(rf"\b{_DEED_VERB}\b(?: \w+){{0,4}}? by (?P<who>(?:[\w.'’-]+ ){{0,4}}[\w.'’-]+)")
_NOUN_BY = re.compile(rf"\b{_DEED_NOUN}\b (?:\w+ ){{0,3}}?by (?P<who>(?:[\w.'’-]+ ){{0,4}}[\w.'’-]+)")
_BEFORE_NOUN = re.compile(rf"(?P<who>(?:[\w.'’-]+ ){{1,3}}){_DEED_NOUN}\b")
_BEFORE_VERB = re.compile(
    rf"(?P<who>(?:[\w.'’-]+ ){{1,3}})(?:forces |fighters |units )?(?:had |have |has |also |again )?"
    rf"{_DEED_VERB}\b(?! by\b)"
)
_PASSIVE = re.compile(r"\b(?:was|were|been|being|be|is|are)\b")
_TOKEN = re.compile(r"[\w.'’-]+")


def agents(text: str, *, parties: Mapping[str, str] | None = None) -> frozenset[str]:
    """The camps that the text gives a deed to; ``parties`` maps further folded names to the camp (party) they are of.

    Empty where it names nobody, and where a negation stands before the deed.
    """
    return _agents(fold(text), tuple(sorted((parties or {}).items())))


@lru_cache(maxsize=TEXTS_KEPT)
def _agents(text: str, parties: tuple[tuple[str, str], ...]) -> frozenset[str]:
    found: set[str] = set()
    for pattern in (_BY, _NOUN_BY):
        for match in pattern.finditer(text):
            found |= _first_camp(match["who"], parties)
    if found:
        return frozenset(found)
    for pattern in (_BEFORE_NOUN, _BEFORE_VERB):
        for match in pattern.finditer(text):
            if not _PASSIVE.search(match["who"]):
                found |= _last_camp(match["who"], parties)
    return frozenset(found)


def _camps(words: str, parties: tuple[tuple[str, str], ...]) -> list[str]:
    """The camps that the words name, in order."""
    named = [(words.index(name), camp) for name, camp in parties if re.search(rf"\b{re.escape(name)}\b", words)]
    if named:
        return [camp for _, camp in sorted(named)]
    tokens = _TOKEN.findall(words)
    if any(token in _NO_CAMP or token in NEGATIONS for token in tokens):
        return []
    # "rebel-held" is a place, no agent.
    return [CAMP_OF[token] for token in tokens if token in CAMP_OF]


def _first_camp(words: str, parties: tuple[tuple[str, str], ...]) -> set[str]:
    return set(_camps(words, parties)[:1])


def _last_camp(words: str, parties: tuple[tuple[str, str], ...]) -> set[str]:
    return set(_camps(words, parties)[-1:])
