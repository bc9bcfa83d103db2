"""Charts: numbers lie where they belong, on linear and logarithmic axes, and titles are text."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from autograd.viz.chart import Line, Mark, bars, chart, shown, spark

SVG = "{http://www.w3.org/2000/svg}"


def drawn(x, y, **options):
    text = chart("title", [Line("", "red", np.array(x, float), np.array(y, float), dots=True)],
                 "x", **options)
    return ElementTree.fromstring(text)


def places(picture):
    dots = picture.iter(SVG + "circle")
    return np.array([[float(dot.get("cx")), float(dot.get("cy"))] for dot in dots])


@pytest.mark.parametrize("log", [False, True])
def test_equal_steps_are_equally_long(log):
    numbers = [1, 10, 100, 1000] if log else [1, 2, 3, 4]
    at = places(drawn(numbers, numbers, log_x=log, log_y=log))
    steps = np.diff(at, axis=0)
    np.testing.assert_allclose(steps, steps[:1].repeat(3, 0), atol=0.11)
    assert (steps[:, 0] > 50).all() and (steps[:, 1] < -30).all()  # right, and up


def test_ticks_lie_where_their_numbers_do():
    picture = drawn([1, 1e4], [1e-5, 0.1], log_x=True, log_y=True)
    low, high = places(picture)
    texts = {t.text: (float(t.get("x")), float(t.get("y"))) for t in picture.iter(SVG + "text")}
    assert texts["1e-5"][1] - 4 == pytest.approx(low[1], abs=0.2)
    assert texts["0.1"][1] - 4 == pytest.approx(high[1], abs=0.2)
    assert texts["1"][0] == pytest.approx(low[0], abs=0.2)


def test_gaps_single_points_and_bands():
    y = np.array([1.0, 2.0, np.nan, 4.0, np.inf])
    line = Line("", "red", np.arange(5.0), y, y - 0.5, y + 0.5)
    paths = [p.get("d") for p in ElementTree.fromstring(chart("t", [line], "x")).iter(SVG + "path")]
    own = next(path for path in paths if path.endswith("h.8"))
    assert own.count("M") == 2 and own.count("L") == 1
    assert any(path.endswith("Z") for path in paths)
    assert not any("nan" in path or "inf" in path for path in paths)


def test_texts_are_escaped_and_marks_stay_inside():
    text = chart('<"&\x00', [Line("", "red", np.arange(3.0), np.arange(3.0))], "a<b",
                 marks=[Mark(1.0, "<i>", "blue"), Mark(99.0, "far", "blue")])
    picture = ElementTree.fromstring(text)
    assert picture.get("aria-label").startswith('<"&') and "far" not in text
    assert {"a<b", "<i>"} <= {t.text for t in picture.iter(SVG + "text")}


def test_nothing_to_draw():
    ElementTree.fromstring(chart("t", [], "x", log_y=True))
    assert "nan" not in chart("t", [Line("", "red", np.zeros(0), np.zeros(0))], "x")
    assert re.search('d=""', spark(np.zeros(3), "none"))
    assert "V24Z" in bars(np.array([0, 0]), "none")


@pytest.mark.parametrize("value, text", [(1e-5, "1e-5"), (2e7, "2e7"), (0.01, "0.01"), (0, "0"),
                                         (123456, "123456")])
def test_numbers_as_axes_write_them(value, text):
    assert shown(value) == text
