"""Slips in training loops, with graphs and data."""

from __future__ import annotations

import math

import autograd
import data
import nn
import optim
from autograd import tensor
from nn import functional as F

from .table import STEPS, batch, net, steps, wrong


@wrong("SGD.step: the gradients of the step before are still in .grad",
       "optimizer.zero_grad() before loss.backward()")
def zero_grad_forgotten(mended):
    model, (x, y) = net(), batch()
    steps(model, lambda: F.cross_entropy(model(x), y), zero=mended)


@wrong("Adam.step: the gradients of the step before", "optimizer.zero_grad()")
def zero_grad_not_called(mended):
    model, (x, y) = net(), batch()
    optimizer = optim.Adam(model.parameters())
    for _ in range(3):
        optimizer.zero_grad() if mended else optimizer.zero_grad  # noqa: B018
        F.cross_entropy(model(x), y).backward()
        optimizer.step()  # HINT


@wrong("SGD.step: the gradients of the step before", "optimizer.zero_grad()")
def zero_grad_forgotten_with_several_batches(mended):
    model, (x, y) = net(), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        if mended:
            optimizer.zero_grad()
        for _ in range(2):
            F.cross_entropy(model(x), y).backward()
        optimizer.step()  # HINT


@wrong("SGD.step: none of the 4 parameters has a gradient", "Call loss.backward()")
def backward_forgotten(mended):
    model, (x, y) = net(), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward() if mended else loss.backward  # noqa: B018
        optimizer.step()  # HINT


@wrong("SGD.step: none of the 4 parameters has a gradient", "between zero_grad() and step()")
def zeroed_after_backward(mended):
    model, (x, y) = net(), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        if mended:
            optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        if not mended:
            optimizer.zero_grad()
        optimizer.step()  # HINT


@wrong("SGD.step: none of the 4 parameters", "computed from these very parameters")
def another_model_in_the_optimizer(mended):
    model, other, (x, y) = net(), net(), batch()
    optimizer = optim.SGD((model if mended else other).parameters(), lr=0.1)
    F.cross_entropy(model(x), y).backward()
    optimizer.step()  # HINT


@wrong("more of the graph is alive", "total += loss.item()", "losses.append(loss.item())")
def total_of_losses(mended):
    model, (x, y), total = net(), batch(), 0
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()  # HINT
        total += loss.item() if mended else loss


@wrong("more of the graph is alive", "losses.append(loss.item())")
def list_of_losses(mended):
    model, (x, y), losses = net(), batch(), []

    def loss():
        losses.append(F.cross_entropy(model(x), y))
        found = losses[-1]
        if mended:
            losses[-1] = found.item()
        return found

    steps(model, loss, STEPS)


@wrong("more of the graph is alive", "hidden.detach()")
def running_mean_with_its_graph(mended):
    model, (x, y), mean = net(), batch(), tensor(0.0)

    def loss():
        nonlocal mean
        found = F.cross_entropy(model(x), y)
        mean = 0.9 * mean + 0.1 * (found.detach() if mended else found)
        return found

    steps(model, loss, STEPS)


@wrong("StepLR.step() came before the first optimizer.step()", "call optimizer.step() first")
def scheduler_first(mended):
    model, (x, y) = net(), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 1)
    for _ in range(2):
        F.cross_entropy(model(x), y).backward()
        if mended:
            optimizer.step()
        scheduler.step()  # HINT
        if not mended:
            optimizer.step()
        optimizer.zero_grad()


@wrong("mse_loss: Dropout(p=0.5) runs in training mode under no_grad", "model.eval()",
       "model.train()")
def evaluated_in_training_mode(mended):
    model, x = net(3, 3, nn.Dropout()), autograd.randn(8, 3)
    if mended:
        model.eval()
    with autograd.no_grad():
        for _ in range(2):
            F.mse_loss(model(x), x)  # HINT


@wrong("cross_entropy: BatchNorm1d(3) runs in training mode under no_grad", "model.evaluating():")
def batch_norm_in_training_mode(mended):
    model, (x, y) = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 3)), batch()
    model.train(not mended)
    with autograd.no_grad():
        nn.CrossEntropyLoss()(model(x), y)  # HINT


@wrong("trains on in evaluation mode", "Dropout(p=0.5)", "call model.train() after evaluating")
def trained_in_evaluation_mode(mended):
    model, (x, y) = net(3, 3, nn.Dropout()), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        if mended:
            model.train()
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()  # HINT
        model.eval()
        with autograd.no_grad():
            F.cross_entropy(model(x), y)


@wrong("SGD.lr = 0.01 sets an attribute that no step reads",
       "optimizer.param_groups[0]['lr'] = 0.01")
def rate_as_attribute(mended):
    optimizer = optim.SGD(net().parameters(), lr=0.1)
    if mended:
        optimizer.param_groups[0]["lr"] = 0.01
    else:
        optimizer.lr = 0.01  # HINT


@wrong(".grad of a tensor computed by mul is None", ".retain_grad()")
def gradient_of_a_result(mended):
    y = autograd.ones(3, requires_grad=True) * 2
    if mended:
        y.retain_grad()
    y.sum().backward()
    y.grad  # noqa: B018  # HINT


@wrong("float() of a tensor that requires grad", "t.item()")
def float_of_a_tensor(mended):
    t = tensor(2.0, requires_grad=True)
    math.exp(t.item() if mended else t)  # HINT


@wrong("tensor: a Tensor in the list requires grad", "autograd.stack")
def list_of_results(mended):
    x = autograd.ones(3, requires_grad=True)
    parts = [x.sum(), x.mean()]
    autograd.stack(parts) if mended else tensor(parts)  # HINT


@wrong("SGD.step: the batches come unshuffled, all of one class",
       "DataLoader(dataset, batch_size, shuffle=True)")
def sorted_labels(mended):
    x, y = autograd.randn(80, 3), autograd.arange(80) // 40
    loader = data.DataLoader(data.TensorDataset(x, y), 4, shuffle=mended)
    model = net(3, 2)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for inputs, labels in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), labels).backward()
        optimizer.step()  # HINT


@wrong("SGD.step: each of the last 20 steps followed the first batch of a loader that does not",
       "for x, y in loader: ...")
def the_same_batch_again(mended):
    dataset = data.TensorDataset(*batch(size=16))
    loader = data.DataLoader(dataset, batch_size=4, shuffle=mended)
    model = net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(30):
        x, y = next(iter(loader))
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()  # HINT


@wrong("Adam.step: with lr=1000 each step moves each weight by about 1000", "lr=1e-3")
def rate_that_lacks_a_sign(mended):
    model, (x, y) = net(), batch()
    optimizer = optim.Adam(model.parameters(), lr=1e-3 if mended else 1e3)
    F.cross_entropy(model(x), y).backward()
    optimizer.step()  # HINT
