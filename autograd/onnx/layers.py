"""Products, convolution, pooling, normalisation, embedding and attention."""

from __future__ import annotations

import numpy as np

from .shapes import along
from .symbol import Symbol, applied
from .table import writes


@writes("matmul")
def _matmul(graph, input, other):
    return graph.emit("MatMul", input, other)


@writes("linear")
def _linear(graph, input, weight, bias=None):
    if len(input.shape) == 2:
        return graph.emit("Gemm", input, weight, bias, transB=1)
    product = graph.emit("MatMul", input, graph.emit("Transpose", weight, perm=[1, 0]))
    return product if bias is None else graph.emit("Add", product, bias)


@writes("addmm", "baddbmm")
def _addmm(graph, input, mat1, mat2, *, beta=1, alpha=1):
    dtype = graph.result.dtype
    product = Symbol(graph, graph.emit("MatMul", mat1, mat2), dtype)
    return (Symbol(graph, graph.name(input), dtype) * beta + product * alpha).name


def _letters(labels) -> str:
    return "".join([chr(ord("a") + label) for label in labels])


@writes("_contract")
def _contract(graph, input, other, left, right, kept):
    equation = f"{_letters(left)},{_letters(right)}->{_letters(kept)}"
    return graph.emit("Einsum", input, other, equation=equation)


@writes("_select")
def _select(graph, input, labels, kept):
    return graph.emit("Einsum", input, equation=f"{_letters(labels)}->{_letters(kept)}")


def _pads(padding) -> list[int]:
    """What is added before and after each dimension, in ONNX's order."""
    pads = [pair[0] for pair in padding] + [pair[1] for pair in padding]
    if min(pads, default=0) < 0:
        raise RuntimeError(f"padding {padding} takes elements away; take them away with an index")
    return pads


@writes("convolution")
def _convolution(graph, input, weight, bias=None, *, stride, padding, dilation, groups):
    pads = _pads(padding)
    return graph.emit("Conv", input, weight, bias, strides=stride, pads=pads, dilations=dilation,
                      group=groups, kernel_shape=weight.shape[2:])


@writes("convolution_input_grad")
def _transposed(graph, g, weight, bias=None, *, size, stride, padding, dilation, groups):
    pads = _pads(padding)
    extra = [n - ((m - 1) * s - p - q + d * (k - 1) + 1) for n, m, s, (p, q), d, k in zip(
        size, g.shape[2:], stride, padding, dilation, weight.shape[2:], strict=True)]
    return graph.emit("ConvTranspose", g, weight, bias, strides=stride, pads=pads,
                      dilations=dilation, group=groups, kernel_shape=weight.shape[2:],
                      output_padding=extra)


@writes("max_pool")
def _max_pool(graph, input, windows):
    found = [_window(table, n, _max_table) for table, n in _tables(windows)]
    if None in found:
        raise RuntimeError("windows of several sizes, as adaptive pooling may have them, have no "
                           "operator; give it sizes that divide those of the input")
    kernel, stride, low, high, dilation = zip(*found, strict=True)
    return _pooled(graph, "MaxPool", input, windows, kernel_shape=kernel, strides=stride,
                   pads=[*low, *high], dilations=dilation), None


@writes("avg_pool")
def _avg_pool(graph, input, windows):
    for counted, expected in ((1, _avg_counted), (0, _avg_uncounted)):
        found = [_window(table, n, expected) for table, n in _tables(windows)]
        if None not in found:
            kernel, stride, low, high, _ = zip(*found, strict=True)
            return _pooled(graph, "AveragePool", input, windows, kernel_shape=kernel,
                           strides=stride, pads=[*low, *high], count_include_pad=counted)
    tables = _tables(windows)
    name = graph.emit("Reshape", input, np.array([-1, *[n for _, n in tables]]))
    for axis, (table, n) in enumerate(tables, 1):
        places = np.arange(n)[:, None]
        inside = (places >= table[:, 0]) & (places < table[:, 1])
        name = along(graph, name, (inside / table[:, 2]).astype(input.dtype), axis, len(tables) + 1)
    return graph.reshaped(name, graph.shape(graph.result))


def _pooled(graph, operator: str, input, windows, **options) -> str:
    """An operator over the last dimensions, which takes two more in front of them."""
    sizes = [n for _, n in _tables(windows)]
    if list(input.shape[2:]) == sizes:
        return graph.emit(operator, input, **options)
    images = graph.emit("Reshape", input, np.array([-1, 1, *sizes]))
    return graph.reshaped(graph.emit(operator, images, **options), graph.shape(graph.result))


def _tables(windows) -> list:
    """The tables of the dimensions, each with its size; two may be one where windows span them."""
    tables = list(zip((windows.rows, windows.columns), windows.plane, strict=True))
    if windows.depth is not None:
        return [(windows.depth, windows.size[0]), *tables]
    return tables if len(windows.size) > 1 else tables[1:]


def _max_table(first, last, n: int, dilation: int, pad: int):
    return np.maximum(first, first % dilation), np.minimum(last, n), dilation


def _avg_counted(first, last, n: int, dilation: int, pad: int):
    return np.maximum(first, 0), np.minimum(last, n), np.minimum(last, n + pad) - first


def _avg_uncounted(first, last, n: int, dilation: int, pad: int):
    low, high = np.maximum(first, 0), np.minimum(last, n)
    return low, high, high - low


