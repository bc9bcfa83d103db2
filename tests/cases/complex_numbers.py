"""Samples for autograd/ops/complex_numbers.py and fourier.py; gradients are held to differences in
tests/test_complex.py and to PyTorch's in tests/parity/test_complex.py."""

import cmath

import numpy as np

from tests.cases import Case
from tests.cases.elementwise import loop

Z = np.array([[1 + 2j, -0.5 + 0.25j, 3 - 1j], [0.5j, -2.0, 1.5 - 2j]])
X, Y = Z.real.copy(), Z.imag.copy()
PAIRS = np.stack([X, Y], -1)


def _transformed(z, dims, norm, inverse):
    """By the matrix of the transform, one dimension after the other."""
    for dim in dims:
        n = z.shape[dim]
        power = np.outer(np.arange(n), np.arange(n)) * (2j * np.pi / n)
        matrix = np.exp(power if inverse else -power)
        scale = {"ortho": n**-0.5, "forward": 1 if inverse else 1 / n,
                 "backward": 1 / n if inverse else 1}[norm]
        z = np.moveaxis(np.tensordot(matrix, z, (1, dim)), 0, dim) * scale
    return z


def _half(x, dims, norm):
    return np.take(_transformed(x, dims, norm, False), range(x.shape[dims[-1]] // 2 + 1), dims[-1])


def _fitted(x, dims, sizes):
    for dim, n in zip(dims, sizes, strict=True):
        x = np.moveaxis(np.array([list(x.swapaxes(0, dim)[i]) if i < x.shape[dim] else
                                  list(x.swapaxes(0, dim)[0] * 0) for i in range(n)]), 0, 0)
        x = x.swapaxes(0, dim)
    return x


def _short_time(x, n_fft, hop, width, window, *_, **__):
    """Frame by frame, with the padding of zeros that the samples ask for."""
    x = np.concatenate([np.zeros(n_fft // 2), x, np.zeros(n_fft // 2)])
    whole = np.zeros(n_fft)
    whole[(n_fft - width) // 2:][:width] = window
    frames = [x[at:at + n_fft] * whole for at in range(0, len(x) - n_fft + 1, hop)]
    return _half(np.array(frames), (1,), "backward").T


SIGNAL, WINDOW = np.array([1.0, -2, 0.5, 3, 0, 2, -1]), np.array([0.5, 1, 0.75])


CASES = {
    "stft": [Case((SIGNAL, 4, 2, 3, WINDOW, True, "constant"), kwargs=dict(return_complex=True),
                  reference=_short_time)],
    "istft": [Case((_short_time(SIGNAL, 4, 1, 3, WINDOW), 4, 1, 3, WINDOW), kwargs=dict(length=7),
                   reference=lambda *_, **__: SIGNAL)],
    "complex": [Case((X, Y), reference=lambda x, y: x + 1j * y)],
    "polar": [Case((np.abs(X), Y), reference=lambda r, a: r * np.exp(1j * a))],
    "_real": [Case((Z,), reference=lambda z: (z + z.conj()) / 2 + 0.0, torch=False)],
    "_imag": [Case((Z,), reference=lambda z: Y, torch=False)],
    "_conj": [Case((Z,), reference=lambda z: X - 1j * Y, torch=False)],
    "cfloat": [Case((X,), reference=lambda x: x.astype("c8"))],
    "cdouble": [Case((X,), reference=lambda x: x + 0j)],
    "adjoint": [Case((Z,), reference=lambda z: (X - 1j * Y).T)],
    "angle": [Case((Z,), reference=loop(cmath.phase)),
              Case((X,), reference=lambda x: np.where(x < 0, np.pi, 0))],
    "view_as_real": [Case((Z,), reference=lambda z: PAIRS)],
    "view_as_complex": [Case((PAIRS,), reference=lambda x: Z)],
    "view_as_real_copy": [Case((Z,), reference=lambda z: PAIRS)],
    "view_as_complex_copy": [Case((PAIRS,), reference=lambda x: Z)],
    "_sgn": [Case((Z,), reference=lambda z: np.exp(1j * np.arctan2(Y, X)), torch=False)],
    "_fourier": [Case((Z, (0, 1), norm, inverse), reference=_transformed, torch=False)
                 for norm, inverse in (("ortho", False), ("forward", True), ("backward", True))],
    "_half_fourier": [Case((X, (0, 1), "backward"), reference=_half, torch=False)],
    "_from_half": [Case((_half(X, (1,), "forward"), (1,), 3, "forward"),
                        reference=lambda z, *_: X, torch=False)],
    "complex_log_det": [Case((Z[:, :2],), torch=False, reference=lambda z: np.log(
        z[0, 0] * z[1, 1] - z[0, 1] * z[1, 0]))],
    "_fit": [Case((Z, (0, 1), (3, 2)), reference=_fitted, torch=False)],
}
