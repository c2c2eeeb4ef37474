"""What others wrote does nothing to a terminal but be read."""

import io
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tracker.terminal import BIDI, plain, printable


def test_controls_and_overrides_are_left_out_and_letters_stay():
    assert plain("a\x1b]0;owned\x07b\x9b2Jc\u202ed\u2066e\u200ff\x00\x7f\ud83d") == "a]0;ownedb2Jcdef"
    assert plain("Ä\tשלום\nعربي 👩‍👩‍👧 ½") == "Ä\tשלום\nعربي 👩‍👩‍👧 ½"


@given(st.text(st.characters(exclude_categories=[])))
def test_nothing_but_line_ends_and_tabs_controls_what_is_printed(anything):
    out = io.StringIO()
    Console(file=out, soft_wrap=True).print(printable(anything))
    assert not [c for c in out.getvalue() if c in BIDI or (unicodedata.category(c) == "Cc" and c not in "\n\t")]


def test_markup_in_a_text_is_text():
    out = io.StringIO()
    Console(file=out).print(printable("[bold]12[/] [link=https://x.example]here[/link]"))
    assert out.getvalue().strip() == "[bold]12[/] [link=https://x.example]here[/link]"
