"""What is said of the finders follows from their answers."""

import json
import sys
from xml.etree import ElementTree

import pytest

from benchmarks import attribution
from benchmarks.analysis import Run

TEXT = "Denn said the ferry was late. Ruva denied that the bridge fell."
SCORER = """
import json, sys
task, gold, predicted = sys.argv[1:4]
rows = [json.loads(line) for line in open(predicted)]
print(json.dumps({"found": sum(len(row["statements"]) for row in rows)}))
"""


def statement(source, cue, content, *, sure=0.8, parent=None):
    spans = {
        role: {"spans": [[TEXT.index(words), TEXT.index(words) + len(words)]]}
        for role, words in (("source", source), ("cue", cue), ("content", content))
    }
    return spans | {"confidence": sure, "parent": parent}


def gold(*triples):
    found = [{role: statement(*each)[role]["spans"] for role in ("source", "cue", "content")} for each in triples]
    return {"id": "d", "text": TEXT, "attributions": found}


def test_a_statement_is_right_when_half_of_source_and_content_are():
    row = gold(("Denn", "said", "the ferry was late"))
    found = [
        statement("Denn", "said", "ferry was", sure=0.9),
        statement("Ruva", "denied", "the bridge fell", sure=0.6),
        statement("Ruva", "denied", "the bridge fell", sure=0.5, parent=0),
    ]
    assert attribution.judgements(row, found) == [(0.9, True), (0.6, False)]


def test_precision_and_recall_at_a_threshold():
    judged = [(0.9, True), (0.8, True), (0.6, False), (0.5, True)]
    assert attribution.at_threshold(judged, 5, 0.0) == (0.75, 0.6, 4)
    assert attribution.at_threshold(judged, 5, 0.8) == (1.0, 0.4, 2)
    assert attribution.at_threshold(judged, 5, 0.95) == (0.0, 0.0, 0)
    assert "| 0.8 | 2 | 1.000 | 0.400 | 0.571 |" in attribution.by_threshold(judged, 5)


def test_each_range_of_confidence_says_how_many_were_right():
    text = attribution.reliability([(0.85, True), (0.81, False), (1.0, True), (0.2, False)])
    assert text.splitlines()[2:] == [
        "| 0.0 to 0.4 | 1 | 0.20 | 0.00 |",
        "| 0.8 to 0.9 | 2 | 0.83 | 0.50 |",
        "| 0.9 to 1.0 | 1 | 1.00 | 1.00 |",
    ]


def test_the_plot_has_a_line_a_finder_and_one_for_recall():
    judged = {name: [(number / 100, number > 40) for number in range(100)] for name in ("rules", "trained")}
    drawn = ElementTree.fromstring(attribution.plot(judged, 80))
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}polyline"))) == 3


def test_gum_counts_contents_whose_cue_lies_in_the_gold_unit():
    row = {"text": TEXT, "attributions": [{"cue_unit": [0, 9], "content": [[10, 28]]}]}
    right = {"statements": [statement("Denn", "said", "the ferry")]}
    elsewhere = {"statements": [statement("Denn", "denied", "the ferry")]}
    assert attribution.gum_share([row], [right]) == 0.5
    assert attribution.gum_share([row], [elsewhere]) == 0


def test_the_tables_hold_every_column_and_what_is_aimed_at():
    figures = dict.fromkeys((*attribution.FIGURES, attribution.GUM), 0.5)
    plain = attribution.Measured(figures, lost=3)
    ours = attribution.Measured(
        figures, 0, Run(85, 2.0, 30.0, 280.0), 1.5, 1.4, 7.0, {"found": 23.0, "other statements": 4.0}
    )
    quality = attribution.quality({"floor": plain, "rules": ours})
    assert "| partial triple F1 | 0.500 | 0.500 | 0.735 | 0.62 |" in quality
    assert "| documents lost | 3 | 0 |  | 0 |" in quality
    effort = attribution.effort({"floor": plain, "rules": ours}, Run(85, 2.0, 16.0, 200.0))
    assert "| texts a second, one thread on one core | 3.00 | at least 3 |" in effort
    assert "| times the bare parser | 2.00 | at most 3 |" in effort
    assert "| article: found | 23 | 22 of 24 |" in effort


def test_a_start_takes_time_and_a_failed_one_is_told(tmp_path):
    wall, cpu = attribution.started([sys.executable, "-c", "print(input())"], tmp_path)
    assert 0 < cpu <= wall * 4
    with pytest.raises(attribution.subprocess.CalledProcessError):
        attribution.started([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)


def test_the_article_is_the_one_that_its_gold_names(tmp_path):
    (tmp_path / "scorer.py").write_text(SCORER)
    (tmp_path / "page.txt").write_text(TEXT)
    (tmp_path / "page.gold.json").write_text(json.dumps({"document": "page.txt"}))
    files = attribution.Gold(tmp_path, tmp_path, tmp_path / "scorer.py", tmp_path / "page.gold.json")
    command = [sys.executable, "-m", "tracker.analysis", "attribute", "--finder", "rules"]
    assert attribution.on_article(command, files, tmp_path) == {"found": 2}


def test_a_finder_of_others_is_measured_by_its_answers(tmp_path):
    (tmp_path / "scorer.py").write_text(SCORER)
    (tmp_path / "dev.jsonl").write_text(json.dumps(gold()) + "\n")
    (tmp_path / "gum.jsonl").write_text("")
    files = attribution.Gold(tmp_path / "dev.jsonl", tmp_path / "gum.jsonl", tmp_path / "scorer.py", None)
    found = attribution.other(lambda rows: [{"id": "d", "statements": [], "lost": True} for _ in rows], files, tmp_path)
    assert found.lost == 1
    assert found.figures == {"found": 0, attribution.GUM: 0.0}
