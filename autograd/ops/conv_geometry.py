"""What the options of a convolution come to for given shapes, and the errors where nothing fits.

The answers are cached by shapes, so that a training loop checks each layer once.
"""

from __future__ import annotations

from functools import lru_cache
from operator import index

from ..errors import check_size

_LETTERS = {1: "L", 2: "H, W", 3: "D, H, W"}


def numbers(name: str, option: str, value, n: int, least: int) -> tuple[int, ...]:
    """An option of a convolution as one int for each of n dimensions, none below `least`."""
    given = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    given = given * n if len(given) == 1 else given
    try:
        given = tuple(map(index, given))
    except TypeError:
        given = ()
    if len(given) != n or min(given) < least:
        several = f"or {n} of them" if n > 1 else "or one in a tuple"
        words = ", or 'same' or 'valid'" if option == "padding" and name[:6] == "conv" + str(
            n) + "d" else ""
        raise ValueError(f"{name}: {option} must be an int of at least {least}, {several}{words}, "
                         f"got {value!r}")
    return given


def same_padding(size, kernel, stride, dilation) -> tuple[tuple[int, int], ...]:
    """(before, after) for each dimension, such that ceil(size / stride) outputs come out.

    An odd total puts the extra zero after. Reference: the rule of TensorFlow's SAME.
    """
    pairs = []
    for n, k, s, d in zip(size, kernel, stride, dilation, strict=True):
        total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)


@lru_cache(maxsize=512)
def conv(name: str, input: tuple, weight: tuple, bias: tuple | None, stride, padding, dilation,
         groups: int) -> tuple[tuple, tuple, tuple]:
    """Stride, padding in pairs and dilation of a convolution of these shapes; raises if none."""
    n = int(name[4])
    _check_shapes(name, n, input, weight, groups)
    channels, rows = input[-n - 1], weight[0]
    if weight[1] * groups != channels:
        raise RuntimeError(
            f"{name}: input {input} has {channels} channels, but weight {weight} takes "
            f"{weight[1] * groups}{f' ({groups} groups of {weight[1]})' if groups > 1 else ''}"
            f"{_batch_hint(n, input, weight[1] * groups)}")
    if rows % groups:
        raise ValueError(f"{name}: groups={groups} must divide the {rows} output channels of "
                         f"weight {weight}")
    _check_bias(name, bias, rows, weight)
    stride = numbers(name, "stride", stride, n, 1)
    dilation = numbers(name, "dilation", dilation, n, 1)
    size, kernel = input[-n:], weight[2:]
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise ValueError(f"{name}: padding={padding!r}; choose 'same', 'valid', or numbers")
        pairs = (same_padding(size, kernel, stride, dilation) if padding == "same"
                 else ((0, 0),) * n)
    else:
        pairs = tuple((p, p) for p in numbers(name, "padding", padding, n, 0))
    for m, k, d, (a, b) in zip(size, kernel, dilation, pairs, strict=True):
        if m + a + b < d * (k - 1) + 1:
            padded = tuple(m + a + b for m, (a, b) in zip(size, pairs, strict=True))
            reach = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))
            raise RuntimeError(f"{name}: the kernel spans {reach}, more than the padded input "
                               f"{padded}; use a larger input, a smaller kernel or more padding")
    padded = tuple(m + a + b for m, (a, b) in zip(size, pairs, strict=True))
    out = tuple((m - d * (k - 1) - 1) // s + 1
                for m, k, s, d in zip(padded, kernel, stride, dilation, strict=True))
    check_size(name, (*input[:-n], *padded), "the padded input")
    check_size(name, (*input[:-n - 1], rows, *out))
    return _steps(stride, size, pairs, dilation, kernel), pairs, dilation


