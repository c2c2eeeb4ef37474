"""The report on grouping, on a corpus of three invented incidents and a scorer of a few lines."""

import json
from datetime import date

import pytest

from benchmarks import grouping
from tracker.analysis.grouping import Report
from training.grouping.fit import b_cubed, cross_validated, folds_of, read

SCORER = """
import json, sys
task, gold, predicted = sys.argv[1:4]
truth = {d["id"]: row["id"] for row in map(json.loads, open(gold)) for d in row["documents"]}
answer = {row["id"]: row["group"] for row in map(json.loads, open(predicted))}
pairs = [(a, b) for a in truth for b in truth]
right = sum((truth[a] == truth[b]) == (answer[a] == answer[b]) for a, b in pairs) / len(pairs)
print(json.dumps({"B3 P": right, "B3 R": right, "B3 F1": right}))
"""
INCIDENTS = {
    "bridge": [
        "A crack was found in the second arch of the Torvik bridge on Monday and lorries were turned back.",
        "Lorries may use the Torvik bridge again: the crack in its second arch has been filled.",
    ],
    "fire": [
        "A fire in the grain store at Karsk harbour ruined forty tons of barley on Sunday.",
        "The fire that ruined forty tons of barley in Karsk harbour began in the grain store's attic.",
    ],
    "ballot": [
        "Voters in Landermo elected a baker and a retired ferry pilot to the council.",
        "The baker whom Landermo elected to its council with a ferry pilot has taken her seat.",
    ],
}


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "gold"
    folder.mkdir()
    rows = [
        {
            "id": name,
            "documents": [
                {"id": f"{name}-{n}", "title": text[:30], "text": text, "published_at": f"2031-06-0{n + 1}"}
                for n, text in enumerate(texts)
            ],
        }
        for name, texts in INCIDENTS.items()
    ]
    (folder / "incidents.small.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture
def scorer(tmp_path):
    path = tmp_path / "scorer.py"
    path.write_text(SCORER)
    return path


@pytest.fixture(autouse=True)
def any_core(monkeypatch):
    """The tests' own process must not stay on one core."""
    monkeypatch.setattr(grouping, "one_core", lambda: "any core")


def test_the_command_stands_beside_both_baselines_and_its_held_out_figures(data, scorer):
    text = grouping.report(data=data, scorer=scorer, sizes=[6, 12])
    assert "| every document alone | 0.833 |" in text
    assert "| TF-IDF, single link within 14 days, best threshold (0.08) | 1.000 |" in text
    assert "| `group` | 1.000 |" in text
    assert "| `group`, fitted on other incidents |" in text
    assert "6 documents in" in text
    assert "| 12 |" in text


def test_a_folder_without_incidents_fails_with_a_message(tmp_path, scorer, capsys):
    assert grouping.main(["--data", str(tmp_path), "--scorer", str(scorer)]) == 1
    assert "Nothing to score" in capsys.readouterr().err


def test_single_link_looks_no_further_than_its_window():
    text = INCIDENTS["fire"][0]
    rows = [{"id": str(day), "title": "", "text": text, "published_at": f"2031-06-{day:02}"} for day in (1, 10, 30)] + [
        {"id": "other", "title": "", "text": INCIDENTS["ballot"][0], "published_at": "2031-06-01"}
    ]
    found = list(grouping.single_link(rows, grouping.likenesses(rows), 0.5))
    groups = {row["id"]: row["group"] for row in found}
    assert groups["1"] == groups["10"] != groups["30"]
    assert groups["other"] not in (groups["1"], groups["30"])


def test_a_grown_collection_repeats_the_reports_with_other_names_on_other_days():
    reports = [Report(f"fire-{n}", "Fire", text, date(2031, 6, 1)) for n, text in enumerate(INCIDENTS["fire"])]
    found = grouping.grown(reports, 5)
    assert [report.key for report in found] == ["fire-0", "fire-1", "fire-0-1", "fire-1-1", "fire-0-2"]
    assert "at Karskb harbour" in found[2].text
    assert [report.published_on for report in found[1:3]] == [date(2031, 6, 1), date(2031, 7, 16)]
    assert grouping.grown([], 5) == []


def test_b_cubed_counts_each_document_by_the_company_it_keeps():
    precision, recall, number = b_cubed(["a", "a", "b"], [1, 1, 1], [0, 1, 2])
    assert (precision, recall, number) == (pytest.approx(2 / 3 + 2 / 3 + 1 / 3), 3.0, 3)


def test_folds_keep_an_incident_whole_and_held_out_figures_are_shares(data):
    incidents = read(data / "incidents.small.jsonl")
    fold = folds_of(incidents, folds=2, seed=0)
    by_incident = {(name, number) for name, number in zip(incidents.incident, fold.tolist(), strict=True)}
    assert len(by_incident) == 3
    ((precision, recall, f1),) = cross_validated(incidents, thresholds=[-2.0], folds=2).values()
    assert 0 < precision <= 1
    assert 0 < recall <= 1
    assert f1 == pytest.approx(2 * precision * recall / (precision + recall))
