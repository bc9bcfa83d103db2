"""The thread policy: how many threads, which pool, and what forks and other threads may do."""

import contextlib
import io
import itertools
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from autograd import kernels, threads

ROOT = Path(__file__).parent.parent


def python(code, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(autouse=True)
def _restored():
    before = threads.get_num_threads()
    yield
    threads.set_num_threads(before)


def test_set_and_get():
    for count in (2, 1):
        threads.set_num_threads(count)
        assert threads.get_num_threads() == min(count, pool_size())


def pool_size():
    """Threads in Numba's pool once it is in use, else as many as there may be at all."""
    if not threads._compiled:
        return threads._MOST
    return sys.modules["numba"].config.NUMBA_NUM_THREADS


@pytest.mark.parametrize("many", [10**6, 2**40, 2**70])
def test_no_more_threads_than_the_pool_has(many):
    threads.set_num_threads(many)
    assert threads.get_num_threads() == threads.parts() == pool_size()


MANY = """
import numpy as np, autograd
from autograd import kernels
autograd.set_num_threads(10**6)
a = np.ones((400, 400))
assert (kernels.gemm(a, a) == 400).all()
print(autograd.get_num_threads())
"""


@pytest.mark.parametrize("tier, known", [("numpy", str(threads._MOST)), ("numba", "3")])
def test_many_threads_set_before_the_kernels_load(tier, known):
    if tier == "numba":
        pytest.importorskip("numba")
    done = python(MANY, AUTOGRAD_KERNELS=tier, NUMBA_NUM_THREADS="3")
    assert done.stdout.strip() == known, done.stderr


@pytest.mark.parametrize("wrong", [0, -1])
def test_below_one_is_a_value_error(wrong):
    with pytest.raises(ValueError, match=f"positive number of threads, got {wrong}"):
        threads.set_num_threads(wrong)


@pytest.mark.parametrize("wrong, name", [(2.0, "float"), ("2", "str"), (True, "bool")])
def test_no_integer_is_a_type_error(wrong, name):
    with pytest.raises(TypeError, match=f"expected an int, got {name}"):
        threads.set_num_threads(wrong)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_default_follows_the_affinity_mask():
    code = (
        "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n"
        "from autograd import threads; print(threads.get_num_threads())"
    )
    assert python(code).stdout.strip() == "1"


@pytest.mark.parametrize(
    "files, quota",
    [
        ({"cpu.max": "150000 100000"}, 1.5),
        ({"cpu.max": "max 100000"}, float("inf")),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, float("inf")),
        ({}, float("inf")),
    ],
)
def test_quota_of_the_control_group(files, quota, monkeypatch):
    def fake(path):
        name = path.removeprefix("/sys/fs/cgroup/")
        if name not in files:
            raise FileNotFoundError(path)
        return io.StringIO(files[name])

    monkeypatch.setattr(threads, "open", fake, raising=False)
    assert threads._quota() == quota
    assert threads.available_cpus() >= 1


def test_tasks_to_cut_a_kernel_into(monkeypatch):
    monkeypatch.setattr(threads, "_threads", 4)
    assert threads.parts() == 4
    monkeypatch.setattr(threads, "_forked", True)
    assert threads.parts() == 1


@pytest.fixture
def launch(monkeypatch):
    """The module that launches kernels, for any kernel two tasks."""
    if kernels.tier() != "numba":
        pytest.skip("needs the compiled kernels")
    monkeypatch.setattr(threads, "_threads", 2)
    return import_module("autograd.kernels.compiled.launch")


def test_one_owner_of_the_pool(launch, monkeypatch):
    a = np.arange(250_000.0).reshape(500, 500)
    shared = kernels.elementwise("add", a, a)
    assert launch._taken[0] == 0
    launch._taken[0] = 1
    alone = kernels.elementwise("add", a, a)
    assert launch._taken[0] == 1
    launch._taken[0] = 0
    assert np.array_equal(shared, alone) and np.array_equal(shared, 2 * a)


def test_an_interrupt_anywhere_leaves_the_pool_free(launch):
    """Ctrl-C before each instruction of Python in turn; the last round has none."""
    a = np.ones((500, 500))
    kernels.elementwise("add", a, a)
    for last in itertools.count(1):
        left = last

        def interrupt(frame, event, argument):
            nonlocal left
            if frame.f_code.co_filename not in (launch.__file__, threads.__file__):
                return None
            frame.f_trace_opcodes = True
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
            return interrupt

        before = sys.gettrace()
        with contextlib.suppress(KeyboardInterrupt):
            sys.settrace(interrupt)
            try:
                kernels.elementwise("add", a, a)
            finally:
                sys.settrace(before)
        assert launch._taken[0] == 0
        if left > 0:
            break
    assert last > 20


