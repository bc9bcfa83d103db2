"""What the rows of module_rows are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd


def f(*shape) -> np.ndarray:
    """Normal float32 numbers, the same for the same shape."""
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(np.float32)


def p(*shape) -> np.ndarray:
    """Numbers between 0.1 and 0.9."""
    return np.random.default_rng(3).uniform(0.1, 0.9, shape).astype(np.float32)


def i(below: int, *shape) -> np.ndarray:
    """Integers from 0 on."""
    return np.random.default_rng(4).integers(0, below, shape)


def s(*shape) -> np.ndarray:
    """Ones of either sign."""
    return np.sign(f(*shape))


@dataclass
class Row:
    """A module's arguments, its inputs, and dicts of attributes that are changed together.

    built    arguments that only building reads, besides BUILDING
    names    attributes that are not called like their argument
    random   whether the result depends on the generator
    torch    whether PyTorch has the class, with the same behaviour after changes
    call     how the module is used, where it is not called itself
    """

    options: dict[str, Any]
    inputs: tuple[np.ndarray, ...]
    changes: tuple[dict[str, Any], ...] = ()
    built: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    random: bool = False
    torch: bool = True
    call: Any = None


def activation(*shape, **changes) -> Row:
    return Row({}, (f(*shape or (2, 4)),), (changes,) if changes else ())


def loss(*inputs, changes=(), torch=True) -> Row:
    reductions = ({"reduction": "sum"}, {"reduction": "none"})
    return Row({}, inputs, (*reductions, *changes), torch=torch)


def convolution(dims: int, **more) -> Row:
    x = f(2, 4, *(9, 8, 7)[:dims])
    changes = (
        dict(stride=2), dict(padding=1, dilation=2), dict(padding="same"),
        dict(padding="valid", dilation=2), dict(padding_mode="circular", padding=1),
        dict(padding_mode="replicate", padding=(1,) * dims),
        dict(padding_mode="reflect", padding="same"), dict(stride=(2,) * dims, padding=(1,) * dims),
    )  # fmt: skip
    return Row(dict(in_channels=4, out_channels=6, kernel_size=3), (x,), changes, {"kernel_size"},
               **more)  # fmt: skip


def transposed(dims: int) -> Row:
    changes = (dict(stride=2), dict(stride=3, output_padding=1), dict(padding=1, dilation=2),
               dict(stride=(2,) * dims, padding=(1,) * dims, output_padding=(1,) * dims))
    return Row(dict(in_channels=4, out_channels=6, kernel_size=3), (f(2, 4, *(5, 4, 3)[:dims]),),
               changes, {"kernel_size", "padding_mode"})  # fmt: skip


def batch(*shape) -> Row:
    return Row(dict(num_features=3), (f(*shape),),
               (dict(eps=0.5), dict(momentum=0.5), dict(momentum=None)),
               {"track_running_stats"})  # fmt: skip


def pads(*shape, mode=2) -> Row:
    return Row(dict(padding=1), (f(*shape),), (dict(padding=2), dict(padding=(1, 2) * mode)))


def dropping(*shape) -> Row:
    return Row({}, (f(*shape),), (dict(p=0.2), dict(p=0.7, inplace=True)), random=True)


def in_one(module, *inputs):
    """The results of a recurrent module, its states among them, in one vector."""
    def flat(result):
        return [result.flatten()] if isinstance(result, autograd.Tensor) else [
            part for inner in result for part in flat(inner)]

    return autograd.cat(flat(module(*inputs)))


def recurrent(*changes) -> Row:
    """Two layers."""
    return Row(dict(input_size=3, hidden_size=4, num_layers=2), (f(5, 5, 3),),
               (dict(batch_first=True), *changes), {"dropout"}, torch=False, call=in_one)


WEIGHT = autograd.tensor([0.5, 1.0, 2.0])
POOL = dict(kernel_size=3, stride=2, padding=1, ceil_mode=True)
SAME = dict(kernel_size=2, stride=2)
SCORES = (f(4, 3), i(3, 4))
LAYER = dict(d_model=8, nhead=2, dim_feedforward=16, dropout=0.0)
LAYERS = {*LAYER, "layer_norm_eps", "batch_first"}
