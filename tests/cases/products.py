"""Samples for autograd/ops/products.py; the answers are NumPy's or loops'."""

from functools import reduce

import numpy as np

from tests.cases import Case
from tests.cases.linalg import specs
from tests.cases.place import quiet
from tests.cases.shape import samples


def _cross(x, y, dim=None, **kwargs):
    return np.cross(x, y, axis=kwargs.get("dim", -1) if dim is None else dim)


def _first(x, y):
    return np.cross(x, y, axis=0)


def added(product):
    """beta * input + alpha * product."""
    def reference(input, a, b, beta=1, alpha=1):
        return beta * input + alpha * product(a, b)

    return reference


def _dot(*matrices):
    return reduce(np.dot, matrices[0] if isinstance(matrices[0], list) else matrices)


def _torch_multi_dot(matrices):
    import torch

    return torch.linalg.multi_dot(matrices)


def torch_linalg(name):
    """PyTorch's function of torch.linalg."""
    def call(*args, **kwargs):
        import torch

        return getattr(torch.linalg, name)(*args, **kwargs)

    return call


def adding(product, *calls):
    return [Case(specs(*shapes), kwargs, reference=added(product)) for *shapes, kwargs in calls]


CASES = {
    "inner": samples(np.inner, specs((3,), (3,)), specs((2, 3), (4, 3)), specs((), (2, 3)),
                     specs((2, 1, 3), (3,))),
    "vdot": samples(np.vdot, specs((3,), (3,)), specs((0,), (0,))),
    "cross": samples(_cross, (*specs((3,), (3,)), 0), (*specs((2, 1, 3), (1, 2, 3)), 2),
                     (*specs((3, 2), (3, 1)), 0))
    + samples(_first, specs((3, 2), (3, 1)), torch=quiet("cross")),
    "linalg_cross": samples(_cross, specs((2, 3), (1, 3)), torch=torch_linalg("cross"))
    + [Case(specs((3, 2), (3, 1)), {"dim": 0}, reference=_cross, torch=torch_linalg("cross"))],
    "addr": adding(np.outer, ((2, 3), (2,), (3,), {}), ((3,), (2,), (3,), dict(beta=2, alpha=0.5))),
    "addmv": adding(np.matmul, ((2,), (2, 3), (3,), {}), ((1,), (2, 3), (3,), dict(alpha=2))),
    "addbmm": adding(lambda a, b: np.matmul(a, b).sum(0), ((2, 2), (3, 2, 4), (3, 4, 2), {}),
                     ((2,), (3, 2, 4), (3, 4, 2), dict(beta=0.5, alpha=2))),
    "multi_dot": samples(_dot, (list(specs((2, 3), (3, 1), (1, 4), (4, 2))),),
                         (list(specs((3,), (3, 2), (2,))),), (list(specs((2, 3), (3, 2))),),
                         torch=_torch_multi_dot),
    "chain_matmul": samples(_dot, specs((2, 3), (3, 1), (1, 4)),
                            torch=quiet("chain_matmul")),
}
