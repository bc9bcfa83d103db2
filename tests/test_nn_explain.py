"""Explanations against what is known: linear models, and what must add up."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from nn import explain

RANDOM = np.random.default_rng(0)
X = autograd.tensor(RANDOM.normal(size=(4, 3)))
DATA = autograd.tensor(RANDOM.normal(size=(7, 3)))


@pytest.fixture
def linear():
    return nn.Linear(3, 2).double()


def smooth():
    autograd.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 2)).double()


def rows_of(values) -> np.ndarray:
    return values.numpy().reshape(len(values), -1).sum(1)


def test_linear_models_exactly(linear):
    weight = linear.weight.detach().numpy()
    x, data = X.numpy(), DATA.numpy()
    for k in (0, 1):
        assert np.allclose(explain.saliency(linear, X, k).numpy(), np.abs(weight[k]), rtol=1e-12)
        found = explain.integrated_gradients(linear, X, k, baseline=autograd.tensor(x[0]), steps=1)
        assert np.allclose(found.numpy(), weight[k] * (x - x[0]), rtol=1e-12)
        found = explain.expected_gradients(linear, X, DATA, k, steps=1)
        assert np.allclose(found.numpy(), weight[k] * (x - data.mean(0)), rtol=1e-12)


def test_the_largest_output_is_explained_unless_another_is_named(linear):
    largest = linear(X).argmax(1)
    assert explain.saliency(linear, X).equal(explain.saliency(linear, X, largest))
    mixed = explain.saliency(linear, X, autograd.tensor([0, 1, 1, 0])).numpy()
    assert np.allclose(mixed, np.abs(linear.weight.detach().numpy())[[0, 1, 1, 0]])


@pytest.mark.parametrize("target", [0, 1])
def test_completeness(target):
    model = smooth()
    f = lambda x: model.eval()(x).detach().numpy()[:, target]  # noqa: E731
    found = explain.integrated_gradients(model, X, target, baseline=0.3, steps=24)
    baseline = autograd.full((1, 3), 0.3, dtype=autograd.float64)
    assert np.allclose(rows_of(found), f(X) - f(baseline), atol=1e-10)
    found = explain.expected_gradients(model, X, DATA, target, steps=24)
    assert np.allclose(rows_of(found), f(X) - f(DATA).mean(), atol=1e-10)


def test_completeness_where_units_switch():
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 2)).double()
    x = autograd.tensor(RANDOM.normal(size=(2, 1, 6, 6)))
    found = explain.integrated_gradients(model, x, 1, steps=200)
    gap = (model(x) - model(x * 0)).detach().numpy()[:, 1]
    assert found.shape == x.shape and np.allclose(rows_of(found), gap, atol=2e-3)


def test_a_function_of_one_entry_and_of_none():
    class First(nn.Module):
        def forward(self, x):
            return x[:, 0] ** 3

    found = explain.integrated_gradients(First(), X, steps=2).numpy()  # degree 3 = 2 · 2 - 1
    assert np.allclose(found, np.stack([X.numpy()[:, 0] ** 3, np.zeros(4), np.zeros(4)], 1))

    class Constant(nn.Module):
        def forward(self, x):
            return autograd.ones(len(x), 2)

    assert (explain.saliency(Constant(), X).numpy() == 0).all()


def test_the_model_is_left_as_it_was():
    model = smooth()
    before = autograd.get_rng_state()
    x = autograd.tensor(X.numpy().copy(), requires_grad=True)
    with autograd.no_grad():
        explain.expected_gradients(model, x, DATA)
    assert model.training and autograd.get_rng_state() == before and x.grad is None
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("call, kind, message", [
    (lambda m: explain.saliency(m, X.numpy()), TypeError, "x must be a floating-point Tensor"),
    (lambda m: explain.saliency(m, autograd.tensor([[1, 2, 3]])), TypeError, "their embeddings"),
    (lambda m: explain.saliency(m, X, 2), ValueError, "target must be from 0 to 1, got 2 to 2"),
    (lambda m: explain.saliency(m, X, -1), ValueError, "from 0 to 1, got -1"),
    (lambda m: explain.saliency(m, X, autograd.tensor([0, 1])), ValueError, "each of 4 rows"),
    (lambda m: explain.saliency(m, X, 0.5), ValueError, "target must be a class"),
    (lambda m: explain.integrated_gradients(m, X, baseline=autograd.zeros(2)), ValueError,
     r"baseline \(2,\) does not broadcast to x \(4, 3\)"),
    (lambda m: explain.integrated_gradients(m, X, steps=0), ValueError, "steps must be 1 or more"),
    (lambda m: explain.expected_gradients(m, X, X[0]), ValueError, "rows of the shape"),
    (lambda m: explain.expected_gradients(m, X, DATA[:0]), ValueError, "rows of the shape"),
    (lambda m: explain.saliency(nn.Unflatten(1, (3, 1)), X), ValueError, r"\(N, classes\) for N"),
])
def test_what_does_not_fit(linear, call, kind, message):
    with pytest.raises(kind, match=message):
        call(linear)
