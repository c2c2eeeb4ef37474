"""Words that the judgement of stance turns on: nations, kinds of things and people, what turns a predicate round."""

from __future__ import annotations

from functools import lru_cache

from tracker.analysis.measures import word_set
from tracker.analysis.opposition import ANTONYMS, opposed_stems
from tracker.analysis.wording import stem


def word_list(words: str) -> list[str]:
    """Return the blank-separated words in order."""
    return words.split()


# Adjective and inhabitants first, then the country's names; all of a line are one nation.
_NATIONS = """
    american,america,states,usa,u.s british,britain,kingdom,uk,u.k english,england scottish,scotland,scots welsh,wales
    irish,ireland french,france german,germany,germans italian,italy,italians spanish,spain portuguese,portugal
    dutch,netherlands,holland belgian,belgium swiss,switzerland austrian,austria danish,denmark norwegian,norway
    swedish,sweden finnish,finland icelandic,iceland polish,poland czech,czechia slovak,slovakia hungarian,hungary
    romanian,romania bulgarian,bulgaria greek,greece turkish,turkey russian,russia,russians ukrainian,ukraine
    belarusian,belarus estonian,estonia latvian,latvia lithuanian,lithuania serbian,serbia,serb croatian,croatia
    bosnian,bosnia albanian,albania macedonian,macedonia slovenian,slovenia armenian,armenia georgian,georgia
    azerbaijani,azerbaijan kazakh,kazakhstan uzbek,uzbekistan chinese,china japanese,japan korean,korea
    mongolian,mongolia indian,india pakistani,pakistan bangladeshi,bangladesh nepalese,nepal,nepali afghan,afghanistan
    iranian,iran iraqi,iraq syrian,syria israeli,israel palestinian,palestine egyptian,egypt libyan,libya
    moroccan,morocco algerian,algeria tunisian,tunisia saudi yemeni,yemen lebanese,lebanon jordanian,jordan
    kuwaiti,kuwait qatari,qatar canadian,canada mexican,mexico brazilian,brazil argentine,argentina,argentinian
    chilean,chile colombian,colombia peruvian,peru venezuelan,venezuela bolivian,bolivia cuban,cuba jamaican,jamaica
    haitian,haiti australian,australia zealand,zealander nigerian,nigeria ghanaian,ghana kenyan,kenya
    ethiopian,ethiopia somali,somalia sudanese,sudan ugandan,uganda rwandan,rwanda congolese,congo
    zimbabwean,zimbabwe thai,thailand vietnamese,vietnam indonesian,indonesia malaysian,malaysia
    filipino,philippines,philippine burmese,burma,myanmar cambodian,cambodia
"""
NATIONS: dict[str, str] = {name: entry.split(",")[0] for entry in _NATIONS.split() for name in entry.split(",")}

# Kinds that exclude one another within a family, each with what falls under it. What is of two families ("a city" and
# "an actor") excludes itself as well; what is in none is compared word by word only.
_KINDS = {
    "person": """
        actor,actress,performer politician,senator,governor,congressman,president,minister,premier,lawmaker,mayor
        writer,author,novelist,playwright,screenwriter,poet,journalist,columnist,dramatist,essayist,critic,lyricist
        musician,singer,songwriter,guitarist,drummer,pianist,bassist,vocalist,composer,rapper,violinist,performer,dj
        director,filmmaker producer athlete,footballer,player,quarterback,boxer,swimmer,wrestler,golfer,cricketer,runner
        scientist,physicist,chemist,biologist,astronomer engineer,architect,inventor lawyer,attorney,judge
        doctor,physician,surgeon,nurse soldier,officer,general,sniper,commander painter,sculptor,artist,photographer
        dancer,choreographer chef,cook teacher,instructor,professor,lecturer businessman,entrepreneur,executive
        businesswoman,entrepreneur,executive farmer murderer,criminal,killer,gangster
        priest,bishop,monk,cleric,imam comedian,entertainer,humorist
        model,supermodel spy pilot,astronaut,aviator economist,banker historian,philosopher driver,racer coach,trainer
        designer student,pupil king,queen,monarch,emperor,prince,princess""",
    "work": """
        film,movie,picture,documentary,blockbuster series,show,sitcom,programme,program,drama,comedy book,novel,memoir
        song,single,hit,track,tune album,ep,record play,musical,opera game,videogame painting,sculpture poem magazine
        newspaper,paper,daily website,site""",
    "place": """
        country,nation,republic,kingdom city,town,municipality,capital,settlement,village island continent
        county,district state,province river,stream lake mountain,peak,volcano desert ocean,sea planet,moon,star
        building,tower bridge road,street airport""",
    "body": """
        company,corporation,firm,manufacturer,retailer,subsidiary band,group,duo,trio,orchestra school,university
        college,university
        party team,club network,channel,broadcaster church,mosque,temple hospital army,militia charity bank museum
        disease,illness,syndrome animal,mammal,bird,fish,dog,cat,horse,insect plant,tree,flower language,dialect""",
}
# Kinds that a word of the family may always be called.
_GENERAL = {
    "person": word_set(
        "person man woman people celebrity star figure native citizen resident member human artist professional winner"
        " personality individual child boy girl parent father mother son daughter brother sister husband wife leader"
    ),
    "work": word_set("work production title piece release creation story adaptation sequel franchise"),
    "place": word_set("place location area region site setting territory destination"),
    "body": word_set("organisation organization institution body thing one part type kind form species creature"),
}


