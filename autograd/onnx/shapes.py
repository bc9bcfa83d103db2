"""Ops that move elements: shapes, indices, joins, padding."""

from __future__ import annotations

from math import prod
from operator import index

import numpy as np

from .graph import Changing
from .table import writes


@writes("reshape", "view", "_flatten", "squeeze", "unsqueeze")
def _reshape(graph, input, *_, **__):
    return graph.reshaped(input, graph.shape(graph.result))


@writes("transpose")
def _transpose(graph, input, dim0, dim1):
    order = list(range(len(input.shape)))
    if order:
        order[dim0], order[dim1] = order[dim1], order[dim0]
    return permuted(graph, input, order)


def permuted(graph, value, order: list[int]) -> str:
    """A tensor with its dimensions in another order."""
    return graph.emit("Transpose", value, perm=order) if order else graph.emit("Identity", value)


@writes("permute")
def _permute(graph, input, dims, *more):
    dims = (dims, *more) if more or isinstance(dims, int) else dims
    return permuted(graph, input, [dim % len(input.shape) for dim in dims])


@writes("expand")
def _expand(graph, input, *_):
    return graph.emit("Expand", input, graph.sizes(graph.shape(graph.result)))


@writes("flip")
def _flip(graph, input, dims, *more):
    dims = (dims, *more) if isinstance(dims, int) else dims
    if not input.shape:
        return graph.emit("Identity", input)
    low = np.iinfo(np.int64).min
    count = len(dims)
    return graph.emit("Slice", input, *[np.array(part, np.int64) for part in (
        [-1] * count, [low] * count, list(dims), [-1] * count)])


@writes("cat")
def _cat(graph, tensors, dim=0):
    kept = [graph.cast(tensor, graph.result.dtype) for tensor in tensors if tensor.shape != (0,)]
    return graph.emit("Concat", *kept, axis=dim)


@writes("stack")
def _stack(graph, tensors, dim=0):
    dim %= len(graph.result.shape)
    return graph.emit("Concat", *[
        graph.emit("Unsqueeze", graph.cast(tensor, graph.result.dtype), np.array([dim]))
        for tensor in tensors], axis=dim)


@writes("split")
def _split(graph, tensor, split_size_or_sections, dim=0):
    sizes = [graph.shape(part)[dim] for part in graph.results]
    names = graph.emit("Split", tensor, graph.sizes(sizes), axis=dim, outputs=len(sizes))
    return names if len(sizes) > 1 else (names,)


@writes("unbind")
def _unbind(graph, input, dim=0):
    return tuple([graph.emit("Gather", input, np.int64(i), axis=dim)
                  for i in range(len(graph.results))])


@writes("roll")
def _roll(graph, input, shifts, dims=None):
    shape = graph.shape(input)
    if dims is None or dims == ():
        shift = shifts if isinstance(shifts, int) else shifts[0]
        flat = graph.emit("Reshape", input, np.array([-1]))
        return graph.reshaped(_rolled(graph, flat, shift, 0, prod(input.shape)), shape)
    pairs = [(shifts, dims)] if isinstance(dims, int) else zip(shifts, dims, strict=True)
    name = graph.name(input)
    for shift, dim in pairs:
        name = _rolled(graph, name, shift, dim, shape[dim])
    return name


def _rolled(graph, name: str, shift: int, dim: int, size) -> str:
    shift %= max(index(size), 1)
    if not shift:
        return name
    end, axis = np.array([-shift]), np.array([dim])
    return graph.emit(
        "Concat", graph.emit("Slice", name, end, np.array([np.iinfo(np.int64).max]), axis),
        graph.emit("Slice", name, np.array([0]), end, axis), axis=dim)


@writes("tril")
def _tril(graph, input, diagonal=0):
    return graph.emit("Trilu", input, np.int64(diagonal), upper=0)


@writes("triu")
def _triu(graph, input, diagonal=0):
    return graph.emit("Trilu", input, np.int64(diagonal), upper=1)


