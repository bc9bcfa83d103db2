"""Losses of yes-or-no targets: extreme scores, what is no probability, weights that do not fit."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from autograd.ops.loss_binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    multilabel_soft_margin_loss,
    soft_margin_loss,
)

NAN = math.nan


def message(error, function, *args, **kwargs) -> str:
    with pytest.raises(error) as raised:
        function(*args, **kwargs)
    return str(raised.value)


@pytest.mark.parametrize("value", [1.5, -0.25, NAN])
def test_binary_cross_entropy_names_what_is_no_probability(value):
    x = np.full((2, 3), 0.5)
    x[1, 2] = value
    text = message(ValueError, binary_cross_entropy, autograd.tensor(x), autograd.ones(2, 3))
    assert text.startswith(f"binary_cross_entropy: input {value} at position [1, 2] is not a "
                           "probability in [0, 1]; for scores before the sigmoid use "
                           "binary_cross_entropy_with_logits")


def test_binary_cross_entropy_counts_the_logarithm_of_0_as_minus_100():
    x = autograd.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    losses = binary_cross_entropy(x, autograd.tensor([0.0, 1.0, 1.0, 0.0]), reduction="none")
    assert losses.tolist() == [0, 0, 100, 100]
    losses.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_with_logits_of_extreme_scores(dtype):
    x = autograd.tensor(np.array([1e4, -1e4, 1e4, -1e4], dtype), requires_grad=True)
    t = autograd.tensor(np.array([1, 0, 0, 1], dtype))
    for pos_weight in (None, autograd.tensor(np.array([2], dtype))):
        x.grad = None
        losses = binary_cross_entropy_with_logits(x, t, reduction="none", pos_weight=pos_weight)
        assert losses.tolist() == [0, 0, 1e4, 1e4 if pos_weight is None else 2e4]
        losses.sum().backward()
        assert x.grad.tolist() == [0, 0, 1, -1 if pos_weight is None else -2]


@pytest.mark.parametrize("size", [1, 5000])
@pytest.mark.parametrize("pos_weight", [None, 3.0])
@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_with_logits_of_infinite_scores(size, pos_weight, reduction):
    """The limits: infinite where the score is wrong, 0 where it is right, never NaN."""
    factor = autograd.tensor([pos_weight]) if pos_weight else None
    weight = pos_weight or 1.0
    for score, target, loss, slope in (
            (math.inf, 0.0, math.inf, 1), (math.inf, 1.0, 0, 0), (-math.inf, 0.0, 0, 0),
            (-math.inf, 1.0, math.inf, -weight), (math.inf, 0.5, math.inf, 0.5),
            (-math.inf, 0.5, math.inf, -0.5 * weight)):
        x, t = autograd.zeros(size), autograd.zeros(size)
        x[-1], t[-1] = score, target
        x.requires_grad_()
        losses = binary_cross_entropy_with_logits(x, t, reduction=reduction, pos_weight=factor)
        losses.sum().backward()
        rest = (size - 1) * math.log(2)
        assert losses.sum().item() == pytest.approx(loss + rest)
        assert x.grad[-1].item() == slope


@pytest.mark.parametrize("size", [2, 5000])
@pytest.mark.parametrize("function", [binary_cross_entropy, binary_cross_entropy_with_logits])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weight", [None, 2.0])
def test_targets_of_binary_cross_entropy_lie_between_0_and_1(function, size, reduction, weight):
    for value in (-1.0, 2.0, 255.0, 1.0000001, -1e-30, math.inf):
        t = autograd.full((size,), 0.5)
        t[1] = value
        text = message(ValueError, function, autograd.full((size,), 0.5), t,
                       weight and autograd.tensor([weight]), reduction=reduction)
        assert text == (f"{function.__name__}: target {t.numpy()[1]} at position [1] is not a "
                        "probability in [0, 1]; class numbers take cross_entropy, labels -1 and 1 "
                        "(target + 1) / 2")
    t[1] = NAN
    assert np.isnan(function(autograd.full((size,), 0.5), t, reduction="sum").item())


def test_targets_beside_a_weight_for_positives_lie_between_0_and_1():
    x, factor = autograd.zeros(2), autograd.ones(2)
    text = message(ValueError, binary_cross_entropy_with_logits, x, autograd.tensor([-1.0, 1.0]),
                   pos_weight=factor)
    assert text.startswith("binary_cross_entropy_with_logits: target -1.0 at position [0]")


def test_multilabel_soft_margin_loss_has_classes():
    x = autograd.randn(3, 4)
    assert multilabel_soft_margin_loss(x, x.detach().sigmoid(), reduction="none").shape == (3,)
    assert message(ValueError, multilabel_soft_margin_loss, x[0, 0], x[0, 0]) == (
        "multilabel_soft_margin_loss: input must be (N, C) or (C), got ()")


def test_soft_margin_loss_does_not_overflow():
    x = autograd.tensor([1e4, -1e4], requires_grad=True)
    losses = soft_margin_loss(x, autograd.tensor([1.0, 1.0]), reduction="none")
    losses.sum().backward()
    assert losses.tolist() == [0, 1e4] and x.grad.tolist() == [0, -1]


def test_binary_cross_entropy_of_a_large_input_names_what_is_no_probability():
    x = np.full((50, 100), 0.5)
    x[7, 3] = 2.0
    for reduction in ("mean", "none"):
        assert "input 2.0 at position [7, 3] is not a probability" in message(
            ValueError, binary_cross_entropy, autograd.tensor(x), autograd.ones(50, 100).double(),
            reduction=reduction)


def test_weights_that_do_not_fit():
    x = autograd.full((2, 3), 0.5)
    weight = autograd.ones(4, 1, 1)
    assert message(ValueError, binary_cross_entropy, x, x, weight).startswith(
        "binary_cross_entropy: weight (4, 1, 1) does not broadcast to input (2, 3)")
    assert message(ValueError, binary_cross_entropy_with_logits, x, x,
                   pos_weight=weight).startswith(
        "binary_cross_entropy_with_logits: pos_weight (4, 1, 1) does not broadcast")
