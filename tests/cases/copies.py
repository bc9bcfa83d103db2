"""Samples for autograd/ops/copies.py, factors.py and lu.py; the answers are NumPy's and SciPy's."""

import warnings

import numpy as np
import scipy.linalg

from tests.cases import Spec
from tests.cases.arrange import _as_strided
from tests.cases.matrices import BATCH, NONE, PAIR, POSITIVE, SINGULAR, SQUARE, TALL, linalg
from tests.cases.matrices import _solve as solved
from tests.cases.place import quiet
from tests.cases.shape import CUBE, FLAT, INTEGERS, MATRIX, SCALAR, samples

LOWER = np.linalg.cholesky(POSITIVE)
FACTORED = scipy.linalg.lu_factor(SINGULAR + np.eye(3))
PIVOTS = (FACTORED[1] + 1).astype(np.int32)


def _unfold(x, dim, size, step):
    starts = range(0, x.shape[dim] - size + 1, step)
    parts = [np.moveaxis(x.take(range(s, s + size), dim), dim, -1) for s in starts]
    return np.stack(parts, dim)


def _sized(x, sizes, dim=0):
    return tuple(np.split(x, np.cumsum(sizes)[:-1], dim))


def _equal(x, size, dim=0):
    return _sized(x, [min(size, x.shape[dim] - at) for at in range(0, x.shape[dim], size)], dim)


