"""Schedules of rate and momentum, by a metric, and made of others."""

import copy
import math
import pickle

import pytest

import autograd
import optim
from optim import lr_scheduler

# these step schedules alone, to see the rates
pytestmark = pytest.mark.filterwarnings("ignore:.* came before the first optimizer.step")


def optimizer(*rates, kind=optim.SGD):
    return kind([{"params": [autograd.ones(1, requires_grad=True)], "lr": lr} for lr in rates])


def walk(scheduler, steps, key="lr"):
    """What the first group holds at counts 0 ... steps."""
    (group, *_) = scheduler.optimizer.param_groups
    values = [group[key]]
    for _ in range(steps):
        scheduler.step()
        values.append(group[key])
    return values


def test_cycles_of_rate_and_momentum():
    def make():
        return lr_scheduler.CyclicLR(optimizer(9.0), 0.0, 1.0, 2, 4, base_momentum=0.5)

    assert walk(make(), 8) == pytest.approx([0, 0.5, 1, 0.75, 0.5, 0.25, 0, 0.5, 1])
    assert walk(make(), 3, "momentum") == pytest.approx([0.9, 0.7, 0.5, 0.6])


def test_cycles_set_beta1_of_adam():
    scheduler = lr_scheduler.CyclicLR(optimizer(1.0, kind=optim.Adam), 0.1, 0.2, 2)
    betas = walk(scheduler, 2, "betas")
    assert [beta1 for beta1, _ in betas] == pytest.approx([0.9, 0.85, 0.8])
    assert {beta2 for _, beta2 in betas} == {0.999}


@pytest.mark.parametrize(
    ("options", "tops"),
    [
        (dict(mode="triangular2"), [1, 0.5, 0.25]),
        (dict(mode="exp_range", gamma=0.5), [0.5, 0.125, 0.03125]),
        (dict(scale_fn=lambda cycle: 10.0 * cycle), [10, 20, 30]),
    ],
)
def test_heights_of_cycles(options, tops):
    scheduler = lr_scheduler.CyclicLR(optimizer(1.0), 0.0, 1.0, 1, **options)
    assert walk(scheduler, 5)[1::2] == pytest.approx(tops)


def test_one_cycle():
    def make(**options):
        return lr_scheduler.OneCycleLR(optimizer(9.0), 1.0, 11, pct_start=0.4, div_factor=10,
                                       final_div_factor=10, anneal_strategy="linear", **options)

    rates = walk(make(), 10)
    assert rates[0] == pytest.approx(0.1) and max(rates) == pytest.approx(1.0, abs=0.2)
    assert rates[-1] == pytest.approx(0.01)
    momenta = walk(make(), 10, "momentum")
    assert momenta[0] == momenta[-1] == pytest.approx(0.95) and min(momenta) < 0.88
    assert walk(make(three_phase=True), 10)[-1] == pytest.approx(0.01)
    with pytest.raises(ValueError, match="OneCycleLR: step 12 of a cycle of 11; the schedule is"):
        walk(make(), 12)


def test_warm_restarts_double():
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(optimizer(1.0), 2, 2)
    half, quarter = 0.5, math.cos(math.pi / 8) ** 2
    assert walk(scheduler, 6) == pytest.approx([1, half, 1, quarter, half, 1 - quarter, 1])
    scheduler.step(3.0)
    assert (scheduler.T_cur, scheduler.T_i) == (1, 4)
    with pytest.raises(ValueError, match="epoch is below 0: -1"):
        scheduler.step(-1)


def test_plateau():
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer(1.0, 0.3), factor=0.5, patience=1,
                                               cooldown=1, min_lr=[0.1, 0.2])
    rates = []
    for metric in (3, 2, 2, 2, 2, 2, 2, float("nan"), 1, 1, 1):
        scheduler.step(autograd.tensor(float(metric)))
        rates.append(scheduler.get_last_lr()[0])
    assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.125]
    assert scheduler.get_last_lr()[1] == 0.2 and isinstance(scheduler, lr_scheduler.LRScheduler)


def test_one_after_the_other_and_all_at_once():
    o = optimizer(1.0)
    first = lr_scheduler.ConstantLR(o, 0.1, 100)
    second = lr_scheduler.ExponentialLR(o, 0.5)
    scheduler = lr_scheduler.SequentialLR(o, [first, second], [3])
    assert walk(scheduler, 5) == pytest.approx([0.1, 0.1, 0.1, 1, 0.5, 0.25])
    o = optimizer(1.0)
    parts = [lr_scheduler.LinearLR(o, 0.5, 1.0, 2), lr_scheduler.ExponentialLR(o, 0.5)]
    chained = lr_scheduler.ChainedScheduler(parts)
    assert walk(chained, 3) == pytest.approx([0.5, 0.375, 0.25, 0.125])
    chained.restart()
    assert walk(chained, 3) == pytest.approx([0.5, 0.375, 0.25, 0.125])


