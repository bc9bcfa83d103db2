"""How tensors print: PyTorch's form, NumPy's layout."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes

_PROFILES = {
    "default": dict(precision=4, threshold=1000, edgeitems=3, linewidth=80),
    "short": dict(precision=2, threshold=1000, edgeitems=2, linewidth=80),
    "full": dict(precision=4, threshold=2**62, edgeitems=3, linewidth=80),
}
_options: dict[str, Any] = {**_PROFILES["default"], "sci_mode": None}


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None,
                     sci_mode=None) -> None:
    """Set how tensors print: digits after the point, when to summarise, the line's width, and
    whether to use scientific notation (None: where the values call for it)."""
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"set_printoptions: profile {profile!r}; choose of {list(_PROFILES)}")
        _options.update(_PROFILES[profile])
    given = dict(precision=precision, threshold=threshold, edgeitems=edgeitems,
                 linewidth=linewidth)
    _options.update({name: value for name, value in given.items() if value is not None})
    _options["sci_mode"] = sci_mode


def format_tensor(array: np.ndarray, suffix: str, name: str = "tensor") -> str:
    """`tensor([...], <suffix>)` with dtype where it is not what the values alone would give."""
    parts = [_format_values(array, len(name) + 1)]
    if array.size == 0 and array.shape != (0,):
        parts.append(f"size={tuple(array.shape)}")
    default = dtypes.get_default_dtype()
    usual = (default, dtypes.COMPLEX[default is dtypes.float64], dtypes.int64, dtypes.bool_)
    if array.dtype not in usual or (
        array.size == 0 and array.dtype != default
    ):
        parts.append(f"dtype={array.dtype}")
    if suffix:
        parts.append(suffix)
    return f"{name}({', '.join(parts)})"


def _format_values(array: np.ndarray, indent: int) -> str:
    if array.size == 0:
        return "[]"
    style: dict = dict(
        threshold=_options["threshold"], edgeitems=_options["edgeitems"],
        max_line_width=_options["linewidth"], prefix=" " * indent, separator=", ",
    )
    if array.dtype.kind == "f":
        style["formatter"] = {"float_kind": _float_format(array)}
    elif array.dtype.kind == "c":
        style["formatter"] = {"complex_kind": _complex_format(array)}
    elif array.dtype.kind == "b":
        width = 4 if array.all() else 5
        style["formatter"] = {"bool": lambda value: str(value).rjust(width)}
    return np.array2string(array, **style)


def _complex_format(array: np.ndarray):
    """The same for complex numbers: both parts as floats are."""
    real, imag = _float_format(array.real), _float_format(np.abs(array.imag))
    return lambda value: (real(value.real).strip() + "-+"[not np.signbit(value.imag)]
                          + imag(abs(value.imag)).strip() + "j")


def _float_format(array: np.ndarray):
    """A function that formats one number so that all of the array's line up."""
    values = np.abs(array[np.isfinite(array)].astype(np.float64))
    precision = _options["precision"]
    nonzero = values[values > 0]
    scientific = _options["sci_mode"]
    if scientific is None:
        scientific = nonzero.size > 0 and (
            nonzero.max() >= 1e8 or nonzero.min() < 1e-4 or nonzero.max() / nonzero.min() > 1e8
        )
    if scientific:
        def one(value):
            return f"{value:.{precision}e}"
    elif nonzero.size == 0 or (np.all(values == np.floor(values))):
        def one(value):
            return f"{value:.0f}." if np.isfinite(value) else f"{value}"
    else:
        def one(value):
            return f"{value:.{precision}f}"
    shown = array if array.size <= _options["threshold"] else array.reshape(-1)[:1000]
    width = max(len(one(value)) for value in shown.reshape(-1))
    return lambda value: one(value).rjust(width)