BLAS = """
import numpy
from threadpoolctl import threadpool_info
from autograd import kernels, threads
def blas():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
threads.set_num_threads(1)
first = blas()
threads.set_num_threads(2)
second = blas()
kernels.gemm
third = blas()
threads.set_num_threads(2)
print(set(first), set(second), set(third), set(blas()))
"""


@pytest.mark.parametrize("tier, held", [("numpy", "{2} {2}"), ("numba", "{1} {1}")])
def test_blas_has_the_threads_until_kernels_are_compiled(tier, held):
    if tier == "numba":
        pytest.importorskip("numba")
    done = python(BLAS, AUTOGRAD_KERNELS=tier, OPENBLAS_NUM_THREADS="2")
    assert done.stdout.strip() == f"{{1}} {{2}} {held}", done.stderr


FORK = """
import os, numpy as np
from autograd import kernels, threads
from autograd.kernels.compiled import matmul
matmul.SHARED = 0
threads.set_num_threads(2)
a = np.arange(10000.0).reshape(100, 100)
want = kernels.gemm(a, a)
child = os.fork()
if child == 0:
    fine = all(np.array_equal(kernels.gemm(a, a), want) for _ in range(20))
    threads.set_num_threads(3)
    os._exit(0 if fine and threads.parts() == 1 else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert np.array_equal(kernels.gemm(a, a), want)
print(kernels.config()["threading_layer"])
"""


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.mark.slow
@needs_fork
def test_a_forked_child_computes_by_itself():
    pytest.importorskip("numba")
    done = python(FORK, AUTOGRAD_KERNELS="numba")
    assert done.returncode == 0 and done.stdout.strip() in ("omp", "tbb", "workqueue"), done.stderr


FORK_MEANWHILE = """
import os, signal, sys, threading, time, numpy as np
from autograd import kernels, threads
busy = threading.Event()
def telling(function):
    def told(*args, **kwargs):
        busy.set()
        return function(*args, **kwargs)
    return told
def lingering():
    if threading.current_thread() is thread and not jit_lock.is_locked():
        busy.set()
        time.sleep(0.3)
if sys.argv[1] == "importing":
    import importlib
    importlib.import_module = telling(importlib.import_module)
else:
    kernels.gemm
    from autograd.kernels.compiled import jit
    if sys.argv[1] == "compiling":
        jit.compiler.compile_extra = telling(jit.compiler.compile_extra)
    else:
        from llvmlite.binding.ffi import register_lock_callback
        from numba.core.compiler_lock import global_compiler_lock as jit_lock
        register_lock_callback(lingering, int)
a = np.ones((60, 60))
thread = threading.Thread(target=lambda: kernels.gemm(a, a))
thread.start()
busy.wait()
child = os.fork()
if child == 0:
    signal.alarm(120)
    os._exit(0 if (kernels.gemm(a, a) == 60).all() else 1)
thread.join()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.slow
@needs_fork
@pytest.mark.parametrize("when", ["importing", "compiling", "linking"])
def test_a_fork_while_another_thread_is(when, tmp_path):
    pytest.importorskip("numba")
    done = python(FORK_MEANWHILE, when, AUTOGRAD_KERNELS="numba", XDG_CACHE_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr


CONCURRENT = """
import threading, numpy as np
from autograd import kernels, threads
from autograd.kernels.compiled import matmul
matmul.SHARED = 0
threads.set_num_threads(2)
a = np.random.default_rng(0).standard_normal((200, 200))
want, wrong = kernels.gemm(a, a), []
def work():
    for _ in range(200):
        if not np.array_equal(kernels.gemm(a, a), want):
            wrong.append(1)
team = [threading.Thread(target=work) for _ in range(4)]
for thread in team: thread.start()
for thread in team: thread.join()
print(kernels.config()["threading_layer"], len(wrong))
"""


@pytest.mark.slow
@pytest.mark.parametrize("layer", ["workqueue", "default"])
def test_python_threads_may_call_kernels_at_once(layer):
    pytest.importorskip("numba")
    done = python(
        CONCURRENT, AUTOGRAD_KERNELS="numba", NUMBA_THREADING_LAYER=layer, NUMBA_NUM_THREADS="2"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1:] == ["0"]
    assert layer == "default" or done.stdout.startswith("workqueue")
