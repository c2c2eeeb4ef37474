"""A toll by source over time: what the chart is given, and its markers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.desk.tolls import MARKERS, Figure, by_source, chart

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)


def figure(source="Velmora Monitor", *, low=None, best=None, high=None, at=0, told="9", counted="people"):
    return Figure(source, NOON + timedelta(hours=at), low, best, high, told, counted, "/claim")


def test_each_source_has_a_series_from_early_to_late_the_most_told_first():
    found = by_source([figure("Army", best=2, at=1), figure(best=5, at=3), figure(best=4, at=2), figure(best=4, at=2)])
    assert [(one.source, [f.best for f in one.figures]) for one in found] == [
        ("Velmora Monitor", [4, 5]),
        ("Army", [2]),
    ]


def test_sources_differ_by_marker_and_colour():
    found = by_source([figure(f"Source {i}", best=i) for i in range(8)])
    assert [one.marker for one in found] == list(MARKERS)
    assert len({one.colour for one in found}) == 8


@pytest.mark.parametrize(
    ("bounds", "drawn"),
    [
        ({"best": 9}, (9, 9, 9, "", True)),
        ({"low": 9, "best": 9, "high": 9}, (9, 9, 9, "", True)),
        ({"low": 30, "best": 35, "high": 40}, (30, 35, 40, "", True)),
        ({"low": 30, "high": 40}, (30, 35, 40, "", False)),
        ({"low": 17}, (17, 17, 17, "above", False)),
        ({"low": 17, "best": 17}, (17, 17, 17, "above", True)),
        ({"high": 40}, (40, 40, 40, "below", False)),
        ({"low": 20, "best": 25}, (20, 25, 25, "above", True)),
    ],
)
def test_a_figure_is_drawn_with_its_bounds(bounds, drawn):
    [series] = chart(by_source([figure(**bounds)]))
    [point] = series["figures"]
    assert (point["low"], point["y"], point["high"], point["open"], point["best"]) == drawn


def test_the_chart_says_when_and_in_words():
    [series] = chart(by_source([figure(best=9, told="9", counted="fishermen")]))
    assert series["source"] == "Velmora Monitor"
    assert series["marker"] == "circle"
    assert series["figures"][0]["x"] == NOON.timestamp() * 1000
    assert series["figures"][0]["told"] == "9 fishermen"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.integers(0, 9))), st.randoms())
def test_the_order_in_which_figures_come_does_not_matter(told, chance):
    figures = [figure(source, best=best, at=at) for source, at, best in told]
    first = by_source(figures)
    chance.shuffle(figures)
    assert by_source(figures) == first
    assert sum(len(one.figures) for one in first) == len(set(told))
