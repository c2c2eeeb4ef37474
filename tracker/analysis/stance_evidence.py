"""What in a premise's sentences speaks against a hypothesis: the same frame with another filler, or turned round."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from spacy.tokens import Doc, Token

from tracker.analysis.numerals import Numeral, find_numerals
from tracker.analysis.stance_alignment import ALIKE, Aligned, Word, alike, core
from tracker.analysis.stance_lexicon import (
    DECADES,
    EXCLUSIVE,
    LIGHT,
    NATIONS,
    OPPOSED_PLACES,
    OPPOSITES,
    ORDINALS,
    kinds_apart,
    nation,
    same_kind,
    undone,
)
from tracker.analysis.wording import concept, fold, stem

_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTH})\b")
_MONTH_DAY = re.compile(rf"\b({_MONTH}),? (\d{{1,2}})(?!\d)")
_ANY_MONTH = re.compile(
    rf"\b({_MONTH.replace('May|', '')})\b|\b(?:in|\d{{1,2}}(?:st|nd|rd|th)?|of) (May)\b|\b(May),? \d"
)
_YEAR = re.compile(r"(?<![\d,.$£€-])(1[0-9]\d\d|20[0-4]\d)(?![\d,]\d|'?s|\d)\b")
_YEARS = re.compile(r"(1[0-9]\d\d|20[0-4]\d)\D{1,14}(1[0-9]\d\d|20[0-4]\d)")
_DECADE = re.compile(r"\b(1[0-9]\d|20[0-4])0'?s\b")
_SLOTS = frozenset({"dobj", "by", "of", "to", "from", "with", "as", "for", "about", "attr"})
# Words this close belong together.
_NEAR = 8
_WHERE = frozenset({"in", "at", "from", "to", "near", "on", "into"})
_NO_KINDS = frozenset({"part", "name", "one", "number"})
_MAGNITUDES = frozenset(10.0**power for power in (-9, -6, -3, 3, 6, 9))
_NAMED = frozenset({"PERSON", "ORG", "GPE", "LOC", "WORK_OF_ART", "NORP", "FAC", "EVENT", "PRODUCT"})
_FAMILIES = {"PERSON": "agent", "ORG": "agent", "GPE": "place", "LOC": "place", "FAC": "place"}
_FILLED_BY_NAMES = frozenset({"PERSON", "ORG", "GPE", "LOC"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason against: its kind, the words that show it, the hypothesis' words that it is about.

    ``where`` is the premise's word that shows it, -1 where no one word does.
    """

    kind: str
    words: str
    about: frozenset[int] = frozenset()
    where: int = -1


def against(pair: Aligned) -> list[Evidence]:
    """Return the reasons against the hypothesis that the premise gives, at most one of each kind."""
    found: list[Evidence] = []
    for look in _LOOKS:
        found += list(look(pair))[:1]
    return found


# --- Figures and dates -----------------------------------------------------------------------------------------------


def _figures(pair: Aligned) -> Iterator[Evidence]:
    theirs = list(_counted(pair.premise))
    for numeral, units, at in _counted(pair.hypothesis):
        rivals = [(other, place) for other, counted, place in theirs if units & counted]
        if rivals and not any(_fit(numeral, other) for other, _ in rivals):
            (rival, place), unit = rivals[0], sorted(units)[0]
            yield Evidence("figures", f"{numeral.value:g} against {rival.value:g} {unit}", at, min(place))


def _counted(doc: Doc) -> Iterator[tuple[Numeral, frozenset[str], frozenset[int]]]:
    """Yield the text's figures with what they count, dates left out."""
    for numeral in find_numerals(doc.text):
        span = doc.char_span(numeral.number_start, numeral.end, alignment_mode="expand")
        if span is None or not len(span):
            continue
        if any(token.ent_type_ == "DATE" and 1000 <= numeral.value <= 2100 for token in span):
            continue
        units = _units(doc, span.end)
        if span.start and doc[span.start - 1].text in "$£€":
            units |= {doc[span.start - 1].text}
        yield numeral, frozenset(units), frozenset(range(span.start, span.end))


def _units(doc: Doc, start: int) -> set[str]:
    units: set[str] = set()
    for token in doc[start : start + 5]:
        if token.pos_ in ("NOUN", "PROPN") or token.text == "%":
            units.add("%" if token.lower_ in ("percent", "percentage") else concept(fold(token.text)))
        elif units or token.pos_ not in ("ADJ", "ADP", "DET", "NUM"):
            break
    return units


