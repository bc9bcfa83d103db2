"""The text of an op's rules: a formula, or as they are written in the files that declare them."""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import Any

from ..kernels.formulas import FORMULAS
from ..node import Rule
from ..record import REGISTRY, Op
from .formulas import RULES


def rule_text(op: Rule, position: int) -> str:
    """How the gradient for an input comes from `g`, that of the result: `g * other`."""
    return _unnamed(formula(op, position))


def formula(op: Rule, position: int) -> str:
    """The same, where `(name := value)` says how textbooks call a part of it."""
    if not isinstance(op, Op):
        return "added to .grad" if op.name == "accumulate" else f"{op.name}.backward"
    name = op.inputs[min(position, len(op.inputs) - 1)]
    if name not in op.rule_names:
        return ""
    real = REGISTRY.get(op.name) is op  # the rules for complex numbers are others
    written = RULES.get(op.name, {}).get(name) if real else None
    return written or _text(op.rules[op.rule_names.index(name)])


@lru_cache(None)
def _unnamed(text: str) -> str:
    """The formula with each part that has a name written out."""
    return text if ":=" not in text else ast.unparse(_Unnamed().visit(ast.parse(text, mode="eval")))


class _Unnamed(ast.NodeTransformer):
    def __init__(self) -> None:
        self.parts: dict[str, ast.expr] = {}

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
        value = self.parts[node.target.id] = self.visit(node.value)
        return value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.parts.get(node.id, node)


def _text(rule: Callable) -> str:
    formula = getattr(rule, "formula", None)
    function: Any = FORMULAS[formula] if formula else rule
    code = getattr(function, "__code__", None)
    if code is None:  # NumPy's own function
        return f"{formula}({', '.join(rule.names)})"  # type: ignore[attr-defined]
    own = code.co_varnames[:code.co_argcount]
    text = _body(code) or f"{code.co_name}({', '.join(own)})"
    text = _renamed(text, dict(zip(own, getattr(rule, "names", own), strict=True)))
    for name in code.co_names:
        if function.__globals__.get(name).__class__ is float:
            text = _renamed(text, {name: f"{function.__globals__[name]:.6g}"})
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        text = _written_out(text, name, cell.cell_contents)
    return text


def _written_out(text: str, name: str, function) -> str:
    """The text with what a rule has from the function that made it in the place of its name."""
    if hasattr(function, "op"):
        return _renamed(text, {name: function.op.name})
    code = getattr(function, "__code__", None)
    if code is None or code.co_argcount != 1 or not _body(code):
        return text
    body = f"({_body(code)})" if " " in _body(code) else _body(code)
    return re.sub(rf"\b{name}\((\w+)\)", lambda call: _renamed(
        body, {code.co_varnames[0]: call[1]}), text)


def _renamed(text: str, names: dict[str, str]) -> str:
    return re.sub(r"[A-Za-z_]\w*", lambda word: names.get(word[0], word[0]), text)


@lru_cache(None)
def _body(code: CodeType) -> str:
    """What a lambda, or a function that is one `return`, gives; empty for others, and where the
    file is not at hand."""
    wanted = code.co_name, code.co_varnames[:code.co_argcount]
    for node, segment in _functions(code.co_filename):
        if node.lineno == code.co_firstlineno and wanted == (
                getattr(node, "name", "<lambda>"), tuple(a.arg for a in node.args.args)):
            return segment
    return ""


@lru_cache(None)
def _functions(filename: str) -> list:
    """Each function of a file with the text of its value."""
    text = "".join(linecache.getlines(filename))
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Lambda):
            value: ast.expr | None = node.body
        elif isinstance(node, ast.FunctionDef):
            node.lineno = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            value = node.body[0].value if isinstance(node.body[0], ast.Return) else None
        else:
            continue
        segment = None if value is None else ast.get_source_segment(text, value)
        found.append((node, " ".join((segment or "").split())))
    return found
