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


CASES = {
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
