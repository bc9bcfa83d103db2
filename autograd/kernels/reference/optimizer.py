"""What the updates of the optimizers share."""

import numpy as np


def seen(p, g, weight_decay, maximize):
    """The gradient as the update sees it: negated to climb, weight_decay p added."""
    if maximize:
        g = -g
    return g + weight_decay * p if weight_decay else g


def root(v, eps, eps_inside_sqrt):
    """sqrt(v) + eps, or sqrt(v + eps)."""
    return np.sqrt(v + eps) if eps_inside_sqrt else np.sqrt(v) + eps
