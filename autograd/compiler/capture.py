"""What a call launches, found by making it.

A kernel's wrapper does three things: it makes plans, which depend on shapes alone, it takes memory,
and it launches.  So a call is made on arrays of random numbers while its launches are noted; then
the launches are replayed on other numbers, in memory that holds NaN, and have to give to the last
bit what the call itself gives for these.  What NumPy computes between launches is found out by
that, and such calls stay calls.  What no numbers of that kind bring about, a kernel that raises a
flag or a rule that looks at its operands, must be known: `CAPTURED` and `_FLAGS`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

import numpy as np

from ..kernels.compiled import background
from ..kernels.compiled.launch import launch
from ..kernels.compiled.norm_sums import NOTED
from ..kernels.thresholds import LEAST
from .planning import base_of
from .program import Call, Value
from .sweeps import contiguous

# Ops whose forward and rules look at no numbers, but for what their kernels flag.
_CAPTURED = (
    "convolution convolution_input_grad convolution_weight_grad convolution_bias_grad max_pool "
    "max_pool_grad avg_pool avg_pool_grad _standardize standardize_grad _attend drop softmax "
    "softmax_grad log_softmax log_softmax_grad gelu _silu _elu softplus _mish _hardswish "
    "_hardsigmoid _clip _clamp_above _clamp_below _threshold _leaky_relu softsign logsigmoid "
    "tanhshrink relu sin cos erf log1p expm1 rsqrt tanh sigmoid exp log where cat stack split "
    "unbind clone _flatten reshape transpose permute add sub mul true_divide neg square sqrt "
    "reciprocal abs maximum minimum expand")
CAPTURED = frozenset(_CAPTURED.split())
GRADIENT = "the gradient of "  # before the name of an op, in calls that are its rules

_NORM = ("norm", "norm_rows", "norm_columns")
_PURE = frozenset(("attention", "attention_grad", "conv", "conv_depthwise", "conv_weight", "copies",
                   "dropout", "elementwise", "pool", "pool_max", "softmax", "softmax_columns",
                   "winograd", "winograd_outliers", "resample", *_NORM))
_WORKSPACE = 1 << 12  # bytes from which an array of floats may be memory that kernels fill


class Captured:
    """The launches of a call: (kernel, one, arrays, parallel), and what its arrays are.

    `inputs` are (value, array), `results` (value, array); `marks` are (array, place, value) for
    integers that are drawn anew at each replay; `rooms` are arrays that only launches fill.
    Where `row_major`, the launches are those for copies of inputs that are laid out otherwise.
    """

    def __init__(self, call: Call, row_major: bool) -> None:
        self.call, self.row_major = call, row_major
        self.launches: list[tuple] = []
        self.inputs: dict[int, _Input] = {}
        self.keys: dict[int, tuple[Value, int]] = {}
        self.marks: list[tuple[np.ndarray, int, Value]] = []
        self.results: list[tuple[Value, np.ndarray]] = []
        self.rooms: list[np.ndarray] = []

    def arguments(self, array_of) -> tuple[list, dict]:
        """The call's arguments, with what `array_of(value)` gives for its values."""
        return _filled(list(self.call.args), array_of), _filled(self.call.kwargs, array_of)

    def _make(self) -> Any:
        args, kwargs = self.arguments(self._own)
        return self.call.function(*args, **kwargs)

    def _own(self, value: Value):
        if value.is_array:
            if value.number not in self.inputs:
                self.inputs[value.number] = _Input(value, self.row_major)
            return self.inputs[value.number].array
        if value.source != "random_key":
            raise NotCapturedError
        return self.keys.setdefault(value.number, (value, 0))[1]

    def _refill(self, turn: int) -> None:
        rng = np.random.default_rng(turn)
        for each in self.inputs.values():
            each.fill(rng, turn)
        for number, (value, _) in self.keys.items():
            self.keys[number] = value, int(rng.integers(1 << 62, 1 << 63))

    def take(self) -> None:
        """Make the call, and check what was noted."""
        self.arguments(self._own)
        self._refill(0)
        with _noted(self.launches):
            made = self._make()
        self.results = [(value, at_path(made, path)) for path, value in self.call.results]
        for value, array in self.results:
            if not isinstance(array, np.ndarray) or (array.shape, array.dtype, array.strides) != (
                    value.shape, value.dtype, value.strides):
                raise NotCapturedError
        self._mark()
        self._check()

    def _mark(self) -> None:
        """Find the keys among the arrays, which become the capture's own."""
        for value, key in self.keys.values():
            found = {id(array): array for _, _, arrays, _ in self.launches for array in arrays
                     if isinstance(array, np.ndarray) and array.dtype == np.uint64
                     and (array == key).any()}
            for array in found.values():
                own = array.copy()
                self.marks.append((own, int(np.flatnonzero(array == key)[0]), value))
                self.launches = [(kernel, one, tuple([own if a is array else a for a in arrays]),
                                  parallel) for kernel, one, arrays, parallel in self.launches]

    def _check(self) -> None:
        """Compare a replay on other numbers with the call itself."""
        self._refill(1)
        made = self._make()
        expected = [_digest(at_path(made, path)) for path, _ in self.call.results]
        del made
        owned = [each.memory for each in self.inputs.values()]
        written = [array for _, array in self.results if not _inside(array, owned)]
        others = {id(owner): owner for _, _, arrays, _ in self.launches for array in arrays
                  if isinstance(array, np.ndarray) for owner in (base_of(array),)
                  if not any(owner is memory for memory in owned)}
        results = {id(base_of(array)) for array in written}
        results |= {id(base_of(flag)) for kernel, _, arrays, _ in self.launches
                    for flag in (flag_of(kernel, arrays),) if flag is not None}
        rooms = [owner for key, owner in others.items() if key not in results
                 and owner.nbytes >= _WORKSPACE and owner.dtype.kind == "f"
                 and owner.flags.writeable]
        for self.rooms in (rooms, []):
            if self._replays([*map(base_of, written), *self.rooms], expected):
                return
        raise NotCapturedError

    def _replays(self, poisoned: list, expected: list) -> bool:
        for array in poisoned:
            array.view(np.uint8).reshape(-1)[:] = 0xFF if array.dtype.kind == "f" else 0
        for array, place, value in self.marks:
            array[place] = self.keys[value.number][1]
        for kernel, one, arrays, parallel in self.launches:
            launch(kernel, one, arrays, parallel)
        return [_digest(array) for _, array in self.results] == expected


