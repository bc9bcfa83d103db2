"""Compiles the kernels that networks usually need, by taking one step of small networks that use
them: `python -m autograd warmup`.  What a program needs besides is compiled when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module

from tqdm import tqdm

from . import creation, kernels, sampling

ACTIVATIONS = ("ReLU", "LeakyReLU", "PReLU", "ELU", "SELU", "SiLU", "GELU", "Mish", "Hardswish",
               "Hardtanh", "Sigmoid", "Tanh", "Softplus", "LogSigmoid", "Dropout")  # fmt: skip
LOSSES = ("MSELoss", "L1Loss", "HuberLoss", "SmoothL1Loss", "BCEWithLogitsLoss")
OPTIMIZERS = {"SGD": {"lr": 0.1, "momentum": 0.9}, "Adam": {}, "AdamW": {}, "NAdam": {},
              "RAdam": {}, "Adamax": {}, "RMSprop": {}, "Adagrad": {}, "Adadelta": {},
              "ASGD": {}, "Rprop": {}}  # fmt: skip


def warm_up() -> None:
    """Take a step of each, under a bar of progress; on a machine without Numba nothing is done."""
    if kernels.tier() != "numba":
        print("NumPy's kernels are in use: there is nothing to compile")
        return
    with tqdm(steps().items(), desc="compiling", dynamic_ncols=True) as bar:
        for name, step in bar:
            bar.set_postfix_str(name)
            kernels.compiled_by(step)


def steps() -> dict[str, Callable[[], None]]:
    """name -> a step that uses it."""
    nn, optim = import_module("nn"), import_module("optim")
    wide = lambda: sampling.randn(128, 256)  # noqa: E731
    images = lambda channels=32: sampling.randn(16, channels, 28, 28)  # noqa: E731
    layers: dict[str, tuple] = {
        "Linear": (nn.Linear(256, 256), wide),
        "Conv2d 5x5": (nn.Conv2d(1, 8, 5, padding=2), lambda: images(1)),
        "Conv2d 3x3": (nn.Conv2d(32, 64, 3, padding=1), images),
        "Conv2d 1x1": (nn.Conv2d(32, 64, 1), images),
        "Conv2d 3x3, stride 2": (nn.Conv2d(32, 64, 3, stride=2, padding=1), images),
        "Conv2d depthwise": (nn.Conv2d(32, 32, 3, padding=1, groups=32), images),
        "MaxPool2d": (nn.MaxPool2d(2), images),
        "AvgPool2d": (nn.AvgPool2d(2), images),
        "AdaptiveAvgPool2d": (nn.AdaptiveAvgPool2d(1), images),
        "BatchNorm1d": (nn.BatchNorm1d(256), wide),
        "BatchNorm2d": (nn.BatchNorm2d(32), images),
        "GroupNorm": (nn.GroupNorm(4, 32), images),
        "LayerNorm": (nn.LayerNorm(256), wide),
        "Softmax": (nn.Softmax(1), wide),
        "LogSoftmax": (nn.LogSoftmax(1), wide),
        "LSTM": (_First(nn.LSTM(64, 128, batch_first=True)), lambda: sampling.randn(32, 8, 64)),
        "GRU": (_First(nn.GRU(64, 128, batch_first=True)), lambda: sampling.randn(32, 8, 64)),
        "RNN": (_First(nn.RNN(64, 128, batch_first=True)), lambda: sampling.randn(32, 8, 64)),
        "TransformerEncoderLayer": (nn.TransformerEncoderLayer(128, 4, 512, batch_first=True),
                                    lambda: sampling.randn(12, 64, 128)),
        **{name: (getattr(nn, name)(), wide) for name in ACTIVATIONS},
    }
    found: dict[str, Callable[[], None]] = {
        name: partial(_forth_and_back, *layer) for name, layer in layers.items()}
    targets = lambda: sampling.rand(128, 256)  # noqa: E731
    classes = lambda: sampling.randint(0, 256, (128,))  # noqa: E731
    for name in LOSSES:
        found[name] = partial(_lost, getattr(nn, name)(), targets)
    found["CrossEntropyLoss"] = partial(_lost, nn.CrossEntropyLoss(), classes)
    found["Embedding"] = lambda: nn.Embedding(100, 64)(
        sampling.randint(0, 100, (64, 32))).sum().backward()
    for name, options in OPTIMIZERS.items():
        found[name] = partial(_optimized, getattr(optim, name), options)
    return found


class _First:
    """A layer of several results, of which the first one counts."""

    def __init__(self, layer):
        self.layer = layer

    def __call__(self, x):
        return self.layer(x)[0]


def _forth_and_back(module, make) -> None:
    x = make()
    x.requires_grad = True
    (module(x) * 2.0 + x.sum()).sum().backward()


def _lost(loss, make) -> None:
    loss(sampling.randn(128, 256, requires_grad=True), make()).backward()


def _optimized(make, options) -> None:
    parameter = creation.zeros(300, 300, requires_grad=True)
    (parameter * 2.0).sum().backward()
    make([parameter], **options).step()
