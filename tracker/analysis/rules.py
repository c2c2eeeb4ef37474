"""The first span finder: rules over the dependency tree, with the lexicon of ``cues``.

Each rule proposes drafts (token ranges of source, cue and content); ``quoted`` then fits the contents to the quotations
and finds what the parse missed; at the end the drafts become attributions with parents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from spacy.tokens import Doc, Token

from tracker.analysis import clauses, cues, labelled, polarity, quoted, reach
from tracker.analysis.cues import CLAUSE, INFINITIVE, OBJECT, CueClass
from tracker.analysis.drafts import Draft, TokenRange
from tracker.analysis.kinds import UNNAMED_HEADS
from tracker.analysis.nesting import in_order
from tracker.analysis.spans import Attribution
from tracker.analysis.unsaid import VERBAL, cites_somebody, is_deed, says_nothing

_COPULAS = frozenset({"be", "feel", "remain", "seem", "become", "sound", "grow"})
_CONFIDENCE = {CLAUSE: 0.9, INFINITIVE: 0.7, OBJECT: 0.65}
_PREPOSITION_CONFIDENCE = 0.7
# What may stand between a cue and its that-clause: "said in a statement posted online that P".
_BETWEEN = frozenset({"prep", "pobj", "acl", "npadvmod", "advcl", "dative"})
_ALWAYS_SAID = ("say", "add")  # after "A said N did this and ...", these go on with A, not with N
_SOURCE_REACH = 14  # tokens before a cue within which a source without a parse is looked for


@dataclass(slots=True)
class _Search:
    """What one search through a document has found so far."""

    doc: Doc
    drafts: list[Draft] = field(default_factory=list)
    # Verbs that the parser hung into a content although they go on with the cue: verb -> cue.
    moved: dict[int, Token] = field(default_factory=dict)


class RuleSpanFinder:
    """Finds attributions by rules over spaCy's dependency tree."""

    def find(self, doc: Doc) -> list[Attribution]:
        """The attributions of ``doc`` in the text's order, parents set."""
        search = _Search(doc, labelled.find(doc))
        for token in doc:
            search.drafts.extend(self._at(token, search))
        drafts = quoted.fit(doc, search.drafts)
        found = (draft.attribution(doc) for draft in drafts)
        return in_order([each for each in found if each.content])

    def _at(self, token: Token, search: _Search) -> Iterator[Draft]:
        if token.lower_ == "according":
            yield from _according(token)
        elif token.pos_ in VERBAL and token.dep_ not in ("aux", "auxpass"):
            draft = _verb(token, search)
            if draft is not None:
                yield draft
        elif token.pos_ == "NOUN":
            draft = _noun(token)
            if draft is not None:
                yield draft


# --- verbs ----------------------------------------------------------------------------------------------------------


def _verb(verb: Token, search: _Search) -> Draft | None:
    if verb.lemma_ in _COPULAS:
        found = _adjective(verb)
        if found is not None:
            return found
    known = cues.frames(verb.lemma_)
    if not known or verb.dep_ == "amod":
        return None
    if clauses.is_passive(verb):
        return _passive(verb)
    for frame, content in _complements(verb, search):
        cue_class = known.get(frame)
        if cue_class is None:
            continue
        if says_nothing(verb, frame, cue_class):
            return None
        if frame in (OBJECT, "as") and cites_somebody(verb):
            return None
        source = _source(verb, frame, content, search)
        if source is None and frame != CLAUSE:
            continue
        if is_deed(verb, frame, source):
            continue
        cue = _cue_range(verb, frame)
        kept = _without(verb.doc, content, cue, source)
        if kept:
            return Draft(cue, source, kept, frame, _CONFIDENCE.get(frame, _PREPOSITION_CONFIDENCE))
    return None


