"""Padding: more elements, or fewer, at the ends of the last dimensions."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from operator import index as integer

import numpy as np

from ..dtypes import refuse_complex
from ..errors import check_size, describe
from ..gate import LEAST, written
from ..record import composite, op
from ..tensors import Tensor
from .mixture import KEPT, Table, mixture

_MODES = ("constant", "reflect", "replicate", "circular")


@composite(method=False)
def pad(input, pad, mode="constant", value=None):
    """input with pad[0] elements more in front and pad[1] behind along the last dimension, pad[2]
    and pad[3] along the one before, and so on.

    "constant" puts `value` there (0 by default); "reflect" mirrors at input's outermost element
    without repeating it, "replicate" repeats it, "circular" wraps around.  Negative numbers crop,
    "circular" before it wraps around what is left.
    Raises: ValueError for widths that do not fit input.

    >>> nn.functional.pad(autograd.tensor([[1., 2., 3.]]), (2, 1), mode="reflect")
    tensor([[3., 2., 1., 2., 3., 2.]])
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"pad: input must be a Tensor, got {describe(input)}")
    if mode not in _MODES:
        raise ValueError(f"pad: mode {mode!r}; choose from {', '.join(map(repr, _MODES))}")
    widths = _widths(input._array.shape, _integers(pad))
    if mode == "constant":
        refuse_complex(value, "pad: value ")
        return constant_pad(input, widths, 0 if value is None else value)
    if value is not None:
        raise ValueError(f"pad: value {value} has no meaning in mode {mode!r}; leave it out")
    shape = input._array.shape
    make = _tables if max(shape, default=0) <= KEPT else _tables.__wrapped__
    tables = make(mode, shape, widths)
    return mixture(input, tables) if tables else input


@lru_cache(512)
def _tables(mode: str, shape: tuple, widths: tuple) -> tuple:
    """(dim, table) for each dimension that changes."""
    return tuple([(dim, Table.of_places(shape[dim], _sources(mode, shape, dim, *ends)))
                  for dim, ends in enumerate(widths) if ends != (0, 0)])


@op(method=False, vjp=dict(
    input=lambda g, widths: constant_pad(g, tuple((-a, -b) for a, b in widths))))
def constant_pad(input, /, widths, value=0):
    """input with (before, after) more elements `value` along each dimension, fewer if negative."""
    shape, kept, filled, edges = _places(input.shape, widths)
    if prod(shape) < LEAST["written"]:
        out = np.full(shape, value, input.dtype) if value else np.zeros(shape, input.dtype)
        out[filled] = input[kept]
        return out
    out = np.empty(shape, input.dtype)
    fill = np.full((), value, input.dtype)
    targets = [out[edge] for edge in edges]
    sources = [np.ndarray(target.shape, fill.dtype, fill, 0, (0,) * out.ndim)
               for target in targets]
    written([out[filled], *targets], [input[kept], *sources])
    return out


@lru_cache(512)
def _places(shape, widths):
    """Of a constant padding: the shape of the result, what of the input is kept, where that goes,
    and the parts of the result around it."""
    sizes = [a + n + b for n, (a, b) in zip(shape, widths, strict=True)]
    kept = tuple([slice(max(-a, 0), n - max(-b, 0))
                  for n, (a, b) in zip(shape, widths, strict=True)])
    filled = tuple([slice(max(a, 0), n - max(b, 0))
                    for n, (a, b) in zip(sizes, widths, strict=True)])
    edges = []
    for dim, (n, (a, b)) in enumerate(zip(sizes, widths, strict=True)):
        edges += [(*filled[:dim], slice(a))] if a > 0 else []
        edges += [(*filled[:dim], slice(n - b, n))] if b > 0 else []
    return sizes, kept, filled, edges


def _integers(pad) -> tuple[int, ...]:
    try:
        return tuple(map(integer, pad))
    except TypeError:
        raise TypeError(f"pad: pad must be a sequence of integers, (left, right, top, bottom, "
                        f"...), got {pad!r}") from None


@lru_cache(512)
def _widths(shape: tuple, ends: tuple) -> tuple[tuple[int, int], ...]:
    """(before, after) for each dimension, from pairs that begin with the last one."""
    if len(ends) % 2 or len(ends) > 2 * len(shape):
        raise ValueError(f"pad: pad must hold two integers for each of the last dimensions, at "
                         f"most {2 * len(shape)} for an input {shape}, got {len(ends)}")
    pairs = list(zip(ends[::2], ends[1::2], strict=True))[::-1]
    widths = ((0, 0),) * (len(shape) - len(pairs)) + tuple(pairs)
    for dim, (n, (before, after)) in enumerate(zip(shape, widths, strict=True)):
        if -before > n or -after > n or n + before + after < 0:
            raise ValueError(f"pad: ({before}, {after}) takes more than dimension {dim} of "
                             f"{shape} has; at most {n} elements can go")
    check_size("pad", [a + n + b for n, (a, b) in zip(shape, widths, strict=True)])
    return widths


def _sources(mode: str, shape: tuple, dim: int, before: int, after: int) -> np.ndarray:
    """Which element of a dimension each element of the padded one comes from."""
    n = shape[dim]
    if n + before + after < 1:
        raise ValueError(f"pad: ({before}, {after}) in mode {mode!r} leaves nothing of dimension "
                         f"{dim} of {tuple(shape)}")
    kept = n + min(before, 0) + min(after, 0)
    most = {"reflect": n - 1, "circular": kept}.get(mode, np.inf if n else 0)
    if max(before, after) > most:
        limit = "any number" if most == np.inf else f"at most {max(most, 0)}"
        raise ValueError(f"pad: ({before}, {after}) in mode {mode!r} does not fit dimension {dim} "
                         f"of {tuple(shape)}: {limit} on either side does")
    places = np.arange(-before, n + after)
    if mode == "circular":
        first = max(-before, 0)
        return (places - first) % max(kept, 1) + first
    if mode == "replicate":
        return places.clip(0, n - 1)
    return n - 1 - np.absolute(n - 1 - np.absolute(places))
