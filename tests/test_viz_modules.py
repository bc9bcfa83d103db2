"""The graph of a model's modules: what is drawn, how it is laid out, and that nothing changes."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from itertools import combinations

import pytest

import autograd
import nn
from autograd.viz import graph
from autograd.viz.modules import IN, OUT, Frame


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.drop = nn.Dropout()

    def forward(self, x):
        return x + self.drop(self.body(x))


class Loop(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(3, 4)

    def forward(self, x):
        state = autograd.zeros(2, 4), autograd.zeros(2, 4)
        outs = []
        for t in range(5):
            state = self.cell(x[:, t], state)
            outs.append(state[0])
        return autograd.stack(outs, 1)


class Pair(nn.Module):
    """A generator and a discriminator, which is called twice and once behind detach."""

    def __init__(self):
        super().__init__()
        self.make = nn.Linear(2, 3)
        self.judge = nn.Linear(3, 1)

    def forward(self, z, real):
        return {"real": self.judge(real), "fake": self.judge(self.make(z).detach())}


def level(picture, *names):
    """The level of a picture, or that in the frame of this title."""
    found = picture._level
    for name in ("model", *names):
        frame = next(box for key, box in found.boxes.items() if isinstance(box, Frame)
                     and (key == name or box.title.name.startswith(name)))
        found = frame.level
    return found


def edges(found) -> set[tuple[str, str]]:
    """The arrows by the first words in their boxes."""
    names = {key: (box.title if isinstance(box, Frame) else box).name.split(":")[0]
             for key, box in found.boxes.items()}
    return {(names.get(a.tail, a.tail), names.get(a.head, a.head)) for a in found.arrows}


def test_modules_and_the_ops_between_them():
    drawn = graph(Residual(), (2, 4))
    inner = level(drawn)
    assert edges(inner) == {(IN, "body"), ("body", "drop"), (IN, "add"), ("drop", "add"),
                            ("add", OUT)}
    assert edges(level(drawn, "body")) == {(IN, "0"), ("0", "1"), ("1", OUT)}
    linear = next(b for b in level(drawn, "body").boxes.values() if b.kind == "layer")
    assert linear == ("layer", "0: Linear", "in_features=4, out_features=4",
                      ("20 parameters", "64 FLOPs"))
    assert {a.label for a in inner.arrows} == {"", "(2, 4)"}


@pytest.mark.parametrize("depth, frames", [(0, 0), (1, 1), (2, 2), (9, 2)])
def test_depth(depth, frames):
    assert len(graph(Residual(), (2, 4), depth=depth)._placed.bars) == frames


def test_equal_modules_in_a_row_are_drawn_once():
    model = nn.Sequential(*(nn.Linear(4, 4) for _ in range(6)), nn.Linear(4, 3))
    boxes = list(level(graph(model, (1, 4))).boxes.values())
    assert [box.name for box in boxes] == ["0-5: Linear ×6", "6: Linear"]
    assert boxes[0].notes == ("20 parameters", "32 FLOPs each")


def test_modules_that_take_turns_are_drawn_once():
    turns = [layer for _ in range(3) for layer in (nn.Linear(4, 4), nn.ReLU())]
    drawn = graph(nn.Sequential(*turns, nn.Linear(4, 3)), (1, 4))
    assert edges(level(drawn)) == {(IN, "0-5 ×3"), ("0-5 ×3", "6"), ("6", OUT)}
    assert edges(level(drawn, "0-5")) == {(IN, "0"), ("0", "1"), ("1", OUT)}
    frame = next(b for b in level(drawn).boxes.values() if isinstance(b, Frame))
    assert frame.title == ("frame", "0-5 ×3", "20 parameters, 32 FLOPs each", ())
    assert "0-5" in drawn.source


def test_other_sizes_take_no_turns():
    sizes = [3, 5, 7, 5]
    layers = [layer for a, b in zip(sizes, sizes[1:], strict=False)
              for layer in (nn.Linear(a, b), nn.ReLU())]
    names = [box.name for box in level(graph(nn.Sequential(*layers), (1, 3))).boxes.values()]
    assert names == [f"{i}: {kind}" for i, kind in enumerate(["Linear", "ReLU"] * 3)]


class Skipping(nn.Module):
    """Ops take turns with a module, and each round's sum is used by the next, and at the end by
    `far` those of some."""

    def __init__(self, far=0):
        super().__init__()
        self.layers, self.far = nn.ModuleList([nn.Linear(4, 4) for _ in range(4)]), far

    def forward(self, x):
        seen = []
        for layer in self.layers:
            x = x + layer(x).relu()
            seen.append(x)
        return x + seen[0] if self.far else x


def test_turns_with_ops_between_that_pass_them_by():
    inner = level(graph(Skipping(), (2, 4)))
    assert edges(inner) == {(IN, "layers.0-3 ×4"), ("layers.0-3 ×4", OUT)}
    assert edges(next(iter(inner.boxes.values())).level) == {
        (IN, "layers.0"), ("layers.0", "relu"), ("relu", "add"), (IN, "add"), ("add", OUT)}
    apart = level(graph(Skipping(far=1), (2, 4)))
    assert len(apart.boxes) > 4  # which of the sums is used at the end would not be seen


def test_a_loop_of_several_modules_is_rolled():
    class Steps(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.head = nn.GRUCell(3, 4), nn.Linear(4, 2)

        def forward(self, x):
            h, outs = autograd.zeros(2, 4), []
            for t in range(4):
                h = self.cell(x[:, t], h)
                outs.append(self.head(h))
            return autograd.stack(outs, 1)

    drawn = graph(Steps(), (2, 4, 3))
    assert edges(level(drawn)) == {(IN, "cell-head ×4"), ("cell-head ×4", "stack dim=1"),
                                   ("stack dim=1", OUT)}
    assert edges(level(drawn, "cell-head")) == {
        (IN, "getitem"), ("getitem", "cell"), ("cell", "head"), ("cell", OUT), ("head", OUT)}


def test_a_loop_over_time_is_rolled():
    inner = level(graph(Loop(), (2, 5, 3)))
    assert [box.name for box in inner.boxes.values()] == ["getitem ×5", "cell: LSTMCell ×5",
                                                          "stack dim=1"]
    assert edges(inner) == {(IN, "getitem ×5"), ("getitem ×5", "cell"), ("cell", "stack dim=1"),
                            ("stack dim=1", OUT)}


def test_several_inputs_and_outputs_and_what_is_detached():
    drawn = graph(Pair(), [(5, 2), (5, 3)])
    outer = [box.name for box in drawn._level.boxes.values() if not isinstance(box, Frame)]
    assert outer == ["input 0", "input 1", "output real", "output fake"]
    inner = level(drawn)
    assert sorted(a.tail for a in inner.arrows if a.head == OUT) == sorted(
        key for key, box in inner.boxes.items() if box.name.startswith("judge"))
    assert edges(inner) == {(IN, "make"), (IN, "judge"), ("make", "judge"), ("judge", OUT)}


def test_integers_flow_too():
    model = nn.Sequential(nn.Embedding(9, 4), nn.LSTM(4, 3, batch_first=True))
    drawn = graph(model, autograd.tensor([[1, 2]]))
    assert edges(level(drawn)) == {(IN, "0"), ("0", "1"), ("1", OUT)}
    frozen = nn.Embedding(9, 4).requires_grad_(False)
    assert edges(level(graph(nn.Sequential(frozen, nn.ReLU()), autograd.tensor([1])))) == {
        (IN, "0"), ("0", "1"), ("1", OUT)}


def test_layers_are_called_by_their_names():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(inplace=True))
    names = [box.name for box in level(graph(model, (1, 1, 5, 5))).boxes.values()]
    assert names == ["0: Conv2d", "1: BatchNorm2d", "2: ReLU"]


def test_what_passes_a_module_unchanged_and_is_then_overwritten():
    class Passing(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(autograd.ones(4))
            self.first, self.act = nn.Linear(4, 4), nn.ReLU(inplace=True)
            self.drop = nn.Dropout()

        def forward(self, x):
            y = self.drop(self.act(self.first(x)))
            y += x
            return y * self.scale

    inner = level(graph(Passing(), (2, 4)))
    assert edges(inner) == {(IN, "first"), ("first", "act"), ("act", "drop"), ("drop", "add"),
                            (IN, "add"), ("add", "mul"), ("mul", OUT)}
    assert [box.size for box in inner.boxes.values() if box.name == "mul"] == ["scale"]


def test_the_model_is_left_as_it_was():
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout())
    x, state = autograd.randn(3, 4, requires_grad=True), autograd.get_rng_state()
    graph(model, x)
    assert model.training and model[1].training and x.grad is None
    assert model[0].num_batches_tracked.item() == 0 and autograd.get_rng_state() == state
    with pytest.raises(ValueError):
        graph(model, (3, 4, 5, 5))
    assert model.training and not model[0]._hooks.forward


MODELS = {
    "residual": (Residual, (2, 4)), "loop": (Loop, (2, 5, 3)), "one": (nn.ReLU, (3,)),
    "pair": (Pair, [(5, 2), (5, 3)]),
    "encoder": (lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 3), (5, 2, 8)),
    "decoder": (lambda: nn.TransformerDecoderLayer(8, 2, 16), [(5, 2, 8), (4, 2, 8)]),
    "nested": (lambda: nn.Sequential(nn.Sequential(nn.Sequential(nn.Tanh())), Residual()), (2, 4)),
}


@pytest.mark.parametrize("name", MODELS)
def test_nothing_overlaps_or_sticks_out(name):
    make, given = MODELS[name]
    placed = graph(make(), given, depth=4)._placed
    boxes = [(x - w / 2, y - h / 2, x + w / 2, y + h / 2)
             for (x, y), (w, h) in zip(placed.layout.boxes, placed.sizes, strict=True)]
    bars = [(*bar.corner, bar.corner[0] + bar.size[0], bar.corner[1] + bar.size[1])
            for bar in placed.bars]
    for a, b in combinations([*boxes, *bars], 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    for left, top, right, bottom in [*boxes, *bars]:
        assert left >= -1e-6 and top >= -1e-6
        assert right <= placed.legend.width + 1e-6 and bottom <= placed.legend.height
    frames = [(*bar.corner, bar.corner[0] + bar.size[0], bar.corner[1] + bar.height)
              for bar in placed.bars]
    for left, top, right, bottom in frames:  # a box is in a frame or outside
        for a in boxes:
            inside = left <= a[0] and a[2] <= right and top <= a[1] and a[3] <= bottom
            apart = a[2] <= left or right <= a[0] or a[3] <= top or bottom <= a[1]
            assert inside or apart


def test_files_and_notebooks(tmp_path):
    model = nn.Sequential()
    model.add_module("<b> & \u4f60 \ud800", Residual())
    drawn = graph(model, (2, 4))
    tree = ElementTree.parse(drawn.save(tmp_path / "x.svg"))
    texts = [e.text for e in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert any(text.startswith("<b> & \u4f60") for text in texts)
    assert "module with parameters" in texts  # the legend
    assert (tmp_path / "x.svg").read_text() == drawn._repr_svg_()
    assert drawn._repr_html_().startswith(
        '<div style="overflow-x:auto"><svg style="max-width:none"')
    assert drawn.source.count("subgraph") == 3 - 1 and "cluster_model" in drawn.source
    with open(drawn.save(tmp_path / "x.png"), "rb") as file:
        assert file.read(4) == b"\x89PNG"


@pytest.mark.parametrize("given, kind, message", [
    ({}, TypeError, r"graph\(model, input\), such as"),
    ({"params": (2, 4), "depth": -1}, ValueError, "depth must be 0 or more, got -1"),
    ({"params": "x"}, TypeError, "input must be a Tensor, a tuple or dict"),
])
def test_what_does_not_fit(given, kind, message):
    with pytest.raises(kind, match=message):
        graph(Residual(), **given)


# ---- numbers in the graph of ops --------------------------------------------------------------


def notes(drawn) -> dict[str, tuple]:
    return {box.name: box.notes for box in drawn._boxes.values() if box.notes}


def test_values_and_gradients_of_small_graphs():
    w, x, b = (autograd.tensor(v, requires_grad=True) for v in (2.0, -3.0, 6.5))
    loss = (w * x + b) ** 2
    before = notes(graph(loss, {"w": w, "x": x, "b": b}))
    assert before == {"w": ("value = 2", "grad = -3"), "x": ("value = -3", "grad = 2"),
                      "b": ("value = 6.5", "grad = 1"), "mul": ("value = -6", "grad = 1"),
                      "add": ("value = 0.5", "grad = 1"), "pow 2": ("value = 0.25", "grad = 1")}
    assert w.grad is None
    loss.backward()
    after = notes(graph(loss, {"w": w}))
    assert after["w"] == ("value = 2", "grad = -3") and after["pow"] == ("value = 0.25",)


def test_numbers_of_larger_tensors_on_request():
    a = autograd.tensor([1.0, 2.0], requires_grad=True)
    out = (a * a).sum()
    assert notes(graph(out)) == {}
    assert notes(graph(out, show_values=True)) == {
        "leaf": ("value = [1, 2]", "grad = [2, 4]"), "mul": ("value = [1, 4]", "grad = [1, 1]"),
        "sum": ("value = 5", "grad = 1")}
    one = autograd.tensor(1.0, requires_grad=True)
    assert notes(graph(one.exp(), show_values=False)) == {}


def test_hooks_and_retained_gradients_are_not_touched():
    seen = []
    a = autograd.tensor(2.0, requires_grad=True)
    b = a * 3
    b.retain_grad()
    graph(b.exp())
    assert b._grad is None and a.grad is None
    b.register_hook(seen.append)
    assert notes(graph(b.exp()))["leaf"] == ("value = 2",) and not seen
    b.exp().backward()
    assert len(seen) == 1 and b.grad is not None
