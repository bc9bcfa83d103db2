"""Checks of what is trained: registered, in the optimizer, reached by the loss, in which mode."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import autograd
from autograd import Tensor

from ..dropout import _Dropping
from ..errors import strays
from ..module import Module
from ..normalization import _BatchNorm
from ..parameter import Parameter
from .patient import Patient
from .report import Finding

_CUTS = {"detach", "data", "numpy", "item", "tolist", "no_grad", "no gradient", "constant"}
_NAMED = 3  # places that are named one by one


def listed(paths: Iterable[str]) -> str:
    """`a, b, c and 4 more`."""
    names = list(paths)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def check_mode(model: Module) -> Iterator[Finding]:
    """Evaluation mode in a model that has layers to which it matters."""
    moody = [path for path, module in model.named_modules()
             if isinstance(module, _BatchNorm) or isinstance(module, _Dropping) and module.p > 0]
    if not model.training and moody:
        yield Finding("error", "mode", listed(moody),
                      f"the model is in evaluation mode, in which {len(moody)} of its layers do "
                      "not do what training needs", len(moody), "model.train()")


def check_registration(patient: Patient) -> Iterator[Finding]:
    """After a backward pass: parameters that the model does not know of, although it uses them."""
    held = {id(parameter) for parameter in patient.optimized()}
    for path, module in patient.model.named_modules():
        for name, container, found in strays(module, patient.model):
            tensors = _tensors(found)
            if any(tensor.grad is not None for tensor in tensors):
                trained = all(id(tensor) in held for tensor in tensors)
                kind = "Parameter" if isinstance(found, Parameter) else "Module"
                fit = kind + ("Dict" if isinstance(container, dict) else "List")
                yield Finding(
                    "warning" if trained else "error", "not registered", _joined(path, name),
                    f"the plain {type(container).__name__} holds a {type(found).__name__} that the "
                    f"loss uses but the model does not know: it is not "
                    f"{'' if trained else 'trained, '}saved or moved", len(tensors),
                    f"self.{name} = nn.{fit}({'self.' + name})")
        for name, value in vars(module).items():
            if (type(value) is Tensor and value.requires_grad and value.is_leaf
                    and id(value) not in held and name not in module._registered
                    and value.grad is not None):
                yield Finding("error", "not registered", _joined(path, name),
                              f"a Tensor {tuple(value.shape)} that requires grad is a plain "
                              "attribute: it is not trained, saved or moved", value.numel(),
                              f"self.{name} = nn.Parameter(self.{name}.detach())")


def _tensors(found: Any) -> list[Tensor]:
    return [found] if isinstance(found, Tensor) else list(found.parameters())


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def check_optimizer(patient: Patient, reached: set[int], again: Callable,
                    count: int) -> Iterator[Finding]:
    """Which parameters the optimizer and the loss have in common; `reached` are the ids of those
    that got a gradient from any of `count` batches, `again()` computes the loss anew."""
    held, named = patient.optimized(), patient.parameters()
    ids = {id(parameter) for parameter in held}
    missing = [path for path, p in named.items() if id(p) not in ids and id(p) in reached]
    if missing and not any(id(p) in ids for p in named.values()):
        yield Finding("error", "not in the optimizer", "optimizer",
                      f"it holds {len(held)} parameters, none of which is this model's",
                      len(missing),
                      f"optimizer = optim.{type(patient.optimizer).__name__}(model.parameters(), "
                      f"lr={_rate(patient.optimizer)})")
    elif missing:
        yield Finding("error", "not in the optimizer", listed(missing),
                      f"{len(missing)} of {len(named)} parameters get a gradient but are not in "
                      "the optimizer, so they never change", len(missing),
                      "optimizer.add_param_group({'params': [model.get_parameter"
                      f"({missing[0]!r})]}})")
    paths = {id(p): path for path, p in named.items()}
    idle = [p for p in held if p.requires_grad and id(p) not in reached]
    if idle and len(idle) < len([p for p in held if p.requires_grad]):
        strange = [i for i, p in enumerate(held) if id(p) not in paths and id(p) not in reached
                   and p.requires_grad]
        if strange:
            shape = tuple(held[strange[0]].shape)
            yield Finding("warning", "not reached", "optimizer",
                          f"{len(strange)} of its parameters, the first {shape}, belong to no "
                          "module of the model, and the loss does not reach them; "
                          "was a layer replaced after the optimizer was made?", len(strange),
                          f"optimizer = optim.{type(patient.optimizer).__name__}"
                          f"(model.parameters(), lr={_rate(patient.optimizer)})")
        inside = [p for p in idle if id(p) in paths]
        if inside:
            yield Finding("warning", "not reached", listed(paths[id(p)] for p in inside),
                          f"{len(inside)} parameters get no gradient in the {count} batches that "
                          f"were run. {_why(inside[0], again)}",
                          len(inside), f"print(autograd.why(model.get_parameter"
                          f"({paths[id(inside[0])]!r}), lambda: criterion(model(x), y)))")


def _rate(optimizer: Any) -> Any:
    return optimizer.param_groups[0].get("lr", 1e-3)


def certain(tensor: Tensor, again: Callable) -> bool:
    """Whether `autograd.why` names a cut that no other batch undoes."""
    try:
        return autograd.why(tensor, again).cause in _CUTS
    except Exception:  # the loss of another run may fail
        return False


def _why(tensor: Tensor, again: Callable) -> str:
    try:
        return str(autograd.why(tensor, again)).rstrip(".")
    except Exception:  # the loss of another run may fail: what is told here is told without it
        return "The loss does not depend on them"


def check_frozen(patient: Patient) -> Iterator[Finding]:
    """Nothing to train."""
    named = patient.parameters()
    if named and not any(p.requires_grad for p in named.values()):
        yield Finding("error", "frozen", "model", f"all {len(named)} parameters are frozen",
                      len(named), "model.requires_grad_(True)")


def check_graph(patient: Patient, again: Callable) -> Iterator[Finding]:
    """A loss that leads nowhere."""
    trained = {path: p for path, p in patient.parameters().items() if p.requires_grad}
    if not patient.parameters():
        yield Finding("error", "no graph", "model", "it has no parameters, so there is nothing to "
                      "train", 0, "self.layer = nn.Linear(4, 3)  # in __init__, as an attribute")
    if trained and (not patient.loss.requires_grad or all(p.grad is None
                                                          for p in trained.values())):
        path, parameter = next(iter(trained.items()))
        yield Finding("error", "no graph", path,
                      f"the loss reaches no parameter. {_why(parameter, again)}", len(trained),
                      f"print(autograd.why(model.get_parameter({path!r}), lambda: "
                      "criterion(model(x), y)))")
