"""A list of launches in one call: how a compiled step runs from kernel to kernel without Python.

Each launch is a row of integers: the address of the kernel, whether it computes in float32, the id
of its tuple of arrays, whether it may use the thread pool, and where its flag is, of how many
words. Arrays that lie elsewhere at each replay have stand-ins in those tuples, whose data pointers
are set first. A kernel that finds numbers it cannot do sets its flag: then the replay stops, and
goes on when Python has done that call.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd import threads
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import _POOL, ONE, _call, _share_out, address
from autograd.kernels.compiled.memory import DATA, data, item, vector

ROW = 6  # integers of a launch


@intrinsic
def _store(typing, place, value):
    """Stores an integer at an address."""

    def codegen(context, builder, signature, args):
        pointer = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        builder.store(args[1], pointer)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), codegen


@jit(inner=True)
def _raised(flag, words):
    """Whether any word of a flag is not zero."""
    found, seen = vector(flag, words, np.int32(1)), 0
    for k in range(words):
        seen |= found[k]
    return seen != 0


@jit
def _replay(launches, begin, count, patches, moved, sources, parts, pool):
    """Sets the stand-ins' pointers, then starts kernel after kernel from number `begin` on; the
    number behind one that has raised its flag, 0 at the end."""
    moves = vector(patches, 3 * moved, np.int64(1))
    for k in range(0, 3 * moved, 3):
        _store(moves[k] + DATA, data(item(sources, moves[k + 1])) + moves[k + 2])
    rows = vector(launches, ROW * count, np.int64(1))
    for k in range(ROW * begin, ROW * count, ROW):
        kernel, narrow, arrays = rows[k], rows[k + 1], rows[k + 2]
        shared = rows[k + 3] == 1 and parts > 1
        if narrow:
            if not shared or not _share_out(kernel, np.float32(1), arrays, parts, pool):
                _call(kernel, np.float32(1), arrays, 1, 0)
        elif not shared or not _share_out(kernel, np.float64(1), arrays, parts, pool):
            _call(kernel, np.float64(1), arrays, 1, 0)
        if rows[k + 4] and _raised(rows[k + 4], rows[k + 5]):
            return k // ROW + 1
    return 0


class Launch:
    """A kernel, the dtype it computes in, its arrays, whether the pool may be used; the array that
    is its flag, if it has one, and what to do where it is raised: a function that gives the number
    of launches behind this one to leave out."""

    __slots__ = ("kernel", "dtype", "arrays", "parallel", "flag", "mend")

    def __init__(self, kernel, dtype, arrays: tuple, parallel: bool, flag=None, mend=None) -> None:
        self.kernel, self.dtype, self.arrays, self.parallel = kernel, dtype, arrays, parallel
        self.flag, self.mend = flag, mend

    def row(self) -> tuple:
        """The integers that `_replay` reads."""
        flag = (0, 0) if self.flag is None else (self.flag.ctypes.data, self.flag.nbytes // 4)
        return (address(self.kernel, ONE[self.dtype]), int(self.dtype == np.float32),
                id(self.arrays), int(self.parallel), *flag)


class Launches:
    """A list of launches, and of (stand-in, number of its source, offset in bytes); called with
    the tuple of the sources."""

    def __init__(self, launches: list[Launch], moved: list) -> None:
        self.launches, self._moved = launches, moved
        self._rows = np.array([launch.row() for launch in launches], np.int64).reshape(-1)
        self._moves = np.array([(id(array), source, offset) for array, source, offset in moved],
                               np.int64).reshape(-1)
        self._numbers = (len(launches), self._moves.ctypes.data, len(moved))
        self._address = self._rows.ctypes.data

    def __call__(self, sources: tuple) -> None:
        done = _replay(self._address, 0, *self._numbers, id(sources), threads.parts(), _POOL)
        while done:
            launch = self.launches[done - 1]
            launch.flag[...] = 0
            done += launch.mend()
            done = _replay(self._address, done, *self._numbers, id(sources), threads.parts(),
                           _POOL)