def _kinds() -> dict[str, frozenset[tuple[str, int]]]:
    found: dict[str, set[tuple[str, int]]] = {}
    for family, text in _KINDS.items():
        for number, entry in enumerate(text.split()):
            for word in entry.split(","):
                found.setdefault(stem(word), set()).add((family, number))
    return {word: frozenset(groups) for word, groups in found.items()}


KINDS = _kinds()
_GENERAL_STEMS = {family: frozenset(stem(word) for word in words) for family, words in _GENERAL.items()}

NEGATORS = word_set(
    "not n't never no none nobody nothing neither nor without cannot barely hardly scarcely zero hasn't isn't wasn't"
)
# What turns round the predicate that it governs.
TURNERS = word_set(
    """
    refuse decline fail avoid reject lack cease stop prevent deny ban forbid unable abandon lose prohibit quit halt
    cancel bar block miss neglect incapable devoid free except exclude omit disavow renounce
    """
)
# Opposites that exclude each other only where a whole sentence agrees besides: too weak for comparing claims by.
_MORE_OPPOSITES = """
    gain,earn/lose
    adopt/reject
    form,found,establish/disband,dissolve
    great,greatest/worst
    fictional,imaginary/real
    large,big/small,little
    voluntary/compulsory,mandatory
    inside/outside
    include,contain/exclude,omit
    son/daughter
    brother/sister
    husband/wife
    father/mother
    married/single,unmarried,divorced
    temporary/permanent
    public/private
    majority/minority
    wealthy,rich/poor
    strong/weak
    light/dark,darkness
    largest,biggest/smallest
    highest/lowest
    oldest/youngest
    minimum/maximum
    earlier/later
    friend/enemy
    participate/absent
    arrive,reach,enter/leave,depart
    cause/prevent,cure
    support,favour,favor/combat,fight,oppose,criticise,criticize
    succeed/precede,predecessor
    praise/criticise,criticize,condemn
    employ,hire/fire,dismiss,sack
    own,owner/subsidiary,tenant
    voluntary/forced
    success,successful/unsuccessful,failed
    common/rare
    healthy/ill,sick
    similar/different
    often,frequently/rarely,seldom
    easy,easily/difficult,hard
    cheap/expensive
    fast/slow
    hot/cold
    heavy/light
    old/young
    major/minor
    alone/together
    optional/required
"""
# Whoever buys, another sells: of one deal both are true.
_CONVERSES = frozenset({"buy", "sell"})
OPPOSITES: dict[str, frozenset[str]] = {
    word: (ANTONYMS.get(word, frozenset()) | more) - _CONVERSES
    for found in [opposed_stems(_MORE_OPPOSITES)]
    for word, more in {**dict.fromkeys(ANTONYMS, frozenset[str]()), **found}.items()
    if word not in _CONVERSES
}
# Prepositions that exclude each other before the same words.
OPPOSED_PLACES = {
    one: other
    for pair in ("before/after", "inside/outside", "above/below", "for/against")
    for one, other in (pair.split("/"), pair.split("/")[::-1])
}
EXCLUSIVE = word_set("only exclusively solely merely purely entirely strictly")
# Verbs that say little by themselves: what is said stands in their object.
LIGHT = word_set(
    "be have do get make take go come become call know name include use there exist appear occur happen give put hold"
)
ORDINALS = {
    word: value
    for value, word in enumerate(
        word_list(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
            " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
        ),
        start=1,
    )
}
DECADES = {
    word: value
    for value, word in zip(
        range(1920, 2000, 10),
        word_list("twenties thirties forties fifties sixties seventies eighties nineties"),
        strict=True,
    )
}
_PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non", "de")
_NO_PREFIX = word_set("inform intend income inside import impress impart improve invest disease intent invent inland")


def nation(word: str) -> str:
    """Return the nation that the folded word names, by its adjective; empty for other words."""
    return NATIONS.get(word, NATIONS.get(word.rstrip("s"), ""))


@lru_cache(maxsize=8192)
def kinds_apart(one: str, other: str) -> bool | None:
    """Whether a thing of the one kind is none of the other; ``None`` where the words do not tell."""
    a, b = stem(one), stem(other)
    if a == b:
        return False
    first, second = KINDS.get(a, frozenset()), KINDS.get(b, frozenset())
    if any(a in _GENERAL_STEMS[family] for family, _ in second):
        return False
    if not first or not second:
        return None
    return not first & second


@lru_cache(maxsize=8192)
def same_kind(one: str, other: str) -> bool:
    """Whether the two words are names of one kind of thing: "film" and "movie", "writer" and "novelist"."""
    return bool(KINDS.get(stem(one), frozenset()) & KINDS.get(stem(other), frozenset()))


def undone(one: str, other: str) -> bool:
    """Whether the one stem is the other with a prefix that undoes it: "lawful" and "unlawful"."""
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return (
        len(shorter) >= 4
        and longer not in _NO_PREFIX
        and any(longer.startswith(prefix) and longer[len(prefix) :] == shorter for prefix in _PREFIXES)
    )
