"""Samples for autograd/ops/activation.py; the answers are SciPy's or written out in NumPy."""

import numpy as np
from scipy import special, stats

from tests.cases import Case, Spec
from tests.cases.linalg import functional, samples

SMOOTH = [(Spec((3, 4)),), (Spec((5,), -8, 8),), (Spec(()),), (Spec((0, 2)),)]
KINKED = [(Spec((3, 4), avoid=(0.0,)),), (Spec((), 0.5),)]
GRID = (Spec((3, 4)), Spec((3, 4)))
RELUED = np.array([[0.0, 2.0, 0.0], [1e-30, 0.0, 5.0]])


def _softmax_grad(g, p, dim):
    """The product with the Jacobian diag(p) - p pᵀ, slice by slice."""
    g, p = np.moveaxis(g, dim, -1), np.moveaxis(p, dim, -1)
    out = np.empty(g.shape)
    for place in np.ndindex(g.shape[:-1]):
        out[place] = (np.diag(p[place]) - np.outer(p[place], p[place])) @ g[place]
    return np.moveaxis(out, -1, dim)


def _log_softmax_grad(g, q, dim):
    g, q = np.moveaxis(g, dim, -1), np.moveaxis(q, dim, -1)
    out = np.empty(g.shape)
    for place in np.ndindex(g.shape[:-1]):
        n = len(q[place])
        out[place] = (np.eye(n) - np.outer(np.exp(q[place]), np.ones(n))) @ g[place]
    return np.moveaxis(out, -1, dim)


def along(function):
    """SciPy's function over `dim`."""
    return lambda x, dim, dtype=None: (
        function(x if dtype is None else x.astype(dtype), axis=dim if x.ndim else None))


def _gelu(x, approximate="none"):
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x * stats.norm.cdf(x)


SOFTMAXES = [(Spec((3, 4)), 1), (Spec((3, 4)), 0), (Spec((2, 3, 2)), 1), (Spec((4,)), -1),
             (Spec((2, 3, 2)), -3), (Spec((0, 3)), 1), (Spec((3, 4), -6, 6), 1),
             (Spec((3, 4)), 1, np.dtype(np.float64))]
GRADS = [(*GRID, 1), (*GRID, 0), (Spec((2, 2, 3)), Spec((2, 2, 3)), -2)]

CASES = {
    "relu": samples(lambda x: np.where(x > 0, x, 0), *KINKED),
    "relu_grad": samples(lambda g, relued: np.where(relued > 0, g, 0),
                         (Spec((2, 3)), RELUED), torch=False),
    "leaky_relu": [
        *samples(lambda x: np.where(x > 0, x, 0.01 * x), *KINKED, torch=functional("leaky_relu")),
        Case((KINKED[0][0], 0.2), reference=lambda x, slope: np.where(x > 0, x, slope * x),
             torch=functional("leaky_relu"))],
    "elu": samples(lambda x, alpha=1.0: np.where(x > 0, x, alpha * (np.exp(x) - 1)), *KINKED,
                   (KINKED[0][0], 0.5), torch=functional("elu")),
    "silu": samples(lambda x: x * special.expit(x), *SMOOTH, torch=functional("silu")),
    "logsigmoid": samples(special.log_expit, *SMOOTH, torch=functional("logsigmoid")),
    "softplus": [
        *samples(lambda x: np.logaddexp(0, x), *SMOOTH, torch=functional("softplus")),
        Case((Spec((6,), avoid=(0.5,)), 2.0, 1.0), torch=functional("softplus"),
             reference=lambda x, beta, threshold: np.where(
                 beta * x > threshold, x, np.log(1 + np.exp(beta * x)) / beta))],
    "gelu": [*samples(_gelu, *SMOOTH, torch=functional("gelu")),
             Case((Spec((3, 4)),), {"approximate": "tanh"}, _gelu, functional("gelu"))],
    "_normal": samples(stats.norm.cdf, *SMOOTH, torch=False),
    "softmax": samples(along(special.softmax), *SOFTMAXES),
    "log_softmax": samples(along(special.log_softmax), *SOFTMAXES),
    "softmax_grad": samples(_softmax_grad, *GRADS, torch=False),
    "log_softmax_grad": samples(_log_softmax_grad, *GRADS, torch=False),
}
