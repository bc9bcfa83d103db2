"""Who holds the memory that a graph keeps for its backward pass: which op, module and line."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from html import escape
from typing import Any, NamedTuple

from .engine import reachable
from .errors import describe
from .node import Node
from .origins import Origins, block, held_arrays
from .tensors import Tensor, current_node
from .viz.names import shape_text
from .viz.stepping import given_names, tensors_in

_SHOWN = 20  # rows of the printed table


class Held(NamedTuple):
    """One piece of memory that a graph keeps, and who was the first to keep it.

    nbytes   its size; of a view, that of the whole memory that it is a view of
    shape    of what was saved, with its dtype unless that is float32
    op       the op that saved it, and what it is to that: its "input", its "out"
    module   the path of the module in whose call that was, empty where that is not known
    where    file:line of the call, empty where that is not known
    owner    the name of the Tensor that holds the same memory, such as "model.fc.weight"
    uses     how many ops save it
    """

    nbytes: int
    shape: str
    op: str
    module: str
    where: str
    owner: str
    uses: int


class MemoryReport:
    """What `memory_report` found, printed as a table, the largest first; in a notebook it is one.

    rows     a `Held` for each piece of memory
    nbytes   of all together; `own` is what the graph alone holds, without what Tensors with a name,
             such as parameters and inputs, hold as well
    """

    def __init__(self, rows: list[Held]) -> None:
        self.rows = rows
        self.nbytes = sum(row.nbytes for row in rows)
        self.own = sum(row.nbytes for row in rows if not row.owner)

    def modules(self) -> dict[str, int]:
        """Path of a module -> bytes that its own ops were the first to keep, the largest first."""
        found: dict[str, int] = {}
        for row in self.rows:
            found[row.module] = found.get(row.module, 0) + row.nbytes
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def __repr__(self) -> str:
        cells = [_HEAD, *[_cells(row, 40) for row in self.rows[:_SHOWN]]]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in cells]
        rest = self.rows[_SHOWN:]
        if rest:
            lines.append(f"… and {len(rest)} more, {sum(row.nbytes for row in rest):,} bytes")
        return "\n".join([*lines, self._total()])

    def _repr_html_(self) -> str:
        head = "".join(f"<th style='text-align:left'>{cell}</th>" for cell in _HEAD)
        lines = ["".join(f"<td style='text-align:left;white-space:nowrap'>{escape(cell)}</td>"
                         for cell in _cells(row, 200)) for row in self.rows]
        return (f'<div style="overflow-x:auto"><table><tr>{head}</tr>'
                f'<tr>{"</tr><tr>".join(lines)}</tr></table></div><p>{self._total()}</p>')

    def _total(self) -> str:
        return (f"{self.nbytes:,} bytes are kept for the backward pass, {self.own:,} of them by "
                "the graph alone")


_HEAD = ("bytes", "shape", "op", "module", "line", "also held by")


def _cells(row: Held, longest: int) -> tuple[str, ...]:
    op = row.op if row.uses == 1 else f"{row.op} ×{row.uses}"
    return (f"{row.nbytes:,}", row.shape, op, row.module, _last(row.where, longest), row.owner)


def _last(text: str, longest: int) -> str:
    """The end of a path, which says most."""
    return text if len(text) <= longest else "…" + text[1 - longest:]


def memory_report(loss, *, names: Mapping[str, Any] | None = None) -> MemoryReport:
    """What the graph of a loss keeps for the backward pass: each piece of memory once, its bytes,
    and the op, the module and the line that hold it.

    `loss` is a Tensor, several of them, or a function that computes it: modules and lines are
    known only of what is recorded while it is watched, so of a Tensor they are left empty, and the
    module is that whose parameters an op uses.  Modules and Tensors are called by `names`, a dict
    of them; without it by the variables of the program that calls.

    Raises: TypeError for something else, and where the function returns it; RuntimeError where
        there is no graph.

    >>> x, w = autograd.ones(2, 3), autograd.ones(3, 4, requires_grad=True)
    >>> autograd.memory_report((x @ w).exp())
    bytes  shape   op          module  line  also held by
    32     (2, 4)  exp out
    24     (2, 3)  matmul input              x
    56 bytes are kept for the backward pass, 32 of them by the graph alone
    """
    names = given_names("memory_report", names, sys._getframe(1))
    modules = {name: value for name, value in names.items()
               if callable(getattr(type(value), "named_modules", None))}
    function = loss
    if callable(function) and not isinstance(function, Tensor):
        with Origins(modules) as origins:
            loss = function()
    else:
        origins = Origins({})
    roots = [_root(tensor) for tensor in (loss if isinstance(loss, (tuple, list)) else [loss])]
    return MemoryReport(_rows(roots, origins, names))


def _root(tensor) -> Node:
    if not isinstance(tensor, Tensor):
        raise TypeError("memory_report: the loss must be a Tensor, or a function that returns it, "
                        f"got {describe(tensor)}")
    node = current_node(tensor)
    if node is None:
        raise RuntimeError("memory_report: the loss has no graph, as nothing that it was computed "
                           "from requires grad, or it was computed under no_grad")
    return node


def _rows(roots: list[Node], origins: Origins, names: Mapping[str, Any]) -> list[Held]:
    owners: dict[int, str] = {}
    users: dict[Node | None, str] = {}
    for name, value in names.items():
        for path, tensor in tensors_in(name, value):
            if current_node(tensor) is None or tensor.is_leaf:
                owners.setdefault(block(tensor._any_array)[0], path)
            if tensor is not value:
                users.setdefault(tensor._node, path.rpartition(".")[0])
    found: dict[int, Held] = {}
    for node in sorted(reachable(roots), key=lambda node: node.seq):
        for name, array in held_arrays(node):
            key, nbytes = block(array)
            if key in found:
                found[key] = found[key]._replace(uses=found[key].uses + 1)
                continue
            op, module, where = origins.of(node)
            module = module or next((users[parent] for parent in node.parents
                                     if parent in users and parent is not None), "")
            found[key] = Held(nbytes, shape_text(array.shape, array.dtype), f"{op} {name}", module,
                              where, owners.get(key, ""), 1)
    return sorted(found.values(), key=lambda row: -row.nbytes)
