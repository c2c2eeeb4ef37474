"""A statement is hedged by what governs its cue or its content's main verb; an ability or a modifier hedges nothing."""

import pytest

from tracker.analysis.pipeline import analyse
from tracker.analysis.types import Modality


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Mira Holt said the army may have killed 12 people.", "may"),
        ("Mira Holt said the clinic was reportedly hit.", "reportedly"),
        ("Mira Holt said the army apparently shelled the town.", "apparently"),
        ("Mira Holt said that apparently the army shelled the town.", "apparently"),
        ("Mira Holt said the bridge could collapse.", "could"),
        ("Mira Holt said the army could have fired the shells.", "could"),
        ("Mira Holt said the town was likely to fall.", "likely"),
        ("Mira Holt said the town appeared to be empty.", "appeared"),
        ("Mira Holt said it was possible that the dam had been hit.", "possible"),
        ("Mira Holt said that perhaps 50 people were dead.", "perhaps"),
        ("The blast, Mira Holt said, was probably caused by a mine.", "probably"),
        ("“It might have been a drone,” Mira Holt said.", "might"),
        ("The army reportedly said the bridge had fallen.", "reportedly"),
    ],
)
def test_what_governs_the_main_verb_or_the_cue_hedges(text, word):
    (statement,) = analyse(text)
    assert (statement.modality, statement.decided_by) == (Modality.HEDGED, (word,))


@pytest.mark.parametrize(
    "text",
    [
        "Hospitals could not cope with the wounded, Mira Holt said.",
        "Mira Holt said she could not yet give a figure.",
        "Mira Holt said the team could no longer reach the town.",
        "Mira Holt said residents could see smoke over the bridge.",
        "Mira Holt said nobody could leave the town.",
    ],
)
def test_an_ability_is_no_hedge(text):
    (statement,) = analyse(text)
    assert (statement.modality, statement.decided_by) == (Modality.ASSERTED, ())


@pytest.mark.parametrize(
    "text",
    [
        "Mira Holt said six mortar rounds, apparently fired from Torvik, struck the market.",
        "Six mortar rounds, apparently fired from Torvik, struck the market, Mira Holt said.",
        "Mira Holt said suspected rebels burned the mill.",
        "Mira Holt said the army took the mill, which may be rebuilt.",
        "Mira Holt said the possibly wounded driver was taken away.",
        "Mira Holt said the mayor had appeared on television.",
    ],
)
def test_a_hedge_inside_a_modifier_leaves_the_content_asserted(text):
    (statement,) = analyse(text)
    assert (statement.modality, statement.decided_by) == (Modality.ASSERTED, ())
