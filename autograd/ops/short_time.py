"""The short-time Fourier transform: the frequencies of a signal, frame after frame, and back.

Frame t is signal[t hop : t hop + n_fft] times a window.  Both ways are made of other ops, whose
rules give the gradients.
"""

from __future__ import annotations

import numpy as np

from ..dtypes import real_of
from ..errors import describe, switch, warn
from ..record import composite
from ..tensors import Tensor, wrap
from .complex_numbers import complex, view_as_real
from .fourier import _fourier, _from_half, _half_fourier
from .pad import pad
from .shape import squeeze, transpose, unfold, unfold_grad, unsqueeze

_LEAST = 1e-11  # of the windows' squares added up, by which istft divides


@composite()
def stft(input, n_fft, hop_length=None, win_length=None, window=None, center=True,
         pad_mode="reflect", normalized=False, onesided=None, return_complex=None,
         align_to_window=None):
    """X[k, t] = Σ_j window[j] input[t hop_length + j] e^(-2πijk / n_fft): the frequencies of frame
    after frame.

    hop_length is n_fft // 4 by default, win_length n_fft; a shorter window, of ones by default,
    stands in the middle of n_fft.  `center` pads the signal by n_fft // 2 at both ends in
    `pad_mode`, so that frame t is about input[t hop_length]; without it, align_to_window pads so
    that the first window begins at input[0].  `normalized` divides by √n_fft.  `onesided`, the
    default for real signals, gives n_fft // 2 + 1 frequencies.

    Shape: (T) or (N, T) -> (*, frequencies, frames) complex; with return_complex=False
    (*, frequencies, frames, 2) real
    Raises: RuntimeError for sizes that do not fit, and for a real signal without return_complex.

    >>> signal, window = autograd.ones(8), autograd.hann_window(4)
    >>> autograd.stft(signal, 4, window=window, return_complex=True).shape
    Size([3, 9])
    """
    hop_length, win_length, window = _sizes("stft", input, n_fft, hop_length, win_length, window)
    if input.ndim not in (1, 2) or input.dtype.kind not in "fc" or input.dtype == np.float16:
        raise RuntimeError("stft: a signal (T), or several (N, T), of float32, float64 or complex "
                           f"numbers is needed, got {describe(input)}")
    twofold = input.is_complex() or (window is not None and window.is_complex())
    onesided = not twofold if onesided is None else switch("stft", "onesided", onesided)
    _check_sides("stft", onesided, twofold)
    if return_complex is None and not twofold:
        raise RuntimeError("stft: return_complex must be given for real signals: True gives "
                           "complex numbers, False pairs of real ones")
    signal = unsqueeze(input, 0) if input.ndim == 1 else input
    before, after = _margins(center, align_to_window, n_fft, win_length)
    signal = _padded(signal, before, after, pad_mode if center else "constant")
    if signal.shape[-1] < n_fft:
        raise RuntimeError(f"stft: n_fft {n_fft} must not exceed the signal's length "
                           f"{signal.shape[-1]}; got {describe(input)}")
    frames = unfold(signal, -1, n_fft, hop_length)
    frames = frames if window is None else frames * window
    transform = (_half_fourier(frames, (2,), "ortho" if normalized else "backward") if onesided
                 else _fourier(frames, (2,), "ortho" if normalized else "backward", False))
    found = transpose(transform, 1, 2)
    found = squeeze(found, 0) if input.ndim == 1 else found
    return found if twofold and return_complex is None or return_complex else view_as_real(found)


