"""The table that summary prints."""

import re
import warnings
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import autograd
import nn


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


def mlp():
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(),
                         nn.Dropout(), nn.Linear(128, 10))


def test_table_of_an_mlp():
    shown = nn.summary(mlp(), (1, 784))
    assert str(shown) == repr(shown) == """\
Layer                                           Input     Output    Parameters  Mult-adds       Kept
----------------------------------------------------------------------------------------------------
Sequential                                      (1, 784)  (1, 10)            -    234.8 K    1.5 KiB
  0: Linear(in_features=784, out_features=256)  (1, 784)  (1, 256)     200,960    200.7 K          -
  1: ReLU()                                     (1, 256)  (1, 256)           -          -      1 KiB
  2: Linear(in_features=256, out_features=128)  (1, 256)  (1, 128)      32,896     32.8 K      1 KiB
  3: ReLU()                                     (1, 128)  (1, 128)           -          -  512 bytes
  4: Dropout(p=0.5)                             (1, 128)  (1, 128)           -          -          -
  5: Linear(in_features=128, out_features=10)   (1, 128)  (1, 10)        1,290      1.3 K  512 bytes
----------------------------------------------------------------------------------------------------
Parameters: 200,960 + 32,896 + 1,290 = 235,146
Memory: 918.5 KiB of parameters, 1.5 KiB kept for the backward pass
Multiply-adds: 234,752 (234.8 K)
Size 394 nodes, width 256, depth 3"""
    assert (shown.total, shown.trainable, shown.nbytes) == (235146, 235146, 940584)
    assert (shown.size, shown.width, shown.depth) == (394, 256, 3)
    assert shown.multiply_adds == 784 * 256 + 256 * 128 + 128 * 10
    assert shown.activation_nbytes == 4 * (256 + 128)


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_no_line_is_longer_than_the_terminal(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    model = nn.Sequential()
    model.add_module("a_name_of_many_words_that_no_column_would_ever_hold_" * 2, mlp())
    lines = str(nn.summary(model, (1, 784))).splitlines()
    assert max(map(len, lines)) <= columns and "200,960" in "".join(lines)
    if columns == 80:
        name = next(line for line in lines if "a_name" in line).split("  ")[1]
        assert "…" in name and name.startswith("a_name_") and name.endswith("Sequential")


def test_the_model_is_left_as_it_was():
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 2))
    model[1].eval()
    model[2].weight.requires_grad_(False)
    model(autograd.ones(3, 4)).sum().backward()
    grads = [p.grad for p in model.parameters()]
    state, values = autograd.get_rng_state(), {k: v.clone() for k, v in model.state_dict().items()}
    nn.summary(model, (2, 4), measure=True)
    assert model.training and not model[1].training and model[2].training
    assert not any(m._hooks and (m._hooks.forward or m._hooks.forward_pre)
                   for m in model.modules())
    assert [p.grad for p in model.parameters()] == grads
    assert [p.requires_grad for p in model.parameters()] == [True, True, False, True]
    assert autograd.get_rng_state() == state
    assert all(values[k].equal(v) for k, v in model.state_dict().items())


class Counting(nn.Module):
    """Draws random numbers and changes a buffer in every mode, in place or by another, and may
    fail."""

    def __init__(self, fail=False):
        super().__init__()
        self.register_buffer("calls", autograd.zeros(1))
        self.register_buffer("last", autograd.zeros(1))
        self.norm = nn.BatchNorm1d(3)
        self.fail = fail

    def forward(self, x):
        self.calls += 1
        self.last = x[0].detach()
        y = self.norm(x + autograd.randn(3))
        if self.fail:
            raise KeyError("no luck")
        return y


@pytest.mark.parametrize("fail", [False, True])
def test_buffers_and_random_numbers_are_put_back_even_after_an_error(fail):
    model = Counting(fail)
    calls, last, state = model.calls, model.last, autograd.get_rng_state()
    if fail:
        with pytest.raises(KeyError, match="no luck"):
            nn.summary(model, (2, 3))
    else:
        nn.summary(model, (2, 3), measure=True)
    assert model.calls is calls and calls.item() == 0 and model.last is last
    assert autograd.get_rng_state() == state and autograd.is_grad_enabled()
    assert model.training and model.norm.training and not model.norm._hooks.forward


