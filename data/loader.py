"""DataLoader: batches of a dataset, in this process."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from autograd import Generator
from autograd.errors import Constructed
from data.collate import default_collate, default_convert
from data.dataset import IterableDataset, fetch_batch, fetch_samples, stopped
from data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, positive_int


class DataLoader(Constructed):
    """Iterates over `dataset` in batches; every `iter()` is a new pass (epoch).

    shuffle draws a new order in each pass from `generator` (or the default one): the same seed
    gives the same batches. batch_size=None yields single samples, converted but not batched.
    With the default collate_fn a dataset that can fetch a whole batch in one piece does so, with
    the same values.

    Raises: ValueError for settings that exclude each other, NotImplementedError for
        num_workers > 0, which comes later. What a sample raises gets a note with its index.

    >>> [batch.tolist() for batch in DataLoader(range(5), batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    dataset: Any
    batch_size: int | None
    sampler: Any
    batch_sampler: Any
    drop_last: bool
    _fixed = ("dataset", "batch_size", "sampler", "batch_sampler", "drop_last")

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Sampler | Iterable | None = None,
        batch_sampler: Sampler[list] | Iterable[list] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        *,
        drop_last: bool = False,
        generator: Generator | None = None,
    ) -> None:
        streams = isinstance(dataset, IterableDataset)
        _check_dataset(
            dataset, streams, shuffle or sampler is not None or batch_sampler is not None
        )
        _check_workers(num_workers)
        if batch_sampler is not None:
            _check_alone(batch_size, shuffle, sampler, drop_last)
            batch_size = None
        elif batch_size is not None:
            batch_size = positive_int(batch_size, "batch_size", "DataLoader")
        elif drop_last:
            raise ValueError("DataLoader: drop_last=True needs a batch_size, got None")
        if shuffle and sampler is not None:
            raise ValueError("DataLoader: sampler and shuffle=True exclude each other; give one")
        if sampler is None and not streams:
            shuffled = RandomSampler(dataset, generator=generator) if shuffle else None
            sampler = shuffled or SequentialSampler(dataset)
        if batch_sampler is None and batch_size is not None and sampler is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        batched = batch_size is not None or batch_sampler is not None
        fixed = (dataset, batch_size, sampler, batch_sampler, drop_last)
        vars(self).update(zip(self._fixed, fixed, strict=True))
        self.num_workers = num_workers
        self.generator = generator
        self.collate_fn = collate_fn or (default_collate if batched else default_convert)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._fixed:
            raise ValueError(f"DataLoader: {name} cannot be changed, make a new DataLoader")
        super().__setattr__(name, value)

    def __iter__(self) -> Iterator[Any]:
        if isinstance(self.dataset, IterableDataset):
            return self._stream()
        if self.batch_sampler is None:
            return (self._collate(fetch_samples(self.dataset, [i])[0]) for i in self.sampler)
        return (self._fetch(indices) for indices in self.batch_sampler)

    def __len__(self) -> int:
        if self.batch_sampler is not None:
            return len(self.batch_sampler)
        if self.sampler is not None:
            return len(self.sampler)
        samples = len(self.dataset)
        if self.batch_size is None:
            return samples
        full, rest = divmod(samples, self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def _fetch(self, indices: list) -> Any:
        try:
            if self.collate_fn is default_collate:
                batch = fetch_batch(self.dataset, indices)
                if batch is not NotImplemented:
                    return batch
            return self._collate(fetch_samples(self.dataset, indices))
        except StopIteration as error:
            raise stopped(f"the batch {_shorten(indices)} of {type(self.dataset).__name__}"
                          ) from error
        except Exception as error:
            error.add_note(
                f"raised in the batch of the samples {_shorten(indices)} of "
                f"{type(self.dataset).__name__}, in this order"
            )
            raise

    def _collate(self, samples: Any) -> Any:
        try:
            return self.collate_fn(samples)
        except StopIteration as error:
            raise stopped("the DataLoader's collate_fn") from error

    def _stream(self) -> Iterator[Any]:
        samples = iter(self.dataset)
        if self.batch_size is None:
            for sample in samples:
                yield self._collate(sample)
            return
        while batch := list(islice(samples, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield self._collate(batch)


def _check_dataset(dataset: Any, streams: bool, ordered: Any) -> None:
    name = type(dataset).__name__
    if streams and ordered:
        raise ValueError(
            f"DataLoader: {name} is an IterableDataset and comes in its own order; shuffle, "
            "sampler and batch_sampler do not apply to it"
        )
    if not streams and not (hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")):
        raise TypeError(
            f"DataLoader: dataset must define __getitem__ and __len__, or be an IterableDataset; "
            f"{name} does not"
        )


def _check_workers(num_workers: int) -> None:
    if num_workers != 0:
        raise NotImplementedError(
            f"DataLoader: num_workers={num_workers} is not there yet, worker processes come in a "
            "later version; use num_workers=0, which loads in this process"
        )


def _check_alone(batch_size: Any, shuffle: Any, sampler: Any, drop_last: bool) -> None:
    if batch_size != 1 or shuffle or sampler is not None or drop_last:
        raise ValueError(
            "DataLoader: batch_sampler makes the batches by itself; leave out batch_size, "
            "shuffle, sampler and drop_last"
        )


def _shorten(indices: Any) -> str:
    shown = [str(i) for i in islice(indices, 17)]
    return "[" + ", ".join(shown[:16]) + (", ...]" if len(shown) > 16 else "]")
