"""Padding: more elements, or fewer, at the ends of the last dimensions."""

from __future__ import annotations

from operator import index as integer

import numpy as np

from ..errors import check_size, describe
from ..record import composite, op
from ..tensors import Tensor
from .index import select_rows

_MODES = ("constant", "reflect", "replicate", "circular")


@composite(method=False)
def pad(input, pad, mode="constant", value=None):
    """input with pad[0] elements more in front and pad[1] behind along the last dimension, pad[2]
    and pad[3] along the one before, and so on.

    "constant" puts `value` there (0 by default), and negative numbers crop; "reflect" mirrors at
    the outermost element without repeating it, "replicate" repeats it, "circular" wraps around.
    Raises: ValueError for widths that do not fit input.

    >>> nn.functional.pad(autograd.tensor([[1., 2., 3.]]), (2, 1), mode="reflect")
    tensor([[3., 2., 1., 2., 3., 2.]])
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"pad: input must be a Tensor, got {describe(input)}")
    if mode not in _MODES:
        raise ValueError(f"pad: mode {mode!r}; choose from {', '.join(map(repr, _MODES))}")
    widths = _widths(input.shape, pad)
    check_size("pad", [a + n + b for n, (a, b) in zip(input.shape, widths, strict=True)])
    if mode == "constant":
        return constant_pad(input, widths, 0 if value is None else value)
    if value is not None:
        raise ValueError(f"pad: value {value} has no meaning in mode {mode!r}; leave it out")
    for dim, ends in enumerate(widths):
        if ends != (0, 0):
            input = select_rows(input, _sources(mode, input.shape, dim, *ends), dim)
    return input


@op(method=False, vjp=dict(
    input=lambda g, widths: constant_pad(g, tuple((-a, -b) for a, b in widths))))
def constant_pad(input, /, widths, value=0):
    """input with (before, after) more elements `value` along each dimension, fewer if negative."""
    shape = [a + n + b for n, (a, b) in zip(input.shape, widths, strict=True)]
    out = np.full(shape, value, input.dtype) if value else np.zeros(shape, input.dtype)
    kept = tuple(slice(max(-a, 0), n - max(-b, 0))
                 for n, (a, b) in zip(input.shape, widths, strict=True))
    filled = tuple(slice(max(a, 0), n - max(b, 0))
                   for n, (a, b) in zip(shape, widths, strict=True))
    out[filled] = input[kept]
    return out


def _widths(shape: tuple, pad) -> tuple[tuple[int, int], ...]:
    """(before, after) for each dimension, from pairs that begin with the last one."""
    try:
        ends = tuple(map(integer, pad))
    except TypeError:
        raise TypeError(f"pad: pad must be a sequence of integers, (left, right, top, bottom, "
                        f"...), got {pad!r}") from None
    if len(ends) % 2 or len(ends) > 2 * len(shape):
        raise ValueError(f"pad: pad must hold two integers for each of the last dimensions, at "
                         f"most {2 * len(shape)} for an input {tuple(shape)}, got {len(ends)}")
    pairs = list(zip(ends[::2], ends[1::2], strict=True))[::-1]
    widths = ((0, 0),) * (len(shape) - len(pairs)) + tuple(pairs)
    for dim, (n, (before, after)) in enumerate(zip(shape, widths, strict=True)):
        if -before > n or -after > n or n + before + after < 0:
            raise ValueError(f"pad: ({before}, {after}) takes more than dimension {dim} of "
                             f"{tuple(shape)} has; at most {n} elements can go")
    return widths


def _sources(mode: str, shape: tuple, dim: int, before: int, after: int) -> np.ndarray:
    """Which element of a dimension each element of the padded one comes from."""
    n = shape[dim]
    most = {"reflect": n - 1, "circular": n}.get(mode, np.inf if n else 0)
    if min(before, after) < 0 or max(before, after) > most:
        limit = "any number" if most == np.inf else f"at most {max(most, 0)}"
        raise ValueError(f"pad: ({before}, {after}) in mode {mode!r} does not fit dimension {dim} "
                         f"of {tuple(shape)}: {limit} on either side does, and no negative one")
    places = np.arange(-before, n + after)
    if mode == "circular":
        return places % n
    if mode == "replicate":
        return places.clip(0, n - 1)
    return n - 1 - np.absolute(n - 1 - np.absolute(places))