def _complements(verb: Token, search: _Search) -> Iterator[tuple[str, list[TokenRange]]]:
    """The complements that ``verb`` has, most telling first: ``(frame, token ranges)``."""
    judged = _judged_false(verb)
    if judged is not None:
        yield OBJECT, [judged]
        return
    refuted = polarity.says_false(verb)
    if refuted is not None and refuted[0].i > verb.i:
        yield CLAUSE, [reach.announced(refuted[0]) or clauses.phrase(refuted[0])]
        return
    clause = _clause_content(verb, search)
    if clause:
        yield CLAUSE, clause
    yield from _preposition_contents(verb)
    infinitive = next((c for c in verb.children if c.dep_ == "xcomp" and c.pos_ in VERBAL and c.i > verb.i), None)
    target = clauses.child(verb, "dobj", "dative", "oprd")
    if infinitive is not None:
        first, last = clauses.phrase(infinitive)
        if target is not None and verb.i < target.i < infinitive.i:
            first = target.left_edge.i
        last = max(infinitive.i, _cut_conjunct(verb, infinitive, last, search))
        yield INFINITIVE, [(first, last)]
    if target is not None and target.i > verb.i and target.pos_ != "PART" and not _is_reflexive(target):
        yield OBJECT, [_object_content(verb, target)]


def _judged_false(verb: Token) -> TokenRange | None:
    """What is called a lie: "called the claim false"."""
    judged = polarity.calls_false(verb)
    if judged is None:
        return None
    target = clauses.child(verb, "dobj") or clauses.child(judged, "nsubj")
    if target is None or target.i <= verb.i:
        return None
    first = target.left_edge.i
    return clauses.trimmed(verb.doc, first, min(target.right_edge.i, max(first, judged.left_edge.i - 1, target.i)))


def _is_reflexive(token: Token) -> bool:
    return token.lower_.endswith(("self", "selves"))


def _object_content(verb: Token, target: Token) -> TokenRange:
    announced = reach.announced(target)
    if announced is not None and cues.frames(verb.lemma_).get(OBJECT) is CueClass.DENIAL:
        return announced
    first, last = clauses.phrase(target)
    for c in verb.children:
        if c.i > last and (
            c.dep_ in ("xcomp", "oprd", "ccomp") or (c.dep_ == "prep" and c.lower_ in ("for", "of", "as"))
        ):
            gap = verb.doc[last + 1 : c.left_edge.i]
            if len(gap) <= 1:
                last = max(last, clauses.phrase(c)[1])
    return first, last


def _preposition_contents(verb: Token) -> Iterator[tuple[str, list[TokenRange]]]:
    known = cues.frames(verb.lemma_)
    for prep in verb.children:
        if prep.dep_ not in ("prep", "prt", "agent") or prep.i < verb.i or prep.lower_ not in known:
            continue
        inner = clauses.child(prep, "pobj", "pcomp")
        if inner is None:
            continue
        first, last = clauses.phrase(inner)
        target = clauses.child(verb, "dobj")
        if target is not None and verb.i < target.i < prep.i:
            first = target.left_edge.i
        for c in verb.children:
            if c.i > last and c.dep_ in ("xcomp", "advcl") and c.left_edge.i <= last + 1 and c.tag_ == "VB":
                last = clauses.phrase(c)[1]
        yield prep.lower_, [(first, last)]


def _clause_content(verb: Token, search: _Search) -> list[TokenRange]:
    """The clause that ``verb`` reports: after it, before it, or around it ("A, he said, B")."""
    doc = verb.doc
    complement = next((c for c in verb.children if c.dep_ == "ccomp"), None) or _strayed_clause(verb)
    if complement is None:
        return _parenthetical(verb)
    if complement.i > verb.i:
        first, last = complement.left_edge.i, _last_of_clauses(verb, complement)
        first = max(first, verb.i + 1)
        last = reach.before_pointer(complement, first, last)
        last = _cut_conjunct(verb, complement, last, search)
        last = reach.before_remark(complement, last)
        return [clauses.trimmed(doc, first, last)]
    sentence = verb.sent
    first = min(complement.left_edge.i, _sentence_start(doc, sentence.start, complement.i))
    own = clauses.own_subject(verb)
    before = own.left_edge.i if own is not None and complement.i < own.i < verb.i else verb.i
    before = min(
        before, *(c.i for c in verb.children if c.dep_ in ("aux", "advmod") and complement.i < c.i < verb.i), verb.i
    )
    last = max(before - 1, first)
    ranges = [clauses.trimmed(doc, first, last)]
    if complement.right_edge.i > verb.i + 1:
        ranges.append(clauses.trimmed(doc, verb.i + 1, complement.right_edge.i))
    return ranges


