"""Samples for autograd/ops/inverse.py, decompose.py and matrix_functions.py; the answers are
NumPy's, SciPy's or come from definitions.  What looks at one triangle of a symmetric matrix has its
gradients in tests/test_matrices.py."""

from dataclasses import dataclass
from math import inf

import numpy as np
import scipy.linalg

from tests.cases import Case, Spec
from tests.cases.place import quiet
from tests.cases.products import torch_linalg
from tests.cases.shape import samples


@dataclass(frozen=True)
class Regular(Spec):
    """Random matrices with a diagonal that rises, far from singular and with real eigenvalues."""

    low: float = -0.5
    high: float = 0.5

    def draw(self, rng):
        rows, columns = self.shape[-2:]
        return super().draw(rng) + np.eye(rows, columns) * (2 + np.arange(rows))[:, None]


SQUARE, BATCH, TALL, WIDE = Regular((3, 3)), Regular((2, 2, 2)), Regular((3, 2)), Regular((2, 3))
NONE, ONE = Spec((0, 0)), Regular((1, 1))
SINGULAR = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]])
POSITIVE = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 2.0]])
PAIR = np.stack([POSITIVE, POSITIVE * 2 + np.eye(3)])
UPPER = np.triu(POSITIVE)


def _solve(a, b, left=True):
    vector = b.ndim == 1 or b.shape == a.shape[:-1]
    b = b[..., None] if vector else b
    found = np.matmul(np.linalg.inv(a), b) if left else np.matmul(b, np.linalg.inv(a))
    return found[..., 0] if vector else found


def _triangular(a, b, upper, left=True, unitriangular=False):
    a = np.triu(a) if upper else np.tril(a)
    if unitriangular:
        a = a - np.eye(len(a)) * a + np.eye(len(a))
    return _solve(a, b, left)


def _cofactors(a):
    out = np.zeros_like(a)
    for *at, i, j in np.ndindex(a.shape):
        minor = np.delete(np.delete(a[tuple(at)], i, 0), j, 1)
        out[(*at, i, j)] = (-1) ** (i + j) * np.linalg.det(minor)
    return out


def _logdet(a):
    return np.log(np.linalg.det(a))


def _pinv(a, *_, **__):
    return np.linalg.pinv(a)


def _lstsq(a, b, rcond=None, driver=None):
    x, _, rank, values = np.linalg.lstsq(a, b)
    more = driver and a.shape[0] > a.shape[1] == rank
    return (x, np.sum((a @ x - b) ** 2, 0) if more else np.zeros(0),
            np.zeros(0, int) if driver == "gels" else np.array(rank),
            values if driver == "gelsd" else np.zeros(0))


def _cholesky(a, upper=False):
    found = np.linalg.cholesky(a)
    return np.swapaxes(found, -1, -2) if upper else found


def _qr(a, mode="reduced"):
    found = np.linalg.qr(a, mode)
    return (np.zeros(0), found) if mode == "r" else tuple(found)


def _svd(a, full_matrices=True):
    return tuple(np.linalg.svd(a, full_matrices))


def _old_svd(a, some=True):
    u, s, vh = np.linalg.svd(a, not some)
    return u, s, np.swapaxes(vh, -1, -2)


def _values(a):
    return np.linalg.svd(a, compute_uv=False)


def _norm(a, ord=None, dim=None, keepdim=False):
    return np.linalg.norm(a, ord, dim, keepdim)


def _vector_norm(a, ord=2, dim=None, keepdim=False):
    dims = tuple(range(a.ndim)) if dim is None else dim
    return np.linalg.vector_norm(a, axis=dims, keepdims=keepdim, ord=ord)


def _cond(a, p):
    """PyTorch's own writes over what its gradient needs."""
    norm, inv = torch_linalg("norm"), torch_linalg("inv")
    return norm(a, p) * norm(inv(a), p)


def _signed(a):
    """PyTorch's sign has a gradient, of 0."""
    sign, size = torch_linalg("slogdet")(a)
    return sign.detach(), size


