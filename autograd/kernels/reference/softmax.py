"""Softmax, its logarithm and cross entropy on rows of class scores."""

import numpy as np

from autograd.kernels.reference.sums import sum_over
from autograd.quiet import quiet


@quiet
def softmax(x):
    """exp(x) / sum(exp(x)) over the classes of x (rows, classes[, columns])."""
    if x.size == 0:
        return x.copy()
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / sum_over(e, (1,), True)


@quiet
def softmax_grad(g, out):
    """Gradient of the softmax `out` (rows, classes[, columns]) from that of its result."""
    return out * (g - sum_over(g * out, (1,), True))


@quiet
def log_softmax(x):
    """x - log(sum(exp(x))) over the classes of x (rows, classes[, columns])."""
    if x.size == 0:
        return x.copy()
    shifted = x - x.max(axis=1, keepdims=True)
    return shifted - np.log(sum_over(np.exp(shifted), (1,), True))


@quiet
def log_softmax_grad(g, out):
    """Gradient of the log-softmax `out` (rows, classes[, columns]) from that of its result."""
    return g - np.exp(out) * sum_over(g, (1,), True)


def check_target(target, classes, ignore_index):
    """Raises IndexError for a target that is neither a class nor `ignore_index`."""
    wrong = ((target < 0) | (target >= classes)) & (target != ignore_index)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise IndexError(
            f"cross_entropy: target {int(target[row])} in row {row} is not a class; with "
            f"{classes} classes it must lie in [0, {classes - 1}] or equal "
            f"ignore_index={ignore_index}"
        )


def _rows(logits, target, weight, ignore_index):
    """Rows that count, their targets, the class weights, and the weights of those targets."""
    check_target(target, logits.shape[1], ignore_index)
    rows = np.flatnonzero(target != ignore_index)
    picked = target[rows]
    weight = np.ones(logits.shape[1], logits.dtype) if weight is None else weight
    return rows, picked, weight, weight[picked]


@quiet
def cross_entropy(logits, target, weight=None, ignore_index=-100, label_smoothing=0.0):
    """Loss of each row of logits (N, C) at its target class, and each row's log(sum(exp)).

    (1 - s) w[y] (lse - x[y]) + s / C sum_c w[c] (lse - x[c]), 0 where y is `ignore_index`.
    Both in float64; the second, (N, 2), is the row's largest logit m and log(sum(exp(x - m))).
    """
    rows, picked, weight, chosen = _rows(logits, target, weight, ignore_index)
    losses = np.zeros(len(logits))
    if logits.size == 0:
        return losses, np.zeros((len(logits), 2))
    lse = np.empty((len(logits), 2))
    below = logits.max(axis=1, keepdims=True, out=lse[:, :1]) - logits
    np.log(np.exp(-below).sum(axis=1), out=lse[:, 1])
    hard = (1 - label_smoothing) * chosen * (below[rows, picked] + lse[rows, 1])
    if label_smoothing:
        smooth = ((below[rows] + lse[rows, 1:]) * weight).sum(axis=1)
        hard += label_smoothing / logits.shape[1] * smooth
    losses[rows] = hard
    return losses, lse


@quiet
def cross_entropy_grad(
    scale, logits, logsumexp, target, weight=None, ignore_index=-100, label_smoothing=0.0
):
    """Gradient of the losses of `cross_entropy` by the logits, row i times scale[i] (N,)."""
    rows, picked, weight, chosen = _rows(logits, target, weight, ignore_index)
    grad = np.zeros_like(logits)
    if logits.size == 0:
        return grad
    smooth = label_smoothing / logits.shape[1]
    hard = (1 - label_smoothing) * chosen
    top, rest = logsumexp[rows].T[:, :, None]
    p = np.exp((logits[rows] - top) - rest).astype(logits.dtype, copy=False)
    part = (hard + smooth * weight.sum())[:, None] * p - smooth * weight
    part[np.arange(len(rows)), picked] -= hard
    grad[rows] = part * scale[rows, None]
    return grad
