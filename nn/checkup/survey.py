"""What a loader gives: some of its batches, looked through once."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from itertools import islice
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import describe

_BATCHES, _SAMPLES, _BYTES = 64, 4096, 1 << 28  # no more are looked at
_KEPT, _SPARE = 4, 4  # batches to run, and more where a gradient is still missing


class Survey:
    """The first batches of a loader.

    kept      the first few, as pairs of the model's arguments and the targets; `spare` the next
    inputs    of each sample a hash of its first input, `pairs` of that with its target
    labels    the targets of all samples, None where they are not one number each
    broken    (what, index, count) of arrays with NaN or infinity: "inputs" or "targets"
    whole     whether these are all the loader has
    """

    def __init__(self, name: str, loader: Iterable) -> None:
        self.kept: list[tuple[tuple, Any]] = []
        self.spare: list[tuple[tuple, Any]] = []
        self.sizes: list[int] = []
        self.inputs: list[int] = []
        self.pairs: list[int] = []
        self.broken: list[tuple[str, tuple, int]] = []
        self.whole, self.width = False, 0  # numbers in a sample
        self._labels: list[np.ndarray] = []
        self._count, self._sum, self._squares, nbytes = 0, 0.0, 0.0, 0
        for batch in islice(_passing(name, loader), _BATCHES + 1):
            if len(self.sizes) == _BATCHES or len(self.inputs) >= _SAMPLES or nbytes > _BYTES:
                break
            args, targets = _pair(name, batch)
            if any(array is not None and array.ndim and not len(array)
                   for array in map(_array, args[:1])):
                raise ValueError(f"doctor: batch {len(self.sizes)} of the {name} is empty: its "
                                 f"inputs have shape {tuple(args[0].shape)}; leave it out")
            if len(self.sizes) < _KEPT + _SPARE:  # copies, as a model may write into them
                (self.kept if len(self.sizes) < _KEPT else self.spare).append(
                    copy.deepcopy((args, targets)))
            nbytes += self._look(args, targets)
        else:
            self.whole = True
        if not self.sizes:
            raise ValueError(f"doctor: the {name} gave no batch")
        self.generated = bool(getattr(getattr(loader, "sampler", None), "replacement", False))
        self.total = _length(getattr(loader, "dataset", None))
        self.drop_last = bool(getattr(loader, "drop_last", True))

    def _look(self, args: tuple, targets: Any) -> int:
        """Note what there is to note of one batch; returns its bytes."""
        given, wanted = [_array(arg) for arg in args], _array(targets)
        first = given[0] if given else None
        for what, array in [*[("inputs", array) for array in given], ("targets", wanted)]:
            if array is not None and array.dtype.kind == "f":
                wrong = ~np.isfinite(array)
                if wrong.any():
                    at = len(self.sizes), *map(int, np.argwhere(wrong)[0])
                    self.broken.append((what, at, int(wrong.sum())))
        if first is None or not first.ndim:
            self.sizes.append(0)
            return 0
        rows = [np.ascontiguousarray(row).tobytes() for row in first]
        self.width = first[0].size if len(first) else 0
        self.sizes.append(len(rows))
        self.inputs += map(hash, rows)
        if wanted is not None and wanted.ndim and len(wanted) == len(rows):
            self.pairs += [hash((row, np.ascontiguousarray(target).tobytes()))
                           for row, target in zip(rows, wanted, strict=True)]
            self._labels.append(wanted.reshape(len(wanted), -1))
        if first.dtype.kind == "f":
            numbers = first.astype(np.float64)
            self._count += numbers.size
            self._sum += float(numbers.sum())
            self._squares += float((numbers * numbers).sum())
        return first.nbytes

    @property
    def labels(self) -> np.ndarray | None:
        """The targets of all samples if they are one number each."""
        if not self._labels or any(part.shape[1] != 1 for part in self._labels):
            return None
        return np.concatenate(self._labels)[:, 0]

    @property
    def features(self) -> np.ndarray | None:
        """The floating inputs of the kept batches, of the first argument."""
        arrays = [array for args, _ in self.kept if args
                  if (array := _array(args[0])) is not None]
        alike = {array.shape[1:] for array in arrays if array.ndim}
        if len(alike) != 1 or any(array.dtype.kind != "f" for array in arrays):
            return None
        return np.concatenate(arrays)

    @property
    def moments(self) -> tuple[float, float] | None:
        """Mean and standard deviation of all floating inputs."""
        if not self._count:
            return None
        mean = self._sum / self._count
        return mean, max(self._squares / self._count - mean * mean, 0.0) ** 0.5


def _passing(name: str, loader: Any) -> Any:
    """A loader for one pass: one that has workers does without, which gives the same batches."""
    if hasattr(loader, "__next__"):
        raise TypeError(f"doctor: the {name} is an iterator, which cannot begin anew; give a "
                        "DataLoader or a list of batches")
    if not hasattr(loader, "__iter__"):
        raise TypeError(f"doctor: the {name} must be a DataLoader or a list of batches, got "
                        f"{describe(loader)}")
    if hasattr(loader, "num_workers"):
        loader = copy.copy(loader)
        loader.num_workers = 0
    return loader


def _pair(name: str, batch: Any) -> tuple[tuple, Any]:
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        raise TypeError(f"doctor: a batch of the {name} must be a pair (inputs, targets), got "
                        f"{describe(batch)}; collate_fn= of the DataLoader makes pairs")
    inputs, targets = batch
    return tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,), targets


def _array(value: Any) -> np.ndarray | None:
    """The numbers of a tensor or an array, None for anything else."""
    if isinstance(value, Tensor):
        return value.detach().numpy()
    return value if isinstance(value, np.ndarray) else None


def _length(dataset: Any) -> int | None:
    try:
        return len(dataset)
    except TypeError:  # a stream
        return None
