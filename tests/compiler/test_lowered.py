"""Calls that are replayed as launches: what they leave behind is what uncompiled steps leave."""

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import kernels
from autograd.compiler import replay
from tests.compiler import WARM, compiled, replays

RNG = np.random.default_rng(5)
COMPILED = kernels.tier() == "numba"
launched = pytest.mark.skipif(not COMPILED, reason="launches are of compiled kernels")


@pytest.fixture
def lines(monkeypatch):
    """The text of the replays that are written from now on."""
    found = []

    def written(writer):
        for line in writer.lines:
            for name, value in writer.names.items():
                if f"{name}(" in line:
                    line += f" # {getattr(value, '__qualname__', type(value).__name__)}"
            found.append(line)
        return before(writer)

    before = replay.Writer.compiled
    monkeypatch.setattr(replay.Writer, "compiled", written)
    return found


def convolutional():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, stride=2),
        nn.SiLU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(64, 10),
    )


class Attending(nn.Module):
    def __init__(self):
        super().__init__()
        self.into, self.norm = nn.Linear(24, 96), nn.LayerNorm(32)
        self.out = nn.Linear(32, 10)

    def forward(self, x):
        q, k, v = (
            part.reshape(len(x), 32, 2, 16).transpose(1, 2)
            for part in self.into(x.reshape(len(x), 32, 24)).split(32, -1)
        )
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=0.1)
        y = nn.functional.gelu(self.norm(y.transpose(1, 2).reshape(len(x), 32, 32)))
        return self.out(y.softmax(-1).mean(1))


def wide():
    """Winograd's method, whose outliers are put right by Python."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 1),
        nn.Conv2d(16, 16, 3, padding=1),
        nn.LeakyReLU(),
        nn.MaxPool2d(4),
        nn.Flatten(),
        nn.Linear(256, 10),
    )


def volumes():
    """Pooling in two launches, between which Python has to do with the places of maxima."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 3)), nn.Conv3d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool3d(2, 1),
        nn.AvgPool3d(2), nn.Flatten(), nn.Linear(196, 10)
    )


def normed():
    """Normalisation, of which Python does what has no variance that a kernel can take."""
    return nn.Sequential(
        nn.LayerNorm(16), nn.GroupNorm(3, 3), nn.ELU(), nn.Flatten(), nn.Linear(768, 10)
    )


def batches(dtype, shape=(8, 3, 16, 16), count=5):
    rng = np.random.default_rng(7)
    xs = [rng.standard_normal(shape).astype(dtype) for _ in range(count)]
    return [(x, rng.integers(0, 10, shape[0])) for x in xs]


def train(make, compiling, dtype, optimizer, batches, step_of=None, **options):
    """Losses, and everything that is left behind after the batches."""
    autograd.manual_seed(1)
    model = make().to(getattr(autograd, dtype))
    opt, loss_fn = optimizer(list(model.parameters())), nn.CrossEntropyLoss(**options)
    schedule = optim.lr_scheduler.ExponentialLR(opt, 0.8)

    def plain(x, y):
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        return loss

    step = step_of(model, opt, loss_fn) if step_of else plain
    run = compiled(step) if compiling else step
    losses = []
    for x, y in batches:
        losses.append(run(autograd.tensor(x), autograd.tensor(y)).item())
        schedule.step()
    assert not compiling or replays(run.step) >= 1
    left = [t.detach().numpy() for t in (*model.parameters(), *model.buffers())]
    left += [p.grad.numpy() for p in model.parameters() if p.grad is not None]
    return [np.array(losses), *left]


def same(make, dtype, optimizer=lambda p: optim.SGD(p, lr=0.05, momentum=0.9), **options):
    options.setdefault("batches", batches(dtype))
    wanted = train(make, False, dtype, optimizer, **options)
    tolerance = 1e-6 if dtype == "float32" else 1e-11
    for a, b in zip(wanted, train(make, True, dtype, optimizer, **options), strict=True):
        np.testing.assert_allclose(b, a, 20 * tolerance, tolerance * max(1, np.abs(a).max()))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", [convolutional, Attending, wide, volumes])
