"""Documents as no editor would hand them in: news of an invented country, damaged in the ways that pages get damaged.

``documents`` yields as many as asked for, the same ones for the same seed. Each is some sentences with one to four
of ``MANGLINGS`` applied; some are no prose at all.
"""

import random
import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence

Mangling = Callable[[random.Random, str], str]

NEWS = """\
Bridge at Osk destroyed, activists say

KARSK, 14 March (Lowland Wire) – The Defence Ministry denied on Tuesday that its aircraft destroyed the Osk bridge.
"Our aircraft did not fly that morning," said Colonel Ivar Dresk, a spokesman for the ministry. "We had no reason to."
Marta Kellin, the governor of Velmora, called on residents to return to their homes.
At least 48 fighters and 12 civilians were killed near Torvik on 12 May 2013, the Velmora Conflict Monitor said, citing
two nurses who asked not to be named.
“It is a lie,” he said. “They were never there, and they know it.”
Sefa Oru, an activist reached by telephone, said that troops had entered the square, a claim denied by Dresk.
State television reported that the army said the town was calm.

The road “was never closed”, according to a government official who spoke on condition of anonymity.
“We left at dawn.

“The children walked,” Oru recalled, “and the old were carried.”
Brihol: 'No prisoners were taken'
The Relief Society's director, Halvo Senk – who had warned of it in January – did not say how many had fled.
Asked whether shells had hit the clinic, she replied: “Which one?”
It rained. Nothing else was reported from Landermo, where 1,200 people live.
Dresk believes the talks will fail; Kellin hopes that they succeed, and the group plans to walk out on Sunday.
“The bread is gone.” — Ana Brod
DRESK: We do not comment on that.
Neither side confirmed the figure of 30 to 40 dead, and both rejected the Monitor's criticism of their truce.
The commission (formed last year) concluded that "some [of the] shells came from the east"; its report is secret.
Did the guard say that it fired? Brod thinks so. "They said, 'Leave or burn,' and we left," she wrote on Friday.
"""

_MARKS = "\"'“”‘’„‚«»‹›`´″′"
_LEFTOVERS = (
    "<p>", "</p", "<br/>", "</div>", '<a href="/x?y=1&z=2">', "<!--", "-->", "&nbsp;", "&quot;", "&#8220;", "&amp;amp;",
    "<script>var a = {b: '</script>'};", "{{ title }}", '[caption id="a1"]', "]]>", "<![CDATA[", "\\u201c", "\\n",
    "%20", "=E2=80=9C", "Share this:", "| | |", "http://example.org/a_(b)?c=“d”#e", "@someone #somewhere",
)  # fmt: skip
_CONTROLS = "\x00\x01\x07\x08\x0b\x0c\x1b\x1c\x1f\x7f\x85\x9f\xa0\xad\u200b\u200e\u2060\ufeff\ufffe\uffff\ufffd"
_MARKS_ABOVE = "\u0300\u0301\u0308\u0323\u0336\u0489\u20e0\u0e31\u064b"
_DIRECTIONS = "\u200f\u202a\u202b\u202d\u202e\u202c\u2066\u2067\u2068\u2069"
_OTHER_SCRIPTS = (
    "قال الناطق",
    "השר אמר",
    "дескать",
    "发言人说",
    "発表した",
    "कहा",
    "กล่าวว่า",
    "ንግግር",
    "߀߁߂",
    "𝕤𝕒𝕚𝕕",
    "ﷺ",
)
_PICTURES = ("😀", "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇺🇳", "1️⃣", "\u200d", "\ufe0f", "☠️", "👩‍", "🏴󠁧󠁢󠁷󠁬󠁳󠁿")  # fmt: skip
_LINE_ENDS = ("\r\n", "\r", "\u2028", "\u2029", "\x0b", "\x0c", "\x85", "\n\n\n\n", "\n \n", "\\n")
_BLANKS = "\xa0\u2009\u202f\u3000\t\u1680\u180e"
_CUES = ("said", "denied", "says", "told", "according to", "claimed", "wrote", "believes", "did not say", "urged")


def place(rng: random.Random, text: str) -> int:
    """Some place in the text, its ends included."""
    return rng.randint(0, len(text))


def stretch(rng: random.Random, text: str, *, most: int = 200) -> tuple[int, int]:
    """Some stretch of at most ``most`` characters, perhaps an empty one."""
    start = place(rng, text)
    return start, min(len(text), start + rng.randint(0, most))


