"""Samples for autograd/ops/loss.py, loss_binary.py and cross_entropy.py; the answers are loops over
the samples by the definitions, with probabilities from SciPy."""

import numpy as np
from scipy import special

from tests.cases import Case, Spec
from tests.cases.linalg import functional

PROBABILITY = Spec((2, 3), 0.05, 0.95)
WEIGHT = np.array([0.5, 2.0, 1.0, 1.5])
LABELS, SOME = np.array([1, 3, 0]), np.array([2, -100, 0])
GRID = np.array([[1, 0], [3, -100]])


def reduce(losses, reduction):
    """Losses reduced by name."""
    return {"none": losses, "sum": np.sum(losses), "mean": np.mean(losses)}[reduction]


def rows(x, target):
    """(N, C, ...) as a list of class vectors, in the order of the targets."""
    if x.ndim == 1:
        return [x], [int(target)]
    return list(np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])), [int(t) for t in target.flat]


def _classes(x, target, weight, ignore_index, reduction, smoothing, log):
    """The class losses, one sample at a time."""
    vectors, labels = rows(x, target)
    weight = np.ones(len(vectors[0])) if weight is None else weight
    losses, total = [], 0.0
    for vector, label in zip(vectors, labels, strict=True):
        if label == ignore_index:
            losses.append(0.0)
            continue
        wanted = np.full(len(vector), smoothing / len(vector))
        wanted[label] += 1 - smoothing
        losses.append(-sum(w * t * q for w, t, q in zip(weight, wanted, log(vector), strict=True)))
        total += weight[label]
    if reduction == "none":
        return np.reshape(losses, target.shape)
    return np.sum(losses) / (total if reduction == "mean" else 1)


def _cross_entropy(x, target, weight=None, ignore_index=-100, reduction="mean",
                   label_smoothing=0.0):
    if target.dtype.kind == "i":
        return _classes(x, target, weight, ignore_index, reduction, label_smoothing,
                        special.log_softmax)
    dim = min(x.ndim - 1, 1)
    count = x.shape[dim]
    target = target * (1 - label_smoothing) + label_smoothing / count
    weight = np.ones(count) if weight is None else weight
    parts = np.moveaxis(special.log_softmax(x, axis=dim) * target, dim, -1) * weight
    return reduce(-parts.sum(-1), reduction)


def _nll(x, target, weight=None, ignore_index=-100, reduction="mean"):
    return _classes(x, target, weight, ignore_index, reduction, 0.0, lambda v: v)


def _one_node(x, target, weight=None, *, reduction, ignore_index, label_smoothing):
    return _cross_entropy(x, target, weight, ignore_index, reduction, label_smoothing)


def _cross_entropy_grad(g, x, target, weight=None, *, logsumexp, ignore_index, label_smoothing):
    weight = np.ones(x.shape[1]) if weight is None else weight
    out = np.zeros(x.shape)
    for i, label in enumerate(target):
        if label != ignore_index:
            wanted = np.full(x.shape[1], label_smoothing / x.shape[1])
            wanted[label] += 1 - label_smoothing
            wanted *= weight
            out[i] = g[i] * (special.softmax(x[i]) * wanted.sum() - wanted)
    return out


def _nll_grad(g, target, weight=None, *, classes, ignore_index):
    out = np.zeros((len(target), classes))
    for i, label in enumerate(target):
        if label != ignore_index:
            out[i, label] = -g[i] * (1 if weight is None else weight[label])
    return out


def _bce(x, target, weight=None, reduction="mean"):
    losses = -(special.xlogy(target, x) + special.xlog1py(1 - target, -x))
    return reduce(losses if weight is None else losses * weight, reduction)


def _bce_with_logits(x, target, weight=None, reduction="mean", pos_weight=None):
    positive = 1 if pos_weight is None else pos_weight
    losses = -(positive * target * special.log_expit(x) + (1 - target) * special.log_expit(-x))
    return reduce(losses if weight is None else losses * weight, reduction)


def pairs(name, reference, first):
    """Samples of an elementwise loss: every reduction, with and without weights."""
    return [
        *(Case((first, PROBABILITY), {"reduction": how}, reference, functional(name))
          for how in ("none", "mean", "sum")),
        Case((Spec((), 0.2, 0.8), Spec((), 0.2, 0.8)), {}, reference, functional(name)),
    ]


