"""Samplers: in which order the samples of a dataset are visited."""

import math
from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from operator import index as as_index
from typing import Any, Generic, TypeVar

import numpy as np

import autograd
from autograd import Generator
from autograd.errors import Constructed, check_switches
from autograd.sampling import numpy_generator

_AT_ONCE = 1 << 20  # indices that are drawn when a pass begins
T_co = TypeVar("T_co", covariant=True)


def positive_int(value: Any, name: str, who: str) -> int:
    """`value` as an int, or an error that names the argument and its owner."""
    try:
        number = as_index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise TypeError(f"{who}: {name} must be a positive int, got {value!r}")
    if number <= 0:
        raise ValueError(f"{who}: {name} must be a positive int, got {number}")
    return number


class Sampler(Constructed, Generic[T_co]):
    """Base of the samplers: `__iter__` yields indices, `__len__` says how many."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__()")


class SequentialSampler(Sampler[int]):
    """0, 1, ..., len(data_source) - 1."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """A fresh shuffle of the indices in every pass.

    Without replacement each index comes once before any comes twice (num_samples may exceed the
    dataset); with replacement every draw is independent. The order is settled when the pass
    begins, so what else uses the generator during the pass does not change it.

    Raises: ValueError for an empty data_source or num_samples < 1.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(f"RandomSampler: replacement must be a bool, got {replacement!r}")
        if len(data_source) == 0:
            raise ValueError("RandomSampler: data_source is empty, there is nothing to draw from")
        if num_samples is not None:
            num_samples = positive_int(num_samples, "num_samples", "RandomSampler")
        self.data_source = data_source
        self.replacement = replacement
        self.generator = generator
        self._num_samples = num_samples

    @property
    def num_samples(self) -> int:
        """How many indices one pass yields; the dataset's size unless it was set."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        rng, n = numpy_generator(self.generator, "RandomSampler"), len(self.data_source)
        if self.num_samples > max(n, _AT_ONCE):
            source = np.random.Generator(np.random.PCG64(rng.integers(2**63)))
            return self._in_parts(source, n)
        if self.replacement:
            return iter(rng.integers(n, size=self.num_samples).tolist())
        shuffles = math.ceil(self.num_samples / n)
        order = np.concatenate([rng.permutation(n) for _ in range(shuffles)])
        return iter(order[: self.num_samples].tolist())

    def _in_parts(self, source: np.random.Generator, n: int) -> Iterator[int]:
        """An order too long to be held, drawn from a source of its own."""
        left = self.num_samples
        while left:
            part = (source.integers(n, size=min(left, _AT_ONCE)) if self.replacement
                    else source.permutation(n)[:left])
            left -= len(part)
            yield from part.tolist()

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices, each once, in a fresh random order in every pass."""

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        rng = numpy_generator(self.generator, "SubsetRandomSampler")
        for i in rng.permutation(len(self.indices)):
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """`num_samples` indices, index i with probability weights[i] / sum(weights).

    The weights need not sum to one. Without replacement an index comes at most once.

    Raises: ValueError for weights that are not a 1-d row of finite numbers >= 0 with a positive
        sum, and, without replacement, for fewer positive weights than num_samples.

    >>> list(WeightedRandomSampler([0.0, 1.0], 3, generator=Generator()))
    [1, 1, 1]
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        who = "WeightedRandomSampler"
        if not isinstance(replacement, bool):
            raise TypeError(f"{who}: replacement must be a bool, got {replacement!r}")
        self.num_samples = positive_int(num_samples, "num_samples", who)
        self.replacement = replacement
        self.generator = generator
        self.weights = autograd.as_tensor(weights, dtype=autograd.float64).detach()
        self._probabilities = _probabilities(self.weights.numpy(), who)
        positive = np.count_nonzero(self._probabilities)
        if not replacement and positive < self.num_samples:
            raise ValueError(
                f"{who}: cannot draw num_samples={self.num_samples} without replacement from "
                f"{positive} indices of positive weight; draw fewer or use replacement=True"
            )

    def __iter__(self) -> Iterator[int]:
        rng = numpy_generator(self.generator, "WeightedRandomSampler")
        p = self._probabilities
        return iter(rng.choice(p.size, self.num_samples, self.replacement, p).tolist())

    def __len__(self) -> int:
        return self.num_samples


def _probabilities(weights: np.ndarray, who: str) -> np.ndarray:
    if weights.ndim != 1:
        raise ValueError(f"{who}: weights must be 1-d, one a sample, got shape {weights.shape}")
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if bad.size:
        raise ValueError(
            f"{who}: weights must be finite and >= 0, got {weights[bad[0]]} at index {bad[0]}"
        )
    if not weights.any():
        raise ValueError(f"{who}: the {weights.size} weights sum to 0, no index can be drawn")
    weights = weights / weights.max()  # so that the sum cannot overflow
    return weights / weights.sum()


class BatchSampler(Sampler[list[int]]):
    """Groups what `sampler` yields into lists of `batch_size`; `drop_last` drops a short rest.

    >>> list(BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self, sampler: Sampler[int] | Iterable[int], batch_size: int, drop_last: bool
    ) -> None:
        if not isinstance(drop_last, bool):
            raise TypeError(f"BatchSampler: drop_last must be a bool, got {drop_last!r}")
        self.sampler = sampler
        self.batch_size = positive_int(batch_size, "batch_size", "BatchSampler")
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        full, rest = divmod(len(self.sampler), self.batch_size)  # type: ignore[arg-type]
        return full + (rest > 0 and not self.drop_last)


class DistributedSampler(Sampler[int]):
    """The share of the indices that process `rank` of `num_replicas` visits: every num_replicas-th
    of a shuffle that `seed` and the epoch decide, the same for all.

    Shares are of equal size: the first indices come again at the end, or, with `drop_last`, the
    last ones are left out.  Call `set_epoch` before each pass, or all have one order.  This library
    computes in one process, so the defaults are 1 and 0.

    Raises: ValueError for a rank that is none of 0 to num_replicas - 1.

    >>> [list(DistributedSampler(range(5), 2, rank, shuffle=False)) for rank in (0, 1)]
    [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        who = "DistributedSampler"
        check_switches(who, shuffle=shuffle, drop_last=drop_last)
        self.dataset = dataset
        self.num_replicas = positive_int(1 if num_replicas is None else num_replicas,
                                         "num_replicas", who)
        self.rank = 0 if rank is None else rank
        if not 0 <= self.rank < self.num_replicas:
            raise ValueError(f"{who}: rank must be from 0 to {self.num_replicas - 1}, got {rank}")
        self.shuffle, self.seed, self.drop_last = shuffle, seed, drop_last
        self.epoch = 0
        share = len(dataset) / self.num_replicas
        self.num_samples = math.floor(share) if drop_last else math.ceil(share)
        self.total_size = self.num_samples * self.num_replicas

    def __iter__(self) -> Iterator[int]:
        order = np.arange(len(self.dataset))
        if self.shuffle:
            generator = Generator().manual_seed(self.seed + self.epoch)
            order = numpy_generator(generator, "DistributedSampler").permutation(order)
        whole = np.resize(order, self.total_size)  # cut, or repeated from the beginning
        return iter(whole[self.rank :: self.num_replicas].tolist())

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the shuffle of the next pass."""
        self.epoch = epoch
