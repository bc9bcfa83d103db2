"""One thread policy for the process: a single pool may be awake at a time.

Compiled kernels run on Numba's pool; NumPy's BLAS is then held at one thread, because two pools
on the same cores make single calls tens of times slower. Without compiled kernels the BLAS gets
the threads.
"""

import os
import sys
from _thread import RLock  # `threading`, which has it too, is a millisecond of importing
from contextlib import ExitStack


def _quota() -> float:
    """CPUs granted by the control group (v2, then v1), infinity where there is no limit."""
    for path in ("/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"):
        try:
            with open(path) as file:
                fields = file.read().split()
            if len(fields) == 1:
                with open("/sys/fs/cgroup/cpu/cpu.cfs_period_us") as file:
                    fields += file.read().split()
            quota, period = float(fields[0]), float(fields[1])
        except (OSError, ValueError, IndexError):  # absent, or "max": no limit
            continue
        if quota > 0 and period > 0:
            return quota / period
    return float("inf")


def available_cpus() -> int:
    """How many CPUs this process may use, by affinity mask and control-group quota (at least 1)."""
    if hasattr(os, "sched_getaffinity"):
        allowed = len(os.sched_getaffinity(0))
    else:
        allowed = os.cpu_count() or 1
    return max(1, int(min(allowed, _quota())))


_MOST = 1024  # threads; kernels cut themselves into as many parts
_threads = min(available_cpus(), _MOST)
_compiled = False  # compiled kernels are in use, so the BLAS stays at one thread
_forked = False  # a forked child must not touch the pool of its parent
loading = RLock()  # held while a tier is imported
_held = ExitStack()  # locks, while a fork goes on


def get_num_threads() -> int:
    """Number of threads that kernels may use."""
    return _threads


def set_num_threads(n: int) -> None:
    """Sets the number of threads that kernels may use; 1 makes every kernel sequential.

    More threads than Numba's pool has (NUMBA_NUM_THREADS) are as many as it has.
    Raises: TypeError when `n` is not an integer, ValueError when it is below 1.
    """
    global _threads
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"set_num_threads: expected an int, got {type(n).__name__}")
    n = int(n.__index__())
    if n < 1:
        raise ValueError(f"set_num_threads: expected a positive number of threads, got {n}")
    _threads = min(n, _MOST)
    _apply()


def use_compiled_kernels() -> None:
    """Called once, when the compiled tier loads: Numba's pool takes over from the BLAS."""
    global _compiled
    _compiled = True
    _apply()


def _apply() -> None:
    global _threads
    if _compiled:
        import numba

        _threads = min(_threads, numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
        if not _forked:
            numba.set_num_threads(_threads)
    from threadpoolctl import threadpool_limits

    threadpool_limits(1 if _compiled else _threads, user_api="blas")


def parts() -> int:
    """Number of tasks to cut a kernel into; 1 in a forked child, whose pool has no threads."""
    return 1 if _forked else _threads


def make_forks_wait() -> None:
    """From now on a fork waits until no other thread loads kernels or compiles: its child would
    find their locks taken for ever, by threads it does not have."""
    import logging  # noqa: F401  # whose lock forks take too: hooks run from the last to the first

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork
        )


def _before_fork() -> None:
    _held.enter_context(loading)
    if _compiled:
        from llvmlite.binding.ffi import lib
        from numba.core.compiler_lock import global_compiler_lock

        _held.enter_context(global_compiler_lock)
        _held.enter_context(lib._lock)  # of LLVM, asked for addresses without the compiler's lock


def _after_fork() -> None:
    _held.pop_all().close()  # at once: the last one lets the next fork in, which fills it again


def _in_child() -> None:
    global _forked
    parallel = sys.modules.get("numba.np.ufunc.parallel")
    if parallel is not None and parallel._is_initialized:
        _forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
