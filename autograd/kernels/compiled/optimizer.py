"""Updates of all parameters of an optimizer by one kernel call.

The arrays of all lists stand in one tuple, list after list, after the settings and the dtype. All
elements of all parameters count as one long vector, of which each thread takes an equal share,
wherever it begins and ends.
"""

import math

import numpy as np

from autograd.kernels import reference
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import (
    C_CONTIGUOUS,
    WRITEABLE,
    data,
    descr,
    flags,
    item,
    itemsize,
    share,
    size,
    vector,
)

SHARED = 1 << 15  # elements from which a second thread pays
CHUNK = 4096  # elements whose squares are summed before they join the total


@jit(inner=True)
def _uniform(arrays, count, lists):
    """Whether all arrays have the dtype and layout, and the lists the same sizes."""
    dtype, fine = item(arrays, 1), True
    for place in range(count * lists):
        array = item(arrays, 2 + place)
        fine &= descr(array) == dtype and flags(array) & C_CONTIGUOUS != 0
        fine &= place // count == 1 or flags(array) & WRITEABLE != 0  # gradients are only read
        fine &= size(array) == size(item(arrays, 2 + place % count))
    return fine


@jit(inner=True)
def _range(arrays, count, parts, index):
    """First and last element of a part, counted over all parameters."""
    elements = 0
    for k in range(count):
        elements += size(item(arrays, 2 + k))
    return share(elements, parts, index, 16), share(elements, parts, index + 1, 16)


@jit(inner=True)
def _slice(one, arrays, place, first, last):
    """Elements [first, last) of the array at this place of the lists."""
    return vector(data(item(arrays, 2 + place)) + first * itemsize(one), last - first, one)


@jit(inner=True)
def _sgd(p, g, b, lr, momentum, undamped, nesterov, decay, sign, first_step):
    for i in range(p.size):
        d = sign * g[i] + decay * p[i]
        if first_step:
            b[i] = d
        else:
            b[i] = momentum * b[i] + undamped * d
        p[i] -= lr * (d + momentum * b[i] if nesterov else b[i])


@jit(inner=True)
def _plain_sgd(p, g, lr, decay, sign):
    for i in range(p.size):
        p[i] -= lr * (sign * g[i] + decay * p[i])


@jit
def _sgd_update(one, arrays, parts, index):
    settings = vector(data(item(arrays, 0)), 9, one)
    count, momentum = np.int64(settings[1]), settings[3]
    if not _uniform(arrays, count, 3 if momentum else 2):
        settings[0] = 1
        return
    lr, undamped, nesterov = settings[2], settings[4], settings[5] != 0
    decay, sign, first_step = settings[6], settings[7], settings[8] != 0
    start, stop = _range(arrays, count, parts, index)
    offset = 0
    for k in range(count):
        elements = size(item(arrays, 2 + k))
        first, last = max(start - offset, 0), min(stop - offset, elements)
        offset += elements
        if first < last:
            p = _slice(one, arrays, k, first, last)
            g = _slice(one, arrays, k + count, first, last)
            if momentum:
                b = _slice(one, arrays, k + 2 * count, first, last)
                _sgd(p, g, b, lr, momentum, undamped, nesterov, decay, sign, first_step)
            else:
                _plain_sgd(p, g, lr, decay, sign)


@jit(inner=True)
def _adam(p, g, m, v, rate, one_less_beta1, beta2, rest, eps, decay, shrink, sign):
    for i in range(p.size):
        weight = p[i] * shrink
        d = sign * g[i] + decay * weight
        m[i] += one_less_beta1 * (d - m[i])
        v[i] = beta2 * v[i] + rest * d * d
        p[i] = weight - rate * m[i] / (np.sqrt(v[i]) + eps)


@jit(inner=True)
def _amsgrad(p, g, m, v, top, rate, one_less_beta1, beta2, rest, eps, decay, shrink, sign):
    for i in range(p.size):
        weight = p[i] * shrink
        d = sign * g[i] + decay * weight
        m[i] += one_less_beta1 * (d - m[i])
        v[i] = beta2 * v[i] + rest * d * d
        top[i] = v[i] if v[i] > top[i] or v[i] != v[i] else top[i]  # NaN stays
        p[i] = weight - rate * m[i] / (np.sqrt(top[i]) + eps)


@jit
def _adam_update(one, arrays, parts, index):
    settings = vector(data(item(arrays, 0)), 11, one)
    count, amsgrad = np.int64(settings[1]), settings[2] != 0
    if not _uniform(arrays, count, 5 if amsgrad else 4):
        settings[0] = 1
        return
    rate, one_less_beta1, beta2, rest = settings[3], settings[4], settings[5], settings[6]
    eps, decay, shrink, sign = settings[7], settings[8], settings[9], settings[10]
    start, stop = _range(arrays, count, parts, index)
    offset = 0
    for k in range(count):
        elements = size(item(arrays, 2 + k))
        first, last = max(start - offset, 0), min(stop - offset, elements)
        offset += elements
        if first < last:
            p = _slice(one, arrays, k, first, last)
            g = _slice(one, arrays, k + count, first, last)
            m = _slice(one, arrays, k + 2 * count, first, last)
            v = _slice(one, arrays, k + 3 * count, first, last)
            if amsgrad:
                top = _slice(one, arrays, k + 4 * count, first, last)
                _amsgrad(p, g, m, v, top, rate, one_less_beta1, beta2, rest, eps, decay, shrink,
                         sign)  # fmt: skip
            else:
                _adam(p, g, m, v, rate, one_less_beta1, beta2, rest, eps, decay, shrink, sign)


