"""A denoising diffusion model: a spiral out of pure noise, in a hundred small steps.

    python examples/diffusion.py

Forward, noise is mixed in until nothing is left: with a_t = (1 - b_1) ... (1 - b_t),

    x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) e,      e ~ N(0, 1)

A network learns to name the noise, min E|e - e(x_t, t)|^2. Backward, each step takes a bit away:

    x_{t-1} = (x_t - b_t / sqrt(1 - a_t) e(x_t, t)) / sqrt(1 - b_t) + sqrt(b_t) z,      z ~ N(0, 1)

Reference: J. Ho, A. Jain, P. Abbeel, Denoising diffusion probabilistic models, 2020.
"""

import math
import sys

import numpy as np
from lesson import COLORS, lesson, sound, track

import autograd
import nn
import optim
from nn import functional as F

TIMES, BATCH, WAVES = 100, 512, 4
SHOWN = (100, 60, 30, 15, 5, 0)


def data(count: int):
    """Points along a spiral, (count, 2)."""
    angle = (0.5 + 4 * autograd.rand(count).sqrt()) * math.pi
    points = autograd.stack([angle * angle.cos(), angle * angle.sin()], 1) / 7
    return points + 0.02 * autograd.randn(count, 2)


class Noise(nn.Module):
    """Names the noise in x at time t, from sines and cosines of both: a network of x and t alone
    learns what changes fast last.  Shape: (N, 2), (N) -> (N, 2)."""

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.waves = nn.Buffer(2.0 ** autograd.arange(WAVES) * math.pi / 2)
        self.layers = nn.Sequential(
            nn.Linear(3 + 6 * WAVES, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(),
            nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 2))

    def forward(self, x, t):
        place = autograd.cat([x, t.unsqueeze(1) / TIMES], 1)
        phase = (place.unsqueeze(2) * self.waves).flatten(1)  # (N, 3) -> (N, 3 WAVES)
        return self.layers(autograd.cat([place, phase.sin(), phase.cos()], 1))


def schedule():
    """b_t and a_t for t = 1 to TIMES (index t - 1)."""
    b = autograd.linspace(1e-4, 0.12, TIMES)
    return b, (1 - b).cumprod(0)


def reverse(model: Noise, count: int) -> dict[int, np.ndarray]:
    """Samples on their way back, at the times SHOWN."""
    b, a = schedule()
    x = autograd.randn(count, 2)
    way = {TIMES: x.numpy()}
    with autograd.no_grad():
        for t in range(TIMES, 0, -1):
            beta, rest = b[t - 1].item(), 1 - a[t - 1].item()
            noise = model(x, autograd.full((count,), float(t)))
            x = (x - beta / math.sqrt(rest) * noise) / math.sqrt(1 - beta)
            if t > 1:
                x = x + math.sqrt(beta) * autograd.randn(count, 2)
            way[t - 1] = x.numpy()
    sound("samples", x, count, 2)
    return {t: way[t] for t in SHOWN}


def nearest(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How far from each point the nearest of the others is."""
    return np.sqrt(((points[:, None] - others) ** 2).sum(2).min(1))


def teach(args):
    model, (_, a) = Noise(), schedule()
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    decay = optim.lr_scheduler.CosineAnnealingLR(optimizer, args.steps)
    for _ in track(args.steps):
        x, noise = data(BATCH), autograd.randn(BATCH, 2)
        t = autograd.randint(1, TIMES + 1, (BATCH,))
        kept = a[t - 1].unsqueeze(1)
        loss = F.mse_loss(model(kept.sqrt() * x + (1 - kept).sqrt() * noise, t.float()), noise)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        decay.step()
    way, real = reverse(model, 1000), data(1000).numpy()
    print(f"the last loss is {loss.item():.3f}; distances to the nearest of 1,000 fresh points of "
          "the data (median, 95 %):")
    for name, points in (("data", data(1000).numpy()), ("samples", way[0]), ("noise", way[TIMES])):
        print(f"  {name:8}" + "".join(f"{q:8.3f}" for q in
                                      np.quantile(nearest(points, real), [0.5, 0.95])))
    print(f"{(nearest(real, way[0]) < 0.1).mean():.1%} of the data has a sample within 0.1")
    return way, real


def draw(result, figure) -> None:
    way, real = result
    panels = figure.subplots(1, len(way) + 1, sharex=True, sharey=True)
    for axes, (t, points) in zip(panels, way.items(), strict=False):
        axes.scatter(*points.T, s=2, color=COLORS[1])
        axes.set_title(f"t = {t}", fontsize=10)
    panels[-1].scatter(*real.T, s=2, color=COLORS[0])
    panels[-1].set_title("the data", fontsize=10)
    for axes in panels:
        axes.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal")


def main(argv: list[str] | None = None) -> int:
    return lesson(__doc__, teach, draw, argv, steps=6000, size=(14, 2.6))


if __name__ == "__main__":
    sys.exit(main())
