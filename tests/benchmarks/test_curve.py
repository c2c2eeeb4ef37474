"""The chart is well-formed, and its points lie where they belong."""

from xml.etree import ElementTree

from benchmarks.curve import HEIGHT, WIDTH, Line, chart


def lines_of(svg):
    drawn = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}polyline")
    return [[tuple(map(float, point.split(","))) for point in each.get("points").split()] for each in drawn]


def test_higher_is_further_up_and_more_is_further_right():
    svg = chart("Two lines & <more>", "confidence", [Line("up", [(0, 0), (0.5, 0.5), (1, 1)]), Line("flat", [(0, 1)])])
    up, flat = lines_of(svg)
    assert [x for x, _ in up] == sorted(x for x, _ in up)
    assert [y for _, y in up] == sorted((y for _, y in up), reverse=True)
    assert flat[0][0] == up[0][0]
    assert flat[0][1] == up[-1][1]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in (*up, *flat))


def test_what_is_drawn_is_named():
    svg = chart("Precision", "confidence", [Line("a & b", [(0, 0)], dashed=True)])
    texts = [each.text for each in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert {"a & b", "confidence", "0.0", "1.0"} <= set(texts)
    assert "stroke-dasharray" in svg
    assert "prefers-color-scheme: dark" in svg
