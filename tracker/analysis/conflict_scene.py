"""Whether two assertions tell of one incident: the scope inside which they can conflict at all.

There is no gazetteer and no language model: what counts is when, what sort of deed, which place that is finer than a
country, and which details both mention. Two reports of one day from one town are not yet one incident; a shared
village, or a shared town with the same sort of deed and shared details, is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from tracker.analysis.conflict_agents import REBELS, agents
from tracker.analysis.measures import word_set
from tracker.analysis.numerals import find_numerals
from tracker.analysis.toponyms import same_place
from tracker.analysis.wording import STOP_WORDS, TEXTS_KEPT, content_stems, fold, stem, words

# From here on two scenes are taken for one incident.
ONE_INCIDENT = 0.5
# What happened on an unknown day happened, as news goes, on the day of printing or the day before.
NEWS = timedelta(days=1)
# A figure of more days than these is a sum over many incidents.
LONGEST_INCIDENT = timedelta(days=3)
# Reports that came out further apart than this tell of one incident only where both date it.
SAME_NEWS = timedelta(days=2)

# What speaks for one incident. What stands in both assertions weighs most, what stands around both the least: a report
# that sums up a day names everything near everything.
_PLACE_IN_BOTH, _PLACE_OF_REPORTS, _PLACE_IN_ONE, _PLACE_AROUND, _PLACE_COARSE = 0.4, 0.3, 0.25, 0.1, 0.1
_SAME_DAY = 0.15  # both date it, and alike
_DEED_IN_BOTH, _DEED_AROUND = 0.2, 0.1
_DOER_IN_BOTH, _DOER_AROUND = 0.1, 0.05
_DETAIL_IN_BOTH, _DETAIL_IN_ONE, _DETAIL_AROUND, _MOST_DETAILS = 0.1, 0.05, 0.02, 0.3
_SIDE_BY_SIDE = 0.35  # one report sets them against each other
# What speaks against: a place that only one names.
_PLACE_UNMATCHED = 0.15

AIR_RAID = "air raid"
_DEEDS = {
    AIR_RAID: """airstrike airstrikes air-strike air-strikes warplane warplanes jet jets helicopter helicopters raid
        raids barrel aerial bombardment bombarded sorties drone drones aircraft planes warplanes bombing-raid""",
    "shelling": "shell shells shelled shelling mortar mortars rocket rockets artillery missile missiles projectiles",
    "bombing": """suicide bomber bombers explosion explosions exploded blast blasts detonated detonating car-bomb
        booby-trapped mine mines ied device bomb""",
    "execution": """executed execution executions execute beheaded beheading beheadings massacre massacred hanged
        slaughtered crucified stoned""",
    "fighting": """clash clashes clashed fighting fought battle battles battled ambush ambushed offensive
        counter-offensive counterattack assault firefight gunfight stormed storming repelled""",
    "shooting": "sniper snipers gunmen shot shooting gunfire opened-fire",
    "poison": "chemical chlorine sarin gas poison toxic suffocation",
    "torture": "torture tortured jails jail prison custody detention",
    "crash": "crash crashed collision derailed",
    "disaster": "earthquake flood floods landslide storm fire drowned sank capsized collapse collapsed",
    "famine": "starved starvation hunger malnutrition cold disease cholera",
}  # fmt: skip
_DEED_OF = {fold(word): deed for deed, listed in _DEEDS.items() for word in listed.split()}
# Sorts of deeds that reports of one incident mix up: a raid drops shells, a bomber opens the fighting.
_MIXED = (
    frozenset({"air raid", "shelling"}), frozenset({"fighting", "shooting"}), frozenset({"air raid", "crash"}),
    frozenset({"bombing", "fighting"}), frozenset({"fighting", "shelling"}), frozenset({"air raid", "poison"}),
    frozenset({"air raid", "bombing"}), frozenset({"shelling", "bombing"}), frozenset({"execution", "shooting"}),
    frozenset({"shelling", "poison"}),
)  # fmt: skip

# Who does it: names and words for the sides of a war. Two different ones are two deeds, or a conflict about one.
_DOERS = {
    "state forces": """army military troops soldiers regime government governmental loyalists loyalist presidential
        police gendarmes ministry""",
    "rebels": "rebel rebels insurgent insurgents opposition militant militants fighters factions guerrillas guerrilla",
    "coalition": "coalition us-led u.s.-led american us u.s nato allied",
    "russia": "russian russia moscow",
    "turkey": "turkish turkey ankara",
    "israel": "israeli israel",
    "jihadists": "isis isil daesh is jihadist jihadists extremists nusra qaeda",
    "terrorists": "terrorist terrorists takfiri",
}
_DOER_OF = {fold(word): side for side, listed in _DOERS.items() for word in listed.split()}

# Sums over many incidents, by their words.
_SUM = re.compile(
    r"\b(?:since|separate|so far (?:this|in)|in total|to date|altogether|over(?:all)? the (?:past|last)"
    r"|during the (?:past|last)"
    r"|in the (?:past|last)|within (?:the )?(?:past |last )?\w+ (?:days|weeks|months|years|hours)"
    r"|in (?:the )?\w+ (?:days|weeks|months|years)|in 24 hours|for \w+ (?:days|weeks|months|years)"
    r"|(?:this|last|past) (?:week|month|year)|each (?:day|week|month|year)"
    r"|the (?:\w+ )?(?:war|conflict|uprising|revolt) (?:has|had)"
    r"|across (?:the )?(?:country|nation)|nationwide|countrywide|years? of (?:war|conflict)"
    r"|(?:first|second|third|last|final) (?:half|quarter)|per ?cent|%)"
)
_ONE_DAY = re.compile(
    r"\b(?:since (?:dawn|(?:this |early |late )?(?:morning|midnight|noon|overnight)|last night|yesterday)"
    r"|(?:this|last) (?:morning|night|evening)|in 24 hours|within hours)\b"
)

_DIRECTIONS = word_set(
    """
    north northern south southern east eastern west western northeast northeastern northwest northwestern southeast
    southeastern southwest southwestern north-east north-eastern north-west north-western south-east south-eastern
    south-west south-western central upper lower greater middle rural countryside
    """
)
_COUNTRIES = word_set(
    """
    afghanistan albania algeria angola argentina armenia australia austria azerbaijan bahrain bangladesh belarus belgium
    benin bolivia bosnia botswana brazil britain bulgaria burundi cambodia cameroon canada chad chile china colombia
    congo croatia cuba cyprus czechia denmark djibouti ecuador egypt england eritrea estonia ethiopia europe finland
    france gabon gambia georgia germany ghana greece guatemala guinea haiti honduras hungary iceland india indonesia
    iran iraq ireland israel italy jamaica japan jordan kazakhstan kenya kosovo kuwait kyrgyzstan laos latvia lebanon
    lesotho liberia libya lithuania madagascar malawi malaysia mali malta mauritania mexico moldova mongolia montenegro
    morocco mozambique myanmar namibia nepal netherlands nicaragua niger nigeria norway oman pakistan palestine panama
    paraguay peru philippines poland portugal qatar romania russia rwanda scotland senegal serbia singapore slovakia
    slovenia somalia spain sudan sweden switzerland syria taiwan tajikistan tanzania thailand togo tunisia turkey
    turkmenistan uganda ukraine uruguay usa uzbekistan venezuela vietnam wales yemen zambia zimbabwe
    africa asia america levant mideast us u.s uk u.k united states kingdom emirates saudi arabia syrias iraqs turkeys
    """
)
_NO_PLACE = word_set(
    """
    the a an monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december jan feb mar apr jun jul aug sept sep oct nov dec published updated photo video
    reuters afp ap sana tass rt cnn bbc agency news press observatory human rights monitor group islamic state
    president minister general colonel army government front party brigade al nusra qaeda isis isil daesh is hezbollah
    stronghold capital city town village province district kill kills killed dead dies die leaves hits hit raid raids
    strike strikes attack attacks blast bomb
    hizbollah un united nations eu nato coalition civil defence defense mr mrs dr twitter facebook source tags get url
    """
)
_NAME = r"(?P<name>(?:[a-z]{2,3}-)?[A-Z][\w'’-]+(?:\s+(?:[a-z]{2}-)?[A-Z][\w'’-]*){0,2})"
_SORT = (
    r"(?:towns?|villages?|city|cities|districts?|neighbou?rhoods?|areas?|suburbs?|provinces?|regions?|camps?|countryside"
    r"|port|outskirts|markets?|crossing|governorates?|hamlets?|quarters?|stronghold|capital|enclave|island|valley)"
)
_PLACE_AFTER = re.compile(
    rf"\b(?:(?:in|at|near|outside|around|inside|into|towards?)\s+(?:the\s+)?|on\s+|{_SORT}\s+|(?i:{_SORT})\s+of\s+"
    rf"|(?:north|south|east|west|northeast|northwest|southeast|southwest)\s+of\s+(?:the\s+)?){_NAME}"
)
_PLACE_BEFORE = re.compile(rf"{_NAME}\s+(?:{_SORT}|hospital|bridge|airport|prison|road|square|mosque|church|school)\b")
# "In Syrian hands": of a people, not a place.
_PEOPLE = re.compile(r"(?:ian|ish|ese)s?$")
# Words of any report; what is shared beyond them is a detail.
_COMMON = word_set(
    """
    people person civilian civilians killed kill killing kills dead death deaths die died wounded wounding injured
    injuring injury at least more than about some nearly around dozens scores hundreds thousands attack attacks attacked
    including among others other said also were was been have had has many most number total toll report reported
    monitor group human rights observatory source sources war conflict country government state army force forces
    military rebel rebels militant militants terrorist terrorists fighter fighters soldier soldiers troops held
    opposition regime city town village province district area local time day days week monday tuesday wednesday
    thursday friday saturday sunday january february march april may june july august september october november
    december one two three four five six seven eight nine ten eleven twelve agency news child children women woman man
    men strike strikes air airstrike airstrikes raid raids shell shells shelling northern southern eastern western
    north south east west syrian iraqi islamic statement earlier later activists activist director head
    """
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is asserted, the words around it, where and when.

    ``sentence`` is what it stands in, ``before`` the sentence before that, ``context`` all the words just around, and
    ``title`` the report's; ``report`` tells the reports apart (copies are one).
    ``first`` and ``last`` are the days of the event where the text gives them, ``said_on`` when it was printed.
    """

    content: str
    context: str = ""
    title: str = ""
    sentence: str = ""
    before: str = ""
    place: str = ""
    first: date | None = None
    last: date | None = None
    said_on: date | None = None
    report: str = ""

    @property
    def around(self) -> str:
        """The title and the words around the assertion."""
        return f"{self.title}\n{self.context}"

    @property
    def told(self) -> str:
        """The words that say which incident the assertion is about.

        Its sentence, where that names a place or a deed. Else the one before has just named it, or, where that names no
        place, the report is all about it.
        """
        own = self.sentence or self.content
        if fine_places(own) or _deeds(own):
            return own
        return f"{self.before if fine_places(self.before) else self.title}\n{own}"