def _last_of_clauses(verb: Token, complement: Token) -> int:
    """Where the reported clauses end: those that the parser set beside the first one belong to it.

    "Said 52 were killed, of whom 48 were fighters, three were women"; "said it would act should they cross".
    """
    last: int = complement.right_edge.i
    for c in verb.children:
        if c.dep_ == "ccomp" and c.left_edge.i > last and c.pos_ in VERBAL:
            between = verb.doc[last + 1 : c.left_edge.i]
            if len(between) > 1 or any(t.text != "," for t in between) or cues.frames(c.lemma_):
                break
            last = c.right_edge.i
    return last


def _strayed_clause(verb: Token) -> Token | None:
    """A that-clause which the parser hung on something between: "said in a statement posted online that P"."""
    if CLAUSE not in cues.frames(verb.lemma_):
        return None
    node = verb
    for _ in range(6):
        following = [c for c in node.children if c.i > verb.i and c.dep_ in _BETWEEN]
        if not following:
            return None
        node = following[-1]
        for c in node.children:
            if (
                c.i > node.i
                and c.dep_ in ("ccomp", "acl")
                and any(m.lower_ == "that" and m.dep_ == "mark" for m in c.children)
            ):
                return c
    return None


def _sentence_start(doc: Doc, start: int, limit: int) -> int:
    while start < limit and (doc[start].is_space or doc[start].dep_ == "cc"):
        start += 1
    return start


def _parenthetical(verb: Token) -> list[TokenRange]:
    """The clause around "X said" set off by commas, where the parser made that clause the head."""
    if verb.dep_ not in ("parataxis", "ccomp", "advcl", "dep", "conj", "relcl") or not _set_off(verb):
        return []
    head = verb.head
    if head.pos_ not in VERBAL or any(c.dep_ in ("mark", "advmod") and c.lower_ != "as" for c in _openers(verb)):
        return []
    doc = verb.doc
    first, last = head.left_edge.i, head.right_edge.i
    first = _sentence_start(doc, first, head.i)
    named = _surface_source(verb) if clauses.own_subject(verb) is None else None
    inside = named[0] if named is not None else verb.left_edge.i, verb.right_edge.i
    ranges = [(first, inside[0] - 1), (inside[1] + 1, last)]
    return [clauses.trimmed(doc, a, b) for a, b in ranges if b > a or (a == b and not doc[a].is_punct)]


def _openers(verb: Token) -> list[Token]:
    return [c for c in verb.children if c.i == verb.left_edge.i]


def _set_off(verb: Token) -> bool:
    """Whether the short clause of ``verb`` stands between commas (or a comma and the sentence's end)."""
    doc = verb.doc
    first, last = clauses.phrase(verb)
    if clauses.own_subject(verb) is None:
        named = _surface_source(verb)
        first = named[0] if named is not None else first
    if last - first > 10 or first == 0:
        return False
    before = doc[first - 1]
    after = doc[last + 1] if last + 1 < len(doc) else None
    return before.text in (",", "—", "–") and (after is None or after.is_punct or after.is_space)


def _cut_conjunct(verb: Token, complement: Token, last: int, search: _Search) -> int:
    """Give a conjoined cue verb back to its subject: "said N are in Q and expressed concern"."""
    if verb.tag_ not in ("VBD", "VBZ", "VBP"):
        return last
    for conjunct in complement.conjuncts:
        goes_on = (
            conjunct.i > complement.i
            and conjunct.tag_ == verb.tag_
            and (complement.tag_ != verb.tag_ or conjunct.lemma_ in _ALWAYS_SAID)
            and clauses.own_subject(conjunct) is None
            and clauses.child(conjunct, "aux", "auxpass") is None
            and cues.frames(conjunct.lemma_)
        )
        if goes_on:
            search.moved[conjunct.i] = verb
            start = conjunct.left_edge.i
            while start > complement.i + 1 and (verb.doc[start - 1].dep_ == "cc" or verb.doc[start - 1].is_punct):
                start -= 1
            return min(last, start - 1)
    return last


