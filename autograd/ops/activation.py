"""Activations: relu and its relatives, softmax and its logarithm.  `sigmoid` and `tanh` stand with
the other functions of one number in `elementwise`.

A kink has the subgradient of least norm: relu'(0) = 0.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod

import numpy as np

from .. import dtypes, kernels, refused
from ..gate import WORDS, formula
from ..record import composite, op
from ..slips import hint
from .elementwise import exp
from .reduce import sum
from .shape import axis


@op(inplace=True, kernel="relu", vjp=dict(input=lambda g, out: relu_grad(g, out)))
def relu(input, /):
    """max(x, 0); NaN stays NaN.  At 0 the gradient is 0.

    >>> autograd.relu(autograd.tensor([-1., 2.]))
    tensor([0., 2.])
    """


@op(method=False, kernel="relu_grad", vjp=dict(
    g=lambda g_out, relued: relu_grad(g_out, relued),
    relued=lambda g_out: None))
def relu_grad(g, relued, /):
    """g where relu's result is not 0, else 0, even where g is infinite."""


def choose(function, input, inplace: bool, *settings):
    """What an op makes of input, written into input itself if that is wanted."""
    if inplace:
        return getattr(input, function.op.name + "_")(*settings)
    return function(input, *settings)


@op(inplace=True, method=False, kernel="leaky_relu", vjp=dict(input=formula("leaky_relu_grad")))
def _leaky_relu(input, /, negative_slope):
    """x where it is above 0, else negative_slope * x."""


@composite(method=False)
def leaky_relu(input, negative_slope=0.01, inplace=False):
    """x where it is above 0, else negative_slope * x."""
    return choose(_leaky_relu, input, inplace, negative_slope)


@op(inplace=True, method=False, kernel="elu", vjp=dict(input=formula("elu_grad")))
def _elu(input, /, alpha, scale, inner):
    """scale x where it is above 0, else scale alpha (exp(inner x) - 1)."""


@composite(method=False)
def elu(input, alpha=1.0, inplace=False):
    """x where it is above 0, else alpha (eˣ - 1).

    Reference: Clevert et al., Fast and Accurate Deep Network Learning by Exponential Linear Units,
    2015, equation 15.
    """
    return choose(_elu, input, inplace, alpha, 1.0, 1.0)


@op(inplace=True, method=False, kernel="silu", vjp=dict(input=formula("silu_grad")))
def _silu(input, /):
    """x sigmoid(x)."""


@composite(method=False)
def silu(input, inplace=False):
    """x sigmoid(x), elementwise, also called swish; about x above, about 0 below.

    >>> nn.functional.silu(autograd.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7311])
    """
    return choose(_silu, input, inplace)


@op(method=False, kernel="logsigmoid", vjp=dict(input=formula("logsigmoid_grad")))
def logsigmoid(input, /):
    """log(sigmoid(x)), without overflow on either side."""


@op(method=False, kernel="smooth_relu", vjp=dict(input=formula("smooth_relu_grad")))
def softplus(input, /, beta=1.0, threshold=20.0):
    """log(1 + exp(beta x)) / beta, a smooth relu; x itself where beta x is above the threshold."""


@op(method=False, kernel="normal", vjp=dict(input=formula("normal_grad")))
def _normal(input, /):
    """Φ(x), the normal distribution function, with its digits where it is near 0 too."""


_GELU = {"none": (formula("gelu"), formula("gelu_grad")),
         "tanh": (formula("gelu_tanh"), formula("gelu_tanh_grad"))}


@op(method=False, vjp=dict(input=lambda g, input, approximate: _GELU[approximate][1](g, input)))
def gelu(input, /, approximate="none"):
    """x Φ(x), with the normal distribution function Φ; "tanh" approximates it.

    Reference: Hendrycks and Gimpel, Gaussian Error Linear Units, 2016, section 2.
    """
    if approximate not in _GELU:
        raise ValueError(f"gelu: approximate {approximate!r}; choose 'none' or 'tanh'")
    if input.dtype.kind != "f":
        raise TypeError(f"gelu: a floating dtype is needed, got {input.dtype}; use .float()")
    return _GELU[approximate][0](input)


WORDS["normal"] = _normal


