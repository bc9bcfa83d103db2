"""Boltzmann machines, restricted and deep: networks that dream digits.

    python examples/boltzmann.py                        # the 8x8 digits of the package
    python examples/boltzmann.py --root FOLDER          # MNIST

Layers of nodes that are 0 or 1, the pixels v and hidden h1 (restricted), h2 above (deep), with

    E(v, h1, h2) = -v.W1 h1 - h1.W2 h2 - biases,    p = exp(-E) / Z
    d(-log p) = <dE>_data - <dE>_model

Each layer given its neighbours is independent: p(h1 = 1) = s(v W1 + W2 h2 + bias). What the model
itself believes comes from chains that draw layer after layer and go on from step to step (PCD).
The deep machine is pretrained as two restricted ones; they read with doubled weights, for the
input of the layer that is not there yet. Then all is trained at once, <.>_data by mean field.

References: G. Hinton, Training products of experts by minimizing contrastive divergence, 2002;
T. Tieleman, Training restricted Boltzmann machines using approximations to the likelihood gradient,
2008; R. Salakhutdinov, G. Hinton, Deep Boltzmann machines, 2009.
"""

import sys

import numpy as np
from lesson import batch, images, lesson, show, sound, track

import autograd
import nn
import optim
from autograd import bernoulli

HIDDEN, CHAINS, MEAN_FIELD = (128, 64), 100, 10


class Boltzmann(nn.Module):
    """A machine with layers of these sizes, the pixels first; `gains` multiply what a layer hears
    from its neighbours.  Shape: a state is a list of (N, size), one for each layer."""

    def __init__(self, sizes: tuple[int, ...], gains: tuple[float, ...] | None = None) -> None:
        super().__init__()
        self.gains = gains or (1.0,) * len(sizes)
        self.weights = nn.ParameterList(
            [nn.Parameter(0.01 * autograd.randn(*pair)) for pair in zip(sizes, sizes[1:])])
        self.biases = nn.ParameterList([nn.Parameter(autograd.zeros(size)) for size in sizes])

    def energy(self, state):
        """E, the mean over the batch."""
        pairs = [((below @ weight) * above).sum(1)
                 for below, weight, above in zip(state, self.weights, state[1:])]
        return -sum([*pairs, *[x @ bias for x, bias in zip(state, self.biases)]]).mean()

    def chance(self, state, layer: int):
        """p(layer = 1 | its neighbours)."""
        heard = []
        if layer > 0:
            heard.append(state[layer - 1] @ self.weights[layer - 1])
        if layer < len(state) - 1:
            heard.append(state[layer + 1] @ self.weights[layer].T)
        return (self.gains[layer] * sum(heard) + self.biases[layer]).sigmoid()

    def infer(self, v):
        """The hidden layers given the pixels, as probabilities that agree with each other."""
        state = [v, *[autograd.full((len(v), len(bias)), 0.5) for bias in list(self.biases)[1:]]]
        for _ in range(1 if len(state) == 2 else MEAN_FIELD):
            for layer in range(1, len(state)):
                state[layer] = self.chance(state, layer)
        return state

    def gibbs(self, state, sweeps: int):
        """Draw every other layer, then those between, again and again."""
        state = list(state)
        for _ in range(sweeps):
            for layer in (*range(1, len(state), 2), *range(0, len(state), 2)):
                state[layer] = bernoulli(self.chance(state, layer))
        return state


def fit(model: Boltzmann, pixels, steps: int, rate: float, title: str):
    """Lower the energy of the data and lift that of the chains; returns the chains."""
    optimizer = optim.SGD(model.parameters(), lr=rate, momentum=0.5, weight_decay=1e-4)
    schedule = optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, steps)
    with autograd.no_grad():
        chains = model.infer(bernoulli(batch(pixels, CHAINS)))
    for _ in track(steps, title):
        with autograd.no_grad():
            data = model.infer(bernoulli(batch(pixels, 100)))
            chains = model.gibbs(chains, 1)
        contrast = model.energy(data) - model.energy(chains)
        optimizer.zero_grad()
        contrast.backward()
        optimizer.step()
        schedule.step()
    return chains


@autograd.no_grad()
def dream(model: Boltzmann, chains, sweeps: int):
    """What the chains see after so many more sweeps: the chance of each pixel."""
    return model.chance(model.gibbs(chains, sweeps), 0)


@autograd.no_grad()
def rebuild(model: Boltzmann, pixels) -> float:
    """The mean square error of pixels that went up to the top and came back."""
    return (model.chance(model.infer(pixels), 0) - pixels).square().mean().item()


def teach(args):
    pixels, unseen = (images(args.root, train)[0] for train in (True, False))
    shape, pixels, unseen = pixels.shape[1:], pixels.flatten(1), unseen.flatten(1)
    sizes = (pixels.shape[1], *HIDDEN)
    plain = Boltzmann(sizes[:2])
    lower, upper = Boltzmann(sizes[:2], (1.0, 2.0)), Boltzmann(sizes[1:], (2.0, 1.0))
    chains = {"restricted": fit(plain, pixels, args.steps, 0.05, "restricted")}
    fit(lower, pixels, args.steps // 2, 0.05, "lower half")
    features = lower.infer(pixels)[1].detach()
    fit(upper, features, args.steps // 2, 0.05, "upper half")
    deep = Boltzmann(sizes)
    with autograd.no_grad():
        for mine, found in zip(deep.parameters(), (
                *lower.weights, *upper.weights, *lower.biases, upper.biases[1]), strict=True):
            mine.copy_(found)
    chains["deep"], shown = fit(deep, pixels, args.steps, 0.02, "deep"), {}
    for name, model in (("restricted", plain), ("deep", deep)):
        shown[name] = dream(model, chains[name], min(args.steps, 300))
        print(f"{name:10}  held-out error of a pixel {rebuild(model, unseen):.4f}; mean pixel of "
              f"dreams {shown[name].mean().item():.3f}, of data {pixels.mean().item():.3f}")
    filters = plain.weights[0].detach().T[:100]
    return {"data": batch(pixels, 100).reshape(-1, *shape).numpy(),
            "filters of the restricted machine": filters.reshape(-1, *shape).numpy(),
            **{f"dreams, {name}": sound("dreams", x, CHAINS, sizes[0]).reshape(-1, *shape).numpy()
               for name, x in shown.items()}}


def draw(panels, figure) -> None:
    for axes, (title, pictures) in zip(figure.subplots(1, 4), panels.items(), strict=True):
        colors = {"vmin": 0, "vmax": 1}
        if "filters" in title:
            limit = np.quantile(np.abs(pictures), 0.99)
            colors = {"cmap": "RdBu", "vmin": -limit, "vmax": limit}
        show(axes, pictures, 10, title, **colors)


def main(argv: list[str] | None = None) -> int:
    return lesson(__doc__, teach, draw, argv, steps=6000, few=4, size=(14, 4),
                  root="the folder of MNIST's files (default: the digits of the package)")


if __name__ == "__main__":
    sys.exit(main())