@dataclass(frozen=True, slots=True)
class Scope:
    """How surely (0 to 1) two assertions tell of one incident, and why, or why not."""

    score: float
    explanation: str

    @property
    def is_one(self) -> bool:
        """Whether they are taken for one incident."""
        return self.score >= ONE_INCIDENT


def one_incident(one: Scene, other: Scene, *, whoever_did_it: bool = False) -> Scope:
    """How surely two scenes are of one incident; the same in both orders.

    Opposing camps to which they give the deed tell two incidents apart, unless ``whoever_did_it``.
    """
    why_not = apart(one, other, whoever_did_it=whoever_did_it)
    if why_not:
        return Scope(0.0, why_not)
    score, reasons = 0.0, []
    places, others = list(_where(one, other)), list(_what(one, other))
    if not places and not _side_by_side(one, other):
        return Scope(0.0, "no place is named for both")
    for weight, reason in (*places, *others):
        score += weight
        reasons.append(reason)
    return Scope(
        round(max(0.0, min(1.0, score)), 3), "; ".join(reasons) or "nothing shows that they are of one incident"
    )


def is_broad(place: str) -> bool:
    """Whether the name is of a country or a stretch of one, in which many things happen on one day; or of nothing."""
    named = [word for word in words(place) if word not in _DIRECTIONS and word not in STOP_WORDS]
    return all(word in _COUNTRIES or word in _NO_PLACE for word in named)


