"""Two versions, word by word: nothing is lost on either side, and what stayed is not shown as changed."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.desk import differences
from claims.desk.differences import ADDED, DROPPED, SAME, Piece, counts, difference

TEXTS = st.lists(
    st.sampled_from(["seven", "nine", "people", " ", "  ", ",", ".", "\n", "\r\n", "\u2028", "\U0001f525", "ا", "\x1f"])
).map("".join)


@given(TEXTS, TEXTS)
def test_the_pieces_give_both_versions_back(old, new):
    pieces = difference(old, new)
    assert "".join(p.text for p in pieces if p.kind != ADDED) == old
    assert "".join(p.text for p in pieces if p.kind != DROPPED) == new


@given(TEXTS, TEXTS)
def test_neighbours_differ_in_kind_and_none_is_empty(old, new):
    pieces = difference(old, new)
    assert all(piece.text for piece in pieces)
    assert all(one.kind != other.kind for one, other in pairwise(pieces))


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text):
    assert difference(text, text) == ([Piece(SAME, text)] if text else [])


def test_a_changed_figure_is_one_word_gone_and_one_come():
    old = "Seven people died.\nThe bridge is open."
    new = "Nine people died.\nThe bridge is open."
    pieces = difference(old, new)
    assert pieces == [
        Piece(DROPPED, "Seven"), Piece(ADDED, "Nine"), Piece(SAME, " people died.\nThe bridge is open."),
    ]  # fmt: skip
    assert counts(pieces) == {ADDED: 1, DROPPED: 1}


def test_a_paragraph_put_in_leaves_the_others_alone():
    old = "".join(f"Line {n} stays.\n" for n in range(300))
    new = old.replace("Line 150 stays.\n", "Line 150 stays.\nCorrection: it was not so.\n")
    assert [p for p in difference(old, new) if p.kind != SAME] == [Piece(ADDED, "Correction: it was not so.\n")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (" ".join(f"a{n}" for n in range(120_000)), " ".join(f"b{n}" for n in range(120_000))),
        ("ab " * 300_000, "ba " * 300_000),
        ("\n".join("ab"[n % 2] for n in range(100_000)), "\n".join("ba"[n % 3 // 2] for n in range(100_000))),
        ("x\n" * 3_999, "y x\n" * 3_999),
    ],
    ids=["nothing in common", "one endless line", "endless lines", "every line a little"],
)
def test_long_texts_stay_quick(old, new):
    began = time.process_time()
    pieces = difference(old, new)
    assert time.process_time() - began < 5
    assert "".join(p.text for p in pieces if p.kind != DROPPED) == new


def test_what_is_too_large_to_align_is_replaced_as_a_whole(monkeypatch):
    monkeypatch.setattr(differences, "MOST_WORDS", 3)
    assert difference("one two three four!", "six two three five?") == [
        Piece(DROPPED, "one two three four!"), Piece(ADDED, "six two three five?"),
    ]  # fmt: skip
