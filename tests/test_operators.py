"""Python's operators on Tensors: each form of each, against Python's own on every element."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest

import autograd

BOTH = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"]
BITS = ["and", "or", "xor"]
SHIFTS = ["lshift", "rshift"]
I, J = [5, 7, 3, 12], [2, 1, 3, 2]  # noqa: E741
F, G = [5.5, -7.25, 3.0, 0.5], [2.0, 1.5, -3.0, 0.25]
B, C = [True, False, True, False], [True, True, False, False]


def python(name: str):
    return getattr(operator, f"__{name}__")


def augmented(name: str):
    return getattr(operator, f"__i{name}__")


def samples():
    for name in [*BOTH, *BITS, *SHIFTS]:
        yield name, I, J
        yield name, I, 2
    for name in BOTH:
        yield name, [abs(f) for f in F], G
        yield name, F, 2.5 if name != "pow" else 2
        yield name, F, 3
    for name in BITS:
        yield name, B, C
        yield name, B, True


@pytest.mark.parametrize(("name", "left", "right"), list(samples()))
def test_every_form_of_a_binary_operator(name, left, right):
    both = zip(left, right if isinstance(right, list) else [right] * 4, strict=True)
    expected = [python(name)(a, b) for a, b in both]
    a = autograd.tensor(left, dtype=None if isinstance(left[0], int) else autograd.float64)
    b = autograd.tensor(right, dtype=a.dtype) if isinstance(right, list) else right
    close = dict(rtol=1e-6 if name == "truediv" else 1e-14)
    np.testing.assert_allclose(python(name)(a, b).numpy(), expected, **close)
    if isinstance(right, list):
        np.testing.assert_allclose(python(name)(a, np.array(right)).numpy(), expected, **close)
        np.testing.assert_allclose(python(name)(np.array(left), b).numpy(), expected, **close)
        for number, column in zip(left, right, strict=True):
            one = autograd.tensor([column], dtype=a.dtype)
            wanted = [python(name)(number, column)]
            np.testing.assert_allclose(python(name)(number, one).numpy(), wanted, **close)
    target = a.clone()
    if name == "truediv" and a.dtype == np.int64:
        with pytest.raises(RuntimeError, match="div_: the result is float32"):
            augmented(name)(target, b)
    else:
        assert augmented(name)(target, b) is target
        np.testing.assert_allclose(target.numpy(), expected, **close)


@pytest.mark.parametrize("name", ["lt", "le", "gt", "ge", "eq", "ne"])
def test_comparisons(name):
    a, b = autograd.tensor(I), autograd.tensor(J)
    for left, right in ((a, b), (a, np.array(J)), (np.array(I), b)):
        result = python(name)(left, right)
        assert isinstance(result, autograd.Tensor)
        assert result.tolist() == [python(name)(x, y) for x, y in zip(I, J, strict=True)]
    assert python(name)(a, 5).tolist() == [python(name)(x, 5) for x in I]
    assert python(name)(5.0, a).tolist() == [python(name)(5.0, x) for x in I]


def test_unary_operators():
    a, f, b = autograd.tensor(I), autograd.tensor(F), autograd.tensor(B)
    assert (-a).tolist() == [-x for x in I] and (+a) is a and (~a).tolist() == [~x for x in I]
    assert abs(f).tolist() == [abs(x) for x in F] and (~b).tolist() == [not x for x in B]
    for wrong in (lambda: ~f, lambda: f << 1, lambda: f & 1, lambda: b << b, lambda: 1.5 >> a):
        with pytest.raises(TypeError, match="^bitwise_"):
            wrong()


def test_matmul_in_every_form():
    a, b = autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), autograd.tensor([[0.0, 1.0], [1.0, 0.0]])
    expected = [[2.0, 1.0], [4.0, 3.0]]
    assert (a @ b).tolist() == (a @ b.numpy()).tolist() == (a.numpy() @ b).tolist() == expected
    c = a
    c @= b
    assert c.tolist() == expected and c is not a
    for wrong in (lambda: a @ 2, lambda: 2 @ a):
        with pytest.raises(TypeError, match="matmul: .* must be a Tensor, got int 2"):
            wrong()


def test_operators_that_are_not_defined():
    a, one = autograd.tensor(I), autograd.tensor(2.5)
    for wrong in (lambda: divmod(a, 2), lambda: divmod(2, a), lambda: round(one),
                  lambda: math.trunc(one), lambda: a(1)):
        with pytest.raises(TypeError):
            wrong()


@pytest.mark.parametrize("other", [None, "a", [5, 7, 3, 12], (5, 7, 3, 12), object(), {}, int],
                         ids=lambda o: type(o).__name__)
def test_what_is_no_number_is_not_equal(other):
    t = autograd.tensor(I)
    assert (t == other) is False and (t != other) is True
    assert (other == t) is False and (other != t) is True
    assert other not in [t] and other in [t, other] and [t, other].index(other) == 1
    assert [t, other, other].count(other) == 2
    for compare in (operator.lt, operator.ge, operator.add, operator.pow):
        kind = "the class int" if other is int else type(other).__name__
        with pytest.raises(TypeError, match=f"or a number, got {kind}"):
            compare(t, other)
    with pytest.raises(TypeError, match="eq: other must be a Tensor or a number"):
        other in t  # noqa: B015


def test_equality_of_numbers_and_arrays_is_elementwise():
    t = autograd.tensor([1.0, 2.0])
    for one in (1, 1.0, True, np.float32(1), np.int8(1), np.array(1.0), autograd.tensor(1)):
        assert (t == one).tolist() == (one == t).tolist() == [True, False]
        assert (t != one).tolist() == [False, True]
    assert (t == 1 + 0j).tolist() == [True, False]


def test_shifts_differentiate_nothing_and_keep_the_dtype():
    small = autograd.tensor([1, -128, 127], dtype=autograd.int8)
    assert (small << 1).tolist() == [2, 0, -2] and (small << 1).dtype == np.int8
    assert (small >> 200 % 128).tolist() == [0, -1, 0] and (small >> 7).tolist() == [0, -1, 0]
    assert (autograd.tensor([200], dtype=autograd.uint8) >> 100).tolist() == [0]
    assert np.left_shift(autograd.tensor(I), 2).tolist() == [x << 2 for x in I]
