"""What the tensors of a graph are called in equations: as the program calls them; else z what goes
into an activation, a what comes out of it, u anything else, numbered as they were computed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import chain, count
from typing import Any

import numpy as np

from ..node import Leaf, Node, Output
from .formulas import RULES
from .stepping import named, tensors_in

_ACTIVATIONS = {name for name, rules in RULES.items()
                if len(rules) == 1 and "ʹ :=" in rules.get("input", "")} | {"softmax",
                                                                           "log_softmax"}
_TAKE_SCORES = _ACTIVATIONS | {"_cross_entropy", "_with_logits"}


class Titles:
    """The names of a graph's nodes, and of arrays without gradient, by their ids."""

    def __init__(self, nodes: Sequence[Node], root: Node, names: Mapping[str, Any]) -> None:
        self.arrays: dict[int, str] = {}
        for name, value in names.items():
            for path, tensor in tensors_in(name, value):
                with suppress(ValueError):  # those of lazy modules have no array yet
                    self.arrays.setdefault(id(tensor._any_array), path)
        known = named(names)
        self.variable = known.get(root, "")
        self.nodes = {node: known[node] for node in nodes if node in known}
        self.taken = {*self.nodes.values(), *self.arrays.values()} - {self.variable}
        one = len(self.variable) == 1
        self.loss = self.nodes[root] = self.variable if one else self._free(["J", "L", "loss"])
        self._numbers = {letter: count(1) for letter in "zuw"}
        scores = {parent for node in nodes if node.op.name in _TAKE_SCORES
                  for parent in node.parents[:1]}
        self.given = set(self.nodes)
        for node in nodes:
            if node not in self.nodes:
                self.nodes[node] = self._title(node, node in scores)
                self.taken.add(self.nodes[node])

    def of_array(self, word: str, array: np.ndarray) -> str:
        """The name of a tensor without gradient, by default what an op calls it."""
        if id(array) not in self.arrays:
            names = chain([word], (f"{word}{number}" for number in count(2)))
            self.arrays[id(array)] = self._free(names)
            self.taken.add(self.arrays[id(array)])
        return self.arrays[id(array)]

    def _title(self, node: Node, is_score: bool) -> str:
        if isinstance(node, Output):
            return f"{self.nodes[node.parents[0]]}[{node.index}]"  # type: ignore[index]
        if node.op.name in _ACTIVATIONS and not is_score:
            of = re.fullmatch(r"z(\d*)", self.nodes[node.parents[0]])  # type: ignore[index]
            if of and f"a{of[1]}" not in self.taken:
                return f"a{of[1]}"
        letter = "w" if isinstance(node, Leaf) else "z" if is_score else "u"
        return self._free(f"{letter}{number}" for number in self._numbers[letter])

    def _free(self, names: Iterable[str]) -> str:
        return next(name for name in names if name not in self.taken)
