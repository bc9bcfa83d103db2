"""Schedules: their values in closed form, their independence of everything else, checkpoints."""

import copy
import math
import warnings

import pytest

import autograd
import optim
from optim import lr_scheduler

# these step schedules alone, to see the rates
pytestmark = pytest.mark.filterwarnings("ignore:.* came before the first optimizer.step")


def optimizer(*rates):
    return optim.SGD([{"params": [autograd.ones(1, requires_grad=True)], "lr": lr} for lr in rates])


def rates(scheduler, steps):
    """The first group's rate at counts 0 ... steps."""
    group = scheduler.optimizer.param_groups[0]
    values = [group["lr"]]
    for _ in range(steps):
        scheduler.step()
        values.append(group["lr"])
        assert scheduler.get_last_lr() == [g["lr"] for g in scheduler.optimizer.param_groups]
    return values


SCHEDULES = {
    "StepLR": (lambda o: lr_scheduler.StepLR(o, 3, 0.5), lambda t: 0.5 ** (t // 3)),
    "MultiStepLR": (
        lambda o: lr_scheduler.MultiStepLR(o, [7, 2, 7], 0.5),
        lambda t: 0.5 ** ((t >= 2) + 2 * (t >= 7)),
    ),
    "ConstantLR": (lambda o: lr_scheduler.ConstantLR(o, 0.25, 4), lambda t: 1 if t >= 4 else 0.25),
    "LinearLR": (
        lambda o: lr_scheduler.LinearLR(o, 0.2, 0.6, 4),
        lambda t: 0.2 + 0.1 * min(t, 4),
    ),
    "ExponentialLR": (lambda o: lr_scheduler.ExponentialLR(o, 0.9), lambda t: 0.9**t),
    "TimeBasedLR": (lambda o: lr_scheduler.TimeBasedLR(o, 0.25), lambda t: 1 / (1 + 0.25 * t)),
    "CosineAnnealingLR": (
        lambda o: lr_scheduler.CosineAnnealingLR(o, 6),
        lambda t: math.cos(math.pi * t / 12) ** 2,
    ),
    "LambdaLR": (lambda o: lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + t)), lambda t: 1 / (1 + t)),
    "MultiplicativeLR": (
        lambda o: lr_scheduler.MultiplicativeLR(o, lambda t: t / (1 + t)),
        lambda t: 1 / (1 + t),
    ),
    "PolynomialLR": (
        lambda o: lr_scheduler.PolynomialLR(o, 8, 2.0),
        lambda t: (1 - min(t, 8) / 8) ** 2,
    ),
    "CosineAnnealingWarmRestarts": (
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 5),
        lambda t: math.cos(math.pi * (t % 5) / 10) ** 2,
    ),
}
schedules = pytest.mark.parametrize(("make", "factor"), SCHEDULES.values(), ids=SCHEDULES)


@schedules
def test_closed_form(make, factor):
    expected = [0.3 * factor(t) for t in range(31)]
    assert rates(make(optimizer(0.3)), 30) == pytest.approx(expected, rel=1e-13, abs=1e-17)


@schedules
def test_no_drift_after_many_steps(make, factor):
    assert rates(make(optimizer(0.3)), 600)[600] == pytest.approx(0.3 * factor(600), rel=1e-12)


@schedules
def test_each_group_has_its_own_base(make, factor):
    scheduler = make(optimizer(0.3, 0.01))
    for t in range(1, 9):
        scheduler.step()
        assert scheduler.last_epoch == t
        assert scheduler.get_last_lr() == pytest.approx([0.3 * factor(t), 0.01 * factor(t)])
    assert scheduler.base_lrs == [0.3, 0.01]
    assert [group["initial_lr"] for group in scheduler.optimizer.param_groups] == [0.3, 0.01]


@schedules
def test_the_order_of_the_two_steps_is_free(make, factor):
    """But for a warning, and the rates are the same."""
    before, after = make(optimizer(0.3)), make(optimizer(0.3))
    for _ in range(8):
        for scheduler, first in ((before, True), (after, False)):
            (param,) = scheduler.optimizer.param_groups[0]["params"]
            param.grad = autograd.ones(1)
            for call in (scheduler.step, scheduler.optimizer.step)[:: 1 if first else -1]:
                call()
        assert before.get_last_lr() == after.get_last_lr()


COMBINED = {
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.ExponentialLR(o, 0.9), lr_scheduler.StepLR(o, 2)], [3]),
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.ExponentialLR(o, 0.9), lr_scheduler.StepLR(o, 2)]),
    "CosineAnnealingWarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", [*SCHEDULES, *COMBINED])
