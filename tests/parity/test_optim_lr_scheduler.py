"""Learning rates and momenta against torch.optim.lr_scheduler, and state in both directions."""

import copy
import itertools

import numpy as np
import pytest

import autograd
import optim

# these step schedules alone, to see the rates
pytestmark = pytest.mark.filterwarnings("ignore:.* came before the first optimizer.step")

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

CURVES = {
    "StepLR": [dict(step_size=7), dict(step_size=1, gamma=0.97)],
    "MultiStepLR": [dict(milestones=[5, 12, 12, 40], gamma=0.3)],
    "ConstantLR": [dict(), dict(factor=0.7, total_iters=20)],
    "LinearLR": [dict(), dict(start_factor=0.1, end_factor=0.4, total_iters=30)],
    "ExponentialLR": [dict(gamma=0.9), dict(gamma=1.02)],
    "PolynomialLR": [dict(total_iters=60, power=2.0), dict(), dict(total_iters=30, power=0.5)],
    "CosineAnnealingLR": [dict(T_max=50), dict(T_max=12, eta_min=0.001)],
    "LambdaLR": [dict(lr_lambda=lambda t: 0.95**t / (1 + t))],
    "MultiplicativeLR": [dict(lr_lambda=lambda t: 1 - 0.3 / (1 + t))],
}
CYCLES = {
    "CosineAnnealingWarmRestarts": [
        dict(T_0=7), dict(T_0=3, T_mult=2, eta_min=0.001), dict(T_0=1, T_mult=3),
    ],
    "CyclicLR": [
        dict(base_lr=0.01, max_lr=0.1, step_size_up=5),
        dict(base_lr=[0.01, 0.02], max_lr=[0.1, 0.3], step_size_up=4, step_size_down=9),
        dict(base_lr=0.01, max_lr=0.1, step_size_up=6, mode="triangular2", base_momentum=0.5),
        dict(base_lr=0.01, max_lr=0.1, step_size_up=3, mode="exp_range", gamma=0.95),
        dict(base_lr=0.01, max_lr=0.1, step_size_up=3, scale_fn=lambda x: 1 / x),
        dict(base_lr=0.01, max_lr=0.1, step_size_up=3, scale_fn=lambda t: 0.9**t,
             scale_mode="iterations", cycle_momentum=False),
    ],
    "OneCycleLR": [
        dict(max_lr=0.1, total_steps=60),
        dict(max_lr=[0.1, 0.4], epochs=5, steps_per_epoch=10, anneal_strategy="linear"),
        dict(max_lr=0.1, total_steps=51, three_phase=True, pct_start=0.4, div_factor=5.0,
             final_div_factor=50.0, base_momentum=0.5, max_momentum=[0.8, 0.9]),
        dict(max_lr=0.1, total_steps=70, cycle_momentum=False),
    ],
}  # fmt: skip
SINGLE = [(name, o) for name, many in {**CURVES, **CYCLES}.items() for o in many]
CASES = [(name, options) for name, many in CURVES.items() for options in many]
MULTIPLYING = [case for case in CASES if case[0] != "PolynomialLR"][::2]


def begin(library, kind="SGD", **options):
    kinds = torch.optim if library is torch else optim
    groups = [{"params": [library.ones(1)]}, {"params": [library.ones(1)], "lr": 0.02}]
    return getattr(kinds, kind)(groups, lr=0.3, **options), kinds.lr_scheduler


def walk(scheduler, steps):
    """Rates and momenta of two groups, now and after each of some steps."""
    optimizer, values = scheduler.optimizer, []

    def note():
        for group in optimizer.param_groups:
            momentum = group["betas"][0] if "betas" in group else group["momentum"]
            values.append((group["lr"], momentum))

    note()
    for _ in range(steps):
        if not isinstance(optimizer, optim.Optimizer):
            optimizer.step()  # torch warns of its absence
        scheduler.step()
        assert scheduler.get_last_lr() == [group["lr"] for group in optimizer.param_groups]
        note()
    return values


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize(("name", "options"), SINGLE)
def test_learning_rates(name, options, kind):
    """To the rounding of torch's fifty products: it has no closed form."""
    paths = []
    for library in (autograd, torch):
        optimizer, kinds = begin(library, kind)
        paths.append(walk(getattr(kinds, name)(optimizer, **copy.deepcopy(options)), 50))
    np.testing.assert_allclose(*paths, rtol=2e-13, atol=1e-15)


def chain(library, cases, steps):
    optimizer, kinds = begin(library)
    schedulers = [getattr(kinds, name)(optimizer, **options) for name, options in cases]
    return walk(kinds.ChainedScheduler(schedulers), steps)


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(MULTIPLYING, 2)))
def test_two_schedulers_at_once(first, second):
    if "CosineAnnealingLR" in (first[0], second[0]):
        steps = 11  # up to the bottom, where torch restarts from the first scheduler's rate
    else:
        steps = 30
    ours, theirs = (chain(library, [first, second], steps) for library in (autograd, torch))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-17)


SEQUENCES = [
    ([("ConstantLR", dict(factor=0.1, total_iters=30)), ("ExponentialLR", dict(gamma=0.9))], [20]),
    ([("LinearLR", dict(start_factor=0.1)), ("CosineAnnealingLR", dict(T_max=40))], [5]),
    ([("LinearLR", dict()), ("CosineAnnealingWarmRestarts", dict(T_0=6, T_mult=2))], [4]),
    ([("StepLR", dict(step_size=3)), ("PolynomialLR", dict(total_iters=9)),
      ("LambdaLR", dict(lr_lambda=lambda t: 0.9**t))], [10, 25]),
    ([("ExponentialLR", dict(gamma=0.8)), ("MultiStepLR", dict(milestones=[3, 7]))], [0]),
]  # fmt: skip


