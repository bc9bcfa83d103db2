"""Linear algebra of complex matrices: held to products and differences, and refusals."""

import numpy as np
import pytest

import autograd
from autograd import linalg
from tests.test_complex import drawn, leaf

S, X = drawn(3, 3), drawn(4, 3)


def hermitian(a):
    return a @ a.mH + autograd.eye(3).double()


def close(a, b):
    np.testing.assert_allclose(a.numpy(), b.numpy() if hasattr(b, "numpy") else b, 1e-9, 1e-9)


def test_what_decompositions_say():
    s, x, eye = autograd.tensor(S), autograd.tensor(X), np.eye(3)
    h = hermitian(s)
    factor = linalg.cholesky(h)
    close(factor @ factor.mH, h)
    close(linalg.cholesky(h, upper=True), factor.mH)
    close(s @ linalg.inv(s), eye)
    close(s @ linalg.solve(s, s[:, 0]), S[:, 0])
    close(linalg.solve(s, s, left=False), eye)
    close(h @ autograd.cholesky_inverse(factor), eye)
    for full in (False, True):
        u, values, vh = linalg.svd(x, full)
        assert not values.is_complex()
        close(u.mH @ u, np.eye(4 if full else 3))
        close(u[:, :3] * values @ vh, X)
    u, values, v = autograd.svd(x)
    close(u * values @ v.mH, X)
    q, r = linalg.qr(x)
    close(q @ r, X)
    values, vectors = linalg.eigh(h)
    close(vectors * values @ vectors.mH, h)
    sign, size = autograd.slogdet(s)
    close(sign * size.exp(), np.linalg.det(S))
    close(autograd.logdet(s).exp(), np.linalg.det(S))
    for lowrank in (autograd.svd_lowrank(x, 3), autograd.pca_lowrank(x, 3, center=False)):
        close(lowrank.U * lowrank.S @ lowrank.V.mH, X)
    p = linalg.pinv(x)
    close(p @ x, eye)
    close(linalg.lstsq(x, x[:, :1]).solution, eye[:, :1])
    close(autograd.matrix_exp(s), autograd.matrix_exp(s / 2) @ autograd.matrix_exp(s / 2))
    close(linalg.matrix_power(s, -2) @ s @ s, eye)
    close(linalg.vecdot(s, s), (np.abs(S) ** 2).sum(1))


@pytest.mark.parametrize("function", [
    lambda s: linalg.solve(s, s.mH), linalg.det, lambda s: autograd.slogdet(s).sign,
    lambda s: linalg.cholesky(hermitian(s)), lambda s: linalg.qr(s).R,
    lambda s: linalg.svd(s, False)[0].abs(), lambda s: linalg.eigh(hermitian(s))[1].abs(),
    lambda s: linalg.pinv(s[:, :2]), autograd.matrix_exp, lambda s: linalg.norm(s, "nuc")],
    ids=["solve", "det", "sign", "cholesky", "qr", "svd", "eigh", "pinv", "exp", "nuc"])
def test_gradients_and_their_gradients_agree_with_differences(function):
    assert autograd.gradcheck(function, leaf(S))
    assert autograd.gradgradcheck(function, leaf(S))


def test_a_gradient_of_the_arbitrary_phase_is_refused():
    with pytest.raises(RuntimeError, match="linalg_svd: the loss depends on the phase"):
        linalg.svd(leaf(X), False)[0].real.sum().backward()
    with pytest.raises(RuntimeError, match="eigh: the loss depends on the phase"):
        linalg.eigh(hermitian(leaf(S)))[1].imag.sum().backward()


@pytest.mark.parametrize(("call", "text"), [
    (lambda s: linalg.inv(s * 0), "inv: the matrix is singular"),
    (lambda s: linalg.cholesky(-hermitian(s)), "cholesky: A is not positive definite"),
    (lambda s: linalg.eigvals(s), "^eig"),
    (lambda s: linalg.lu(s), "^linalg_lu: there is no complex form"),
    (lambda s: linalg.solve(s, s.real), "solve: B .* and the dtype of A")])
def test_messages(call, text):
    with pytest.raises((RuntimeError, TypeError), match=text):
        call(autograd.tensor(S))


def test_singular_ones():
    z = autograd.zeros(2, 2, dtype=autograd.complex128)
    sign, size = autograd.slogdet(z)
    assert sign.item() == 0 and size.item() == -np.inf
    assert linalg.inv_ex(z).info.item() == 1 and linalg.inv_ex(z).inverse.isnan().all()
    assert linalg.matrix_rank(z).item() == 0 and linalg.cond(z, 1).item() == np.inf
    a = leaf(np.ones((2, 2)) * (1 + 1j))
    linalg.det(a).real.backward()
    np.testing.assert_allclose(a.grad.numpy(), [[1 - 1j, 1j - 1], [1j - 1, 1 - 1j]], 1e-12)