def _passive(verb: Token) -> Draft | None:
    """A passive with its agent: "the report was denied by A", "a claim rejected by A"."""
    who, what = clauses.agent(verb), clauses.passive_subject(verb)
    known = cues.frames(verb.lemma_)
    if who is None and cues.repaired_lemma(verb.lemma_) in cues.HEARSAY:
        return _hearsay(verb)
    if who is None or what is None or OBJECT not in known or clauses.is_negated(verb) or what.i > verb.i:
        return None
    if cues.repaired_lemma(verb.lemma_) in cues.DEEDS:
        return None
    start = min((c.i for c in verb.children if c.dep_ in ("aux", "auxpass") and c.i > what.i), default=verb.i)
    first, last = what.left_edge.i, min(what.right_edge.i, start - 1)
    content = clauses.trimmed(verb.doc, first, max(first, last))
    announced = reach.announced(what)
    if announced is not None and announced[1] < verb.i and known[OBJECT] is CueClass.DENIAL:
        content = announced
    return Draft(_cue_range(verb, OBJECT), _agent_range(who), [content], OBJECT, 0.75)


def _hearsay(verb: Token) -> Draft | None:
    """A passive that names nobody: "N are believed to have fled", "it was reported that P"."""
    what = clauses.child(verb, "nsubjpass")
    clause = clauses.child(verb, "xcomp", "ccomp")
    if what is None or clause is None or clause.i < verb.i or clauses.is_negated(verb):
        return None
    content = [clauses.phrase(clause)]
    if clause.dep_ == "xcomp":
        content.insert(0, _phrase_before(what, verb))
    return Draft(_cue_range(verb, CLAUSE), None, content, CLAUSE, 0.5)


def _agent_range(who: Token) -> TokenRange:
    """The agent without a relative clause after a comma: "denied by A, who said"."""
    first, last = clauses.phrase(who)
    relative = clauses.child(who, "relcl")
    if relative is not None and relative.left_edge.i > who.i:
        last = relative.left_edge.i - 1
    return clauses.trimmed(who.doc, first, max(first, last))


def _adjective(verb: Token) -> Draft | None:
    """Adjectives of attitude: "is confident that P", "was critical of P"."""
    adjective = clauses.child(verb, "acomp")
    who = clauses.subject(verb)
    if adjective is None or who is None or clauses.is_negated(verb):
        return None
    known = cues.frames(adjective.lemma_, part="adjective")
    for c in (*adjective.children, *verb.children):
        if c.i <= adjective.i:
            continue
        inner = clauses.child(c, "pobj", "pcomp") if c.dep_ == "prep" else c
        frame = {"ccomp": CLAUSE, "xcomp": INFINITIVE, "prep": c.lower_}.get(c.dep_, "")
        if frame in known and inner is not None:
            last = c.i if c.dep_ == "prep" else adjective.i
            source = _phrase_before(who, verb)
            return Draft((min(verb.i, adjective.i), max(verb.i, last)), source, [clauses.phrase(inner)], frame, 0.6)
    return None


# --- nouns and set phrases ------------------------------------------------------------------------------------------


def _noun(noun: Token) -> Draft | None:
    """Nouns of speech with their owner: "A's claim that P", "A's call for P"."""
    known = cues.frames(noun.lemma_, part="noun")
    who = clauses.child(noun, "poss")
    if not known or who is None:
        return None
    for c in noun.children:
        if c.i <= noun.i:
            continue
        inner: Token | None = c
        frame = ""
        if c.dep_ == "prep":
            inner, frame = clauses.child(c, "pobj", "pcomp"), c.lower_
        elif c.dep_ in ("acl", "ccomp", "relcl"):
            opener = next((t.lower_ for t in c.children if t.dep_ in ("mark", "aux")), "")
            frame = {"that": CLAUSE, "to": INFINITIVE}.get(opener, "")
        if frame in known and inner is not None:
            return Draft((noun.i, noun.i), _phrase_before(who, noun), [clauses.phrase(inner)], frame, 0.6)
    return None


def _according(token: Token) -> Iterator[Draft]:
    """Find "According to A, P" wherever it stands in the sentence."""
    doc = token.doc
    to = token.nbor(1) if token.i + 1 < len(doc) else None
    if to is None or to.lower_ != "to":
        return
    inner = clauses.child(to, "pobj", "pcomp") or clauses.child(token, "pobj")
    if inner is None or inner.i < to.i:
        return
    source = clauses.phrase(inner)
    clause = token.head
    while clause.pos_ not in VERBAL and clause.head != clause:
        clause = clause.head
    first, last = _sentence_start(doc, clause.left_edge.i, clause.i), clause.right_edge.i
    ranges = [(first, token.i - 1), (source[1] + 1, last)]
    content = [clauses.trimmed(doc, a, b) for a, b in ranges if b >= a]
    content = [(a, b) for a, b in content if not all(t.is_punct or t.is_space for t in doc[a : b + 1])]
    if content and source[0] > to.i:
        yield Draft((token.i, to.i), source, content, CLAUSE, 0.85)


