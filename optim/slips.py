"""Slips in a training loop, seen from the optimizer's step: gradients that never come or that pile
up, a model that still evaluates, graphs that are kept.

One of the parameters that have a gradient is looked at; so a step costs the same whatever the size
of the model.
"""

from __future__ import annotations

from sys import getrefcount
from typing import Any
from weakref import ref

from autograd import Tensor
from autograd.slips import NOTED, PILED, SPENT, hint

_GROWING = 30  # steps, each with more of the graph alive than the one before
_SPENT = SPENT, None

_held: dict[int, list] = {}  # by the optimizer's id: uses of a leaf, growing steps, the optimizer


def look_at_step(optimizer: Any, param: Tensor | None) -> None:
    """Tell, at a step's end, what one of the parameters it changed, None if there were none, gives
    away."""
    if param is None:
        count = sum(len(group["params"]) for group in optimizer.param_groups)
        hint("no gradient", f"{_who(optimizer)}: none of the {count} parameters has a gradient, so "
             "nothing was updated. Call loss.backward() between zero_grad() and step(), with a "
             "loss computed from these very parameters.")
        return
    written = param._grad._version  # type: ignore[union-attr]
    if written[1] is not None and written[1][0] is PILED:
        hint("gradients pile up", f"{_who(optimizer)}: the gradients of the step before are still "
             "in .grad, and backward() added to them, so each step follows the sum of all before; "
             "call optimizer.zero_grad() before loss.backward()")
    written[1] = _SPENT
    if NOTED:
        _look_at_notes(_who(optimizer), param)
    held = _held.get(id(optimizer)) or _first(optimizer)
    uses = getrefcount(param._node)  # each node of a graph that used the parameter is one
    held[1] = held[1] + 1 if uses > held[0] else 0
    held[0] = uses
    if held[1] == _GROWING:
        hint("graphs kept", f"{_who(optimizer)}: with each of the last {_GROWING} steps more of "
             "the graph is alive, so something keeps losses or states of former steps: write "
             "total += loss.item() in place of total += loss, losses.append(loss.item()), and "
             "hidden.detach() where a state goes on to the next step")


def _who(optimizer: Any) -> str:
    return f"{type(optimizer).__name__}.step"


def _first(optimizer: Any) -> list:
    """What is remembered of an optimizer, as long as it lives, from its first step on."""
    key = id(optimizer)
    held = _held[key] = [0, 0, ref(optimizer, lambda gone: _held.pop(key, None))]
    return held


def _look_at_notes(who: str, param: Tensor) -> None:
    """Tell of what was noted since the step before."""
    where, layer = NOTED.pop("NaN", ""), NOTED.pop("evaluated", _nothing)(param)
    if where:
        hint("NaN loss", f"{who}: the loss whose backward() was called at {where} is NaN, and what "
             "is updated becomes NaN as a rule; autograd.why(parameter, lambda: criterion(model(x),"
             " y)) says where it begins. Usual causes: NaN in the data (x.isnan().any()), log or "
             "division at 0 (.clamp(min=1e-8)), a learning rate that is too high")
    if layer:
        hint("evaluation mode", f"{who}: the model trains on in evaluation mode, in which {layer} "
             "works otherwise than in training, since model.eval() was called between two steps; "
             "call model.train() after evaluating, or use `with model.evaluating():`")
    if NOTED.pop("in turn", False):
        hint("classes in turn", f"{who}: the batches come unshuffled, all of one class, then all "
             "of the next, so what was learnt of one is forgotten with the next; write "
             "DataLoader(dataset, batch_size, shuffle=True) for training")


def _nothing(param: Tensor) -> str:
    return ""
