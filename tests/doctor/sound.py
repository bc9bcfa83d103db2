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
    from cifar import network
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
    return (model, images(count=16, size=28, batch=4), nn.CrossEntropyLoss(),
            optim.SGD(model.parameters(), 0.01, momentum=0.9))


def row_by_row():
    model = RowByRow("lstm", 8, 4)
    return (model, images(count=16, batch=4), nn.CrossEntropyLoss(),
            optim.Adam(model.parameters(), 2e-3))


def characters():
    text = words()
    model = Recurrent("gru", 12, 16, 1, 0.0)
    return (model, tensors(text[:, :-1], text[:, 1:]),
            lambda out, y: F.cross_entropy(out.flatten(0, 1), y.flatten()),
            optim.Adam(model.parameters(), 3e-3))


def small_gpt():
    text = words()
    model = GPT(12, 16, 2, 2, 16, 0.1)
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


def batch_norms():
    model = network(4)
    return (model, images(channels=3, size=32, count=16, batch=4), nn.CrossEntropyLoss(),
            optim.SGD(model.parameters(), 0.05, momentum=0.9, weight_decay=5e-4))


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


SOUND = [digits_mlp, lenet_sgd, row_by_row, characters, small_gpt, regression,
         linear_least_squares, autoencoder, discriminator, binary, multilabel, spam,
         frozen_backbone, weight_tying, batch_norms, xor_in_one_batch, zero_beginnings, transformer,
         log_probabilities, newton, trained]
