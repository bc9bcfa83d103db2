"""The backward pass as equations, one for each tensor, with the numbers that it gave.

The gradients are those of a walk that `backward` would make; what each is computed by is the text
of the rules that ran, in which names and numbers stand for what the rules got.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from ..engine import reachable
from ..hooks import RetainGrad
from ..node import Leaf, Node, Output, Rule
from ..record import Op
from ..roots import start
from ..tensors import Tensor
from .equations import Definition, Resolved, constant
from .explanation import Equation, Explanation, Forward
from .formulas import FORWARDS
from .names import called, described, index_text
from .notation import Symbol, atom
from .rules import formula, rule_text
from .stepping import Step, given_names, walked
from .style import elided
from .titles import Titles

_LONGEST = 70  # letters of a rule that is shown as code


def explain(loss: Tensor, *, names: Mapping[str, Any] | None = None) -> Explanation:
    """The backward pass of a loss as equations with names, shapes and numbers, in the order in
    which it computes them: text as str(), LaTeX as .latex(), HTML in a notebook.

    The numbers are those that `backward` adds to `.grad`, bit for bit. `.grad` is left alone and
    the graph is kept; hooks are called, since they may change gradients.
    Tensors are called by `names`, a dict of them or of modules; without it by the variables of the
    program that calls. δ₂ is short for ∂J/∂z₂; z, a and u with a number are tensors without a name:
    what goes into an activation, what comes out of it, and others. ⊙ multiplies element by
    element, @ is the matrix product.
    Raises: RuntimeError for a loss that is no single number or has no history, or a graph whose
    saved values were freed; TypeError where names is no dict.

    >>> x, w = autograd.tensor([2., 1.]), autograd.tensor([3., -1.], requires_grad=True)
    >>> z = w @ x
    >>> print(autograd.explain(z.sigmoid()))
    J = 0.9933
    <BLANKLINE>
    forward
      z = w @ x       ()
      J = sigmoid(z)  ()
    <BLANKLINE>
    backward
      ∂J/∂J = 1  ()  1
      δ = ∂J/∂z = sigmoid′(z)  ()  0.006648
        where sigmoid′(z) = J · (1 − J)
      ∂J/∂w = δ · x  (2,)  [0.0133  0.006648]
    """
    names = given_names("explain", names, sys._getframe(1))
    return explained("explain", loss, names).text


class Explained(NamedTuple):
    """An explanation with the nodes that its equations are of, and what those pass on: for each
    the name of the input, the formula and the gradient."""

    text: Explanation
    titles: Titles
    nodes: list[Node]
    forward: list[Node]
    backward: list[Node]
    passed: dict[Node, list[tuple[str, ast.expr, Tensor]]]


def explained(function: str, loss: Tensor, names: Mapping[str, Any]) -> Explained:
    """The same for a function of that name."""
    grads = start(function, (loss,), (), False)
    root, = grads
    nodes = sorted(reachable(grads), key=attrgetter("seq"))
    titles = Titles(nodes, root, names)
    with _nothing_retained(nodes):
        found = walked(grads, titles.nodes, True, lambda node: None)
    forward = [node for node in nodes if not isinstance(node, (Leaf, Output))]
    writer = _Writer(titles, {(node.parents[0], node.index): node for node in nodes
                              if isinstance(node, Output)})
    equations = dict(_equations(found, root, writer))
    text = Explanation(loss.detach(), titles.loss, titles.variable,
                       [_forward(node, titles) for node in forward], list(equations.values()))
    return Explained(text, titles, nodes, forward, list(equations), writer.passed)


@contextmanager
def _nothing_retained(nodes: Iterable[Node]) -> Iterator[None]:
    """Meanwhile retain_grad() writes no `.grad`."""
    before = [(node, node.hooks) for node in nodes if node.hooks]
    try:
        for node, hooks in before:
            node.hooks = {key: hook for key, hook in hooks.items()
                          if hook.__class__ is not RetainGrad}
        yield
    finally:
        for node, hooks in before:
            node.hooks = hooks


def _equations(found: list[tuple[Node, Step]], root: Node, writer: _Writer
               ) -> Iterator[tuple[Node, Equation]]:
    """An equation for each gradient once it is complete: the sum of what its uses gave."""
    writer.terms[root] = [atom(1)]
    for node, step in found:
        several = isinstance(step.incoming, list)
        for k, gradient in enumerate(step.incoming if several else [step.incoming]):
            target = writer.results.get((node, k)) if several else node
            if target in writer.terms:
                yield target, writer.equation(target, gradient)
        for i, part in enumerate(step.outgoing):
            if part is not None:
                writer.add(node, i, step, part)


class _Writer:
    """Collects the terms of each gradient until it is complete.

    `results` has the nodes of ops with several results; `symbols` has what stands for a gradient
    in what is computed of it, where that is not its own name."""

    def __init__(self, titles: Titles, results: Mapping[tuple, Node]) -> None:
        self.titles, self.results = titles, results
        self.terms: dict[Node, list[ast.expr]] = {}
        self.where: dict[Node, list[Definition]] = {}
        self.symbols: dict[Node, ast.expr] = {}
        self.passed: dict[Node, list[tuple[str, ast.expr, Tensor]]] = {}

    def equation(self, node: Node, gradient: Tensor) -> Equation:
        """The equation of a complete gradient.  A gradient that is passed on as it is needs no new
        name, unless its tensor has one."""
        terms, hooked = self.terms[node], _is_hooked(node)
        if len(terms) == 1 and isinstance(terms[0], ast.Constant) and not hooked and (
                terms[0].value == 1 and node.shape == () or isinstance(terms[0].value, Symbol)
                and node not in self.titles.given):
            self.symbols[node] = terms[0]
        left = Symbol(self.titles.nodes[node], node.shape == (), self.titles.loss)
        return Equation(left, gradient, terms, self.where.get(node, []), hooked)

    def add(self, node: Node, i: int, step: Step, part: Tensor) -> None:
        """Note what a node gives its i-th input."""
        parent: Any = node.parents[i]
        before = self.where.setdefault(parent, [])
        resolved = self._resolved(node, i, step, formula)
        if any(one.clashes(before, self.titles.taken) for one in resolved.where):
            resolved = self._resolved(node, i, step, rule_text)
        before.extend(resolved.where)
        term = _summed(resolved.tree, part.shape, parent.shape)
        self.terms.setdefault(parent, []).append(term)
        self.passed.setdefault(node, []).append((self.titles.nodes[parent], term, part))

    def _symbol(self, node: Node | None) -> ast.expr:
        """What stands for a gradient, 0 for that of a result without use."""
        if node is None:
            return atom(0)
        return self.symbols.get(node) or atom(
            Symbol(self.titles.nodes[node], node.shape == (), self.titles.loss))

    def _resolved(self, node: Node, i: int, step: Step, written: Callable[[Rule, int], str]
                  ) -> Resolved:
        """The formula of what a node gives its i-th input."""
        names, known = _names(node, self.titles), dict[str, Any](k=i)
        if isinstance(step.incoming, list):
            g: ast.expr = ast.List([self._symbol(self.results.get((node, k)))
                                    for k in range(len(step.incoming))])
            known["g"] = [gradient.numpy() for gradient in step.incoming]
        else:
            g, array = self._symbol(node), step.incoming.numpy()
            others = [d for d in range(array.ndim) if d != 1]
            names["others"], known["g"] = _dims(others), array
        if isinstance(node.op, Op):
            known |= {name: value for name, value, _ in node.op.kept(node.saved)}
        text = written(node.op, i)
        gradient = "g_out" if "g" in node.op.inputs else "g"  # of an op that is a gradient itself
        resolved = Resolved(text, names | {gradient: g, "k": atom(i)}, known)
        if resolved.tree is None:
            resolved.tree = atom(elided(text, _LONGEST))
            resolved.where.append(Definition(atom(Symbol("g")), g))
        return resolved


def _is_hooked(node: Node) -> bool:
    return any(hook.__class__ is not RetainGrad for hook in (node.hooks or {}).values())


def _names(node: Node, titles: Titles) -> dict[str, ast.expr]:
    """What stands for each name in an op's formulas, as far as it is known."""
    names: dict[str, ast.expr] = {"out": atom(Symbol(titles.nodes[node],
                                                             node.shape == ()))}
    if not isinstance(node.op, Op):
        return names
    for name, parent in zip(node.op.inputs, node.parents, strict=False):
        if parent is not None:
            names[name] = atom(Symbol(titles.nodes[parent], parent.shape == ()))
    for name, value, source in node.op.kept(node.saved):
        if name in names:
            continue
        if name == "index" and source is None:
            names[name] = atom(index_text(value))
        elif isinstance(value, np.ndarray) and isinstance(source, int) and source >= 0:
            names[name] = _array(name, value, titles)
        elif (tree := constant(value)) is not None:
            names[name] = tree
    return names


