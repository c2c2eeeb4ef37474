"""What sort of body a source is, told by its words and by the named-entity label of the model."""

from __future__ import annotations

import re

from tracker.analysis.measures import word_set
from tracker.analysis.types import SourceKind

_STATE = re.compile(
    r"\b(?:state|government|regime)(?:[- ](?:run|owned|controlled|backed))?\s+"
    r"(?:\w+\s+){0,2}(?:media|tv|television|radio|news|agency|broadcaster|newspaper|daily|channel|bulletin)\b"
    r"|\b(?:official|state)\s+news\s+agency\b|\bstate\s+(?:media|tv|television|radio)\b"
    r"|\b(?:sana|xinhua|tass|irna|kcna|ria novosti|mehr|press tv)\b",
    re.IGNORECASE,
)
_INTERNATIONAL = re.compile(
    r"\b(?:un|u\.n\.|united nations|eu|european union|european commission|nato|osce|opcw|iaea|icc|unhcr|unicef|unesco"
    r"|world health organi[sz]ation|red cross|red crescent|icrc|arab league|african union|security council|world bank"
    r"|international (?:criminal court|monetary fund|atomic energy agency)|world food programme|wfp|asean|g7|g20)\b",
    re.IGNORECASE,
)
_WORDS = {
    SourceKind.MONITOR: "observatory monitor monitors monitoring watchdog observers observer mission tracker",
    SourceKind.NEWS_MEDIA: """
        news newspaper newspapers tv television radio channel broadcaster broadcasters magazine press gazette
        tribune herald times post journal daily weekly bulletin reuters ap afp bbc cnn media outlet outlets network
        website blog wire
    """,
    SourceKind.ARMED_FORCE: """
        army military navy troops forces force brigade brigades battalion division militia militias rebels rebel front
        guard guards fighters militants insurgents command regiment corps wing paramilitary paramilitaries airforce
        separatists gunmen
    """,
    SourceKind.GOVERNMENT: """
        government ministry cabinet department parliament presidency embassy administration authorities authority
        police court municipality council kremlin pentagon regime senate congress bureau prosecutor prosecutors
        office directorate secretariat consulate legislature judiciary governorate
    """,
    SourceKind.ORGANISATION: """
        group groups coalition party association union committee institute centre center foundation company
        university hospital tank organisation organization charity movement opposition alliance federation agency
        club church corporation campaign firm society network league board team poll survey study report
    """,
}
_BY_WORD = {word: kind for kind, words in _WORDS.items() for word in words.split()}

# Titles and callings that stand before a name. They are no part of it.
TITLES = word_set("""
    mr mrs ms miss dr prof professor sir lord lady dame sheikh imam ayatollah pope bishop archbishop father fr rev
    reverend rabbi sister brother mullah hajji president vice deputy acting former ex prime minister premier
    chancellor foreign defence defense interior finance information health justice secretary general
    secretary-general undersecretary ambassador envoy governor gov mayor senator sen rep representative congressman
    congresswoman mp king queen prince princess emir sultan chief chairman chairwoman chair director head leader
    commander commander-in-chief gen lt lieutenant col colonel maj major brig brigadier capt captain sgt sergeant
    cpl corporal adm admiral marshal officer spokesman spokeswoman spokesperson activist doctor analyst expert
    adviser advisor aide judge justice attorney lawyer prosecutor sheriff inspector superintendent constable
    detective coach candidate nominee journalist reporter correspondent editor columnist host pollster strategist
    author historian researcher scholar economist resident witness negotiator lawmaker state press house white
    speaker majority minority republican democratic democrat presidential campaign manager executive communications
    national security counsel
    """)

# Titles that can be a name's own words as well; only stripped before something that is left over as a name.
FEMALE = word_set("mrs ms miss lady dame queen princess spokeswoman chairwoman congresswoman sister mother she her")
MALE = word_set("mr sir lord king prince spokesman chairman congressman brother father sheikh imam he his him")

# People who are mentioned by what they are.
UNNAMED_HEADS = word_set("""
    official source resident witness activist spokesman spokeswoman spokesperson commander officer soldier diplomat
    analyst expert doctor medic nurse survivor villager neighbour neighbor refugee fighter minister aide adviser
    advisor lawmaker person man woman child boy girl farmer driver worker relative mother father brother sister son
    daughter teacher student shopkeeper trader critic supporter observer leader colleague friend insider staffer
    operative voter negotiator investigator prosecutor judge lawyer rescuer volunteer journalist reporter
    correspondent civilian someone people other many some few most several elder prisoner detainee deputy mayor
    governor general colonel captain employee economist researcher scientist historian veteran strategist donor
    senator member eyewitness bystander passer-by paramedic firefighter policeman
    """)


def kind_of(words: str, *, label: str = "", person: bool = False) -> SourceKind:
    """The kind of the body that ``words`` name; ``label`` is its entity label, ``person`` whether it is one human."""
    if person:
        return SourceKind.PERSON
    if _STATE.search(words):
        return SourceKind.STATE_MEDIA
    if _INTERNATIONAL.search(words):
        return SourceKind.INTERNATIONAL_BODY
    tokens = re.findall(r"[\w-]+", words.casefold())
    for kind in (SourceKind.MONITOR, SourceKind.NEWS_MEDIA):
        if any(_BY_WORD.get(token) is kind for token in tokens):
            return kind
    for token in reversed(tokens):
        if token in _BY_WORD:
            return _BY_WORD[token]
    if label in ("GPE", "NORP"):
        return SourceKind.GOVERNMENT
    if label in ("ORG", "PRODUCT", "WORK_OF_ART", "FAC", "LOC", "EVENT", "LAW"):
        return SourceKind.ORGANISATION
    return SourceKind.UNKNOWN
