"""Gradients of what looks at one triangle of a symmetric matrix, what linear algebra refuses, and
values where rank is lost or eigenvalues are equal."""

import numpy as np
import pytest

import autograd
from autograd import linalg
from autograd.gradient_check import gradcheck, gradgradcheck

RNG = np.random.default_rng(3)
RAW = RNG.uniform(-1, 1, (2, 3, 3))
SQUARE, BATCH = autograd.eye(2), autograd.stack([autograd.eye(2), autograd.ones(2, 2)])


def raw(shape=(2, 3, 3)):
    return autograd.tensor(RAW[:shape[0]] if len(shape) == 3 else RAW[0], requires_grad=True)


def symmetric(x):
    return x + x.mT + autograd.tensor(np.diag([0.0, 3.0, 6.0]))


def positive(x):
    return x @ x.mT + autograd.eye(3, dtype=autograd.float64)


@pytest.mark.parametrize("function", [
    lambda x: linalg.cholesky(positive(x)),
    lambda x: linalg.cholesky(positive(x), upper=True),
    lambda x: linalg.cholesky_ex(positive(x)).L,
    lambda x: linalg.eigvalsh(symmetric(x)),
    lambda x: linalg.eigh(symmetric(x)).eigenvectors,
    lambda x: linalg.eigh(symmetric(x), UPLO="U").eigenvectors,
    lambda x: linalg.pinv(symmetric(x), hermitian=True),
], ids=["cholesky", "upper", "cholesky_ex", "eigvalsh", "eigh", "eigh-U", "pinv"])
def test_gradients_of_symmetric_matrices(function):
    assert gradcheck(function, [raw()], rtol=1e-7)
    assert gradgradcheck(function, [raw()], rtol=1e-7)


def test_gradients_of_symmetric_matrices_are_symmetric():
    for function in (lambda a: linalg.eigh(a).eigenvectors[0], lambda a: linalg.cholesky(a)[2]):
        a = positive(raw((3, 3))).detach().requires_grad_()
        function(a).sum().backward()
        np.testing.assert_allclose(a.grad, a.grad.mT, 1e-12)


def test_equal_singular_values_do_not_disturb_what_does_not_ask_for_vectors():
    for function in (linalg.svdvals, lambda a: linalg.svd(a).S, lambda a: linalg.eigvalsh(a),
                     lambda a: linalg.eigh(a).eigenvalues, lambda a: linalg.matrix_norm(a, "nuc")):
        a = autograd.eye(3, requires_grad=True)
        function(a).sum().backward()
        np.testing.assert_allclose(a.grad, np.eye(3), atol=1e-6)


def test_the_determinant_of_a_singular_matrix_has_its_gradient():
    a = autograd.tensor([[1., 2.], [2., 4.]], requires_grad=True)
    a.det().backward()
    np.testing.assert_allclose(a.grad, [[4, -2], [-2, 1]], atol=1e-5)
    for zeros in (2, 3):
        b = autograd.zeros(zeros, zeros, requires_grad=True)
        b.det().backward()
        assert (b.grad == 0).all()


def test_full_matrices_have_the_gradient_of_what_is_determined():
    found = []
    for full in (True, False):
        a = autograd.tensor(RAW[:, :2], requires_grad=True)
        u, s, vh = linalg.svd(a, full_matrices=full)
        (vh[:, :2] ** 3).sum().backward(retain_graph=True)
        (s.sum() + (u ** 3).sum()).backward()
        found.append(a.grad.numpy())
    np.testing.assert_allclose(*found, 1e-9)


def test_parts_put_together_again():
    a = autograd.tensor(RNG.standard_normal((2, 3, 4)))
    u, s, vh = linalg.svd(a, full_matrices=False)
    np.testing.assert_allclose(u * s[:, None] @ vh, a, atol=1e-12)
    u, s, v = autograd.svd(a, some=False)
    assert u.shape == (2, 3, 3) and v.shape == (2, 4, 4)
    np.testing.assert_allclose(v.mT @ v, np.stack([np.eye(4)] * 2), atol=1e-12)
    for some in (True, False):
        q, r = autograd.qr(a.mT, some)
        np.testing.assert_allclose(q @ r, a.mT, atol=1e-12)
    assert autograd.svd(a, compute_uv=False).U.shape == (2, 3, 3)
    assert linalg.qr(a, "r").Q.shape == (0,)


def test_info_tells_which_minor_is_not_positive_definite():
    bad = autograd.tensor([[1., 0.], [0., -1.]])
    found = linalg.cholesky_ex(autograd.stack([autograd.eye(2), bad]))
    assert found.info.tolist() == [0, 2] and bool(found.L[1].isnan().all())
    assert found.L[0].tolist() == [[1, 0], [0, 1]]


def test_a_power_of_rank_and_condition():
    assert linalg.matrix_rank(autograd.zeros(2, 3)).item() == 0
    assert linalg.matrix_rank(BATCH).tolist() == [2, 1]
    np.testing.assert_allclose(linalg.cond(BATCH, "fro"), [2, np.inf], 1e-6)
    assert autograd.matrix_power(SQUARE * 2, -3).tolist() == [[.125, 0], [0, .125]]
    large = autograd.full((2, 2), 300.0)
    assert bool(autograd.isinf(large.matrix_exp()).all())
    assert bool(autograd.isnan((large * np.nan).matrix_exp()).all())


