"""What samples do not show of autograd/ops/arithmetic.py: powers of zero, division by it, types,
operators, and messages."""

from __future__ import annotations

import inspect
import math
import operator

import numpy as np
import pytest

import autograd
import autograd.ops
from autograd.record import COMPOSITES, REGISTRY
from tests.leaves import leaf

INF, NAN = math.inf, math.nan


def gradients(function, *tensors):
    return [g.tolist() for g in autograd.grad(function(*tensors).sum(), tensors)]


# ---- powers --------------------------------------------------------------------------------------

def test_powers_with_zero_in_them():
    base, exponent = leaf(0, 0, 0, -2, 2), leaf(0, 1, 2, 2, 0)
    assert gradients(operator.pow, base, exponent) == [
        [0, 1, 0, -4, 0], pytest.approx([0, 0, 0, NAN, math.log(2)], nan_ok=True)]


@pytest.mark.parametrize("p", [0, 1, 2, 3, 2.0, 0.5, -1, 0.0])
def test_a_number_as_exponent_is_as_a_tensor_of_it(p):
    x = leaf(0.5, 2.0)
    as_tensor = autograd.tensor(float(p), dtype=autograd.float64)
    assert gradients(lambda x: x**p, x)[0] == pytest.approx(
        gradients(lambda x: x**as_tensor, x)[0], rel=1e-15)


def test_a_number_as_base():
    x = leaf(0.0, 2.0, -1.0)
    assert gradients(lambda x: 2.0**x, x)[0] == pytest.approx(
        [math.log(2), 4 * math.log(2), math.log(2) / 2])
    assert gradients(lambda x: 0**x, x)[0] == [0, 0, -INF]
    assert all(map(math.isnan, gradients(lambda x: (-2) ** x, x)[0]))
    single = autograd.ones(2, requires_grad=True)
    assert autograd.grad((1.5**single).sum(), single)[0].dtype == np.float32


def test_the_slope_of_a_root_at_zero():
    assert gradients(lambda x: x**0.5, leaf(0.0, 4.0)) == [[INF, 0.25]]
    assert gradients(lambda x: x**1.5, leaf(0.0)) == [[0]]


def test_powers_of_integers():
    x = autograd.tensor([2, -3], dtype=autograd.int8)
    assert (x**2).dtype == np.int8 and (x**2).tolist() == [4, 9]
    assert (x**0.5).dtype == np.float32
    assert (autograd.tensor([True, False]) ** True).dtype == np.bool_
    with pytest.raises(ValueError, match=r"pow: integers to negative integer powers .* \.float\("):
        x**-1


@pytest.mark.parametrize("input, other, alpha, values", [
    ([True, False], [True, False], 3, [True, False]), ([True, False], 1, 3, [4, 3]),
    (autograd.tensor([3, 5], dtype=autograd.uint8), 1, -1, [2, 4]),
    (autograd.tensor([3, 5], dtype=autograd.uint8), [True, False], -1, [2, 5]),
    (autograd.tensor([3, 5], dtype=autograd.uint8), autograd.tensor([1, 2], dtype=autograd.uint8),
     -1, [2, 3]),
    ([1.0, 2.0], 2.0, 0.5, [2.0, 3.0]), ([1.0, 2.0], 2, 3, [7.0, 8.0]), ([True], [1.5], 2, [4.0]),
    (autograd.tensor([1.0], dtype=autograd.float16), 2.0, 0.5, [2.0]),
])
def test_alpha_leaves_the_dtype_as_it_is(input, other, alpha, values):
    if isinstance(input, list):
        input = autograd.tensor(input)
    if isinstance(other, list):
        other = autograd.tensor(other)
    result = autograd.add(input, other, alpha=alpha)
    assert result.tolist() == values and result.dtype == autograd.add(input, other).dtype


def test_products_of_an_expanded_float16_lie_in_row_major_order():
    x = autograd.tensor([0.5, 1.0, 2.0], dtype=autograd.float16).expand(2, 3)
    assert (x * 1.5).view(-1).tolist() == [0.75, 1.5, 3.0] * 2
    assert (x + autograd.tensor(1.0).double()).view(-1).tolist() == [1.5, 2.0, 3.0] * 2
    assert (autograd.tensor(1.0) * x.int()).view(-1).tolist() == [0.0, 1.0, 2.0] * 2
    assert x.int().view(-1).tolist() == [0, 1, 2] * 2
    assert x.double().view(-1).tolist() == [0.5, 1.0, 2.0] * 2


