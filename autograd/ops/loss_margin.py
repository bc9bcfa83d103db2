"""Losses that ask for a margin: between scores, distances or angles.

At a hinge, where the margin is just met, the gradient is 0; but see `perceptron_loss`.
"""

from __future__ import annotations

import numpy as np

from ..errors import describe
from ..record import composite
from ..tensors import wrap
from .activation import relu
from .compare import clamp, minimum, where
from .elementwise import abs, in_float32, long, sqrt
from .index import within
from .loss import check_reduction, reduced, same_shape
from .order import amax
from .reduce import norm, sum
from .scatter import gather
from .shape import unsqueeze

_COSINE_EPS = 1e-12


@composite(method=False)
@in_float32
def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """(Σ |x1 - x2 + eps|ᵖ)^(1/p) over the last dimension.

    Shape: (N, D) or (D), each of them -> (N) or (), with keepdim (N, 1) or (1)
    """
    return norm(x1 - x2 + eps, p, -1, keepdim)


@composite(method=False)
def margin_ranking_loss(input1, input2, target, margin=0.0, reduction="mean"):
    """max(0, -y (x1 - x2) + margin), reduced: x1 shall be the larger where y is 1, x2 where -1.

    Raises: ValueError unless all three have the same shape.
    """
    name = "margin_ranking_loss"
    check_reduction(name, reduction)
    same_shape(name, input1, input2, ("input1", "input2"))
    same_shape(name, input1, target, ("input1", "target"))
    return reduced(relu(target * (input2 - input1) + margin), reduction)


@composite(method=False)
def hinge_embedding_loss(input, target, margin=1.0, reduction="mean"):
    """x where the target is 1, max(0, margin - x) where it is -1, reduced; x is a distance.

    Raises: ValueError unless both have the same shape and targets are 1 or -1.
    """
    name = "hinge_embedding_loss"
    check_reduction(name, reduction)
    same_shape(name, input, target)
    _check_signs(name, target)
    return reduced(where(target == 1, input, relu(margin - input)), reduction)


@composite(method=False)
def perceptron_loss(input, target, reduction="mean"):
    """max(0, -y x) for scores x and targets y of 1 or -1, reduced.

    At x = 0 the gradient is -y, as where the sign is wrong: that is Rosenblatt's rule, by which
    a perceptron whose weights are 0 begins to learn.
    Raises: ValueError unless both have the same shape and targets are 1 or -1.

    >>> nn.functional.perceptron_loss(autograd.tensor([2., -3.]), autograd.tensor([1., 1.]), "sum")
    tensor(3.)
    """
    name = "perceptron_loss"
    check_reduction(name, reduction)
    same_shape(name, input, target)
    _check_signs(name, target)
    margin = input * target
    return reduced(where(margin <= 0, -margin, 0.0 * margin), reduction)


@composite(method=False)
@in_float32
def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction="mean"):
    """1 - cos(x1, x2) where the target is 1, max(0, cos(x1, x2) - margin) where it is -1, reduced.

    Shape: inputs (N, D) or (D), target (N) or () -> () or, with reduction "none", target's
    Raises: ValueError where shapes do not fit or a target is neither 1 nor -1.
    """
    name = "cosine_embedding_loss"
    check_reduction(name, reduction)
    same_shape(name, input1, input2, ("input1", "input2"))
    shape, got = tuple(input1.shape), tuple(target.shape)
    if len(shape) not in (1, 2) or got != shape[:-1]:
        raise ValueError(f"{name}: inputs {shape} and target {got}; inputs (N, D) take targets "
                         "(N), inputs (D) a target ()")
    _check_signs(name, target)
    cosine = _cosine(input1, input2)
    return reduced(where(target == 1, 1 - cosine, relu(cosine - margin)), reduction)


def _cosine(input1, input2, *sizes):
    """Σ x1 x2 / sqrt((Σ x1² + eps) (Σ x2² + eps)) of rows that were divided by `sizes`, if given:
    by their largest element where the product of the squares would not fit."""
    eps = [_COSINE_EPS / (size * size) for size in sizes] or [_COSINE_EPS] * 2
    product = sum(input1 * input2, -1)
    first, second = (sum(x * x, -1) + e for x, e in zip((input1, input2), eps, strict=True))
    most = float(first._array.max(initial=0)) * float(second._array.max(initial=0))
    if not sizes and most > float(np.finfo(first.dtype).max) / 2:
        sizes = [clamp(amax(abs(x.detach()), -1), 1.0) for x in (input1, input2)]
        input1, input2 = (x / unsqueeze(size, -1) for x, size in zip((input1, input2), sizes))
        return _cosine(input1, input2, *sizes)
    return product / sqrt(first * second)


@composite(method=False)
@in_float32
def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False,
                        reduction="mean"):
    """max(0, d(anchor, positive) - d(anchor, negative) + margin) with d `pairwise_distance`,
    reduced; with `swap` d(positive, negative) counts where it is the smaller one.

    Shape: (N, D) or (D), all three -> () or, with reduction "none", (N) or ()
    Raises: ValueError unless all three have the same shape and the margin is positive.
    Reference: Balntas et al., Learning shallow convolutional feature descriptors with triplet
    losses, 2016.
    """
    return _triplet("triplet_margin_loss", anchor, positive, negative,
                    lambda x, y: pairwise_distance(x, y, p, eps), margin, swap, reduction)


