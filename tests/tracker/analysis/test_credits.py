"""Credits and bylines as they are printed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.analysis.credits import find_byline, find_credit

BODY = "Troops left the village of Torvik on Sunday.\n\nThe bridge stayed closed, a driver said."


@pytest.mark.parametrize(
    ("text", "credit"),
    [
        (f"TORVIK, Velmora (VNA) — {BODY}", "VNA"),
        (f"TORVIK (Northern Wire) - {BODY}", "Northern Wire"),
        (f"Torvik, 3 May (VNA) -- {BODY}", "VNA"),
        (f"Bridge closed\n\nVNA - {BODY}", "VNA"),
        (f"(VNA) {BODY}", "VNA"),
        (f"{BODY}\n– Kestrel-VNA", "Kestrel-VNA"),
        (f"{BODY}\n(VNA)", "VNA"),
        (f"{BODY}\n-- Kestrel", "Kestrel"),
        (f"{BODY} (VNA)", "VNA"),
        (f"{BODY} --Kestrel", "Kestrel"),
        (f"{BODY}\nSource: Kestrel News Agency", "Kestrel News Agency"),
        (f"{BODY}\n© 2031 Kestrel", "Kestrel"),
    ],
)
def test_a_credit_is_read_where_it_is_printed(text: str, credit: str) -> None:
    assert find_credit(text) == credit


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        "",
        f"{BODY}\n(more)",
        f"{BODY}\n\nA man waits near a bridge. (VNA)\n\n" + "\n\n".join([BODY] * 4),
        "The party (founded in 1990) left.",
    ],
)
def test_other_brackets_credit_nobody(text: str) -> None:
    assert find_credit(text) is None


@pytest.mark.parametrize(
    ("text", "byline"),
    [
        (f"Bridge closed\nBy Ana Lindqvist\n\n{BODY}", "Ana Lindqvist"),
        (f"Bridge closed\nBy Ana Lindqvist and Tom de Vries\n{BODY}", "Ana Lindqvist and Tom de Vries"),
        (f"BY Ana Lindqvist, Kestrel\n{BODY}", "Ana Lindqvist"),
        (f"By Sunday the bridge was closed.\n{BODY}", None),
        ("By then it was over.", None),
        ("", None),
    ],
)
def test_a_byline_names_its_authors(text: str, byline: str | None) -> None:
    assert find_byline(text) == byline


@given(st.text(alphabet="AB ab().-–—\n/:©By", max_size=300))
def test_odd_text_does_not_raise(text: str) -> None:
    credit, byline = find_credit(text), find_byline(text)
    assert credit is None or credit.strip()
    assert byline is None or byline.strip()
