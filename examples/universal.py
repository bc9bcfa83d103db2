"""One hidden layer approximates every continuous function, unless its activation is a polynomial.

    python examples/universal.py

The network is g(x) = C s(A x + b). For each continuous f on a bounded interval and each e > 0 there
is a width with max |f - g| <= e, if and only if s is not a polynomial. With s(x) = x^2 the sum of
any number of nodes is a parabola: it ends at the error of the best parabola, however wide it gets.

Reference: M. Leshno et al., Multilayer feedforward networks with a nonpolynomial activation
function can approximate any function, 1993.
"""

import sys

import numpy as np
from lesson import COLORS, lesson, sound, track

import autograd
import nn
import optim
from nn import functional as F

WIDTHS = (2, 4, 8, 16, 32, 64)
ACTIVATIONS = {"tanh": autograd.tanh, "ReLU": F.relu, "x^2": autograd.square}


class OneHidden(nn.Module):
    """C s(A x + b).  Shape: (N, 1) -> (N, 1)."""

    def __init__(self, width: int, activation) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(1, width), nn.Linear(width, 1)
        self.activation = activation
        with autograd.no_grad():  # the middles, A x + b = 0, lie all over the interval
            slopes = autograd.randn(width).sign() * (1 + 4 * autograd.rand(width))
            self.inner.weight.copy_(slopes.unsqueeze(1))
            self.inner.bias.copy_(slopes * autograd.linspace(-1, 1, width))

    def forward(self, x):
        return self.outer(self.activation(self.inner(x)))


def target(x: np.ndarray) -> np.ndarray:
    return np.abs(x) + 0.5 * np.sin(3 * np.pi * x)


def fit(x, y, width: int, activation, steps: int, title: str) -> np.ndarray:
    """The values of a trained network at x, as numpy."""
    model = OneHidden(width, activation)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in track(steps, title):
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with autograd.no_grad():
        return sound("the network", model(x), *y.shape).numpy()[:, 0]


def teach(args):
    points = np.linspace(-1, 1, 256)
    values = target(points)
    x, y = (autograd.from_numpy(a.astype(np.float32)[:, None]) for a in (points, values))
    parabola = np.polyval(np.polyfit(points, values, 2), points)
    fits = {(name, width): fit(x, y, width, activation, args.steps, f"{name} {width}")
            for name, activation in ACTIVATIONS.items() for width in WIDTHS}
    best = np.sqrt(np.mean((parabola - values) ** 2))
    errors = {key: np.sqrt(np.mean((g - values) ** 2)) for key, g in fits.items()}
    print("Root mean square error by width:\n" + f"{'':8}" + "".join(f"{w:>9}" for w in WIDTHS))
    for name in ACTIVATIONS:
        print(f"{name:8}" + "".join(f"{errors[name, width]:9.4f}" for width in WIDTHS))
    print(f"The best parabola has {best:.4f}: no width takes x^2 below that.")
    return points, values, fits, errors, best


def draw(result, figure) -> None:
    points, values, fits, errors, best = result
    left, right = figure.subplots(1, 2)
    left.plot(points, values, color="black", linewidth=4, alpha=0.25, label="f(x)")
    for color, name in zip(COLORS, ACTIVATIONS, strict=False):
        left.plot(points, fits[name, WIDTHS[-1]], color=color, label=name)
        right.plot(WIDTHS, [errors[name, w] for w in WIDTHS], "o-", color=color, label=name)
    left.set(title=f"{WIDTHS[-1]} hidden nodes", xlabel="x", ylabel="g(x)")
    right.axhline(best, color="black", linestyle=":", label="best parabola")
    right.set(title="error by width", xlabel="hidden nodes", ylabel="root mean square error",
              xscale="log", yscale="log", xticks=WIDTHS, xticklabels=WIDTHS)
    right.minorticks_off()
    for axes in (left, right):
        axes.legend(frameon=False)


def main(argv: list[str] | None = None) -> int:
    return lesson(__doc__, teach, draw, argv, steps=3000, size=(10, 4.5))


if __name__ == "__main__":
    sys.exit(main())
