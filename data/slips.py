"""Slips with data that raise nothing: training on one class after the other, or on one batch."""

from typing import Any

import numpy as np

from autograd.slips import NOTED, hinting
from data.dataset import TensorDataset
from data.sampler import BatchSampler, SequentialSampler

_BATCHES = 2  # of each class at least, on average, else batches are mixed
_again = [0, 0]  # the loader whose first batch came last, and how often in a row, a step between


def classes_in_turn(loader: Any) -> bool:
    """Whether the loader, unshuffled, gives all samples of one class, then all of the next."""
    if (not hinting() or type(loader.sampler) is not SequentialSampler
            or type(loader.batch_sampler) is not BatchSampler):
        return False
    dataset = loader.dataset
    labels = dataset.tensors[-1] if isinstance(dataset, TensorDataset) else getattr(
        dataset, "targets", ())
    labels = np.asarray(labels.numpy() if hasattr(labels, "numpy") else labels)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or len(labels) != len(dataset):
        return False
    blocks = 1 + int(np.count_nonzero(np.diff(labels)))
    return 1 < blocks <= len(loader) / _BATCHES and len(np.unique(labels)) == blocks


def alike_each_pass(loader: Any) -> bool:
    """Whether the first of its batches, one of several, is the same in each pass."""
    return (type(loader.dataset) is TensorDataset and type(loader.sampler) is SequentialSampler
            and type(loader.batch_sampler) is BatchSampler and len(loader) > 1)


def note_batch(in_turn: bool, number: int, alike: int = 0) -> None:
    """Remember, for the step that follows a batch, whether it is one of a single class; first
    batches are left out, which programs take to look at them.  `alike` is the id of a loader
    whose first batch is always the same: how often it came in a row is remembered too."""
    if in_turn and number:
        NOTED["in turn"] = NOTED.get("in turn", 0) + 1
    else:
        NOTED.pop("in turn", None)
    stepped = NOTED.pop("again", None) is None
    if not alike or number or not hinting():
        _again[0] = 0
        return
    _again[:] = alike, _again[1] + 1 if stepped and _again[0] == alike else 1
    NOTED["again"] = _again[1]
