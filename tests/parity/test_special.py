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
          "clamp_min", "clamp_max", "rsub", "xlogy", "xlog1py", "logaddexp", "logaddexp2", "igamma",
          "igammac", "zeta", "chebyshev_polynomial_v", "hermite_polynomial_he",
          "shifted_chebyshev_polynomial_t"]
UNARY = ["frac", "signbit", "isposinf", "isneginf", "isreal", "nan_to_num", "deg2rad", "rad2deg",
         "erfc", "erfinv", "erfcx", "ndtr", "ndtri", "log_ndtr", "logit", "entr", "lgamma",
         "digamma", "i0", "i1", "i0e", "i1e", "bessel_j0", "bessel_j1", "bessel_y0",
         "bessel_y1", "modified_bessel_k0", "modified_bessel_k1", "scaled_modified_bessel_k0",
         "scaled_modified_bessel_k1", "airy_ai", "spherical_bessel_j0"]
# sinc is not among them: at whole numbers it is what rounding π leaves, less here
SIGNS = ("entr", "fmax", "fmin")  # whose zeros' signs do not count
NAN_IS_LOST = ("igamma", "igammac")  # on PyTorch's way
INACCURATE = {"float32": ("bessel_", "airy_"), "float64": ("airy_",)}  # PyTorch's own digits
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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNARY)
def test_special_values(name, dtype):
    if name.startswith(INACCURATE[dtype]):
        pytest.skip("PyTorch's own digits are too few")
    with np.errstate(over="ignore"):
        values = VALUES.astype(dtype)
    ours, expected = both(name, (autograd.tensor(values),), (torch.tensor(values),))
    np.testing.assert_allclose(ours, expected, 1e-9 if dtype == "float64" else 2e-6, 0)
    same_with_signs(name, ours, expected)


@pytest.mark.parametrize("name", [n for n in BINARY if n not in ("gcd", "lcm", "zeta")
                                  and "polynomial" not in n])
def test_special_values_of_two(name):
    values = VALUES[1:] if name in NAN_IS_LOST else VALUES
    first, second = (a.ravel() for a in np.meshgrid(values, values))
    ours, expected = both(name, (autograd.tensor(first), autograd.tensor(second)),
                          (torch.tensor(first), torch.tensor(second)))
    same_with_signs(name, ours, expected)


def same_with_signs(name, ours, expected):
    """The same numbers, and the same signs of zeros."""
    check_same(ours, expected)
    a, b = ours.numpy(), expected.numpy()
    zeros = (a == 0) & (b == 0) & (a.dtype.kind == "f" and name not in SIGNS)
    np.testing.assert_array_equal(np.signbit(a[zeros]), np.signbit(b[zeros]))
