"""What counts, quantiles, running extremes and distances refuse, and values at their edges."""

import numpy as np
import pytest

import autograd

X, V, FEW = autograd.zeros(3, 4), autograd.zeros(4), autograd.tensor([0, 1])


@pytest.mark.parametrize("call, message", [
    (lambda: autograd.bincount(V), "bincount: input must be a vector of integers"),
    (lambda: autograd.bincount(FEW - 1), "bincount: numbers must be at least 0, got -1"),
    (lambda: autograd.bincount(FEW, V), r"bincount: weights \(4,\) must be \(2,\)"),
    (lambda: autograd.bucketize(V, X), "bucketize: boundaries must be a vector"),
    (lambda: autograd.searchsorted(X, V), "searchsorted: input .* must have the dimensions"),
    (lambda: autograd.searchsorted(V, V, side="up"), "searchsorted: side must be 'left'"),
    (lambda: autograd.histc(V, 0), "histc: bins must be at least 1"),
    (lambda: autograd.histc(FEW), "histc: a floating dtype is needed"),
    (lambda: autograd.histc(V / 0), "histc: the range from nan to nan must be finite"),
    (lambda: autograd.histogram(V, V - autograd.arange(4.)), "histogram: bins must be edges that"),
    (lambda: autograd.isin("a", V), "isin: elements must be a Tensor or a number"),
    (lambda: autograd.cov(autograd.zeros(1, 1, 1)), "cov: at most 2 dimensions"),
    (lambda: autograd.cov(X, fweights=V), "cov: fweights must be .* of integer type"),
    (lambda: autograd.diff(V.sum()), "diff: at least 1 dimension is needed"),
    (lambda: autograd.diff(V, -1), "diff: n must not be negative"),
    (lambda: autograd.trapezoid(V, FEW), "trapezoid: x .* must be a vector of 4 points"),
    (lambda: autograd.trapezoid(V, V, dx=1), "trapezoid: give x or dx, not both"),
    (lambda: autograd.gradient(V[:1]), "gradient: dimension 0 .* needs at least 2 points"),
    (lambda: autograd.gradient(X, spacing=[1]), "gradient: 1 spacings for 2 dims"),
    (lambda: autograd.gradient(V, spacing=[FEW]), "gradient: the points of dimension 0 of size 4"),
    (lambda: autograd.quantile(V, 1.5), "quantile: q must be numbers from 0 to 1"),
    (lambda: autograd.quantile(FEW, 0.5), "quantile: a floating dtype is needed"),
    (lambda: autograd.quantile(V, 0.5, interpolation="cubic"), "interpolation 'cubic'; choose"),
    (lambda: autograd.nanquantile(V[:0], 0.5), "nanquantile: there is no element"),
    (lambda: autograd.mode(X[:, :0], 1), "mode: dimension 1 .* is empty"),
    (lambda: autograd.nanmean(FEW), "nanmean: a floating dtype is needed"),
    (lambda: autograd.cummax(V, 1), "cummax: dim 1 is out of range"),
    (lambda: autograd.cdist(X, V), "cdist: x2 must be floating matrices"),
    (lambda: autograd.cdist(X, X[:, :2]), "cdist: .* rows of one size"),
    (lambda: autograd.pdist(V), "pdist: input must be a floating matrix"),
    (lambda: autograd.renorm(X, 0, 0, 1), "renorm: p must be positive"),
    (lambda: autograd.cross(X, X, 1), "cross: dimension 1 of input .* must have size 3"),
    (lambda: autograd.inner(X, FEW), "inner: the last sizes"),
    (lambda: autograd.addmv(X, X, V), "addmv: input .* cannot be expanded to the product"),
    (lambda: autograd.addr(X, X, V), "addr: vec1 must have 1 dimension"),
    (lambda: autograd.addbmm(X, X, X), "addbmm: batch1 must have 3 dimensions"),
    (lambda: autograd.chain_matmul(X, X), r"chain_matmul: tensors\[0\] .* and tensors\[1\]"),
    (lambda: autograd.linalg.multi_dot([X]), "multi_dot: at least two matrices"),
])
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises((ValueError, IndexError, TypeError, RuntimeError), match=message):
        call()


def test_results_are_named():
    x = autograd.tensor([[1., 3.], [2., 0.]])
    assert x.aminmax().min.item() == 0 and x.cummax(1).indices.tolist() == [[0, 1], [0, 0]]
    assert x.mode(0).values.tolist() == [1, 0] and x.nanmedian(0).indices.tolist() == [0, 1]
    assert autograd.histogram(x, 2).bin_edges.tolist() == [0, 1.5, 3]


def test_equal_points_have_distance_and_gradient_zero():
    x = autograd.tensor([[1., 2.], [1., 2.], [4., 6.]], requires_grad=True)
    autograd.cdist(x, x).sum().backward()
    assert np.isfinite(x.grad).all() and x.grad.sum().abs().item() < 1e-6
    x.grad = None
    autograd.pdist(x).sum().backward()
    np.testing.assert_allclose(x.grad, [[-.6, -.8], [-.6, -.8], [1.2, 1.6]], 1e-6)


def test_distances_far_from_the_origin_are_those_of_the_differences():
    x = np.random.default_rng(0).standard_normal((40, 3))
    near, far = (autograd.cdist(*[autograd.tensor(x + shift)] * 2) for shift in (0.0, 1e8))
    np.testing.assert_allclose(near, far, 1e-6, 1e-7)


def test_logcumsumexp_of_nothing_and_of_infinity():
    x = autograd.tensor([-np.inf, -np.inf, 1.0, 2.0], requires_grad=True)
    out = x.logcumsumexp(0)
    out[2:].sum().backward()
    np.testing.assert_allclose(out.detach(), [-np.inf, -np.inf, 1, np.logaddexp(1, 2)], 1e-6)
    first = 1 / (1 + np.exp(1))
    np.testing.assert_allclose(x.grad, [0, 0, 1 + first, 1 - first], 1e-6)


def test_every_nan_is_unique():
    x = autograd.tensor([np.nan, 1., np.nan])
    assert autograd.unique(x).shape == (3,) and autograd.unique_consecutive(x).shape == (3,)


def test_ties_of_a_running_maximum_give_the_last_the_gradient():
    x = autograd.tensor([2., 2., 1.], requires_grad=True)
    x.cummax(0).values.sum().backward()
    assert x.grad.tolist() == [1, 2, 0]


def test_float16_is_computed_in_float32():
    x = autograd.tensor([[300., 400.], [0., 0.]], dtype=autograd.float16)
    assert autograd.cdist(x, x)[0, 1].item() == 500
    assert autograd.logcumsumexp(x, 0).dtype == np.float16


def test_slices_without_elements_are_counted():
    none = autograd.zeros(0, 3)
    assert autograd.unique(none, dim=0).shape == (0, 3)
    assert autograd.unique_consecutive(none, dim=0, return_counts=True)[1].shape == (0,)
    assert autograd.linalg.cond(none).item() == 0


def test_one_variable_has_one_correlation():
    x = autograd.tensor([[1.0, 2.0, 4.0]], requires_grad=True)
    made = autograd.corrcoef(x)
    made.backward()
    assert made.shape == () and made.item() == pytest.approx(1)
    np.testing.assert_allclose(x.grad, np.zeros((1, 3)), atol=1e-6)
