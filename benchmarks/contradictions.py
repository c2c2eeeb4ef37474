"""How many of the contradictions that the product proposes are some: its proposals beside labels, and a baseline.

    python -m benchmarks.contradictions --data DIR [--home FOLDER] [--labels FILE] [--list]

DIR holds ``counts.fakes.dev.jsonl``. FOLDER is what ``benchmarks.fakes_ingest --keep`` left; without it the articles
are ingested first. What the present rules propose is found anew in a transaction that is rolled back, so that an old
run's statements and claims can be judged by new rules. Prints Markdown; ``--list`` adds every proposal with its label.

The labels are one reader's, of statements by document id and offsets (``[start, end)`` of the content in the article's
text), without any of the text: ``contradiction`` (both cannot be true of one incident), ``update`` (a newer or fuller
count of it), ``compatible`` (both can be true: at least, about), ``part`` (one counts some of what the other counts),
``different incident``, ``misread`` (the figure or its giver is not what the text says), ``same``. A proposal is looked
up by its two documents, its kind, and contents that overlap. The baseline calls a contradiction whatever two outlets'
statements give different best figures of one measure for, at the place and on the day of the data.
"""

import argparse
import contextlib
import itertools
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.analysis import read, table
from benchmarks.fakes_ingest import FILE, Article, articles, product, run, sharing_first
from benchmarks.floors import Row

LABELS = Path(__file__).resolve().parent / "labels" / "fakes_contradictions.jsonl"
TRUE = "contradiction"
KNOWN = frozenset({TRUE, "update", "compatible", "part", "different incident", "misread", "same"})
# What the baseline compares: counts of people.
MEASURES = frozenset({"killed", "wounded", "detained", "abducted", "displaced", "missing"})

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Side:
    """A statement: the key of its article, and where its content is."""

    document: str
    span: Span


@dataclass(frozen=True, slots=True)
class Pair:
    """Two statements held against each other, in the order of their documents, and as what kind of conflict."""

    first: Side
    second: Side
    kind: str
    score: float = 0.0
    explanation: str = ""

    @classmethod
    def of(cls, one: Side, other: Side, kind: str, score: float = 0.0, explanation: str = "") -> "Pair":
        """The pair in its one order."""
        first, second = sorted((one, other), key=lambda side: (side.document, side.span))
        return cls(first, second, kind, score, explanation)