@op(broadcasts=True, vjp=dict(input=lambda g, out, dim: softmax_grad(g, out, dim)))
def softmax(input, /, dim=None, dtype=None):
    """exp(x) / Σ exp(x) over `dim`, which must be given; computed as `dtype` if that is.

    Raises: TypeError without dim.

    >>> autograd.softmax(autograd.tensor([0., 0.]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return _along("softmax", kernels.softmax, dim, _scores("softmax", input, dim, dtype))


@op(broadcasts=True, vjp=dict(input=lambda g, out, dim: log_softmax_grad(g, out, dim)))
def log_softmax(input, /, dim=None, dtype=None):
    """x - log Σ exp(x) over `dim`, which must be given; computed as `dtype` if that is.

    Raises: TypeError without dim.

    >>> autograd.log_softmax(autograd.tensor([0., 0.]), 0)
    tensor([-0.6931, -0.6931])
    """
    scores = _scores("log_softmax", input, dim, dtype)
    return _along("log_softmax", kernels.log_softmax, dim, scores)


@op(method=False, vjp=dict(
    g=lambda g_out, probs, dim: softmax_grad(g_out, probs, dim),
    probs=lambda g_out, g, probs, dim: g_out * (g - _summed(g * probs, dim))
        - g * _summed(g_out * probs, dim)))
def softmax_grad(g, probs, /, dim):
    """p (g - Σ g p): what softmax's result p gives back to its input."""
    return _along("softmax_grad", kernels.softmax_grad, dim, g, probs)


@op(method=False, vjp=dict(
    g=lambda g_out, log_probs, dim: g_out - _summed(g_out * exp(log_probs), dim),
    log_probs=lambda g_out, g, log_probs, dim: -(g_out * exp(log_probs)) * _summed(g, dim)))
def log_softmax_grad(g, log_probs, /, dim):
    """g - exp(q) Σ g: what log_softmax's result q gives back to its input."""
    return _along("log_softmax_grad", kernels.log_softmax_grad, dim, g, log_probs)


def _scores(name: str, input, dim, dtype) -> np.ndarray:
    """The input as the dtype asked for; raises where dim is missing or the dtype is none for it."""
    if dim is None and not refused.tolerated(f"nn.functional.{name}, without dim"):
        ndim = input.ndim
        likely = 1 if ndim in (2, 4, 5) else max(ndim - 1, 0)
        raise TypeError(f"{name}: dim is required: over which dimension of {input.shape} shall the "
                        f"results sum to 1? Most likely dim={likely}"
                        + (f", of size {input.shape[likely]}" if ndim else ""))
    if dim is None:
        hint("no dim", f"{name}: dim is not given; PyTorch takes {implicit(dim, input.ndim)} for "
             f"{input.ndim} dimensions; name it")
    wanted = input.dtype if dtype is None else dtypes.as_dtype(dtype)
    if wanted.kind != "f":
        raise TypeError(f"{name}: a floating dtype is needed, got {wanted}; use .float()")
    return input if wanted is input.dtype else input.astype(wanted)


def _summed(input, dim: int | None):
    return sum(input, implicit(dim, input.ndim), True)


def implicit(dim: int | None, ndim: int) -> int:
    """The dimension of a softmax: where none is named, the one that PyTorch takes."""
    return dim if dim is not None else 0 if ndim in (0, 1, 3) else 1


def _along(name: str, kernel, dim: int, *arrays) -> np.ndarray:
    """A kernel over dimension 1 of two or three, applied along `dim`; the result lies in row-major
    order."""
    shape = arrays[0].shape
    ndim = len(shape)
    dim = axis(name, implicit(dim, ndim), ndim)
    if ndim == 2 and dim:
        return np.ascontiguousarray(kernel(*arrays))
    lines = _lines(shape, dim)
    return np.ascontiguousarray(kernel(*[a.reshape(lines) for a in arrays])).reshape(shape)


@lru_cache(1024)
def _lines(shape: tuple[int, ...], dim: int) -> tuple[int, ...]:
    """An array's shape for a kernel over dimension 1: of (rows, classes) or, where `dim` is not the
    last one, (blocks, classes, columns)."""
    before, after = prod(shape[:dim]), prod(shape[dim + 1:])
    classes = shape[dim] if shape else 1
    return (before, classes) if dim >= len(shape) - 1 else (before, classes, after)
