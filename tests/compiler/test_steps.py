"""Training steps, compiled: what they leave behind is what uncompiled ones leave."""

import numpy as np
import pytest

import autograd
import nn
import optim
from tests.compiler import compiled, replays

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 6, 4, 4))
Y = RNG.integers(0, 3, (6, 12))


def network():
    return nn.Sequential(
        nn.Conv2d(6, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(64, 8),
        nn.GELU(),
        nn.LayerNorm(8),
        nn.Linear(8, 3),
    )


def recurrent_loop():
    class Loop(nn.Module):
        def __init__(self):
            super().__init__()
            self.into, self.over = nn.Linear(16, 5), nn.Linear(5, 5)
            self.head = nn.Linear(5, 3)

        def forward(self, x):
            h = autograd.zeros(len(x), 5, dtype=x.dtype)
            for k in range(6):
                h = (self.into(x[:, k].reshape(len(x), 16)) + self.over(h)).tanh()
            return self.head(h)

    return Loop()


def physics():
    """A network whose loss has second derivatives."""

    class Informed(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(1, 8), nn.Linear(8, 1)
            self.head = nn.Linear(96, 3)
            points = autograd.linspace(0, 1, 9, dtype=autograd.float64)
            self.points = points.reshape(9, 1).requires_grad_()

        def forward(self, x):
            u = self.b(self.a(self.points).tanh())
            (du,) = autograd.grad(u.sum(), self.points, create_graph=True)
            (d2u,) = autograd.grad(du.sum(), self.points, create_graph=True)
            return self.head(x.reshape(len(x), 96)) + (d2u + u).square().mean()

    return Informed()


def train(
    make,
    compiling,
    optimizer=lambda p: optim.Adam(p, lr=0.01),
    accumulate=False,
    clip=False,
    scheduled=False,
    to_none=True,
    steps=8,
):
    """Losses, and everything that is left behind after some steps."""
    autograd.manual_seed(0)
    model = make().double()
    opt = optimizer(list(model.parameters()))
    schedule = optim.lr_scheduler.StepLR(opt, 2, 0.5) if scheduled else None
    loss_fn = nn.CrossEntropyLoss()

    def step(x, y):
        if not accumulate:
            opt.zero_grad(set_to_none=to_none)
        loss = loss_fn(model(x), y)
        loss.backward()
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        opt.step()
        return loss

    run = compiled(step) if compiling else step
    losses = []
    for i in range(steps):
        losses.append(run(autograd.tensor(X * (1 + i)), autograd.tensor(Y[i % 6])).item())
        if schedule is not None:
            schedule.step()
        if accumulate and i % 3 == 2:
            opt.zero_grad()
    if compiling:
        assert replays(run.step) >= 1
    left = [losses, *(t.detach().numpy() for t in (*model.parameters(), *model.buffers()))]
    left += [p.grad.numpy() for p in model.parameters() if p.grad is not None]
    left += [s["step"].numpy() for s in opt.state.values() if "step" in s]
    return left


def check(make, **options):
    for wanted, got in zip(
        train(make, False, **options), train(make, True, **options), strict=True
    ):
        np.testing.assert_allclose(got, wanted, 1e-6, 1e-9)


@pytest.mark.parametrize("make", [network, recurrent_loop, physics])
def test_a_network_trains_as_it_does_uncompiled(make):
    check(make)


@pytest.mark.parametrize(
    "options",
    [
        dict(optimizer=lambda p: optim.SGD(p, lr=0.1, momentum=0.9)),
        dict(clip=True),
        dict(scheduled=True),
        dict(to_none=False),
        dict(accumulate=True, steps=12),
    ],
    ids=["momentum", "clipped", "scheduled", "zeroed", "accumulated"],
)
def test_what_training_does_besides(options):
    with autograd.hints(not options.get("accumulate")):
        check(network, **options)


def test_gradients_are_no_memory_of_the_program():
    w = autograd.ones(3, requires_grad=True)

    @compiled
    def step(x):
        w.grad = None
        (w * x).square().sum().backward()

    kept = []
    for i in range(6):
        step(autograd.tensor([1.0, 2.0, 3.0]) * (i + 1))
        kept.append(w.grad)
    assert replays(step.step) == 1
    assert [g.tolist() for g in kept] == [
        [2.0 * (i + 1) ** 2 * k * k for k in (1, 2, 3)] for i in range(6)
    ]


def test_inference_of_a_module_follows_its_mode_and_parameters():
    model = network().double().eval()
    fast = autograd.compile(model, mode="reduce-overhead")
    x = autograd.tensor(X)
    with autograd.no_grad():
        for _ in range(5):
            assert np.allclose(fast(x).numpy(), model(x).numpy(), atol=1e-6)
        assert replays(fast) == 1
        for p in model.parameters():
            p.mul_(0.5)
        assert np.allclose(fast(x).numpy(), model(x).numpy(), atol=1e-6)
        model[5].weight.data = autograd.zeros(8, 64, dtype=autograd.float64)
        for _ in range(4):
            assert np.allclose(fast(x).numpy(), model(x).numpy(), atol=1e-6)


def test_dropout_draws_anew_from_the_same_stream():
    layer, x = nn.Dropout(0.5), autograd.ones(100)

    def drawn(run):
        autograd.manual_seed(3)
        return [run(x).tolist() for _ in range(6)]

    fast = compiled(lambda x: layer(x) + autograd.rand(100))
    wanted = drawn(lambda x: layer(x) + autograd.rand(100))
    assert drawn(fast) == wanted and replays(fast.step) == 1
    assert len({tuple(row) for row in wanted}) == 6


def test_state_that_is_written_in_place():
    total, count = autograd.zeros(3), autograd.tensor(0)

    @compiled
    def step(x):
        total.add_(x * 2)
        total[1] = x[0]
        count.add_(1)
        part = autograd.zeros(2)
        part += x[:2]
        return part

    for _ in range(6):
        before = total._version[0]
        assert step(autograd.tensor([1.0, 2.0, 3.0])).tolist() == [1.0, 2.0]
        assert total._version[0] > before
    assert replays(step.step) == 1
    assert total.tolist() == [12.0, 1.0, 36.0] and count.item() == 6
