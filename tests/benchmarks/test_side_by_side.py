"""The benchmarks of matching and counting: simple answers beside the command's, in one table."""

import json

import pytest

from benchmarks import counts, matching, side_by_side

SCORER = """
import json, sys
gold = [json.loads(line) for line in open(sys.argv[2])]
said = [json.loads(line) for line in open(sys.argv[3])]
right = sum(one["killed"] == (two["killed"] or {}).get("best") for one, two in zip(gold, said, strict=True))
print(json.dumps({"answered": 1.0, "exact": right / len(gold), "within 10 %": 1.0, "inside range": 1.0}))
"""


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_same_text_is_found_whatever_its_case_and_blanks(tmp_path):
    written(tmp_path / matching.CLAIMS, [{"id": "c1", "text": "The dam  broke."}, {"id": "c2", "text": "It held."}])
    (answer,) = matching.same_text([{"id": 1, "text": "the DAM broke."}], tmp_path)
    assert answer == {"id": 1, "ranking": ["c1"]}


def test_the_headline_alone_answers_nothing_without_a_number(tmp_path):
    rows = [
        {"id": 1, "title": "Nine killed in Kesh", "text": "No figure."},
        {"id": 2, "title": "-", "text": "9 killed"},
    ]
    assert [answer["killed"] and answer["killed"]["best"] for answer in counts.in_title(rows, tmp_path)] == [9, None]


def test_all_ways_stand_side_by_side_in_their_place_in_the_report(tmp_path, monkeypatch):
    monkeypatch.setattr(side_by_side, "one_core", lambda: "any core")
    text = "Nine people were killed in Kesh on Monday, the Velmora Health Office said."
    written(tmp_path / "counts.made.jsonl", [{"id": 1, "title": "Flood in Kesh", "text": text, "killed": 9}])
    scorer, report = tmp_path / "scorer.py", tmp_path / "report.md"
    scorer.write_text(SCORER, encoding="utf-8")
    report.write_text("# Kept\n", encoding="utf-8")
    asked = ["--data", str(tmp_path), "--scorer", str(scorer), "--report", str(report)]
    for _ in range(2):  # the second time in the place of the first
        assert counts.main(asked) == 0
    told = report.read_text(encoding="utf-8")
    assert told.startswith("# Kept\n")
    assert told.count("| exact | 0.000 | 1.000 | 1.000 |") == 1


def test_a_folder_without_gold_files_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(side_by_side, "one_core", lambda: "any core")
    scorer = written(tmp_path / "scorer.py", [])
    assert counts.main(["--data", str(tmp_path), "--scorer", str(scorer)]) == 1
    assert "Nothing to score" in capsys.readouterr().err


@pytest.mark.parametrize("module", [counts, matching])
def test_a_missing_scorer_is_named(module, tmp_path, capsys):
    with pytest.raises(SystemExit):
        module.main(["--data", str(tmp_path), "--scorer", str(tmp_path / "none.py")])
    assert "there is no file" in capsys.readouterr().err
