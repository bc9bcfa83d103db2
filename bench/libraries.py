"""The two libraries under one set of names, so that one program text runs on both."""

import os
import platform
import sys
from importlib import import_module, metadata
from types import SimpleNamespace

SIDES = ("ours", "torch")
COMPILED = "compiled"  # ours, where each step is compiled
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
THREADS = min(2, CORES)
IMPORTS = {
    "ours": "import autograd, nn, optim, data",
    "torch": "import torch, torch.nn, torch.optim, torch.utils.data",
}
_MODULES = {
    "ours": {"core": "autograd", "autograd": "autograd", "nn": "nn", "optim": "optim"},
    "torch": {"core": "torch", "autograd": "torch.autograd", "nn": "torch.nn",
              "optim": "torch.optim"},
}


def load(side: str) -> SimpleNamespace:
    """core, autograd, nn and optim of one library, seeded and held at THREADS threads."""
    names = _MODULES["ours" if side == COMPILED else side]
    lib = SimpleNamespace(**{name: import_module(m) for name, m in names.items()})
    lib.compiled = lib.core.compile if side == COMPILED else lambda step: step
    lib.core.set_num_threads(THREADS)
    lib.core.manual_seed(0)
    return lib


def environment(cache: str | None = None) -> dict[str, str]:
    """The variables a measured process runs under; `cache` is its folder of compiled kernels."""
    threads = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    env = {**os.environ, **dict.fromkeys(threads, str(THREADS))}
    if cache is None:
        return {**env, "AUTOGRAD_KERNELS": "numba"}  # what is timed is no kernel's twin
    return {**env, "XDG_CACHE_HOME": cache}


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            return next(line.split(":")[1].strip() for line in info if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def machine() -> dict[str, object]:
    """What the figures depend on: processor, threads, versions."""
    packages = {}
    for name in ("wengert", "numpy", "numba", "llvmlite", "torch"):
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            packages[name] = None
    return {
        "processor": _processor(),
        "cores": CORES,
        "threads": THREADS,
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "packages": packages,
    }
