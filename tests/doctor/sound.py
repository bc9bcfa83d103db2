"""Programs with nothing wrong: each gives model, loader, criterion and optimizer."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import autograd
import data
import nn
import optim

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
sys.path.insert(0, str(EXAMPLES))  # they are programs that import each other
try:
    from autoencoder import Autoencoder
    from gan import mlp as gan_mlp
    from language import GPT, Recurrent
    from recipes import RowByRow, lenet, mlp
    from spam import Spam
finally:
    sys.path.remove(str(EXAMPLES))

F = nn.functional


def tensors(*arrays, batch=16, shuffle=True):
    return data.DataLoader(data.TensorDataset(*arrays), batch_size=batch, shuffle=shuffle)


def images(count=64, channels=1, size=8, classes=4, batch=16):
    """Pictures of a bright square whose place is the class, and those."""
    labels = autograd.arange(count) % classes
    pictures = 0.3 * autograd.rand(count, channels, size, size)
    half = size // 2
    for i, label in enumerate(labels.tolist()):
        top, left = half * (label // 2 % 2), half * (label % 2)
        pictures[i, :, top:top + half, left:left + half] += 0.7
    return tensors(pictures, labels, batch=batch)


def words(count=64, length=10, kinds=12):
    return autograd.randint(1, kinds, (count, length))


def digits_mlp():
    train = data.Subset(data.datasets.Digits(train=True, transform=data.transforms.ToTensor()),
                        range(256))
    model = mlp([64, 32, 10])
    return (model, data.DataLoader(train, batch_size=32, shuffle=True), nn.CrossEntropyLoss(),
            optim.Adam(model.parameters(), 1e-3))


def lenet_sgd():
    model = lenet(4)
    return (model, images(count=8, size=28, batch=2), nn.CrossEntropyLoss(),
            optim.SGD(model.parameters(), 0.01, momentum=0.9))


def row_by_row():
    model = RowByRow("lstm", 4, 4)
    return (model, images(count=16, size=4, batch=4), nn.CrossEntropyLoss(),
            optim.Adam(model.parameters(), 2e-3))


def characters():
    text = words()
    model = Recurrent("gru", 12, 16, 1, 0.0)
    return (model, tensors(text[:, :-1], text[:, 1:]),
            lambda out, y: F.cross_entropy(out.flatten(0, 1), y.flatten()),
            optim.Adam(model.parameters(), 3e-3))


def small_gpt():
    text = words()
    model = GPT(12, 16, 1, 2, 16, 0.1)
    return (model, tensors(text[:, :-1], text[:, 1:]),
            lambda logits, y: F.cross_entropy(logits.flatten(0, 1), y.flatten()),
            optim.AdamW(model.parameters(), 1e-3))


def regression():
    x = autograd.randn(128, 5)
    y = x @ autograd.tensor([[1.0], [-2.0], [0.5], [0.0], [3.0]]) + 0.1 * autograd.randn(128, 1)
    model = nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Linear(16, 1))
    return model, tensors(x, y), nn.MSELoss(), optim.SGD(model.parameters(), 0.05)


def linear_least_squares():
    x = autograd.randn(128, 3)
    model = nn.Linear(3, 1)
    return (model, [(x, x.sum(1, keepdim=True))], nn.MSELoss(),
            optim.SGD(model.parameters(), 0.1))


def autoencoder():
    x = autograd.rand(64, 16)
    model = Autoencoder(nn.Sequential(nn.Linear(16, 8), nn.Tanh()),
                        nn.Sequential(nn.Linear(8, 16), nn.Sigmoid()))
    return model, tensors(x, x), nn.MSELoss(), optim.Adam(model.parameters(), 5e-3)


def discriminator():
    real, fake = autograd.randn(64, 2), autograd.randn(64, 2) * 0.5 + 2
    model = gan_mlp(2, 1)
    loader = tensors(autograd.cat([real, fake]), autograd.cat([autograd.ones(64, 1),
                                                               autograd.zeros(64, 1)]))
    return (model, loader, nn.BCEWithLogitsLoss(),
            optim.Adam(model.parameters(), 1e-3, betas=(0.5, 0.99)))


def binary():
    x = autograd.randn(96, 4)
    y = (x[:, :1] * x[:, 1:2] > 0).float()
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1))
    return model, tensors(x, y), nn.BCEWithLogitsLoss(), optim.Adam(model.parameters(), 1e-2)


def multilabel():
    x = autograd.randn(96, 6)
    y = (x[:, :3] > 0.5).float()
    model = nn.Sequential(nn.Linear(6, 16), nn.GELU(), nn.Linear(16, 3))
    return model, tensors(x, y), nn.BCEWithLogitsLoss(), optim.Adam(model.parameters(), 1e-2)


def spam():
    text = words(96)
    y = (text == 3).any(1).float()
    model = Spam(12)
    return (model, tensors(text, y), nn.BCEWithLogitsLoss(),
            optim.Adam(model.parameters(), lr=5e-3, weight_decay=5e-4))


def frozen_backbone():
    model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
    model[:3].requires_grad_(False)
    x = autograd.randn(96, 8)
    return (model, tensors(x, x[:, :3].argmax(1)), nn.CrossEntropyLoss(),
            optim.SGD(model.parameters(), 0.1))


class Tied(nn.Module):
    """Embedding and output share their weight."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(12, 16)
        self.mix = nn.GRU(16, 16, batch_first=True)
        self.head = nn.Linear(16, 12, bias=False)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.head.weight = self.embedding.weight

    def forward(self, x):
        return self.head(self.mix(self.embedding(x))[0])


