"""Samples for autograd/ops/pad.py; the answers are numpy.pad's, and slices where it crops."""

import numpy as np

from tests.cases import Case, Spec
from tests.cases.linalg import functional

IMAGE, LINE = Spec((1, 2, 3, 4)), Spec((2, 1, 5))
NAMES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _constant(x, widths, value=0):
    """Padded by all that is positive, then cropped by all that is negative."""
    x = np.pad(x, [(max(a, 0), max(b, 0)) for a, b in widths], constant_values=value)
    return x[tuple(slice(max(-a, 0), n - max(-b, 0))
                   for n, (a, b) in zip(x.shape, widths, strict=True))]


def _pad(x, pad, mode="constant", value=None):
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)][::-1]
    widths = [(0, 0)] * (x.ndim - len(pairs)) + pairs
    if mode == "constant":
        return _constant(x, widths, value or 0)
    return np.pad(x, widths, mode=NAMES[mode])


CASES = {
    "pad": [Case(args, kwargs, _pad, functional("pad")) for args, kwargs in [
        ((IMAGE, (1, 2)), {}), ((IMAGE, (1, 0, 2, 1), "constant", 1.5), {}),
        ((IMAGE, (-1, 2, 1, -2)), {}), ((LINE, (0, 0)), {}), ((LINE, (-2, -3)), {}),
        ((Spec((3,)), (1, 1)), dict(value=-2.0)), ((Spec((0, 2)), (1, 1)), {}),
        ((np.arange(6).reshape(2, 3), (1, 0)), dict(value=7)),
        ((IMAGE, (2, 1, 1, 2), "reflect"), {}), ((LINE, (4, 3), "reflect"), {}),
        ((IMAGE, (2, 1, 4, 0), "replicate"), {}), ((LINE, (0, 7), "replicate"), {}),
        ((IMAGE, (4, 1, 0, 3), "circular"), {}), ((LINE, (5, 2)), dict(mode="circular"))]],
    "constant_pad": [Case(args, {}, _constant, False) for args in [
        (Spec((2, 3)), ((1, 0), (-1, 2))), (Spec((4,)), ((-4, 0),), 3.0),
        (Spec((2, 2)), ((0, 0), (1, 1)), 0.5)]],
}
