"""Samples for autograd/ops/join.py; the answers are NumPy's."""

import numpy as np

from tests.cases import Case, Spec
from tests.cases.shape import method, samples

VECTOR, MATRIX, CUBE, SCALAR = Spec((3,)), Spec((2, 3)), Spec((2, 3, 2)), Spec(())
EMPTY = Spec((0,))
INTEGERS = np.arange(6).reshape(2, 3)

JOINED = [([MATRIX, Spec((1, 3))],), ([MATRIX, Spec((2, 1)), MATRIX], 1), ([CUBE, CUBE], -2),
          ((VECTOR, Spec((1,))),), ([MATRIX],), ([Spec((0, 3)), MATRIX],),
          ([INTEGERS, INTEGERS], 1)]
BESIDE = [([VECTOR, Spec((2,))],), ([MATRIX, Spec((2, 1))],), ([SCALAR, SCALAR],)]


def _pieces(function):
    def reference(x, wanted, dim=0):
        if isinstance(wanted, int):
            n = x.shape[dim]
            size = wanted if function == "split" else -(-n // wanted)
            ends = range(size, n, size)
        else:
            ends = np.cumsum(wanted)[:-1]
        return tuple(np.split(x, ends, dim))

    return reference


def _array_split(x, wanted, dim=0):
    return tuple(np.array_split(x, wanted, dim))


def _unbind(x, dim=0):
    return tuple(np.moveaxis(x, dim, 0))


def _tile(x, *times):
    return np.tile(x, times if isinstance(times[0], int) else times[0])


def _repeat(x, repeats, dim=None):
    return np.repeat(x, repeats, dim)


CASES = {
    "cat": [*samples(np.concatenate, *JOINED),
            *samples(lambda t, dim=0: t[1], ([EMPTY, MATRIX], 1), ([EMPTY, VECTOR],))],
    "concat": samples(np.concatenate, *JOINED[:2]),
    "concatenate": samples(np.concatenate, *JOINED[:2]),
    "stack": samples(np.stack, ([MATRIX, MATRIX],), ([MATRIX, MATRIX, MATRIX], 1),
                     ([VECTOR, VECTOR], -1), ([SCALAR, SCALAR],), ((MATRIX,), -2),
                     ([INTEGERS, INTEGERS],), ([EMPTY, EMPTY],)),
    "hstack": samples(np.hstack, *BESIDE, ([SCALAR, VECTOR],), ([CUBE, CUBE],)),
    "vstack": samples(np.vstack, ([VECTOR, VECTOR],), ([MATRIX, VECTOR],), ([SCALAR, SCALAR],)),
    "dstack": samples(np.dstack, ([VECTOR, VECTOR],), ([MATRIX, MATRIX],), ([SCALAR],),
                      ([CUBE, Spec((2, 3, 1))],)),
    "unbind": samples(_unbind, (MATRIX,), (CUBE, -1), (CUBE, 1), (VECTOR,), (INTEGERS, 1)),
    "split": samples(_pieces("split"), (Spec((5, 2)), 2), (CUBE, 1, -1), (MATRIX, [1, 2], 1),
                     (VECTOR, (0, 3)), (VECTOR, 7), (EMPTY, 2), (INTEGERS, 2, 1)),
    "chunk": samples(_pieces("chunk"), (Spec((5, 2)), 4), (MATRIX, 2, 1), (VECTOR, 5),
                     (CUBE, 2, -1)),
    "tensor_split": samples(_array_split, (Spec((5, 2)), 3), (MATRIX, 2, -1), (VECTOR, 5),
                            (Spec((6,)), (1, 4)), (Spec((6,)), [2, 1, 9]), (Spec((6,)), (-2,))),
    "repeat": samples(_tile, (VECTOR, 2), (MATRIX, 2, 3), (MATRIX, (2, 1, 2)), (SCALAR, 3),
                      (VECTOR, 1), (VECTOR, 2, 0), (INTEGERS, 1, 2), torch=method("repeat")),
    "tile": samples(_tile, (MATRIX, (2,)), (MATRIX, (2, 1, 2)), (SCALAR, (2, 2)),
                    (MATRIX, 2, 2), (MATRIX, ()), torch=method("tile")),
    "repeat_interleave": samples(_repeat, (VECTOR, 2), (MATRIX, 2, 1), (MATRIX, 3), (CUBE, 2, -2),
                                 (SCALAR, 3), (MATRIX, np.array([2, 0]), 0),
                                 (VECTOR, np.array([1, 0, 3])), (VECTOR, np.array([2])),
                                 (MATRIX, np.array(2), -1), (MATRIX, 0, 1)),
    "roll": samples(np.roll, (VECTOR, 1), (MATRIX, -2), (MATRIX, 1, 0), (CUBE, (1, -1), (0, 2)),
                    (MATRIX, [4], [-1]), (SCALAR, 2)),
    "rot90": [Case((spec, k, dims), reference=np.rot90)
              for spec, k, dims in [(MATRIX, 1, (0, 1)), (MATRIX, 2, (0, 1)), (MATRIX, -1, (0, 1)),
                                    (CUBE, 3, (2, 0)), (CUBE, 5, (-1, 1)), (MATRIX, 4, [0, 1])]]
    + samples(np.rot90, (MATRIX,)),
}
