"""The error function."""

import numpy as np

# erf(x) / x in x² for |x| <= 1: Chebyshev interpolation, relative error 8e-18
_NEAR = (
    -7.795898827002142e-10, 1.3720064546777686e-08, -1.6208483801871705e-07,
    1.6447424703317362e-06, -1.492473690741966e-05, 0.00012055294904839707,
    -0.0008548325975389692, 0.0052239776071164225, -0.02686617064323777, 0.11283791670945006,
    -0.37612638903183543, 1.1283791670955126,
)  # fmt: skip
# exp(x²) erfc(x) in u = 14.4 / (x + 3) - 2.6, which takes [1, 6] to [1, -1]: minimax under the
# weight exp(-x²) by Lawson's iteration, error of erfc 7e-18
_FAR = (
    -9.990712812182613e-10, 1.4039474511918051e-08, 1.359583053010178e-09,
    -5.520456478752397e-07, -2.4261825188880226e-06, 1.9563513763780934e-05,
    0.000331603075087061, 0.0024793146666072215, 0.012713147696693707, 0.049698445404121064,
    0.15436117429428506, 0.2079832913334296,
)  # fmt: skip


def erf(x):
    """2/sqrt(pi) ∫₀ˣ exp(-t²) dt, elementwise; NaN stays NaN, and ±inf gives ±1.

    A polynomial in x² up to 1; beyond it 1 - exp(-x²) P(1 / (x + 3)), constant from 6 on, where
    erfc(x) is less than half a unit in the last place of 1. The relative error is below 5e-16 in
    float64 and 3e-7 in float32, near 0 too; float16 is computed in float32.
    """
    if x.dtype == np.float16:
        return erf(x.astype(np.float32)).astype(np.float16)
    size = np.minimum(np.absolute(x), x.dtype.type(6))
    near = size <= 1
    if near.all():
        return x * _horner(_NEAR, x * x)
    far = 1 - np.exp(-size * size) * _horner(_FAR, 14.4 / (size + 3) - 2.6)
    far = np.copysign(far, x)
    if near.any():
        inner = x[near]
        far[near] = inner * _horner(_NEAR, inner * inner)
    return far


def _horner(coefficients, x):
    """The polynomial, highest power first, without a temporary per term."""
    total = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        total *= x
        total += coefficient
    return total
