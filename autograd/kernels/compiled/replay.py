"""A list of launches in one call: how a compiled step runs from kernel to kernel without Python.

Each launch is a row of integers: the address of the kernel, whether it computes in float32, the id
of its tuple of arrays, and whether it may use the thread pool. Arrays that lie elsewhere at each
replay have stand-ins in those tuples, whose data pointers are set first.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd import threads
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import _POOL, ONE, _call, _share_out, address
from autograd.kernels.compiled.memory import DATA, data, item, vector

ROW = 4  # integers of a launch


@intrinsic
def _store(typing, place, value):
    """Stores an integer at an address."""

    def codegen(context, builder, signature, args):
        pointer = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        builder.store(args[1], pointer)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), codegen


@jit
def _replay(launches, count, patches, moved, sources, parts, pool):
    """Sets the stand-ins' pointers, then starts kernel after kernel."""
    moves = vector(patches, 3 * moved, np.int64(1))
    for k in range(0, 3 * moved, 3):
        _store(moves[k] + DATA, data(item(sources, moves[k + 1])) + moves[k + 2])
    rows = vector(launches, ROW * count, np.int64(1))
    for k in range(0, ROW * count, ROW):
        kernel, narrow, arrays = rows[k], rows[k + 1], rows[k + 2]
        shared = rows[k + 3] == 1 and parts > 1
        if narrow:
            if not shared or not _share_out(kernel, np.float32(1), arrays, parts, pool):
                _call(kernel, np.float32(1), arrays, 1, 0)
        elif not shared or not _share_out(kernel, np.float64(1), arrays, parts, pool):
            _call(kernel, np.float64(1), arrays, 1, 0)


class Launches:
    """A list of (kernel, dtype, arrays, whether on the pool), and of (stand-in, number of its
    source, offset in bytes); called with the tuple of the sources."""

    def __init__(self, launches: list, moved: list) -> None:
        self._kept = launches, moved
        rows = [(address(kernel, ONE[dtype]), int(dtype == np.float32), id(arrays),
                 int(parallel)) for kernel, dtype, arrays, parallel in launches]
        self._rows = np.array(rows, np.int64).reshape(-1)
        self._moves = np.array([(id(array), source, offset) for array, source, offset in moved],
                               np.int64).reshape(-1)
        self._numbers = (self._rows.ctypes.data, len(launches), self._moves.ctypes.data,
                         len(moved))

    def __call__(self, sources: tuple) -> None:
        _replay(*self._numbers, id(sources), threads.parts(), _POOL)
