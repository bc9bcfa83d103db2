"""Rows A1 to A11: activations and their derivatives."""

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor
from nn import functional as F

X = np.array([-3.0, -1.5, -0.2, 0.3, 1.0, 2.9])


def slopes(function, values=X):
    x = tensor(np.asarray(values), requires_grad=True)
    function(x).sum().backward()
    return x.grad.numpy()


def check(function, expected, derivative=None):
    np.testing.assert_allclose(function(tensor(X)).detach().numpy(), expected, rtol=1e-13)
    if derivative is not None:
        np.testing.assert_allclose(slopes(function), derivative, rtol=1e-12, atol=1e-15)


def test_A1_identity():
    check(nn.Identity(), X, np.ones(6))


def test_A2_heaviside():
    """1 if z >= 0, so 1 at 0; its gradient is 0."""
    assert autograd.heaviside(tensor([-0.1, 0.0, 0.1])).tolist() == [0, 1, 1]
    check(autograd.heaviside, X >= 0, np.zeros(6))


def test_A3_sign():
    assert autograd.sign(tensor([-2.0, 0.0, 5.0])).tolist() == [-1, 0, 1]
    check(autograd.sign, np.sign(X), np.zeros(6))


def test_A4_sigmoid():
    s = 1 / (1 + np.exp(-X))
    check(autograd.sigmoid, s, s * (1 - s))
    check(nn.Sigmoid(), s)
    ends = autograd.sigmoid(tensor([-1000.0, 1000.0]))
    assert ends.tolist() == [0, 1]


def test_A5_tanh():
    e = np.exp(X)
    check(autograd.tanh, (e - 1 / e) / (e + 1 / e), 1 - np.tanh(X) ** 2)


def test_A6_relu():
    assert F.relu(tensor([2.9, -1.5], dtype=autograd.float64)).tolist() == [2.9, 0]
    check(nn.ReLU(), np.maximum(0, X), X > 0)


@pytest.mark.parametrize("slope", [0.01, 0.3])
def test_A7_leaky_relu(slope):
    check(nn.LeakyReLU(slope), np.maximum(slope * X, X), np.where(X > 0, 1, slope))
    assert nn.LeakyReLU().negative_slope == 0.01


def test_A8_prelu_learns_its_slope():
    layer = nn.PReLU(dtype=autograd.float64)
    assert layer.weight.tolist() == [0.25]
    check(layer, np.maximum(0.25 * X, X), np.where(X > 0, 1, 0.25))
    layer.zero_grad()
    layer(tensor(X)).sum().backward()
    np.testing.assert_allclose(layer.weight.grad.tolist(), [X[X < 0].sum()])


@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_A9_elu(alpha):
    below = alpha * (np.exp(X) - 1)
    check(nn.ELU(alpha), np.where(X > 0, X, below), np.where(X > 0, 1, below + alpha))


def test_A10_swish():
    s = 1 / (1 + np.exp(-X))
    check(nn.SiLU(), X * s, s + X * s * (1 - s))


def test_A11_softmax():
    e = np.exp(X) / np.exp(X).sum()
    check(lambda x: x.softmax(-1), e)
    check(nn.Softmax(dim=0), e)
    check(nn.LogSoftmax(dim=0), np.log(e))
    large = tensor([1000.0, 1001.0, 1002.0]).softmax(0)
    assert large.sum().item() == pytest.approx(1) and large.tolist() == pytest.approx(
        [0.09003, 0.24473, 0.66524], abs=1e-5)
