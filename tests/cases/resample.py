"""Samples for autograd/ops/resample.py; the answers come from loops over every pixel."""

from math import ceil, floor

import numpy as np

from autograd.ops.mixture import Table
from autograd.ops.resample import Patches
from tests.cases import Case, Spec
from tests.cases.linalg import functional

LINE, IMAGE, VOLUME = Spec((1, 2, 5)), Spec((1, 2, 3, 4)), Spec((1, 1, 2, 3, 2))
WIDE = Spec((1, 1, 7, 5))
OVERLAP = Patches((3, 4), (2, 3), (1, 1), (1, 0), (1, 1))
DILATED = Patches((4, 4), (2, 2), (2, 3), (1, 1), (2, 1))


EACH = Table(3, np.array([0, 2, 2, 3, 6]), np.array([1, 0, 2, 0, 0, 1]),
             np.array([0.5, -1.0, 1.0, 2.0, 0.25, 3.0]))


def _mixture(x, tables):
    for dim, table in tables:
        starts, places, weights = table.entries
        matrix = np.zeros((table.size, table.n))
        for i in range(table.size):
            for k in range(starts[i], starts[i + 1]):
                matrix[i, places[k]] += weights[k]
        x = np.moveaxis(np.tensordot(matrix, x, (1, dim)), 0, dim)
    return x


def _along(x, dim, out, scale, place):
    """x with out elements along dim, each Σ share * x[source] for the (source, share) of
    place(i, n, out, scale)."""
    n, parts = x.shape[dim], []
    for i in range(out):
        parts.append(sum(share * np.take(x, [source], dim)
                         for source, share in place(i, n, out, scale)))
    return np.concatenate(parts, dim)


def _nearest(i, n, out, scale):
    return [(min(floor(i * (1 / scale if scale else n / out)), n - 1), 1)]


def _linear(align_corners):
    def place(i, n, out, scale):
        if align_corners:
            at = i * (n - 1) / (out - 1) if out > 1 else 0
        else:
            at = max((i + 0.5) * (1 / scale if scale else n / out) - 0.5, 0)
        low = min(floor(at), n - 1)
        return [(low, 1 - (at - low)), (min(low + 1, n - 1), at - low)]

    return place


def _exact(i, n, out, scale):
    return [(min(floor((i + 0.5) * (1 / scale if scale else n / out)), n - 1), 1)]


def _area(i, n, out, scale):
    window = range(floor(i * n / out), ceil((i + 1) * n / out))
    return [(source, 1 / len(window)) for source in window]


def _keys(x, a):
    """Keys' piecewise cubic."""
    x = abs(x)
    if x >= 2:
        return 0
    return (a + 2) * x**3 - (a + 3) * x**2 + 1 if x < 1 else a * (x**3 - 5 * x**2 + 8 * x - 4)


def _bicubic(align_corners):
    def place(i, n, out, scale):
        at = i * (n - 1) / (out - 1) if align_corners else (
            (i + 0.5) * (1 / scale if scale else n / out) - 0.5)
        return [(min(max(tap, 0), n - 1), _keys(at - tap, -0.75))
                for tap in range(floor(at) - 1, floor(at) + 3)]

    return place


KERNELS = {"bilinear": (lambda x: max(1 - abs(x), 0), 1), "bicubic": (lambda x: _keys(x, -0.5), 2),
           "lanczos": (lambda x: float(abs(x) < 3) * np.sinc(x) * np.sinc(x / 3), 3)}


def _filtered(mode):
    kernel, reach = KERNELS[mode]

    def place(i, n, out, scale):
        step = 1 / scale if scale else n / out
        wide, center = max(step, 1), (i + 0.5) * step - 0.5
        shares = {source: kernel((source - center) / wide) for source in range(n)
                  if -reach * wide - 0.5 <= source - center < reach * wide + 0.5}
        return [(source, share / sum(shares.values())) for source, share in shares.items()]

    return place


