"""From left to right: an order of each row with few crossings of the lines between rows.

Sweeps down and up sort each row by the medians of its neighbours, then neighbours change places
wherever that crosses fewer lines. Then a few nodes are moved at random and it is done again, as
often as there is time for; the best order found is kept.

Reference: E. Gansner et al., A Technique for Drawing Directed Graphs, 1993, section 3.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right, insort

_SWEEPS = 24
_PATIENCE = 6  # sweeps in a row that find nothing better
_TRIALS, _WORK = 60, 10_000  # how often nodes are moved at random, and that times the nodes
Rows = list[list[int]]


def ordered(rows: Rows, up: Rows, down: Rows) -> Rows:
    """The rows with few crossings; `up` and `down` are the neighbours of each node."""
    best, fewest = _improved(_walked(rows, down, up), up, down)
    if fewest:
        other, count = _improved(_walked(rows, up, down), up, down)
        if count < fewest:
            best, fewest = other, count
    chance = random.Random(0)
    for _ in range(min(_TRIALS, _WORK // len(up))):
        if not fewest:
            break
        other, count = _improved(_disturbed(best, chance), up, down)
        if count <= fewest:
            best, fewest = other, count
    return best


def _disturbed(rows: Rows, chance: random.Random) -> Rows:
    """The rows, in every other of them a node moved."""
    rows = [list(row) for row in rows]
    for row in rows:
        if row and chance.random() < 0.5:
            row.insert(chance.randrange(len(row)), row.pop(chance.randrange(len(row))))
    return rows


def crossings(rows: Rows, down: Rows) -> int:
    """How many pairs of lines cross: those whose ends stand in opposite orders."""
    total = 0
    for upper, lower in zip(rows, rows[1:], strict=False):
        place = {node: i for i, node in enumerate(lower)}
        seen: list[int] = []
        for node in upper:
            heads = [place[head] for head in down[node]]
            total += sum(len(seen) - bisect_right(seen, head) for head in heads)
            for head in heads:
                insort(seen, head)
    return total


def _walked(rows: Rows, behind: Rows, ahead: Rows) -> Rows:
    """The rows in the order of a walk, depth first, from the nodes with nothing behind them: what
    belongs together starts side by side."""
    row_of = {node: i for i, row in enumerate(rows) for node in row}
    walked: Rows = [[] for _ in rows]
    seen: set[int] = set()
    stack = [node for row in rows for node in row if not behind[node]][::-1]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            walked[row_of[node]].append(node)
            stack += reversed(ahead[node])
    return walked


def _improved(rows: Rows, up: Rows, down: Rows) -> tuple[Rows, int]:
    """The best rows that the sweeps found, and their crossings."""
    rows = [list(row) for row in rows]
    place = {node: i for row in rows for i, node in enumerate(row)}
    best, fewest, waited = [list(row) for row in rows], crossings(rows, down), 0
    for sweep in range(_SWEEPS):
        if not fewest or waited == _PATIENCE:
            break
        going_down = sweep % 2 == 0
        for row in rows[1:] if going_down else rows[-2::-1]:
            _sort(row, place, up if going_down else down, flip=sweep % 4 > 1)
        _transpose(rows, place, up, down, flip=sweep % 4 > 1)
        count = crossings(rows, down)
        waited += 1
        if count < fewest:
            best, fewest, waited = [list(row) for row in rows], count, 0
    return best, fewest


def _sort(row: list[int], place: dict[int, int], near: Rows, flip: bool) -> None:
    """Sort a row by the medians of its neighbours; a node without any keeps its place."""
    median = {node: _median(sorted(place[other] for other in near[node]))
              for node in row if near[node]}
    # of equal ones the first stays first, or in every other pair of sweeps the last
    moving = [node for node in (reversed(row) if flip else row) if node in median]
    moving.sort(key=median.__getitem__)
    moved = iter(moving)
    row[:] = [next(moved) if node in median else node for node in row]
    for i, node in enumerate(row):
        place[node] = i


def _median(places: list[int]) -> float:
    """The middle one; between two middle ones, closer to the side where the others crowd."""
    half = len(places) // 2
    if len(places) % 2:
        return places[half]
    if len(places) == 2:
        return sum(places) / 2
    before, after = places[half - 1] - places[0], places[-1] - places[half]
    if before + after == 0:
        return (places[half - 1] + places[half]) / 2
    return (places[half - 1] * after + places[half] * before) / (before + after)


def _transpose(rows: Rows, place: dict[int, int], up: Rows, down: Rows, flip: bool) -> None:
    """Let neighbours change places while that crosses fewer lines (with `flip` also as many)."""
    changed = set(range(len(rows)))
    while changed:
        waiting, changed = sorted(changed), set()
        for r in waiting:
            row = rows[r]
            for i in range(len(row) - 1):
                left, right = row[i], row[i + 1]
                now, then = _pair(left, right, place, up, down)
                if then < now or flip and then == now > 0:
                    row[i], row[i + 1] = right, left
                    place[left], place[right] = i + 1, i
                    if then < now:
                        changed |= {s for s in (r - 1, r, r + 1) if 0 <= s < len(rows)}


def _pair(left: int, right: int, place: dict[int, int], up: Rows, down: Rows) -> tuple[int, int]:
    """The crossings of the lines of two neighbours as they stand, and the other way round."""
    now = then = 0
    for near in (up, down):
        if near[left] and near[right]:
            others = sorted(place[other] for other in near[right])
            for other in near[left]:
                mine = place[other]
                now += bisect_left(others, mine)
                then += len(others) - bisect_right(others, mine)
    return now, then
