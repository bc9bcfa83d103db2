"""Pooling over windows whose distances are drawn at random.

The functions take the `Generator` to draw from, since random numbers are a layer above the ops;
`nn.functional` passes the default one.

Reference: Graham, Fractional Max-Pooling, 2014, section 2.
"""

from __future__ import annotations

import numpy as np

from .. import kernels
from ..errors import describe
from ..record import op
from ..tensors import Tensor, wrap
from .pool import max_pool_grad, pooled_size, through_slices, with_indices
from .pool_windows import check_places, several


def fractional_max_pool(input: Tensor, kernel_size, output_size=None, output_ratio=None,
                        return_indices=False, _random_samples=None, *, dims: int, generator):
    """The largest elements of windows whose distances, 1 or more apart, are drawn at random.

    There are output_size of them along each of the last dims, or output_ratio times as many as
    input has there; the draw of each channel of each sample is a row of _random_samples
    (N, C, dims) in [0, 1).
    Shape: (N, C, H, W), (C, H, W), (N, C, D, H, W) or (C, D, H, W) -> (..., *output_size)
    Raises: ValueError unless output_size + kernel_size - 1 is at most the input's size.
    """
    name = f"fractional_max_pool{dims}d"
    size = pooled_size(name, dims, input, "f")
    check_places(name, size)
    output = _output(name, size, output_size, output_ratio)
    kernel = several(name, "kernel_size", kernel_size, dims)
    if any(n < k + out - 1 for n, k, out in zip(size, kernel, output, strict=True)):
        most = tuple(n - k + 1 for n, k in zip(size, kernel, strict=True))
        raise ValueError(f"{name}: windows {kernel} in an input {size} leave room for an output "
                         f"of at most {most}, got {output}")
    lead = tuple(input.shape[:-dims])
    shape = (1,) * (2 - len(lead)) + lead + (dims,)
    if _random_samples is None:
        _random_samples = wrap(generator.numpy.random(shape).astype(input.dtype))
    elif tuple(_random_samples.shape) != shape:
        raise ValueError(f"{name}: _random_samples must be {shape}, got "
                         f"{describe(_random_samples)}")
    pooled = max_at_random(input, _random_samples.detach(), kernel, output)
    return with_indices(pooled, return_indices)


def _output(name: str, size: tuple, output_size, output_ratio) -> tuple[int, ...]:
    dims = len(size)
    if (output_size is None) == (output_ratio is None):
        raise ValueError(f"{name}: give either output_size or output_ratio, got "
                         f"output_size={output_size}, output_ratio={output_ratio}")
    if output_size is not None:
        return several(name, "output_size", output_size, dims)
    ratios = tuple(output_ratio) if hasattr(output_ratio, "__iter__") else (output_ratio,) * dims
    if len(ratios) != dims or not all(0 < ratio < 1 for ratio in ratios):
        raise ValueError(f"{name}: output_ratio must lie between 0 and 1, got {output_ratio}")
    return several(name, "output_size", [int(n * r) for n, r in zip(size, ratios)], dims)


@op(method=False, public_extra=("indices",), vjp=dict(
    input=lambda g, indices, input_shape, kernel: max_pool_grad(
        g, indices, input_shape[-len(kernel):])))
def max_at_random(input, samples, /, kernel, output):
    """The largest element of each window (kh, kw) of each plane, or (kd, kh, kw) of each volume,
    and its place; the windows begin where its row of samples says, which has a number for columns
    and one for rows, or one each for slices, rows and columns."""
    size = input.shape[-len(kernel):]
    samples = samples.reshape(-1, len(size))
    draws = samples.T if len(size) == 3 else samples.T[::-1]
    *slices, rows, columns = map(_starts, draws, size, kernel, output)
    if slices:
        rows, columns = (np.repeat(starts, size[0], 0) for starts in (rows, columns))
    found = kernels.max_pool_at(input.reshape(len(rows), *size[-2:]), rows, columns, kernel[-2:])
    if slices:
        every = np.broadcast_to(np.arange(output[1] * output[2]),
                                (len(samples), output[1] * output[2]))
        found = through_slices(*found, size, lambda x: kernels.max_pool_at(
            x, slices[0], every, (kernel[0], 1)))
    out, indices = (a.reshape(*input.shape[:-len(size)], *output) for a in found)
    return out, indices


def _starts(samples, n: int, k: int, out: int) -> np.ndarray:
    """Where `out` windows of k places begin among n, for each sample u: the i-th one at
    floor((i + u) a) - floor(u a), a = (n - k) / (out - 1), and the last one at the end."""
    if out == 1:
        return np.full((len(samples), 1), n - k, np.int64)
    step = samples.dtype.type(n - k) / samples.dtype.type(out - 1)
    ends = ((np.arange(out, dtype=samples.dtype) + samples[:, None]) * step).astype(np.int64)
    starts = ends - ends[:, :1]
    starts[:, -1] = n - k
    return starts
