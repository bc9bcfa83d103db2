"""Padding: modules, widths, what is left alone, messages."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from nn import functional as F

IMAGE = np.arange(12.0).reshape(1, 3, 4)


@pytest.mark.parametrize("layer,mode", [
    (nn.ZeroPad2d, dict(mode="constant")), (nn.ReflectionPad2d, dict(mode="reflect")),
    (nn.ReplicationPad2d, dict(mode="edge"))])
def test_modules(layer, mode):
    x = autograd.tensor(IMAGE)
    np.testing.assert_array_equal(layer(2)(x), np.pad(IMAGE, ((0, 0), (2, 2), (2, 2)), **mode))
    np.testing.assert_array_equal(layer((1, 2, 0, 1))(x[None]), np.pad(
        IMAGE[None], ((0, 0), (0, 0), (0, 1), (1, 2)), **mode))
    assert repr(layer(1)) == f"{layer.__name__}((1, 1, 1, 1))"


def test_modules_for_sequences_and_constants():
    x = autograd.tensor(IMAGE)
    np.testing.assert_array_equal(nn.ReflectionPad1d(3)(x),
                                  np.pad(IMAGE, ((0, 0), (0, 0), (3, 3)), mode="reflect"))
    np.testing.assert_array_equal(nn.ReplicationPad1d((0, 2))(x[0]),
                                  np.pad(IMAGE[0], ((0, 0), (0, 2)), mode="edge"))
    layer = nn.ConstantPad2d((1, 0, -1, 0), 3.5)
    assert layer(x)[0].tolist() == [[3.5, 4, 5, 6, 7], [3.5, 8, 9, 10, 11]]
    assert repr(layer) == "ConstantPad2d(padding=(1, 0, -1, 0), value=3.5)"


def test_cropping_to_nothing_and_from_nothing():
    x = autograd.tensor(IMAGE, requires_grad=True)
    y = F.pad(x, (-2, -2))
    assert y.shape == (1, 3, 0)
    y.sum().backward()
    assert (x.grad.numpy() == 0).all()
    assert F.pad(autograd.zeros(0, 2), (0, 0, 1, 0)).shape == (1, 2)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_negative_widths_crop(mode):
    """Against np.pad: circular wraps what is left, the others crop what is padded."""
    name = {"circular": "wrap", "replicate": "edge"}.get(mode, mode)
    for before, after in [(-1, 0), (0, -2), (-1, -2), (-2, 2), (1, -3), (3, -1), (-2, 3)]:
        if mode == "circular" and max(before, after) > 4 + min(before, after):
            continue
        x = autograd.tensor(IMAGE, requires_grad=True)
        y = F.pad(x, (before, after, 0, 1), mode)
        whole = max(before, 0), max(after, 0)
        crop = slice(max(-before, 0), 4 - max(-after, 0))
        if mode == "circular":
            expected = np.pad(IMAGE[..., crop], ((0, 0), (0, 0), whole), mode=name)
        else:
            expected = np.pad(IMAGE, ((0, 0), (0, 0), whole), mode=name)
            expected = expected[..., max(-before, 0):expected.shape[2] - max(-after, 0)]
        expected = np.pad(expected, ((0, 0), (0, 1), (0, 0)), mode=name)
        np.testing.assert_array_equal(y.detach(), expected)
        y.sum().backward()
        counts = [(expected == value).sum() for value in IMAGE.reshape(-1)]
        np.testing.assert_array_equal(x.grad.numpy().reshape(-1), counts)


def test_the_result_is_a_copy():
    x = autograd.tensor(IMAGE)
    y = F.pad(x, (0, 0))
    y.zero_()
    np.testing.assert_array_equal(x, IMAGE)


def test_dtypes_stay():
    for dtype in (autograd.int64, autograd.float16, autograd.bool):
        x = autograd.ones(1, 2, 3, dtype=dtype)
        for mode in ("constant", "reflect", "replicate", "circular"):
            assert F.pad(x, (1, 1), mode).dtype == dtype


@pytest.mark.parametrize("call,error,message", [
    (lambda x: F.pad(x, (1,)), ValueError, "two integers for each of the last dimensions, at most "
     r"6 for an input \(1, 3, 4\), got 1"),
    (lambda x: F.pad(x, (0,) * 8), ValueError, "at most 6 .* got 8"),
    (lambda x: F.pad(x, 1), TypeError, r"a sequence of integers, \(left, right, top, bottom"),
    (lambda x: F.pad(x, (0.5, 1)), TypeError, "a sequence of integers"),
    (lambda x: F.pad(x, (1, 1), "mirror"), ValueError, "mode 'mirror'; choose from 'constant', "),
    (lambda x: F.pad(x, (1, 1), "reflect", 0.0), ValueError, "value 0.0 has no meaning in mode "
     "'reflect'"),
    (lambda x: F.pad(x, (-3, -2)), ValueError, r"\(-3, -2\) takes more than dimension 2 of "
     r"\(1, 3, 4\) has; at most 4"),
    (lambda x: F.pad(x, (-5, 3)), ValueError, r"\(-5, 3\) takes more than dimension 2"),
    (lambda x: F.pad(x, (4, 0), "reflect"), ValueError, r"\(4, 0\) in mode 'reflect' does not fit "
     r"dimension 2 of \(1, 3, 4\): at most 3 on either side"),
    (lambda x: F.pad(x, (0, 5), "circular"), ValueError, "at most 4 on either side"),
    (lambda x: F.pad(x, (-1, 4), "circular"), ValueError, "at most 3 on either side does"),
    (lambda x: F.pad(x, (-1, 4), "reflect"), ValueError, "at most 3 on either side does"),
    (lambda x: F.pad(x, (-1, -3), "replicate"), ValueError, r"\(-1, -3\) in mode 'replicate' "
     r"leaves nothing of dimension 2 of \(1, 3, 4\)"),
    (lambda x: F.pad(IMAGE, (1, 1)), TypeError, "pad: input must be a Tensor, got ndarray"),
    (lambda x: nn.ZeroPad2d((1, 2)), ValueError, r"ZeroPad2d: padding must be an integer or "
     r"\(left, right, top, bottom\), got \(1, 2\)"),
    (lambda x: nn.ReflectionPad1d(1)(x[None]), ValueError, r"ReflectionPad1d: input must be "
     r"\(N, C, L\) or \(C, L\), got \(1, 1, 3, 4\)"),
])
def test_messages(call, error, message):
    with pytest.raises(error, match=message):
        call(autograd.tensor(IMAGE))