def test_networks_leave_what_they_leave_uncompiled(make, dtype):
    same(make, dtype)
    if dtype == "float64":
        same(make, dtype, lambda p: optim.AdamW(p, lr=1e-3))


@launched
@pytest.mark.parametrize("make", [convolutional, Attending])
def test_networks_are_launches(make, lines):
    same(make, "float32")
    text = "\n".join(lines)
    for name in (
        "convolution", "max_pool", "avg_pool", "_attend", "gelu", "_silu", "drop", "softmax",
        "_cross_entropy", "sum", "_flatten", "backward", "split", "own_copy",
    ):  # fmt: skip
        assert f"# {name}" not in text, name


def test_one_thread_and_two():
    before = autograd.get_num_threads()
    try:
        for count in (1, 2):
            autograd.set_num_threads(count)
            same(convolutional, "float32")
    finally:
        autograd.set_num_threads(before)


def test_more_threads_than_while_recording():
    """Some kernels have room for as many parts as there were threads."""
    before, x = autograd.get_num_threads(), autograd.tensor(RNG.random((64, 70)))
    step = compiled(lambda x: nn.functional.gelu(x.t()) * x.t())
    try:
        autograd.set_num_threads(1)
        for _ in range(WARM + 1):
            step(x)
        autograd.set_num_threads(2)
        for _ in range(WARM + 1):
            wanted = nn.functional.gelu(x.t()) * x.t()
            np.testing.assert_allclose(step(x).numpy(), wanted.numpy(), 1e-12)
        assert replays(step.step) == 2
    finally:
        autograd.set_num_threads(before)


@pytest.mark.parametrize(
    "make, number",
    [
        *((make, number) for make in (wide, convolutional) for number in (np.nan, np.inf, 1e12)),
        *((normed, number) for number in (np.nan, 1e30, 1e-30)),
        (Attending, np.nan),
        (Attending, np.inf),
    ],
)
def test_numbers_that_stop_a_kernel(make, number):
    """NaN, infinities and outliers after replays of ordinary numbers, and those again."""
    model = make()
    for dropout in (m for m in model.modules() if isinstance(m, nn.Dropout)):
        dropout.p = 0.0
    def step(x):
        y = model(x)
        for p in model.parameters():
            p.grad = None
        y.square().sum().backward()
        return y

    def run(step):
        autograd.manual_seed(2)
        found = []
        for i, (x, _) in enumerate(batches("float32", count=6)):
            if i == 4:
                x = x.copy() if number > 1e-9 else np.zeros_like(x)
                x[3, 1, 4, 4] = number
            y = step(autograd.tensor(x))
            found += [y.detach().numpy(), *(p.grad.numpy() for p in model.parameters())]
        return found

    state = {name: t.clone() for name, t in model.state_dict().items()}
    wanted = run(step)
    model.load_state_dict(state)
    for a, b in zip(wanted, run(compiled(step)), strict=True):
        finite = np.isfinite(a)
        assert (np.isnan(a) == np.isnan(b)).all()
        limit = np.abs(a[finite]).max(initial=1)
        np.testing.assert_allclose(b[finite], a[finite], 1e-4, 2e-6 * float(limit))


@pytest.mark.parametrize(
    "options",
    [
        dict(reduction="sum"),
        dict(label_smoothing=0.1, ignore_index=3),
        dict(weight=autograd.linspace(0.5, 2, 10, dtype=autograd.float64)),
    ],
    ids=["sum", "smoothed", "weighted"],
)
def test_cross_entropy_of_every_form(options):
    same(lambda: nn.Sequential(nn.Flatten(), nn.Linear(768, 10)), "float64", **options)


