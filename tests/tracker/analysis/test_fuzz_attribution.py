"""Whatever the text, the attribution answers, and every offset and word in its answer is in the text.

`python -m benchmarks.fuzz_attribution` does the same for as many documents as one likes.
"""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.fuzz_attribution import answer, violations
from benchmarks.mangling import MANGLINGS, NEWS, documents, excerpt
from tracker.analysis.finders import Finder
from tracker.analysis.pipeline import analyse

PIECES = (
    "said", "denied", "told", "according to", "He", "Ana Brod", "the army", "officials", "that", "“", "”", '"', "'",
    "(", ")", "[", "]", "—", ":", ",", ".", "?", "\n", "\n\n", "\r\n", "\u2028", " ", " ", "12", "at least 40 people",
    "killed", "on Monday", "in Torvik", "a claim", "did not say", "\x00", "\ud83d", "\u202e", "\u0301", "ﷺ", "<p>",
)  # fmt: skip
FINDERS = pytest.mark.parametrize("finder", list(Finder), ids=str)
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


def broken_by(text, finder):
    return list(violations(text, analyse(text, finder=finder)))


@pytest.mark.parametrize(("finder", "count"), [(Finder.RULES, 160), (Finder.TRAINED, 80)], ids=str)
def test_mangled_documents_break_no_rule(finder, count):
    broken = {text: wrong for text in documents(count, seed=20) if (wrong := broken_by(text, finder))}
    assert broken == {}


@FINDERS
@settings(max_examples=60, deadline=None, suppress_health_check=QUIET, derandomize=True)
@given(text=st.lists(st.sampled_from(PIECES), max_size=60).map(" ".join) | st.text(st.characters(), max_size=200))
def test_any_text_breaks_no_rule(text, finder):
    assert broken_by(text, finder) == []


@FINDERS
def test_a_text_gets_the_same_answer_alone_and_after_others(finder):
    texts = list(documents(12, seed=21))
    forth = [answer(text, finder) for text in texts]
    back = [answer(text, finder) for text in reversed(texts)]
    assert forth == back[::-1]


@FINDERS
def test_the_undamaged_text_is_understood(finder):
    """So that the others do not pass because nothing is ever found."""
    cues = {each["cue"]["text"] for each in json.loads(answer(NEWS, finder)) if each["cue"]}
    assert {"denied", "said", "according to"} <= cues


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda each: {"content": each.content.__class__(each.content.text, ((0, 10_000),))}, "outside of the text"),
        (lambda each: {"content": each.content.__class__("other words", each.content.spans)}, "not what stands there"),
        (lambda each: {"cue": each.content.__class__("", ())}, "no piece"),
        (lambda each: {"content": each.content.__class__(each.content.text, each.content.spans * 2)}, "overlaps"),
        (lambda each: {"parent": 7}, "out of range"),
        (lambda each: {"parent": 0}, "its own ancestor"),
        (lambda each: {"confidence": float("nan")}, "confidence"),
        (lambda each: {"decided_by": ("never",)}, "not in the text"),
    ],
)
def test_each_rule_is_looked_after(change, rule):
    """The examiner itself finds what it is there for."""
    from dataclasses import replace

    text = "Brod said it rained."
    (only,) = analyse(text)
    assert not list(violations(text, [only]))
    assert rule in " ".join(violations(text, [replace(only, **change(only))]))


def test_documents_are_the_same_for_the_same_seed_and_all_manglings_are_used():
    import random

    assert list(documents(30, seed=3)) == list(documents(30, seed=3))
    assert list(documents(30, seed=3)) != list(documents(30, seed=4))
    text = excerpt(random.Random(1), NEWS)
    unchanged = [each.__name__ for each in MANGLINGS if all(each(random.Random(n), text) == text for n in range(5))]
    assert unchanged == []


@pytest.mark.parametrize("finder", Finder)
def test_an_adjective_before_its_verb_is_a_cue_of_some_width(finder):
    text = "Brod told reporters how surprised she is that it rained."
    assert not list(violations(text, analyse(text, finder=finder)))
