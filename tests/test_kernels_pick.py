"""Picking, writing and adding up at computed places: against NumPy and naive sums, both tiers."""

import numpy as np
import pytest

from autograd import threads
from autograd.kernels import reference

compiled = pytest.importorskip("autograd.kernels.compiled")
both_tiers = pytest.mark.parametrize("tier", [reference, compiled], ids=["numpy", "numba"])

SHAPES = [((1,), 0), ((7,), 0), ((3, 5), 0), ((3, 5), 1), ((4, 3, 5), 1), ((2, 70), 0),
          ((70, 300), 0), ((90, 130), 1), ((3, 40, 67), 1), ((9000,), 0)]  # fmt: skip
types = pytest.mark.parametrize(
    ("shape", "dim", "dtype"), [(*case, np.float32) for case in SHAPES] + [
        ((4, 3, 5), 1, kind) for kind in (np.float64, np.int64, np.int32, np.uint8, bool)],
    ids=str)  # fmt: skip


def drawn(shape, dtype=np.float32, seed=0):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    return rng.integers(0, 100, shape).astype(dtype)


def named(shape, dim, count, lowest=0, seed=1):
    """An index of elements, `count` along dim."""
    wanted = (*shape[:dim], count, *shape[dim + 1 :])
    return np.random.default_rng(seed).integers(lowest, shape[dim], wanted)


def each_thread_count(call):
    """The result, the same to the last bit for any number of threads."""
    before, found = threads.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            threads.set_num_threads(count)
            found.append(call())
    finally:
        threads.set_num_threads(before)
    assert len({x.tobytes() for x in found}) == 1
    return found[0]


def same(found, wanted):
    assert found.dtype == wanted.dtype and found.flags.c_contiguous
    np.testing.assert_array_equal(found, wanted, strict=True)


@both_tiers
@types
def test_picked_elements_are_numpys(tier, shape, dim, dtype):
    x = drawn(shape, dtype)
    for given in (x, np.asfortranarray(x), np.repeat(x, 2, -1)[..., ::2]):
        for negative, lowest in ((False, 0), (True, -shape[dim])):
            index = named(shape, dim, 11, lowest)
            wanted = np.take_along_axis(x, index, dim)
            same(each_thread_count(lambda g=given, i=index, n=negative: tier.gather_along(
                g, i, dim, n)), wanted)  # fmt: skip
            rows = named(shape[dim:], 0, 12, lowest)[(..., *[0] * (len(shape) - dim - 1))]
            rows = rows.reshape(2, 6)
            for kind in (np.int64, np.int32, np.int16):
                same(tier.take(given, rows.astype(kind), dim, negative), x.take(rows, dim))


@both_tiers
@types
def test_of_several_writes_the_last_one_stays(tier, shape, dim, dtype):
    x, index = drawn(shape, dtype), named(shape, dim, 2 * shape[dim] + 1)
    src, wanted, last = drawn(index.shape, dtype, 2), x.copy(), np.zeros(index.shape, dtype)
    np.put_along_axis(wanted, index, src, dim)  # in order
    same(each_thread_count(lambda: tier.scatter_along(x, index, src, dim)), wanted)
    half = np.asarray(1, dtype)
    once = x.copy()
    np.put_along_axis(once, index, half, dim)
    same(tier.scatter_along(x.T.copy().T, index, half, dim), once)
    number = np.moveaxis(index, dim, 0)
    moved, of_x = np.moveaxis(last, dim, 0), np.moveaxis(x, dim, 0)
    for j in range(len(number)):
        for place in np.ndindex(number.shape[1:]):
            k = number[(j, *place)]
            if k not in number[(slice(j + 1, None), *place)]:
                moved[(j, *place)] = of_x[(k, *place)]
        if index.size > 300 and j > 3:
            moved[j + 1 :] = np.moveaxis(tier.scatter_src_grad(x, index, dim), dim, 0)[j + 1 :]
            break
    same(each_thread_count(lambda: tier.scatter_src_grad(x, index, dim)), last)


