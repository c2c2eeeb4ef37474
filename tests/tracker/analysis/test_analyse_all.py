"""Documents read on several threads: in order, none lost, none waited for without need."""

import json
import subprocess
import sys

import pytest

from tracker.analysis.finders import Finder
from tracker.analysis.pipeline import analyse, analyse_all

TEXTS = [f"Mirela Tovan said {number} lorries had crossed the bridge at Torvik." for number in range(12)]


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("finder", Finder)
def test_the_answers_are_those_of_each_document_alone_and_in_order(threads, finder):
    documents = ((text, None) for text in TEXTS)
    expected = [analyse(text, finder=finder) for text in TEXTS]
    assert list(analyse_all(documents, finder=finder, threads=threads)) == expected


def test_what_reading_the_documents_raises_comes_after_the_answers_before_it():
    def documents():
        yield TEXTS[0], None
        yield TEXTS[1], None
        raise ValueError("line 3")

    answers = analyse_all(documents(), finder=Finder.RULES, threads=2)
    assert [len(next(answers)), len(next(answers))] == [1, 1]
    with pytest.raises(ValueError, match="line 3"):
        next(answers)


def test_who_stops_listening_ends_it_and_few_documents_were_taken_ahead():
    taken = []

    def documents():
        for text in TEXTS * 50:
            taken.append(text)
            yield text, None

    answers = analyse_all(documents(), finder=Finder.RULES, threads=2)
    next(answers)
    answers.close()
    assert len(taken) < 12


def test_a_line_is_answered_before_the_next_one_is_asked():
    command = [sys.executable, "-m", "tracker.analysis", "attribute", "--finder", "rules", "--threads", "2"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for number, text in enumerate(TEXTS[:3]):
            process.stdin.write(json.dumps({"id": number, "text": text}) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert (answer["id"], len(answer["statements"])) == (number, 1)
        process.stdin.close()
        assert process.wait(timeout=60) == 0
