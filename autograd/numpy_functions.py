"""NumPy's functions on Tensors: which op each of them is, and how NumPy's arguments become its.

Only functions that have an op here stand in `FUNCTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from .creation import empty_like, full_like, ones_like, zeros_like
from .ops import (
    compare,
    einsum,
    elementwise,
    index,
    join,
    linalg,
    masks,
    order,
    pad,
    reduce,
    running,
    scatter,
    shape,
    triangle,
)

# what NumPy's parameters are called here
_RENAMED = {"a": "input", "x": "input", "arr": "input", "ary": "input", "array": "input",
            "m": "input", "A": "input", "axis": "dim", "keepdims": "keepdim", "arrays": "tensors",
            "tup": "tensors", "axis1": "dim0", "axis2": "dim1", "axes": "dims", "k": "diagonal",
            "shift": "shifts", "reps": "dims"}

FUNCTIONS: dict[Callable, Translated] = {}


class Translated:
    """An op as NumPy calls it.  `parameters` are NumPy's in its order, `name=other` where ours is
    not called as `_RENAMED` has it, and `name-` where the op has none: then only None fits."""

    def __init__(self, function: Callable, parameters: str) -> None:
        self.function = function
        self.ours: dict[str, str] = {}  # by NumPy's name; empty where there is none
        for parameter in parameters.split():
            theirs, _, ours = parameter.rstrip("-").partition("=")
            self.ours[theirs] = "" if parameter[-1] == "-" else ours or _RENAMED.get(theirs, theirs)

    def beyond(self, args: tuple, kwargs: dict) -> str:
        """The arguments that the op has not, as text; empty if it has all."""
        given = {**dict(zip(self.ours, args)), **kwargs}
        left = [n for n, value in given.items() if not self.ours.get(n) and value is not None]
        return ", ".join(left) or "so many arguments" * (len(args) > len(self.ours))

    def __call__(self, *args, **kwargs):
        given = {**dict(zip(self.ours, args)), **kwargs}
        return self.function(**{self.ours[n]: v for n, v in given.items() if self.ours[n]})


def flat(x):
    return shape.reshape(x, (-1,))


def _along(function):
    """A function that NumPy applies to the flattened array where no axis is given."""
    return lambda input, dim=None, **options: (
        function(flat(input), 0, **options) if dim is None else function(input, dim, **options))


def _clip(input, low=None, high=None, min=None, max=None):
    return compare.clamp(input, low if min is None else min, high if max is None else max)


def _where(condition, x=None, y=None):
    if x is None and y is None:
        return masks.nonzero(condition, as_tuple=True)
    return compare.where(condition, x, y)


def _concatenate(tensors, dim=0):
    return join.cat(tensors, dim) if dim is not None else join.cat([flat(x) for x in tensors])


def _column_stack(tensors):
    return join.cat([x if len(x.shape) > 1 else shape.reshape(x, (-1, 1)) for x in tensors], 1)


def _split(input, sections, dim=0):
    size = input.shape[shape.axis("split", dim, len(input.shape))]
    if isinstance(sections, (int, np.integer)) and (sections < 1 or size % sections):
        raise ValueError(f"split: dimension {dim} of size {size} has no {sections} equal parts; "
                         "np.array_split makes unequal ones")
    return list(join.tensor_split(input, sections, dim))


def _repeat(input, repeats, dim=None):
    number = isinstance(repeats, (int, np.integer))
    return join.repeat_interleave(input, repeats if number else np.asarray(repeats), dim)


def _roll(input, shifts, dims=None):
    if isinstance(shifts, (int, np.integer)) and isinstance(dims, (tuple, list)):
        shifts = (shifts,) * len(dims)
    return join.roll(input, shifts, dims)


def _transpose(input, dims=None):
    return shape.permute(input, range(len(input.shape))[::-1] if dims is None else dims)


def _squeeze(input, dim=None):
    if dim is not None and any(input.shape[d] != 1 for d in shape.ints(dim)):
        raise ValueError(f"squeeze: dim {dim} of {tuple(input.shape)} must have size 1")
    return shape.squeeze(input, dim)


def _expand_dims(input, dim):
    dims = shape.ints(dim)
    ndim = len(input.shape) + len(dims)
    for d in sorted(shape.axis("expand_dims", d, ndim) for d in dims):
        input = shape.unsqueeze(input, d)
    return input


def _flip(input, dim=None):
    return shape.flip(input, range(len(input.shape)) if dim is None else dim)


def _take(input, indices, dim=None):
    if dim is None:
        input, dim = flat(input), 0
    dim = shape.axis("take", dim, len(input.shape))
    return index.getitem(input, index.as_index((*index.along(dim, indices),)))


def _pad(input, widths, mode="constant", value=0):
    ours = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}
    if mode not in ours:
        raise ValueError(f"pad: mode {mode!r}; choose from {', '.join(map(repr, ours))}")
    pairs = np.broadcast_to(widths, (len(input.shape), 2))[::-1]
    return pad.pad(input, pairs.reshape(-1).tolist(), ours[mode],
                   value if mode == "constant" else None)


def _product(of_many):
    """A product of arrays that is elementwise where one of them is a number."""
    return lambda a, b: (
        of_many(a, b) if getattr(a, "shape", ()) and getattr(b, "shape", ()) else a * b)


@_product
def _dot(a, b):
    return linalg.matmul(a, b) if len(b.shape) < 3 else linalg.tensordot(a, b, ([-1], [-2]))


@_product
def _inner(a, b):
    return linalg.tensordot(a, b, ([-1], [-1]))


def _norm(input, ord=None, dim=None, keepdim=False):
    vector = len(input.shape) == 1 or isinstance(dim, (int, np.integer))
    if not vector and not (ord is None or ord == "fro" and 2 in (len(input.shape), len(dim or ()))):
        raise ValueError(f"linalg.norm: of matrices only the Frobenius norm is defined here, got "
                         f"ord={ord!r}; give one axis for norms of vectors")
    return reduce.norm(input, 2 if ord is None else ord, dim, keepdim)


def _vector_norm(input, *, dim=None, keepdim=False, ord=2):
    return reduce.norm(input, ord, dim, keepdim)


def _spread_of(function):
    """var or std with NumPy's default, no correction."""
    return lambda input, dim=None, ddof=0, keepdim=False, correction=None: function(
        input, dim, keepdim=keepdim, correction=ddof if correction is None else correction)


