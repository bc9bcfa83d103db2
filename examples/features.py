"""A straight line between two classes, drawn in a space of features, is a curve in the plane.

    python examples/features.py

Logistic regression gives p(x) = s(w . phi(x) + b) with s the sigmoid; its border, where
w . phi(x) + b = 0, is straight in phi. Three choices of phi: x itself; all products of powers
x1^i x2^j with i + j <= 4; radial bumps exp(-|x - c|^2 / (2 r^2)) around centers c that are samples
themselves. The loss is convex in w, so L-BFGS finds the minimum.

Reference: D. Broomhead, D. Lowe, Multivariable functional interpolation and adaptive networks,
1988.
"""

import sys

import numpy as np
from lesson import COLORS, lesson, sound, track

import autograd
import nn
import optim
from nn import functional as F

RADIUS, CENTERS, DEGREE = 0.3, 60, 4
PENALTY = 1e-4  # times |w|^2: where a border leaves no errors, w would grow for ever


def rings(count: int):
    """A disc inside a ring: (count, 2) and 0 or 1."""
    labels = autograd.arange(count) % 2
    angle = 2 * np.pi * autograd.rand(count)
    radius = 0.9 * labels + 0.15 + 0.12 * autograd.randn(count)
    return autograd.stack([radius * angle.cos(), radius * angle.sin()], 1), labels.float()


def spirals(count: int):
    """Two arms that wind around each other: (count, 2) and 0 or 1."""
    labels = autograd.arange(count) % 2
    along = autograd.rand(count).sqrt()
    angle = 2.5 * np.pi * along + np.pi * labels
    points = autograd.stack([along * angle.cos(), along * angle.sin()], 1)
    return 1.2 * points + 0.04 * autograd.randn(count, 2), labels.float()


def plain(x, centers):
    return x


def powers(x, centers):
    """x1^i x2^j for 1 <= i + j <= DEGREE.  Shape: (N, 2) -> (N, 14)."""
    return autograd.stack([x[:, 0] ** i * x[:, 1] ** (total - i)
                           for total in range(1, DEGREE + 1) for i in range(total + 1)], 1)


def bumps(x, centers):
    """exp(-|x - c|^2 / (2 r^2)) for each center.  Shape: (N, 2), (C, 2) -> (N, C)."""
    return (-(x.unsqueeze(1) - centers).square().sum(2) / (2 * RADIUS ** 2)).exp()


FEATURES = {"the plane itself": plain, f"powers up to {DEGREE}": powers, "radial bumps": bumps}
SAMPLES = {"rings": rings, "spirals": spirals}


def fit(features, labels, steps: int, title: str) -> nn.Linear:
    """The weights with the least cross entropy."""
    model = nn.Linear(features.shape[1], 1)
    optimizer = optim.LBFGS(model.parameters(), max_iter=20, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(features)[:, 0], labels)
        loss = loss + PENALTY * model.weight.square().sum()
        loss.backward()
        return loss

    for _ in track(steps, title):
        optimizer.step(closure)
    return model


def teach(args):
    side = autograd.linspace(-1.5, 1.5, 120)
    plane = autograd.stack(autograd.meshgrid(side, side, indexing="xy"), 2).reshape(-1, 2)
    panels = {}
    print(f"Held-out accuracy:\n{'':18}" + "".join(f"{name:>10}" for name in SAMPLES))
    for kind, phi in FEATURES.items():
        line = f"{kind:18}"
        for name, draw_samples in SAMPLES.items():
            autograd.manual_seed(args.seed)  # the same samples for all features
            (x, labels), (unseen, truth) = draw_samples(400), draw_samples(1000)
            centers = x[:CENTERS]
            model = fit(phi(x, centers), labels, args.steps, f"{name}, {kind}")
            with autograd.no_grad():
                right = ((model(phi(unseen, centers))[:, 0] > 0) == (truth > 0)).float().mean()
                chance = sound("p", model(phi(plane, centers)).sigmoid(), len(plane), 1)
            panels[name, kind] = x.numpy(), labels.numpy(), chance.reshape(120, 120).numpy(), right
            line += f"{right.item():10.1%}"
        print(line)
    return panels


def draw(panels, figure) -> None:
    grid = figure.subplots(len(SAMPLES), len(FEATURES))
    for axes, ((name, kind), (x, labels, chance, right)) in zip(
            grid.T.flat, panels.items(), strict=True):
        axes.imshow(chance, origin="lower", extent=(-1.5, 1.5, -1.5, 1.5), cmap="PuOr", alpha=0.5,
                    vmin=0, vmax=1)
        side = np.linspace(-1.5, 1.5, 120)
        if chance.min() < 0.5 < chance.max():
            axes.contour(side, side, chance, [0.5], colors="black")
        for label in (0, 1):
            axes.scatter(*x[labels == label].T, s=6, color=COLORS[1 - label])
        axes.set_title(f"{name}, {kind}: {right.item():.1%}", fontsize=10)
        axes.set_xticks([])
        axes.set_yticks([])


def main(argv: list[str] | None = None) -> int:
    return lesson(__doc__, teach, draw, argv, steps=10, few=1, size=(10, 7))


if __name__ == "__main__":
    sys.exit(main())