def weight_tying():
    text, model = words(), Tied()
    return (model, tensors(text[:, :-1], text[:, 1:]),
            lambda logits, y: F.cross_entropy(logits.transpose(1, 2), y),
            optim.Adam(model.parameters(), 3e-3))


class Block(nn.Module):
    """A block of a ResNet, whose last batch norm begins at zero."""

    def __init__(self):
        super().__init__()
        self.one, self.two = (nn.Conv2d(4, 4, 3, padding=1, bias=False) for _ in range(2))
        self.norm1, self.norm2 = nn.BatchNorm2d(4), nn.BatchNorm2d(4)
        nn.init.zeros_(self.norm2.weight)

    def forward(self, x):
        return F.relu(x + self.norm2(self.two(F.relu(self.norm1(self.one(x))))))


def batch_norms():
    model = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), Block(),
                          Block(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 4))
    return (model, images(), nn.CrossEntropyLoss(),
            optim.SGD(model.parameters(), 0.1, momentum=0.9, weight_decay=5e-4))


def xor_in_one_batch():
    """Sorted, whole and repeated: a toy whose one batch is all there is."""
    x = autograd.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]).repeat(20, 1)
    y = (x[:, 0] != x[:, 1]).long()
    order = y.argsort()
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    return (model, [(x[order], y[order])], nn.CrossEntropyLoss(),
            optim.SGD(model.parameters(), 0.5))


class Residual(nn.Module):
    """What a block adds begins at zero, as in many networks; and it divides pixels itself."""

    def __init__(self):
        super().__init__()
        self.stem, self.low = nn.Linear(16, 16), nn.Linear(16, 2, bias=False)
        self.high, self.head = nn.Linear(2, 16, bias=False), nn.Linear(16, 3)
        nn.init.zeros_(self.high.weight)
        nn.init.zeros_(self.head.weight)

    def forward(self, x):
        x = F.relu(self.stem(x.float() / 255))
        return self.head(x + self.high(self.low(x)))


def zero_beginnings():
    x = autograd.from_numpy(np.random.default_rng(0).integers(0, 256, (96, 16)).astype("float32"))
    model = Residual()
    return (model, tensors(x, x[:, :3].argmax(1)), nn.CrossEntropyLoss(),
            optim.Adam(model.parameters(), 3e-3))


def transformer():
    text = words()
    layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.1, batch_first=True)
    model = nn.Sequential(nn.Embedding(12, 16), nn.TransformerEncoder(layer, 1), nn.Flatten(),
                          nn.Linear(160, 2))
    return (model, tensors(text, (text[:, 0] > 5).long()), nn.CrossEntropyLoss(),
            optim.Adam(model.parameters(), 1e-3))


