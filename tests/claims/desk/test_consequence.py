"""Which conflict comes first: the rule, without a database."""

import math

from hypothesis import given
from hypothesis import strategies as st

from claims.desk.consequence import (
    LARGEST,
    OPPOSED,
    UNSEEN,
    Range,
    Stake,
    opposed_pairs,
    times_larger,
    weigh,
)

ORIGINS = st.integers(0, 40)
FIGURES = st.floats(0, 1e9)
PAIRS = st.sampled_from([frozenset(), frozenset({("North", "South")})])
DAYS = st.floats(0, 4000)
STAKES = st.builds(
    Stake, origins=ORIGINS, other_origins=ORIGINS, opposed=PAIRS, times=st.floats(1, 1e9), days=DAYS
)  # fmt: skip


@st.composite
def ranges(draw):
    low, best, high = sorted(draw(st.tuples(FIGURES, FIGURES, FIGURES)))
    known = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    return Range(*(value if keep else None for value, keep in zip((low, best, high), known, strict=True)))


def one_against(other, **more):
    return weigh(Stake(1, other, **more)).total


@given(STAKES)
def test_which_side_is_named_first_does_not_matter(stake):
    turned = Stake(stake.other_origins, stake.origins, stake.opposed, stake.times, stake.days)
    assert weigh(stake) == weigh(turned)


@given(STAKES)
def test_another_origin_never_makes_a_conflict_weigh_less(stake):
    more = Stake(stake.origins + 1, stake.other_origins, stake.opposed, stake.times, stake.days)
    assert weigh(more).total >= weigh(stake).total


@given(STAKES, st.floats(1, 100))
def test_waiting_longer_always_weighs_more(stake, days):
    later = Stake(stake.origins, stake.other_origins, stake.opposed, stake.times, stake.days + days)
    assert weigh(later).total > weigh(stake).total


@given(STAKES, st.floats(1, 100))
def test_a_wider_difference_never_weighs_less_and_never_decides_alone(stake, factor):
    wider = Stake(stake.origins, stake.other_origins, stake.opposed, stake.times * factor, stake.days)
    assert weigh(stake).difference <= weigh(wider).difference <= LARGEST


@given(STAKES)
def test_parties_add_no_more_than_what_the_database_does_not_see(stake):
    known = Stake(stake.origins, stake.other_origins, frozenset(), stake.times, stake.days)
    assert 0 <= weigh(stake).total - weigh(known).total <= UNSEEN + 1e-9


@given(STAKES)
def test_every_weight_is_a_number(stake):
    assert math.isfinite(weigh(stake).total)
    assert weigh(stake).total >= 0


def test_three_against_three_comes_before_one_against_ten():
    assert weigh(Stake(3, 3)).total > one_against(10)


def test_opposing_parties_come_before_one_more_origin_on_a_side():
    assert one_against(1, opposed=frozenset({("North", "South")})) == one_against(1) + OPPOSED
    assert one_against(1, opposed=frozenset({("North", "South")})) > weigh(Stake(2, 2)).total


def test_a_hundred_against_ten_comes_before_twelve_against_ten():
    wide = times_larger(Range(best=100), Range(best=10))
    narrow = times_larger(Range(best=12), Range(best=10))
    assert one_against(1, times=wide) > one_against(1, times=narrow)


def test_nothing_waits_for_ever():
    assert one_against(1, days=200) > weigh(Stake(9, 9, frozenset({("North", "South")}), 1e9)).total


@given(ranges(), ranges())
def test_ranges_that_meet_do_not_differ(one, other):
    meet = one.lower <= other.upper and other.lower <= one.upper
    assert (times_larger(one, other) == 1) == meet or math.isclose(times_larger(one, other), 1)
    assert times_larger(one, other) == times_larger(other, one) >= 1


def test_none_against_seven_is_eight_times_as_much():
    assert times_larger(Range(best=0), Range(best=7)) == 8


def test_at_least_so_many_has_no_upper_end():
    assert times_larger(Range(low=40), Range(best=900)) == 1
    assert times_larger(Range(low=900), Range(best=44)) == 901 / 45


def test_parties_oppose_across_the_sides_only():
    opposes = frozenset({("North", "South"), ("South", "North")})
    assert opposed_pairs(frozenset({"North"}), frozenset({"South"}), opposes) == {("North", "South")}
    assert opposed_pairs(frozenset({"North", "South"}), frozenset(), opposes) == frozenset()
    assert opposed_pairs(frozenset({"North"}), frozenset({"North"}), opposes) == frozenset()
