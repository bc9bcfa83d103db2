"""Numbers of the user's that sizes are computed from: an error that names op and number, where no
memory holds what they ask for, and the right result where they only look large."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from nn import functional as F

HUGE = [2**47, 2**60, 2**62, 2**63 - 1, 2**63, 2**64, 2**100]
x = autograd.ones(2, 3)
line, image, column = autograd.ones(1, 1, 4), autograd.ones(1, 1, 4, 4), autograd.ones(1, 4, 1)
places = autograd.tensor([0, 1])

CALLS = {
    "repeat_interleave": lambda h: x.repeat_interleave(h, 1),
    "tile": lambda h: x.tile((h,)),
    "repeat": lambda h: x.repeat(h, h),
    "pad": lambda h: F.pad(x, (h, 0, 0, 1)),
    "pad by its edge": lambda h: F.pad(line, (h, 0), mode="replicate"),
    "one_hot": lambda h: F.one_hot(places, h),
    "zeros": lambda h: autograd.zeros(h),
    "ones": lambda h: autograd.ones(1, h),
    "empty": lambda h: autograd.empty((h, h)),
    "full": lambda h: autograd.full((h,), 1.0),
    "full of many sizes": lambda h: autograd.full((h,) * 40, 1.0),
    "rand of many sizes": lambda h: autograd.rand((h,) * 40),
    "linspace": lambda h: autograd.linspace(0, 1, h),
    "logspace": lambda h: autograd.logspace(0, 1, h),
    "arange": lambda h: autograd.arange(h),
    "eye": lambda h: autograd.eye(h),
    "randperm": lambda h: autograd.randperm(h),
    "unfold": lambda h: F.unfold(image, 2, padding=h),
    "unfold far": lambda h: F.unfold(image, 2, padding=h, stride=h),
    "fold": lambda h: F.fold(column, (h, h), 2, stride=h),
    "fold padded": lambda h: F.fold(column, (4, 4), 2, padding=h),
    "adaptive_avg_pool2d": lambda h: F.adaptive_avg_pool2d(image, h),
    "adaptive_max_pool1d": lambda h: F.adaptive_max_pool1d(line, h),
    "interpolate": lambda h: F.interpolate(image, size=h),
    "interpolate between": lambda h: F.interpolate(image, size=(1, h), mode="bilinear"),
    "interpolate by": lambda h: F.interpolate(line, scale_factor=float(h)),
}


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize("call", CALLS)
def test_what_no_memory_holds(call, number):
    with pytest.raises(ValueError, match=f"^{call.split()[0]}: ") as raised:
        CALLS[call](number)
    assert any(word in str(raised.value) for word in ("no memory", "larger than any tensor"))


def test_repeats_whose_sum_is_too_large():
    for number in (2**46, 2**62, 2**63 - 1):
        repeats = autograd.tensor(np.full(3, number))
        with pytest.raises(ValueError, match="repeat_interleave: the result would be .*no memory"):
            x.repeat_interleave(repeats, 1)


@pytest.mark.parametrize("scale", [math.inf, math.nan])
def test_scales_that_are_no_numbers(scale):
    with pytest.raises(ValueError, match="interpolate: scale_factor must be"):
        F.interpolate(image, scale_factor=scale)


@pytest.mark.parametrize("number", [2**31, 2**40, 2**60])
def test_windows_and_strides_beyond_the_input(number):
    """As in exact arithmetic: the padding holds nothing, a divisor of 2**80 leaves next to 0."""
    values = autograd.arange(16.0).reshape(1, 1, 4, 4)
    around = dict(kernel_size=number, padding=number // 2)
    assert F.max_pool2d(values, 2, stride=number).tolist() == [[[[5.0]]]]
    assert F.max_pool2d(values, **around).tolist() == [[[[15.0]]]]
    assert F.max_pool2d(values, **around, stride=1).shape == (1, 1, 5, 5)
    wanted = float(np.float32(120.0 / number / number))
    assert F.avg_pool2d(values, **around).item() == pytest.approx(wanted, rel=1e-6)
    assert F.avg_pool2d(values, **around, count_include_pad=False).item() == 7.5
    assert F.avg_pool2d(values, 2, divisor_override=number)[0, 0, 0, 0].item() == 10.0 / number
    leaf = values.clone().requires_grad_()
    F.avg_pool2d(leaf, **around).sum().backward()
    np.testing.assert_allclose(leaf.grad.numpy(), number**-2.0, rtol=1e-6)
    assert F.unfold(values, 2, stride=number).flatten().tolist() == [0.0, 1.0, 4.0, 5.0]


@pytest.mark.parametrize("number", [2**62, 2**64, 2**100])
def test_windows_that_int64_cannot_count(number):
    for call in (lambda: F.max_pool2d(image, number, padding=number // 2),
                 lambda: F.max_pool2d(image, 2, stride=number),
                 lambda: F.max_pool1d(line, 3, dilation=number // 2, padding=2),
                 lambda: F.avg_pool2d(image, 2, divisor_override=number)):
        with pytest.raises(ValueError, match=f"pool.d: .*at most {2**61}"):
            call()


def test_planes_whose_places_int32_cannot_tell_apart():
    whole = autograd.zeros(1, dtype=autograd.float32).expand(1, 1, 2**16, 2**15 + 1)
    for pool in (lambda: F.max_pool2d(whole, 2**14), lambda: F.adaptive_max_pool2d(whole, 2),
                 lambda: F.fractional_max_pool2d(whole, 2, 2)):
        with pytest.raises(ValueError, match=r"more than 2\*\*31 places"):
            pool()