def sequence(library, cases, milestones):
    optimizer, kinds = begin(library)
    schedulers = [getattr(kinds, name)(optimizer, **options) for name, options in cases]
    return kinds.SequentialLR(optimizer, schedulers, milestones)


@pytest.mark.parametrize(("cases", "milestones"), SEQUENCES)
def test_one_scheduler_after_the_other(cases, milestones):
    ours, theirs = (walk(sequence(lib, cases, milestones), 50) for lib in (autograd, torch))
    np.testing.assert_allclose(ours, theirs, rtol=2e-13, atol=1e-17)


def test_warm_restarts_at_any_epoch():
    paths = []
    for library in (autograd, torch):
        optimizer, kinds = begin(library)
        scheduler = kinds.CosineAnnealingWarmRestarts(optimizer, 5, 2, 0.01)
        paths.append([])
        for at in (0.5, 3.25, 7, 4, 15.5, 40.75, 2):
            scheduler.step(at)
            paths[-1].append((*scheduler.get_last_lr(), scheduler.T_cur, scheduler.T_i))
            assert scheduler.last_epoch == int(at)
    np.testing.assert_allclose(*paths, rtol=1e-13)


PLATEAUS = [
    dict(patience=2),
    dict(patience=3, factor=0.5, threshold=0.1, cooldown=2),
    dict(mode="max", patience=1, threshold_mode="abs", threshold=0.2, min_lr=[0.01, 0.003]),
    dict(mode="max", patience=0, factor=0.3, min_lr=0.001),
    dict(patience=1, threshold_mode="abs", eps=1e-3),
]


@pytest.mark.parametrize("options", PLATEAUS)
def test_plateau(options):
    metrics = np.random.default_rng(0).standard_normal(50) + np.linspace(3, 2, 50)
    paths = []
    for library in (autograd, torch):
        optimizer, kinds = begin(library)
        scheduler = kinds.ReduceLROnPlateau(optimizer, **options)
        paths.append([])
        for metric in metrics:
            scheduler.step(library.tensor(metric))
            paths[-1].append((*scheduler.get_last_lr(), scheduler.num_bad_epochs))
    np.testing.assert_allclose(*paths, rtol=1e-14)


@pytest.mark.parametrize("direction", ["to torch", "from torch"])
@pytest.mark.parametrize(("name", "options"), SINGLE)
def test_state_goes_both_ways(name, options, direction):
    libraries = (autograd, torch) if direction == "to torch" else (torch, autograd)
    made = []
    for library in libraries:
        optimizer, kinds = begin(library)
        made.append(getattr(kinds, name)(optimizer, **copy.deepcopy(options)))
    source, target = made
    walk(source, 9)
    target.load_state_dict(copy.deepcopy(source.state_dict()))
    for to, group in zip(
        target.optimizer.param_groups, source.optimizer.param_groups, strict=True
    ):
        to.update({key: value for key, value in group.items() if key in to and key != "params"})
    np.testing.assert_allclose(walk(target, 20), walk(source, 20), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("direction", ["to torch", "from torch"])
@pytest.mark.parametrize(("cases", "milestones"), SEQUENCES)
def test_state_of_a_sequence_goes_both_ways(cases, milestones, direction):
    libraries = (autograd, torch) if direction == "to torch" else (torch, autograd)
    source, target = (sequence(library, cases, milestones) for library in libraries)
    walk(source, 9)
    target.load_state_dict(copy.deepcopy(source.state_dict()))
    for to, group in zip(
        target.optimizer.param_groups, source.optimizer.param_groups, strict=True
    ):
        to["lr"] = group["lr"]
    np.testing.assert_allclose(walk(target, 30), walk(source, 30), rtol=1e-12, atol=1e-15)


# Where a step is due, PyTorch's StepLR takes it once more, on the rate that has it already.
STEPPING = [case for case in CASES if case[1].get("step_size") == 1]


@pytest.mark.parametrize("at", [1, 6, 13])
@pytest.mark.parametrize(("name", "options"), [case for case in CASES if case not in STEPPING])
def test_built_anew_at_last_epoch(name, options, at):
    """On an optimizer that holds the rates of count `at`; momentum is not touched."""
    paths = []
    for library in (autograd, torch):
        optimizer, kinds = begin(library)
        walk(getattr(kinds, name)(optimizer, **copy.deepcopy(options)), at)
        scheduler = getattr(kinds, name)(
            optimizer, **copy.deepcopy(options), last_epoch=at - 1)
        assert scheduler.last_epoch == at
        paths.append(walk(scheduler, 8))
    np.testing.assert_allclose(*paths, rtol=1e-12, atol=1e-17)


@pytest.mark.parametrize("at", [1, 6])
@pytest.mark.parametrize(("name", "options"), [
    case for case in CASES if case[0] not in ("LambdaLR", "MultiplicativeLR", "CosineAnnealingLR")
])
def test_a_group_that_comes_late(name, options, at):
    paths = []
    for library in (autograd, torch):
        optimizer, kinds = begin(library)
        scheduler = getattr(kinds, name)(optimizer, **copy.deepcopy(options))
        walk(scheduler, at)
        optimizer.add_param_group({"params": [library.ones(1)], "lr": 1.0})
        paths.append(walk(scheduler, 8))
    np.testing.assert_allclose(*paths, rtol=1e-12, atol=1e-17)
