"""The learning rate range test: which rates make the loss fall, and which make it explode."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from operator import index
from typing import Any, NamedTuple

from autograd import Tensor, enable_grad, get_rng_state, set_rng_state
from autograd.errors import describe


class FoundRates(NamedTuple):
    """Rates, rising, the loss at each, and the rate where the loss falls most steeply."""

    rates: list[float]
    losses: list[float]
    suggestion: float

    def plot(self, axes=None):
        """Draw the losses over the rates, with the suggestion; returns the figure (of matplotlib,
        the extra `plots`)."""
        if axes is None:
            try:
                from matplotlib.figure import Figure
            except ModuleNotFoundError as error:
                raise ModuleNotFoundError(
                    "FoundRates.plot needs matplotlib, which comes with the extra plots: pip "
                    "install 'wengert[plots]'") from error
            axes = Figure(figsize=(6, 4), dpi=120, layout="constrained").subplots()
        axes.plot(self.rates, self.losses, color="#94a3b8", linewidth=1, label="loss")
        axes.plot(self.rates, _smooth(self.losses), color="#2563eb", label="smoothed")
        axes.axvline(self.suggestion, color="#ea580c", linestyle=":",
                     label=f"suggestion: {self.suggestion:.2g}")
        axes.set(xscale="log", xlabel="learning rate", ylabel="loss")
        high, low = self.losses[0], min(self.losses)
        if high > low:  # what explodes at the end would hide the rest
            axes.set_ylim(low - 0.1 * (high - low), high + 0.5 * (high - low))
        axes.grid(color="#e2e8f0")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        return axes.figure


def find_learning_rate(model, criterion, optimizer, loader: Iterable, low: float = 1e-6,
                       high: float = 10.0, steps: int = 100) -> FoundRates:
    """Train for up to `steps` steps, at rates that rise evenly in their logarithm from low to high,
    and suggest the one where the smoothed loss falls most steeply.

    It ends where the loss (a mean of five) has risen above its lowest by three times that number's
    size, or is not finite.  A batch is a pair (inputs, targets), where a tuple of inputs gives the
    model several arguments; the loader begins anew where it is at its end.  Model, optimizer and
    random numbers are as before afterwards.

    Raises: ValueError for rates that do not rise, an empty loader, fewer than 10 losses.

    >>> model, batches = nn.Linear(3, 1), [(autograd.randn(8, 3), autograd.ones(8, 1))]
    >>> sgd = optim.SGD(model.parameters(), 0.1)
    >>> found = optim.find_learning_rate(model, nn.MSELoss(), sgd, batches, steps=20)
    >>> 1e-6 <= found.suggestion <= 10
    True

    Reference: L. Smith, Cyclical learning rates for training neural networks, WACV 2017.
    """
    if not 0 < low < high < math.inf or index(steps) < 10:
        raise ValueError(f"find_learning_rate: 0 < low < high and at least 10 steps are needed, "
                         f"got {low}, {high} and {steps}")
    kept = _Kept(model, optimizer, loader)
    rates: list[float] = []
    losses: list[float] = []
    lowest = math.inf  # mean of five losses
    try:
        with enable_grad():
            for i, batch in zip(range(steps), _endless(loader), strict=False):
                rate = low * (high / low) ** (i / (steps - 1))
                for group in optimizer.param_groups:
                    group["lr"] = rate
                loss = _loss(model, criterion, *batch)
                value = float(loss.item())
                recent = [*losses[-4:], value]
                mean = sum(recent) / len(recent)
                lowest = min(lowest, mean)
                if not math.isfinite(value) or mean > lowest + 3 * abs(lowest):
                    break
                rates.append(rate)
                losses.append(value)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    finally:
        kept.restore()
    if len(losses) < 10:
        raise ValueError(f"find_learning_rate: the loss exploded after {len(losses)} steps, at the "
                         f"rate {rates[-1] if rates else low:.2g}; choose a smaller low")
    return FoundRates(rates, losses, _steepest(rates, losses))


class _Kept:
    """The state of a model, an optimizer and the random numbers, to go back to."""

    def __init__(self, model, optimizer, loader: Iterable) -> None:
        from copy import deepcopy

        self._model, self._optimizer = model, optimizer
        self._state: dict[str, Any] = {name: tensor.detach().clone()
                                       for name, tensor in model.state_dict().items()}
        self._of_optimizer = deepcopy(optimizer.state_dict())
        parameters = (p for group in optimizer.param_groups for p in group["params"])
        self._grads = {id(p): (p, p.grad) for p in (*model.parameters(), *parameters)}
        for parameter, _ in self._grads.values():
            parameter.grad = None  # else those that no step changes gather in what is kept
        self._random = get_rng_state()
        order = getattr(loader, "generator", None)
        self._generator = order if hasattr(order, "get_state") else None
        self._order = None if self._generator is None else self._generator.get_state()

    def restore(self) -> None:
        self._model.load_state_dict(self._state)
        self._optimizer.load_state_dict(self._of_optimizer)
        for parameter, grad in self._grads.values():
            parameter.grad = grad
        set_rng_state(self._random)
        if self._generator is not None:
            self._generator.set_state(self._order)


def _loss(model, criterion, inputs, targets) -> Tensor:
    several = isinstance(inputs, (tuple, list))
    loss = criterion(model(*inputs) if several else model(inputs), targets)
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        raise ValueError("find_learning_rate: the criterion must return one number, got "
                         f"{describe(loss)}")
    return loss


def _endless(loader: Iterable) -> Iterator:
    if hasattr(loader, "__next__"):
        raise TypeError("find_learning_rate: the loader is an iterator, which cannot begin anew; "
                        "give a DataLoader or a list of batches")
    while True:
        empty = True
        for batch in loader:
            empty = False
            if not isinstance(batch, (tuple, list)) or len(batch) != 2:
                raise TypeError("find_learning_rate: a batch must be a pair (inputs, targets), got "
                                f"{describe(batch)}")
            yield batch
        if empty:
            raise ValueError("find_learning_rate: the loader gave no batch")


def _smooth(losses: list[float]) -> list[float]:
    """Means over a tenth of the losses, each amid its own."""
    half = max(1, len(losses) // 20)
    windows = [losses[max(0, i - half):i + half + 1] for i in range(len(losses))]
    return [sum(window) / len(window) for window in windows]


def _steepest(rates: list[float], losses: list[float]) -> float:
    """The rate in the middle of the tenth of the steps in which the smoothed loss falls most; a
    tenth of that of the lowest loss where it falls nowhere."""
    smoothed, apart = _smooth(losses), max(2, len(losses) // 10)
    falls = [after - before for before, after in zip(smoothed, smoothed[apart:], strict=False)]
    if min(falls) >= 0:
        return rates[smoothed.index(min(smoothed))] / 10
    return rates[falls.index(min(falls)) + apart // 2]
