"""The steps that are timed, written once for both libraries, as their user writes them.

Each function sets a case up with `lib.core`, `lib.nn` and `lib.optim` and returns one step of it.
"""

from collections.abc import Callable
from itertools import cycle
from types import SimpleNamespace

import numpy as np

from .feeding import FEEDING
from .networks import NETWORKS
from .other_networks import OTHERS
from .training import Step, training


def tiny_ops(lib: SimpleNamespace) -> Step:
    """200 operations on 4x4 matrices, forward and backward: what an operation costs in itself."""
    a = lib.core.tensor(np.random.default_rng(0).uniform(0.1, 0.9, (4, 4)).astype(np.float32))
    a.requires_grad_()

    def step():
        a.grad = None
        z = a
        for _ in range(100):
            z = z * a + a
        z.sum().backward()

    return lib.compiled(step)


def batches(lib: SimpleNamespace, size: int, count: int = 16):
    """Batches of 784 pixels and one of ten classes, over and over."""
    rng = np.random.default_rng(0)
    return cycle([(lib.core.tensor(rng.random((size, 784), dtype=np.float32)),
                   lib.core.tensor(rng.integers(0, 10, size))) for _ in range(count)])


def small_model(lib: SimpleNamespace):
    nn = lib.nn
    return nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(),
                         nn.Linear(32, 10))


def small_mlp(lib: SimpleNamespace) -> Step:
    """A training step of 784-64-32-10, batch 64, SGD."""
    model = small_model(lib)
    return training(lib, model, lib.optim.SGD(model.parameters(), lr=0.01), batches(lib, 64))


def wide_mlp(lib: SimpleNamespace) -> Step:
    """A training step of 784-1024-1024-10, batch 256, Adam."""
    nn = lib.nn
    model = nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(),
                          nn.Linear(1024, 10))
    return training(lib, model, lib.optim.Adam(model.parameters()), batches(lib, 256))


def inference(lib: SimpleNamespace) -> Step:
    """The small MLP on one image."""
    model = small_model(lib).eval()
    x, _ = next(batches(lib, 1))
    model = lib.compiled(model)

    def step():
        with lib.core.no_grad():
            return model(x)

    return step


CASES: dict[str, Callable[[SimpleNamespace], Step]] = {
    "tiny_ops": tiny_ops,
    "small_mlp": small_mlp,
    "wide_mlp": wide_mlp,
    "inference": inference,
    **NETWORKS,
    **OTHERS,
    **FEEDING,
}
