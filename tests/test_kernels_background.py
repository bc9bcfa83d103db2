"""Kernels that are compiled on a thread of their own: who answers meanwhile, what can go wrong."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")
global_compiler_lock = pytest.importorskip("numba.core.compiler_lock").global_compiler_lock
background = pytest.importorskip("autograd.kernels.compiled.background")
jit = pytest.importorskip("autograd.kernels.compiled.jit").jit
launch = pytest.importorskip("autograd.kernels.compiled.launch")

disk_cache = pytest.importorskip("autograd.kernels.compiled.disk_cache")

ROOT = Path(__file__).parent.parent
HEAD = """
import os, sys, time
import numpy as np
from autograd import kernels
from autograd.kernels import reference
x = np.random.default_rng(0).standard_normal((300, 300)).astype(np.float32)
kernels.tier()
from autograd.kernels.compiled import background
"""


def run(code, cache, tier=""):
    """What the code prints, in a process whose cache of kernels is empty."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + textwrap.dedent(code)], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "AUTOGRAD_KERNELS": tier,
             "XDG_CACHE_HOME": str(cache)})  # fmt: skip
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.split()


def test_numpy_answers_until_the_kernel_is_there(tmp_path):
    code = """
        first = kernels.elementwise("silu", x)
        print(len(background._queue), np.array_equal(first, reference.elementwise("silu", x)))
        background.join()
        second = kernels.elementwise("silu", x)
        print(len(background._queue), np.allclose(first, second, 1e-6, 1e-7))
        for _ in range(background.SETTLED):
            kernels.elementwise("silu", x)
        from autograd.kernels import compiled
        print(kernels.elementwise is compiled.elementwise)
    """
    assert run(code, tmp_path) == ["1", "True", "1", "True", "True"]  # two threads' loop is next
    again = run(code, tmp_path)  # all is on disk now
    assert again[0] == "0" and again[2:] == ["0", "True", "True"]


def test_the_compiled_tier_waits_where_that_is_asked_for(tmp_path):
    code = """
        kernels.elementwise("silu", x)
        from autograd.kernels import compiled
        print(len(background._queue), kernels.elementwise is compiled.elementwise)
    """
    assert run(code, tmp_path, "numba") == ["0", "True"]


@pytest.mark.slow
def test_what_writes_in_place_is_done_once(tmp_path):
    code = """
        params, want = [x.copy(), x[0].copy()], [x.copy(), x[0].copy()]
        grads = [np.ones_like(p) for p in params]
        for round in range(6):
            kernels.clip_(params, 0.5)
            reference.clip_(want, 0.5)
            if round == 2:
                background.join()
        print(all(np.array_equal(p, w) for p, w in zip(params, want)))
    """
    assert run(code, tmp_path) == ["True"]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_while_a_kernel_is_compiled(tmp_path):
    code = """
        import warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # of newer Pythons, of any thread
        kernels.elementwise("gelu_grad", x, x)
        pid = os.fork()
        found = kernels.elementwise("gelu_grad", x, x)
        background.join()
        found = kernels.elementwise("gelu_grad", x, x)
        right = np.allclose(found, reference.elementwise("gelu_grad", x, x), 1e-5, 1e-6)
        if pid == 0:
            os._exit(0 if right else 1)
        print(right, os.waitpid(pid, 0)[1])
    """
    assert run(code, tmp_path) == ["True", "0"]


@pytest.mark.slow
def test_the_end_of_the_program_while_kernels_are_compiled(tmp_path):
    code = """
        for name in ("gelu", "mish", "elu_grad", "silu_grad", "lerp"):
            kernels.elementwise(name, *[x, x, x][:3 if name == "lerp" else 2 if "_" in name else 1],
                                *[1.0, 1.0, 1.0][:3 if name == "elu_grad" else 0])
        print(len(background._queue) > 1)
    """
    assert run(code, tmp_path) == ["True"]


@pytest.fixture(autouse=True)
def nothing_on_disk(monkeypatch):
    monkeypatch.setattr(disk_cache, "_folder", None)


def with_twin(kernel, twin, settle=lambda: None):
    return background.with_twin(kernel, twin, settle)


def test_what_is_compiled_does_not_wait_for_what_is_being_compiled():
    @jit
    def nothing(one, arrays, parts, index):
        pass

    nothing(np.float32(1), 0, 1, 0)
    compiling, done = threading.Event(), threading.Event()

    def compile_for_long():
        with global_compiler_lock:
            compiling.set()
            done.wait(20)

    other = threading.Thread(target=compile_for_long)
    other.start()
    compiling.wait()
    started = time.perf_counter()
    launch.address(nothing, np.float32(1))
    nothing(np.float32(1), 0, 1, 0)
    took = time.perf_counter() - started
    done.set()
    other.join()
    assert took < 10


def test_a_kernel_that_does_not_compile_says_so_at_the_second_call():
    @jit
    def broken(one):
        return one.nothing_of_the_kind

    answer = with_twin(broken, lambda one: "twin")
    assert answer(np.float32(1)) == "twin"
    background.join()
    with pytest.raises(Exception, match="nothing_of_the_kind"):
        answer(np.float32(1))


def test_a_twin_answers_for_a_kernel_within_a_kernel():
    @jit
    def double(one):
        return one + one

    outer = with_twin(lambda one: double(one) + 1, lambda one: "twin")
    assert outer(np.float64(1)) == "twin"
    assert double(np.float32(1)) == 2  # without a twin it is compiled at once
    background.join()
    assert outer(np.float64(1)) == 3
    with pytest.raises(ZeroDivisionError):
        with_twin(lambda: 1 / 0, lambda: "twin")()
    assert not background._caller.has_twin


def doubling():
    """A kernel that was never compiled, for which "twin" is the answer meanwhile."""
    @jit
    def double(one):
        return one + one

    background.join()
    return with_twin(double, lambda one: "twin")


def test_where_no_thread_can_be_had_the_kernel_is_compiled_at_once(monkeypatch):
    def refused(self):
        raise RuntimeError("can't start new thread")

    answer = doubling()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refused)
        assert answer(np.float32(1)) == 2
    assert background._worker is None and not background._queue
    assert answer(np.float64(1)) == "twin"
    background.join()
    assert answer(np.float64(1)) == 2


def test_what_runs_after_the_program_starts_no_compiler(monkeypatch):
    answer = doubling()
    monkeypatch.setattr(background, "_ended", False)
    background._stop()
    assert answer(np.float32(1)) == 2 and background._worker is None


def test_an_interrupt_while_the_compiler_starts_is_no_end_of_it(monkeypatch):
    start = threading.Thread.start

    def interrupted(self):
        start(self)
        raise KeyboardInterrupt

    answer = doubling()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            answer(np.float32(1))
    assert answer(np.float32(1)) == "twin"
    background.join()
    assert answer(np.float32(1)) == 2