def test_a_schedule_stepped_first_warns_once(name):
    """Where the optimizer has not stepped, nor is the schedule one that goes on."""
    make = COMBINED.get(name) or SCHEDULES[name][0]
    scheduler = make(optimizer(0.3))
    with pytest.warns(UserWarning, match=rf"^{name}\.step\(\) came before the first opt") as told:
        scheduler.step()
    assert len(told) == 1 and told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        resumed = make(optimizer(0.3))
        resumed.load_state_dict(scheduler.state_dict())
        restarted = make(optimizer(0.3))
        restarted.restart()
        restarted.step()
        scheduler.step()
        resumed.step()
        scheduler = make(optimizer(0.3))
        scheduler.optimizer.param_groups[0]["params"][0].grad = autograd.ones(1)
        for _ in range(5):
            scheduler.optimizer.step()
            scheduler.step()


def test_a_schedule_that_goes_on_does_not_warn():
    loaded = optimizer(0.3)
    loaded.param_groups[0]["initial_lr"] = 0.3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lr_scheduler.StepLR(loaded, 3, last_epoch=4).step()


@schedules
def test_step_of_the_optimizer_is_left_alone(make, factor):
    o = optimizer(0.3)
    make(o)
    assert "step" not in vars(o) and o.step.__func__ is optim.Optimizer.step


@schedules
@pytest.mark.parametrize("whole", [True, False])
def test_resumed_equals_uninterrupted(make, factor, whole):
    scheduler = make(optimizer(0.3))
    expected = rates(scheduler, 4)[-1:]
    saved = copy.deepcopy((scheduler.state_dict(), scheduler.optimizer.state_dict()))
    assert "optimizer" not in saved[0] and saved[0].get("lr_lambdas", [None]) == [None]
    expected += rates(scheduler, 8)[1:]

    resumed = make(optimizer(0.3))
    resumed.load_state_dict(saved[0])
    if whole:
        resumed.optimizer.load_state_dict(saved[1])
    assert rates(resumed, 8) == expected


@schedules
@pytest.mark.parametrize("at", [1, 4, 8])
def test_goes_on_from_last_epoch(make, factor, at):
    """Counts and rates are those of the uninterrupted run, not of one step further."""
    scheduler = make(optimizer(0.3, 0.01))
    expected = rates(scheduler, 12)
    loaded = optimizer(0.3, 0.01)
    rates(make(loaded), at)
    scheduler = copy.copy(scheduler)
    lr_scheduler.LRScheduler.__init__(scheduler, loaded, last_epoch=at - 1)
    assert scheduler.last_epoch == at
    assert rates(scheduler, 12 - at) == expected[at:]


@schedules
def test_goes_on_from_last_epoch_where_only_the_initial_rate_is_known(make, factor):
    o = optimizer(0.3)
    o.param_groups[0]["initial_lr"] = 0.3
    scheduler = copy.copy(make(optimizer(0.3)))
    lr_scheduler.LRScheduler.__init__(scheduler, o, last_epoch=3)
    assert rates(scheduler, 3) == pytest.approx([0.3 * factor(t) for t in (4, 5, 6, 7)])


@pytest.mark.parametrize("at", [1, 3, 5, 9])
def test_several_go_on_from_last_epoch(at):
    def build(o, last_epoch=-1):
        return lr_scheduler.ChainedScheduler([
            lr_scheduler.LinearLR(o, 0.25, 1.0, 3, last_epoch),
            lr_scheduler.StepLR(o, 5, 0.1, last_epoch),
            lr_scheduler.MultiplicativeLR(o, lambda t: 1 - 1 / (t + 9), last_epoch)])  # fmt: skip

    expected = rates(build(optimizer(0.7)), 12)
    o = optimizer(0.7)
    rates(build(o), at)
    assert rates(build(o, at - 1), 12 - at) == expected[at:]


def test_last_epoch_needs_a_schedule_to_go_on_with():
    with pytest.raises(
        KeyError,
        match="last_epoch=4 goes on with a schedule, but group 0 of the "
        "optimizer has no 'initial_lr': load",
    ):
        lr_scheduler.StepLR(optimizer(0.1), 3, last_epoch=4)


def test_a_function_for_each_group():
    o = optimizer(0.3, 0.01)
    scheduler = lr_scheduler.LambdaLR(o, [lambda t: 2.0**t, lambda t: 1 + t])
    scheduler.step()
    scheduler.step()
    assert scheduler.get_last_lr() == [1.2, 0.03]
    with pytest.raises(ValueError, match="LambdaLR: 1 functions for 2 parameter groups"):
        lr_scheduler.LambdaLR(o, [lambda t: 1])


def test_two_schedules_multiply():
    o = optimizer(1.0)
    warm = lr_scheduler.LinearLR(o, 0.25, 1.0, 3)
    decay = lr_scheduler.ExponentialLR(o, 0.5)
    for t in range(1, 12):
        warm.step()
        decay.step()
        assert o.param_groups[0]["lr"] == pytest.approx((0.25 + 0.25 * min(t, 3)) * 0.5**t)


def test_a_rate_set_by_hand_is_scaled_from_there():
    o = optimizer(1.0)
    scheduler = lr_scheduler.StepLR(o, 2, 0.5)
    scheduler.step()
    o.param_groups[0]["lr"] = 0.1
    assert rates(scheduler, 5) == pytest.approx([0.1, 0.05, 0.05, 0.025, 0.025, 0.0125])


