"""Fourier transforms under the names of torch.fft.

`n` or `s` cuts the input off, or fills it up with zeros, to that size; `dim` says along which
dimensions; `norm` is "backward" (1/n in the inverse, the default), "forward" or "ortho".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .creation import tensor
from .dtypes import get_default_dtype
from .errors import describe
from .lazy import complete
from .ops.elementwise import to
from .ops.fourier import OTHER, _fit, _fourier, _from_half, _half_fourier, dims_and_sizes
from .ops.join import roll
from .tensors import Tensor

__getattr__ = complete(__name__)
__all__ = ["fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "hfft2", "hfftn", "ifft", "ifft2",
           "ifftn", "ifftshift", "ihfft", "ihfft2", "ihfftn", "irfft", "irfft2", "irfftn", "rfft",
           "rfft2", "rfftfreq", "rfftn"]


def _checked(name: str, input, norm, real: bool = False) -> tuple[Tensor, str]:
    """The input as floats or complex numbers, and the norm."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}: input must be a Tensor, got {describe(input)}; "
                        "autograd.tensor(...) makes one")
    if real and input.is_complex():
        raise RuntimeError(f"{name}: a real tensor is needed, got {describe(input)}; fft takes "
                           "complex ones")
    if input.dtype == np.float16:
        raise TypeError(f"{name}: float16 has no complex dtype; convert with .float()")
    if norm not in (None, *OTHER):
        raise RuntimeError(f"{name}: norm {norm!r}; choose 'forward', 'backward' or 'ortho'")
    if input.dtype.kind not in "fc":
        input = to(input, get_default_dtype())
    return input, norm or "backward"


def _sized(name: str, input: Tensor, dims: tuple, sizes: list) -> Tensor:
    if min(sizes, default=1) < 1:
        raise RuntimeError(f"{name}: sizes must be at least 1, got {sizes} for {describe(input)}")
    fits = all(input.shape[d] == n for d, n in zip(dims, sizes, strict=True))
    return input if fits else _fit(input, dims, sizes)


def _whole(name: str, input, s, dim, norm, inverse: bool) -> Tensor:
    input, norm = _checked(name, input, norm)
    dims, sizes = dims_and_sizes(name, input, _several(s), _several(dim))
    return _fourier(_sized(name, input, dims, sizes), dims, norm, inverse)


def _half(name: str, input, s, dim, norm) -> Tensor:
    input, norm = _checked(name, input, norm, True)
    dims, sizes = dims_and_sizes(name, input, _several(s), _several(dim))
    if not dims:
        raise RuntimeError(f"{name}: at least one dimension is needed, got {describe(input)}")
    return _half_fourier(_sized(name, input, dims, sizes), dims, norm)


