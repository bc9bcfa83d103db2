"""Samples for autograd/ops/shape.py; the answers are NumPy's or come from loops."""

import numpy as np

from tests.cases import Case, Spec

MATRIX, CUBE, FLAT, SCALAR = Spec((2, 3)), Spec((2, 3, 2)), Spec((6,)), Spec(())
EMPTY = Spec((2, 0))
INTEGERS = np.arange(12).reshape(3, 4)


def method(name):
    """PyTorch's method, where its function takes the sizes otherwise or there is none."""
    return lambda x, *args, **kwargs: getattr(x, name)(*args, **kwargs)


def samples(reference, *calls, **options):
    """One sample per tuple of arguments."""
    return [Case(args, reference=reference, **options) for args in calls]


def _sizes(sizes):
    return sizes[0] if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes


def _reshape(x, *sizes):
    return np.reshape(x, _sizes(sizes))


def _flatten(x, start=0, end=-1):
    shape = x.shape or (1,)
    start, end = start % len(shape), end % len(shape)
    return x.reshape(shape[:start] + (-1,) + shape[end + 1:])


def _squeeze(x, dim=None):
    dims = range(x.ndim) if dim is None else [d % x.ndim for d in np.atleast_1d(dim) if x.ndim]
    return np.squeeze(x, tuple(d for d in dims if x.shape[d] == 1))


def _expand(x, *sizes):
    sizes = _sizes(sizes)
    old = (1,) * (len(sizes) - x.ndim) + x.shape
    return np.broadcast_to(x, [o if n == -1 else n for n, o in zip(sizes, old, strict=True)])


def _sum_to_size(x, *size):
    size = _sizes(size)
    while x.ndim > len(size):
        x = x.sum(0)
    for d, n in enumerate(size):
        if n != x.shape[d]:
            x = x.sum(d, keepdims=True)
    return x


def _diagonal_grad(g, offset, dim1, dim2, shape):
    """Element by element: the entry of the output that diagonal reads is the one it fills."""
    out, place = np.zeros(shape), np.arange(int(np.prod(shape))).reshape(shape)
    out.reshape(-1)[np.diagonal(place, offset, dim1, dim2)] = g
    return out


def _triangle(keep):
    def reference(x, diagonal=0):
        out = np.zeros_like(x)
        for index in np.ndindex(x.shape):
            if keep(index[-1] - index[-2], diagonal):
                out[index] = x[index]
        return out

    return reference


def _unfold(x, dimension, size, step):
    if x.ndim == 0:
        return np.full((size,), x)
    count = (x.shape[dimension] - size) // step + 1
    windows = [x.take(range(i * step, i * step + size), dimension) for i in range(count)]
    return np.stack([np.moveaxis(w, dimension, -1) for w in windows], dimension % x.ndim)


def _unfold_grad(g, dimension, step, shape):
    dimension %= len(shape)
    out, (count, size) = np.zeros(shape), (g.shape[dimension], g.shape[-1])
    lines, windows = np.moveaxis(out, dimension, 0), np.moveaxis(g, dimension, 0)
    for i in range(count):
        for j in range(size):
            lines[i * step + j] += windows[i][..., j]
    return out


TRIANGLES = [(Spec((3, 3)),), (Spec((2, 4)), 1), (Spec((4, 2)), -1), (Spec((2, 2, 3)), -2),
             (INTEGERS, 1), (np.full((2, 2), np.nan),), (EMPTY,)]
DIAGONALS = [(MATRIX,), (Spec((3, 2)), 1), (Spec((3, 4)), -1), (CUBE, 0, 2, 1), (CUBE, 1, -1, 0),
             (MATRIX, 5), (INTEGERS, -2)]

