"""Calls that need no Python: they become launches of kernels on arrays that stay where they are."""

from __future__ import annotations

from math import prod

import numpy as np

from ..kernels.compiled import matmul, sums, sweep
from ..kernels.compiled.launch import ONE
from .capturing import CapturingWriter
from .losses import lower as lowered_loss
from .planning import NAMES, Place, start_of
from .program import Call, Value
from .sweeps import Group, contiguous, operands

_VIEWS = ("reshape", "view", "squeeze", "unsqueeze", "transpose", "permute", "expand", "getitem")
_NONE = np.empty(0)


class LoweringWriter(CapturingWriter):
    """Writes a program as Python between lists of launches."""

    def write(self, call: Call) -> None:
        """One call: a view, a part of a sweep, a launch, or a line of Python."""
        self.now = self.program.calls.index(call, self.now)
        if call.name == "random_key":  # it needs nothing that a launch makes
            super().write(call)
        elif not (self._view(call) or self._elementwise(call) or self._product(call)
                or self._sum(call) or lowered_loss(self, call) or self.capture(call)):
            self.flush()
            super().write(call)
        if self.group is None:
            self.release()

    def _view(self, call: Call) -> bool:
        if call.op is None or call.op.name not in _VIEWS or len(call.results) != 1:
            return False
        result, source = call.results[0][1], call.args[0]
        if source.__class__ is not Value or len(list(call.reads())) != 1 or call.effect:
            return False
        if result.base.number != source.base.number or result.strides is None:
            return False
        if self.group is not None and source.number in self.group.own:
            self.close()
        place = self.place(source)
        if place is None:
            return False
        array = call.function(place.array, *call.args[1:], **call.kwargs)
        if array.strides != result.strides or array.shape != result.shape:
            return False
        offset = start_of(array) - start_of(place.array)
        self.places[result.number] = Place(array, place.local, place.offset + offset)
        self.views[result.number] = call
        return True

    def _elementwise(self, call: Call) -> bool:
        found = None if call.effect else operands(call)
        if found is None:
            return False
        instruction, arguments = found
        result = call.results[0][1]
        if self.group is not None and not self.group.fits(result):
            self.close()
        own = self.group.own if self.group is not None else set()
        for argument in arguments:
            if argument.__class__ is Value and argument.number not in own:
                if argument.base.number in own:
                    self.close()
                    own = set()
                if self.place(argument) is None:
                    return False
        if self.group is None:
            self.group = Group(result)
        self.group.add(instruction, arguments, result)
        return True

    def _product(self, call: Call) -> bool:
        name = call.op.name if call.op is not None else ""
        if name not in ("matmul", "linear") or len(call.args) < 2:
            return False
        result = call.results[0][1]
        a, b, bias = (*call.args, None)[:3]
        if any(v.__class__ is not Value or v.dtype is not result.dtype for v in (a, b)):
            return False
        if result.dtype not in ONE or 0 in (*a.shape, *b.shape):
            return False
        flat = len(b.shape) == 2 and len(a.shape) > 2
        if not (len(a.shape) == len(b.shape) == 2 or flat or name == "matmul" and len(
                a.shape) == len(b.shape) == 3 and a.shape[0] == b.shape[0]):
            return False
        self.close()
        before = len(self.used)
        left, right = self._operand(a), self._operand(b)
        offset = _NONE if bias is None else self._operand(bias)
        if left is None or right is None or offset is None or not offset.flags.c_contiguous or (
                flat and not left.flags.c_contiguous):
            del self.used[before:]  # nothing will read them here
            return False
        if flat:
            left = self._derived(a, left.reshape(-1, a.shape[-1]))
        if name == "linear":
            right = self._derived(b, right.T)
        out = self.room(result)
        if flat:
            out = self._derived(result, out.reshape(-1, result.shape[-1]))
        one = ONE[result.dtype]
        work = int(np.prod(a.shape, dtype=np.int64)) * result.shape[-1]
        self.launch(matmul._gemm, result.dtype, (matmul.tools(one), left, right, offset, out),
                    work >= matmul.SHARED)
        return True

    def _sum(self, call: Call) -> bool:
        name = call.op.name if call.op is not None else ""
        if name not in ("sum", "sum_to_size", "mean") or call.effect:
            return False
        x, result = call.args[0], call.results[0][1]
        if x.__class__ is not Value or x.dtype is not result.dtype or x.dtype not in ONE:
            return False
        summed = _summed(call, x, result)
        if 0 in x.shape or x.strides != contiguous(x.shape, x.dtype.itemsize):
            return False
        plan = sums._plan(x.shape, summed)
        middle = _middle(x, summed)
        if plan is None and middle is None or self.place(x) is None:
            return False
        self.close()
        array, out = self._operand(x), self.room(result)
        if plan is None:
            self.launch(sweep.sums, result.dtype, (array, np.array(middle), out), False)
        else:
            self._pieces(array, plan, out)
        if name == "mean":
            self._divide(out, prod([x.shape[dim] for dim in summed]))
        return True

    def _divide(self, out: np.ndarray, count: int) -> None:
        """Divide an array by a number, where it is."""
        names = NAMES["constant"], NAMES["div"]
        code = [out.size, 2, 1, 1, names[0], 0, 0, 0, 0, names[1], -1, -1, 0, 0]
        self.launch(sweep.sweep, out.dtype, (np.array(code, np.int64),
                                             np.array([count], out.dtype), out), False)

    def _pieces(self, array, plan: tuple, out: np.ndarray) -> None:
        """A sum as its op makes it: of pieces, on two threads, then of their sums."""
        shape, table = plan
        kernel = sums._columns if shape[3] > 1 else sums._runs
        block = self.block(8 * prod(shape))
        parts = block[:8 * prod(shape)].view(np.float64)
        self.launch(kernel("sum"), out.dtype, (array, table, parts), array.size >= sums.SHARED)
        self.launch(sweep.collected, out.dtype, (parts, np.array(shape), out), False)
        self.free.append(block)


def _summed(call: Call, x: Value, result: Value) -> tuple:
    """The dimensions that a call sums over, from 0 on."""
    if call.op.name == "sum_to_size":
        lead = len(x.shape) - len(result.shape)
        return tuple([i for i in range(len(x.shape)) if i < lead
                      or result.shape[i - lead] == 1 and x.shape[i] != 1])
    dim = call.args[1] if len(call.args) > 1 else call.kwargs.get("dim")
    dims = range(len(x.shape)) if dim is None or dim == () else (
        dim if isinstance(dim, (tuple, list)) else (dim,))
    return tuple(sorted(d % max(len(x.shape), 1) for d in dims))


def _middle(x: Value, summed: tuple) -> list[int] | None:
    """[outer, length, inner] where the summed dimensions stand together, else None."""
    if summed and summed != tuple(range(summed[0], summed[-1] + 1)):
        return None
    first, last = (summed[0], summed[-1] + 1) if summed else (len(x.shape), len(x.shape))
    return [prod(part) for part in (x.shape[:first], x.shape[first:last], x.shape[last:])]
