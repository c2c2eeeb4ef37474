"""Marks become runs that neither nest nor cross, and nothing of the text is lost or moved."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from claims.desk.highlighting import DEEPEST, ROLES, Mark, fitting, lines, marks_of

TEXTS = st.text(alphabet="ab \n\r\u202e\u0628\U0001f525", min_size=1, max_size=60)


@st.composite
def marked_texts(draw):
    text = draw(TEXTS)
    spans = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted).filter(lambda s: s[0] < s[1])
    marks = [
        Mark(*span, depth=draw(st.integers(0, 3)), statement=number, role=draw(st.sampled_from(ROLES)))
        for number, span in enumerate(draw(st.lists(spans, max_size=12)))
    ]
    return text, marks


@given(marked_texts())
def test_the_runs_of_all_lines_give_the_text_back(given_text):
    text, marks = given_text
    shown = ["".join(text[run.start : run.end] for run in line.runs) for line in lines(text, marks)]
    assert "\n".join(shown) == text


@given(marked_texts())
def test_lines_say_where_they_stand_and_their_runs_follow_one_another(given_text):
    text, marks = given_text
    at = 0
    for line in lines(text, marks):
        assert line.start == at
        for run in line.runs:
            assert run.start == at
            assert run.start < run.end
            at = run.end
        assert line.end == at
        at += 1
    assert at == len(text) + 1


@given(marked_texts())
def test_every_character_has_exactly_the_marks_whose_spans_it_stands_in_up_to_the_deepest(given_text):
    text, marks = given_text
    for line in lines(text, marks):
        for run in line.runs:
            for at in range(run.start, run.end):
                around = {mark for mark in marks if mark.start <= at < mark.end}
                assert set(run.marks) <= around
                assert len(run.marks) == min(len(around), DEEPEST)


@given(marked_texts())
def test_marks_around_a_word_come_from_the_outermost_to_the_innermost(given_text):
    for line in lines(*given_text):
        for run in line.runs:
            starts = [(mark.start, -mark.end) for mark in run.marks]
            assert starts == sorted(starts)


@given(marked_texts())
def test_a_mark_that_goes_on_keeps_its_place_so_that_it_need_not_be_closed(given_text):
    """Two runs side by side differ only behind the marks that both begin with, or because one of those ended."""
    for line in lines(*given_text):
        for before, after in pairwise(line.runs):
            going_on = [mark for mark in before.marks if mark.end > after.start]
            kept = [mark for mark in after.marks if mark in going_on]
            assert kept == [mark for mark in going_on if mark in kept]


def test_nested_statements_open_and_close_like_brackets():
    text = "TV said troops said it fell."
    marks = [
        *marks_of(0, depth=0, length=len(text), content=[[8, 27]], source=[[0, 2]], cue=[[3, 7]]),
        *marks_of(1, depth=1, length=len(text), content=[[20, 27]], source=[[8, 14]], cue=[[15, 19]]),
    ]
    (line,) = lines(text, marks)
    shown = [(text[r.start : r.end], [(m.statement, m.role) for m in r.marks]) for r in line.runs]
    outer = (0, "content")
    assert shown == [
        ("TV", [(0, "source")]), (" ", []), ("said", [(0, "cue")]), (" ", []), ("troops", [outer, (1, "source")]),
        (" ", [outer]), ("said", [outer, (1, "cue")]), (" ", [outer]), ("it fell", [outer, (1, "content")]), (".", []),
    ]  # fmt: skip


def test_what_is_no_span_of_this_text_is_left_out():
    assert fitting([[0, 3], [3, 3], [2, 1], [-1, 2], [0, 99], ["0", 1], [1], None, "x", [1, 2, 3]], 5) == [(0, 3)]
    assert fitting("nothing", 5) == []


def test_five_hundred_marks_around_every_word_stay_few():
    text = "word " * 500
    marks = [Mark(n, n + 500, 0, n, "content") for n in range(500)]
    runs = [run for line in lines(text, marks) for run in line.runs]
    assert max(len(run.marks) for run in runs) == DEEPEST
    assert len(runs) <= 2 * len(marks) + 1
