"""Right programs with modes, lists and data that look wrong."""

from __future__ import annotations

import copy
import math

import autograd
import data
import nn
import optim
from nn import functional as F

from .table import STEPS, batch, net, right, trained


class Listed(nn.Module):
    """Layers in a list, or in a ModuleList."""

    def __init__(self, mended):
        super().__init__()
        layers = [nn.Linear(3, 3), nn.Linear(3, 3)]
        self.layers = nn.ModuleList(layers) if mended else layers
        self.last = nn.Linear(3, 3)


@right
def layers_in_a_module_list():
    optim.SGD(Listed(True).parameters(), lr=0.1)


class Named(nn.Module):
    """Registered layers, listed a second time for the order."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 3), nn.Linear(3, 3)
        self.order = [self.first, self.second]
        self.shape, self.cache = [3, 3], {"x": autograd.ones(3)}


@right
def registered_layers_in_a_list_too():
    optim.SGD(Named().parameters(), lr=0.1)


class Lazily(nn.Module):
    """Makes its layers in the first forward, and keeps inputs that require grad."""

    def __init__(self, given):
        super().__init__()
        self.layers = nn.ModuleList()
        self.kept, self.given = None, given

    def forward(self, x):
        if self.kept is None:
            self.kept = x.detach().requires_grad_()
            for _ in range(3):
                self.layers.append(nn.Linear(x.shape[1], 3))
        for layer in self.layers:
            x = layer(x)
        return x


@right
def layers_made_in_the_first_forward():
    for _ in range(20):
        model, (x, y) = Lazily(autograd.ones(3, requires_grad=True)), batch()
        model(x)
        trained(model, lambda model=model, x=x, y=y: F.cross_entropy(model(x), y))


@right
def many_models_one_after_the_other():
    x, y = batch()
    for rate in (0.1, 0.01, 0.001):
        model = net()
        trained(model, lambda model=model: F.cross_entropy(model(x), y),
                optim.SGD(model.parameters(), lr=rate))
        nn.Linear(3, 3)(x).sum().backward()


@right
def sums_of_numbers():
    model, (x, y), total, losses = net(), batch(), 0.0, []
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
        losses.append(loss.detach())


@right
def moving_average_of_weights():
    model, (x, y) = net(), batch()
    average = copy.deepcopy(model)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(STEPS):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        with autograd.no_grad():
            for old, new in zip(average.parameters(), model.parameters(), strict=True):
                old.mul_(0.9).add_(new, alpha=0.1)


@right
def averaged_model():
    model, (x, y) = net(3, 3, nn.BatchNorm1d(3)), batch()
    averaged = optim.swa_utils.AveragedModel(model)
    trained(model, lambda: F.cross_entropy(model(x), y))
    averaged.update_parameters(model)
    optim.swa_utils.update_bn([x, x], averaged)
    averaged.eval()
    with autograd.no_grad():
        F.cross_entropy(averaged(x), y)


@right
def evaluated_between_epochs():
    model, (x, y) = net(3, 3, nn.Dropout(), nn.BatchNorm1d(3)), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        model.train()
        trained(model, lambda: F.cross_entropy(model(x), y), optimizer)
        model.eval()
        with autograd.no_grad():
            F.cross_entropy(model(x), y)
        with model.evaluating(), autograd.no_grad():
            F.cross_entropy(model(x), y)


@right
def evaluated_by_a_context():
    model, (x, y) = net(3, 3, nn.Dropout()), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        trained(model, lambda: F.cross_entropy(model(x), y), optimizer)
        with model.evaluating(), autograd.no_grad():
            F.cross_entropy(model(x), y)


@right
def batch_norm_frozen_while_training():
    model, (x, y) = net(3, 3, nn.BatchNorm1d(3)), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        model.train()
        for layer in model.modules():
            if isinstance(layer, nn.BatchNorm1d):
                layer.eval()
        trained(model, lambda: F.cross_entropy(model(x), y), optimizer)


@right
def backbone_frozen_after_training():
    backbone, (x, y) = net(3, 4, nn.Dropout()), batch()
    trained(backbone, lambda: backbone(x).square().mean())
    backbone.eval()
    head = nn.Linear(4, 3)
    trained(head, lambda: F.cross_entropy(head(backbone(x).detach()), y))


@right
def attacked_in_evaluation_mode():
    model, (x, y) = net(3, 3, nn.Dropout()), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        model.eval()
        attacked = x.clone().requires_grad_()
        slope, = autograd.grad(F.cross_entropy(model(attacked), y), attacked)
        model.train()
        optimizer.zero_grad()
        F.cross_entropy(model(x + 0.1 * slope.sign()), y).backward()
        optimizer.step()


@right
def scheduler_after_the_optimizer():
    model, (x, y) = net(), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 1)
    for _ in range(3):
        trained(model, lambda: F.cross_entropy(model(x), y), optimizer, 1)
        scheduler.step()


@right
def rate_of_zero_and_a_high_one():
    image = autograd.full((4,), 100.0, requires_grad=True)
    optimizer = optim.Adam([image], lr=10.0)
    scheduler = optim.lr_scheduler.LambdaLR(optimizer, lambda t: t / 3)
    for _ in range(3):
        optimizer.zero_grad()
        image.square().mean().backward()
        optimizer.step()
        scheduler.step()


@right
def distances_of_all_pairs_on_purpose():
    points = autograd.randn(6, 1, requires_grad=True)
    layer = nn.Linear(1, 1)
    (points - points.T).square().mean().backward()
    values = layer(points)
    ((values - values.T) ** 2).mean().backward()
    values = layer(points)
    ((values.squeeze(1).unsqueeze(1) - autograd.randn(6)).abs()).mean().backward()


@right
def unshuffled_where_order_does_not_matter():
    x, y = autograd.randn(80, 3), autograd.arange(80) // 40
    model = net(3, 2)
    train = data.DataLoader(data.TensorDataset(x, y), 8, shuffle=True)
    test = data.DataLoader(data.TensorDataset(x, y), 4)
    mixed = data.DataLoader(data.TensorDataset(x, autograd.arange(80) % 2), 4)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        for loader in (train, mixed):
            for inputs, labels in loader:
                next(iter(test))
                trained(model, lambda i=inputs, t=labels: F.cross_entropy(model(i), t),
                        optimizer, 1)
        with autograd.no_grad():
            for inputs, labels in test:
                F.cross_entropy(model(inputs), labels)
        trained(model, lambda: F.cross_entropy(model(x), y), optimizer, 1)


@right
def one_batch_learnt_by_heart():
    x, y = autograd.randn(8, 3), autograd.arange(8) // 4
    model = net(3, 2)
    inputs, labels = next(iter(data.DataLoader(data.TensorDataset(x, y), 4)))
    trained(model, lambda: F.cross_entropy(model(inputs), labels), count=STEPS)


@right
def loss_that_is_nan_and_left_out():
    model, (x, y) = net(), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for factor in (1.0, math.nan, 1.0):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y) * factor
        loss.backward()
        if loss.isfinite():
            optimizer.step()


class Schedule(optim.SGD):
    """An optimizer of one's own, which has a rate as an attribute."""


@right
def options_of_ones_own_optimizer():
    optimizer = Schedule(net().parameters(), lr=0.1)
    optimizer.lr = 0.2


@right
def compiled_step():
    model, (x, y) = net(3, 3, nn.Dropout()), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @autograd.compile(fullgraph=True)
    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(STEPS):
        step(x, y)


class Informed(nn.Module):
    """Keeps the points at which it is differentiated by its input, which are no parameters."""

    def __init__(self):
        super().__init__()
        self.net, self.points = net(1, 1), autograd.rand(9, 1).requires_grad_()

    def forward(self):
        value = self.net(self.points)
        slope, = autograd.grad(value.sum(), self.points, create_graph=True)
        return (slope + value).square().mean()


@right
def points_of_a_differential_equation():
    model = Informed()
    trained(model, model)
