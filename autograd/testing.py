"""Comparing results in tests: what `torch.testing` is to PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .creation import as_tensor
from .dtypes import real_of
from .errors import check_switches, describe
from .tensors import Tensor

__all__ = ["assert_close"]

_NUMBERS = (bool, int, float, complex)
_TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}


def assert_close(actual: Any, expected: Any, *, allow_subclasses: bool = True,
                 rtol: float | None = None, atol: float | None = None, equal_nan: bool = False,
                 check_device: bool = True, check_dtype: bool = True, check_layout: bool = True,
                 check_stride: bool = False, msg: str | Callable[[str], str] | None = None) -> None:
    """Raise unless |actual - expected| ≤ atol + rtol |expected| for each element: of tensors,
    arrays and numbers, and of sequences and mappings of them.

    rtol and atol are given both or neither; then they go by the dtype: 1.3e-6 and 1e-5 for float32,
    1e-7 for float64, 1e-3 and 1e-5 for float16, and 0 for what is no float.
    Raises: AssertionError, with the largest difference; `msg` is put in its place, or makes it.

    >>> autograd.testing.assert_close(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 2.0]))
    """
    check_switches("assert_close", equal_nan=equal_nan, check_dtype=check_dtype,
                   check_stride=check_stride)
    if (rtol is None) != (atol is None):
        raise ValueError("assert_close: rtol and atol must both be given, or neither, got "
                         f"rtol={rtol} and atol={atol}")
    for where, a, b in _pairs(actual, expected, ""):
        wrong = _wrong(a, b, rtol, atol, equal_nan, check_dtype, check_stride)
        if wrong:
            text = wrong + (f"\n\nThis was the item {where}." if where else "")
            raise AssertionError(msg(text) if callable(msg) else msg or text)


def _pairs(actual: Any, expected: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    """The numbers to compare, and where they are in sequences and mappings."""
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        if actual.keys() != expected.keys():
            raise AssertionError(f"The keys of the mappings do not match: {list(actual)} and "
                                 f"{list(expected)}")
        for key in expected:
            yield from _pairs(actual[key], expected[key], f"{where}[{key!r}]")
    elif _is_sequence(actual) and _is_sequence(expected):
        if len(actual) != len(expected):
            raise AssertionError(f"The length of the sequences mismatch: {len(actual)} != "
                                 f"{len(expected)}")
        for i, (a, b) in enumerate(zip(actual, expected, strict=True)):
            yield from _pairs(a, b, f"{where}[{i}]")
    else:
        yield where, actual, expected


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _wrong(actual: Any, expected: Any, rtol, atol, equal_nan: bool, check_dtype: bool,
           check_stride: bool) -> str:
    """What does not match of two tensors, arrays or numbers; empty where they are close."""
    pair = actual, expected
    if not all(isinstance(value, (Tensor, np.ndarray, np.generic, *_NUMBERS)) for value in pair):
        raise TypeError(f"assert_close: tensors, arrays or numbers are needed, got "
                        f"{describe(actual)} and {describe(expected)}")
    if all(isinstance(value, _NUMBERS) for value in pair):
        pair = np.asarray(actual), np.asarray(expected)  # whose floats are float64
    a, b = (x.detach() if isinstance(x, Tensor) else as_tensor(np.asarray(x) if isinstance(
        x, np.generic) else x) for x in pair)
    if a.shape != b.shape:
        return f"The values for attribute 'shape' do not match: {a.shape} != {b.shape}."
    if check_dtype and a.dtype != b.dtype:
        return f"The values for attribute 'dtype' do not match: {a.dtype} != {b.dtype}."
    if check_stride and a.stride() != b.stride():
        return f"The values for attribute 'stride()' do not match: {a.stride()} != {b.stride()}."
    if rtol is None:
        each = [_TOLERANCES.get(real_of(x.dtype).name, (0.0, 0.0)) for x in (a, b)]
        rtol, atol = (max(kind) for kind in zip(*each, strict=True))
    return _apart(a, b, rtol, atol, equal_nan)


def _apart(a: Tensor, b: Tensor, rtol: float, atol: float, equal_nan: bool) -> str:
    """How many elements are too far apart, and how far."""
    wide = np.promote_types(a.dtype, b.dtype)
    x, y = (t.numpy().astype({"f": np.float64, "c": np.complex128}.get(wide.kind, wide))
            for t in (a, b))
    close = np.isclose(x, y, rtol, atol, equal_nan)
    if close.all():
        return ""
    with np.errstate(invalid="ignore", divide="ignore"):
        away = np.abs(x - y) if wide.kind == "c" else (
            np.abs(x.astype(np.float64) - y.astype(np.float64)))
        share = away / np.abs(y)
    away, share = (np.where(close, 0.0, np.nan_to_num(x, nan=np.inf)) for x in (away, share))
    if not x.ndim:
        return (f"Scalars are not {'close' if rtol or atol else 'equal'}!\n\nExpected {y} but got "
                f"{x}.\nAbsolute difference: {away} (up to {atol} allowed)\n"
                f"Relative difference: {share} (up to {rtol} allowed)")
    count, first = int((~close).sum()), np.unravel_index(int(np.argmax(away)), away.shape)
    second = np.unravel_index(int(np.argmax(share)), share.shape)
    return (f"Tensor-likes are not {'close' if rtol or atol else 'equal'}!\n\n"
            f"Mismatched elements: {count} / {x.size} ({count / x.size:.1%})\n"
            f"Greatest absolute difference: {away[first]} at index {tuple(map(int, first))} "
            f"(up to {atol} allowed)\n"
            f"Greatest relative difference: {share[second]} at index {tuple(map(int, second))} "
            f"(up to {rtol} allowed)")
