"""The size of what a convolution or a pooling gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.errors import check_switches
from autograd.ops.conv_geometry import numbers, same_padding
from autograd.ops.pool_windows import window_count

Sizes = int | Sequence[int]


def conv_output_size(size: Sizes, kernel_size: Sizes, stride: Sizes = 1,
                     padding: Sizes | str = 0, dilation: Sizes = 1,
                     ceil_mode: bool = False) -> Any:
    """floor((N + 2 P - D (F - 1) - 1) / S) + 1 for an input of size N, kernel F, stride S,
    padding P (or "same" or "valid") and dilation D: an int, or a tuple for a tuple of sizes.

    With D = 1 this is (N - F + 2 P) / S + 1, rounded down where windows do not fill the input;
    `ceil_mode`, of poolings, rounds up, but for a window that would start in the padding behind.
    Raises: ValueError where an option does not fit, or the kernel not into the padded input.

    >>> import nn
    >>> nn.utils.conv_output_size(3, kernel_size=3, stride=2, padding=1)
    2
    >>> nn.utils.conv_output_size((28, 20), 5, padding="same")
    (28, 20)
    """
    name = "conv_output_size"
    check_switches(name, ceil_mode=ceil_mode)
    many = isinstance(size, (tuple, list))
    n = len(size) if isinstance(size, (tuple, list)) else 1
    sizes = numbers(name, "size", size, n, 1)
    kernel = numbers(name, "kernel_size", kernel_size, n, 1)
    steps = numbers(name, "stride", stride, n, 1)
    spread = numbers(name, "dilation", dilation, n, 1)
    if padding == "same":
        added = [before + after for before, after in same_padding(sizes, kernel, steps, spread)]
    elif padding == "valid":
        added = [0] * n
    else:
        added = [2 * p for p in numbers(name, "padding", padding, n, 0)]
    # "same" may pad by an odd number, so what is added counts as input, but for ceil_mode
    counts = tuple(
        window_count(name, sizes, m, k, s, a // 2, d, True) if ceil_mode
        else window_count(name, sizes, m + a, k, s, 0, d, False)
        for m, a, k, s, d in zip(sizes, added, kernel, steps, spread, strict=True))
    return counts if many else counts[0]
