"""The diagram of neurons and weights, and pictures one after the other."""

from __future__ import annotations

import builtins
import io
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import autograd
import nn
from autograd.viz import animate, draw_network, graph
from autograd.viz.network import BLUE, GREY, RED
from autograd.viz.style import text_width

SVG = "{http://www.w3.org/2000/svg}"


def model():
    """2 -> 3 -> 1 with weights that are known."""
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Dropout(), nn.Linear(3, 1), nn.Sigmoid())
    with autograd.no_grad():
        net[0].weight.copy_(autograd.tensor([[1.0, -2.0], [0.0, 0.5], [-1.0, 4.0]]))
        net[0].bias.zero_()
        net[3].weight.copy_(autograd.tensor([[1.0, -1.0, 2.0]]))
        net[3].bias.zero_()
    return net


X = autograd.tensor([[2.0, -1.0], [9.0, 9.0]])


def lines(drawn) -> list[tuple[str, float, float]]:
    """(color, opacity, width) of each line between neurons, sorted by its place."""
    tree = ElementTree.fromstring(drawn._repr_svg_())
    found = [(float(e.get("x1")), float(e.get("y1")), float(e.get("y2")), e.get("stroke"),
              float(e.get("stroke-opacity")), float(e.get("stroke-width")))
             for e in tree.iter(SVG + "line")]
    assert [line[3] for line in found[-2:]] == [RED, BLUE]  # of the key
    return [line[3:] for line in sorted(found[:-2])]


def texts(drawn) -> list[str]:
    found = [e.text for e in ElementTree.fromstring(drawn._repr_svg_()).iter(SVG + "text")]
    assert found[-4:] == ["weight above 0", "weight below 0", "in a circle: its activation",
                          "faint: from a less active neuron"]
    return found[:-4]


def test_colours_are_signs_and_opacity_is_the_activity_of_the_neuron_before():
    drawn = draw_network(model(), X)
    assert repr(drawn) == "<network of 2, 3, 1 neurons>"
    found = lines(drawn)
    first, second = found[:6], found[6:]
    assert [color for color, _, _ in first] == [RED, GREY, BLUE, BLUE, RED, RED]
    assert [opacity for _, opacity, _ in first] == pytest.approx([1, 1, 1, 0.53, 0.53, 0.53])
    widths = [width for _, _, width in first]
    assert np.allclose(widths, 0.4 + 2.6 * np.abs([1, 0, -1, -2, 0.5, 4]) / 4, atol=1e-2)
    # relu(4, -0.5, -6) = 4, 0, 0: only the first is active
    assert [color for color, _, _ in second] == [RED, BLUE, RED]
    assert [opacity for _, opacity, _ in second] == pytest.approx([1, 0.06, 0.06])


def test_values_are_those_after_the_activation_functions():
    shown = texts(draw_network(model(), X))
    assert shown[:4] == ["input", "2", "2.00", "-1.00"]
    assert shown[4:9] == ["0", "3", "4.00", "0.00", "0.00"]
    assert shown[9:] == ["3", "1", f"{1 / (1 + np.exp(-4)):.2f}"]


@pytest.mark.parametrize("most", [3, 4, 9, 10])
def test_large_layers_are_elided(most):
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
    drawn = draw_network(net, (1, 1, 28, 28), most=most)
    shown = min(most - 1, 9)
    last = 10 if most == 10 else most - 1
    assert len(lines(drawn)) == shown * shown + shown * last
    assert {"784", "256", "10"} <= set(texts(drawn))


def test_nothing_sticks_out_and_no_neurons_touch():
    for net, given in ((model(), X), (nn.Linear(1, 1), (1, 1)), (nn.Linear(300, 40), (2, 300))):
        scene = draw_network(net, given)._scene
        for disc in scene.discs:
            assert disc.radius < disc.middle[0] < scene.width - disc.radius
            assert disc.radius < disc.middle[1] < scene.height - disc.radius
        places = np.array([d.middle for d in scene.discs if d.radius > 5])
        gaps = np.linalg.norm(places[:, None] - places[None], axis=-1) + 99 * np.eye(len(places))
        assert gaps.min() > 2 * 13
        for words in scene.words[-4:]:  # the key, below all neurons
            assert places[:, 1].max() + 13 + words.size < words.middle[1] < scene.height - 5
            assert 0 < words.middle[0] < scene.width - text_width(words.text, words.size)


class Convolved(nn.Module):
    def __init__(self):
        super().__init__()
        self.maps, self.classes = nn.Conv2d(1, 2, 3), nn.Linear(8, 3)

    def forward(self, x):
        return self.classes(self.maps(x).relu().reshape(-1, 8))


@pytest.mark.parametrize("net, first", [
    (nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3)), "2: Flatten"),
    (nn.Sequential(nn.Flatten(), nn.Linear(16, 3)), "input"),
    (Convolved(), "features"),
])
def test_the_first_neurons_are_called_what_they_are(net, first):
    assert texts(draw_network(net, (1, 1, 4, 4)))[0] == first