def test_norms_of_matrices_without_elements():
    empty = autograd.zeros(2, 0, 3, requires_grad=True)
    for order in (1, 2, np.inf, "nuc", "fro"):
        for dim in ((1, 2), (2, 1)):
            made = linalg.matrix_norm(empty, order, dim)
            assert made.tolist() == [0, 0]
            assert autograd.grad(made.sum(), empty)[0].shape == empty.shape
    assert linalg.cond(autograd.zeros(0, 0), 1).item() == 0
    with pytest.raises(IndexError, match="matrix_norm: there is no element"):
        linalg.matrix_norm(empty, -2)


def test_float16_goes_through_float32():
    a = autograd.eye(2, dtype=autograd.float16) * 2
    for result in (a.inverse(), a.det(), linalg.svdvals(a), linalg.eigvalsh(a), linalg.pinv(a),
                   linalg.cholesky(a), linalg.solve(a, a), a.matrix_exp(), linalg.eigvals(a),
                   linalg.qr(a).R, a.slogdet().logabsdet):
        assert result.dtype == np.float16


@pytest.mark.parametrize("call, message", [
    (lambda: autograd.inverse(autograd.ones(2, 3)), "inverse: input must be square matrices"),
    (lambda: autograd.det(autograd.eye(2).long()), "det: input must be of a floating dtype, got"),
    (lambda: linalg.det([[1.0]]), "det: input must be a Tensor, got list"),
    (lambda: autograd.inverse(BATCH), r"inverse: matrix \(1,\) of the batch is singular; linalg."),
    (lambda: linalg.solve(BATCH[1], SQUARE), "solve: the matrix is singular"),
    (lambda: linalg.solve(SQUARE, autograd.ones(3, 1)), r"solve: B .* must have 2 rows"),
    (lambda: linalg.solve(SQUARE, SQUARE.double()), "solve: B .* and the dtype of A"),
    (lambda: linalg.solve_triangular(SQUARE, SQUARE[0], upper=True), "B must be matrices"),
    (lambda: linalg.lstsq(SQUARE, autograd.ones(3, 1)), "lstsq: A .* equally many rows"),
    (lambda: linalg.lstsq(SQUARE, SQUARE, driver="x"), "lstsq: driver 'x'"),
    (lambda: linalg.cholesky(-SQUARE), "linalg_cholesky: A is not positive definite: .* order 1"),
    (lambda: autograd.cholesky(autograd.stack([SQUARE, -SQUARE])), r"cholesky: matrix \(1,\) of"),
    (lambda: linalg.cholesky_ex(-SQUARE, check_errors=True), "cholesky_ex: A is not positive"),
    (lambda: linalg.qr(SQUARE, "full"), "linalg_qr: mode 'full'; choose"),
    (lambda: linalg.qr(SQUARE.requires_grad_(), "r"), "linalg_qr: mode 'r' .* has no gradient"),
    (lambda: linalg.svd(autograd.ones(1, 2, requires_grad=True)).Vh.sum().backward(),
     "linalg_svd: the vectors that full_matrices adds .* have no gradient"),
    (lambda: linalg.eigh(SQUARE, "X"), "eigh: UPLO 'X'; choose 'L' or 'U'"),
    (lambda: linalg.eig(autograd.tensor([[0., 1.], [-1., 0.]])), "eig: an eigenvalue is complex"),
    (lambda: linalg.matrix_norm(SQUARE, 3), "matrix_norm: ord 3; choose"),
    (lambda: linalg.matrix_norm(SQUARE[0]), "matrix_norm: dim must be two dimensions"),
    (lambda: linalg.norm(BATCH, 1), "linalg_norm: ord 1 is of vectors and matrices"),
    (lambda: linalg.vector_norm(SQUARE, "fro"), "vector_norm: ord must be a number"),
    (lambda: autograd.matrix_power(autograd.ones(2, 3), 2), "matrix_power: input must be square"),
    (lambda: linalg.tensorinv(autograd.ones(2, 3), 1), "tensorinv: the first 1 sizes"),
    (lambda: linalg.tensorsolve(SQUARE, autograd.ones(3)), "tensorsolve: A .* must begin"),
    (lambda: linalg.vander(SQUARE, N=1), "linalg_vander: x must be vectors and N more than 1"),
])
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises((RuntimeError, ValueError, TypeError), match=message):
        call()


def test_errors_are_caught_by_pytorch_s_name():
    for fails in (lambda: linalg.inv(SQUARE * 0), lambda: linalg.cholesky(-SQUARE)):
        with pytest.raises(linalg.LinAlgError):
            fails()


def test_names_are_those_of_pytorch():
    a = autograd.tensor(RAW)
    np.testing.assert_allclose(linalg.det(A=a), np.linalg.det(RAW))
    np.testing.assert_allclose(linalg.slogdet(A=a)[1], np.linalg.slogdet(RAW)[1])
    np.testing.assert_allclose(linalg.matrix_power(A=a, n=2), RAW @ RAW)
    np.testing.assert_allclose(linalg.matrix_exp(A=a * 0), np.stack([np.eye(3)] * 2))
