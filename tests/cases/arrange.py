"""Samples for autograd/ops/arrange.py, blocks.py and memory.py; the answers are NumPy's, SciPy's or
come from itertools and loops."""

import itertools

import numpy as np
from scipy.linalg import block_diag

from tests.cases import Spec
from tests.cases.shape import CUBE, EMPTY, FLAT, INTEGERS, MATRIX, SCALAR, samples

DEEP = Spec((2, 3, 4))


def _listed(function):
    """NumPy's function of a list, as a function of its members or of the list."""
    def reference(*arrays):
        arrays = arrays[0] if isinstance(arrays[0], list) else arrays
        return tuple(np.array(a) for a in function(*arrays))

    return reference


def _atleast(function):
    def reference(*arrays):
        arrays = arrays[0] if isinstance(arrays[0], list) else arrays
        return tuple(function(a) for a in arrays)

    return reference


def _diag_embed(x, offset=0, dim1=-2, dim2=-1):
    ndim, n = x.ndim + 1, x.shape[-1] + abs(offset)
    dim1, dim2 = dim1 % ndim, dim2 % ndim
    out = np.zeros((*x.shape[:-1], n, n))
    for k in range(x.shape[-1]):
        out[..., k + max(-offset, 0), k + max(offset, 0)] = x[..., k]
    return np.moveaxis(out, (-2, -1), (dim1, dim2))


def _cartesian(*arrays):
    if len(arrays) == 1:
        return arrays[0]
    return np.array(list(itertools.product(*arrays))).reshape(-1, len(arrays))


def _combinations(x, r=2, with_replacement=False):
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(choose(x, r)) if r else []
    return np.array(rows, x.dtype).reshape(len(rows), r) if r else np.zeros(0)


def _as_strided(x, size, stride, start=0):
    out = np.zeros(size)
    for at in np.ndindex(*size):
        out[at] = x.reshape(-1)[start + sum(i * s for i, s in zip(at, stride, strict=True))]
    return out


def _as_strided_grad(g, size, stride, start, shape):
    out = np.zeros(shape)
    for at in np.ndindex(*size):
        out.reshape(-1)[start + sum(i * s for i, s in zip(at, stride, strict=True))] += g[at]
    return out


def _vander(x, n=None):
    """PyTorch's other vander: this one writes over what its gradient needs."""
    import torch

    return torch.linalg.vander(x, N=n).flip(-1)


def renamed(name):
    """PyTorch's method of this name on a copy, as ours is called."""
    return lambda x, *args: getattr(x.clone(), name)(*args)


