"""Windows by their first names, as `torch.hann_window`; usually for a Fourier transform, so they
are periodic unless asked not to be."""

from __future__ import annotations

from typing import Any

from ..errors import switch
from ..tensors import Tensor
from .windows import bessel, cosines, made, triangle


def _window(name: str, count: int, periodic: bool, shape: Any, made_as: dict) -> Tensor:
    return made(name, count, not switch(name, "periodic", periodic), shape, **made_as)


def bartlett_window(window_length: int, periodic: bool = True, **made_as: Any) -> Tensor:
    """A triangle: signal.windows.bartlett.

    >>> autograd.bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _window("bartlett_window", window_length, periodic, triangle, made_as)


def blackman_window(window_length: int, periodic: bool = True, **made_as: Any) -> Tensor:
    """0.42 - 0.5 cos(2πn / N) + 0.08 cos(4πn / N): signal.windows.blackman."""
    return _window("blackman_window", window_length, periodic, cosines((0.42, 0.5, 0.08)), made_as)


def hamming_window(window_length: int, periodic: bool = True, alpha: float = 0.54,
                   beta: float = 0.46, **made_as: Any) -> Tensor:
    """alpha - beta cos(2πn / N): signal.windows.hamming."""
    return _window("hamming_window", window_length, periodic, cosines((alpha, beta)), made_as)


def hann_window(window_length: int, periodic: bool = True, **made_as: Any) -> Tensor:
    """½ - ½ cos(2πn / N): signal.windows.hann.

    >>> autograd.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _window("hann_window", window_length, periodic, cosines((0.5, 0.5)), made_as)


def kaiser_window(window_length: int, periodic: bool = True, beta: float = 12.0,
                  **made_as: Any) -> Tensor:
    """I₀(beta √(1 - (2n / N - 1)²)) / I₀(beta): signal.windows.kaiser."""
    return _window("kaiser_window", window_length, periodic, bessel(beta), made_as)
