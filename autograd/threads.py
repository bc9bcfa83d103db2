"""One thread policy for the process: a single pool may be awake at a time.

Compiled kernels run on Numba's pool; NumPy's BLAS is then held at one thread, because two pools
on the same cores make single calls tens of times slower. Without compiled kernels the BLAS gets
the threads.
"""

import os
import sys
import threading


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


_threads = available_cpus()
_compiled = False  # compiled kernels are in use, so the BLAS stays at one thread
_forked = False  # a forked child must not touch the pool of its parent
_pool = threading.Lock()  # held by the one Python thread whose kernel runs on the pool


def get_num_threads() -> int:
    """Number of threads that kernels may use."""
    return _threads


def set_num_threads(n: int) -> None:
    """Sets the number of threads that kernels may use; 1 makes every kernel sequential.

    Raises: TypeError when `n` is not an integer, ValueError when it is below 1.
    """
    global _threads
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"set_num_threads: expected an int, got {type(n).__name__}")
    n = int(n.__index__())
    if n < 1:
        raise ValueError(f"set_num_threads: expected a positive number of threads, got {n}")
    _threads = n
    _apply()


def use_compiled_kernels() -> None:
    """Called once, when the compiled tier loads: Numba's pool takes over from the BLAS."""
    global _compiled
    _compiled = True
    _apply()


def _apply() -> None:
    if _compiled:
        import numba

        if not _forked:
            pool = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
            numba.set_num_threads(min(_threads, pool))
    from threadpoolctl import threadpool_limits

    threadpool_limits(1 if _compiled else _threads, user_api="blas")


def acquire_pool() -> int:
    """Number of tasks to launch now; above 1 the caller owns the pool until `release_pool()`.

    It is 1 in a forked child (whose pool has no threads) and while another Python thread owns
    the pool (Numba's `workqueue` layer aborts the process on concurrent launches).
    """
    if _threads == 1 or _forked or not _pool.acquire(False):
        return 1
    return _threads


def release_pool() -> None:
    """Gives the pool back; only after `acquire_pool()` answered more than 1."""
    _pool.release()


def _after_fork() -> None:
    global _forked
    parallel = sys.modules.get("numba.np.ufunc.parallel")
    if parallel is not None and parallel._is_initialized:
        _forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
