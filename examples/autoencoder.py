"""Autoencoders: an image through a bottleneck of two numbers, and back.

    python examples/autoencoder.py                      # the 8x8 digits of the package
    python examples/autoencoder.py --root FOLDER        # MNIST

An autoencoder learns to give back what it gets, min |x - d(c(x))|^2, so that the code c(x) keeps
what matters. With a linear c and d it finds the plane of the first principal components; deep ones
bend the plane. A stacked autoencoder grows layer by layer: layer k is an autoencoder of its own
that reads the codes of layer k - 1 (greedy pretraining), and in the end all layers are trained
together (fine tuning). This is how deep networks were first trained; with the starting weights and
the optimizers of today, training them at once comes close.

References: G. Hinton, R. Salakhutdinov, Reducing the dimensionality of data with neural networks,
2006; Y. Bengio et al., Greedy layer-wise training of deep networks, 2007.
"""

import sys

import numpy as np
from lesson import batch, images, lesson, show, sound, track

import autograd
import nn
import optim
from nn import functional as F

SIZES = (128, 64, 32, 2)  # of the codes, layer by layer


class Autoencoder(nn.Module):
    """c and d of one layer or of many.  Shape: (N, inputs) -> (N, inputs)."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, x):
        return self.decoder(self.encoder(x))


def linear(inputs: int) -> Autoencoder:
    return Autoencoder(nn.Linear(inputs, SIZES[-1]), nn.Linear(SIZES[-1], inputs))


def layers(inputs: int) -> list[Autoencoder]:
    """One autoencoder for each layer; codes go through tanh but for the last, and what a layer
    gives back has the range of what it read."""
    made = []
    for size in SIZES:
        bend = nn.Identity() if size == SIZES[-1] else nn.Tanh()
        back = nn.Sigmoid() if not made else nn.Tanh()
        made.append(Autoencoder(nn.Sequential(nn.Linear(inputs, size), bend),
                                nn.Sequential(nn.Linear(size, inputs), back)))
        inputs = size
    return made


def stack(parts: list[Autoencoder]) -> Autoencoder:
    """All of them, one inside of the other; they share the layers."""
    return Autoencoder(nn.Sequential(*[part.encoder for part in parts]),
                       nn.Sequential(*[part.decoder for part in reversed(parts)]))


def fit(model: Autoencoder, x, steps: int, title: str) -> None:
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in track(steps, title):
        seen = batch(x, 128)
        loss = F.mse_loss(model(seen), seen)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def pretrain(parts: list[Autoencoder], x, steps: int) -> None:
    """Layer after layer, each on the codes of those before it."""
    for number, part in enumerate(parts, 1):
        fit(part, x, steps, f"layer {number}")
        with autograd.no_grad():
            x = part.encoder(x)


def look(name: str, model: Autoencoder, x):
    """Print the error on held-out images; what comes back, and the codes."""
    with autograd.no_grad():
        codes = sound("codes", model.encoder(x), len(x), SIZES[-1])
        back = sound("images", model.decoder(codes), *x.shape)
    print(f"{name:26} held-out error of a pixel {F.mse_loss(back, x).item():.4f}")
    return back.numpy(), codes.numpy()


def components(x, unseen) -> float:
    """The error of a pixel behind the best plane, that of the first two principal components."""
    mean = x.numpy().mean(0)
    axes = np.linalg.svd(x.numpy()[:4000] - mean, full_matrices=False)[2][:SIZES[-1]]
    rest = unseen.numpy() - mean
    return float(((rest - rest @ axes.T @ axes) ** 2).mean())


def teach(args):
    (pixels, _), (unseen, labels) = images(args.root), images(args.root, train=False)
    shape = unseen.shape
    x, unseen = pixels.flatten(1), unseen.flatten(1)
    flat, parts, plain = linear(x.shape[1]), layers(x.shape[1]), stack(layers(x.shape[1]))
    views = {}
    fit(flat, x, args.steps, "linear")
    views["linear"] = look("linear", flat, unseen)
    print(f"{'(principal components)':46} {components(x, unseen):.4f}")
    fit(plain, x, args.steps, "deep")
    views["deep, at once"] = look("deep, at once", plain, unseen)
    pretrain(parts, x, args.steps)
    stacked = stack(parts)
    views["stacked"] = look("stacked, before fine tuning", stacked, unseen)
    fit(stacked, x, args.steps, "fine tuning")
    views["stacked, fine-tuned"] = look("stacked, fine-tuned", stacked, unseen)
    return unseen.reshape(shape).numpy(), labels.numpy(), views


def draw(result, figure) -> None:
    originals, labels, views = result
    shown = np.concatenate([np.flatnonzero(labels == k)[:2] for k in range(10)])
    upper, lower = figure.subfigures(2, 1, height_ratios=[1, 1.5])
    rows = upper.subplots(len(views) + 1, 1)
    show(rows[0], originals[shown], 20, "held-out images")
    columns = lower.subplots(1, len(views))
    for row, column, (name, (back, codes)) in zip(rows[1:], columns, views.items(), strict=True):
        show(row, back.reshape(originals.shape)[shown], 20, name, vmin=0, vmax=1)
        column.set_title(f"codes: {name}", fontsize=10)
        points = column.scatter(*codes.T, c=labels, s=5, cmap="tab10", vmin=-0.5, vmax=9.5)
    lower.colorbar(points, ax=columns, ticks=np.arange(10), label="class")


def main(argv: list[str] | None = None) -> int:
    return lesson(__doc__, teach, draw, argv, steps=2000, size=(13, 8),
                  root="the folder of MNIST's files (default: the digits of the package)")


if __name__ == "__main__":
    sys.exit(main())