@writes("getitem")
def _getitem(graph, input, index):
    """Slices first, then whole numbers, then new dimensions; arrays of indices one at most."""
    parts = _filled(index if isinstance(index, tuple) else (index,), len(input.shape))
    axis, sliced, dropped, added, picked = 0, [], [], [], []
    place = 0
    for part in parts:
        if part is None:
            added.append(place)
            place += 1
            continue
        if isinstance(part, slice):
            if part != slice(None):
                sliced.append((axis, part))
            place += 1
        elif isinstance(part, (int, Changing)) and not isinstance(part, bool):
            dropped.append((axis, part))
        else:
            part = np.asarray(part) if isinstance(part, (bool, list)) else part
            if part.dtype == bool:
                raise RuntimeError("an index of True and False gives a size that depends on "
                                   "numbers; use where")
            picked.append((axis, part))
            place += len(part.shape)
        axis += 1
    if len(picked) > 1 or picked and dropped:
        raise RuntimeError("an index with more than one tensor, or one beside whole numbers, has "
                           "no operator; use gather or index_select")
    name = _sliced(graph, input, sliced) if sliced else input
    if picked:
        (axis, part), = picked
        name = graph.emit("Gather", name, part, axis=axis)
    for axis, number in reversed(dropped):
        name = graph.emit("Gather", name, np.int64(number), axis=axis)
    if added:
        name = graph.emit("Unsqueeze", name, np.array(added))
    return name if isinstance(name, str) else graph.emit("Identity", name)


def _filled(index: tuple, ndim: int) -> list:
    """The index with a whole slice for each dimension that it leaves out."""
    used = sum(part is not None and part is not Ellipsis for part in index)
    whole = [slice(None)] * (ndim - used)
    for i, part in enumerate(index):
        if part is Ellipsis:
            return [*index[:i], *whole, *index[i + 1:]]
    return [*index, *whole]


def _sliced(graph, input, slices: list) -> str:
    largest = np.iinfo(np.int64).max
    starts, stops, steps = [], [], []
    for _, part in slices:
        step = 1 if part.step is None else part.step
        starts.append((0 if step > 0 else largest) if part.start is None else part.start)
        stops.append((largest if step > 0 else -largest) if part.stop is None else part.stop)
        steps.append(step)
    return graph.emit("Slice", input, graph.sizes(starts), graph.sizes(stops),
                      np.array([axis for axis, _ in slices]), np.array(steps))


@writes("select_rows")
def _select_rows(graph, input, index, dim):
    _check_dimensions(input)
    return graph.emit("Gather", input, index, axis=dim)


@writes("gather_along")
def _gather(graph, input, index, dim, negative=False):
    _check_dimensions(input, index)
    return graph.emit("GatherElements", input, index, axis=dim)


@writes("scatter_along")
def _scatter(graph, input, index, src, dim):
    _check_dimensions(input, src)
    return graph.emit("ScatterElements", input, index, graph.cast(src, input.dtype), axis=dim)


@writes("scatter_add_along")
def _scatter_add(graph, input, index, src, dim):
    return graph.emit("ScatterElements", input, index, src, axis=dim, reduction="add")


def _check_dimensions(*tensors) -> None:
    if not all([tensor.shape for tensor in tensors]):
        raise RuntimeError("a tensor without dimensions has no operator for it; reshape it to (1,)")


@writes("constant_pad")
def _pad(graph, input, widths, value=0):
    pads = [pair[0] for pair in widths] + [pair[1] for pair in widths]
    return graph.emit("Pad", input, np.array(pads, np.int64), np.asarray(value, input.dtype))


@writes("mixture")
def _mixture(graph, input, tables):
    """Elements picked or mixed along dimensions, as padding and interpolation do: by indices where
    each is one of the input's, else by a matrix for each dimension."""
    name = input
    for axis, table in tables:
        starts, places, weights = table.entries
        if table.picks:
            name = graph.emit("Gather", name, places.astype(np.int64), axis=axis)
            continue
        matrix = np.zeros((table.n, table.size), input.dtype)
        rows = np.repeat(np.arange(table.size), np.diff(starts))
        np.add.at(matrix, (places, rows), 1 if weights is None else weights)
        name = along(graph, name, matrix, axis, len(input.shape))
    return name if isinstance(name, str) else graph.emit("Identity", name)


def along(graph, name, matrix: np.ndarray, axis: int, ndim: int) -> str:
    """The product with a matrix along one dimension."""
    order = [*range(axis), *range(axis + 1, ndim), axis]
    moved = graph.emit("Transpose", name, perm=order) if axis != ndim - 1 else name
    moved = graph.emit("MatMul", moved, matrix)
    back = [*range(axis), ndim - 1, *range(axis, ndim - 1)]
    return graph.emit("Transpose", moved, perm=back) if axis != ndim - 1 else moved
