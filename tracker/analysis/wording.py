"""Words as the comparing modules see them: folded, stemmed, without the words that carry no content.

One place, so that embedding, near-duplicates, stance, matching and grouping mean the same by "the same word". No
linguistic model: tens of thousands of short texts are compared where one document is parsed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from tracker.analysis.measures import measure_of, word_set

# An assertion is compared with hundreds of others, and the next one with many of the same: what is read of a text is
# read once for so many texts. All that is kept of one takes some five kilobytes.
TEXTS_KEPT = 16_384
_SHORT = 1000  # characters
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LINK = re.compile(r"https?://\S+|www\.\S+|\bpic\.twitter\.com/\S+|\bt\.co/\S+", re.IGNORECASE)
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'", "ʼ": "'"})

STOP_WORDS = word_set(
    """
    a about above after again all also am an and any are as at be because been before being below between both but by
    can could did do does doing down during each either else ever few for from further had has have having he her here
    hers herself him himself his how however i if in into is it its itself just may me might more most much must my
    myself of off on once only onto or other our ours ourselves out over own per quite rather shall she should since so
    some such than that the their theirs them themselves then there these they this those through thus to too under
    until up upon us very was we were what when where whether which while who whom whose why will would with within yet
    you your yours yourself said says say saying told tell tells according added adds reported reportedly via
    's s t re ve ll d m one
    """
)
NEGATIONS = word_set(
    """
    no not never none nobody nothing nowhere neither nor without cannot can't won't don't doesn't didn't isn't aren't
    wasn't weren't hasn't haven't hadn't wouldn't couldn't shouldn't ain't
    """
)
_EMPTY = STOP_WORDS | NEGATIONS  # a denied content is the same content

# Forms that no suffix rule reaches.
_IRREGULAR_FORMS = """
    flee:fled leave:left keep:kept shoot:shot strike:struck,stricken fight:fought take:took,taken
    break:broke,broken lose:lost hold:held build:built send:sent see:saw,seen give:gave,given find:found
    bring:brought buy:bought catch:caught come:came go:went,gone do:did,done begin:began,begun
    fall:fell,fallen hit:hit hide:hid,hidden lead:led make:made meet:met pay:paid run:ran rise:rose,risen
    sell:sold speak:spoke,spoken steal:stole,stolen think:thought throw:threw,thrown win:won
    write:wrote,written know:knew,known get:got,gotten feel:felt grow:grew,grown stand:stood become:became
    drive:drove,driven fly:flew,flown withdraw:withdrew,withdrawn overthrow:overthrew,overthrown
    choose:chose,chosen forbid:forbade,forbidden seek:sought teach:taught man:men woman:women child:children
    person:people,persons foot:feet life:lives wife:wives die:died,dies,dying,dead lie:lied,lies,lying
    deny:denied,denies crisis:crises bomb:bombed,bombing,bombings,bombs use:used,using,uses datum:data
    medium:media
