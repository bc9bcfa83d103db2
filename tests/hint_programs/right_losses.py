"""Right programs with an activation before a loss."""

from __future__ import annotations

import math

import autograd
import nn
from nn import functional as F

from .table import batch, net, right, trained


@right
def shared_weights():
    model, x = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3)), autograd.randn(4, 3)
    model[2].weight = model[0].weight
    trained(model, lambda: F.mse_loss(model(x), x))


@right
def log_softmax_and_nll():
    model, (x, y) = net(3, 3, nn.LogSoftmax(dim=1)), batch()
    trained(model, lambda: F.nll_loss(model(x), y))


@right
def log_softmax_and_cross_entropy():
    model, (x, y) = net(3, 3, nn.LogSoftmax(dim=1)), batch()
    trained(model, lambda: F.cross_entropy(model(x), y))


@right
def logarithm_of_softmax():
    model, (x, y) = net(3, 3, nn.Softmax(dim=1)), batch()
    trained(model, lambda: F.nll_loss((model(x) + 1e-8).log(), y))


@right
def probabilities_as_targets():
    model, (x, y) = net(), batch()
    smooth = F.one_hot(y, 3).float() * 0.9 + 0.1 / 3
    trained(model, lambda: F.cross_entropy(model(x), smooth))
    trained(model, lambda: F.cross_entropy(model(x), y, label_smoothing=0.1))


@right
def targets_that_come_out_of_softmax():
    model, other, (x, _) = net(), net(), batch()
    trained(model, lambda: F.cross_entropy(model(x), other(x).softmax(1).detach()))


@right
def attention_before_cross_entropy():
    layer, head, (x, y) = nn.Linear(3, 3), nn.Linear(3, 3), batch()
    model = nn.ModuleList([layer, head])

    def loss():
        weights = F.softmax(layer(x) @ x.T / math.sqrt(3), dim=-1)
        return F.cross_entropy(head(weights @ x), y)

    trained(model, loss)


@right
def softmax_over_places_before_cross_entropy():
    scores = autograd.randn(2, 3, 4, 5, requires_grad=True)
    F.cross_entropy(scores.softmax(2), autograd.zeros(2, 4, 5).long()).backward()


@right
def sharpened_probabilities():
    model, (x, y) = net(3, 3, nn.Sigmoid()), batch()
    trained(model, lambda: F.cross_entropy(model(x) * 10, y))


@right
def sigmoid_and_bce():
    model, (x, y) = net(3, 1, nn.Sigmoid()), batch(2)
    trained(model, lambda: nn.BCELoss()(model(x), y.float().unsqueeze(1)))
