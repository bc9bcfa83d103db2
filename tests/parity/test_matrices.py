"""Decompositions against PyTorch where the samples of tests/cases cannot hold their gradients:
functions of symmetric matrices, and of singular vectors whatever their signs."""

import numpy as np
import pytest

import autograd

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

RAW = np.random.default_rng(5).uniform(-1, 1, (2, 3, 3))
WEIGHTS = np.random.default_rng(6).uniform(-1, 1, (2, 3, 3))


def symmetric(x):
    return x + x.mT


def positive(x):
    return x @ x.mT


@pytest.mark.parametrize("function", [
    lambda t, x: t.linalg.cholesky(positive(x)),
    lambda t, x: t.linalg.cholesky(positive(x), upper=True),
    lambda t, x: t.linalg.eigh(symmetric(x))[1] ** 2,
    lambda t, x: t.linalg.eigvalsh(symmetric(x), UPLO="U") ** 3,
    lambda t, x: t.linalg.svd(x[:, :2], full_matrices=False)[2] ** 2,
    lambda t, x: t.linalg.svd(x[:, :2], full_matrices=False)[0] ** 2,
    lambda t, x: t.linalg.pinv(symmetric(x), hermitian=True),
    lambda t, x: t.logdet(positive(x)),
], ids=["cholesky", "upper", "eigh", "eigvalsh", "svd-V", "svd-U", "pinv", "logdet"])
def test_first_and_second_gradients(function):
    found = []
    for library in (autograd, torch):
        x, w = library.tensor(RAW, requires_grad=True), library.tensor(WEIGHTS)
        y = function(library, x)
        w = w[:, :y.shape[1], :y.shape[2]] if y.ndim == 3 else w.flatten()[:y.numel()].reshape(
            y.shape)
        grad = autograd.grad if library is autograd else torch.autograd.grad
        g, = grad((y * w).sum(), [x], create_graph=True)
        h, = grad((g * g).sum(), [x])
        found.append([np.asarray(part.detach()) for part in (y, g, h)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, 1e-9, 1e-9 * np.abs(theirs).max())
