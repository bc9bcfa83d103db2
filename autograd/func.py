"""Functions of functions: what `torch.func` is to PyTorch."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .ops.join import stack
from .transforms.batches import vmap
from .transforms.derivatives import (
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    vjp,
)

__all__ = ["functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp",
           "linearize", "stack_module_state", "vjp", "vmap"]


def functional_call(module: Any, parameter_and_buffer_dicts: Any, args: Any = None,
                    kwargs: dict | None = None, *, tie_weights: bool = True,
                    strict: bool = False) -> Any:
    """What the module gives with these tensors, a dict by their paths or several, in the place of
    its own; gradients flow to them.

    >>> weights = dict(weight=autograd.ones(1, 2), bias=autograd.zeros(1))
    >>> autograd.func.functional_call(nn.Linear(2, 1), weights, autograd.ones(2))
    tensor([2.])
    """
    given = parameter_and_buffer_dicts
    if isinstance(given, (tuple, list)):
        given = {name: tensor for part in given for name, tensor in part.items()}
    return import_module("nn.utils.stateless").functional_call(
        module, given, args, kwargs, tie_weights=tie_weights, strict=strict)


def stack_module_state(models: list) -> tuple[dict, dict]:
    """The parameters and the buffers of several models of one kind, each stacked along a new first
    dimension; the parameters are new leaves.

    >>> parameters, _ = autograd.func.stack_module_state([nn.Linear(2, 1), nn.Linear(2, 1)])
    >>> parameters["weight"].shape
    Size([2, 1, 2])
    """
    if not models or any(type(model) is not type(models[0]) for model in models):
        raise RuntimeError("stack_module_state: models of one kind are needed, got "
                           f"{', '.join(type(model).__name__ for model in models) or 'none'}")
    found = []
    for named in ("named_parameters", "named_buffers"):
        parts = [dict(getattr(model, named)()) for model in models]
        found.append({name: stack([part[name].detach() for part in parts]).requires_grad_(
            parts[0][name].requires_grad) for name in parts[0]})
    return found[0], found[1]
