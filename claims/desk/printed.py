"""A text as HTML: its lines as paragraphs, its statements marked, and nothing in it that could run.

What stands in a paragraph is the text of its line, character for character, so that a page's script can tell where in
the text a selection lies: ``data-start`` is the line's first code point. What is added for the eye is in attributes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe

from claims.desk.highlighting import Line, Mark, lines


@dataclass(frozen=True, slots=True)
class Look:
    """How the marks of one statement look: its public id, its label, its colour, and what it is read out as."""

    uid: str
    label: str
    colour: int
    spoken: str
    denies: bool = False
    unsure: bool = False  # anything but asserted


def text_as_html(text: str, marks: Iterable[Mark], looks: Mapping[int, Look]) -> SafeString:
    """The paragraphs of a text. Empty lines are the distance between them."""
    shown = "".join(_paragraphs(text, marks, looks))
    return mark_safe(shown)  # noqa: S308  each word and each attribute is escaped on its own


def _paragraphs(text: str, marks: Iterable[Mark], looks: Mapping[int, Look]) -> Iterator[str]:
    apart = ""
    tagged: set[int] = set()
    for line in lines(text, marks):
        if not line.runs:
            apart = ' class="dr-apart"'
            continue
        yield f'<p dir="auto" data-start="{line.start}"{apart}>'
        yield from _inside(text, line, looks, tagged)
        yield "</p>"
        apart = ""


def _inside(text: str, line: Line, looks: Mapping[int, Look], tagged: set[int]) -> Iterator[str]:
    """The runs of one line; what two neighbours have in common stays open between them.

    ``tagged`` are the statements whose label has been put before their words.
    """
    opened: tuple[Mark, ...] = ()
    for run in line.runs:
        common = 0
        while common < min(len(opened), len(run.marks)) and opened[common] == run.marks[common]:
            common += 1
        yield "</span>" * (len(opened) - common)
        for mark in run.marks[common:]:
            look = looks[mark.statement]
            if mark.role == "content" and mark.statement not in tagged:
                tagged.add(mark.statement)
                yield _tag(look)
            yield f'<span class="{_classes(mark, look)}" data-s="{mark.statement}">'
        # The parser of HTML would make a line break of a bare carriage return.
        yield escape(text[run.start : run.end]).replace("\r", "&#13;")
        opened = run.marks
    yield "</span>" * len(opened)


def _tag(look: Look) -> str:
    """The label before a content, which leads to the statement in the list. It has no text of its own."""
    uid, label, spoken = escape(look.uid), escape(look.label), escape(look.spoken)
    return (
        f'<a class="dr-tag dr-c{look.colour} dk-focus" id="words-{uid}" href="#statement-{uid}"'
        f' data-label="{label}" aria-label="{spoken}"></a>'
    )


def _classes(mark: Mark, look: Look) -> str:
    names = ["dr-mark", f"dr-{mark.role}", f"dr-c{look.colour}"]
    if mark.role == "content":
        names += ["dr-denies"] * look.denies + ["dr-unsure"] * look.unsure
    return " ".join(names)