@jit
def _scale(one, arrays, parts, index):
    settings = vector(data(item(arrays, 0)), 3, one)
    count, factor = np.int64(settings[1]), settings[2]
    if not _uniform(arrays, count, 1):
        settings[0] = 1
        return
    start, stop = _range(arrays, count, parts, index)
    offset = 0
    for k in range(count):
        elements = size(item(arrays, 2 + k))
        first, last = max(start - offset, 0), min(stop - offset, elements)
        offset += elements
        if first < last:
            values = _slice(one, arrays, k, first, last)
            for i in range(values.size):
                values[i] *= factor


@jit
def _squares(one, arrays, parts, index):
    settings = vector(data(item(arrays, 0)), 3, 1.0)
    count = np.int64(settings[1])
    if not _uniform(arrays, count, 1):
        settings[0] = 1
        return
    for k in range(count):
        elements = size(item(arrays, 2 + k))
        for first in range(0, elements, CHUNK):
            values = _slice(one, arrays, k, first, min(first + CHUNK, elements))
            partial = 0.0
            for i in range(values.size):
                partial += np.float64(values[i]) * np.float64(values[i])
            settings[2] += partial


def _run(kernel, settings, lists, parallel=True):
    """Settings after the kernel's run; None, nothing done, where NumPy must answer."""
    arrays = lists[0]
    dtype = arrays[0].dtype if arrays else None
    one = ONE.get(dtype)
    if one is None or any(len(others) != len(arrays) for others in lists):
        return None
    values = np.array((0, len(arrays), *settings), dtype if parallel else np.float64)
    packed = [values, dtype]
    for others in lists:
        packed += others
    launch(kernel, one, tuple(packed), parallel and sum([a.size for a in arrays]) >= SHARED)
    return None if values[0] else values


def sgd_(params, grads, momenta, lr, momentum=0.0, dampening=0.0, nesterov=False,
         weight_decay=0.0, maximize=False, first_step=False):  # fmt: skip
    """Stochastic gradient descent: b = momentum b + (1 - dampening) g; p -= lr b.

    `momenta` is None without momentum; at the first step b becomes g itself. Nesterov steps
    along g + momentum b. Weight decay adds weight_decay p to g; maximize negates g.
    """
    sign = -1 if maximize else 1
    settings = (lr, momentum, 1 - dampening, nesterov, weight_decay, sign, first_step)
    lists = (params, grads, momenta) if momentum else (params, grads)
    if _run(_sgd_update, settings, lists) is None:
        reference.sgd_(params, grads, momenta, lr, momentum, dampening, nesterov, weight_decay,
                       maximize, first_step)  # fmt: skip


def adam_(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, step, lr=1e-3, beta1=0.9,
          beta2=0.999, eps=1e-8, weight_decay=0.0, decoupled=False, maximize=False):  # fmt: skip
    """Adam: m = b1 m + (1-b1) g; v = b2 v + (1-b2) g²; p -= lr m^ / (sqrt(v^) + eps).

    m^ = m / (1-b1^step), v^ = v / (1-b2^step), `step` counting from 1. AMSGrad, where
    `max_exp_avg_sqs` is not None, takes the largest v so far. Weight decay adds weight_decay p
    to g, or, decoupled (AdamW), first shrinks p by 1 - lr weight_decay.
    """
    root = math.sqrt(1 - beta2**step)
    amsgrad = max_exp_avg_sqs is not None
    settings = (
        amsgrad, lr * root / (1 - beta1**step), 1 - beta1, beta2, 1 - beta2, eps * root,
        0.0 if decoupled else weight_decay, 1 - lr * weight_decay if decoupled else 1.0,
        -1 if maximize else 1,
    )  # fmt: skip
    lists = [params, grads, exp_avgs, exp_avg_sqs]
    if amsgrad:
        lists.append(max_exp_avg_sqs)
    if _run(_adam_update, settings, lists) is None:
        reference.adam_(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, step, lr, beta1,
                        beta2, eps, weight_decay, decoupled, maximize)  # fmt: skip


def sum_of_squares(arrays):
    """Sum of the squares of all elements of all arrays, as a float, summed in float64."""
    result = _run(_squares, (0,), (arrays,), False)
    return reference.sum_of_squares(arrays) if result is None else float(result[2])


def clip_(arrays, scale):
    """Multiplies every array by the number `scale` in place."""
    if _run(_scale, (scale,), (arrays,)) is None:
        reference.clip_(arrays, scale)
