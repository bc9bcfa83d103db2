"""Cross entropy as launches: its losses, their mean, and the gradient of that.

A target that is no class stops the replay, and the call itself says what is wrong with it.
"""

from __future__ import annotations

import numpy as np

from ..kernels.compiled import sweep_losses
from ..kernels.compiled.cross_entropy import _cross_entropy, _cross_entropy_grad
from ..kernels.compiled.launch import ONE
from ..kernels.compiled.softmax import SHARED
from .planning import Place, PlanningWriter
from .program import Call, Value

_NONE = np.empty(0)  # stands for no class weights
RULE = "the gradient of _cross_entropy"


def lower(writer: PlanningWriter, call: Call) -> bool:
    """Whether the call is one of cross entropy that can be launched; then it is written."""
    if call.op is not None and call.op.name == "_cross_entropy":
        return call.kwargs.get("reduction") in ("mean", "sum") and _forward(writer, call)
    return call.name == RULE and _backward(writer, call)


def _inputs(writer: PlanningWriter, logits: Value, target: Value, weight) -> list | None:
    """The arrays of scores, targets and class weights, if kernels take them."""
    places = [None if value is None else writer.place(value) for value in (logits, target, weight)]
    arrays = [_NONE if place is None else place.array for place in places]
    if logits.dtype not in ONE or 0 in logits.shape or target.dtype != np.int64 or (
            weight is not None and weight.dtype is not logits.dtype) or not all(
            array.flags.c_contiguous for array in arrays):
        return None
    writer.close()
    writer.used += [place for place in places if place is not None]
    return arrays


def _forward(writer: PlanningWriter, call: Call) -> bool:
    logits, target, weight = (*call.args, None)[:3]
    (_, loss), (_, lse), (_, total) = call.results
    arrays = _inputs(writer, logits, target, weight)
    if arrays is None:
        return False
    ignored, dtype = call.kwargs["ignore_index"], logits.dtype
    n = logits.shape[0]
    block = writer.block(8 * n)
    losses, number = block[:8 * n].view(np.float64), np.empty(1)
    sums, out = writer.room(lse), writer.room(loss)
    writer.places[total.number] = Place(number)
    labels = np.array((ignored, 0))
    smoothing = np.array((call.kwargs["label_smoothing"],), np.float64)
    first = writer.launch(
        _cross_entropy, dtype, (*arrays, smoothing, losses, sums, labels),
        logits.shape[0] * logits.shape[1] >= SHARED, labels[1:])
    mean = np.array((ignored, call.kwargs["reduction"] == "mean"), np.int64)
    writer.launch(sweep_losses.mean_loss, dtype, (losses, *arrays[1:], mean, out, number), False)
    writer.free.append(block)
    given = [None if value is None else array
             for value, array in zip((logits, target, weight), arrays, strict=True)]

    def mend() -> int:
        out[...], sums[...], number[0] = call.function(*given, **call.kwargs)
        return 1

    first.mend = mend
    return True


def _backward(writer: PlanningWriter, call: Call) -> bool:
    g, (logits, target, weight, lse, total, ignored, smooth), _ = call.args
    number = writer.places.get(total.number) if total.__class__ is Value else None
    if number is None or len(call.results) != 1 or g.shape != () or g.dtype is not logits.dtype:
        return False
    arrays, dtype = _inputs(writer, logits, target, weight), logits.dtype
    outer, sums = writer.place(g), writer.place(lse)
    if arrays is None or outer is None or sums is None:
        return False
    writer.used += [outer, sums]
    n = logits.shape[0]
    block = writer.block(n * dtype.itemsize)
    scale = block[:n * dtype.itemsize].view(dtype)
    grad, labels = writer.room(call.results[0][1]), np.array((ignored, 0))
    writer.launch(sweep_losses.per_row, dtype, (outer.array, number.array, scale), False)
    writer.launch(_cross_entropy_grad, dtype, (
        scale, arrays[0], sums.array, *arrays[1:], np.array((smooth,), np.float64), grad, labels),
        logits.shape[0] * logits.shape[1] >= SHARED)
    writer.free.append(block)
    return True
