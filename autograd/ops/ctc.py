"""Connectionist temporal classification: the probability that a sequence of distributions over
labels and a blank spells a shorter sequence of labels, summed over all alignments.

All sums are of logarithms; the steps of time are one loop, samples and labels are vectors.
"""

from __future__ import annotations

import numpy as np

from ..errors import describe
from ..record import composite, op
from ..tensors import Tensor
from .elementwise import in_float32
from .index import integers
from .loss import check_reduction
from .shape import reshape, unsqueeze, whole

_NAME = "ctc_loss"


@composite(method=False)
@in_float32
def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean",
             zero_infinity=False):
    """-log p(targets) by connectionist temporal classification, reduced: p sums the products of
    probabilities over all alignments that are the target once repeats are joined and blanks
    dropped.  "mean" divides each loss by its target's length first.

    The gradient is that of the sum over alignments, and can be differentiated no further.  A target
    that does not fit into its input has the loss infinity, or with `zero_infinity` 0 and no
    gradient.
    Shape: log_probs (T, N, C) or (T, C), logarithms as log_softmax gives them; targets (N, S), or
        all in a row (sum of target_lengths), or (S) for (T, C); lengths (N) or () -> () or,
        with reduction "none", (N) or ()
    Raises: RuntimeError where lengths and shapes do not fit, IndexError for a target that is no
        label, ValueError for one that is the blank.
    Reference: Graves et al., Connectionist temporal classification, ICML 2006, section 4.1.

    >>> even = autograd.zeros(2, 1, 2).log_softmax(-1)
    >>> nn.functional.ctc_loss(even, autograd.tensor([[1]]), (2,), (1,)).exp()  # 11, 01, 10
    tensor(1.3333)
    """
    check_reduction(_NAME, reduction)
    if log_probs.ndim not in (2, 3):
        raise RuntimeError(f"{_NAME}: log_probs must be (T, N, C) or (T, C), got "
                           f"{describe(log_probs)}")
    single = log_probs.ndim == 2
    if single:
        log_probs = unsqueeze(log_probs, 1)
    steps, samples, classes = log_probs.shape
    times = _lengths("input_lengths", input_lengths, samples, steps)
    counts = _lengths("target_lengths", target_lengths, samples)
    blank = whole(_NAME, blank)
    if not 0 <= blank < classes:
        raise RuntimeError(f"{_NAME}: blank {blank} is no label: log_probs have {classes}, so 0 to "
                           f"{classes - 1} fit")
    states = _states(_array("targets", targets), counts, int(blank), classes)
    losses = _ctc(log_probs, states=states, times=times, counts=counts,
                  zero_infinity=zero_infinity)
    if reduction == "mean":
        return (losses / np.maximum(counts, 1).astype(losses.dtype)).mean()
    if reduction == "sum":
        return losses.sum()
    return reshape(losses, ()) if single else losses


def _array(which: str, value) -> np.ndarray:
    """A tensor, list or tuple of integers, or one integer, as an array."""
    array = value._array if isinstance(value, Tensor) else np.asarray(value)
    return integers(f"{_NAME}: {which}", array) if array.size else array.astype(np.int64)


def _lengths(which: str, value, samples: int, most: int | None = None) -> np.ndarray:
    lengths = np.atleast_1d(_array(which, value)).astype(np.int64)
    if lengths.shape != (samples,):
        raise RuntimeError(f"{_NAME}: {which} must be one length for each of {samples} samples, "
                           f"got {describe(value)}")
    wrong = lengths[(lengths < 0) | (lengths > (lengths if most is None else most))]
    if wrong.size:
        fits = "at least 0" if most is None else f"from 0 to {most}, the steps of log_probs"
        raise RuntimeError(f"{_NAME}: {which} must be {fits}, got {wrong[0]}")
    return lengths


