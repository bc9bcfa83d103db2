"""Cross entropy of class scores with target classes, and its gradient, without a softmax stored.

The log(sum(exp)) of a row is kept as two numbers, the largest score and what is beyond it: where
scores are large, their sum would lose the digits that the difference to the scores needs.
"""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import data, item, length, matrix, share, vector
from autograd.kernels.compiled.softmax import (
    BLOCK,
    SHARED,
    contiguous,
    exponentiate,
    subtract,
    total,
)
from autograd.kernels.compiled.vector_math import cast, exp
from autograd.kernels.reference.softmax import check_target

_NONE = np.empty(0)  # stands for no class weights


@jit(inner=True, exact=True)
def _losses(one, x, target, weight, ignored, smoothing, lse, losses):
    """Losses of a block of rows; false where a target is not a class."""
    classes = x.shape[1]
    fine = True
    for i in range(len(x)):
        label = target[i]
        if label == ignored:
            losses[i] = 0.0
        elif label < 0 or label >= classes:
            fine = False
        else:
            chosen = weight[label] if weight.size else one
            loss = (1.0 - smoothing) * chosen * ((lse[i, 0] - x[i, label]) + lse[i, 1])
            if smoothing:
                spread = 0.0
                for j in range(classes):
                    part = (lse[i, 0] - x[i, j]) + lse[i, 1]
                    spread += part * (weight[j] if weight.size else one)
                loss += smoothing / classes * spread
            losses[i] = loss
    return fine