# --- ranges ---------------------------------------------------------------------------------------------------------


def _cue_range(verb: Token, frame: str) -> TokenRange:
    """The cue's words: the verb with its auxiliaries and, where the frame is a preposition, that as well."""
    first = last = verb.i
    while first > 0 and verb.doc[first - 1].dep_ in ("aux", "auxpass", "neg") and verb.doc[first - 1].head == verb:
        first -= 1
    for c in verb.children:
        if c.i == last + 1 and (c.dep_ == "prt" or (c.dep_ == "prep" and c.lower_ == frame)):
            last = c.i
    return first, last


def _phrase_before(who: Token, anchor: Token) -> TokenRange:
    """The phrase of ``who``, cut where it would swallow ``anchor``."""
    first, last = clauses.phrase(who)
    if first <= anchor.i <= last:
        if who.i < anchor.i:
            last = anchor.i - 1
        else:
            first = anchor.i + 1
    if who.dep_ == "poss" and last > first and who.doc[last].dep_ == "case":
        last -= 1
    return clauses.trimmed(who.doc, first, last)


def _source(verb: Token, frame: str, content: list[TokenRange], search: _Search) -> TokenRange | None:
    """The words that name who ``verb`` is said of."""
    anchor = search.moved.get(verb.i, verb)
    if anchor == verb and clauses.own_subject(verb) is None and verb.tag_ in ("VBD", "VBZ", "VBP"):
        named = _surface_source(verb) if verb.dep_ in ("advcl", "ccomp", "parataxis", "ROOT") else None
        if named is not None:
            return named
    who = clauses.subject(anchor)
    if frame != CLAUSE and anchor.dep_ == "acl" and who == anchor.head and who.lemma_.lower() not in UNNAMED_HEADS:
        return None
    if who is not None and not any(a <= who.i <= b for a, b in content):
        found = _phrase_before(who, anchor)
        return _away_from(found, content)
    return _surface_source(verb)


def _away_from(source: TokenRange, content: list[TokenRange]) -> TokenRange | None:
    """``source`` without the tokens that belong to the content."""
    first, last = source
    for a, b in content:
        if a <= first <= b:
            first = b + 1
        elif first < a <= last:
            last = a - 1
    return (first, last) if first <= last else None


def _surface_source(verb: Token) -> TokenRange | None:
    """The noun phrase between the last comma or quotation mark and ``verb``, where the parse gives no subject."""
    doc = verb.doc
    end = verb.i - 1
    while end > 0 and doc[end].dep_ in ("aux", "advmod") and doc[end].head == verb:
        end -= 1
    start = end
    floor = max(verb.sent.start, end - _SOURCE_REACH)
    while (
        start >= floor and not (doc[start].is_punct and doc[start].text not in "-'’.&/()") and not doc[start].is_space
    ):
        if doc[start].pos_ in VERBAL:
            return None
        start -= 1
    start += 1
    if (
        start > end
        or doc[end].pos_ not in ("NOUN", "PROPN", "PRON")
        or (start > 0 and start == verb.sent.start and end < start)
    ):
        return None
    return start, end


def _without(doc: Doc, content: list[TokenRange], cue: TokenRange, source: TokenRange | None) -> list[TokenRange]:
    """The content ranges cut so that neither cue nor source lies in them."""
    ranges = content
    for hole in (cue, source):
        if hole is None:
            continue
        cut: list[TokenRange] = []
        for a, b in ranges:
            if hole[1] < a or hole[0] > b:
                cut.append((a, b))
                continue
            if a < hole[0]:
                cut.append(clauses.trimmed(doc, a, hole[0] - 1))
            if hole[1] < b:
                cut.append(clauses.trimmed(doc, hole[1] + 1, b))
        ranges = cut
    return [(a, b) for a, b in ranges if any(t.text[0].isalnum() or t.text == "$" for t in doc[a : b + 1])]
