"""Making tensors: dtypes, sharing, errors."""

from __future__ import annotations

import warnings
from array import array
from decimal import Decimal
from fractions import Fraction

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
    assert autograd.tensor([[row[0], 2], [3.5, row[1]]]).tolist() == [[1.0, 2.0], [3.5, 2.0]]
    leaf = autograd.tensor([1.0, 2.0], requires_grad=True)
    for data in ([leaf[0], 1.0], [[leaf]]):
        with autograd.hints(True), pytest.warns(autograd.Hint, match="left behind; autograd.stack"):
            assert not autograd.tensor(data).requires_grad


F16, F64, I32 = np.float16(0.5), np.float64(0.1), np.int32(1)
T64, TI32, TBOOL = (autograd.tensor(v, dtype=d) for v, d in (
    (0.1, autograd.float64), (1, autograd.int32), (True, autograd.bool)))


@pytest.mark.parametrize(("data", "dtype"), [
    ([F64], np.float64), ([F64, 0.2], np.float64), ([1, F64], np.float64), ([F16], np.float16),
    ([F16, F64], np.float64), ([F16, 1.5], np.float32), ([np.float32(1), 1], np.float32),
    ([I32], np.int32), ([I32, 2], np.int64), ([I32, 2.5], np.float32),
    ([np.int8(1), I32], np.int32), ([I32, np.float32(2)], np.float32), ([np.bool_(True)], np.bool_),
    ([True, 2], np.int64), ([True, 2.5], np.float32), ([np.array([0.1])], np.float64),
    ([np.array([1], np.int32), [2]], np.int64), ([[0.2], np.array([0.1])], np.float64),
    (list(np.array([[0.1, 0.2]])), np.float64), ([np.ones(1, ">f4")], np.float32),
    ([T64], np.float64), ([TI32], np.int32), ([TI32, T64], np.float64), ([TBOOL, 1], np.int64),
    ((T64,), np.float64), ([[T64, 0.2], [0.3, 0.4]], np.float64), ([TI32, 2.5], np.float32),
    (range(3), np.int64), (bytearray(b"ab"), np.int64), (memoryview(b"ab"), np.int64),
    (array("d", [1.0]), np.float32), ([[], []], np.float32), (np.ones(2, ">i4"), np.int32),
    (np.arange(6)[::-2], np.int64), (np.broadcast_to(1.0, (2, 2)), np.float64),
])
def test_dtype_of_mixed_data(data, dtype):
    """A float64 keeps its digits, however deep it stands."""
    plain = data if isinstance(data, np.ndarray) else [
        x.tolist() if isinstance(x, (np.ndarray, autograd.Tensor)) else x for x in data]
    for made in (autograd.tensor(data), autograd.as_tensor(data)):
        assert made.dtype == dtype and made.tolist() == np.array(plain, dtype).tolist()


INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(("data", "dtype"), [
    ([128], "int8"), ([-129], "int8"), ([40000], "int16"), ([2**31], "int32"), ([256], "uint8"),
    ([-1], "uint8"), ([300.0], "uint8"), ([-0.5], "uint8"), ([NAN], "int64"), ([INF], "int64"),
    ([1e30], "int64"), (2.0**63, "int64"), (2**63, None), ([2**64], None), ([-(2**63) - 1], None),
    (np.array([300]), "uint8"), (np.array([1, NAN]), "int32"), (np.float32(128), "int8"),
    (autograd.tensor(300), "uint8"), ([autograd.tensor(300)], "uint8"), ([2**2000], "float32"),
])
def test_what_does_not_fit_raises(data, dtype):
    for make in (autograd.tensor, autograd.as_tensor):
        if make is autograd.tensor or not isinstance(data, autograd.Tensor):
            with pytest.raises(OverflowError, match="^tensor: .*(does not fit|too large)"):
                make(data, dtype=dtype)


def test_what_just_fits():
    assert autograd.tensor([-128, 127], dtype="int8").tolist() == [-128, 127]
    ends = [-(2**63), 2**63 - 1]
    assert autograd.tensor(ends).tolist() == ends
    assert autograd.tensor([2**63], dtype="float64").tolist() == [2.0**63]
    assert autograd.tensor([1e40, -1e40, NAN]).isfinite().logical_not().all()
    assert autograd.tensor([65519.0, 65520.0], dtype="float16").tolist() == [65504.0, INF]
    assert autograd.tensor([1.9, -1.9], dtype="int64").tolist() == [1, -1]
    assert autograd.tensor([0.5, 0.0, NAN], dtype="bool").tolist() == [True, False, True]


