"""What is stored in `.grad`: writable, dense, its own memory; and who holds an array."""

from __future__ import annotations

import gc
import importlib.util
import os
import signal
import sys
import threading
import time
import warnings

import numpy as np
import pytest

import autograd
from autograd import accumulate


def leaf(*values, shape=None):
    x = autograd.tensor(values, dtype=autograd.float64)
    return (x if shape is None else x.reshape(shape)).detach().requires_grad_()


def under(counting):
    """The module as it is where `sys.getrefcount` is `counting`."""
    spec = importlib.util.find_spec("autograd.accumulate")
    module = importlib.util.module_from_spec(spec)
    real, sys.getrefcount = sys.getrefcount, counting
    try:
        spec.loader.exec_module(module)
    finally:
        sys.getrefcount = real
    return module


def borrowing(value):
    """Counts as Python 3.14 gives them, whose calls borrow their arguments."""
    return getrefcount(value) - 2


getrefcount = sys.getrefcount
MODULES = {"as it is": accumulate, "borrowed arguments": under(borrowing),
           "a constant": under(lambda value: 2), "unlimited": under(lambda value: 1 << 30)}


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
@pytest.mark.parametrize("make", [lambda: np.ones((2, 3)), lambda: np.ones(6).reshape(2, 3)])
def test_memory_that_is_held_elsewhere_is_copied(module, make):
    for hold in (lambda a: a, lambda a: a.base, lambda a: a.reshape(-1), lambda a: a[:1],
                 lambda a: autograd.from_numpy(a)):
        table = {0: make()}
        held = hold(table[0])
        own = module.owned(table, 0)
        if held is not None:
            assert not np.shares_memory(own, table[0])
        assert np.array_equal(own, np.ones((2, 3)))


@pytest.mark.parametrize("name", ["as it is", "borrowed arguments"])
@pytest.mark.parametrize("make", [lambda: np.ones((2, 3)), lambda: np.ones(6).reshape(2, 3)])
def test_memory_that_nobody_else_holds_is_kept(name, make):
    table = {0: make()}
    assert MODULES[name].owned(table, 0) is table[0]


@pytest.mark.parametrize("array", [
    np.broadcast_to(np.ones(1), (1,)), np.broadcast_to(np.ones(()), (2, 3)), np.ones((3, 2)).T,
    np.ones(4)[::2], np.float64(1.0), np.frombuffer(bytes(16))], ids=str)
def test_what_is_no_array_of_its_own_is_copied(array):
    own = accumulate.owned({0: array}, 0)
    assert own.flags.writeable and own.flags.c_contiguous
    assert own.base is None and np.array_equal(own, array)


@pytest.mark.parametrize("function", [
    lambda x: x.sum(), lambda x: x.mean(), lambda x: x.reshape(1, 1).sum(),
    lambda x: x.clone().sum(), lambda x: (x + 0).sum(), lambda x: x.expand(3, 1).sum(0).sum(),
    lambda x: x.max()])
def test_a_gradient_of_one_element_adds_up(function):
    x = leaf(2.0)
    function(x).backward()
    first = x.grad.item()
    function(x).backward()
    assert x.grad.item() == 2 * first
    x.grad.zero_()
    g, = autograd.grad(function(x), x)
    g += 1
    assert g.item() == first + 1


def test_a_gradient_that_the_user_set_is_never_written_beyond_its_own():
    x = leaf(1.0, 2.0, 3.0)
    x.grad = autograd.ones(1, dtype=autograd.float64).expand(3)
    (x * x).sum().backward()
    assert x.grad.tolist() == [3.0, 5.0, 7.0]


def test_a_gradient_that_no_longer_fits_its_tensor():
    x = leaf(1.0, 2.0)
    x.grad = autograd.ones(2, dtype=autograd.float64)
    x.grad.data = autograd.ones(3, 2, dtype=autograd.float64)
    with pytest.raises(RuntimeError, match=r"\.grad is \(3, 2\) float64.*\(2,\) float64"):
        (x * 2).sum().backward()


def test_twice_the_same_input():
    x = leaf(1.0, 2.0)
    first, second = autograd.grad((x * x).sum(), (x, x))
    first.zero_()
    assert second.tolist() == [2.0, 4.0]


def test_a_gradient_set_to_a_view_is_written_in_place():
    x, flat = autograd.ones(3, 2, requires_grad=True), autograd.zeros(2, 3)
    x.grad = flat.t()
    (x * 2).sum().backward()
    assert flat.tolist() == [[2.0] * 3] * 2


def test_a_walk_from_a_finalizer_while_another_writes():
    x, q = leaf(1.0, 2.0), leaf(3.0)

    class Circle:
        def __init__(self):
            self.me = self

        def __del__(self):
            with autograd.enable_grad():
                (q * 2).sum().backward()

    for _ in range(2000):
        Circle()
        x.backward(autograd.ones(2, dtype=autograd.float64))
    gc.collect()
    assert x.grad.tolist() == [2000.0] * 2 and q.grad.item() == 4000.0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_while_another_thread_writes_a_gradient():
    x, g, stop = autograd.zeros(1_000_000, requires_grad=True), autograd.ones(1_000_000), []

    def work():
        while not stop:
            x.backward(g)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(3):
            time.sleep(0.05)
            with warnings.catch_warnings(action="ignore"):
                child = os.fork()
            if child == 0:
                signal.alarm(20)
                (leaf(1.0, 2.0) * 2).sum().backward()
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        stop.append(True)
        thread.join()