def _fit(one: Numeral, other: Numeral) -> bool:
    """Whether both can be true of one count; one in a hundred apart is rounding, more where one says "about"."""
    if one.value and other.value and one.value / other.value in _MAGNITUDES:
        return True  # "5 bn" read without its unit
    slack = 1.1 if one.approximate or other.approximate else 1.01
    low = max(one.low or 0.0, other.low or 0.0)
    high = min(*(n.high if n.high is not None else float("inf") for n in (one, other)))
    return low <= high * slack


def _years(pair: Aligned) -> Iterator[Evidence]:
    said, theirs = _all_years(pair.hypothesis), _all_years(pair.premise)
    periods = [(int(a), int(b)) for a, b in _YEARS.findall(pair.premise.text)]
    for year, first, last in said:
        meets = any(a <= last and first <= b for _, a, b in theirs)
        if theirs and not meets and not any(a <= first and last <= b for a, b in periods):
            yield _dates(pair, year, [other for other, _, _ in theirs])


def _all_years(doc: Doc) -> list[tuple[str, int, int]]:
    found = [(year, int(year), int(year)) for year in _YEAR.findall(doc.text)]
    found += [(f"{tens}0", int(tens) * 10, int(tens) * 10 + 9) for tens in _DECADE.findall(doc.text)]
    found += [(t.lower_, DECADES[t.lower_], DECADES[t.lower_] + 9) for t in doc if t.lower_ in DECADES]
    return found


def _days(pair: Aligned) -> Iterator[Evidence]:
    said, theirs = _month_days(pair.hypothesis.text), _month_days(pair.premise.text)
    if said and theirs and not said & theirs:
        yield _dates(pair, min(said), sorted(theirs))
    months = _months(pair.hypothesis.text), _months(pair.premise.text)
    if all(months) and not months[0] & months[1]:
        yield _dates(pair, min(months[0]), sorted(months[1]))


def _dates(pair: Aligned, one: str, others: Sequence[str]) -> Evidence:
    """Return the evidence; it is the stronger where both dates hang on the same verb or on none that says anything."""
    start = one.split(maxsplit=1)[0].lower()
    mine = next((t for t in pair.hypothesis if t.text.lower().startswith(start)), None)
    starts = tuple(other.split(maxsplit=1)[0].lower() for other in others)
    rivals = [t for t in pair.premise if t.text.lower().startswith(starts)]
    at = frozenset(t.i for t in pair.hypothesis if t.text in one.split() or t.ent_type_ == "DATE")
    if mine is None or not rivals:
        return Evidence("other date", f"{one} against {others[0]}", at)
    event = _event(mine)
    framed = [r for r in rivals if _saying_nothing(event) or _matches(pair, event, _event(r)) or _life(pair, event)]
    rival = (framed or rivals)[0]
    other = next(o for o, start in zip(others, starts, strict=True) if rival.text.lower().startswith(start))
    return Evidence("dates" if framed else "other date", f"{one} against {other}", at, rival.i)


def _event(token: Token) -> Token:
    """Return the nearest verb above, else the top of the sentence."""
    while token.head.i != token.i:
        token = token.head
        if token.pos_ in ("VERB", "AUX"):
            return token
    return token


def _life(pair: Aligned, event: Token) -> bool:
    """Whether the verb was found in a life's dates in brackets."""
    return event.i in pair.matches and pair.covered(event.i) and pair.matches[event.i][1] is None


def _saying_nothing(token: Token) -> bool:
    return token.lemma_.lower() in LIGHT


def _month_days(text: str) -> set[str]:
    found = {f"{month} {int(day)}" for day, month in _DAY_MONTH.findall(text)}
    return found | {f"{month} {int(day)}" for month, day in _MONTH_DAY.findall(text)}


def _months(text: str) -> set[str]:
    return {name for match in _ANY_MONTH.findall(text) for name in match if name}


def _ordinals(pair: Aligned) -> Iterator[Evidence]:
    theirs = list(_ranked(pair.premise))
    for rank, noun, at in _ranked(pair.hypothesis):
        rivals = {other: place for other, same, place in theirs if same == noun}
        if rivals and rank not in rivals:
            other, place = min(rivals.items())
            words = f"number {rank} against number {other} {noun}"
            yield Evidence("figures", words, frozenset({at}), place)


