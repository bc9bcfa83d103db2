"""Derivatives of functions of trees of Tensors: `grad`, `vjp`, `jvp`, Jacobians, Hessians."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..creation import eye, ones_like, zeros_like
from ..engine import grad as gradients
from ..engine import reachable
from ..errors import check_switches, describe
from ..modes import enable_grad
from ..node import Leaf
from ..ops.join import stack
from ..ops.shape import clone, reshape
from ..tensors import Tensor, current_node
from .trees import flat, mapped, refilled


def grad(func: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """The function that gives the gradient of func by the arguments of these numbers, each a tree
    of Tensors; func gives one number, with `has_aux` also something else, which comes out beside.

    >>> autograd.func.grad(lambda x: (x**3).sum())(autograd.tensor([1., 2.]))
    tensor([ 3., 12.])
    >>> autograd.func.grad(autograd.func.grad(lambda x: x**3))(autograd.tensor(2.))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(func: Callable, argnums: int | tuple[int, ...] = 0,
                   has_aux: bool = False) -> Callable:
    """`grad`, with what func gives: (gradient, value) or (gradient, (value, aux))."""
    check_switches("func.grad", has_aux=has_aux)

    def both(*args: Any, **kwargs: Any) -> Any:
        numbers = _numbers("grad", argnums, len(args))
        inner, wanted = _entered(args, numbers)
        with enable_grad():
            value, aux = _apart("grad", func(*inner, **kwargs), has_aux)
        if not isinstance(value, Tensor) or value.numel() != 1 or value.ndim:
            raise RuntimeError("func.grad: the function must give one number, a Tensor without "
                               f"dimensions, got {describe(value)}; jacrev takes others")
        _check_real("grad", [value])
        found = _left(_pulled([value], wanted, [ones_like(value)]), wanted)
        parts = _by_argument(inner, numbers, found)
        value, aux = mapped(lambda t: _left([t], wanted)[0], (value, aux))
        return (parts if isinstance(argnums, (tuple, list)) else parts[0],
                (value, aux) if has_aux else value)

    return both


def vjp(func: Callable, *primals: Any, has_aux: bool = False) -> tuple:
    """What func gives, and the function that takes a tree like it, v, to vᵀ J: a tree for each
    argument, or for the only one.

    >>> out, pull = autograd.func.vjp(lambda x: x * x, autograd.tensor([1., 3.]))
    >>> pull(autograd.tensor([1., 10.]))[0]
    tensor([ 2., 60.])
    """
    inner, wanted = _entered(primals, range(len(primals)))
    with enable_grad():
        out, aux = _apart("vjp", func(*inner), has_aux)
    results = flat(out)

    def pull(*cotangents: Any) -> tuple:
        given = flat(cotangents)
        if len(given) != len(results):
            raise RuntimeError(f"func.vjp: the function gave {len(results)} Tensors, and there are "
                               f"{len(given)} cotangents")
        found = _pulled(results, wanted, given)
        return tuple(_by_argument(inner, range(len(inner)), _left(found, wanted)))

    out, aux = mapped(lambda t: _left([t], wanted)[0], (out, aux))
    return (out, pull, aux) if has_aux else (out, pull)


