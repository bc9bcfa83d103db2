"""Random numbers: generators with a seed, and tensors drawn from them.

Reproducible from run to run and machine to machine; the numbers are not PyTorch's.
"""

from __future__ import annotations

import numpy as np

from . import dtypes
from .creation import _finish, _size, _wanted
from .dtypes import as_dtype
from .errors import check_size, describe
from .tensors import Tensor, wrap


class Generator:
    """A source of random numbers with a state of its own (NumPy's PCG64)."""

    def __init__(self, device="cpu") -> None:
        self.manual_seed(67280421310721)

    def manual_seed(self, seed: int) -> Generator:
        """Start again from `seed`; returns the generator."""
        self._seed = int(seed)
        self._numpy: np.random.Generator | None = None
        return self

    @property
    def numpy(self) -> np.random.Generator:
        """The underlying NumPy generator, made at its first use (numpy.random loads slowly)."""
        if self._numpy is None:
            self._numpy = np.random.Generator(np.random.PCG64(self._seed % 2**64))
        return self._numpy

    def seed(self) -> int:
        """Start from a seed that the operating system gives, and return it."""
        fresh = int(np.random.SeedSequence().entropy % 2**63)  # type: ignore[operator]
        self.manual_seed(fresh)
        return fresh

    def initial_seed(self) -> int:
        """The seed it was last started from."""
        return self._seed

    def get_state(self) -> dict:
        """The state, to give to set_state later."""
        return {"seed": self._seed, "state": self.numpy.bit_generator.state}

    def set_state(self, state: dict) -> None:
        """Go back to a state that get_state returned."""
        self.manual_seed(state["seed"])
        self.numpy.bit_generator.state = state["state"]


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Start the default generator from `seed`: everything random that follows is then the same."""
    return default_generator.manual_seed(seed)


def get_rng_state() -> dict:
    """The default generator's state."""
    return default_generator.get_state()


def set_rng_state(state: dict) -> None:
    """Put the default generator back to a state."""
    default_generator.set_state(state)


def numpy_generator(generator: Generator | None = None) -> np.random.Generator:
    """NumPy's generator behind `generator`, or behind the default one."""
    return (generator or default_generator).numpy


def _draw(kind: str, size, dtype, generator) -> np.ndarray:
    """Standard uniform or normal numbers as `dtype`."""
    source = getattr(numpy_generator(generator), kind)
    dtype = _wanted(dtype)
    if dtype.kind != "f":
        raise TypeError(f"random numbers of dtype {dtype} are not defined; use randint")
    if dtype == dtypes.float16:
        return source(size, dtypes.float32).astype(dtype)
    return source(size, dtype)


def rand(*size, generator=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Uniform numbers in [0, 1)."""
    return _finish(np.asarray(_draw("random", _size(size), dtype, generator)), requires_grad,
                   device)


def randn(*size, generator=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Normal numbers of mean 0 and standard deviation 1."""
    return _finish(np.asarray(_draw("standard_normal", _size(size), dtype, generator)),
                   requires_grad, device)


def randint(low, high=None, size=None, *, generator=None, dtype=None, device=None) -> Tensor:
    """Integers in [low, high): `randint(10, (3,))` or `randint(5, 10, (3,))`."""
    if size is None:
        low, high, size = 0, low, high
    if size is None or high <= low:
        raise ValueError(f"randint: low {low} must be below high {high}, and size given")
    wanted = dtypes.int64 if dtype is None else as_dtype(dtype)
    drawn = numpy_generator(generator).integers(low, high, tuple(size))
    return _finish(np.asarray(drawn).astype(wanted), False, device)


def randperm(n: int, *, generator=None, dtype=None, device=None) -> Tensor:
    """The integers 0 ... n - 1 in random order."""
    check_size("randperm", (n,))
    wanted = dtypes.int64 if dtype is None else as_dtype(dtype)
    return _finish(numpy_generator(generator).permutation(n).astype(wanted), False, device)


def rand_like(input, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Uniform numbers in [0, 1) with input's shape and dtype."""
    return rand(input.shape, dtype=dtype or input.dtype, device=device,
                requires_grad=requires_grad)


def randn_like(input, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Standard normal numbers with input's shape and dtype."""
    return randn(input.shape, dtype=dtype or input.dtype, device=device,
                 requires_grad=requires_grad)


def randint_like(input, low, high=None, *, dtype=None, device=None) -> Tensor:
    """Integers in [low, high) with input's shape and dtype."""
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, input.shape, dtype=dtype or input.dtype, device=device)


def normal(mean, std=1.0, size=None, *, generator=None, dtype=None, device=None) -> Tensor:
    """Normal numbers with the given mean and std: tensors that broadcast, or numbers and a size."""
    if isinstance(mean, Tensor) or isinstance(std, Tensor):
        like = (mean + std * 0) if isinstance(mean, Tensor) else std * 0 + mean
        return (randn(like.shape, generator=generator, dtype=dtype or like.dtype) * std + mean
                ).detach()
    if size is None:
        raise TypeError("normal: with numbers as mean and std, size is needed")
    return randn(size, generator=generator, dtype=dtype, device=device) * std + mean


def bernoulli(input: Tensor, p=None, *, generator=None) -> Tensor:
    """Ones with the probability that input (or p, everywhere) gives, else zeros; no gradient."""
    chance = input._array if p is None else np.full(input._array.shape, p)
    if chance.size and not (chance.min() >= 0 and chance.max() <= 1):
        raise ValueError(f"bernoulli: probabilities must lie in [0, 1], got {chance.min()} to "
                         f"{chance.max()}")
    drawn = numpy_generator(generator).random(chance.shape)
    return wrap((drawn < chance).astype(input.dtype))


def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *,
                generator=None) -> Tensor:
    """Indices drawn with probabilities proportional to the weights in each row of input."""
    weights = np.atleast_2d(input._array).astype(np.float64)
    if input._array.ndim not in (1, 2) or not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("multinomial: rows of finite weights >= 0 are needed, got "
                         f"{describe(input)}")
    available = (weights > 0).sum(1).min()
    if available == 0 or (not replacement and num_samples > available):
        raise ValueError(f"multinomial: {num_samples} samples without replacement from "
                         f"{available} weights above 0")
    source = numpy_generator(generator)
    rows = [source.choice(len(row), num_samples, replacement, row / row.sum()) for row in weights]
    drawn = np.stack(rows)
    return wrap(drawn[0] if input._array.ndim == 1 else drawn)


def _fill_method(name: str, draw):
    """An in-place method that overwrites a tensor with random numbers."""
    def fill(self, *args, generator=None, **kwargs):
        return self.copy_(wrap(np.asarray(draw(self, numpy_generator(generator), *args, **kwargs),
                                          self.dtype)))

    fill.__name__ = fill.__qualname__ = name
    return fill


def _uniform(self, source, from_=0.0, to=1.0):
    """Overwrite with uniform numbers in [from_, to)."""
    return source.random(self.shape) * (to - from_) + from_


def _normal(self, source, mean=0.0, std=1.0):
    """Overwrite with normal numbers."""
    return source.standard_normal(self.shape) * std + mean


def _bernoulli(self, source, p=0.5):
    """Overwrite with ones, with probability p, and zeros."""
    return source.random(self.shape) < p


for _name, _function in dict(uniform_=_uniform, normal_=_normal, bernoulli_=_bernoulli).items():
    setattr(Tensor, _name, _fill_method(_name, _function))