def _back(name: str, input, s, dim, norm, turned: bool = False) -> Tensor:
    input, norm = _checked(name, input, norm)
    input = input.conj() if turned else input
    s = _several(s)
    dims, sizes = dims_and_sizes(name, input, s, _several(dim))
    if not dims:
        raise RuntimeError(f"{name}: at least one dimension is needed, got {describe(input)}")
    if s is None or s[-1] == -1:
        sizes[-1] = 2 * (input.shape[dims[-1]] - 1)
    size = sizes[-1]
    if size < 1:
        raise RuntimeError(f"{name}: sizes must be at least 1, got {size} for {describe(input)}")
    half = _sized(name, input, dims, [*sizes[:-1], size // 2 + 1])
    return _from_half(half, dims, size, norm)


def _other(name: str, norm) -> str:
    """The norm with its factor on the other side."""
    if norm not in (None, *OTHER):
        raise RuntimeError(f"{name}: norm {norm!r}; choose 'forward', 'backward' or 'ortho'")
    return OTHER[norm or "backward"]


def _several(numbers) -> Any:
    """One size or dimension as a tuple, as several are."""
    return (numbers,) if hasattr(numbers, "__index__") else numbers


def _one(name: str, n) -> Any:
    """The size of the one dimension of a function, as a tuple."""
    if n is None:
        return None
    if isinstance(n, bool) or not hasattr(n, "__index__") or n < 1:
        raise RuntimeError(f"{name}: n must be an integer from 1 on, got {describe(n)}")
    return (n,)


def fft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The transform X_k = Σ_j x_j e^(-2πijk/n) along `dim`.

    >>> autograd.fft.fft(autograd.tensor([1., 2.]))
    tensor([3.+0.j, -1.+0.j])
    """
    return _whole("fft", input, _one("fft", n), (dim,), norm, False)


def ifft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The inverse of fft, x_j = 1/n Σ_k X_k e^(2πijk/n), along `dim`.

    >>> autograd.fft.ifft(autograd.tensor([3., -1.]))
    tensor([1.+0.j, 2.+0.j])
    """
    return _whole("ifft", input, _one("ifft", n), (dim,), norm, True)


def rfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The first n // 2 + 1 frequencies of real numbers along `dim`; the others are their
    conjugates.

    >>> autograd.fft.rfft(autograd.ones(4)).shape
    Size([3])
    """
    return _half("rfft", input, _one("rfft", n), (dim,), norm)


def irfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The inverse of rfft along `dim`: n real numbers, by default 2 (m - 1) of m frequencies.

    >>> autograd.fft.irfft(autograd.tensor([3., -1.]))
    tensor([1., 2.])
    """
    return _back("irfft", input, _one("irfft", n), (dim,), norm)


def hfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The transform, which is real, of what equals its conjugate reversed, told by its first half.

    >>> autograd.fft.hfft(autograd.tensor([1., 2.]))
    tensor([ 3., -1.])
    """
    return _back("hfft", input, _one("hfft", n), (dim,), _other("hfft", norm), True)


def ihfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The inverse of hfft: the first half of what has this real transform.

    >>> autograd.fft.ihfft(autograd.tensor([3., -1.]))
    tensor([1.-0.j, 2.-0.j])
    """
    return _half("ihfft", input, _one("ihfft", n), (dim,), _other("ihfft", norm)).conj()


def fft2(input: Tensor, s=None, dim=(-2, -1), norm: str | None = None) -> Tensor:
    """fft over the last two dimensions, or `dim`.

    >>> autograd.fft.fft2(autograd.ones(2, 2)).shape
    Size([2, 2])
    """
    return _whole("fft2", input, s, dim, norm, False)


def fftn(input: Tensor, s=None, dim=None, norm: str | None = None) -> Tensor:
    """fft over all dimensions, or `dim`.

    >>> autograd.fft.fftn(autograd.ones(2, 2)).shape
    Size([2, 2])
    """
    return _whole("fftn", input, s, dim, norm, False)


def ifft2(input: Tensor, s=None, dim=(-2, -1), norm: str | None = None) -> Tensor:
    """ifft over the last two dimensions, or `dim`.

    >>> autograd.fft.ifft2(autograd.ones(2, 2)).shape
    Size([2, 2])
    """
    return _whole("ifft2", input, s, dim, norm, True)


def ifftn(input: Tensor, s=None, dim=None, norm: str | None = None) -> Tensor:
    """ifft over all dimensions, or `dim`.

    >>> autograd.fft.ifftn(autograd.ones(2, 2)).shape
    Size([2, 2])
    """
    return _whole("ifftn", input, s, dim, norm, True)


def rfft2(input: Tensor, s=None, dim=(-2, -1), norm: str | None = None) -> Tensor:
    """rfft over the last two dimensions, or `dim`; the half is that of the last one.

    >>> autograd.fft.rfft2(autograd.ones(2, 2)).shape
    Size([2, 2])
    """
    return _half("rfft2", input, s, dim, norm)


def rfftn(input: Tensor, s=None, dim=None, norm: str | None = None) -> Tensor:
    """rfft over all dimensions, or `dim`; the half is that of the last one.

    >>> autograd.fft.rfftn(autograd.ones(2, 2)).shape
    Size([2, 2])
    """
    return _half("rfftn", input, s, dim, norm)


def irfft2(input: Tensor, s=None, dim=(-2, -1), norm: str | None = None) -> Tensor:
    """irfft over the last two dimensions, or `dim`; the half is that of the last one.

    >>> autograd.fft.irfft2(autograd.ones(2, 2)).shape
    Size([2, 2])
    """
    return _back("irfft2", input, s, dim, norm)


def irfftn(input: Tensor, s=None, dim=None, norm: str | None = None) -> Tensor:
    """irfft over all dimensions, or `dim`; the half is that of the last one.

    >>> autograd.fft.irfftn(autograd.ones(2, 2)).shape
    Size([2, 2])
    """
    return _back("irfftn", input, s, dim, norm)


def hfft2(input: Tensor, s=None, dim=(-2, -1), norm: str | None = None) -> Tensor:
    """hfft over the last two dimensions, or `dim`; the half is that of the last one.

    >>> autograd.fft.hfft2(autograd.ones(2, 2)).shape
    Size([2, 2])
    """
    return _back("hfft2", input, s, dim, _other("hfft2", norm), True)


def hfftn(input: Tensor, s=None, dim=None, norm: str | None = None) -> Tensor:
    """hfft over all dimensions, or `dim`; the half is that of the last one.

    >>> autograd.fft.hfftn(autograd.ones(2, 2)).shape
    Size([2, 2])
    """
    return _back("hfftn", input, s, dim, _other("hfftn", norm), True)


def ihfft2(input: Tensor, s=None, dim=(-2, -1), norm: str | None = None) -> Tensor:
    """ihfft over the last two dimensions, or `dim`; the half is that of the last one.

    >>> autograd.fft.ihfft2(autograd.ones(2, 2)).shape
    Size([2, 2])
    """
    return _half("ihfft2", input, s, dim, _other("ihfft2", norm)).conj()


def ihfftn(input: Tensor, s=None, dim=None, norm: str | None = None) -> Tensor:
    """ihfft over all dimensions, or `dim`; the half is that of the last one.

    >>> autograd.fft.ihfftn(autograd.ones(2, 2)).shape
    Size([2, 2])
    """
    return _half("ihfftn", input, s, dim, _other("ihfftn", norm)).conj()


def _frequencies(name: str, make, n, d, dtype, requires_grad, out) -> Tensor:
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(f"{name}: n must be a number from 1 on, got {describe(n)}")
    wanted = get_default_dtype() if dtype is None else dtype
    if not np.issubdtype(wanted, np.floating):
        raise TypeError(f"{name}: dtype must be a floating one, got {dtype}")
    made = tensor(make(n, d), dtype=wanted, requires_grad=requires_grad)
    return made if out is None else out.resize_(made.shape).copy_(made)


def fftfreq(n: int, d: float = 1.0, *, out=None, dtype=None, device=None,
            requires_grad: bool = False) -> Tensor:
    """The n frequencies of fft, in its order, where samples are d apart.

    >>> autograd.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    return _frequencies("fftfreq", np.fft.fftfreq, n, d, dtype, requires_grad, out)


def rfftfreq(n: int, d: float = 1.0, *, out=None, dtype=None, device=None,
             requires_grad: bool = False) -> Tensor:
    """The n // 2 + 1 frequencies of rfft, where samples are d apart.

    >>> autograd.fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    return _frequencies("rfftfreq", np.fft.rfftfreq, n, d, dtype, requires_grad, out)


def _shifted(name: str, input, dim, ahead: bool) -> Tensor:
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}: input must be a Tensor, got {describe(input)}")
    dims = (tuple(range(input.ndim)) if dim is None else (dim,) if isinstance(dim, int)
            else tuple(dim))
    steps = [input.shape[d] // 2 if ahead else -(input.shape[d] // 2) for d in dims]
    return roll(input, steps, dims) if dims else input.clone()


def fftshift(input: Tensor, dim=None) -> Tensor:
    """With the frequency 0 in the middle of all dimensions, or of `dim`.

    >>> autograd.fft.fftshift(autograd.tensor([0., 1., -2., -1.]))
    tensor([-2., -1.,  0.,  1.])
    """
    return _shifted("fftshift", input, dim, True)


def ifftshift(input: Tensor, dim=None) -> Tensor:
    """The inverse of fftshift.

    >>> autograd.fft.ifftshift(autograd.tensor([-2., -1., 0., 1.]))
    tensor([ 0.,  1., -2., -1.])
    """
    return _shifted("ifftshift", input, dim, False)
