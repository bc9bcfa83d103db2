"""The words that formulas are written with, besides operators and numbers, for arrays.

`compiled/vector_math` has the same words for one number in a loop, and the ops are those for
Tensors.
"""

import numpy as np

from autograd.kernels.special import erf, erfc, normal, tanhshrink

exp, log, tanh, sqrt = np.exp, np.log, np.tanh, np.sqrt
absolute, maximum, minimum, where = np.absolute, np.maximum, np.minimum, np.where
floor, ceil, trunc, rint = np.floor, np.ceil, np.trunc, np.rint
fmod, copysign, nextafter = np.fmod, np.copysign, np.nextafter
exp2, expm1, log1p, log2, log10 = np.exp2, np.expm1, np.log1p, np.log2, np.log10
sinh, cosh, asinh, acosh, atanh = np.sinh, np.cosh, np.arcsinh, np.arccosh, np.arctanh
asin, acos, atan, atan2 = np.arcsin, np.arccos, np.arctan, np.arctan2
sin, cos, tan = np.sin, np.cos, np.tan


def sigmoid(x):
    """1 / (1 + e⁻ˣ), without overflow on either side."""
    e = np.exp(-np.absolute(x))
    return np.where(x >= 0, 1.0, e) / (1.0 + e)


def softplus(x):
    """log(1 + eˣ), without overflow."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.absolute(x)))


def safe_mul(g, d):
    """g d, and 0 where g is 0 even if d is infinite or NaN."""
    return np.where(g == 0, g, g * d)


def safe_div(g, d):
    """g / d, and 0 where g is 0 even if d is 0 or NaN."""
    return np.where(g == 0, g, g / d)


WORDS = {
    "exp": exp, "log": log, "tanh": tanh, "sqrt": sqrt, "absolute": absolute, "maximum": maximum,
    "minimum": minimum, "where": where, "expm1": expm1, "sigmoid": sigmoid, "softplus": softplus,
    "safe_mul": safe_mul, "safe_div": safe_div, "erf": erf, "normal": normal,
    "tanhshrink": tanhshrink, "floor": floor, "ceil": ceil, "trunc": trunc, "rint": rint,
    "fmod": fmod, "copysign": copysign, "erfc": erfc, "log1p": log1p,
    "nextafter": nextafter, "exp2": exp2, "log2": log2, "log10": log10, "sinh": sinh, "cosh": cosh,
    "asinh": asinh, "acosh": acosh, "atanh": atanh, "asin": asin, "acos": acos, "atan": atan,
    "atan2": atan2, "sin": sin, "cos": cos, "tan": tan,
}  # fmt: skip