def _ranked(doc: Doc) -> Iterator[tuple[int, str, int]]:
    for token in doc:
        digits = re.fullmatch(r"(\d{1,3})(?:st|nd|rd|th)", token.lower_)
        rank = ORDINALS.get(token.lower_) or (int(digits.group(1)) if digits else 0)
        if rank and token.head.pos_ in ("NOUN", "PROPN") and token.ent_type_ != "DATE":
            yield rank, concept(fold(token.head.text)), token.i


# --- Names, nations, kinds -------------------------------------------------------------------------------------------


def _nations(pair: Aligned) -> Iterator[Evidence]:
    said = [w for w in pair.predicate if w.folded in NATIONS]
    theirs = [w for w in pair.have if w.folded in NATIONS]
    if not said or not theirs or {nation(w.folded) for w in said} & {nation(w.folded) for w in theirs}:
        return
    framed = [(w, r) for w in said for r in theirs if _same_frame(pair, w, r) or _both_said_to_be(w.token, r.token)]
    word, rival = framed[0] if framed else (said[0], theirs[0])
    words = f"{word.token.text} against {rival.token.text}"
    yield Evidence("nation" if framed else "other nation", words, frozenset({word.at}), rival.at)


def _both_said_to_be(one: Token, other: Token) -> bool:
    """Whether both stand in what their sentence says the subject is ("is a Danish painter")."""
    return all(any(up.dep_ in ("attr", "acomp") for up in (t, *t.ancestors)) for t in (one, other))


def _names(pair: Aligned) -> Iterator[Evidence]:
    """Another name of the same type where the hypothesis has its own: "directed by A" against "directed by B"."""
    names = [w for w in pair.predicate if w.is_name and w.folded not in NATIONS and _may_be_named(w.token)]
    free = [w for w in pair.have if w.is_name and not any(alike(w, x) >= ALIKE for x in pair.wanted)]
    for word in names:
        together = [w for w in names if abs(w.at - word.at) <= 3 and _one_type(w.token, word.token)]
        if any(pair.covered(w.at) for w in together):
            continue
        framed = [w for w in free if _one_type(word.token, w.token) and _same_frame(pair, word, w)]
        rivals = framed or [w for w in free if w.token.ent_type_ and w.token.ent_type_ == word.token.ent_type_]
        if rivals:
            about = frozenset(w.at for w in together)
            words = f"{word.token.text} against {rivals[0].token.text}"
            yield Evidence("name" if framed else "other name", words, about, rivals[0].at)
            return


def _may_be_named(token: Token) -> bool:
    return not token.ent_type_ or token.ent_type_ in _NAMED


def _one_type(one: Token, other: Token) -> bool:
    """Whether the two may be names of one type: the parser leaves some untyped, and takes persons for organisations."""
    a, b = (_FAMILIES.get(t.ent_type_, t.ent_type_) for t in (one, other))
    return a == b or not a or not b


def _same_frame(pair: Aligned, word: Word, rival: Word) -> bool:
    """Whether the same preposition or role binds both names to words that match."""
    binder, governor = _bound(word.token)
    other_binder, other_governor = _bound(rival.token)
    if binder != other_binder and not {binder, other_binder} <= _WHERE:
        return False
    return _matches(pair, governor, other_governor)


def _matches(pair: Aligned, governor: Token, other: Token) -> bool:
    mine = next((w for w in pair.wanted if w.at == governor.i), None)
    theirs = next((w for w in pair.have if w.at == other.i), None)
    if mine is None or theirs is None:
        return governor.lemma_ == other.lemma_
    return alike(mine, theirs) >= ALIKE


def _bound(token: Token) -> tuple[str, Token]:
    """Return how a name hangs in its sentence (its preposition or role), and on what."""
    while token.dep_ in ("compound", "flat", "appos", "conj", "nmod", "poss") and token.head.i != token.i:
        if token.dep_ == "poss":
            return "poss", token.head
        token = token.head
    if token.dep_ == "pobj":
        return token.head.lower_, token.head.head
    return token.dep_.removesuffix("pass"), token.head