def jvp(func: Callable, primals: tuple, tangents: tuple, *, strict: bool = False,
        has_aux: bool = False) -> tuple:
    """What func gives, and J t for the tangents t, trees like the primals; through two backward
    passes: vᵀ J is linear in v, and its derivative by v along t is J t.

    >>> autograd.func.jvp(lambda x: x * x, (autograd.tensor([1., 3.]),), (autograd.ones(2),))[1]
    tensor([2., 6.])
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise RuntimeError("func.jvp: primals and tangents must be tuples, got "
                           f"{describe(primals)} and {describe(tangents)}")
    check_switches("func.jvp", strict=strict, has_aux=has_aux)
    if strict:
        check_dependence("func.jvp", func, tuple(primals), has_aux)
    out, aux, push = _linearized("jvp", func, tuple(primals), has_aux)
    return (out, push(*tangents), aux) if has_aux else (out, push(*tangents))


def linearize(func: Callable, *primals: Any) -> tuple:
    """What func gives, and the function that takes tangents, trees like the primals, to J t: func
    runs once, however many tangents follow.

    >>> out, push = autograd.func.linearize(lambda x: x * x, autograd.tensor([1., 3.]))
    >>> push(autograd.ones(2)), push(autograd.tensor([0., 1.]))
    (tensor([2., 6.]), tensor([0., 6.]))
    """
    out, _, push = _linearized("linearize", func, primals, False)
    return out, push


def jacrev(func: Callable, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False,
           chunk_size: int | None = None) -> Callable:
    """The function that gives the Jacobian, a backward pass for each number that func gives: for
    each Tensor of its output a tree like the argument, of shape output + input.

    >>> autograd.func.jacrev(lambda x: x**2)(autograd.tensor([1., 3.]))
    tensor([[2., 0.],
            [0., 6.]])
    """
    def rows(results, wanted):
        return [[stack([_pulled([result], wanted, [reshape(unit, result.shape)])[j]
                        for unit in _units(result)]).reshape((*result.shape, *x.shape))
                 if result.numel() else zeros_like(x).expand(*result.shape, *x.shape)
                 for j, x in enumerate(wanted)] for result in results]

    return _jacobian("jacrev", func, argnums, has_aux, rows)


def jacfwd(func: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False, *,
           chunk_size: int | None = None, randomness: str = "error") -> Callable:
    """As `jacrev`, column by column as `jvp` has them: a pass for each number that goes in."""
    def columns(results, wanted):
        dummies, pulled = _linear(results, wanted)
        found: list[list] = [[] for _ in results]
        for j, x in enumerate(wanted):
            parts = [_along(dummies, [pulled[j]], [reshape(unit, x.shape)]) for unit in _units(x)]
            for i, result in enumerate(results):
                whole = stack([part[i] for part in parts], -1) if parts else zeros_like(
                    result).unsqueeze(-1)[..., :0]
                found[i].append(whole.reshape((*result.shape, *x.shape)))
        return found

    return _jacobian("jacfwd", func, argnums, has_aux, columns)


def hessian(func: Callable, argnums: int | tuple[int, ...] = 0) -> Callable:
    """The function that gives all second derivatives: `jacfwd(jacrev(func))`.

    >>> autograd.func.hessian(lambda x: (x**3).sum())(autograd.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)


# ---- what they have in common ------------------------------------------------------------------


def _numbers(name: str, argnums, count: int) -> list[int]:
    numbers = argnums if isinstance(argnums, (tuple, list)) else (argnums,)
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int) or not -count <= number < count:
            raise RuntimeError(f"func.{name}: argnums={argnums!r} of a function that is called "
                               f"with {count} positional arguments")
    return [number % count for number in numbers]


def _entered(args: tuple, numbers) -> tuple[list, list[Tensor]]:
    """The arguments with what is differentiated exchanged: leaves, or copies with a history; and
    the Tensors of those, in order."""
    inner = list(args)
    for number in numbers:
        with enable_grad():
            inner[number] = mapped(_new, args[number])
    wanted = [tensor for number in numbers for tensor in flat(inner[number])]
    if not wanted:
        raise RuntimeError("func: no Tensor to differentiate by, got "
                           f"{', '.join(describe(args[number]) for number in numbers)}")
    return inner, wanted


def _new(tensor: Tensor) -> Tensor:
    if not tensor.is_floating_point():
        raise RuntimeError(f"func: a gradient by {describe(tensor)} is asked for; only floating "
                           "point has one")
    return clone(tensor) if tensor.requires_grad else tensor.detach().requires_grad_()


def _left(tensors, wanted: list[Tensor]) -> list[Tensor]:
    """Results without their history, unless it leads to something else than the new leaves."""
    own = {current_node(tensor) for tensor in wanted}
    kept = []
    for tensor in tensors:
        node = current_node(tensor)
        lasting = node is not None and any(found.__class__ is Leaf and found not in own
                                           for found in reachable([node]))
        kept.append(tensor if lasting or node is None else tensor.detach())
    return kept


def check_dependence(name: str, func: Callable, args: tuple, has_aux: bool = False) -> None:
    """Raise unless each Tensor that func gives depends on each that goes in."""
    inner, wanted = _entered(args, range(len(args)))
    with enable_grad():
        out, _ = _apart(name, func(*inner), has_aux)
    for i, result in enumerate(flat(out)):
        node = current_node(result)
        met = {} if node is None else reachable([node])
        for j, tensor in enumerate(wanted):
            if current_node(tensor) not in met:
                raise RuntimeError(f"{name}: output {i} does not depend on input {j}; strict=False "
                                   "gives zeros there")


