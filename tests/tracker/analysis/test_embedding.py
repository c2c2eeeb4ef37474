"""Vectors by signed feature hashing."""

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.embedding import DIMENSIONS, cosine, embed


def test_a_rewording_is_nearer_than_another_event_in_the_same_words() -> None:
    claim = embed("the army kept a bridge open for the villagers of Torvik")
    rewording = embed("The bridge was left open by soldiers so that villagers from Torvik could cross")
    another = embed("the army shelled a school near the villagers")
    assert cosine(claim, rewording) > cosine(claim, another) + 0.1


@given(st.text(max_size=300))
def test_every_text_has_a_unit_vector(text: str) -> None:
    vector = embed(text)
    assert len(vector) == DIMENSIONS
    assert math.isclose(sum(value * value for value in vector), 1.0, rel_tol=1e-9)
    assert vector == embed(text)


@pytest.mark.parametrize("text", ["", "   ", "the of and", "🙂"])
def test_a_text_without_content_has_a_vector_too(text: str) -> None:
    assert cosine(embed(text), embed("")) == pytest.approx(1.0)


def test_another_process_gives_the_same_vector() -> None:
    code = "from tracker.analysis.embedding import embed; print(embed('shells fell on Torvik'))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == str(embed("shells fell on Torvik"))