def weighted(name, reference, first):
    """Samples of a loss that takes weights per element."""
    options = [(WEIGHT[:3],), (np.arange(1.0, 7.0).reshape(2, 3), "sum"), (np.array(2.0), "none")]
    return [Case((first, PROBABILITY, *more), {}, reference, torch_weighted(name))
            for more in options]


def torch_weighted(name):
    """torch's function, whose fourth and fifth positional arguments are deprecated ones."""
    def call(input, target, weight=None, reduction="mean", *pos_weight):
        more = {"pos_weight": pos_weight[0]} if pos_weight else {}
        return functional(name)(input, target, weight, reduction=reduction, **more)

    return call


def torch_classes(name):
    """torch's function with our positional weight, rest by name."""
    return lambda input, target, weight=None, **rest: functional(name)(
        input, target, weight, **rest)


def slopes(first, slope):
    """Samples of an elementwise loss's gradient: g per element, and one g for all."""
    return [Case((Spec(shape), first, PROBABILITY), torch=False,
                 reference=lambda g, x, t: g * slope(x, t)) for shape in ((2, 3), ())]


def _huber(x, t, reduction, delta):
    losses = [0.5 * d * d if abs(d) <= delta else delta * (abs(d) - 0.5 * delta)
              for d in (x - t).flat]
    return reduce(np.reshape(losses, x.shape), reduction)


def _smooth_l1(x, t, reduction, beta):
    losses = [0.5 * d * d / beta if abs(d) < beta else abs(d) - 0.5 * beta for d in (x - t).flat]
    return reduce(np.reshape(losses, x.shape), reduction)


def _soft_margin(x, y, reduction="mean"):
    return reduce(np.log(1 + np.exp(-y * x)), reduction)


def _multilabel(x, t, weight=None, reduction="mean"):
    return reduce(_bce_with_logits(x, t, weight, "none").mean(-1), reduction)


APART = Spec((2, 3), 1.2, 2.0)  # away from PROBABILITY
SCORES = Spec((3, 4))
CLASS_CALLS = [
    ((SCORES, LABELS), {}), ((SCORES, LABELS, WEIGHT), {}), ((SCORES, SOME), {}),
    ((SCORES, SOME, WEIGHT), {"reduction": "sum"}), ((SCORES, SOME, WEIGHT), {"reduction": "none"}),
    ((SCORES, LABELS), {"ignore_index": 3}), ((Spec((4,)), np.array(2)), {}),
    ((Spec((4,)), np.array(2)), {"reduction": "none"}), ((Spec((2, 4, 2)), GRID, WEIGHT), {}),
    ((Spec((2, 4, 2)), GRID), {"reduction": "none"}),
    ((Spec((1, 4, 2, 2)), GRID[None]), {"reduction": "sum"}),
]
SMOOTHED = [((SCORES, LABELS), {"label_smoothing": 0.1}),
            ((SCORES, SOME, WEIGHT), {"label_smoothing": 0.3}),
            ((SCORES, SOME, WEIGHT), {"label_smoothing": 1.0, "reduction": "none"})]
SOFT = [
    ((SCORES, Spec((3, 4), 0, 1)), {}), ((SCORES, Spec((3, 4), 0, 1), WEIGHT), {}),
    ((SCORES, Spec((3, 4), 0, 1)), {"label_smoothing": 0.2, "reduction": "none"}),
    ((Spec((2, 4, 2)), Spec((2, 4, 2), 0, 1), WEIGHT), {"reduction": "none"}),
    ((Spec((4,)), Spec((4,), 0, 1)), {"reduction": "sum"}),
]
ONE_NODE = {"reduction": "mean", "ignore_index": -100, "label_smoothing": 0.0}
FIXED = np.random.default_rng(3).normal(size=(3, 4))
FIXED_SUMS = np.stack([FIXED.max(1), special.logsumexp(FIXED - FIXED.max(1)[:, None], axis=1)], 1)

