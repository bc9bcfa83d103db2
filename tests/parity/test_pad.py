"""Padding against PyTorch: every mode and module, forward and the input's gradient."""

import numpy as np
import pytest

import autograd
import nn
from nn import functional as F

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

DTYPES = [np.float64, np.float32]
IMAGES = np.random.default_rng(7).uniform(-2, 2, (2, 3, 5, 6))
both_types = pytest.mark.parametrize("dtype", DTYPES, ids=["float64", "float32"])


def compare(ours, theirs, array, dtype):
    """Padding only moves numbers: the results are equal, the gradients but for rounding."""
    array = array.astype(dtype)
    x, y = autograd.tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)
    out, expected = ours(x), theirs(y)
    assert out.dtype == dtype
    np.testing.assert_array_equal(out.detach(), expected.detach())
    weight = np.random.default_rng(8).uniform(-1, 1, out.shape).astype(dtype)
    (out * autograd.tensor(weight)).sum().backward()
    (expected * torch.tensor(weight)).sum().backward()
    rtol = 1e-9 if dtype is np.float64 else 1e-5
    np.testing.assert_allclose(x.grad, y.grad, rtol, rtol)


@both_types
@pytest.mark.parametrize("array", [IMAGES, IMAGES[0]], ids=["batch", "image"])
@pytest.mark.parametrize("widths,mode,value", [
    ((1, 2), "constant", None), ((1, 2, 3, 0), "constant", 0.25), ((-1, 2, 0, -3), "constant", 5.0),
    ((1, 2, 3, 0, 1, 1), "constant", None), ((5, 0, 4, 1), "reflect", None),
    ((0, 3, 2, 2), "reflect", None), ((9, 0, 1, 12), "replicate", None),
    ((6, 2, 0, 5), "circular", None), ((1, 1, 1, 1), "circular", None),
    ((-2, 5, 1, -4), "reflect", None), ((3, -1, -1, -2), "reflect", None),
    ((-5, 7, 2, -4), "replicate", None), ((-1, 0, -3, 1), "replicate", None),
    ((-2, 3, 1, -1), "circular", None), ((3, -3, -1, -2), "circular", None)])
def test_pad(widths, mode, value, array, dtype):
    compare(lambda x: F.pad(x, widths, mode, value),
            lambda x: torch.nn.functional.pad(x, widths, mode, value), array, dtype)


LAYERS = {
    "zero": lambda n: n.ZeroPad2d(2), "zero_sides": lambda n: n.ZeroPad2d((1, -1, 0, 3)),
    "constant": lambda n: n.ConstantPad2d((1, 0, 2, 1), -1.5),
    "reflect": lambda n: n.ReflectionPad2d((1, 5, 2, 0)),
    "replicate": lambda n: n.ReplicationPad2d(3),
}
LINES = {"reflect": lambda n: n.ReflectionPad1d((4, 1)),
         "replicate": lambda n: n.ReplicationPad1d(7)}


@both_types
@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, train, dtype):
    ours, theirs = LAYERS[name](nn).train(train), LAYERS[name](torch.nn).train(train)
    assert ours.padding == tuple(theirs.padding)
    assert list(ours.state_dict()) == list(theirs.state_dict()) == []
    for array in (IMAGES, IMAGES[1]):
        compare(ours, theirs, array, dtype)


@both_types
@pytest.mark.parametrize("name", LINES)
def test_layers_for_sequences(name, dtype):
    for array in (IMAGES[0], IMAGES[0, 0]):
        compare(LINES[name](nn), LINES[name](torch.nn), array, dtype)
