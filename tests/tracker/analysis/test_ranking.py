"""Ranking known claims by words and letters."""

import math

from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.ranking import Ranker, cleaned

CLAIMS = [("a", "Wolves were seen in Torvik"), ("b", "The mayor of Karsk resigned"), ("c", "Torvik closes its port")]


def test_links_and_dates_go_and_hashtags_become_words() -> None:
    text = cleaned("Wolves! #WolvesInTorvik https://example.test/1 — Ana (@ana_l) May 3, 2031")
    assert "example" not in text
    assert "2031" not in text
    assert {"Wolves", "In", "Torvik", "Ana"} <= set(text.replace("(", " ").replace(")", " ").split())


def test_the_best_claim_scores_one_and_the_rest_less() -> None:
    ranking = Ranker(CLAIMS).rank("wolves, real wolves, seen near Torvik")
    assert ranking[0] == ("a", 1.0)
    assert [score for _, score in ranking] == sorted((score for _, score in ranking), reverse=True)


def test_a_misspelt_text_still_finds_its_claim() -> None:
    assert Ranker(CLAIMS).rank("mayer of karsk resinged")[0][0] == "b"


def test_the_limit_is_kept() -> None:
    assert len(Ranker(CLAIMS).rank("Torvik", limit=2)) == 2


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=40)), max_size=5), st.text(max_size=60))
def test_any_claims_and_text_rank_with_scores_within_bounds(claims: list[tuple[str, str]], text: str) -> None:
    ranking = Ranker(claims).rank(text)
    assert len(ranking) == len(claims)
    assert all(math.isfinite(score) and -1e-9 <= score <= 1 + 1e-9 for _, score in ranking)
