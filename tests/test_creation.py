"""Making tensors: dtypes, sharing, errors."""

from __future__ import annotations

import numpy as np
import pytest

import autograd


@pytest.mark.parametrize(("data", "dtype"), [
    (1.0, np.float32), ([1.0, 2], np.float32), ([1, 2], np.int64), (True, np.bool_),
    ([], np.float32), (np.float64(1), np.float64), (np.ones(2), np.float64),
    (np.ones(2, np.float32), np.float32), (np.ones(2, np.uint8), np.uint8),
    ([True, False], np.bool_), (((1, 2), (3, 4)), np.int64),
])
def test_dtype_of_data(data, dtype):
    assert autograd.tensor(data).dtype == dtype


def test_default_dtype():
    autograd.set_default_dtype(autograd.float64)
    try:
        assert autograd.tensor(1.0).dtype == np.float64 == autograd.zeros(2).dtype
        assert autograd.get_default_dtype() == np.float64
    finally:
        autograd.set_default_dtype(autograd.float32)
    with pytest.raises(TypeError, match="only floating types"):
        autograd.set_default_dtype(autograd.int64)


def test_tensor_copies_from_numpy_shares():
    array = np.ones(3)
    copied, shared = autograd.tensor(array), autograd.from_numpy(array)
    array[0] = 9
    assert copied.tolist() == [1, 1, 1] and shared.tolist() == [9, 1, 1]
    assert autograd.as_tensor(array).data_ptr() == array.ctypes.data
    assert autograd.as_tensor(array, dtype=autograd.float32).data_ptr() != array.ctypes.data
    t = autograd.ones(2)
    assert autograd.as_tensor(t) is t


def test_lists_of_tensors_become_one():
    row = autograd.tensor([1.0, 2.0])
    assert autograd.tensor([row, row]).shape == (2, 2)


@pytest.mark.parametrize(("bad", "error", "text"), [
    ([[1, 2], [3]], ValueError, "tensor: rows of different lengths"),
    (["a"], TypeError, "dtype"), ([None], TypeError, "tensor: numbers"),
    (np.array([1 + 2j]), TypeError, "complex128 is not supported"),
])
def test_bad_data(bad, error, text):
    with pytest.raises(error, match=text):
        autograd.tensor(bad)


def test_from_numpy_refuses_what_is_not_an_array():
    with pytest.raises(TypeError, match="ndarray is needed, got list of 2"):
        autograd.from_numpy([1, 2])
    with pytest.raises(ValueError, match="byte order"):
        autograd.from_numpy(np.ones(2, ">f4"))


def test_dtype_names():
    assert autograd.zeros(1, dtype="float64").dtype == np.float64
    assert autograd.zeros(1, dtype=float).dtype == np.float32
    assert autograd.zeros(1, dtype=int).dtype == np.int64
    assert autograd.zeros(1, dtype=bool).dtype == np.bool_
    with pytest.raises(TypeError, match="'nonsense' is not a dtype"):
        autograd.zeros(1, dtype="nonsense")


def test_filled():
    assert autograd.zeros(2, 3).shape == autograd.zeros((2, 3)).shape == (2, 3)
    assert autograd.zeros([2]).tolist() == [0.0, 0.0] and autograd.zeros(()).shape == ()
    assert autograd.full((2,), 7).dtype == np.int64 and autograd.full((2,), 7.0).dtype == np.float32
    assert autograd.full((2,), autograd.tensor(3.0)).tolist() == [3.0, 3.0]
    assert autograd.eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert autograd.empty(2, 2, requires_grad=True).requires_grad


def test_like_and_new():
    x = autograd.ones(2, 3, dtype=autograd.float64)
    for make in (autograd.zeros_like, autograd.ones_like, autograd.empty_like, autograd.rand_like,
                 autograd.randn_like):
        assert make(x).shape == (2, 3) and make(x).dtype == np.float64
    assert autograd.zeros_like(x, dtype=autograd.int64).dtype == np.int64
    assert autograd.full_like(x, 3).tolist() == [[3.0] * 3] * 2
    assert x.new_zeros(4).dtype == np.float64 and x.new_full((2,), 1).tolist() == [1.0, 1.0]
    assert x.new_tensor([1]).dtype == np.float64 and x.new_ones((1, 2)).shape == (1, 2)
    with pytest.raises(TypeError, match="zeros_like: input must be a Tensor"):
        autograd.zeros_like([1])


def test_ranges():
    assert autograd.arange(3).dtype == np.int64 and autograd.arange(3.0).dtype == np.float32
    assert autograd.arange(1, 7, 2).tolist() == [1, 3, 5]
    assert autograd.arange(3, 0, -1).tolist() == [3, 2, 1]
    assert autograd.arange(0, 1, 0.25).tolist() == [0.0, 0.25, 0.5, 0.75]
    assert autograd.linspace(0, 1, 3).tolist() == [0.0, 0.5, 1.0]
    assert autograd.logspace(0, 2, 3).tolist() == [1.0, 10.0, 100.0]
    with pytest.raises(ValueError, match="step -1 does not lead from 0 to 3"):
        autograd.arange(0, 3, -1)


def test_meshgrid():
    a, b = autograd.meshgrid(autograd.arange(2), autograd.arange(3), indexing="ij")
    assert a.tolist() == [[0] * 3, [1] * 3] and b.tolist() == [[0, 1, 2]] * 2
    a, b = autograd.meshgrid([autograd.arange(2), autograd.arange(3)], indexing="xy")
    expected = np.meshgrid(np.arange(2), np.arange(3))
    assert a.tolist() == expected[0].tolist() and b.tolist() == expected[1].tolist()
    with pytest.raises(ValueError, match="indexing 'no'"):
        autograd.meshgrid(autograd.arange(2), indexing="no")
