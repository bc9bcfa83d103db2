"""The tables of programs, and what they share."""

from __future__ import annotations

import autograd
import nn
import optim

STEPS = 40
WRONG: list[tuple] = []
RIGHT: list = []


def wrong(*parts: str):
    """Register a program with the parts that its hint must have: what, and the fix as code."""
    def register(program):
        WRONG.append((program, parts))
        return program

    return register


def right(program):
    RIGHT.append(program)
    return program


def net(inputs: int = 3, outputs: int = 3, *last: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, 5), nn.ReLU(), nn.Linear(5, outputs), *last)


def batch(outputs: int = 3, size: int = 8):
    return autograd.randn(size, 3), autograd.randint(0, outputs, (size,))


def steps(model, loss, count: int = 3, rate: float = 0.01, zero: bool = True):
    """Steps with a slip, in the loss or the lack of zeros."""
    optimizer = optim.SGD(model.parameters(), lr=rate)
    for _ in range(count):
        if zero:
            optimizer.zero_grad()
        loss().backward()
        optimizer.step()  # HINT


def trained(model, loss, optimizer=None, count: int = 3):
    """Steps as they ought to be."""
    optimizer = optimizer or optim.SGD(model.parameters(), lr=0.01)
    for _ in range(count):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
