"""Random numbers of samples, the same wherever and with whichever others a sample is fetched.

Each sample of a pass has a stream of its own. Number k of it is mix(key + k c), where the key
comes from the seed of the pass, the sample's index and how often that index came before; c is odd.
So a sample fetched alone, in a whole batch, by a thread or by any worker draws the same.
Reference: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014), whose
SplitMix64 mix and c are.
"""

from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any

import numpy as np

from autograd import Generator
from autograd.sampling import numpy_generator, stand_in

_ALL = 2**64 - 1
_STEP = 0x9E3779B97F4A7C15
ORDERS, BATCHES = 2**62, 2**63  # in place of a repeat: the stream of a pass's order, of a batch
_FEW = 16  # numbers: as many are mixed faster one by one than as an array


def uniforms(images: int, draws: int, who: str) -> np.ndarray:
    """Numbers in [0, 1), a row for each of several images; `who` asks for them.

    While a loader fetches, image i takes the next numbers of the stream of its sample; elsewhere
    all come from the default generator.

    Shape: -> (images, draws), float64.
    """
    fetch = stand_in.get()
    if isinstance(fetch, Fetch):
        return fetch.uniforms(images, draws)
    return numpy_generator(None, who).random((images, draws))


def drawing_from(generator: Generator, function: Callable, *args: Any) -> Any:
    """function(*args), for which `generator` is the default generator."""
    return copy_context().run(_drawing, generator, function, args)  # which no interrupt can leave


def _drawing(generator: Generator, function: Callable, args: tuple) -> Any:
    stand_in.set(generator)
    return function(*args)


def being_fetched() -> "Fetch | None":
    """The batch that this thread fetches at present."""
    fetch = stand_in.get()
    return fetch if isinstance(fetch, Fetch) else None


def mix(z: Any) -> Any:
    """64 bits scrambled: of an int, or of each number of a uint64 array."""
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & _ALL
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & _ALL
    return z ^ (z >> 31)


def key(seed: int, index: Any, repeat: Any = 0) -> Any:
    """Where the stream of a sample begins; index and repeat are ints or uint64 arrays."""
    return mix(mix(seed & _ALL) + index + repeat * _STEP & _ALL)


class Fetch(Generator):
    """What one batch draws from while it is fetched, the default generator in its stead.

    `indices` are those of its samples in a pass of that seed, `number` is which batch of the pass
    it is, and `repeats` says for each sample how often its index came before. An index that is no
    integer counts by its place in the pass.
    """

    def __init__(self, seed: int, number: int, indices: Sequence, repeats: Any = 0) -> None:
        self._pass, self._number = seed, number
        self._indices, self._repeats = indices, repeats
        self._all = np.arange(len(indices))
        self._keys: Any = None  # made when first needed, as are the seeds
        self._seeds: Any = None
        self._wholes = 0
        self.whole(len(indices))

    def whole(self, count: int) -> None:
        """From now on the batch draws in one piece, all of its `count` samples."""
        self.alone, self.rows = False, self._all[:count]
        self._seed, self._numpy = key(self._pass, self._number, BATCHES + self._wholes), None
        self._wholes += 1

    def sample(self, row: int) -> None:
        """From now on the sample in this row draws."""
        if self._seeds is None:
            self._begin()
            self._seeds = mix(self._keys ^ _ALL).tolist()
        self.alone, self.rows = True, self._all[row: row + 1]
        self._seed, self._numpy = self._seeds[row], None

    def _begin(self) -> None:
        if self._keys is not None:
            return
        rows, repeats = integers(self._indices), self._repeats
        if rows is None:
            rows, repeats = self._all, _ALL - 1 - self._number
        self._keys = key(self._pass, rows.astype(np.uint64), np.asarray(repeats, np.uint64))
        self._drawn = np.zeros(len(rows), np.uint64)

    def uniforms(self, images: int, draws: int) -> np.ndarray:
        """The next numbers: of each image's sample, or all of the first where those are others."""
        self._begin()
        rows, count = self.rows, draws
        if images != len(rows):
            if not len(rows):
                return self.numpy.random((images, draws))
            rows, count = rows[:1], images * draws
        if len(rows) == 1 and count <= _FEW:
            row = int(rows[0])
            place = int(self._keys[row]) + int(self._drawn[row]) * _STEP
            self._drawn[row] += count
            drawn = np.array([(mix(place + k * _STEP & _ALL) >> 11) * 2.0**-53
                              for k in range(1, count + 1)])
        else:
            places = self._drawn[rows, None] + np.arange(1, count + 1, dtype=np.uint64)
            self._drawn[rows] += np.uint64(count)
            drawn = (mix(self._keys[rows, None] + places * _STEP) >> 11) * 2.0**-53
        return drawn.reshape(images, draws)


def integers(indices: Any) -> np.ndarray | None:
    """The indices of samples as an array, or None where some are no integers."""
    try:
        rows = np.asarray(indices)
    except (TypeError, ValueError):
        return None
    return rows if rows.dtype.kind in "iu" and rows.ndim == 1 else None
