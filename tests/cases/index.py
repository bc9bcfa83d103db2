"""Samples for autograd/ops/index.py and scatter.py; the answers are NumPy's or come from loops."""

import numpy as np

from tests.cases import Case, Spec

VECTOR, MATRIX, CUBE, SCALAR = Spec((5,)), Spec((3, 4)), Spec((2, 3, 4)), Spec(())
I, J = np.array([2, 0, 2]), np.array([-1, 1, 0])  # noqa: E741
GRID = np.array([[0, 2], [2, 2]])
ROWS, COLUMN = np.array([[1], [0]]), np.array([0, 3])
MASK = np.array([[True, False, True, False], [False] * 4, [True, True, False, True]])
FIRST = np.array([True, False, True])
ALL = slice(None)
GATHERED = np.array([[3, 0, 0], [1, 1, 2], [0, 3, 3]])  # along dim 1 of a (3, 4), with repeats
APART = np.array([[3, 0, 1], [1, 0, 2], [0, 3, 2]])
DOWN = np.array([[2, 0, 2, 1], [2, 1, 0, 2]])           # along dim 0 of a (3, 4), with repeats


def samples(reference, *calls, **options):
    """One sample per tuple of arguments."""
    return [Case(args, reference=reference, **options) for args in calls]


def indexed(x, index):
    return x[index]


def _integers_first(x, index):
    """PyTorch takes integers before it looks at the arrays; NumPy mixes the two."""
    return x[0][:, [2, 0, 2]]


def _getitem_grad(g, index, shape):
    out = np.zeros(shape)
    np.add.at(out, index, g)
    return out


def _gather(x, dim, index):
    if x.ndim == 0:
        return np.full(index.shape, x)
    out = np.empty(index.shape, x.dtype)
    for place in np.ndindex(index.shape):
        source = list(place)
        if source:
            source[dim] = index[place]
        out[place] = x[tuple(source) or int(index)]
    return out


def _scatter(combine):
    def reference(x, dim, index, src=None, *, value=None):
        out = x.copy()
        for place in np.ndindex(index.shape):
            target = list(place)
            if target:
                target[dim] = index[place]
            number = value if src is None else src[place] if np.ndim(src) else src
            out[tuple(target)] = combine(out[tuple(target)], number)
        return out

    return reference


_written, _added = _scatter(lambda old, new: new), _scatter(lambda old, new: old + new)


def _scatter_sum(g, index, dim, shape):
    return _added(np.zeros(shape), dim, index, g)


def _src_grad(g, index, dim):
    out = np.zeros(index.shape)
    for place in np.ndindex(index.shape):
        later = index[(*place[:dim], slice(place[dim] + 1, None), *place[dim + 1:])]
        if index[place] not in later:
            out[place] = g[(*place[:dim], index[place], *place[dim + 1:])]
    return out


def _take_along_dim(x, index, dim=None):
    if dim is None:
        return x.reshape(-1)[index.reshape(-1)]
    shape = np.broadcast_shapes(x.take([0], dim).shape, index.take([0], dim).shape)
    both = []
    for a in (x, index):
        wide = list(shape)
        wide[dim] = a.shape[dim]
        both.append(np.broadcast_to(a, wide))
    return np.take_along_axis(*both, dim)


def _index_add(x, dim, index, source, alpha=1):
    out = x.copy()
    for i, k in enumerate(np.atleast_1d(index)):
        out[(ALL,) * (dim % x.ndim) + (k,)] += alpha * source.take(i, dim)
    return out


def _sum_rows(g, index, dim, shape):
    return _index_add(np.zeros(shape), dim, index, g)


def _index_put(x, indices, values, accumulate=False):
    out = x.copy()
    if accumulate:
        np.add.at(out, tuple(indices), values)
    else:
        out[tuple(indices)] = values
    return out


def _put_at(x, values, index):
    return _index_put(x, index, values)


def _index_fill(x, dim, index, value):
    out = x.copy()
    out[(ALL,) * (dim % x.ndim) + (index,)] = value
    return out


def _masked_select(x, mask):
    return np.array([a for a, m in zip(*(b.ravel() for b in np.broadcast_arrays(x, mask)),
                                       strict=True) if m])


BASIC = [1, -2, slice(1, None), slice(None, None, 2), slice(-2, None), ..., None, (0, 1),
         (ALL, 1), (..., 0), (None, 1, ..., None), (slice(0, 0), 2), (), (1, slice(3, 1))]
ADVANCED = [I, GRID, [0, 1, 1], (I, J), (ALL, I), (ALL, J), (ROWS, COLUMN), (GRID, 1), (-1, J),
            (..., I), (None, I), (I, None, J), (I, slice(1, 3)), (slice(1, 3), J), np.array(1),
            np.array([], np.int64)]
