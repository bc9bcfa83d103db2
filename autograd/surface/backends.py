"""`torch.backends`: what computes here are the kernels of this library, so no other backend is
available; switches may be set, and change nothing."""

from __future__ import annotations

from types import SimpleNamespace

__path__: list[str] = []  # aliases.py finds its parts


class Backend(SimpleNamespace):
    """A backend that is not here, with the switches that programs set."""

    def is_available(self) -> bool:
        """Always False."""
        return False

    is_built = is_available


cudnn = Backend(benchmark=False, deterministic=False, enabled=True, allow_tf32=True,
                benchmark_limit=10)
cuda = Backend(matmul=Backend(allow_tf32=False, allow_fp16_reduced_precision_reduction=True),
               enable_flash_sdp=bool, enable_mem_efficient_sdp=bool, enable_math_sdp=bool)
mps, mkl, openmp = Backend(), Backend(), Backend()
mkldnn = Backend(enabled=False)
