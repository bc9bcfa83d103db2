"""Dropout: the input times a random mask, scaled so that its expectation stays what it was.

The functions take the `Generator` to draw from, since random numbers are a layer above the ops;
`nn.functional` passes the default one.

Reference: Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting,
2014; Klambauer et al., Self-Normalizing Neural Networks, 2017, section 2.4, for alpha_dropout.
"""

from __future__ import annotations

import numpy as np

from .. import kernels
from ..errors import describe
from ..record import op
from ..tensors import Tensor, wrap


@op(method=False, vjp=dict(input=lambda g, key, p: drop(g, key, p)))
def drop(input, /, key, p):
    """input with a share p of its elements set to 0 and the others divided by 1 - p.

    The integer `key` decides which, so that no mask is kept: the gradient draws it again.
    """
    return kernels.dropout(input, key, p)


_SATURATION = -1.7580993408473766  # where selu's negative side ends: -scale * alpha


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *,
            generator) -> Tensor:
    """Each element set to 0 with probability p, the others divided by 1 - p, when training."""
    _check("dropout", input, p)
    if not training or p == 0:
        return input
    if inplace:
        return input.mul_(_mask(input, input.shape, p, generator))
    return drop(input, random_key(generator), float(p))


def feature_dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *,
                    generator, name: str = "dropout2d") -> Tensor:
    """Each channel, (i, j, ...) for sample i and channel j, set to 0 as a whole with probability p,
    the others divided by 1 - p, when training; to dropout1d two dimensions are (C, L), and to
    dropout3d four are (C, D, H, W)."""
    _check(name, input, p)
    shape = _channels(name, input)
    if not training or p == 0:
        return input
    mask = _mask(input, shape, p, generator)
    return input.mul_(mask) if inplace else input * mask


def _channels(name: str, input) -> tuple[int, ...]:
    """The shape of input with one place for each channel of each sample."""
    if input.ndim < 2:
        raise ValueError(f"{name}: (N, C, ...) is needed, got {describe(input)}")
    kept = 1 if (name, input.ndim) in (("dropout1d", 2), ("dropout3d", 4)) else 2
    return (*input.shape[:kept], *[1] * (input.ndim - kept))


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *,
                  generator, name: str = "alpha_dropout") -> Tensor:
    """Each element, or to feature_alpha_dropout each channel, set with probability p to what selu
    gives at -inf; then all scaled and shifted so that mean 0 and variance 1 stay, when training."""
    _check(name, input, p)
    shape = input.shape if name == "alpha_dropout" else _channels(name, input)
    if not training or p == 0:
        return input
    scale = ((1 - p) * (1 + p * _SATURATION**2)) ** -0.5 if p < 1 else 0.0
    kept = _mask(input, shape, p, generator)._array != 0
    shift = np.where(kept, -scale * p * _SATURATION, scale * (1 - p) * _SATURATION)
    factor, shift = kept * input.dtype.type(scale), shift.astype(input.dtype)
    if inplace:
        return input.mul_(wrap(factor)).add_(wrap(shift))
    return input * wrap(factor) + wrap(shift)


def random_key(generator) -> int:
    """A random integer of 64 bits."""
    return int(generator.numpy.bit_generator.random_raw())


def _mask(input, shape, p, generator) -> Tensor:
    """0 with probability p, else 1 / (1 - p)."""
    ones = np.ones(tuple(shape), input.dtype)
    return wrap(kernels.dropout(ones, random_key(generator), float(p)))


def _check(name: str, input, p) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p is the probability of dropping and must lie in [0, 1], "
                         f"got {p}")
    if input.dtype.kind != "f":
        raise TypeError(f"{name}: a floating dtype is needed, got {describe(input)}; use .float()")
