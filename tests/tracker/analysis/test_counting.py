"""The main event's toll, one figure a document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.counting import count_document, run


def killed(title: str, text: str) -> float | None:
    count = count_document(title, text)["killed"]
    return None if count is None else count["best"]


@pytest.mark.parametrize(
    ("title", "text", "best"),
    [
        ("Market bombing in Torvik kills 14", "A bomb in Torvik killed 14 people, medics said.", 14),
        ("Bombing in Torvik kills dozens", "A bomb killed 31 shoppers in Torvik.", 31),
        (
            "Death toll from ferry strike reaches at least 40",
            "Divers brought up 22 bodies. The toll reached at least 40.",
            40,
        ),
        (
            "Village shelled",
            "Shelling killed nine people. More than 90 000 people have died in Velmora since the war began in 2027.",
            9,
        ),
        ("Children die in school raid", "The raid killed six children and four others in Torvik.", 10),
        ("Clashes near Torvik", "A soldier was killed on Sunday near Torvik.", 1),
        ("Eight farmers killed 20 hurt in Torvik", "", 8),
        ("Raid near Torvik", "The dead are 12 people, including five women and a child, killed in a raid.", 12),
    ],
)
def test_the_event_is_counted_and_not_its_parts_or_the_war(title: str, text: str, best: float) -> None:
    assert killed(title, text) == best


def test_killed_and_injured_are_counted_apart() -> None:
    found = count_document("Blast in Torvik", "The blast killed at least three people and wounded up to 20 others.")
    assert found == {
        "killed": {"low": 3, "best": 3, "high": None},
        "injured": {"low": None, "best": 20, "high": 20},
    }


def test_dozens_have_a_floor_and_no_best_figure() -> None:
    assert count_document("Dozens killed in Torvik", "")["killed"] == {"low": 12, "best": None, "high": None}


def test_a_report_without_casualties_has_no_count() -> None:
    assert count_document("Talks resume", "Delegates of 14 states met for three days.") == {
        "killed": None,
        "injured": None,
    }


def test_lines_are_answered_in_order_and_odd_ones_too() -> None:
    lines = [{"id": "b", "title": None, "text": "Nine people were killed."}, {"id": "a"}]
    assert [(row["id"], row["killed"] and row["killed"]["best"]) for row in run(lines)] == [("b", 9), ("a", None)]


PIECES = st.sampled_from(
    ["12", "a", "people", "killed", "dead", "and", "wounded", ".", "\n", "dozens", "toll", "to", "including",
     "children", "among"]
)  # fmt: skip


@given(
    st.lists(PIECES, max_size=6).map(" ".join),
    st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=25).map(" ".join)),
)
def test_any_text_is_counted_the_same_twice(title: str, text: str) -> None:
    assert count_document(title, text) == count_document(title, text)
