"""Right programs as public repositories have them, each of which once was, or easily would be,
taken for a slip."""

from __future__ import annotations

import autograd
import data
import nn
import optim
from nn import functional as F

from .table import batch, net, right, trained

MANY = 55  # steps: more than any hint waits for


def loader(count: int = 16, **options) -> data.DataLoader:
    return data.DataLoader(data.TensorDataset(*batch(size=count)), 4, **options)


def sorted_loader() -> data.DataLoader:
    return data.DataLoader(data.TensorDataset(autograd.randn(40, 3), autograd.arange(40) // 20), 4)


@right
def schedule_that_is_drawn():
    optimizer = optim.SGD(net().parameters(), lr=0.1)
    scheduler, rates = optim.lr_scheduler.CosineAnnealingLR(optimizer, 10), []
    for _ in range(10):
        optimizer.step()
        rates.append(optimizer.param_groups[0]["lr"])
        scheduler.step()


@right
def part_frozen_in_each_epoch():
    back, (x, y) = net(3, 4, nn.BatchNorm1d(4)), batch()
    model = nn.Sequential(back, nn.Linear(4, 3))
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    for _ in range(3):
        model.train()
        back.eval()
        trained(model, lambda: F.cross_entropy(model(x), y), optimizer, 1)


@right
def hard_samples_mined():
    model, (x, y) = net(3, 3, nn.Dropout(0.1)), batch()

    def loss():
        with autograd.no_grad():
            hard = F.cross_entropy(model(x), y, reduction="none").topk(4).indices
        return F.cross_entropy(model(x[hard]), y[hard])

    trained(model, loss)


@right
def predictions_with_dropout_averaged():
    model, (x, y) = net(3, 3, nn.Dropout(0.5)), batch()
    with autograd.no_grad():
        shares = autograd.stack([model(x).softmax(1) for _ in range(20)]).mean(0)
        F.nll_loss(shares.log(), y)


@right
def statistics_of_batch_norm_made_anew():
    model, (x, y) = net(3, 3, nn.BatchNorm1d(3)), batch()
    with autograd.no_grad():
        model(x)
        model.eval()
        F.cross_entropy(model(x), y)


@right
def episodes_that_become_longer():
    model = net(3, 2)
    lengths = iter(range(2, 2 + MANY))
    trained(model, lambda: sum(model(autograd.randn(3)).log_softmax(0)[0]
                               for _ in range(next(lengths))) * -1, count=MANY - 10)


@right
def contrast_with_a_last_batch_of_one():
    model = net(3, 4)
    for size in (4, 1):
        x = autograd.randn(size, 3)
        trained(model, lambda x=x, size=size: F.cross_entropy(
            model(x) @ model(x + 0.1).T / 0.1, autograd.arange(size)), count=1)


class Student(nn.Module):
    """Keeps its teacher, which is not to be trained or saved, in a list, and activations too."""

    def __init__(self):
        super().__init__()
        self.teacher, self.body = [net().eval()], net()
        self.activations = [nn.ReLU(), nn.Tanh()]


@right
def teacher_kept_aside():
    optim.SGD(Student().parameters(), lr=0.1)


class Inverted(nn.Module):
    """Looks in `forward` for what its decoder makes the input of."""

    def __init__(self):
        super().__init__()
        self.decoder = net(2, 3)

    def forward(self, x):
        found = nn.Parameter(autograd.zeros(len(x), 2))
        trained(self, lambda: F.mse_loss(self.decoder(found), x), optim.Adam([found]))
        return found


@right
def optimized_in_forward():
    model = Inverted()
    for _ in range(3):
        model(autograd.randn(4, 3))


@right
def nan_gradients_replaced():
    model, (x, _) = net(), batch()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        (model(x).mean() * float("nan")).backward()
        for param in model.parameters():
            param.grad = param.grad.nan_to_num()
        optimizer.step()


@right
def sorted_samples_attacked():
    model = net(3, 2).eval()
    for x, y in sorted_loader():
        change = autograd.zeros(4, 3, requires_grad=True)
        trained(model, lambda x=x, y=y, change=change: -F.cross_entropy(model(x + change), y),
                optim.Adam([change]))


@right
def gradient_of_all_sorted_batches():
    model = net(3, 2)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in sorted_loader():
        F.cross_entropy(model(x), y).backward()
    optimizer.step()


@right
def picture_made_with_a_high_rate():
    pixels, wanted = (autograd.rand(8, 8) * 255).requires_grad_(), autograd.rand(8, 8) * 255
    trained(None, lambda: F.mse_loss(pixels, wanted), optim.Adam([pixels], lr=10.0))


@right
def a_random_batch_for_each_step():
    model, shuffled = net(), loader(shuffle=True)

    def loss():
        x, y = next(iter(shuffled))
        return F.cross_entropy(model(x), y)

    trained(model, loss, count=MANY)


@right
def the_first_test_batch_shown_again_and_again():
    model, test = net(), loader()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(MANY):
        for x, y in loader():
            trained(model, lambda x=x, y=y: F.cross_entropy(model(x), y), optimizer, 1)
        model(next(iter(test))[0])


class Parts(nn.Module):
    """Layers that `forward` calls by name, under a condition, by key, by choice, or never."""

    def __init__(self):
        super().__init__()
        self.body, self.pooler, self.aside = nn.Linear(3, 4), nn.Linear(4, 4), nn.Linear(4, 2)
        self.heads = nn.ModuleDict({"a": nn.Linear(4, 3), "b": nn.Linear(4, 3)})
        self.experts = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])

    def forward(self, x, pooled=False, head="a"):
        x = self.experts[0](self.body(x)).relu()
        return self.heads[head](self.pooler(x) if pooled else x)


class Found(nn.Module):
    """Layers that `forward` finds."""

    def __init__(self):
        super().__init__()
        self.layer0, self.layer1, self.layer2 = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, x):
        for number in range(2):
            x = getattr(self, f"layer{number}")(x)
        return x


@right
def layers_that_are_not_reached_yet():
    (x, y), model, other = batch(), Parts(), Found()
    del model.aside
    trained(model, lambda: F.cross_entropy(model(x), y), count=MANY)
    trained(other, lambda: F.cross_entropy(other(x), y), count=MANY)
