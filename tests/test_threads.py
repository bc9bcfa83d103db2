"""The thread policy: how many threads, which pool, and what forks and other threads may do."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograd import threads

ROOT = Path(__file__).parent.parent


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(autouse=True)
def _restored():
    before = threads.get_num_threads()
    yield
    threads.set_num_threads(before)


def test_set_and_get():
    threads.set_num_threads(3)
    assert threads.get_num_threads() == 3


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


def test_one_owner_of_the_pool(monkeypatch):
    monkeypatch.setattr(threads, "_threads", 4)
    assert threads.acquire_pool() == 4
    assert threads.acquire_pool() == 1
    threads.release_pool()
    monkeypatch.setattr(threads, "_forked", True)
    assert threads.acquire_pool() == 1
    monkeypatch.setattr(threads, "_forked", False)
    monkeypatch.setattr(threads, "_threads", 1)
    assert threads.acquire_pool() == 1


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
    os._exit(0 if fine and threads.acquire_pool() == 1 else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert np.array_equal(kernels.gemm(a, a), want)
print(kernels.config()["threading_layer"])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_computes_by_itself():
    pytest.importorskip("numba")
    done = python(FORK, AUTOGRAD_KERNELS="numba")
    assert done.returncode == 0 and done.stdout.strip() in ("omp", "tbb", "workqueue"), done.stderr


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
print(kernels.config()["threading_layer"], len(wrong), threads.acquire_pool())
"""


@pytest.mark.parametrize("layer", ["workqueue", "default"])
def test_python_threads_may_call_kernels_at_once(layer):
    pytest.importorskip("numba")
    done = python(CONCURRENT, AUTOGRAD_KERNELS="numba", NUMBA_THREADING_LAYER=layer)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1:] == ["0", "2"]
    assert layer == "default" or done.stdout.startswith("workqueue")
