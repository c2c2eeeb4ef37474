"""What a source's words say about who it is: name or description, kind, number, organisation, wish for anonymity."""

from __future__ import annotations

import re
from dataclasses import dataclass

from spacy.tokens import Span as Phrase
from spacy.tokens import Token

from tracker.analysis import clauses
from tracker.analysis.clauses import entities
from tracker.analysis.kinds import FEMALE, MALE, TITLES, UNNAMED_HEADS, kind_of
from tracker.analysis.measures import word_set
from tracker.analysis.places import place_key, place_keys
from tracker.analysis.types import SourceKind

ANONYMITY = re.compile(
    r"(?:(?:speaking|spoke|talking|talked)\s+)?on\s+(?:the\s+)?condition\s+of\s+anonymity(?:\s+because[^.,;]*)?"
    r"|(?:ask(?:ed|ing)|declin(?:ed|ing)|refus(?:ed|ing)|wish(?:ed|ing)|request(?:ed|ing)|want(?:ed|ing)|prefer(?:red|ring))\s+"
    r"(?:not\s+to\s+be|to\s+remain|to\s+be|that\s+\w+\s+not\s+be)\s+(?:named|identified|quoted|anonymous|unnamed)[^.,;]*"
    r"|(?:who\s+)?(?:was|were|is|are)\s+not\s+authori[sz]ed\s+to\s+[^.,;]*"
    r"|\b(?:speaking\s+)?anonymously\b|\bunnamed\b|\bunidentified\b|\banonymous\b|\bwho\s+gave\s+(?:only|just)\s+[^.,;]*",
    re.IGNORECASE,
)
_PAPERS = word_set("statement report communique letter bulletin message post tweet account release document memo")
_PRONOUNS = word_set("he she it they we i you who which that this these those him her them us me one")
_SIMPLE_NUMBERS = {
    word: number
    for number, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=1
    )
}
_NAMELESS = word_set("unnamed unidentified anonymous")
_COMMON_BEFORE_CALLINGS = _NAMELESS | word_set(
    "security government military army police intelligence senior local state rebel opposition border health hospital"
)
_CONNECTORS = word_set("of for and the de la al el bin ibn von van der di du & - ' ’")
_NAME_LINKS = frozenset({"compound", "appos", "nmod", "npadvmod", "flat", "amod", "dep"})
_ORGANISATION_LABELS = frozenset({"ORG", "GPE", "NORP", "FAC", "LOC", "PRODUCT", "WORK_OF_ART", "EVENT", "LAW"})
_NO_BODY_LABELS = frozenset(
    {"PERSON", "DATE", "TIME", "NORP", "LANGUAGE", "MONEY", "PERCENT", "CARDINAL", "ORDINAL", "QUANTITY"}
)
# Offices that one holds in a body: whose name follows, without a comma, is the one who holds it.
_OFFICES = word_set("head chief chair chairman chairwoman director president vice-president governor commander leader")
# Callings that one has in a body rather than in a town.
_OF_A_BODY = word_set("member chairman chairwoman founder spokesman spokeswoman spokesperson representative veteran")
_EDGES = " \t\r\n,.;:\"“”‘’'«»()[]"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a mention is by its own words alone; ``name`` is ``None`` for pronouns and bare descriptions."""

    name: str | None
    kind: SourceKind
    head: str
    core: str
    description: str = ""
    organisation: str | None = None
    number: int | None = None
    anonymity: str = ""
    pronoun: str = ""
    plural: bool = False
    definite: bool = False
    gender: str = ""


def identify(phrase: Phrase) -> Identity:
    """Who ``phrase`` names, as far as its own words and its sentence tell."""
    phrase = _whole(phrase)
    root = _speaker(phrase)
    if root != phrase.root:
        phrase = phrase.doc[root.left_edge.i : min(root.right_edge.i + 1, phrase.end)]
    words = [t for t in phrase if not t.is_space]
    if len(words) <= 2 and root.lower_ in _PRONOUNS and root.pos_ in ("PRON", "DET", "SCONJ"):
        return _pronoun(root)
    people = _people(phrase)
    gender = _gender(phrase)
    if people:
        name = " and ".join(dict.fromkeys(people))
        return Identity(
            name,
            SourceKind.PERSON,
            root.lemma_.lower(),
            name,
            description=_description(phrase, people[0]),
            organisation=_organisation(phrase, people),
            anonymity=_anonymity(phrase),
            plural=len(people) > 1,
            gender=gender,
        )
    return _body(phrase, root) or _unnamed(phrase, root)


def _whole(phrase: Phrase) -> Phrase:
    """The phrase, with the noun that its first or its last word belongs to where it was cut off from it.

    "[the] Observatory", "the Observatory [for Human Rights]": texts without commas mislead whoever finds the phrase.
    """
    doc, first, last = phrase.doc, phrase.start, phrase.end
    opening, root = phrase[0], phrase.root
    if opening.lower_ in ("for", "of") and not opening.is_sent_start and doc[first - 1].pos_ == "PROPN":
        first = _proper_run(doc[opening.sent.start : last], doc[first - 1]).start
    # The noun that a determiner belongs to stands close behind it.
    if root.dep_ == "det" and root.head.pos_ in ("NOUN", "PROPN") and last <= root.head.i < last + 3:
        last = root.head.i + 1
    return doc[first:last]


def _speaker(phrase: Phrase) -> Token:
    """The head of the phrase; where that is a paper, who speaks in it: A in "a statement by A", "A's report"."""
    root = phrase.root
    if root.lemma_.lower() not in _PAPERS:
        return root
    for c in root.children:
        if c.dep_ == "poss" and c.pos_ != "PRON" and c.i >= phrase.start:
            return c
        if c.dep_ == "prep" and c.lower_ in ("by", "from") and c.i < phrase.end:
            inner = clauses.child(c, "pobj")
            if inner is not None and inner.i < phrase.end:
                return inner
    return root


def _pronoun(root: Token) -> Identity:
    word = root.lower_
    human = word in ("he", "she", "i", "him", "her", "me", "who")
    return Identity(
        None,
        SourceKind.PERSON if human else SourceKind.UNKNOWN,
        word,
        word,
        pronoun=word,
        plural=word in ("they", "we", "them", "us", "these", "those"),
        gender={"he": "male", "him": "male", "she": "female", "her": "female"}.get(word, ""),
    )


def _gender(phrase: Phrase) -> str:
    words = {t.lower_.rstrip(".") for t in phrase}
    if words & FEMALE:
        return "female"
    return "male" if words & MALE else ""


def _people(phrase: Phrase) -> list[str]:
    """The names of the persons whom ``phrase`` is about, titles stripped."""
    found = []
    for entity in entities(phrase):
        if entity.label_ == "PERSON" and _belongs(entity.root, phrase):
            name = strip_titles(_whole_name(entity, phrase))
            if name and not _follows_possessive(entity) and not _is_the(entity):
                found.append(name)
                if not any(t.dep_ == "conj" for t in phrase):
                    break
    if found:
        return found
    root = phrase.root
    holder = _holder_of_office(phrase, root)
    if holder:
        return [holder]
    told = _told_by_calling(phrase, root)
    if told:
        return [told]
    if root.pos_ == "PROPN" and root.ent_type_ not in _ORGANISATION_LABELS:
        run = _proper_run(phrase, root)
        before = phrase.doc[run.start - 1].lower_.rstrip(".") if run.start > phrase.start else ""
        name = strip_titles(run.text)
        titled = name != run.text.strip(_EDGES) or before in TITLES
        if name and titled and kind_of(name) is SourceKind.UNKNOWN:
            return [name]
    return []


def _told_by_calling(phrase: Phrase, root: Token) -> str:
    """The name that a calling beside it makes a person's, where the model takes it for a body's.

    "Nadia Rahal, a nurse", "the mayor, Ivo Brand"; empty where there is none.
    """
    doc = phrase.doc
    run: Phrase | None = None
    if root.pos_ == "PROPN":
        beside = (c for c in root.children if c.dep_ == "appos" and root.i < c.i < phrase.end)
        if any(_is_human(c) and c.pos_ != "PROPN" for c in beside):
            run = _proper_run(phrase, root)
    elif _is_human(root) and root.tag_ in ("NN", "NNP"):
        last = phrase.end - 1
        first = last
        while first > root.i and doc[first].pos_ == "PROPN":
            first -= 1
        if doc[first].text == ",":
            run = doc[first + 1 : last + 1]
    if run is None:
        return ""
    name = strip_titles(run.text)
    fits = 2 <= len(name.split()) <= 4 and kind_of(name) is SourceKind.UNKNOWN
    return name if fits and doc[run.end - 1].ent_type_ not in ("GPE", "LOC", "NORP", "DATE") else ""


def _holder_of_office(phrase: Phrase, root: Token) -> str:
    """Who holds an office, where the name follows that of the body: B in "head of the A Council General B".

    Empty where there is none.
    """
    if root.lemma_.lower() not in _OFFICES:
        return ""
    last = next(
        (e for e in entities(phrase) if e.label_ == "PERSON" and e.end == phrase.end and e.start > root.i), None
    )
    if last is None or len(last) < 2:
        return ""
    before = last.start - 1
    while before > root.i and phrase.doc[before].lower_.rstrip(".") in TITLES:
        before -= 1
    # What a preposition or an article stands before is what the office is of.
    return strip_titles(last.text) if before > root.i and phrase.doc[before].pos_ in ("PROPN", "NOUN") else ""


def _whole_name(entity: Phrase, phrase: Phrase) -> str:
    """The entity with the first name before it, which the model at times leaves out."""
    doc = phrase.doc
    first = entity.start
    while first > phrase.start and doc[first - 1].pos_ == "PROPN" and doc[first - 1].dep_ == "compound":
        if (
            doc[first - 1].head != entity.root
            or doc[first - 1].ent_type_
            or doc[first - 1].lower_.rstrip(".") in TITLES
        ):
            break
        first -= 1
    return str(doc[first : entity.end].text)


def _is_the(entity: Phrase) -> bool:
    """Whether it is "the Observatory", which the model takes for a person."""
    return len(entity) == 1 and entity.start > 0 and entity.doc[entity.start - 1].lower_ == "the"


def _belongs(token: Token, phrase: Phrase) -> bool:
    """Whether ``token`` heads ``phrase`` or names it, and is no owner ("A's aide") or object ("a spokesman for A")."""
    root = phrase.root
    for _ in range(6):
        if token == root:
            return True
        if token.dep_ not in _NAME_LINKS and token.dep_ != "conj":
            return False
        owner = token.head
        # "the A administration" is no person; "spokesman A" is.
        if token.dep_ in ("compound", "nmod", "amod") and owner.pos_ == "NOUN" and not _is_human(owner):
            return False
        token = owner
        if not phrase.start <= token.i < phrase.end:
            return False
    return False


def _is_human(noun: Token) -> bool:
    return noun.lemma_.lower() in UNNAMED_HEADS or noun.lower_ in TITLES


def _follows_possessive(entity: Phrase) -> bool:
    after = entity.doc[entity.end] if entity.end < len(entity.doc) else None
    return (
        after is not None
        and after.dep_ == "case"
        and after.text in ("'s", "’s", "'", "’")
        and entity.root.dep_ == "poss"
    )


def _proper_run(phrase: Phrase, root: Token) -> Phrase:
    """The proper nouns around ``root``, with the small words that link them ("Observatory for Human Rights")."""
    doc = phrase.doc
    first, last = root.i, root.i
    while first > phrase.start and _links_back(doc[first - 1], doc[first]):
        first -= 1
    while last + 1 < phrase.end:
        step = 1
        while last + step < phrase.end and doc[last + step].lower_ in _CONNECTORS and step < 3:
            step += 1
        if last + step < phrase.end and doc[last + step].pos_ == "PROPN" and doc[last + 1].text != ",":
            last += step
        else:
            break
    while doc[first].lower_ in _CONNECTORS and first < last:
        first += 1
    return doc[first : last + 1]


def _links_back(before: Token, here: Token) -> bool:
    if before.pos_ == "PROPN" or (before.pos_ == "ADJ" and before.text[:1].isupper()):
        return True
    return before.lower_ in _CONNECTORS and before.lower_ not in ("the", "and", "of") and here.pos_ == "PROPN"


def strip_titles(name: str) -> str:
    """The name without titles before it and possessive endings after it: "Gen. A B's" -> "A B"."""
    words = name.strip(_EDGES).split()
    while len(words) > 1 and re.sub(r"['’]s$", "", words[0].strip(_EDGES).casefold()) in TITLES:
        words.pop(0)
    joined = re.sub(r"['’]s?$", "", " ".join(words)).strip(_EDGES)
    return "" if joined.casefold() in TITLES else joined


def _body(phrase: Phrase, root: Token) -> Identity | None:
    """A named organisation, state, medium or force."""
    named = _named_entity(phrase, root)
    if named is None:
        return _institution(phrase, root)
    name, label = named
    name = re.sub(r"^(?:the|a|an)\s+", "", name.strip(_EDGES), flags=re.IGNORECASE)
    name = re.sub(r"['’]s?$", "", name)
    if not name:
        return None
    description = _description(phrase, name)
    kind = kind_of(name, label=label)
    if kind in (SourceKind.ORGANISATION, SourceKind.UNKNOWN) and description:
        told = kind_of(description)
        kind = told if told is not SourceKind.UNKNOWN else kind
    single = kind is SourceKind.UNKNOWN and root.pos_ == "PROPN" and root.tag_ == "NNP"
    return Identity(
        name,
        SourceKind.PERSON if single else kind,
        root.lemma_.lower(),
        name,
        description=description,
        anonymity=_anonymity(phrase),
        plural=root.tag_ in ("NNS", "NNPS"),
        definite=phrase[0].lower_ == "the",
        gender=_gender(phrase),
    )


def _named_entity(phrase: Phrase, root: Token) -> tuple[str, str] | None:
    run = _proper_run(phrase, root) if root.pos_ == "PROPN" else None
    if run is not None and _is_calling(run, root):
        return None  # "Medics" or "Security Officials" at the start of a sentence
    for entity in entities(phrase):
        if run is not None and entity.label_ in _ORGANISATION_LABELS and entity.start <= root.i < entity.end:
            longest = max((entity.text, run.text), key=len)
            return longest, entity.label_
    if run is not None:
        return run.text, root.ent_type_
    if root.lemma_.lower() in UNNAMED_HEADS or root.tag_ == "NNS":
        return None
    for c in root.children:
        if c.dep_ == "appos" and c.pos_ == "PROPN" and phrase.start <= c.i < phrase.end:
            inside = next((e for e in entities(phrase) if e.start <= c.i < e.end), None)
            inner = phrase.doc[c.left_edge.i : min(c.right_edge.i + 1, phrase.end)]
            return (inside.text, inside.label_) if inside is not None else (_proper_run(inner, c).text, "")
    return None


def _is_calling(run: Phrase, root: Token) -> bool:
    """Whether words with capitals are no name but a calling: "Unnamed Soldiers", "Velmoran Security Officials"."""
    if run.end - 1 != root.i or root.lower_.removesuffix("s") not in UNNAMED_HEADS:
        return False
    return len(run) == 1 or root.lower_.endswith("s") or run[0].lower_ in _NAMELESS


def _institution(phrase: Phrase, root: Token) -> Identity | None:
    """An institution that is called by a common noun: "state media", "the army", "police"."""
    if root.lemma_.lower() in UNNAMED_HEADS or root.pos_ not in ("NOUN", "PROPN"):
        return None
    core = core_words(phrase, root)
    kind = kind_of(core)
    if kind is SourceKind.UNKNOWN:
        return None
    return Identity(
        core,
        kind,
        root.lemma_.lower(),
        core,
        anonymity=_anonymity(phrase),
        plural=root.tag_ == "NNS" and kind is not SourceKind.STATE_MEDIA,
        definite=phrase[0].lower_ in ("the", "this", "that"),
    )


def _unnamed(phrase: Phrase, root: Token) -> Identity:
    """People who are mentioned by what they are, or a thing that "says" something."""
    lemma = root.lemma_.lower()
    core = core_words(phrase, root)
    human = bool({lemma, root.lower_, root.lower_.removesuffix("s")} & UNNAMED_HEADS)
    return Identity(
        None,
        SourceKind.UNNAMED if human else SourceKind.UNKNOWN,
        lemma,
        core,
        description=core,
        organisation=_organisation(phrase, []),
        number=_number(root),
        anonymity=_anonymity(phrase),
        plural=root.tag_ in ("NNS", "NNPS"),
        definite=phrase[0].lower_ in ("the", "this", "that", "these", "those"),
        gender=_gender(phrase),
    )


def core_words(phrase: Phrase, root: Token) -> str:
    """The head noun with what qualifies it, without articles, numbers, relative clauses and appositions."""
    doc = phrase.doc
    first = root.i
    while (first > phrase.start and not doc[first - 1].is_punct) or (
        first > phrase.start and doc[first - 1].text in "-'’"
    ):
        before = doc[first - 1]
        if before.pos_ in ("DET", "PRON", "VERB", "ADP", "CCONJ", "NUM", "SPACE", "AUX", "SCONJ", "ADV"):
            break
        first -= 1
    lower = doc[first].pos_ != "PROPN" and not doc[first].ent_type_ and doc[first].text[1:].islower()
    last = root.i
    while last + 2 < phrase.end and doc[last + 1].text == "-" and not doc[last].whitespace_:
        last += 2  # "vice-president", whichever of its words is the head
    while (
        last + 1 < phrase.end
        and doc[last + 1].dep_ == "prep"
        and doc[last + 1].lower_ in ("of", "from", "in", "at", "for", "with")
    ):
        edge = min(doc[last + 1].right_edge.i, phrase.end - 1)
        if edge - last > 6 or edge <= last:
            break
        last = edge
    pieces = [
        (token.lower_ if _is_common(token, root) else token.text) + token.whitespace_ for token in doc[first : last + 1]
    ]
    words = " ".join("".join(pieces).split()).strip(_EDGES + "-")
    return words[:1].lower() + words[1:] if lower else words


def _is_common(token: Token, root: Token) -> bool:
    """Whether a word with a capital is a common one that only a headline or a sentence's start wrote so."""
    if token == root:
        return token.lower_.removesuffix("s") in UNNAMED_HEADS
    return token.head == root and root.lower_.endswith("s") and token.lower_ in _COMMON_BEFORE_CALLINGS