def _kinds(pair: Aligned) -> Iterator[Evidence]:
    """Another kind of thing: "is a town" against "is a river", where nothing says that it is both."""
    said = _classes(pair.hypothesis)
    theirs = [kind for kind in _classes(pair.premise) if _same_subject(pair, kind)] if said else []
    head = next((w for w in pair.wanted if w.token in said), None)
    if head is None or not theirs:
        return
    same = [kind for kind in theirs if _called(head.token, kind)]
    if same:
        yield from _sorts(pair, head.token, same)
        return
    apart = [kinds_apart(head.folded, fold(kind.text)) for kind in theirs]
    if False in apart or (True not in apart and pair.covered(head.at)):
        return
    about = frozenset(t.i for t in head.token.subtree)
    kind = "kind" if True in apart else "other kind"
    yield Evidence(kind, f"{head.token.text} against {theirs[0].text}", about, theirs[0].i)


def _called(one: Token, other: Token) -> bool:
    """Whether the two nouns name one kind of thing."""
    a, b = fold(one.text), fold(other.text)
    return concept(a) == concept(b) or same_kind(a, b)


def _sorts(pair: Aligned, head: Token, same: list[Token]) -> Iterator[Evidence]:
    """Another sort of one kind: "a jazz album" against "a folk album"."""
    missing = [c for c in _modifiers(head) if not pair.covered(c.i)]
    theirs = [m for kind in same for m in _modifiers(kind)]
    wanted = {concept(w.folded) for w in pair.wanted}
    rivals = [m for m in theirs if concept(fold(m.text)) not in wanted]
    if missing and rivals:
        words = f"{missing[0].text} against {rivals[0].text} {head.text}"
        yield Evidence("other sort", words, frozenset(t.i for t in missing), rivals[0].i)


def _modifiers(noun: Token) -> list[Token]:
    found = [c for c in noun.children if c.dep_ in ("amod", "compound", "nmod") and c.pos_ in ("ADJ", "NOUN")]
    return [m for one in found for m in (one, *_modifiers(one))]


def _fillers(pair: Aligned) -> Iterator[Evidence]:
    """Another noun in the same place of the same words: "made of tin" against "made of clay"."""
    for word in pair.missing:
        if word.token.pos_ != "NOUN" or word.token.ent_type_ == "DATE":
            continue
        binder, governor = _bound(word.token)
        if binder not in _SLOTS or not pair.covered(governor.i) or governor.i not in pair.matches:
            continue
        for other in pair.have:
            if other.token.pos_ not in ("NOUN", "PROPN") or any(alike(other, w) >= ALIKE for w in pair.wanted):
                continue
            same, above = _bound(other.token)
            if same == binder and _matches(pair, governor, above):
                about = frozenset(t.i for t in word.token.subtree)
                yield Evidence("other filler", f"{word.token.text} against {other.token.text}", about, other.at)


def _same_subject(pair: Aligned, kind: Token) -> bool:
    """Whether what is called so in the premise may be the hypothesis' subject: it shares a word, or stands for it."""
    verb = next((up for up in kind.ancestors if up.pos_ in ("AUX", "VERB")), None)
    subject = next((c for c in verb.children if c.dep_ in ("nsubj", "nsubjpass")), None) if verb is not None else None
    if subject is None or subject.pos_ == "PRON":
        return True
    inside = {t.i for t in subject.subtree}
    mine = [w for w in pair.wanted if w.at in pair.subject]
    return not mine or any(match.at in inside for w in mine for match in pair.all_matches(w))


def _classes(doc: Doc) -> list[Token]:
    """Return the nouns by which the text says what something is."""
    found: list[Token] = []
    for token in doc:
        if token.lemma_.lower() in ("be", "remain", "become") and token.pos_ in ("AUX", "VERB"):
            for child in token.children:
                if (
                    child.dep_ == "attr"
                    and child.pos_ == "NOUN"
                    and child.lower_ not in ("part", "name", "one", "number")
                ):
                    found += [child, *(other for other in child.conjuncts if other.pos_ == "NOUN")]
    return found


# --- Roles -----------------------------------------------------------------------------------------------------------


def _roles(pair: Aligned) -> Iterator[Evidence]:
    """Who did it to whom, turned about or with another doer."""
    verb = next((t for t in pair.hypothesis if t.dep_ == "ROOT" and t.pos_ == "VERB"), None)
    if verb is None or verb.i in pair.turned_in_hypothesis:
        return
    doer, done_to = _doers(verb), _done_to(verb)
    about = frozenset(t.i for t in doer)
    for other in pair.premise:
        if other.pos_ != "VERB" or concept(fold(other.text)) != concept(fold(verb.text)):
            continue
        doers, objects = _doers(other), _done_to(other)
        if not doer or not doers or _any_alike(doer, doers) or _found_in(pair, doer, doers):
            continue
        if done_to and _any_alike(doer, objects) and _any_alike(done_to, doers):
            yield Evidence("roles", f'who "{verb.text}" whom', about, other.i)
        elif _named(doer) and (not done_to or _any_alike(done_to, objects)):
            words = f"{doer[0].text} against {doers[0].text} ({verb.text})"
            if _named(doers) and any(_one_type(a, b) for a in doer for b in doers):
                yield Evidence("name", words, about, other.i)
            elif done_to and doers[0].pos_ != "PRON" and any(pair.covered(t.i) for t in doer):
                yield Evidence("other doer", words, about, other.i)