def test_neurons_between_layers_of_other_widths_have_the_name_of_what_made_them():
    net = nn.Sequential(nn.Linear(2, 6), nn.Unflatten(1, (2, 3)), nn.AvgPool1d(3), nn.Flatten(),
                        nn.Linear(2, 1))
    shown = texts(draw_network(net, (1, 2)))
    assert [text for text in shown if text.endswith("Flatten")] == ["3: Flatten"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, 1e-20, -12345.0])
def test_odd_weights(value, tmp_path):
    net = model()
    with autograd.no_grad():
        net[0].weight.fill_(value)
    drawn = draw_network(net, X)
    assert ElementTree.fromstring(drawn._repr_svg_()) is not None
    assert max(map(len, texts(drawn))) <= 6
    assert all(0 <= opacity <= 1 for _, opacity, _ in lines(drawn))


def test_files(tmp_path):
    drawn = draw_network(model(), X)
    with open(drawn.save(tmp_path / "x.png"), "rb") as file:
        assert file.read(4) == b"\x89PNG"
    assert (tmp_path / "x.png").exists() and drawn.save(tmp_path / "x.svg")
    with pytest.raises(ValueError, match=r"must end in \.svg or \.png, which"):
        drawn.save(tmp_path / "x.dot")


def test_names_and_the_state_of_the_model():
    net = nn.Sequential()
    net.add_module("<a> & \u00fc", nn.Linear(2, 2))
    assert "<a> & \u00fc" in texts(draw_network(net, X)) and net.training


@pytest.mark.parametrize("net, given, kind, message", [
    (nn.ReLU(), {"x": X}, ValueError, "calls no linear layer"),
    (nn.Conv2d(1, 2, 3), {"x": (1, 1, 4, 4)}, ValueError, "calls no linear layer"),
    (nn.Linear(2, 2), {"x": X, "most": 2}, ValueError, "most must be 3 or more, got 2"),
    (abs, {"x": X}, TypeError, "a model is needed"),
])
def test_what_does_not_fit(net, given, kind, message):
    with pytest.raises(kind, match=message):
        draw_network(net, **given)


# ---- animations -------------------------------------------------------------------------------


def frames():
    net = model()
    for factor in (1.0, -1.0, 2.0):
        with autograd.no_grad():
            net[0].weight.mul_(factor)
        yield draw_network(net, X)


def test_an_animated_svg_shows_one_frame_at_a_time(tmp_path):
    tree = ElementTree.parse(animate(frames(), seconds=0.5).save(tmp_path / "x.svg")).getroot()
    groups = tree.findall(SVG + "g")
    plays = [group.find(SVG + "animate") for group in groups]
    assert [group.get("visibility") for group in groups] == ["visible", "hidden", "hidden"]
    assert {play.get("dur") for play in plays} == {"1.5s"}
    assert [play.get("values") for play in plays] == ["visible;hidden"] + 2 * [
        "hidden;visible;hidden"]
    for k in range(3):  # at every time exactly one is visible
        now = (k + 0.5) / 3
        visible = [play.get("values").split(";")[
            sum(float(t) <= now for t in play.get("keyTimes").split(";")) - 1] for play in plays]
        assert visible.index("visible") == k and visible.count("visible") == 1


def test_html_with_a_slider(tmp_path):
    moving = animate(frames())
    page = (tmp_path / "x.html")
    moving.save(page)
    text = page.read_text()
    assert text.count("<svg") == 3 and 'type="range" min="0" max="2"' in text
    assert moving._repr_html_() != moving._repr_html_()  # two of them in one page do not mix


def test_gif(tmp_path, monkeypatch):
    image = pytest.importorskip("PIL.Image")
    path = animate(frames(), seconds=0.2).save(tmp_path / "x.gif")
    with image.open(path) as found:
        assert found.n_frames == 3 and found.info["duration"] == 200
    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", lambda name, *rest: (_ for _ in ()).throw(
        ImportError(name)) if name == "PIL" else real(name, *rest))
    with pytest.raises(ImportError, match=r"a \.gif needs Pillow: pip install 'wengert\[plots\]'"):
        animate(frames()).save(tmp_path / "y.gif")
    assert not (tmp_path / "y.gif").exists()


def test_figures_and_graphs_are_frames_too():
    figure = pytest.importorskip("matplotlib.figure").Figure()
    a = autograd.ones(2, requires_grad=True)
    shown = animate([figure, graph(a * 2)])._svg()
    ElementTree.parse(io.BytesIO(shown))
    assert b"data:image/png;base64," in shown


@pytest.mark.parametrize("given, kind, message", [
    ([], ValueError, "there are no frames"), ([3], TypeError, "frame 0 must be a picture"),
])
def test_no_frames(given, kind, message):
    with pytest.raises(kind, match=message):
        animate(given)
    with pytest.raises(ValueError, match="seconds must be above 0"):
        animate(frames(), seconds=0)


def test_a_row_by_itself_is_a_batch_of_one():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    x = autograd.tensor([[0.5, -1.0]])
    assert draw_network(net, x[0])._repr_svg_() == draw_network(net, x)._repr_svg_()