def test_inputs():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(10, 4)
            self.unused = nn.Linear(2, 2)

        def forward(self, words, scale):
            x = self.embed(words)
            return self.embed(words) * scale, x

    words, scale = autograd.tensor([[1, 2, 3]]), autograd.ones(1)
    for given in ((words, scale), {"words": words, "scale": scale}):
        shown = nn.summary(Two(), given)
        outputs = {row.path: row.output for row in shown.rows}
        assert outputs == {"": "(1, 3, 4), (1, 3, 4)", "embed": "(1, 3, 4) ×2",
                           "unused": "not called"}
        assert shown.total == 46 and shown.rows[0].input == "(1, 3), (1,)"
    assert nn.summary(nn.Embedding(5, 2), autograd.tensor([1])).rows[0].output == "(1, 2)"
    assert nn.summary(nn.Linear(3, 2).double(), (4, 3)).rows[0].output == "(4, 2)"
    assert nn.summary(nn.Bilinear(3, 4, 2), input_size=[(5, 3), (5, 4)]).rows[0].output == "(5, 2)"


def test_an_input_that_is_a_dict_or_a_tuple():
    class Picks(nn.Module):
        def forward(self, batch):
            a, b = batch["pair"]
            return {"sum": a + b, "both": (a, b)}

    one = autograd.ones(2, 3)
    row, = nn.summary(Picks(), {"pair": (one, one)}).rows
    assert (row.input, row.output) == ("(2, 3), (2, 3)", "(2, 3), (2, 3), (2, 3)")


@pytest.mark.parametrize("given, message", [
    ({"input": autograd.ones(2), "input_size": (2,)}, "give either input"),
    ({}, "give either input"),
    ({"input": (1, "x")}, r"a size such as \(1, 784\), got tuple"),
    ({"input": 3}, r"such as \(1, 784\), got"),
])
def test_other_inputs(given, message):
    with pytest.raises(TypeError, match=message):
        nn.summary(nn.Linear(3, 2), **given)
    with pytest.raises(TypeError, match="model must be a Module"):
        nn.summary(abs, (1, 2))


def test_shared_and_frozen_parameters():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    model[1].bias.requires_grad_(False)
    shown = nn.summary(model, (1, 3))
    assert (shown.total, shown.trainable) == (15, 12)
    assert [row.parameters for row in shown.rows] == [0, 12, 3]
    assert "Parameters: 12 + 3 = 15 (3 of them frozen)" in str(shown)


def test_hooks_go_even_where_the_model_fails():
    model = nn.Sequential(nn.Linear(3, 2))
    with pytest.raises(RuntimeError, match=r"in Sequential\.0"):
        nn.summary(model, (1, 4))
    assert not model[0]._hooks.forward and model.training


def test_nested_models_are_indented():
    shown = str(nn.summary(nn.Sequential(nn.Sequential(nn.ReLU())), (1, 2)))
    assert "\n  0: Sequential " in shown and "\n    0: ReLU() " in shown
    assert "Parameters: 0\n" in shown and "depth 0" in shown


def test_a_module_that_returns_its_input_or_nothing():
    class Silent(nn.Module):
        def forward(self, x):
            return None

    shown = nn.summary(nn.Sequential(nn.Identity(), Silent()), (1, 2))
    assert [row.output for row in shown.rows] == ["no Tensor", "(1, 2)", "no Tensor"]


# ---- what it costs ----------------------------------------------------------------------------


def conv_cost(out, weight):
    return int(np.prod(out)) * int(np.prod(weight[1:]))


@pytest.mark.parametrize("model, size, count", [
    (nn.Linear(5, 7), (2, 3, 5), 2 * 3 * 5 * 7),
    (nn.Conv2d(4, 6, 3, padding=1, groups=2), (2, 4, 8, 8), conv_cost((2, 6, 8, 8), (6, 2, 3, 3))),
    (nn.Conv1d(4, 6, 3, stride=2), (2, 4, 9), conv_cost((2, 6, 4), (6, 4, 3))),
    (nn.ConvTranspose2d(4, 6, 2, stride=2), (1, 4, 3, 3), 4 * 9 * 6 * 4),
    (nn.LSTM(3, 4), (5, 2, 3), 5 * 2 * (16 * 3 + 16 * 4)),
    (nn.GRU(3, 4, 2, bidirectional=True), (5, 2, 3),
     2 * 10 * (12 * 3 + 12 * 4) + 2 * 10 * (12 * 8 + 12 * 4)),
    (nn.RNNCell(3, 4), (2, 3), 2 * (4 * 3 + 4 * 4)),
    (nn.BatchNorm2d(3), (2, 3, 4, 4), 0),
])
def test_multiply_adds(model, size, count):
    assert nn.summary(model, size).multiply_adds == count


