"""The geometry of pictures: nothing overlaps, lines go down and seldom cross, always the same."""

from __future__ import annotations

import random
import unicodedata
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn
from autograd import viz
from autograd.viz import grid, style
from autograd.viz.grid import Grid, Link
from autograd.viz.layout import Layout, layout, linked
from autograd.viz.order import crossings, ordered
from autograd.viz.routes import ARROW, curve

# ---- the whole picture ----------------------------------------------------------------------


def rectangles(drawn: Layout, sizes) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of each box."""
    return [(x - w / 2, y - h / 2, x + w / 2, y + h / 2)
            for (x, y), (w, h) in zip(drawn.boxes, sizes, strict=True)]


def label_rectangles(drawn: Layout, links) -> list[tuple[float, float, float, float]]:
    return [(place[0], place[1] - link.label[1] / 2, place[0] + link.label[0],
             place[1] + link.label[1] / 2)
            for place, link in zip(drawn.labels, links, strict=True) if link.label]


def apart(a, b) -> bool:
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def sampled(knots) -> list[tuple[float, float]]:
    """Points along a line."""
    points = []
    for upper, lower in pairwise(knots):
        p, q, end = map(np.array, curve(upper, lower))
        for t in np.linspace(0, 1, 13):
            points.append(tuple((1 - t) ** 3 * np.array(upper) + 3 * t * (1 - t) ** 2 * p
                                + 3 * t * t * (1 - t) * q + t ** 3 * end))
    return points


def check(sizes, links) -> Layout:
    """All that must hold of a picture."""
    drawn = layout(sizes, links)
    assert drawn == layout(sizes, links)
    boxes, labels = rectangles(drawn, sizes), label_rectangles(drawn, links)
    things = [*boxes, *labels]
    for a, b in combinations(things, 2):
        assert apart(a, b)
    for left, top, right, bottom in things:
        assert left >= -1e-6 and top >= -1e-6
        assert right <= drawn.width + 1e-6 and bottom <= drawn.height + 1e-6
    for line, link in zip(drawn.lines, links, strict=True):
        if not line.knots:
            continue
        points = sampled(line.knots)
        assert all(lower[1] >= upper[1] - 1e-9 for upper, lower in pairwise(points))
        if line.arrow:
            x, y = line.knots[-1]
            left, top, right, _ = boxes[link.head]
            assert left <= x <= right and y == pytest.approx(top)
            assert line.knots[-2][0] == x and y - line.knots[-2][1] >= ARROW - 1e-6
        for x, y in points:
            for left, top, right, bottom in things:
                assert not (left + 0.1 < x < right - 0.1 and top + 0.1 < y < bottom - 0.1)
    return drawn


def starts_and_ends(drawn: Layout, sizes, links) -> None:
    """Each line leaves the lower border of its tail and ends at the upper border of its head."""
    boxes = rectangles(drawn, sizes)
    for line, link in zip(drawn.lines, links, strict=True):
        x, y = line.knots[0]
        assert line.arrow and y == pytest.approx(boxes[link.tail][3])
        assert boxes[link.tail][0] <= x <= boxes[link.tail][2]


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 14))
    sizes = draw(st.lists(st.tuples(st.floats(20, 120), st.floats(15, 70)),
                          min_size=count, max_size=count))
    pairs = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)),
                          max_size=25))
    label = st.one_of(st.none(), st.none(), st.tuples(st.floats(5, 60), st.floats(5, 12)))
    return sizes, [Link(min(a, b), max(a, b), draw(st.sampled_from([1, 8])), draw(label))
                   for a, b in pairs if a != b]


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(graphs())
def test_nothing_overlaps_in_any_graph(graph):
    check(*graph)


def deep(seed: int):
    """A chain with leaves and edges past several boxes."""
    rng = random.Random(seed)
    n = 40
    links = [Link(i, i + 1, 8) for i in range(n - 1)]
    links += [Link(*sorted(rng.sample(range(n), 2)), 8) for _ in range(6)]
    links += [Link(n + i, rng.randrange(n), 1) for i in range(20)]
    return [(rng.uniform(54, 150), rng.choice([35.0, 47.0])) for _ in range(n + 20)], links


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_nothing_overlaps_in_deep_graphs(seed):
    sizes, links = deep(seed)
    starts_and_ends(check(sizes, links), sizes, links)


@pytest.mark.parametrize("seed", range(4))
def test_the_longest_edges_of_a_large_graph_go_down_beside_it(seed, monkeypatch):
    monkeypatch.setattr(grid, "_MOST_POINTS", 30)
    sizes, links = deep(seed)
    drawn = check(sizes, links)
    starts_and_ends(drawn, sizes, links)
    rightmost = max(right for _, _, right, _ in rectangles(drawn, sizes))
    assert max(x for line in drawn.lines for x, _ in line.knots) > rightmost
    assert len(Grid(sizes, links).lanes) >= 1


def test_many_long_lines_into_one_box_join():
    n = 20
    links = [Link(i, i + 1, 8) for i in range(n)] + [Link(i, n, 8) for i in range(n - 1)]
    sizes = [(60.0, 30.0)] * (n + 1)
    drawn = check(sizes, links)
    joined = drawn.lines[n:]
    assert [line.arrow for line in joined] == [True] + [False] * (n - 2)
    trunk = {x for x, _ in joined[0].knots[1:-2]}
    assert all(line.knots[-1][0] in trunk for line in joined[1:])
    assert len({x for x, _ in drawn.boxes}) == 1


def test_many_long_lines_out_of_one_box_part():
    n = 20
    links = [Link(i, i + 1, 8) for i in range(n)] + [Link(0, i, 8) for i in range(2, n + 1)]
    drawn = check([(60.0, 30.0)] * (n + 1), links)
    parted = drawn.lines[n:]
    assert all(line.arrow for line in parted)
    assert sum(line.knots[0][1] == 30.0 for line in parted) == 1


def test_a_chain_of_boxes_is_straight():
    sizes = [(40.0 + 7 * i, 20.0) for i in range(6)]
    x = [x for x, _ in layout(sizes, [Link(i, i + 1) for i in range(5)]).boxes]
    assert max(x) - min(x) < 1e-9


def test_the_main_line_is_straight_and_a_skip_beside_it():
    """A chain of ops, each with a leaf, and an edge past four of them."""
    links = [Link(i, i + 1, 8) for i in range(7)] + [Link(8 + i, i + 1) for i in range(7)]
    drawn = layout([(60.0, 30.0)] * 15, [*links, Link(1, 6, 8)])
    x = [x for x, _ in drawn.boxes[:8]]
    assert max(x) - min(x) < 1e-9
    sides = [x for x, _ in drawn.lines[-1].knots]
    assert len(sides) == 5 and sides[1] == sides[2]  # one vertical between its start and its end


def test_two_edges_between_the_same_boxes_are_two_lines():
    drawn = check([(60.0, 30.0)] * 2, [Link(0, 1, 8), Link(0, 1, 8)])
    (a, *_), (b, *_) = (line.knots for line in drawn.lines)
    assert abs(a[0] - b[0]) >= 6 and drawn.lines[0].knots[-1][0] == a[0]


def test_parts_that_are_not_connected_stand_side_by_side():
    drawn = check([(60.0, 30.0)] * 5, [Link(0, 1), Link(2, 3)])
    assert [y for _, y in drawn.boxes] == [15.0, 70.0, 15.0, 70.0, 15.0]
    assert drawn.boxes[0][0] < drawn.boxes[2][0] < drawn.boxes[4][0]


def test_thousands_of_boxes():
    n = 2000
    links = [Link(i, i + 1, 8) for i in range(n - 1)] + [Link(i, n - 1 - i, 8) for i in range(900)]
    drawn = layout([(60.0, 30.0)] * n, links)
    assert len(set(drawn.boxes)) == n


# ---- networks -------------------------------------------------------------------------------


def weight(*size: int) -> autograd.Tensor:
    return autograd.ones(*size, requires_grad=True)


def residual() -> autograd.Tensor:
    """Three blocks with a skip connection each; in the last one it has a weight of its own."""
    x = weight(2, 4)
    for own in (False, False, True):
        y = nn.functional.linear(x, weight(4, 4), weight(4)).relu()
        y = nn.functional.linear(y, weight(4, 4), weight(4))
        x = (y + (x @ weight(4, 4) if own else x)).relu()
    return x.sum()


def unrolled(cell, steps: int) -> autograd.Tensor:
    w, u, b, h = weight(3, 16), weight(4, 16), weight(16), (autograd.zeros(2, 4),) * 2
    states = []
    for _ in range(steps):
        h = cell(autograd.ones(2, 3) @ w + h[0] @ u + b, h)
        states.append(h[0])
    return autograd.stack(states)


def lstm(x, state):
    i, f, g, o = x.split(4, 1)
    c = f.sigmoid() * state[1] + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def attention() -> autograd.Tensor:
    x, (q, k, v, o) = weight(4, 8), (weight(8, 8) for _ in range(4))
    for _ in range(2):
        scores = (x @ q) @ (x @ k).transpose(0, 1)
        x = x + (scores.softmax(-1) @ (x @ v)) @ o
    return x


@pytest.mark.slow
@pytest.mark.parametrize("network, most", [
    (residual, 0), (lambda: unrolled(lstm, 2), 6), (attention, 7),
    (lambda: unrolled(lambda x, state: (x[:, :4].tanh(), None), 4), 15)],
    ids=["residual", "lstm", "attention", "rnn"])
def test_no_crossings_that_dot_avoids(network, most):
    """`most` is what dot 2.43 draws."""
    drawn = viz.graph(network())
    sizes, links = drawn._placed.sizes, linked(drawn._boxes, drawn._arrows)
    check(sizes, links)
    part = Grid(sizes, links)
    assert crossings(ordered(part.rows, part.up, part.down), part.down) <= most


# ---- the room for text ----------------------------------------------------------------------


@pytest.mark.parametrize("family, mono", [("DejaVu Sans", False), ("DejaVu Sans Mono", True)])
def test_text_is_no_wider_than_assumed(family, mono):
    """In the widest of the usual fonts: each printable character of ASCII, Latin, Greek and
    Cyrillic, and some words."""
    from matplotlib.font_manager import findfont
    from PIL import ImageFont

    font = ImageFont.truetype(findfont(family), 1200)
    characters = [chr(i) for i in (*range(33, 127), *range(0xC0, 0x180), *range(0x391, 0x3CA),
                                   *range(0x410, 0x450)) if unicodedata.category(chr(i))[0] != "C"]
    words = ["layer4.0.downsample.1.running_mean", "WWWW@@%%mmmm", "(32, 64, 112, 112) float64"]
    for text in [*words, *(c * 8 for c in characters)]:
        assert font.getlength(text) <= style.text_width(text, 1200, mono), text


def test_wide_and_combined_characters():
    assert style.text_width("\u4f60\u597d", 10) >= 20  # two squares
    assert style.text_width("e\u0301", 10) == style.text_width("\u00e9", 10)
    assert style.text_width("\ufb03", 10) == style.text_width("ffi", 10)


def test_a_box_holds_its_texts():
    box = style.Box("op", "a_name_of_some_length", "(1, 2)", ("saves a note (3, 4)", "and more"))
    width, height = style.box_size(box)
    lines = style.texts(box)
    widest = max(style.text_width(t.text, t.size, t.mono) for t in lines)
    assert width >= 2 * style.MARGIN_X + widest
    assert 0 < lines[0].baseline < lines[-1].baseline < height - style.MARGIN_Y
    assert style.box_size(style.Box("op", "a", "b"))[0] == style.MIN_WIDTH
