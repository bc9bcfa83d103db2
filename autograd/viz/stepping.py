"""The backward pass taken apart: each node in the engine's order, with the gradient that came to
it, those it passed on, and the rule that made them.

The steps are watched in the very walk that `backward` makes, so its numbers are theirs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from html import escape
from types import FrameType
from typing import Any

import numpy as np

from ..accumulate import add_to_leaf
from ..engine import walk
from ..errors import check_switches, describe
from ..hooks import LOOKING
from ..node import Leaf, Node
from ..roots import sequence, start
from ..tensors import Tensor, current_node, wrap
from .names import called, shape_text
from .rules import rule_text
from .style import elided

_FEW = 6  # numbers that a table shows
_LONGEST = 50  # letters of a rule in it


class Step:
    """One node's turn in a backward pass.

    op         the operation, as the program called it; "accumulate" where a gradient arrives
    result     the name of what it computed, of the Tensor itself where a gradient arrives
    incoming   the gradient of that; of several results, a list
    inputs     the names of its inputs: of Tensors that have one, else the op's own
    outgoing   the gradient for each input, None for those that need none
    rule       for each input how its gradient is made, where `g` is the incoming one
    """

    def __init__(self, node: Node, names: Mapping[Node, str], incoming, outgoing) -> None:
        self.op = called(node)
        self.result = names.get(node, "")
        self.incoming = incoming
        self.outgoing = outgoing
        self.rule = tuple([rule_text(node.op, i) for i in range(max(len(outgoing), 1))])
        words = node.op.inputs or ("",)
        self.inputs = tuple([names.get(parent) or words[min(i, len(words) - 1)]  # type: ignore
                             for i, parent in enumerate(node.parents)])

    def __repr__(self) -> str:
        return "\n".join([" ".join(filter(None, row)) for row in _rows(self)])


class Steps(list):
    """The steps of a backward pass, in order; printed, a table."""

    def __repr__(self) -> str:
        rows = [("", *_HEAD), *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)

    def _repr_html_(self) -> str:
        cells = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in self._rows()]
        head = "".join(f"<th>{cell}</th>" for cell in ("", *_HEAD))
        return f"<table><tr>{head}</tr><tr>{'</tr><tr>'.join(cells)}</tr></table>"

    def _rows(self) -> list[tuple[str, ...]]:
        return [("" if i else str(number), *row) for number, step in enumerate(self, 1)
                for i, row in enumerate(_rows(step))]


_HEAD = ("op", "result", "gradient that comes", "goes to", "rule", "gradient that goes")


def steps(tensors, grad_tensors=None, *, names: Mapping[str, Any] | None = None,
          retain_graph: bool = False) -> Steps:
    """Walk back as `backward(tensors, grad_tensors)` does, `.grad` included, and return each step.

    Tensors are called by `names`, a dict of them or of modules; without it by the variables of the
    program that calls.
    Returns a list of `Step`, which prints as a table; in a notebook it is one.
    Raises: what `backward` raises; TypeError where names is no dict.
    Reference: Wengert, A simple automatic derivative evaluation program, 1964.

    >>> x = autograd.tensor(3., requires_grad=True)
    >>> y = x * x
    >>> autograd.steps(y)
       op          result  gradient that comes  goes to  rule       gradient that goes
    1  mul         y       1                    x        g * other  3
                                                x        g * input  3
    2  accumulate  x       6                             added to .grad
    """
    check_switches("steps", retain_graph=retain_graph)
    names = given_names("steps", names, sys._getframe(1))
    grads = start("steps", sequence(tensors), sequence(grad_tensors), False)
    return Steps([step for _, step in walked(
        grads, named(names), retain_graph, lambda node: add_to_leaf(node, grads, False))])


def walked(grads: dict[Node, Any], names: Mapping[Node, str], retain_graph: bool,
           arrived: Callable[[Leaf], None]) -> list[tuple[Node, Step]]:
    """Walk back from the roots and return each node's step; `arrived` is told of leaves."""
    found: list[tuple[Node, Step]] = []
    outer = LOOKING[-1] if LOOKING else None

    def met(node: Node) -> None:
        if isinstance(node, Leaf):
            found.append((node, Step(node, names, _kept(grads[node], node), ())))
            arrived(node)

    walk(grads, retain_graph, False, None, met, _Watch(found, names, outer))
    return found


