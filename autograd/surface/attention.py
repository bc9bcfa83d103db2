"""`torch.nn.attention`: which of its kernels PyTorch may take for attention.  Here there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum, auto

from ..refused import STOOD_IN, count


class SDPBackend(Enum):
    """PyTorch's kernels of `scaled_dot_product_attention`."""

    ERROR = auto()
    MATH = auto()
    FLASH_ATTENTION = auto()
    EFFICIENT_ATTENTION = auto()
    CUDNN_ATTENTION = auto()


@contextmanager
def sdpa_kernel(backends: SDPBackend | Sequence[SDPBackend],
                set_priority: bool = False) -> Iterator[None]:
    """A context, or a decorator, that changes nothing: the one kernel answers all calls."""
    count(STOOD_IN, "nn.attention.sdpa_kernel")
    yield
