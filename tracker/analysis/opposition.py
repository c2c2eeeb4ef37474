"""Words by which one text contradicts, denies or doubts what another says: negations, antonyms, denials, hedges."""

from __future__ import annotations

import re
from functools import lru_cache

from tracker.analysis.wording import TEXTS_KEPT, fold, stem, words

# Pairs that cannot both be true of one thing at one time, chosen for news of conflict; each side lists alternatives.
_ANTONYMS = """
    open/close,shut,block,seal
    advance/retreat,withdraw
    attack/defend
    gain/lose
    win/lose
    capture,seize,take,recapture/lose,cede,abandon
    begin,start,launch,resume/end,stop,halt,finish,suspend
    increase,rise,grow,climb/decrease,fall,drop,decline,shrink
    allow,let,permit/ban,forbid,prevent,bar,prohibit
    accept,agree,approve,welcome/reject,refuse,decline,oppose
    confirm,admit,acknowledge/deny
    support,back/oppose,condemn
    dead,kill,die,death/alive,survive,live
    free,release/detain,arrest,jail,imprison,hold
    innocent,acquit/guilty,convict
    true,real,genuine,authentic/false,fake,hoax
    before/after
    victory/defeat
    peace,truce,ceasefire/war,fighting
    arm/disarm
    destroy/rebuild,intact
    find/missing
    present/absent
    succeed,success/fail,failure
    safe/dangerous,unsafe
    first/last
    high,higher/low,lower
    more/fewer,less
    north,northern/south,southern
    east,eastern/west,western
    male,man,boy/female,woman,girl
    never/always
    ally/enemy
    buy/sell
    empty/full
    lift/impose
    join/leave
    early/late
    best/worst
    positive/negative
    legal/illegal
    stable/unstable
    civilian/fighter,militant,combatant
"""


def opposed_stems(lines: str) -> dict[str, frozenset[str]]:
    """Return each word's opposites, as stems, of lines with two sides that list alternatives."""
    out: dict[str, set[str]] = {}
    for line in lines.split():
        one, other = ([stem(word) for word in side.split(",")] for side in line.split("/"))
        for a in one:
            out.setdefault(a, set()).update(other)
        for b in other:
            out.setdefault(b, set()).update(one)
    return {word: frozenset(opposed) for word, opposed in out.items()}


ANTONYMS = opposed_stems(_ANTONYMS)

# The text calls something untrue.
FALSEHOOD = re.compile(
    r"\b(?:hoax(?:e[sd]|er|ers)?|fakes?|faked|false(?:ly|hood)?|bogus|fabricat\w+|debunk\w*|myth|satir\w+|untrue"
    r"|not (?:true|real)|pranks?|pranked|misinformation|disinformation|disprov\w+|made[- ]up|made (?:it )?all up"
    r"|mak(?:e|es|ing) (?:it )?(?:all )?up|no truth|baseless|unfounded|inaccurate|erroneous|photoshop\w*|dup(?:e|ed|es)"
    r"|scam|staged?|troll\w*|fooled|punk(?:ed)?|puts? to rest|greatly exaggerated|too good to (?:check|be true)"
    r"|never (?:happened|existed|said|was)"
    r"|rumou?rs? (?:are |is |were |proven )?(?:false|wrong)|did(?: not|n't) (?:happen|exist)|misleading|misquoted"
    r"|no,? (?:it|he|she|they|that|there) (?:is|are|was|were|did|does|has|have)(?: not|n't))\b"
)
# Somebody says that it is not so.
DENIAL = re.compile(
    r"\b(?:den(?:y|ies|ied|ying|ial|ials)|refut(?:e|es|ed|ing)|disput(?:e|es|ed|ing)|contradict\w*"
    r"|dismiss(?:e[sd]|ing)?"
    r"|rebut\w*|reject(?:s|ed|ing)? (?:claims?|reports?|rumou?rs?|allegations?|accusations?|suggestions?)|shoots? down"
    r"|shot down (?:claims?|reports?|rumou?rs?)|quash\w*|rubbish\w*|disavow\w*|cast(?:s|ing)? doubt|doubt(?:s"
    r"|ed)?|rebuff\w*|walks? back)\b"
)
_OPENING_NO = re.compile(r"^\W*(?:no|nope|sorry)\b\s*[,:;.—–-]|[?!.:]\s*(?:no|nope)\b\s*[,.!]")
# The text passes something on without vouching for it.
HEDGE = re.compile(
    r"\?|\b(?:reports?|reported|reportedly|reporting|rumou?rs?|rumou?red|alleged(?:ly)?|allegations?|alleges?|claims?"
    r"|claimed|claiming|may|might|could|possibl[ey]|perhaps|purported(?:ly)?|apparent(?:ly)?|supposed(?:ly)?"
    r"|unconfirmed"
    r"|believed|suspected|tipped|expected|sources?|insiders?|accus\w+|likely|speculation|said to|set to|suggests?"
    r"|thought to|feared|seems?|appears?|unverified|whether|if true|according to|says?|analysts?)\b"
)
_NOT_A = re.compile(r"(?:\b(?:not|no)|n't)(?: an?| the)? $")
_NO_NEGATION = re.compile(r"\bnot (?:only|just|least)\b|\bno (?:more|less|fewer) than\b|\bno\.")


def without_asides(text: str) -> str:
    """Return the folded text without what looks like a negation and negates nothing: "not only", a headline's "No,"."""
    return _NO_NEGATION.sub(" ", _OPENING_NO.sub(" ", fold(text)))


def falsehood(text: str) -> str:
    """Return the word by which the text calls something untrue, or an empty string.

    "Not a hoax" and "real or fake?" call nothing untrue.
    """
    folded = fold(text)
    for match in FALSEHOOD.finditer(folded):
        before, after = folded[max(0, match.start() - 12) : match.start()], folded[match.end() : match.end() + 12]
        if not _NOT_A.search(before) and not (re.search(r"\bor (?:a )?$", before) and "?" in after):
            return match.group().strip()
    match_no = _OPENING_NO.search(folded)
    return match_no.group().strip() if match_no else ""


def denial(text: str) -> str:
    """Return the word by which the text reports a denial, or an empty string."""
    match = DENIAL.search(fold(text))
    return match.group() if match else ""


def hedges(text: str) -> list[str]:
    """Return the words by which the text keeps its distance."""
    return HEDGE.findall(fold(text))


def antonyms_between(one: str, other: str) -> list[tuple[str, str]]:
    """Return the pairs of opposed words, one in each text, where the texts share neither word of the pair."""
    first, second = _opposable(one), _opposable(other)
    return sorted(
        (a, b) for a in first - second for b in ANTONYMS.get(a, frozenset()) if b in second and b not in first
    )


@lru_cache(maxsize=TEXTS_KEPT)
def _opposable(text: str) -> frozenset[str]:
    """The stems of those of its words that have an opposite."""
    return frozenset(stem(word) for word in words(text)) & ANTONYMS.keys()