MASKED = [MASK, FIRST, (FIRST, 1), (FIRST, J[:2]), (ALL, MASK[0]), (None, MASK),
          [False, True, False], np.zeros((3, 4), bool), True, False]

CASES = {
    "getitem": [*samples(indexed, *[(MATRIX, index) for index in BASIC + ADVANCED + MASKED],
                         torch=indexed),
                *samples(indexed, (CUBE, (J[1:], ALL, I[1:])), (CUBE, (ALL, I, J)), (CUBE, (1, I)),
                         (CUBE, (GRID[:1, :1], I)), (SCALAR, ...), (SCALAR, None), (SCALAR, ()),
                         (SCALAR, True), (np.arange(6), I), torch=indexed),
                *samples(_integers_first, (CUBE, (0, ALL, I)), (CUBE, (np.array(0), ..., I)),
                         torch=indexed)],
    "getitem_grad": [
        *samples(_getitem_grad, (Spec((3,)), I, (4,)), (Spec((3, 2)), I, (3, 2)),
                 (Spec((3,)), (I, J), (3, 4)), (Spec((2, 3)), (ALL, J), (2, 3)),
                 (Spec((2,)), 1, (3, 2)), (Spec((5,)), MASK, (3, 4)),
                 (Spec((3, 2)), (J, slice(1, 3)), (3, 4)), torch=False),
        *samples(_getitem_grad, (Spec((2, 2)), GRID, (3,)), torch=False)],
    "select": samples(lambda x, dim, i: np.take(x, i, dim), (CUBE, 0, 1), (CUBE, -1, -2),
                      (VECTOR, 0, 4)),
    "narrow": samples(lambda x, dim, start, n: x.take(range(start, start + n), dim),
                      (CUBE, 1, 0, 2), (CUBE, -1, -3, 2), (VECTOR, 0, 2, 0), (VECTOR, 0, 5, 0)),
    "index_select": [*samples(lambda x, dim, index: np.take(x, index, dim), (MATRIX, 0, I),
                              (MATRIX, -1, np.array([3, 3])), (CUBE, 1, I),
                              (VECTOR, 0, np.array([], np.int64)), (np.arange(4), 0, I)),
                     *samples(lambda x, dim, index: x.take([1], dim), (MATRIX, 1, np.array(1))),
                     *samples(lambda x, dim, index: x, (SCALAR, 0, np.array([0])))],
    "select_rows": samples(lambda x, index, dim: np.take(x, index, dim), (MATRIX, I, 0),
                           (CUBE, I, 1), torch=False),
    "sum_rows": samples(_sum_rows, (Spec((3, 2)), I, 0, (4, 2)), (Spec((2, 3)), I, 1, (2, 3)),
                        (Spec((3,)), I, 0, (3,)), torch=False),
    "masked_select": samples(_masked_select, (MATRIX, MASK), (MATRIX, MASK[0]), (Spec((4,)), MASK),
                             (SCALAR, np.array(True)), (SCALAR, np.array([True, False, True])),
                             (MATRIX, ~MASK)),
    "argwhere": samples(np.argwhere, (MASK,), (np.array([0.0, 2.0, -1.0]),), (np.array(3),),
                        (np.array(0),), (np.zeros((0, 2)),))
    + samples(np.argwhere, (MATRIX,), order=0),
    "nonzero": [*samples(np.argwhere, (MASK,), (np.array([0, 2, 5]),), (np.array(3),)),
                Case((MASK,), {"as_tuple": True}, reference=lambda x, as_tuple: np.nonzero(x)),
                Case((np.array(3.0),), {"as_tuple": True},
                     reference=lambda x, as_tuple: (np.array([0]),))],
    "gather": samples(_gather, (MATRIX, 1, GATHERED), (MATRIX, 0, DOWN), (MATRIX, -1, GATHERED[:2]),
                      (VECTOR, 0, np.array([4, 4, 0])), (SCALAR, 0, np.array(0)),
                      (SCALAR, 0, np.array([0, 0])), (VECTOR, 0, np.array(3)),
                      (CUBE, 2, np.array([[[1], [0]]])), (np.arange(5), 0, I),
                      (MATRIX, 0, np.zeros((0, 4), np.int64))),
    "gather_along": samples(lambda x, index, dim: _gather(x, dim, index),
                            (MATRIX, GATHERED, 1), (CUBE, np.array([[[1], [0]]]), 2), torch=False),
    "scatter_sum": samples(_scatter_sum, (Spec((3, 3)), GATHERED, 1, (3, 4)),
                           (Spec((2, 4)), DOWN, 0, (3, 5)), (Spec((3,)), I, 0, (4,)), torch=False),
    "take_along_dim": samples(
        _take_along_dim, (MATRIX, GATHERED, 1), (MATRIX, DOWN, 0), (MATRIX, np.array([[1, 11]])),
        (MATRIX, np.array([[0, 2]]), 1), (Spec((1, 4)), GATHERED - 1, -1), (VECTOR, I, 0)),
    # where an index comes twice PyTorch's gradient of src is wrong, as its documentation says
    "scatter": [*samples(_written, (MATRIX, 1, GATHERED, Spec((3, 3))),
                         (MATRIX, 0, DOWN, Spec((2, 4))), (VECTOR, 0, I, Spec((3,))), torch=False),
                *samples(_written, (MATRIX, 0, DOWN, 1.5), (MATRIX, -1, APART, Spec((3, 3))),
                         (VECTOR, 0, APART[0], Spec((3,))), (np.arange(5), 0, I, 7)),
                *samples(_written, (MATRIX, 0, DOWN[:1], Spec((2, 4))), torch=False),
                *samples(lambda x, dim, index, src: src, (SCALAR, 0, np.array(0), SCALAR),
                         torch=False),
                Case((MATRIX, -1, GATHERED), {"value": -2.0}, reference=_written)],
    "scatter_along": samples(lambda x, index, src, dim: _written(x, dim, index, src),
                             (MATRIX, GATHERED, Spec((3, 3)), 1), (MATRIX, DOWN, SCALAR, 0),
                             (VECTOR, I, Spec((3,)), 0), torch=False),
    "scatter_src_grad": samples(_src_grad, (Spec((3, 5)), GATHERED, 1), (Spec((4, 4)), DOWN, 0),
                                torch=False),
    "scatter_add_along": samples(lambda x, index, src, dim: _added(x, dim, index, src),
                                 (MATRIX, GATHERED, Spec((3, 3)), 1),
                                 (VECTOR, I, Spec((3,)), 0), torch=False),
    "scatter_add": samples(_added, (MATRIX, 1, GATHERED, Spec((3, 3))),
                           (MATRIX, 0, DOWN, Spec((2, 4))), (VECTOR, 0, I, Spec((3,))),
                           (np.arange(5), 0, I, np.array([1, 2, 3])))
    + samples(_added, (MATRIX, 0, DOWN[:1], Spec((2, 4))), torch=False),  # src larger than index
    "add_rows": samples(lambda x, index, source, dim: _index_add(x, dim, index, source),
                        (MATRIX, I, Spec((3, 4)), 0), (MATRIX, I, Spec((3, 3)), 1), torch=False),
    "index_add": [*samples(_index_add, (MATRIX, 0, I, Spec((3, 4))), (MATRIX, -1, I, Spec((3, 3))),
                           (VECTOR, 0, np.array([4]), Spec((1,))),
                           (np.arange(5), 0, I, np.array([1, 2, 3]))),
                  *samples(lambda x, dim, index, source: x + source,
                           (SCALAR, 0, np.array([0]), SCALAR)),
                  Case((MATRIX, 0, I, Spec((3, 4))), {"alpha": -1.5}, reference=_index_add)],
    "index_put": [*samples(_index_put, (MATRIX, (I,), Spec((4,))), torch=False),
                  *samples(_index_put, (MATRIX, (I, J), Spec((3,))), (MATRIX, (I[:2],), Spec((4,))),
                           (MATRIX, (MASK,), SCALAR), (MATRIX, (FIRST,), Spec((2, 4))),
                           (MATRIX, (ROWS, COLUMN), Spec((2, 1))),
                           (MATRIX, (I, J), Spec((3,)), True), (MATRIX, (I,), Spec((4,)), True),
                           (MATRIX, (MASK,), Spec((5,)), True)),
                  Case((VECTOR, (I,), Spec((3,))), {"accumulate": True}, reference=_index_put)],
    "add_at": samples(lambda x, values, index: _index_put(x, index, values, True),
                      (MATRIX, Spec((3,)), (I, J)), (MATRIX, Spec((3, 4)), (I,)), torch=False),
    "put_at": samples(_put_at, (MATRIX, Spec((3,)), (I, J)), (MATRIX, SCALAR, (ALL, I)),
                      (MATRIX, Spec((4,)), (I,)), torch=False),
    "index_fill": [*samples(_index_fill, (MATRIX, 0, I, 1.5), (MATRIX, -1, I, SCALAR),
                            (VECTOR, 0, np.array([], np.int64), 2.0), (np.arange(5), 0, I, 9)),
                   *samples(_index_fill, (MATRIX, -1, J, SCALAR), torch=False),
                   *samples(lambda x, dim, index, value: np.array(value),
                            (SCALAR, 0, np.array([0]), 2.5))],
}