def _chunk(x, chunks, dim=0):
    return _equal(x, -(-x.shape[dim] // chunks), dim)


def _slice(x, dim=0, start=None, end=None, step=1):
    return x[(slice(None),) * (dim % x.ndim) + (slice(start, end, step),)]


def _scattered(x, src, size, stride, start=0):
    out = x.copy().reshape(-1)
    for at in np.ndindex(*size):
        out[start + sum(i * s for i, s in zip(at, stride, strict=True))] = src[at]
    return out.reshape(x.shape)


def _of_factor(b, factor, upper=False):
    a = np.triu(factor).T @ np.triu(factor) if upper else np.tril(factor) @ np.tril(factor).T
    return np.linalg.solve(a, b)


def _triangular(name):
    """PyTorch's function, whose gradient is not 0 where it does not look, given a triangle."""
    def call(*args):
        import torch

        upper = args[-1] is True
        *others, factor = args[:-1] if upper else args
        return getattr(torch, name)(*others, factor.triu() if upper else factor.tril(), upper)

    return call


def _silent(function):
    """Without the warning that a factor is singular."""
    def call(*args):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*args)

    return call


def _lu(a):
    found = [scipy.linalg.lu_factor(x) for x in a.reshape(-1, *a.shape[-2:])]
    size = min(a.shape[-2:])
    return (np.reshape([lu for lu, _ in found], a.shape),
            np.reshape([p + 1 for _, p in found], (*a.shape[:-2], size)).astype(np.int32))


def _unpacked(lu, pivots):
    m, n = lu.shape
    k = min(m, n)
    p = np.eye(m)
    for i, row in enumerate(pivots):
        p[[i, row - 1]] = p[[row - 1, i]]
    return p.T, np.tril(lu[:, :k], -1) + np.eye(m, k), np.triu(lu[:k])


def _largest(a, q=6, niter=2, m=None):
    u, s, vh = np.linalg.svd(a if m is None else a - m, full_matrices=False)
    return u[:, :q], s[:q], vh[:q].T


def _triangle(b, a, upper=True, transpose=False, unitriangular=False):
    t = np.triu(a) if upper else np.tril(a)
    t = t - np.diag(np.diag(t)) + np.eye(len(t)) if unitriangular else t
    return np.linalg.solve(t.T if transpose else t, b), a


CASES = {
    "alias_copy": samples(np.copy, (MATRIX,)),
    "as_strided_copy": samples(_as_strided, (FLAT, (2, 3), (3, 1)), (FLAT, (3, 2), (1, 1), 2)),
    "detach_copy": samples(np.copy, (MATRIX,), order=0),
    "diagonal_copy": samples(np.diagonal, (MATRIX,), (CUBE, 1, 0, -1)),
    "expand_copy": samples(np.broadcast_to, (Spec((2, 1)), (3, 2, 4))),
    "permute_copy": samples(np.transpose, (CUBE, (2, 0, 1))),
    "select_copy": samples(lambda x, dim, index: x.take(index, dim), (CUBE, 1, -1)),
    "slice_copy": samples(_slice, (CUBE, -2, 1, 9, 2), (MATRIX,), (FLAT, 0, -4, -1)),
    "split_copy": samples(_equal, (FLAT, 4), (MATRIX, 2, 1)),
    "split_with_sizes": samples(_sized, (FLAT, [1, 5]), (CUBE, (2, 0, 1), 1)),
    "split_with_sizes_copy": samples(_sized, (FLAT, [2, 4])),
    "squeeze_copy": samples(np.squeeze, (Spec((1, 3, 1)),), (Spec((1, 3, 1)), 0)),
    "t_copy": samples(np.transpose, (MATRIX,), (FLAT,)),
    "transpose_copy": samples(np.swapaxes, (CUBE, 0, -1)),
    "unbind_copy": samples(lambda x, dim=0: tuple(np.moveaxis(x, dim, 0)), (MATRIX, 1), (FLAT,)),
    "unfold_copy": samples(_unfold, (FLAT, 0, 3, 2), (CUBE, 1, 2, 1)),
    "unsqueeze_copy": samples(np.expand_dims, (MATRIX, 1), (SCALAR, 0)),
    "view_copy": samples(np.reshape, (MATRIX, (3, 2)), (INTEGERS, (-1,))),
    "unsafe_split": samples(_equal, (FLAT, 4)),
    "unsafe_split_with_sizes": samples(_sized, (FLAT, [2, 4])),
    "unsafe_chunk": samples(_chunk, (FLAT, 4), (MATRIX, 2, 1)),
    "as_strided_scatter": samples(_scattered, (FLAT, Spec((2, 2)), (2, 2), (3, 1), 1),
                                  (MATRIX, SCALAR, (), (), 5)),
    "cholesky_solve": samples(_of_factor, (Spec((3, 2)), SQUARE), (Spec((3, 1)), SQUARE, True),
                              (Spec((3, 2)), LOWER), torch=_triangular("cholesky_solve")),
    "cholesky_inverse": samples(lambda a, upper=False: _of_factor(np.eye(len(a)), a, upper),
                                (SQUARE,), (SQUARE, True), (NONE,),
                                torch=_triangular("cholesky_inverse")),
    "inv_ex": linalg("inv_ex", lambda a: (np.linalg.inv(a), np.zeros(a.shape[:-2], np.int32)),
                     (SQUARE,), (BATCH,)),
    "solve_ex": linalg("solve_ex", lambda a, b: (solved(a, b), np.zeros(a.shape[:-2], np.int32)),
                       (SQUARE, Spec((3,))), (BATCH, Spec((2, 2, 1)))),
    "triangular_solve": samples(_triangle, (Spec((3, 2)), SQUARE), (Spec((3, 1)), SQUARE, False),
                                (Spec((3, 1)), SQUARE, True, True),
                                (Spec((3, 1)), SQUARE, False, True, True),
                                torch=quiet("triangular_solve")),
    "svd_lowrank": samples(_largest, (TALL, 1), (PAIR[0], 2, 2, np.eye(3)), torch=False),
    "pca_lowrank": samples(lambda a, q: _largest(a - a.mean(0), q), (TALL, 1), torch=False),
    "lu_parts": samples(_lu, (SQUARE,), torch=False),
    "permutation": samples(lambda p, n, dtype: _unpacked(np.eye(3), p)[0],
                           (PIVOTS, 3, np.dtype(np.float64)), torch=False, order=0),
    "first_zero": samples(lambda a: np.array([0, 2], np.int32),
                          (np.stack([POSITIVE, np.diag([1.0, 0, 0])]),), torch=False, order=0),
    "lu_factor": linalg("lu_factor", _lu, (SQUARE,), (BATCH,)) + linalg(
        "lu_factor", _lu, (POSITIVE[:, :2],), (POSITIVE[:2],)),
    "lu_factor_ex": linalg("lu_factor_ex", lambda a: (*_lu(a), np.array(0, np.int32)), (SQUARE,)),
    "linalg_lu": linalg("lu", _silent(scipy.linalg.lu), (SQUARE,), (SINGULAR,), (POSITIVE[:, :2],)),
    "lu": samples(_lu, (SQUARE,), torch=quiet("lu")),
    "lu_unpack": samples(_unpacked, (SQUARE, PIVOTS)),
    "lu_solve": samples(lambda b, lu, p: np.linalg.solve(np.linalg.multi_dot(_unpacked(lu, p)), b),
                        (Spec((3, 2)), SQUARE, PIVOTS), torch=quiet("lu_solve")),
    "linalg_lu_solve": linalg(
        "lu_solve", lambda lu, p, b: np.linalg.solve(np.linalg.multi_dot(_unpacked(lu, p)), b),
        (SQUARE, PIVOTS, Spec((3, 2)))) + linalg(
        "lu_solve", lambda lu, p, b, adjoint: np.linalg.solve(
            np.linalg.multi_dot(_unpacked(lu, p)).T, b), (SQUARE, PIVOTS, Spec((3, 2))),
        adjoint=True) + linalg(
        "lu_solve", lambda lu, p, b, left: b @ np.linalg.inv(np.linalg.multi_dot(_unpacked(lu, p))),
        (SQUARE, PIVOTS, Spec((2, 3))), left=False),
}
