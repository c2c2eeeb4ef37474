"""Agreement figures, against the worked examples of Krippendorff's "Computing Krippendorff's Alpha-Reliability"."""

import random
from itertools import permutations

import pytest

from claims.agreement import agreement


def by_unit(*observers):
    """One observer a row, one unit a column; a full stop is a missing answer."""
    return [[answer for answer in unit if answer != "."] for unit in zip(*observers, strict=True)]


@pytest.mark.parametrize(
    ("observers", "alpha"),
    [
        (["0100000010", "1110010000"], 0.095),  # A: two observers, two values
        (["aabbdcccedda", "babbbccceddd"], 0.692),  # B: two observers, five values
        (["123321412...", "1233224125.3", ".3332342251.", "12332441251."], 0.743),  # C: any number
    ],
    ids=["binary", "nominal", "missing answers"],
)
def test_alpha_is_what_the_worked_examples_say(observers, alpha):
    assert round(agreement(by_unit(*observers)).alpha, 3) == alpha


def test_an_item_that_one_person_decided_says_nothing_of_agreement():
    alone = [["yes"], ["no"], []]
    assert agreement(alone) == agreement([])
    assert agreement([*alone, ["yes", "no"]]) == agreement([["yes", "no"]])


def test_without_items_there_are_no_figures():
    none = agreement([])
    assert (none.items, none.opinions, none.percent, none.alpha) == (0, 0, None, None)


def test_who_always_answer_the_same_agree_wholly_but_alpha_cannot_tell():
    same = agreement([["yes", "yes"], ["yes", "yes", "yes"]])
    assert (same.items, same.opinions, same.percent, same.alpha) == (2, 5, 100.0, None)


def test_perfect_agreement_on_different_answers_is_one():
    assert agreement([["yes", "yes"], ["no", "no", "no"]]).alpha == 1.0


def test_percent_counts_pairs_of_opinions():
    # Of the first item's three pairs one agrees, of the second's one pair none does.
    assert agreement([["yes", "yes", "no"], ["yes", "no"]]).percent == pytest.approx(25.0)


def test_neither_the_order_of_people_nor_that_of_items_matters():
    items = [["a", "b", "b"], ["a", "a"], ["c", "b", "a", "a"]]
    expected = agreement(items)
    for order in permutations(items):
        assert agreement([sorted(item) for item in order]) == agreement([item[::-1] for item in order])
        assert agreement(order).alpha == pytest.approx(expected.alpha)


def test_chance_alone_comes_out_near_zero():
    dice = random.Random(7)
    items = [[dice.choice("yn") for _ in range(2)] for _ in range(4000)]
    assert abs(agreement(items).alpha) < 0.05
