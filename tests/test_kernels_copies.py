"""Kernels that copy and mix: both tiers against NumPy over shapes, layouts and types."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import gate, threads
from autograd.kernels import reference
from autograd.kernels.thresholds import LEAST, SHARED

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")

both_tiers = pytest.mark.parametrize("tier", [compiled, reference], ids=["compiled", "reference"])
both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])
TYPES = [np.float32, np.float64, np.int64, np.int32, np.float16, np.uint8, bool]
lengths = st.sampled_from([0, 1, 2, 3, 7, 15, 16, 17, 31, 33, 48, 67])


@st.composite
def views(draw, dims, limit=20_000):
    """A view of an array of its own: some dimensions in another order, reversed, with gaps, or
    repeated."""
    shape, size = [], 1
    for _ in range(draw(dims)):
        shape.append(draw(lengths.filter(lambda n, size=size: n * size <= limit)))
        size *= max(shape[-1], 1)
    steps = [draw(st.sampled_from([1, 1, 1, -1, 2, -3])) for _ in shape]
    room = [n * abs(step) for n, step in zip(shape, steps, strict=True)]
    base = np.arange(np.prod(room, dtype=int)).astype(draw(st.sampled_from(TYPES))).reshape(room)
    array = base[tuple(slice(None, None, step) for step in steps)]
    array = array.transpose(draw(st.permutations(range(array.ndim))))
    if draw(st.booleans()) and array.ndim:
        at = draw(st.integers(0, array.ndim - 1))
        array = np.broadcast_to(np.expand_dims(array, at),
                                (*array.shape[:at], 3, *array.shape[at:]))
    return array


@both_tiers
@settings(max_examples=150, deadline=None, derandomize=True)
@given(source=views(st.integers(0, 5)), data=st.data(), count=st.sampled_from([1, 2]))
def test_copies_of_any_views_into_any_views(tier, source, data, count):
    order = data.draw(st.permutations(range(source.ndim)))
    room = np.zeros([source.shape[d] + 2 for d in order] or [1], source.dtype)
    room[...] = 1
    inside = room[tuple(slice(1, -1) for _ in order)] if order else room.reshape(())
    target = inside.transpose(np.argsort(order)) if order else inside
    before, shared = threads._threads, SHARED["copy_"]
    try:
        threads._threads, SHARED["copy_"] = count, 1
        tier.copy_([target], [source])
    finally:
        threads._threads, SHARED["copy_"] = before, shared
    assert target.tobytes() == np.ascontiguousarray(source).tobytes()
    if order:
        inside[...] = 1
        assert (room == 1).all()  # nothing is written beside the target


@both_tiers
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_transposed_copies_keep_every_bit(tier, dtype, order):
    bits = np.random.default_rng(0).integers(0, 256, (37, 18, 49 * np.dtype(dtype).itemsize))
    source = (bits % 2 if dtype is bool else bits).astype(np.uint8).view(dtype).transpose(order)
    target = np.zeros(source.shape, dtype)
    tier.copy_([target], [source])
    assert target.tobytes() == source.tobytes()  # NaNs with their payloads too


@both_tiers
def test_several_copies_of_any_sizes_at_once(tier):
    rng = np.random.default_rng(0)
    sources = [rng.standard_normal(shape) for shape in [(3, 5), (0, 4), (200, 301), (1,), ()]]
    sources.append(sources[2].T)
    targets = [np.zeros(source.shape) for source in sources]
    tier.copy_(targets, sources)
    for target, source in zip(targets, sources, strict=True):
        np.testing.assert_array_equal(target, source)


@pytest.mark.parametrize("least", [1, 1 << 30])
@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.float16])
def test_copies_and_joints_lie_in_rows(least, dtype, monkeypatch):
    for name in ("copy_", "runs"):
        monkeypatch.setitem(LEAST, name, least)
    parts = [np.arange(4 * n * 6).reshape(6, n, 4).T.astype(dtype) for n in (3, 0, 17)]
    found = gate.joined(parts, 1)
    assert found.flags.c_contiguous and found.dtype == dtype
    np.testing.assert_array_equal(found, np.concatenate(parts, 1))
    found = gate.copied(parts[2])
    assert found.flags.c_contiguous and not np.shares_memory(found, parts[2])
    np.testing.assert_array_equal(found, parts[2])


def table(rng, n, size, most, ones):
    """A table of `size` entries with up to `most` of n places each."""
    starts = np.concatenate([[0], np.cumsum(rng.integers(0, most + 1, size))])
    places = rng.integers(0, n, starts[-1])
    return starts, places, None if ones else rng.standard_normal(starts[-1])


def mixed(x, axis, entries):
    """The same by a matrix in float64."""
    starts, places, weights = entries
    matrix = np.zeros((len(starts) - 1, x.shape[axis]))
    for i in range(len(matrix)):
        for k in range(starts[i], starts[i + 1]):
            matrix[i, places[k]] += 1 if weights is None else weights[k]
    return np.moveaxis(np.tensordot(matrix, x.astype(np.float64), (1, axis)), 0, axis)


@both_tiers
@settings(max_examples=100, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**16), planes=st.integers(1, 3), height=st.sampled_from([1, 2, 5, 17]),
       width=st.sampled_from([1, 3, 16, 33]), tall=st.sampled_from([0, 1, 4, 18]),
       wide=st.sampled_from([1, 2, 33, 70]), most=st.sampled_from([1, 2, 4]), ones=st.booleans(),
       which=st.sampled_from(["both", "rows", "columns"]),
       dtype=st.sampled_from([np.float32, np.float64]))  # fmt: skip
def test_mixtures_are_products_with_a_matrix(tier, seed, planes, height, width, tall, wide, most,
                                             ones, which, dtype):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((planes, height, width)).astype(dtype)
    rows = None if which == "columns" else table(rng, height, tall, most, ones)
    columns = None if which == "rows" else table(rng, width, wide, most, ones)
    found, wanted = tier.resample(x, rows, columns), x
    for axis, entries in ((1, rows), (2, columns)):
        wanted = wanted if entries is None else mixed(wanted, axis, entries)
    assert found.dtype == dtype and found.shape == wanted.shape and found.flags.c_contiguous
    np.testing.assert_allclose(found, wanted, atol=3e-5 if dtype == np.float32 else 1e-12)


@both_tiers
@both_types
def test_runs_of_columns_and_equal_rows(tier, dtype):
    x = np.arange(3 * 4 * 20, dtype=dtype).reshape(3, 4, 20)
    places = np.concatenate([[2, 1], np.arange(20), [18, 17, 17]])
    columns = np.arange(len(places) + 1), places, None
    down = np.array([0, 0, 3, 3, 3, 1])
    rows = np.arange(len(down) + 1), down, None
    np.testing.assert_array_equal(tier.resample(x, rows, columns), x[:, down][:, :, places])
    doubled = np.full(len(places), 2.0)
    doubled[5] = 3  # in the middle of what would be a run
    wanted = x[:, :, places] * doubled.astype(dtype)
    np.testing.assert_array_equal(tier.resample(x, None, (*columns[:2], doubled)), wanted)


@both_tiers
def test_infinity_by_a_weight_of_zero_is_nan(tier):
    x = np.array([[[1.0, np.inf, 2.0]]])
    entries = np.array([0, 2, 4]), np.array([0, 1, 0, 2]), np.array([1.0, 0.0, 0.5, 0.5])
    np.testing.assert_array_equal(tier.resample(x, None, entries), [[[np.nan, 1.5]]])


@both_tiers
@pytest.mark.parametrize("place", [-1, 3])
def test_places_of_a_table_lie_within_the_planes(tier, place):
    entries = np.array([0, 1]), np.array([place]), None
    for rows, columns in ((entries, None), (None, entries)):
        with pytest.raises(IndexError, match="does not lie within"):
            tier.resample(np.ones((1, 3, 3)), rows, columns)
