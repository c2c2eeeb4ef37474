"""The lexicon of attribution: which words attribute, with which complement, and what kind of act they report.

A *frame* is the complement that holds the content: ``clause`` (say that P), ``infinitive`` (vow to P), ``object``
(deny P), or a preposition (accuse N *of* P). A word counts as a cue only in the frames listed for it: "to call for
talks" attributes, "to call a taxi" does not. Which frames to list was decided by how often a word in that frame was
marked as a cue in the training part of PolNeAR 1.0 (at least every second time).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from tracker.analysis.measures import word_set

CLAUSE = "clause"
INFINITIVE = "infinitive"
OBJECT = "object"
LABEL = "label"
"""No complement of a word: a name and a colon or dash beside the content."""


class CueClass(StrEnum):
    """What kind of act a cue reports."""

    NEUTRAL = "neutral"
    DENIAL = "denial"
    HEDGE = "hedge"
    APPEAL = "appeal"
    INTENTION = "intention"
    BELIEF = "belief"
    QUESTION = "question"


_VERBS: Mapping[CueClass, Mapping[str, str]] = {
    CueClass.NEUTRAL: {
        CLAUSE: """
            say tell add write note argue report find announce insist explain claim acknowledge continue declare
            state indicate conclude point tweet reveal warn admit reply recall respond determine assure assert
            concede estimate read complain confirm allege remark demonstrate maintain joke emphasise emphasize post
            remind contend boast discuss describe reiterate stress rule caution signal lament answer proclaim notice
            mention predict testify counter inform document comment disclose recount observe elaborate repeat affirm
            attest quip shout chant broadcast show learn know agree charge caution certify forecast relate retort
            submit swear whisper yell cry exclaim scream vow interject intone stipulate blog narrate confess confide
            protest object
        """,
        OBJECT: """
            call describe cite announce mention discuss highlight recall report identify portray tout note explain
            reveal list repeat acknowledge confirm emphasise emphasize quote tell say reference charge disclose detail
            outline state assert concede admit stress reiterate recount express announce characterise characterize
            invoke list depict declare name document relate allege claim
        """,
        "to": "refer point allude attribute testify admit confess",
        "as": "refer describe cite identify portray cast paint characterise characterize present list depict quote",
        "about": "talk speak say write complain boast brag joke testify tell tweet post",
        "of": "speak warn boast talk complain inform notify tell accuse",
        "on": "comment elaborate report remark expand",
        "against": "warn caution argue testify speak",
        "at": "hint",
    },
    CueClass.HEDGE: {CLAUSE: "suggest imply speculate hint rumour rumor"},
    CueClass.DENIAL: {
        CLAUSE: "deny dispute refute reject rebut disprove",
        OBJECT: """
            deny reject dismiss dispute refute rebut contradict disavow repudiate downplay disprove debunk discount
            disown
        """,
        INFINITIVE: "deny",
        "as": "dismiss reject",
    },
    CueClass.APPEAL: {
        CLAUSE: "demand urge order recommend propose request insist",
        INFINITIVE: """
            ask urge call encourage order persuade advise challenge press push recommend instruct command beg implore
            tell appeal invite warn exhort petition lobby direct forbid
        """,
        OBJECT: "urge order propose recommend request demand encourage authorise authorize advocate",
        "for": "call push ask advocate press plead appeal lobby argue campaign",
        "on": "call",
        "to": "appeal",
    },
    CueClass.INTENTION: {
        CLAUSE: "hope wish pledge vow promise decide threaten want plan",
        INFINITIVE: """
            want seek vow plan promise pledge threaten aim intend refuse hope propose agree decide prefer swear
            decline offer consider vote wish undertake expect commit
        """,
        OBJECT: "want promise pledge threaten vow",
        "for": "hope wish vote",
    },
    CueClass.BELIEF: {
        CLAUSE: """
            think believe feel fear worry expect assume consider doubt realise realize understand recognise recognize
            imagine guess suspect reckon figure regret convince anticipate presume suppose accept
        """,
        OBJECT: """
            support endorse criticise criticize praise back defend attack oppose condemn denounce blame blast slam
            mock question embrace favor favour prefer applaud decry assail bash hail lament chide rebuke credit deem
            dub label liken compare thank congratulate see view fear predict welcome love dislike resent regret
            deplore lambast lambaste ridicule scold berate salute bemoan savage believe consider accuse underscore
            expect echo recommend justify insult
        """,
        INFINITIVE: "support believe expect",
        "for": "criticise criticize blame praise thank vouch apologise apologize blast slam attack condemn",
        "as": "see view regard dismiss denounce brand condemn defend criticise criticize attack praise hail label",
        "of": "think disapprove approve despair",
        "about": "worry think care",
        "with": "agree disagree side sympathise sympathize",
        "against": "rail inveigh",
        "at": "lash scoff balk sneer",
    },
    CueClass.QUESTION: {CLAUSE: "ask wonder question inquire enquire", "about": "ask inquire enquire wonder"},
}

_NOUNS: Mapping[CueClass, Mapping[str, str]] = {
    CueClass.NEUTRAL: {
        CLAUSE: """
            claim suggestion assertion statement allegation argument accusation contention insistence announcement
            remark comment report declaration assurance admission conclusion finding warning testimony
        """,
        "of": "criticism critique description accusation account",
    },
    CueClass.DENIAL: {CLAUSE: "denial", "of": "denial rejection dismissal"},
    CueClass.APPEAL: {"for": "call appeal demand plea", INFINITIVE: "call appeal order plea"},
    CueClass.INTENTION: {
        INFINITIVE: "plan decision promise refusal proposal desire vow pledge threat intention willingness hope",
    },
    CueClass.BELIEF: {
        CLAUSE: "belief view fear conviction opinion hope suspicion",
        "for": "support",
        "of": "endorsement support embrace",
        "to": "opposition objection",
        "on": "position stance",
    },
}

_ADJECTIVES: Mapping[CueClass, Mapping[str, str]] = {
    CueClass.BELIEF: {
        CLAUSE: """
            confident hopeful worried concerned afraid convinced aware optimistic sure certain glad sorry surprised
            disappointed sceptical skeptical happy
        """,
        "of": "critical supportive sceptical skeptical dismissive proud confident afraid wary",
        "about": "worried concerned optimistic pessimistic sceptical skeptical confident upset nervous enthusiastic",
        "to": "opposed",
    },
    CueClass.INTENTION: {INFINITIVE: "eager reluctant determined unwilling"},
}

# Nouns that stand for something said before ("a claim denied by A"); a denial of one of them points back.
SAID_BEFORE = word_set("""
    claim allegation accusation report statement assertion charge suggestion account version figure rumour rumor story
    notion idea contention toll remark comment
    """)

# Passives that report what nobody is named for: "N are believed to have fled".
HEARSAY = word_set("expect believe think say report allege rumour rumor understand suspect fear claim")

# "declined to say", "refused to comment": nothing is asserted.
SILENCE = word_set(
    "say comment discuss elaborate answer respond give specify disclose identify name speak provide reveal talk"
)

# Verbs of attitude that in news of a war as often mean a deed: "attacked the town", "backed the army".
DEEDS = word_set("attack defend back support hit blast slam challenge savage bash")

# What is cast off is as often a body as a word: "disowned the branch", "disowned the statement".
CASTS_OFF = word_set("disown disavow repudiate")

# The small model's lemmatiser knows these forms wrongly.
_LEMMA_REPAIRS = {"hop": "hope", "retweete": "retweet", "tweete": "tweet", "sai": "say", "felt": "feel"}


@cache
def _table(part: str) -> dict[str, dict[str, CueClass]]:
    tables = {"verb": _VERBS, "noun": _NOUNS, "adjective": _ADJECTIVES}
    found: dict[str, dict[str, CueClass]] = {}
    for cue_class, frames in tables[part].items():
        for frame, words in frames.items():
            for word in words.split():
                found.setdefault(word, {}).setdefault(frame, cue_class)
    return found


def repaired_lemma(lemma: str) -> str:
    """The lemma in lower case, with the forms put right that the model's lemmatiser is known to get wrong."""
    lowered = lemma.lower()
    return _LEMMA_REPAIRS.get(lowered, lowered)


def frames(lemma: str, *, part: str = "verb") -> Mapping[str, CueClass]:
    """The frames in which ``lemma`` attributes, with the class of act in each; empty where it is no cue.

    ``part`` is "verb", "noun" or "adjective".
    """
    return _table(part).get(repaired_lemma(lemma), {})


def cue_class(lemma: str, frame: str | None = None) -> CueClass | None:
    """The class of a cue word in ``frame``, or in the first frame listed for it; ``None`` where it is no cue."""
    for part in ("verb", "noun", "adjective"):
        known = frames(lemma, part=part)
        if known:
            return known.get(frame or "") or next(iter(known.values()))
    return None
