"""Rarely used elementwise functions against PyTorch: promotion, special values."""

import itertools

import numpy as np
import pytest

import autograd
from tests.parity.test_ops import (
    DTYPES,
    NUMBERS,
    both,
    check_same,
    compare_all,
    operands,
)

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

BINARY = ["copysign", "hypot", "fmax", "fmin", "gcd", "lcm", "ldexp", "nextafter", "float_power",
          "clamp_min", "clamp_max", "rsub"]
UNARY = ["frac", "signbit", "isposinf", "isneginf", "isreal", "nan_to_num", "deg2rad", "rad2deg"]
VALUES = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.3, -0.7, 2.5, -2.5, 40.0,
                   -1e3, 1e300, -1e300, 5e-324])


@pytest.mark.filterwarnings("ignore:An output with one or more elements was resized")  # ldexp
@pytest.mark.parametrize("name", BINARY)
def test_promotion_of_two(name):
    """Pairs of dtypes, vectors and 0-d tensors; Python numbers on the right."""
    pairs = [(operands(first, kinds[0]), operands(second, kinds[1]), f"{first}, {second} {kinds}")
             for first, second in itertools.product(DTYPES, DTYPES)
             for kinds in (("vector", "other"), ("vector", "scalar"), ("scalar", "vector"))]
    pairs += [(operands(first, kind), (number, number), f"{first} {kind}, {label}")
              for first, (label, number) in itertools.product(DTYPES, NUMBERS.items())
              for kind in ("vector", "scalar")]
    compare_all(name, pairs)


@pytest.mark.parametrize("name", UNARY)
def test_promotion_of_one(name):
    compare_all(name, [(operands(dtype, kind), f"{dtype} {kind}")
                       for dtype in DTYPES for kind in ("vector", "scalar")])


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_special_values(name, dtype):
    with np.errstate(over="ignore"):
        values = VALUES.astype(dtype)
    ours, expected = both(name, (autograd.tensor(values),), (torch.tensor(values),))
    same_with_signs(ours, expected)


@pytest.mark.parametrize("name", [n for n in BINARY if n not in ("gcd", "lcm")])
def test_special_values_of_two(name):
    first, second = (a.ravel() for a in np.meshgrid(VALUES, VALUES))
    ours, expected = both(name, (autograd.tensor(first), autograd.tensor(second)),
                          (torch.tensor(first), torch.tensor(second)))
    if name in ("fmax", "fmin"):  # either zero fits
        np.testing.assert_array_equal(ours, expected)
    else:
        same_with_signs(ours, expected)


def same_with_signs(ours, expected):
    """The same numbers, and the same signs of zeros."""
    np.testing.assert_allclose(ours, expected, 1e-9 if ours.dtype == np.float64 else 2e-6, 0)
    check_same(ours, expected)
    a, b = ours.numpy(), expected.numpy()
    zeros = (a == 0) & (a.dtype.kind == "f")
    np.testing.assert_array_equal(np.signbit(a[zeros]), np.signbit(b[zeros]))
