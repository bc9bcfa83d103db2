"""Windows, which fade a part of a signal in and out: what `torch.signal.windows` is to PyTorch.

They are symmetric, or with `sym=False` one period of windows that follow each other, as a Fourier
transform wants them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Any

import numpy as np

from ..creation import tensor
from ..dtypes import as_dtype, get_default_dtype
from ..errors import describe, switch
from ..tensors import Tensor

__all__ = ["bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine",
           "general_hamming", "hamming", "hann", "kaiser", "nuttall"]

NUTTALL = (0.3635819, 0.4891775, 0.1365995, 0.0106411)


def made(name: str, count: int, sym: bool, shape: Any, dtype: Any = None, device: Any = None,
         requires_grad: bool = False) -> Tensor:
    """The tensor of shape(places, width), where places run from 0 to `count` - 1 and the window
    spans from 0 to width; of one place it is 1."""
    if isinstance(count, bool) or not hasattr(count, "__index__") or count < 0:
        raise ValueError(f"{name}: the number of points must be an integer from 0 on, got "
                         f"{describe(count)}")
    wanted = get_default_dtype() if dtype is None else as_dtype(dtype)
    if wanted.kind != "f":
        raise RuntimeError(f"{name}: a floating dtype is needed, got {wanted}")
    width = count - 1 if switch(name, "sym", sym) else count
    values = shape(np.arange(count, dtype=np.float64), width) if count > 1 else np.ones(count)
    return tensor(values, dtype=wanted, device=device, requires_grad=requires_grad)


def cosines(weights: Sequence[float]) -> Any:
    """Σ (-1)ⁱ wᵢ cos(2π i n / width)."""
    return lambda n, width: sum((-1) ** i * w * np.cos(2 * pi * i * n / width)
                                for i, w in enumerate(weights))


def triangle(n: np.ndarray, width: float) -> np.ndarray:
    """1 - |2n / width - 1|."""
    return 1 - np.abs(2 * n / width - 1)


def bessel(beta: float) -> Any:
    """I₀(beta √(1 - (2n / width - 1)²)) / I₀(beta)."""
    return lambda n, width: np.i0(beta * np.sqrt(np.maximum(1 - (2 * n / width - 1) ** 2, 0))
                                  ) / np.i0(beta)


def bartlett(M: int, *, sym: bool = True, **made_as: Any) -> Tensor:  # noqa: N803 - PyTorch's name
    """1 - |2n / (M - 1) - 1|: a triangle.

    >>> autograd.signal.windows.bartlett(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return made("bartlett", M, sym, triangle, **made_as)


def blackman(M: int, *, sym: bool = True, **made_as: Any) -> Tensor:  # noqa: N803
    """0.42 - 0.5 cos(2πn / (M - 1)) + 0.08 cos(4πn / (M - 1))."""
    return made("blackman", M, sym, cosines((0.42, 0.5, 0.08)), **made_as)


def cosine(M: int, *, sym: bool = True, **made_as: Any) -> Tensor:  # noqa: N803
    """sin(π (n + ½) / M)."""
    return made("cosine", M, sym, lambda n, width: np.sin(pi * (n + 0.5) / (width + 1)), **made_as)


def exponential(M: int, *, center: float | None = None, tau: float = 1.0,  # noqa: N803
                sym: bool = True, **made_as: Any) -> Tensor:
    """exp(-|n - center| / tau); the center is the middle, or elsewhere with `sym=False`."""
    if not tau > 0:
        raise ValueError(f"exponential: tau must be above 0, got {tau}")
    if sym and center is not None:
        raise ValueError("exponential: a symmetric window has its center in the middle; sym=False "
                         "lets it be elsewhere")
    return made("exponential", M, sym, lambda n, width: np.exp(
        -np.abs(n - (width / 2 if center is None else center)) / tau), **made_as)


def gaussian(M: int, *, std: float = 1.0, sym: bool = True,  # noqa: N803
             **made_as: Any) -> Tensor:
    """exp(-½ ((n - (M - 1) / 2) / std)²)."""
    if not std > 0:
        raise ValueError(f"gaussian: std must be above 0, got {std}")
    return made("gaussian", M, sym, lambda n, width: np.exp(
        -0.5 * ((n - width / 2) / std) ** 2), **made_as)


def general_cosine(M: int, *, a: Sequence[float], sym: bool = True,  # noqa: N803
                   **made_as: Any) -> Tensor:
    """Σ (-1)ⁱ aᵢ cos(2π i n / (M - 1)).

    >>> autograd.signal.windows.general_cosine(3, a=[0.5, 0.5])
    tensor([0., 1., 0.])
    """
    if not isinstance(a, (list, tuple)) or not a:
        raise TypeError(f"general_cosine: a must be a list of weights, got {describe(a)}")
    return made("general_cosine", M, sym, cosines(a), **made_as)


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True,  # noqa: N803
                    **made_as: Any) -> Tensor:
    """alpha - (1 - alpha) cos(2πn / (M - 1))."""
    return made("general_hamming", M, sym, cosines((alpha, 1 - alpha)), **made_as)


def hamming(M: int, *, sym: bool = True, **made_as: Any) -> Tensor:  # noqa: N803
    """0.54 - 0.46 cos(2πn / (M - 1))."""
    return made("hamming", M, sym, cosines((0.54, 0.46)), **made_as)


def hann(M: int, *, sym: bool = True, **made_as: Any) -> Tensor:  # noqa: N803
    """½ - ½ cos(2πn / (M - 1)).

    >>> autograd.signal.windows.hann(4, sym=False)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return made("hann", M, sym, cosines((0.5, 0.5)), **made_as)


def kaiser(M: int, *, beta: float = 12.0, sym: bool = True, **made_as: Any) -> Tensor:  # noqa: N803
    """I₀(beta √(1 - (2n / (M - 1) - 1)²)) / I₀(beta), with I₀ the modified Bessel function."""
    if not beta >= 0:
        raise ValueError(f"kaiser: beta must not be negative, got {beta}")
    return made("kaiser", M, sym, bessel(beta), **made_as)


def nuttall(M: int, *, sym: bool = True, **made_as: Any) -> Tensor:  # noqa: N803
    """The cosines of Nuttall's minimal four-term window."""
    return made("nuttall", M, sym, cosines(NUTTALL), **made_as)
