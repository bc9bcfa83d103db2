"""A graph convolution finds the two camps of a karate club, from one known member of each.

    python examples/graph.py

Each layer takes a mean of a node and its neighbours, weighted by degrees, then a linear map:

    X' = s(A^ X W),     A^ = D^(-1/2) (A + I) D^(-1/2)

A^ is never made: every edge carries its part of X from one end to the other, and index_add sums
what arrives. Nothing is known of a member but the friendships; only the two heads are labelled.

References: T. Kipf, M. Welling, Semi-supervised classification with graph convolutional networks,
2017; W. Zachary, An information flow model for conflict and fission in small groups, 1977.
"""

import sys

import numpy as np
from lesson import COLORS, lesson, sound, track

import autograd
import nn
import optim
from nn import functional as F

# Friends of each member with a higher number; members count from 1.
FRIENDS = {
    1: (2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 18, 20, 22, 32), 2: (3, 4, 8, 14, 18, 20, 22, 31),
    3: (4, 8, 9, 10, 14, 28, 29, 33), 4: (8, 13, 14), 5: (7, 11), 6: (7, 11, 17), 7: (17,),
    9: (31, 33, 34), 10: (34,), 14: (34,), 15: (33, 34), 16: (33, 34), 19: (33, 34), 20: (34,),
    21: (33, 34), 23: (33, 34), 24: (26, 28, 30, 33, 34), 25: (26, 28, 32), 26: (32,), 27: (30, 34),
    28: (34,), 29: (32, 34), 30: (33, 34), 31: (33, 34), 32: (33, 34), 33: (34,)}
MEMBERS, HEADS = 34, (1, 34)
WITH_FIRST = (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 17, 18, 20, 22)  # after the club split


class GraphConvolution(nn.Module):
    """A^ X W + b.  Shape: X (nodes, inputs) -> (nodes, outputs)."""

    def __init__(self, inputs: int, outputs: int, edges: np.ndarray) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        ends = np.concatenate([edges, edges[:, ::-1], np.arange(MEMBERS)[:, None].repeat(2, 1)])
        degree = np.bincount(ends[:, 1])  # the node itself counts too
        self.source, self.target = map(autograd.from_numpy, ends.T.copy())
        share = 1 / np.sqrt(degree[ends[:, 0]] * degree[ends[:, 1]])
        self.share = nn.Buffer(autograd.from_numpy(share.astype(np.float32)[:, None]))

    def forward(self, x):
        sent = self.share * x[self.source]  # (edges, inputs)
        return self.linear(autograd.zeros_like(x).index_add(0, self.target, sent))


class GCN(nn.Module):
    """Two layers.  Shape: (nodes, inputs) -> scores (nodes, 2)."""

    def __init__(self, inputs: int, edges: np.ndarray) -> None:
        super().__init__()
        self.first = GraphConvolution(inputs, 16, edges)
        self.second = GraphConvolution(16, 2, edges)

    def forward(self, x):
        return self.second(self.first(x).tanh())


def layout(edges: np.ndarray, steps: int) -> np.ndarray:
    """Places in the plane whose distances resemble those along the edges: min sum (|p_i - p_j| -
    d_ij)^2 / d_ij^2 by gradient descent.  Shape: (nodes, 2)."""
    distance = np.full((MEMBERS, MEMBERS), np.inf)
    distance[tuple(edges.T)] = distance[tuple(edges.T[::-1])] = 1
    for k in range(MEMBERS):  # the shortest way may pass through k
        distance = np.minimum(distance, distance[:, k:k + 1] + distance[k])
    first, second = np.triu_indices(MEMBERS, 1)
    wanted = autograd.from_numpy(distance[first, second].astype(np.float32))
    places = autograd.randn(MEMBERS, 2).requires_grad_()
    optimizer = optim.Adam([places], lr=0.05)
    for _ in track(steps, "layout"):
        stress = (((places[first] - places[second]).norm(dim=1) - wanted) / wanted).square().sum()
        optimizer.zero_grad()
        stress.backward()
        optimizer.step()
    return sound("the layout", places, MEMBERS, 2).detach().numpy()


def teach(args):
    edges = np.array([(a, b) for a, others in FRIENDS.items() for b in others]) - 1
    truth = np.array([i + 1 not in WITH_FIRST for i in range(MEMBERS)], np.int64)
    known = autograd.tensor(HEADS) - 1
    labels, x = autograd.from_numpy(truth)[known], autograd.eye(MEMBERS)
    model = GCN(MEMBERS, edges)
    optimizer = optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
    right = []
    for _ in track(args.steps):
        scores = model(x)
        loss = F.cross_entropy(scores[known], labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        right.append((scores.argmax(1).numpy() == truth).sum())
    with autograd.no_grad():
        chance = sound("the chances", model(x).softmax(1), MEMBERS, 2)[:, 1].numpy()
    wrong = np.flatnonzero((chance > 0.5) != truth) + 1
    print(f"{len(edges)} friendships; {MEMBERS - len(wrong)} of {MEMBERS} members are put into the "
          f"camp they joined" + (f", not: {', '.join(map(str, wrong))}" if len(wrong) else ""))
    return edges, truth, chance, right, layout(edges, args.steps)


def draw(result, figure) -> None:
    edges, truth, chance, right, places = result
    left, axes = figure.subplots(1, 2, width_ratios=[1, 2])
    left.plot(np.arange(1, len(right) + 1), right, color=COLORS[0])
    left.set(title="members in the right camp", xlabel="step", ylim=(0, MEMBERS + 1))
    for a, b in edges:
        axes.plot(*places[[a, b]].T, color="#cbd5e1", linewidth=0.8, zorder=0)
    borders = np.where(truth, COLORS[1], COLORS[0])
    nodes = axes.scatter(*places.T, c=chance, s=170, cmap="coolwarm", vmin=0, vmax=1,
                         edgecolors=borders, linewidths=2.5)
    for number, (place, p) in enumerate(zip(places, chance, strict=True), 1):
        axes.annotate(str(number), place, ha="center", va="center", fontsize=7,
                      color="white" if abs(p - 0.5) > 0.25 else "black",
                      fontweight="bold" if number in HEADS else None)
    figure.colorbar(nodes, ax=axes, label=f"chance of the camp of {HEADS[1]}")
    axes.set_title("fill: what the network says, border: the camp that was joined", fontsize=10)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_axis_off()


def main(argv: list[str] | None = None) -> int:
    return lesson(__doc__, teach, draw, argv, steps=300, size=(12, 6))


if __name__ == "__main__":
    sys.exit(main())