@composite()
def istft(input, n_fft, hop_length=None, win_length=None, window=None, center=True,
          normalized=False, onesided=None, length=None, return_complex=False):
    """The signal whose stft with the same arguments is nearest to input: frames go back, are
    multiplied by the window, added up where they overlap and divided by the windows' squares.

    `length` cuts the signal off, or fills it up with zeros; return_complex gives a complex signal
    from all n_fft frequencies.

    Shape: (frequencies, frames) or (N, frequencies, frames) -> (T) or (N, T)
    Raises: RuntimeError where the windows leave a place of the signal uncovered (nonzero overlap
        add, NOLA).

    >>> x, window = autograd.arange(8.), autograd.hann_window(4)
    >>> parts = autograd.stft(x, 4, 2, window=window, return_complex=True)
    >>> autograd.istft(parts, 4, 2, window=window).round(decimals=4)
    tensor([0., 1., 2., 3., 4., 5., 6., 7.])
    """
    hop_length, win_length, window = _sizes("istft", input, n_fft, hop_length, win_length, window)
    onesided = _check_spectrum(input, n_fft, hop_length, win_length, onesided)
    twofold = window is not None and window.is_complex()
    if twofold and not return_complex:
        raise RuntimeError("istft: with a complex window the signal is complex; pass "
                           "return_complex=True")
    _check_sides("istft", onesided, return_complex)
    frames = transpose(input if input.ndim == 3 else unsqueeze(input, 0), 1, 2)
    norm = "ortho" if normalized else "backward"
    frames = (_fourier(frames, (2,), norm, True) if return_complex
              else _from_half(frames[..., :n_fft // 2 + 1], (2,), n_fft, norm))
    if window is None:
        window = wrap(np.ones(n_fft, real_of(input.dtype)))
    signal = _overlapped(frames * window, window * window, n_fft, hop_length, center, length)
    if length is not None and length > signal.shape[-1]:
        warn(f"istft: the frames make {signal.shape[-1]} numbers, and length is {length}; zeros "
             "follow")
        signal = _padded(signal, 0, length - signal.shape[-1], "constant")
    return signal if input.ndim == 3 else squeeze(signal, 0)


def _overlapped(frames, weights, n_fft: int, hop: int, center: bool, length):
    """The frames added up, divided by their weights added up, without what was padded."""
    count = frames.shape[1]
    total = n_fft + hop * (count - 1)
    start = n_fft // 2 if center else 0
    end = total - start if length is None else min(start + length, total)
    signal = unfold_grad(frames, 1, hop, (frames.shape[0], total))[:, start:end]
    covered = unfold_grad(weights.expand(1, count, n_fft), 1, hop, (1, total))[:, start:end]
    least = np.abs(covered.detach().numpy()).min(initial=np.inf)
    if not signal.shape[-1] or least < _LEAST:
        raise RuntimeError(
            f"istft: {count} frames of {n_fft}, {hop} apart, leave no signal between their margins"
            if not signal.shape[-1] else
            f"istft: the windows do not cover the signal (their squares add up to {least:.1e} at "
            "one place); take a smaller hop_length, a window without zeros, or center=True")
    return signal / covered


def _sizes(name: str, input, n_fft, hop, width, window) -> tuple:
    """hop_length, win_length and the window filled up to n_fft, None where it is of ones."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}: input must be a Tensor, got {describe(input)}")
    _check_size(name, "n_fft", n_fft)
    hop = n_fft // 4 if hop is None else hop
    width = n_fft if width is None else width
    _check_size(name, "hop_length", hop)
    _check_size(name, "win_length", width)
    if width > n_fft:
        raise RuntimeError(f"{name}: win_length {width} must not exceed n_fft {n_fft}")
    if window is None and width == n_fft:
        return hop, width, None
    if window is None:
        window = wrap(np.ones(width, real_of(input.dtype)))
    if not isinstance(window, Tensor) or window.shape != (width,):
        raise RuntimeError(f"{name}: window must be a Tensor of shape ({width},), which is "
                           f"win_length, got {describe(window)}")
    before = (n_fft - width) // 2
    return hop, width, _padded(window, before, n_fft - width - before, "constant")


def _check_size(name: str, which: str, size) -> None:
    if isinstance(size, bool) or not hasattr(size, "__index__") or size < 1:
        raise RuntimeError(f"{name}: {which} must be an integer from 1 on, got {size!r}")


def _check_sides(name: str, onesided: bool, twofold: bool) -> None:
    if onesided and twofold:
        raise RuntimeError(f"{name}: half of the frequencies do not tell a complex signal; "
                           "pass onesided=False")


def _margins(center: bool, aligned, n_fft: int, width: int) -> tuple[int, int]:
    """How many numbers are put in front of a signal and behind it."""
    if center and aligned is not None:
        raise RuntimeError("stft: align_to_window has a meaning only with center=False")
    if center:
        return n_fft // 2, n_fft // 2
    before = (n_fft - width) // 2
    return (before, n_fft - width - before) if aligned else (0, 0)


def _padded(x, before: int, after: int, mode: str):
    """x with more numbers at both ends of its last dimension."""
    if not before and not after:
        return x
    if x.is_complex():
        return complex(pad(x.real, (before, after), mode), pad(x.imag, (before, after), mode))
    return pad(x, (before, after), mode)


def _check_spectrum(input, n_fft: int, hop: int, width: int, onesided) -> bool:
    """Whether what istft got is half of the frequencies, if it fits at all."""
    if not input.is_complex() or input.ndim not in (2, 3) or not input.numel():
        raise RuntimeError("istft: complex numbers (frequencies, frames) or (N, frequencies, "
                           "frames) are needed, as stft(..., return_complex=True) gives them, got "
                           f"{describe(input)}")
    if hop > width:
        raise RuntimeError(f"istft: hop_length {hop} must not exceed win_length {width}")
    count = input.shape[-2]
    onesided = count != n_fft if onesided is None else switch("istft", "onesided", onesided)
    wanted = n_fft // 2 + 1 if onesided else n_fft
    if count != wanted:
        raise RuntimeError(f"istft: {wanted} frequencies are needed for n_fft {n_fft} with "
                           f"onesided={onesided}, got {describe(input)}")
    return onesided
