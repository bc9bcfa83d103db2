"""Copies of what trains, to be looked at and tried out while the program's own stay as they are."""

from __future__ import annotations

import copy
import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd import Tensor, enable_grad, get_rng_state, set_rng_state
from autograd.errors import describe
from autograd.origins import Made, Origins, made

from ..module import Module
from ..parameter import is_lazy

Batch = tuple[tuple, Any]  # the model's arguments, and the targets


class Failed(Exception):
    """A training step of the program's raised."""


class Patient:
    """A model with its criterion and optimizer, all copies, in training mode.

    `trained` has the parameters by path, in the optimizer or not; `output`, `loss` and `ops` are
    those of the last `run`, `received` what the first layer with parameters got in it.
    """

    def __init__(self, model: Module, criterion: Callable, optimizer: Any) -> None:
        try:
            self.model, self.criterion, self.optimizer = copy.deepcopy(
                (model, criterion, optimizer), {id(t): t.detach() for t in _results(model)})
        except Exception as error:
            raise TypeError("doctor: model, criterion and optimizer must be such that "
                            f"copy.deepcopy copies them: {error}") from error
        self.output: Any = None
        self.loss: Tensor
        self.ops: list[Made] = []
        self.received: tuple[str, Module, np.ndarray] | None = None

    def twin(self) -> Patient:
        """Another one in the same state."""
        return Patient(self.model, self.criterion, self.optimizer)

    def parameters(self) -> dict[str, Tensor]:
        """Path -> parameter that has values."""
        return {path: parameter for path, parameter in self.model.named_parameters()
                if not is_lazy(parameter)}

    def optimized(self) -> list[Tensor]:
        """The parameters in the optimizer."""
        return [parameter for group in self.optimizer.param_groups for parameter in group["params"]]

    def run(self, batch: Batch) -> None:
        """Forward, watched, and backward; what it finds stands in the attributes."""
        self.forget()
        self.received = None
        handles = [module.register_forward_pre_hook(self._note(path))
                   for path, module in self.model.named_modules()
                   if not list(module.children()) and list(module.parameters(recurse=False))]
        try:
            with enable_grad(), Origins({"": self.model}) as origins:
                self.loss = self.compute(batch)
                if self.loss.requires_grad:
                    self.loss.backward(retain_graph=True)
        except Exception as error:
            text = ", ".join(line.strip() for line in str(error).splitlines())
            raise Failed(f"{type(error).__name__}: {text}") from error
        finally:
            for handle in handles:
                handle.remove()
        self.ops = made(self.loss, origins)

    def _note(self, path: str) -> Callable:
        def note(module: Module, args: tuple) -> None:
            if self.received is None:
                given = args[0].detach().numpy() if args and isinstance(args[0], Tensor) else None
                self.received = path, module, np.zeros(0) if given is None else given
        return note

    def compute(self, batch: Batch) -> Tensor:
        """The loss of a batch."""
        self.output = self.model(*batch[0])
        loss = self.criterion(self.output, batch[1])
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            raise ValueError(f"the criterion must return one number, got {describe(loss)}; "
                             'reduction="mean" makes it one')
        return loss

    def forget(self) -> None:
        """No parameter has a gradient."""
        for parameter in (*self.model.parameters(), *self.optimized()):
            parameter.grad = None

    def train(self, batch: Batch, steps: int) -> list[float]:
        """The losses of some steps of the optimizer, and the one after the last; it ends where
        one is not finite."""
        losses: list[float] = []

        def closure() -> Tensor:
            self.forget()
            loss = self.compute(batch)
            loss.backward()
            losses.append(loss.item())
            return loss

        found = []
        with enable_grad():
            for _ in range(steps):
                losses.clear()
                self.optimizer.step(closure)
                found.append(losses[0])
                if not np.isfinite(found[-1]):
                    return found
            return [*found, self.compute(batch).item()]


def _results(model: Module) -> Iterator[Tensor]:
    """Tensors that modules keep of their last run, which cannot be copied with their graph."""
    for module in model.modules():
        for value in vars(module).values():
            parts = value.values() if isinstance(value, dict) else value
            for part in parts if isinstance(value, (list, tuple, dict)) else [value]:
                if isinstance(part, Tensor) and not part.is_leaf:
                    yield part


@contextmanager
def undisturbed(model: Module, optimizer: Any, loader: Any) -> Iterator[None]:
    """Random numbers, and what a loader or a criterion may change on the way although copies are
    at work, are as before when the block ends; warnings are not shown."""
    owners = _parts(loader)
    kept = [(owner, dict(vars(owner))) for owner in owners if hasattr(owner, "__dict__")]
    drawing: list[Any] = [getattr(owner, "generator", None) for owner in owners]
    generators = {id(one): (one, one.get_state()) for one in drawing if hasattr(one, "get_state")}
    own = [parameter for module in model.modules()
           for parameter in module._members("parameter").values() if parameter is not None]
    own += [parameter for group in optimizer.param_groups for parameter in group["params"]]
    grads = {id(parameter): (parameter, parameter.grad) for parameter in own}
    states = get_rng_state(), random.getstate(), np.random.get_state()
    for parameter, _ in grads.values():
        parameter.grad = None
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        for parameter, grad in grads.values():
            parameter.grad = grad
        for generator, state in generators.values():
            generator.set_state(state)
        for owner, before in kept:
            vars(owner).clear()
            vars(owner).update(before)
        set_rng_state(states[0])
        random.setstate(states[1])
        np.random.set_state(states[2])


def _parts(loader: Any) -> list[Any]:
    """A loader and what it asks for its order and its samples."""
    order = getattr(loader, "batch_sampler", None)
    found = (loader, getattr(loader, "sampler", None), order, getattr(order, "sampler", None),
             getattr(loader, "dataset", None))
    return [part for part in found if part is not None]
