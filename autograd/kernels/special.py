"""The error function and what is near it: functions that need polynomials of their own."""

from math import sqrt

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
# exp(t²) erfc(t) in u = p / (t + k) + q, which takes [0, top] to [1, -1], beyond which exp(-t²) is
# no number: Chebyshev interpolation, relative error 1.2e-8 and 9e-15
TAIL = {  # by the size of a number in bytes: top, k, p, q and the coefficients, highest power first
    4: (10.5, 3.4, 9.001904761904761, -1.6476190476190475, (
        -2.57504871e-05, -9.44882704e-05, 0.000261108187, 0.00343529484, 0.0161436424, 0.0506020449,
        0.119757071, 0.224032819, 0.33711797, 0.248770267,
    )),
    8: (27.0, 3.7, 8.414074074074076, -1.2740740740740746, (
        -7.101334631443023e-10, -6.868503987789154e-10, 1.0235817171633252e-08,
        1.2276359484530975e-08, -1.0360090527683499e-07, -1.9847775547532365e-07,
        9.21418813959463e-07, 3.408103725632827e-06, -4.920594790291944e-06, -5.357668286478656e-05,
        -8.918821989425397e-05, 0.00044647807134410303, 0.0035310720099321455, 0.013641642629420758,
        0.037784293309529635, 0.08285251376898058, 0.15004141664726428, 0.2291831918426523,
        0.298295695509155, 0.18436733315019782,
    )),
}  # fmt: skip
# (x - tanh(x)) / x³ in x² for |x| <= 1: Chebyshev interpolation, relative error 7e-8 and 4e-15
SHRUNK = {
    4: (
        0.000420695494, -0.00251045933, 0.0082189219, -0.0216601154, 0.0539347889, -0.133331285,
        0.333333313,
    ),
    8: (
        -2.1959255848612103e-07, 2.077481310282435e-06, -9.913479776254722e-06,
        3.3232894825882143e-05, -9.248520265308407e-05, 0.00023677907341022674,
        -0.0005891350995949854, 0.0014555968773377612, -0.0035920852773313463, 0.008863230623905425,
        -0.02186948821315317, 0.053968253958450604, -0.13333333333327121, 0.3333333333333338,
    ),
}  # fmt: skip


def erf(x):
    """2/sqrt(pi) ∫₀ˣ exp(-t²) dt, elementwise; NaN stays NaN, and ±inf gives ±1.

    A polynomial in x² up to 1; beyond it 1 - exp(-x²) P(1 / (x + 3)), constant from 6 on, where
    erfc(x) is less than half a unit in the last place of 1. The relative error is below 5e-16 in
    float64 and 3e-7 in float32, near 0 too.
    """
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


def erfc(x):
    """1 - erf(x), with its digits where it is near 0 too, relative error 1e-14; of float32, which
    is rounded once, and float64."""
    if x.dtype != np.float64:
        return erfc(x.astype(np.float64)).astype(x.dtype)
    top, shift, scale, offset, coefficients = TAIL[8]
    size = np.minimum(np.absolute(x), top)
    near = size.astype(np.float32).astype(np.float64)  # its square has all its digits
    tail = _horner(coefficients, scale / (size + shift) + offset)
    tail = tail * np.exp(-near * near) * np.exp((near - size) * (near + size))
    tail = np.where(size >= top, 0, tail)  # what is nearly the smallest of numbers
    return np.where(x < 0, 2 - tail, tail)


def normal(x):
    """Φ(x) = erfc(-x / √2) / 2, the normal distribution function, with its digits where it is near
    0 too; of float32 and float64."""
    top, shift, scale, offset, coefficients = TAIL[x.itemsize]
    size = np.minimum(np.absolute(x) * sqrt(0.5), top)
    tail = _horner(coefficients, scale / (size + shift) + offset)
    tail = tail * (np.exp(x * x * -0.5) * 0.5)
    return np.where(x < 0, tail, 1 - tail)


def tanhshrink(x):
    """x - tanh(x), by a polynomial where the two are near; of float32 and float64."""
    near = np.absolute(x) <= 1
    if not near.any():
        return x - np.tanh(x)
    inner = np.where(near, x, 0)
    square = inner * inner
    return np.where(near, inner * square * _horner(SHRUNK[x.itemsize], square), x - np.tanh(x))


def _horner(coefficients, x):
    """The polynomial, highest power first, without a temporary per term."""
    total = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        total *= x
        total += coefficient
    return total