@composite(method=False)
@in_float32
def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """Σ max(0, margin - x[y] + x[j])ᵖ over the classes j other than the target y, divided by their
    number C and reduced; `weight` (C) scales the loss by the target's class.

    Shape: input (N, C) or (C), target of class indices (N) or ()
    Raises: ValueError where shapes do not fit or p is not 1 or 2, IndexError for no class.
    """
    name = "multi_margin_loss"
    check_reduction(name, reduction)
    if p not in (1, 2):
        raise ValueError(f"{name}: p must be 1 or 2, got {p}")
    _check_classes(name, input, target, weight)
    place = unsqueeze(long(target), -1)
    hinges = relu(input - gather(input, -1, place) + margin)
    hinges = where(np.arange(input.shape[-1]) == place._array, 0.0, hinges)
    losses = sum(hinges * hinges if p == 2 else hinges, -1) / input.shape[-1]
    if weight is not None:
        losses = losses * weight[long(target)]
    return reduced(losses, reduction)


@composite(method=False)
@in_float32
def triplet_margin_with_distance_loss(anchor, positive, negative, *, distance_function=None,
                                      margin=1.0, swap=False, reduction="mean"):
    """`triplet_margin_loss` with d any function of two tensors, `pairwise_distance` by default.

    Raises: ValueError unless all three have the same shape and the margin is positive.
    """
    name = "triplet_margin_with_distance_loss"
    distance = pairwise_distance if distance_function is None else distance_function
    return _triplet(name, anchor, positive, negative, distance, margin, swap, reduction)


def _triplet(name: str, anchor, positive, negative, distance, margin, swap, reduction):
    check_reduction(name, reduction)
    if not margin > 0:
        raise ValueError(f"{name}: margin must be positive, got {margin}")
    same_shape(name, anchor, positive, ("anchor", "positive"))
    same_shape(name, anchor, negative, ("anchor", "negative"))
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduced(relu(near - far + margin), reduction)


@composite(method=False)
@in_float32
def multilabel_margin_loss(input, target, reduction="mean"):
    """Σ max(0, 1 - (x[y] - x[j])) over the labels y of a row and its other classes j, divided by
    the number of classes C and reduced; the labels are those before the first -1 of target's row.

    Shape: input and target (N, C) or (C) -> () or, with reduction "none", (N) or ()
    Raises: ValueError where shapes do not fit, IndexError for a target that is no class.

    >>> x, y = autograd.tensor([0.1, 0.2, 0.4, 0.8]), autograd.tensor([3, 0, -1, 1])
    >>> nn.functional.multilabel_margin_loss(x, y)
    tensor(0.8500)
    """
    name = "multilabel_margin_loss"
    check_reduction(name, reduction)
    same_shape(name, input, target)
    if len(input.shape) not in (1, 2) or target.dtype.kind not in "iu":
        raise ValueError(f"{name}: input {tuple(input.shape)} must be (N, C) or (C), target as "
                         f"many integers, got {describe(target)}")
    places, classes = target._array, input.shape[-1]
    given = np.logical_and.accumulate(places != -1, -1)
    given = given[..., :int(given.sum(-1).max(initial=0))]
    labels = np.where(given, places[..., :given.shape[-1]], 0)
    if not within(labels, classes):
        wrong = labels[(labels < 0) | (labels >= classes)]
        raise IndexError(f"{name}: target {wrong.flat[0]} is no class: input "
                         f"{tuple(input.shape)} has {classes}, so 0 to {classes - 1} fit, and "
                         "-1 ends a row")
    others = ~(given[..., None] & (labels[..., None] == np.arange(classes))).any(-2)
    hinges = relu(1 - unsqueeze(gather(input, -1, wrap(labels)), -1) + unsqueeze(input, -2))
    counted = given[..., None] & others[..., None, :]
    return reduced(sum(where(counted, hinges, 0.0), (-2, -1)) / classes, reduction)


def _check_signs(name: str, target) -> None:
    """Raise unless all targets are 1 or -1."""
    signs = getattr(target, "_array", target)
    wrong = np.abs(signs) != 1
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = f" at position {list(at)}" if at else ""
        raise ValueError(f"{name}: target {signs[at]}{place} is neither 1 nor -1; labels 0 "
                         "and 1 become that by 2 * target - 1")


def _check_classes(name: str, input, target, weight) -> None:
    """Raise unless target holds one class of input (N, C) or (C) for each row."""
    shape, got = tuple(input.shape), tuple(target.shape)
    if len(shape) not in (1, 2) or got != shape[:-1] or target.dtype.kind not in "iu":
        raise ValueError(f"{name}: input {shape} takes class indices (integers) of shape "
                         f"{shape[:-1]}, got {describe(target)}")
    classes = shape[-1]
    labels = target._array
    if not within(labels, classes):
        wrong = (labels < 0) | (labels >= classes)
        raise IndexError(f"{name}: target {labels[wrong].flat[0]} is not a class: input {shape} "
                         f"has {classes} classes, so 0 to {classes - 1} fit")
    if weight is not None and tuple(weight.shape) != (classes,):
        raise ValueError(f"{name}: weight must be ({classes},), one per class, got "
                         f"{describe(weight)}")
