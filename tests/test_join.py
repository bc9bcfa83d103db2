"""Joining, splitting, repeating: what the samples cannot say: errors, dtypes, shared memory."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.gate import LEAST
from nn import functional as F

X = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize("take", [
    lambda x: x.split(2, 1), lambda x: x.split([1, 2], 1), lambda x: x.chunk(2),
    lambda x: x.unbind(), lambda x: x.unbind(1), lambda x: x.tensor_split(2, 1)])
def test_parts_are_views(take):
    x = autograd.tensor(X)
    parts = take(x)
    assert isinstance(parts, tuple)
    assert all(np.shares_memory(part.numpy(), x.numpy()) for part in parts)
    parts[0].fill_(-1.0)
    assert (x == -1).sum() == parts[0].numel()


def test_a_part_of_what_requires_grad_cannot_be_written():
    y = autograd.tensor(X, requires_grad=True) * 1
    with pytest.raises(RuntimeError, match="one of several views made by split"):
        y.split(1)[0].mul_(2)


def test_what_is_joined_lies_in_row_major_order():
    columns = autograd.arange(6.0).reshape(2, 3).t()
    joined = autograd.cat([columns, columns], 1)
    assert joined.is_contiguous()
    assert joined.view(-1).tolist() == [0, 3, 0, 3, 1, 4, 1, 4, 2, 5, 2, 5]


def test_unused_parts_have_gradient_zero():
    x = autograd.tensor(X, requires_grad=True)
    x.split(1, 1)[1].sum().backward()
    assert x.grad.tolist() == [[0, 1, 0], [0, 1, 0]]


@pytest.mark.parametrize("join", [autograd.cat, autograd.stack, autograd.hstack, autograd.vstack])
def test_the_common_dtype_is_pytorchs_and_gradients_go_back_in_their_own(join):
    a = autograd.tensor([1, 2])
    b = autograd.tensor([1.0, 2.0], dtype=autograd.float16, requires_grad=True)
    c = autograd.tensor([1.0, 2.0], requires_grad=True)
    assert join([a, b]).dtype == autograd.float16
    result = join((a, b, c))
    assert result.dtype == autograd.float32
    result.sum().backward()
    assert b.grad.dtype == autograd.float16 and c.grad.dtype == autograd.float32


def test_an_empty_vector_counts_for_the_dtype_and_gets_an_empty_gradient():
    empty = autograd.zeros(0, dtype=autograd.float64, requires_grad=True)
    result = autograd.cat([empty, autograd.ones(2, 2)], 1)
    assert result.dtype == autograd.float64 and result.shape == (2, 2)
    result.sum().backward()
    assert empty.grad.shape == (0,)


def test_the_same_tensor_may_come_several_times():
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    (autograd.cat([x, x]) * autograd.tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert x.grad.tolist() == [4, 6]
    assert autograd.stack(list(x)).tolist() == [1, 2]


@pytest.mark.parametrize("copy", [lambda x: x.repeat(1, 1), lambda x: x.tile((1,)),
                                  lambda x: x.repeat_interleave(1, 0), lambda x: x.roll(0, 0),
                                  lambda x: x.rot90(4)])
def test_repeating_copies_even_once(copy):
    x = autograd.tensor(X)
    assert copy(x).tolist() == X.tolist()
    assert not np.shares_memory(copy(x).numpy(), x.numpy())


def test_a_generator_of_tensors_is_taken():
    assert autograd.cat(autograd.ones(2) for _ in range(2)).shape == (4,)
    assert autograd.vstack(autograd.ones(2) for _ in range(2)).shape == (2, 2)


x, v = autograd.tensor(X), autograd.zeros(3)
scalar = autograd.tensor(1.0)
WRONG = [
    (lambda: autograd.cat([]), ValueError, "cat: at least one tensor is needed"),
    (lambda: autograd.cat(x), TypeError, r"cat: tensors must be a list or tuple of Tensors, got "
                                         r"Tensor \(2, 3\)"),
    (lambda: autograd.cat([x, 1.0]), TypeError, r"cat: tensors\[1\] must be a Tensor, got fl"),
    (lambda: autograd.cat([x, x.T]), ValueError,
     r"cat: tensors\[1\] has shape \(3, 2\), tensors\[0\] \(2, 3\); all sizes except that of dim"),
    (lambda: autograd.cat([x, v]), ValueError, r"cat: tensors\[1\] has shape \(3,\)"),
    (lambda: autograd.cat([scalar, scalar]), ValueError, "cat: 0-d tensors .* use stack"),
    (lambda: autograd.cat([x, x], 2), IndexError, "cat: dim 2 is out of range"),
    (lambda: autograd.stack([]), ValueError, "stack: at least one tensor is needed"),
    (lambda: autograd.stack([x, v]), ValueError, r"stack: tensors\[1\] has shape \(3,\), tens"),
    (lambda: autograd.hstack([]), ValueError, "hstack: at least one tensor is needed"),
    (lambda: autograd.vstack(x), TypeError, "vstack: tensors must be a list or tuple of Tensors"),
    (lambda: scalar.unbind(), IndexError, "unbind: a 0-d tensor has no dimension to take apart"),
    (lambda: scalar.split(1), IndexError, "split: a 0-d tensor has no dimension to split"),
    (lambda: x.split(0), ValueError, "split: parts of size 0 do not fit dimension 0 of size 2"),
    (lambda: x.split(-1), ValueError, "split: parts of size -1"),
    (lambda: x.split([1, 2]), ValueError, r"split: sizes \[1, 2\] must be at least 0 and sum to 2"),
    (lambda: x.split([3, -1]), ValueError, "split: sizes"),
    (lambda: x.chunk(0), ValueError, "chunk: at least one chunk is needed, got 0"),
    (lambda: x.tensor_split(0), ValueError, "tensor_split: at least one part is needed, got 0"),
    (lambda: x.tensor_split(2**70), ValueError, "tensor_split: no memory holds"),
    (lambda: scalar.tensor_split(1), IndexError, "tensor_split: a 0-d tensor"),
    (lambda: x.repeat(2), ValueError, r"repeat: \(2,\) must be numbers from 0 on, at least one for "
                                      r"each dimension of \(2, 3\)"),
    (lambda: x.repeat(2, -1), ValueError, "repeat: .* from 0 on"),
    (lambda: x.repeat_interleave(-1), ValueError, "repeat_interleave: repeats must not be neg"),
    (lambda: x.repeat_interleave(autograd.tensor([1, 2, 3]), 0), ValueError,
     r"repeat_interleave: repeats \(3,\) must have one number for each of 2 slices"),
    (lambda: x.repeat_interleave(v), TypeError, "repeat_interleave: index must be a Tensor of int"),
    (lambda: x.roll((1, 2)), ValueError, r"roll: shifts \(1, 2\) need dims, one for each"),
    (lambda: x.roll((1, 2), 0), ValueError, "roll: shifts .* and dims .* must be equally many"),
    (lambda: x.rot90(1, (0, -2)), ValueError, r"rot90: dims \(0, -2\) must be different"),
    (lambda: v.rot90(), ValueError, r"rot90: two dims of at least 2 are needed, got \(0, 1\) for"),
]


@pytest.mark.parametrize(("call", "kind", "message"), WRONG)
def test_errors_say_what_is_wrong(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize("times", [(1, 2, 1), (1, 1), (2, 1), (1, 1, 1), (3, 2), (0, 1)])
@pytest.mark.parametrize("name", ["tile", "repeat"])
def test_repeated_tensors_own_their_memory(name, times):
    source = autograd.ones(1, 3)
    result = getattr(source, name)(times)
    source.mul_(5.0)
    assert (result == 1).all()
    result.mul_(2.0)
    assert (result == 2).all() and (source == 5).all()


MOVES = [
    (lambda x: x.roll(2, 1), lambda a: np.roll(a, 2, 1)),
    (lambda x: x.roll((1, -2, 4), (0, 2, 0)), lambda a: np.roll(a, (1, -2, 4), (0, 2, 0))),
    (lambda x: x.roll((7, 3, -1), (2, 1, 0)), lambda a: np.roll(a, (7, 3, -1), (2, 1, 0))),
    (lambda x: x.roll(-11), lambda a: np.roll(a, -11)),
    (lambda x: x.flip(0, 2), lambda a: np.flip(a, (0, 2))),
    (lambda x: x.rot90(3, (1, 2)), lambda a: np.rot90(a, 3, (1, 2))),
    (lambda x: x.repeat(2, 1, 3), lambda a: np.tile(a, (2, 1, 3))),
    (lambda x: x.permute(2, 0, 1).reshape(-1), lambda a: a.transpose(2, 0, 1).reshape(-1)),
    (lambda x: x.transpose(0, 2).clone(), lambda a: a.transpose(2, 1, 0)),
    (lambda x: autograd.cat([x.mT, x[:, :1].mT, x.flip(0).mT], 2),
     lambda a: np.concatenate([a.mT, a[:, :1].mT, a[::-1].mT], 2)),
    (lambda x: autograd.stack([x, x.flip(1)], -1), lambda a: np.stack([a, a[:, ::-1]], -1)),
    (lambda x: F.pad(x, (1, 2, -1, 3, 0, 1), value=2),
     lambda a: np.pad(a[:, 1:], ((0, 1), (0, 3), (1, 2)), constant_values=2)),
    (lambda x: F.pad(x, (-1, -2, 1, 0)), lambda a: np.pad(a[:, :, 1:-2], ((0, 0), (1, 0), (0, 0)))),
    (lambda x: x.tril(-1), lambda a: np.tril(a, -1)),
    (lambda x: x.triu(1), lambda a: np.triu(a, 1)),
]


@pytest.mark.parametrize("least", [1, 1 << 30], ids=["large", "small"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.float16, bool])
@pytest.mark.parametrize("ours,numpy", MOVES)
def test_large_arrays_are_moved_as_small_ones(ours, numpy, dtype, least, monkeypatch):
    for name in ("copy_", "written", "runs", "where"):
        monkeypatch.setitem(LEAST, name, least)
    array = np.random.default_rng(0).integers(0, 9, (3, 18, 7)).astype(dtype)
    x = autograd.tensor(array)
    found = ours(x)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, numpy(array))
    if dtype in (np.float32, np.float64):
        x.requires_grad_()
        weights = np.random.default_rng(1).integers(1, 9, found.shape).astype(dtype)
        (ours(x) * autograd.tensor(weights)).sum().backward()
        at, weights = np.zeros(array.size), weights.reshape(-1)
        marked = numpy(np.arange(array.size).reshape(array.shape) + 100).reshape(-1)
        kept = marked >= 100  # what is not put in beside
        np.add.at(at, marked[kept] - 100, weights[kept])
        np.testing.assert_array_equal(x.grad, at.reshape(array.shape))
