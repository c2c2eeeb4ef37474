"""Rows as files: nothing that a spreadsheet would run, nothing lost, and no more in memory than a piece."""

import csv
import io
import json
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.publishing import export

NAMES = ["uid", "text", "score", "flags", "at"]
ROW = (UUID(int=7), "It burnt, “wholly”", 0.5, ["rising"], datetime(2031, 5, 4, 12, tzinfo=UTC))
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


def encoded(rows, *, names, form):
    return export.encoded((row for row in rows), names=names, form=form)


def read_csv(pieces) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline="")))


def test_csv_names_its_columns_and_has_lists_as_json():
    pieces = encoded([ROW], names=NAMES, form="csv")
    assert read_csv(pieces) == [
        NAMES,
        [
            "00000000-0000-0000-0000-000000000007",
            "It burnt, “wholly”",
            "0.5",
            '["rising"]',
            "2031-05-04T12:00:00+00:00",
        ],
    ]


def test_csv_begins_with_the_mark_that_makes_a_spreadsheet_read_utf_8():
    assert next(encoded([], names=["Ö"], form="csv")) == b"\xef\xbb\xbf\xc3\x96\r\n"


def test_a_line_of_json_has_every_column_and_its_type():
    (line,) = b"".join(encoded([ROW], names=NAMES, form="jsonl")).splitlines()
    assert json.loads(line) == {
        "uid": "00000000-0000-0000-0000-000000000007",
        "text": "It burnt, “wholly”",
        "score": 0.5,
        "flags": ["rising"],
        "at": "2031-05-04T12:00:00+00:00",
    }


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1+1", '=HYPERLINK("https://evil.example","open")'],
)
def test_no_cell_is_a_formula(text):
    assert export.cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-1.5, 0, 7, True, None, "plain", "a=b", "it's", ["=1"]])
def test_what_is_no_formula_stays_as_it_is(value):
    spelt = {None: "", True: "true"}.get(value, value) if not isinstance(value, list) else '["=1"]'
    assert export.cell(value) == spelt


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_any_text_comes_back_from_csv_as_it_went_in_but_for_the_apostrophe(rows):
    _, *read = read_csv(encoded(rows, names=["a", "b"], form="csv"))
    assert read == [[export.cell(text) for text in row] for row in rows]
    assert not [text for row in read for text in row if text.startswith(export.FORMULAE)]


@given(st.lists(st.tuples(CELLS), max_size=5))
def test_any_text_comes_back_from_json_lines_exactly(rows):
    lines = b"".join(encoded(rows, names=["a"], form="jsonl")).decode().split("\n")
    assert [json.loads(line)["a"] for line in lines if line] == [text for (text,) in rows]


def test_rows_are_taken_as_the_reader_takes_them_and_let_go_when_he_stops():
    taken, closed = [], []

    def rows():
        try:
            for n in range(10_000):
                taken.append(n)
                yield (n, date(2031, 5, 4))
        finally:
            closed.append(True)

    pieces = export.encoded(rows(), names=["n", "day"], form="jsonl")
    next(pieces)
    assert len(taken) == export.ROWS_AT_ONCE
    pieces.close()
    assert closed
    assert len(taken) == export.ROWS_AT_ONCE