CASES = {
    "reshape": samples(_reshape, (MATRIX, (3, 2)), (MATRIX, 3, -1), (CUBE, [-1]), (SCALAR, (1, 1)),
                       (Spec((1,)), ()), (EMPTY, (0, 5)), (INTEGERS, 2, 6),
                       torch=method("reshape")),
    "view": samples(_reshape, (MATRIX, (3, 2)), (MATRIX, 3, -1), (SCALAR, 1), (EMPTY, 0),
                    torch=method("view")),
    "view_as": samples(lambda x, y: x.reshape(y.shape), (MATRIX, np.zeros((3, 2)))),
    "reshape_as": samples(lambda x, y: x.reshape(y.shape), (MATRIX, np.zeros((3, 2)))),
    "_flatten": samples(_flatten, (CUBE, 1, 2), (CUBE, 0, -1),
                        torch=lambda x, *dims: x.flatten(*dims)),
    "flatten": samples(_flatten, (CUBE,), (CUBE, 1), (CUBE, 0, 1), (CUBE, -2, -1), (SCALAR,),
                       (FLAT,), (EMPTY,)),
    "unflatten": [*samples(lambda x, dim, sizes: x.reshape(3, 2),
                           (FLAT, 0, (3, 2)), (FLAT, -1, [-1, 2])),
                  *samples(lambda x, dim, sizes: x.reshape(2, 1, 3, 2), (CUBE, 1, (-1, 3)))],
    "squeeze": samples(_squeeze, (Spec((1, 3, 1)),), (Spec((1, 3, 1)), 0), (Spec((1, 3, 1)), -1),
                       (Spec((1, 3, 1)), 1), (Spec((1, 3, 1)), (0, 1, -1)), (SCALAR,),
                       (SCALAR, 0)),
    "unsqueeze": samples(np.expand_dims, (MATRIX, 0), (MATRIX, -1), (MATRIX, 1), (SCALAR, 0)),
    "transpose": samples(np.swapaxes, (MATRIX, 0, 1), (CUBE, -1, 0), (CUBE, 1, 1), (EMPTY, 0, 1))
    + samples(lambda x, a, b: x, (SCALAR, 0, -1)),
    "swapaxes": samples(np.swapaxes, (CUBE, 0, 2), (CUBE, -2, 0)),
    "permute": samples(lambda x, *dims: np.transpose(x, _sizes(dims)), (CUBE, (2, 0, 1)),
                       (CUBE, 1, -1, 0), (FLAT, [0]), (SCALAR, ()), torch=method("permute")),
    "movedim": samples(np.moveaxis, (CUBE, 0, -1), (CUBE, (0, 2), (1, 0)), (CUBE, [-1], [0])),
    "t": samples(np.transpose, (MATRIX,), (FLAT,), (SCALAR,)),
    "expand": samples(_expand, (Spec((1, 3)), (2, 3)), (Spec((3, 1)), 2, -1, 2), (SCALAR, 2, 2),
                      (MATRIX, -1, -1), (SCALAR, ()), (Spec((1,)), (0,)), torch=method("expand")),
    "expand_as": samples(lambda x, y: np.broadcast_to(x, y.shape), (FLAT, np.zeros((2, 6)))),
    "broadcast_to": samples(np.broadcast_to, (Spec((2, 1)), (3, 2, 2)), (SCALAR, (2,))),
    "sum_to_size": samples(_sum_to_size, (MATRIX, (3,)), (CUBE, 1, 3, 1), (CUBE, (2,)),
                           (CUBE, ()), (MATRIX, 2, 3), torch=method("sum_to_size")),
    "flip": [*samples(lambda x, dims: np.flip(x, dims), (CUBE, (0, -1)), (FLAT, [0])),
             *samples(lambda x, a, b: x[:, ::-1, ::-1], (CUBE, 1, 2), torch=method("flip")),
             *samples(np.flip, (FLAT, 0), torch=method("flip")),
             *samples(lambda x, dims: x, (CUBE, ()), (SCALAR, ()))],
    "clone": samples(lambda x: x, (MATRIX,), (SCALAR,), (EMPTY,), (INTEGERS,)),
    "contiguous": samples(lambda x: x, (MATRIX,), torch=method("contiguous")),
    "diagonal": samples(np.diagonal, *DIAGONALS),
    "diagonal_grad": samples(_diagonal_grad, (Spec((2,)), 1, 0, 1, (2, 3)),
                             (Spec((3, 2)), 0, -1, 0, (2, 3, 4)), (Spec((2,)), -2, 1, 0, (3, 4)),
                             torch=False),
    "diag": samples(np.diag, (Spec((3,)),), (Spec((2,)), 1), (Spec((2,)), -2), (MATRIX,),
                    (Spec((3, 4)), 2), (Spec((4, 2)), -1)),
    "tril": samples(_triangle(lambda offset, k: offset <= k), *TRIANGLES),
    "triu": samples(_triangle(lambda offset, k: offset >= k), *TRIANGLES),
    "unfold": samples(_unfold, (FLAT, 0, 2, 1), (FLAT, -1, 3, 2), (FLAT, 0, 2, 3), (CUBE, 1, 2, 1),
                      (CUBE, 0, 2, 1), (Spec((3, 5)), 1, 5, 1), (SCALAR, 0, 1, 1),
                      (INTEGERS, -2, 2, 1), torch=method("unfold")),
    "unfold_grad": samples(_unfold_grad, (Spec((3, 2)), 0, 1, (4,)),
                           (Spec((2, 2, 3)), 1, 1, (2, 4)), (Spec((2, 2)), 0, 3, (6,)),
                           (Spec((2, 2, 2)), -2, 1, (3, 2)), torch=False),
}
