"""What views show, as copies: PyTorch's names that end in `_copy`; and parts of given sizes."""

from __future__ import annotations

from ..record import composite
from .index import narrow, select
from .join import chunk, split, unbind
from .memory import as_strided
from .shape import (
    clone,
    expand,
    permute,
    squeeze,
    t,
    transpose,
    unfold,
    unsqueeze,
    view,
    whole,
)
from .triangle import diagonal


def _slice(input, dim=0, start=None, end=None, step=1):
    if whole("slice_copy", step) < 1:
        raise ValueError(f"slice_copy: step must be positive, got {step}")
    start, end, _ = slice(start, end).indices(input.shape[dim])
    part = narrow(input, dim, start, max(end - start, 0))
    return part[(slice(None),) * (dim % input.ndim) + (slice(None, None, step),)]


_VIEWS = {
    "alias": lambda input: input,
    "as_strided": lambda input, size, stride, storage_offset=None: as_strided(
        input, size, stride, storage_offset),
    "detach": lambda input: input.detach(),
    "diagonal": lambda input, offset=0, dim1=0, dim2=1: diagonal(input, offset, dim1, dim2),
    "expand": lambda input, size: expand(input, size),
    "permute": lambda input, dims: permute(input, dims),
    "select": lambda input, dim, index: select(input, dim, index),
    "slice": _slice,
    "split": lambda input, split_size, dim=0: split(input, split_size, dim),
    "split_with_sizes": lambda input, split_sizes, dim=0: split(input, list(split_sizes), dim),
    "squeeze": lambda input, dim=None: squeeze(input) if dim is None else squeeze(input, dim),
    "t": lambda input: t(input),
    "transpose": lambda input, dim0, dim1: transpose(input, dim0, dim1),
    "unbind": lambda input, dim=0: unbind(input, dim),
    "unfold": lambda input, dimension, size, step: unfold(input, dimension, size, step),
    "unsqueeze": lambda input, dim: unsqueeze(input, dim),
    "view": lambda input, size: view(input, size),
}


def _copying(name: str, shows):
    """The composite that copies what a view shows."""
    def copied(*args, **kwargs):
        shown = shows(*args, **kwargs)
        return tuple(map(clone, shown)) if isinstance(shown, tuple) else clone(shown)

    copied.__wrapped__ = shows  # type: ignore[attr-defined]
    copied.__name__, copied.__doc__ = f"{name}_copy", f"What {name} shows, as a copy."
    return composite(method=False)(copied)


globals().update({f"{name}_copy": _copying(name, shows) for name, shows in _VIEWS.items()})


@composite()
def split_with_sizes(input, split_sizes, dim=0):
    """Views of the given sizes, one behind the other along `dim`.

    >>> [part.tolist() for part in autograd.arange(3).split_with_sizes([1, 2])]
    [[0], [1, 2]]
    """
    return split(input, list(split_sizes), dim)


@composite()
def unsafe_split(input, split_size, dim=0):
    """split, as copies."""
    return tuple(map(clone, split(input, split_size, dim)))


@composite()
def unsafe_split_with_sizes(input, split_sizes, dim=0):
    """split_with_sizes, as copies."""
    return tuple(map(clone, split_with_sizes(input, split_sizes, dim)))


@composite()
def unsafe_chunk(input, chunks, dim=0):
    """chunk, as copies."""
    return tuple(map(clone, chunk(input, chunks, dim)))
