"""Samples for autograd/ops/loss_margin.py, loss_probability.py and bilinear.py; the answers are
NumPy by the definitions, or loops over the samples."""

import warnings

import numpy as np
from scipy import special, stats
from scipy.spatial import distance

from tests.cases import Case, Spec
from tests.cases.linalg import functional, summed
from tests.cases.loss import reduce

REDUCTIONS = ("none", "mean", "sum")
SIGNS = np.array([1.0, -1.0, 1.0])
GRID = np.array([[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]])
POSITIVE = Spec((2, 3), 0.2, 2.0)
COUNTS = np.array([[0.0, 1.0, 2.0], [7.0, 3.0, 1.0]])
ROWS = Spec((3, 4), distinct=True)
LABELS = np.array([1, 3, 0])
WEIGHT = np.array([0.5, 2.0, 1.0, 1.5])


def _pairwise(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    x1, x2 = np.broadcast_arrays(x1, x2)
    rows = [distance.minkowski(a + eps, b, p) if np.isfinite(p) else distance.chebyshev(a + eps, b)
            for a, b in zip(np.atleast_2d(x1), np.atleast_2d(x2), strict=True)]
    result = np.array(rows).reshape(x1.shape[:-1])
    return result[..., None] if keepdim else result


def _ranking(x1, x2, y, margin=0.0, reduction="mean"):
    return reduce(np.maximum(0, -y * (x1 - x2) + margin), reduction)


def _hinge(x, y, margin=1.0, reduction="mean"):
    losses = [a if b == 1 else max(0.0, margin - a) for a, b in zip(x.flat, y.flat, strict=True)]
    return reduce(np.reshape(losses, x.shape), reduction)


def _cosine(x1, x2, y, margin=0.0, reduction="mean"):
    losses = []
    for a, b, sign in zip(np.atleast_2d(x1), np.atleast_2d(x2), y.flat, strict=True):
        cosine = 1 - distance.cosine(a, b)
        losses.append(1 - cosine if sign == 1 else max(0, cosine - margin))
    return reduce(np.reshape(losses, y.shape), reduction)


def _triplet(a, p, n, margin=1.0, *, norm=2.0, swap=False, reduction="mean"):
    near, far = _pairwise(a, p, norm), _pairwise(a, n, norm)
    if swap:
        far = np.minimum(far, _pairwise(p, n, norm))
    return reduce(np.maximum(0, near - far + margin), reduction)


def _multilabel(x, target, reduction="mean"):
    losses = []
    for row, labels in zip(np.atleast_2d(x), np.atleast_2d(target), strict=True):
        labels = labels[:list(labels).index(-1)] if -1 in labels else labels
        others = [j for j in range(len(row)) if j not in labels]
        losses.append(sum(max(0, 1 - row[y] + row[j]) for y in labels for j in others) / len(row))
    return reduce(np.reshape(losses, x.shape[:-1]), reduction)


def _multi_margin(x, target, p=1, margin=1.0, weight=None, reduction="mean"):
    losses = []
    for row, label in zip(np.atleast_2d(x), target.flat, strict=True):
        terms = [max(0, margin - row[label] + v)**p for j, v in enumerate(row) if j != label]
        losses.append(np.sum(terms) / len(row) * (1 if weight is None else weight[label]))
    return reduce(np.reshape(losses, target.shape), reduction)


def _kl(x, t, reduction="mean", log_target=False):
    t = np.exp(t) if log_target else t
    losses = special.rel_entr(t, np.exp(x))
    return losses.sum() / len(x) if reduction == "batchmean" else reduce(losses, reduction)


def _torch_kl(*args, **kwargs):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "reduction: 'mean'")  # what torch says of its default
        return functional("kl_div")(*args, **kwargs)


def _poisson(x, t, log_input=True, full=False, eps=1e-8, reduction="mean"):
    losses = np.exp(x) - t * x if log_input else x - t * np.log(x + eps)
    if full:
        stirling = [t * np.log(t) - t + 0.5 * np.log(2 * np.pi * t) if t > 1 else 0 for t in t.flat]
        losses = losses + np.reshape(stirling, t.shape)
    return reduce(losses, reduction)


