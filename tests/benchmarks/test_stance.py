"""The report on stance, on a corpus of two lines and a scorer of a few."""

import json

import pytest

from benchmarks import stance

SCORER = """
import json, sys
task, gold, predicted = sys.argv[1:4]
truth = {row["id"]: row["stance"] for row in map(json.loads, open(gold))}
rows = [json.loads(line) for line in open(predicted)]
print(json.dumps({"accuracy": sum(truth[row["id"]] == row["stance"] for row in rows) / len(rows)}))
"""


@pytest.fixture
def scorer(tmp_path):
    path = tmp_path / "scorer.py"
    path.write_text(SCORER)
    return path


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "gold"
    folder.mkdir()
    rows = [
        {"id": 1, "premise": "Gunmen attack Torvik bridge", "hypothesis": "Gunmen attacked the Torvik bridge"},
        {"id": 2, "premise": "Torvik bridge attack a hoax", "hypothesis": "Gunmen attacked the Torvik bridge"},
        {"id": 3, "premise": "Gunmen did attack Torvik bridge", "hypothesis": "Gunmen attacked the Torvik bridge"},
    ]
    labels = ("supports", "refutes", "supports")
    lines = [json.dumps({**row, "stance": label}) for row, label in zip(rows, labels, strict=True)]
    (folder / "stance.small.jsonl").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(autouse=True)
def any_core(monkeypatch):
    """The tests' own process must not stay on one core."""
    monkeypatch.setattr(stance, "one_core", lambda: "any core")


def ranked(*pairs):
    """Gold and answers of rows given as their score and whether they refute."""
    gold = [{"id": at, "stance": "refutes" if refutes else "neutral"} for at, (_, refutes) in enumerate(pairs)]
    return gold, [{"id": at, "scores": {"refutes": score}} for at, (score, _) in enumerate(pairs)]


def test_the_command_stands_beside_the_most_common_label(data, scorer):
    text = stance.report(data=data, scorer=scorer)
    assert "### `stance.small` (3)" in text
    assert "| accuracy | 0.667 | 1.000 |" in text
    assert "| refutes precision at recall 0.2 | 0.333 | 1.000 |" in text
    assert "| `stance.small` | 3 |" in text


def test_precision_is_taken_where_the_recall_is_first_reached():
    gold, answers = ranked((0.9, True), (0.8, False), (0.7, True), (0.1, True), (0.0, False))
    assert stance.precision_at(0.2, gold, answers) == 1.0
    assert stance.precision_at(0.5, gold, answers) == pytest.approx(2 / 3)
    assert stance.precision_at(1.0, gold, answers) == pytest.approx(3 / 4)


def test_rows_of_one_score_are_one_step():
    gold, answers = ranked((0.5, True), (0.5, False), (0.5, False), (0.1, True))
    assert stance.precision_at(0.2, gold, answers) == pytest.approx(1 / 3)
    assert stance.precision_at(0.2, gold, answers[::-1]) == pytest.approx(1 / 3)


def test_nothing_to_find_is_no_precision():
    gold, answers = ranked((0.5, False))
    assert stance.precision_at(0.2, gold, answers) == 0.0


def test_without_what_fits_nothing_is_cross_validated(monkeypatch):
    monkeypatch.setattr(stance, "find_spec", lambda _: None)
    assert stance.cross_validated() is None


def test_a_folder_with_nothing_to_score_fails_with_a_message(tmp_path, scorer, capsys):
    assert stance.main(["--data", str(tmp_path), "--scorer", str(scorer)]) == 1
    assert "Nothing to score" in capsys.readouterr().err
