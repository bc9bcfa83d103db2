"""How one batch is loaded, in whichever process or thread."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from data.collate import default_collate
from data.dataset import fetch_batch, fetch_samples, stopped
from data.randomness import Fetch, drawing_from

Task = tuple[int, Any, Any]  # number in the pass, indices, how often each index came before
END = object()


class Exhausted(Exception):
    """The part of a stream that this worker loads has no more batches."""


class Recipe(NamedTuple):
    """What of a loader is needed to load its batches."""

    dataset: Any
    collate_fn: Callable[[Any], Any]
    batch_size: int | None  # of a stream
    batched: bool
    drop_last: bool
    streams: bool


class Source:
    """Loads batches of one pass; of a stream those of `worker`, of the `workers` that there are.

    Batch number n of a stream is the worker n % workers' own; those before number `start` are
    passed over.
    """

    def __init__(self, recipe: Recipe, seed: int, start: int = 0, worker: int = 0,
                 workers: int = 1) -> None:
        self._recipe, self._seed = recipe, seed
        self._passed_over = range(worker, start, workers)
        self._samples: Iterator | None = None

    def load(self, task: Task) -> Any:
        """The batch; raises Exhausted where a stream has none left."""
        number, indices, repeats = task
        if self._recipe.streams:
            while self._passed_over:
                passed, *_ = self._passed_over
                self._passed_over = self._passed_over[1:]
                self._from_stream(passed, _nothing)
            return self._from_stream(number, self._collated)
        fetch = Fetch(self._seed, number, indices, repeats)
        return drawing_from(fetch, self._fetch, indices)

    def _fetch(self, indices: Sequence) -> Any:
        dataset, batched = self._recipe.dataset, self._recipe.batched
        if not batched:
            return self._collated(fetch_samples(dataset, indices)[0])
        try:
            if self._recipe.collate_fn is default_collate:
                batch = fetch_batch(dataset, indices)
                if batch is not NotImplemented:
                    return batch
            return self._collated(fetch_samples(dataset, indices))
        except StopIteration as error:
            raise stopped(f"the batch {shorten(indices)} of {type(dataset).__name__}") from error
        except Exception as error:
            error.add_note(f"raised in the batch of the samples {shorten(indices)} of "
                           f"{type(dataset).__name__}, in this order")
            raise

    def _collated(self, samples: Any) -> Any:
        try:
            return self._recipe.collate_fn(samples)
        except StopIteration as error:
            raise stopped("the DataLoader's collate_fn") from error

    def _from_stream(self, number: int, use: Callable[[Any], Any]) -> Any:
        size = self._recipe.batch_size or 1
        fetch = Fetch(self._seed, number, range(number * size, (number + 1) * size))
        return drawing_from(fetch, self._take, fetch, size, use)

    def _take(self, fetch: Fetch, size: int, use: Callable[[Any], Any]) -> Any:
        if self._samples is None:
            self._samples = iter(self._recipe.dataset)
        batch: list = []
        for row in range(size):
            fetch.sample(row)
            sample = next(self._samples, END)
            if sample is END:
                break
            batch.append(sample)
        if not batch or self._recipe.drop_last and len(batch) < size:
            raise Exhausted
        fetch.whole(len(batch))
        return use(batch if self._recipe.batched else batch[0])


def _nothing(samples: Any) -> None:
    """What is made of samples that are passed over."""


def shorten(indices: Any) -> str:
    """The first indices of a batch, for a message."""
    shown = [str(i) for i in islice(indices, 17)]
    return "[" + ", ".join(shown[:16]) + (", ...]" if len(shown) > 16 else "]")
