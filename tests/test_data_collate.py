"""default_collate and default_convert."""

from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest

import autograd
from data import default_collate, default_convert

Point = namedtuple("Point", "x y")


def check(tensor, values, dtype):
    assert isinstance(tensor, autograd.Tensor)
    assert tensor.numpy().dtype == dtype
    np.testing.assert_array_equal(tensor.numpy(), values)


@pytest.mark.parametrize(
    ("batch", "dtype"),
    [
        ([1, 2], np.int64),
        ([1.0, 2.0], np.float64),
        ([True, False], np.bool_),
        ([np.float32(1), np.float32(2)], np.float32),
        ([np.float64(1), np.float64(2)], np.float64),
        ([np.int16(1), np.int16(2)], np.int16),
        ([np.bool_(True), np.bool_(False)], np.bool_),
        ([np.array(1.5), np.array(2.5)], np.float64),
        ([np.zeros((2, 3), np.uint8), np.ones((2, 3), np.uint8)], np.uint8),
        ([1, 2.5], np.float32),
        ([1.0, 2], np.float64),
    ],
)
def test_numbers_and_arrays(batch, dtype):
    check(default_collate(batch), np.stack([np.asarray(v) for v in batch]), dtype)


def test_tensors_are_stacked():
    ts = [autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0])]
    check(default_collate(ts), [[1, 2], [3, 4]], np.float32)
    check(default_collate([ts[0], np.array([5.0, 6.0], np.float32)]), [[1, 2], [5, 6]], np.float32)


def test_mixed_dtypes_promote_as_stack_does():
    mixed = [autograd.tensor([1.0]), autograd.tensor([2])]
    check(default_collate(mixed), [[1], [2]], np.float32)


@pytest.mark.parametrize("array", [
    np.arange(6.0).reshape(2, 3)[:, ::2], np.array(7, np.int16), np.zeros((0, 4)),
    np.arange(3, dtype=">i4"), np.ma.masked_array([1.0, 2.0], [True, False]).data,
])
def test_arrays_of_any_layout_are_stacked(array):
    other = np.asarray(array + 1, array.dtype)
    stacked = default_collate([array, other, array])
    assert stacked.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(stacked.numpy(), np.stack([array, other, array]))
    array[...] = 9
    assert not (stacked.numpy() == 9).any()


def test_the_graph_goes_through():
    leaf = autograd.tensor([1.0, 2.0], requires_grad=True)
    default_collate([leaf, leaf * 3]).sum().backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), [4.0, 4.0])


def test_structures():
    assert default_collate(["a", "b"]) == ["a", "b"]
    assert default_collate([b"a", b"b"]) == [b"a", b"b"]
    fields = default_collate([(1, "a", [2.0, 3]), (4, "b", [5.0, 6])])
    assert type(fields) is list and type(fields[2]) is list
    check(fields[0], [1, 4], np.int64)
    assert fields[1] == ("a", "b")
    check(fields[2][1], [3, 6], np.int64)
    point = default_collate([Point(1, {"k": 2.0}), Point(3, {"k": 4.0})])
    assert type(point) is Point
    check(point.y["k"], [2, 4], np.float64)


def test_mappings_keep_their_type_and_order():
    batch = default_collate([OrderedDict(b=1, a=2), OrderedDict(b=3, a=4)])
    assert type(batch) is OrderedDict and list(batch) == ["b", "a"]
    check(batch["a"], [2, 4], np.int64)
    assert dict(default_collate([defaultdict(int, a=1)]))["a"].item() == 1


def test_shape_mismatch_names_sample_field_and_both_shapes():
    batch = [(np.zeros((2, 3)), 0), (np.zeros((2, 3)), 1), (np.zeros((3, 2)), 2)]
    with pytest.raises(
        ValueError,
        match=r"sample 0 has \(2, 3\), sample 2 of the batch has \(3, 2\) at sample\[0\]; .*pad",
    ):
        default_collate(batch)
    with pytest.raises(ValueError, match=r"at sample\['img'\]\[1\]"):
        default_collate([{"img": [1, np.zeros(2)]}, {"img": [1, np.zeros(3)]}])


@pytest.mark.parametrize(
    ("batch", "kind", "text"),
    [
        ([], ValueError, "the batch is empty"),
        ([None, None], TypeError, "sample 0 is None; does __getitem__ of the dataset end"),
        ([(1, None)], TypeError, r"sample 0 is None at sample\[1\]"),
        ([object()], TypeError, r"cannot batch object \(sample 0\); it takes tensors"),
        ([1, "a"], TypeError, "sample 0 is int, sample 1 of the batch is str"),
        ([np.float32(1), "a"], TypeError, "sample 0 is float32, sample 1 of the batch is str"),
        ([np.zeros(2), 3.0], TypeError, "sample 0 is ndarray, sample 1 of the batch is float"),
        ([(1, 2), (3,)], ValueError, "sample 0 has 2 fields, sample 1 of the batch has 1"),
        ([(1, 2), 3], TypeError, "sample 0 is tuple, sample 1 of the batch is int"),
        ([{"a": 1}, {"b": 1}], ValueError, r"sample 0 has \['a'\], sample 1 .* \['b'\]"),
        ([{"a": 1}, 2], TypeError, "sample 0 is dict, sample 1 of the batch is int"),
        ([np.array(["a"]), np.array(["b"])], TypeError, "ndarray of dtype <U1"),
        ([np.array([None])], TypeError, "ndarray of dtype object"),
    ],
)
def test_errors(batch, kind, text):
    with pytest.raises(kind, match=text):
        default_collate(batch)


def test_convert():
    check(default_convert(np.array([1, 2])), [1, 2], np.int64)
    sample = default_convert((np.float32(1.5), "a", {"k": np.zeros(2)}, Point(1, np.ones(1)), None))
    check(sample[0], 1.5, np.float32)
    check(sample[2]["k"], [0, 0], np.float64)
    check(sample[3].y, [1], np.float64)
    assert type(sample) is list and sample[1] == "a" and sample[4] is None