def _solution(a, b, driver=None):
    """PyTorch's results, the empty ones without gradient."""
    return tuple(x if x.numel() else x.detach()
                 for x in torch_linalg("lstsq")(a, b, driver=driver))


def linalg(name, reference, *calls, **kwargs):
    """Samples of a function of torch.linalg."""
    return [Case(args, kwargs, reference=reference, torch=torch_linalg(name)) for args in calls]


CASES = {
    "inverse": samples(np.linalg.inv, (SQUARE,), (BATCH,), (NONE,), (ONE,)),
    "inv": linalg("inv", np.linalg.inv, (SQUARE,)),
    "solve_matrices": samples(_solve, (SQUARE, Spec((3, 2))), (BATCH, Spec((2, 1))), torch=False),
    "solve": linalg("solve", _solve, (SQUARE, Spec((3,))), (BATCH, Spec((2, 2, 1))),
                    (BATCH, Spec((2, 2))), (NONE, Spec((0, 2))))
    + linalg("solve", _solve, (SQUARE, Spec((2, 3))), left=False),
    "solve_triangular": [
        *linalg("solve_triangular", _triangular, (SQUARE, Spec((3, 2))), upper=True),
        *linalg("solve_triangular", _triangular, (SQUARE, Spec((2, 3))), upper=False, left=False),
        *linalg("solve_triangular", _triangular, (SQUARE, Spec((3, 1))), upper=False,
                unitriangular=True)],
    "det": samples(np.linalg.det, (SQUARE,), (BATCH,), (NONE,)),
    "determinant": samples(np.linalg.det, (SQUARE,), torch=False),
    "cofactor": samples(_cofactors, (SQUARE,), (BATCH,), (SINGULAR,), torch=False),
    "log_abs_det": samples(lambda a: np.linalg.slogdet(a)[::-1], (BATCH,), torch=False),
    "slogdet": samples(lambda a: tuple(np.linalg.slogdet(a)), (SQUARE,), (BATCH,), (-POSITIVE,),
                       (np.zeros((2, 2)),), torch=_signed),
    "logdet": samples(_logdet, (SQUARE,), (BATCH,), (-POSITIVE,)),
    "pinv_of": samples(_pinv, (TALL, 0.0, 1e-12, False), torch=False),
    "pinv": linalg("pinv", _pinv, (TALL,), (WIDE,), (BATCH,), (SINGULAR,))
    + linalg("pinv", _pinv, (POSITIVE,), hermitian=True),
    "pinverse": samples(_pinv, (TALL,)),
    "lstsq": samples(_lstsq, (TALL, Spec((3, 2))), (WIDE, Spec((2, 1))), torch=_solution)
    + [Case((TALL, Spec((3, 2))), dict(driver="gels"), reference=_lstsq, torch=_solution)]
    + linalg("lstsq", _lstsq, (np.ones((3, 2)), np.ones((3, 1))), driver="gelsd"),
    "tensorinv": linalg("tensorinv", np.linalg.tensorinv,
                        (np.eye(4).reshape(2, 2, 4) + 0.1,)),
    "tensorsolve": linalg("tensorsolve", np.linalg.tensorsolve,
                          (np.eye(4).reshape(2, 2, 2, 2) * 3 + 0.1, Spec((2, 2)))),
    "cholesky": samples(_cholesky, (POSITIVE,), (PAIR,), (POSITIVE, True), torch=quiet("cholesky")),
    "cholesky_factor": samples(_cholesky, (POSITIVE,), torch=False),
    "linalg_cholesky": linalg("cholesky", _cholesky, (PAIR,), (np.zeros((0, 0)),)),
    "cholesky_ex": linalg("cholesky_ex", lambda a: (_cholesky(a), np.zeros(2, np.int32)), (PAIR,)),
    "qr_parts": samples(_qr, (TALL,), (SQUARE,), (Regular((2, 3, 2)),), torch=torch_linalg("qr")),
    "linalg_qr": linalg("qr", _qr, (WIDE,), (SQUARE, "complete"), (POSITIVE[:, :2], "complete"),
                        (POSITIVE, "r")),
    "qr": samples(_qr, (TALL,), torch=torch_linalg("qr")),
    "svd_parts": samples(lambda a: _svd(a, False), (TALL,), (Regular((2, 3, 3)),),
                         torch=lambda a: torch_linalg("svd")(a, full_matrices=False))
    + samples(lambda a: _svd(a, False), (WIDE,), torch=False),  # PyTorch's have other signs
    "linalg_svd": linalg("svd", _svd, (TALL, False), (SQUARE,)),
    "complement": samples(lambda u: np.linalg.qr(u, "complete")[0][:, u.shape[1]:],
                          (np.eye(4)[:, :2],), torch=False),
    "svd": samples(_old_svd, (TALL,)),
    "svdvals": linalg("svdvals", _values, (TALL,), (WIDE,), (Regular((2, 3, 3)),)),
    "eigh_parts": samples(lambda a, upper: tuple(np.linalg.eigh(a, "U" if upper else "L")),
                          (POSITIVE, True), torch=False),
    "eigh": linalg("eigh", lambda a, uplo="L": tuple(np.linalg.eigh(a, uplo)), (POSITIVE,), (PAIR,),
                   (UPPER, "U")),
    "eigvalsh": linalg("eigvalsh", np.linalg.eigvalsh, (PAIR,), (UPPER, "U")),
    "eig_parts": samples(lambda a: tuple(np.linalg.eig(a)), (SQUARE,), torch=False),
    "eig": samples(lambda a: tuple(np.linalg.eig(a)), (Regular((2, 3, 3)),), torch=False),
    "eigvals": samples(np.linalg.eigvals, (SQUARE,), torch=False),
    "matrix_exp": samples(scipy.linalg.expm, (SQUARE,), (BATCH,), (Spec((2, 2), -20, 20),), (NONE,),
                          (np.zeros((2, 2)),)),
    "exponential": samples(scipy.linalg.expm, (SQUARE,), torch=False),
    "matrix_power": samples(np.linalg.matrix_power, (SQUARE, 3), (BATCH, -2), (SQUARE, 1),
                            (np.array([[1, 2], [3, 4]]), 5))
    + samples(np.linalg.matrix_power, (SQUARE, 0), torch=False),
    "vector_norm": linalg("vector_norm", _vector_norm, (SQUARE,), (BATCH, 3, (0, 2), True),
                          (Spec((4,)), 1), (SQUARE, inf, 1), (SQUARE, 0, 0)),
    "matrix_norm": linalg("matrix_norm", lambda a, ord="fro", dim=(-2, -1), keepdim=False: _norm(
        a, ord, dim, keepdim), *[(SQUARE, p) for p in ("fro", "nuc", 2, -2, 1, -1, inf, -inf)],
        (BATCH, "nuc", (2, 0), True), (BATCH,)),
    "linalg_norm": linalg("norm", _norm, (SQUARE,), (SQUARE, 2), (Spec((4,)), 3), (SQUARE, 1, 0),
                          (BATCH, "nuc", (0, 1))) + linalg(
        "norm", lambda a: np.sqrt(np.sum(a * a)), (BATCH,)),
    "matrix_rank": linalg("matrix_rank", np.linalg.matrix_rank, (SINGULAR,), (PAIR,), (POSITIVE,)),
    "cond": linalg("cond", np.linalg.cond, (TALL,), (SQUARE, -2), (PAIR, "nuc"))
    + samples(np.linalg.cond, *[(SQUARE, p) for p in ("fro", 1, -inf)], torch=_cond),
    "vecdot": linalg("vecdot", lambda x, y, dim=-1: np.sum(x * y, dim), (Spec((2, 3)), Spec((3,)))),
    "linalg_vander": linalg("vander", lambda x: np.stack([x**i for i in range(x.shape[-1])], -1),
                            (Spec((2, 3)),)),
    "linalg_diagonal": linalg("diagonal", lambda a: np.diagonal(a, 0, -2, -1), (BATCH,)),
}
