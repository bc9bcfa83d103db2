"""Activations, dropout and their modules against torch: values, gradients, state, repr."""

import numpy as np
import pytest

import autograd
import nn
from tests.parity.test_nn import compare, dtype, inputs, numbers  # noqa: F401

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

pytestmark = pytest.mark.parity
KINKS = np.array([-6.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 3.0, 6.0, 1e-3, 7.0])
MANY = np.concatenate([numbers(5, 1000, low=-8, high=8).reshape(-1), KINKS]).reshape(-1, 4)
IMAGE = numbers(2, 3, 4, 5)

MODULES = {
    "relu": lambda n: n.ReLU(),
    "relu6": lambda n: n.ReLU6(),
    "leaky_relu": lambda n: n.LeakyReLU(),
    "leaky_relu_steep": lambda n: n.LeakyReLU(0.3),
    "leaky_relu_falling": lambda n: n.LeakyReLU(-0.3),
    "prelu": lambda n: n.PReLU(),
    "prelu_channels": lambda n: n.PReLU(4, init=0.1),
    "elu": lambda n: n.ELU(),
    "elu_alpha": lambda n: n.ELU(0.4),
    "selu": lambda n: n.SELU(),
    "celu": lambda n: n.CELU(),
    "celu_alpha": lambda n: n.CELU(1.7),
    "gelu": lambda n: n.GELU(),
    "gelu_tanh": lambda n: n.GELU("tanh"),
    "silu": lambda n: n.SiLU(),
    "mish": lambda n: n.Mish(),
    "softplus": lambda n: n.Softplus(),
    "softplus_settings": lambda n: n.Softplus(2.0, 5.0),
    "softsign": lambda n: n.Softsign(),
    "hardtanh": lambda n: n.Hardtanh(),
    "hardtanh_settings": lambda n: n.Hardtanh(-2.0, 0.5),
    "hardsigmoid": lambda n: n.Hardsigmoid(),
    "hardswish": lambda n: n.Hardswish(),
    "tanhshrink": lambda n: n.Tanhshrink(),
    "softshrink": lambda n: n.Softshrink(),
    "softshrink_settings": lambda n: n.Softshrink(1.0),
    "hardshrink": lambda n: n.Hardshrink(),
    "threshold": lambda n: n.Threshold(0.5, 20.0),
    "logsigmoid": lambda n: n.LogSigmoid(),
    "glu": lambda n: n.GLU(),
    "glu_first": lambda n: n.GLU(0),
    "softmin": lambda n: n.Softmin(dim=1),
    "sigmoid": lambda n: n.Sigmoid(),
    "tanh": lambda n: n.Tanh(),
}
# In these PyTorch's float64 gradients hold constants (1/6, 1/alpha) rounded to float32: compared in
# float64 are the values; the gradients are held to finite differences in tests/test_ops.py.
SINGLE_CONSTANTS = ("hardsigmoid", "celu", "celu_alpha")
SHORT_REPR = ("hardsigmoid", "hardswish")  # PyTorch's do not show inplace=True
IN_PLACE = {
    "relu": lambda n: n.ReLU(True),
    "relu6": lambda n: n.ReLU6(True),
    "leaky_relu": lambda n: n.LeakyReLU(0.2, True),
    "elu": lambda n: n.ELU(0.7, True),
    "selu": lambda n: n.SELU(True),
    "celu": lambda n: n.CELU(0.6, True),
    "silu": lambda n: n.SiLU(True),
    "mish": lambda n: n.Mish(True),
    "hardtanh": lambda n: n.Hardtanh(-1.0, 1.5, True),
    "hardsigmoid": lambda n: n.Hardsigmoid(True),
    "hardswish": lambda n: n.Hardswish(True),
    "threshold": lambda n: n.Threshold(0.1, -2.0, True),
}


