"""A generative adversarial network learns eight heaps of points on a ring.

    python examples/gan.py

A generator G turns noise z into points, a discriminator D tells them from the data:

    D:  max  E[log s(D(x))] + E[log(1 - s(D(G(z))))] - g/2 E|dD(x)/dx|^2      s: the sigmoid
    G:  max  E[log s(D(G(z)))]

The last term of D's line, R1, asks D to be flat at the data: without it the two circle around each
other and G leaves heaps out. It is a gradient inside of the loss, so create_graph=True is needed.

References: I. Goodfellow et al., Generative adversarial nets, 2014; L. Mescheder, A. Geiger,
S. Nowozin, Which training methods for GANs do actually converge?, 2018.
"""

import sys

import numpy as np
from lesson import COLORS, lesson, sound, track

import autograd
import nn
import optim
from nn import functional as F

HEAPS, SPREAD, BATCH, FLATNESS, NOISE = 8, 0.05, 256, 0.05, 4
SHOWN = (20, 4, 1)  # pictures after this part of the steps


def centers() -> np.ndarray:
    angle = 2 * np.pi * np.arange(HEAPS) / HEAPS
    return np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)


def data(count: int):
    """Points of normal distributions around the centers, (count, 2)."""
    chosen = autograd.from_numpy(centers())[autograd.randint(0, HEAPS, (count,))]
    return chosen + SPREAD * autograd.randn(count, 2)


def mlp(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128),
                         nn.LeakyReLU(0.2), nn.Linear(128, outputs))


def discriminator_loss(discriminator, real, fake):
    """The negative of D's line above; log s(t) is -softplus(-t)."""
    real.requires_grad_()
    scores = discriminator(real)
    slope, = autograd.grad(scores.sum(), real, create_graph=True)
    guesses = F.softplus(-scores).mean() + F.softplus(discriminator(fake)).mean()
    return guesses + FLATNESS / 2 * slope.square().sum(1).mean()


def descend(optimizer, loss) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def sample(generator, count: int) -> np.ndarray:
    with autograd.no_grad():
        return sound("samples", generator(autograd.randn(count, NOISE)), count, 2).numpy()


def judge(points: np.ndarray) -> tuple[np.ndarray, float]:
    """The share of the points that each heap got, and the share within 4 spreads of a center."""
    distances = np.linalg.norm(points[:, None] - centers(), axis=2)
    near = distances.min(1) < 4 * SPREAD
    return np.bincount(distances.argmin(1)[near], minlength=HEAPS) / len(points), near.mean()


def teach(args):
    generator, discriminator = mlp(NOISE, 2), mlp(2, 1)
    optimizers = [optim.Adam(model.parameters(), lr=1e-3, betas=(0.5, 0.99))
                  for model in (generator, discriminator)]
    schedules = [optim.lr_scheduler.CosineAnnealingLR(one, args.steps) for one in optimizers]
    shown = {0: sample(generator, 1000)}
    for step in track(args.steps):
        fake = generator(autograd.randn(BATCH, NOISE))
        descend(optimizers[1], discriminator_loss(discriminator, data(BATCH), fake.detach()))
        descend(optimizers[0], F.softplus(-discriminator(fake)).mean())
        for schedule in schedules:
            schedule.step()
        if step + 1 in [args.steps // part for part in SHOWN]:
            shown[step + 1] = sample(generator, 1000)
    shares, near = judge(sample(generator, 10000))
    print(f"{(shares > 0.25 / HEAPS).sum()} of {HEAPS} heaps are reached, {near:.1%} of the "
          f"samples lie at one\nshares: {', '.join(f'{share:.1%}' for share in shares)}")
    side = autograd.linspace(-1.6, 1.6, 80)
    plane = autograd.stack(autograd.meshgrid(side, side, indexing="xy"), 2)
    with autograd.no_grad():
        belief = sound("D", discriminator(plane).sigmoid(), 80, 80, 1)[..., 0].numpy()
    return shown, data(1000).numpy(), belief


def draw(result, figure) -> None:
    shown, real, belief = result
    panels = figure.subplots(1, len(shown) + 1, sharex=True, sharey=True)
    for axes, (step, points) in zip(panels, shown.items(), strict=False):
        axes.scatter(*points.T, s=3, color=COLORS[1])
        axes.scatter(*centers().T, s=150, facecolors="none", edgecolors="black", linewidths=0.5)
        axes.set_title(f"G after {step:,} steps", fontsize=10)
    picture = panels[-1].imshow(belief, origin="lower", extent=(-1.6, 1.6, -1.6, 1.6), cmap="RdBu",
                                vmin=0, vmax=1)
    panels[-1].scatter(*real.T, s=1, color="black", alpha=0.4)
    panels[-1].set_title("the data, and D in the end", fontsize=10)
    figure.colorbar(picture, ax=panels[-1], label="s(D(x))", shrink=0.75)
    for axes in panels:
        axes.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), aspect="equal")


def main(argv: list[str] | None = None) -> int:
    return lesson(__doc__, teach, draw, argv, steps=6000, size=(14, 3.2))


if __name__ == "__main__":
    sys.exit(main())
