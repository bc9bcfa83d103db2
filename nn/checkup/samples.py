"""Checks of the data: numbers, order, labels, and what two splits share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .report import Finding
from .survey import Survey

_FEW = 32  # samples from which something is said of how they are distributed
_MANY = 100
_WIDE = 8  # numbers in a sample from which two equal ones are no accident
_MAJORITY = 0.9
_SHARED = 0.01
_WEIGHTED = {
    "cross_entropy": "criterion = nn.CrossEntropyLoss(weight=1 / counts)",
    "nll_loss": "criterion = nn.NLLLoss(weight=1 / counts)",
    "binary_cross_entropy_with_logits":
        "criterion = nn.BCEWithLogitsLoss(pos_weight=negatives / positives)"}


def check_samples(survey: Survey, kind: str, weighted: bool) -> Iterator[Finding]:
    """What is wrong with the batches; `kind` names the loss where it takes classes, else is empty;
    `weighted` says whether it weights them."""
    yield from _broken(survey)
    yield from _repeated(survey)
    yield from _constant_feature(survey)
    if kind:
        yield from _labels(survey, kind, weighted)


def _broken(survey: Survey) -> Iterator[Finding]:
    for name in dict.fromkeys(what for what, _, _ in survey.broken):
        at = next(index for what, index, _ in survey.broken if what == name)
        count = sum(number for what, _, number in survey.broken if what == name)
        yield Finding("error", "bad numbers", name,
                      f"{count} of the numbers are NaN or infinite, the first in batch {at[0]} at "
                      f"index {at[1:]}", count,
                      "mask = autograd.isfinite(x)\nx = autograd.where(mask, x, 0.0)  # or drop "
                      "these samples")


def _repeated(survey: Survey) -> Iterator[Finding]:
    count = len(survey.inputs)
    if count >= _FEW // 4 and len(set(survey.inputs)) == 1:
        yield Finding("error", "constant inputs", "inputs",
                      f"all {count} inputs that were looked at are the same", count,
                      "print(dataset[0], dataset[1])  # does __getitem__ use its index?")
        return
    features = survey.features
    if (features is None or survey.generated or len(survey.pairs) < _FEW
            or survey.width < _WIDE or not (features % 1).any()):
        return
    share = 1 - len(set(survey.pairs)) / len(survey.pairs)
    if share >= 0.1:
        yield Finding("warning", "duplicates", "inputs",
                      f"{share:.0%} of {len(survey.pairs)} samples repeat another, input and "
                      "target", share,
                      "_, first = np.unique(inputs, axis=0, return_index=True)\n"
                      "inputs, targets = inputs[first], targets[first]")


def _constant_feature(survey: Survey) -> Iterator[Finding]:
    features = survey.features
    if features is None or features.ndim != 2 or len(features) < _FEW or features.shape[1] < 2:
        return
    constant = np.flatnonzero((features == features[0]).all(0))
    values = features[0, constant]
    alone = [int(i) for i, value in zip(constant, values, strict=True)
             if value not in (0, 1) and (values == value).sum() == 1]  # margins of images are alike
    if alone and len(alone) < features.shape[1]:
        yield Finding("warning", "constant feature", "inputs",
                      f"feature {', '.join(map(str, alone[:5]))} has the same value, "
                      f"{features[0, alone[0]]:.4g}, in all {len(features)} samples", alone[0],
                      "keep = inputs.std(0) > 0\ninputs = inputs[:, keep]")


def _labels(survey: Survey, kind: str, weighted: bool) -> Iterator[Finding]:
    labels = survey.labels
    if labels is None or len(labels) < 2 * _FEW:
        return
    found, counts = np.unique(labels, return_counts=True)
    shares = counts / len(labels)
    hidden = not survey.whole and survey.total is not None and survey.total > len(labels)
    same = float((labels[1:] == labels[:-1]).mean())
    if len(survey.sizes) > 1 and same > 0.9 and (shares ** 2).sum() < 0.6:
        yield Finding("warning", "order", "loader",
                      f"the samples come sorted by their targets: {same:.0%} have the target of "
                      f"the one before, where {(shares ** 2).sum():.0%} would by chance", same,
                      "loader = data.DataLoader(dataset, batch_size=32, shuffle=True)")
    elif len(found) == 1:
        maybe = ("; are they sorted? data.DataLoader(..., shuffle=True)" if hidden else "")
        yield Finding("error", "targets", "targets",
                      f"all {len(labels)} targets that were looked at are {found[0]:g}{maybe}", 1,
                      "print(dataset[0][1], dataset[-1][1])  # are these the right targets?")
    elif shares.max() >= _MAJORITY and len(labels) >= _MANY and not weighted:
        yield Finding("warning", "imbalance", "targets",
                      f"{shares.max():.0%} of the targets are {found[shares.argmax()]:g}, so that "
                      "a model that always says so is right as often", float(shares.max()),
                      _WEIGHTED.get(kind, "sampler = data.WeightedRandomSampler(1 / counts[labels],"
                                    " len(labels))"))


def check_splits(train: Survey, held_out: Survey) -> Iterator[Finding]:
    """Whether two splits share samples, or are prepared in different ways."""
    if held_out.inputs and train.width >= _WIDE:
        known = set(train.inputs)
        shared = sum(one in known for one in held_out.inputs)
        share = shared / len(held_out.inputs)
        if share >= _SHARED and shared > 1 and len(known) > 1:
            yield Finding("error" if share > 0.5 else "warning", "leakage", "validation",
                          f"{shared} of {len(held_out.inputs)} validation inputs are among the "
                          f"{len(train.inputs)} training inputs that were looked at", share,
                          "train, held_out = data.random_split(dataset, [0.8, 0.2])")
    one, other = train.moments, held_out.moments
    if one is not None and other is not None and one[1] > 0 and train.inputs and held_out.inputs:
        ratio = other[1] / one[1]
        if not 0.2 < ratio < 5 or abs(one[0] - other[0]) > 3 * max(one[1], other[1]):
            yield Finding("warning", "splits differ", "validation",
                          f"its inputs have mean {other[0]:.3g} and standard deviation "
                          f"{other[1]:.3g}, those of training {one[0]:.3g} and {one[1]:.3g}",
                          ratio, "held_out.transform = train.transform  # the same for both")
