"""NumPy's functions that few programs use, on Tensors: NumPy's values, and gradients."""

import numpy as np
import pytest

import autograd
from autograd.numpy_rare import FUNCTIONS
from tests import test_numpy_protocol as protocol
from tests.test_lazy import fresh
from tests.test_numpy_protocol import MASK, SQUARE, A, B, V, call

GAPS = np.array([[0.5, np.nan, 2.0], [3.0, 0.75, np.nan]])
LONG = np.array([0.5, -1.0, 2.0, 0.25, 3.0])
SYMMETRIC = SQUARE + SQUARE.T + 9 * np.eye(3)
RISING = np.array([-1.0, 0.5, 2.25])

SAMPLES = [
    call(np.append, A, B), call(np.append, A, B, axis=1), call(np.append, V, V),
    call(np.average, A), call(np.average, A, 1), call(np.average, A, 1, np.abs(V)),
    call(np.average, A, weights=np.abs(B)), call(np.average, A, 0, keepdims=True),
    call(np.corrcoef, A), call(np.cov, A), call(np.cross, SQUARE, SQUARE[::-1].copy()),
    call(np.cross, V, SQUARE), call(np.cumulative_sum, V), call(np.cumulative_sum, A, axis=1),
    call(np.cumulative_prod, A, axis=0), call(np.diagflat, V, 1), call(np.diff, A),
    call(np.diff, LONG, 2), call(np.diff, A, axis=0, n=1), call(np.ediff1d, A),
    call(np.extract, MASK, A), call(np.hsplit, A, 3), call(np.vsplit, A, [1]),
    call(np.dsplit, A[..., None, None], 1), call(np.i0, V), call(np.sinc, V),
    call(np.interp, np.array([-2.0, 0.0, 1.7, 5.0]), RISING, V),
    call(np.interp, np.array([-2.0, 0.6]), RISING, V, left=7.0, right=1.0),
    call(np.convolve, LONG, V), call(np.convolve, V, LONG, "same"),
    call(np.convolve, LONG, V[:2], mode="same"), call(np.convolve, LONG, V, "valid"),
    call(np.correlate, LONG, V), call(np.correlate, LONG, V, "full"),
    call(np.correlate, V, LONG, "same"), call(np.correlate, V, LONG, "full"),
    call(np.nan_to_num, A, nan=1.0), call(np.nansum, A, 1), call(np.nanmean, A, axis=0),
    call(np.median, A), call(np.median, A, 1), call(np.median, LONG, keepdims=True),
    call(np.nanmedian, A, 1), call(np.quantile, A, 0.3, 1), call(np.quantile, LONG, [0.2, 0.7]),
    call(np.quantile, A, 0.3, axis=0, method="lower"), call(np.percentile, A, 70.0, axis=1),
    call(np.percentile, LONG, [20, 70]), call(np.nanquantile, A, 0.3, 1),
    call(np.nanpercentile, A, 30, 1), call(np.polyval, V, LONG), call(np.ptp, A),
    call(np.ptp, A, axis=1), call(np.select, [MASK, ~MASK], [A, B], 0.0),
    call(np.trapezoid, A), call(np.trapezoid, A, dx=0.5, axis=0), call(np.trapezoid, A, RISING),
    call(np.vander, V), call(np.vander, V, 2), call(np.vander, V, increasing=True),
    call(np.atleast_1d, V), call(np.atleast_2d, V, A), call(np.atleast_3d, A),
    call(np.broadcast_arrays, A, V), call(np.gradient, LONG), call(np.gradient, SQUARE),
    call(np.gradient, SQUARE, 0.5, axis=1), call(np.gradient, SQUARE, 0.5, 2.0),
    call(np.gradient, LONG, edge_order=2), call(np.meshgrid, V, LONG),
    call(np.meshgrid, V, LONG, indexing="ij"),
    call(np.linalg.cond, SQUARE), call(np.linalg.cond, SQUARE, 1),
    call(np.linalg.cross, SQUARE, SQUARE.T.copy()), call(np.linalg.det, SQUARE),
    call(np.linalg.slogdet, SQUARE), call(np.linalg.inv, SQUARE),
    call(np.linalg.lstsq, A.T, LONG[:3]), call(np.linalg.lstsq, A.T, B.T),
    call(np.linalg.matrix_norm, A), call(np.linalg.matrix_norm, SQUARE, ord=2, keepdims=True),
    call(np.linalg.matrix_power, SQUARE, 3), call(np.linalg.pinv, A),
    call(np.linalg.qr, SQUARE), call(np.linalg.solve, SQUARE, V), call(np.linalg.svd, SQUARE),
    call(np.linalg.svd, A, compute_uv=False), call(np.linalg.svdvals, A),
    call(np.linalg.multi_dot, [A, SQUARE, V]),
    call(np.linalg.tensorinv, SYMMETRIC[:2, :2].reshape(1, 2, 2), ind=2),
    call(np.linalg.tensorsolve, SYMMETRIC, V), call(np.linalg.vecdot, A, B),
]
NO_GRADIENT_OF_ALL = ("slogdet", "lstsq", "svd", "interp", "extract", "select", "atleast_2d")


@pytest.mark.parametrize(("function", "args", "kwargs"), SAMPLES)
def test_a_function_is_the_op(function, args, kwargs):
    if function.__name__ in NO_GRADIENT_OF_ALL:
        given = [protocol.converted(part, autograd.tensor) for part in (args, kwargs)]
        found = function(*given[0], **given[1])
        for ours, theirs in zip(protocol.each(found), protocol.each(function(*args, **kwargs)),
                                strict=True):
            assert isinstance(ours, autograd.Tensor)
            np.testing.assert_allclose(np.asarray(ours), theirs, 1e-10, 1e-12)
    else:
        protocol.test_a_function_is_the_op(function, args, kwargs)


def test_every_function_has_a_sample():
    tried = {sample.values[0] for sample in SAMPLES}
    symmetric = {np.linalg.cholesky, np.linalg.eigh, np.linalg.eigvalsh}
    assert FUNCTIONS.keys() - tried == symmetric


def test_symmetric_matrices():
    x = autograd.tensor(SYMMETRIC, requires_grad=True)
    for function in (np.linalg.cholesky, np.linalg.eigvalsh, lambda a: np.linalg.eigh(a)[0]):
        np.testing.assert_allclose(function(x).detach(), function(SYMMETRIC), 1e-10)
        assert function(x).requires_grad


def test_gaps_are_left_out():
    for function in (np.nansum, np.nanmean, np.nanmedian):
        x = autograd.tensor(GAPS, requires_grad=True)
        np.testing.assert_allclose(function(x, axis=1).detach(), function(GAPS, axis=1), 1e-12)
        function(x).backward()
        assert (x.grad.numpy()[np.isnan(GAPS)] == 0).all()
    assert np.isnan(np.median(autograd.tensor(GAPS)).item())
    assert np.median(autograd.tensor([1, 2])).item() == 1.5


def test_arguments_that_have_no_counterpart_are_refused_with_a_gradient():
    x = autograd.tensor(A, requires_grad=True)
    with pytest.raises(TypeError, match="np.cov with rowvar has no gradient here"):
        np.cov(x, rowvar=False)
    with pytest.raises(ValueError, match="average: weights"):
        np.average(x, weights=autograd.ones(2))


def test_they_load_when_they_are_asked_for():
    code = ("import sys, numpy, autograd; early = 'autograd.numpy_rare' in sys.modules; "
            "print(early, numpy.median(autograd.tensor([1., 5.])).item())")
    assert fresh(code) == "False 3.0"
