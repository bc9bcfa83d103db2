"""Tensors in nested tuples, lists and dicts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ..tensors import Tensor


def flat(tree) -> list[Tensor]:
    """The Tensors of a tree, in order."""
    if isinstance(tree, Tensor):
        return [tree]
    if isinstance(tree, dict):
        return [tensor for part in tree.values() for tensor in flat(part)]
    if isinstance(tree, (tuple, list)):
        return [tensor for part in tree for tensor in flat(part)]
    return []


def mapped(function: Callable, tree) -> Any:
    """The tree with function(tensor) in the place of each Tensor."""
    if isinstance(tree, Tensor):
        return function(tree)
    if isinstance(tree, dict):
        return dict_like(tree, [(key, mapped(function, part)) for key, part in tree.items()])
    if isinstance(tree, (tuple, list)):
        parts = [mapped(function, part) for part in tree]
        return tree._make(parts) if hasattr(tree, "_make") else type(tree)(parts)
    return tree


def dict_like(tree: dict, items: list) -> dict:
    """A dict of the same kind, a plain one for those that are made in another way."""
    return OrderedDict(items) if isinstance(tree, OrderedDict) else dict(items)


def refilled(tree, tensors: list) -> Any:
    """The tree with these in the places of its Tensors."""
    source = iter(tensors)
    return mapped(lambda _: next(source), tree)


def spread(dims, tree, name: str) -> list:
    """For each Tensor of a tree what `dims` says of it: one word for all of a part, or a tree of
    the same form."""
    if isinstance(tree, Tensor):
        if dims is not None and (isinstance(dims, bool) or not isinstance(dims, int)):
            raise ValueError(f"{name}: a dimension, or None, is needed for each Tensor, got "
                             f"{dims!r}")
        return [dims]
    if isinstance(dims, (tuple, list, dict)):
        if type(dims) is not type(tree) and not isinstance(tree, type(dims)) or (
                len(dims) != len(tree)):
            raise ValueError(f"{name}: {dims!r} does not have the form of what it is for")
        pairs = [(dims[key], tree[key]) for key in tree] if isinstance(tree, dict) else zip(
            dims, tree, strict=True)
        return [found for part, below in pairs for found in spread(part, below, name)]
    if isinstance(tree, dict):
        return [found for below in tree.values() for found in spread(dims, below, name)]
    if isinstance(tree, (tuple, list)):
        return [found for below in tree for found in spread(dims, below, name)]
    return []
