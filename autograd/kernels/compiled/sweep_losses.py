"""What cross entropy does between its kernels, for compiled steps: the mean of the losses, and from
the gradient of that the one of each row."""

import numpy as np

from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.memory import data, item, length, vector
from autograd.kernels.compiled.vector_math import cast


@jit
def mean_loss(one, arrays, parts, index):
    """arrays: losses, target, weight, [ignore_index, mean], loss, total: the sum of the losses by
    the number of targets that count, or by the sum of their weights, or as it is."""
    n, weights = length(item(arrays, 0), 0), length(item(arrays, 2), 0)
    losses = vector(data(item(arrays, 0)), n, 1.0)
    target = vector(data(item(arrays, 1)), n, np.int64(1))
    weight = vector(data(item(arrays, 2)), weights, one)
    options = vector(data(item(arrays, 3)), 2, np.int64(1))
    loss, total = 0.0, 0.0
    for i in range(n):
        loss += losses[i]
        if target[i] != options[0]:
            total += np.float64(weight[target[i]]) if weights else 1.0
    total = total if options[1] else 1.0
    vector(data(item(arrays, 4)), 1, one)[0] = cast(one, loss / total if total else np.nan)
    vector(data(item(arrays, 5)), 1, 1.0)[0] = total


@jit
def per_row(one, arrays, parts, index):
    """arrays: the gradient of the loss, total, scale: what each row gets of it."""
    total = vector(data(item(arrays, 1)), 1, 1.0)[0]
    g = vector(data(item(arrays, 0)), 1, one)[0]
    scale = vector(data(item(arrays, 2)), length(item(arrays, 2), 0), one)
    scale[:] = g / cast(one, total) if total else g * (one - one)
