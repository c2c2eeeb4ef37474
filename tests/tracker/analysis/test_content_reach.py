"""A content reaches to the end of what is reported, and takes in no dateline; a credit line is no statement."""

import pytest

from tracker.analysis.pipeline import analyse


@pytest.mark.parametrize(
    ("said", "content"),
    [
        (
            "President Ivo Marek said {}.",
            "the navy was ready to act should Velmora-like unrest try to cross the border",
        ),
        (
            "The Velmora Conflict Monitor said {}.",
            "52 people were killed, of whom 48 were fighters, three were women and one was a child",
        ),
    ],
)
def test_clauses_beside_the_first_belong_to_the_content(said, content):
    (statement,) = analyse(said.format(content))
    assert statement.content.text == content


def test_a_clause_of_another_speaker_is_not_swallowed():
    contents = [s.content.text for s in analyse("Ana Brod said the town fell. The army said it held the bridge.")]
    assert contents == ["the town fell", "it held the bridge"]


@pytest.mark.parametrize(
    "text",
    [
        "TORVIK, Velmora (NRA) — Troops entered the town on Monday, the army said.",
        "TORVIK (NRA) — Troops entered the town on Monday, according to the army.",
    ],
)
def test_a_dateline_is_no_part_of_a_content(text):
    (statement,) = analyse(text)
    assert statement.content.text == "Troops entered the town on Monday"


def test_a_credit_line_is_no_statement():
    text = "Troops entered Torvik, the army said.\n\nAna Brod contributed reporting, and said she was in Lindel."
    assert [s.content.text for s in analyse(text)] == ["Troops entered Torvik"]