class Labels:
    """What a reader said of pairs of statements."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._labelled: dict[tuple[str, str, str], list[tuple[Pair, str]]] = defaultdict(list)
        for row in rows:
            if row["label"] not in KNOWN:
                raise ValueError(f"{row['label']!r} is no label; known are {', '.join(sorted(KNOWN))}.")
            sides = [Side(name, (span[0], span[1])) for name, span in zip(row["documents"], row["spans"], strict=True)]
            pair = Pair.of(sides[0], sides[1], row["kind"])
            self._labelled[_key(pair)].append((pair, row["label"]))

    def of(self, pair: Pair) -> str | None:
        """The label of the pair whose contents overlap most with these; ``None`` where there is none."""
        found = [(_overlap(pair, labelled), label) for labelled, label in self._labelled.get(_key(pair), [])]
        best = max(found, key=lambda each: each[0], default=(0.0, ""))
        return best[1] if best[0] > 0 else None

    def pairs(self, label: str) -> list[Pair]:
        """The pairs with this label."""
        return [pair for found in self._labelled.values() for pair, given in found if given == label]


def _key(pair: Pair) -> tuple[str, str, str]:
    return pair.first.document, pair.second.document, pair.kind


def _overlap(one: Pair, other: Pair) -> float:
    """How much of both contents the pairs share, whichever way round within one document; 0 where one shares none."""
    straight = _shared(one.first, other.first) * _shared(one.second, other.second)
    if one.first.document != one.second.document:
        return straight
    return max(straight, _shared(one.first, other.second) * _shared(one.second, other.first))


def _shared(one: Side, other: Side) -> float:
    common = min(one.span[1], other.span[1]) - max(one.span[0], other.span[0])
    return max(0, common) / max(1, max(one.span[1], other.span[1]) - min(one.span[0], other.span[0]))


# --- What is proposed -------------------------------------------------------------------------------------------------


def proposals() -> list[Pair]:
    """What the present rules propose for all claims; the database is left as it was."""
    from django.db import transaction  # noqa: PLC0415  Django must be ready first

    from claims.models import Claim  # noqa: PLC0415
    from tracker.conflicts import what_conflicts  # noqa: PLC0415

    with transaction.atomic():
        found = {conflict.key: conflict for conflict in what_conflicts(list(Claim.objects.live().order_by("pk")))}
        transaction.set_rollback(True)
    return [
        Pair.of(
            _side(each.position.statement), _side(each.other_position.statement), str(each.type), each.score,
            each.explanation,
        )
        for each in found.values()
    ]  # fmt: skip


def baseline(by_key: dict[str, Article]) -> list[Pair]:
    """Any two statements of different outlets, at one place and day of the data, with other figures of a measure."""
    from claims.models import Statement  # noqa: PLC0415  Django must be ready first

    said: dict[tuple[str, str], list[tuple[Side, list[Any]]]] = defaultdict(list)
    for statement in Statement.objects.current().checkable().select_related("snapshot__document"):
        figures = [q for q in statement.quantities if q.get("measure") in MEASURES]
        side = _side(statement)
        if figures:
            said[by_key[side.document].scope].append((side, figures))
    return [
        Pair.of(one, other, "numeric")
        for told in said.values()
        for (one, figures), (other, rivals) in itertools.combinations(told, 2)
        if are_of_two_outlets(one, other, by_key) and _differ(figures, rivals)
    ]


def _differ(figures: Sequence[Any], rivals: Sequence[Any]) -> bool:
    return any(
        one["measure"] == other["measure"] and (one["best"] or one["low"]) != (other["best"] or other["low"])
        for one in figures
        for other in rivals
    )


def _side(statement: Any) -> Side:
    spans = statement.content_spans
    return Side(statement.snapshot.document.url.rsplit("/", 1)[1], (spans[0][0], spans[-1][1]))


def are_of_two_outlets(one: Side, other: Side, by_key: dict[str, Article]) -> bool:
    """Whether different outlets printed the two."""
    return bool(by_key[one.document].row["publisher"] != by_key[other.document].row["publisher"])


def in_scope(pair: Pair, by_key: dict[str, Article]) -> bool:
    """Whether the pair is of different outlets, and of one place and day of the data."""
    first, second = by_key[pair.first.document], by_key[pair.second.document]
    return first.scope == second.scope and are_of_two_outlets(pair.first, pair.second, by_key)


# --- The report -------------------------------------------------------------------------------------------------------


def figures(name: str, proposed: Sequence[Pair], labels: Labels, wanted: Sequence[Pair]) -> list[str]:
    """One row: how many are proposed and labelled, how many of these are some, and which share of those wanted."""
    given = [labels.of(pair) for pair in proposed]
    labelled = [label for label in given if label is not None]
    right = sum(label == TRUE for label in labelled)
    found = sum(any(_key(pair) == _key(want) and _overlap(pair, want) > 0 for pair in proposed) for want in wanted)
    return [
        name, str(len(proposed)), str(len(proposed) - len(labelled)), str(right),
        f"{right / len(labelled):.3f}" if labelled else "–",
        f"{found / len(wanted):.3f} ({found} of {len(wanted)})" if wanted else "–",
    ]  # fmt: skip


def report(by_key: dict[str, Article], labels: Labels, *, listed: bool) -> str:
    """The product's proposals and the baseline's beside the labels, as Markdown."""
    proposed, naive = proposals(), baseline(by_key)
    wanted = labels.pairs(TRUE)
    shared = [pair for pair in proposed if in_scope(pair, by_key)]
    shared_wanted = [pair for pair in wanted if in_scope(pair, by_key)]
    elsewhere = [pair for pair in proposed if pair.first.document != pair.second.document]
    rows = [
        figures("**different outlets, same place and day**", shared, labels, shared_wanted),
        figures("baseline there: different figures", naive, labels, shared_wanted),
        figures("all proposals", proposed, labels, wanted),
        figures("… between two documents", elsewhere, labels,
                [pair for pair in wanted if pair.first.document != pair.second.document]),
        *(
            figures(f"… {kind}", [p for p in proposed if p.kind == kind], labels, [p for p in wanted if p.kind == kind])
            for kind in sorted({pair.kind for pair in [*proposed, *wanted]})
        ),
    ]  # fmt: skip
    parts = [
        "## Proposed contradictions on FA-KES",
        table(["what is proposed", "proposals", "unlabelled", "true", "precision", "recall of labelled true"], rows),
    ]
    kinds: dict[str, int] = defaultdict(int)
    for pair in naive:
        kinds[labels.of(pair) or "unlabelled"] += 1
    parts.append("What the baseline's pairs are, by the labels:")
    parts.append(
        table(["label", "pairs"], [[name, kinds[name]] for name in sorted(kinds, key=lambda name: -kinds[name])])
    )
    if listed:
        parts += [_line(pair, labels) for pair in sorted(proposed, key=lambda pair: -pair.score)]
        missed = [want for want in wanted if not any(_key(p) == _key(want) and _overlap(p, want) > 0 for p in proposed)]
        parts += [f"- missed: {_place(pair)}" for pair in missed]
    return "\n\n".join(parts)


def _line(pair: Pair, labels: Labels) -> str:
    return f"- {labels.of(pair) or 'unlabelled'}: {pair.kind} {pair.score:.2f} {_place(pair)} {pair.explanation}"


def _place(pair: Pair) -> str:
    return " / ".join(f"{side.document} {side.span[0]}–{side.span[1]}" for side in (pair.first, pair.second))


def main(argv: list[str] | None = None) -> int:
    """Judge and print; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help=f"the folder with {FILE}")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="what fakes_ingest --keep left")
    parser.add_argument("--labels", type=Path, default=LABELS, metavar="FILE", help="the labels, as JSON Lines")
    parser.add_argument("--list", action="store_true", help="print every proposal, and what was missed")
    asked = parser.parse_args(argv)
    if not (asked.data / FILE).is_file():
        parser.error(f"--data: there is no {FILE} in {asked.data}.")
    if asked.home is not None and not (asked.home / "postgres").is_dir():
        parser.error(f"--home: {asked.home} holds no database.")
    labels = Labels(read(asked.labels))
    everything = articles(asked.data)
    by_key = {article.key: article for article in everything}
    with contextlib.ExitStack() as made:
        home = asked.home
        if home is None:
            home = Path(made.enter_context(tempfile.TemporaryDirectory(prefix="corroborate-fakes-")))
            print(run(sharing_first(everything), folder=home, processes=2), end="\n\n")
        with product(home.resolve()):
            print(report(by_key, labels, listed=asked.list))
    return 0


if __name__ == "__main__":
    sys.exit(main())
