"""What samples do not show of autograd/ops/compare.py: ties, NaN, masks, and messages."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from tests.leaves import leaf

INF, NAN = math.inf, math.nan
MASK = autograd.tensor([True, False])


def gradients(function, *tensors):
    return [g.tolist() for g in autograd.grad(function(*tensors).sum(), tensors)]


# ---- ties: the subgradient of least norm ---------------------------------------------------------

@pytest.mark.parametrize("function", [autograd.maximum, autograd.minimum])
def test_equal_ones_share(function):
    assert gradients(function, leaf(1, 2), leaf(1, 2)) == [[0.5, 0.5], [0.5, 0.5]]
    x = leaf(1, 2)
    assert gradients(lambda x: function(x, x), x) == [[1, 1]]


def test_clamp_at_and_beyond_its_bounds():
    assert gradients(lambda x: x.clamp(-1, 1), leaf(-2, -1, 0, 1, 2)) == [[0, 0, 1, 0, 0]]
    for many in 1, 1000:  # large arrays have a kernel
        x = leaf(*[-1, 0, 1] * many)
        assert gradients(lambda x: x.clamp(min=0), x) == [[0, 0, 1] * many]
        assert gradients(lambda x: x.clamp(max=0), x) == [[1, 0, 0] * many]
    assert gradients(autograd.clamp, leaf(-2, 0, 3), leaf(-1, -1, -1), leaf(1, 1, 1)) == [
        [0, 1, 0], [1, 0, 0], [0, 0, 1]]
    crossed = autograd.clamp(leaf(-2, 0, 3), 2.0, 1.0)
    assert crossed.tolist() == [1, 1, 1]


# ---- NaN -----------------------------------------------------------------------------------------

def test_nan_in_maximum_minimum_and_clamp_stays():
    x, y = autograd.tensor([NAN, 1.0]), autograd.tensor([1.0, NAN])
    for result in (autograd.maximum(x, y), autograd.minimum(x, y), autograd.clamp(x * NAN, 0, 1)):
        assert np.isnan(result.numpy()).all()


def test_beside_nan_each_of_two_gets_the_gradient():
    x = autograd.tensor([NAN, 1.0, 2.0], requires_grad=True)
    y = autograd.tensor([1.0, NAN, 3.0], requires_grad=True)
    for function, of_x in ((autograd.maximum, [1, 1, 0]), (autograd.minimum, [1, 1, 1])):
        dx, dy = autograd.grad(function(x, y).sum(), (x, y))
        assert dx.tolist() == of_x and dy.tolist() == [1, 1, 1 - of_x[2]]


def test_nan_compares_as_in_ieee():
    x = autograd.tensor([NAN])
    answers = [autograd.eq(x, x), autograd.ne(x, x), autograd.lt(x, x), autograd.ge(x, x)]
    assert [a.item() for a in answers] == [False, True, False, False]
    assert not autograd.equal(x, x) and not autograd.allclose(x, x)
    assert autograd.allclose(x, x, equal_nan=True)


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_where_keeps_nan_of_the_other_branch_out(bad):
    x = autograd.tensor([1.0, bad], requires_grad=True)
    for result in (autograd.where(MASK, x.exp(), 0.0), x.exp().masked_fill(~MASK, 0.0),
                   autograd.where(~MASK, 0.0, x.exp())):
        assert result.tolist() == pytest.approx([math.e, 0])
        assert autograd.grad(result.sum(), x)[0].tolist() == pytest.approx([math.e, 0])


def test_where_keeps_nan_out_of_second_derivatives():
    x = leaf(0.0, 4.0)
    result = autograd.where(x > 0, x.sqrt(), 0.0).sum()
    first, = autograd.grad(result, x, create_graph=True)
    second, = autograd.grad(first.sum(), x)
    assert first.tolist() == [0, 0.25] and second.tolist() == [0, -1 / 32]


# ---- types ---------------------------------------------------------------------------------------

def test_where_of_numbers_and_mixed_types():
    i, x = autograd.tensor([1, 2]), autograd.tensor([1.0, 2.0], dtype=autograd.float64)
    assert autograd.where(MASK, i, 0.5).dtype == np.float32
    assert autograd.where(MASK, i, 7).dtype == np.int64
    assert autograd.where(MASK, x, i).dtype == np.float64
    assert x.where(MASK, 0.1).tolist() == [1, 0.1]


@pytest.mark.parametrize("a, b, dtype", [(1.0, 0.0, np.float32), (1, 0, np.int64),
                                         (True, False, np.bool_), (1, 0.5, np.float32)])
def test_where_of_two_numbers(a, b, dtype):
    result = autograd.where(MASK, a, b)
    assert result.dtype == dtype and result.tolist() == [a, b]


def test_logic_takes_any_type():
    a, b = autograd.tensor([0.0, NAN, 2.0]), autograd.tensor([1, 1, 0])
    assert a.logical_and(b).tolist() == [False, True, False]
    assert a.logical_not().tolist() == [True, False, False]


def test_numbers_out_of_the_types_range_compare_like_pytorch():
    assert (autograd.tensor([1.5]) > 1).tolist() == [True]
    assert (autograd.tensor([2]) == 2.5).tolist() == [False]


def test_in_place_comparisons_keep_the_type():
    x = autograd.tensor([1.0, 2.0])
    assert x.eq_(1) is x and x.dtype == np.float32 and x.tolist() == [1, 0]


def test_equal_and_allclose_answer_in_python():
    x = autograd.ones(2)
    assert autograd.equal(x, x) is True and autograd.allclose(x, x + 1) is False
    assert not autograd.equal(x, autograd.ones(3))


# ---- messages ------------------------------------------------------------------------------------

@pytest.mark.parametrize("call, error, text", [
    (lambda: autograd.clamp(autograd.ones(2)), ValueError, "clamp: give min, max or both"),
    (lambda: autograd.where(autograd.ones(2), 1.0, autograd.zeros(2)), TypeError,
     "where: condition must be boolean; compare it"),
    (lambda: autograd.ones(2).masked_fill(autograd.ones(2), 1), TypeError,
     "masked_fill: mask must be a boolean Tensor"),
    (lambda: autograd.ones(2).masked_fill(MASK, autograd.ones(2)), ValueError,
     r"masked_fill: value must be a number or a 0-d tensor, got shape \(2,\); autograd.where"),
    (lambda: autograd.ones(2) & autograd.ones(2), TypeError, "bitwise_and: .*float32"),
    (lambda: ~autograd.ones(2), TypeError, "bitwise_not: .*float32"),
    (lambda: autograd.ones(2, 3) < autograd.ones(4), ValueError, r"lt: .*\(2,? ?3\)"),
])
def test_messages(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_a_tolerance_may_be_a_tensor_of_one_number():
    x = autograd.ones(2)
    assert autograd.isclose(x, x + 0.5, rtol=autograd.tensor(1.0)).tolist() == [True, True]
    with pytest.raises(RuntimeError, match=r"isclose: a tensor with one .* got Tensor \(4, 7\)"):
        autograd.isclose(x, x, rtol=autograd.ones(4, 7))
