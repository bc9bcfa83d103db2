"""Kernels that run out of memory: MemoryError or the right result, whichever thread failed."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba")

ROOT = Path(__file__).parent.parent

FAILING = """
import ctypes
import autograd
import numba
import numpy as np
from llvmlite import binding
from numba.core.runtime import _nrt_python
from autograd import threads
from autograd.kernels.compiled import launch, replay
from tests.test_kernels_all import CALLS, Draw, compiled, outputs

kind = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32)
real = kind(_nrt_python.c_helpers["MemInfo_alloc_aligned"])
asked, refused = 0, range(0)

@kind
def allocate(size, align):
    global asked
    asked += 1
    return None if asked in refused else real(size, align)

numba.njit(lambda: np.empty(1))()  # the runtime's own symbols come first
binding.add_symbol("NRT_MemInfo_alloc_aligned", ctypes.cast(allocate, ctypes.c_void_p).value)

def run(call, arguments, failing):
    global asked, refused
    asked, refused = 0, failing
    try:
        if call == LAUNCHES:
            found = [result.numpy() for result in step(*arguments)]
        else:
            found = outputs(compiled, call, arguments)
    except MemoryError:
        return "MemoryError"
    return b"".join(a.tobytes() for a in found)

listed = set()

def address(kernel, one):
    listed.add(kernel)
    return launch.address(kernel, one)

replay.address = address  # where a list of launches asks for its kernels
LAUNCHES = "a list of launches"

@autograd.compile(fullgraph=True)
def step(x, y):
    z = (x * y + 1).tanh()
    return z.sum(0), z[:9].sum(0), (z.exp() - y).sum(1), z

same = (1, 1), ((1, 1), (1, 1)), (1, 1), 1
calls = {
    **CALLS,
    "conv winograd": lambda a, m, n: (a(2, 16, 32, 32), a(16, 16, 3, 3), None, *same),
    "conv_weight_grad winograd": lambda a, m, n: (
        a(2, 16, 32, 32), a(2, 16, 32, 32), (3, 3), *same),
    "conv winograd, many weights": lambda a, m, n: (
        a(2, 192, 8, 8), a(176, 192, 3, 3), None, *same),
    "conv_weight_grad winograd, many weights": lambda a, m, n: (
        a(2, 176, 8, 8), a(2, 192, 8, 8), (3, 3), *same),
    "conv depthwise": lambda a, m, n: (a(2, 32, 32, 32), a(32, 1, 3, 3), None, *same[:3], 32),
    "conv_weight_grad depthwise": lambda a, m, n: (
        a(2, 32, 32, 32), a(2, 32, 32, 32), (3, 3), *same[:3], 32),
    "standardize columns": lambda a, m, n: (
        a(m, n), None, None, "batch", (m, n, 1, 1), 1e-5),
    "standardize_grad columns": lambda a, m, n: (
        a(m, n), a(m, n), None, "batch", (m, n, 1, 1), 1e-5, np.zeros(n), np.ones(n)),
    "standardize_grad rows": lambda a, m, n: (
        a(m, n), a(m, n), None, "group", (m, 1, n, 1), 1e-5, np.zeros(m), np.ones(m)),
    LAUNCHES: lambda a, m, n: tuple(map(autograd.tensor, (a(m // 2, n // 2), a(m // 2, n // 2)))),
}

for count in (2, 1):
    threads.set_num_threads(count)
    for call in calls:
        arguments = calls[call](Draw(np.float32, np.array), 363, 367)
        for _ in range(3):
            run(call, arguments, range(0))  # compiles
        right = run(call, arguments, range(0))
        total = asked
        for first in range(1, total + 1):
            once = run(call, arguments, range(first, first + 1))
            assert once in (right, "MemoryError"), (count, call, first, "once")
            always = run(call, arguments, range(first, 1 << 30))
            assert always == "MemoryError", (count, call, first, "always")
        assert run(call, arguments, range(0)) == right, (count, call)
        print(count, call, total)
for dispatcher in {*listed, *(kernel for kernel, _ in launch._addresses)}:
    print("on the pool", dispatcher.py_func.__module__ + "." + dispatcher.py_func.__name__)
"""


def allocating():
    """Kernels that allocate while they run, as module.name, told from their source."""
    for path in sorted((ROOT / "autograd" / "kernels" / "compiled").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            made = [ast.unparse(d) for d in getattr(node, "decorator_list", ())]
            if made == ["jit"] and "np.empty" in ast.unparse(node):
                yield f"autograd.kernels.compiled.{path.stem}.{node.name}"


@pytest.mark.slow
def test_every_kernel_without_memory():
    """Each allocation in turn is refused, alone and with all that follow."""
    done = subprocess.run(
        [sys.executable, "-c", FAILING],
        env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_NUM_THREADS": "2"},
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0 and not done.stderr, done.stderr
    tried = {line.split()[-1] for line in done.stdout.splitlines() if line.startswith("on")}
    assert len(list(allocating())) > 10
    assert set(allocating()) <= tried
