"""Datasets: what the samples are, how sets of them are joined, cut and split.

A dataset maps an index to a sample. Two optional methods fetch many samples at once:
`__getitems__(indices)`, PyTorch's, returns the list of samples; `__getbatch__(indices)` returns
the finished batch, equal to `default_collate` of those samples, or NotImplemented. Both are used
only where no subclass has overridden `__getitem__` since.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from operator import index as as_index
from typing import Any, Generic, TypeVar

import numpy as np

from autograd import Generator, Tensor
from autograd.errors import Constructed, describe, instead, ordered
from autograd.sampling import numpy_generator
from data.randomness import being_fetched

T_co = TypeVar("T_co", covariant=True)
_METHODS = {name.strip("_"): name for name in ("__getitem__", "__len__", "__iter__")}


class Dataset(Constructed, Generic[T_co]):
    """A map from an index to a sample; a subclass defines `__getitem__` and `__len__`.

    `a + b` is ConcatDataset([a, b]).
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(self, index)"
                                  f"{misspelt(self)}")

    def __add__(self, other: "Dataset[T_co]") -> "ConcatDataset[T_co]":
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """A stream of samples; a subclass defines `__iter__`, and `__len__` where it is known."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__(self)"
                                  f"{misspelt(self)}")


def misspelt(dataset: Any) -> str:
    """`; did you mean __len__ by _len_?` where a class has a method whose name is all but that of
    one that a dataset needs."""
    for name in dir(dataset):
        meant = _METHODS.get(name.replace("_", "").lower())
        if meant not in (None, name) and not name.startswith("_abc"):
            return f"; did you mean {meant} by {name}?"
    return ""


def newest_method(obj: Any, name: str, overrides: str) -> Callable | None:
    """Method `name` of `obj`, unless a more derived class defines `overrides` anew.

    A subclass that overrides `__getitem__` must not be bypassed by an inherited `__getbatch__`.
    """
    kind: Any = type(obj)
    return getattr(obj, name) if _is_newest(kind, name, overrides) else None


@lru_cache(512)
def _is_newest(kind: type, name: str, overrides: str) -> bool:
    owners = (cls for cls in kind.__mro__ if name in vars(cls) or overrides in vars(cls))
    return name in vars(next(owners, object))


def fetch_samples(dataset: Any, indices: Sequence) -> list:
    """The samples at `indices`; an exception of a sample is given its index as a note."""
    many = newest_method(dataset, "__getitems__", "__getitem__")
    if many is not None:
        return many(indices)
    samples = []
    fetch = being_fetched()
    if fetch is not None and (fetch.alone or len(fetch.rows) != len(indices)):
        fetch = None  # these are parts of one sample, or other samples than the batch's
    for row, index in enumerate(indices):
        if fetch is not None:
            fetch.sample(row)
        try:
            samples.append(dataset[index])
        except StopIteration as error:
            raise stopped(f"sample {index!r} of {type(dataset).__name__}") from error
        except Exception as error:
            error.add_note(f"raised by sample {index!r} of {type(dataset).__name__}")
            raise
    if fetch is not None:
        fetch.whole(len(samples))
    return samples


def stopped(what: str) -> RuntimeError:
    """The error for a StopIteration that would end the pass as if no sample were left."""
    return RuntimeError(f"{what} raised StopIteration: an iterator it reads from has ended; give "
                        "next() a default, or begin the iterator anew")


def position_of(index: Any, dataset: Any) -> int:
    """The index of a sample counted from the first one; IndexError where there is none."""
    position, n = as_index(index), len(dataset)
    if not -n <= position < n:
        raise IndexError(f"{type(dataset).__name__}: index {position} is out of range for {n} "
                         "samples")
    return position % n


def as_rows(indices: Any, who: str) -> np.ndarray:
    """The indices of samples as one array; nothing but integers is taken for an index."""
    rows = np.asarray(indices)
    if rows.size == 0:
        return np.empty(0, np.intp)
    fits = rows.dtype.kind == "i" or rows.dtype.kind == "u" and rows.max() <= np.iinfo(np.intp).max
    if not fits or rows.ndim != 1:
        raise TypeError(f"{who}: indices must be a row of integers, got {rows.dtype} of shape "
                        f"{rows.shape}, the first {rows.flat[0]!r}")
    return rows.astype(np.intp, copy=False)


def fetch_batch(dataset: Any, indices: Sequence) -> Any:
    """The collated batch of `indices` in one piece, or NotImplemented."""
    whole = newest_method(dataset, "__getbatch__", "__getitem__")
    return NotImplemented if whole is None else whole(indices)


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Sample i is (t[i] for t in tensors).

    Shape: all tensors agree in their first dimension, the number of samples.
    Raises: TypeError for what is not a Tensor, ValueError for differing first dimensions.

    >>> from autograd import arange, zeros
    >>> dataset = TensorDataset(zeros(8, 2), arange(8))
    >>> dataset[3][1].item()
    3
    """

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors:
            raise ValueError("TensorDataset: needs at least one tensor, got none")
        for position, tensor in enumerate(tensors):
            if not isinstance(tensor, Tensor):
                raise TypeError(f"TensorDataset: argument {position} must be a Tensor, got "
                                f"{describe(tensor)}{instead(tensor)}")
        shapes = [tuple(t.shape) for t in tensors]
        if () in shapes or len({shape[0] for shape in shapes}) > 1:
            raise ValueError(
                "TensorDataset: the tensors must have the same first dimension (the number of "
                f"samples), got shapes {', '.join(map(str, shapes))}"
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __getbatch__(self, indices: Sequence[int]) -> list[Tensor]:
        rows = as_rows(indices, type(self).__name__)
        return [tensor[rows] for tensor in self.tensors]

    def __len__(self) -> int:
        return self.tensors[0].shape[0]


class ConcatDataset(Dataset[T_co]):
    """Several datasets end to end: first all samples of datasets[0], then of datasets[1], ..."""

    def __init__(self, datasets: Iterable[Dataset]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: needs at least one dataset, got none")
        for position, dataset in enumerate(self.datasets):
            if isinstance(dataset, IterableDataset) or not hasattr(dataset, "__len__"):
                raise TypeError(
                    f"ConcatDataset: datasets[{position}] ({type(dataset).__name__}) must have a "
                    "length and be indexed; an IterableDataset cannot be joined"
                )
        self.cumulative_sizes = list(accumulate(len(d) for d in self.datasets))  # type: ignore

    def __getitem__(self, index: int) -> T_co:
        position = position_of(index, self)
        which = bisect_right(self.cumulative_sizes, position)
        start = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][position - start]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset[T_co]):
    """Several streams one after the other: all of datasets[0], then of datasets[1], ..."""

    def __init__(self, datasets: Iterable[Dataset]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[T_co]:
        for position, dataset in enumerate(self.datasets):
            if not isinstance(dataset, IterableDataset):
                raise TypeError(f"ChainDataset: datasets[{position}] must be an IterableDataset, "
                                f"got {type(dataset).__name__}; ConcatDataset joins the others")
            yield from dataset

    def __len__(self) -> int:
        return sum(map(len, self.datasets))  # type: ignore[arg-type]


class StackDataset(Dataset[Any]):
    """Sample i is the tuple, or by names the dict, of the samples i of several datasets.

    Raises: ValueError for datasets of different lengths, none, or both forms at once.

    >>> StackDataset(range(3), "abc")[1]
    (1, 'b')
    >>> StackDataset(image=range(3), label="abc")[1]
    {'image': 1, 'label': 'b'}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.datasets: Any = args or kwargs
        parts = args or tuple(kwargs.values())
        if bool(args) == bool(kwargs):
            raise ValueError("StackDataset: needs datasets, all of them named or none, got "
                             f"{len(args)} in positions and {len(kwargs)} with names")
        for dataset in parts:
            if not hasattr(dataset, "__len__"):
                raise TypeError(f"StackDataset: datasets are needed, got {describe(dataset)}")
        lengths = [len(dataset) for dataset in parts]
        if len(set(lengths)) > 1:
            raise ValueError(f"StackDataset: datasets of one length are needed, got {lengths}")
        self._length = lengths[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __len__(self) -> int:
        return self._length


class Subset(Dataset[T_co]):
    """The samples of `dataset` at `indices`, in that order."""

    def __init__(self, dataset: Dataset[T_co], indices: Sequence[int]) -> None:
        if not hasattr(indices, "__getitem__"):
            raise TypeError(f"Subset: indices must be a list of numbers of samples, such as "
                            f"range(5), got {describe(indices)}")
        self.dataset = dataset
        self.indices = indices
        if isinstance(indices, np.ndarray | Tensor):
            self.indices = as_rows(indices, "Subset").tolist()

    def __getitem__(self, index: Any) -> T_co:
        if isinstance(index, list):
            return self.dataset[self._chosen(index)]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: Sequence[int]) -> list[T_co]:
        return fetch_samples(self.dataset, self._chosen(indices))

    def __getbatch__(self, indices: Sequence[int]) -> Any:
        return fetch_batch(self.dataset, self._chosen(indices))

    def _chosen(self, indices: Sequence[int]) -> list:
        return [self.indices[i] for i in as_rows(indices, "Subset").tolist()]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Dataset[T_co],
    lengths: Sequence[int | float],
    generator: Generator | None = None,
) -> list[Subset[T_co]]:
    """Cuts `dataset` at random into disjoint Subsets of the given lengths, or fractions.

    Fractions sum to one; each length is rounded down and the samples left over go one each to
    the first subsets.

    Raises: ValueError where the lengths do not sum to len(dataset), nor the fractions to 1.

    >>> [len(part) for part in random_split(range(10), [0.75, 0.25], Generator())]
    [8, 2]
    """
    total = len(dataset)  # type: ignore[arg-type]
    sizes = _split_sizes(lengths, total)
    rng = numpy_generator(generator, "random_split")
    order = rng.permutation(total).tolist()
    ends = list(accumulate(sizes))
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


def _split_sizes(lengths: Sequence[int | float], total: int) -> list[int]:
    if not ordered(lengths) or not all(isinstance(x, (int, float, np.number)) for x in lengths):
        raise TypeError("random_split: lengths must be a list of numbers of samples, such as "
                        f"[{total - total // 5}, {total // 5}], or of fractions, such as "
                        f"[0.8, 0.2], got {lengths!r:.60}")
    given = list(lengths)
    if any(length < 0 for length in given):
        raise ValueError(f"random_split: lengths must not be negative, got {given}")
    if math.isclose(sum(given), 1):
        sizes = [math.floor(total * fraction) for fraction in given]
        for i in range(total - sum(sizes)):
            sizes[i % len(sizes)] += 1
        return sizes
    if sum(given) != total or any(length != int(length) for length in given):
        raise ValueError(
            f"random_split: lengths {given} sum to {sum(given)}; they must be whole numbers that "
            f"sum to len(dataset) = {total}, or fractions that sum to 1"
        )
    return [int(length) for length in given]
