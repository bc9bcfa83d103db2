"""One pass over the batches of a DataLoader: their order, who loads them, how far it has come."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

from autograd import Generator
from data.fetching import END, Exhausted, Recipe, Source, Task
from data.randomness import ORDERS, drawing_from, key
from data.slips import note_batch


class Progress:
    """How far the newest pass of a loader has come: `number` is the next batch's."""

    def __init__(self, seed: int, number: int, generators: list[dict]) -> None:
        self.seed, self.number = seed, number
        self.generators = generators  # their states as the order was about to be drawn
        self.finished = False


class Here:
    """Loads in this process, each batch when it is wanted."""

    usable = True

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe

    def begin(self, seed: int, start: int) -> None:
        """A new pass."""
        self._source = Source(self._recipe, seed, start)

    def ask(self, task: Task) -> None:
        """There is nobody to give it to."""

    def take(self, task: Task) -> Any:
        """The batch of the task."""
        return self._source.load(task)

    def stop(self, at_once: bool = False) -> None:
        """There is nothing to end."""


class Batches:
    """The iterator of one pass; `ahead` tasks are given to the crew before they are wanted.

    When it ends, or is dropped, the crew is given to `done`.
    """

    def __init__(self, crew: Any, plan: Iterator[Task], progress: Progress, ahead: int,
                 ended: set[int], workers: int, done: Callable[[Any], None],
                 in_turn: bool = False, alike: int = 0) -> None:
        self._crew, self._plan, self._progress = crew, plan, progress
        self._ahead, self._ended, self._workers, self._done = ahead, ended, workers, done
        self._waiting: deque[Task | Exception] = deque()
        self._interrupted, self._in_turn, self._alike = False, in_turn, alike
        crew.begin(progress.seed, progress.number)
        if ahead:
            self._fill(ahead)

    def __iter__(self) -> "Batches":
        return self

    def __next__(self) -> Any:
        try:
            return self._next()
        except Exception:
            raise
        except BaseException:  # an interrupt; what it has left undone is not known
            self._interrupted = True
            crew, self._crew = self._crew, None
            if crew is not None:
                crew.stop(at_once=True)
            raise

    def _next(self) -> Any:
        while not self._interrupted:
            self._fill(max(self._ahead, 1))
            if not self._waiting:
                self._progress.finished = True
                self._release()
                note_batch(False, 0)
                break
            task = self._waiting.popleft()
            if isinstance(task, Exception):
                try:
                    raise task
                finally:
                    del task  # whose traceback would hold this frame, and so itself
            try:
                batch = self._crew.take(task)
            except Exhausted:
                self._ended.add(task[0] % self._workers)
                continue
            except Exception:
                self._progress.number = task[0] + 1
                raise
            if self._ahead:
                self._fill(self._ahead)
            self._progress.number = task[0] + 1
            note_batch(self._in_turn, task[0], self._alike)
            return batch
        raise StopIteration

    def _fill(self, most: int) -> None:
        while len(self._waiting) < most:
            try:
                task = next(self._plan, None)
            except Exception as error:  # of the sampler: raised when its batch is wanted
                self._waiting.append(error)
                return
            if task is None:
                return
            self._crew.ask(task)
            self._waiting.append(task)

    def _release(self) -> None:
        crew, self._crew = self._crew, None
        if crew is not None:
            self._done(crew)

    def __del__(self) -> None:
        if getattr(self, "_crew", None) is not None:
            self._release()


def indexed(order: Iterable, seed: int, start: int, batched: bool) -> Iterator[Task]:
    """The tasks of a pass in the order of a sampler; those before number `start` are passed over.

    The sampler draws from a generator that depends on the pass's seed alone, where it has none of
    its own: so it yields the same whatever else draws meanwhile, and in a pass that is resumed.
    """
    source = Generator().manual_seed(key(seed, 0, ORDERS))
    batches = drawing_from(source, iter, order)
    seen: set = set()
    again: dict = {}
    for number in count():
        indices = drawing_from(source, next, batches, END)
        if indices is END:
            if number < start:
                raise RuntimeError(f"DataLoader: the pass to resume had come to batch {start}, but "
                                   f"the sampler yields only {number}")
            return
        if not batched:
            indices = [indices]
        elif not hasattr(indices, "__len__"):
            indices = list(indices)
        repeats = _repeats(indices, seen, again)
        if number >= start:
            yield number, indices, repeats


def _repeats(indices: Any, seen: set, again: dict) -> Any:
    """How often each index has come before, 0 where none has."""
    try:
        fresh = seen.isdisjoint(indices) and len(set(indices)) == len(indices)
        if fresh:
            seen.update(indices)
            return 0
        repeats = []
        for index in indices:
            again[index] = again.get(index, -1 + (index in seen)) + 1
            seen.add(index)
            repeats.append(again[index])
    except TypeError:  # they cannot be told from each other
        return 0
    return repeats


def streamed(start: int, workers: int, ended: set[int]) -> Iterator[Task]:
    """The tasks of a pass over a stream: in turns for the workers that have not come to its end."""
    for number in count(start):
        if len(ended) == workers:
            return
        if number % workers not in ended:
            yield number, None, 0
