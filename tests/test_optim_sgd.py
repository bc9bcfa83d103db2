"""SGD: each option against its formula, and its errors."""

import doctest

import numpy as np
import pytest

import autograd
import optim
import optim.sgd


def path(steps=5, **options):
    """w after each step down w^2 / 2 from 1."""
    w = autograd.tensor(1.0, dtype=autograd.float64, requires_grad=True)
    optimizer = optim.SGD([w], **options)
    values = []
    for _ in range(steps):
        optimizer.zero_grad()
        (w * w * 0.5).backward()
        optimizer.step()
        values.append(w.item())
    return values


@pytest.mark.parametrize(
    ("momentum", "dampening", "nesterov"),
    [
        (0, 0, False),
        (0, 0.4, False),
        (0.9, 0, False),
        (0.9, 0.4, False),
        (0.9, 0.9, False),
        (0.9, 0, True),
        (0.5, 0, True),
    ],
)
@pytest.mark.parametrize("weight_decay", [0, 0.3])
@pytest.mark.parametrize("maximize", [False, True])
def test_the_formula(momentum, dampening, nesterov, weight_decay, maximize):
    expected, w, b = [], 1.0, None
    for _ in range(5):
        g = (-w if maximize else w) + weight_decay * w
        if momentum:
            b = g if b is None else momentum * b + (1 - dampening) * g
            g = g + momentum * b if nesterov else b
        w -= 0.05 * g
        expected.append(w)
    values = path(
        lr=0.05,
        momentum=momentum,
        dampening=dampening,
        weight_decay=weight_decay,
        nesterov=nesterov,
        maximize=maximize,
    )
    np.testing.assert_allclose(values, expected, rtol=1e-14)


def test_a_rate_of_zero_changes_nothing():
    assert path(lr=0, momentum=0.9) == [1.0] * 5


def test_a_numpy_number_is_a_rate():
    assert path(lr=np.float32(0.5)) == [0.5, 0.25, 0.125, 0.0625, 0.03125]


def test_momentum_switched_on_later_begins_then():
    w = autograd.tensor([1.0], dtype=autograd.float64, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    w.grad = autograd.ones(1, dtype=autograd.float64)
    optimizer.step()
    assert w not in optimizer.state
    optimizer.param_groups[0]["momentum"] = 0.5
    optimizer.step()
    optimizer.step()
    np.testing.assert_allclose(w.item(), 1 - 0.1 - 0.1 - 0.15, rtol=1e-14)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"lr": -0.5}, ValueError, r"SGD: lr must be a number of at least 0, got -0\.5"),
        ({"lr": float("nan")}, ValueError, "SGD: lr must be .* got nan"),
        ({"lr": "0.1"}, TypeError, "SGD: lr must be a number, got str"),
        ({"lr": autograd.ones(2)}, ValueError, "lr must be a number or a Tensor of one element"),
        ({"lr": autograd.tensor(-0.5)}, ValueError, "lr must be .* of at least 0, got -0.5"),
        ({"momentum": autograd.ones(1)}, TypeError, "momentum must be a number, got Tensor"),
        ({"momentum": -1}, ValueError, "momentum must be a number of at least 0, got -1"),
        ({"weight_decay": -1}, ValueError, "weight_decay must be a number of at least 0, got -1"),
        (
            {"nesterov": True},
            ValueError,
            "nesterov=True needs momentum > 0 and dampening = 0, got momentum=0, dampening=0",
        ),
        (
            {"nesterov": True, "momentum": 0.9, "dampening": 0.1},
            ValueError,
            r"got momentum=0\.9, dampening=0\.1",
        ),
    ],
)
def test_options_out_of_range(options, error, message):
    with pytest.raises(error, match=message):
        optim.SGD([autograd.ones(1, requires_grad=True)], **options)


def test_example():
    result = doctest.testmod(optim.sgd)
    assert result.failed == 0 and result.attempted == 6