@both_tiers
@types
@pytest.mark.parametrize("times", [0.1, 9])
def test_sums_of_elements_and_of_slices(tier, shape, dim, dtype, times):
    count = max(int(times * shape[dim]), 1)
    index, base = named(shape, dim, count, -shape[dim]), drawn(shape, dtype, 3)
    src, wide = drawn(index.shape, dtype, 2), np.float64 if np.dtype(dtype).kind == "f" else dtype
    sums = np.zeros(shape, wide)
    grid = list(np.indices(index.shape, sparse=True))
    grid[dim] = index
    np.add.at(sums, tuple(grid), src)
    same(each_thread_count(lambda: tier.scatter_sum(src, index, dim, shape, True)),
         sums.astype(dtype))
    same(each_thread_count(lambda: tier.scatter_sum(src, index, dim, shape, True, base)),
         (base + sums).astype(dtype))
    rows = index.reshape(-1)[:count] if count <= shape[dim] else named((shape[dim],), 0, count)
    sums = np.zeros(shape, wide)
    np.add.at(np.moveaxis(sums, dim, 0), rows, np.moveaxis(src, dim, 0))
    given = np.asfortranarray(src)
    same(each_thread_count(lambda: tier.sum_rows(given, rows, dim, shape, True)),
         sums.astype(dtype))
    same(each_thread_count(lambda: tier.sum_rows(src, rows.astype(np.int32), dim, shape, True,
                                                 base)), (base + sums).astype(dtype))  # fmt: skip


@pytest.mark.slow
@both_tiers
@types
@pytest.mark.parametrize("own", [True, False])
def test_products_and_extremes_of_what_is_sent(tier, shape, dim, dtype, own):
    if not own and np.dtype(dtype).kind in "ub":
        return
    index, x = named(shape, dim, 2 * shape[dim] + 1), drawn(shape, dtype)
    src, g = drawn(index.shape, dtype, 2), drawn(shape, dtype, 3)
    rows = named(shape[dim:dim + 1], 0, index.shape[dim])
    grid = list(np.indices(index.shape, sparse=True))
    for places in (index, rows):
        ones = (1,) * (len(shape) - dim - 1)
        grid[dim] = places.reshape((-1, *ones)) if places is rows else index
        at, wide = tuple(grid), np.result_type(dtype, np.int64)
        for name, fold in (("amax", np.maximum), ("amin", np.minimum), ("prod", np.multiply)):
            wanted = x.astype(wide)
            if not own:
                first = np.iinfo(dtype) if np.dtype(dtype).kind == "i" else np.finfo(dtype)
                wanted[at] = {"prod": 1, "amax": first.min, "amin": first.max}[name]
            fold.at(wanted, at, src)
            found = each_thread_count(lambda p=places, n=name: tier.scatter_fold(
                np.asfortranarray(x), p, src, dim, n, own))  # fmt: skip
            if name == "prod":
                np.testing.assert_allclose(found, wanted.astype(dtype), 1e-4)
            else:
                same(found, wanted.astype(dtype))
        if np.dtype(dtype).kind != "f":
            continue
        to_x, to_src = (np.asarray(a) for a in tier.scatter_prod_grad(g, places, x, src, dim, own))
        products = x.astype(np.float64) if own else np.ones(shape)
        np.multiply.at(products, at, src)
        np.testing.assert_allclose(to_src, (g * products)[at] / src, 1e-4)
        touched = np.zeros(shape, bool)
        touched[at] = True
        np.testing.assert_allclose(
            to_x, g * products / x if own else np.where(touched, 0, g), 1e-4)


@both_tiers
def test_products_keep_what_a_zero_leaves_of_the_others_and_extremes_nan(tier):
    x, src = np.array([2, 0, 3, 5], np.float32), np.array([0, 4, 7, 1, np.nan], np.float32)
    index, g = np.array([0, 0, 1, 2, 2]), np.ones(4, np.float32)
    to_x, to_src = tier.scatter_prod_grad(g, index, x, src, 0, True)
    same(to_x, np.array([0, 7, np.nan, 1], np.float32))
    same(to_src, np.array([8, 0, 0, np.nan, 3], np.float32))
    for name in ("amax", "amin"):
        with np.errstate(invalid="ignore"):
            found = tier.scatter_fold(x, index[::-1].copy(), src[::-1].copy(), 0, name, True)
        same(np.isnan(found), np.array([False, False, True, False]))


