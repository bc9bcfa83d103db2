"""Derivatives of functions at a point: what `torch.autograd.functional` is to PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .creation import zeros_like
from .errors import check_switches, describe
from .tensors import Tensor
from .transforms import derivatives
from .transforms.trees import mapped

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def jacobian(func: Callable, inputs: Any, create_graph: bool = False, strict: bool = False,
             vectorize: bool = False, strategy: str = "reverse-mode") -> Any:
    """The derivatives of all that func gives by all inputs, a Tensor or a tuple: of shape output +
    input, in tuples where outputs or inputs are.

    >>> autograd.functional.jacobian(lambda x: x.exp(), autograd.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    check_switches("jacobian", create_graph=create_graph, strict=strict, vectorize=vectorize)
    if strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError(f"jacobian: strategy {strategy!r}; choose 'reverse-mode' or "
                         "'forward-mode'")
    make = derivatives.jacrev if strategy == "reverse-mode" else derivatives.jacfwd
    args, numbers = _arguments("jacobian", inputs)
    if strict:
        derivatives.check_dependence("jacobian", func, args)
    return _ended(make(func, numbers)(*args), create_graph)


def hessian(func: Callable, inputs: Any, create_graph: bool = False, strict: bool = False,
            vectorize: bool = False, outer_jacobian_strategy: str = "reverse-mode") -> Any:
    """All second derivatives of a function that gives one number, by a Tensor or, in tuples of
    tuples, by several.

    >>> autograd.functional.hessian(lambda x: (x**3).sum(), autograd.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    check_switches("hessian", create_graph=create_graph, strict=strict, vectorize=vectorize)
    if outer_jacobian_strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError(f"hessian: outer_jacobian_strategy {outer_jacobian_strategy!r}; choose "
                         "'reverse-mode' or 'forward-mode'")
    args, numbers = _arguments("hessian", inputs)
    held = _one_number("hessian", func)
    first = derivatives.jacrev(lambda *args: held(*args)[0], numbers)
    if strict:
        derivatives.check_dependence("hessian", func, args)
        derivatives.check_dependence("hessian", first, args)
    return _ended(derivatives.jacrev(first, numbers)(*args), create_graph)


def vjp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple:
    """(func(inputs), vᵀ J); v may be left out where func gives one number."""
    check_switches("vjp", create_graph=create_graph, strict=strict)
    args, _ = _arguments("vjp", inputs)
    if strict:
        derivatives.check_dependence("vjp", func, args)
    out, pull = derivatives.vjp(func, *args)
    found = pull(_unit("vjp", out) if v is None else v)
    return _ended((out, found if isinstance(inputs, tuple) else found[0]), create_graph)


def jvp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple:
    """(func(inputs), J v); v may be left out where the input is one number."""
    check_switches("jvp", create_graph=create_graph, strict=strict)
    args, _ = _arguments("jvp", inputs)
    if strict:
        derivatives.check_dependence("jvp", func, args)
    along = _unit("jvp", inputs) if v is None else v
    along = along if isinstance(along, tuple) else (along,)
    return _ended(derivatives.jvp(func, args, along), create_graph)


def hvp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple:
    """(func(inputs), H v) of a function that gives one number."""
    return _vhp("hvp", func, inputs, v, create_graph, strict)  # a Hessian is symmetric


def vhp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple:
    """(func(inputs), vᵀ H) of a function that gives one number.

    >>> autograd.functional.vhp(lambda x: (x**3).sum(), autograd.tensor([1., 2.]),
    ...                         autograd.ones(2))[1]
    tensor([ 6., 12.])
    """
    return _vhp("vhp", func, inputs, v, create_graph, strict)


def _vhp(name: str, func: Callable, inputs, v, create_graph: bool, strict: bool) -> tuple:
    check_switches(name, create_graph=create_graph, strict=strict)
    args, numbers = _arguments(name, inputs)
    held = _one_number(name, func)
    if strict:
        derivatives.check_dependence(name, func, args)
        derivatives.check_dependence(name, derivatives.grad(held, numbers, True), args, True)
    both = derivatives.grad_and_value(held, numbers, True)
    _, pull, (_, value) = derivatives.vjp(both, *args, has_aux=True)
    along = _unit(name, inputs) if v is None else v
    pulled = pull(along if isinstance(along, tuple) else (along,))
    return _ended((value, pulled if isinstance(inputs, tuple) else pulled[0]), create_graph)


def _one_number(name: str, func: Callable) -> Callable:
    """func held to one number: without dimensions, and beside it as func gave it."""
    def held(*args: Any) -> tuple:
        out = func(*args)
        if not isinstance(out, Tensor) or out.numel() != 1:
            raise RuntimeError(f"{name}: the function must give one number, got {describe(out)}")
        return out.reshape(()), out

    return held


def _arguments(name: str, inputs) -> tuple[tuple, Any]:
    """The inputs as arguments, and the numbers to differentiate by, one or a tuple."""
    if isinstance(inputs, tuple) and inputs and all(isinstance(x, Tensor) for x in inputs):
        return inputs, tuple(range(len(inputs)))
    if isinstance(inputs, Tensor):
        return (inputs,), 0
    raise TypeError(f"{name}: inputs must be a Tensor or a tuple of Tensors, got "
                    f"{describe(inputs)}")


def _unit(name: str, tensor) -> Tensor:
    if not isinstance(tensor, Tensor) or tensor.numel() != 1:
        raise RuntimeError(f"{name}: v may be left out for one number only, got {describe(tensor)}")
    return zeros_like(tensor).detach() + 1


def _ended(tree, create_graph: bool):
    """The tree, without a history unless that is wanted."""
    return tree if create_graph else mapped(lambda tensor: tensor.detach(), tree)
