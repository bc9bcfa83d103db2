"""Slips in a training loop, seen from the optimizer's step: gradients that never come or that pile
up, a model that still evaluates, graphs that are kept.

One of the parameters that have a gradient is looked at; so a step costs the same whatever the size
of the model.
"""

from __future__ import annotations

import gc
from sys import getrefcount
from typing import Any
from weakref import ref

import numpy as np

from autograd import Tensor
from autograd.slips import NOTED, PASSES, PILED, SPENT, hint
from optim.reached import look_for_unreached

_GROWING = 30  # steps, each with more of the graph alive than the one before
_ENOUGH = 50  # steps in which each layer should have had a gradient
_AGAIN = 20  # steps with the same batch
_FAR = 100  # no weights of a layer want steps as long
_OWN = 2  # references to a leaf that no graph uses: its tensor's, and the one that counts
_SPENT = SPENT, None

_passes = 0  # backward passes there had been when a step was last looked at
_held: dict[int, list] = {}  # by the optimizer's id: uses of a leaf, growing steps, it, steps,
                              # and when the last but one of the growing steps was


def look_at_step(optimizer: Any, param: Tensor | None) -> None:
    """Tell, at a step's end, what one of the parameters it changed, None if there were none, gives
    away."""
    global _passes
    passes, _passes = PASSES[0] - _passes, PASSES[0]
    if param is None:
        if not passes and not _awaiting(optimizer):  # a schedule is drawn, or caught up with
            _first(optimizer)
            return
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
    held[3] += 1
    if held[3] == _ENOUGH:
        look_for_unreached(_who(optimizer), optimizer, _ENOUGH)
    held[1] = held[1] + 1 if uses > held[0] else 0
    held[0] = uses
    if held[1] == _GROWING - 1:
        held[4] = param._version[0]
    elif held[1] == _GROWING and _older(param._node, held[4]):
        hint("graphs kept", f"{_who(optimizer)}: with each of the last {_GROWING} steps more of "
             "the graph is alive, so something keeps losses or states of former steps: write "
             "total += loss.item() in place of total += loss, losses.append(loss.item()), and "
             "hidden.detach() where a state goes on to the next step")


def has_stepped(optimizer: Any) -> bool:
    """Whether a step was looked at, also one that had nothing to do."""
    return id(optimizer) in _held


def _who(optimizer: Any) -> str:
    return f"{type(optimizer).__name__}.step"


def _first(optimizer: Any) -> list:
    """What is remembered of an optimizer, as long as it lives, from its first step on."""
    _look_at_rate(optimizer)
    key = id(optimizer)
    held = _held[key] = [0, 0, ref(optimizer, lambda gone: _held.pop(key, None)), 0, 0]
    return held


def _look_at_rate(optimizer: Any) -> None:
    """Tell, after the first step, of a rate that throws weights far beyond any size they had: where
    steps are as long as the rate, whatever the gradient, as Adam's."""
    if type(optimizer).__name__ not in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax"):
        return
    for group in optimizer.param_groups:
        rate = float(group["lr"])
        if rate > _FAR and any(float(abs(param._any_array).max()) < 2 * rate
                               for param in group["params"]
                               if param._any_array.ndim > 1 and param._any_array.size):
            hint("rate", f"{_who(optimizer)}: with lr={rate:g} each step moves each weight by "
                 f"about {rate:g}, many times its size; {type(optimizer).__name__} takes rates "
                 "such as lr=1e-3")
            return


def _look_at_notes(who: str, param: Tensor) -> None:
    """Tell of what was noted since the step before."""
    where, layer = NOTED.pop("NaN", ""), NOTED.pop("evaluated", _nothing)(param)
    if where and np.isnan(param._grad._any_array).any():  # type: ignore[union-attr]
        hint("NaN loss", f"{who}: the loss whose backward() was called at {where} is NaN, and what "
             "is updated becomes NaN as a rule; autograd.why(parameter, lambda: criterion(model(x),"
             " y)) says where it begins. Usual causes: NaN in the data (x.isnan().any()), log or "
             "division at 0 (.clamp(min=1e-8)), a learning rate that is too high")
    if layer:
        hint("evaluation mode", f"{who}: the model trains on in evaluation mode, in which {layer} "
             "works otherwise than in training, since model.eval() was called between two steps; "
             "call model.train() after evaluating, or use `with model.evaluating():`")
    if NOTED.pop("again", 0) == _AGAIN:
        hint("same batch", f"{who}: each of the last {_AGAIN} steps followed the first batch of "
             "a loader that does not shuffle, so all learn from the same one; go through it: for "
             "x, y in loader: ..., or, to learn one by heart, take it once before the loop")
    classes = NOTED.pop("of classes", False)
    if NOTED.pop("in turn", 0) == 1 and classes and type(param).__name__ == "Parameter":
        hint("classes in turn", f"{who}: the batches come unshuffled, all of one class, then all "
             "of the next, so what was learnt of one is forgotten with the next; write "
             "DataLoader(dataset, batch_size, shuffle=True) for training")


def _awaiting(optimizer: Any) -> bool:
    """Whether something computed from its parameters is still there to be walked back from."""
    return any(getrefcount(param._node) > _OWN for group in optimizer.param_groups
               for param in group["params"])


def _older(leaf: Any, mark: int) -> bool:
    """Whether a node that used the leaf before the mark is still there."""
    holders = [holder for parents in gc.get_referrers(leaf) if type(parents) is tuple
               for holder in gc.get_referrers(parents)]
    return any(getattr(holder, "seq", mark) < mark for holder in holders)


def _nothing(param: Tensor) -> str:
    return ""
