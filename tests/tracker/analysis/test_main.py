import json
import subprocess
import sys

import pytest


def run(*arguments, lines):
    return subprocess.run(
        [sys.executable, "-m", "tracker.analysis", *arguments],
        input=lines.encode(),
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_attribute_answers_line_by_line_in_order():
    rows = [
        {"id": 7, "text": "Danil Vesk said the town was calm.", "published_at": "2031-04-02T08:00:00Z"},
        {"id": "b", "text": "It rained."},
    ]
    done = run("attribute", lines="\n".join(json.dumps(row) for row in rows) + "\n\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [7, "b"]
    statement = answers[0]["statements"][0]
    assert statement["source"]["name"] == "Danil Vesk"
    assert statement["content"] == {"text": "the town was calm", "spans": [[16, 33]]}
    assert answers[1]["statements"] == []
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 2: not valid JSON"),
        ("[1]", "line 2: a JSON object is wanted, not list"),
        ('{"id": 1}', "line 2: the field 'text' is missing"),
        ('{"id": 1, "text": 5}', "line 2: the field 'text' is not a string"),
    ],
)
def test_a_bad_line_is_named_after_the_good_ones_were_answered(line, complaint):
    done = run("attribute", lines='{"id": 1, "text": ""}\n' + line + "\n")
    assert json.loads(done.stdout) == {"id": 1, "statements": []}
    assert complaint in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert done.returncode == 1


def test_a_missing_claims_file_is_named():
    done = run("match", "--claims", "nowhere.jsonl", lines='{"id": 1, "text": "a"}\n')
    assert "nowhere.jsonl" in done.stderr.decode()
    assert done.returncode == 1


def test_stance_is_answered_by_its_own_module():
    row = {"id": 1, "premise": "The army denied that it had shelled Ostrel.", "hypothesis": "The army shelled Ostrel."}
    done = run("stance", lines=json.dumps(row) + "\n")
    assert json.loads(done.stdout)["id"] == 1
    assert json.loads(done.stdout)["stance"] in ("supports", "refutes", "neutral")
