"""Calls a function with many numbers in several processes, and tells where one of them died."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

BLOCK = 50
DEATHS = 20  # so many end the run: something else is wrong

_context = multiprocessing.get_context("spawn")


class Died(NamedTuple):
    """The process died at this number, by a signal where `code` is below 0."""

    code: int | None


class _Worker:
    """A process, the pipe to it, and the numbers it still has to do."""

    def __init__(self, work: Callable[[int], Any]) -> None:
        self.pipe, other = _context.Pipe()
        self.process = _context.Process(target=_serve, args=(work, other), daemon=True)
        self.process.start()
        other.close()  # so that the pipe ends with the process
        self.todo = range(0)

    def give(self, numbers: range) -> None:
        """Start on these."""
        self.todo = numbers
        if numbers:
            with suppress(OSError):  # dead already, which the next look into the pipe shows
                self.pipe.send(numbers)

    def result(self) -> Any:
        """The next result, or how the process died."""
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            return Died(self.end())

    def end(self) -> int | None:
        self.pipe.close()
        self.process.join()
        return self.process.exitcode


def _serve(work: Callable[[int], Any], pipe: Connection) -> None:
    while True:
        try:
            numbers = pipe.recv()
        except EOFError:
            return
        for number in numbers:
            pipe.send(work(number))


def each(work: Callable[[int], Any], numbers: range, processes: int) -> Iterator[tuple[int, Any]]:
    """(number, work(number)) for all, in any order; Died in place of a result that killed its
    process, whose other numbers another one does."""
    blocks = [numbers[k:k + BLOCK] for k in range(0, len(numbers), BLOCK)][::-1]
    workers = {(w := _Worker(work)).pipe: w for _ in range(min(processes, len(blocks)))}
    for worker in workers.values():
        worker.give(blocks.pop())
    deaths = 0
    while workers:
        for pipe in wait(list(workers)):
            worker = workers[pipe]
            number, rest = worker.todo[0], worker.todo[1:]
            result = worker.result()
            yield number, result
            if isinstance(result, Died):
                deaths += 1
                if deaths == DEATHS:
                    raise RuntimeError(f"{DEATHS} processes died, the last one at {number}")
                del workers[pipe]
                worker = _Worker(work)
                workers[worker.pipe] = worker
            _go_on(worker, rest, blocks, workers)


def _go_on(worker: _Worker, rest: range, blocks: list[range], workers: dict) -> None:
    """Let the worker do the rest of its block or the next one, or end."""
    if rest and worker.todo:
        worker.todo = rest
    elif rest or blocks:
        worker.give(rest or blocks.pop())
    else:
        del workers[worker.pipe]
        worker.end()
