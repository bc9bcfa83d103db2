"""Slips with modules."""

from __future__ import annotations

import autograd
import nn
import optim
from nn import functional as F

from .table import batch, net, steps, wrong


class Made(nn.Module):
    """A network that makes a layer in its forward, unless it is mended."""

    def __init__(self, mended):
        super().__init__()
        self.first, self.drop = nn.Linear(3, 4), nn.Dropout()
        self.layer = nn.Linear(4, 3) if mended else None

    def forward(self, x):
        layer = self.layer or nn.Linear(4, 3)  # HINT
        return layer(self.first(x))


@wrong("Made.forward makes a Parameter anew in each call", "self.layer = nn.Linear(...)")
def layer_made_in_forward(mended):
    model, (x, y) = Made(mended), batch()
    steps(model, lambda: F.cross_entropy(model(x), y))


class Kept(nn.Module):
    """As Made, but what is made is an attribute."""

    def __init__(self, mended):
        super().__init__()
        self.mended, self.layer = mended, nn.Linear(3, 3)

    def forward(self, x):
        if not self.mended:
            self.layer = nn.Linear(3, 3)  # HINT
        return self.layer(x)


@wrong("Kept.forward makes a Parameter anew in each call", "in __init__")
def attribute_made_in_forward(mended):
    model, (x, _) = Kept(mended), batch()
    for _ in range(6):
        model(x)


class Dropping(nn.Module):
    """A network that makes its dropout in forward."""

    def __init__(self, mended):
        super().__init__()
        self.mended = mended

    def forward(self, x):
        if self.mended:
            return F.dropout(x, 0.5, training=self.training)
        return nn.Dropout(0.5)(x)  # HINT


@wrong("Dropping.forward makes a Dropout", "F.dropout(x, p, training=self.training)")
def dropout_made_in_forward(mended):
    Dropping(mended).eval()(autograd.ones(3))


class Listed(nn.Module):
    """Layers in a list, or in a ModuleList."""

    def __init__(self, mended):
        super().__init__()
        layers = [nn.Linear(3, 3), nn.Linear(3, 3)]
        self.layers = nn.ModuleList(layers) if mended else layers
        self.last = nn.Linear(3, 3)


@wrong("Listed.layers is a plain list that holds a Linear", "Use nn.ModuleList")
def layers_in_a_list(mended):
    optim.SGD(Listed(mended).parameters(), lr=0.1)  # HINT


@wrong("Listed.layers is a plain dict that holds a Linear", "Use nn.ModuleDict")
def layers_in_a_dict(mended):
    model = Listed(True)
    layers = {"a": nn.Linear(3, 3)}
    model.layers = None
    del model.layers
    model.layers = nn.ModuleDict(layers) if mended else layers
    list(model.parameters())  # HINT


@wrong("Linear.requires_grad = False sets an attribute", "call requires_grad_(False)")
def module_frozen_by_attribute(mended):
    for layer in net()[0:1]:
        if mended:
            layer.requires_grad_(False)
        else:
            layer.requires_grad = False  # HINT


@wrong("LSTM: dropout=0.5 comes between layers, and num_layers is 1", "put nn.Dropout behind it")
def dropout_of_one_layer(mended):
    nn.LSTM(3, 4, num_layers=2 if mended else 1, dropout=0.5)  # HINT


class Deep(nn.Module):
    """Whose second layer is left out, or not."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 3), nn.Sequential(nn.Linear(3, 3), nn.ReLU())
        self.last = nn.Linear(3, 3)

    def forward(self, x):
        return self.last(self.first(x).relu())


class Deeper(Deep):
    def forward(self, x):
        return self.last(self.second(self.first(x).relu()))


@wrong("SGD.step: self.second, made in Deep.__init__, had no gradient in 50 steps",
       "x = self.second(x) in forward")
def layer_not_reached(mended):
    model, (x, y) = Deeper() if mended else Deep(), batch()
    steps(model, lambda: F.cross_entropy(model(x), y), 60)