# ---- quotients -----------------------------------------------------------------------------------

def test_division_by_zero_follows_ieee():
    x = autograd.tensor([1.0, -1.0, 0.0])
    for divided in (x / 0, x / autograd.zeros(3)):
        np.testing.assert_array_equal(divided, [INF, -INF, NAN])
    np.testing.assert_array_equal(1 / autograd.tensor([0.0, -0.0]), [INF, -INF])
    np.testing.assert_array_equal(x.remainder(0), [NAN] * 3)
    np.testing.assert_array_equal(x.fmod(0), [NAN] * 3)


def test_a_quotient_that_where_does_not_take_leaves_no_nan():
    x = leaf(0.0, 2.0)
    for function in (lambda x: 1 / x, lambda x: x / x, lambda x: x**-1, lambda x: x**0.5,
                     lambda x: autograd.addcdiv(x, x, x)):
        taken = autograd.where(x > 0, function(x), 0.0).sum()
        assert np.isfinite(autograd.grad(taken, x)[0].numpy()).all()


@pytest.mark.parametrize("call", [
    lambda x: x // 0, lambda x: x % 0, lambda x: x.fmod(0),
    lambda x: x.div(0, rounding_mode="floor"), lambda x: x.div(0, rounding_mode="trunc"),
    lambda x: x % autograd.tensor([2, 0])])
def test_integers_divided_by_zero_raise(call):
    with pytest.raises(ZeroDivisionError, match=r"(floor_divide|remainder|fmod|div): an integer"):
        call(autograd.tensor([1, 2]))


