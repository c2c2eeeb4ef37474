"""What a publisher says of its own text is told from news about corrections."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.corrections import LONGEST, find_notice

BODY = "\n\n".join(f"The mayor of Arvel said on day {n} that the bridge was open." for n in range(12))


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("Correction: an earlier version of this report misspelled the mayor's name.", "corrected"),
        ("CORRECTION (14 March): The bridge was closed on Monday, not on Sunday.", "corrected"),
        ("Corrections and clarifications", None),
        ("Clarification — The figure counts both towns.", "corrected"),
        ("An earlier version of this article incorrectly said that nine people were killed.", "corrected"),
        ("A previous version of this story gave the wrong day.", "corrected"),
        ("*An earlier version of this story said the road was open.*", "corrected"),
        ("This article was amended on 12 March 2024 to remove a remark.", "corrected"),
        ("This story has been corrected to say that the school was open.", "corrected"),
        ("Editor's note: This story was changed because the number of the dead was wrong.", "corrected"),
        ("[Editors’ note: an earlier version misidentified the speaker.]", "corrected"),
        ("Editor's note: This story contains descriptions of violence.", None),
        ("Retraction: We could not confirm that the airfield fell.", "retracted"),
        ("This story has been retracted.", "retracted"),
        ("Editor’s note: This article has been withdrawn after its source took back what she said.", "retracted"),
        ("We have retracted this report.", "retracted"),
        # News about corrections.
        ("The ministry issued a correction: nine people were wounded.", None),
        ("The ministry has retracted its statement about the airfield.", None),
        ("Correctional officers were wounded in Besk.", None),
        ("Correction officers said the prison was quiet.", None),
        ("“This story has been retracted,” the agency said of its rival's report.", None),
        ("The story was wrong, said the mayor.", None),
        ("The report was withdrawn by the committee after the vote.", None),
        ("An earlier version of the report named nine villages incorrectly, the committee said.", None),
        ("An earlier version of the plan had a bridge.", None),
        ("Update: the road is open again.", None),
        ("Updated at 14:00 with the mayor's words.", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["top", "end"])
def test_a_notice_is_known_by_its_words_and_its_place(words: str, state: str | None, place: str) -> None:
    text = f"{words}\n\n{BODY}" if place == "top" else f"{BODY}\n\n{words}\n"
    notice = find_notice(text)
    assert (notice.state if notice else None) == state
    if notice:
        assert text[notice.start : notice.end].strip() == notice.words == words
        assert notice.explanation


def test_the_same_words_in_the_middle_of_a_text_are_part_of_it() -> None:
    assert find_notice(f"{BODY}\n\nCorrection: it was Monday.\n\n{BODY}") is None


def test_a_retraction_outranks_a_correction() -> None:
    notice = find_notice(f"Correction: it was Monday.\n\n{BODY}\n\nThis article has been retracted.")
    assert notice is not None
    assert notice.state == "retracted"


@pytest.mark.parametrize(
    ("title", "state"),
    [
        ("CORRECTED-Nine wounded in Arvel", "corrected"),
        ("RETRACTED: Airfield falls", "retracted"),
        ("[Retracted]: Airfield falls", "retracted"),
        ("CORRECTED (OFFICIAL)-Nine wounded", "corrected"),
        ("Corrected figures show nine wounded", None),
        ("Retracted: nothing", "retracted"),
        ("WITHDRAWN troops return to Arvel", None),
    ],
)  # fmt: skip
def test_agencies_write_it_into_the_title(title: str, state: str | None) -> None:
    notice = find_notice(BODY, title=title)
    assert (notice.state if notice else None) == state


def test_a_long_text_that_begins_like_a_notice_is_none() -> None:
    assert find_notice("Correction: " + "the road was open and " * (LONGEST // 20)) is None


@given(text=st.text(max_size=400), title=st.text(max_size=40))
def test_no_text_trips_it(text: str, title: str) -> None:
    find_notice(text, title=title)
    find_notice("Correction:" + text, title=title)
