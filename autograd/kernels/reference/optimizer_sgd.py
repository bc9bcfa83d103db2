"""Updates of all parameters, in place, along the gradient, its average or its sign."""

import numpy as np

from autograd.kernels.reference.optimizer import seen
from autograd.quiet import quiet


@quiet
def sgd_(params, grads, momenta, lr, momentum=0.0, dampening=0.0, nesterov=False,
         weight_decay=0.0, maximize=False, first_step=False):  # fmt: skip
    """Stochastic gradient descent: b = momentum b + (1 - dampening) g; p -= lr b.

    `momenta` is None without momentum; at the first step b becomes g itself. Nesterov steps
    along g + momentum b. Weight decay adds weight_decay p to g; maximize negates g.
    """
    for i, (p, g) in enumerate(zip(params, grads, strict=True)):
        g = seen(p, g, weight_decay, maximize)
        if momentum:
            b = momenta[i]
            if first_step:
                b[...] = g
            else:
                b *= momentum
                b += (1 - dampening) * g
            g = g + momentum * b if nesterov else b
        p -= lr * g


@quiet
def asgd_(params, grads, averages, eta, mu, lambd=1e-4, weight_decay=0.0, maximize=False):
    """Averaged SGD: p = (1 - lambd eta) p - eta g; a += mu (p - a), a = p where mu is 1."""
    for p, g, a in zip(params, grads, averages, strict=True):
        g = seen(p, g, weight_decay, maximize)
        p *= 1 - lambd * eta
        p -= eta * g
        a[...] = p if mu == 1 else a + mu * (p - a)


@quiet
def rprop_(params, grads, previous, step_sizes, etas=(0.5, 1.2), limits=(1e-6, 50),
           maximize=False):  # fmt: skip
    """Resilient propagation: p -= sign(g) s, where the step size s, kept within `limits`, grows
    by etas[1] while g keeps its sign and shrinks by etas[0], with g taken as 0, where it changes.
    """
    shrink, grow = etas
    for p, g, before, s in zip(params, grads, previous, step_sizes, strict=True):
        g = -g if maximize else g
        same = np.sign(g * before)
        s *= np.where(same > 0, grow, np.where(same < 0, shrink, 1 + same))
        np.clip(s, *limits, out=s)
        before[...] = np.where(same < 0, 0, g)
        p -= np.sign(before) * s
