"""Whatever a recording read and a program can change is looked at before each replay."""

import functools
from argparse import Namespace
from collections import deque, namedtuple
from types import SimpleNamespace

import numpy as np

import autograd
from tests.compiler import WARM, compiled, replays
from tests.compiler.test_guards import warned


class Settings:
    by = 2.0


class InSlots:
    __slots__ = ("by",)

    def __init__(self, by):
        self.by = by


class Helper:
    def apply(self, x):
        return x * Settings.by


def scaled(x, by=2.0):
    return x * by


REMEMBERED = [2.0]


@functools.lru_cache
def remembered():
    return REMEMBERED


def agree(step, *args):
    """Some calls, compiled and not, give the same numbers, dtypes and kinds."""
    for _ in range(WARM + 1):
        wanted, got = step.step._function(*args), step(*args)
        assert got.tolist() == wanted.tolist() and got.dtype == wanted.dtype


def test_equal_numbers_of_another_type_are_others():
    settings = {"by": 2}
    step = compiled(lambda x: x * settings["by"])
    for by in (2, 2.0, True, 2):
        settings["by"] = by
        agree(step, autograd.tensor([1, 2]))


def test_lists_and_dicts_that_grow_or_shrink():
    added, named = [1.0], {"a": 10.0}

    def total(x):
        for number in (*added, *named.values()):
            x = x + number
        return x

    step = compiled(total)
    agree(step, autograd.ones(2))
    added.append(2.0)
    agree(step, autograd.ones(2))
    named["b"] = 20.0
    agree(step, autograd.ones(2))
    added.pop()
    named.pop("a")
    agree(step, autograd.ones(2))


def test_the_default_dtype_and_inference_mode_belong_to_the_signature():
    step = compiled(lambda x: x + autograd.ones(2))
    agree(step, autograd.tensor([1, 2]))
    with autograd.inference_mode():
        agree(step, autograd.tensor([1, 2]))
    before = autograd.get_default_dtype()
    autograd.set_default_dtype(autograd.float64)
    try:
        agree(step, autograd.tensor([1, 2]))
    finally:
        autograd.set_default_dtype(before)


def test_parameters_that_are_frozen_get_no_more_gradients():
    v, w = (autograd.ones(2, requires_grad=True) for _ in range(2))

    @compiled
    def step(x):
        v.grad = w.grad = None
        (x * v * w).sum().backward()

    x = autograd.tensor([2.0, 3.0])
    for frozen in (False, True, False):
        w.requires_grad_(not frozen)
        for _ in range(WARM + 1):
            step(x)
            assert v.grad.tolist() == [2.0, 3.0]
            assert (w.grad is None) is frozen


def test_gradients_are_added_to_whatever_lies_in_grad():
    w = autograd.ones(2, 3, requires_grad=True)

    @compiled
    def step(x):
        (w * x).sum().backward()

    x = autograd.arange(6.0).reshape(2, 3)
    for start in (autograd.zeros(2, 3), autograd.zeros(3, 2).T, autograd.zeros(4, 6)[::2, ::2]):
        w.grad = start
        for count in range(1, WARM + 2):
            step(x)
            assert w.grad.tolist() == (x * count).tolist()
            assert w.grad is start


