"""Images in other sizes: interpolation, pixel shuffling, and patches as columns and back."""

from __future__ import annotations

from collections import namedtuple
from functools import lru_cache
from math import floor, prod
from typing import Any

import numpy as np

from ..errors import check_size, describe, ordered
from ..gate import copied
from ..record import composite, op
from ..tensors import Tensor
from .elementwise import in_float32
from .mixture import KEPT, Table, mixture
from .pad import constant_pad
from .pool_windows import several
from .shape import permute, reshape

_SMALL = 128  # height and width together
_LINEAR = {"linear": 3, "bilinear": 4}  # how many dimensions the input has


@composite(method=False)
@in_float32
def interpolate(input, size=None, scale_factor=None, mode="nearest",
                align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
                antialias=False):
    """input with its last dimensions resized to `size`, or to floor(their size * scale_factor).

    "nearest" takes the element at floor(i / scale), in one to three dimensions; "linear" (one
    dimension) and "bilinear" (two) mix the neighbours of (i + 0.5) / scale - 0.5, or, with
    align_corners, of i (n - 1) / (out - 1), so that the corners stay where they are.  An infinite
    neighbour with share 0 makes NaN, as in PyTorch.
    Shape: (N, C, L), (N, C, H, W) or (N, C, D, H, W) -> (N, C, *size)

    >>> nn.functional.interpolate(autograd.tensor([[[1., 2.]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    _check_mode(input, mode, align_corners, antialias)
    size, scale_factor = [tuple(part) if ordered(part) else part for part in (size, scale_factor)]
    kinds = *_kinds(size), *_kinds(scale_factor)
    shape = tuple(input.shape)
    plain = _PLAIN.issuperset(kinds) and max(shape[2:]) <= KEPT
    planned = _planned if plain else _planned.__wrapped__
    tables = planned(shape, size, scale_factor, kinds, mode, bool(align_corners),
                     bool(recompute_scale_factor), input.dtype)
    return mixture(input, tables) if tables else input


_PLAIN = {int, float, type(None)}  # what can be looked up by its value and its kind


def _kinds(value) -> tuple:
    return tuple(map(type, value)) if value.__class__ is tuple else (type(value),)


@lru_cache(512)
def _planned(shape: tuple, size, scale_factor, kinds: tuple, mode: str, align_corners: bool,
             recompute: bool, dtype) -> tuple:
    """(dim, table) for each dimension that is resized."""
    sizes, scales = _target(shape[2:], size, scale_factor)
    check_size("interpolate", (*shape[:2], *sizes))
    if recompute or scales is None:
        scales = (None,) * len(sizes)
    tables = []
    for dim, (out, scale) in enumerate(zip(sizes, scales, strict=True), 2):
        n = shape[dim]
        if mode == "nearest":
            tables.append((dim, Table.of_places(n, _nearest(n, out, scale, dtype, sizes))))
        elif out != n:
            low, high, share = _neighbours(n, out, scale, align_corners)
            tables.append((dim, _linear(n, low, high, share.astype(dtype))))
    return tuple(tables)


def _nearest(n: int, out: int, scale, dtype, sizes: tuple) -> np.ndarray:
    """floor(i / scale) for each of `out` places, rounded as PyTorch does: in float32, or float64
    for images of that dtype; of small images, of two `sizes`, each element once or twice where
    there are as many places, whatever the scale."""
    small = len(sizes) == 2 and sum(sizes) <= _SMALL
    if small and out in (n, 2 * n):
        return np.arange(out) // (out // n)
    kind: Any = np.float64 if dtype == np.float64 and not small else np.float32
    step = kind(n) / kind(out) if scale is None else kind(1 / scale)
    places = np.arange(out, dtype=kind) * step
    return np.minimum(places.astype(np.float32).astype(np.int64), n - 1)


def _neighbours(n: int, out: int, scale, align_corners: bool):
    """For each of `out` places the one before it among n, the one behind, and its share."""
    if align_corners:
        at = np.arange(out) * ((n - 1) / (out - 1) if out > 1 else 0.0)
    else:
        step = n / out if scale is None else 1 / scale
        at = np.maximum(step * (np.arange(out) + 0.5) - 0.5, 0)
    low = np.minimum(at.astype(np.int64), n - 1)
    return low, np.minimum(low + 1, n - 1), np.clip(at - low, 0, 1)


def _linear(n: int, low, high, share) -> Table:
    """The table that mixes two neighbours, the one behind by its share."""
    weights, places = (np.stack(pair, 1).reshape(-1) for pair in ((1 - share, share), (low, high)))
    return Table(n, np.arange(len(low) + 1) * 2, places, weights)


def _check_mode(input, mode: str, align_corners, antialias) -> None:
    if not isinstance(input, Tensor):
        raise TypeError(f"interpolate: input must be a Tensor, got {describe(input)}")
    if mode not in ("nearest", *_LINEAR):
        raise ValueError(f"interpolate: mode {mode!r}; choose 'nearest', 'linear' or 'bilinear'")
    if antialias:
        raise NotImplementedError("interpolate: antialias is not supported; leave it out")
    ndim = input.ndim
    if mode == "nearest":
        if align_corners is not None:
            raise ValueError("interpolate: align_corners is for mode 'linear' and 'bilinear', "
                             "not 'nearest'; leave it out")
        if not 3 <= ndim <= 5:
            raise ValueError("interpolate: input must be (N, C, ...) with one to three dimensions "
                             f"to resize, got {describe(input)}")
        return
    if ndim != _LINEAR[mode]:
        fits = {v: k for k, v in _LINEAR.items()}.get(ndim)
        raise ValueError(f"interpolate: mode {mode!r} is for {_LINEAR[mode]} dimensions, got "
                         f"{describe(input)}" + (f"; use {fits!r}" if fits else ""))
    if input.dtype.kind != "f":
        raise TypeError(f"interpolate: a floating dtype is needed, got {describe(input)}; "
                        "use .float()")


def _target(shape: tuple, size, scale_factor) -> tuple[tuple[int, ...], tuple | None]:
    """The sizes to make of the last dims, and the factors if these were given."""
    if (size is None) == (scale_factor is None):
        raise ValueError(f"interpolate: give either size or scale_factor, got size={size}, "
                         f"scale_factor={scale_factor}")
    if 0 in shape:
        raise ValueError(f"interpolate: nothing can be made of dimensions {shape}")
    if size is not None:
        return several("interpolate", "size", size, len(shape)), None
    scales = tuple(scale_factor) if hasattr(scale_factor, "__iter__") else (
        scale_factor,) * len(shape)
    if len(scales) != len(shape) or not all(1 <= n * s < np.inf for n, s in zip(shape, scales)):
        raise ValueError(f"interpolate: scale_factor must be a number or {len(shape)} of them "
                         f"that leave at least 1 of each of {shape}, got {scale_factor}")
    return (tuple(floor(n * s) for n, s in zip(shape, scales, strict=True)),
            tuple(map(float, scales)))


@composite(method=False)
def pixel_shuffle(input, upscale_factor):
    """Channels laid out as pixels: r² of them, r = upscale_factor, become r by r pixels of one.

    Shape: (*, C r², H, W) -> (*, C, H r, W r)
    Raises: ValueError where the channels are no multiple of r².
    Reference: Shi et al., Real-Time Single Image and Video Super-Resolution Using an Efficient
    Sub-Pixel Convolutional Neural Network, 2016, equation 4.
    """
    *lead, channels, height, width = _image("pixel_shuffle", input)
    r, = several("pixel_shuffle", "upscale_factor", upscale_factor, 1)
    if channels % (r * r):
        raise ValueError(f"pixel_shuffle: {channels} channels of {describe(input)} are no multiple "
                         f"of upscale_factor² = {r * r}")
    parts, n = reshape(input, (*lead, channels // (r * r), r, r, height, width)), len(lead)
    parts = permute(parts, (*range(n + 1), n + 3, n + 1, n + 4, n + 2))
    return reshape(parts, (*lead, channels // (r * r), height * r, width * r))


@composite(method=False)
def pixel_unshuffle(input, downscale_factor):
    """The inverse of pixel_shuffle.

    Shape: (*, C, H r, W r) -> (*, C r², H, W), r = downscale_factor
    Raises: ValueError where height or width is no multiple of r.
    """
    *lead, channels, height, width = _image("pixel_unshuffle", input)
    r, = several("pixel_unshuffle", "downscale_factor", downscale_factor, 1)
    if height % r or width % r:
        raise ValueError(f"pixel_unshuffle: height and width of {describe(input)} must be "
                         f"multiples of downscale_factor = {r}")
    parts, n = reshape(input, (*lead, channels, height // r, r, width // r, r)), len(lead)
    parts = permute(parts, (*range(n + 1), n + 2, n + 4, n + 1, n + 3))
    return reshape(parts, (*lead, channels * r * r, height // r, width // r))


def _image(name: str, input) -> tuple:
    """The shape of a tensor (*, C, H, W)."""
    if not isinstance(input, Tensor) or input.ndim < 3:
        raise ValueError(f"{name}: input must be a Tensor (*, C, H, W), got {describe(input)}")
    return tuple(input.shape)


class Patches(namedtuple("Patches", "size kernel dilation padding stride")):
    """Which patches of images of `size` are meant; all are pairs for height and width."""

    __slots__ = ()

    def counts(self) -> tuple[int, ...]:
        """How many patches there are down and across."""
        return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1
                     for n, k, d, p, s in zip(*self, strict=True))

    def places(self):
        """For each element of a patch, where the padded image has it: slices for all patches."""
        for i, j in np.ndindex(self.kernel):
            yield i * self.kernel[1] + j, tuple(
                slice(at * d, at * d + (count - 1) * s + 1, s)
                for at, d, count, s in zip((i, j), self.dilation, self.counts(), self.stride,
                                           strict=True))


@op(method=False, vjp=dict(input=lambda g, patches: col2im(g, patches)))
def im2col(input, /, patches):
    """Every patch of (N, C, H, W) as a column: (N, C kh kw, L)."""
    (n, channels), (ph, pw) = input.shape[:2], patches.padding
    padded = constant_pad(input, ((0, 0), (0, 0), (ph, ph), (pw, pw))) if ph or pw else (
        np.ascontiguousarray(input))
    *outer, down, across = padded.strides
    apart = [*patches.dilation, *patches.stride]
    sizes = (*patches.kernel, *patches.counts())  # (kh, kw, OH, OW)
    steps = [step * by if n > 1 else 0  # by what may be beyond all memory
             for n, by, step in zip(sizes, apart, (down, across) * 2, strict=True)]
    columns = np.ndarray((n, channels, *sizes), input.dtype, padded, 0, (*outer, *steps))
    return copied(columns).reshape(n, channels * prod(patches.kernel), prod(patches.counts()))


@op(method=False, vjp=dict(g=lambda g_out, patches: im2col(g_out, patches)))
def col2im(g, /, patches):
    """Images (N, C, H, W) to which every column of (N, C kh kw, L) is added as a patch."""
    (height, width), (ph, pw) = patches.size, patches.padding
    elements = patches.kernel[0] * patches.kernel[1]
    columns = g.reshape(len(g), g.shape[1] // elements, elements, *patches.counts())
    padded = np.zeros((*columns.shape[:2], height + 2 * ph, width + 2 * pw), g.dtype)
    for element, place in patches.places():
        padded[:, :, *place] += columns[:, :, element]
    return padded[:, :, ph:ph + height, pw:pw + width]


def _patches(name: str, size, kernel_size, dilation, padding, stride) -> Patches:
    found = Patches(size, several(name, "kernel_size", kernel_size, 2),
                    several(name, "dilation", dilation, 2),
                    several(name, "padding", padding, 2, 0), several(name, "stride", stride, 2))
    if min(found.counts()) < 1:
        raise ValueError(f"{name}: a patch {found.kernel} with dilation {found.dilation} does not "
                         f"fit an image {size} with padding {found.padding}")
    padded = [n + 2 * p for n, p in zip(size, found.padding, strict=True)]
    check_size(name, padded, "the padded image")
    check_size(name, (prod(found.kernel), *found.counts()), "the columns")
    return found


def unfold(input: Tensor, kernel_size, dilation=1, padding=0, stride=1) -> Tensor:
    """Every patch of an image as a column, L of them.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C kh kw, L) or (C kh kw, L)
    Raises: ValueError for patches that do not fit the image.
    """
    if not isinstance(input, Tensor) or not 3 <= input.ndim <= 4:
        raise ValueError("unfold: input must be a Tensor (N, C, H, W) or (C, H, W), got "
                         f"{describe(input)}; for windows of one dimension use input.unfold")
    patches = _patches("unfold", tuple(input.shape[-2:]), kernel_size, dilation, padding, stride)
    if input.ndim == 3:
        return im2col(input.unsqueeze(0), patches).squeeze(0)
    return im2col(input, patches)


def fold(input: Tensor, output_size, kernel_size, dilation=1, padding=0, stride=1) -> Tensor:
    """Columns added up as patches of an image of output_size: the transpose of unfold.

    Shape: (N, C kh kw, L) or (C kh kw, L) -> (N, C, *output_size) or (C, *output_size)
    Raises: ValueError where the columns are not those of such an image.
    """
    size = several("fold", "output_size", output_size, 2)
    patches = _patches("fold", size, kernel_size, dilation, padding, stride)
    elements, count = prod(patches.kernel), prod(patches.counts())
    shape = tuple(getattr(input, "shape", ()))
    if len(shape) not in (2, 3) or shape[-2] % elements or shape[-1] != count:
        raise ValueError(f"fold: an image {size} has {count} patches {patches.kernel}, so input "
                         f"must be (N, C * {elements}, {count}) or (C * {elements}, {count}), got "
                         f"{describe(input)}")
    if len(shape) == 2:
        return col2im(input.unsqueeze(0), patches).squeeze(0)
    return col2im(input, patches)
