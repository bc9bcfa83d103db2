"""Slips with modules that raise nothing: a mode that was forgotten, what is made in `forward`."""

from __future__ import annotations

from collections.abc import Callable
from sys import _getframe
from types import NoneType
from typing import Any
from weakref import WeakKeyDictionary, ref

from autograd import Tensor, is_grad_enabled
from autograd.errors import outside
from autograd.slips import NOTED, hint, hinting

_REMEMBERED = 8  # parameters of one line
_SAMPLES = 5  # runs of a layer before a loss: it is sampled, as dropout is for its spread
_training: Callable[[], Any] = NoneType  # what was last asked to train
_made: WeakKeyDictionary[Any, dict[Any, list[ref]]] = WeakKeyDictionary()


def note_mode(root: Any, training: bool) -> None:
    """Remember that a module was asked for a mode: if a layer itself was, it is meant, and if a
    part of a model was that trains, it is frozen; if a model was to evaluate after steps of an
    optimizer, the next step shall look whether it is back."""
    global _training
    if training:
        _training = ref(root)
    whole = _training()
    if not any(root.children()):
        root._told.add("mode")
    elif not training and whole is not None and whole is not root and whole.training and any(
            root is part for part in whole.modules()):
        NOTED.pop("evaluated", None)
    elif not training and hinting():
        first = next(iter(root._named("parameter", "", True, True)), (None, None))[1]
        written = None if first is None else first._version[1]
        if written is not None and written[0].endswith(".step"):
            NOTED["evaluated"] = _still_evaluating(ref(root))


def _still_evaluating(found: ref) -> Callable[[Tensor], str]:
    def name(param: Tensor) -> str:
        """The layer that a step on `param` finds in evaluation mode, or ''."""
        root = found()
        if root is None or any(module.training for module in root.modules()):
            return ""
        layer = next((module for module in root.modules() if module._two_modes), None)
        trains = any(own is param for _, own in root._named("parameter", "", True, True))
        return repr(layer) if trains and layer is not None and "mode" not in layer._told else ""

    return name


def note_run(layer: Any) -> None:
    """Remember that a layer ran in training mode under no_grad: a loss shall look at it."""
    if "mode" in layer._told:
        return
    found, runs = ref(layer), [1]
    before = NOTED.get("training")
    if before is not None and before.__defaults__[0]() is layer:
        runs = before.__defaults__[1]
        runs[0] += 1

    def told(found=found, runs=runs) -> str:
        layer = found()
        silent = is_grad_enabled() or layer is None or not layer.training or runs[0] >= _SAMPLES
        return "" if silent else repr(layer)

    NOTED["training"] = told


def look_at_birth(parameter: Tensor) -> None:
    """Tell of a layer's parameter that is made in `forward`, in the place of one that is gone;
    not of one that is made by itself, which may be what `forward` looks for."""
    owner, place = _forward()
    if owner is None or not parameter.requires_grad or _getframe(2).f_code.co_name == "forward":
        return
    made = _made.setdefault(owner, {}).setdefault(place, [])
    if any(earlier() is None for earlier in made):
        hint("made in forward", f"{type(owner).__name__}.forward makes a Parameter anew in each "
             "call, so it is random each time and never trained; make the layer once, in __init__: "
             "self.layer = nn.Linear(...), and call self.layer(x) in forward")
    made.append(ref(parameter))
    del made[:-_REMEMBERED]


def look_at_dropout(layer: Any, p: Any) -> None:
    """Tell of a dropout layer that a model in evaluation mode makes: it drops all the same."""
    owner, _ = _forward()
    if owner is not None and not owner.training and p:
        name = type(layer).__name__
        hint("dropout in forward", f"{type(owner).__name__}.forward makes a {name}, which is in "
             f"training mode while the model evaluates, so it drops; make it in __init__: "
             f"self.drop = nn.{name}(...), or say F.dropout(x, p, training=self.training)")


def _forward() -> tuple[Any, Any]:
    """The module whose `forward` makes something at present, and at which place; or None."""
    frame, _ = outside()
    owner = frame.f_locals.get("self") if frame.f_code.co_name == "forward" else None
    return (owner if hasattr(owner, "named_parameters") else None), (frame.f_code, frame.f_lasti)
