"""Dropout: the input times a random mask, scaled so that its expectation stays what it was.

The functions take the `Generator` to draw from, since random numbers are a layer above the ops;
`nn.functional` passes the default one.

Reference: Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting,
2014; Klambauer et al., Self-Normalizing Neural Networks, 2017, section 2.4, for alpha_dropout.
"""

from __future__ import annotations

import numpy as np

from ..errors import describe
from ..tensor import Tensor, wrap

_SATURATION = -1.7580993408473766  # where selu's negative side ends: -scale * alpha


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *,
            generator) -> Tensor:
    """Each element set to 0 with probability p, the others divided by 1 - p, when training."""
    return _drop("dropout", input, p, training, inplace, input.shape, generator)


def feature_dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *,
                    generator, name: str = "dropout2d") -> Tensor:
    """Each channel, (i, j, ...) for sample i and channel j, set to 0 as a whole with probability p,
    the others divided by 1 - p, when training."""
    if len(input.shape) < 2:
        raise ValueError(f"{name}: (N, C, ...) is needed, got {describe(input)}")
    shape = (*input.shape[:2], *[1] * (len(input.shape) - 2))
    return _drop(name, input, p, training, inplace, shape, generator)


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *,
                  generator) -> Tensor:
    """Each element set, with probability p, to what selu gives at -inf; then all scaled and
    shifted so that mean 0 and variance 1 stay, when training."""
    _check("alpha_dropout", input, p)
    if not training or p == 0:
        return input
    scale = ((1 - p) * (1 + p * _SATURATION**2)) ** -0.5 if p < 1 else 0.0
    kept = _kept(input, input.shape, p, generator)
    shift = np.where(kept, -scale * p * _SATURATION, scale * (1 - p) * _SATURATION)
    factor, shift = kept * input.dtype.type(scale), shift.astype(input.dtype)
    if inplace:
        return input.mul_(wrap(factor)).add_(wrap(shift))
    return input * wrap(factor) + wrap(shift)


def _drop(name, input, p, training, inplace, shape, generator):
    _check(name, input, p)
    if not training or p == 0:
        return input
    scale = input.dtype.type(1 / (1 - p) if p < 1 else 0)
    mask = wrap(_kept(input, shape, p, generator) * scale)
    return input.mul_(mask) if inplace else input * mask


def _kept(input, shape, p, generator) -> np.ndarray:
    """Random truths with probability 1 - p."""
    return np.asarray(generator.numpy.random(tuple(shape), np.float32) >= p)


def _check(name: str, input, p) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p is the probability of dropping and must lie in [0, 1], "
                         f"got {p}")
    if input.dtype.kind != "f":
        raise TypeError(f"{name}: a floating dtype is needed, got {describe(input)}; use .float()")
