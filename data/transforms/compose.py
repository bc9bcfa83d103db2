"""Transforms made of transforms, and functions as transforms."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

import autograd
from autograd.errors import Constructed, describe, uncalled
from data.dataset import newest_method
from data.transforms.arguments import is_number, probability
from data.transforms.base import drawn


def batch_form(transform: Any) -> Callable | None:
    """The method `batch` of a transform; None where the results of several samples make no batch,
    and where a subclass has overridden `__call__` since."""
    makes_batches = getattr(transform, "batches", True)
    return newest_method(transform, "batch", "__call__") if makes_batches else None


def draws(transform: Any) -> int:
    """How many random numbers an image takes, of those that `run` hands on."""
    own = newest_method(transform, "changed", "__call__")
    return 0 if own is None else transform.draws


def run(transform: Callable, image: Any, numbers: np.ndarray) -> Any:
    """The transform of an image by given random numbers, as far as it takes them."""
    own = newest_method(transform, "changed", "__call__")
    return transform(image) if own is None else own(image, numbers[: draws(transform)])


def in_turn(transforms: Sequence[Callable], image: Any, numbers: np.ndarray) -> Any:
    """One transform after the other, each with its share of the numbers."""
    for transform in transforms:
        image = run(transform, image, numbers)
        numbers = numbers[draws(transform):]
    return image


def in_turn_batch(transforms: Sequence[Callable], images: Any, numbers: np.ndarray) -> Any:
    """The same for several images and their rows of numbers."""
    for transform in transforms:
        whole: Any = transform
        own, count = newest_method(whole, "changed_batch", "__call__"), draws(whole)
        images = whole.batch(images) if own is None else own(images, numbers[:, :count])
        numbers = numbers[:, count:]
    return images


class _Composed(Constructed):
    """Transforms that draw the random numbers of all their parts at once."""

    draws: Any = 0

    def __init__(self, transforms: Sequence[Callable]) -> None:
        name = type(self).__name__
        if not isinstance(transforms, Iterable):
            raise TypeError(f"{name}: transforms must be a list of them, got {transforms!r}; "
                            f"write {name}([...])")
        for position, transform in enumerate(transforms):
            if not callable(transform) or isinstance(transform, type):
                raise TypeError(f"{name}: transforms[{position}] must be a function of a sample, "
                                f"got {describe(transform)}{uncalled(transform)}")
        self.transforms = transforms

    @property
    def batches(self) -> bool:
        return all(batch_form(t) is not None for t in self.transforms)

    def __call__(self, image: Any) -> Any:
        return self.changed(image, drawn(self, 1)[0])

    def batch(self, images: Any) -> Any:
        """All samples at once, or NotImplemented where a part cannot."""
        if not self.batches:
            return NotImplemented
        return self.changed_batch(images, drawn(self, len(images)))

    def changed(self, image: Any, numbers: np.ndarray) -> Any:
        """A sample as these random numbers have it."""
        raise NotImplementedError(f"{type(self).__name__} must define changed")

    def changed_batch(self, images: Any, numbers: np.ndarray) -> Any:
        """Several samples as their rows of random numbers have them."""
        raise NotImplementedError(f"{type(self).__name__} must define changed_batch")

    def _options(self) -> list[str]:
        return []

    def __repr__(self) -> str:
        parts = [line for t in self.transforms for line in repr(t).split("\n")]
        lines = [f"    {line}" for line in [*self._options(), *parts]]
        return "\n".join([f"{type(self).__name__}(", *lines, ")"])


class Compose(_Composed):
    """Applies `transforms` one after the other.

    >>> Compose([abs, lambda x: 10 * x])(-3)
    30
    """

    @property
    def draws(self) -> int:
        return sum(map(draws, self.transforms))

    def changed(self, image: Any, numbers: np.ndarray) -> Any:
        return in_turn(self.transforms, image, numbers)

    def changed_batch(self, images: Any, numbers: np.ndarray) -> Any:
        return in_turn_batch(self.transforms, images, numbers)


class RandomApply(_Composed):
    """Applies all of `transforms`, one after the other, with probability p; otherwise none.

    Raises: ValueError for a p outside [0, 1].

    >>> RandomApply([abs], p=1.0)(-3)
    3
    """

    def __init__(self, transforms: Sequence[Callable], p: float = 0.5) -> None:
        super().__init__(transforms)
        self.p = probability(p, "RandomApply")

    @property
    def draws(self) -> int:
        return 1 + sum(map(draws, self.transforms))

    def changed(self, image: Any, numbers: np.ndarray) -> Any:
        if numbers[0] >= self.p:
            return image
        return in_turn(self.transforms, image, numbers[1:])

    def changed_batch(self, images: Any, numbers: np.ndarray) -> Any:
        rows = numbers[:, 0] < self.p
        return _replaced(self, images, [(rows, self.transforms)], numbers)

    def _options(self) -> list[str]:
        return [] if self.p == 0.5 else [f"p={self.p}"]


class RandomChoice(_Composed):
    """Applies one of `transforms`, chosen with the weights p, or each as likely as the others.

    Raises: ValueError for weights that are negative, sum to 0, or are not one a transform.

    >>> RandomChoice([abs, lambda x: 10 * x], p=[1, 0])(-3)
    3
    """

    def __init__(self, transforms: Sequence[Callable], p: Sequence[float] | None = None) -> None:
        super().__init__(transforms)
        if not transforms:
            raise ValueError("RandomChoice: needs at least one transform, got none")
        weights = [1] * len(transforms) if p is None else list(p)
        fits = len(weights) == len(transforms) and all(is_number(w) and w >= 0 for w in weights)
        if not fits or sum(weights) == 0:
            raise ValueError(f"RandomChoice: p must be a weight >= 0 for each of the "
                             f"{len(transforms)} transforms, and not all of them 0, got {p}")
        self.p = p
        self._ends = np.cumsum(weights) / sum(weights)

    @property
    def draws(self) -> int:
        return 1 + max(map(draws, self.transforms))

    def _chosen(self, numbers: np.ndarray) -> np.ndarray:
        return np.searchsorted(self._ends[:-1], numbers, side="right")

    def changed(self, image: Any, numbers: np.ndarray) -> Any:
        return run(self.transforms[int(self._chosen(numbers[0]))], image, numbers[1:])

    def changed_batch(self, images: Any, numbers: np.ndarray) -> Any:
        chosen = self._chosen(numbers[:, 0])
        return _replaced(self, images, [(chosen == i, [transform]) for i, transform
                                        in enumerate(self.transforms)], numbers)

    def _options(self) -> list[str]:
        return [] if self.p is None else [f"p={self.p}"]


def _replaced(owner: _Composed, images: Any, ways: list[tuple[np.ndarray, Sequence[Callable]]],
              numbers: np.ndarray) -> Any:
    """The images with the chosen rows changed, each set of them by its own transforms."""
    parts, places = [], []
    for rows, transforms in [*ways, (~np.any([rows for rows, _ in ways], axis=0), [])]:
        where = np.flatnonzero(rows)
        if where.size:
            parts.append(in_turn_batch(transforms, images[where], numbers[where, 1:]))
            places.append(where)
    if not parts:
        return images
    kinds = {(type(part), tuple(part.shape[1:]), part.dtype) for part in parts}
    if len(kinds) > 1:
        kind = " and ".join(sorted(f"{k.__name__} {shape} {dtype}" for k, shape, dtype in kinds))
        raise ValueError(f"{type(owner).__name__}: its images have become different, {kind}, which "
                         "make no batch; put what changes type or size outside of it")
    order = np.argsort(np.concatenate(places))
    join = np.concatenate if isinstance(parts[0], np.ndarray) else autograd.cat
    return join(parts)[order]


class Lambda(Constructed):
    """Applies the function `lambd`, sample by sample.

    >>> Lambda(lambda image: image.flatten())(autograd.ones(1, 2, 2)).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda: needs a function, got {type(lambd).__name__}")
        self.lambd = lambd

    def __call__(self, image: Any) -> Any:
        return self.lambd(image)

    def __repr__(self) -> str:
        return f"Lambda({getattr(self.lambd, '__name__', repr(self.lambd))})"
