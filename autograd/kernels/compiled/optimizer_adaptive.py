"""Rules that divide the gradient by the root of its squares: RMSprop, Adagrad, Adadelta."""

import numpy as np

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.optimizer import rule, seen, update


@rule
def _rmsprop(s, p, g, v, _b, _c):
    lr, alpha, rest, decay, sign, inside, outside = s[0], s[1], s[2], s[3], s[4], s[5], s[6]
    for i in range(p.size):
        d = seen(sign * g[i], p[i], decay)
        v[i] = alpha * v[i] + rest * d * d
        p[i] -= lr * d / (np.sqrt(v[i] + inside) + outside)


@rule
def _rmsprop_momentum(s, p, g, v, b, _c):
    lr, alpha, rest, decay, sign, inside, outside = s[0], s[1], s[2], s[3], s[4], s[5], s[6]
    momentum = s[7]
    for i in range(p.size):
        d = seen(sign * g[i], p[i], decay)
        v[i] = alpha * v[i] + rest * d * d
        b[i] = momentum * b[i] + d / (np.sqrt(v[i] + inside) + outside)
        p[i] -= lr * b[i]


@rule
def _rmsprop_centered(s, p, g, v, m, b):
    lr, alpha, rest, decay, sign, inside, outside = s[0], s[1], s[2], s[3], s[4], s[5], s[6]
    momentum = s[7]
    for i in range(p.size):
        d = seen(sign * g[i], p[i], decay)
        v[i] = alpha * v[i] + rest * d * d
        m[i] += rest * (d - m[i])
        d /= np.sqrt(v[i] - m[i] * m[i] + inside) + outside
        if momentum != 0:
            b[i] = momentum * b[i] + d
            d = b[i]
        p[i] -= lr * d


def rmsprop_(params, grads, square_avgs, grad_avgs, momenta, lr=1e-2, alpha=0.99, eps=1e-8,
             weight_decay=0.0, momentum=0.0, maximize=False, eps_inside_sqrt=False):  # fmt: skip
    """RMSprop: v = alpha v + (1 - alpha) g²; p -= lr g / (sqrt(v) + eps).

    `grad_avgs`, None unless centered, are averages m of g: v - m² stands for v. `momenta` is
    None without momentum; else p -= lr b, b = momentum b + g / (sqrt(v) + eps).
    """
    inside, outside = (eps, 0.0) if eps_inside_sqrt else (0.0, eps)
    sign = -1 if maximize else 1
    settings = lr, alpha, 1 - alpha, weight_decay, sign, inside, outside, momentum
    lists = [params, grads, square_avgs]
    if grad_avgs is not None:
        kernel = _rmsprop_centered
        lists.append(grad_avgs)
    else:
        kernel = _rmsprop_momentum if momentum else _rmsprop
    if momentum:
        lists.append(momenta)
    if not update(kernel, settings, *lists):
        elsewhere.rmsprop_(params, grads, square_avgs, grad_avgs, momenta, lr, alpha, eps,
                           weight_decay, momentum, maximize, eps_inside_sqrt)  # fmt: skip


@rule
def _adagrad(s, p, g, v, _b, _c):
    rate, decay, sign, inside, outside = s[0], s[1], s[2], s[3], s[4]
    for i in range(p.size):
        d = seen(sign * g[i], p[i], decay)
        v[i] += d * d
        p[i] -= rate * d / (np.sqrt(v[i] + inside) + outside)


def adagrad_(params, grads, sums, step, lr=1e-2, lr_decay=0.0, eps=1e-10, weight_decay=0.0,
             maximize=False, eps_inside_sqrt=False):  # fmt: skip
    """Adagrad: v += g²; p -= lr / (1 + (step - 1) lr_decay) g / (sqrt(v) + eps)."""
    inside, outside = (eps, 0.0) if eps_inside_sqrt else (0.0, eps)
    rate = lr / (1 + (step - 1) * lr_decay)
    settings = rate, weight_decay, -1 if maximize else 1, inside, outside
    if not update(_adagrad, settings, params, grads, sums):
        elsewhere.adagrad_(params, grads, sums, step, lr, lr_decay, eps, weight_decay, maximize,
                           eps_inside_sqrt)  # fmt: skip


@rule
def _adadelta(s, p, g, v, u, _c):
    lr, rho, rest, eps, decay, sign = s[0], s[1], s[2], s[3], s[4], s[5]
    for i in range(p.size):
        d = seen(sign * g[i], p[i], decay)
        v[i] = rho * v[i] + rest * d * d
        d *= np.sqrt((u[i] + eps) / (v[i] + eps))
        u[i] = rho * u[i] + rest * d * d
        p[i] -= lr * d


def adadelta_(params, grads, square_avgs, acc_deltas, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0.0,
              maximize=False):  # fmt: skip
    """Adadelta: v = rho v + (1 - rho) g²; d = g sqrt(u + eps) / sqrt(v + eps);
    u = rho u + (1 - rho) d²; p -= lr d."""
    settings = lr, rho, 1 - rho, eps, weight_decay, -1 if maximize else 1
    if not update(_adadelta, settings, params, grads, square_avgs, acc_deltas):
        elsewhere.adadelta_(params, grads, square_avgs, acc_deltas, lr, rho, eps, weight_decay,
                            maximize)  # fmt: skip