@both_tiers
@pytest.mark.parametrize("wrong", [5, -1, 10**9, -(10**9), -6])
@pytest.mark.parametrize(("shape", "dim"), [((5,), 0), ((5, 3), 0), ((3, 5), 1), ((5, 70), 0),
                                            ((2, 5, 30), 1)], ids=str)  # fmt: skip
def test_an_index_that_names_no_place_raises(tier, wrong, shape, dim):
    x, index, rows = drawn(shape), named(shape, dim, 9), np.arange(9) % 5
    src, many = drawn(index.shape), np.resize(rows, 9)
    index.reshape(-1)[7], many[7] = wrong, wrong
    wide = wrong < -5 or wrong >= 5  # wrong from the end, too
    for negative in (False, True) if wide else (False,):
        for call in (lambda n=negative: tier.take(x, many, dim, n),
                     lambda n=negative: tier.gather_along(x, index, dim, n),
                     lambda: tier.scatter_along(x, index, src, dim),
                     lambda: tier.scatter_src_grad(x, index, dim),
                     lambda: tier.scatter_fold(x, index, src, dim, "prod", True),
                     lambda: tier.scatter_fold(x, many, src, dim, "amax", False),
                     lambda: tier.scatter_prod_grad(x, index, x, src, dim, True),
                     lambda n=negative: tier.scatter_sum(src, index, dim, shape, n),
                     lambda n=negative: tier.sum_rows(src, many, dim, shape, n),
                     lambda n=negative: tier.sum_rows(
                         src, many, dim, (*shape[:dim], 5, *shape[dim + 1 :]), n, x)):
            with pytest.raises(IndexError):
                call()


@both_tiers
def test_an_index_of_fewer_rows_and_of_none(tier):
    x, index = drawn((4, 6)), np.array([[5, 5, 0], [1, 0, 1]])
    same(tier.gather_along(x, index, 1), np.take_along_axis(x[:2], index, 1))
    src, wanted = drawn((2, 3), seed=2), np.zeros((4, 6))
    for place in np.ndindex(2, 3):
        wanted[place[0], index[place]] += src[place]
    same(tier.scatter_sum(src, index, 1, (4, 6)), wanted.astype(np.float32))
    none = np.empty((4, 0), np.int64)
    same(tier.gather_along(x, none, 1), np.empty((4, 0), np.float32))
    same(tier.take(x, none, 1), np.empty((4, 4, 0), np.float32))
    same(tier.scatter_along(x, none, np.empty((4, 0), np.float32), 1), x)
    same(tier.sum_rows(np.empty((0, 6), np.float32), none[0], 0, (4, 6)), np.zeros_like(x))
    same(tier.scatter_sum(np.empty((4, 0), np.float32), none, 1, (4, 6), False, x), x)
    same(tier.gather_along(np.float32(3) + np.zeros((), np.float32), np.array(0), 0),
         np.array(3, np.float32))


@both_tiers
def test_few_rows_among_very_many(tier):
    index = np.array([7, 99_999, 7, 0, 50_000, 7])
    for columns in (1, 3, 40):
        src, base = drawn((6, columns)), drawn((100_000, columns), seed=2)
        sums = np.zeros((100_000, columns))
        for k, row in zip(index, src, strict=True):
            sums[k] += row
        same(each_thread_count(lambda s=src, c=columns: tier.sum_rows(
            s, index, 0, (100_000, c))), sums.astype(np.float32))  # fmt: skip
        same(tier.sum_rows(src, index, 0, base.shape, False, base),
             (base + sums).astype(np.float32))


@pytest.mark.slow
@both_tiers
@pytest.mark.parametrize("shape", [(1,), (9, 7), (3, 40, 171), (40_000,), (5, 0)], ids=str)
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_masks_are_numpys(tier, shape, share):
    mask = np.random.default_rng(0).random(shape) < share
    same(each_thread_count(lambda: tier.argwhere(mask)), np.argwhere(mask).copy())
    turned = np.asfortranarray(mask)
    same(tier.argwhere(turned), np.argwhere(mask).copy())
    for dtype in (np.float32, np.float64, np.int64, np.uint8):
        x = drawn(shape, dtype)
        picked = each_thread_count(lambda x=x: tier.compress(x, turned))
        same(picked, x[mask])
        same(each_thread_count(lambda g=picked: tier.spread(g, turned)),
             np.where(mask, x, x.dtype.type(0)))
