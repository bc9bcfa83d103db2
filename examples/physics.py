"""A physics-informed network: the law of a damped oscillator is the loss, and no data is given.

    python examples/physics.py

A network u(t) is asked to obey the equation at some times, and to start as the oscillator does:

    u'' + 2 d u' + w^2 u = 0,   u(0) = 1,   u'(0) = 0
    exact:  u = exp(-d t) (cos(v t) + d/v sin(v t)),   v = sqrt(w^2 - d^2)

u' and u'' are gradients of the network in its input, taken with create_graph=True, so that the loss
made of them has a gradient in the weights: a third derivative of the network.

Reference: M. Raissi, P. Perdikaris, G. Karniadakis, Physics-informed neural networks, 2019.
"""

import sys

import numpy as np
from lesson import COLORS, lesson, sound, track

import autograd
import nn
import optim

DAMPING, FREQUENCY, END, POINTS = 1.0, 8.0, 3.0, 150


def exact(t: np.ndarray) -> np.ndarray:
    v = np.sqrt(FREQUENCY ** 2 - DAMPING ** 2)
    return np.exp(-DAMPING * t) * (np.cos(v * t) + DAMPING / v * np.sin(v * t))


def network() -> nn.Sequential:
    """u(t).  Shape: (N, 1) -> (N, 1)."""
    layers: list[nn.Module] = [nn.Linear(1, 32), nn.Tanh()]
    for _ in range(2):
        layers += [nn.Linear(32, 32), nn.Tanh()]
    model = nn.Sequential(*layers, nn.Linear(32, 1)).double()
    first = model[0]
    with autograd.no_grad():  # steep, with middles all over the time: not a straight line
        nn.init.uniform_(first.weight, -5, 5)
        first.bias.copy_(-first.weight[:, 0] * autograd.linspace(0, END, len(first.bias)))
    return model


def derivative(values, t):
    """d values / d t, each of its own t.  Shape: (N, 1), (N, 1) -> (N, 1)."""
    return autograd.grad(values.sum(), t, create_graph=True)[0]


def residual(model, t):
    """What is left of the equation at t, in units of w^2."""
    u = model(t)
    speed = derivative(u, t)
    return derivative(speed, t) / FREQUENCY ** 2 + 2 * DAMPING / FREQUENCY ** 2 * speed + u


def loss_of(model, t, start):
    u = model(start)
    beginning = (u - 1).square() + (derivative(u, start) / FREQUENCY).square()
    return residual(model, t).square().mean() + beginning.sum()


def teach(args):
    t = autograd.linspace(0, END, POINTS, dtype=autograd.float64).unsqueeze(1).requires_grad_()
    start = autograd.zeros(1, 1, dtype=autograd.float64, requires_grad=True)
    model, losses = network(), []
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    finish = optim.LBFGS(model.parameters(), max_iter=5, history_size=50, tolerance_grad=0,
                         tolerance_change=0, line_search_fn="strong_wolfe")

    def closure():
        finish.zero_grad()
        loss = loss_of(model, t, start)
        loss.backward()
        return loss

    for step in track(args.steps):
        loss = (finish if 2 * step >= args.steps else optimizer).step(closure)
        losses.append(sound("the loss", loss).item())
    times = np.linspace(0, END, 600)
    at = autograd.from_numpy(times[:, None]).requires_grad_()
    u = sound("u", model(at), 600, 1).detach().numpy()[:, 0]
    left = sound("the residual", residual(model, at), 600, 1).detach().numpy()[:, 0]
    error = np.abs(u - exact(times))
    print(f"loss {losses[-1]:.2e}, largest error of u {error.max():.2e}, of the equation "
          f"{np.abs(left).max():.2e}")
    return times, u, error, left, losses


def draw(result, figure) -> None:
    times, u, error, left, losses = result
    one, two, three = figure.subplots(1, 3)
    one.plot(times, exact(times), color="black", linewidth=5, alpha=0.25, label="exact")
    one.plot(times, u, color=COLORS[1], label="network")
    one.set(title="solution", xlabel="t", ylabel="u")
    two.plot(times, error, color=COLORS[1], label="|u - exact|")
    two.plot(times, np.abs(left), color=COLORS[0], linewidth=0.8, label="|equation|")
    two.set(title="errors", xlabel="t", yscale="log")
    three.plot(losses, color=COLORS[0])
    three.axvline(len(losses) / 2, color="black", linestyle=":", label="from Adam to L-BFGS")
    three.set(title="loss", xlabel="step", yscale="log")
    for axes in (one, two, three):
        axes.legend(frameon=False)


def main(argv: list[str] | None = None) -> int:
    return lesson(__doc__, teach, draw, argv, steps=2000, few=4, size=(13, 4))


if __name__ == "__main__":
    sys.exit(main())
