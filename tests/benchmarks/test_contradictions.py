"""Labels of pairs of statements, found again whatever the offsets of a newer reading."""

import json
from pathlib import Path

import pytest

from benchmarks.analysis import read
from benchmarks.contradictions import KNOWN, LABELS, Labels, Pair, Side, figures

ROW = {"documents": ["a", "b"], "spans": [[10, 50], [100, 140]], "kind": "numeric", "label": "contradiction"}


def pair(one: tuple[str, int, int], other: tuple[str, int, int], kind: str = "numeric") -> Pair:
    return Pair.of(Side(one[0], (one[1], one[2])), Side(other[0], (other[1], other[2])), kind)


def test_a_pair_is_found_by_its_documents_kind_and_overlap_in_either_order():
    labels = Labels([ROW])
    assert labels.of(pair(("b", 90, 130), ("a", 0, 30))) == "contradiction"
    assert labels.of(pair(("a", 10, 50), ("b", 100, 140), "negation")) is None
    assert labels.of(pair(("a", 50, 60), ("b", 100, 140))) is None
    assert labels.of(pair(("a", 10, 50), ("c", 100, 140))) is None


def test_of_several_the_one_that_overlaps_most_counts():
    labels = Labels([ROW, ROW | {"spans": [[10, 20], [100, 140]], "label": "part"}])
    assert labels.of(pair(("a", 11, 20), ("b", 100, 140))) == "part"
    assert labels.of(pair(("a", 10, 48), ("b", 100, 140))) == "contradiction"


def test_an_unknown_label_is_refused():
    with pytest.raises(ValueError, match="no label"):
        Labels([ROW | {"label": "perhaps"}])


def test_precision_is_of_what_is_labelled_and_recall_of_what_is_true():
    labels = Labels([ROW, ROW | {"documents": ["a", "c"], "label": "part"}])
    proposed = [pair(("a", 10, 50), (name, 100, 140)) for name in ("b", "c", "d")]
    assert figures("all", proposed, labels, labels.pairs("contradiction")) == [
        "all", "3", "1", "1", "0.500", "1.000 (1 of 1)"
    ]  # fmt: skip


def test_the_labels_kept_are_well_formed_and_hold_no_text():
    rows = read(Path(LABELS))
    assert len(rows) >= 100
    for row in rows:
        assert set(row) == {"documents", "spans", "kind", "label"}
        assert row["label"] in KNOWN
        assert all(name.replace("-", "").isdigit() for name in row["documents"])
    assert len({json.dumps(row) for row in rows}) == len(rows)
