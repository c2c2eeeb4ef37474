"""Whether two contents are one claim, and which known claims a text repeats."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracker.analysis.matching import JOIN, SUGGEST, rank, run, similarity
from tracker.analysis.types import Period


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("the army kept a bridge open for villagers", "soldiers left the bridge open so that villagers could cross"),
        ("troops took control of the grain market", "the army captured the grain market"),
        ("the air raids destroyed at least 14 houses", "air strikes destroyed 14 homes"),
        ("31 people were killed in Torvik", "shelling left 31 people dead in Torvik"),
        ("31 people were killed in Qusair", "31 people died in al-Qusayr"),
        ("The council's spokesman resigned", "spokesman of the council resigns"),
    ],
)
def test_rewordings_join(a: str, b: str) -> None:
    match = similarity(a, b)
    assert match.score >= JOIN, match.explanation
    assert not match.refutes


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ("31 people were killed in Torvik", "45 people were killed in Torvik", "figures"),
        ("troops shelled the market in Torvik", "troops shelled the market in Karsk", "names"),
        ("troops took the main square", "rebels took the main square", "actors"),
        ("the air raids destroyed 17 houses", "the air raids destroyed the market", "figure"),
        ("dozens were wounded in the market", "a market trader was arrested", "words"),
        ("thousands of villagers were trapped", "the army left a road open to villagers", "words"),
    ],
)
def test_different_events_in_like_words_do_not_join(a: str, b: str, reason: str) -> None:
    match = similarity(a, b)
    assert match.score < JOIN, match.explanation
    assert any(reason in line for line in match.explanation)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("The army did not shell the hospital", "The army shelled the hospital"),
        ("the army closed the bridge to villagers", "the army opened the bridge to villagers"),
        ("reports that the army shelled the hospital are false", "the army shelled the hospital"),
        ("nobody was killed in the raid on Torvik", "people were killed in the raid on Torvik"),
    ],
)
def test_a_negated_claim_is_the_same_claim_refuted(a: str, b: str) -> None:
    match = similarity(a, b)
    assert match.score >= SUGGEST, match.explanation
    assert match.refutes


def test_two_negations_do_not_refute() -> None:
    assert not similarity("The army never shelled the hospital", "The army did not shell the hospital").refutes


def test_the_documents_places_and_times_keep_claims_apart() -> None:
    a = b = "five people were wounded in the fighting"
    june = Period("in June", date(2031, 6, 1), date(2031, 6, 30))
    march = Period("in March", date(2031, 3, 1), date(2031, 3, 31))
    assert similarity(a, b).joins
    assert similarity(a, b, places=("Torvik", "Torvik"), periods=(june, june)).joins
    assert not similarity(a, b, places=("Torvik", "Karsk")).suggests
    assert not similarity(a, b, periods=(june, march)).joins


CLAIMS = [
    ("bread", "Bakers in Torvik doubled the price of bread. Did bread cost twice as much?"),
    ("bridge", "A photograph shows soldiers dancing on the Torvik bridge."),
    ("ferry", "The ferry company #StopTheFerry banned dogs."),
]


def test_a_text_ranks_the_claim_that_it_repeats_first() -> None:
    texts = [
        "lol soldiers DANCE on a bridge!! https://example.test/x",
        "my dog was sent off the ferry",
        "bread is twice the price",
    ]
    assert [ranking[0] for ranking in rank(texts, CLAIMS)] == ["bridge", "ferry", "bread"]


def test_the_command_answers_in_order_with_every_claim_ranked() -> None:
    claims = [{"id": key, "text": text} for key, text in CLAIMS]
    rows = list(run([{"id": "q2", "text": "dogs"}, {"id": "q1"}], claims))
    assert [row["id"] for row in rows] == ["q2", "q1"]
    assert sorted(rows[0]["ranking"]) == ["bread", "bridge", "ferry"]


def test_no_claims_rank_nothing() -> None:
    assert list(rank(["anything", ""], [])) == [[], []]


def test_claims_without_words_can_be_ranked() -> None:
    assert list(rank(["anything"], [("a", ""), ("b", "the")])) == [["a", "b"]]


PIECES = st.sampled_from(
    ["The army", "not", "opened", "closed", "Torvik", "12 people", "killed", "dozens", "“", "no", "deny", "."]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=10).map(" ".join))


@given(TEXTS, TEXTS)
@example("0:Æ", "Æ:ª0")
@example("5 people died and 7 people died in Torvik", "7 people died in Torvik")
def test_any_two_contents_compare_alike_in_both_orders(a: str, b: str) -> None:
    match = similarity(a, b)
    assert match == similarity(a, b)
    assert match.explanation
    assert 0.0 <= match.score <= 1.0
    other = similarity(b, a)
    assert match.score == pytest.approx(other.score, abs=1e-3)
    assert match.refutes == other.refutes


@pytest.mark.parametrize(
    ("longer", "joins"),
    [
        ("Seven people were killed in Dravik on Tuesday, all of them fighters of the Northern Guard", True),
        ("Nine people were killed in Dravik on Tuesday, all of them fighters of the Northern Guard", False),
    ],
)
def test_who_says_all_of_a_figure_and_more_asserts_it(longer, joins):
    assert similarity("seven people were killed in Dravik on Tuesday", longer).joins is joins
    assert similarity(longer, "seven people were killed in Dravik on Tuesday").joins is joins


def test_without_a_figure_a_short_content_inside_a_long_one_is_another_claim():
    longer = "the road to Dravik was closed by the Northern Guard after a week of shelling along the Lenn river"
    assert not similarity("the road to Dravik was closed", longer).joins


@pytest.mark.parametrize(
    ("one", "other", "joins"),
    [
        ("the market in Kesh was shelled by the army", "the market in Kesh was shelled by the Northern Guard", False),
        ("the army shelled the market in Kesh", "the rebels shelled the market in Kesh", False),
        ("the market in Kesh was shelled by the army", "government troops shelled the market in Kesh", True),
    ],
)
def test_one_deed_given_to_two_sides_is_two_claims(one, other, joins):
    parties = {"northern guard": "Northern Guard and allies"}
    assert similarity(one, other, parties=parties).joins is joins
    assert similarity(other, one, parties=parties).joins is joins
