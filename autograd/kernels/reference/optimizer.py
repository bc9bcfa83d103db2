"""Updates of all parameters of an optimizer, in place, on lists of arrays."""

import math

import numpy as np

_QUIET = np.errstate(all="ignore")  # NaN and infinity travel without a warning


@_QUIET
def sgd_(params, grads, momenta, lr, momentum=0.0, dampening=0.0, nesterov=False,
         weight_decay=0.0, maximize=False, first_step=False):  # fmt: skip
    """Stochastic gradient descent: b = momentum b + (1 - dampening) g; p -= lr b.

    `momenta` is None without momentum; at the first step b becomes g itself. Nesterov steps
    along g + momentum b. Weight decay adds weight_decay p to g; maximize negates g.
    """
    for i, (p, g) in enumerate(zip(params, grads, strict=True)):
        if maximize:
            g = -g
        if weight_decay:
            g = g + weight_decay * p
        if momentum:
            b = momenta[i]
            if first_step:
                b[...] = g
            else:
                b *= momentum
                b += (1 - dampening) * g
            g = g + momentum * b if nesterov else b
        p -= lr * g


@_QUIET
def adam_(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, step, lr=1e-3, beta1=0.9,
          beta2=0.999, eps=1e-8, weight_decay=0.0, decoupled=False, maximize=False):  # fmt: skip
    """Adam: m = b1 m + (1-b1) g; v = b2 v + (1-b2) g²; p -= lr m^ / (sqrt(v^) + eps).

    m^ = m / (1-b1^step), v^ = v / (1-b2^step), `step` counting from 1. AMSGrad, where
    `max_exp_avg_sqs` is not None, takes the largest v so far. Weight decay adds weight_decay p
    to g, or, decoupled (AdamW), first shrinks p by 1 - lr weight_decay.
    """
    step_size = lr / (1 - beta1**step)
    root = math.sqrt(1 - beta2**step)
    for i, (p, g) in enumerate(zip(params, grads, strict=True)):
        m, v = exp_avgs[i], exp_avg_sqs[i]
        if maximize:
            g = -g
        if decoupled:
            p *= 1 - lr * weight_decay
        elif weight_decay:
            g = g + weight_decay * p
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * (g * g)
        if max_exp_avg_sqs is not None:
            v = np.maximum(max_exp_avg_sqs[i], v, out=max_exp_avg_sqs[i])
        p -= step_size * m / (np.sqrt(v) / root + eps)


@_QUIET
def sum_of_squares(arrays):
    """Sum of the squares of all elements of all arrays, as a float, summed in float64."""
    return sum((float(np.square(a, dtype=np.float64).sum()) for a in arrays), 0.0)


@_QUIET
def clip_(arrays, scale):
    """Multiplies every array by the number `scale` in place."""
    for a in arrays:
        a *= scale
