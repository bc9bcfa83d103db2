"""Losses, dropout, and the steps of the optimizers."""

from collections.abc import Callable

import numpy as np

from .case import Group, integers, normal, orders, shares, signs, uniform
from .elementwise import MATRICES


def inputs(m: int, n: int) -> dict:
    return {
        "x": normal(m, n), "y": normal(m, n), "z": normal(m, n), "q": uniform(0.1, 0.9, m, n),
        "v": uniform(0.5, 2, m, n), "target": normal(m, n), "truth": uniform(0.1, 0.9, m, n),
        "signs": signs(m, n), "sides": signs(m), "shares": shares(m, n),
        "label": integers(n, m), "row": normal(n), "few": two_labels(m, n),
        "spelt": lambda rng: rng.integers(1, n, (1, 2)),
    }


def two_labels(m: int, n: int) -> Callable:
    """Rows of two classes, -1 behind them."""
    return lambda rng: np.where(np.arange(n) < 2, orders(m, n)(rng), -1)


LOSSES = Group(MATRICES, inputs, both={
    "mse_loss mse_loss_grad": ("F.mse_loss(x, target)", "F.mse_loss(x, target, reduction='none')"),
    "l1_loss l1_loss_grad": "F.l1_loss(x, target)",
    "smooth_l1_loss": "F.smooth_l1_loss(x, target)",
    "huber_loss huber_loss_grad": "F.huber_loss(x, target)",
    "cross_entropy _cross_entropy cross_entropy_grad": (
        "F.cross_entropy(x, label)", "F.cross_entropy(x, label, label_smoothing=0.1)",
        "F.cross_entropy(x, shares)", "F.cross_entropy(x, label, reduction='none')"),
    "nll_loss _nll_loss nll_loss_grad": "F.nll_loss(x, label)",
    "binary_cross_entropy _binary_cross_entropy binary_cross_entropy_grad":
        "F.binary_cross_entropy(q, truth)",
    "binary_cross_entropy_with_logits _with_logits with_logits_grad":
        "F.binary_cross_entropy_with_logits(x, truth)",
    "soft_margin_loss": "F.soft_margin_loss(x, signs)",
    "multilabel_soft_margin_loss": "F.multilabel_soft_margin_loss(x, truth)",
    "margin_ranking_loss": "F.margin_ranking_loss(x, y, signs, margin=0.1)",
    "hinge_embedding_loss": "F.hinge_embedding_loss(x, signs)",
    "cosine_embedding_loss": "F.cosine_embedding_loss(x, y, sides)",
    "triplet_margin_loss": "F.triplet_margin_loss(x, y, z)",
    "triplet_margin_with_distance_loss": "F.triplet_margin_with_distance_loss(x, y, z)",
    "multilabel_margin_loss": "F.multilabel_margin_loss(x, few)",
    "multi_margin_loss": "F.multi_margin_loss(x, label)",
    "ctc_loss _ctc ctc_grad":  # of at most 300 steps: PyTorch's sums lose digits with each
        "F.ctc_loss(x[:300, None].log_softmax(2), spelt, (len(x[:300]),), (2,))",
    "kl_div _kl_div": "F.kl_div(x, shares, reduction='batchmean')",
    "poisson_nll_loss": "F.poisson_nll_loss(x, truth)",
    "gaussian_nll_loss _at_least": "F.gaussian_nll_loss(x, target, v)",
    "dropout drop": ("F.dropout(x, 0.5)", "F.dropout(x, 0.1)"),
    "alpha_dropout": "F.alpha_dropout(x, 0.2, training=True)",
    "gumbel_softmax": "F.gumbel_softmax(x, dim=1)",
})

_CLOSURE = "def again(): o.zero_grad(); loss = ((x - 1) ** 2).sum(); loss.backward(); return loss"
OPTIMIZERS = {
    "SGD": "optim.SGD([x], lr=1e-3)", "SGD-momentum": "optim.SGD([x], lr=1e-3, momentum=0.9)",
    "SGD-Nesterov": "optim.SGD([x], lr=1e-3, momentum=0.9, nesterov=True, weight_decay=1e-4)",
    "Adam": "optim.Adam([x], lr=1e-3)", "Adam-amsgrad": "optim.Adam([x], amsgrad=True)",
    "Adam-decay": "optim.Adam([x], weight_decay=1e-4)",
    "AdamW": "optim.AdamW([x], lr=1e-3)", "Adamax": "optim.Adamax([x])",
    "NAdam": "optim.NAdam([x])",
    "RAdam": "optim.RAdam([x])", "RMSprop": "optim.RMSprop([x])",
    "RMSprop-centered": "optim.RMSprop([x], momentum=0.9, centered=True)",
    "Adafactor": "optim.Adafactor([x])", "Muon": "optim.Muon([x])",
    "Adagrad": "optim.Adagrad([x])", "Adadelta": "optim.Adadelta([x])", "ASGD": "optim.ASGD([x])",
    "Rprop": "optim.Rprop([x])",
}
STEPS = Group(MATRICES, inputs, forward={
    **dict.fromkeys(OPTIMIZERS, "o.step()"), "LBFGS": "o.step(again)",
    "zero_grad": "o.zero_grad(set_to_none=False)",
    "clip_grad_norm_": "nn.utils.clip_grad_norm_([x], 1.0)",
}, setup={
    **{name: f"x.grad = target; o = {made}" for name, made in OPTIMIZERS.items()},
    "LBFGS": f"o = optim.LBFGS([x], lr=0.1, max_iter=2)\n{_CLOSURE}",
    "zero_grad": "x.grad = target; o = optim.SGD([x], lr=0.1)",
    "clip_grad_norm_": "x.grad = target",
})
