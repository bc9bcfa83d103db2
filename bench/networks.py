"""The networks that are timed, convolutional and recurrent, written once for both libraries."""

from collections.abc import Callable
from functools import partial
from itertools import cycle
from types import SimpleNamespace

import numpy as np

from .training import Step, fed, training, updating
from .transformers import TRANSFORMERS


def images(lib: SimpleNamespace, size: int, shape: tuple[int, ...], count: int = 8):
    """Batches of images and one of ten classes, over and over."""
    rng = np.random.default_rng(0)
    return cycle([(lib.core.tensor(rng.standard_normal((size, *shape), dtype=np.float32)),
                   lib.core.tensor(rng.integers(0, 10, size))) for _ in range(count)])


def gelu_mlp(lib: SimpleNamespace) -> Step:
    """784-512-512-10 with GELU and dropout, batch 128, AdamW."""
    nn = lib.nn
    model = nn.Sequential(nn.Linear(784, 512), nn.GELU(), nn.Dropout(0.2), nn.Linear(512, 512),
                          nn.GELU(), nn.Dropout(0.2), nn.Linear(512, 10))
    return training(lib, model, lib.optim.AdamW(model.parameters()), images(lib, 128, (784,)))


def lenet_model(nn, activation, pool):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), activation(), pool(2), nn.Conv2d(6, 16, 5), activation(),
        pool(2), nn.Flatten(), nn.Linear(400, 120), activation(), nn.Linear(120, 84),
        activation(), nn.Linear(84, 10))


def lenet_tanh(lib: SimpleNamespace) -> Step:
    """LeNet-5 with tanh and average pooling, batch 64, SGD with momentum."""
    model = lenet_model(lib.nn, lib.nn.Tanh, lib.nn.AvgPool2d)
    optimizer = lib.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return training(lib, model, optimizer, images(lib, 64, (1, 28, 28)))


def lenet_relu(lib: SimpleNamespace) -> Step:
    """LeNet-5 with ReLU and max pooling, batch 64, Adam."""
    model = lenet_model(lib.nn, lib.nn.ReLU, lib.nn.MaxPool2d)
    return training(lib, model, lib.optim.Adam(model.parameters()), images(lib, 64, (1, 28, 28)))


def mnist_cnn(lib: SimpleNamespace) -> Step:
    """Two convolutions of 32 and 64 channels, max pooling, dropout, 9216-128-10, b64, Adadelta."""
    nn = lib.nn
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Dropout(0.25), nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(128, 10))
    optimizer = lib.optim.Adadelta(model.parameters(), lr=1.0)
    return training(lib, model, optimizer, images(lib, 64, (1, 28, 28)))


def vgg(lib: SimpleNamespace) -> Step:
    """32,32,M,64,64,M,128,128,M with batch norm on CIFAR images, batch 32, SGD with momentum."""
    nn, layers, channels = lib.nn, [], 3
    for width in (32, 32, "M", 64, 64, "M", 128, 128, "M"):
        if width == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 16, 10))
    optimizer = lib.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    return training(lib, model, optimizer, images(lib, 32, (3, 32, 32)))


def resnet_model(nn, width, widths):
    class Block(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(outputs)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(outputs)
            self.relu = nn.ReLU()
            self.shortcut = nn.Identity() if stride == 1 and inputs == outputs else nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

        def forward(self, x):
            y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
            return self.relu(y + self.shortcut(x))

    return nn.Sequential(
        nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
        *[Block(*sizes) for sizes in widths], nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(widths[-1][1], 10))


def resnet(lib: SimpleNamespace) -> Step:
    """A residual network of 16, 32 and 64 channels with 1x1 shortcuts, batch 32."""
    model = resnet_model(lib.nn, 16, [(16, 16, 1), (16, 32, 2), (32, 64, 2)])
    optimizer = lib.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return training(lib, model, optimizer, images(lib, 32, (3, 32, 32)))


def autoencoder(lib: SimpleNamespace) -> Step:
    """Strided convolutions down to 7x7 and transposed ones back, batch 64, Adam, squared error."""
    nn = lib.nn
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1, output_padding=1), nn.Sigmoid())
    optimizer, loss_fn = lib.optim.Adam(model.parameters()), nn.MSELoss()
    stream = images(lib, 64, (1, 28, 28))
    return updating(lib, optimizer, lambda x, _: loss_fn(model(x), x), stream)


def lenet_inference(lib: SimpleNamespace) -> Step:
    """LeNet-5 on one image."""
    model = lenet_model(lib.nn, lib.nn.ReLU, lib.nn.MaxPool2d).eval()
    x, _ = next(images(lib, 1, (1, 28, 28), 1))
    model = lib.compiled(model)

    def step():
        with lib.core.no_grad():
            return model(x)

    return step


