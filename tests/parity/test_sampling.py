"""Random functions against PyTorch: which arguments they take and which they refuse."""

import numpy as np
import pytest

import autograd

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

CALLS = [
    "rand(-1)", "rand(2.5)", "rand(2**62)", "rand(0)", "rand(2, 0)", "rand((2, 3))", "rand(())",
    "randint(5, 5, (2,))", "randint(5, 4, (2,))", "randint(10, size=(2,))",
    "randint(high=10, size=(2,))", "randint(2.5, 5, (2,))", "randint(0, 300, (2,), dtype=m.uint8)",
    "randint(0, 256, (2,), dtype=m.uint8)", "randint(0, 3, (2,), dtype=m.bool)", "randperm(-1)",
    "randperm(0)", "randperm(2.5)", "randperm(300, dtype=m.uint8)",
    "normal(0.0, -1.0, (2,))", "normal(0.0, 0.0, (2,))", "normal(m.zeros(2), m.tensor([1, -1.]))",
    "bernoulli(m.tensor([0.5, 1.5]))", "bernoulli(m.tensor([nan]))", "bernoulli(m.tensor([0, 1]))",
    "bernoulli(m.tensor([0, 1]), 0.5)", "bernoulli(m.zeros(2), 2.0)",
    "multinomial(m.ones(3), 0)", "multinomial(m.zeros(3), 1)", "multinomial(m.tensor([nan, 1]), 1)",
    "multinomial(m.tensor([-1.0, 1]), 1)", "multinomial(m.tensor([inf, 1]), 1)",
    "multinomial(m.ones(3), 4)", "multinomial(m.ones(3), 4, True)", "multinomial(m.ones(0, 3), 2)",
    "multinomial(m.ones(3), 2.5)", "multinomial(m.ones(1, 1, 3), 2)",
    "Generator().manual_seed(2**64)", "Generator().manual_seed(-2**63 - 1)",
    "Generator().manual_seed(-1)", "Generator().manual_seed(2.5)", "rand(2, generator=5)",
    *[f"zeros(2, dtype=m.{dtype}).{fill}" for dtype in ("float16", "float32", "int64") for fill in (
        "uniform_(2, 1)", "uniform_(1, 1)", "uniform_(nan, 1)", "uniform_(0, inf)",
        "uniform_(-60000, 60000)", "uniform_()", "normal_(0, -1)", "normal_(0, nan)",
        "normal_(0, 0)", "normal_(inf, 1)", "bernoulli_(1.5)", "bernoulli_(nan)", "bernoulli_(1)",
        "bernoulli_(m.tensor([0.0, 1.0]))")],
]


def outcome(module, call):
    """What the call returns; None where it raises."""
    try:
        return eval(f"m.{call}", {"m": module, "nan": float("nan"), "inf": float("inf")})
    except (RuntimeError, ValueError, TypeError, NotImplementedError):
        return None


@pytest.mark.parametrize("call", CALLS)
def test_the_same_arguments_are_refused(call):
    ours, theirs = outcome(autograd, call), outcome(torch, call)
    assert (ours is None) == (theirs is None)
    if isinstance(theirs, torch.Tensor):
        assert ours.numpy().dtype == theirs.numpy().dtype and ours.shape == tuple(theirs.shape)


@pytest.mark.parametrize("seed", [0, 1, -1, 2**63, 2**64 - 1, -(2**63)])
def test_seeds_are_remembered_alike(seed):
    ours, theirs = (m.Generator().manual_seed(seed).initial_seed() for m in (autograd, torch))
    assert ours == theirs


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_uniform_ranges_and_moments_agree(dtype):
    ours, theirs = (m.rand(100_000, dtype=getattr(m, dtype)).numpy().astype(np.float64)
                    for m in (autograd, torch))
    assert ours.max() < 1 and abs(ours.mean() - theirs.mean()) < 0.01
    assert abs(ours.std() - theirs.std()) < 0.01
