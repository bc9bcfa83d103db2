"""Where in its row each box stands: straight lines and no overlaps.

Nodes of successive rows are aligned in blocks, each node with the middle one of its neighbours,
and the blocks are pushed together. That is done from above and from below, from the left and from
the right; each node stands in the middle of the four places found.

Reference: U. Brandes and B. Köpf, Fast and Simple Horizontal Coordinate Assignment, 2001.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise

from .order import Rows

Weight = Callable[[int, int], float]  # of the line between two nodes: heavy ones are kept straight
Gap = Callable[[int, int], float]  # from the middle of one node to that of its right neighbour


def columns(rows: Rows, up: Rows, down: Rows, weight: Weight, gap: Gap) -> list[float]:
    """The middle of each node of the ordered rows; the neighbours are `gap` apart or more."""
    mirrored = [row[::-1] for row in rows]
    found = []
    for near, step in ((up, 1), (down, -1)):
        found.append(_packed(rows, _blocks(rows[::step], near, weight), gap))
        turned = _packed(mirrored, _blocks(mirrored[::step], near, weight),
                         lambda left, right: gap(right, left))
        found.append([-x for x in turned])
    widths = [max(places) - min(places) for places in found]
    narrowest = found[widths.index(min(widths))]
    for i, places in enumerate(found):  # those packed to the left meet at the left, others right
        end = max if i % 2 else min
        shift = end(narrowest) - end(places)
        found[i] = [x + shift for x in places]
    return [sum(sorted(four)[1:3]) / 2 for four in zip(*found, strict=True)]


def _blocks(rows: Rows, near: Rows, weight: Weight) -> list[int]:
    """The block of each node, named by its first node.  `near` leads to the row before."""
    block = list(range(len(near)))
    for before, row in pairwise(rows):
        place = {node: i for i, node in enumerate(before)}
        wishes = []
        for i, node in enumerate(row):
            for other in _middle(node, near[node], place, weight):
                wishes.append((-weight(node, other), i, place[other]))
        taken: list[tuple[int, int]] = []  # pairs of places that increase together
        for _, i, j in sorted(wishes):
            at = bisect_left(taken, (i, j))
            if ((at == 0 or taken[at - 1][0] < i and taken[at - 1][1] < j)
                    and (at == len(taken) or taken[at][0] > i and taken[at][1] > j)):
                taken.insert(at, (i, j))
                block[row[i]] = block[before[j]]
    return block


def _middle(node: int, near: Sequence[int], place: dict[int, int], weight: Weight) -> list[int]:
    """The neighbour in the middle by weight, or the two."""
    others = sorted(near, key=place.__getitem__)
    half, total = sum(weight(node, other) for other in others) / 2, 0.0
    for i, other in enumerate(others):
        total += weight(node, other)
        if total == half:
            return [other, others[i + 1]]
        if total > half:
            return [other]
    return []


def _packed(rows: Rows, block: list[int], gap: Gap) -> list[float]:
    """Blocks as far to the left as they go, then each as far right as its neighbours let it."""
    behind: dict[int, dict[int, float]] = {name: {} for name in block}  # right neighbours
    missing = dict.fromkeys(behind, 0)
    for row in rows:
        for left, right in pairwise(row):
            distances = behind[block[left]]
            if block[right] not in distances:
                missing[block[right]] += 1
            distances[block[right]] = max(distances.get(block[right], 0.0), gap(left, right))
    x = dict.fromkeys(behind, 0.0)
    order = [name for name in behind if not missing[name]]
    for name in order:
        for other, distance in behind[name].items():
            x[other] = max(x[other], x[name] + distance)
            missing[other] -= 1
            if not missing[other]:
                order.append(other)
    for name in reversed(order):
        if behind[name]:
            x[name] = min(x[other] - distance for other, distance in behind[name].items())
    return [x[name] for name in block]