def _sorted(input, dim=-1):
    return _along(order.sort)(input, dim).values


def _trace(input, offset=0, dim0=0, dim1=1):
    return reduce.sum(triangle.diagonal(input, offset, dim0, dim1), -1)


def _size(input, dim=None):
    return prod(input.shape) if dim is None else input.shape[dim]


def _einsum(subscripts, *operands, optimize=True):
    return einsum.einsum(subscripts, *operands)


class ManyOperands(Translated):
    """A function of any number of operands, whose other parameters have to be named."""

    def beyond(self, args: tuple, kwargs: dict) -> str:
        return super().beyond((), kwargs)

    def __call__(self, *args, **kwargs):
        return self.function(*args, **kwargs)


def declare(found: dict, module, table: dict) -> None:
    """Add NumPy's functions of a module, by their names, to those found."""
    for names, (function, parameters) in table.items():
        for name in names.split():
            found[getattr(module, name)] = Translated(function, parameters)


_REDUCED = "a axis out- keepdims initial- where-"
_LINEAR = {
    "tensordot": (linalg.tensordot, "a=a b axes=dims"),
    "diagonal": (triangle.diagonal, "a offset axis1=dim1 axis2=dim2"),
    "trace": (_trace, "a offset axis1 axis2 dtype- out-"),
    "outer": (lambda a, b: linalg.outer(flat(a), flat(b)), "a=a b out-"),
    "matrix_transpose": (lambda input: shape.transpose(input, -2, -1), "x"),
}