@pytest.mark.parametrize(("bad", "error", "text"), [
    ([[1, 2], [3]], ValueError, "tensor: rows of different lengths"),
    (["a"], TypeError, "tensor: numbers, or lists of them, are needed, got str in a list"),
    ([None], TypeError, "tensor: numbers, or lists of them, are needed, got NoneType in a list"),
    ([[1], 2], ValueError, "tensor: rows"), ([1, []], ValueError, "tensor: rows"),
    (None, TypeError, "got NoneType"), ("12", TypeError, "got str"), (b"12", TypeError, "bytes"),
    ({1}, TypeError, "got set"), ({1: 2}, TypeError, "got dict"),
    (iter([1]), TypeError, "got list_iterator"),
    ([Fraction(1, 2)], TypeError, "got Fraction in a list"), (object(), TypeError, "got object"),
    (np.array(["1"]), TypeError, "<U1 is not supported"), ([np.str_("1")], TypeError, "<U1"),
    (np.array([None]), TypeError, "object is not supported"),
    (np.array([1], np.uint16), TypeError, "uint16 is not supported"),
    ([np.uint64(1)], TypeError, "uint64 is not supported"),
    (np.datetime64("2020"), TypeError, "datetime64"),
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
    assert autograd.full_like(x, fill_value=3).tolist() == [[3.0] * 3] * 2
    assert x.new_full(size=(2,), fill_value=1).tolist() == [1.0, 1.0]
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
    assert autograd.arange(start=1, end=3).tolist() == autograd.arange(1, end=3).tolist() == [1, 2]
    assert autograd.arange(end=2).tolist() == [0, 1]
    assert autograd.arange(autograd.tensor(2.0)).tolist() == [0.0, 1.0]
    assert autograd.arange(0, 5.0, dtype=autograd.int64).tolist() == [0, 1, 2, 3, 4]
    assert autograd.arange(2**63 - 3, 2**63 - 1).tolist() == [2**63 - 3, 2**63 - 2]
    assert autograd.arange(0, 256, dtype=autograd.uint8)[-1].item() == 255
    assert autograd.linspace(-10, 0, 4, dtype=autograd.int64).tolist() == [-10, -6, -3, 0]
    assert autograd.linspace(0, 1, 0).shape == (0,) and autograd.linspace(3, 9, 1).tolist() == [3.0]
    assert autograd.logspace(0, 2, 3, base=-2.0).tolist() == [1.0, -2.0, 4.0]
    assert autograd.logspace(0, 100, 2).tolist() == [1.0, INF]


@pytest.mark.parametrize(("make", "error", "text"), [
    (lambda: autograd.arange(0, 3, -1), ValueError, "arange: step -1 does not lead from 0 to 3"),
    (lambda: autograd.arange(0, 3, 0), ValueError, "arange: step 0 does not lead"),
    (lambda: autograd.arange(0, NAN), ValueError, "arange: end must be finite, got nan"),
    (lambda: autograd.arange(INF), ValueError, "arange: end must be finite, got inf"),
    (lambda: autograd.arange(0.0, 2.0, NAN), ValueError, "arange: step must be finite"),
    (lambda: autograd.arange(0, 1, INF), ValueError, "arange: step must be finite"),
    (lambda: autograd.arange(0.0, 1e20), ValueError, "arange: .* no memory holds"),
    (lambda: autograd.arange("3"), TypeError, "arange: end must be a number, got str"),
    (lambda: autograd.arange(None), TypeError, "arange: end must be a number, got NoneType"),
    (lambda: autograd.arange(0, 5, 0.5, dtype=autograd.int64), ValueError, "arange: .*whole"),
    (lambda: autograd.arange(0, 5.5, dtype=autograd.int32), ValueError, "arange: .*whole"),
    (lambda: autograd.arange(0, 300, dtype=autograd.uint8), OverflowError, "arange: 299"),
    (lambda: autograd.arange(-2, 2, dtype=autograd.uint8), OverflowError, "arange: -2"),
    (lambda: autograd.arange(0, 1e5, dtype=autograd.float16), OverflowError, "arange: 99999"),
    (lambda: autograd.arange(2, dtype=autograd.bool), TypeError, "arange: .*bool"),
    (lambda: autograd.linspace(0, 1, -1), ValueError, "linspace: steps must not be negative"),
    (lambda: autograd.linspace(0, 1, 2.5), TypeError, "linspace: an integer is needed, got float"),
    (lambda: autograd.linspace(0, NAN, 3), ValueError, "linspace: end must be finite"),
    (lambda: autograd.linspace(0, 300, 4, dtype=autograd.uint8), OverflowError, "linspace: 300"),
    (lambda: autograd.linspace(0, 1e40, 4), OverflowError, r"linspace: 1e\+40 does not fit"),
    (lambda: autograd.logspace(0, 3, 4, dtype=autograd.uint8), OverflowError, "logspace: 1000"),
    (lambda: autograd.logspace(0, 3, -4), ValueError, "logspace: steps"),
    (lambda: autograd.eye(-1), ValueError, "eye: n must not be negative"),
    (lambda: autograd.eye(2, -1), ValueError, "eye: m must not be negative"),
    (lambda: autograd.eye(2.0), TypeError, "eye: an integer is needed, got float 2.0"),
    (lambda: autograd.zeros(2.0), TypeError, r"zeros: sizes must be integers, got \(2.0,\)"),
    (lambda: autograd.ones((2, 2.5)), TypeError, r"ones: .*\(2, 2.5\)"),
    (lambda: autograd.empty(-1), ValueError, r"empty: sizes must not be negative, got \(-1,\)"),
    (lambda: autograd.zeros(None), TypeError, r"zeros: .* got \(None,\)"),
    (lambda: autograd.full((1.5,), 1.0), TypeError, "full: .*1.5"),
    (lambda: autograd.full((2,), [1.0, 2.0]), TypeError, "full: a number is needed, got list"),
    (lambda: autograd.full((2,), autograd.ones(2)), TypeError, "full: .*got Tensor"),
    (lambda: autograd.Tensor(None), TypeError, "got NoneType"),
    (lambda: autograd.Tensor("3"), TypeError, "got str"),
    (lambda: autograd.Tensor(2, 2.5), TypeError, "zeros: .*2.5"),
])
def test_arguments_at_the_edges(make, error, text):
    with pytest.raises(error, match=f"{text}"):
        make()


def test_meshgrid():
    a, b = autograd.meshgrid(autograd.arange(2), autograd.arange(3), indexing="ij")
    assert a.tolist() == [[0] * 3, [1] * 3] and b.tolist() == [[0, 1, 2]] * 2
    a, b = autograd.meshgrid([autograd.arange(2), autograd.arange(3)], indexing="xy")
    expected = np.meshgrid(np.arange(2), np.arange(3))
    assert a.tolist() == expected[0].tolist() and b.tolist() == expected[1].tolist()
    with pytest.raises(ValueError, match="indexing 'no'"):
        autograd.meshgrid(autograd.arange(2), indexing="no")


ODD = [b"ab", "x", {2}, Decimal(2), (n for n in range(2)), 1j]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "rand", "randn", "full", "randint"])
def test_what_is_no_size(name, odd):
    make = {"full": lambda: autograd.full(odd, 1.0),
            "randint": lambda: autograd.randint(0, 3, odd)}.get(
        name, lambda: getattr(autograd, name)(odd))
    with pytest.raises(TypeError, match=f"^{name}: "):
        make()


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_what_is_no_bound(odd):
    x = autograd.zeros(2)
    for name, call in (("uniform_", lambda: x.uniform_(0, odd)), ("repeat", lambda: x.repeat(odd)),
                       ("normal", lambda: autograd.normal(odd, 1.0, (2,))),
                       ("reshape", lambda: x.reshape(odd))):
        with pytest.raises(TypeError, match=f"^{name}: "):
            call()


def test_bounds_beyond_int64():
    assert autograd.linspace(-2**70, 2**70, 3, dtype=autograd.float64).tolist() == [
        -2.0**70, 0, 2.0**70]


def test_a_copy_of_what_has_a_history_says_that_it_is_left_behind():
    loss = autograd.ones(2, requires_grad=True).sum()
    with pytest.warns(UserWarning, match=r"^tensor: its history is left behind; \.clone\(\) "):
        assert not autograd.tensor(loss).requires_grad
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        autograd.tensor(loss.detach())