def _doers(verb: Token) -> list[Token]:
    """Return who does it: the subject, the agent of a passive, or whom the verb's clause describes."""
    found = [c for c in verb.children if c.dep_ == "nsubj"]
    if not found and verb.dep_ in ("conj", "xcomp") and verb.head.pos_ == "VERB" and verb.tag_ != "VBN":
        found = [c for c in verb.head.children if c.dep_ == "nsubj"]
    if any(c.tag_ in ("WP", "WDT") for c in found) and verb.dep_ == "relcl":
        found = [verb.head]
    for child in verb.children:
        if child.dep_ == "agent" or (child.dep_ == "prep" and child.lower_ == "by" and verb.tag_ == "VBN"):
            found += [p for p in child.children if p.dep_ == "pobj"]
    return [c for one in found for c in (one, *one.conjuncts)]


def _done_to(verb: Token) -> list[Token]:
    found = [c for c in verb.children if c.dep_ in ("dobj", "nsubjpass") and c.pos_ != "PRON"]
    if verb.dep_ in ("acl", "relcl") and verb.tag_ == "VBN":
        found.append(verb.head)
    return [c for one in found for c in (one, *one.conjuncts)]


def _found_in(pair: Aligned, ones: list[Token], others: list[Token]) -> bool:
    """Whether a word of the one phrases has its match, also by its initials, in the others."""
    inside = {t.i for other in others for t in other.subtree}
    found = [pair.matches[t.i] for one in ones for t in one.subtree if t.i in pair.matches]
    return any(match is not None and score >= ALIKE and match.at in inside for score, match in found)


def _named(tokens: list[Token]) -> bool:
    return bool(tokens) and all(
        any(c.pos_ == "PROPN" and c.ent_type_ in _FILLED_BY_NAMES | {""} for c in (t, *t.children)) for t in tokens
    )


def _any_alike(ones: list[Token], others: list[Token]) -> bool:
    return any(_heads_alike(one, other) for one in ones for other in others)


def _heads_alike(one: Token, other: Token) -> bool:
    """Whether two phrases share a name or their head."""
    names = [{t.lower_ for t in (word, *word.children) if t.pos_ == "PROPN"} for word in (one, other)]
    if all(names) or one.pos_ == "PROPN" or other.pos_ == "PROPN":
        return bool(names[0] & names[1])
    return concept(fold(one.text)) == concept(fold(other.text))


# --- Turned round ----------------------------------------------------------------------------------------------------


def _negation(pair: Aligned) -> Iterator[Evidence]:
    """What the hypothesis asserts is negated in the premise, or the other way round."""
    for item in _asserted(pair):
        if item.token.ent_type_ in ("DATE", "CARDINAL") or item.token.pos_ == "NUM":
            continue
        matches = _in_context(pair, item)
        for kind, mine, theirs in (
            ("negation", pair.negated_in_hypothesis, pair.negated_in_premise),
            ("turned", pair.turned_in_hypothesis, pair.turned_in_premise),
        ):
            same = {(match.at in theirs) == (item.at in mine) for match in matches}
            turned = {(m.at in pair.turned_in_premise) == (item.at in pair.turned_in_hypothesis) for m in matches}
            if same == {False} and True not in turned:
                words = f'one of the two negates "{item.token.text}"'
                yield Evidence(kind, words, frozenset({item.at}), matches[0].at)