@lru_cache(maxsize=512)
def transposed(name: str, input: tuple, weight: tuple, bias: tuple | None, stride, padding,
               output_padding, groups: int, dilation) -> tuple[tuple, tuple, tuple, tuple]:
    """Output size, stride, padding in pairs and dilation of a transposed convolution.

    Output padding is padding left away at the end, so that the convolution this transposes has
    exactly the input's size.
    """
    n = int(name[-2])
    _check_shapes(name, n, input, weight, groups)
    channels = input[-n - 1]
    if weight[0] != channels:
        raise RuntimeError(f"{name}: input {input} has {channels} channels, but weight {weight} "
                           f"takes {weight[0]}{_batch_hint(n, input, weight[0])}")
    if channels % groups:
        raise ValueError(f"{name}: groups={groups} must divide the {channels} input channels")
    _check_bias(name, bias, weight[1] * groups, weight)
    stride = numbers(name, "stride", stride, n, 1)
    dilation = numbers(name, "dilation", dilation, n, 1)
    padding = numbers(name, "padding", padding, n, 0)
    extra = numbers(name, "output_padding", output_padding, n, 0)
    for e, s, d in zip(extra, stride, dilation, strict=True):
        if e >= max(s, d):
            raise ValueError(f"{name}: output_padding={extra} must be smaller than "
                             f"stride={stride} or dilation={dilation}")
    size = tuple((m - 1) * s - 2 * p + d * (k - 1) + 1 + e for m, s, p, d, k, e in zip(
        input[-n:], stride, padding, dilation, weight[2:], extra, strict=True))
    if min(size) <= 0:
        raise RuntimeError(f"{name}: the output would have size {size} for input {input}, weight "
                           f"{weight}, stride={stride}, padding={padding}; use less padding")
    reach = tuple(m + d * (k - 1) for m, d, k in zip(size, dilation, weight[2:], strict=True))
    check_size(name, (*input[:-n - 1], weight[1] * groups, *reach))
    pairs = tuple((p, p - e) for p, e in zip(padding, extra, strict=True))
    return size, _steps(stride, size, pairs, dilation, weight[2:]), pairs, dilation


def _steps(stride, size, pairs, dilation, kernel) -> tuple[int, ...]:
    """The strides, those that leave the padded image no longer than it takes: kernels may then
    count with them and make room for a step."""
    return tuple(min(s, m + a + b - d * (k - 1)) for s, m, (a, b), d, k in zip(
        stride, size, pairs, dilation, kernel, strict=True))


def _check_shapes(name: str, n: int, input: tuple, weight: tuple, groups) -> None:
    """Raise unless the numbers of dimensions and of groups can be right."""
    if len(input) not in (n + 1, n + 2):
        hint = (f"; for a single image without channels use input.reshape(1, 1, {input})"
                .replace("(1, 1, (", "(1, 1, ").replace("))", ")") if len(input) == n else "")
        raise RuntimeError(f"{name}: input must be (N, C, {_LETTERS[n]}), or (C, {_LETTERS[n]}) "
                           f"without a batch, got {input}{hint}")
    if len(weight) != n + 2 or 0 in weight[2:]:
        raise RuntimeError(f"{name}: weight must have {n + 2} dimensions, channels, channels and "
                           f"a kernel of {n} sizes above 0, got {weight}")
    if not isinstance(groups, int) or groups < 1:
        raise ValueError(f"{name}: groups must be an int of at least 1, got {groups!r}")


def _check_bias(name: str, bias: tuple | None, rows: int, weight: tuple) -> None:
    if bias is not None and bias != (rows,):
        raise RuntimeError(f"{name}: bias must be ({rows},), one number for each output channel "
                           f"of weight {weight}, got {bias}")


def _batch_hint(n: int, input: tuple, channels: int) -> str:
    """What may be missing where the channels do not match."""
    if len(input) == n + 1:
        one = "input.unsqueeze(1)" if channels == 1 else "input.unsqueeze(0)"
        return (f"; {n + 1} dimensions are read as (C, {_LETTERS[n]}) without a batch: if a "
                f"dimension is missing, add it with {one}")
    if input[-1] == channels:
        return f"; if channels come last, bring them forward: input.movedim(-1, 1) fits {channels}"
    return ""
