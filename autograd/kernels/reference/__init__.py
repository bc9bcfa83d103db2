"""Kernels in plain NumPy: the meaning of each function, and the answer where Numba is missing."""

from autograd.kernels.table import tier

_KERNELS = tier("reference")
globals().update(_KERNELS)
__all__ = sorted(_KERNELS)