def _asserted(pair: Aligned) -> list[Word]:
    """Return the hypothesis' words, had by the premise, whose negation negates the whole: its core, what it negates."""
    main = core(pair.hypothesis)
    if main is None:
        return []
    word = next((w for w in pair.wanted if w.at == main.i), None)
    # A main verb that the premise lacks leaves open what would be negated.
    if word is not None and not pair.covered(word.at) and main.pos_ == "VERB":
        return []
    below = {c.i for c in main.children if c.dep_ in ("dobj", "attr", "acomp", "xcomp", "oprd")}
    manner = {c.i for c in main.children if c.dep_ in ("advmod", "amod")}
    places = {main.i} if word is not None and pair.covered(word.at) else below
    found = [w for w in pair.wanted if w.at in places | manner and pair.covered(w.at)]
    if not found:
        found = [w for w in pair.predicate if w.at in pair.turned_in_hypothesis and pair.covered(w.at)]
    return [w for w in found if pair.matches[w.at][1] is not None]


def _in_context(pair: Aligned, item: Word) -> list[Word]:
    """Return the premise's matches of the word that stand closest to matches of the other predicate words."""
    others = [m.at for w in pair.predicate if w.at != item.at for m in pair.all_matches(w)]
    matches = pair.all_matches(item)
    near = {m.at: sum(abs(m.at - at) <= _NEAR for at in others) for m in matches}
    best = max(near.values(), default=0)
    return [m for m in matches if near[m.at] == best]


def _antonyms(pair: Aligned) -> Iterator[Evidence]:
    """A word of the premise that says the opposite of one of the hypothesis' own."""
    theirs = {stem(w.folded): w for w in pair.have}
    mine = {stem(w.folded): w for w in pair.wanted}
    for base, word in mine.items():
        if base in theirs:
            continue
        for other, opposed in theirs.items():
            if other in mine or not (other in OPPOSITES.get(base, ()) or _undone(word, opposed)):
                continue
            turned = (word.at in pair.turned_in_hypothesis) != (opposed.at in pair.turned_in_premise)
            if not turned:
                words = f'"{word.token.text}" against "{opposed.token.text}"'
                yield Evidence("antonym", words, frozenset({word.at}), opposed.at)


def _places(pair: Aligned) -> Iterator[Evidence]:
    """The opposite preposition before the same words: "before the vote" against "after the vote"."""
    theirs = {(t.lower_, concept(fold(c.text))): t.i for t in pair.premise for c in _governed(t)}
    for token in pair.hypothesis:
        opposite = OPPOSED_PLACES.get(token.lower_, "")
        for below in _governed(token) if opposite else ():
            key = concept(fold(below.text))
            if (opposite, key) in theirs and (token.lower_, key) not in theirs:
                words = f'"{token.text} {below.text}" against "{opposite}"'
                yield Evidence("antonym", words, frozenset({token.i}), theirs[opposite, key])


def _governed(token: Token) -> list[Token]:
    """Return what a preposition stands before: its object, or its clause's verb."""
    if token.dep_ == "mark":
        return [token.head]
    return [c for c in token.children if c.dep_ in ("pobj", "pcomp", "advcl")] if token.pos_ in ("ADP", "SCONJ") else []


def _undone(one: Word, other: Word) -> bool:
    return one.token.pos_ == other.token.pos_ and undone(stem(one.folded), stem(other.folded))


def _exclusive(pair: Aligned) -> Iterator[Evidence]:
    """The hypothesis says "only" of what the premise lists among other things, or the premise says it of another."""
    mine = [t for t in pair.hypothesis if t.lower_ in EXCLUSIVE]
    theirs = [t for t in pair.premise if t.lower_ in EXCLUSIVE]
    if theirs and not mine and pair.missing:
        reached = {w.i for w in theirs[0].head.subtree if w.i > theirs[0].i} | {theirs[0].head.i}
        missing = pair.missing[0]
        shared = {match.at for w in pair.predicate for match in pair.all_matches(w)}
        if (reached & shared or not shared) and missing.is_name:
            yield Evidence(
                "only", f'"{theirs[0].text}" another than {missing.token.text}', frozenset({missing.at}), theirs[0].i
            )
    if mine and not theirs:
        after = [w for w in pair.predicate if w.at > mine[0].i]
        listed = [m.token for w in after for m in pair.all_matches(w)]
        more = next((t for t in listed if any(c.pos_ in ("NOUN", "PROPN", "ADJ") for c in t.conjuncts)), None)
        if more is not None:
            yield Evidence("only", f'not "{mine[0].text}" {more.text}', frozenset({mine[0].i}), more.i)


_LOOKS: tuple[Callable[[Aligned], Iterator[Evidence]], ...] = (
    _negation,
    _antonyms,
    _figures,
    _ordinals,
    _years,
    _days,
    _nations,
    _names,
    _kinds,
    _places,
    _fillers,
    _roles,
    _exclusive,
)