def test_cross_entropy_without_targets_is_nan():
    step = compiled(lambda x, y: nn.functional.cross_entropy(x, y))
    x = autograd.tensor(RNG.random((4, 3)))
    for _ in range(WARM + 1):
        assert np.isfinite(step(x, autograd.tensor([0, 1, 2, -100])).item())
    assert np.isnan(step(x, autograd.tensor([-100] * 4)).item())
    assert np.isfinite(step(x, autograd.tensor([0, 1, 2, 2])).item())


def test_a_wrong_target_raises_before_anything_is_updated():
    layer = nn.Linear(6, 3)
    opt = optim.SGD(layer.parameters(), lr=0.1)

    @compiled
    def step(x, y):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(layer(x), y)
        loss.backward()
        opt.step()
        return loss

    x, y = autograd.tensor(RNG.random((4, 6), np.float32)), autograd.tensor([0, 1, 2, 0])
    losses = [step(x, y).item() for _ in range(WARM + 2)]
    before = layer.weight.detach().numpy().copy()
    with pytest.raises(IndexError, match="5"):
        step(x, autograd.tensor([0, 1, 5, 0]))
    assert (layer.weight.detach().numpy() == before).all()
    assert step(x, y).item() < losses[-1]


def twice(model, opt, loss_fn):
    """Gradients of two halves, added up, and a frozen parameter."""
    next(iter(model.parameters())).requires_grad_(False)

    def step(x, y):
        opt.zero_grad()
        loss_fn(model(x[:4]), y[:4]).backward()
        loss = loss_fn(model(x[4:]), y[4:])
        loss.backward()
        opt.step()
        return loss

    return step


def zeroed(model, opt, loss_fn):
    def step(x, y):
        opt.zero_grad(set_to_none=False)
        loss = loss_fn(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        opt.step()
        return loss

    return step


@pytest.mark.parametrize("step_of", [twice, zeroed])
def test_gradients_that_add_up(step_of):
    same(convolutional, "float32", step_of=step_of)


def test_dropout_is_drawn_anew_at_each_replay():
    layer, x = nn.Dropout(0.5), autograd.ones(3, 400)

    def drawn(run):
        autograd.manual_seed(3)
        return [run(x).tolist() for _ in range(7)]

    fast = compiled(lambda x: layer(layer(x).exp()))
    wanted = drawn(lambda x: layer(layer(x).exp()))
    np.testing.assert_allclose(drawn(fast), wanted, 1e-6)
    assert len({str(rows) for rows in wanted}) == 7


@launched
def test_what_numpy_does_between_launches_stays_a_call():
    from autograd.compiler.capture import captured
    from autograd.compiler.program import Call, Value

    value = Value(0, "argument", 0, np.zeros((40, 50)))
    result = Value(1, "made", "gelu", np.zeros((40, 50)))

    def call(function):
        return Call(function, (value,), {}, [((), result)], "gelu", "")

    gelu = kernels.elementwise
    assert captured(call(lambda x: gelu("gelu", x))) is not None
    assert captured(call(lambda x: gelu("gelu", x) + 1)) is None
    assert captured(call(lambda x: gelu("gelu", x * 2))) is None
    assert captured(call(lambda x: gelu("gelu", np.asfortranarray(x)))) is None
    assert captured(call(lambda x: np.full((40, 50), x.sum()))) is None


def test_results_take_the_place_of_operands_only_when_nothing_reads_them_again():
    w = autograd.tensor(RNG.standard_normal((40, 40)))

    def step(x):
        y = x @ w
        first = (y - y[0]) * y[:, :1]  # rows and columns of what might be written over
        second = y @ w + first
        third = (second.t() + second).tanh() * second
        fourth = third @ w
        return fourth.exp() + fourth, (third @ w).sigmoid().sum(0)

    fast = compiled(step)
    for k in range(WARM + 2):
        x = autograd.tensor(RNG.standard_normal((40, 40)) * 0.01 * (k + 1))
        for wanted, got in zip(step(x), fast(x), strict=True):
            np.testing.assert_allclose(got.numpy(), wanted.numpy(), 1e-11, 1e-13)
    assert replays(fast.step) == 1