class NotCapturedError(Exception):
    """The call is more than launches."""


class _Input:
    """An array laid out as a value is, with numbers of its kind."""

    def __init__(self, value: Value, row_major: bool) -> None:
        flat = contiguous(value.shape, value.dtype.itemsize)
        strides = flat if row_major else value.strides
        if min(strides, default=0) < 0 or value.dtype.kind not in "fiub":
            raise NotCapturedError
        self.value, self.copied = value, row_major and value.strides != flat
        last = sum((n - 1) * step for n, step in zip(value.shape, strides, strict=True))
        count = 0 if 0 in value.shape else last // value.dtype.itemsize + 1
        self.memory = np.zeros(max(count, 1), value.dtype)
        self.array = np.ndarray(value.shape, value.dtype, self.memory, 0, strides)

    def fill(self, rng: np.random.Generator, turn: int) -> None:
        """Floats between 0 and 1; truths and integers, which may be places, are 0, then 1."""
        kind = self.memory.dtype.kind
        self.memory[:] = rng.random(self.memory.size) if kind == "f" else turn


def captured(call: Call) -> Captured | None:
    """The launches of a call; None where it is more than that, or may be."""
    name = call.name.removeprefix(GRADIENT)
    if name not in CAPTURED or call.effect or call.barrier or call.writes:
        return None
    scattered = any(value.is_array and value.strides != contiguous(
        value.shape, value.dtype.itemsize) for value in call.reads())
    for row_major in (False, True)[:1 + scattered]:
        found = Captured(call, row_major)
        try:
            with background.waiting(), _kernels_alone():
                found.take()
        except Exception:  # whatever it is, the call itself will say so
            continue
        return found
    return None


def flag_of(kernel, arrays: tuple) -> np.ndarray | None:
    """The part of a launch's arrays in which its kernel says that Python must do the call."""
    if kernel.__name__ in ("_cross_entropy", "_cross_entropy_grad"):
        return arrays[-1][1:2]
    if kernel.__name__ == "stand_out":
        return arrays[1]
    if module_of(kernel) in _NORM and kernel.__name__ != "_collect":
        return arrays[4][NOTED:NOTED + 1]
    return None


def module_of(kernel) -> str:
    """The name of the file that a kernel is written in."""
    return kernel.py_func.__module__.rpartition(".")[2]


def _digest(array: np.ndarray) -> bytes:
    """A fingerprint of an array, which takes no memory."""
    return blake2b(np.ascontiguousarray(array).data).digest()


def _inside(array: np.ndarray, owned: list) -> bool:
    return any(base_of(array) is memory for memory in owned)


def at_path(made, path: tuple):
    for step in path:
        made = made[step] if isinstance(step, int) else getattr(made, step)
    return made


def _filled(template, array_of):
    """A template of arguments with arrays in the place of values."""
    kind = template.__class__
    if kind is Value:
        return array_of(template)
    if kind is tuple or kind is list:
        return kind([_filled(part, array_of) for part in template])
    if kind is dict:
        return {name: _filled(part, array_of) for name, part in template.items()}
    if isinstance(template, (slice, tuple)) or hasattr(template, "value"):
        raise NotCapturedError
    return template


@contextmanager
def _kernels_alone() -> Iterator[None]:
    """A time in which kernels answer for small arrays, too: Python's share of a call is gone."""
    before = dict(LEAST)
    LEAST.update(dict.fromkeys(before, 0))
    try:
        yield
    finally:
        LEAST.update(before)


@contextmanager
def _noted(launches: list) -> Iterator[None]:
    """The time in which this thread's launches go into the list, too."""
    thread = threading.get_ident()

    def note(kernel, one, arrays, parallel):
        if threading.get_ident() == thread:
            if module_of(kernel) not in _PURE:
                raise NotCapturedError
            launches.append((kernel, one, arrays, parallel))
        launch(kernel, one, arrays, parallel)

    modules = [module for name, module in list(sys.modules.items())
               if name.startswith("autograd.kernels.compiled.")
               and vars(module).get("launch") is launch]
    for module in modules:
        module.launch = note  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in modules:
            module.launch = launch  # type: ignore[attr-defined]
