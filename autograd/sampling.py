"""Random numbers: generators with a seed, and tensors drawn from them.

Reproducible from run to run and machine to machine; the numbers are not PyTorch's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from operator import index as as_index

import numpy as np

from . import dtypes
from .boundary import guarded
from .complexes import reals
from .creation import _finish, _number, _shape, _sizes, _wanted
from .errors import describe
from .inplace import make_replacing
from .metadata import check_format
from .metadata import device as only_device
from .quiet import quiet
from .replayed import replayed
from .tensors import Tensor, wrap
from .weighted import drawn_again, drawn_once


class Generator:
    """A source of random numbers with a state of its own (NumPy's PCG64)."""

    def __init__(self, device="cpu") -> None:
        only_device(device)
        self.manual_seed(67280421310721)

    @replayed
    def manual_seed(self, seed: int) -> Generator:
        """Start again from `seed`, of 64 bits with or without a sign; returns the generator."""
        self._seed = _seed(seed)
        self._numpy: np.random.Generator | None = None
        return self

    @property
    def numpy(self) -> np.random.Generator:
        """The underlying NumPy generator, made at its first use (numpy.random loads slowly)."""
        if self._numpy is None:
            self._numpy = np.random.Generator(np.random.PCG64(self._seed))
        return self._numpy

    @replayed
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

    @replayed
    def set_state(self, state: dict) -> None:
        """Go back to a state that get_state returned."""
        source = np.random.Generator(np.random.PCG64(0))
        try:
            seed, source.bit_generator.state = _seed(state["seed"]), state["state"]
        except (TypeError, KeyError, ValueError, OverflowError) as error:
            raise ValueError("set_state: what get_state returned is needed, got "
                             f"{describe(state)} ({error})") from None
        self._seed, self._numpy = seed, source


def _seed(seed) -> int:
    number = _integer("manual_seed", "seed", seed)
    if not -(2**63) <= number < 2**64:
        raise ValueError(f"manual_seed: seed must lie between -2**63 and 2**64 - 1, got {number}")
    return number % 2**64


def _integer(name: str, what: str, value) -> int:
    try:
        return as_index(value)
    except TypeError:
        raise TypeError(f"{name}: {what} must be an integer, got {describe(value)}") from None


# What the default generator is where a context has put another in its place.
stand_in: ContextVar[Generator | None] = ContextVar("autograd_stand_in", default=None)


def _of_the_present(name: str) -> property:
    """An attribute of the generator that stands in, or else of the default one itself."""
    return property(lambda self: getattr(stand_in.get() or self._own, name),
                    lambda self, value: setattr(stand_in.get() or self._own, name, value))


class _Default(Generator):
    """The generator of whoever names none."""

    _seed, _numpy = _of_the_present("_seed"), _of_the_present("_numpy")

    def __init__(self) -> None:
        self._own = Generator()

    @property
    def numpy(self) -> np.random.Generator:
        """NumPy's generator behind the one that is used at present."""
        return (stand_in.get() or self._own).numpy


default_generator: Generator = _Default()


def manual_seed(seed: int) -> Generator:
    """Start the default generator from `seed`: everything random that follows is then the same."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Start the default generator from a seed that the operating system gives, and return it."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator was last started from."""
    return default_generator.initial_seed()


@contextmanager
def fork_rng(devices=(), enabled: bool = True) -> Iterator[None]:
    """`with random.fork_rng():` what is drawn inside leaves the default generator as it was."""
    before = default_generator.get_state() if enabled else None
    try:
        yield
    finally:
        if before is not None:
            default_generator.set_state(before)


def get_rng_state() -> dict:
    """The default generator's state."""
    return default_generator.get_state()


def set_rng_state(state: dict) -> None:
    """Put the default generator back to a state."""
    default_generator.set_state(state)


def numpy_generator(generator: Generator | None, name: str) -> np.random.Generator:
    """NumPy's generator behind `generator`, or behind the default one; `name` is who asks."""
    if generator is None:
        return default_generator.numpy
    if not isinstance(generator, Generator):
        raise TypeError(f"{name}: generator must be an autograd.Generator, got "
                        f"{describe(generator)}; make one with autograd.Generator()")
    return generator.numpy


def _float(name: str, dtype, out=None) -> np.dtype:
    dtype = _wanted(dtype, out)
    if dtype.kind != "f":
        instead = "rand and randn draw them" if dtype.kind == "c" else "use randint"
        raise TypeError(f"{name}: random numbers of dtype {dtype} are not defined; {instead}")
    return dtype


def _drawn(name: str, sizes, size, dtype, out, draw) -> np.ndarray:
    """What `draw(shape, dtype)` draws; of complex numbers, the real and the imaginary parts."""
    shape, wanted = _sizes(name, sizes, size), _wanted(dtype, out)
    if wanted.kind == "c":
        return draw((*shape, 2), dtypes.real_of(wanted)).view(wanted)[..., 0]
    return np.asarray(draw(shape, _float(name, wanted)), wanted)


def rand(*sizes, size=None, generator=None, out=None, dtype=None, device=None,
         requires_grad=False) -> Tensor:
    """Uniform numbers in [0, 1); of complex numbers, both parts."""
    source = numpy_generator(generator, "rand")

    def draw(shape, wanted):
        if wanted == dtypes.float16:  # 11 bits: a rounded float32 would reach 1
            return source.integers(0, 2**11, shape, np.uint16) * np.float32(2**-11)
        return source.random(shape, wanted)

    drawn = _drawn("rand", sizes, size, dtype, out, draw)
    return _finish("rand", drawn, requires_grad, device, out)


def randn(*sizes, size=None, generator=None, out=None, dtype=None, device=None,
          requires_grad=False) -> Tensor:
    """Normal numbers of mean 0 and variance 1; of complex numbers, half of it in either part."""
    source = numpy_generator(generator, "randn")

    def draw(shape, wanted):
        return source.standard_normal(
            shape, dtypes.float32 if wanted == dtypes.float16 else wanted)

    drawn = _drawn("randn", sizes, size, dtype, out, draw)
    if drawn.dtype.kind == "c":
        drawn *= drawn.dtype.type(0.5**0.5)
    return _finish("randn", drawn, requires_grad, device, out)


def randint(low=0, high=None, size=None, *, generator=None, out=None, dtype=None,
            device=None) -> Tensor:
    """Integers in [low, high): `randint(10, (3,))` or `randint(5, 10, (3,))`."""
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if size is None:
        raise TypeError("randint: size is needed, as in randint(10, (3,)) or randint(5, 10, (3,))")
    low, high = (_integer("randint", "a bound", bound) for bound in (low, high))
    if high <= low:
        raise ValueError(f"randint: low {low} must be below high {high}")
    wanted = dtypes.int64 if dtype is None and out is None else _wanted(dtype, out)
    _check_range("randint", low, high - 1, wanted)
    drawn = numpy_generator(generator, "randint").integers(low, high, _shape("randint", size))
    return _finish("randint", np.asarray(drawn).astype(wanted), False, device, out)


def randperm(n: int, *, generator=None, out=None, dtype=None, device=None) -> Tensor:
    """The integers 0 ... n - 1 in random order."""
    count, = _shape("randperm", (n,))
    wanted = dtypes.int64 if dtype is None and out is None else _wanted(dtype, out)
    _check_range("randperm", 0, max(count - 1, 0), wanted)
    drawn = numpy_generator(generator, "randperm").permutation(count)
    return _finish("randperm", drawn.astype(wanted), False, device, out)


def _check_range(name: str, low: int, high: int, dtype: np.dtype) -> None:
    """Raise where dtype does not have every integer from low to high."""
    if dtype.kind == "f":
        first, last = -(2 ** (np.finfo(dtype).nmant + 1)), 2 ** (np.finfo(dtype).nmant + 1)
    elif dtype.kind == "b":
        first, last = 0, 1
    else:
        first, last = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    if low < first or high > last:
        raise ValueError(f"{name}: integers from {low} to {high} do not fit {dtype}, which has "
                         f"those from {first} to {last}")


def rand_like(input, *, dtype=None, device=None, requires_grad=False,
              memory_format=None) -> Tensor:
    """Uniform numbers in [0, 1) with input's shape and dtype."""
    check_format("rand_like", memory_format)
    return rand(input.shape, dtype=dtype or input.dtype, device=device,
                requires_grad=requires_grad)


def randn_like(input, *, dtype=None, device=None, requires_grad=False,
               memory_format=None) -> Tensor:
    """Standard normal numbers with input's shape and dtype."""
    check_format("randn_like", memory_format)
    return randn(input.shape, dtype=dtype or input.dtype, device=device,
                 requires_grad=requires_grad)


def randint_like(input, low, high=None, *, dtype=None, device=None) -> Tensor:
    """Integers in [low, high) with input's shape and dtype."""
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, input.shape, dtype=dtype or input.dtype, device=device)


