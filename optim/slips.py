"""Slips in a training loop, seen from the optimizer's step: gradients that never come or that pile
up, a model that still evaluates, graphs that are kept.

Of all parameters the first that has a gradient is looked at; so a step costs the same whatever the
size of the model.
"""

from __future__ import annotations

from sys import getrefcount
from typing import Any
from weakref import WeakKeyDictionary

from autograd import Tensor
from autograd.slips import NOTED, PILED, SPENT, hint

_GROWING = 30  # steps, each with more of the graph alive than the one before

_held: WeakKeyDictionary[Any, tuple[int, int]] = WeakKeyDictionary()


def look_at_gradients(optimizer: Any, idle: bool) -> None:
    """Tell, at a step's end, what the gradients it used give away; `idle`, if there were none."""
    who = f"{type(optimizer).__name__}.step"
    if idle:
        count = sum(len(group["params"]) for group in optimizer.param_groups)
        hint("no gradient", f"{who}: none of the {count} parameters has a gradient, so nothing was "
             "updated. Call loss.backward() between zero_grad() and step(), with a loss computed "
             "from these very parameters.")
        return
    param = next(param for group in optimizer.param_groups for param in group["params"]
                 if param._grad is not None)
    _look_at_piles(who, param._grad)
    if NOTED:
        _look_at_notes(who, param)
    _look_at_graphs(who, optimizer, param)


def _look_at_piles(who: str, grad: Tensor) -> None:
    written = grad._version[1]
    if written is not None and written[0] is PILED:
        hint("gradients pile up", f"{who}: the gradients of the step before are still in .grad, "
             "and backward() added to them, so each step follows the sum of all before; call "
             "optimizer.zero_grad() before loss.backward()")
    grad._version[1] = SPENT, None


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


def _look_at_graphs(who: str, optimizer: Any, param: Tensor) -> None:
    """Each node that used the parameter refers to its leaf; what grows with every step is held."""
    count, (before, grown) = getrefcount(param._node), _held.get(optimizer, (0, 0))
    grown = grown + 1 if count > before else 0
    _held[optimizer] = count, grown
    if grown == _GROWING:
        hint("graphs kept", f"{who}: with each of the last {grown} steps more of the graph is "
             "alive, so something keeps the losses or states of former steps: write total += "
             "loss.item() in place of total += loss, losses.append(loss.item()), and "
             "hidden.detach() where a state goes on to the next step")
