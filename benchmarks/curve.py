"""A small line chart as SVG, legible on light and on dark pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 24, 28, 52
_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #333 }
.grid { stroke: #ccc } .axis { stroke: #666 } .line { fill: none; stroke-width: 2.5 }
.a { stroke: #0a5fb4 } .b { stroke: #b4540a } .c { stroke: #3c7a1c }
text.a { fill: #0a5fb4; stroke: none } text.b { fill: #b4540a; stroke: none } text.c { fill: #3c7a1c; stroke: none }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd } .grid { stroke: #444 } .axis { stroke: #999 }
  .a { stroke: #7ab8ff } .b { stroke: #ffb072 } .c { stroke: #9bdc78 }
  text.a { fill: #7ab8ff } text.b { fill: #ffb072 } text.c { fill: #9bdc78 }
}"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, the points, and whether it is dashed. Both coordinates lie in [0, 1]."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


def chart(title: str, across: str, lines: Sequence[Line]) -> str:
    """Up to three lines over [0, 1] both ways. ``title`` is what a screen reader reads, ``across`` names the axis."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{_escaped(title)}</title>",
        f"<style>{_STYLE}</style>",
        *_grid(across),
    ]
    for line, colour in zip(lines, "abc", strict=False):
        dashes = ' stroke-dasharray="6 4"' if line.dashed else ""
        points = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in line.points)
        parts.append(f'<polyline class="line {colour}" points="{points}"{dashes}/>')
    parts += _legend([line.name for line in lines])
    return "\n".join([*parts, "</svg>", ""])


def _grid(across: str) -> Iterable[str]:
    for tenth in range(0, 11, 2):
        at = tenth / 10
        yield f'<line class="grid" x1="{_x(0)}" x2="{_x(1)}" y1="{_y(at):.1f}" y2="{_y(at):.1f}"/>'
        yield f'<text x="{_LEFT - 8}" y="{_y(at) + 4:.1f}" text-anchor="end">{at:.1f}</text>'
        yield f'<text x="{_x(at):.1f}" y="{HEIGHT - _BOTTOM + 20}" text-anchor="middle">{at:.1f}</text>'
    yield f'<line class="axis" x1="{_x(0)}" x2="{_x(1)}" y1="{_y(0)}" y2="{_y(0)}"/>'
    yield f'<text x="{(_x(0) + _x(1)) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{_escaped(across)}</text>'


def _legend(names: Iterable[str]) -> Iterable[str]:
    for number, (name, colour) in enumerate(zip(names, "abc", strict=False)):
        yield f'<text class="{colour}" x="{_LEFT + 150 * number}" y="17">{_escaped(name)}</text>'


def _x(share: float) -> float:
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _TOP + (1 - share) * (HEIGHT - _TOP - _BOTTOM)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
