"""Steps that write in place: the twins of functions, assignment, and the like."""

from __future__ import annotations

import numpy as np

from . import forward as fw
from .elementwise import _power, bounds, difference, quotient, with_number
from .forward import Rejected, linear, pick
from .program import ROWS, Row, add
from .shapes import (
    _apart,
    _gathered,
    _index_adds,
    _indexed,
    _scatter,
    _scatters,
    advanced_index,
    basic_index,
    index_added,
    matrix,
    scattered,
)


def _write(name, text, forward, draw, weight=0.7):
    """An in-place row; its draw prefers what may be written to."""
    def writable(c):
        inputs, attrs = draw(c)
        if not c.writable(inputs[0]):
            raise Rejected("not to be written to")
        return inputs, attrs
    add(name, text, forward, writable, inplace=True, weight=weight)


def target_first(c):
    """A value and one that fits into it."""
    i = c.value()
    return (i, c.value(lambda x: c.fits(x.shape, c[i].shape))), {}


for _name, _function in {"add_": lambda x, y: x + y, "sub_": difference,
                         "mul_": lambda x, y: x * y, "div_": quotient}.items():
    _write(_name, f"{{0}}.{_name}({{1}})", _function, target_first, weight=1.5)
    _write(_name + " number", f"{{0}}.{_name}({{number}})",
           lambda x, number, f=_function: f(x, fw.lift(number)), with_number)

_write("add_ alpha", "{0}.add_({1}, alpha={alpha})", lambda x, y, alpha: x + y * alpha,
       lambda c: ((d := target_first(c)[0]), {
           "alpha": 2 if c[d[0]].dtype == np.uint8 else c.one([2, -1])}))
_write("copy_", "{0}.copy_({1})", lambda x, y: y, target_first, weight=1)
_write("pow_", "{0}.pow_({n})", _power,
       lambda c: ((c.value(lambda x: x.floating),), {"n": c.one([2, 3, 0.5])}))
_write("clamp_", "{0}.clamp_({low}, {high})", lambda x, low, high: fw.clip(x, low, high), bounds)


def _zeros(x, value=0):
    return fw.constant(np.full(x.shape, value, x.value.dtype), x.dtype)


_write("zero_", "{0}.zero_()", _zeros, lambda c: ((c.value(),), {}))
_write("fill_", "{0}.fill_({value})", _zeros, lambda c: ((c.value(),), {"value": c.one([1, 2])}))


def _twin(row: Row):
    """The in-place twin of a function of one number."""
    _write(row.name + "_", f"{{0}}.{row.name}_()", row.forward, row.draw, weight=0.25)


def _masked(c):
    (i, j), _ = target_first(c)
    mask = np.array(c.rng.integers(0, 2, c[i].shape), bool)
    return (i,), {"mask": mask, "number": c.one([0, 1, 2])}


_write("masked_fill_", "{0}.masked_fill_({mask}, {number})",
       lambda x, mask, number: pick(mask, x * 0 + number, x), _masked)


def _assigned(p, q, index):
    out = p.copy()
    out[index.parts] = q
    return out


def _repeated(shape, index) -> bool:
    """Whether the index names an element twice."""
    places = np.arange(int(np.prod(shape))).reshape(shape)[index.parts]
    return np.unique(places).size < places.size


def _assignment(kind):
    """Draws a value, an index and what fits there."""
    def draw(c):
        (i,), attrs = _indexed(kind)(c)
        shown = c[i].value[attrs["index"].parts]
        if not c.plain and kind is advanced_index and _repeated(c[i].shape, attrs["index"]):
            raise Rejected("PyTorch's gradient of what a repeated index overwrote is wrong")
        j = c.value(lambda x: c.fits(x.shape, shown.shape))
        return (i, j), attrs
    return draw


def _numbers(kind):
    def draw(c):
        (i,), attrs = _indexed(kind)(c)
        return (i,), {**attrs, "number": c.one([0, 1, 2.5]) if c[i].floating else 1}
    return draw


for _name, _kind in (("setitem", basic_index), ("setitem advanced", advanced_index)):
    _write(_name, "{0}[{index}] = {1}",
           lambda x, y, index: linear(lambda p, q: _assigned(p, q, index), x, y),
           _assignment(_kind), weight=2)
    _write(_name + " number", "{0}[{index}] = {number}",
           lambda x, index, number: linear(lambda p, q: _assigned(p, q, index), x, number),
           _numbers(_kind), weight=0.7)

_write("scatter_add_", "{0}.scatter_add_({dim}, {index}, {1})", _scatter(True), _scatters, 0.4)
_write("scatter_", "{0}.scatter_({dim}, {index}, {1})", _scatter(False), _apart, 0.4)
_write("index_add_", "{0}.index_add_({dim}, {index}, {1})",
       lambda x, y, dim, index: linear(lambda p, q: index_added(p, q, dim, index), x, y),
       _index_adds, 0.5)
_write("scatter_ number", "{0}.scatter_({dim}, {index}, {number})",
       lambda x, dim, index, number: linear(lambda p, q: scattered(
           p, np.broadcast_to(q, index.shape), dim, index, False), x, number),
       lambda c: ((d := _gathered(c))[0], {**d[1], "number": 1}), 0.3)
_write("tril_", "{0}.tril_()", lambda x: linear(np.tril, x), matrix, 0.2)
_write("lerp_", "{0}.lerp_({1}, 0.25)", lambda x, y: x + (y - x) * 0.25,
       lambda c: ((i := c.value(lambda x: x.floating),
                   c.value(lambda x: x.dtype == c[i].dtype and c.fits(x.shape, c[i].shape))), {}),
       0.4)
for _name in ("exp", "tanh", "sigmoid", "sqrt", "neg", "abs", "relu", "sin", "cos", "log",
              "reciprocal", "square"):
    _twin(ROWS[_name])