declare(FUNCTIONS, np, {
    **_LINEAR,
    # reductions and what runs along a dimension
    "sum": (reduce.sum, "a axis dtype out- keepdims initial- where-"),
    "prod": (running.prod, "a axis dtype out- keepdims initial- where-"),
    "mean": (reduce.mean, "a axis dtype out- keepdims where-"),
    "var": (_spread_of(reduce.var), "a axis dtype- out- ddof keepdims where- mean- correction"),
    "std": (_spread_of(reduce.std), "a axis dtype- out- ddof keepdims where- mean- correction"),
    "max amax": (order.amax, _REDUCED), "min amin": (order.amin, _REDUCED),
    "any": (reduce.any, "a axis out- keepdims where-"),
    "all": (reduce.all, "a axis out- keepdims where-"),
    "argmax": (order.argmax, "a axis out- keepdims"),
    "argmin": (order.argmin, "a axis out- keepdims"),
    "cumsum": (_along(running.cumsum), "a axis dtype out-"),
    "cumprod": (_along(running.cumprod), "a axis dtype out-"),
    "sort": (_sorted, "a axis kind- order- stable-"),
    "argsort": (lambda input, dim=-1: _along(order.argsort)(input, dim),
                "a axis kind- order- stable-"),
    # joining, taking apart, repeating
    "concatenate": (_concatenate, "arrays axis out- dtype- casting-"),
    "stack": (join.stack, "arrays axis out- dtype- casting-"),
    "hstack": (join.hstack, "tup dtype- casting-"), "vstack": (join.vstack, "tup dtype- casting-"),
    "dstack": (join.dstack, "tup"), "column_stack": (_column_stack, "tup"),
    "split": (_split, "ary indices_or_sections=sections axis"),
    "array_split": (lambda *args, **kwargs: list(join.tensor_split(*args, **kwargs)),
                    "ary indices_or_sections axis"),
    "unstack": (join.unbind, "x axis"),
    "tile": (join.tile, "A reps"), "repeat": (_repeat, "a repeats axis"),
    "roll": (_roll, "a shift axis=dims"), "rot90": (join.rot90, "m k=k axes"),
    "pad": (_pad, "array pad_width=widths mode constant_values=value"),
    # views and rearrangements
    "reshape": (shape.reshape, "a shape order- copy-"), "ravel": (flat, "a=x order-"),
    "transpose": (_transpose, "a axes"), "swapaxes": (shape.transpose, "a axis1 axis2"),
    "moveaxis": (shape.movedim, "a source destination"), "squeeze": (_squeeze, "a axis"),
    "expand_dims": (_expand_dims, "a axis"), "flip": (_flip, "m axis"),
    "fliplr": (lambda input: shape.flip(input, 1), "m"),
    "flipud": (lambda input: shape.flip(input, 0), "m"),
    "broadcast_to": (shape.broadcast_to, "array shape=size subok-"),
    "diag": (triangle.diag, "v=input k"), "tril": (triangle.tril, "m k"),
    "triu": (triangle.triu, "m k"),
    "copy": (shape.clone, "a order- subok-"), "astype": (elementwise.to, "x dtype copy- device"),
    # choosing
    "where": (_where, "condition x=x y"), "clip": (_clip, "a a_min=low a_max=high out- min max"),
    "take": (_take, "a indices axis out- mode-"),
    "take_along_axis": (scatter.take_along_dim, "arr indices axis"),
    "nonzero": (lambda input: masks.nonzero(input, as_tuple=True), "a"),
    "argwhere": (masks.argwhere, "a"),
    "flatnonzero": (lambda input: flat(masks.argwhere(flat(input))), "a"),
    # products, rounding, comparing
    "dot": (_dot, "a=a b out-"), "vdot": (lambda a, b: _dot(flat(a.conj()), flat(b)), "a=a b"),
    "inner": (_inner, "a=a b"), "kron": (linalg.kron, "a b=other"),
    "round around": (elementwise.round, "a decimals out-"),
    "isclose": (compare.isclose, "a b=other rtol atol equal_nan"),
    "allclose": (compare.allclose, "a b=other rtol atol equal_nan"),
    "array_equal": (compare.equal, "a1=input a2=other equal_nan-"),
    # of the same shape, and what a tensor says of itself
    "zeros_like": (zeros_like, "a dtype order- subok- shape- device"),
    "ones_like": (ones_like, "a dtype order- subok- shape- device"),
    "empty_like": (empty_like, "prototype=input dtype order- subok- shape- device"),
    "full_like": (full_like, "a fill_value dtype order- subok- shape- device"),
    "shape": (lambda input: tuple(input.shape), "a"), "ndim": (lambda input: input.ndim, "a"),
    "size": (_size, "a axis"),
})
declare(FUNCTIONS, np.linalg, {
    **{name: _LINEAR[name] for name in ("diagonal", "trace", "outer", "matrix_transpose")},
    "tensordot": (linalg.tensordot, "x1=a x2=b axes=dims"),
    "matmul": (linalg.matmul, "x1=input x2=other"), "norm": (_norm, "x ord axis keepdims"),
    "vector_norm": (_vector_norm, "x axis keepdims ord"),
})
FUNCTIONS[np.einsum] = ManyOperands(_einsum, "optimize")
