"""The report as a whole, on a corpus of one line and a scorer of a few."""

import json

import pytest

from benchmarks import analysis

SCORER = """
import json, sys
task, gold, predicted = sys.argv[1:4]
if "broken" in gold:
    sys.exit("KeyError: 'killed'")
rows = [json.loads(line) for line in open(predicted)]
print(json.dumps({"answered": sum(row["killed"] is not None for row in rows) / len(rows), "exact": 0.5}))
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
    row = {"id": "d", "title": "Ferry fired on", "text": "Nine people were killed near Karsk.", "killed": 9}
    for name in ("counts.small", "counts.broken"):
        (folder / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    return folder


@pytest.fixture(autouse=True)
def any_core(monkeypatch):
    """The tests' own process must not stay on one core."""
    monkeypatch.setattr(analysis, "one_core", lambda: "any core")


def test_a_command_stands_beside_its_floor_and_what_it_took(data, scorer):
    text = analysis.report(data=data, scorer=scorer, skipped=set())
    assert "| answered | 1.000 | 1.000 |" in text
    assert "| `count`, `counts.small` | 1 |" in text


def test_a_file_that_cannot_be_scored_is_left_out_and_said_so(data, scorer):
    text = analysis.report(data=data, scorer=scorer, skipped={"counts.small.other"})
    assert "### `counts.broken`\n\nLeft out: the scorer cannot score this file." in text
    assert "`count`, `counts.broken`" not in text


def test_a_file_that_is_skipped_is_not_mentioned(data, scorer):
    assert "counts.broken" not in analysis.report(data=data, scorer=scorer, skipped={"counts.broken"})


def test_a_folder_with_nothing_to_score_fails_with_a_message(tmp_path, scorer, capsys):
    assert analysis.main(["--data", str(tmp_path), "--scorer", str(scorer)]) == 1
    assert "Nothing to score" in capsys.readouterr().err


def test_a_missing_scorer_is_named(data, capsys):
    with pytest.raises(SystemExit):
        analysis.main(["--data", str(data), "--scorer", "/nowhere/scorer.py"])
    assert "/nowhere/scorer.py" in capsys.readouterr().err
