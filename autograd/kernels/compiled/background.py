"""Kernels are compiled on a thread of their own, and meanwhile their NumPy twins answer.

So the first step of a program waits for nothing; results agree to rounding, and the fast kernels
take over one by one.  With AUTOGRAD_KERNELS=numba each kernel is waited for, so that a run gives
the same bits whatever was compiled before it.  What is on disk is loaded at once either way.
"""

import atexit
import os
import threading
from contextlib import contextmanager

WAITS = os.environ.get("AUTOGRAD_KERNELS") == "numba"
SETTLED = 64  # answers in a row after which a kernel counts as compiled, and its twin is dropped

_queue: dict[tuple, None] = {}  # (dispatcher, argument types) to compile, the current one first
_failed: set[tuple] = set()
_caller = threading.local()  # .has_twin while a kernel runs that has one; .waits, see `waiting`
_lock = threading.Lock()  # held while a thread is started, or finds nothing left to do
_worker: threading.Thread | None = None
_ended = False  # the interpreter is about to go


class NotCompiledError(Exception):
    """A kernel's machine code is not there yet."""


def need(dispatcher, types) -> None:
    """Called where a function has no machine code: returns if it is to be compiled or loaded now;
    where a twin can answer, it is put into the queue and NotCompiledError is raised."""
    key = dispatcher, tuple(types)
    if not getattr(_caller, "has_twin", False) or key in _failed or key[1] in dispatcher.overloads:
        return
    if getattr(_caller, "waits", False):
        return
    if not _queue and dispatcher._cache.holds(key[1]):
        return
    if _start(key):
        raise NotCompiledError


def with_twin(kernel, twin, settle):
    """The kernel, for which its twin answers while it is compiled; `settle` is called when that
    has not been needed for some time."""
    answers = 0

    def answer(*args):
        nonlocal answers
        before, _caller.has_twin = getattr(_caller, "has_twin", False), True
        try:
            result = kernel(*args)
        except NotCompiledError:
            answers = 0
            return twin(*args)
        finally:
            _caller.has_twin = before
        answers += 1
        if answers == SETTLED:
            settle()
        return result

    return answer


@contextmanager
def waiting():
    """A time in which this thread waits for what it needs."""
    before, _caller.waits = getattr(_caller, "waits", False), True
    try:
        yield
    finally:
        _caller.waits = before


def join() -> bool:
    """Waits until everything is compiled that was asked for; whether anything was."""
    worker = _worker
    if worker is not None:
        worker.join()
    return worker is not None


def _start(key) -> bool:
    """Puts it into the queue; false where no thread can be had for it: the program ends, or the
    system allows no more."""
    global _worker
    with _lock:
        if _ended:
            return False
        if _worker is None:
            worker = threading.Thread(target=_work, name="wengert-compiler", daemon=True)
            try:
                worker.start()  # and waits for the lock
            except RuntimeError:
                return False
            _worker = worker
        _queue.setdefault(key)
    return True


def _work() -> None:
    global _worker
    while True:
        with _lock:
            if not _queue:
                _worker = None
                return
            key = next(iter(_queue))
        dispatcher, types = key
        try:
            dispatcher.compile(types)
        except Exception:  # whoever needs the kernel next compiles it, and sees why it cannot be
            _failed.add(key)
        _queue.pop(key, None)


@atexit.register
def _stop() -> None:
    """The compiler must not be at work when the interpreter goes."""
    global _ended
    with _lock:
        _ended, worker = True, _worker
        for key in list(_queue)[1:]:
            _queue.pop(key, None)
    if worker is not None:
        worker.join()


def _in_child() -> None:
    """A forked child has no thread that compiles."""
    global _worker, _lock
    _worker, _lock = None, threading.Lock()
    _queue.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
