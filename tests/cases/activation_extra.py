"""Samples for autograd/ops/activation_extra.py and dropout.py; answers of SciPy and NumPy."""

import numpy as np
from scipy import special

from tests.cases import Case, Spec
from tests.cases.activation import KINKED, SMOOTH
from tests.cases.linalg import functional, samples

THREES = [(Spec((3, 4), -5, 5, avoid=(-3, 3)),), (Spec((), 0.5),)]
HALVES = (Spec((3, 4), avoid=(-0.5, 0.5)),)
ONES = (Spec((3, 4), avoid=(-1, 1)),)
ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805


def _celu(x, alpha=1.0):
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)


def _elu(x, alpha, scale, inner):
    return scale * np.where(x > 0, x, alpha * (np.exp(inner * x) - 1))


def _prelu(x, weight):
    shape = (-1, *[1] * (x.ndim - 2)) if weight.size > 1 else ()
    return np.where(x > 0, x, weight.reshape(shape) * x)


def _glu(x, dim=-1):
    first, second = np.split(x, 2, dim)
    return first / (1 + np.exp(-second))


def _shrunk(x, lambd=0.5):
    return np.sign(x) * np.maximum(np.abs(x) - lambd, 0)


def _splitmix(x, key, p):
    """One element after the other, in Python's integers."""
    out = np.zeros(x.size)
    for i in range(x.size):
        z = (key + (i + 1) * 0x9E3779B97F4A7C15) % 2**64
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        if (z ^ (z >> 31)) / 2**64 >= p:
            out[i] = x.flat[i] / (1 - p)
    return out.reshape(x.shape)


CASES = {
    "_leaky_relu": samples(lambda x, slope: np.where(x > 0, x, slope * x), (KINKED[0][0], 0.2),
                           torch=functional("leaky_relu")),
    "_elu": samples(_elu, (KINKED[0][0], 0.5, 2.0, 0.7), torch=False),
    "_silu": samples(lambda x: x * special.expit(x), *SMOOTH, torch=functional("silu")),
    "_mish": samples(lambda x: x * np.tanh(np.log1p(np.exp(x))), *SMOOTH,
                     torch=functional("mish")),
    "mish": samples(lambda x: x * np.tanh(np.log1p(np.exp(x))), *SMOOTH, torch=functional("mish")),
    "_clip": samples(np.clip, (Spec((6,), avoid=(-1, 1)), -1.0, 1.0),
                     (Spec((6,), avoid=(-1.5, 0.5)), -1.5, 0.5), torch=False),
    "_hardsigmoid": samples(lambda x: np.clip(x / 6 + 0.5, 0, 1), *THREES, torch=False),
    "hardtanh": samples(lambda x, low=-1, high=1: np.clip(x, low, high), ONES,
                        (HALVES[0], -0.5, 0.5), torch=functional("hardtanh")),
    "relu6": samples(lambda x: np.clip(x, 0, 6), (Spec((9,), -2, 9, avoid=(0, 6)),),
                     torch=functional("relu6")),
    # PyTorch rounds the slope 1/6 to float32 in float64 too; parity/test_activation has the values
    "hardsigmoid": samples(lambda x: np.clip(x / 6 + 0.5, 0, 1), *THREES, torch=False),
    "_hardswish": samples(lambda x: x * np.clip(x / 6 + 0.5, 0, 1), *THREES,
                          torch=functional("hardswish")),
    "hardswish": samples(lambda x: x * np.clip(x / 6 + 0.5, 0, 1), *THREES,
                         torch=functional("hardswish")),
    "selu": samples(lambda x: _elu(x, ALPHA, SCALE, 1), *KINKED, torch=functional("selu")),
    "celu": samples(_celu, *KINKED, (KINKED[0][0], 0.5), torch=functional("celu")),
    "softsign": samples(lambda x: x / (1 + np.abs(x)), *KINKED, torch=functional("softsign")),
    "tanhshrink": samples(lambda x: x - np.tanh(x), *SMOOTH, torch=functional("tanhshrink")),
    "softshrink": samples(_shrunk, HALVES, (*ONES, 1.0), torch=functional("softshrink")),
    "hardshrink": samples(lambda x, lambd=0.5: x * (np.abs(x) > lambd), HALVES, (*ONES, 1.0),
                          torch=functional("hardshrink")),
    "_threshold": samples(lambda x, t, value: np.where(x > t, x, value), (*HALVES, 0.5, 3.0),
                          torch=functional("threshold")),
    "threshold": samples(lambda x, t, value: np.where(x > t, x, value), (*HALVES, 0.5, 3.0),
                         torch=functional("threshold")),
    "_prelu": samples(_prelu, (KINKED[0][0], Spec((1,))), (Spec((4, 3), avoid=(0,)), Spec((3,))),
                      torch=functional("prelu")),
    "prelu": samples(_prelu, (KINKED[0][0], Spec((1,))), (KINKED[0][0], Spec((4,))),
                     (Spec((2, 3, 2), avoid=(0,)), Spec((3,))),
                     (Spec((4,), avoid=(0,)), Spec((1,))), torch=functional("prelu")),
    "glu": samples(_glu, (Spec((3, 4)),), (Spec((4, 3)), 0), (Spec((2, 2, 3)), 1),
                   torch=functional("glu")),
    "softmin": samples(lambda x, dim: special.softmax(-x, dim), (Spec((3, 4)), 1),
                       (Spec((3, 4)), 0), torch=functional("softmin")),
    "drop": [Case((Spec((4, 5)), 2**64 - 12345, 0.3), reference=_splitmix, torch=False),
             Case((Spec((5,)), 7, 0.5), reference=_splitmix, torch=False)],
}
