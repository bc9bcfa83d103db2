"""What stands in the place of parts of the library while a step is recorded.

Every op's function looks its forward up among its own globals, and the few functions of the library
that do something with numbers besides calling ops are looked up in their modules.  For the time of
a recording others stand there, which do the same and tell the recorder, if its thread called them.
So nothing is paid for recording where nothing is recorded.

Numbers that leave the Tensors in any other way (`item`, `bool(...)`, `numpy`, a check of targets)
are noticed as well: the attribute that holds a Tensor's array is watched.
"""

from __future__ import annotations

import dis
import sys
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np

from .. import engine, inplace, sampling
from ..errors import caller
from ..gate import PASSED
from ..hooks import LOOKING
from ..ops import dropout, embedding, index
from ..record import REGISTRY, Op
from ..replayed import watcher
from ..tensors import Tensor
from . import walk as walking
from .program import leaves
from .recorder import Recorder

_SLOT = Tensor.__dict__["_array"]
_METADATA = ("shape", "ndim", "dtype", "size", "strides", "flags", "itemsize", "nbytes", "base",
             "T")

# Functions that take the array out of a Tensor and do nothing with its numbers but what is
# recorded, by file and name.
_HARMLESS = {
    "tensors.py": "wrap fill alias detach data current_node requires_grad_ set_node rebuild",
    "accumulate.py": "add_to_grad add_to_leaf owned _owns_base",
    "custom_function.py": "<genexpr> <listcomp> backward _recorded apply",
    "engine.py": "_attached",
    "roots.py": "_weight start",
    "calling.py": "_operands _outputs",
    "inplace.py": "inplace replace setitem _apart _become _numbers _refuse _check_fits _history "
                  "_zero _node_as",
    "creation.py": "as_tensor",
    "parameter.py": "__init__",
    "metadata.py": "*",
    "norm.py": "_by_channel",
    "index.py": "index_select integers",
    "memory.py": "strides_of",
    "scatter.py": "*",
    "embedding.py": "*",
    "attention.py": "_check_inputs scaled_dot_product_attention _checked_mask",
    "conv.py": "_check_tensors",
}


def _ops(recorder: Recorder):
    """(globals, name, what stands in) for each op's forward and what brings operands together."""
    for op in REGISTRY.values():
        places = op.function.__globals__
        yield places, "forward", _forward(recorder, op, places["forward"])
        yield places, "LEAST", PASSED
        for name in ("common", "common_number", "common_float"):
            yield places, name, _common(recorder, places[name])


def _common(recorder: Recorder, convert):
    """What brings operands to one dtype; only recorded where it changes one."""
    def apply(*operands):
        results = convert(*operands)
        for i, (before, after) in enumerate(zip(operands, results, strict=True)):
            if before is not after and isinstance(before, np.ndarray) and recorder.active() and (
                    recorder.is_known(before)):
                after = recorder.call(_one_of, (convert, i, *operands), {}, after, "cast")
                results = (*results[:i], after, *results[i + 1:])
        return results

    return apply


def _one_of(convert, number: int, *operands):
    return convert(*operands)[number]


def _forward(recorder: Recorder, op: Op, forward):
    def apply(*args, **kwargs):
        if not recorder.active():
            return forward(*args, **kwargs)
        for part in leaves((args, kwargs)):
            if isinstance(part, Tensor):  # in the place of a number
                recorder.leaked(part, op.name, caller())
        result = recorder.unseen(forward, args, kwargs)
        if op.extra and not op.many and not isinstance(result[0], np.ndarray):
            result = (np.asarray(result[0]), *result[1:])
        if _plain(recorder, args):
            return result
        if op.name in _SHAPED_BY_NUMBERS or _has_mask(args[1:]):
            recorder.fail(f"the size of what {op.name} gives depends on numbers, at {caller()}")
        return recorder.call(forward, args, kwargs, result, op.name, op=op)

    return apply


_SHAPED_BY_NUMBERS = frozenset(("argwhere",))


def _has_mask(args) -> bool:
    return any(part.dtype.kind == "b" for arg in args if isinstance(arg, index.Index)
               for part in arg if isinstance(part, np.ndarray))


def _plain(recorder: Recorder, args) -> bool:
    """Whether a call depends on nothing recorded: a rule or a helper at work on constants."""
    arrays = [a for arg in args for a in (arg if isinstance(arg, (list, tuple)) else (arg,))
              if isinstance(a, np.ndarray)]
    return bool(arrays) and not any(map(recorder.is_known, arrays))


def _function(recorder: Recorder, function, name: str, effect: bool = False):
    """A function of arrays or Tensors that is recorded as one call."""
    def apply(*args, **kwargs):
        if not recorder.active():
            return function(*args, **kwargs)
        result = recorder.unseen(function, args, kwargs)
        return recorder.call(function, args, kwargs, result, name, effect=effect)

    return apply


def _indexing(recorder: Recorder, as_index):
    """An index: whole numbers that are Tensors become Python's, arrays stay what they are."""
    recorded = _function(recorder, as_index, "as_index")

    def apply(index):
        if recorder.active():
            for part in index if isinstance(index, tuple) else (index,):
                ends = (part.start, part.stop, part.step) if isinstance(part, slice) else (part,)
                for end in ends:
                    if isinstance(end, Tensor) and not end.ndim and end.dtype != bool:
                        recorder.leaked(end, "an index", caller())
        return recorded(index)

    return apply


def _copying(recorder: Recorder, copyto):
    def apply(target, value):
        if recorder.active():
            recorder.wrote(target, copyto, value)
        copyto(target, value)

    return apply


def _putting(recorder: Recorder, put):
    def apply(array, parts, value):
        if recorder.active():
            recorder.wrote(array, put, parts, value)
        put(array, parts, value)

    return apply


