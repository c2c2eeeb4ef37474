"""The sorting of errors: what counts as one, which kind it is, and that judgements carry over."""

import json
import re

import pytest

from benchmarks import attribution_errors as errors
from tracker.analysis.finders import Finder

TEXT = "Denn said the ferry was late. Ruva denied that the bridge fell, a mile north of Kesh."


def spans(text, *words):
    return [[text.index(each), text.index(each) + len(each)] for each in words]


def gold(text, *triples):
    found = [
        {"source": spans(text, *source), "cue": spans(text, *cue), "content": spans(text, *content)}
        for source, cue, content in triples
    ]
    return {"id": "d", "text": text, "attributions": found}


def answer(text, *triples, parents=()):
    return [
        {
            "source": {"spans": spans(text, *source)} if source else None,
            "cue": {"spans": spans(text, *cue)},
            "content": {"spans": spans(text, *content)},
            "parent": 0 if number in parents else None,
            "confidence": 0.5,
        }
        for number, (source, cue, content) in enumerate(triples)
    ]


def sorted_out(row, statements):
    """Side, kind and sort of cue of every error."""
    doc = errors.analysed(row["text"], finder=Finder.RULES)
    return [(each.side, each.kind, each.cue_type) for each in errors.faults(row, statements, doc)]


FERRY = (["Denn"], ["said"], ["the ferry was late"])


def test_what_is_found_rightly_is_no_error():
    assert sorted_out(gold(TEXT, FERRY), answer(TEXT, FERRY)) == []


def test_half_of_the_words_are_enough():
    assert sorted_out(gold(TEXT, FERRY), answer(TEXT, (["Denn"], ["said"], ["ferry was"]))) == []


@pytest.mark.parametrize(
    ("wanted", "found", "kinds"),
    [
        ([FERRY], [], [("miss", "no cue found, in the headline", "speech")]),
        ([], [FERRY], [("false alarm", "not in the gold", "speech")]),
        (
            [FERRY],
            [([], ["said"], ["the ferry was late"])],
            [("miss", "source: none found", "speech"), ("false alarm", "source: none found", "speech")],
        ),
        (
            [FERRY],
            [(["Ruva"], ["said"], ["the ferry was late"])],
            [("miss", "source: another one", "speech"), ("false alarm", "source: another one", "speech")],
        ),
        (
            [(["Ruva"], ["denied"], ["the bridge fell, a mile north of Kesh"])],
            [(["Ruva"], ["denied"], ["the bridge fell"])],
            [("miss", "content: too short", "denial"), ("false alarm", "content: too short", "denial")],
        ),
        (
            [(["Ruva"], ["denied"], ["fell"])],
            [(["Ruva"], ["denied"], ["the bridge fell, a mile north of Kesh"])],
            [("miss", "content: too long", "denial"), ("false alarm", "content: too long", "denial")],
        ),
        (
            [(["Ruva"], ["denied"], ["bridge"])],
            [FERRY],
            [("miss", "no cue found, in the headline", "denial"), ("false alarm", "not in the gold", "speech")],
        ),
    ],
)
def test_each_error_has_its_kind(wanted, found, kinds):
    assert sorted_out(gold(TEXT, *wanted), answer(TEXT, *found)) == kinds


def test_a_statement_taken_for_nested_is_told_from_one_not_found():
    found = answer(TEXT, (["Ruva"], ["denied"], ["the bridge fell"]), FERRY, parents={1})
    kinds = sorted_out(gold(TEXT, FERRY), found)
    assert kinds[0] == ("miss", "found, but taken for nested", "speech")


def test_silence_is_told_from_speech():
    text = "The ministry declined to comment on the toll."
    found = answer(text, (["The ministry"], ["declined to comment"], ["the toll"]))
    assert sorted_out(gold(text), found) == [("false alarm", "not in the gold", "silence")]


def many(numbers):
    piece = errors.Piece(frozenset(), frozenset(), frozenset(), {"source": [], "cue": [], "content": []})
    return [errors.Fault("miss", f"d{number}", piece, "no cue found", "speech") for number in numbers]


def test_the_sample_keeps_those_it_drew_when_others_come_and_go():
    drawn, other = ([each.key for each in errors.sampled(many(range(200)), size=50, seed=seed)] for seed in (1, 2))
    without_some = {each.key for each in errors.sampled(many(range(20, 200)), size=50, seed=1)}
    with_more = {each.key for each in errors.sampled(many(range(250)), size=50, seed=1)}
    assert set(drawn) - {each.key for each in many(range(20))} <= without_some
    assert with_more - {each.key for each in many(range(200, 250))} <= set(drawn)
    assert set(drawn) != set(other)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "gold"
    folder.mkdir()
    (folder / "attribution.polnear.dev.jsonl").write_text(json.dumps(gold(TEXT, FERRY)) + "\n")
    return folder


def test_the_report_holds_none_of_the_text_and_the_sheet_does(data, tmp_path, capsys):
    predicted, sheet = tmp_path / "answers.jsonl", tmp_path / "sheet.txt"
    predicted.write_text(json.dumps({"id": "d", "statements": []}) + "\n")
    told = ["--data", str(data), "--predicted", str(predicted), "--sheet", str(sheet)]
    assert errors.main(told) == 0
    printed = capsys.readouterr().out
    assert "## Misses (1)" in printed
    assert "## False alarms (0)" in printed
    assert "ferry" not in printed
    assert "CONTENT[the ferry was late]" in sheet.read_text()


def test_judgements_carry_over_by_key(data, tmp_path, capsys):
    predicted, sheet, known = (tmp_path / name for name in ("answers.jsonl", "sheet.txt", "judgements.tsv"))
    told = ["--data", str(data), "--predicted", str(predicted)]
    predicted.write_text(json.dumps({"id": "d", "statements": []}) + "\n")
    errors.main([*told, "--sheet", str(sheet)])
    (key,) = re.findall(r"^### \d+\. (.*)$", sheet.read_text(), re.MULTILINE)
    known.write_text(f"{key}\tplain verb\tcould be found\n")
    predicted.write_text(json.dumps({"id": "d", "statements": answer(TEXT, (["Ruva"], ["denied"], ["fell"]))}) + "\n")
    capsys.readouterr()
    errors.main([*told, "--judgements", str(known)])
    printed = capsys.readouterr().out
    assert "| plain verb | 1 |" in printed
    assert "| not read | 1 |" in printed


def test_without_answers_the_texts_are_analysed_here(data, capsys):
    assert errors.main(["--data", str(data), "--finder", "rules"]) == 0
    assert "## Misses (0)" in capsys.readouterr().out


def test_the_corpus_text_may_not_be_written_into_the_repository(data, capsys):
    with pytest.raises(SystemExit):
        errors.main(["--data", str(data), "--sheet", str(errors.ROOT / "docs" / "sheet.txt")])
    assert "outside" in capsys.readouterr().err
