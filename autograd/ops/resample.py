"""Images in other sizes: interpolation, pixel shuffling, and patches as columns and back."""

from __future__ import annotations

from collections import namedtuple
from functools import lru_cache
from math import floor, prod

import numpy as np

from ..errors import check_size, describe, ordered
from ..gate import copied
from ..record import composite, op
from ..tensors import Tensor
from .elementwise import in_float32
from .mixture import KEPT, Table, mixture
from .pad import constant_pad
from .pool import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .pool_windows import several
from .resample_tables import FILTERS, nearest, smooth
from .shape import permute, reshape

_DIMS = {  # how many dimensions the input of a mode may have
    **dict.fromkeys(("nearest", "nearest-exact", "area"), (3, 4, 5)),
    "linear": (3,), "bilinear": (4,), "trilinear": (5,), "bicubic": (4,), "lanczos": (4,)}
_LINEAR = {3: "linear", 4: "bilinear", 5: "trilinear"}


@composite(method=False)
@in_float32
def interpolate(input, size=None, scale_factor=None, mode="nearest",
                align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
                antialias=False):
    """input with its last dimensions resized to `size`, or to floor(their size * scale_factor).

    "nearest" takes the element at floor(i / scale), "nearest-exact" that at
    floor((i + 0.5) / scale), and "area" is adaptive_avg_pool.  "linear" (one dimension),
    "bilinear" (two) and "trilinear" mix the neighbours of (i + 0.5) / scale - 0.5, or, with
    align_corners, of i (n - 1) / (out - 1), so that the corners stay where they are; "bicubic"
    mixes four along each of two dimensions.  With antialias "bilinear", "bicubic" and "lanczos",
    which is only for that, mix all that becomes one pixel, as Pillow does.  An infinite neighbour
    with share 0 makes NaN, as in PyTorch.
    Shape: (N, C, L), (N, C, H, W) or (N, C, D, H, W) -> (N, C, *size)

    >>> nn.functional.interpolate(autograd.tensor([[[1., 2.]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    _check_mode(input, mode, align_corners, antialias)
    size, scale_factor = [tuple(part) if ordered(part) else part for part in (size, scale_factor)]
    shape = tuple(input.shape)
    if recompute_scale_factor and size is not None:
        raise ValueError("interpolate: recompute_scale_factor is for scale_factor, not for size; "
                         "leave it out")
    if mode == "area":
        return _AVERAGES[len(shape)](input, _target(shape[2:], size, scale_factor)[0])
    kinds = *_kinds(size), *_kinds(scale_factor)
    plain = _PLAIN.issuperset(kinds) and max(shape[2:]) <= KEPT
    planned = _planned if plain else _planned.__wrapped__
    tables = planned(shape, size, scale_factor, kinds, (mode, antialias),
                     bool(align_corners), bool(recompute_scale_factor), input.dtype)
    return mixture(input, tables) if tables else input


@composite(method=False)
def upsample(input, size=None, scale_factor=None, mode="nearest",
             align_corners: bool | None = None):
    """`interpolate` by its former name."""
    return interpolate(input, size, scale_factor, mode, align_corners)


@composite(method=False)
def upsample_nearest(input, size=None, scale_factor=None):
    """`interpolate` in mode "nearest"."""
    return interpolate(input, size, scale_factor)


@composite(method=False)
def upsample_bilinear(input, size=None, scale_factor=None):
    """`interpolate` in mode "bilinear" with align_corners."""
    return interpolate(input, size, scale_factor, "bilinear", True)


_AVERAGES = {3: adaptive_avg_pool1d, 4: adaptive_avg_pool2d, 5: adaptive_avg_pool3d}
_PLAIN = {int, float, type(None)}  # what can be looked up by its value and its kind


def _kinds(value) -> tuple:
    return tuple(map(type, value)) if value.__class__ is tuple else (type(value),)


@lru_cache(512)
def _planned(shape: tuple, size, scale_factor, kinds: tuple, mode: tuple[str, bool],
             align_corners: bool, recompute: bool, dtype) -> tuple:
    """(dim, table) for each dimension that is resized."""
    sizes, scales = _target(shape[2:], size, scale_factor)
    check_size("interpolate", (*shape[:2], *sizes))
    if recompute or scales is None:
        scales = (None,) * len(sizes)
    tables = []
    for dim, (out, scale) in enumerate(zip(sizes, scales, strict=True), 2):
        n = shape[dim]
        if mode[0].startswith("nearest"):
            places = nearest(n, out, scale, dtype, sizes, mode[0] == "nearest-exact")
            tables.append((dim, Table.of_places(n, places)))
        elif out != n or mode == ("bicubic", False):  # which PyTorch mixes anyway
            tables.append((dim, smooth(*mode, n, out, scale, align_corners, dtype)))
    return tuple(tables)


def _check_mode(input, mode: str, align_corners, antialias) -> None:
    if not isinstance(input, Tensor):
        raise TypeError(f"interpolate: input must be a Tensor, got {describe(input)}")
    dims, ndim = _DIMS.get(mode) if isinstance(mode, str) else None, input._array.ndim
    if dims is None:
        raise ValueError(f"interpolate: mode {mode!r}; choose {', '.join(map(repr, _DIMS))}")
    if align_corners is not None and (len(dims) > 1 or mode == "lanczos" and align_corners):
        raise ValueError(f"interpolate: align_corners is for mode 'linear', 'bilinear', 'bicubic' "
                         f"and 'trilinear', not {mode!r}; leave it out")
    if antialias and mode not in FILTERS:
        raise ValueError(f"interpolate: antialias is for mode 'bilinear', 'bicubic' and 'lanczos', "
                         f"not {mode!r}; leave it out")
    if ndim not in dims:
        if len(dims) > 1:
            raise ValueError("interpolate: input must be (N, C, ...) with one to three dimensions "
                             f"to resize, got {describe(input)}")
        fits = _LINEAR.get(ndim)
        raise ValueError(f"interpolate: mode {mode!r} is for {dims[0]} dimensions, got "
                         f"{describe(input)}" + (f"; use {fits!r}" if fits else ""))
    if mode[:7] == "nearest":
        return
    if mode == "lanczos" and not antialias:
        raise ValueError("interpolate: mode 'lanczos' needs antialias=True")
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


@composite(method=False)
def channel_shuffle(input, groups):
    """The channels of `groups` groups taken in turn: the first of each, the second of each, ...

    Shape: (N, C, *) -> the same
    Raises: ValueError where groups does not divide the channels.
    Reference: Zhang et al., ShuffleNet, 2018, section 3.1.

    >>> nn.functional.channel_shuffle(autograd.arange(4).reshape(1, 4, 1), 2).flatten()
    tensor([0, 2, 1, 3])
    """
    if not isinstance(input, Tensor) or input.ndim < 3:
        raise ValueError("channel_shuffle: input must be a Tensor (N, C, *) of 3 dimensions or "
                         f"more, got {describe(input)}")
    n, channels, *rest = input.shape
    parts, = several("channel_shuffle", "groups", groups, 1)
    if channels % parts:
        raise ValueError(f"channel_shuffle: groups = {parts} must divide the {channels} channels "
                         f"of {describe(input)}")
    grouped = reshape(input, (n, parts, channels // parts, *rest))
    return reshape(permute(grouped, (0, 2, 1, *range(3, input.ndim + 1))), input.shape)


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


def _patches(name: str, size, *settings) -> Patches:
    """The patches with these settings: kernel_size, dilation, padding and stride."""
    given = [tuple(value) if ordered(value) else value for value in settings]
    plain = {int}.issuperset([kind for value in given for kind in _kinds(value)])
    return (_checked_patches if plain else _checked_patches.__wrapped__)(name, size, *given)


@lru_cache(512)
def _checked_patches(name: str, size, kernel_size, dilation, padding, stride) -> Patches:
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


def _check_real(name: str, input: Tensor) -> None:
    if input.is_complex():
        raise TypeError(f"{name}: input must be real, got {describe(input)}; do it with input.real "
                        "and input.imag")


def unfold(input: Tensor, kernel_size, dilation=1, padding=0, stride=1) -> Tensor:
    """Every patch of an image as a column, L of them.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C kh kw, L) or (C kh kw, L)
    Raises: ValueError for patches that do not fit the image.
    """
    if not isinstance(input, Tensor) or not 3 <= input.ndim <= 4:
        raise ValueError("unfold: input must be a Tensor (N, C, H, W) or (C, H, W), got "
                         f"{describe(input)}; for windows of one dimension use input.unfold")
    _check_real("unfold", input)
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
    _check_real("fold", input)
    if len(shape) == 2:
        return col2im(input.unsqueeze(0), patches).squeeze(0)
    return col2im(input, patches)
