"""Which row each box of a picture stands in: the network simplex method.

Rows are numbered downwards. Every edge goes down by its least length or more, and the sum of
weight · length over the edges is as small as it can be.

Reference: E. Gansner et al., A Technique for Drawing Directed Graphs, 1993, section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_PIVOTS = 1000  # a limit for graphs of thousands of nodes; others need a few dozen


class Edge(NamedTuple):
    """An edge from `tail` down to `head`, nodes by number."""

    tail: int
    head: int
    weight: int = 1
    length: int = 1  # the least number of rows that it goes down


def ranks(count: int, edges: Sequence[Edge]) -> list[int]:
    """The row of each of `count` nodes, which the edges connect; the first is row 0."""
    outgoing: list[list[Edge]] = [[] for _ in range(count)]
    pull = [0] * count  # what a node's move down by one row saves
    for edge in edges:
        outgoing[edge.tail].append(edge)
        pull[edge.tail] += edge.weight
        pull[edge.head] -= edge.weight
    rank = _first(count, outgoing, pull)
    tree = _tight_tree(rank, edges)
    for _ in range(_PIVOTS):
        cut = _worst_cut(tree, edges, pull)
        if cut is None:
            break
        _pivot(rank, tree, edges, *cut)
    top = min(rank)
    return [row - top for row in rank]


def downward(count: int, outgoing: Sequence[Sequence[Edge]]) -> list[int]:
    """The nodes, each before all that its edges lead to."""
    missing = [0] * count
    for edge in (edge for row in outgoing for edge in row):
        missing[edge.head] += 1
    order = [node for node in range(count) if not missing[node]]
    for node in order:
        for edge in outgoing[node]:
            missing[edge.head] -= 1
            if not missing[edge.head]:
                order.append(edge.head)
    return order


def _first(count: int, outgoing, pull: list[int]) -> list[int]:
    """Every node as far up as it can be, then those that want to go down as far down."""
    rank = [0] * count
    order = downward(count, outgoing)
    for node in order:
        for edge in outgoing[node]:
            rank[edge.head] = max(rank[edge.head], rank[node] + edge.length)
    for node in reversed(order):
        if outgoing[node] and pull[node] >= 0:
            rank[node] = min(rank[edge.head] - edge.length for edge in outgoing[node])
    return rank


def _slack(rank: list[int], edge: Edge) -> int:
    return rank[edge.head] - rank[edge.tail] - edge.length


def _tight_tree(rank: list[int], edges: Sequence[Edge]) -> set[int]:
    """Edges (by index) without slack that span all nodes; moves nodes until there are such."""
    incident: list[list[int]] = [[] for _ in rank]
    for i, edge in enumerate(edges):
        incident[edge.tail].append(i)
        incident[edge.head].append(i)
    tree: set[int] = set()
    inside = [False] * len(rank)
    inside[0], reached = True, [0]
    grown = 0
    while True:
        while grown < len(reached):
            node, grown = reached[grown], grown + 1
            for i in incident[node]:
                other = edges[i].head if edges[i].tail == node else edges[i].tail
                if not inside[other] and _slack(rank, edges[i]) == 0:
                    inside[other] = True
                    reached.append(other)
                    tree.add(i)
        if len(reached) == len(rank):
            return tree
        leaving = [edge for edge in edges if inside[edge.tail] != inside[edge.head]]
        nearest = min(leaving, key=lambda edge: _slack(rank, edge))
        shift = _slack(rank, nearest) * (1 if inside[nearest.tail] else -1)
        for node in reached:
            rank[node] += shift
        grown = 0


def _worst_cut(tree: set[int], edges: Sequence[Edge], pull: list[int]):
    """(index, nodes on the far side) of the tree's edge whose lengthening saves most, or None.

    Edges within a side cancel in the sum of its pulls, so what crosses the cut is that sum."""
    near: list[list[tuple[int, int]]] = [[] for _ in pull]
    for i in sorted(tree):
        near[edges[i].tail].append((edges[i].head, i))
        near[edges[i].head].append((edges[i].tail, i))
    parent: list[tuple[int, int]] = [(-1, -1)] * len(pull)
    order = [0]
    for node in order:
        for other, i in near[node]:
            if i != parent[node][1]:
                parent[other] = node, i
                order.append(other)
    total = list(pull)
    worst, lowest = -1, 0
    for node in reversed(order[1:]):
        above, i = parent[node]
        total[above] += total[node]
        saved = total[node] if edges[i].tail == node else -total[node]
        if saved < lowest:
            worst, lowest = node, saved
    if worst < 0:
        return None
    side = [worst]
    for node in side:
        side += [other for other, i in near[node] if i != parent[node][1]]
    return parent[worst][1], side


def _pivot(rank: list[int], tree: set[int], edges: Sequence[Edge], leaving: int,
           side: list[int]) -> None:
    """Take an edge out of the tree and the tightest that goes the other way across in."""
    member = [False] * len(rank)
    for node in side:
        member[node] = True
    below = member[edges[leaving].head]
    crossing = [i for i, edge in enumerate(edges)
                if member[edge.tail] != member[edge.head] and member[edge.tail] == below]
    entering = min(crossing, key=lambda i: _slack(rank, edges[i]))
    shift = _slack(rank, edges[entering]) * (1 if below else -1)
    for node in side:
        rank[node] += shift
    tree.remove(leaving)
    tree.add(entering)
