"""Stance of running text: its sentences are aligned with the hypothesis and searched for what excludes it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.analysis.stance import NEUTRAL, REFUTES, SUPPORTS, is_running_text, judge
from tracker.analysis.stance_alignment import align, core, joined, parse
from tracker.analysis.stance_evidence import against
from tracker.analysis.stance_lexicon import kinds_apart, same_kind, undone


@pytest.mark.parametrize(
    ("premise", "hypothesis", "label", "named"),
    [
        # Filled as said.
        ("Marla Quist is a Danish painter and sculptor.", "Marla Quist is a painter.", SUPPORTS, "covers"),
        ("The Velm bridge was built in 1931 by Ostrava Works.", "Ostrava Works built the Velm bridge.", SUPPORTS, ""),
        # The same frame, filled otherwise.
        ("Marla Quist is a Danish painter.", "Marla Quist is a Norwegian painter.", REFUTES, "Norwegian"),
        ("Marla Quist is a Danish painter.", "Marla Quist is a politician.", REFUTES, "politician against painter"),
        ("Lorn is a town in the hills.", "Lorn is a river.", REFUTES, "river against town"),
        ("Red Harbour is a folk album by Ina Holt.", "Red Harbour is a jazz album.", REFUTES, "jazz against folk"),
        ("The council has 19 members.", "The council has 16 members.", REFUTES, "16 against 19"),
        ("The ferry sank on 4 May 1998 off Karsk.", "The ferry sank on 9 May 1998.", REFUTES, "May 9 against May 4"),
        ("The ferry sank in 1998 off Karsk.", "The ferry sank in 2003.", REFUTES, "2003 against 1998"),
        ("Ina Holt (born 3 June 1950) is a singer.", "Ina Holt was born in July.", REFUTES, "July against June"),
        ("It was the second strike of the year.", "It was the fifth strike of the year.", REFUTES, "number 5"),
        ("The film was directed by Ina Holt.", "The film was directed by Marla Quist.", REFUTES, "against"),
        ("The council met before the vote.", "The council met after the vote.", REFUTES, "after vote"),
        # Turned round.
        ("The council did not accept the plan.", "The council accepted the plan.", REFUTES, "accepted"),
        ("Holt refused to sign the treaty.", "Holt signed the treaty.", REFUTES, "signed"),
        ("The ministry rejected the plan.", "The ministry approved the plan.", REFUTES, "approved"),
        ("Karsk defeated Lorn in the final.", "Lorn defeated Karsk in the final.", REFUTES, "defeated"),
        # A negated hypothesis agrees with another filling, and with the same negation.
        ("Marla Quist is a Danish painter.", "Marla Quist is not a politician.", SUPPORTS, ""),
        ("The council did not accept the plan.", "The council never accepted the plan.", SUPPORTS, ""),
        # Another subject, or a frame that is not there.
        ("Rain is expected in the north tomorrow.", "The council accepted the plan.", NEUTRAL, "does not say"),
        ("The council may accept the plan.", "The council accepted the plan.", NEUTRAL, "may"),
    ],
)
def test_sentences_are_judged_by_the_frame_they_share(premise: str, hypothesis: str, label: str, named: str) -> None:
    stance = judge(premise, hypothesis)
    assert stance.label == label, stance
    assert named in stance.explanation
    assert stance.scores[label] == max(stance.scores.values())


@pytest.mark.parametrize(
    ("premise", "hypothesis"),
    [
        # Both can be true.
        ("The fire destroyed over 130 houses in Karsk.", "The fire destroyed 140 houses in Karsk."),
        ("The war lasted from 1931 to 1940.", "The war went on in 1935."),
        ("The United Nations sent aid to Karsk.", "The UN sent aid to Karsk."),
        ("Holt sold the farm to Quist.", "Quist bought the farm from Holt."),
        ("Quist is a novelist and a painter.", "Quist is a writer."),
        ("The mine yields 5 bn tonnes of ore.", "The mine yields 5 tonnes of ore."),
    ],
)
def test_what_can_both_be_true_refutes_nothing(premise: str, hypothesis: str) -> None:
    assert judge(premise, hypothesis).label != REFUTES, judge(premise, hypothesis)


def test_another_verb_between_the_same_things_speaks_against_more_than_nothing_does() -> None:
    other = judge("The council discussed the Lorn plan.", "The council praised the Lorn plan.")
    same = judge("The council praised the Lorn plan.", "The council praised the Lorn plan.")
    assert 0.0 == same.scores["refutes"] < other.scores["refutes"] < 0.5


def test_running_text_ends_with_a_stop_or_is_long() -> None:
    assert is_running_text("The council has accepted the plan.")
    assert is_running_text("He said: “The council has accepted the plan.”")
    assert is_running_text("the council " * 30)
    assert not is_running_text("Council accepts plan")
    assert not is_running_text("Council Accepts Plan for the U.S.")
    assert not is_running_text("")


def test_text_cut_into_words_is_put_together_again() -> None:
    assert joined("Lorn -LRB- a town -RRB- did n't vote , he said .") == "Lorn (a town) didn't vote, he said."


def test_kinds_exclude_each_other_only_where_the_words_tell() -> None:
    assert kinds_apart("river", "town") is True
    assert kinds_apart("film", "movie") is False
    assert kinds_apart("person", "painter") is False
    assert kinds_apart("gadget", "town") is None
    assert same_kind("writer", "novelist")
    assert not same_kind("writer", "painter")


def test_a_prefix_can_undo_a_word() -> None:
    assert undone("lawful", "unlawful")
    assert not undone("form", "inform")
    assert not undone("art", "unart")


def test_the_core_of_a_light_verb_is_its_complement() -> None:
    for text, word in (
        ("The council accepted the plan.", "accepted"),
        ("Holt refused to sign the treaty.", "sign"),
        ("Quist is a painter.", "painter"),
    ):
        main = core(parse(text))
        assert main is not None
        assert main.text == word


def test_initials_stand_for_the_name_spelt_out() -> None:
    pair = align(parse("The World Grain Office opened in Lorn."), parse("The WGO opened in Lorn."))
    assert not pair.missing
    assert not against(pair)


def test_sentences_without_a_verb_are_read_to_their_end() -> None:
    assert judge("No news from Lorn in 1998.", "Holt left Lorn in 2003.").label != SUPPORTS
    assert judge("A bridge, in May 1931.", "A bridge, in June 1931.").label == REFUTES


def test_long_texts_are_judged_by_their_first_pages() -> None:
    text = "The council did not accept the plan. " + "Rain fell on Lorn. " * 3000
    assert judge(text, "The council accepted the plan. " + "It was late. " * 3000).label in (REFUTES, NEUTRAL, SUPPORTS)


PIECES = st.sampled_from(
    ["The army", "Quist", "not", "is a", "painter", "town", "refused to", "opened", "in 1998", "on 4 May", "19 members",
     "only", "by Holt", ",", "(born 3 June 1950)", "before", "the vote", "-LRB-", "no", "."]
)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(
    st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map(" ".join)),
    st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=9).map(" ".join)),
)
def test_any_sentences_get_a_label_and_scores_that_add_up(premise: str, hypothesis: str) -> None:
    stance = judge(f"{premise}.", hypothesis)
    assert stance.label in stance.scores
    assert all(0.0 <= score <= 1.0 for score in stance.scores.values())
    assert sum(stance.scores.values()) == pytest.approx(1.0, abs=0.001)
