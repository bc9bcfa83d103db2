"""A rule's formula for one node: its names exchanged for those of the tensors that stand there, its
choices made, its numbers worked out."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Container, Iterable, Mapping
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from ..tensors import Tensor
from .notation import Symbol, atom

_SAME = {"safe_mul": ast.Mult, "safe_div": ast.Div, "matmul": ast.MatMult, "over": ast.Div,
         "times": ast.Mult}
_RENAMED = {"absolute": "abs", "spread": "expand"}
_USUAL = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}


class Definition:
    """What a formula calls a part of it: `ŷ` for `softmax(z₂)`, `tanh′(z₁)` for `1 − a₁²`."""

    def __init__(self, left: ast.expr, right: ast.expr) -> None:
        self.left, self.right = left, right
        self.key = ast.dump(left), ast.dump(right)

    def clashes(self, others: Iterable[Definition], taken: Container[str]) -> bool:
        """Whether its name means another thing: y may only stand for the y that it is made of."""
        if any(self.key[0] == other.key[0] and self.key != other.key for other in others):
            return True
        symbol: Any = self.left.value if isinstance(self.left, ast.Constant) else None
        name = symbol and symbol.name
        inside = isinstance(self.right, ast.Call) and f"Symbol(name='{name}'" in self.key[1]
        return name in taken and not inside


class Resolved:
    """A formula for a node, and the definitions that it uses; `tree` is None where the rule's text
    is no formula, but code."""

    def __init__(self, text: str, names: Mapping[str, ast.expr], known: Mapping[str, Any]) -> None:
        self.text = text
        self.where: list[Definition] = []
        self.tree = None
        tree = parsed(text)
        if tree is not None and not text.endswith(".backward"):
            try:
                self.tree = _Resolver(names, known, self.where).visit(copy.deepcopy(tree))
            except _Undecided:
                self.where.clear()


class _Undecided(Exception):
    """A choice depends on what is not known."""


@lru_cache(None)
def parsed(text: str) -> ast.expr | None:
    """The tree of a rule's text; None of one that calls helpers inside the library, or is named as
    no function can be."""
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    helpers = any(isinstance(node, ast.Name) and node.id.startswith("_") for node in
                  ast.walk(tree))
    return None if helpers else tree


def constant(value) -> ast.expr | None:
    """A plain value as a tree; None for others."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str, Symbol)) and value == value:
        return atom(value)
    if isinstance(value, (tuple, list)):
        parts = [constant(part) for part in value]
        return None if None in parts else ast.Tuple(parts, ast.Load())  # type: ignore[arg-type]
    return None


class _Resolver(ast.NodeTransformer):
    """Puts names and numbers into a formula.  `known` is what choices are decided by."""

    def __init__(self, names: Mapping[str, ast.expr], known: Mapping[str, Any],
                 where: list[Definition]) -> None:
        self.names, self.known, self.where = dict(names), {**_WORKED_OUT, **known}, where

    def visit_Name(self, node: ast.Name):
        return copy.deepcopy(self.names.get(node.id, node))

    def visit_IfExp(self, node: ast.IfExp):
        chosen = self._value(node.test)
        if chosen is None:
            raise _Undecided
        return self.visit(node.body if chosen else node.orelse)

    def visit_NamedExpr(self, node: ast.NamedExpr):
        name, value = node.target.id, self.visit(node.value)
        if name.endswith("ʹ"):
            left: ast.expr = ast.Call(ast.Name(f"{name[:-1]}′"), [self.names["input"]], [])
        else:
            left = self.names[name] = atom(Symbol(name))
        self.where.append(Definition(left, value))
        return left

    def visit_Call(self, node: ast.Call):
        name = ast.unparse(node.func)
        if name in _WORKED_OUT:
            return constant(self._value(node))
        if name in _SAME:
            return self.visit(ast.BinOp(node.args[0], _SAME[name](), node.args[1]))
        if name in ("per_channel", "rows") and self._is_matrix(node.args[0]):
            return self.visit(node.args[0])
        node.func = ast.Name(_RENAMED.get(name, name))
        node.args = [self.visit(part) for part in node.args]
        for keyword in node.keywords:
            keyword.value = _evened(self.visit(keyword.value))
        node.keywords = [keyword for keyword in node.keywords if not _usual(keyword)]
        return node

    def visit_BinOp(self, node: ast.BinOp):
        self.generic_visit(node)
        left, right, op = _number(node.left), _number(node.right), type(node.op)
        if left is not None and right is not None and (op, right) != (ast.Div, 0):
            return constant(_WORK[op](left, right)) if op in _WORK else node
        if op in (ast.Mult, ast.Div, ast.Pow) and right == 1:
            return node.left
        if op is ast.Mult and left == 1:
            return node.right
        if op in (ast.Add, ast.Sub) and right == 0:
            return node.left
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp):
        self.generic_visit(node)
        value = _number(node.operand)
        return atom(-value) if value is not None and isinstance(node.op, ast.USub) else node

    def visit_Compare(self, node: ast.Compare):
        self.generic_visit(node)
        return node

    def _is_matrix(self, tree: ast.expr) -> bool:
        """Whether a part has two dimensions; what is not known has those of the gradient."""
        value = self._value(tree) if isinstance(tree, ast.Name) and tree.id == "input" else None
        return np.ndim(self.known["g"] if value is None else value) == 2

    def _value(self, tree: ast.expr):
        """What an expression of the library's own comes to; None where that is not known."""
        code = compile(ast.fix_missing_locations(ast.Expression(copy.deepcopy(tree))),
                       "<rule>", "eval")
        try:
            return eval(code, dict(_WORDS), dict(self.known))
        except (NameError, AttributeError, TypeError, IndexError, KeyError):
            return None


def _count(*arrays) -> int:
    return prod(np.broadcast_shapes(*map(np.shape, arrays)))


def _length(shape, dim) -> int:
    dims = range(len(shape)) if dim is None else dim if isinstance(dim, (tuple, list)) else (dim,)
    return prod([shape[i] for i in dims]) if shape else 1


def _each(dims, more=()) -> tuple:
    return (dims, *more) if isinstance(dims, int) else tuple(dims)


def _inverse_order(dims, more=()) -> tuple:
    order = [d % len(_each(dims, more)) for d in _each(dims, more)]
    return tuple(map(order.index, range(len(order))))


_WORKED_OUT: dict[str, Callable] = {
    "count": _count, "length": _length, "each": _each, "inverse_order": _inverse_order,
    "negated": lambda shifts: tuple([-shift for shift in _each(shifts)])}
_WORDS = {"Tensor": Tensor, "is_number": lambda value: np.ndim(value) == 0}
_WORK: dict[type, Callable] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b}


def _number(tree: ast.expr) -> float | None:
    value = tree.value if isinstance(tree, ast.Constant) else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _evened(tree: ast.expr) -> ast.expr:
    """A padding that is the same on both sides as one number for each dimension."""
    pairs = tree.elts if isinstance(tree, ast.Tuple) else []
    even = [pair.elts[0] for pair in pairs if isinstance(pair, ast.Tuple) and len(pair.elts) == 2
            and ast.dump(pair.elts[0]) == ast.dump(pair.elts[1])]
    return ast.Tuple(even, ast.Load()) if even and len(even) == len(pairs) else tree


def _usual(keyword: ast.keyword) -> bool:
    """Whether an argument has the value that is not worth telling."""
    try:
        value = ast.literal_eval(keyword.value)
    except ValueError:
        return False
    return keyword.arg in _USUAL and set(np.ravel(value).tolist()) == {_USUAL[keyword.arg]}
