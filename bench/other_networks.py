"""Networks of other fields and forms: what is fast for these is fast for what nobody thought of."""

from collections.abc import Callable
from itertools import repeat
from types import SimpleNamespace

import numpy as np

from .networks import images, resnet_model
from .training import Step, training, updating


def _numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def _updating(lib: SimpleNamespace, optimizer, loss: Callable) -> Step:
    """A step on the same batch each time."""
    return updating(lib, optimizer, loss, repeat(()))


def mobilenet(lib: SimpleNamespace) -> Step:
    """Depthwise 3x3 and 1x1 convolutions with batch norm, 32 to 128 channels, CIFAR, batch 32."""
    nn = lib.nn

    def separable(inputs, outputs, stride):
        return [nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
                nn.BatchNorm2d(inputs), nn.ReLU6(), nn.Conv2d(inputs, outputs, 1, bias=False),
                nn.BatchNorm2d(outputs), nn.ReLU6()]

    model = nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU6(),
        *separable(32, 64, 1), *separable(64, 128, 2), *separable(128, 128, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))
    optimizer = lib.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return training(lib, model, optimizer, images(lib, 32, (3, 32, 32)))


def resnet18(lib: SimpleNamespace) -> Step:
    """ResNet-18 in its form for 32x32 images, 64 to 512 channels, batch 8."""
    widths = [(64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1),
              (256, 512, 2), (512, 512, 1)]
    model = resnet_model(lib.nn, 64, widths)
    optimizer = lib.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return training(lib, model, optimizer, images(lib, 8, (3, 32, 32), 2))


def graph_network(lib: SimpleNamespace) -> Step:
    """Two rounds of messages over 10,000 edges between 2,000 nodes, summed by index_add."""
    core, nn = lib.core, lib.nn
    ends = core.tensor(np.random.default_rng(0).integers(0, 2000, (2, 10_000)))
    x, y = core.tensor(_numbers(2000, 64)), core.tensor(np.arange(2000) % 7)
    first, second, loss_fn = nn.Linear(64, 32), nn.Linear(32, 7), nn.CrossEntropyLoss()
    optimizer = lib.optim.Adam([*first.parameters(), *second.parameters()], lr=0.01)

    def messages(h):
        return core.zeros(2000, h.shape[1]).index_add(0, ends[1], h[ends[0]])

    return _updating(lib, optimizer,
                     lambda: loss_fn(messages(second(messages(first(x)).relu())), y))


def pinn(lib: SimpleNamespace) -> Step:
    """u'' = -sin(x) with a network 1-32-32-1: the loss holds second derivatives, 128 points."""
    core, nn = lib.core, lib.nn
    model = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(),
                          nn.Linear(32, 1))
    optimizer = lib.optim.Adam(model.parameters())
    x = core.tensor(np.linspace(0, 3, 128, dtype=np.float32)[:, None])
    x.requires_grad_()

    def loss():
        u = model(x)
        slope, = lib.autograd.grad(u.sum(), x, create_graph=True)
        bend, = lib.autograd.grad(slope.sum(), x, create_graph=True)
        return ((bend + x.sin()) ** 2).mean()

    return _updating(lib, optimizer, loss)


def loop_by_hand(lib: SimpleNamespace) -> Step:
    """A recurrent network written with matmul, add and tanh: 40 steps of 64, batch 16."""
    core = lib.core
    w_x, w_h = (core.tensor(_numbers(64, 64, seed=s) * 0.1) for s in (1, 2))
    b, x = core.zeros(64), core.tensor(_numbers(40, 16, 64))
    for p in (w_x, w_h, b):
        p.requires_grad_()

    def step():
        for p in (w_x, w_h, b):
            p.grad = None
        h = core.zeros(16, 64)
        for k in range(40):
            h = (x[k] @ w_x + h @ w_h + b).tanh()
        (h * h).mean().backward()

    return lib.compiled(step)


def attention_by_hand(lib: SimpleNamespace) -> Step:
    """Causal attention of 4 heads written with matmul, masked_fill and softmax, 8 texts of 64."""
    core, nn = lib.core, lib.nn
    project, out = nn.Linear(128, 384), nn.Linear(128, 128)
    x = core.tensor(_numbers(8, 64, 128))
    mask = core.tensor(np.triu(np.ones((64, 64), bool), 1))

    def step():
        project.zero_grad()
        out.zero_grad()
        q, k, v = (part.reshape(8, 64, 4, 32).transpose(1, 2) for part in project(x).chunk(3, -1))
        scores = (q @ k.transpose(-2, -1) / 32**0.5).masked_fill(mask, float("-inf"))
        (out((scores.softmax(-1) @ v).transpose(1, 2).reshape(8, 64, 128)) ** 2).mean().backward()

    return lib.compiled(step)


def float64_mlp(lib: SimpleNamespace) -> Step:
    """784-128-10 in float64, batch 64, Adam."""
    nn = lib.nn
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)).double()
    stream = ((x.double(), y) for x, y in images(lib, 64, (784,)))
    return training(lib, model, lib.optim.Adam(model.parameters()), stream)


