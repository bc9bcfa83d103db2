"""Programs whose data have a fault each: numbers, labels, order, splits."""

from __future__ import annotations

import math

import autograd
import data
import nn
from tests.doctor.faults import FAULTS, classifier, fault, mlp, points
from tests.doctor.sound import tensors

__all__ = ["FAULTS"]  # these among them


@fault("scale of targets", "targets", "root mean square", "y.std()")
def large_targets():
    x, _ = points()
    return classifier(mlp(classes=1), tensors(x, 1e4 * x[:, :1]), nn.MSELoss())


@fault("scale of inputs", "1", "whole numbers from 0 to 255", "/ 255")
def bytes_as_inputs():
    x = autograd.randint(0, 256, (96, 1, 4, 4)).float()
    x[0, 0, 0, 0], x[1, 0, 0, 0] = 0, 255
    return classifier(nn.Sequential(nn.Flatten(), *mlp(16)),
                      data.DataLoader(data.TensorDataset(x, x[:, 0, 0, :3].argmax(1)), 96),
                      rate=1e-4)


@fault("scale of inputs", "0", "root mean square", "x.std(0)")
def unscaled_inputs():
    x, y = points()
    return classifier(loader=tensors(x * 30 + 100, y), rate=1e-4)


@fault("scale of inputs", "0", "divided twice", "x.std(0)")
def inputs_divided_twice():
    x, y = points()
    return classifier(loader=tensors(x.sigmoid() / 255, y))


@fault("bad numbers", "inputs", "1 of the numbers are NaN", "(5, 1)", "isfinite")
def nan_in_the_inputs():
    x, y = points()
    x[5, 1] = math.nan
    return classifier(loader=tensors(x, y, shuffle=False))


@fault("constant inputs", "inputs", "all 96 inputs", "use its index")
def the_same_input():
    x, y = points()
    return classifier(loader=tensors(x[:1].expand(96, 4), y))


@fault("constant feature", "inputs", "feature 2", "7", "std(0)")
def a_constant_feature():
    x, y = points()
    x[:, 2] = 7
    return classifier(loader=tensors(x, y % 2))


@fault("order", "loader", "sorted by their targets", "shuffle=True")
def sorted_and_not_shuffled():
    x, y = points()
    order = y.argsort()
    return classifier(loader=tensors(x[order], y[order], shuffle=False))


@fault("imbalance", "targets", "95% of the targets are 0", "pos_weight=")
def rare_positives():
    x, _ = points(200)
    y = (autograd.arange(200) % 20 == 0).float().unsqueeze(1)
    return classifier(mlp(classes=1), tensors(x, y), nn.BCEWithLogitsLoss())


@fault("duplicates", "inputs", "50% of 96 samples", "np.unique")
def every_sample_twice():
    x, y = points(48, 8)
    return classifier(mlp(8), tensors(x.repeat(2, 1), y.repeat(2)))


@fault("leakage", "validation", "48 of 48 validation inputs", "random_split")
def validation_is_part_of_training():
    x, y = points(96, 8)
    return (*classifier(mlp(8), tensors(x, y)), tensors(x[:48], y[:48]))


@fault("splits differ", "validation", "standard deviation", "train.transform")
def validation_is_not_normalized():
    x, y = points(96, 8)
    other = autograd.randn(48, 8) * 60 + 128
    return (*classifier(mlp(8), tensors(x, y)), tensors(other, y[:48]))