@pytest.mark.parametrize("a", [7, -7, 7.5, -7.5])
@pytest.mark.parametrize("b", [2, -2, 2.5, -2.5])
def test_quotients_and_remainders_fit_together(a, b):
    x = autograd.tensor([a], dtype=autograd.float64)
    assert (x // b).item() == a // b and (x % b).item() == a % b
    assert x.fmod(b).item() == math.fmod(a, b)
    assert x.div(b, rounding_mode="trunc").item() == math.trunc(a / b)
    if isinstance(a, int) and isinstance(b, int):
        n = autograd.tensor([a])
        assert (n // b).dtype == (n % b).dtype == np.int64
        assert (n // b).item() == a // b and n.div(b, rounding_mode="trunc").item() == int(a / b)


def test_gradients_of_remainders():
    assert gradients(operator.mod, leaf(5, -5, 5, -5), leaf(3, 3, -3, -3)) == [
        [1] * 4, [-1, 2, 2, -1]]
    assert gradients(autograd.fmod, leaf(5, -5, 5, -5), leaf(3, 3, -3, -3)) == [
        [1] * 4, [-1, 1, 1, -1]]


# ---- types and operators -------------------------------------------------------------------------

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv,
             operator.mod, operator.pow]


@pytest.mark.parametrize("function", OPERATORS)
@pytest.mark.parametrize("left, right", [
    (lambda t: t, lambda n: n), (lambda t: t.numpy(), autograd.tensor),
    (lambda t: t, lambda n: n.tolist()[0]), (lambda t: t.tolist()[0], autograd.tensor),
    (lambda t: t, lambda n: np.float64(n[0])),
    (lambda t: np.float64(t.numpy()[0]), autograd.tensor)])
def test_operators_with_arrays_and_numbers_on_either_side(function, left, right):
    """Results are Tensors with PyTorch's dtype: numbers, NumPy's too, never widen."""
    a, b = autograd.tensor([7.0, 2.0]), np.array([2.0, 2.0], np.float32)
    result = function(left(a), right(b))
    assert isinstance(result, autograd.Tensor) and result.dtype == np.float32
    assert result[0].item() == pytest.approx(function(7.0, 2.0))


def test_numbers_are_as_exact_as_the_tensor():
    x = autograd.tensor([1.0], dtype=autograd.float64)
    assert (x * 0.1).item() == 0.1 and (x + np.float32(0.5)).dtype == np.float64


def test_integers_wrap_around_as_in_pytorch():
    x = autograd.tensor([100], dtype=autograd.int8)
    assert (x + 100).tolist() == [-56] and (x + 300).tolist() == [-112]
    assert (autograd.tensor([1], dtype=autograd.uint8) - 2).tolist() == [255]


def test_alpha_and_value():
    i, x = autograd.tensor([2]), autograd.tensor([2.0])
    assert autograd.add(x, i, alpha=0.5).tolist() == [3]
    assert autograd.sub(i, i, alpha=3).tolist() == [-4]
    assert autograd.addcmul(x, x, x, value=0.5).tolist() == [4]


def test_infinite_numbers_give_infinite_results():
    assert autograd.tensor([3e38]).square().item() == INF
    assert (autograd.tensor([1e300], dtype=autograd.float64) ** 2.5).item() == INF


# ---- messages ------------------------------------------------------------------------------------

@pytest.mark.parametrize("call, error, text", [
    (lambda: autograd.ones(2, 3) + autograd.ones(4), ValueError, r"add: .*\(2,? ?3\).*\(4,\)"),
    (lambda: autograd.ones(2) + "a", TypeError, "add: other must be a Tensor or a number, got str"),
    (lambda: autograd.ones(2) * [1, 2], TypeError, "mul: other must be .* got list of 2"),
    (lambda: autograd.ones(2).div(2, rounding_mode="up"), ValueError,
     "div: rounding_mode 'up'; choose None, 'trunc' or 'floor'"),
    (lambda: autograd.add(autograd.tensor([1]), 2, alpha=0.5), TypeError, "add: alpha 0.5 is a f"),
    (lambda: autograd.addcmul(*[autograd.tensor([1])] * 3, value=0.5), TypeError,
     "addcmul: value 0.5 is a float, the tensors are integers"),
    (lambda: autograd.addcdiv(*[autograd.tensor([1])] * 3), TypeError, "addcdiv: integers"),
    (lambda: autograd.tensor([True]) - autograd.tensor([True]), TypeError, r"sub: .*bool"),
    (lambda: autograd.tensor([True]) - autograd.tensor([1.0]), TypeError, "sub: .*bool.* ~ "),
    (lambda: 1 - autograd.tensor([True]), TypeError, "sub: .*bool.* ~ "),
    (lambda: autograd.tensor([1.0]).sub_(autograd.tensor([True])), TypeError, "sub_: .*bool"),
    (lambda: autograd.tensor([1.0]) - True, TypeError, "sub: .*bool"),
    (lambda: autograd.tensor([1]).add_(0.5), RuntimeError, "add_: the result is float32 and "
     r"cannot be written into Tensor \(1,\) int64"),
    (lambda: autograd.ones(3).mul_(autograd.ones(2, 3)), RuntimeError, r"mul_: the result has sha"),
    (lambda: autograd.ones(3, requires_grad=True).__iadd__(1), RuntimeError, "a leaf that requir"),
])
def test_messages(call, error, text):
    with pytest.raises(error, match=text):
        call()


# ---- what fits comes out -------------------------------------------------------------------------

@pytest.mark.parametrize("a, b, dtype", [
    (1.0, 300.0, np.float16), (1e-4, 2e-4, np.float16), (1e25, 1e25, np.float32),
    (1e-25, 1e-25, np.float32), (1e-30, 1e-28, np.float32), (1e-38, 1e-39, np.float32),
    (1e200, 1e200, np.float64), (1e-200, 1e-200, np.float64),
])
@pytest.mark.parametrize("size", [2, 70_000])
def test_the_slope_of_a_quotient_squares_no_divisor(a, b, dtype, size):
    x, y = (autograd.tensor(np.full(size, v, dtype), requires_grad=True) for v in (a, b))
    (x / y).sum().backward()
    a, b = float(x[0].item()), float(y[0].item())
    digits = 4 * float(np.finfo(dtype).eps)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(x.grad.numpy(), np.array(1 / b).astype(dtype), digits)
        np.testing.assert_allclose(y.grad.numpy(), np.array(-a / b / b).astype(dtype), digits)


def test_slopes_at_very_large_and_very_small_numbers():
    tensor = autograd.tensor
    def slopes(function, *values):
        inputs = [tensor([v], requires_grad=True) for v in values]
        function(*inputs).sum().backward()
        return [x.grad.item() for x in inputs]

    assert slopes(autograd.atan2, 3e30, 4e30) == pytest.approx([4 / 25e30, -3 / 25e30], 1e-6, 0)
    assert slopes(autograd.atan2, 3e-30, 4e-30) == pytest.approx([4 / 25e-30, -3 / 25e-30], 1e-6, 0)
    assert slopes(lambda x: 1e-10 * x.reciprocal(), 1e-20) == pytest.approx([-1e30])
    assert slopes(lambda x: 1e-10 * x.log(), 1e-39) == pytest.approx([1e29], 1e-5)
    assert slopes(lambda x, y, z: autograd.addcdiv(x, y, z), 1.0, 1e25, 1e25)[2] == pytest.approx(
        -1e-25, 1e-6, 0)
    near = float(np.float32(1 - 1e-6))
    assert slopes(autograd.asin, near)[0] == pytest.approx(1 / np.sqrt(1 - near * near), 1e-5)


def test_numbers_beside_float16_need_not_fit_into_it():
    h = autograd.tensor([3388.0], dtype=autograd.float16)
    for found, want in ((h / 524288.0, 3388 / 524288), (h * 1e-8, 3.388e-5), (1e5 / h, 1e5 / 3388),
                        (1e5 - h, np.inf), (h ** 0.3, 3388 ** 0.3)):
        assert found.dtype == np.float16
        np.testing.assert_allclose(found, [want], 1e-3)
    large = autograd.ones(70_000, dtype=autograd.float16) * 1e-6
    assert large[0].item() == np.float16(1e-6)


@pytest.mark.parametrize("function", [
    autograd.sign, autograd.floor, autograd.ceil, autograd.trunc, autograd.round,
    lambda x: autograd.div(x, 2.0, rounding_mode="floor"),
    lambda x: autograd.div(x, 2.0, rounding_mode="trunc")])
def test_what_is_constant_between_jumps_has_slope_0_even_times_infinity(function):
    x = autograd.tensor([1.5, -2.5], requires_grad=True)
    function(x).backward(autograd.tensor([np.inf, np.nan]))
    assert x.grad.tolist() == [0, 0]


def test_a_rounded_quotient_has_gradient_zero_under_an_infinite_one():
    x, y = leaf(7.0), leaf(2.0)
    (x // y * INF).sum().backward()
    assert x.grad.tolist() == [0.0] and y.grad.tolist() == [0.0]


@pytest.mark.parametrize("weight", [1, 1.0, np.ones(3), np.array([1.0, 0.0, 0.75])])
def test_lerp_reaches_both_ends(weight):
    start, end = autograd.tensor([1e8, -3e7, 1.0]), autograd.tensor([0.1, 0.3, 2.0])
    tensor = isinstance(weight, np.ndarray)
    found = autograd.lerp(start, end, autograd.tensor(weight).float() if tensor else weight)
    wanted = [0.1, -3e7, 1.75] if tensor and weight[1] == 0 else end.tolist()
    np.testing.assert_array_equal(found, np.array(wanted, np.float32))


def test_complex_numbers_raise_where_there_is_no_form_for_them():
    x = autograd.ones(2, 2, requires_grad=True)
    for number in 1j, np.complex64(1j), np.complex128(1j):
        for name, call in {
            "maximum": lambda n: autograd.maximum(x, n), "remainder": lambda n: x % n,
            "add": lambda n: autograd.add(x, x, alpha=n),
            "addcmul": lambda n: autograd.addcmul(x, x, x, value=n),
            "addcdiv": lambda n: autograd.addcdiv(x, x, x, value=n),
            "addmm": lambda n: autograd.addmm(x, x, x, beta=n),
            "baddbmm": lambda n: autograd.baddbmm(x[None], x[None], x[None], alpha=n),
        }.items():
            with pytest.raises(TypeError, match=f"{name}: .*complex"):
                call(number)
        with pytest.raises(TypeError, match="complex"):
            x.sum().backward(number)


def test_no_setting_that_is_a_real_number_may_be_complex():
    autograd.ops.load_all()
    tried = 0
    for name, function in {**{op.name: op.function for op in REGISTRY.values()},
                           **COMPOSITES}.items():
        parameters = inspect.signature(function).parameters.values()
        for setting in [p.name for p in parameters if p.default.__class__ is float]:
            others = {p.name: autograd.ones(2) for p in parameters
                      if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD}
            first = [autograd.ones(2) for p in parameters if p.kind is p.POSITIONAL_ONLY
                     and p.default is p.empty]
            with pytest.raises(TypeError, match=f"{name.lstrip('_')}: {setting} .*complex"):
                function(*first, **others, **{setting: np.complex64(1j)})
            tried += 1
    assert tried > 30
