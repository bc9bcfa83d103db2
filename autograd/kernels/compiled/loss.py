"""Losses of two arrays of one shape: the sum in one sweep, the gradient in another.

A sum is made of the sums of fixed blocks, so it is the same to the last bit for any number of
threads; a block is summed in vector lanes, the blocks in float64, so float32 keeps its digits.
"""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, itemsize, share, size, vector
from autograd.kernels.compiled.softmax import contiguous
from autograd.kernels.compiled.vector_math import cast, log, sigmoid, softplus

BLOCK = 512  # numbers in a block of a sum
SMALL = 512  # numbers below which NumPy answers, and nothing need be compiled
SHARED = 1 << 17  # numbers from which a second thread pays
SHARED_LOG = 1 << 15  # the same where a number costs an exponential or a logarithm


@jit(inner=True)
def _piece(arrays, number, first, count, one):
    """`count` elements, from the first on, of a contiguous array of the tuple."""
    return vector(data(item(arrays, number)) + first * itemsize(one), count, one)


def _summing(name, loss):
    """The kernel that sums loss(x, target, option) over blocks."""

    def kernel(one, arrays, parts, index):
        n = size(item(arrays, 0))
        option = vector(data(item(arrays, 2)), 2, one)[1]
        sums = vector(data(item(arrays, 3)), (n + BLOCK - 1) // BLOCK, 1.0)
        last = share(sums.size, parts, index + 1, 1)
        for block in range(share(sums.size, parts, index, 1), last):
            first = block * BLOCK
            x = _piece(arrays, 0, first, min(BLOCK, n - first), one)
            target = _piece(arrays, 1, first, min(BLOCK, n - first), one)
            total = one - one
            for i in range(x.size):
                total += loss(x[i], target[i], option)
            sums[block] = total

    kernel.__qualname__ = name  # by which the cache knows it
    return jit(kernel)


def _mapping(name, slope):
    """The kernel that writes scale * slope(x, target, option)."""

    def kernel(one, arrays, parts, index):
        n = size(item(arrays, 0))
        settings = vector(data(item(arrays, 2)), 2, one)
        scale, option = settings[0], settings[1]
        first, last = share(n, parts, index, 64), share(n, parts, index + 1, 64)
        x = _piece(arrays, 0, first, last - first, one)
        target = _piece(arrays, 1, first, last - first, one)
        grad = _piece(arrays, 3, first, last - first, one)
        for i in range(x.size):
            grad[i] = scale * slope(x[i], target[i], option)

    kernel.__qualname__ = name
    return jit(kernel)


@jit(inner=True)
def _squared(x, target, option):
    return (x - target) * (x - target)


@jit(inner=True)
def _squared_slope(x, target, option):
    return (x - target) + (x - target)


@jit(inner=True)
def _absolute(x, target, option):
    return abs(x - target)


@jit(inner=True)
def _absolute_slope(x, target, option):
    distance = x - target
    below = cast(x, -1) if distance < 0 else distance  # 0 and NaN stay
    return cast(x, 1) if distance > 0 else below


@jit(inner=True)
def _huber(x, target, delta):
    distance = abs(x - target)
    inner = delta if distance > delta else distance
    return inner * (distance - inner * cast(x, 0.5))


@jit(inner=True)
def _huber_slope(x, target, delta):
    distance = x - target
    distance = delta if distance > delta else distance
    return -delta if distance < -delta else distance


@jit(inner=True)
def _limited(logarithm):
    """The logarithm, at least -100; NaN stays."""
    return cast(logarithm, -100) if logarithm < cast(logarithm, -100) else logarithm


@jit(inner=True, exact=True)
def _log_of_rest(x):
    """log(1 - x), exact near 0 too."""
    rest = cast(x, 1) - x
    lost = (cast(x, 1) - rest) - x  # by rounding
    return log(rest) + lost / (rest if rest > 0 else cast(x, 1))


@jit(inner=True)
def _if_probable(target, loss):
    """The loss, NaN where the target is no probability."""
    return loss if target - target * target >= 0 else cast(loss, np.nan)


@jit(inner=True)
def _binary(x, target, option):
    loss = (target - cast(x, 1)) * _limited(_log_of_rest(x)) - target * _limited(log(x))
    return _if_probable(target, loss)


@jit(inner=True)
def _binary_slope(x, target, option):
    spread = x * (cast(x, 1) - x)
    return (x - target) / (cast(x, 1e-12) if spread < cast(x, 1e-12) else spread)


@jit(inner=True)
def _with_logits(x, target, option):
    return _if_probable(target, softplus(x) - x * target)  # NaN for some infinite x


@jit(inner=True)
def _with_logits_slope(x, target, option):
    return sigmoid(x) - target


_mse_sum = _summing("_mse_sum", _squared)
_mse_slope = _mapping("_mse_slope", _squared_slope)
_l1_sum = _summing("_l1_sum", _absolute)
_l1_slope = _mapping("_l1_slope", _absolute_slope)
_huber_sum = _summing("_huber_sum", _huber)
_huber_slopes = _mapping("_huber_slopes", _huber_slope)
_bce_sum = _summing("_bce_sum", _binary)
_bce_slope = _mapping("_bce_slope", _binary_slope)
_logits_sum = _summing("_logits_sum", _with_logits)
_logits_slope = _mapping("_logits_slope", _with_logits_slope)


def _fits(x, target):
    return (
        x.size >= SMALL
        and x.dtype in ONE
        and target.dtype is x.dtype
        and target.shape == x.shape
    )


def _sum(kernel, plain, x, target, *option, shared=SHARED):
    """A loss summed by a kernel, or by NumPy where the kernel does not serve."""
    if not _fits(x, target):
        return plain(x, target, *option)
    settings = np.array((1, *option) if option else (1, 0), x.dtype)
    sums = np.empty((x.size + BLOCK - 1) // BLOCK)
    arrays = (*contiguous(x, target), settings, sums)
    launch(kernel, ONE[x.dtype], arrays, x.size >= shared)
    return np.add.reduce(sums)


def _map(kernel, plain, scale, x, target, *option, shared=SHARED):
    """A gradient made by a kernel, or by NumPy where the kernel does not serve."""
    if scale.shape or not _fits(x, target):
        return plain(scale, x, target, *option)
    settings = np.array((scale, *option) if option else (scale, 0), x.dtype)
    grad = np.empty(x.shape, x.dtype)
    arrays = (*contiguous(x, target), settings, grad)
    launch(kernel, ONE[x.dtype], arrays, x.size >= shared)
    return grad


def mse_loss(x, target):
    """Sum of (x - target)²."""
    return _sum(_mse_sum, elsewhere.mse_loss, x, target)


def mse_loss_grad(scale, x, target):
    """2 (x - target) times the scale."""
    return _map(_mse_slope, elsewhere.mse_loss_grad, scale, x, target)


def l1_loss(x, target):
    """Sum of |x - target|."""
    return _sum(_l1_sum, elsewhere.l1_loss, x, target)


def l1_loss_grad(scale, x, target):
    """The sign of x - target, 0 where they are equal, times the scale."""
    return _map(_l1_slope, elsewhere.l1_loss_grad, scale, x, target)


def huber_loss(x, target, delta):
    """Sum of d²/2 of the distances d up to delta, of delta (|d| - delta/2) above."""
    return _sum(_huber_sum, elsewhere.huber_loss, x, target, delta)


def huber_loss_grad(scale, x, target, delta):
    """The distances x - target limited to [-delta, delta], times the scale."""
    return _map(_huber_slopes, elsewhere.huber_loss_grad, scale, x, target, delta)


def bce(x, target):
    """Sum of -(t log x + (1 - t) log(1 - x)); NaN if an x or t is no probability."""
    return _sum(_bce_sum, elsewhere.bce, x, target, shared=SHARED_LOG)


def bce_grad(scale, x, target):
    """(x - t) / (x (1 - x)), the denominator at least 1e-12, times the scale."""
    return _map(_bce_slope, elsewhere.bce_grad, scale, x, target)


def bce_with_logits(x, target):
    """Sum of -(t log σ(x) + (1 - t) log(1 - σ(x))); NaN if a t is no probability."""
    plain = elsewhere.bce_with_logits
    total = _sum(_logits_sum, plain, x, target, shared=SHARED_LOG)
    return total if total == total else plain(x, target)  # which knows infinity's limits


def bce_with_logits_grad(scale, x, target):
    """σ(x) - t, times the scale."""
    return _map(
        _logits_slope, elsewhere.bce_with_logits_grad, scale, x, target, shared=SHARED_LOG
    )
