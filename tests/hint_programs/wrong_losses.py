"""Slips with losses."""

from __future__ import annotations

import math

import autograd
import nn
from nn import functional as F

from .table import batch, net, steps, wrong


@wrong("cross_entropy: the input comes out of softmax", "cross_entropy(scores, target)")
def softmax_before_cross_entropy(mended):
    model, (x, y) = net(3, 3, *[] if mended else [nn.Softmax(dim=1)]), batch()
    criterion = nn.CrossEntropyLoss()
    for _ in range(3):
        criterion(model(x), y).backward()  # HINT


@wrong("cross_entropy: the input comes out of softmax", "pass the scores before softmax")
def softmax_then_reshaped(mended):
    x = autograd.randn(2, 4, 3, requires_grad=True)
    scores = x if mended else x.softmax(-1)
    F.cross_entropy(scores.view(8, 3), autograd.zeros(8).long())  # HINT


@wrong("cross_entropy: the input comes out of sigmoid",
       "binary_cross_entropy_with_logits(scores, target)")
def sigmoid_before_cross_entropy(mended):
    model, (x, y) = net(), batch()
    scores = model(x) if mended else model(x).sigmoid()
    F.cross_entropy(scores, y).backward()  # HINT


@wrong("binary_cross_entropy_with_logits: the input comes out of sigmoid",
       "binary_cross_entropy_with_logits(scores, target)")
def sigmoid_before_logits(mended):
    model, (x, y) = net(3, 1, *[] if mended else [nn.Sigmoid()]), batch(2)
    nn.BCEWithLogitsLoss()(model(x).squeeze(1), y.float()).backward()  # HINT


@wrong("binary_cross_entropy_with_logits: the input comes out of softmax",
       "cross_entropy(scores, target.argmax(1))")
def softmax_before_logits(mended):
    model, (x, y) = net(), batch()
    scores = model(x) if mended else F.softmax(model(x), dim=1)
    F.binary_cross_entropy_with_logits(scores, F.one_hot(y, 3).float())  # HINT


@wrong("nll_loss: the input comes out of softmax", "log_softmax(scores, dim=1)")
def softmax_before_nll(mended):
    model, (x, y) = net(3, 3, nn.LogSoftmax(dim=1) if mended else nn.Softmax(dim=1)), batch()
    nn.NLLLoss()(model(x), y).backward()  # HINT


@wrong("nll_loss: the input comes out of linear", "cross_entropy(scores, target)")
def scores_for_nll(mended):
    model, (x, y) = net(), batch()
    F.nll_loss(model(x).log_softmax(1) if mended else model(x), y).backward()  # HINT


@wrong("nll_loss: the input comes out of convolution", "log_softmax(scores, dim=1)")
def maps_for_nll(mended):
    scores = nn.Conv2d(1, 3, 1)(autograd.randn(2, 1, 4, 4))
    F.nll_loss(scores.log_softmax(1) if mended else scores,  # HINT
               autograd.zeros(2, 4, 4).long())


@wrong("kl_div: the input comes out of softmax", "log_softmax(scores, dim=1)")
def probabilities_for_kl(mended):
    model, (x, _) = net(), batch()
    given = F.log_softmax(model(x), 1) if mended else F.softmax(model(x), 1)
    F.kl_div(given, autograd.full((8, 3), 1 / 3), reduction="batchmean").backward()  # HINT


@wrong("poisson_nll_loss: the input comes out of exp", "log_input=False")
def rate_for_poisson(mended):
    model, (x, y) = net(3, 1), batch()
    F.poisson_nll_loss(model(x).exp(), y.float().unsqueeze(1), log_input=not mended)  # HINT


@wrong("cross_entropy: input (8, 1) has one class", "always 0",
       "binary_cross_entropy_with_logits(scores, target.float())")
def one_class(mended):
    model, (x, _) = net(3, 2 if mended else 1), batch()
    nn.CrossEntropyLoss()(model(x), autograd.zeros(8).long()).backward()  # HINT


@wrong("each output with every target", "(8, 1) - (8,) is (8, 8)", "output.squeeze(1) - target")
def squares_of_all_pairs(mended):
    model, (x, y) = net(3, 1), batch()
    output = model(x).squeeze(1) if mended else model(x)
    ((output - y) ** 2).mean().backward()  # HINT


@wrong("each output with every target", "mse_loss")
def distances_of_all_pairs(mended):
    model, (x, y) = net(3, 1), batch()
    (y - (model(x).squeeze(1) if mended else model(x))).abs().sum().backward()  # HINT


@wrong("SGD.step: the loss whose backward() was called at", "table.py:", "is NaN",
       "autograd.why(parameter, lambda: criterion(model(x), y))", ".clamp(min=1e-8)")
def nan_loss(mended):
    model, (x, y) = net(), batch()
    x[0, 0] = 1.0 if mended else math.nan
    steps(model, lambda: F.cross_entropy(model(x), y))
