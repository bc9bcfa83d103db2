"""Grad modes: nesting, decorators, exceptions, threads."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import dis
import itertools
import math
import sys
import threading
from functools import cache

import numpy as np
import pytest

import autograd
from autograd import modes, quiet
from autograd.kernels import reference


def leaf(value):
    return autograd.tensor(value, requires_grad=True)


def test_no_grad_records_nothing():
    x = leaf(2.0)
    with autograd.no_grad():
        y = x * x
        with autograd.enable_grad():
            z = x * x
    assert not y.requires_grad and y.is_leaf and z.requires_grad
    assert autograd.is_grad_enabled()


def test_modes_as_decorators_and_functions():
    x = leaf(2.0)

    @autograd.no_grad()
    def silent():
        return x * x

    @autograd.no_grad
    def bare():
        return x * x

    assert not silent().requires_grad and not bare().requires_grad
    with autograd.set_grad_enabled(False):
        assert not (x * x).requires_grad
    autograd.set_grad_enabled(False)
    assert not autograd.is_grad_enabled()
    autograd.set_grad_enabled(True)
    with autograd.inference_mode():
        assert autograd.is_inference_mode_enabled() and not (x * x).requires_grad


def test_modes_survive_exceptions_and_belong_to_a_thread():
    with pytest.raises(ZeroDivisionError), autograd.no_grad():
        1 / 0  # noqa: B018
    assert autograd.is_grad_enabled()
    seen = []
    with autograd.no_grad():
        thread = threading.Thread(target=lambda: seen.append(autograd.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def recorded():
    return autograd.is_grad_enabled()


MODES = {  # a decorator, what it says inside, and outside of it the other
    "no_grad()": (lambda: autograd.no_grad(), False),
    "no_grad": (lambda: autograd.no_grad, False),
    "enable_grad()": (lambda: autograd.enable_grad(), True),
    "enable_grad": (lambda: autograd.enable_grad, True),
    "inference_mode()": (lambda: autograd.inference_mode(), False),
    "inference_mode": (lambda: autograd.inference_mode, False),
    "inference_mode(False)": (lambda: autograd.inference_mode(False), True),
    "set_grad_enabled(False)": (lambda: autograd.set_grad_enabled(False), False),
    "set_grad_enabled(True)": (lambda: autograd.set_grad_enabled(True), True),
}


@pytest.fixture(params=MODES)
def decorator(request):
    make, inside = MODES[request.param]
    with autograd.set_grad_enabled(not inside):
        yield make()
        assert recorded() == (not inside)


@pytest.fixture
def inside(decorator, request):
    return MODES[request.node.callspec.params["decorator"]][1]


def test_a_decorated_function(decorator, inside):
    @decorator
    def function(x, *, y):
        """What it does."""
        return x, y, recorded()

    assert function.__name__ == "function" and function.__doc__ == "What it does."
    assert recorded() == (not inside)
    assert function(1, y=2) == (1, 2, inside)
    assert recorded() == (not inside)


def test_a_decorated_generator(decorator, inside):
    log = []

    @decorator
    def generator(first):
        log.append(recorded())
        sent = yield first
        log.append(recorded())
        try:
            yield sent
        except KeyError as error:
            log.append(recorded())
            yield error
        try:
            yield "last"
        finally:
            log.append(recorded())

    steps = generator("first")
    for step, found in [(lambda: next(steps), "first"), (lambda: steps.send("sent"), "sent"),
                        (lambda: repr(steps.throw(KeyError(1))), "KeyError(1)"),
                        (lambda: next(steps), "last"), (lambda: steps.close(), None)]:  # fmt: skip
        assert step() == found
        assert recorded() == (not inside)
    assert log == 4 * [inside]
    with pytest.raises(StopIteration):
        next(steps)


def test_a_decorated_generator_returns_and_raises():
    @autograd.no_grad()
    def generator(fails):
        yield 1
        if fails:
            raise OSError("inside")
        return "end"

    def delegating():
        found.append((yield from generator(False)))

    found = []
    assert list(delegating()) == [1] and found == ["end"]
    steps = generator(True)
    next(steps)
    with pytest.raises(OSError, match="inside"):
        next(steps)
    steps = generator(False)
    next(steps)
    with pytest.raises(KeyError):
        steps.throw(KeyError(2))
    assert recorded()


def test_a_decorated_coroutine(decorator, inside):
    @decorator
    async def wait(value):
        before = recorded()
        await asyncio.sleep(0)
        return value, before, recorded()

    @decorator
    async def count():
        for number in range(2):
            await asyncio.sleep(0)
            try:
                yield number, recorded()
            except KeyError:
                yield "caught", recorded()

    async def main():
        seen = await asyncio.gather(wait(1), beside(), wait(2))
        steps = count()
        seen.append(await anext(steps))
        seen.append(await steps.athrow(KeyError()))
        seen.append(recorded())
        await steps.aclose()
        async for number in count():
            seen += [number, recorded()]
        return seen

    async def beside():
        await asyncio.sleep(0)
        return recorded()

    assert asyncio.run(main()) == [
        (1, inside, inside), not inside, (2, inside, inside), (0, inside), ("caught", inside),
        not inside, (0, inside), not inside, (1, inside), not inside]  # fmt: skip


def test_a_decorated_class_warns(decorator, inside):
    class Model:
        def __init__(self):
            self.made = recorded()

        def called(self):
            return recorded()

    with pytest.warns(FutureWarning, match="the class Model a function.*decorate __init__") as seen:
        decorated = decorator(Model)
    assert seen[0].filename == __file__
    assert (decorated().made, decorated().called()) == (inside, not inside)


def test_what_cannot_be_decorated():
    with pytest.raises(TypeError, match="no_grad: expected a function to decorate, got int 5"):
        autograd.no_grad(5)
    with pytest.raises(TypeError, match="set_grad_enabled: expected a bool, got function"):
        autograd.set_grad_enabled(recorded)


def test_one_mode_used_again_and_by_several_threads():
    for make in (autograd.no_grad, autograd.inference_mode,
                 lambda: autograd.set_grad_enabled(False)):  # fmt: skip
        mode = make()
        for _ in range(2):
            with mode:
                with mode:
                    assert not recorded()
                assert not recorded()
            assert recorded()
        entered, left, seen = threading.Barrier(2), threading.Barrier(2), []

        def work(waits, mode=mode, entered=entered, left=left, seen=seen):
            with mode:
                entered.wait()
                seen.append(recorded())
                if waits:
                    left.wait()
            if not waits:
                left.wait()
            seen.append(recorded())

        for order in (True, False):
            team = [threading.Thread(target=work, args=(waits,)) for waits in (order, not order)]
            for thread in team:
                thread.start()
            for thread in team:
                thread.join()
        assert sorted(seen) == 4 * [False] + 4 * [True]


def test_a_mode_left_in_another_context():
    def generator(mode):
        with mode:
            yield

    for mode in (autograd.no_grad, autograd.inference_mode, lambda: autograd.enable_grad()):
        steps = generator(mode())
        context = contextvars.copy_context()
        context.run(next, steps)
        steps.close()  # no error, and here nothing changes
        assert recorded() and not autograd.is_inference_mode_enabled()
        with autograd.no_grad():
            steps = generator(mode())
            contextvars.copy_context().run(next, steps)
            contextvars.Context().run(steps.close)
            assert not recorded()


@cache
def after_calls(code):
    """Offsets of the instructions behind a call, where an error goes the way of one in the call."""
    listing = dis.Bytecode(code)

    def handlers(offset):
        return [e.target for e in listing.exception_entries if e.start <= offset < e.end]

    return {i.offset for call, i in itertools.pairwise(listing)
            if call.opname.startswith("CALL") and handlers(call.offset) == handlers(i.offset)}


def interruptions(action, traced):
    """Does `action` again and again, with Ctrl-C after each call in turn, where Python looks for
    signals, in the frames that `traced` picks.  Yields after each; none comes in the first round,
    without which Python 3.12.1 does not trace the instructions of what runs for the first time,
    nor in the last."""
    for last in itertools.count():
        left = last or math.inf

        def interrupt(frame, event, argument):
            nonlocal left
            if not traced(frame):
                return None
            frame.f_trace_opcodes = True
            left -= event == "opcode" and frame.f_lasti in after_calls(frame.f_code)
            if left == 0:
                left = -1
                raise KeyboardInterrupt
            return interrupt

        before = sys.gettrace()
        with contextlib.suppress(KeyboardInterrupt):
            sys.settrace(interrupt)
            try:
                action()
            finally:
                sys.settrace(before)
        yield left < 0
        if last and left > 0:
            break
    assert last > 1


@pytest.mark.parametrize("mode", [autograd.no_grad, autograd.enable_grad, autograd.inference_mode])
def test_an_interrupt_while_a_mode_is_entered_leaves_no_mode(mode):
    tried, entered = mode(), None

    def enter():
        nonlocal entered
        entered = False
        with tried:
            entered = True

    def traced(frame):
        return frame.f_code.co_filename == modes.__file__ and frame.f_code.co_name != "__exit__"

    for came in interruptions(enter, traced):
        assert autograd.is_grad_enabled() and not autograd.is_inference_mode_enabled()
        assert tried._entered == []
        assert entered is not came


def plain_kernel():
    reference.softmax(np.full((1, 2), np.inf))


@pytest.mark.parametrize("action", [
    lambda: leaf(1.0) / 0, lambda: (leaf(1.0) / 0).backward(), plain_kernel,
    lambda: autograd.tensor([1e39], dtype=autograd.float64).to(autograd.float32)])
def test_an_interrupt_leaves_numpys_warnings_as_they_were(action):
    def traced(frame):
        return frame.f_code.co_filename in (quiet.__file__, "<wengert>")

    with np.errstate(divide="raise", over="print"):
        before = np.geterr()
        for _ in interruptions(action, traced):
            assert np.geterr() == before


def test_what_another_thread_is_just_leaving_is_passed_over():
    mode = autograd.no_grad()
    mode.__enter__()
    used = mode._entered[-1]
    mode.__exit__()
    mode.__enter__()
    mode._entered.append(used)  # between the reset of its token and its removal
    mode.__exit__()
    assert autograd.is_grad_enabled() and mode._entered == [used]