@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("name", MODULES)
def test_modules(name, size, train, dtype):  # noqa: F811
    """Large arrays are the compiled kernels', small ones NumPy's; both hold the kinks."""
    array = MANY if size == "large" else MANY[-8:]
    if name.startswith("glu"):
        array = array[: len(array) // 2 * 2]
    make = MODULES[name]
    if name in SINGLE_CONSTANTS and dtype == np.float64:
        ours, theirs = (make(n)(x) for n, x in zip((nn, torch.nn), inputs(array, dtype)))
        np.testing.assert_allclose(ours.detach(), theirs.detach(), rtol=1e-9, atol=1e-12)
        return
    compare(make(nn).train(train), make(torch.nn).train(train), [array], dtype)
    if name not in SHORT_REPR:
        assert repr(make(nn)) == repr(make(torch.nn))


@pytest.mark.parametrize("make", [lambda n: n.PReLU(3), lambda n: n.GLU(-1), lambda n: n.GELU(),
                                  lambda n: n.Softmax2d()])  # fmt: skip
def test_images(make, dtype):  # noqa: F811
    compare(make(nn), make(torch.nn), [IMAGE[..., :4]], dtype)


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(name, dtype):  # noqa: F811
    make = IN_PLACE[name]
    x, y = inputs(numbers(5, 3), dtype)
    a, b = x * 2, y * 2
    ours, theirs = make(nn)(a), make(torch.nn)(b)
    assert ours is a
    if name not in SHORT_REPR:
        assert repr(make(nn)) == repr(make(torch.nn))
    (ours * ours).sum().backward()
    (theirs * theirs).sum().backward()
    tolerance = 1e-12 if dtype == np.float64 and name not in SINGLE_CONSTANTS else 1e-5
    np.testing.assert_allclose(ours.detach(), theirs.detach(), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(x.grad, y.grad, rtol=tolerance, atol=tolerance)


def test_prelu_states_go_both_ways():
    ours, theirs = nn.PReLU(3), torch.nn.PReLU(3, init=0.7)
    ours.load_state_dict(theirs.state_dict())
    assert ours.weight.tolist() == theirs.weight.tolist()
    torch.nn.PReLU(3).load_state_dict(
        {k: torch.from_numpy(v.numpy().copy()) for k, v in ours.state_dict().items()})


@pytest.mark.parametrize("kind, shape", [("Dropout1d", (40, 50, 3)), ("Dropout1d", (900, 4)),
                                         ("Dropout2d", (40, 50, 3, 2)),
                                         ("Dropout3d", (40, 50, 3, 2, 2)),
                                         ("Dropout3d", (900, 2, 2, 2))])
def test_channel_dropout(kind, shape, dtype):  # noqa: F811
    """Random in both: compared are what is kept, whole channels, and the share."""
    x, y = inputs(np.abs(numbers(*shape)) + 0.1, dtype)
    ours, theirs = getattr(nn, kind)(0.3)(x), getattr(torch.nn, kind)(0.3)(y)
    batched = len(shape) == 2 + int(kind[-2])
    axes = tuple(range(2 if batched else 1, len(shape)))
    for out, given in ((ours, x), (theirs, y)):
        out, given = out.detach().numpy(), given.detach().numpy()
        zero = (out == 0).all(axes)
        assert abs(zero.mean() - 0.3) < 0.06 and ((out == 0).any(axes) == zero).all()
        np.testing.assert_allclose(out[~zero], given[~zero] / 0.7, rtol=1e-6)


def test_alpha_dropout_of_channels(dtype):  # noqa: F811
    """What is dropped has one value and what is kept another line, in both libraries."""
    x, y = inputs(numbers(60, 50, 3), dtype)
    lines = []
    for library, given in ((nn, x), (torch.nn, y)):
        out = library.FeatureAlphaDropout(0.3)(given)
        out, given = out.detach().numpy(), given.detach().numpy()
        dropped = (out == out[..., :1]).all(2)
        assert abs(dropped.mean() - 0.3) < 0.05
        line = np.polyfit(given[~dropped].ravel(), out[~dropped].ravel(), 1)
        lines.append([out[dropped].mean(), *line])
    np.testing.assert_allclose(*lines, rtol=1e-5)


def test_rrelu_draws_slopes(dtype):  # noqa: F811
    x, y = inputs(numbers(4000), dtype)
    ours, theirs = nn.RReLU(0.1, 0.4), torch.nn.RReLU(0.1, 0.4)
    for out, given in ((ours(x), x), (theirs(y), y)):
        out.sum().backward()
        slopes = given.grad.numpy()
        np.testing.assert_allclose(out.detach(), slopes * given.detach().numpy(), rtol=1e-6)
        drawn = slopes[given.detach().numpy() <= 0]
        assert (slopes[given.detach().numpy() > 0] == 1).all() and abs(drawn.mean() - 0.25) < 0.01
        assert 0.1 <= drawn.min() < 0.11 and 0.39 < drawn.max() <= 0.4
    np.testing.assert_allclose(ours.eval()(x).detach(), theirs.eval()(y).detach(), rtol=1e-6)


def test_alpha_dropout(dtype):  # noqa: F811
    values = np.random.default_rng(0).standard_normal(100_000)
    x, y = inputs(values, dtype)
    for out in (nn.AlphaDropout(0.2)(x), torch.nn.AlphaDropout(0.2)(y)):
        out = out.detach().numpy()
        assert abs(out.mean()) < 0.02 and abs(out.var() - 1) < 0.03
    assert nn.AlphaDropout(0.2).eval()(x) is x


@pytest.mark.parametrize("hard", [True, False])
def test_gumbel_softmax(hard):
    """The classes come as often as their probabilities say, in both."""
    p = np.array([0.1, 0.2, 0.7])
    logits = np.tile(np.log(p), (20_000, 1))
    shares = []
    for library, functional in ((autograd, nn.functional), (torch, torch.nn.functional)):
        library.manual_seed(3)
        x = library.tensor(logits, requires_grad=True)
        y = functional.gumbel_softmax(x, tau=0.5, hard=hard)
        (y * y).sum().backward()
        assert np.abs(x.grad.numpy()).max() > 0
        y = y.detach().numpy()
        np.testing.assert_allclose(y.sum(1), 1, rtol=1e-6)
        shares.append(np.bincount(y.argmax(1)) / len(y))
        if hard:
            assert set(np.unique(y.round(12))) == {0, 1}
    np.testing.assert_allclose(shares, [p, p], atol=0.015)
