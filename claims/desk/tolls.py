"""Figures of one toll over time, by source, as a range chart draws them: low, best and high. Pure: no Django."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# What a reader tells sources apart by besides colour; Chart.js knows these names.
MARKERS = ("circle", "rect", "triangle", "rectRot", "star", "crossRot", "rectRounded", "cross")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as one source gives it at one moment; at least one of the three is known.

    ``told`` is the figure in words, ``counted`` who or what is counted, ``address`` the page of its claim.
    """

    source: str
    at: datetime
    low: float | None
    best: float | None
    high: float | None
    told: str
    counted: str
    address: str


@dataclass(frozen=True, slots=True)
class Series:
    """The figures of one source, earliest first, and the marker that stands for it."""

    source: str
    marker: str
    colour: int
    figures: tuple[Figure, ...]


def by_source(figures: Iterable[Figure]) -> list[Series]:
    """One series for each source, those that gave most figures first; the same figure of one moment only once."""
    found: dict[str, list[Figure]] = {}
    for figure in sorted(set(figures), key=_order):
        found.setdefault(figure.source, []).append(figure)
    in_order = sorted(found, key=lambda source: (-len(found[source]), source))
    return [Series(s, MARKERS[i % len(MARKERS)], (i + i // 8) % 8, tuple(found[s])) for i, s in enumerate(in_order)]


def _order(figure: Figure) -> tuple[Any, ...]:
    return figure.at, figure.source, likeliest(figure), figure.told, figure.counted, figure.address


def likeliest(figure: Figure) -> float:
    """Where the marker stands: at the best figure; else at the one bound that is known, or between the two."""
    if figure.best is not None:
        return figure.best
    bounds = [bound for bound in (figure.low, figure.high) if bound is not None]
    return sum(bounds) / len(bounds)


def chart(series: Iterable[Series]) -> list[dict[str, Any]]:
    """The series as JSON values. ``x`` is in milliseconds since 1970, ``open`` says on which side no bound is given."""
    return [
        {
            "source": one.source,
            "marker": one.marker,
            "colour": one.colour,
            "figures": [
                {
                    "x": round(figure.at.timestamp() * 1000),
                    "y": likeliest(figure),
                    "low": _or(figure.low, figure),
                    "high": _or(figure.high, figure),
                    "open": _open(figure),
                    "best": figure.best is not None,
                    "told": " ".join(filter(None, [figure.told, figure.counted])),
                }
                for figure in one.figures
            ],
        }
        for one in series
    ]


def _or(bound: float | None, figure: Figure) -> float:
    return likeliest(figure) if bound is None else bound


def _open(figure: Figure) -> str:
    """On which side no bound is known: above "at least 17", below "at most 40"; neither of a plain figure."""
    if (figure.low is None) == (figure.high is None):
        return ""
    return "above" if figure.high is None else "below"
