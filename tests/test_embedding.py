"""Embedding and one_hot: which rows get a gradient, and indices that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import threads
from autograd.kernels import reference
from autograd.ops.embedding import embedding, one_hot


def table(rows, columns):
    values = np.arange(float(rows * columns)).reshape(rows, columns)
    return autograd.tensor(values, requires_grad=True)


def ids(*values):
    return autograd.tensor(values, dtype=autograd.int64)


def test_repeated_rows_get_the_sum():
    w = table(4, 2)
    y = embedding(ids(3, 1, 3), w)
    y.backward(autograd.tensor([[1.0, 2], [3, 4], [5, 6]], dtype=autograd.float64))
    assert y.tolist() == [[6, 7], [2, 3], [6, 7]]
    assert w.grad.tolist() == [[0, 0], [3, 4], [0, 0], [6, 8]]


@pytest.mark.parametrize("padding_idx", [1, -3])
def test_the_padding_row_gets_none(padding_idx):
    w = table(4, 2)
    y = embedding(ids(3, 1, 1), w, padding_idx)
    grad, = autograd.grad((y * y).sum(), w, create_graph=True)
    assert grad.tolist() == [[0, 0], [0, 0], [0, 0], [12, 14]]
    second, = autograd.grad(grad.sum(), w)
    assert second.tolist() == [[0, 0], [0, 0], [0, 0], [2, 2]]


def test_many_indices_against_a_loop():
    rng = np.random.default_rng(0)
    w, index = table(50, 8), rng.integers(0, 50, (40, 5))
    g = rng.standard_normal((40, 5, 8))
    embedding(autograd.tensor(index), w).backward(autograd.tensor(g))
    wanted = np.zeros((50, 8))
    for place in np.ndindex(index.shape):
        wanted[index[place]] += g[place]
    np.testing.assert_allclose(w.grad, wanted, 1e-12, 1e-12)


@pytest.mark.parametrize("index, text", [
    ([0, 5], "embedding: index 5 at position 1 of the index is out of range for dimension 0 of "
             "size 5; choose from 0 to 4"),
    ([[0, 1], [-1, 9]], "embedding: index -1 at position (1, 0) of the index is out of range"),
    (7, "embedding: index 7 is out of range for dimension 0 of size 5"),
])
def test_an_index_out_of_range(index, text):
    with pytest.raises(IndexError) as error:
        embedding(autograd.tensor(index), table(5, 2))
    assert str(error.value).startswith(text)


def test_what_does_not_fit():
    with pytest.raises(TypeError, match=r"must be a Tensor of integers, got .*float32; .long\(\)"):
        embedding(autograd.zeros(3), table(5, 2))
    with pytest.raises(RuntimeError, match=r"weight must be \(rows, columns\), got \(5,\)"):
        embedding(ids(1), autograd.zeros(5))
    with pytest.raises(IndexError, match=r"padding_idx 5 is not in \[-5, 4\]"):
        embedding(ids(1), table(5, 2), 5)


def test_one_hot_finds_its_number_of_classes():
    assert one_hot(ids(1, 0)).tolist() == [[0, 1], [1, 0]]
    assert one_hot(autograd.tensor(2), 4).tolist() == [0, 0, 1, 0]
    assert one_hot(autograd.zeros((0, 2), dtype=autograd.int64), 3).shape == (0, 2, 3)


def test_one_hot_of_what_does_not_fit():
    with pytest.raises(IndexError, match="one_hot: index 3 at position 1 of the index is out of "
                                         "range for dimension 1 of size 3; choose from 0 to 2"):
        one_hot(ids(0, 3), 3)
    with pytest.raises(IndexError, match="one_hot: index -1"):
        one_hot(ids(-1))
    with pytest.raises(TypeError, match="one_hot: index must be a Tensor of integers"):
        one_hot(autograd.zeros(2))
    with pytest.raises(ValueError, match="one_hot: num_classes is needed where there is no index"):
        one_hot(autograd.zeros(0, dtype=autograd.int64))


COUNT = 1 << 17


@pytest.mark.parametrize("columns", [1, 20, 64])
@pytest.mark.parametrize("rows", [2, 3 * COUNT])
def test_a_row_that_comes_up_often_keeps_its_digits(rows, columns):
    count = COUNT // columns
    g = np.random.default_rng(0).uniform(0.05, 0.15, (count, columns)).astype(np.float32)
    index = autograd.tensor(np.ones(count, np.int64))
    w = autograd.zeros(rows, columns, requires_grad=True)
    embedding(index, w).backward(autograd.tensor(g))
    wanted = g.astype(np.float64).sum(0)
    np.testing.assert_allclose(w.grad.numpy()[1], wanted, 1e-7)
    assert not w.grad.numpy()[2:].any() and not w.grad.numpy()[0].any()


def test_small_types_of_indices_reach_every_row():
    index = autograd.tensor([250, 3, 250], dtype=autograd.uint8)
    w = autograd.zeros(300, 40, requires_grad=True)
    embedding(index, w).backward(autograd.ones(3, 40))
    assert w.grad.numpy()[[250, 3]].tolist() == [[2.0] * 40, [1.0] * 40]
    assert w.grad.sum().item() == 120


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("places", "columns", "rows"), [
    ((), 3, 2), ((1,), 1, 1), ((0,), 4, 3), ((5, 3), 15, 4), ((700,), 17, 50), ((40, 60), 33, 9),
    ((90,), 70, 50)])
def test_sums_of_rows_are_alike_in_both_tiers(places, columns, rows, dtype):
    compiled = pytest.importorskip("autograd.kernels.compiled")
    rng = np.random.default_rng(0)
    index = rng.integers(0, rows, places)
    g = rng.standard_normal((*places, columns)).astype(dtype)
    table = rng.standard_normal((rows, 2 * columns)).astype(dtype)[:, ::-2]
    np.testing.assert_array_equal(compiled.take(table, index, 0), table[index])
    for indices in (index, index.astype(np.int32)):
        np.testing.assert_array_equal(compiled.sum_rows(g, indices, 0, (rows, columns)),
                                      reference.sum_rows(g, indices, 0, (rows, columns)))
    backwards = compiled.sum_rows(g[..., ::-1], index, 0, (rows, columns))
    np.testing.assert_array_equal(
        backwards, reference.sum_rows(g[..., ::-1], index, 0, (rows, columns)))


def test_sums_of_rows_do_not_depend_on_the_threads():
    compiled = pytest.importorskip("autograd.kernels.compiled")
    rng, before, found = np.random.default_rng(0), threads.get_num_threads(), set()
    index, g = rng.integers(0, 20, 3000), rng.standard_normal((3000, 70)).astype(np.float32)
    try:
        for count in (1, 2, 3):
            threads.set_num_threads(count)
            found.add(compiled.sum_rows(g, index, 0, (20, 70)).tobytes())
    finally:
        threads.set_num_threads(before)
    assert len(found) == 1
