"""User-defined Functions that leave tensors in containers and dataclasses on ctx."""

from __future__ import annotations

from collections import OrderedDict, deque, namedtuple
from dataclasses import dataclass
from typing import Any

import pytest

import autograd
from tests.leaves import leaf

Pair = namedtuple("Pair", "how square")
class Two(list):
    """A list that is made in another way than its base."""

    def __init__(self, x, square):
        super().__init__([x, square])


@dataclass(frozen=True)
class Record:
    x: Any
    square: Any

    def __getitem__(self, index):
        return (self.x, self.square)[index]


def endless(x, square):
    things = [x, square]
    things.append(things)
    return things


class Bag(set):
    """A set whose newest member can be asked for."""

    def __getitem__(self, index):
        return next(iter(self))


CONTAINERS = {
    "list of its own kind": Two,
    "list that holds itself": endless,
    "deque": lambda x, square: deque([x, square]),
    "set": lambda x, square: Bag([square]),
    "dataclass": Record,
    "deque in a dataclass": lambda x, square: Record(x, deque([square])),
    "list": lambda x, square: [x, square],
    "tuple": lambda x, square: (None, square),
    "named tuple": lambda x, square: Pair(x, square),
    "dict": lambda x, square: {0: x, 1: square},
    "dict in order": lambda x, square: OrderedDict(((0, x), (1, square))),
    "list in a tuple in a dict": lambda x, square: {1: ([square], x)},
}


class Cube(autograd.Function):
    """x³, whose backward finds x² in a container."""

    @staticmethod
    def forward(ctx, x, how):
        square = x * x
        ctx.save_for_backward(x)
        ctx.others = CONTAINERS[how](x, square)
        return square * x

    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        square = ctx.others[1]
        while not isinstance(square, autograd.Tensor):
            square = square[0]
        return g * (x * x + 2 * square), None


@pytest.mark.parametrize("how", CONTAINERS)
def test_a_value_in_a_container_is_not_differentiated_in_silence(how):
    x = leaf(2.0)
    assert autograd.grad(Cube.apply(x, how), x)[0].item() == 12.0
    first, = autograd.grad(Cube.apply(x, how), x, create_graph=True)
    assert first.item() == 12.0
    with pytest.raises(RuntimeError, match="Cube: its backward uses a value that its forward comp"):
        first.backward()


@pytest.mark.parametrize("how", CONTAINERS)
def test_a_value_in_a_container_that_somebody_overwrites(how):
    kept = []

    class Watched(Cube):
        @staticmethod
        def forward(ctx, x, how):
            out = Cube.forward(ctx, x, how)
            kept.append(ctx.others[1])
            return out

    y = Watched.apply(leaf(2.0), how)
    square = kept[0]
    while not isinstance(square, autograd.Tensor):
        square = square[0]
    square.mul_(3)
    with pytest.raises(RuntimeError, match="Watched saved .* mul_ has since changed"):
        y.backward()


class Listed(autograd.Function):
    """x² w, whose backward finds in a list what forward was given and what it returned."""

    @staticmethod
    def forward(ctx, x, w):
        out = x * x * w
        ctx.things = [x, {"w": w, "out": out, "places": x.argsort()}]
        return out

    @staticmethod
    def backward(ctx, g):
        x, rest = ctx.things
        return g * (x * rest["w"] + rest["out"] / x), None


def test_inputs_and_outputs_in_a_container_are_differentiated():
    x, w = leaf(2.0), autograd.tensor([3.0], dtype=autograd.float64)
    first, = autograd.grad(Listed.apply(x, w), x, create_graph=True)
    assert first.item() == 12.0 and autograd.grad(first, x)[0].item() == pytest.approx(6.0)


def test_an_input_in_a_container_that_somebody_overwrites():
    x, w = leaf(2.0), autograd.tensor([3.0], dtype=autograd.float64)
    y = Listed.apply(x, w)
    w.mul_(3)
    with pytest.raises(RuntimeError, match="Listed saved a tensor .* mul_ has since changed"):
        y.backward()


def test_a_container_that_holds_itself():
    class Round(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.things = [x]
            ctx.things.append(ctx.things)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return g * 2 * ctx.things[1][0]

    x = leaf(3.0)
    first, = autograd.grad(Round.apply(x), x, create_graph=True)
    assert first.item() == 6.0 and autograd.grad(first, x)[0].item() == 2.0


@pytest.mark.parametrize("inputs", [(), (1.0,)])
def test_a_function_that_is_called_names_apply(inputs):
    class Same(autograd.Function):
        pass

    with pytest.raises(TypeError, match=r"Same is not called: write Same\.apply\(\*inputs\)"):
        Same(*inputs)