def one_by_one(lib: SimpleNamespace) -> Step:
    """784-64-10 trained on one sample at a time, SGD."""
    nn = lib.nn
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    return training(lib, model, lib.optim.SGD(model.parameters(), lr=0.01),
                    images(lib, 1, (784,)))


def recommender(lib: SimpleNamespace) -> Step:
    """Products of 32 factors of 1,000 users and 2,000 things, with biases, batch 256, Adam."""
    nn, core = lib.nn, lib.core
    tables = [nn.Embedding(n, k) for n in (1000, 2000) for k in (32, 1)]
    optimizer = lib.optim.Adam([p for table in tables for p in table.parameters()])
    rng = np.random.default_rng(0)
    users, things = (core.tensor(rng.integers(0, n, 256)) for n in (1000, 2000))
    stars = core.tensor(rng.integers(1, 6, 256).astype(np.float32))

    def loss():
        by_user, user_bias = tables[0](users), tables[1](users)
        by_thing, thing_bias = tables[2](things), tables[3](things)
        found = (by_user * by_thing).sum(1) + user_bias.squeeze(1) + thing_bias.squeeze(1)
        return ((found - stars) ** 2).mean()

    return _updating(lib, optimizer, loss)


def dilated(lib: SimpleNamespace) -> Step:
    """Dilated convolutions over time with gates and residuals, 32 channels, 16 series of 256."""
    nn, core = lib.nn, lib.core
    layers = nn.ModuleList([nn.Conv1d(32, 64, 3, padding=2**k, dilation=2**k) for k in range(5)])
    head, loss_fn = nn.Conv1d(32, 1, 1), nn.MSELoss()
    optimizer = lib.optim.Adam([*layers.parameters(), *head.parameters()])
    x, y = core.tensor(_numbers(16, 32, 256)), core.tensor(_numbers(16, 1, 256, seed=1))

    def loss():
        h = x
        for layer in layers:
            signal, gate = layer(h).chunk(2, 1)
            h = h + signal.tanh() * gate.sigmoid()
        return loss_fn(head(h), y)

    return _updating(lib, optimizer, loss)


def q_learning(lib: SimpleNamespace) -> Step:
    """A step of deep Q-learning: two networks 8-64-64-4, gather, Huber loss, batch 128."""
    nn, core = lib.nn, lib.core

    def network():
        return nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(),
                             nn.Linear(64, 4))

    model, target, loss_fn = network(), network(), nn.SmoothL1Loss()
    optimizer = lib.optim.Adam(model.parameters())
    before, after = core.tensor(_numbers(128, 8)), core.tensor(_numbers(128, 8, seed=1))
    actions = core.tensor(np.arange(128)[:, None] % 4)
    rewards = core.tensor(_numbers(128, 1, seed=2))

    def loss():
        with core.no_grad():
            wanted = rewards + 0.99 * target(after).max(1, keepdim=True).values
        return loss_fn(model(before).gather(1, actions), wanted)

    return _updating(lib, optimizer, loss)


def unet(lib: SimpleNamespace) -> Step:
    """Down to 16x16, up by interpolation, with the earlier maps beside it: 8 images of 32x32."""
    nn, core = lib.nn, lib.core
    down, deep, up = (nn.Conv2d(*sizes, 3, padding=1) for sizes in ((1, 16), (16, 32), (48, 16)))
    head, pool, loss_fn = nn.Conv2d(16, 1, 1), nn.MaxPool2d(2), nn.BCEWithLogitsLoss()
    grown = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
    layers = [p for layer in (down, deep, up, head) for p in layer.parameters()]
    x, y = core.tensor(_numbers(8, 1, 32, 32)), core.tensor(_numbers(8, 1, 32, 32) > 0).float()

    def loss():
        wide = down(x).relu()
        return loss_fn(head(up(core.cat([wide, grown(deep(pool(wide)).relu())], 1)).relu()), y)

    return _updating(lib, lib.optim.Adam(layers), loss)


def flow(lib: SimpleNamespace) -> Step:
    """Four affine couplings over 8 numbers, by the likelihood of 256 samples."""
    nn, core = lib.nn, lib.core
    nets = nn.ModuleList([nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 8))
                          for _ in range(4)])
    x = core.tensor(_numbers(256, 8))

    def loss():
        a, b = x.chunk(2, 1)
        logarithm = 0.0
        for net in nets:
            scale, shift = net(a).chunk(2, 1)
            scale = scale.tanh()
            a, b = b * scale.exp() + shift, a
            logarithm = logarithm + scale.sum(1)
        return (0.5 * (a * a + b * b).sum(1) - logarithm).mean()

    return _updating(lib, lib.optim.Adam(nets.parameters()), loss)


OTHERS: dict[str, Callable[[SimpleNamespace], Step]] = {
    "mobilenet": mobilenet,
    "resnet18": resnet18,
    "graph_network": graph_network,
    "pinn": pinn,
    "loop_by_hand": loop_by_hand,
    "attention_by_hand": attention_by_hand,
    "float64_mlp": float64_mlp,
    "one_by_one": one_by_one,
    "recommender": recommender,
    "dilated": dilated,
    "q_learning": q_learning,
    "unet": unet,
    "flow": flow,
}
