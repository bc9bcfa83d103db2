"""The discrete Fourier transform, X_k = Σ_j x_j e^(-2πijk/n), by NumPy's `fft`.

Each transform is a matrix F, symmetric, with a factor that `norm` tells: "backward" has 1/n in the
inverse, "forward" in the transform, "ortho" 1/√n in both.  Its rule is conj(F) g: the inverse
transform with the factor on the other side.
"""

from __future__ import annotations

import numpy as np

from ..dtypes import complex_of
from ..record import op
from .shape import axis

OTHER = {"backward": "forward", "forward": "backward", "ortho": "ortho"}


@op(any=True, broadcasts=True, method=False, vjp=dict(
    input=lambda g, dims, norm, inverse: _fourier(g, dims, OTHER[norm], not inverse)))
def _fourier(input, /, dims, norm, inverse):
    """The transform over `dims`, or the inverse one."""
    transform = np.fft.ifftn if inverse else np.fft.fftn
    return _narrow(transform(input, axes=dims, norm=norm), input) if dims else input.astype(
        complex_of(input.dtype) if input.dtype.kind == "f" else input.dtype)


@op(any=True, broadcasts=True, method=False, vjp=dict(
    input=lambda g, dims, norm, input_shape:
        _fourier(_fit(g, dims[-1:], (input_shape[dims[-1]],)), dims, OTHER[norm], True)))
def _half_fourier(input, /, dims, norm):
    """The transform of real numbers: of the last of `dims` the first n // 2 + 1 frequencies."""
    return _narrow(np.fft.rfftn(input, axes=dims, norm=norm), input)


@op(any=True, method=False, vjp=dict(
    input=lambda g, dims, norm: _half_fourier(g, dims, OTHER[norm]) * _weights(g, dims[-1])))
def _from_half(input, /, dims, size, norm):
    """The real numbers, `size` of them along the last of `dims`, with these n // 2 + 1 first
    frequencies."""
    sizes = [input.shape[dim] for dim in dims[:-1]] + [size]
    return _narrow(np.fft.irfftn(input, sizes, axes=dims, norm=norm), input)


@op(any=True, method=False, vjp=dict(
    input=lambda g, dims, input_shape: _fit(g, dims, [input_shape[dim] for dim in dims])))
def _fit(input, /, dims, sizes):
    """The first numbers along dims, or these and zeros, so that there are `sizes` of them."""
    shape = list(input.shape)
    for dim, size in zip(dims, sizes, strict=True):
        shape[dim] = size
    out = np.zeros(shape, input.dtype)
    both = tuple([slice(min(n, m)) for n, m in zip(shape, input.shape, strict=True)])
    out[both] = input[both]
    return out


def _weights(g, dim):
    """How often each frequency of a half stands in the whole, along this dimension."""
    size, after = g.shape[dim], g.ndim - 1 - dim
    weights = np.full((size // 2 + 1,) + (1,) * after, 2, g.dtype)
    weights[0] = 1
    if size % 2 == 0:
        weights[-1] = 1
    return weights


def _narrow(found, input):
    """What NumPy found, which is of float64 in some of its versions, as wide as the input."""
    wanted = complex_of(input.real.dtype)
    return found.astype(wanted if found.dtype.kind == "c" else input.real.dtype, copy=False)


def dims_and_sizes(name: str, input, s, dim) -> tuple[tuple, list]:
    """The dims to transform, counted from the front, and their sizes after cutting or padding."""
    ndim = input.ndim
    if dim is None:
        dims = tuple(range(ndim) if s is None else range(ndim - len(s), ndim))
    else:
        dims = tuple(axis(name, d, ndim) for d in dim)
    if len(set(dims)) != len(dims) or dims and min(dims) < 0:
        raise RuntimeError(f"{name}: dim {dim} and s {s} do not fit {ndim} different dimensions")
    sizes = [input.shape[d] for d in dims] if s is None else list(s)
    if len(sizes) != len(dims):
        raise RuntimeError(f"{name}: s {s} and dim {dim} must be equally many")
    return dims, [input.shape[d] if n == -1 else n for d, n in zip(dims, sizes, strict=True)]
