"""Kernels compiled by Numba; importing this folder hands the threads to Numba's pool."""

from autograd import threads
from autograd.kernels.table import tier

_KERNELS = tier("compiled")
globals().update(_KERNELS)
__all__ = sorted(_KERNELS)

threads.use_compiled_kernels()