def test_multiply_adds_of_attention_and_of_what_no_module_computes():
    shown = nn.summary(nn.MultiheadAttention(8, 2), [(5, 3, 8)] * 3)
    projections, scores = 5 * 3 * 8 * 8 * 4, 3 * 2 * 5 * 5 * (4 + 4)
    assert shown.multiply_adds == projections + scores
    assert [row.output for row in shown.rows] == ["(5, 3, 8), (3, 5, 5)", "by its parent"]

    class Free(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 3)

        def forward(self, x):
            with autograd.no_grad():
                y = self.inner(x)
            return autograd.einsum("ij,kj->ik", x, y) @ y

    shown = nn.summary(Free(), (2, 3))
    assert shown.multiply_adds == 2 * 3 * 3 + 2 * 2 * 3 + 2 * 2 * 3
    assert shown.rows[1].multiply_adds == 18


def test_what_is_kept_is_what_training_holds():
    """Against the memory that a recorded run holds, by tracemalloc."""
    import tracemalloc

    model = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.Tanh(),
                          nn.Flatten(), nn.Linear(16 * 28 * 28, 10))
    x = autograd.ones(4, 3, 32, 32)
    model(x)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    out = model(x)
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert out.requires_grad
    assert nn.summary(model, x).activation_nbytes == pytest.approx(held, rel=0.1)


def test_a_frozen_part_keeps_nothing():
    model = nn.Sequential(nn.Linear(3, 50), nn.Tanh(), nn.Linear(50, 2))
    model[0].requires_grad_(False)
    assert nn.summary(model, (7, 3)).activation_nbytes == 7 * 50 * 4  # the last layer's input
    assert nn.summary(model.requires_grad_(False), (7, 3)).activation_nbytes == 0


def test_milliseconds_on_request():
    model = mlp()
    shown = nn.summary(model, (64, 784), measure=True)
    inner = [row.seconds for row in shown.rows[1:]]
    assert all(s > 0 for s in inner) and sum(inner) <= 3 * shown.rows[0].seconds
    assert re.search(r"^Layer .* ms$", str(shown), re.M)
    assert "ms" not in str(nn.summary(model, (1, 784))).split("\n")[0]


# ---- models of every kind ---------------------------------------------------------------------


@pytest.mark.parametrize("model, given, sizes", [
    (nn.LSTM(3, 4, 2), (5, 2, 3), (4, 4, 1)),
    (nn.Conv2d(3, 8, 3), (1, 3, 8, 8), (8, 8, 1)),
    (nn.Conv2d(3, 8, 3, bias=False), (1, 3, 10, 10), (8, 8, 1)),
    (nn.TransformerEncoderLayer(8, 2, 16), (5, 2, 8), (8 + 16 + 8 + 8 + 8, 16, 5)),
    (nn.Transformer(8, 2, 1, 1, 16), [(5, 2, 8), (4, 2, 8)], None),
    (nn.ReLU(), (3,), (0, 0, 0)),
])
def test_size_width_and_depth(model, given, sizes):
    shown = nn.summary(model, given)
    assert str(shown)
    if sizes:
        assert (shown.size, shown.width, shown.depth) == sizes


def test_packed_sequences():
    packed = nn.utils.rnn.pack_sequence([autograd.ones(4, 3), autograd.ones(2, 3)])
    row, = nn.summary(nn.GRU(3, 5), packed).rows
    assert row.output.startswith("(6, 5)") and row.multiply_adds == 6 * 15 * (3 + 5)


def test_in_a_notebook():
    model = nn.Sequential()
    model.add_module("<b> & ü", nn.Linear(2, 2))
    page = nn.summary(model, (1, 2), measure=True)._repr_html_()
    tree = ElementTree.fromstring(f"<div>{page.replace('<br>', '<br/>')}</div>")
    assert [e.text for e in tree.iter("th")] == ["Layer", "Input", "Output", "Parameters",
                                                "Mult-adds", "Kept", "ms"]
    assert [e.text for e in tree.iter("code")][1].startswith("<b> & ü: Linear(")


def test_no_warning_about_modes():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.summary(nn.Sequential(nn.BatchNorm1d(3), nn.Dropout()), (2, 3), measure=True)


def test_a_module_that_is_called_twice_keeps_what_both_calls_keep():
    shared = nn.Linear(4, 4)
    once, apart = (nn.summary(nn.Sequential(nn.Tanh(), first, nn.Tanh(), second), (2, 4))
                   for first, second in ((shared, shared), (nn.Linear(4, 4), nn.Linear(4, 4))))
    kept = [sum(row.nbytes for row in found.rows if "Linear" in row.description)
            for found in (once, apart)]
    assert kept[0] == kept[1] == 2 * 2 * 4 * 4


def test_nodes_of_a_layer_whose_parameters_do_not_tell():
    assert nn.summary(nn.ConvTranspose2d(3, 5, 2, 2, bias=False), (1, 3, 8, 8)).width == 5
