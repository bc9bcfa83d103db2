"""Updates of all parameters, in place, by Adam's family."""

import math

import numpy as np

from autograd.kernels.reference.optimizer import root, seen
from autograd.quiet import quiet


def _average(p, g, m, v, lr, beta1, beta2, weight_decay, decoupled, maximize):
    """The gradient as seen, after p has shrunk and both averages have taken it in."""
    if decoupled:
        p *= 1 - lr * weight_decay
    g = seen(p, g, 0 if decoupled else weight_decay, maximize)
    m += (1 - beta1) * (g - m)
    v *= beta2
    v += (1 - beta2) * (g * g)
    return g


@quiet
def adam_(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, step, lr=1e-3, beta1=0.9,
          beta2=0.999, eps=1e-8, weight_decay=0.0, decoupled=False, maximize=False,
          eps_inside_sqrt=False, bias_correction=True):  # fmt: skip
    """Adam: m = b1 m + (1-b1) g; v = b2 v + (1-b2) g²; p -= lr m^ / (sqrt(v^) + eps).

    m^ = m / (1-b1^step), v^ = v / (1-b2^step), `step` counting from 1. AMSGrad, where
    `max_exp_avg_sqs` is not None, takes the largest v so far. Weight decay adds weight_decay p
    to g, or, decoupled (AdamW), first shrinks p by 1 - lr weight_decay.
    """
    bias1, bias2 = (1 - beta1**step, 1 - beta2**step) if bias_correction else (1.0, 1.0)
    for i, (p, g) in enumerate(zip(params, grads, strict=True)):
        m, v = exp_avgs[i], exp_avg_sqs[i]
        _average(p, g, m, v, lr, beta1, beta2, weight_decay, decoupled, maximize)
        if max_exp_avg_sqs is not None:
            v = np.maximum(max_exp_avg_sqs[i], v, out=max_exp_avg_sqs[i])
        p -= lr / bias1 * m / root(v / bias2, eps, eps_inside_sqrt)


@quiet
def nadam_(params, grads, exp_avgs, exp_avg_sqs, step, grad_factor, avg_factor, lr=2e-3,
           beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, decoupled=False,
           maximize=False):  # fmt: skip
    """NAdam: Adam's m and v; p -= lr (grad_factor g + avg_factor m) / (sqrt(v^) + eps)."""
    for p, g, m, v in zip(params, grads, exp_avgs, exp_avg_sqs, strict=True):
        g = _average(p, g, m, v, lr, beta1, beta2, weight_decay, decoupled, maximize)
        p -= lr * (grad_factor * g + avg_factor * m) / (np.sqrt(v / (1 - beta2**step)) + eps)


@quiet
def radam_(params, grads, exp_avgs, exp_avg_sqs, step, rectification, lr=1e-3, beta1=0.9,
           beta2=0.999, eps=1e-8, weight_decay=0.0, decoupled=False, maximize=False):  # fmt: skip
    """RAdam: Adam's m and v; p -= lr r m^ sqrt(1-b2^step) / (sqrt(v) + eps), r the
    `rectification`; p -= lr m^ where that is None."""
    rate = lr / (1 - beta1**step)
    for p, g, m, v in zip(params, grads, exp_avgs, exp_avg_sqs, strict=True):
        _average(p, g, m, v, lr, beta1, beta2, weight_decay, decoupled, maximize)
        if rectification is None:
            p -= rate * m
        else:
            p -= rate * rectification * math.sqrt(1 - beta2**step) * m / (np.sqrt(v) + eps)


@quiet
def adamax_(params, grads, exp_avgs, exp_infs, step, lr=2e-3, beta1=0.9, beta2=0.999, eps=1e-8,
            weight_decay=0.0, maximize=False):  # fmt: skip
    """Adamax: m = b1 m + (1-b1) g; u = max(b2 u, |g| + eps); p -= lr / (1-b1^step) m / u."""
    for p, g, m, u in zip(params, grads, exp_avgs, exp_infs, strict=True):
        g = seen(p, g, weight_decay, maximize)
        m += (1 - beta1) * (g - m)
        np.maximum(beta2 * u, np.abs(g) + eps, out=u)
        p -= lr / (1 - beta1**step) * m / u
