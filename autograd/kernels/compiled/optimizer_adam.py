"""Rules of Adam's family: an average of gradients over the root of one of squares."""

import math

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.optimizer import rule, seen, update


@rule
def _adam(s, p, g, m, v, _c):
    decay, shrink, sign, one_less_beta1, beta2, rest = s[0], s[1], s[2], s[3], s[4], s[5]
    rate, fresh, inside, outside = s[6], s[7], s[8], s[9]
    for i in range(p.size):
        weight = p[i] * shrink
        d = seen(sign * g[i], weight, decay)
        m[i] += one_less_beta1 * (d - m[i])
        v[i] = beta2 * v[i] + rest * d * d
        p[i] = weight - (rate * m[i] + fresh * d) / (np.sqrt(v[i] + inside) + outside)


@rule
def _amsgrad(s, p, g, m, v, top):
    decay, shrink, sign, one_less_beta1, beta2, rest = s[0], s[1], s[2], s[3], s[4], s[5]
    rate, inside, outside = s[6], s[8], s[9]
    for i in range(p.size):
        weight = p[i] * shrink
        d = seen(sign * g[i], weight, decay)
        m[i] += one_less_beta1 * (d - m[i])
        v[i] = beta2 * v[i] + rest * d * d
        top[i] = v[i] if v[i] > top[i] or v[i] != v[i] else top[i]  # NaN stays
        p[i] = weight - rate * m[i] / (np.sqrt(top[i] + inside) + outside)


@rule
def _unrectified(s, p, g, m, v, _c):
    decay, shrink, sign, one_less_beta1, beta2, rest = s[0], s[1], s[2], s[3], s[4], s[5]
    rate = s[6]
    for i in range(p.size):
        weight = p[i] * shrink
        d = seen(sign * g[i], weight, decay)
        m[i] += one_less_beta1 * (d - m[i])
        v[i] = beta2 * v[i] + rest * d * d
        p[i] = weight - rate * m[i]


def _shared(lr, beta1, beta2, weight_decay, decoupled, maximize):
    """The settings that come first in all of these rules."""
    decay, shrink = (0.0, 1 - lr * weight_decay) if decoupled else (weight_decay, 1.0)
    return decay, shrink, -1 if maximize else 1, 1 - beta1, beta2, 1 - beta2


def adam_(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, step, lr=1e-3, beta1=0.9,
          beta2=0.999, eps=1e-8, weight_decay=0.0, decoupled=False, maximize=False,
          eps_inside_sqrt=False, bias_correction=True):  # fmt: skip
    """Adam: m = b1 m + (1-b1) g; v = b2 v + (1-b2) g²; p -= lr m^ / (sqrt(v^) + eps).

    m^ = m / (1-b1^step), v^ = v / (1-b2^step), `step` counting from 1. AMSGrad, where
    `max_exp_avg_sqs` is not None, takes the largest v so far. Weight decay adds weight_decay p
    to g, or, decoupled (AdamW), first shrinks p by 1 - lr weight_decay.
    """
    bias1, bias2 = (1 - beta1**step, 1 - beta2**step) if bias_correction else (1.0, 1.0)
    root = math.sqrt(bias2)
    ends = (eps * bias2, 0.0) if eps_inside_sqrt else (0.0, eps * root)
    settings = (*_shared(lr, beta1, beta2, weight_decay, decoupled, maximize), lr * root / bias1,
                0.0, *ends)  # fmt: skip
    if max_exp_avg_sqs is None:
        done = update(_adam, settings, params, grads, exp_avgs, exp_avg_sqs)
    else:
        done = update(_amsgrad, settings, params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs)
    if not done:
        elsewhere.adam_(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, step, lr, beta1,
                        beta2, eps, weight_decay, decoupled, maximize, eps_inside_sqrt,
                        bias_correction)  # fmt: skip


def nadam_(params, grads, exp_avgs, exp_avg_sqs, step, grad_factor, avg_factor, lr=2e-3,
           beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, decoupled=False,
           maximize=False):  # fmt: skip
    """NAdam: Adam's m and v; p -= lr (grad_factor g + avg_factor m) / (sqrt(v^) + eps)."""
    root = math.sqrt(1 - beta2**step)
    settings = (*_shared(lr, beta1, beta2, weight_decay, decoupled, maximize),
                lr * avg_factor * root, lr * grad_factor * root, 0.0, eps * root)  # fmt: skip
    if not update(_adam, settings, params, grads, exp_avgs, exp_avg_sqs):
        elsewhere.nadam_(params, grads, exp_avgs, exp_avg_sqs, step, grad_factor, avg_factor, lr,
                         beta1, beta2, eps, weight_decay, decoupled, maximize)  # fmt: skip


def radam_(params, grads, exp_avgs, exp_avg_sqs, step, rectification, lr=1e-3, beta1=0.9,
           beta2=0.999, eps=1e-8, weight_decay=0.0, decoupled=False, maximize=False):  # fmt: skip
    """RAdam: Adam's m and v; p -= lr r m^ sqrt(1-b2^step) / (sqrt(v) + eps), r the
    `rectification`; p -= lr m^ where that is None."""
    settings = _shared(lr, beta1, beta2, weight_decay, decoupled, maximize)
    rate = lr / (1 - beta1**step)
    if rectification is None:
        done = update(_unrectified, (*settings, rate), params, grads, exp_avgs, exp_avg_sqs)
    else:
        rate *= rectification * math.sqrt(1 - beta2**step)
        settings = (*settings, rate, 0.0, 0.0, eps)
        done = update(_adam, settings, params, grads, exp_avgs, exp_avg_sqs)
    if not done:
        elsewhere.radam_(params, grads, exp_avgs, exp_avg_sqs, step, rectification, lr, beta1,
                         beta2, eps, weight_decay, decoupled, maximize)  # fmt: skip


@rule
def _adamax(s, p, g, m, u, _c):
    rate, one_less_beta1, beta2, eps, decay, sign = s[0], s[1], s[2], s[3], s[4], s[5]
    for i in range(p.size):
        d = seen(sign * g[i], p[i], decay)
        m[i] += one_less_beta1 * (d - m[i])
        old, new = beta2 * u[i], abs(d) + eps
        u[i] = new if new > old or new != new else old  # NaN stays
        p[i] -= rate * m[i] / u[i]


def adamax_(params, grads, exp_avgs, exp_infs, step, lr=2e-3, beta1=0.9, beta2=0.999, eps=1e-8,
            weight_decay=0.0, maximize=False):  # fmt: skip
    """Adamax: m = b1 m + (1-b1) g; u = max(b2 u, |g| + eps); p -= lr / (1-b1^step) m / u."""
    rate = lr / (1 - beta1**step)
    settings = rate, 1 - beta1, beta2, eps, weight_decay, -1 if maximize else 1
    if not update(_adamax, settings, params, grads, exp_avgs, exp_infs):
        elsewhere.adamax_(params, grads, exp_avgs, exp_infs, step, lr, beta1, beta2, eps,
                          weight_decay, maximize)  # fmt: skip
