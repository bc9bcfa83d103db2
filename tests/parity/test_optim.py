"""optim against torch.optim: trajectories, checkpoints in both directions, learning rates."""

import itertools

import numpy as np
import pytest

import autograd
import optim

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

RNG = np.random.default_rng(0)
SHAPES = [(6, 5), (5,), (5, 3), (3,)]
START = [RNG.standard_normal(shape) * 0.5 for shape in SHAPES]
INPUT, TARGET = RNG.standard_normal((64, 6)), RNG.standard_normal((64, 3))  # not to be fitted
RTOL = {"float64": 1e-10, "float32": 1e-5}
dtypes = pytest.mark.parametrize("dtype", RTOL)

SETTINGS = [
    ("SGD", dict(lr=0.05)),
    ("SGD", dict(lr=0.05, weight_decay=0.1)),
    ("SGD", dict(lr=0.02, momentum=0.9)),
    ("SGD", dict(lr=0.02, momentum=0.9, dampening=0.5, weight_decay=0.01)),
    ("SGD", dict(lr=0.02, momentum=0.9, nesterov=True)),
    ("SGD", dict(lr=0.02, momentum=0.8, nesterov=True, weight_decay=0.1)),
    ("SGD", dict(lr=1e-4, momentum=0.5, maximize=True, weight_decay=0.1)),
    ("Adam", dict()),
    ("Adam", dict(lr=0.02)),
    ("Adam", dict(lr=0.02, betas=(0.8, 0.99), eps=1e-4)),
    ("Adam", dict(lr=0.02, weight_decay=0.1)),
    ("Adam", dict(lr=0.02, amsgrad=True, betas=(0.9, 0.8))),
    ("Adam", dict(lr=1e-3, maximize=True)),
    ("AdamW", dict()),
    ("AdamW", dict(lr=0.02, weight_decay=0.1)),
    ("AdamW", dict(lr=0.02, amsgrad=True, betas=(0.9, 0.8))),
    ("AdamW", dict(lr=1e-3, maximize=True, weight_decay=0.3)),
]
settings = pytest.mark.parametrize(
    ("name", "options"), SETTINGS, ids=[f"{n}-{'-'.join(o)}" for n, o in SETTINGS]
)


class Run:
    """A two-layer network under an optimizer of either library."""

    def __init__(self, library, kind, dtype, *, grouped=False, **options):
        kinds = torch.optim if library is torch else optim
        self.library, self.dtype = library, getattr(library, dtype)
        self.params = [self.tensor(start).requires_grad_() for start in START]
        first, second = self.params[:2], self.params[2:]
        groups = [{"params": first}, {"params": second, "lr": 0.003}]
        self.optimizer = getattr(kinds, kind)(groups if grouped else self.params, **options)

    def tensor(self, array):
        return self.library.tensor(array, dtype=self.dtype)

    def steps(self, count):
        """The losses before each of some steps."""
        w1, b1, w2, b2 = self.params
        x, y, losses = self.tensor(INPUT), self.tensor(TARGET), []
        for _ in range(count):
            self.optimizer.zero_grad()
            out = (x @ w1 + b1).tanh() @ w2 + b2
            loss = ((out - y) * (out - y)).mean()
            loss.backward()
            self.optimizer.step()
            losses.append(loss.item())
        return losses

    def values(self):
        return [p.detach().numpy() for p in self.params]


def assert_close(ours, theirs, rtol):
    """Close relative to the largest value of each array, whose entries pass through zero."""
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.dtype == other.dtype
        np.testing.assert_allclose(mine, other, rtol=rtol, atol=rtol * np.abs(other).max())


@settings
@dtypes
@pytest.mark.parametrize("steps", [20, 100])
def test_trajectory(name, options, dtype, steps):
    ours, theirs = (Run(library, name, dtype, **options) for library in (autograd, torch))
    np.testing.assert_allclose(ours.steps(steps), theirs.steps(steps), rtol=RTOL[dtype])
    assert_close(ours.values(), theirs.values(), RTOL[dtype])


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
@dtypes
def test_groups(name, dtype):
    ours, theirs = (Run(lib, name, dtype, grouped=True, lr=0.02) for lib in (autograd, torch))
    np.testing.assert_allclose(ours.steps(40), theirs.steps(40), rtol=RTOL[dtype])
    assert_close(ours.values(), theirs.values(), RTOL[dtype])