@guarded
def normal(mean, std=1.0, size=None, *, generator=None, dtype=None, device=None) -> Tensor:
    """Normal numbers with the given mean and std: tensors that broadcast, or numbers and a size."""
    _check_std("normal", std)
    if isinstance(mean, Tensor) or isinstance(std, Tensor):
        if size is not None:
            raise TypeError("normal: tensors as mean or std decide the size; leave size out")
        like = (mean + std * 0) if isinstance(mean, Tensor) else std * 0 + mean
        return (randn(like.shape, generator=generator, dtype=dtype or like.dtype) * std + mean
                ).detach()
    if size is None:
        raise TypeError("normal: with numbers as mean and std, size is needed")
    return randn(size, generator=generator, dtype=dtype, device=device) * std + mean


def _check_std(name: str, std) -> None:
    deviations = np.asarray(std._array if isinstance(std, Tensor) else std)
    wrong = deviations[~(deviations >= 0)]
    if wrong.size:
        raise ValueError(f"{name}: std must not be negative, got {wrong.flat[0]}")


@guarded
def bernoulli(input: Tensor, p=None, *, generator=None) -> Tensor:
    """Ones with the probability that input (or p, everywhere) gives, else zeros; no gradient.

    >>> autograd.tensor([0.0, 1.0]).bernoulli()
    tensor([0., 1.])
    """
    if p is None and input.dtype.kind != "f":
        raise TypeError("bernoulli: probabilities of a floating dtype are needed, got "
                        f"{describe(input)}")
    drawn = _flip("bernoulli", input, numpy_generator(generator, "bernoulli"),
                  input if p is None else p)
    return wrap(drawn.astype(input.dtype))


