"""Adam and AdamW: each option against its formula, and their errors."""

import doctest
import math

import numpy as np
import pytest

import autograd
import optim
import optim.adam


def path(kind=optim.Adam, steps=5, **options):
    """w after each step down w^2 / 2 from 1."""
    w = autograd.tensor(1.0, dtype=autograd.float64, requires_grad=True)
    optimizer = kind([w], **options)
    values = []
    for _ in range(steps):
        optimizer.zero_grad()
        (w * w * 0.5).backward()
        optimizer.step()
        values.append(w.item())
    return values


@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("weight_decay", [0, 0.3])
@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.5, 0.6), (0, 0)])
def test_the_formula(kind, amsgrad, weight_decay, maximize, betas):
    lr, eps, decoupled = 0.3, 1e-3, kind is optim.AdamW
    expected, w, m, v, top = [], 1.0, 0.0, 0.0, 0.0
    for t in range(1, 9):
        g = -w if maximize else w
        if decoupled:
            w -= lr * weight_decay * w
        else:
            g += weight_decay * w
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        top = max(top, v)
        second = (top if amsgrad else v) / (1 - betas[1] ** t)
        w -= lr * m / (1 - betas[0] ** t) / (math.sqrt(second) + eps)
        expected.append(w)
    values = path(
        kind,
        8,
        lr=lr,
        betas=betas,
        eps=eps,
        weight_decay=weight_decay,
        amsgrad=amsgrad,
        maximize=maximize,
    )
    np.testing.assert_allclose(values, expected, rtol=1e-13, atol=1e-14)


def test_defaults():
    w = [autograd.ones(1, requires_grad=True)]
    shared = dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, amsgrad=False, maximize=False,
                  eps_inside_sqrt=False, bias_correction=True)  # fmt: skip
    assert optim.Adam(w).defaults == {**shared, "weight_decay": 0}
    assert optim.AdamW(w).defaults == {**shared, "weight_decay": 1e-2}


def test_the_first_step_is_lr_whatever_the_gradient():
    for scale in (1e-6, 1.0, 1e6):
        w = autograd.zeros(3, dtype=autograd.float64, requires_grad=True)
        optimizer = optim.Adam([w], lr=0.1, eps=0)
        w.grad = autograd.tensor([1.0, -2.0, 3.0], dtype=autograd.float64) * scale
        optimizer.step()
        np.testing.assert_allclose(w.tolist(), [-0.1, 0.1, -0.1], rtol=1e-12)


def test_state():
    w = autograd.ones(2, requires_grad=True)
    optimizer = optim.Adam([w], amsgrad=True)
    w.grad = autograd.ones(2)
    optimizer.step()
    optimizer.step()
    state = optimizer.state[w]
    assert list(state) == ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"]
    assert state["step"].item() == 2 and state["step"].dtype == autograd.float32
    np.testing.assert_allclose(state["exp_avg"].tolist(), [0.19, 0.19], rtol=1e-6)
    np.testing.assert_allclose(state["exp_avg_sq"].tolist(), [0.001999, 0.001999], rtol=1e-6)


@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"lr": -0.5}, ValueError, r"lr must be a number of at least 0, got -0\.5"),
        ({"eps": -1}, ValueError, "eps must be a number of at least 0, got -1"),
        ({"weight_decay": -1}, ValueError, "weight_decay must be a number of at least 0, got -1"),
        ({"betas": (1.0, 0.9)}, ValueError, r"betas\[0\] must be in \[0, 1\), got 1\.0"),
        ({"betas": (0.9, -0.1)}, ValueError, r"betas\[1\] must be in \[0, 1\), got -0\.1"),
        ({"betas": 0.9}, TypeError, r"betas must be a tuple of 2 numbers, got 0\.9"),
        ({"betas": (0.9,)}, TypeError, r"betas must be a tuple of 2 numbers, got \(0\.9,\)"),
    ],
)
def test_options_out_of_range(kind, options, error, message):
    with pytest.raises(error, match=f"^{kind.__name__}: {message}"):
        kind([autograd.ones(1, requires_grad=True)], **options)


def test_example():
    result = doctest.testmod(optim.adam)
    assert result.failed == 0 and result.attempted == 6
