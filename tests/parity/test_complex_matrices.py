"""Linear algebra of complex matrices against PyTorch's: values, gradients, gradients of these."""

import re

import numpy as np
import pytest

import autograd
from tests.parity.test_complex import agree

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

SHAPES = {"x": (3, 4), "s": (3, 3), "t": (3, 3), "q": (2, 3, 3), "v": (4,), "u": (4, 2)}
# h stands for a Hermitian positive definite matrix.
TEXTS = """
    m.linalg.inv(s) @ t; m.linalg.solve(s, t); m.linalg.solve(s, t, left=False)
    m.linalg.solve(s, t[:, 0]); m.linalg.solve(s, q)
    m.linalg.solve_triangular(s, t, upper=True)
    m.linalg.solve_triangular(s, t, upper=False, left=False, unitriangular=True); m.det(s)
    m.linalg.det(q); m.linalg.slogdet(q)[0]; m.linalg.slogdet(q)[1]; m.logdet(q)
    m.linalg.pinv(x); m.linalg.pinv(x.mH); m.linalg.lstsq(x.mH, u).solution
    m.linalg.cholesky(h); m.linalg.cholesky(h, upper=True); m.linalg.cholesky_ex(h)[0]
    m.cholesky_solve(t, m.linalg.cholesky(h)); m.cholesky_inverse(m.linalg.cholesky(h))
    m.linalg.qr(x.mH)[0]; m.linalg.qr(x.mH)[1]; m.linalg.qr(x)[1]; m.linalg.qr(x)[0]
    m.linalg.svdvals(x); m.linalg.svd(x, False)[0].abs(); m.linalg.svd(x, False)[2].abs()
    m.linalg.svd(x.mH, False)[0].abs(); m.linalg.svd(x, False)[1]
    (lambda d: (d[0] * d[1] ** 2) @ d[2])(m.linalg.svd(x, False)); m.linalg.svd(x)[2][:3].abs()
    m.svd(x)[2].abs(); m.linalg.eigh(h)[0]; m.linalg.eigh(h)[1].abs(); m.linalg.eigh(h, 'U')[0]
    m.linalg.eigvalsh(h); (lambda d: (d[1] * d[0] ** 3) @ d[1].mH)(m.linalg.eigh(h))
    m.matrix_exp(s); m.matrix_exp(q * 5); m.linalg.matrix_power(s, 3)
    m.linalg.matrix_power(s, -2); m.linalg.matrix_power(s, 0) + s; m.linalg.norm(x)
    m.linalg.norm(x, 'nuc'); m.linalg.norm(x, 2); m.linalg.norm(x, 1); m.linalg.norm(x, -2)
    m.linalg.vector_norm(x, 3, 1); m.linalg.vector_norm(x, 1); m.linalg.matrix_norm(x)
    m.norm(x); x.norm(3, 1); x.norm(p=float('inf'), dim=0); m.linalg.cond(s)
    m.linalg.vecdot(x, x * 2j); m.vdot(v, v * 1j); m.linalg.multi_dot([x, u, u.mH])
    m.linalg.tensorinv(t, 1); m.linalg.tensorsolve(s, t[:, 0])
    m.linalg.inv_ex(s)[0]; m.linalg.solve_ex(s, t)[0]; m.linalg.cross(s, t)
    m.linalg.diagonal(s); m.linalg.lstsq(x.mH, u, driver='gelsd')[1]
    """


def test_values_and_gradients_agree():
    texts = [text.strip() for text in TEXTS.replace("\n", ";").split(";") if text.strip()]
    for text in texts:
        agree(re.sub(r"\bh\b", "(s @ s.mH + m.eye(3, dtype=s.dtype))", text), SHAPES)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("text", [
    "m.linalg.matrix_rank(x)", "m.linalg.lstsq(x, y, driver='gelsd')[3]", "m.linalg.cond(s)",
    "m.linalg.lstsq(x, y).rank", "m.linalg.svdvals(x)", "m.linalg.eigvalsh(s)",
    "m.linalg.slogdet(s * 0)[0]", "m.linalg.slogdet(s * 0)[1]", "m.linalg.cond(s, 1)",
    "m.linalg.cholesky_ex(-s @ s.mH).info", "m.linalg.slogdet(e)[0]", "m.linalg.det(e)",
    "m.linalg.inv(s[:0, :0])", "m.linalg.qr(x, 'r')[1].abs()", "m.linalg.matrix_exp(s[:0, :0])",
    "m.linalg.svd(x.mT, False)[1]", "m.linalg.norm(x)", "m.linalg.matrix_norm(x, 'nuc')"])
def test_dtypes_and_edges(text, dtype):
    rng = np.random.default_rng(1)
    drawn = {name: rng.normal(size=(*shape, 2)).view(complex)[..., 0]
             for name, shape in dict(x=(4, 3), y=(4, 2), s=(3, 3), e=(2, 0, 0)).items()}
    ours, theirs = [eval(text, {"m": m, **{name: m.tensor(array, dtype=getattr(m, dtype))
                                           for name, array in drawn.items()}}).numpy()
                    for m in (autograd, torch)]
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, 1e-4 if dtype == "complex64" else 1e-9)