def _gaussian(x, t, var, full=False, eps=1e-6, reduction="mean"):
    if var.ndim < x.ndim:
        var = var[:, None]
    losses = -stats.norm.logpdf(t, x, np.sqrt(np.maximum(var, eps)))
    return reduce(losses if full else losses - 0.5 * np.log(2 * np.pi), reduction)


SHARES = np.array([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]])


def _categorical(p, t, reduction="mean"):
    classes = min(1, p.ndim - 1)
    losses = sum(-np.take(t, c, classes) * np.log(np.take(p, c, classes))
                 for c in range(p.shape[classes]))
    return reduce(losses, reduction)


CASES = {
    "pairwise_distance": [
        Case((ROWS, ROWS), {}, _pairwise, functional("pairwise_distance")),
        Case((ROWS, Spec((3, 4), 3, 4)), {"p": 1.0}, _pairwise, functional("pairwise_distance")),
        Case((ROWS, Spec((4,), 3, 4)), {"p": 3.0, "keepdim": True}, _pairwise,
             functional("pairwise_distance")),
        Case((Spec((4,)), Spec((4,), 3, 4)), {"p": float("inf"), "eps": 0.1}, _pairwise,
             functional("pairwise_distance"))],
    "margin_ranking_loss": [
        Case((POSITIVE, Spec((2, 3), 3, 4), GRID), {"margin": margin, "reduction": how}, _ranking,
             functional("margin_ranking_loss"))
        for how, margin in (("none", 0.0), ("mean", 0.5), ("sum", 0.5))],
    "perceptron_loss": [
        Case((Spec((2, 3), avoid=(0.0,)), GRID), {"reduction": how},
             lambda x, y, reduction: reduce(np.where(x * y < 0, np.abs(x), 0.0), reduction), False)
        for how in REDUCTIONS],
    "hinge_embedding_loss": [
        Case((Spec((2, 3), 0, 3, avoid=(1.0, 2.0)), GRID), {"margin": margin, "reduction": how},
             _hinge, functional("hinge_embedding_loss"))
        for how, margin in (("none", 1.0), ("mean", 2.0), ("sum", 1.0))],
    "cosine_embedding_loss": [
        *(Case((Spec((3, 4)), Spec((3, 4), 0, 1), SIGNS), {"reduction": how, "margin": -0.9},
               _cosine, functional("cosine_embedding_loss")) for how in REDUCTIONS),
        Case((Spec((4,)), Spec((4,), 0, 1), np.array(1.0)), {}, _cosine,
             functional("cosine_embedding_loss"))],
    "triplet_margin_loss": [
        *(Case((ROWS, Spec((3, 4), 2, 3), Spec((3, 4), 2, 3)), {"margin": 2.0, "reduction": how},
               _triplet, functional("triplet_margin_loss")) for how in REDUCTIONS),
        Case((Spec((4,)), Spec((4,), 2, 3), Spec((4,), 1, 2)), {"margin": 3.0, "swap": True},
             _triplet, functional("triplet_margin_loss"))],
    "multi_margin_loss": [
        Case((Spec((3, 4), distinct=True), LABELS), {"p": p, "margin": margin, "reduction": how},
             _multi_margin, functional("multi_margin_loss"))
        for how, p, margin in (("none", 1, 1.03), ("mean", 2, 0.47), ("sum", 1, 6.0))] + [
        Case((Spec((4,), distinct=True), np.array(2), 2, 6.0, WEIGHT), {}, _multi_margin,
             functional("multi_margin_loss"))],
    "categorical_cross_entropy": [
        Case((SHARES, np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])), {"reduction": how},
             _categorical, False) for how in REDUCTIONS]
        + [Case((SHARES[0], SHARES[1]), {}, _categorical, False),
           Case((np.stack([SHARES, SHARES[::-1]], -1), np.stack([SHARES] * 2, -1)),
                {"reduction": "none"}, _categorical, False)],
    "_categorical_cross_entropy": [
        Case((Spec((2, 3), 0.1, 0.9), Spec((2, 3), 0.1, 0.9)),
             reference=lambda p, t: special.xlogy(t, p) * -1.0, torch=False),
        Case((np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.5])),
             reference=lambda p, t: np.array([0.0, 100.0, 0.0]), torch=False)],
    "kl_div": [
        *(Case((Spec((2, 3), -3, -0.1), Spec((2, 3), 0.1, 0.9)), {"reduction": how}, _kl,
               _torch_kl) for how in (*REDUCTIONS, "batchmean")),
        Case((Spec((2, 3), -3, -0.1), Spec((2, 3), -3, -0.1)),
             {"reduction": "batchmean", "log_target": True}, _kl, _torch_kl),
        Case((Spec((2, 3), -3, -0.1), np.array([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]])),
             {"reduction": "sum"}, _kl, _torch_kl)],
    "_kl_div": [Case((Spec((2, 3), -3, -0.1), Spec((2, 3), 0.1, 0.9)), torch=False,
                     reference=lambda x, t: _kl(x, t, "none"))],
    "poisson_nll_loss": [
        *(Case((Spec((2, 3)), COUNTS), {"reduction": how, "full": how != "sum"}, _poisson,
               functional("poisson_nll_loss")) for how in REDUCTIONS),
        Case((POSITIVE, Spec((2, 3), 2, 5)), {"log_input": False, "full": True, "eps": 1e-3},
             _poisson, functional("poisson_nll_loss"))],
    "gaussian_nll_loss": [
        *(Case((Spec((2, 3)), Spec((2, 3)), POSITIVE), {"reduction": how, "full": how != "sum"},
               _gaussian, functional("gaussian_nll_loss")) for how in REDUCTIONS),
        Case((Spec((2, 3)), Spec((2, 3)), Spec((2, 1), 0.5, 2)), {}, _gaussian,
             functional("gaussian_nll_loss")),
        Case((Spec((2, 3)), Spec((2, 3)), Spec((2,), 0.5, 2)), {"reduction": "none"}, _gaussian,
             functional("gaussian_nll_loss"))],
    "_at_least": [Case((POSITIVE,), {"low": 0.1}, lambda x, low: x.copy(), False)],
    "triplet_margin_with_distance_loss": [
        Case((ROWS, ROWS, ROWS), {"margin": 0.7}, _triplet,
             functional("triplet_margin_with_distance_loss")),
        Case((ROWS, ROWS, ROWS), {"distance_function": lambda x, y: (2 * x - y).sum(-1),
                                  "swap": True, "reduction": "none"},
             lambda a, p, n, distance_function, swap, reduction: np.maximum(
                 0, (2 * a - p).sum(1) - np.minimum((2 * a - n).sum(1), (2 * p - n).sum(1)) + 1),
             functional("triplet_margin_with_distance_loss"))],
    "multilabel_margin_loss": [
        *(Case((ROWS, np.array([[3, 0, -1, 1], [-1, 0, 0, 0], [1, 1, 2, 0]])),
               {"reduction": how}, _multilabel, functional("multilabel_margin_loss"))
          for how in REDUCTIONS),
        Case((Spec((4,)), np.array([2, -1, 0, 0])), {}, _multilabel,
             functional("multilabel_margin_loss"))],
    "bilinear": [
        Case((Spec((3, 2)), Spec((3, 4)), Spec((2, 2, 4))), {}, summed("ni,nj,oij->no"),
             functional("bilinear")),
        Case((Spec((2,)), Spec((3,)), Spec((2, 2, 3)), Spec((2,))), {},
             torch=functional("bilinear"),
             reference=lambda x, y, w, b: summed("i,j,oij->o")(x, y, w) + b),
        Case((Spec((2, 1, 2)), Spec((2, 1, 3)), Spec((1, 2, 3)), Spec((1,))), {},
             torch=functional("bilinear"),
             reference=lambda x, y, w, b: summed("abi,abj,oij->abo")(x, y, w) + b)],
}