def test_a_second_phase_begins_where_the_first_ended():
    o = optimizer(1.0)
    rates(lr_scheduler.ExponentialLR(o, 0.5), 3)
    assert rates(lr_scheduler.StepLR(o, 1, 0.1), 2) == pytest.approx([0.125, 0.0125, 0.00125])


def test_cosine_through_zero():
    """At the bottom the rate is exactly eta_min, and the way up begins there."""
    scheduler = lr_scheduler.CosineAnnealingLR(optimizer(1.0), 2, eta_min=0.5)
    assert rates(scheduler, 4) == pytest.approx([1.0, 0.75, 0.5, 0.75, 1.0])


def test_a_subclass_with_its_own_get_lr():
    class Harmonic(lr_scheduler.LRScheduler):
        def get_lr(self):
            return [base / (1 + self.last_epoch) for base in self.base_lrs]

    assert rates(Harmonic(optimizer(1.0)), 3) == [1, 1 / 2, 1 / 3, 1 / 4]
    with pytest.raises(NotImplementedError, match=r"LRScheduler must define get_lr\(\)"):
        lr_scheduler.LRScheduler(optimizer(1.0))


@schedules
def test_a_group_added_later_goes_the_same_way(make, factor):
    """By the ratio of the factors, from the rate it comes with; resumed by count it goes on."""
    o = optimizer(0.3)
    scheduler = make(o)
    rates(scheduler, 2)
    o.add_param_group({"params": [autograd.ones(1, requires_grad=True)], "lr": 7.0})
    for t in range(3, 8):
        scheduler.step()
        expected = [0.3 * factor(t), 7.0 * factor(t) / factor(2)]
        assert scheduler.get_last_lr() == pytest.approx(expected)
    scheduler = copy.copy(scheduler)
    lr_scheduler.LRScheduler.__init__(scheduler, o, last_epoch=6)
    assert scheduler.get_last_lr() == pytest.approx(expected)


def test_a_group_added_where_a_curve_has_come_to_zero():
    o = optimizer(1.0)
    scheduler = lr_scheduler.PolynomialLR(o, 3)
    rates(scheduler, 3)
    o.add_param_group({"params": [autograd.ones(1, requires_grad=True)], "lr": 7.0})
    scheduler.step()
    assert scheduler.get_last_lr() == [0.0, 7.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: lr_scheduler.LambdaLR(o, [lambda t: 1.0, lambda t: 0.5]),
         "group 2 .* append one to lr_lambdas"),
        (lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0), "CyclicLR: group 2 .* has no rates for it"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0, 9), "OneCycleLR: group 2 .* add all groups fi"),
    ],
)  # fmt: skip
def test_a_group_added_later_where_nothing_tells_its_rate(make, message):
    o = optimizer(1.0, 1.0)
    scheduler = make(o)
    o.add_param_group({"params": [autograd.ones(1, requires_grad=True)], "lr": 7.0})
    with pytest.raises(ValueError, match=message):
        scheduler.step()


def test_every_group_gets_a_rate():
    class Short(lr_scheduler.LRScheduler):
        def get_lr(self):
            return self.base_lrs[:1]

    with pytest.raises(ValueError, match=r"Short\.get_lr: 1 rates for 2 parameter groups"):
        Short(optimizer(1.0, 2.0))
    state = lr_scheduler.StepLR(optimizer(1.0, 2.0), 3).state_dict()
    with pytest.raises(ValueError, match="state is of 2 parameter groups, the optimizer has 1"):
        lr_scheduler.StepLR(optimizer(1.0), 3).load_state_dict(state)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda o: lr_scheduler.StepLR(None, 3),
            TypeError,
            "StepLR: optimizer must be an Optimizer",
        ),
        (
            lambda o: lr_scheduler.LambdaLR(None, len),
            TypeError,
            "LambdaLR: optimizer must be an Optimizer",
        ),
        (
            lambda o: lr_scheduler.StepLR(o, 0),
            ValueError,
            "StepLR: step_size must be above 0, got 0",
        ),
        (
            lambda o: lr_scheduler.CosineAnnealingLR(o, 0),
            ValueError,
            "T_max must be above 0, got 0",
        ),
        (lambda o: lr_scheduler.TimeBasedLR(o, -1), ValueError, "decay must be at least 0, got -1"),
        (lambda o: lr_scheduler.LinearLR(o, 0), ValueError, "start_factor must be above 0, got 0"),
        (
            lambda o: lr_scheduler.LinearLR(o, total_iters=0),
            ValueError,
            "total_iters must be above",
        ),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make(optimizer(1.0))


def test_a_state_of_another_kind():
    scheduler = lr_scheduler.StepLR(optimizer(1.0), 3)
    with pytest.raises(
        ValueError, match="StepLR.load_state_dict: gamma, step_size missing; was it"
    ):
        scheduler.load_state_dict(lr_scheduler.LambdaLR(optimizer(1.0), float).state_dict())