def _array(name: str, array: np.ndarray, titles: Titles) -> ast.expr:
    """A tensor without gradient: a number, or its name, or else what the op calls it."""
    if array.ndim == 0 and id(array) not in titles.arrays:
        return constant(array) or atom(str(array))
    return atom(Symbol(titles.of_array(name, array), array.ndim == 0))


def _summed(tree: Any, shape: tuple, wanted: tuple) -> ast.expr:
    """A gradient summed to the shape of an input that was broadcast."""
    if tuple(shape) == tuple(wanted):
        return tree
    lead = len(shape) - len(wanted)
    if not wanted:
        return ast.Call(ast.Name("sum"), [tree], [])
    if tuple(shape[lead:]) == tuple(wanted):
        return ast.Call(ast.Name("sum"), [tree], [ast.keyword("dim", _dims(range(lead)))])
    if lead:
        return ast.Call(ast.Name("sum_to_size"), [tree, atom(str(tuple(wanted)))], [])
    dims = _dims([d for d, n in enumerate(wanted) if n != shape[d]])
    return ast.Call(ast.Name("sum"), [tree], [ast.keyword("dim", dims),
                                              ast.keyword("keepdim", atom(True))])


def _dims(dims: Iterable[int]) -> ast.expr:
    found = tuple(dims)
    return constant(found[0] if len(found) == 1 else found)  # type: ignore[return-value]


def _forward(node: Node, titles: Titles) -> Forward:
    """How the result of an op was computed."""
    left, names = Symbol(titles.nodes[node]), _names(node, titles)
    saved = {name: value for name, value, _ in node.op.kept(node.saved)} if isinstance(
        node.op, Op) else {}
    written = FORWARDS.get(node.op.name)
    if written and None not in node.parents[2:]:
        tree = Resolved(written, names, {"alpha": 1, **saved}).tree
        if tree is not None:
            return Forward(left, tree, node.shape)
    words = node.op.inputs or ("input",)
    named = [words[min(i, len(words) - 1)] for i in range(len(node.parents))]
    given = [atom(Symbol(titles.nodes[parent])) if parent is not None else
             names.get(name) or atom(Symbol(name))
             for name, parent in zip(named, node.parents, strict=True)]
    given = [one for one in given if ast.dump(one) != ast.dump(atom(None))]
    told = described(node)[len(called(node)):].strip()
    given += [atom(told)] if told else []
    return Forward(left, ast.Call(ast.Name(called(node)), given, []), node.shape)