MAKERS = {
    "cyclic": lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.3, 3, mode="triangular2"),
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, 1.0, 40, three_phase=True),
    "restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 3, 2),
    "chained": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.LinearLR(o), lr_scheduler.StepLR(o, 3)]),
    "sequence": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o), lr_scheduler.ChainedScheduler(
            [lr_scheduler.ConstantLR(o), lr_scheduler.ExponentialLR(o, 0.9)])], [6]),
}  # fmt: skip


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_resumed_equals_uninterrupted(make):
    scheduler = make(optimizer(1.0))
    walk(scheduler, 4)
    saved = pickle.loads(pickle.dumps((scheduler.state_dict(), scheduler.optimizer.state_dict())))
    resumed = make(optimizer(1.0))
    resumed.optimizer.load_state_dict(saved[1])
    resumed.load_state_dict(saved[0])
    assert walk(resumed, 12) == walk(scheduler, 12)
    assert resumed.state_dict() == scheduler.state_dict()


def sequence(o, last_epoch=-1):
    """Schedules of every kind after one another; they begin anew whatever the optimizer holds."""
    parts = [lr_scheduler.LinearLR(o, 0.1, 1.0, 3), lr_scheduler.MultiplicativeLR(o, lambda t: 0.9),
             lr_scheduler.ChainedScheduler(
                 [lr_scheduler.ConstantLR(o, 0.5, 2), lr_scheduler.ExponentialLR(o, 0.9)]),
             lr_scheduler.CosineAnnealingWarmRestarts(o, 2)]  # fmt: skip
    return lr_scheduler.SequentialLR(o, parts, [4, 7, 11], last_epoch)


@pytest.mark.parametrize("at", range(1, 16))
def test_a_sequence_goes_on_from_last_epoch(at):
    expected = walk(sequence(optimizer(1.0)), 16)
    o = optimizer(1.0)
    walk(sequence(o), at)
    resumed = sequence(o, at - 1)
    assert resumed.last_epoch == at
    assert walk(resumed, 16 - at) == expected[at:]


@pytest.mark.parametrize("at", [1, 3, 4, 8])
def test_a_sequence_takes_groups_in(at):
    """A group that comes at any time takes part from the next step on."""
    o = optimizer(1.0)
    scheduler = sequence(o)
    walk(scheduler, at)
    rate = o.param_groups[0]["lr"]
    o.add_param_group({"params": [autograd.ones(1, requires_grad=True)], "lr": 2 * rate})
    for _ in range(15 - at):
        scheduler.step()
        first, second = scheduler.get_last_lr()
        assert second == pytest.approx(2 * first)


def test_one_cycle_needs_its_own_state_to_go_on():
    o = optimizer(1.0)
    lr_scheduler.StepLR(o, 3)
    with pytest.raises(KeyError, match="OneCycleLR: last_epoch=4 .* no 'max_lr' and 'min_lr'"):
        lr_scheduler.OneCycleLR(o, 1.0, 9, last_epoch=4)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, mode="sine"), ValueError, "got 'sine'"),
        (lambda o: lr_scheduler.CyclicLR(o, [0.1, 0.2], 1.0), ValueError,
         "CyclicLR: 2 values of base_lr for 1 parameter groups"),
        (lambda o: lr_scheduler.CyclicLR(optimizer(1.0, kind=optim.Adagrad), 0.1, 1.0), ValueError,
         "Adagrad has neither momentum nor betas to cycle; pass cycle_momentum=False"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0), ValueError, "give total_steps, or epochs and"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0, 0), ValueError, "total_steps must be above 0"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0, 9, pct_start=2), ValueError,
         r"pct_start must be in \[0, 1\], got 2"),
        (lambda o: lr_scheduler.OneCycleLR(o, 1.0, 9, anneal_strategy="exp"), ValueError,
         "'cos' or 'linear', got 'exp'"),
        (lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 0), ValueError, "T_0 must be above"),
        (lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 1, 0), ValueError,
         "T_mult must be at least 1, got 0"),
        (lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=1.0), ValueError, "below 1, got 1.0"),
        (lambda o: lr_scheduler.ReduceLROnPlateau(o, "low"), ValueError, "'max', got 'low'"),
        (lambda o: lr_scheduler.ReduceLROnPlateau(o, threshold_mode="x"), ValueError, "got 'x'"),
        (lambda o: lr_scheduler.SequentialLR(o, [], []), ValueError, "one milestone less, got 0"),
        (lambda o: lr_scheduler.SequentialLR(o, [1], []), TypeError, "got int 1"),
        (lambda o: lr_scheduler.ChainedScheduler([]), ValueError, "got no schedulers"),
        (lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(optimizer(1.0), 3)], o),
         ValueError, r"schedulers\[0\] belongs to another optimizer"),
        (lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.ReduceLROnPlateau(o)]), ValueError,
         "is a ReduceLROnPlateau, whose step"),
        (lambda o: lr_scheduler.PolynomialLR(o, 0), ValueError, "total_iters must be above 0"),
    ],
)  # fmt: skip
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make(optimizer(1.0))


def test_the_state_of_another_combination():
    o = optimizer(1.0)
    one = lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(o, 3)])
    two = lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(o, 3), lr_scheduler.StepLR(o, 4)])
    with pytest.raises(ValueError, match="the state of 1 schedulers for 2"):
        two.load_state_dict(copy.deepcopy(one.state_dict()))
