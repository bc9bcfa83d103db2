"""Shapes and views: what the samples cannot say: errors, shared memory, writes through views."""

from __future__ import annotations

import numpy as np
import pytest

import autograd

X = np.arange(6.0).reshape(2, 3)


def leaf():
    return autograd.tensor(X, requires_grad=True)


VIEWS = [("reshape", (3, 2)), ("view", (6,)), ("flatten", ()), ("unflatten", (1, (3, 1))),
         ("squeeze", ()), ("unsqueeze", (1,)), ("transpose", (0, 1)), ("permute", (1, 0)),
         ("movedim", (0, 1)), ("t", ()), ("swapaxes", (0, 1)), ("expand", (2, 2, 3)),
         ("broadcast_to", ((1, 2, 3),)), ("diagonal", ()), ("unfold", (1, 2, 1)),
         ("contiguous", ())]
COPIES = [("clone", ()), ("flip", (0,)), ("diag", ()), ("tril", ()), ("triu", ()),
          ("sum_to_size", (2, 3))]
WRITABLE = [("reshape", (3, 2)), ("flatten", ()), ("unflatten", (1, (3, 1))), ("unsqueeze", (1,)),
            ("transpose", (0, 1)), ("movedim", (0, 1)), ("diagonal", (1,)), ("unfold", (1, 1, 2)),
            ("unfold", (0, 2, 2)), ("squeeze", ())]


@pytest.mark.parametrize(("name", "args"), VIEWS, ids=[name for name, _ in VIEWS])
def test_views_share_memory(name, args):
    x = autograd.tensor(X)
    shown = getattr(x, name)(*args)
    assert np.shares_memory(shown.numpy(), x.numpy())
    assert shown._version is x._version


@pytest.mark.parametrize(("name", "args"), COPIES, ids=[name for name, _ in COPIES])
def test_copies_do_not(name, args):
    x = autograd.tensor(X)
    assert not np.shares_memory(getattr(x, name)(*args).numpy(), x.numpy())


@pytest.mark.parametrize(("name", "args"), WRITABLE, ids=str)
def test_a_write_through_a_view_reaches_the_base_and_its_gradient(name, args):
    x = leaf()
    y = x * 1
    part = getattr(y, name)(*args)
    part.mul_(autograd.tensor(3.0, dtype=autograd.float64))
    factor = np.ones_like(X)
    np.copyto(getattr(autograd.from_numpy(factor), name)(*args).numpy(), 3.0)
    assert y.tolist() == (X * factor).tolist()
    y.sum().backward()
    assert x.grad.tolist() == factor.tolist()


@pytest.mark.parametrize("shown", [lambda x: x.expand(2, 2, 3), lambda x: x.unfold(1, 2, 1)])
def test_elements_that_share_memory_cannot_be_written(shown):
    with pytest.raises(RuntimeError, match="several of its elements share memory"):
        shown(autograd.tensor(X)).mul_(2)


@pytest.mark.parametrize("layout", [
    lambda x: x, lambda x: x[:, 1:], lambda x: x.T, lambda x: x[::2].T[1:],
    lambda x: np.asfortranarray(x), lambda x: x[::-1], lambda x: x.reshape(2, 5, 2)[:, ::2, 1],
    lambda x: x.reshape(2, 2, 5).transpose(1, 0, 2).copy(order="K")[1], lambda x: x[:, None, 3:]])
def test_unfold_is_a_view_in_every_memory_layout(layout):
    array = layout(np.arange(20.0).reshape(4, 5))
    x = autograd.from_numpy(array)
    windows = x.unfold(-1, 2, 1)
    wanted = np.lib.stride_tricks.sliding_window_view(array, 2, -1)
    np.testing.assert_array_equal(windows, wanted)
    assert np.shares_memory(windows.numpy(), array) and windows._version is x._version
    twice = windows.unfold(0, 1, 1)
    assert twice._version is x._version and twice.shape == (*wanted.shape, 1)


def test_unfold_of_borrowed_and_empty_memory():
    borrowed = np.frombuffer(np.arange(6.0).tobytes())
    assert autograd.from_numpy(borrowed.copy())[1:].unfold(0, 2, 2).tolist() == [[1, 2], [3, 4]]
    assert autograd.tensor(borrowed[1:]).unfold(0, 5, 1).tolist() == [[1, 2, 3, 4, 5]]
    assert autograd.zeros(0, 3).unfold(1, 2, 1).shape == (0, 2, 2)
    assert autograd.zeros(3).unfold(0, 0, 1).shape == (4, 0)


def test_a_write_to_the_base_is_noticed_by_what_saved_a_window():
    x = leaf()
    y = x * 1
    result = y.unfold(1, 2, 1).square()
    y.add_(1)
    with pytest.raises(RuntimeError, match="square saved a tensor"):
        result.sum().backward()


def test_properties():
    x = leaf()
    assert x.T.shape == x.mT.shape == x.H.shape == (3, 2)
    assert autograd.zeros(2, 3, 4).mT.shape == (2, 4, 3)
    assert autograd.zeros(2, 3, 4).T.shape == (4, 3, 2)
    (x.T @ x).sum().backward()
    np.testing.assert_allclose(x.grad, 2 * np.broadcast_to(X.sum(1, keepdims=True), X.shape))


def test_contiguous_copies_only_where_it_must():
    x = autograd.tensor(X)
    assert x.contiguous() is x
    assert x.T.contiguous().is_contiguous() and not x.T.is_contiguous()