class _Watch:
    """Notes what goes into and out of each node's rule."""

    def __init__(self, found: list, names: Mapping[Node, str], outer) -> None:
        self.found, self.names, self.outer = found, names, outer

    def __call__(self, node: Node):
        inner = node.op.backward if self.outer is None else self.outer(node)

        def rule(g, saved, parents):
            incoming = [_kept(part, None) for part in g] if isinstance(g, list) else _kept(g, node)
            results = inner(g, saved, parents)
            self.found.append((node, Step(node, self.names, incoming, tuple(
                [None if parent is None or results[i] is None else _kept(results[i], None)
                 for i, parent in enumerate(parents)]))))
            return results

        return rule

    def summed(self, node: Node, i: int, result) -> None:
        if self.outer is not None:
            self.outer.summed(node, i, result)


def _kept(value, node: Node | None) -> Tensor:
    """A copy of a gradient, which the walk may add to."""
    return wrap(np.array(value._any_array if isinstance(value, Tensor) else value,
                         None if node is None else node.dtype))


def given_names(function: str, names, caller: FrameType) -> Mapping[str, Any]:
    """What Tensors are called by: the caller's variables, unless names are given."""
    if names is None:
        return caller.f_locals
    if not isinstance(names, Mapping) or not all(isinstance(n, str) and n for n in names):
        raise TypeError(f'{function}: names must be a dict such as {{"w": w}} or '
                        f'{{"model": model}}, got {describe(names)}')
    return names


def named(names: Mapping[str, Any]) -> dict[Node, str]:
    """The nodes of Tensors, and of modules' parameters, by their names."""
    found: dict[Node, str] = {}
    for name, value in names.items():
        for path, tensor in tensors_in(name, value):
            node = current_node(tensor)
            if node is not None:
                found.setdefault(node, path)
    return found


def tensors_in(name: str, value) -> Iterable[tuple[str, Tensor]]:
    """What a variable of this name stands for: a Tensor, those in a list, tuple or dict, or the
    parameters and buffers of a module, each with its path; sparse ones are part of no graph."""
    if isinstance(value, Tensor):
        return [] if value.is_sparse else [(name, value)]
    if hasattr(type(value), "named_parameters"):
        return [(f"{name}.{path}", tensor) for path, tensor in (*value.named_parameters(),
                                                                *value.named_buffers())]
    pairs = (value.items() if type(value) is dict else
             enumerate(value) if type(value) in (list, tuple) else ())
    return [(f"{name}[{key!r}]", one) for key, one in pairs
            if isinstance(one, Tensor) and not one.is_sparse]


def _rows(step: Step) -> list[tuple[str, ...]]:
    """A step's lines of the table: one for each gradient that goes on."""
    goes = [(name, _short(rule), _numbers(g)) for name, g, rule in zip(
        step.inputs, step.outgoing, step.rule, strict=False) if g is not None]
    first, *rest = goes or [("", step.rule[0], "")]
    return [(step.op, step.result, _numbers(step.incoming), *first),
            *[("", "", "", *row) for row in rest]]


def _short(rule: str) -> str:
    """A rule for the table: of a choice only the first, which is the ordinary one."""
    if len(rule) > _LONGEST and " if " in rule:
        rule = f"{rule.split(' if ')[0]} …"
    return elided(rule, _LONGEST)


def _numbers(gradient) -> str:
    """A gradient's numbers if they are few, else its shape and norm."""
    if isinstance(gradient, list):
        return ", ".join(map(_numbers, gradient))
    array = gradient.numpy()
    if array.size <= _FEW:
        return np.array2string(array, separator=", ", formatter={
            "float_kind": lambda number: f"{number:.4g}"}).replace("\n", "")
    return f"{shape_text(array.shape, array.dtype)}, norm {np.linalg.norm(array):.4g}"