def log_probabilities():
    x = autograd.randn(96, 4)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), nn.LogSoftmax(1))
    return (model, tensors(x, x[:, :3].argmax(1)), nn.NLLLoss(),
            optim.RMSprop(model.parameters(), 1e-3))


def newton():
    x = autograd.randn(64, 3)
    model = nn.Linear(3, 1)
    return model, [(x, x[:, :1] * 2)], nn.MSELoss(), optim.LBFGS(model.parameters())


def trained():
    """Nothing is left to learn: small losses and gradients are no fault."""
    model, loader, criterion, optimizer = regression()
    for _ in range(60):
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
    return model, loader, criterion, optimizer


class Variational(nn.Module):
    """Gives a tuple, and its loss is a sum over all pixels."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(16, 4), nn.Linear(2, 16)

    def forward(self, x):
        mean, log_var = self.encoder(x).chunk(2, 1)
        code = mean + (log_var / 2).exp() * autograd.randn_like(mean)
        return self.decoder(code), mean, log_var


def variational():
    def criterion(given, x):
        out, mean, log_var = given
        divergence = -0.5 * (1 + log_var - mean ** 2 - log_var.exp()).sum()
        return F.binary_cross_entropy_with_logits(out, x, reduction="sum") + divergence

    x, model = autograd.rand(64, 16), Variational()
    return model, tensors(x, x), criterion, optim.Adam(model.parameters(), 1e-2)


class Slope(nn.Module):
    """u + u', with a gradient taken in forward; the loss compares it with zero."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))

    def forward(self, x):
        x = x.detach().requires_grad_()
        u = self.net(x)
        slope, = autograd.grad(u.sum(), [x], create_graph=True)
        return u + slope


def differential_equation():
    x, model = 6 * autograd.rand(64, 1), Slope()
    return (model, tensors(x, autograd.zeros(64, 1)), nn.MSELoss(),
            optim.Adam(model.parameters(), 1e-2))


def warm_up():
    """The rate is nearly 0 at first, and rises."""
    model, loader, criterion, optimizer = binary()
    optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, step / 1000))
    return model, loader, criterion, optimizer


def slowly():
    """The optimizer's first steps are small, though not too small."""
    model = mlp([64, 32, 4])
    return model, images(), nn.CrossEntropyLoss(), optim.SGD(model.parameters(), 1e-3)


def random_labels():
    x, model = autograd.randn(96, 8), mlp([8, 32, 5])
    return (model, tensors(x, autograd.randint(0, 5, (96,))), nn.CrossEntropyLoss(),
            optim.Adam(model.parameters(), 1e-3))


class Keeps(nn.Module):
    """Its layers are lazy, pruned, or keep what they computed last."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.LazyLinear(16), nn.Linear(16, 3)
        nn.utils.prune.l1_unstructured(self.second, "weight", 0.3)
        self.seen = []

    def forward(self, x):
        self.last = F.relu(self.first(x))
        self.seen = [self.last]
        return self.second(self.last)


def keeps_results():
    x, model = autograd.randn(96, 4), Keeps()
    program = (model, tensors(x, x[:, :3].argmax(1)), nn.CrossEntropyLoss(),
               optim.Adam(model.parameters(), 1e-2))
    model(x)
    return program


def lazily():
    x = autograd.randn(96, 4)
    model = nn.Sequential(nn.LazyLinear(16), nn.ReLU(), nn.LazyLinear(3))
    return (model, tensors(x, x[:, :3].argmax(1)), nn.CrossEntropyLoss(),
            optim.Adam(model.parameters(), 1e-2))


SOUND = [digits_mlp, lenet_sgd, row_by_row, characters, small_gpt, regression,
         linear_least_squares, autoencoder, discriminator, binary, multilabel, spam,
         frozen_backbone, weight_tying, batch_norms, xor_in_one_batch, zero_beginnings, transformer,
         log_probabilities, newton, trained, variational, differential_equation, warm_up, slowly,
         random_labels, keeps_results, lazily]