def test_sizes_may_be_a_sequence_a_size_or_numbers():
    x = autograd.tensor(X)
    for y in (x.reshape(3, 2), x.reshape((3, 2)), x.reshape([3, 2]), x.reshape(x.T.shape),
              x.reshape(shape=(3, 2))):
        assert y.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert x.permute(1, 0).shape == x.permute((1, 0)).shape == x.permute(dims=(1, 0)).shape


def test_unflatten_of_nothing():
    made = autograd.zeros(2, 0, requires_grad=True)
    assert made.unflatten(0, (1, -1)).shape == (1, 2, 0)
    assert made.unflatten(1, (-1, 3)).shape == (2, 0, 3)
    made.unflatten(0, (-1, 2)).sum().backward()
    assert made.grad.shape == (2, 0)


def test_tril_keeps_nan_and_infinity_out():
    x = autograd.full((2, 2), np.inf).requires_grad_()
    x.tril().exp().sum().backward()
    assert x.grad.tolist() == [[np.inf, 0], [np.inf, np.inf]]
    assert x.tril().tolist() == [[np.inf, 0], [np.inf, np.inf]]


x = autograd.tensor(X)
cube = autograd.zeros(2, 3, 4)
WRONG = [
    (lambda: x.reshape(4), ValueError, r"reshape: cannot reshape .*got input: Tensor \(2, 3\)"),
    (lambda: x.T.view(6), RuntimeError, r"view: \(3, 2\) .*cannot be seen as \(6,\) without a "
                                        r"copy; use .reshape\(...\)"),
    (lambda: cube.flatten(2, 1), ValueError, "flatten: start_dim 2 comes after end_dim 1"),
    (lambda: cube.flatten(3), IndexError, "flatten: dim 3 is out of range for 3 dimensions; choose "
                                          "from -3 to 2"),
    (lambda: cube.unflatten(2, (3, -1)), ValueError,
     r"unflatten: sizes \(3, -1\) do not multiply up to dimension 2 of \(2, 3, 4\), 4"),
    (lambda: cube.unflatten(2, (-1, -1)), ValueError, "unflatten: sizes"),
    (lambda: cube.unflatten(2, (2, 3)), ValueError, "unflatten: sizes"),
    (lambda: x.squeeze(2), IndexError, "squeeze: dim 2 is out of range"),
    (lambda: x.unsqueeze(4), IndexError, "unsqueeze: dim 4 is out of range for 3 dimensions"),
    (lambda: x.transpose(0, -3), IndexError, "transpose: dim -3 is out of range"),
    (lambda: x.permute(0), ValueError, r"permute: 1 dims \(0,\) for 2 dimensions"),
    (lambda: x.permute(0, 2), IndexError, "permute: dim 2 is out of range"),
    (lambda: x.permute(0, -2), ValueError, "permute: dims .* name a dimension of 2 twice"),
    (lambda: x.movedim((0, 1), (0,)), ValueError, "movedim: 2 sources for 1 destinations"),
    (lambda: x.movedim((0, 0), (0, 1)), ValueError, "movedim: dims .* twice"),
    (lambda: cube.t(), RuntimeError, r"t: at most 2 dimensions fit, got \(2, 3, 4\); use .mT"),
    (lambda: x[0].mT, RuntimeError, "mT: at least 2 dimensions are needed"),
    (lambda: x.expand(3, 3), ValueError, r"expand: \(2, 3\) cannot be expanded to \(3, 3\)"),
    (lambda: x.expand(-1, 2, 3), ValueError, r"expand: .* cannot be expanded to \(-1, 2, 3\)"),
    (lambda: x.expand(3), ValueError, "expand: .*new ones come in front"),
    (lambda: x.sum_to_size(2), ValueError, r"sum_to_size: \(2, 3\) cannot be summed to \(2,\)"),
    (lambda: x.sum_to_size(1, 2, 3), ValueError, "sum_to_size: .* cannot be summed"),
    (lambda: x.flip(0, -2), ValueError, "flip: dims .* twice"),
    (lambda: x.flip(2), IndexError, "flip: dim 2 is out of range"),
    (lambda: x[0].diagonal(), ValueError, "diagonal: at least 2 dimensions are needed, got 1"),
    (lambda: x.diagonal(0, 1, -1), ValueError, "diagonal: dims .* twice"),
    (lambda: cube.diag(), ValueError, r"diag: a vector or a matrix is needed, got \(2, 3, 4\)"),
    (lambda: x[0].tril(), ValueError, r"tril: at least 2 dimensions are needed, got \(3,\)"),
    (lambda: x.unfold(0, 3, 1), ValueError, "unfold: windows of size 3 in steps of 1 do not fit "
                                            "dimension 0 of size 2"),
    (lambda: x.unfold(0, 1, 0), ValueError, "unfold: windows of size 1 in steps of 0"),
]


@pytest.mark.parametrize(("call", "kind", "message"), WRONG)
def test_errors_say_what_is_wrong(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_windows_that_do_not_overlap_can_be_written():
    x = autograd.arange(6.0)
    x.unfold(0, 2, 2)[1] = 9.0
    assert x.tolist() == [0.0, 1.0, 9.0, 9.0, 4.0, 5.0]
    x.unfold(0, 6, 1).zero_()  # there is but one
    assert x.tolist() == [0.0] * 6
    with pytest.raises(RuntimeError, match="several of its elements"):
        x.unfold(0, 2, 1).zero_()