CASES = {
    "ravel": samples(np.ravel, (MATRIX,), (SCALAR,), (EMPTY,), (CUBE,), (INTEGERS,)),
    "broadcast_tensors": samples(_listed(np.broadcast_arrays), (Spec((2, 1)), np.ones(3)),
                                 (SCALAR, np.ones((0,)), np.ones((2, 1))), (MATRIX,)),
    "atleast_1d": samples(_atleast(np.atleast_1d), (SCALAR,), (MATRIX,), ([SCALAR, INTEGERS],),
                          (SCALAR, INTEGERS)),
    "atleast_2d": samples(_atleast(np.atleast_2d), (SCALAR,), (FLAT,), (CUBE,),
                          ([FLAT, INTEGERS],)),
    "atleast_3d": samples(_atleast(np.atleast_3d), (SCALAR,), (FLAT,), (MATRIX,), (DEEP,),
                          (FLAT, INTEGERS)),
    "column_stack": samples(np.column_stack, ([FLAT, Spec((6, 2))],), ([SCALAR, SCALAR],),
                            ([MATRIX, MATRIX],)),
    "row_stack": samples(np.vstack, ([FLAT, Spec((2, 6))],), ([SCALAR, SCALAR],)),
    "hsplit": samples(lambda x, n: tuple(np.hsplit(x, n)), (FLAT, 3), (DEEP, [1, 2]), (MATRIX, 1),
                      (FLAT, [4, 2])),
    "vsplit": samples(lambda x, n: tuple(np.vsplit(x, n)), (MATRIX, 2), (DEEP, [1])),
    "dsplit": samples(lambda x, n: tuple(np.dsplit(x, n)), (DEEP, 2), (DEEP, [-1])),
    "fliplr": samples(np.fliplr, (MATRIX,), (CUBE,), (INTEGERS,)),
    "flipud": samples(np.flipud, (FLAT,), (CUBE,), (EMPTY,)),
    "narrow_copy": samples(lambda x, dim, start, n: x.take(range(start, start + n), dim),
                           (CUBE, 1, 1, 2), (FLAT, -1, 2, 0)),
    "diag_embed": samples(_diag_embed, (FLAT,), (MATRIX, 1), (MATRIX, -2), (CUBE, 0, 0, 2),
                          (MATRIX, 1, 2, 0), (MATRIX, 1, -1, -2), (EMPTY,)),
    "diagflat": samples(lambda x, k=0: np.diagflat(x, k), (MATRIX,), (SCALAR, 1), (FLAT, -2)),
    "join_blocks": samples(lambda parts: block_diag(*parts),
                           ([MATRIX, Spec((1, 2)), Spec((0, 3))],), torch=False),
    "block_diag": samples(block_diag, (MATRIX, SCALAR, Spec((2,))), (MATRIX,),
                          (Spec((0, 2)), MATRIX), (INTEGERS, np.array(5))),
    "cartesian_prod": samples(_cartesian, (FLAT, Spec((2,))), (Spec((2,)), Spec((3,)), Spec((1,))),
                              (np.arange(2), np.arange(3))) + samples(
        _cartesian, (FLAT, Spec((0,)))),
    "combinations": samples(_combinations, (FLAT,), (FLAT, 3), (Spec((3,)), 2, True),
                            (Spec((1,)), 2), (np.arange(4), 1))
    + samples(_combinations, (FLAT, 0), torch=False),
    "vander": samples(np.vander, (Spec((3,)),), (Spec((3,)), 2), (np.array([0, 2, 3]),),
                      torch=_vander)
    + samples(np.vander, (Spec((2,)), 4, True), (Spec((3,)), 1), torch=False)
    + samples(lambda x, n: np.zeros((3, 0)), (Spec((3,)), 0), torch=False),
    "as_strided": samples(_as_strided, (FLAT, (2, 3), (3, 1)), (FLAT, (3, 2), (1, 1), 2),
                          (MATRIX, (2, 2), (0, 2), 1), (FLAT, (), (), 3), (MATRIX, (0, 2), (9, 9)),
                          (SCALAR, (2,), (0,))),
    "as_strided_view": samples(_as_strided, (MATRIX, (3, 2), (1, 2), 1), torch=False),
    "as_strided_grad": samples(_as_strided_grad, (Spec((3, 2)), (3, 2), (1, 1), 2, (6,)),
                               (Spec((2, 2)), (2, 2), (0, 2), 1, (2, 3)), torch=False),
    "as_strided_": samples(_as_strided, (MATRIX, (2, 2), (3, 1)), torch=renamed("as_strided_")),
    "squeeze_": samples(lambda x, *dim: x.reshape(3), (Spec((1, 3, 1)),), (Spec((1, 3)), 0),
                        torch=renamed("squeeze_")),
    "unsqueeze_": samples(np.expand_dims, (MATRIX, 0), (MATRIX, -1), torch=renamed("unsqueeze_")),
    "transpose_": samples(np.swapaxes, (CUBE, 0, -1), torch=renamed("transpose_")),
    "swapaxes_": samples(np.swapaxes, (CUBE, 0, -1), torch=renamed("swapaxes_")),
    "t_": samples(np.transpose, (MATRIX,), (FLAT,), torch=renamed("t_")),
    "new": samples(lambda x, data: np.array(data, float), (FLAT, [1, 2, 3]), torch=False, order=0),
}