def is_sum(scene: Scene) -> bool:
    """Whether the assertion sums up many incidents: "since March", "the war has", or a period of many days."""
    if scene.first and scene.last and scene.last - scene.first > LONGEST_INCIDENT:
        return True
    return bool(_SUM.search(_ONE_DAY.sub(" ", fold(scene.content))))


def same_place_in(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether a place of one is among the other's."""
    return bool(_shared(one, other))


# --- What tells two incidents apart -----------------------------------------------------------------------------------


def apart(one: Scene, other: Scene, *, whoever_did_it: bool = False) -> str:
    """Why the two cannot be of one incident; empty where nothing tells them apart."""
    if is_sum(one) or is_sum(other):
        return "one sums up more than one incident"
    if not _days_meet(one, other):
        return "they are of different days"
    deeds = deeds_of(one), deeds_of(other)
    if all(deeds) and not _may_be_one_deed(*deeds):
        return f"{_listed(deeds[0])} is not {_listed(deeds[1])}"
    by = agents(one.told), agents(other.told)
    if not whoever_did_it and all(by) and not by[0] & by[1]:
        return f"a deed of {min(by[0])} is not one of {min(by[1])}"
    if not whoever_did_it and any(
        who == {REBELS} and deed == {AIR_RAID} for who, deed in zip(by, reversed(deeds), strict=True)
    ):
        return f"{REBELS} has no aircraft"
    return _places_apart(one, other)


def _places_apart(one: Scene, other: Scene) -> str:
    fine = fine_places(one.told), fine_places(other.told)
    shared = _shared(*fine)
    for own, scene in ((fine[0], other), (fine[1], one)):
        # Within one report the words around both name the places of both.
        within = bool(one.report) and one.report == other.report
        elsewhere = fine_places(scene.told) if within else all_places(scene)
        named = not within and any(_mentions(scene, name) for name in own)
        if (
            own
            and not shared
            and not named
            and not _shared(own, elsewhere)
            and (elsewhere or not is_broad(scene.place))
        ):
            return f"{min(own)} is not {min(elsewhere, default=scene.place)}"
    rest = _without(fine[0], shared), _without(fine[1], shared)
    if shared and all(rest):
        return f"{min(rest[0])} is not {min(rest[1])}, though both are at {shared[0]}"
    return ""


def _days_meet(one: Scene, other: Scene) -> bool:
    if (
        one.said_on
        and other.said_on
        and abs(one.said_on - other.said_on) > SAME_NEWS
        and not (one.first and other.first)
    ):
        return False
    first, second = _days(one), _days(other)
    if first is None or second is None:
        return True
    return first[0] <= second[1] and second[0] <= first[1]


def _days(scene: Scene) -> tuple[date, date] | None:
    if scene.first and scene.last:
        return scene.first, scene.last
    return (scene.said_on - NEWS, scene.said_on) if scene.said_on else None


def _may_be_one_deed(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one & other) or any({a, b} <= pair for pair in _MIXED for a in one for b in other)


# --- What makes them one ----------------------------------------------------------------------------------------------


def _where(one: Scene, other: Scene) -> Iterable[tuple[float, str]]:
    fine = fine_places(one.told), fine_places(other.told)
    every = all_places(one), all_places(other)
    both = _shared(*fine)
    in_one = [
        name
        for own, scene in ((fine[0], other), (fine[1], one))
        for name in sorted(own)
        if not _among(name, both) and (_among(name, all_places(scene)) or _mentions(scene, name))
    ]
    around = [name for name in _shared(*every) if not _among(name, [*both, *in_one])]
    topics = _shared(fine[0] or fine_places(one.title), fine[1] or fine_places(other.title))
    if both:
        yield _PLACE_IN_BOTH, f"both name {both[0]}"
    elif topics:
        yield _PLACE_OF_REPORTS, f"the reports are of {topics[0]}"
    elif in_one:
        yield _PLACE_IN_ONE, f"one names {in_one[0]}, and so do the words around the other"
    elif around:
        yield _PLACE_AROUND, f"{around[0]} is named around both"
    elif not is_broad(one.place) and same_place(one.place, other.place):
        yield _PLACE_COARSE, f"both are at {one.place}"
    unmatched = sorted(name for name in fine[0] | fine[1] if not _among(name, [*both, *in_one]))
    if unmatched:
        yield -_PLACE_UNMATCHED * min(2, len(unmatched)), f"only one names {unmatched[0]}"


def _what(one: Scene, other: Scene) -> Iterable[tuple[float, str]]:
    if one.first and other.first:
        yield _SAME_DAY, "both date it alike"
    own = _deeds(one.told) & _deeds(other.told)
    if own or deeds_of(one) & deeds_of(other):
        yield _DEED_IN_BOTH if own else _DEED_AROUND, _listed(own or deeds_of(one) & deeds_of(other))
    own = _doers(one.told) & _doers(other.told)
    if own or doers_of(one) & doers_of(other):
        yield _DOER_IN_BOTH if own else _DOER_AROUND, _listed(own or doers_of(one) & doers_of(other))
    yield from _same_details(one, other)
    if _side_by_side(one, other):
        yield _SIDE_BY_SIDE, "side by side in one report"


def _same_details(one: Scene, other: Scene) -> Iterable[tuple[float, str]]:
    own = details(one.told), details(other.told)
    around = own[0] | details(one.around), own[1] | details(other.around)
    both = own[0] & own[1]
    in_one = ((own[0] & around[1]) | (own[1] & around[0])) - both
    rest = (around[0] & around[1]) - both - in_one
    weight = _DETAIL_IN_BOTH * len(both) + _DETAIL_IN_ONE * len(in_one) + _DETAIL_AROUND * len(rest)
    if weight:
        named = [*sorted(both), *sorted(in_one), *sorted(rest)][:4]
        yield min(_MOST_DETAILS, weight), f"both mention {', '.join(_in_words(named, one, other))}"


def _in_words(stems: Iterable[str], one: Scene, other: Scene) -> list[str]:
    """Each stem as a word that a reader knows: the shortest that either of them has it from."""
    spelt = [_spelt(text) for text in (one.told, one.around, other.told, other.around)]
    return [min((known[s] for known in spelt if s in known), key=lambda word: (len(word), word)) for s in stems]


@lru_cache(maxsize=TEXTS_KEPT)
def _spelt(text: str) -> Mapping[str, str]:
    """The shortest word of the text for each stem."""
    return {stem(word): word for word in sorted(words(text), key=lambda word: (-len(word), word))}


def _side_by_side(one: Scene, other: Scene) -> bool:
    return bool(one.report) and one.report == other.report and (_stands_in(one, other) or _stands_in(other, one))


def _stands_in(one: Scene, other: Scene) -> bool:
    return bool(one.content) and one.content in other.context


def deeds_of(scene: Scene) -> frozenset[str]:
    """The sorts of deed that the assertion names, or else its report's title, or else the words around it."""
    return _deeds(scene.told) or _deeds(scene.title) or _deeds(scene.context)


def doers_of(scene: Scene) -> frozenset[str]:
    """The sides that the assertion names, or else its report's title, or else the words around it."""
    return _doers(scene.told) or _doers(scene.title) or _doers(scene.context)


@lru_cache(maxsize=TEXTS_KEPT)
def _deeds(text: str) -> frozenset[str]:
    return frozenset(_DEED_OF[word] for word in _tokens(text) if word in _DEED_OF)


@lru_cache(maxsize=TEXTS_KEPT)
def _doers(text: str) -> frozenset[str]:
    return frozenset(_DOER_OF[word] for word in _tokens(text) if word in _DOER_OF)


def _tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:[.'’-][^\W_]+)*", fold(text).replace("air strike", "airstrike"))


@lru_cache(maxsize=TEXTS_KEPT)
def fine_places(text: str) -> frozenset[str]:
    """The places finer than a country that the words put something in, by the words around their names."""
    found = set()
    for pattern in (_PLACE_AFTER, _PLACE_BEFORE):
        for match in pattern.finditer(text):
            name = " ".join(word for word in match["name"].split() if not _is_no_name(fold(word)))
            if name and not is_broad(name):
                found.add(name)
    return frozenset(found)


def _is_no_name(word: str) -> bool:
    """Whether the word, alone or before a name ("Syria's Aleppo"), names no place within a country."""
    bare = re.sub(r"['’]?s$", "", word)
    return (
        len(bare) < 3
        or bool(_PEOPLE.search(bare))
        or any(form in _NO_PLACE or form in _COUNTRIES for form in (word, bare))
    )


def all_places(scene: Scene) -> frozenset[str]:
    """The places finer than a country that the assertion or the words around it name."""
    own = fine_places(scene.told) | fine_places(scene.around)
    return own if is_broad(scene.place) else own | {scene.place}


def _shared(one: frozenset[str], other: frozenset[str]) -> list[str]:
    """The places of one that are among the other's, each spelling once."""
    found: list[str] = []
    for name in sorted(one):
        if _among(name, other) and not _among(name, found):
            found.append(name)
    return found


def _mentions(scene: Scene, name: str) -> bool:
    """Whether the words in and around the assertion have the name, as whatever."""
    capitals = _capitals(f"{scene.told} {scene.around}")
    return all(any(same_place(word, other) for other in capitals) for word in name.split())


@lru_cache(maxsize=TEXTS_KEPT)
def _capitals(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\b(?:[a-z]{2}-)?[A-Z][\w’'-]+", text))


def _without(names: frozenset[str], shared: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if not _among(name, shared))


def _among(name: str, names: Iterable[str]) -> bool:
    return any(_one_name(name, other) for other in names)


def _one_name(one: str, other: str) -> bool:
    if same_place(one, other):
        return True
    shorter, longer = sorted((one.split(), other.split()), key=len)
    # "Old Karsk" and "Old Karsk Gate": one name within the other, from its first word on.
    return len(shorter) < len(longer) and same_place(" ".join(shorter), " ".join(longer[: len(shorter)]))


@lru_cache(maxsize=TEXTS_KEPT)
def _stems_of(text: str) -> frozenset[str]:
    return frozenset(content_stems(text))


_COMMON_STEMS = frozenset(stem(word) for word in _COMMON | _COUNTRIES | _DIRECTIONS | _NO_PLACE)


@lru_cache(maxsize=TEXTS_KEPT)
def details(text: str) -> frozenset[str]:
    """The stems of words that not every report of a conflict has, names of places left out."""
    places = frozenset(stem(fold(word)) for name in fine_places(text) for word in name.split())
    told = _stems_of(text) - _COMMON_STEMS - places
    return frozenset(word for word in told if word.isalpha() and len(word) > 2 and not _is_number(word))


@lru_cache(maxsize=4096)
def _is_number(word: str) -> bool:
    return bool(find_numerals(word))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
