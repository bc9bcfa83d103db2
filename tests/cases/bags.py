"""Samples for autograd/ops/ctc.py and embedding_bag.py; the answers go through all alignments of a
target, or through the bags one by one."""

from itertools import groupby, product

import numpy as np

from tests.cases import Case, Spec
from tests.cases.linalg import functional
from tests.cases.loss import reduce

SCORES = Spec((4, 2, 3), -3.0, -0.1)
INDICES = np.array([3, 0, 4, 0, 2, 2, 1])
BEGINS = np.array([0, 2, 2, 5])
TABLE = Spec((5, 3), distinct=True)


def _spelt(path, blank):
    return [label for label, _ in groupby(path) if label != blank]


def _ctc(log_probs, targets, times, counts, blank=0, reduction="mean", zero_infinity=False):
    """The paths whose repeats, joined, are the target once blanks are dropped."""
    single = log_probs.ndim == 2
    log_probs = log_probs[:, None] if single else log_probs
    counts = np.atleast_1d(counts)
    ends = np.cumsum(counts)
    losses = []
    for i, (steps, count) in enumerate(zip(np.atleast_1d(times), counts, strict=True)):
        row = targets[i] if targets.ndim == 2 else targets[ends[i] - count:]
        total = sum(np.exp(sum(log_probs[t, i, label] for t, label in enumerate(path)))
                    for path in product(range(log_probs.shape[2]), repeat=int(steps))
                    if _spelt(path, blank) == row[:count].tolist())
        losses.append(-np.log(total) if total else 0.0 if zero_infinity else np.inf)
    losses = np.array(losses)
    if reduction == "mean":
        losses = losses / np.maximum(counts, 1)
    return reduce(losses[0] if single else losses, reduction)


def _bags(indices, weight, offsets=None, mode="mean", scale=None, last=False, padding_idx=None):
    if indices.ndim == 2:
        bags = [list(row) for row in np.arange(indices.size).reshape(indices.shape)]
    else:
        ends = [*offsets[1:]] if last else [*offsets[1:], len(indices)]
        bags = [list(range(a, b)) for a, b in zip(offsets, ends, strict=False)]
    result = np.zeros((len(bags), weight.shape[1]))
    for row, bag in zip(result, bags, strict=True):
        picked = [weight[indices.flat[i]] * (1 if scale is None else scale.flat[i]) for i in bag
                  if padding_idx is None or indices.flat[i] != padding_idx % len(weight)]
        if picked:
            row[:] = {"sum": np.sum, "mean": np.mean, "max": np.max}[mode](picked, 0)
    return result


def _torch_bags(indices, weight, offsets=None, mode="mean", per_sample_weights=None,
                include_last_offset=False, padding_idx=None):
    return functional("embedding_bag")(
        indices, weight, offsets, mode=mode, per_sample_weights=per_sample_weights,
        include_last_offset=include_last_offset, padding_idx=padding_idx)


LOGS = np.log(np.random.default_rng(5).dirichlet(np.ones(3), (4, 2)))
SPELT = {"states": np.array([[0, 1, 0, 2, 0], [0, 2, 0, 0, 0]]), "times": np.array([4, 3]),
         "counts": np.array([2, 1]), "zero_infinity": False}


def _losses(log_probs, states, times, counts, zero_infinity):
    return _ctc(log_probs, states[:, 1::2], times, counts, reduction="none")


def _beginnings():
    """The logarithms of what the first steps of all alignments multiply to, by their last state."""
    sums = np.full((4, 2, 5), -np.inf)
    for i, states in enumerate(SPELT["states"]):
        for path in product(range(5), repeat=4):
            for t in range(4):
                steps = np.diff(path[:t + 1])
                skips = [states[b] != 0 and states[b] != states[a]
                         for a, b in zip(path, path[1:t + 1]) if b - a == 2]
                if path[0] < 2 and all(0 <= step <= 2 for step in steps) and all(skips) and (
                        not any(path[t + 1:])):
                    sums[t, i, path[t]] = np.logaddexp(sums[t, i, path[t]], sum(
                        LOGS[k, i, states[path[k]]] for k in range(t + 1)))
    return sums


def _shares(g, log_probs, states, times, counts, alphas, totals, zero_infinity):
    """Each path that spells the target takes its share of the probability from its labels."""
    grad = np.zeros(log_probs.shape)
    for i, steps in enumerate(times):
        wanted = states[i, 1::2][:counts[i]].tolist()
        paths = [path for path in product(range(3), repeat=int(steps)) if _spelt(path, 0) == wanted]
        weights = [np.exp(sum(log_probs[t, i, label] for t, label in enumerate(path)))
                   for path in paths]
        for path, weight in zip(paths, weights, strict=True):
            for t, label in enumerate(path):
                grad[t, i, label] -= g[i] * weight / sum(weights)
    return grad


CASES = {
    "_ctc": [Case((SCORES,), SPELT, _losses, False, order=1)],
    "ctc_grad": [Case((Spec((2,)), LOGS), SPELT | {
        "alphas": _beginnings(), "totals": -_losses(LOGS, **SPELT)}, _shares, False, order=0)],
    "ctc_loss": [
        *(Case((SCORES, np.array([[1, 2], [2, 0]]), np.array([4, 3]), np.array([2, 1])),
               {"reduction": how}, _ctc, False, order=1) for how in ("none", "mean", "sum")),
        Case((SCORES, np.array([1, 1, 0]), np.array([3, 2]), np.array([2, 1])),
             {"blank": 2}, _ctc, False, order=1),
        Case((SCORES, np.array([[2, 2], [0, 0]]), np.array([2, 0]), np.array([2, 0])),
             {"reduction": "none", "zero_infinity": True}, _ctc, False, order=1),
        Case((Spec((3, 3), -2, 0), np.array([2, 1]), np.array(3), np.array(2)),
             {"reduction": "none"}, _ctc, False, order=1)],
    "shared_by_index": [Case((Spec((3, 2)),), {"index": np.array([0, 1, 2])},
                             lambda x, index: x.copy(), False)],
    "embedding_bag": [
        *(Case((INDICES, TABLE, BEGINS), {"mode": mode}, _bags, _torch_bags)
          for mode in ("sum", "mean", "max")),
        *(Case((INDICES[:6].reshape(2, 3), TABLE), {"mode": mode, "padding_idx": 2}, _bags,
               _torch_bags) for mode in ("sum", "mean", "max")),
        Case((INDICES, TABLE, np.append(BEGINS, 7), "max", None, True), {"padding_idx": -5}, _bags,
             _torch_bags),
        Case((INDICES, TABLE, BEGINS, "sum", Spec((7,))), {"padding_idx": 0},
             _bags, _torch_bags),
        Case((INDICES[:0], TABLE, np.array([0, 0]), "max"), {}, _bags, _torch_bags)],
}