def _flip(name: str, like: Tensor, source, p) -> np.ndarray:
    """Whether each of the numbers drawn in the shape of `like` is below p."""
    chance = np.asarray(p._array if isinstance(p, Tensor) else p)
    wrong = chance[~((chance >= 0) & (chance <= 1))]
    if wrong.size:
        raise ValueError(f"{name}: probabilities must lie in [0, 1], got {wrong.flat[0]}")
    return np.asarray(source.random(like.shape) < np.broadcast_to(chance, like.shape))


@guarded
def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *,
                generator=None) -> Tensor:
    """Indices drawn with probabilities proportional to the weights in each row of input."""
    count = _integer("multinomial", "num_samples", num_samples)
    weights = np.atleast_2d(input._array).astype(np.float64)
    if input._array.ndim not in (1, 2) or count <= 0:
        raise ValueError("multinomial: a row or rows of weights and at least 1 sample are needed, "
                         f"got {describe(input)} and {count} samples")
    wrong = weights[~(np.isfinite(weights) & (weights >= 0))]
    if wrong.size:
        raise ValueError(f"multinomial: rows of finite weights >= 0 are needed, got {wrong[0]}")
    available = np.count_nonzero(weights, 1).min(initial=max(count, weights.shape[1]))
    if available == 0:
        raise ValueError(f"multinomial: the {weights.shape[1]} weights of a row sum to 0")
    if not replacement and count > available:
        raise ValueError(f"multinomial: {count} samples without replacement from {available} "
                         "weights above 0")
    source = numpy_generator(generator, "multinomial")
    draw = drawn_again if replacement and count > 1 else drawn_once
    drawn = draw(weights, count, source) if len(weights) else np.empty((0, count), np.int64)
    return wrap(drawn[0] if input._array.ndim == 1 else drawn)


_rounded = quiet(np.asarray)


def _fill_method(name: str, draw):
    """An in-place method that overwrites a tensor with random numbers."""
    def filled(self, *args, generator=None, **kwargs):
        drawn = draw(self, numpy_generator(generator, name + "_"), *args, **kwargs)
        parts = reals(self)
        if np.iscomplexobj(drawn) or self.is_complex() and np.shape(drawn) != parts.shape:
            raise TypeError(f"{name}_: real numbers are needed, got {describe(self)} and {args}")
        drawn = _rounded(drawn, parts.dtype)
        return wrap(drawn.view(self.dtype)[..., 0] if self.is_complex() else drawn)

    filled.__doc__ = draw.__doc__
    return make_replacing(name + "_", filled)


def _uniform(self, source, from_=0.0, to=1.0):
    """Overwrite with uniform numbers in [from_, to); of complex numbers, both parts."""
    parts = reals(self)
    from_, to = _number("uniform_", "from_", from_), _number("uniform_", "to", to)
    limit = float(np.finfo(_float("uniform_", parts.dtype)).max)
    if not (-limit <= from_ <= to <= limit and to - from_ <= limit):
        raise ValueError(f"uniform_: from_ must not be above to, and both and their distance must "
                         f"fit {parts.dtype}, got from_={from_} and to={to}")
    drawn = np.asarray(source.random(parts.shape) * (to - from_) + from_, parts.dtype)
    low, high = parts.dtype.type(from_), parts.dtype.type(to)
    return np.minimum(drawn, np.nextafter(high, low))  # rounding reaches the upper bound


def _normal(self, source, mean=0.0, std=1.0):
    """Overwrite with normal numbers; of complex ones both parts have this mean, and half of the
    variance each."""
    parts = reals(self)
    _float("normal_", parts.dtype)
    _check_std("normal_", std)
    spread = std * 0.5**0.5 if self.is_complex() else std
    return source.standard_normal(parts.shape) * spread + mean


def _bernoulli(self, source, p=0.5):
    """Overwrite with ones, with probability p, and zeros."""
    return _flip("bernoulli_", self, source, p)


for _name, _function in dict(uniform=_uniform, normal=_normal, bernoulli=_bernoulli).items():
    setattr(Tensor, _name + "_", _fill_method(_name, _function))
for _name in ("bernoulli", "multinomial"):
    setattr(Tensor, _name, globals()[_name])
