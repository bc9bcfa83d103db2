"""Sparse tensors against the dense ones that they stand for."""

import copy
import pickle

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import sparse


def sample(rng, shape=(4, 5), count=9, values=(), grad=False):
    places = np.stack([rng.integers(0, n, count) for n in shape])
    return sparse.sparse_coo_tensor(places, rng.normal(size=(count, *values)), (*shape, *values),
                                    requires_grad=grad)


def dense(s):
    """By a loop, from places and values."""
    made = np.zeros(tuple(s.shape))
    for place, value in zip(s._indices().numpy().T, s._values().detach().numpy(), strict=True):
        made[tuple(place)] += value
    return made


@pytest.mark.parametrize("shape, count, values", [
    ((4, 5), 9, ()), ((3,), 7, ()), ((2, 3, 2), 20, ()), ((4, 2), 5, (3,)), ((4, 5), 0, ())])
def test_forms(rng, shape, count, values):
    s = sample(rng, shape, count, values)
    expected = dense(s)
    np.testing.assert_allclose(s.to_dense().numpy(), expected, 1e-12)
    once = s.coalesce()
    places = once.indices().numpy()
    assert once.is_coalesced() and len({*map(tuple, places.T)}) == places.shape[1]
    assert (np.diff(np.ravel_multi_index(tuple(places), shape)) > 0).all()
    np.testing.assert_allclose(once.to_dense().numpy(), expected, 1e-12)
    back = autograd.tensor(expected).to_sparse(len(shape))
    np.testing.assert_allclose(back.to_dense().numpy(), expected, 1e-12)
    np.testing.assert_allclose((s * 2 + s - s / 4).to_dense().numpy(), expected * 2.75, 1e-12)
    for nothing in (-s + autograd.tensor(expected), autograd.tensor(expected) - s,
                    autograd.tensor(expected) + -s):
        np.testing.assert_allclose(nothing.numpy(), 0, atol=1e-12)
    whole = autograd.tensor(rng.normal(size=expected.shape))
    np.testing.assert_allclose((s.coalesce() * whole).to_dense().numpy(),
                               expected * whole.numpy(), 1e-12)
    assert (s.ndim, s.numel(), s.sparse_dim()) == (expected.ndim, expected.size, len(shape))


def test_products_and_their_gradients(rng):
    s, d = sample(rng, grad=True), autograd.tensor(rng.normal(size=(5, 3)), requires_grad=True)
    for product in (s @ d, sparse.mm(s, d), autograd.spmm(s, d), autograd.mm(s, d), s.mm(d)):
        np.testing.assert_allclose(product.detach().numpy(), dense(s) @ d.detach().numpy(), 1e-12)
    left = autograd.tensor(rng.normal(size=(2, 4)))
    np.testing.assert_allclose((left @ s).detach().numpy(), left.numpy() @ dense(s), 1e-12)
    np.testing.assert_allclose((left[0] @ s).detach(), left[0].numpy() @ dense(s), 1e-12)
    np.testing.assert_allclose((s @ s.t()).detach().numpy(), dense(s) @ dense(s).T, 1e-12)
    np.testing.assert_allclose((s @ d[:, 0]).detach().numpy(), dense(s) @ d.detach().numpy()[:, 0])
    np.testing.assert_allclose((s.t() @ autograd.ones(4, 2, dtype=autograd.float64)).detach(),
                               dense(s).T @ np.ones((4, 2)), 1e-12)
    g = rng.normal(size=(4, 3))
    (s @ d).backward(autograd.tensor(g))
    np.testing.assert_allclose(d.grad.numpy(), dense(s).T @ g, 1e-12)
    whole = g @ d.detach().numpy().T
    once = s.detach().coalesce()
    assert (s.grad.indices() == once.indices()).all()
    np.testing.assert_allclose(s.grad.values().numpy(), whole[tuple(once.indices().numpy())], 1e-12)


def test_gradients_by_differences(rng):
    places, d = autograd.tensor([[0, 1, 1, 0], [1, 0, 0, 2]]), rng.normal(size=(3, 2))

    def of(values, d):
        s = sparse.sparse_coo_tensor(places, values, (2, 3))
        return (s @ d, s.coalesce().values(), s.to_dense(), sparse.sum(s, 0).to_dense(),
                sparse.softmax(s, 1).values(), sparse.log_softmax(s, 1).values(),
                (s * s.to_dense()).coalesce().values())

    values = autograd.tensor(rng.normal(size=4), requires_grad=True)
    d = autograd.tensor(d, requires_grad=True)
    assert autograd.gradcheck(of, (values, d)) and autograd.gradgradcheck(of, (values, d))
    x = autograd.tensor([[0.0, 2.0], [3.0, 0.0]], requires_grad=True)
    (x.to_sparse().values() ** 2).sum().backward()
    assert x.grad.tolist() == [[0.0, 4.0], [6.0, 0.0]]