def _apart(name: str, result, has_aux: bool) -> tuple:
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise RuntimeError(f"func.{name}: with has_aux the function must give a pair, got "
                           f"{describe(result)}")
    return result


def _by_argument(inner: list, numbers, found: list) -> list:
    """Gradients, one for each Tensor, as trees like the arguments."""
    source, parts = iter(found), []
    for number in numbers:
        tensors = flat(inner[number])
        parts.append(refilled(inner[number], [next(source) for _ in tensors]))
    return parts


def _pulled(results: list, wanted: list, cotangents: list) -> list:
    recorded = [(r, v) for r, v in zip(results, cotangents, strict=True) if r.requires_grad]
    if not recorded:
        return [zeros_like(x) for x in wanted]
    return list(gradients([r for r, _ in recorded], wanted, [v for _, v in recorded],
                          create_graph=True, materialize_grads=True))


def _linearized(name: str, func: Callable, primals: tuple, has_aux: bool) -> tuple:
    """What func gives, what it gives beside, and the function from tangents to J t."""
    inner, wanted = _entered(primals, range(len(primals)))
    with enable_grad():
        out, aux = _apart(name, func(*inner), has_aux)
        dummies, pulled = _linear(flat(out), wanted)

    def push(*tangents: Any) -> Any:
        along = flat(list(tangents))
        if [t.shape for t in along] != [t.shape for t in wanted]:
            raise RuntimeError(f"func.{name}: tangents {[tuple(t.shape) for t in along]} do not "
                               f"fit primals {[tuple(t.shape) for t in wanted]}")
        with enable_grad():
            pushed = _along(dummies, pulled, along)
        return refilled(out, _left(pushed, wanted))

    value, aux = mapped(lambda t: _left([t], wanted)[0], (out, aux))
    return value, aux, push


def _linear(results: list, wanted: list) -> tuple[list, list]:
    """Cotangents to differentiate by, and vᵀ J as a function of them."""
    dummies = [zeros_like(result).requires_grad_() for result in results]
    return dummies, _pulled(results, wanted, dummies)


def _along(dummies: list, pulled: list, tangents: list) -> list:
    """J t, the derivative of tᵀ (vᵀ J)ᵀ by v."""
    total = sum([(p * t).sum() for p, t in zip(pulled, tangents, strict=True)])
    if not isinstance(total, Tensor) or not total.requires_grad:
        return [zeros_like(dummy).detach() for dummy in dummies]
    return list(gradients(total, dummies, create_graph=True, materialize_grads=True))


def _units(tensor: Tensor):
    """The unit vectors of a Tensor's elements."""
    return eye(tensor.numel(), dtype=tensor.dtype)


def _check_real(name: str, tensors: list) -> None:
    if any(tensor.is_complex() for tensor in tensors):
        got = ", ".join(map(describe, tensors))
        raise RuntimeError(f"func.{name}: real numbers are needed, got {got}; .real, .abs() or "
                           "view_as_real(...) of complex ones are")


def _jacobian(name: str, func: Callable, argnums, has_aux: bool, fill: Callable) -> Callable:
    check_switches(f"func.{name}", has_aux=has_aux)

    def jacobian(*args: Any) -> Any:
        numbers = _numbers(name, argnums, len(args))
        inner, wanted = _entered(args, numbers)
        with enable_grad():
            out, aux = _apart(name, func(*inner), has_aux)
            results = flat(out)
            _check_real(name, [*results, *wanted])
            rows = fill(results, wanted)

        def tree(row):
            parts = _by_argument(inner, numbers, _left(row, wanted))
            return tuple(parts) if isinstance(argnums, (tuple, list)) else parts[0]

        found = _refilled_with_trees(out, [tree(row) for row in rows])
        return (found, mapped(lambda t: _left([t], wanted)[0], aux)) if has_aux else found

    return jacobian


def _refilled_with_trees(out, trees: list):
    source = iter(trees)
    return mapped(lambda _: next(source), out)