def holders():
    """(what a step does, how the number 2 that it reads becomes 5) for each kind of holder."""
    listed, mapped, chosen, queue = [2.0], {(0, 1): 2.0}, {2.0}, deque([2.0])
    slots, simple, options = InSlots(2.0), SimpleNamespace(by=2.0), Namespace(by=2.0)
    array, octets, pair = np.array([2.0]), bytearray(b"\2"), namedtuple("Pair", "by")([2.0])
    shared = np.array([2.0], np.float32)
    tensor = autograd.from_numpy(shared)
    local = functools.partial(scaled)
    code = (lambda x: x * 5.0).__code__

    def plain(x):
        return x * 2.0

    def noted(x):
        return x * noted.by

    noted.by = 2.0
    yield lambda x: x * Settings.by, lambda: setattr(Settings, "by", 5.0)
    yield lambda x: Helper().apply(x), lambda: setattr(Settings, "by", 5.0)
    yield lambda x: x * slots.by, lambda: setattr(slots, "by", 5.0)
    yield lambda x: x * simple.by, lambda: setattr(simple, "by", 5.0)
    yield lambda x: x * options.by, lambda: setattr(options, "by", 5.0)
    yield lambda x: x * listed[0], lambda: listed.__setitem__(0, 5.0)
    yield lambda x: x * mapped[0, 1], lambda: mapped.__setitem__((0, 1), 5.0)
    yield lambda x: x * (5.0 if 5.0 in chosen else 2.0), lambda: chosen.add(5.0)
    yield lambda x: x * queue[0], lambda: queue.appendleft(5.0)
    yield lambda x: x * octets[0], lambda: octets.__setitem__(0, 5)
    yield lambda x: x * pair.by[0], lambda: pair.by.__setitem__(0, 5.0)
    yield lambda x: x * float(array[0]), lambda: array.__setitem__(0, 5.0)
    yield lambda x: x * autograd.tensor(array), lambda: array.__setitem__(0, 5.0)
    yield lambda x: x * autograd.tensor(np.sqrt(array)), lambda: array.__setitem__(0, 25.0)
    yield lambda x: x * tensor.item(), lambda: shared.__setitem__(0, 5.0)
    yield lambda x: x * remembered()[0], lambda: REMEMBERED.__setitem__(0, 5.0)
    yield lambda x: scaled(x), lambda: setattr(scaled, "__defaults__", (5.0,))
    yield local, lambda: setattr(scaled, "__defaults__", (5.0,))
    yield noted, lambda: setattr(noted, "by", 5.0)
    yield plain, lambda: setattr(plain, "__code__", code)
    yield lambda x: plain(x), lambda: setattr(plain, "__code__", code)


def test_whatever_holds_a_number_is_looked_at(monkeypatch):
    for number in range(len(list(holders()))):
        monkeypatch.setattr(Settings, "by", 2.0)
        monkeypatch.setattr(scaled, "__defaults__", (2.0,))
        REMEMBERED[:] = [2.0]
        function, change = list(holders())[number]
        step = compiled(function)
        before = [step(autograd.ones(1)).item() for _ in range(WARM + 1)]
        assert len(set(before)) == 1 and replays(step.step) == 1, number
        change()
        assert [step(autograd.ones(1)).item() for _ in range(2)] == [5.0] * 2, number


def test_a_global_that_comes_to_be(monkeypatch):
    def step(x):
        try:
            return x * LATER  # noqa: F821
        except NameError:
            return x

    step = compiled(step)
    assert [step(autograd.ones(1)).item() for _ in range(WARM + 1)] == [1.0] * (WARM + 1)
    monkeypatch.setitem(globals(), "LATER", 5.0)
    assert step(autograd.ones(1)).item() == 5.0


def test_zeros_have_a_sign():
    held = [0.0]
    by_closure, by_argument = compiled(lambda x: x * held[0]), compiled(lambda x, by: x * by)
    for _ in range(WARM + 1):
        assert not np.signbit(by_closure(autograd.ones(1)).item())
        assert not np.signbit(by_argument(autograd.ones(1), 0.0).item())
    held[0] = -0.0
    assert np.signbit(by_closure(autograd.ones(1)).item())
    assert np.signbit(by_argument(autograd.ones(1), -0.0).item())


def test_an_array_too_large_to_be_compared_is_named():
    array = np.ones(1 << 14)
    message = warned(autograd.compile(lambda x: x * float(array[0])), autograd.ones(1))
    assert "the numbers of array, a NumPy array" in message and "from_numpy" in message
