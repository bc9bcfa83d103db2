"""Short-time Fourier transforms: there and back, and what does not fit."""

import numpy as np
import pytest

import autograd

X, Z = autograd.arange(10.0), autograd.ones(3, 5).cfloat()
WINDOW = autograd.hann_window(4)


@pytest.mark.parametrize("given", [
    dict(), dict(hop_length=2), dict(normalized=True), dict(onesided=False), dict(win_length=3)])
def test_there_and_back(given):
    rng = np.random.default_rng(0)
    for x in (rng.normal(size=21), rng.normal(size=(2, 20)), rng.normal(size=(2, 20)) * 1j):
        signal, twofold = autograd.tensor(x), np.iscomplexobj(x)
        given = dict(given, window=autograd.hann_window(given.get("win_length", 4)).double())
        parts = autograd.stft(signal, 4, return_complex=True,
                              **(given | dict(onesided=False) if twofold else given))
        back = autograd.istft(parts, 4, length=x.shape[-1], return_complex=twofold, **given)
        np.testing.assert_allclose(back.numpy(), x, 1e-12, 1e-12)


def test_shapes_and_dtypes():
    for x in (X, X.double()):
        whole = autograd.stft(x, 4, window=WINDOW, return_complex=True)
        assert whole.shape == (3, 11) and whole.dtype is (x[:1] * 1j + WINDOW[:1]).dtype
        pairs = autograd.stft(x, 4, window=WINDOW, return_complex=False)
        assert pairs.shape == (3, 11, 2) and not pairs.is_complex()
        assert autograd.istft(whole, 4, window=WINDOW).dtype == x.dtype
    with pytest.warns(UserWarning, match="istft: the frames make 6 numbers, and length is 9"):
        longer = autograd.istft(Z, 4, 1, length=9)
    assert longer.shape == (9,) and longer[6:].tolist() == [0, 0, 0]


def test_the_signal_is_not_written():
    x = autograd.rand(2, 9)
    before = x.tolist()
    autograd.stft(x, 4, center=False, return_complex=True).mul_(2)
    assert x.tolist() == before


@pytest.mark.parametrize(("call", "text"), [
    (lambda: X.stft(4), "stft: return_complex must be given for real signals"),
    (lambda: X.long().stft(4, return_complex=True), r"stft: a signal .* got Tensor \(10,\) int64"),
    (lambda: X.half().stft(4, return_complex=True), "stft: a signal .* float16"),
    (lambda: X[0].stft(1, 1, return_complex=True), "stft: a signal"),
    (lambda: X.stft(12, center=False, return_complex=True), "n_fft 12 must not exceed the .* 10"),
    (lambda: X.stft(40, return_complex=True), r"stft: \(20, 20\) in mode 'reflect' does not"),
    (lambda: X.stft(0), "stft: n_fft must be an integer from 1 on, got 0"),
    (lambda: X.stft("4"), "stft: n_fft must be an integer from 1 on, got '4'"),
    (lambda: X.stft(4.0), "stft: n_fft must be an integer from 1 on, got 4.0"),
    (lambda: X.stft(2), "stft: hop_length must be an integer from 1 on, got 0"),
    (lambda: X.stft(4, 1, 5), "stft: win_length 5 must not exceed n_fft 4"),
    (lambda: X.stft(4, 1, 3, WINDOW), r"stft: window must be a Tensor of shape \(3,\), which"),
    (lambda: Z.stft(4, onesided=True), "stft: half of the frequencies do not tell"),
    (lambda: X.stft(4, return_complex=True, align_to_window=True), "only with center=False"),
    (lambda: autograd.stft([1.0], 4), "stft: input must be a Tensor"),
    (lambda: X.istft(4), "istft: complex numbers .* are needed, as stft"),
    (lambda: Z.istft(8), "istft: 5 frequencies are needed for n_fft 8 with onesided=True, got"),
    (lambda: Z.istft(4, 5), "istft: hop_length 5 must not exceed win_length 4"),
    (lambda: Z.istft(4, 2, window=WINDOW, center=False), "istft: the windows do not cover"),
    (lambda: Z.istft(4, 1, window=WINDOW.cfloat()), "pass return_complex=True"),
    (lambda: Z.istft(4, 1, return_complex=True), "pass onesided=False"),
    (lambda: Z.istft(4, 1, length=0), "leave no signal between"),
    (lambda: Z[:, :1].istft(4, 1), "leave no signal between")])
def test_messages(call, text):
    with pytest.raises((RuntimeError, TypeError, ValueError), match=text):
        call()
