"""A variational autoencoder: digits out of two numbers drawn from a normal distribution.

    python examples/vae.py                      # the 8x8 digits that come with the package
    python examples/vae.py --root FOLDER        # MNIST

The encoder gives mean m and variance s^2 of q(z|x), the decoder the probabilities of p(x|z). They
climb a lower bound of log p(x), the ELBO:

    E_q[log p(x|z)] - KL(q(z|x) || N(0, 1)),    KL = 1/2 sum(m^2 + s^2 - 1 - log s^2)

z = m + s e with e ~ N(0, 1) makes the draw a differentiable function of m and s (the
reparametrisation), so that the gradient flows through it.

Reference: D. Kingma, M. Welling, Auto-encoding variational Bayes, 2014.
"""

import sys
from statistics import NormalDist

import numpy as np
from lesson import batch, images, lesson, show, sound, track

import autograd
import nn
import optim
from nn import functional as F

LATENT, HIDDEN, SIDE = 2, 256, 15


class VAE(nn.Module):
    """Shape: (N, pixels) -> scores (N, pixels), mean and log variance (N, 2)."""

    def __init__(self, pixels: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(pixels, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(),
            nn.Linear(HIDDEN, 2 * LATENT))
        self.decoder = nn.Sequential(
            nn.Linear(LATENT, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(),
            nn.Linear(HIDDEN, pixels))

    def forward(self, x):
        mean, log_variance = self.encoder(x).chunk(2, 1)
        z = mean + (log_variance / 2).exp() * autograd.randn_like(mean)
        return self.decoder(z), mean, log_variance


def negative_elbo(model: VAE, x):
    """What the two halves of the bound cost, in nats an image: reconstruction and KL."""
    scores, mean, log_variance = model(x)
    reconstruction = F.binary_cross_entropy_with_logits(scores, x, reduction="sum")
    kl = (mean.square() + log_variance.exp() - 1 - log_variance).sum() / 2
    return reconstruction / len(x), kl / len(x)


def teach(args):
    (pixels, _), (unseen, labels) = images(args.root), images(args.root, train=False)
    height, width = pixels.shape[1:]
    pixels, unseen = pixels.flatten(1), unseen.flatten(1)
    model = VAE(height * width)
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, args.steps)
    for _ in track(args.steps):
        loss = sum(negative_elbo(model, batch(pixels, 128)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with autograd.no_grad():
        for name, x in (("trained on", pixels[:1000]), ("held out", unseen)):
            costs = [sound("the bound", cost).item() for cost in negative_elbo(model, x)]
            print(f"{name:10}: -ELBO {sum(costs):.2f} nats an image "
                  f"(reconstruction {costs[0]:.2f}, KL {costs[1]:.2f})")
        codes = model.encoder(unseen).chunk(2, 1)[0]
        # z at the quantiles of the normal distribution: every row and column is equally likely
        places = autograd.tensor([NormalDist().inv_cdf((i + 0.5) / SIDE) for i in range(SIDE)])
        plane = autograd.stack(autograd.meshgrid(places, -places, indexing="xy"), 2)
        grid, samples = (
            sound("images", model.decoder(z).sigmoid(), len(z), height * width)
            .reshape(-1, height, width).numpy()
            for z in (plane.reshape(-1, LATENT), autograd.randn(100, LATENT)))
    return codes.numpy(), labels.numpy(), grid, samples


def draw(result, figure) -> None:
    codes, labels, grid, samples = result
    left, middle, right = figure.subplots(1, 3)
    points = left.scatter(*codes.T, c=labels, s=8, cmap="tab10", vmin=-0.5, vmax=9.5)
    figure.colorbar(points, ax=left, ticks=np.arange(10), location="left", label="class")
    left.set_title("means of q(z|x), held-out images", fontsize=10)
    left.set_aspect("equal", adjustable="datalim")
    show(middle, grid, SIDE, "p(x|z) at the quantiles of z")
    show(right, samples, 10, "p(x|z) for z drawn from N(0, 1)")


def main(argv: list[str] | None = None) -> int:
    return lesson(__doc__, teach, draw, argv, steps=3000, size=(13.5, 4.5),
                  root="the folder of MNIST's files (default: the digits of the package)")


if __name__ == "__main__":
    sys.exit(main())