"""
_IRREGULAR = {
    form: base for entry in _IRREGULAR_FORMS.split() for base, forms in [entry.split(":")] for form in forms.split(",")
}

# Words that news of a conflict uses for the same thing. The first of each line stands for the rest.
_SYNONYMS = """
    government regime authority authorities
    troop soldier force army military
    airstrike raid bombardment shelling airstrikes
    civilian noncombatant resident inhabitant
    rebel insurgent opposition
    militant extremist terrorist jihadist
    road route corridor highway
    take capture seize overrun
    leave keep
    hospital clinic
    house home
    child kid minor
    talk negotiation
    ceasefire truce armistice
    chemical gas sarin chlorine
    aid relief
    deny reject dismiss refute
    start begin launch
    allow let permit
    fake hoax bogus
    arrest detain
    """
_CONCEPTS: dict[str, str] = {}
# Phrases that say in several words what one word says. Each holds, in whatever case, one of the words or parts of words
# before it: these are looked for much sooner, and most texts have none.
_PHRASES = tuple(
    (tuple(letters.split(",")), re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), new)
    for letters, pattern, new in (
        (
            "control of",
            r"(?:take|takes|took|taken|taking|seize|seized|seizing|gain|gained|gaining|win|won) (?:back )?control of",
            "captured",
        ),
        ("air,bomb", r"air[ -](?:strikes?|raids?)|bombing raids?|aerial bombardments?", "airstrike"),
        ("combatant", r"non-?combatants?", "noncombatant"),
        ("cease", r"cease-?fires?", "ceasefire"),
        (
            "lost,shot,gunned,death",
            r"lost (?:his|her|their) li(?:fe|ves)|shot dead|gunned down|put to death",
            "killed",
        ),
        ("hostage", r"taken hostage|held hostage", "abducted"),
        ("fire,ablaze,burn", r"set fire to|set ablaze|set on fire|burnt? down", "burned"),
        ("pull", r"pull(?:ed|ing|s)? out|pull(?:ed|ing|s)? back", "withdrew"),
        ("carr,behind", r"carr(?:y|ied|ies) out|was behind|were behind", "committed"),
        ("turn,sent", r"turned? away|sent back", "rejected"),
    )
)


def fold(text: str) -> str:
    """Return the text in lower case without diacritics, with straight apostrophes and compatibility forms resolved."""
    if text.isascii():  # nothing to resolve, and most words are
        return text.translate(_APOSTROPHES).casefold()
    decomposed = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def without_links(text: str) -> str:
    """Return the text with web addresses blanked."""
    return _LINK.sub(" ", text)


def unified(text: str) -> str:
    """Return the text with phrases that one word can say ("took control of") replaced by that word."""
    plain = text.casefold()
    for letters, pattern, new in _PHRASES:
        if any(some in plain for some in letters):
            text = pattern.sub(new, text)
    return text


def words(text: str) -> list[str]:
    """Return the folded words and numbers in order; "don't" is one word, a possessive loses its "'s"."""
    found = []
    for match in _WORD.finditer(fold(text)):
        word = match.group()
        found.append(word[:-2] if word.endswith("'s") else word)
    return found


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return a light stem: irregular forms by list, then plural, -ed, -ing and -ly (after Harman's S stemmer)."""
    word = _IRREGULAR.get(word, word)
    if len(word) <= 3 or word in ("news", "series", "species", "perhaps", "always") or not word.isalpha():
        return word
    for suffix, new, shortest in (
        ("sses", "ss", 6),
        ("ies", "y", 5),
        ("shes", "sh", 6),
        ("ches", "ch", 6),
        ("xes", "x", 5),
        ("us", "us", 4),
        ("ss", "ss", 4),
        ("s", "", 4),
    ):
        if word.endswith(suffix) and len(word) >= shortest:
            word = word[: -len(suffix)] + new
            break
    return _without_verbal_ending(word)


def _without_verbal_ending(word: str) -> str:
    for suffix, new, shortest in (("ied", "y", 5), ("ying", "y", 6), ("ing", "", 6), ("ed", "", 5), ("ly", "", 6)):
        if word.endswith(suffix) and len(word) >= shortest:
            base = word[: -len(suffix)] + new
            if suffix in ("ing", "ed") and not re.search(r"[aeiouy]", base):
                return word
            if len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz":
                base = base[:-1]
            word = base
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def concept(word: str) -> str:
    """Return what stands for the word when contents are compared: its measure, its synonyms' head, else its stem."""
    measure = measure_of(word)
    if measure:
        return measure
    base = stem(word)
    return _CONCEPTS.get(base, base)


def content_stems(text: str) -> list[str]:
    """Return the stems of the words that carry content, in order."""
    return [stem(word) for word in words(text) if word not in _EMPTY]


def content_concepts(text: str) -> list[str]:
    """Return the concepts of the words that carry content, in order."""
    return list(_concepts_kept(text) if len(text) <= _SHORT else _concepts(text))


def _concepts(text: str) -> Iterator[str]:
    return (concept(word) for word in words(unified(text)) if word not in _EMPTY)


# Whole documents would only fill the memory.
@lru_cache(maxsize=TEXTS_KEPT)
def _concepts_kept(text: str) -> tuple[str, ...]:
    return tuple(_concepts(text))


_CONCEPTS.update(
    {stem(word): stem(line.split()[0]) for line in _SYNONYMS.strip().splitlines() for word in line.split()}
)
