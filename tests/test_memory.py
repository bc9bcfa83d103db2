"""What the graph keeps, and that everything is freed at once, without the cyclic collector."""

from __future__ import annotations

import gc
import platform
import subprocess
import sys
import tracemalloc
import weakref

import numpy as np
import pytest

import autograd
from autograd import allocator
from tests.leaves import leaf_or_scalar as leaf


def test_a_gradient_nobody_else_holds_is_not_copied():
    x = leaf(np.ones((500, 500)))
    (x * 2.0).sum().backward()  # compiles
    x.grad, y = None, (x * 2.0).sum()
    tracemalloc.start()
    try:
        y.backward()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.2 * x.nbytes


def test_a_gradient_that_is_a_reshaped_array_is_not_copied():
    x = leaf(np.ones((100, 100)))
    (x.reshape(10_000) * 2.0).sum().backward()
    assert x.grad._array.base is not None


def test_a_gradient_whose_memory_somebody_holds_is_copied():
    x, held = leaf(np.ones((20, 30))), []
    flat = x.reshape(600)
    flat.register_hook(held.append)
    (flat * 2).sum().backward()
    x.grad.zero_()
    assert (held[0] == 2).all()


def test_a_chain_of_100000_ops():
    x = leaf(1.0)
    y = x
    for _ in range(50_000):
        y = y * 1.0 + 0.0
    y.backward()
    assert x.grad.item() == 1.0
    del y


def test_a_dropped_chain_is_freed_at_once_without_the_collector():
    gc.disable()
    try:
        x = leaf(1.0)
        y = x
        for _ in range(100_000):
            y = y * 1.0
        middle = weakref.ref(y.grad_fn.parents[0].parents[0])
        del y
        assert middle() is None
    finally:
        gc.enable()


def test_freeing_needs_no_collector_after_backward_and_hooks():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        parts = (x * 2).unbind()
        h = parts[0] * parts[1]
        h.retain_grad()
        loss = h.exp() + x[1:].sum()
        loss.backward()
        nodes = [weakref.ref(t.grad_fn) for t in (h, loss, parts[0])]
        del parts, h, loss
        assert all(node() is None for node in nodes)
    finally:
        gc.enable()


def test_saved_values_go_as_the_walk_passes():
    x = leaf(2.0)
    y = x * x
    node = y.grad_fn
    y.backward()
    assert node.saved is None


def test_only_what_a_needed_rule_names_is_saved():
    x, w = autograd.ones(2), leaf(1.0, 2.0, dtype=autograd.float32)
    node = (x * w).grad_fn
    other, input = node.saved
    assert other is None and input is x._array
    assert (w + x).grad_fn.saved == (1,)


def test_1000_training_steps_leave_memory_flat():
    gc.collect()
    gc.disable()
    try:
        w = autograd.randn(8, 8, requires_grad=True)
        x = autograd.randn(4, 8)

        def step():
            loss = ((x @ w).tanh() * 0.5).sum()
            w.grad = None
            loss.backward()
            with autograd.no_grad():
                w.sub_(w.grad, alpha=1e-3)

        for _ in range(2500):  # CPython keeps up to 2,000 freed tuples of each length
            step()
        before = sys.getallocatedblocks()
        for _ in range(1000):
            step()
        assert sys.getallocatedblocks() - before < 100
    finally:
        gc.enable()


_PAGE_FAULTS = """
import resource
import numpy as np
import autograd

x = autograd.tensor(np.ones(1 << 20, np.float32))
x.exp()  # the first kernel
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(2):
    before = faults()
    for _ in range(5):
        results = [x * number for number in range(12)]
        del results
    last = faults() - before
print(last)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the settings")
def test_large_results_reuse_freed_memory():
    done = subprocess.run([sys.executable, "-c", _PAGE_FAULTS], text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 1024, "60 results of 4 MiB touch 61,440 pages"


@pytest.mark.parametrize(("name", "value"), [
    ("MALLOC_TRIM_THRESHOLD_", "131072"), ("GLIBC_TUNABLES", "glibc.malloc.arena_max=1")])
def test_a_program_that_sets_the_allocator_itself_keeps_its_own(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert allocator.keep_freed_memory() is False
