"""Who a source is within its document: pronouns, short names, acronyms and "the group" traced back to a full name."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from spacy.tokens import Doc, Token
from spacy.tokens import Span as Phrase

from tracker.analysis import clauses
from tracker.analysis.kinds import kind_of
from tracker.analysis.measures import word_set
from tracker.analysis.names import Identity, identify, strip_titles
from tracker.analysis.spans import Attribution
from tracker.analysis.types import Mention, Passage, SourceKind, Span

_HUMAN = (SourceKind.PERSON, SourceKind.UNNAMED)
_RELATIVE = frozenset({"who", "which", "that"})
_SPEAKER = frozenset({"i", "we", "me", "us"})
_COUNTRY_HEADS = word_set("""
    government state army military troops forces regime police security official officials ministry minister authorities
    president parliament opposition media television tv soldiers officers navy intelligence
    """)
_NATIONAL_HEADS = word_set(
    "official officer commander soldier minister diplomat lawmaker spokesman spokeswoman spokesperson general"
)
_NATIONAL_WORDS = word_set(
    "government security military army police intelligence defence defense regime state ministry"
)
_DEMONYM = re.compile(r"^[A-Z]\w{2,}(?:an|ian|ese|ish|i|ic|ch|ec|ak|ek|ot)$")
_MEMORY = 200  # sources met last that a pronoun, a description or a short name may take up
_PERSON_REACH = 4000  # characters back within which "he" is looked for
# Which kinds of body a general noun may take up: "the group", "the channel".
_BODIES = (SourceKind.MONITOR, SourceKind.ORGANISATION, SourceKind.INTERNATIONAL_BODY)
_MEDIA = (SourceKind.NEWS_MEDIA, SourceKind.STATE_MEDIA)
_STANDS_FOR = {
    **dict.fromkeys(
        ("group", "organisation", "organization", "movement", "network", "body"), (*_BODIES, SourceKind.ARMED_FORCE)
    ),
    **dict.fromkeys(("monitor", "watchdog", "charity", "association", "committee", "union"), _BODIES),
    **dict.fromkeys(
        ("channel", "broadcaster", "newspaper", "paper", "station", "bulletin", "website", "daily"), _MEDIA
    ),
    "agency": (*_MEDIA, SourceKind.INTERNATIONAL_BODY),
    "militia": (SourceKind.ARMED_FORCE,),
    "ministry": (SourceKind.GOVERNMENT,),
}
_SMALL = word_set("the a an of for and in on at to")


@dataclass(frozen=True, slots=True)
class _Known:
    """A source that has been met: where, who it is, and the words that name and that describe it."""

    at: int
    mention: Mention
    identity: Identity
    named: frozenset[str]
    described: frozenset[str]

    @classmethod
    def of(cls, at: int, mention: Mention, identity: Identity) -> _Known:
        """The source met at a character, its words worked out once."""
        named = _words(mention.name or "")
        return cls(at, mention, identity, named, named | _words(mention.description))


def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in re.findall(r"[\w-]+", text))


def _at(known: _Known) -> int:
    return known.at


def resolve(doc: Doc, text: str, attributions: list[Attribution]) -> list[Mention | None]:
    """For each attribution the source as far as the document tells; ``None`` where the text names none."""
    resolver = _Resolver(doc, text, attributions)
    mentions: dict[int, Mention | None] = {}
    # Parents first: "we" inside a quotation is its speaker.
    order = sorted(range(len(attributions)), key=lambda i: (_depth(attributions, i), _source_at(attributions[i])))
    for index in order:
        attribution = attributions[index]
        parent = mentions.get(attribution.parent) if attribution.parent is not None else None
        mentions[index] = resolver.mention(attribution, parent)
    return [mentions[index] for index in range(len(attributions))]


def _depth(attributions: list[Attribution], index: int) -> int:
    depth, parent = 0, attributions[index].parent
    while parent is not None and depth < 10:
        depth, parent = depth + 1, attributions[parent].parent
    return depth


def _source_at(attribution: Attribution) -> int:
    spans = attribution.source or attribution.cue or attribution.content
    return spans[0][0]


class _Resolver:
    """Keeps what a document has told so far about who speaks in it."""

    def __init__(self, doc: Doc, text: str, attributions: list[Attribution]) -> None:
        self.doc = doc
        self.text = text
        self._starts = clauses.token_starts(doc)
        self._known: list[_Known] = []
        self._by_name: dict[str, Mention] = {}
        self._identities: dict[Span, Identity] = {}
        self._people, bodies = _names_in(doc)
        # Whom a calling makes a person ("Edvin Raal, a spokesman") is one, whatever the model takes the name for.
        for attribution in attributions:
            identity = self._identity(attribution)
            if identity is not None and identity.kind is SourceKind.PERSON and identity.name and not identity.plural:
                self._people.append((attribution.source[0][0], identity.name))
        self._people.sort()
        # By each of their words the names of bodies, with where they first stand.
        first_places = {name: at for at, name in reversed(bodies)}
        self._bodies: dict[str, list[tuple[int, str]]] = {}
        for name, at in sorted(first_places.items(), key=lambda item: (item[1], item[0])):
            for word in set(re.findall(r"[\w-]+", name)):
                self._bodies.setdefault(word, []).append((at, name))
        self._full_names = _index(self._people)
        self._by_first = _first_words(self._people)
        self._acronyms = _acronyms(bodies, text)
        self._country = _plain_country(doc)
        self._person_starts = [at for at, _ in self._people]

    def mention(self, attribution: Attribution, parent: Mention | None) -> Mention | None:
        """Who the source of ``attribution`` is."""
        if not attribution.source:
            return None
        passage = Passage.of(self.text, *attribution.source)
        identity = self._identity(attribution)
        if identity is None:
            return Mention(passage, None, SourceKind.UNKNOWN)
        mention = self._resolved(passage, identity, parent)
        if mention.name is not None:
            at = passage.start
            self._known.insert(bisect_right(self._known, at, key=_at), _Known.of(at, mention, identity))
            self._by_name[mention.name] = mention
        return mention

    def _identity(self, attribution: Attribution) -> Identity | None:
        """Who the first piece of the source names by its own words."""
        if not attribution.source:
            return None
        span = attribution.source[0]
        if span not in self._identities:
            phrase = clauses.piece(self.doc, *span)
            if not len(phrase):
                return None
            self._identities[span] = self._antecedent(phrase) or identify(phrase)
        return self._identities[span]

    def _antecedent(self, phrase: Phrase) -> Identity | None:
        """What "who" or "which" stands for."""
        pronoun = phrase[0]
        if len(phrase) > 1 or pronoun.lower_ not in _RELATIVE:
            return None
        verb = pronoun.head
        for _ in range(4):
            if verb.dep_ == "relcl":
                break
            verb = verb.head
        else:
            return None
        noun: Token = verb.head
        if noun.i >= pronoun.i:
            return None
        last = noun.i
        while last + 1 < pronoun.i and not self.doc[last + 1].is_punct:
            last += 1
        return identify(self.doc[noun.left_edge.i : last + 1])

    def _resolved(self, passage: Passage, identity: Identity, parent: Mention | None) -> Mention:
        found: Mention | None = None
        if identity.pronoun:
            found = self._of_pronoun(passage.start, identity, parent)
            if found is None:
                return Mention(passage, None, SourceKind.UNKNOWN)
        elif identity.name is None or identity.definite:
            found = self._met_before(passage.start, identity)
        if found is not None:
            return replace(found, passage=passage, anonymity=found.anonymity or identity.anonymity)
        if identity.name is None:
            return self._described(passage, identity)
        if self._is_short_for_a_person(identity):
            identity = replace(identity, kind=SourceKind.PERSON)
        name = self._full_name(identity, passage.start)
        known = self._by_name.get(name)
        kind = identity.kind
        if name in self._person_names and kind is SourceKind.UNKNOWN:
            kind = SourceKind.PERSON
        return Mention(
            passage,
            name,
            known.kind if known is not None and kind in (SourceKind.UNKNOWN, SourceKind.ORGANISATION) else kind,
            description=identity.description or (known.description if known else ""),
            organisation=identity.organisation or (known.organisation if known else None),
            number=identity.number,
            anonymity=identity.anonymity,
        )

    @property
    def _person_names(self) -> set[str]:
        return self._full_names[1]

    # --- pronouns ---------------------------------------------------------------------------------------------------

    def _of_pronoun(self, at: int, identity: Identity, parent: Mention | None) -> Mention | None:
        word = identity.pronoun
        if word in _SPEAKER:
            return parent
        if word in ("he", "she", "him", "her"):
            return self._person_before(at, identity.gender)
        if word in ("it", "this", "that", "which"):
            return self._latest(at, lambda k: k.mention.kind not in _HUMAN and not k.identity.plural)
        if word in ("they", "them", "these", "those"):
            plural = self._latest(at, lambda k: k.identity.plural)
            return plural or self._latest(at, lambda k: k.mention.kind not in _HUMAN)
        return None

    def _person_before(self, at: int, gender: str) -> Mention | None:
        """The last one who spoke; or the person whom the text has turned to since, as the subject of a sentence."""
        speaker = next(
            (
                k
                for k in self._met(at)
                if k.mention.kind in _HUMAN
                and not k.identity.plural
                and (not gender or not k.identity.gender or k.identity.gender == gender)
            ),
            None,
        )
        turned_to = self._subject_between(max(speaker.at if speaker else 0, at - _PERSON_REACH), at)
        if turned_to is not None and (speaker is None or turned_to != speaker.mention.name):
            return Mention(Passage.of(self.text, (at, at + 1)), turned_to, SourceKind.PERSON)
        if speaker is None or at - speaker.at > _PERSON_REACH:
            return None
        return speaker.mention

    def _subject_between(self, after: int, before: int) -> str | None:
        """The last person between two places who is the subject of a sentence, outside of quotations."""
        index = bisect_left(self._person_starts, before) - 1
        while index >= 0 and self._person_starts[index] > after:
            at, name = self._people[index]
            token = self.doc[bisect_left(self._starts, at)]
            entity_root = token
            while (
                entity_root.head.ent_type_ == "PERSON"
                and entity_root.head != entity_root
                and entity_root.head.i > entity_root.i
            ):
                entity_root = entity_root.head
            if entity_root.dep_ in ("nsubj", "nsubjpass") and entity_root.head.dep_ in ("ROOT", "conj"):
                return self._longest(name, at)
            index -= 1
        return None

    def _latest(self, at: int, fits: Callable[[_Known], bool]) -> Mention | None:
        return next((k.mention for k in self._met(at) if fits(k)), None)

    def _met(self, at: int) -> Iterator[_Known]:
        """The sources met before a character, the last one first."""
        index = bisect_left(self._known, at, key=_at)
        return reversed(self._known[max(0, index - _MEMORY) : index])

    # --- names ------------------------------------------------------------------------------------------------------

    def _is_short_for_a_person(self, identity: Identity) -> bool:
        """Whether a name that the model takes for a body's is a person's last name ("Raal" after "Edvin Raal")."""
        name = identity.name or ""
        if " " in name or identity.definite or identity.plural or kind_of(name) is not SourceKind.UNKNOWN:
            return False
        return name in self._full_names[0]

    def _full_name(self, identity: Identity, at: int) -> str:
        name = identity.name or ""
        if identity.kind is SourceKind.PERSON:
            return self._longest(name, at)
        if name in self._acronyms:
            return self._acronyms[name]
        return self._longest_body(name, at)

    def _longest(self, name: str, at: int) -> str:
        """The fullest name of the person called ``name``: the nearest before, else the first after."""
        words = name.split()
        if len(words) > 1:
            return name
        if not words:
            return name
        candidates = self._full_names[0].get(words[0])
        if candidates is None:  # "Ban" for "Ban Ki-moon": by the first word, where only one bears it
            return self._by_first.get(words[0]) or name
        place = bisect_right(candidates, at, key=_place)
        return candidates[max(0, place - 1)][1]

    def _longest_body(self, name: str, at: int) -> str:
        """The fullest name of the body called ``name`` ("The Observatory")."""
        words = [w for w in re.findall(r"[\w-]+", name) if w.casefold() not in _SMALL]
        if not words or len(words) > 3:
            return name
        bodies = self._bodies.get(words[0], [])
        here = bisect_right(bodies, at, key=_place)
        nearest = (*reversed(bodies[max(0, here - _MEMORY) : here]), *bodies[here : here + _MEMORY])
        for _, full in nearest:
            theirs = re.findall(r"[\w-]+", full)
            if len(theirs) <= len(words) or not all(w in theirs for w in words) or len(name) >= len(full):
                continue
            # "Dorn" is not the Dorn Relief Group; "the Observatory" may be the Dorn Observatory for Peace.
            if len(words) > 1 or theirs[-1] == words[0] or kind_of(words[0]) is not SourceKind.UNKNOWN:
                return full
        return name

    # --- descriptions -----------------------------------------------------------------------------------------------

    def _met_before(self, at: int, identity: Identity) -> Mention | None:
        """A source met before that a description takes up: "the group", "the official", "state TV"."""
        words = _words(identity.core) - _SMALL
        if not words:
            return None
        general = len(words) == 1
        for known in self._met(at):
            if identity.name is not None and words < known.named:
                return known.mention
            if not identity.definite:
                continue
            if words <= known.described and known.identity.plural == identity.plural:
                return known.mention
            if general and known.mention.kind in _STANDS_FOR.get(identity.head, ()):
                return known.mention
        return None

    def _described(self, passage: Passage, identity: Identity) -> Mention:
        """A source without a name, kept so: "unnamed government official"."""
        name: str | None = identity.core
        if identity.kind is SourceKind.UNNAMED:
            bare = re.sub(r"^(?:unnamed|unidentified|anonymous)\s+", "", identity.core, flags=re.IGNORECASE)
            words = bare.split()
            national = identity.head in _NATIONAL_HEADS and any(w.casefold() in _NATIONAL_WORDS for w in words)
            foreign = any(_DEMONYM.match(w) or w[:1].isupper() for w in words)
            if national and not foreign and self._country and not re.search(r"\b(?:in|from|of)\b", bare):
                bare = f"{self._country} {bare}"
            name = f"unnamed {bare}"
        return Mention(
            passage,
            name or None,
            identity.kind,
            description=identity.description,
            organisation=identity.organisation,
            number=identity.number,
            anonymity=identity.anonymity,
        )


# --- what the whole document tells ----------------------------------------------------------------------------------


def _names_in(doc: Doc) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """The names of persons and of bodies in ``doc`` with where they stand, in order."""
    people, bodies = [], []
    for entity in doc.ents:
        if "\n" in entity.text:
            continue
        if entity.label_ == "PERSON":
            name = strip_titles(entity.text)
            if name:
                people.append((entity.start_char, name))
        elif entity.label_ == "ORG":
            name = re.sub(r"^(?:the|a|an)\s+", "", entity.text.strip(), flags=re.IGNORECASE)
            name = re.sub(r"['’]s?$", "", name)
            if name:
                bodies.append((entity.start_char, name))
    return people, bodies


def _index(people: list[tuple[int, str]]) -> tuple[dict[str, list[tuple[int, str]]], set[str]]:
    """The full names of persons by their last word, and all names of persons."""
    by_last: dict[str, list[tuple[int, str]]] = {}
    for at, name in people:
        words = name.split()
        if 1 < len(words) <= 5:
            by_last.setdefault(words[-1], []).append((at, name))
    return by_last, {name for _, name in people}


def _place(named: tuple[int, str]) -> int:
    return named[0]


def _first_words(people: list[tuple[int, str]]) -> dict[str, str]:
    """The full names of persons by their first word, where one person alone bears it."""
    found: dict[str, set[str]] = {}
    for _, name in people:
        words = name.split()
        if 1 < len(words) <= 5:
            found.setdefault(words[0], set()).add(name)
    fullest = {word: max(names, key=lambda name: (len(name), name)) for word, names in found.items()}
    return {word: full for word, full in fullest.items() if all(full.startswith(name) for name in found[word])}


def _acronyms(bodies: list[tuple[int, str]], text: str) -> dict[str, str]:
    """Acronyms of the bodies named: by a bracket after the name, or by its initials."""
    found: dict[str, str] = {}
    for at, name in bodies:
        initials = "".join(word[0] for word in re.findall(r"\w+", name) if word[0].isupper())
        if len(initials) >= 2:
            found.setdefault(initials, name)
        bracket = re.match(r"['’]?s?\s*\(([A-Z][A-Za-z-]{1,9})\)", text[at + len(name) : at + len(name) + 24])
        if bracket is None:
            continue
        found[bracket.group(1)] = name
    return {short: name for short, name in found.items() if short != name}


def _plain_country(doc: Doc) -> str:
    """The country whose affairs the document plainly reports, as an adjective ("Velmoran"); empty where not plain."""
    counts: Counter[str] = Counter()
    for token in doc:
        if _DEMONYM.match(token.text) and (token.ent_type_ == "NORP" or token.dep_ in ("amod", "compound", "nmod")):
            near = doc[token.i + 1 : token.i + 4]
            counts[token.text] += 3 if any(t.lower_ in _COUNTRY_HEADS for t in near) else 1
    ranked = counts.most_common(2)
    if not ranked or ranked[0][1] < 3:
        return ""
    return ranked[0][0] if len(ranked) == 1 or ranked[0][1] >= 1.5 * ranked[1][1] else ""
