"""Calling a module with other tensors in the place of its parameters and buffers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from autograd import Tensor
from autograd.errors import describe, did_you_mean

from ..module import Module


def functional_call(module: Module, parameters_and_buffers: Mapping[str, Tensor], args: Any = None,
                    kwargs: dict | None = None, *, tie_weights: bool = True,
                    strict: bool = False) -> Any:
    """What `module(*args, **kwargs)` returns with the given tensors in the place of the parameters
    and buffers of these paths; gradients flow to them.

    With `tie_weights` a tensor that has several names is exchanged under all of them; `strict`
    asks for all parameters and buffers to be given.
    Raises: RuntimeError for a name that the module has not, or, with `strict`, for one that is
        missing; ValueError for several tensors in the place of one.

    >>> import autograd, nn
    >>> weights = dict(weight=autograd.ones(1, 2), bias=autograd.zeros(1))
    >>> nn.utils.stateless.functional_call(nn.Linear(2, 1), weights, (autograd.ones(2),))
    tensor([2.])
    """
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    with _exchanged(module, parameters_and_buffers, tie_weights, strict):
        return module(*arguments, **(kwargs or {}))


@contextmanager
def _exchanged(module: Module, given: Mapping[str, Tensor], tie: bool,
               strict: bool) -> Iterator[None]:
    own = {path: tensor for kind in ("parameter", "buffer")
           for path, tensor in module._named(kind, "", True, False)}
    unknown = [name for name in given if name not in own]
    missing = [name for name in own if name not in given] if strict else []
    if unknown or missing:
        what = [*(f"{name!r} is not among its tensors{did_you_mean(name, own)}"
                  for name in unknown), *(f"{name!r} is missing" for name in missing)]
        raise RuntimeError(f"functional_call: of {module._get_name()} {'; '.join(what)}")
    for name, tensor in given.items():
        if not isinstance(tensor, Tensor):
            raise TypeError(f"functional_call: {name!r} must be a Tensor, got {describe(tensor)}")
    by_tensor: dict[int, Tensor] = {}
    for name, tensor in given.items() if tie else ():
        if by_tensor.setdefault(id(own[name]), tensor) is not tensor:
            raise ValueError(f"functional_call: {name!r} is tied to another name that was given "
                             "another tensor; give it once, or say tie_weights=False")
    places = []
    for path, tensor in own.items():
        value: Any = given[path] if path in given else by_tensor.get(id(tensor))
        if value is not None:
            owner, _, name = path.rpartition(".")
            places.append((vars(module.get_submodule(owner)), name, tensor, value))
    try:
        for attributes, name, _, value in places:
            attributes[name] = value
        yield
    finally:
        for attributes, name, tensor, _ in places:
            attributes[name] = tensor
