"""Sums, extremes, and what orders elements."""

from __future__ import annotations

import numpy as np

from .symbol import Symbol, applied
from .table import writes


def reduced(graph, operator: str, name, ndim: int, dim, keepdim: bool) -> str:
    """A reduction over dimensions, all of them for None and ()."""
    given = range(ndim) if dim is None or dim == () else (dim,) if isinstance(dim, int) else dim
    dims = [d % max(ndim, 1) for d in given]
    if not ndim:
        return graph.emit("Identity", name)
    return graph.emit(operator, name, np.array(dims, np.int64), keepdims=int(keepdim))


def _accumulated(operator: str):
    def write(graph, input, dim=None, keepdim=False, *, dtype=None):
        given = graph.cast(input, graph.result.dtype)
        return reduced(graph, operator, given, len(input.shape), dim, keepdim)

    return write


for _name, _operator in (("sum", "ReduceSum"), ("mean", "ReduceMean"), ("_prod", "ReduceProd"),
                         ("amax", "ReduceMax"), ("amin", "ReduceMin"),
                         ("logsumexp", "ReduceLogSumExp")):
    writes(_name)(_accumulated(_operator))


def _logical(operator: str):
    def write(graph, input, dim=None, keepdim=False):
        ones = graph.cast(graph.cast(input, bool), np.int32)
        return graph.cast(reduced(graph, operator, ones, len(input.shape), dim, keepdim), bool)

    return write


writes("any")(_logical("ReduceMax"))
writes("all")(_logical("ReduceMin"))


@writes("_var")
def _var(graph, input, dim, correction, keepdim):
    ndim = len(input.shape)
    dims = range(ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    away = graph.emit("Sub", input, reduced(graph, "ReduceMean", input, ndim, dim, True))
    total = reduced(graph, "ReduceSumSquare", away, ndim, dim, keepdim)
    count = float(np.prod([input.shape[d] for d in dims])) - correction
    if any(not isinstance(graph.shape(input)[d], int) for d in dims):
        raise RuntimeError("a variance over a dimension of any size; leave it out of dynamic_axes")
    return graph.emit("Div", total, np.asarray(max(count, 0.0), input.dtype))


@writes("_std")
def _std(graph, input, dim, correction, keepdim):
    return graph.emit("Sqrt", _var(graph, input, dim, correction, keepdim))


@writes("_norm")
def _norm(graph, input, p, dim, keepdim):
    operator = {1.0: "ReduceL1", 2.0: "ReduceL2"}.get(float(p))
    ndim = len(input.shape)
    if operator is not None:
        return reduced(graph, operator, input, ndim, dim, keepdim)
    size = Symbol(graph, graph.emit("Abs", input), input.dtype)
    if p == 0:
        raise RuntimeError("the number of elements that are not 0 is no norm; use (x != 0).sum()")
    if np.isinf(p):
        return reduced(graph, "ReduceMax" if p > 0 else "ReduceMin", size.name, ndim, dim, keepdim)
    powers = reduced(graph, "ReduceSum", applied("Pow", size, p).name, ndim, dim, keepdim)
    return applied("Pow", Symbol(graph, powers, input.dtype), 1.0 / p).name


def _extreme(operator: str, place: str):
    def write(graph, input, dim, keepdim=False):
        if not input.shape:
            return graph.name(input), np.int64(0), np.int64(0)
        return (reduced(graph, operator, input, len(input.shape), dim, keepdim),
                graph.emit(place, input, axis=dim, keepdims=int(keepdim)),
                graph.emit(place, input, axis=dim, keepdims=1))

    return write


writes("max_dim")(_extreme("ReduceMax", "ArgMax"))
writes("min_dim")(_extreme("ReduceMin", "ArgMin"))


def _place(operator: str):
    def write(graph, input, dim=None, keepdim=False):
        if dim is not None and input.shape:
            return graph.emit(operator, input, axis=dim, keepdims=int(keepdim))
        flat = graph.emit("Reshape", input, np.array([-1]))
        return graph.reshaped(graph.emit(operator, flat, axis=0), graph.shape(graph.result))

    return write


writes("argmax")(_place("ArgMax"))
writes("argmin")(_place("ArgMin"))


@writes("topk")
def _topk(graph, input, k, dim=-1, largest=True, sorted=True):
    if not input.shape:
        return graph.name(input), np.int64(0), np.int64(0)
    values, places = graph.emit("TopK", input, np.array([k], np.int64), axis=dim,
                                largest=int(largest), sorted=int(sorted), outputs=2)
    return values, places, places


@writes("sort")
def _sort(graph, input, dim=-1, descending=False, stable=False):
    if not input.shape:
        return graph.name(input), np.int64(0), np.int64(0)
    values, places = graph.emit("TopK", input, graph.sizes([graph.shape(input)[dim]]), axis=dim,
                                largest=int(descending), outputs=2)
    return values, places, places


@writes("argsort")
def _argsort(graph, input, dim=-1, descending=False, stable=False):
    return _sort(graph, input, dim, descending)[1]


@writes("cumsum")
def _cumsum(graph, input, dim, *, dtype=None):
    if not input.shape:
        return graph.cast(input, graph.result.dtype)
    return graph.emit("CumSum", graph.cast(input, graph.result.dtype), np.int64(dim))


def _softmax(operator: str):
    def write(graph, input, dim=None, dtype=None):
        given = graph.cast(input, graph.result.dtype)
        return graph.emit(operator, given, axis=-1 if dim is None else dim)

    return write


writes("softmax")(_softmax("Softmax"))
writes("log_softmax")(_softmax("LogSoftmax"))
