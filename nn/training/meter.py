"""The running means of an epoch."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Self

from autograd.errors import describe, uncalled


def samples(batch) -> int:
    """How many samples a batch holds: the length of its last tensor."""
    last = _last_tensor(batch)
    return len(last) if getattr(last, "ndim", 0) else 1


def _last_tensor(batch):
    """The last part of a batch, however deep, that is a tensor or an array; None without one."""
    if hasattr(batch, "ndim"):
        return batch
    parts = batch.values() if isinstance(batch, Mapping) else batch
    if not isinstance(batch, (tuple, list, Mapping)):
        return None
    found = map(_last_tensor, reversed(list(parts)))
    return next((tensor for tensor in found if tensor is not None), None)


class Meter:
    """The mean loss over the samples seen, and the metrics."""

    def __init__(self, metrics: Mapping[str, Any]) -> None:
        for name, metric in metrics.items():
            if isinstance(metric, type) or not all(
                    hasattr(metric, method) for method in ("update", "compute", "reset")):
                raise TypeError(f"Trainer: the metric {name!r} must have update, compute and reset,"
                                f" as nn.metrics.Accuracy() has, got {describe(metric)}"
                                f"{uncalled(metric)}")
            if name in ("epoch", "seconds", "lr", "loss") or name.startswith("val_"):
                raise ValueError(f"Trainer: a metric cannot be called {name!r}: the history has "
                                 "such a column of its own")
        self.metrics = dict(metrics)
        self.reset()

    def twin(self) -> Self:
        """Another one of the same metrics."""
        return type(self)(deepcopy(self.metrics))

    @property
    def can_save(self) -> bool:
        """Whether all metrics can tell their state."""
        return all(hasattr(metric, "state_dict") and hasattr(metric, "load_state_dict")
                   for metric in self.metrics.values())

    def reset(self) -> None:
        self.total, self.seen = 0.0, 0
        for metric in self.metrics.values():
            metric.reset()

    def update(self, loss: float, count: int, outputs, targets) -> None:
        if count:  # of no samples the mean is NaN
            self.total += loss * count
        self.seen += count
        for metric in self.metrics.values():
            metric.update(outputs, targets)

    @property
    def loss(self) -> float:
        return self.total / max(self.seen, 1)

    def compute(self) -> dict[str, float]:
        values = {name: metric.compute() for name, metric in self.metrics.items()}
        for name, value in values.items():
            if getattr(value, "ndim", 0) or isinstance(value, (tuple, list)):
                raise TypeError(f"Trainer: the metric {name!r} must compute one number, got "
                                f"{describe(value)}; give it an average, or evaluate it after fit")
        return {"loss": self.loss, **{name: float(value) for name, value in values.items()}}

    def state_dict(self) -> dict[str, Any]:
        known = self.can_save
        return {"total": self.total, "seen": self.seen,
                "metrics": {name: [type(metric).__name__, metric.state_dict() if known else None]
                            for name, metric in self.metrics.items()}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.reset()
        self.total, self.seen = state["total"], state["seen"]
        for name, (_, of_metric) in state["metrics"].items():
            if of_metric is not None:
                self.metrics[name].load_state_dict(of_metric)