def strewn(rng: random.Random, text: str, things: Sequence[str]) -> str:
    """The text with up to twelve of the things put in anywhere."""
    for _ in range(rng.randint(1, 12)):
        at = place(rng, text)
        text = text[:at] + rng.choice(things) + text[at:]
    return text


def characters_lost(rng: random.Random, text: str) -> str:
    """Single characters missing, doubled, or changed with their neighbour."""
    for _ in range(rng.randint(1, 30)):
        at = place(rng, text)
        text = rng.choice(
            (
                text[:at] + text[at + 1 :],
                text[: at + 1] + text[at:],
                text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
            )
        )
    return text


def stretches_lost(rng: random.Random, text: str) -> str:
    """A stretch missing, repeated up to five times, or moved."""
    start, end = stretch(rng, text)
    rest = text[:start] + text[end:]
    at = place(rng, rest)
    return rng.choice(
        (rest, text[:end] + text[start:end] * rng.randint(1, 5) + text[end:], rest[:at] + text[start:end] + rest[at:])
    )


def marks_added(rng: random.Random, text: str) -> str:
    """Quotation marks of all sorts where none belong."""
    return strewn(rng, text, _MARKS)


def marks_mixed(rng: random.Random, text: str) -> str:
    """Every quotation mark another one, some gone."""
    return re.sub(f"[{re.escape(_MARKS)}]", lambda _: rng.choice((*_MARKS, "", "''", "``")), text)


def marks_unclosed(rng: random.Random, text: str) -> str:
    """All opening or all closing marks gone."""
    return re.sub(rng.choice(("[”’»]", "[“‘«]", r'"(?=\w)', r'(?<=[\w,.?!])"')), "", text)


def page_leftovers(rng: random.Random, text: str) -> str:
    """Tags, entities, scripts and escapes left in."""
    return strewn(rng, text, _LEFTOVERS)


def controls(rng: random.Random, text: str) -> str:
    """Control characters, soft hyphens, byte order marks, code points that are none."""
    return strewn(rng, text, _CONTROLS)


def surrogates(rng: random.Random, text: str) -> str:
    """Halves of surrogate pairs, which no encoding can hold."""
    return strewn(rng, text, [chr(rng.randint(0xD800, 0xDFFF)) for _ in range(4)])


def combining(rng: random.Random, text: str) -> str:
    """Letters with heaps of combining marks; or all letters taken apart from their accents."""
    if rng.random() < 0.3:
        return unicodedata.normalize(rng.choice(("NFD", "NFKD", "NFKC")), text)
    return strewn(rng, text, [rng.choice(_MARKS_ABOVE) * rng.randint(1, 30) for _ in range(4)])


def directions(rng: random.Random, text: str) -> str:
    """Marks that turn the direction, and words of other scripts."""
    return strewn(rng, text, (*_DIRECTIONS, *_OTHER_SCRIPTS))


def pictures(rng: random.Random, text: str) -> str:
    """Emoji, joined and unjoined."""
    return strewn(rng, text, _PICTURES)


def line_ends(rng: random.Random, text: str) -> str:
    """Other ends of lines."""
    return text.replace("\n", rng.choice(_LINE_ENDS))


def blanks(rng: random.Random, text: str) -> str:
    """Other blanks, or too many."""
    return text.replace(" ", rng.choice((*_BLANKS, "   ", " \n", " \t ")))


def no_blanks(rng: random.Random, text: str) -> str:
    """No blanks, everywhere or in a stretch."""
    start, end = (0, len(text)) if rng.random() < 0.3 else stretch(rng, text, most=600)
    return text[:start] + re.sub(r"\s", "", text[start:end]) + text[end:]


def one_line(_: random.Random, text: str) -> str:
    """One endless line."""
    return text.replace("\n", " ")


def endless_word(rng: random.Random, text: str) -> str:
    """A word of thousands of letters, digits or dashes in the middle."""
    at = place(rng, text)
    return (
        text[:at] + rng.choice(("a", "said", "9", "-", "…", "“", "é", ".", "x.y")) * rng.randint(200, 3000) + text[at:]
    )


def endless_paragraph(rng: random.Random, text: str) -> str:
    """The same again and again without a break."""
    return (text.replace("\n", " ") + " ") * rng.randint(2, 12)


def misread(rng: random.Random, text: str) -> str:
    """Encoded one way, read another, once or twice."""
    for _ in range(rng.randint(1, 2)):
        wrote, reads = rng.choice(
            (("utf-8", "cp1252"), ("utf-8", "latin-1"), ("cp1252", "utf-8"), ("utf-8", "cp1251"), ("utf-16", "latin-1"),
             ("utf-8", "utf-16"), ("utf-8", "mac-roman"), ("utf-8", "ascii"))
        )  # fmt: skip
        text = text.encode(wrote, "replace").decode(reads, "replace")
    return text


