"""The steps of a layout: rows, few crossings, places in a row, ports."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import numpy as np
import pytest

from autograd.viz.columns import columns
from autograd.viz.order import crossings, ordered
from autograd.viz.ranks import Edge, ranks
from autograd.viz.routes import spread

# ---- rows -----------------------------------------------------------------------------------


def random_edges(rng: random.Random, count: int, extra: int) -> list[Edge]:
    """A connected graph without circles: a tree, and edges beside it."""
    pairs = [(rng.randrange(i), i) for i in range(1, count)]
    pairs += [tuple(sorted(rng.sample(range(count), 2))) for _ in range(extra)]
    name = rng.sample(range(count), count)
    return [Edge(name[a], name[b], rng.choice([1, 8]), rng.choice([1, 1, 2])) for a, b in pairs]


def cost(edges: list[Edge], rank) -> float:
    return sum(e.weight * (rank[e.head] - rank[e.tail]) for e in edges)


@pytest.mark.parametrize("seed", range(40))
def test_rows_are_the_shortest(seed):
    """Against linear programming, whose corners are whole numbers here."""
    from scipy.optimize import linprog

    rng = random.Random(seed)
    count = rng.randrange(2, 30)
    edges = random_edges(rng, count, rng.randrange(0, 20))
    objective, rows = np.zeros(count), np.zeros((len(edges), count))
    for row, edge in zip(rows, edges, strict=True):
        objective[edge.head] += edge.weight
        objective[edge.tail] -= edge.weight
        row[edge.tail], row[edge.head] = 1, -1
    best = linprog(objective, A_ub=rows, b_ub=[-e.length for e in edges], bounds=(0, None))
    found = ranks(count, edges)
    assert all(found[e.head] - found[e.tail] >= e.length for e in edges)
    assert cost(edges, found) == pytest.approx(best.fun) and min(found) == 0


def test_a_leaf_stands_right_above_its_use():
    chain = [Edge(i, i + 1, 8) for i in range(5)]
    assert ranks(7, [*chain, Edge(6, 4)]) == [0, 1, 2, 3, 4, 5, 3]


# ---- crossings ------------------------------------------------------------------------------


def neighbours(rows, pairs):
    count = sum(map(len, rows))
    up, down = [[] for _ in range(count)], [[] for _ in range(count)]
    for a, b in pairs:
        down[a].append(b)
        up[b].append(a)
    return up, down


def counted(rows, pairs) -> int:
    place = {node: i for row in rows for i, node in enumerate(row)}
    row_of = {node: r for r, row in enumerate(rows) for node in row}
    return sum(row_of[a] == row_of[c] and (place[a] - place[c]) * (place[b] - place[d]) < 0
               for (a, b), (c, d) in combinations(pairs, 2))


@pytest.mark.parametrize("seed", range(20))
def test_crossings_are_counted(seed):
    rng = random.Random(seed)
    rows = [list(range(0, 5)), list(range(5, 12)), list(range(12, 15))]
    pairs = [(rng.choice(upper), rng.choice(lower)) for upper, lower in pairwise(rows)
             for _ in range(rng.randrange(1, 12))]
    up, down = neighbours(rows, pairs)
    assert crossings(rows, down) == counted(rows, pairs)
    found = ordered(rows, up, down)
    assert [sorted(row) for row in found] == rows
    assert crossings(found, down) <= crossings(rows, down)


def complete(m: int, n: int):
    return [list(range(m)), list(range(m, m + n))], [(a, m + b) for a in range(m) for b in range(n)]


def shuffled_ladder(seed: int):
    """Two chains side by side, each row shuffled."""
    rows = [[2 * i, 2 * i + 1] for i in range(30)]
    pairs = [(a, a + 2) for a in range(58)] + [(2 * i, 2 * i + 3) for i in range(29)]
    rng = random.Random(seed)
    return [rng.sample(row, 2) for row in rows], pairs


def shuffled_tree(seed: int):
    """A binary tree of 63 nodes, each row shuffled."""
    rng = random.Random(seed)
    rows = [rng.sample(range(2 ** d - 1, 2 ** (d + 1) - 1), 2 ** d) for d in range(6)]
    return rows, [((i - 1) // 2, i) for i in range(1, 63)]


@pytest.mark.parametrize("graph, fewest", [
    (complete(2, 2), 1), (complete(3, 3), 9), (complete(3, 4), 18), (complete(1, 9), 0),
    *[(shuffled_ladder(seed), 0) for seed in range(5)],
    *[(shuffled_tree(seed), 0) for seed in range(5)],
], ids=str)
def test_no_more_crossings_than_the_graph_has(graph, fewest):
    rows, pairs = graph
    up, down = neighbours(rows, pairs)
    assert counted(ordered(rows, up, down), pairs) == fewest


# ---- places in a row ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_neighbours_keep_their_order_and_distance(seed):
    rng = random.Random(seed)
    rows = [list(range(0, 6)), list(range(6, 9)), list(range(9, 17))]
    pairs = [(rng.choice(a), rng.choice(b)) for a, b in pairwise(rows) for _ in range(9)]
    width = [rng.uniform(1, 50) for _ in range(17)]
    x = columns(rows, *neighbours(rows, pairs), lambda a, b: 1 + (a + b) % 3,
                lambda a, b: (width[a] + width[b]) / 2)
    for row in rows:
        for a, b in pairwise(row):
            assert x[b] - x[a] >= (width[a] + width[b]) / 2 - 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_spread_is_the_nearest(seed):
    """Against a quadratic program."""
    from scipy.optimize import minimize

    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 7))
    wished, weights = np.sort(rng.normal(0, 10, n)), rng.uniform(0.5, 8, n)
    found = np.array(spread(wished, weights, 4.0, 15.0))
    bounds = [{"type": "ineq", "fun": lambda x: np.diff(x) - 4.0}] if n > 1 else []
    best = minimize(lambda x: (weights * (x - wished) ** 2).sum(), np.arange(n) * 4.0 - 8,
                    bounds=[(-15, 15)] * n, constraints=bounds, method="SLSQP")
    assert (weights * (found - wished) ** 2).sum() <= best.fun + 1e-3
    assert np.all(np.diff(found) >= 4.0 - 1e-9) and np.all(np.abs(found) <= 15 + 1e-9)
