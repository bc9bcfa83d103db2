"""What can be asked of tensors and dtypes by functions, and rarely drawn random numbers."""

import itertools
import math

import numpy as np
import pytest

import autograd
from autograd.dtypes import SUPPORTED

T = autograd.tensor
QUERIES = ("is_floating_point", "is_complex", "is_signed", "is_inference", "is_conj", "is_neg",
           "is_nonzero", "numel")


@pytest.mark.parametrize("dtype", SUPPORTED, ids=str)
def test_functions_and_methods_answer_alike(dtype):
    x = T([1], dtype=dtype)
    answers = {name: getattr(autograd, name)(x) for name in QUERIES}
    assert answers == {name: getattr(x, name)() for name in QUERIES}
    assert answers == dict.fromkeys(QUERIES, False) | {
        "is_floating_point": dtype.kind == "f", "is_signed": dtype.kind in "if",
        "is_nonzero": True, "numel": 1}
    assert x.itemsize == dtype.itemsize and autograd.is_tensor(x)


def test_answers_about_two():
    assert autograd.is_same_size(autograd.ones(2, 3), autograd.zeros(2, 3, dtype=autograd.int8))
    assert not autograd.ones(2, 3).is_same_size(autograd.ones(6))
    assert not autograd.is_tensor(np.ones(2)) and not autograd.is_tensor(None)
    for first, second in itertools.product(SUPPORTED, SUPPORTED):
        order = ["b", "iu", "f"]
        kinds = [next(i for i, k in enumerate(order) if d.kind in k) for d in (first, second)]
        assert autograd.can_cast(first, second) == (kinds[0] <= kinds[1])
        ones = [autograd.ones(2, dtype=d) for d in (first, second)]
        assert autograd.result_type(*ones) is (ones[0] * ones[1]).dtype
    assert autograd.result_type(T([1], dtype=autograd.int8), 2.0) is autograd.float32
    assert autograd.result_type(T([1.0], dtype=autograd.float16), T(2.0)) is autograd.float16


def test_wrong_questions_are_refused():
    for name in (*QUERIES, "is_same_size"):
        given = (3,) if name != "is_same_size" else (3, T([1]))
        with pytest.raises(TypeError, match=f"{name}: input must be a Tensor, got int 3"):
            getattr(autograd, name)(*given)
    with pytest.raises(RuntimeError, match="ambiguous"):
        T([1, 2]).is_nonzero()
    with pytest.raises(TypeError, match="result_type: .* got str"):
        autograd.result_type("a", T([1]))
    x = T([1.0])
    assert x.real is x and autograd.real(x) is x
    with pytest.raises(RuntimeError, match="imag: a real tensor has no imaginary part"):
        _ = x.imag


FILLS = {  # what is drawn, its mean, standard deviation and least value
    "geometric_(0.25)": (4.0, math.sqrt(0.75) / 0.25, 1), "exponential_()": (1.0, 1.0, 0),
    "exponential_(lambd=4)": (0.25, 0.25, 0), "random_(10)": (4.5, math.sqrt(99 / 12), 0),
    "random_(-3, 5)": (0.5, math.sqrt(63 / 12), -3),
    "log_normal_(0, 0.5)": (math.exp(0.125), math.sqrt((math.exp(0.25) - 1) * math.exp(0.25)), 0),
}


@pytest.mark.parametrize("call", FILLS)
@pytest.mark.parametrize("dtype", [autograd.float64, autograd.float32])
def test_fills(call, dtype):
    """Moments, the seed, a generator of its own, and the tensor itself as the result."""
    mean, deviation, least = FILLS[call]
    x = autograd.empty(40_000, dtype=dtype)
    autograd.manual_seed(3)
    assert eval(f"x.{call}") is x and x.dtype is dtype
    numbers = x.numpy().astype(np.float64)
    assert abs(numbers.mean() - mean) < 5 * deviation / 200
    assert abs(numbers.std() - deviation) < 0.05 * deviation and numbers.min() >= least
    autograd.manual_seed(3)
    np.testing.assert_array_equal(eval(f"autograd.empty_like(x).{call}"), x)
    own = call[:-1] + (", " if call[-2] != "(" else "") + "generator=g)"
    first, second = (eval(f"autograd.empty(5).{own}", {
        "autograd": autograd, "g": autograd.Generator().manual_seed(7)}) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_cauchy_has_its_median_and_quartiles():
    x = autograd.empty(40_000, dtype=autograd.float64).cauchy_(2.0, 3.0)
    np.testing.assert_allclose(np.quantile(x.numpy(), [0.25, 0.5, 0.75]), [-1, 2, 5], atol=0.2)


@pytest.mark.parametrize("dtype", SUPPORTED, ids=str)
def test_random_reaches_what_the_dtype_holds(dtype):
    x = autograd.empty(3000, dtype=dtype).random_().numpy().astype(np.float64)
    last = {"b": 1, "f": 2.0 ** (np.finfo(dtype).nmant + 1) if dtype.kind == "f" else 0}.get(
        dtype.kind, np.iinfo(dtype).max if dtype.kind in "iu" else 0)
    assert x.min() >= 0 and 0.9 * last <= x.max() <= last


def test_poisson_and_binomial():
    rates = T([0.0, 0.5, 30.0]).expand(20_000, 3)
    found = autograd.poisson(rates)
    assert found.dtype is autograd.float32 and not found.requires_grad
    np.testing.assert_allclose(found.numpy().mean(0), [0, 0.5, 30], atol=0.2)
    np.testing.assert_allclose(found.numpy().var(0), [0, 0.5, 30], rtol=0.1)
    counts, chances = T([[10.0], [0.0]]), T([0.0, 0.3, 1.0]).expand(20_000, 1, 3)
    found = autograd.binomial(counts, chances)
    assert found.shape == (20_000, 2, 3)
    np.testing.assert_allclose(found.numpy().mean(0), [[0, 3, 10], [0, 0, 0]], atol=0.1)
    for draw in (lambda g: autograd.poisson(rates, g), lambda g: autograd.binomial(
            counts, chances, generator=g)):
        first, second = (draw(autograd.Generator().manual_seed(1)) for _ in range(2))
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("call, message", [
    ("poisson(T([-1.0]))", "poisson: rates must be finite and not negative, got -1"),
    ("poisson(T([1]))", "poisson: rates of a floating dtype are needed, got Tensor"),
    ("binomial(T([1.5, -1.0]), T([0.5, 0.5]))", "binomial: counts must be finite and not negative"),
    ("binomial(T([1.0]), T([1.5]))", r"binomial: probabilities must lie in \[0, 1\], got 1.5"),
    ("binomial(T([1.0]), T([1.0]).double())", "binomial: count and prob need one dtype"),
    ("ones(2).geometric_(1.0)", "geometric_: p must lie between 0 and 1, got 1.0"),
    ("ones(2).exponential_(0)", "exponential_: lambd must be above 0, got 0"),
    ("ones(2).cauchy_(0, -1)", "cauchy_: sigma must be above 0"),
    ("ones(2).log_normal_(0, 0)", "log_normal_: std must be above 0"),
    ("ones(2, dtype=autograd.int64).exponential_()", "exponential_: .*int64"),
    ("ones(2).random_(3, 3)", "random_: from_ 3 must be below to 3"),
    ("ones(2, dtype=autograd.int8).random_(300)", "random_: integers .* do not fit int8"),
    ("ones(2).random_(1.5)", "random_: a bound must be an integer"),
])
def test_what_cannot_be_drawn_is_refused(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        eval(f"autograd.{call}", {"autograd": autograd, "T": T})
