"""Sparse tensors against PyTorch's."""

import numpy as np
import pytest

import autograd

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("seed", range(4))
def test_the_same_calls_give_the_same(seed):
    rng = np.random.default_rng(seed)
    places = np.stack([rng.integers(0, n, 8) for n in (4, 5)])
    numbers, dense, g = rng.normal(size=8), rng.normal(size=(5, 3)), rng.normal(size=(4, 3))
    found = []
    for lib in (autograd, torch):
        s = lib.sparse_coo_tensor(lib.tensor(places), lib.tensor(numbers), (4, 5))
        s.requires_grad_()
        d = lib.tensor(dense, requires_grad=True)
        y = lib.sparse.mm(s, d)
        y.backward(lib.tensor(g))
        once = s.detach().coalesce()
        x = lib.tensor(dense * (dense > 0))
        found.append([y.detach(), s.grad.coalesce().to_dense(), d.grad, once.indices(),
                      once.values(), s.detach().t().to_dense(), x.to_sparse().indices(),
                      lib.sparse.sum(once, 1).to_dense(), lib.sparse.softmax(once, 1).to_dense(),
                      lib.sparse.log_softmax(once, 0).values(), (once * 3).to_dense(),
                      (once + once).to_dense()])
        assert (s.is_sparse, s.sparse_dim(), s._nnz(), once._nnz() <= 8) == (True, 2, 8, True)
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(np.asarray(ours), theirs.numpy(), 1e-9, 1e-12)