def _number(root: Token) -> int | None:
    for c in root.children:
        if c.dep_ == "nummod":
            return (
                int(c.text)
                if c.text.isascii() and c.text.isdigit() and len(c.text) < 7
                else _SIMPLE_NUMBERS.get(c.lower_)
            )
    return 1 if root.tag_ in ("NN", "NNP") else None


def _anonymity(phrase: Phrase) -> str:
    found = ANONYMITY.search(phrase.text) or ANONYMITY.search(phrase.sent.text)
    return found.group().strip() if found else ""


def _description(phrase: Phrase, name: str) -> str:
    """What the phrase says of the one named, the name itself left out: "a town activist reached by phone"."""
    rest = re.sub(rf"{re.escape(name)}(?:['’]s?(?!\w))?", " ", phrase.text, count=1)
    return " ".join(re.sub(r"^\W*the\W+(?=,|$)|\s+,", " ", rest, flags=re.IGNORECASE).split()).strip(_EDGES)


def _organisation(phrase: Phrase, people: list[str]) -> str | None:
    """The body that the phrase ties its person to: "a spokesman for the Ministry of Health"; ``None`` where unsure.

    Towns, nationalities and callings are no bodies, whatever the model takes them for ("a Torvik activist").
    """
    for entity in entities(phrase):
        text = re.sub(r"^(?:the|a|an)\s+", "", entity.text.strip(_EDGES), flags=re.IGNORECASE)
        text = re.sub(r"['’]s?$", "", text)
        if (
            entity.label_ not in _NO_BODY_LABELS
            and _heading(entity).tag_.startswith("NN")
            and text[:1].isupper()
            and not any(text in name or name in text for name in people)
            and _is_body(text, entity)
        ):
            return text
    return None


def _heading(entity: Phrase) -> Token:
    """The word that heads a name; not the small one in it ("for") that the parser ties to something before it."""
    tops = [token for token in entity if not entity.start <= token.head.i < entity.end or token.head == token]
    return next((token for token in tops if token.tag_.startswith("NN")), entity.root)


def _is_body(text: str, entity: Phrase) -> bool:
    """Whether the name is surely that of a body: by its own words, or by how it is tied to the person."""
    words = text.split()
    calling = words[-1].casefold()
    if calling in TITLES or calling in UNNAMED_HEADS or calling.removesuffix("s") in UNNAMED_HEADS:
        return False  # "Health Minister" is a calling
    if kind_of(text) is not SourceKind.UNKNOWN or re.fullmatch(r"[A-Z]{2,6}", text):
        return True
    if entity.label_ != "ORG" or place_key(text) in place_keys(entity.doc):
        return False
    if len(words) >= 3:
        return True
    tie = entity.root.head
    if entity.root.dep_ != "pobj":
        return False
    if tie.lower_ not in ("for", "with", "of"):
        return False
    return len(words) > 1 or tie.head.lemma_.lower() in _OF_A_BODY
