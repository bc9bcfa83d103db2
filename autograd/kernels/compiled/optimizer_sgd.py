"""Rules that step along the gradient, its average or its sign: SGD, ASGD, Rprop."""

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.optimizer import rule, seen, update


@rule
def _plain_sgd(s, p, g, _a, _b, _c):
    lr, decay, sign = s[0], s[1], s[2]
    for i in range(p.size):
        p[i] -= lr * seen(sign * g[i], p[i], decay)


@rule
def _sgd(s, p, g, b, _b, _c):
    lr, decay, sign, momentum, undamped = s[0], s[1], s[2], s[3], s[4]
    nesterov, first_step = s[5] != 0, s[6] != 0
    for i in range(p.size):
        d = seen(sign * g[i], p[i], decay)
        if first_step:
            b[i] = d
        else:
            b[i] = momentum * b[i] + undamped * d
        p[i] -= lr * (d + momentum * b[i] if nesterov else b[i])


def sgd_(params, grads, momenta, lr, momentum=0.0, dampening=0.0, nesterov=False,
         weight_decay=0.0, maximize=False, first_step=False):  # fmt: skip
    """Stochastic gradient descent: b = momentum b + (1 - dampening) g; p -= lr b.

    `momenta` is None without momentum; at the first step b becomes g itself. Nesterov steps
    along g + momentum b. Weight decay adds weight_decay p to g; maximize negates g.
    """
    settings = lr, weight_decay, -1 if maximize else 1
    if momentum:
        settings += momentum, 1 - dampening, nesterov, first_step
        done = update(_sgd, settings, params, grads, momenta)
    else:
        done = update(_plain_sgd, settings, params, grads)
    if not done:
        elsewhere.sgd_(params, grads, momenta, lr, momentum, dampening, nesterov, weight_decay,
                       maximize, first_step)  # fmt: skip


@rule
def _asgd(s, p, g, mean, _b, _c):
    eta, shrink, mu, decay, sign = s[0], s[1], s[2], s[3], s[4]
    for i in range(p.size):
        p[i] = shrink * p[i] - eta * seen(sign * g[i], p[i], decay)
        mean[i] = p[i] if mu == 1 else mean[i] + mu * (p[i] - mean[i])


def asgd_(params, grads, averages, eta, mu, lambd=1e-4, weight_decay=0.0, maximize=False):
    """Averaged SGD: p = (1 - lambd eta) p - eta g; a += mu (p - a), a = p where mu is 1."""
    settings = eta, 1 - lambd * eta, mu, weight_decay, -1 if maximize else 1
    if not update(_asgd, settings, params, grads, averages):
        elsewhere.asgd_(params, grads, averages, eta, mu, lambd, weight_decay, maximize)


@rule
def _rprop(s, p, g, before, width, _c):
    shrink, grow, low, high, sign = s[0], s[1], s[2], s[3], s[4]
    for i in range(p.size):
        d = sign * g[i]
        same = d * before[i]
        factor = grow if same > 0 else (shrink if same < 0 else same + 1)  # NaN stays
        step = width[i] * factor
        step = low if step < low else (high if step > high else step)
        d = step * 0 if same < 0 else d
        p[i] -= step if d > 0 else (-step if d < 0 else step * d)
        before[i], width[i] = d, step


def rprop_(params, grads, previous, step_sizes, etas=(0.5, 1.2), limits=(1e-6, 50),
           maximize=False):  # fmt: skip
    """Resilient propagation: p -= sign(g) s, where the step size s, kept within `limits`, grows
    by etas[1] while g keeps its sign and shrinks by etas[0], with g taken as 0, where it changes.
    """
    settings = *etas, *limits, -1 if maximize else 1
    if not update(_rprop, settings, params, grads, previous, step_sizes):
        elsewhere.rprop_(params, grads, previous, step_sizes, etas, limits, maximize)