def _walking(recorder: Recorder, walk):
    def apply(grads, retain_graph, create_graph, targets, arrived):
        if LOOKING and recorder.active():
            recorder.fail("anomaly detection looks at its gradients; leave it uncompiled while "
                          "you look")
        if create_graph or LOOKING or not recorder.active():
            return walk(grads, retain_graph, create_graph, targets, arrived)
        return walking.walk(recorder, grads, retain_graph, targets, arrived)

    return apply


def _arriving(recorder: Recorder, add_to_leaf):
    def apply(leaf, held, create_graph):
        tensor = leaf.tensor()
        if create_graph or not recorder.active() or tensor is None:
            return add_to_leaf(leaf, held, create_graph)
        if tensor._node.__class__ is walking.Leaf:
            walking.add_to_leaf(recorder, tensor, held[leaf], leaf)

    return apply


def _owning(recorder: Recorder, owned):
    def apply(held, key):
        if not recorder.active():
            return owned(held, key)
        return walking.own(recorder, held[key])

    return apply


def _functions(recorder: Recorder):
    """(globals, name, what stands in) for what works on numbers beside the ops."""
    yield vars(inplace), "_copyto", _copying(recorder, inplace._copyto)
    yield vars(inplace), "put", _putting(recorder, inplace.put)
    yield vars(engine), "walk", _walking(recorder, engine.walk)
    yield vars(engine), "add_to_leaf", _arriving(recorder, engine.add_to_leaf)
    yield vars(engine), "owned", _owning(recorder, engine.owned)
    for function, effect in ((dropout.random_key, True), (dropout._mask, True),
                             (index.as_index, False), (index.check_range, True),
                             (embedding.one_hot_rows, False)):
        recorded = _indexing(recorder, function) if function is index.as_index else _function(
            recorder, function, function.__name__, effect)
        for module in [m for name, m in sys.modules.items() if name.startswith("autograd.")]:
            if vars(module).get(function.__name__) is function:
                yield vars(module), function.__name__, recorded
    yield vars(sampling), "numpy_generator", _sourcing(recorder, sampling.numpy_generator)


def _sourcing(recorder: Recorder, numpy_generator):
    def apply(generator, name):
        source = numpy_generator(generator, name)
        return _Source(recorder, generator, name, source) if recorder.active() else source

    return apply


class _Source:
    """NumPy's generator, whose draws are recorded."""

    def __init__(self, recorder: Recorder, generator, name: str, source) -> None:
        self._recorder, self._asked, self._source = recorder, (generator, name), source

    def __getattr__(self, method: str):
        def draw(*args, **kwargs):
            result = getattr(self._source, method)(*args, **kwargs)
            return self._recorder.call(draw_from, (*self._asked, method, *args), kwargs, result,
                                       self._asked[1], effect=True)

        return draw


def draw_from(generator, name: str, method: str, *args, **kwargs):
    """What a method of NumPy's generator behind a Generator draws."""
    return getattr(sampling.numpy_generator(generator, name), method)(*args, **kwargs)


class _Watched:
    """The attribute `_array` of Tensors while a step is recorded."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def __get__(self, tensor, cls=None):
        if tensor is None:
            return self
        if self.recorder.active():
            frame = sys._getframe(1)
            if not _is_harmless(frame.f_code, frame.f_lasti):
                self.recorder.leaked(tensor, frame.f_code.co_qualname, caller())
        return _SLOT.__get__(tensor, cls)

    def __set__(self, tensor, array) -> None:
        _SLOT.__set__(tensor, array)


@lru_cache(4096)
def _is_harmless(code, at: int) -> bool:
    """Whether code that reads a Tensor's array at this instruction does not look at numbers."""
    folder, _, file = code.co_filename.replace("\\", "/").rpartition("/")
    if code.co_filename.startswith("<wengert") or folder.endswith("/compiler"):
        return True
    names = _HARMLESS.get(file, "").split()
    if folder.rpartition("/")[2] in ("autograd", "ops", "nn") and (
            "*" in names or code.co_name in names):
        return True
    following = [step for step in dis.get_instructions(code) if step.offset > at
                 and step.opname != "CACHE"]
    return bool(following) and following[0].argval in _METADATA


at_work: list[Recorder] = []


class _Present:
    """The recorder at work, whichever it is, so that what stands in is made once."""

    def __getattr__(self, name: str):
        return getattr(at_work[0], name)


@lru_cache(1)
def _places(ops: int, modules: int) -> list:
    """What stands in, for so many ops and modules."""
    present: Any = _Present()
    return [*_ops(present), *_functions(present)]


@contextmanager
def recording(recorder: Recorder, opaque):
    """The time of a recording; `opaque` are (class, method name) that are recorded as a barrier."""
    at_work[:] = [recorder]
    places = _places(len(REGISTRY), len(sys.modules))
    before = [(names, name, names[name]) for names, name, _ in places]
    methods = [(cls, name, cls.__dict__[name]) for cls, name in opaque]
    try:
        for names, name, function in places:
            names[name] = function
        for cls, name, method in methods:
            setattr(cls, name, _method(recorder, method))
        Tensor._array = Tensor._any_array = _Watched(recorder)  # type: ignore[assignment]
        watcher.append(recorder.whole)
        yield
    finally:
        watcher.clear()
        Tensor._array = Tensor._any_array = _SLOT
        for cls, name, method in methods:
            setattr(cls, name, method)
        for names, name, function in before:
            names[name] = function


def _method(recorder: Recorder, method):
    def apply(self, *args, **kwargs):
        return recorder.whole(method, (self, *args), kwargs)

    return apply