def _interpolate(x, size=None, scale_factor=None, mode="nearest", align_corners=None,
                 recompute_scale_factor=None, antialias=False):
    dims = x.ndim - 2
    places = {"nearest": _nearest, "nearest-exact": _exact, "area": _area,
              "bicubic": _bicubic(align_corners)}
    place = _filtered(mode) if antialias else places.get(mode, _linear(align_corners))
    scales = scale_factor if isinstance(scale_factor, tuple) else (scale_factor,) * dims
    sizes = size if isinstance(size, tuple) else (size,) * dims
    for dim, (out, scale) in enumerate(zip(sizes, scales, strict=True), 2):
        out = out or floor(x.shape[dim] * scale)
        x = _along(x, dim, out, None if recompute_scale_factor else scale, place)
    return x


def _upsample(**fixed):
    return lambda x, *args, **kwargs: _interpolate(x, *args, **kwargs, **fixed)


def _channels(x, groups):
    parts = [x[:, g::x.shape[1] // groups] for g in range(x.shape[1] // groups)]
    return np.concatenate(parts, 1)


def _shuffle(x, r):
    *lead, channels, height, width = x.shape
    out = np.empty((*lead, channels // r**2, height * r, width * r))
    for c, i, j in np.ndindex(out.shape[-3:]):
        out[..., c, i, j] = x[..., c * r * r + (i % r) * r + j % r, i // r, j // r]
    return out


def _unshuffle(x, r):
    *lead, channels, height, width = x.shape
    out = np.empty((*lead, channels * r**2, height // r, width // r))
    for c, i, j in np.ndindex(x.shape[-3:]):
        out[..., c * r * r + (i % r) * r + j % r, i // r, j // r] = x[..., c, i, j]
    return out


def _places(patches):
    """(channel-free row, column, pixel) of every element of every patch that is in the image."""
    (h, w), (kh, kw), (dh, dw), (ph, pw), (sh, sw) = patches
    starts = [(i, j) for i in range(-ph, h + ph - dh * (kh - 1), sh)
              for j in range(-pw, w + pw - dw * (kw - 1), sw)]
    found = [(k * kw + m, column, (i + k * dh, j + m * dw)) for column, (i, j) in enumerate(starts)
             for k in range(kh) for m in range(kw)]
    return [(e, c, (i, j)) for e, c, (i, j) in found if 0 <= i < h and 0 <= j < w], len(starts)


def _im2col(x, patches):
    places, columns = _places(patches)
    elements = patches.kernel[0] * patches.kernel[1]
    out = np.zeros((len(x), x.shape[1], elements, columns))
    for element, column, (i, j) in places:
        out[:, :, element, column] = x[:, :, i, j]
    return out.reshape(len(x), -1, columns)


def _col2im(g, patches):
    places, columns = _places(patches)
    g = g.reshape(len(g), -1, patches.kernel[0] * patches.kernel[1], columns)
    out = np.zeros((*g.shape[:2], *patches.size))
    for element, column, (i, j) in places:
        out[:, :, i, j] += g[:, :, element, column]
    return out


def _torch_im2col(x, patches):
    return functional("unfold")(x, *patches[1:])


def _torch_col2im(g, patches):
    return functional("fold")(g, *patches)


CASES = {
    "interpolate": [Case((x,), kwargs, _interpolate, functional("interpolate"))
                    for x, kwargs in [
        (LINE, dict(size=8)), (LINE, dict(size=3)), (LINE, dict(scale_factor=1.7)),
        (IMAGE, dict(scale_factor=2)),
        (IMAGE, dict(size=(5, 2))), (VOLUME, dict(scale_factor=(1.0, 2.0, 1.5))),
        (LINE, dict(size=8, mode="linear")), (LINE, dict(size=8, mode="linear",
                                                         align_corners=True)),
        (LINE, dict(scale_factor=0.7, mode="linear")), (LINE, dict(size=1, mode="linear")),
        (LINE, dict(size=1, mode="linear", align_corners=True)),
        (LINE, dict(scale_factor=1.5, mode="linear", recompute_scale_factor=True)),
        (IMAGE, dict(scale_factor=2, mode="bilinear")), (IMAGE, dict(size=(3, 7), mode="bilinear")),
        (IMAGE, dict(size=(5, 2), mode="bilinear", align_corners=True)),
        (IMAGE, dict(scale_factor=(1.5, 0.6), mode="bilinear")),
        (VOLUME, dict(size=(3, 2, 3), mode="trilinear")),
        (VOLUME, dict(scale_factor=2, mode="trilinear", align_corners=True)),
        (LINE, dict(size=3, mode="nearest-exact")), (IMAGE, dict(size=2, mode="nearest-exact")),
        (VOLUME, dict(scale_factor=1.6, mode="nearest-exact")),
        (LINE, dict(size=3, mode="area")), (IMAGE, dict(scale_factor=0.6, mode="area")),
        (VOLUME, dict(size=2, mode="area")), (IMAGE, dict(scale_factor=1.5, mode="bicubic")),
        (IMAGE, dict(scale_factor=(1.1, 0.6), mode="bicubic")),
        (IMAGE, dict(size=(5, 3), mode="bicubic", align_corners=True)),
        *[(IMAGE, dict(size=(2, 5), mode=mode, antialias=True)) for mode in KERNELS],
        (WIDE, dict(scale_factor=(0.3, 0.6), mode="bicubic", antialias=True)),
        (WIDE, dict(size=(3, 2), mode="bilinear", antialias=True))]]
    # PyTorch's gradient is not that of its result where floor(n * scale_factor) is n
    + [Case((LINE,), dict(scale_factor=1.1), _interpolate, False)],
    "upsample": [Case((LINE, 7), dict(mode="linear"), _interpolate, functional("interpolate"))],
    "upsample_nearest": [Case((IMAGE,), dict(scale_factor=2), _upsample(),
                              functional("interpolate"))],
    "upsample_bilinear": [Case((IMAGE, (5, 2)), {}, _upsample(mode="bilinear", align_corners=True),
                               lambda x, size: functional("interpolate")(
                                   x, size, mode="bilinear", align_corners=True))],
    "channel_shuffle": [Case((Spec(shape), groups), {}, _channels,
                             functional("channel_shuffle"))
                        for shape, groups in [((2, 6, 3), 2), ((1, 6, 1, 2), 3), ((2, 3, 2), 1),
                                              ((2, 4, 0), 4)]],
    "pixel_shuffle": [Case(args, {}, _shuffle, functional("pixel_shuffle")) for args in [
        (Spec((1, 4, 2, 3)), 2), (Spec((9, 1, 2)), 3), (Spec((2, 1, 3, 1, 2)), 1)]],
    "pixel_unshuffle": [Case(args, {}, _unshuffle, functional("pixel_unshuffle")) for args in [
        (Spec((1, 1, 4, 6)), 2), (Spec((1, 3, 6)), 3)]],
    "mixture": [Case((Spec(shape), tables), {}, _mixture, torch=False) for shape, tables in [
        ((3, 2, 4), ((0, EACH),)), ((3, 4), ((0, EACH), (1, EACH.transposed()))),
        ((2, 4, 3), ((1, EACH.transposed()),)), ((3,), ((0, EACH),)),
        ((2, 3, 4, 3), ((1, EACH), (2, EACH.transposed()), (3, EACH)))]],
    "im2col": [Case((Spec((2, 1, *p.size)), p), {}, _im2col, _torch_im2col)
               for p in (OVERLAP, DILATED)],
    "col2im": [Case((Spec((1, 6, 8)), OVERLAP), {}, _col2im, _torch_col2im),
               Case((Spec((1, 4, 6)), DILATED), {}, _col2im, _torch_col2im)],
}