def _window(table: np.ndarray, n: int, expected):
    """Kernel size, stride, padding on both sides and dilation whose windows are those of a table;
    None where there are none."""
    first, last, third = table.T
    count = len(table)
    dilation = int(third[0]) if expected is _max_table else 1
    kernel = int(((last - first - 1) // dilation + 1).max())
    strides = {n, *[int(step) for side in (first, last) for step in np.diff(side) if step > 0]}
    for stride in sorted(strides, reverse=True):
        for pad in range(kernel):
            start = np.arange(count) * stride - pad
            stop = start + (kernel - 1) * dilation + 1
            with np.errstate(all="ignore"):
                made = expected(start, stop, n, dilation, pad)
            high = max(int(stop[-1]) - n, 0)
            fits = (n + pad + high - stop[0] - pad) // stride + 1 == count and (
                expected is not _avg_counted or high <= pad)
            if fits and all(np.array_equal(np.broadcast_to(a, count), b)
                   for a, b in zip(made, (first, last, third), strict=True)):
                return kernel, stride, pad, high, dilation
    return None


@writes("_standardize")
def _standardize(graph, input, weight=None, bias=None, *, kind, layout, eps, mean=None, var=None):
    """Batch norm with fixed statistics, or the norm of groups, of which one may be a layer,
    with or without their means."""
    _, groups, channels, extent = layout
    dtype = input.dtype
    if kind == "fixed":
        ones = np.ones(groups * channels, dtype)
        return graph.emit("BatchNormalization", input, ones if weight is None else weight,
                          ones * 0 if bias is None else bias, mean, var, epsilon=eps), mean, var
    if kind == "batch":
        raise RuntimeError("the statistics of a batch are for training; call model.eval(), with "
                           "track_running_stats=True in the layers")
    shape = graph.shape(input)
    axis = _normalised(input.shape, channels)
    if groups == extent == 1 and axis is not None and kind == "group":
        sizes = input.shape[axis:]
        scale = np.ones(sizes, dtype) if weight is None else graph.emit(
            "Reshape", weight, np.array(sizes)) if weight.shape != sizes else weight
        shift = bias if bias is None or bias.shape == sizes else graph.emit(
            "Reshape", bias, np.array(sizes))
        return graph.emit("LayerNormalization", input, scale, shift, axis=axis - len(shape),
                          epsilon=eps), None, None
    flat = graph.emit("Reshape", input, np.array([-1, groups, channels * extent]))
    if kind == "group":
        flat = graph.emit("Sub", flat, graph.emit("ReduceMean", flat, np.array([2]), keepdims=1))
    away = Symbol(graph, flat, dtype)
    square = graph.emit("ReduceMean", (away * away).name, np.array([2]), keepdims=1)
    normed = away / applied("Sqrt", Symbol(graph, square, dtype) + eps)
    own = (groups * channels, extent)
    whole = Symbol(graph, graph.emit("Reshape", normed.name, np.array([-1, *own])), dtype)
    for operator, parameter in (("Mul", weight), ("Add", bias)):
        if parameter is not None:
            column = graph.emit("Reshape", parameter, np.array([own[0], 1]))
            whole = applied(operator, whole, Symbol(graph, column, dtype))
    return graph.reshaped(whole.name, shape), None, None


def _normalised(shape: tuple, channels: int) -> int | None:
    """The axis from which on dimensions have so many elements together."""
    for axis in reversed(range(len(shape))):
        if np.prod(shape[axis:]) == channels:
            return axis
    return None


@writes("embedding")
def _embedding(graph, input, weight, padding_idx=None):
    return graph.emit("Gather", weight, input, axis=0)


@writes("_attend")
def _attend(graph, query, key, value, attn_mask=None, *, is_causal=False, scale=1.0, seed=0,
            p=0.0):
    """softmax(Q Kᵀ scale + mask) V, with heads of key and value repeated where they are fewer."""
    if p:
        raise RuntimeError("dropout is for training; call model.eval()")
    dtype, ndim = query.dtype, len(query.shape)
    keys, values = [_repeated(graph, part, query.shape[-3] // part.shape[-3] if ndim > 2 else 1)
                    for part in (key, value)]
    order = [*range(ndim - 2), ndim - 1, ndim - 2]
    scores = Symbol(graph, graph.emit("MatMul", query, graph.emit(
        "Transpose", keys, perm=order)), dtype) * scale
    if is_causal:
        rows = graph.sizes([graph.shape(query)[-2], graph.shape(key)[-2]])
        below = graph.emit("Trilu", graph.emit("Expand", np.asarray(1, dtype), rows), upper=0)
        scores = applied("Where", Symbol(graph, below, dtype) > 0.5, scores, -np.inf)
    if attn_mask is not None:
        mask = Symbol(graph, graph.name(attn_mask), attn_mask.dtype)
        scores = (applied("Where", mask, scores, -np.inf) if mask.dtype == bool
                  else scores + mask)
    weights = graph.emit("Softmax", scores.name, axis=-1)
    if attn_mask is not None:  # a row that is masked whole attends to nothing
        weights = applied("Where", applied("IsNaN", Symbol(graph, weights, dtype), dtype=bool),
                          0.0, Symbol(graph, weights, dtype)).name
    return graph.emit("MatMul", weights, values), None


def _repeated(graph, value, times: int):
    if times == 1:
        return value
    heads = len(value.shape) - 3
    index = np.repeat(np.arange(value.shape[heads]), times)
    return graph.emit("Gather", value, index, axis=heads)