def test_sums_and_softmax(rng):
    s = sample(rng, (3, 4), 8)
    whole = dense(s)
    np.testing.assert_allclose(sparse.sum(s).item(), whole.sum())
    for dim in (0, 1, -1):
        np.testing.assert_allclose(sparse.sum(s, dim).to_dense().numpy(), whole.sum(dim), 1e-12)
    there = np.zeros(whole.shape, bool)
    there[tuple(s._indices().numpy())] = True
    for dim in (0, 1):
        e = np.exp(np.where(there, whole, -np.inf))
        expected = np.divide(e, e.sum(dim, keepdims=True), out=np.zeros_like(e), where=there)
        np.testing.assert_allclose(sparse.softmax(s, dim).to_dense().numpy(), expected, 1e-12)
        np.testing.assert_allclose(sparse.log_softmax(s, dim).values().exp().numpy(),
                                   sparse.softmax(s, dim).values().numpy(), 1e-12)
    large = sparse.sparse_coo_tensor([[0, 0]] * 1 + [[0, 1]], [1000.0, -1000.0])
    assert sparse.softmax(large, 1).values().tolist() == [1.0, 0.0]


def test_a_graph_convolution_learns(rng):
    autograd.manual_seed(0)
    adjacent = autograd.sparse.FloatTensor(autograd.tensor([[0, 1, 1, 2], [1, 0, 2, 1]]),
                                           autograd.ones(4), (3, 3))
    layer = nn.Linear(3, 2)
    optimizer = optim.Adam(layer.parameters(), lr=0.1)
    for _ in range(60):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(autograd.spmm(adjacent, layer(autograd.eye(3))),
                                           autograd.tensor([0, 1, 0]))
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05


@pytest.mark.parametrize("call, error, text", [
    (lambda: sparse.sparse_coo_tensor([[0, 3]], [1.0, 2.0], (3,)), IndexError, "index 3 .* 3"),
    (lambda: sparse.sparse_coo_tensor([[0, -1]], [1.0, 2.0], (3,)), IndexError, "index -1 .* 3"),
    (lambda: sparse.sparse_coo_tensor([[0, 1]], [1.0], (3,)), ValueError, r"indices .* values"),
    (lambda: sparse.sparse_coo_tensor([[0.5]], [1.0]), ValueError, "integers"),
    (lambda: sparse.sparse_coo_tensor([[0]], [1.0], (3, 3)), ValueError, r"size \(3, 3\)"),
    (lambda: sparse.sparse_coo_tensor([[0, 0]], [1.0, 2.0]).values(), RuntimeError, "coalesce"),
    (lambda: sparse.mm(autograd.eye(2), autograd.eye(2)), TypeError, "to_sparse"),
    (lambda: sparse.mm(autograd.eye(2).to_sparse(), autograd.eye(3)), RuntimeError, r"\(2, 2\)"),
    (lambda: autograd.eye(2).to_sparse() * autograd.eye(3), RuntimeError, r"\(3, 3\)"),
    (lambda: autograd.eye(2).to_sparse() + 1, TypeError, "add: .* got"),
    (lambda: sparse.softmax(autograd.eye(2), 1), TypeError, "sparse.softmax"),
    (lambda: sparse.sum(autograd.eye(2).to_sparse(), 2), IndexError, "dimension 2"),
    (lambda: autograd.eye(2).to_sparse(3), ValueError, "sparse_dim .* 3"),
    (lambda: autograd.eye(2).to_sparse().cuda(), RuntimeError, "cuda"),
    (lambda: autograd.eye(2).to_sparse().exp(), TypeError, "to_dense"),
    (lambda: autograd.matmul(autograd.eye(2), autograd.eye(2).to_sparse()), TypeError, "to_dense"),
    (lambda: autograd.cat([autograd.eye(2).to_sparse()]), TypeError, "to_dense"),
    (lambda: autograd.eye(2).to_sparse()[0], TypeError, "to_dense"),
    (lambda: autograd.eye(2).to_sparse().numpy(), TypeError, "to_dense"),
    (lambda: autograd.eye(2).to_sparse().add_(1), TypeError, "to_dense"),
    (lambda: nn.functional.linear(autograd.eye(2).to_sparse(), autograd.eye(2)), TypeError,
     "to_dense"),
    (lambda: autograd.mm("x", autograd.eye(2)), Exception, "mm"),
])
def test_what_does_not_fit_says_so(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_copies_and_pickles():
    s = sparse.sparse_coo_tensor([[0, 0], [1, 1]], [2.0, 3.0], (2, 3), requires_grad=True)
    for other in (copy.deepcopy(s), pickle.loads(pickle.dumps(s))):
        assert other.to_dense().tolist() == [[0, 5, 0], [0, 0, 0]] and other.requires_grad
        assert other._values()._array is not s._values()._array and not other.is_coalesced()
    assert isinstance(s, autograd.Tensor) and (s == None) is False  # noqa: E711