def convert(value, library):
    """A state_dict with the tensors of the other library."""
    if isinstance(value, dict):
        return {key: convert(inner, library) for key, inner in value.items()}
    if isinstance(value, list):
        return [convert(inner, library) for inner in value]
    return library.tensor(value.numpy()) if hasattr(value, "numpy") else value


STATEFUL = [
    ("SGD", dict(lr=0.05)),
    ("SGD", dict(lr=0.02, momentum=0.9)),
    ("Adam", dict(lr=0.02, amsgrad=True)),
    ("AdamW", dict(lr=0.02)),
]


@pytest.mark.parametrize(("name", "options"), STATEFUL)
@pytest.mark.parametrize("direction", ["to torch", "from torch"])
def test_checkpoints_go_both_ways(name, options, direction):
    libraries = (autograd, torch) if direction == "to torch" else (torch, autograd)
    source, target = (
        Run(library, name, "float64", grouped=True, **options) for library in libraries
    )
    source.steps(5)
    with autograd.no_grad(), torch.no_grad():
        for to, array in zip(target.params, source.values(), strict=True):
            to.copy_(target.tensor(array))
    target.optimizer.load_state_dict(convert(source.optimizer.state_dict(), target.library))
    np.testing.assert_allclose(target.steps(20), source.steps(20), rtol=1e-10)
    assert_close(target.values(), source.values(), 1e-10)


@pytest.mark.parametrize(("name", "options"), STATEFUL)
def test_layout_of_the_state_dict(name, options):
    ours, theirs = (Run(lib, name, "float32", grouped=True, **options) for lib in (autograd, torch))
    ours.steps(2), theirs.steps(2)
    ours, theirs = ours.optimizer.state_dict(), theirs.optimizer.state_dict()
    assert list(ours["state"]) == list(theirs["state"])
    for mine, other in zip(ours["state"].values(), theirs["state"].values(), strict=True):
        assert list(mine) == list(other)
        for key in mine:
            assert mine[key].numpy().dtype == other[key].numpy().dtype
            assert tuple(mine[key].shape) == tuple(other[key].shape)
    for mine, other in zip(ours["param_groups"], theirs["param_groups"], strict=True):
        assert mine == {key: other[key] for key in mine}


SCHEDULES = {
    "StepLR": [dict(step_size=7), dict(step_size=1, gamma=0.97)],
    "MultiStepLR": [dict(milestones=[5, 12, 12, 40], gamma=0.3)],
    "ConstantLR": [dict(), dict(factor=0.7, total_iters=20)],
    "LinearLR": [dict(), dict(start_factor=0.1, end_factor=0.4, total_iters=30)],
    "ExponentialLR": [dict(gamma=0.9), dict(gamma=1.02)],
    "CosineAnnealingLR": [dict(T_max=50), dict(T_max=12, eta_min=0.001)],
    "LambdaLR": [dict(lr_lambda=lambda t: 0.95**t / (1 + t))],
}
CASES = [(name, options) for name, many in SCHEDULES.items() for options in many]


def rates(library, chain, steps=50):
    """The learning rates of two groups under some schedulers stepped one after the other."""
    kinds = torch.optim if library is torch else optim
    groups = [{"params": [library.ones(1)]}, {"params": [library.ones(1)], "lr": 0.02}]
    optimizer = kinds.SGD(groups, lr=0.3)
    schedulers = [
        getattr(kinds.lr_scheduler, name)(optimizer, **options) for name, options in chain
    ]
    values = [[group["lr"] for group in optimizer.param_groups]]
    for _ in range(steps):
        optimizer.step() if library is torch else None  # torch warns of its absence
        for scheduler in schedulers:
            scheduler.step()
        assert schedulers[-1].get_last_lr() == [group["lr"] for group in optimizer.param_groups]
        values.append(schedulers[-1].get_last_lr())
    return values


@pytest.mark.parametrize(("name", "options"), CASES)
def test_learning_rates(name, options):
    """To the rounding of torch's fifty products: it has no closed form."""
    ours, theirs = (rates(library, [(name, options)]) for library in (autograd, torch))
    np.testing.assert_allclose(ours, theirs, rtol=2e-13, atol=1e-17)


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(CASES[::2], 2)))
def test_learning_rates_of_two_schedulers(first, second):
    if "CosineAnnealingLR" in (first[0], second[0]):
        steps = 11  # up to the bottom, where torch restarts from the first scheduler's rate
    else:
        steps = 30
    ours, theirs = (rates(library, [first, second], steps) for library in (autograd, torch))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-17)
