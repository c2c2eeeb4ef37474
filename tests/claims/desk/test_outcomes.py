"""How a source's words ended is counted, by claim; a denial ends the other way about."""

import pytest

from claims.choices import Credibility
from claims.desk.outcomes import ENDS, WORDS, Word, counted

ENDED = {
    ("asserted", None): "open",
    ("asserted", 1): "confirmed",
    ("asserted", 2): "confirmed",
    ("asserted", 3): "unsettled",
    ("asserted", 4): "unsettled",
    ("asserted", 5): "refuted",
    ("asserted", 6): "unsettled",  # that the truth cannot be judged refutes nobody
    ("denied", None): "open",
    ("denied", 1): "refuted",
    ("denied", 2): "refuted",
    ("denied", 3): "unsettled",
    ("denied", 4): "unsettled",
    ("denied", 5): "confirmed",
    ("denied", 6): "unsettled",
}


@pytest.mark.parametrize(("word", "credibility"), ENDED)
def test_each_credibility_ends_a_word_in_one_way(word, credibility):
    assert Word(1, word, credibility).end == ENDED[word, credibility]


def test_the_table_knows_every_credibility():
    assert {credibility for _word, credibility in ENDED} == {None, *Credibility.values}


def test_a_claim_counts_once_however_often_it_was_said():
    words = [
        Word(1, "asserted"),
        Word(1, "asserted"),
        Word(2, "asserted", 1),
        Word(3, "denied", 5),
        Word(4, "denied", 1),
    ]
    found = counted(words)
    assert {cell: n for cell, n in found.items() if n} == {
        ("asserted", "open"): 1, ("asserted", "confirmed"): 1, ("denied", "confirmed"): 1, ("denied", "refuted"): 1,
    }  # fmt: skip


def test_every_count_is_there_even_when_it_is_nought():
    assert counted([]) == {(word, end): 0 for word in WORDS for end in ENDS}
