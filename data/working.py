"""What a worker does, in a process or a thread of its own: it answers tasks, one after the other.

A second thread of each worker process waits for tasks, and notices when its parent has gone.
"""

import os
import pickle
import random
import signal
import threading
import time
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np

import autograd
from data.fetching import Exhausted, Recipe, Source, Task
from data.sending import carried
from data.shared import Sender

PATIENCE = 3.0  # seconds for a worker to end by itself
GLANCE = 1.0  # seconds between looks whether the other end still lives


class WorkerInfo(NamedTuple):
    """What `get_worker_info` tells of a worker: its seed is the pass's plus its id."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


class _Here(threading.local):
    info: WorkerInfo | None = None


_here = _Here()


def get_worker_info() -> WorkerInfo | None:
    """In a worker of a DataLoader its id, num_workers, seed and dataset; None elsewhere.

    An IterableDataset asks it to give each worker another part of the stream.

    >>> get_worker_info() is None
    True
    """
    return _here.info


class Setting(NamedTuple):
    """What a worker is told when it starts."""

    recipe: Recipe
    worker: int
    workers: int
    seed: int
    init: Any  # the worker_init_fn


class Begin(NamedTuple):
    """The announcement of a new pass."""

    seed: int
    start: int


class _Worker:
    """What a worker does, in a process or in a thread: answers messages, (pass number, content)."""

    def __init__(self, setting: Setting, newest: list[int]) -> None:
        self._setting, self._newest = setting, newest
        self._source: Source | None = None
        self.unfit: BaseException | None = None
        try:
            if setting.init is not None:
                setting.init(setting.worker)
        except BaseException as error:
            error.add_note("raised by the DataLoader's worker_init_fn")
            self.unfit = error

    def answer(self, number: int, content: Begin | Task) -> tuple[bool, Any] | None:
        """(whether it went well, the batch or the exception); None where no answer is wanted."""
        if number != self._newest[0]:
            return None
        if isinstance(content, Begin):
            self._source = Source(self._setting.recipe, content.seed, content.start,
                                  self._setting.worker, self._setting.workers)
            return None
        if self.unfit is not None:  # told once: what is kept would keep the caller's frames
            error, self.unfit = self.unfit, RuntimeError("this worker could not start")
            return False, error
        try:
            return True, self._source.load(content)  # type: ignore[union-attr]
        except BaseException as error:
            return False, error


def work(setting: Setting | bytes, connection: Connection, seed: int, worker: int) -> None:
    """The main function of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # its parent is interrupted, and ends it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    if autograd.get_num_threads() > 1:
        autograd.set_num_threads(1)
    random.seed(seed + worker)
    np.random.seed(np.random.SeedSequence([seed, worker]).generate_state(4))
    autograd.manual_seed(seed + worker)
    inbox: SimpleQueue[bytes | None] = SimpleQueue()
    newest, sender = [0], Sender(connection)
    threading.Thread(target=_listen, args=(connection, inbox, newest), daemon=True).start()
    try:
        known = pickle.loads(setting) if isinstance(setting, bytes) else setting
        known = known._replace(worker=worker)
        _Here.info = WorkerInfo(worker, known.workers, seed + worker, known.recipe.dataset)
        one = _Worker(known, newest)
    except BaseException as error:
        error.add_note("raised when a worker that was spawned read the dataset and the functions "
                       "it was sent; what they are made of must stand in a module that it can "
                       "import, or use multiprocessing_context='fork' or 'thread'")
        one = _Worker(Setting(None, worker, 1, 0, None), newest)  # type: ignore[arg-type]
        one.unfit = error
    while (message := inbox.get()) is not None:
        number, content, freed = pickle.loads(message)
        sender.reclaim(freed)
        answer = one.answer(number, content)
        if answer is not None:
            _reply(sender, number, *answer)


def _listen(connection: Connection, inbox: SimpleQueue, newest: list[int]) -> None:
    """Hands on what arrives, until the other end is closed or its process has gone."""
    parent = os.getppid()
    try:
        while os.getppid() == parent:
            if connection.poll(GLANCE):
                message = connection.recv_bytes()
                newest[0] = max(newest[0], int.from_bytes(message[-8:], "little"))
                inbox.put(message)
    except (EOFError, OSError):
        pass
    newest[0] = -1
    inbox.put(None)
    time.sleep(PATIENCE)
    os._exit(1)  # the main thread hangs


def _reply(sender: Sender, number: int, fine: bool, content: Any) -> None:
    try:
        if fine:
            try:
                return sender.send((number, True), content)
            except (BrokenPipeError, ConnectionResetError):
                raise
            except Exception as error:
                error.add_note("raised when a worker sent a batch to the process that asked")
                content = error
        ended = isinstance(content, Exhausted)
        sender.send((number, False), None if ended else carried(content))
    except (BrokenPipeError, ConnectionResetError):
        pass  # nobody listens any more, as the other thread will have noticed


def serve(setting: Setting, inbox: SimpleQueue, outbox: SimpleQueue, newest: list[int]) -> None:
    """The main function of a worker thread."""
    seed = setting.seed + setting.worker
    _here.info = WorkerInfo(setting.worker, setting.workers, seed, setting.recipe.dataset)
    one = _Worker(setting, newest)
    while (message := inbox.get()) is not None:
        answer = one.answer(*message)
        if answer is not None:
            outbox.put((message[0], *answer))
        del message, answer
