"""Right programs that keep graphs or walk them twice."""

from __future__ import annotations

import autograd
import nn
import optim
from nn import functional as F

from .table import STEPS, batch, net, right, trained


@right
def graph_walked_twice_on_purpose():
    model, (x, y) = net(), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        scores = model(x)
        F.cross_entropy(scores, y).backward(retain_graph=True)
        scores.square().mean().backward()
        optimizer.step()


@right
def learning_to_learn():
    model, (x, y) = net(), batch()
    names = [name for name, _ in model.named_parameters()]

    def loss():
        inner = F.cross_entropy(model(x), y)
        slopes = autograd.grad(inner, list(model.parameters()), create_graph=True)
        fast = {name: p - 0.1 * g for name, p, g in zip(names, model.parameters(), slopes,
                                                       strict=True)}
        return F.cross_entropy(autograd.func.functional_call(model, fast, (x,)), y)

    trained(model, loss)


@right
def unrolled_with_detach():
    cell, head = nn.GRUCell(3, 4), nn.Linear(4, 3)
    model, (x, y), hidden = nn.ModuleList([cell, head]), batch(), autograd.zeros(8, 4)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for length in range(1, STEPS):
        hidden, loss = hidden.detach(), 0
        for _ in range(length % 5 + 1):
            hidden = cell(x, hidden)
            loss = loss + F.cross_entropy(head(hidden), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@right
def losses_of_a_sequence_summed():
    model, (x, y) = net(), batch()

    def loss():
        total = 0
        for _ in range(STEPS):
            total += F.cross_entropy(model(x), y)
        return total / STEPS

    trained(model, loss)
