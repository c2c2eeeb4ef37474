"""A short name is the full one given before, whatever the model takes it for; a calling is no name."""

import pytest

from tracker.analysis.pipeline import analyse
from tracker.analysis.types import SourceKind


def sources(text):
    return [(statement.source.name, statement.source.kind) for statement in analyse(text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "Edvin Raal, a spokesman for the Northern Guard, denied the report. “No shell was fired,” Raal said.",
            "Edvin Raal",
        ),
        ("Josef Amrel, the director of the society, said the ward was full. Amrel said no help came.", "Josef Amrel"),
        ("Velmora's president, Ivo Marek, said talks would begin. Marek said they would be short.", "Ivo Marek"),
        ("UN Secretary General Ban Ki-moon said the siege must end. Ban said food was short.", "Ban Ki-moon"),
        ("The mayor of Torvik, Ivo Brand, said he was safe. Brand said others were not.", "Ivo Brand"),
        ("Nadia Rahal, a nurse from Torvik, said it was over. Rahal said she was tired.", "Nadia Rahal"),
    ],
)
def test_a_last_or_first_name_is_the_person_named_in_full(text, name):
    assert sources(text) == [(name, SourceKind.PERSON)] * 2


def test_a_first_name_that_two_persons_bear_is_nobody_else():
    text = "Ana Brod said it rained. Ana Lund said it snowed. Ana said it was cold."
    assert [name for name, _ in sources(text)] == ["Ana Brod", "Ana Lund", "Ana"]


def test_the_monitor_is_the_body_and_no_person():
    text = "The Velmora Conflict Monitor said 12 people died. Two spans lay in the water, the Monitor said."
    assert sources(text) == [("Velmora Conflict Monitor", SourceKind.MONITOR)] * 2


def test_a_body_with_a_persons_last_name_in_it_stays_a_body():
    text = "Danil Dorn said it was calm. The Dorn Relief Group said two people died. The group said more were hurt."
    assert [name for name, _ in sources(text)] == ["Danil Dorn", "Dorn Relief Group", "Dorn Relief Group"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Unnamed Soldiers at a checkpoint said the town had fallen.", "unnamed soldiers at a checkpoint"),
        ("Soldiers at a checkpoint said the town had fallen.", "unnamed soldiers at a checkpoint"),
        ("Security Officials said the town had fallen.", "unnamed security officials"),
        ("Velmoran Security Officials said the town had fallen.", "unnamed Velmoran security officials"),
    ],
)
def test_a_calling_with_capitals_is_written_as_a_calling(text, name):
    assert sources(text) == [(name, SourceKind.UNNAMED)]
