"""Checks of what passes through a model: units that are dead or saturated, gradients that vanish or
explode, units that stay equal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograd import Tensor
from autograd.complexes import reals

from ..normalization import BatchNorm1d, _BatchNorm
from .patient import Patient
from .report import Finding
from .structure import listed
from .survey import Survey

_ROWS, _UNITS = 32, 8  # samples and units from which it is told
_DEAD = 0.9  # of the units
_FLAT = 0.8  # of the elements
_VANISHED, _EXPLODED = 1e-6, 1e3


class Activity:
    """What the activations of several runs were, by their place in the program."""

    def __init__(self) -> None:
        self._active: dict[tuple, list[np.ndarray]] = {}  # for each axis of units, which ones rose
        self._rows: dict[tuple, int] = {}
        self._flat: dict[tuple, list[float]] = {}

    def add(self, patient: Patient) -> None:
        """Note those of the patient's last run."""
        number: dict[tuple, int] = {}
        last = getattr(patient.output, "grad_fn", None)
        for op in patient.ops:
            out, name = op.saved.get("out"), op.origin.op
            if out is None or out.ndim < 2 or name not in ("relu", "sigmoid", "tanh"):
                continue
            number[op.origin] = number.get(op.origin, 0) + 1
            home = type(patient.model.get_submodule(op.origin.module)).__module__
            key = (*op.origin, number[op.origin], not home.startswith("nn."))
            if name == "relu":
                self._note(key, out > 0)
            elif op.node is not last:
                near = np.abs(out) > 0.99 if name == "tanh" else np.abs(out - 0.5) > 0.49
                self._flat.setdefault(key, []).append(float(near.mean()))

    def _note(self, key: tuple, active: np.ndarray) -> None:
        axes = (1, 2) if active.ndim == 3 else (1,)  # of (N, C, L) or (N, L, C) the livelier one
        found: list[np.ndarray] = [np.asarray(active.any(tuple({*range(active.ndim)} - {axis})))
                                   for axis in axes]
        before = self._active.get(key)
        if before is None or any(a.shape != b.shape for a, b in zip(before, found, strict=True)):
            self._active[key], self._rows[key] = found, len(active)
        else:
            self._active[key] = [np.logical_or(a, b) for a, b in zip(before, found, strict=True)]
            self._rows[key] += len(active)

    def check(self) -> Iterator[Finding]:
        for key, axes in self._active.items():
            share = min(1 - float(active.mean()) for active in axes)
            units = min(len(active) for active in axes)
            # half of the units of a sound network may be 0 where the samples are much alike
            if self._rows[key] >= _ROWS and (share >= _DEAD and units >= 2 * _UNITS
                                             or share == 1 and units >= _UNITS):
                yield Finding("error", "dead units", key[1],
                              f"{share:.0%} of the units of {_place(key)} are 0 for all "
                              f"{self._rows[key]} samples, and learn nothing", share,
                              "nn.init.zeros_(layer.bias)  # the layer before; or nn.LeakyReLU()")
        for key, shares in self._flat.items():
            share = sum(shares) / len(shares)
            if share >= _FLAT:
                yield Finding("warning", "saturated units", key[1],
                              f"{share:.0%} of the results of {_place(key)} are where it is flat, "
                              "and pass on hardly any gradient", share,
                              "nn.init.xavier_uniform_(layer.weight)  # of the layer before")


def _place(key: tuple) -> str:
    """An op, with its line where that is not in the library."""
    op, _, where, _, own = key
    return f"{op} at {where}" if own else op


def weights(patient: Patient) -> dict[str, Tensor]:
    """Path -> each trained parameter that is a matrix or a kernel."""
    return {path: p for path, p in patient.parameters().items() if p.ndim > 1 and p.requires_grad}


def check_gradients(patient: Patient, expected: float | None) -> Iterator[Finding]:
    """The gradients of the last run, layer by layer; `expected` is the loss of guessing."""
    sizes, norms = {}, {}
    for path, parameter in weights(patient).items():
        if parameter.grad is not None:
            grad = reals(parameter.grad).astype(np.float64)
            some = grad[grad != 0]  # rows of an embedding that were not used do not count
            norms[path] = float(np.sqrt((grad * grad).sum()))
            sizes[path] = float(np.sqrt((some * some).mean())) if some.size else 0.0
    broken = [path for path, norm in norms.items() if not np.isfinite(norm)]
    if broken:
        yield Finding("error", "exploding gradients", listed(broken),
                      f"{len(broken)} gradients are NaN or infinite", len(broken),
                      "with autograd.detect_anomaly():\n    criterion(model(x), y).backward()")
        return
    top = max(sizes.values(), default=0.0)
    faint = [path for path, size in sizes.items() if 0 < size < _VANISHED * top]
    if faint:
        least = min(sizes[path] for path in faint)
        yield Finding("error", "vanishing gradients", listed(faint),
                      f"gradients shrink to {least:.2g}, from {top:.2g} in the layer with the "
                      "largest ones", least / top,
                      "nn.ReLU()  # in place of sigmoid or tanh, or a norm layer between, or x + "
                      "block(x)")
    largest = max(norms, key=norms.__getitem__, default="")
    loss = patient.loss.item()
    usual = max(min(abs(loss), abs(loss) if expected is None else expected), 1.0)
    if norms and norms[largest] > _EXPLODED * usual:
        yield Finding("error", "exploding gradients", largest,
                      f"the norm of its gradient is {norms[largest]:.3g}, at a loss of "
                      f"{loss:.3g}", norms[largest],
                      "nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # before "
                      "optimizer.step()")


def check_symmetry(patient: Patient) -> Iterator[Finding]:
    """Layers whose units have equal weights and get equal gradients: they stay equal for ever."""
    equal = []
    for path, parameter in weights(patient).items():
        if parameter.grad is not None and len(parameter) > 1:
            rows, grads = parameter.detach().numpy(), parameter.grad.numpy()
            near = 1e-5 * np.abs(grads).max()  # sums of equal numbers in another order
            if (rows == rows[:1]).all() and 0 < near >= np.abs(grads - grads[:1]).max():
                equal.append(path)
    if equal:
        yield Finding("error", "symmetry", listed(equal),
                      "all units of the layer have the same weights and the same gradient, so they "
                      "stay copies of one unit", len(equal),
                      "nn.init.kaiming_uniform_(layer.weight)")


def check_norms(patient: Patient, survey: Survey) -> Iterator[Finding]:
    """Batch normalisation on batches of one sample."""
    norms = [path for path, module in patient.model.named_modules()
             if isinstance(module, _BatchNorm)]
    if not norms:
        return
    if max(survey.sizes) == 1:
        yield Finding("warning", "batch norm", listed(norms),
                      "batches have one sample, of which the statistics are taken", 1,
                      "nn.GroupNorm(groups, channels)  # or a larger batch_size=")
    flat = [path for path, module in patient.model.named_modules()
            if isinstance(module, BatchNorm1d)]  # images have many numbers for each channel
    if (flat and survey.total and not survey.drop_last and survey.sizes[0] > 1
            and survey.total % survey.sizes[0] == 1):
        yield Finding("warning", "batch norm", listed(flat),
                      f"the last of the batches of {survey.sizes[0]} has one sample, as there are "
                      f"{survey.total}", 1,
                      "data.DataLoader(dataset, batch_size=32, shuffle=True, drop_last=True)")
