"""Updates of all parameters, in place, by gradients over the root of their squares."""

import numpy as np

from autograd.kernels.reference.optimizer import root, seen
from autograd.quiet import quiet


@quiet
def rmsprop_(params, grads, square_avgs, grad_avgs, momenta, lr=1e-2, alpha=0.99, eps=1e-8,
             weight_decay=0.0, momentum=0.0, maximize=False, eps_inside_sqrt=False):  # fmt: skip
    """RMSprop: v = alpha v + (1 - alpha) g²; p -= lr g / (sqrt(v) + eps).

    `grad_avgs`, None unless centered, are averages m of g: v - m² stands for v. `momenta` is
    None without momentum; else p -= lr b, b = momentum b + g / (sqrt(v) + eps).
    """
    for i, (p, g, v) in enumerate(zip(params, grads, square_avgs, strict=True)):
        g = seen(p, g, weight_decay, maximize)
        v *= alpha
        v += (1 - alpha) * (g * g)
        if grad_avgs is not None:
            m = grad_avgs[i]
            m += (1 - alpha) * (g - m)
            v = v - m * m
        g = g / root(v, eps, eps_inside_sqrt)
        if momentum:
            b = momenta[i]
            b *= momentum
            b += g
            g = b
        p -= lr * g


@quiet
def adagrad_(params, grads, sums, step, lr=1e-2, lr_decay=0.0, eps=1e-10, weight_decay=0.0,
             maximize=False, eps_inside_sqrt=False):  # fmt: skip
    """Adagrad: v += g²; p -= lr / (1 + (step - 1) lr_decay) g / (sqrt(v) + eps)."""
    rate = lr / (1 + (step - 1) * lr_decay)
    for p, g, v in zip(params, grads, sums, strict=True):
        g = seen(p, g, weight_decay, maximize)
        v += g * g
        p -= rate * g / root(v, eps, eps_inside_sqrt)


@quiet
def adadelta_(params, grads, square_avgs, acc_deltas, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0.0,
              maximize=False):  # fmt: skip
    """Adadelta: v = rho v + (1 - rho) g²; d = g sqrt(u + eps) / sqrt(v + eps);
    u = rho u + (1 - rho) d²; p -= lr d."""
    for p, g, v, u in zip(params, grads, square_avgs, acc_deltas, strict=True):
        g = seen(p, g, weight_decay, maximize)
        v *= rho
        v += (1 - rho) * (g * g)
        d = np.sqrt(u + eps) / np.sqrt(v + eps) * g
        u *= rho
        u += (1 - rho) * (d * d)
        p -= lr * d
