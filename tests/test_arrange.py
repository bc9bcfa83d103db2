"""Shapes changed in place, memory seen otherwise, and what is refused there."""

import numpy as np
import pytest

import autograd


def test_views_made_before_and_after_a_reshape_in_place_share_its_history():
    x = autograd.tensor([[1., 2., 3.], [4., 5., 6.]], requires_grad=True)
    y = x * 2
    before = y[0]
    assert y.unsqueeze_(0) is y and y.shape == (1, 2, 3)
    after = y[0, 1]
    before.mul_(3.0)
    after.mul_(autograd.tensor([1., 0., 1.]))
    np.testing.assert_array_equal(y.detach(), [[[6, 12, 18], [8, 0, 12]]])
    (y.sum() + before.sum()).backward()
    np.testing.assert_array_equal(x.grad, [[12, 12, 12], [2, 0, 2]])


def test_a_reshape_in_place_keeps_a_retained_gradient():
    x = autograd.ones(2, 3, requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.t_()
    (y * y).sum().backward()
    assert y.grad.shape == (3, 2) and x.grad.tolist() == [[8.0] * 3] * 2


def test_reshapes_in_place_under_no_grad_keep_the_history():
    x = autograd.ones(1, 2, requires_grad=True)
    y = x * 2
    with autograd.no_grad():
        y.squeeze_(0)
    y.sum().backward()
    assert y.shape == (2,) and x.grad.tolist() == [[2.0, 2.0]]


@pytest.mark.parametrize("call", [lambda x: x.unsqueeze_(0), lambda x: x.t_(),
                                  lambda x: x.squeeze_(), lambda x: x.transpose_(0, 1)])
def test_a_leaf_keeps_its_shape(call):
    with pytest.raises(RuntimeError, match=r"^\w+_: a leaf that requires grad, .*makes a view"):
        call(autograd.ones(1, 2, requires_grad=True))


def test_errors_speak_of_the_method_in_place():
    with pytest.raises(IndexError, match="^unsqueeze_: dim 5 is out of range"):
        autograd.ones(2).unsqueeze_(5)
    with pytest.raises(RuntimeError, match="^t_: at most 2 dimensions"):
        autograd.ones(2, 1, 1).t_()


def test_resize_keeps_the_first_elements_and_makes_up_none():
    x = autograd.arange(6)
    assert x.resize_(2, 2).tolist() == [[0, 1], [2, 3]]
    assert autograd.arange(4).resize_((4, 1)).shape == (4, 1)
    with pytest.raises(RuntimeError, match=r"resize_: \(3, 3\) needs 9 elements .* has 6"):
        autograd.arange(6).resize_(3, 3)
    with pytest.raises(RuntimeError, match="resize_: .* requires grad; use reshape"):
        autograd.ones(2, requires_grad=True).resize_(1)
    with pytest.raises(RuntimeError, match="resize_: .* is not contiguous"):
        autograd.ones(2, 3).t().resize_(2)


def test_as_strided_is_a_view_that_is_written_through():
    x = autograd.zeros(4)
    x.as_strided((2,), (2,), 1).fill_(5.0)
    assert x.tolist() == [0, 5, 0, 5]
    base = autograd.ones(4, requires_grad=True) * 1
    base.as_strided((2, 2), (2, 1))[1].mul_(3.0)
    assert base.tolist() == [1, 1, 3, 3] and base.grad_fn is not None
    with pytest.raises(RuntimeError, match="share memory"):
        x.as_strided((3, 2), (1, 1)).add_(1)


@pytest.mark.parametrize("given, message", [
    (((2, 2), (1,)), "size .* and stride .* must be equally many"),
    (((2,), (-1,)), "numbers from 0 on"),
    (((3,), (2,)), "reaches element 4 of .* which has 4"),
])
def test_as_strided_refuses(given, message):
    with pytest.raises((ValueError, RuntimeError), match="as_strided: .*" + message):
        autograd.zeros(4).as_strided(*given)


def test_as_strided_counts_from_the_memory_s_start_or_refuses():
    part = autograd.arange(6)[2:]
    assert part.as_strided((2,), (2,)).tolist() == [2, 4]
    with pytest.raises(RuntimeError, match="as_strided: the tensor is a view that does not begin"):
        part.as_strided((2,), (1,), 1)
    with pytest.raises(RuntimeError, match="as_strided: .* is not contiguous"):
        autograd.ones(2, 3).t().as_strided((2,), (1,))


def test_broadcast_shapes():
    assert autograd.broadcast_shapes((2, 1), 3, (1, 1, 1)) == (1, 2, 3)
    assert autograd.broadcast_shapes() == ()
    with pytest.raises(ValueError, match=r"broadcast_shapes: shapes .* in dimension -1"):
        autograd.broadcast_shapes((2,), (3,))


def test_indices_of_triangles_and_flat_places():
    for k in (-1, 0, 2):
        for ours, theirs in ((autograd.tril_indices, np.tril_indices),
                             (autograd.triu_indices, np.triu_indices)):
            np.testing.assert_array_equal(ours(3, 4, k), theirs(3, k, 4))
    assert autograd.tril_indices(2, 0).shape == (2, 0)
    with pytest.raises(ValueError, match="tril_indices: row and col must not be negative"):
        autograd.tril_indices(-1, 2)
    places = autograd.tensor([[0, 7], [11, -1]])
    found = autograd.unravel_index(places, (3, 4))
    np.testing.assert_array_equal(np.stack([np.asarray(f) for f in found]),
                                  np.unravel_index([[0, 7], [11, 11]], (3, 4)))
    with pytest.raises(IndexError, match="unravel_index: index 12 .* of size 12"):
        autograd.unravel_index(autograd.tensor([12]), (3, 4))


X, PAIR = autograd.zeros(3, 4), autograd.tensor([0, 1])


@pytest.mark.parametrize("call, message", [
    (lambda: X.take(X), "take: index must be a Tensor of integers"),
    (lambda: X.take(autograd.tensor([12])), "take: index 12 .* out of range .* size 12"),
    (lambda: X.put(PAIR, autograd.ones(3)), r"put: source \(3,\) must have as many elements"),
    (lambda: X.index_copy(0, PAIR, X), r"index_copy: source \(3, 4\) must be \(2, 4\)"),
    (lambda: X.index_copy_(0, PAIR, X.double()), "index_copy_: source is float64 but input"),
    (lambda: X.masked_scatter(X, X), "masked_scatter: mask must be a boolean Tensor"),
    (lambda: X.masked_scatter(X == 0, PAIR * 1.0), "masked_scatter: mask is true 12 times but"),
    (lambda: X.select_scatter(X, 0, 1), r"select_scatter: src \(3, 4\) must have .* \(4,\)"),
    (lambda: X.slice_scatter(X, 0, 1), r"slice_scatter: src \(3, 4\) must have .* \(2, 4\)"),
    (lambda: X.diagonal_scatter(X), "diagonal_scatter: src .* diagonal"),
    (lambda: autograd.zeros(3).fill_diagonal_(1), "fill_diagonal_: a matrix, or more dimensions"),
    (lambda: X.scatter_reduce(0, PAIR, X, "sum"), "scatter_reduce: index .* as many dimensions"),
    (lambda: X.scatter_reduce(0, PAIR, X, "max"), "scatter_reduce: reduce 'max'; choose one of"),
    (lambda: X.index_reduce(0, PAIR, X, "sum"), "index_reduce: reduce 'sum'; .* index_add adds"),
    (lambda: X.index_reduce(0, PAIR, X, "amax"), r"index_reduce: source .* must be \(2, 4\)"),
    (lambda: X.scatter_reduce(1, autograd.tensor([[4]]), X, "prod"), "index 4 .* of size 4"),
    (lambda: autograd.hsplit(X, 3), "hsplit: dimension 1 of size 4 has no 3 equal parts"),
    (lambda: autograd.vsplit(PAIR, 2), "vsplit: at least 2 dimensions are needed"),
    (lambda: autograd.fliplr(PAIR), "fliplr: at least 2 dimensions are needed"),
    (lambda: autograd.combinations(X), "combinations: input must be a vector"),
    (lambda: autograd.cartesian_prod(X), r"cartesian_prod: tensors\[0\] must be a vector"),
    (lambda: autograd.block_diag(autograd.zeros(1, 1, 1)), r"block_diag: tensors\[0\] must have"),
    (lambda: autograd.diag_embed(autograd.tensor(1.)), "diag_embed: at least 1 dimension"),
    (lambda: autograd.vander(X), "vander: x must be a vector"),
    (lambda: autograd.broadcast_tensors(X, autograd.zeros(3)), "broadcast_tensors: shapes .* -1"),
])
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises((ValueError, IndexError, TypeError), match=message):
        call()


def test_products_sent_to_one_place_may_hold_zeros():
    src = autograd.tensor([0., 3., 0.], requires_grad=True)
    out = autograd.ones(2).scatter_reduce(0, autograd.tensor([0, 0, 1]), src, "prod")
    out.sum().backward()
    assert out.tolist() == [0, 0] and src.grad.tolist() == [3, 0, 1]


def test_a_tensor_of_this_one_s_dtype_the_old_way():
    x = autograd.zeros(1, dtype=autograd.float64)
    assert x.new([1, 2]).dtype == np.float64 and x.new(2, 3).shape == (2, 3)