def truncated(rng: random.Random, text: str) -> str:
    """A piece out of the middle."""
    start, end = sorted((place(rng, text), place(rng, text)))
    return text[start:end]


def interleaved(rng: random.Random, text: str) -> str:
    """Two columns read across: lines or words by turns."""
    joint = rng.choice(("\n", " "))
    own, other = text.split(joint), NEWS.split(joint)
    at = rng.randrange(len(other))
    return joint.join(piece for pair in zip(own, other[at:] + other[:at], strict=False) for piece in pair)


def other_case(rng: random.Random, text: str) -> str:
    """All capitals, no capitals, every word capitalised, or turned over."""
    return rng.choice((text.upper(), text.lower(), text.title(), text.swapcase()))


def unpunctuated(_: random.Random, text: str) -> str:
    """Letters, digits and blanks only."""
    return re.sub(r"[^\w\s]", "", text)


def hard_wrapped(rng: random.Random, text: str) -> str:
    """Broken into short lines, with the margins and marks of a forwarded mail."""
    width, margin = rng.randint(5, 75), rng.choice(("", "> ", "    ", "| ", "- "))
    return "\n".join(textwrap.wrap(text, width, initial_indent=margin, subsequent_indent=margin))


def table(rng: random.Random, text: str) -> str:
    """A table of numbers in the middle."""
    between = rng.choice(("\t", " | ", "  ", ",", ";"))
    rows = between.join(str(rng.choice((rng.random(), rng.randint(-9, 10**9), "n/a", "1,5", "12%"))) for _ in range(6))
    at = place(rng, text)
    return text[:at] + "\n" + "\n".join([rows] * rng.randint(1, 40)) + "\n" + text[at:]


def cues(rng: random.Random, text: str) -> str:
    """Nothing but words that attribute, in the middle."""
    at = place(rng, text)
    return f"{text[:at]} {' '.join(rng.choices(_CUES, k=rng.randint(2, 80)))} {text[at:]}"


def nested_marks(rng: random.Random, text: str) -> str:
    """Brackets and quotations in one another, to some depth, closed or not."""
    opening, closing = rng.choice(("“”", "()", "‘’", "[]", '""', "«»", "“‘"))
    depth, at = rng.randint(2, 60), place(rng, text)
    said = "".join(f"{opening}Brod said {rng.choice(('that ', ''))}" for _ in range(depth))
    return text[:at] + said + "it rained" + closing * rng.randint(0, depth) + text[at:]


def nothing_much(rng: random.Random, _: str) -> str:
    """Hardly any text."""
    return rng.choice(
        ("", " ", "\n", "\x00", "said", "“", ".", "\ud800", "a", "“”", "He said.", "\u202e", "\r\n\r\n", ":")
    )


def noise(rng: random.Random, _: str) -> str:
    """Any code points."""
    highest = rng.choice((0x7F, 0x2FF, 0xFFFF, 0x10FFFF))
    return "".join(chr(rng.randint(0, highest)) for _ in range(rng.randint(1, 400)))


MANGLINGS: tuple[Mangling, ...] = (
    characters_lost, stretches_lost, marks_added, marks_mixed, marks_unclosed, page_leftovers, controls, surrogates,
    combining, directions, pictures, line_ends, blanks, no_blanks, one_line, endless_word, endless_paragraph, misread,
    truncated, interleaved, other_case, unpunctuated, hard_wrapped, table, cues, nested_marks, nothing_much, noise,
)  # fmt: skip


def excerpt(rng: random.Random, text: str, *, most: int = 800) -> str:
    """Some consecutive characters of a text, cut where a line or a sentence starts."""
    starts = [0, *(found.end() for found in re.finditer(r"\n+|(?<=[.!?]) ", text))]
    start = rng.choice(starts)
    return text[start : start + rng.randint(100, most)]


def documents(count: int, *, seed: int, bases: Sequence[str] = (NEWS,)) -> Iterator[str]:
    """``count`` mangled documents made of ``bases``; the same for the same seed and bases."""
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        text = excerpt(rng, rng.choice(bases))
        for mangling in rng.choices(MANGLINGS, k=rng.choice((1, 1, 2, 3, 4))):
            text = mangling(rng, text)
        yield text