def elementwise(lib: SimpleNamespace) -> Step:
    """A chain of elementwise functions of a million floats, forward and backward."""
    x = lib.core.tensor(np.random.default_rng(0).standard_normal(1 << 20, dtype=np.float32))
    x.requires_grad_()

    def step():
        x.grad = None
        y = (x * 2 + 1).tanh()
        (y * (-x).exp() + y.sigmoid()).sum().backward()

    return lib.compiled(step)


def softmax_regression(lib: SimpleNamespace) -> Step:
    """Softmax regression written by hand with tensor operations, batch 64."""
    core = lib.core
    w = core.zeros(784, 10, requires_grad=True)
    b = core.zeros(10, requires_grad=True)
    rows, stream = core.arange(64), images(lib, 64, (784,))

    def step(x, y):
        z = x @ w + b
        loss = -(z - z.logsumexp(1, keepdim=True))[rows, y].mean()
        loss.backward()
        with core.no_grad():
            for p in (w, b):
                p -= 0.1 * p.grad
                p.grad = None

    return fed(lib, step, stream)


def recurrent(lib: SimpleNamespace, kind: str) -> Step:
    """An image of 28 rows as 28 steps: two layers of 128, the last step classified, b64, Adam."""
    nn = lib.nn

    class Rows(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = getattr(nn, kind)(28, 128, num_layers=2, batch_first=True)
            self.head = nn.Linear(128, 10)

        def forward(self, x):
            return self.head(self.layers(x)[0][:, -1])

    model = Rows()
    return training(lib, model, lib.optim.Adam(model.parameters()), images(lib, 64, (28, 28)))


def char_model(nn):
    class Characters(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(65, 256)
            self.lstm = nn.LSTM(256, 256, num_layers=2, batch_first=True)
            self.head = nn.Linear(256, 65)

        def forward(self, x, states=None):
            out, states = self.lstm(self.embedding(x), states)
            return self.head(out), states

    return Characters()


def char_lstm(lib: SimpleNamespace) -> Step:
    """Characters 65-256-256 through two LSTM layers, 64 steps, batch 32, Adam."""
    model, loss_fn = char_model(lib.nn), lib.nn.CrossEntropyLoss()
    optimizer = lib.optim.Adam(model.parameters())
    text = np.random.default_rng(0).integers(0, 65, (8, 32, 65))
    stream = cycle([(lib.core.tensor(t[:, :-1].copy()), lib.core.tensor(t[:, 1:].copy()))
                    for t in text])

    def loss(x, y):
        return loss_fn(model(x)[0].reshape(-1, 65), y.reshape(-1))

    return updating(lib, optimizer, loss, stream)


def lstm_cells(lib: SimpleNamespace) -> Step:
    """A loop of 40 LSTMCell steps, 64 to 128, batch 16, forward and backward."""
    cell = lib.nn.LSTMCell(64, 128)
    x = lib.core.tensor(np.random.default_rng(0).standard_normal((40, 16, 64), dtype=np.float32))
    zeros = lib.core.zeros(16, 128)

    def step():
        cell.zero_grad()
        h = c = zeros
        for k in range(40):
            h, c = cell(x[k], (h, c))
        (h * h).sum().backward()

    return lib.compiled(step)


def char_inference(lib: SimpleNamespace) -> Step:
    """One more character of one text from the character LSTM, the likeliest."""
    model, core = char_model(lib.nn).eval(), lib.core
    with core.no_grad():
        last = [core.tensor([[0]]), None]

    def step():
        with core.no_grad():
            scores, states = model(*last)
            last[:] = scores[:, -1].argmax(1, keepdim=True), states

    return step


NETWORKS: dict[str, Callable[[SimpleNamespace], Step]] = {
    "gelu_mlp": gelu_mlp,
    "lenet_tanh": lenet_tanh,
    "lenet_relu": lenet_relu,
    "mnist_cnn": mnist_cnn,
    "vgg": vgg,
    "resnet": resnet,
    "autoencoder": autoencoder,
    "rnn": partial(recurrent, kind="RNN"),
    "gru": partial(recurrent, kind="GRU"),
    "lstm": partial(recurrent, kind="LSTM"),
    "char_lstm": char_lstm,
    "lstm_cells": lstm_cells,
    "lenet_inference": lenet_inference,
    "char_inference": char_inference,
    "elementwise": elementwise,
    "softmax_regression": softmax_regression,
    **TRANSFORMERS,
}