CASES = {
    "cross_entropy": [Case(args, kwargs, _cross_entropy, torch_classes("cross_entropy"))
                      for args, kwargs in CLASS_CALLS + SMOOTHED + SOFT],
    "nll_loss": [Case(args, kwargs, _nll, torch_classes("nll_loss"))
                 for args, kwargs in CLASS_CALLS],
    "_cross_entropy": [
        Case((SCORES, LABELS), ONE_NODE, _one_node, False),
        Case((SCORES, SOME, WEIGHT), {**ONE_NODE, "label_smoothing": 0.2}, _one_node, False),
        Case((SCORES, SOME, WEIGHT), {**ONE_NODE, "reduction": "none"}, _one_node, False)],
    "cross_entropy_grad": [
        Case((Spec((3,)), FIXED, SOME, *weight),
             {"logsumexp": FIXED_SUMS, "ignore_index": -100, "label_smoothing": smoothing},
             _cross_entropy_grad, False)
        for weight, smoothing in (((), 0.0), ((WEIGHT,), 0.2))],
    "_nll_loss": [
        Case((SCORES, target, *weight), {"ignore_index": ignored, "reduction": how}, _nll,
             torch=False)
        for target, ignored, weight, how in (
            (SOME, -100, (), "none"), (SOME, -100, (WEIGHT,), "mean"), (LABELS, 1, (), "sum"),
            (LABELS, -100, (), "mean"))],
    "nll_loss_grad": [
        Case((Spec((3,)), SOME, *weight), {"classes": 4, "ignore_index": -100}, _nll_grad, False)
        for weight in ((), (WEIGHT,))],
    "mse_loss": pairs("mse_loss", lambda x, t, reduction="mean": reduce((x - t)**2, reduction),
                      Spec((2, 3))),
    "mse_loss_grad": slopes(Spec((2, 3)), lambda x, t: 2 * (x - t)),
    "l1_loss": pairs("l1_loss", lambda x, t, reduction="mean": reduce(abs(x - t), reduction),
                     APART),
    "l1_loss_grad": slopes(APART, lambda x, t: np.sign(x - t)),
    "huber_loss": [
        Case((APART, PROBABILITY), {"reduction": how, "delta": delta}, _huber,
             functional("huber_loss"))
        for how, delta in (("none", 0.2), ("mean", 0.2), ("sum", 3.0), ("mean", 3.0))],
    "huber_loss_grad": [
        Case((Spec(shape), APART, PROBABILITY), {"delta": delta}, torch=False,
             reference=lambda g, x, t, delta: g * np.clip(x - t, -delta, delta))
        for shape, delta in (((2, 3), 0.2), ((), 3.0))],
    "smooth_l1_loss": [
        Case((APART, PROBABILITY), {"reduction": how, "beta": beta}, _smooth_l1,
             functional("smooth_l1_loss"))
        for how, beta in (("none", 0.2), ("mean", 0.2), ("sum", 3.0), ("mean", 0.0))],
    "binary_cross_entropy": [
        *pairs("binary_cross_entropy", _bce, PROBABILITY),
        *weighted("binary_cross_entropy", _bce, PROBABILITY)],
    "_binary_cross_entropy": [
        Case((PROBABILITY, PROBABILITY), {"reduction": how}, torch=False,
             reference=lambda x, t, reduction: _bce(x, t, reduction=reduction))
        for how in ("none", "mean")],
    "binary_cross_entropy_grad": slopes(PROBABILITY, lambda x, t: (x - t) / (x * (1 - x))),
    "binary_cross_entropy_with_logits": [
        *pairs("binary_cross_entropy_with_logits", _bce_with_logits, Spec((2, 3))),
        *weighted("binary_cross_entropy_with_logits", _bce_with_logits, Spec((2, 3))),
        Case((Spec((2, 3)), PROBABILITY, None, "mean", WEIGHT[:3]), {}, _bce_with_logits,
             torch_weighted("binary_cross_entropy_with_logits"))],
    "_with_logits": [
        Case((Spec((2, 3)), PROBABILITY), {"reduction": how}, torch=False,
             reference=lambda x, t, reduction: _bce_with_logits(x, t, reduction=reduction))
        for how in ("none", "mean")],
    "with_logits_grad": slopes(Spec((2, 3)), lambda x, t: special.expit(x) - t),
    "soft_margin_loss": [
        Case((Spec((2, 3)), Spec((2, 3))), {"reduction": how}, _soft_margin,
             False) for how in ("none", "mean", "sum")] + [
        Case((Spec((2, 3)), np.array([[1.0, -1, 1], [-1, -1, 1]])), {}, _soft_margin,
             functional("soft_margin_loss"))],
    "multilabel_soft_margin_loss": [
        Case((Spec(shape), Spec(shape, 0, 1), *weight), {"reduction": how}, _multilabel,
             torch_weighted("multilabel_soft_margin_loss"))
        for shape, weight, how in (((3, 4), (), "mean"), ((3, 4), (WEIGHT,), "none"),
                                   ((4,), (), "sum"))],
}
