"""Worker processes and threads of a DataLoader, as the process sees them that asks for batches.

Each worker has a pipe of its own, gets tasks and answers them in their order. Task n of a pass goes
to worker n % workers, so batches arrive in the order of the tasks.
"""

import multiprocessing
import os
import pickle
import signal
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from queue import Empty, SimpleQueue
from typing import Any
from weakref import WeakSet, finalize

import autograd
from data.fetching import Exhausted, Task, shorten
from data.sending import as_bytes
from data.shared import Receiver
from data.working import GLANCE, PATIENCE, Begin, Setting, serve, work

_ENDS: WeakSet[Connection] = WeakSet()  # this process's ends of its workers' pipes
_forking = threading.RLock()  # held while workers are forked, and while their pipes are closed


class Processes:
    """Worker processes; `stop` ends them, as does dropping the object."""

    def __init__(self, setting: Setting, context: Any, timeout: float) -> None:
        self._owner, self._timeout = os.getpid(), timeout or None
        self._number = 0
        self._ends: list[tuple[Any, Connection]] = []
        self._receivers: list[Receiver] = []
        self._stop = finalize(self, _end, self._ends, os.getpid())
        if multiprocessing.current_process().daemon:
            raise RuntimeError(
                f"DataLoader: num_workers={setting.workers} inside a worker process, which cannot "
                "have workers of its own; use num_workers=0 there, or "
                "multiprocessing_context='thread'")
        sent: Any = setting if context.get_start_method() == "fork" else as_bytes(setting)
        try:
            with _forking:
                self._start_all(context, sent, setting)
        except BaseException:
            self.stop(at_once=True)
            raise

    def _start_all(self, context: Any, sent: Any, setting: Setting) -> None:
        threads = autograd.get_num_threads()
        try:
            autograd.set_num_threads(1)  # which takes 30 ms in a child, where BLAS starts anew
            for worker in range(setting.workers):
                self._start(context, sent, setting, worker)
        finally:
            if autograd.get_num_threads() == 1:  # nobody has set another number meanwhile
                autograd.set_num_threads(threads)

    def _start(self, context: Any, sent: Any, setting: Setting, worker: int) -> None:
        mine, its = multiprocessing.Pipe()
        process = context.Process(target=work, args=(sent, its, setting.seed, worker), daemon=True,
                                  name=f"DataLoader worker {worker}")
        _ENDS.add(mine)
        before = None
        if hasattr(signal, "pthread_sigmask"):  # an interrupt waits until the worker is known
            before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            with _uninterrupted(), warnings.catch_warnings():
                # of forks where threads are: kernels are made for it
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
                self._ends.append((process, mine))
        except BaseException:
            _ENDS.discard(mine)
            raise
        finally:
            its.close()
            if before is not None:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._receivers.append(Receiver(mine))

    @property
    def usable(self) -> bool:
        """Whether all workers live and are this process's own."""
        return (self._owner == os.getpid() and self._stop.alive
                and all(process.is_alive() for process, _ in self._ends))

    def begin(self, seed: int, start: int) -> None:
        """A new pass; what was asked for in the one before is forgotten."""
        self._number += 1
        for worker in range(len(self._ends)):
            self._send(worker, Begin(seed, start))

    def ask(self, task: Task) -> None:
        """Give the task to its worker."""
        self._send(task[0] % len(self._ends), task)

    def _send(self, worker: int, content: Any) -> None:
        message = pickle.dumps((self._number, content, self._receivers[worker].freed()))
        with suppress(OSError):  # it has died, which is told when its answer is wanted
            self._ends[worker][1].send_bytes(message + self._number.to_bytes(8, "little"))

    def take(self, task: Task) -> Any:
        """The batch of the task, or what its worker raised."""
        worker = task[0] % len(self._ends)
        receiver = self._receivers[worker]
        deadline = time.monotonic() + self._timeout if self._timeout else None
        while True:
            self._await(worker, task, deadline)
            try:
                number, fine, packed = receiver.receive()
            except (EOFError, ConnectionResetError):
                raise self._died(worker, task) from None
            if number == self._number:
                break
            receiver.give_back(packed)
        content = receiver.unpack(packed)
        if fine:
            return content
        if content is None:
            raise Exhausted
        raise content.rebuilt(f"in worker {worker} (pid {self._ends[worker][0].pid})")

    def _await(self, worker: int, task: Task, deadline: float | None) -> None:
        """Until the worker has sent something; raise where it has ended or takes too long."""
        if self._owner != os.getpid():
            raise RuntimeError(
                f"DataLoader: these workers belong to process {self._owner}, of which this one "
                f"({os.getpid()}) was forked; call iter(loader) here for workers of its own")
        if not self._stop.alive:
            raise RuntimeError("DataLoader: these workers have ended; call iter(loader) for others")
        process, connection = self._ends[worker]
        while True:
            left = GLANCE if deadline is None else min(deadline - time.monotonic(), GLANCE)
            ready = wait([connection, process.sentinel], max(left, 0))
            if connection in ready:
                return
            if ready or not process.is_alive():
                if connection.poll(0):
                    return
                raise self._died(worker, task)
            if deadline is not None and time.monotonic() >= deadline:
                late = _late(f"{worker} (pid {process.pid})", self._timeout, task)
                self.stop(at_once=True)
                raise late

    def _died(self, worker: int, task: Task) -> RuntimeError:
        process = self._ends[worker][0]
        process.join(PATIENCE)
        pid, code, why = process.pid, process.exitcode, ""
        if code is not None and code < 0:
            why = f", killed by {signal.Signals(-code).name}"
            why += "; the system does that when memory runs out" if code == -signal.SIGKILL else ""
        elif code == 1:
            why = ("; a script whose workers are spawned must begin its work under "
                   "if __name__ == '__main__':, and what it printed may tell more")
        self.stop(at_once=True)
        return RuntimeError(f"DataLoader: worker {worker} (pid {pid}) ended with exit "
                            f"code {code}{why}; it was to load {_told(task)}")

    def stop(self, at_once: bool = False) -> None:
        """End the workers, after the batches they are at or at once."""
        if at_once and self._owner == os.getpid():
            for process, _ in self._ends:
                process.kill()
        self._stop()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """A block that Ctrl-C leaves at its end, whichever thread the system tells of it: raised by
    what Python calls at a fork it would be lost."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    came: list = []
    signal.signal(signal.SIGINT, lambda *what: came.append(what))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if came:
        handler(*came[0])


def _late(who: str, timeout: float | None, task: Task) -> RuntimeError:
    return RuntimeError(f"DataLoader: worker {who} has sent nothing for timeout={timeout} s; it "
                        f"was to load {_told(task)}")


def _told(task: Task) -> str:
    number, indices, _ = task
    return f"batch {number}" + ("" if indices is None else f", the samples {shorten(indices)}")


def _end(ends: list[tuple[Any, Connection]], owner: int) -> None:
    """Close the pipes, which workers take for the order to end, and see that they do."""
    if owner != os.getpid():
        return
    with _forking:  # else a child could take another file of the same number for this one
        for _, connection in ends:
            _ENDS.discard(connection)
            connection.close()
    deadline = time.monotonic() + PATIENCE
    for process, _ in ends:
        process.join(max(deadline - time.monotonic(), 0))
    for process, _ in ends:
        if process.is_alive():
            process.kill()
        process.join()
        process.close()


def _in_child() -> None:
    """A forked child keeps no end of a pipe that is not its own: the other would never close."""
    global _forking
    _forking = threading.RLock()
    for connection in list(_ENDS):
        connection.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


class Threads:
    """Worker threads, which share the dataset; `stop` ends them after the batches they are at."""

    def __init__(self, setting: Setting, timeout: float) -> None:
        self._timeout = timeout or None
        self._newest = [0]
        self._pipes: list[tuple[SimpleQueue, SimpleQueue]] = [
            (SimpleQueue(), SimpleQueue()) for _ in range(setting.workers)]
        self._stop = finalize(self, _dismiss, self._pipes, self._newest)
        self._owner = os.getpid()
        for worker, pipe in enumerate(self._pipes):
            threading.Thread(
                target=serve, args=(setting._replace(worker=worker), *pipe, self._newest),
                name=f"DataLoader worker {worker}", daemon=True).start()

    @property
    def usable(self) -> bool:
        """Whether the threads are of this process and have not been stopped."""
        return self._stop.alive and self._owner == os.getpid()

    def begin(self, seed: int, start: int) -> None:
        """A new pass; what was asked for in the one before is forgotten."""
        self._newest[0] += 1
        for inbox, _ in self._pipes:
            inbox.put((self._newest[0], Begin(seed, start)))

    def ask(self, task: Task) -> None:
        """Give the task to its worker."""
        self._pipes[task[0] % len(self._pipes)][0].put((self._newest[0], task))

    def take(self, task: Task) -> Any:
        """The batch of the task, or what its worker raised."""
        worker = task[0] % len(self._pipes)
        number = -1
        while number != self._newest[0]:
            try:
                number, fine, content = self._pipes[worker][1].get(timeout=self._timeout)
            except Empty:
                self.stop()
                raise _late(f"{worker} (a thread)", self._timeout, task) from None
        if fine:
            return content
        if not isinstance(content, Exhausted):
            content.add_note(f"in worker {worker} (a thread)")
        try:
            raise content
        finally:
            del content  # whose traceback would hold this frame, and so itself

    def stop(self, at_once: bool = False) -> None:
        """End the threads after the batches they are at: threads cannot be ended at once."""
        self._stop()


def _dismiss(pipes: list, newest: list[int]) -> None:
    newest[0] = -1
    for inbox, _ in pipes:
        inbox.put(None)
