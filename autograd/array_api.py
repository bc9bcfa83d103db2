"""The functions of the Array API standard on Tensors, by its names and arguments: what
`tensor.__array_namespace__()` gives to programs that compute with any library's arrays.

Most are NumPy's, which follows the standard and of a Tensor asks for its op, so they have
gradients.  Complex numbers and `fft` are not among them.
Reference: https://data-apis.org/array-api/2024.12
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

import autograd
from autograd.errors import describe
from autograd.lazy import complete
from autograd.metadata import CPU
from autograd.tensors import Tensor

__array_api_version__ = "2024.12"

_OURS = """
    asarray bool can_cast e empty_like eye finfo float32 float64 from_dlpack full full_like iinfo
    inf int16 int32 int64 int8 linalg nan newaxis ones_like pi uint8 zeros_like
"""
_NUMPYS = """
    abs acos acosh add all any argmax argmin asin asinh atan atan2 atanh bitwise_and bitwise_invert
    bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor broadcast_arrays broadcast_to ceil
    clip concat copysign cos cosh count_nonzero cumulative_prod cumulative_sum diff divide equal exp
    expand_dims expm1 flip floor floor_divide greater greater_equal hypot isdtype isfinite isinf
    isnan less less_equal log log10 log1p log2 logaddexp logical_and logical_not logical_or
    logical_xor matmul matrix_transpose max maximum mean meshgrid min minimum moveaxis multiply
    negative nextafter nonzero not_equal permute_dims positive pow prod reciprocal remainder repeat
    reshape result_type roll round searchsorted sign signbit sin sinh sqrt square squeeze stack std
    subtract sum take take_along_axis tan tanh tensordot tile tril triu trunc unique_all
    unique_counts unique_inverse unique_values unstack var where
"""


def _tensors(found: Any) -> Any:
    """What NumPy gave, with Tensors in place of its arrays."""
    if isinstance(found, (np.ndarray, np.generic)):
        return autograd.as_tensor(np.asarray(found))
    if isinstance(found, (list, tuple)):
        parts = [_tensors(part) for part in found]
        return type(found)(*parts) if hasattr(found, "_fields") else tuple(parts)
    return found


def _of_numpy(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    @wraps(function)
    def apply(*args: Any, **kwargs: Any) -> Any:
        return _tensors(function(*args, **kwargs))

    return apply


globals().update({name: getattr(autograd, name) for name in _OURS.split()})
globals().update({name: _of_numpy(name) for name in _NUMPYS.split()})


def arange(start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None,
           device: Any = None) -> Tensor:
    """start, start + step, ... below stop."""
    start, stop = (0, start) if stop is None else (start, stop)
    if step and (stop - start) / step < 0:  # which the standard lets be
        stop = start
    return autograd.arange(start, stop, step, dtype=dtype, device=device)


def linspace(start: Any, stop: Any, /, num: int, *, dtype: Any = None, device: Any = None,
             endpoint: bool = True) -> Tensor:
    """`num` equally spaced numbers from start to stop, which is among them if `endpoint`."""
    made = autograd.linspace(start, stop, num + (not endpoint), dtype=dtype, device=device)
    return made if endpoint else made[:-1].clone()


def empty(shape: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor whose elements are whatever the memory held."""
    return autograd.empty(shape, dtype=dtype, device=device)


def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor of zeros."""
    return autograd.zeros(shape, dtype=dtype, device=device)


def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor of ones."""
    return autograd.ones(shape, dtype=dtype, device=device)


def astype(x: Tensor, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Tensor:
    """x as another dtype; itself where that is its own and `copy` is False."""
    return x.to(dtype, device=device, copy=copy)


def sort(x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """The elements in order along an axis."""
    return autograd.sort(x, axis, descending, stable=stable).values


def argsort(x: Tensor, /, *, axis: int = -1, descending: bool = False,
            stable: bool = True) -> Tensor:
    """The places of the elements in order along an axis."""
    return autograd.sort(x, axis, descending, stable=stable).indices


def vecdot(x1: Tensor, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """Σ x1 x2 along an axis."""
    return autograd.linalg.vecdot(x1, x2, dim=axis)


class _Info:
    """What the namespace offers."""

    def capabilities(self) -> dict[str, Any]:
        """Shapes may depend on numbers, indices may be truths, dimensions are as NumPy's."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> Any:
        """The CPU."""
        return CPU

    def devices(self) -> list[Any]:
        """The CPU."""
        return [CPU]

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """The dtypes of what is made without naming one."""
        return {"real floating": autograd.get_default_dtype(), "integral": autograd.int64,
                "indexing": autograd.int64}

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        """The dtypes of a kind, or of several, by name."""
        kinds = {"bool": ["bool"], "signed integer": ["int8", "int16", "int32", "int64"],
                 "unsigned integer": ["uint8"], "real floating": ["float32", "float64"],
                 "complex floating": []}
        kinds["integral"] = kinds["signed integer"] + kinds["unsigned integer"]
        kinds["numeric"] = kinds["integral"] + kinds["real floating"]
        wanted = kind if isinstance(kind, tuple) else (kind,)
        names = [name for k in wanted for name in (
            kinds["bool"] + kinds["numeric"] if k is None else kinds[_kind(k, kinds)])]
        return {name: getattr(autograd, name) for name in names}


def _kind(kind: Any, kinds: dict) -> str:
    if kind not in kinds:
        raise ValueError(f"dtypes: kind {describe(kind)}; choose of {', '.join(kinds)}")
    return kind


def __array_namespace_info__() -> _Info:  # noqa: N807 - the standard's name
    """What the namespace offers."""
    return _Info()


__all__ = sorted({*_OURS.split(), *_NUMPYS.split(), "arange", "argsort", "astype", "empty",
                  "linspace", "ones", "sort", "vecdot", "zeros"})
__getattr__ = complete(__name__)