def _states(targets: np.ndarray, counts: np.ndarray, blank: int, classes: int) -> np.ndarray:
    """For each sample its labels with blanks around them, and blanks behind: (N, 2 S + 1)."""
    longest = int(counts.max(initial=0))
    inside = np.arange(longest) < counts[:, None]
    if targets.ndim == 2:
        fits = f"({len(counts)}, {longest} or more)"
        good = len(targets) == len(counts) and targets.shape[1] >= longest
        found = targets[:, :longest][inside] if good else targets
    else:
        good, fits, found = targets.shape == (counts.sum(),), f"({counts.sum()})", targets
    if not good:
        raise RuntimeError(f"{_NAME}: targets {targets.shape} do not fit target_lengths "
                           f"{counts.tolist()}: {fits} does")
    strange = found[(found < 0) | (found >= classes)]
    if strange.size:
        raise IndexError(f"{_NAME}: target {strange[0]} is no label: log_probs have {classes}, so "
                         f"0 to {classes - 1} fit")
    if (found == blank).any():
        raise ValueError(f"{_NAME}: a target is {blank}, which is the blank; number the labels "
                         "without it, or choose another blank=")
    states = np.full((len(counts), 2 * longest + 1), blank)
    states[:, 1::2][inside] = found
    return states


@op(method=False, extra=("alphas", "totals"), vjp=dict(
    log_probs=lambda g, log_probs, alphas, totals, states, times, counts, zero_infinity:
        ctc_grad(g, log_probs, states=states, times=times, counts=counts, alphas=alphas,
                 totals=totals, zero_infinity=zero_infinity)))
def _ctc(log_probs, /, *, states, times, counts, zero_infinity):
    """(N) losses, the logarithms of all beginnings' probabilities (T, N, S), and of the wholes."""
    emitted = _emitted(log_probs, states)
    alphas = np.full(emitted.shape, -np.inf)
    alphas[:1, :, :2] = emitted[:1, :, :2]
    skips = _skips(states)
    for t in range(1, len(alphas)):
        alphas[t] = _advanced(alphas[t - 1], skips) + emitted[t]
    totals = np.where(counts == 0, 0.0, -np.inf)  # of an input without steps
    rows = np.flatnonzero(times)
    last, ends = times[rows] - 1, 2 * counts[rows]
    labels = np.where(counts[rows] > 0, alphas[last, rows, ends - 1], -np.inf)
    totals[rows] = np.logaddexp(alphas[last, rows, ends], labels)
    losses = np.where(zero_infinity & (totals == -np.inf), 0.0, -totals)
    return losses.astype(log_probs.dtype), alphas, totals


@op(method=False, once=True)
def ctc_grad(g, log_probs, /, *, states, times, counts, alphas, totals, zero_infinity):
    """g times minus the probability, given the target, that a step emits a label: (T, N, C)."""
    emitted, skips = _emitted(log_probs, states), _skips(states[:, ::-1])
    grad = np.zeros(log_probs.shape, log_probs.dtype)
    rows, place = np.arange(len(states))[:, None], np.arange(states.shape[1])
    ends = np.where((place == 2 * counts[:, None]) | (place == 2 * counts[:, None] - 1), 0.0,
                    -np.inf)
    rest = np.full(states.shape, -np.inf)  # logarithms of what follows, without the step itself
    for t in range(len(log_probs) - 1, -1, -1):
        if t + 1 < len(log_probs):
            rest = _advanced((rest + emitted[t + 1])[:, ::-1], skips)[:, ::-1]
        rest = np.where((times == t + 1)[:, None], ends, rest)
        with np.errstate(invalid="ignore"):  # totals of -inf: such a target has no gradient
            shares = np.exp(alphas[t] + rest - totals[:, None])
        shares[(times <= t) | (zero_infinity & (totals == -np.inf))] = 0.0
        np.subtract.at(grad[t], (rows, states), shares * g[:, None])
    return grad


def _emitted(log_probs: np.ndarray, states: np.ndarray) -> np.ndarray:
    """(T, N, S): the logarithm of each state's label at each step, in float64."""
    return np.take_along_axis(log_probs, states[None], 2).astype(np.float64)


def _skips(states: np.ndarray) -> np.ndarray:
    """0 where a state may be reached from the one two before it, leaving out a blank; else -inf."""
    skips = np.full(states.shape, -np.inf)
    labels = states[:, 1::2]
    skips[:, 3::2] = np.where(labels[:, 1:] != labels[:, :-1], 0.0, -np.inf)
    return skips


def _advanced(before: np.ndarray, skips: np.ndarray) -> np.ndarray:
    """log Σ of a state's own, its predecessor's and, over a blank, its second predecessor's."""
    total = before.copy()
    total[:, 1:] = np.logaddexp(total[:, 1:], before[:, :-1])
    total[:, 2:] = np.logaddexp(total[:, 2:], before[:, :-2] + skips[:, 2:])
    return total
