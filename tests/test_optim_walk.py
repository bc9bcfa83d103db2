"""Every optimizer with every scheduler: resumed, copied, with groups that come late; closures."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import autograd
import optim
from optim import lr_scheduler as schedules

OPTIMIZERS = {
    "ASGD": [dict(lr=0.1, t0=2), dict(lr=0.1, lambd=0.1, weight_decay=0.1)],
    "Adadelta": [dict(lr=9.0), dict(lr=9.0, weight_decay=0.1)],
    "Adafactor": [dict(lr=0.3), dict(lr=0.3, weight_decay=0.1, d=1.5)],
    "Adagrad": [dict(lr=0.3, lr_decay=0.1), dict(lr=0.3, eps_inside_sqrt=True)],
    "Adam": [dict(lr=0.1), dict(lr=0.1, amsgrad=True, weight_decay=0.1),
             dict(lr=0.1, eps_inside_sqrt=True, bias_correction=False)],
    "AdamW": [dict(lr=0.1), dict(lr=0.1, amsgrad=True)],
    "Adamax": [dict(lr=0.1)],
    "LBFGS": [dict(lr=0.5, max_iter=2), dict(max_iter=2, line_search_fn="strong_wolfe")],
    "NAdam": [dict(lr=0.1), dict(lr=0.1, weight_decay=0.1, decoupled_weight_decay=True)],
    "RAdam": [dict(lr=0.1, betas=(0.9, 0.8)), dict(lr=0.1, decoupled_weight_decay=True)],
    "RMSprop": [dict(lr=0.1), dict(lr=0.1, momentum=0.5, centered=True)],
    "Rprop": [dict(lr=0.1)],
    "SGD": [dict(lr=0.1), dict(lr=0.1, momentum=0.9, nesterov=True),
            dict(lr=0.1, momentum=0.9, variant="ema"),
            dict(lr=0.1, momentum=0.9, weight_decay=0.1)],
}  # fmt: skip


def half(t):
    return 0.5


def falling(t):
    return 1 / (1 + t)


def moving(optimizer):
    return bool({"momentum", "betas"} & optimizer.defaults.keys())


def chained(o, last_epoch=-1):
    return schedules.ChainedScheduler([
        schedules.LinearLR(o, 0.5, 1.0, 3, last_epoch),
        schedules.MultiplicativeLR(o, half, last_epoch),
        schedules.StepLR(o, 2, 0.5, last_epoch)])  # fmt: skip


def sequential(o, last_epoch=-1):
    return schedules.SequentialLR(o, [
        schedules.ConstantLR(o, 0.5, 2), schedules.ExponentialLR(o, 0.9),
        schedules.CosineAnnealingWarmRestarts(o, 2)], [2, 4], last_epoch)  # fmt: skip


SCHEDULERS = {
    "ChainedScheduler": chained,
    "ConstantLR": lambda o, **k: schedules.ConstantLR(o, 0.5, 3, **k),
    "CosineAnnealingLR": lambda o, **k: schedules.CosineAnnealingLR(o, 5, 0.01, **k),
    "CosineAnnealingWarmRestarts": lambda o, **k: schedules.CosineAnnealingWarmRestarts(
        o, 2, 2, **k),
    "CyclicLR": lambda o, **k: schedules.CyclicLR(
        o, 0.1, 0.3, 2, cycle_momentum=moving(o), mode="exp_range", gamma=0.9, **k),
    "ExponentialLR": lambda o, **k: schedules.ExponentialLR(o, 0.9, **k),
    "LambdaLR": lambda o, **k: schedules.LambdaLR(o, falling, **k),
    "LinearLR": lambda o, **k: schedules.LinearLR(o, 0.3, 0.9, 4, **k),
    "MultiStepLR": lambda o, **k: schedules.MultiStepLR(o, [2, 4, 4], 0.5, **k),
    "MultiplicativeLR": lambda o, **k: schedules.MultiplicativeLR(o, falling, **k),
    "OneCycleLR": lambda o, **k: schedules.OneCycleLR(o, 0.3, 12, cycle_momentum=moving(o), **k),
    "PolynomialLR": lambda o, **k: schedules.PolynomialLR(o, 5, 2.0, **k),
    "ReduceLROnPlateau": lambda o: schedules.ReduceLROnPlateau(o, factor=0.5, patience=0),
    "SequentialLR": sequential,
    "StepLR": lambda o, **k: schedules.StepLR(o, 2, 0.5, **k),
    "TimeBasedLR": lambda o, **k: schedules.TimeBasedLR(o, 0.3, **k),
}  # fmt: skip
WITHOUT_COUNT = ("ReduceLROnPlateau",)  # has no last_epoch to be built at
REFUSING = ("CyclicLR", "OneCycleLR")  # know no rates for groups that come late

KINDS = [(name, k) for name, rows in OPTIMIZERS.items() for k in range(len(rows))]
optimizers = pytest.mark.parametrize(("name", "k"), KINDS)
schedulers = pytest.mark.parametrize("schedule", SCHEDULERS)
pairs = pytest.mark.parametrize(("name", "k", "schedule"), [
    (name, k, schedule) for name, k in KINDS for schedule in SCHEDULERS
    if k == 0 or schedule in ("CyclicLR", "PolynomialLR")])  # fmt: skip
STEPS = 7


def parameters(dtype=autograd.float64):
    values = [1.0, -2.0, 0.5], [[3.0], [-1.0]]
    return [autograd.tensor(v, dtype=dtype, requires_grad=True) for v in values]


def build(name, k, params, **options):
    return getattr(optim, name)(params, **{**OPTIMIZERS[name][k], **options})


def loss_of(params, sign=1.0):
    total = autograd.tensor(0.0, dtype=autograd.float64)
    for p in params:
        total = total + ((p * p * p * p).sum() * 0.25 + (p * p).sum() * 0.5) * sign
    return total


def advance(optimizer, scheduler, params, steps, sign=1.0):
    """Some steps down a loss of which no element is linear; the metric makes a plateau."""
    def closure():
        optimizer.zero_grad()
        loss = loss_of(params, sign)
        loss.backward()
        return loss

    for _ in range(steps):
        loss = optimizer.step(closure)
        if isinstance(scheduler, schedules.ReduceLROnPlateau):
            scheduler.step(round(loss.item()))
        elif scheduler is not None:
            scheduler.step()


def values(params):
    return [p.detach().numpy().copy() for p in params]


def same(ours, theirs):
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, other)


def rates(optimizer):
    return [(g["lr"], g.get("momentum"), g.get("betas")) for g in optimizer.param_groups]


def test_every_class_has_a_row():
    assert {name for name in optim.__all__ if inspect.isclass(getattr(optim, name))} == {
        *OPTIMIZERS, "Optimizer", "Muon"}  # fmt: skip - that takes matrices only
    assert {*schedules.__all__} == {*SCHEDULERS, "LRScheduler"}


@pytest.mark.parametrize("way", ["state", "last_epoch"])
@pairs
def test_resumed_at_any_step(name, k, schedule, way):
    """From what was saved, in new objects: bit for bit what the uninterrupted run gives."""
    if way == "last_epoch" and schedule in WITHOUT_COUNT:
        return
    make = SCHEDULERS[schedule]
    params = parameters()
    optimizer = build(name, k, params)
    scheduler = make(optimizer)
    saved = []
    for _ in range(STEPS):
        state = [values(params), optimizer.state_dict(), scheduler.state_dict()]
        saved.append(pickle.dumps(state))
        advance(optimizer, scheduler, params, 1)
    for at in range(1, STEPS, 2 if k else 1):
        before, mine, schedule_state = pickle.loads(saved[at])
        again = [autograd.from_numpy(v).requires_grad_() for v in before]
        resumed = build(name, k, again)
        if way == "state":
            rest = make(resumed)
            resumed.load_state_dict(mine)
            rest.load_state_dict(schedule_state)
        else:
            resumed.load_state_dict(mine)
            rest = make(resumed, last_epoch=at - 1)
        advance(resumed, rest, again, STEPS - at)
        same(values(again), values(params))
        assert rates(resumed) == rates(optimizer)
        assert rest.get_last_lr() == scheduler.get_last_lr()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))],
                         ids=["deepcopy", "pickle"])
@pairs
def test_copies_go_on_equally_and_apart(name, k, schedule, copied):
    params = parameters()
    optimizer = build(name, k, params)
    scheduler = SCHEDULERS[schedule](optimizer)
    advance(optimizer, scheduler, params, 3)
    others, other, rest = copied((params, optimizer, scheduler))
    assert other.param_groups[0]["params"][0] is others[0] and rest.optimizer is other
    before = values(params)
    advance(other, rest, others, 3)
    same(values(params), before)
    advance(optimizer, scheduler, params, 3)
    same(values(params), values(others))
    assert rates(optimizer) == rates(other)


@schedulers
@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "LBFGS"])
def test_groups_that_come_late(name, schedule):
    """Scheduled from then on, and updated as by an optimizer of their own; or refused by name."""
    params, late = parameters(), parameters()
    optimizer = build(name, 0, params)
    scheduler = SCHEDULERS[schedule](optimizer)
    advance(optimizer, scheduler, params, 2)
    rate = optimizer.param_groups[0]["lr"]
    optimizer.add_param_group({"params": late, "lr": rate})
    if schedule in REFUSING:
        with pytest.raises(ValueError, match=f"{schedule}: group 1 .* was added after"):
            advance(optimizer, scheduler, [*params, *late], 1)
        return
    alone = parameters()
    single = build(name, 0, alone, lr=rate)
    for _ in range(4):
        single.param_groups[0]["lr"] = optimizer.param_groups[1]["lr"]
        advance(single, None, alone, 1)
        advance(optimizer, scheduler, [*params, *late], 1)
        first, second = (group["lr"] for group in optimizer.param_groups)
        assert second == pytest.approx(first, rel=1e-12)
    same(values(late), values(alone))


@optimizers
def test_gradients_are_forgotten_or_filled_with_zeros(name, k):
    params = parameters()
    optimizer = build(name, k, params)
    loss_of(params[:1]).backward()
    optimizer.zero_grad(set_to_none=False)
    assert params[0].grad.tolist() == [0.0] * 3 and params[1].grad is None
    params[0].grad += 1  # its own memory, which can be added to
    optimizer.zero_grad()
    assert params[0].grad is None


@optimizers
def test_what_has_no_gradient_stays(name, k):
    """Also beside empty and 0-d parameters, which are no reason to fail."""
    first, second = parameters()
    empty = autograd.zeros(0, 3, dtype=autograd.float64, requires_grad=True)
    scalar = autograd.tensor(2.0, dtype=autograd.float64, requires_grad=True)
    optimizer = build(name, k, [empty, first, second, scalar])
    before = second.tolist()
    advance(optimizer, None, [first, empty, scalar], 3)
    assert second.tolist() == before and second not in optimizer.state
    assert abs(scalar.item()) < 2 and empty.shape == (0, 3)
    alone = parameters()[0], autograd.tensor(2.0, dtype=autograd.float64, requires_grad=True)
    advance(build(name, k, alone), None, alone, 3)
    same(values([first, scalar]), values(alone))


@pytest.mark.parametrize(("name", "k"), [kind for kind in KINDS if kind[0] != "LBFGS"])
def test_to_climb_is_to_descend_the_negative(name, k):
    down, up = parameters(), parameters()
    advance(build(name, k, down), None, down, 4)
    advance(build(name, k, up, maximize=True), None, up, 4, sign=-1.0)
    same(values(down), values(up))


@pytest.mark.parametrize(("name", "k"), [kind for kind in KINDS if kind[0] != "LBFGS"])
def test_a_mix_of_dtypes(name, k):
    """Each parameter goes its own way, in its own dtype, as if it were alone: up to the last bits,
    as kernels leave a mix to NumPy."""
    dtypes = autograd.float64, autograd.float16, autograd.float32
    mixed = [p for dtype in dtypes for p in parameters(dtype)]
    advance(build(name, k, mixed), None, mixed, 3)
    for i, dtype in enumerate(dtypes):
        alone = parameters(dtype)
        advance(build(name, k, alone), None, alone, 3)
        error = 8 * float(np.finfo(dtype).eps)
        for mine, other in zip(values(mixed[2 * i: 2 * i + 2]), values(alone), strict=True):
            np.testing.assert_allclose(mine, other, rtol=error, atol=error)
        assert all(p.dtype == dtype for p in alone)


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_lbfgs_at_a_rate_of_zero_stays(search):
    params = parameters()
    optimizer = optim.LBFGS(params, lr=0, line_search_fn=search)
    advance(optimizer, None, params, 2)
    same(values(params), values(parameters()))


@optimizers
def test_the_closures_loss_comes_back(name, k):
    params = parameters()
    optimizer = build(name, k, params)
    expected = loss_of(params).item()

    def closure():
        assert autograd.is_grad_enabled()
        optimizer.zero_grad()
        loss = loss_of(params)
        loss.backward()
        return loss

    with autograd.no_grad():
        assert optimizer.step(closure).item() == expected
    assert loss_of(params).item() < expected and all(p.is_leaf for p in params)
