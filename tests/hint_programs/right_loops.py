"""Right loops that look wrong: gradients of several passes, networks that train each other."""

from __future__ import annotations

import autograd
import nn
import optim
from nn import functional as F

from .table import STEPS, batch, net, right, trained


@right
def gradients_of_several_batches():
    model, (x, y) = net(), batch()
    optimizer = optim.Adam(model.parameters())
    for i in range(12):
        (F.cross_entropy(model(x), y) / 4).backward()
        if i % 4 == 3:
            optimizer.step()
            optimizer.zero_grad()


@right
def gradients_of_several_batches_zeroed_in_place():
    model, (x, y) = net(), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad(set_to_none=False)
        for _ in range(2):
            F.cross_entropy(model(x), y).backward()
        optimizer.step()


@right
def losses_kept_for_some_steps():
    model, (x, y), losses = net(), batch(), []

    def loss():
        if len(losses) == STEPS // 2:
            losses.clear()
        losses.append(F.cross_entropy(model(x), y))
        return losses[-1]

    trained(model, loss, count=2 * STEPS)


@right
def gradients_zeroed_by_hand():
    model, (x, y) = net(), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        for parameter in model.parameters():
            parameter.grad.zero_()


@right
def gradients_zeroed_through_data():
    model, (x, y) = net(), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.grad.data.zero_()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


@right
def gradients_zeroed_by_numpy():
    model, (x, y) = net(), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        for parameter in model.parameters():
            parameter.grad.numpy().fill(0)


@right
def zeroed_by_the_model():
    model, (x, y) = net(), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


@right
def adversarial_networks():
    generator, critic = net(2, 3), net(3, 1, nn.Dropout(0.1))
    of_generator = optim.Adam(generator.parameters())
    of_critic = optim.Adam(critic.parameters())
    for _ in range(3):
        real, fake = autograd.randn(4, 3), generator(autograd.randn(4, 2))
        of_critic.zero_grad()
        loss = (F.binary_cross_entropy_with_logits(critic(real), autograd.ones(4, 1))
                + F.binary_cross_entropy_with_logits(critic(fake.detach()), autograd.zeros(4, 1)))
        loss.backward()
        of_critic.step()
        of_generator.zero_grad()
        F.binary_cross_entropy_with_logits(critic(fake), autograd.ones(4, 1)).backward()
        of_generator.step()


@right
def adversarial_networks_with_samples_under_no_grad():
    generator, critic = net(2, 3, nn.BatchNorm1d(3)), net(3, 1)
    optimizer = optim.RMSprop(critic.parameters())
    for _ in range(3):
        with autograd.no_grad():
            fake = generator(autograd.randn(4, 2))
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(critic(fake), autograd.zeros(4, 1)).backward()
        optimizer.step()


@right
def penalty_on_a_gradient():
    critic = net(3, 1)

    def loss():
        between = autograd.randn(4, 3).requires_grad_()
        slope, = autograd.grad(critic(between).sum(), between, create_graph=True)
        return ((slope.norm(2, dim=1) - 1) ** 2).mean() + critic(autograd.randn(4, 3)).mean()

    trained(critic, loss)


@right
def frozen_layers():
    model, (x, y) = net(), batch()
    model[0].requires_grad_(False)
    trained(model, lambda: F.cross_entropy(model(x), y),
            optim.SGD(filter(lambda p: p.requires_grad, model.parameters()), lr=0.1))


@right
def frozen_layers_in_the_optimizer():
    model, (x, y) = net(), batch()
    for parameter in model[0].parameters():
        parameter.requires_grad = False
    trained(model, lambda: F.cross_entropy(model(x), y))


@right
def dropout_sampled_while_evaluating():
    model, (x, y) = net(3, 3, nn.Dropout()), batch()
    model.eval()
    for layer in model.modules():
        if isinstance(layer, nn.Dropout):
            layer.train()
    with autograd.no_grad():
        samples = autograd.stack([model(x).softmax(1) for _ in range(5)])
        F.nll_loss(samples.mean(0).log(), y)
        F.cross_entropy(model(x), y)


@right
def dropout_sampled_by_the_function():
    x = autograd.ones(4, 3)
    with autograd.no_grad():
        F.mse_loss(F.dropout(x, 0.5, training=True), x)


@right
def closures_of_lbfgs():
    model, (x, y) = net(), batch()
    optimizer = optim.LBFGS(model.parameters(), max_iter=3)

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        return loss

    for _ in range(3):
        optimizer.step(closure)


@right
def closures_of_sgd():
    model, (x, y) = net(), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        return loss

    for _ in range(3):
        optimizer.step(closure)


@right
def teacher_and_student():
    teacher, student, (x, _) = net(3, 3, nn.Dropout()), net(), batch()
    teacher.eval()

    def loss():
        with autograd.no_grad():
            target = F.softmax(teacher(x) / 2, dim=1)
        return F.kl_div(F.log_softmax(student(x) / 2, dim=1), target, reduction="batchmean")

    trained(student, loss)


@right
def teacher_that_drops():
    teacher, student, (x, _) = net(3, 3, nn.Dropout()), net(3, 3, nn.Dropout()), batch()

    def loss():
        with autograd.no_grad():
            target = teacher(x)
        return F.mse_loss(student(x), target)

    trained(student, loss)


@right
def distilled_from_what_was_trained():
    teacher, student, (x, y) = net(3, 3, nn.Dropout()), net(3, 3, nn.Dropout()), batch()
    trained(teacher, lambda: F.cross_entropy(teacher(x), y))
    teacher.eval()
    trained(student, lambda: F.mse_loss(student(x), teacher(x).detach()))


@right
def pseudo_labels():
    model, (x, _) = net(3, 3, nn.Dropout()), batch()

    def loss():
        with autograd.no_grad():
            labels = model(x).argmax(1)
        return F.cross_entropy(model(x), labels)

    trained(model, loss)