@jit
def _cross_entropy(one, arrays, parts, index):
    """arrays: logits, target, weight, [smoothing], losses, lse, [ignore_index, bad target seen]."""
    logits = item(arrays, 0)
    n, classes = length(logits, 0), length(logits, 1)
    target = vector(data(item(arrays, 1)), n, np.int64(1))
    weight = vector(data(item(arrays, 2)), length(item(arrays, 2), 0), one)
    smoothing = vector(data(item(arrays, 3)), 1, 1.0)[0]
    losses = vector(data(item(arrays, 4)), n, 1.0)
    lse = matrix(data(item(arrays, 5)), n, 2, 1.0)
    labels = vector(data(item(arrays, 6)), 2, np.int64(1))
    last = share(n, parts, index + 1, 1)
    rows = max(1, BLOCK // classes)
    tops = np.empty_like(vector(data(logits), min(rows, n), one))
    work = np.empty_like(matrix(data(logits), min(rows, n), classes, one))
    for first in range(share(n, parts, index, 1), last, rows):
        end = min(first + rows, last)
        x = matrix(data(logits), n, classes, one)[first:end]
        e = work[: end - first]
        exponentiate(x, tops, e)
        for i in range(len(x)):
            lse[first + i, 0] = tops[i]
            lse[first + i, 1] = np.log(np.float64(total(e[i])))
        if not _losses(one, x, target[first:end], weight, labels[0], smoothing, lse[first:end],
                       losses[first:end]):  # fmt: skip
            labels[1] = 1


@jit(inner=True)
def _probabilities(x, lse, p):
    """p = exp(x - lse) for a block of rows (rows, classes)."""
    for i in range(len(x)):
        subtract(x[i], cast(x[i, 0], lse[i, 0]), cast(x[i, 0], lse[i, 1]), p[i])
    flat = p.reshape(p.size)
    for j in range(flat.size):
        flat[j] = exp(flat[j])


@jit(inner=True)
def _spread(row, factor, smooth, weight):
    """row = factor * row - smooth * weight."""
    if weight.size:
        for j in range(row.size):
            row[j] = factor * row[j] - smooth * weight[j]
    else:
        for j in range(row.size):
            row[j] = factor * row[j] - smooth


@jit
def _cross_entropy_grad(one, arrays, parts, index):
    """arrays: scale, logits, lse, target, weight, [smoothing], grad, [ignore_index, bad target]."""
    logits = item(arrays, 1)
    n, classes = length(logits, 0), length(logits, 1)
    scale = vector(data(item(arrays, 0)), n, one)
    lse = matrix(data(item(arrays, 2)), n, 2, 1.0)
    target = vector(data(item(arrays, 3)), n, np.int64(1))
    weight = vector(data(item(arrays, 4)), length(item(arrays, 4), 0), one)
    smoothing = vector(data(item(arrays, 5)), 1, 1.0)[0]
    labels = vector(data(item(arrays, 7)), 2, np.int64(1))
    x = matrix(data(logits), n, classes, one)
    grad = matrix(data(item(arrays, 6)), n, classes, one)
    smooth = smoothing / classes
    weights = total(weight) if weight.size else cast(one, classes)
    last = share(n, parts, index + 1, 1)
    rows = max(1, BLOCK // classes)
    for first in range(share(n, parts, index, 1), last, rows):
        end = min(first + rows, last)
        _probabilities(x[first:end], lse[first:end], grad[first:end])
        for i in range(first, end):
            label = target[i]
            if label == labels[0]:
                grad[i] = 0
            elif label < 0 or label >= classes:
                labels[1] = 1
            else:
                hard = (1.0 - smoothing) * (weight[label] if weight.size else one) * scale[i]
                soft = smooth * scale[i]
                _spread(grad[i], cast(one, hard + soft * weights), cast(one, soft), weight)
                grad[i, label] -= cast(one, hard)


def _fits(logits, target, weight):
    """Whether the compiled kernels serve these types and shapes."""
    n, classes = logits.shape
    return (
        logits.dtype in ONE
        and logits.size > 0
        and target.dtype == np.int64
        and target.shape == (n,)
        and (weight is None or weight.dtype is logits.dtype and weight.shape == (classes,))
    )


def cross_entropy(logits, target, weight=None, ignore_index=-100, label_smoothing=0.0):
    """Loss of each row of logits (N, C) at its target class, and each row's log(sum(exp)).

    (1 - s) w[y] (lse - x[y]) + s / C sum_c w[c] (lse - x[c]), 0 where y is `ignore_index`.
    Both in float64; the second, (N, 2), is the row's largest logit m and log(sum(exp(x - m))).
    """
    if not _fits(logits, target, weight):
        return elsewhere.cross_entropy(logits, target, weight, ignore_index, label_smoothing)
    one = ONE[logits.dtype]
    losses, lse = np.empty(len(logits)), np.empty((len(logits), 2))
    smoothing, labels = np.array((label_smoothing,), np.float64), np.array((ignore_index, 0))
    inputs = contiguous(logits, target, _NONE if weight is None else weight)
    launch(_cross_entropy, one, (*inputs, smoothing, losses, lse, labels), logits.size >= SHARED)
    if labels[1]:
        check_target(target, logits.shape[1], ignore_index)
    return losses, lse


def cross_entropy_grad(
    scale, logits, logsumexp, target, weight=None, ignore_index=-100, label_smoothing=0.0
):
    """Gradient of the losses of `cross_entropy` by the logits, row i times scale[i] (N,)."""
    n = len(logits)
    if (
        not _fits(logits, target, weight)
        or scale.dtype is not logits.dtype
        or scale.shape != (n,)
        or logsumexp.shape != (n, 2)
        or logsumexp.dtype != np.float64
    ):
        return elsewhere.cross_entropy_grad(
            scale, logits, logsumexp, target, weight, ignore_index, label_smoothing
        )
    one = ONE[logits.dtype]
    grad = np.empty(logits.shape, logits.dtype)
    smoothing, labels = np.array((label_smoothing,), np.float64), np.array((ignore_index, 0))
    inputs = contiguous(scale, logits, logsumexp, target, _NONE if weight is None else weight)
    launch(_cross_entropy_grad, one, (*inputs, smoothing, grad, labels), logits.size >= SHARED)
    if labels[1]:
        check_target(target, logits.shape[1], ignore_index)
    return grad
