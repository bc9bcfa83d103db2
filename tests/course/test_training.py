"""Rows O1 to O8, S1 to S3, R1 to R7 and I1 to I3, and the thirteen golden numbers."""

import math

import numpy as np
import pytest

import autograd
import data
import nn
import optim
from autograd import tensor
from nn import utils
from optim import lr_scheduler

INSIDE = {"eps_inside_sqrt": True}

# The course's Adam of row D-10 divides by 1 - beta without the power t: a rate and an eps of their
# own in the form without bias correction.
B1, B2 = 0.9, 0.999
POWERLESS = dict(lr=0.1 * math.sqrt(1 - B2) / (1 - B1), eps=1e-8 * (1 - B2),
                 bias_correction=False, **INSIDE)

GOLDEN = {  # w after each of five steps down w^2 / 2 from 1, in float64
    "G-1": ("SGD", dict(lr=0.1), [0.9, 0.81, 0.729, 0.6561, 0.59049]),
    "G-2": ("SGD", dict(lr=0.1, momentum=0.9), [0.9, 0.72, 0.486, 0.2268, -0.02916]),
    "G-3": ("SGD", dict(lr=0.1, momentum=0.9, nesterov=True),
            [0.81, 0.5751, 0.327321, 0.09388791, -0.1045816839]),
    "G-4": ("SGD", dict(lr=0.1, momentum=0.9, variant="ema"),
            [0.99, 0.9711, 0.944379, 0.91088631, 0.8716340259]),
    "G-5": ("RMSprop", dict(lr=0.01),
            [0.90000001, 0.8329179753, 0.779982282, 0.7353890542, 0.6964657993]),
    "G-6": ("RMSprop", dict(lr=0.01, alpha=0.999, **INSIDE),
            [0.6837738151, 0.5052225027, 0.3834145736, 0.2946466027, 0.2279321606]),
    "G-7": ("Adam", dict(lr=0.1),
            [0.900000001, 0.8004122297, 0.7015862745, 0.6039390627, 0.5079636619]),
    "G-8": ("Adam", dict(lr=0.1, bias_correction=False, **INSIDE),
            [0.6837738151, 0.270208851, -0.1621377659, -0.507142953, -0.6760714107]),
    "G-9": ("Adam", POWERLESS,
            [0.9000000005, 0.7661700798, 0.6119572548, 0.4460436548, 0.2758356247]),
    "G-10": ("Adagrad", dict(lr=0.1),
             [0.9, 0.8331035269, 0.7804561814, 0.7362231327, 0.6977148621]),
    "G-11": ("Adagrad", dict(lr=0.1, eps=1e-8, **INSIDE),
             [0.9000000005, 0.8331035275, 0.7804561821, 0.7362231335, 0.6977148629]),
    "G-12": ("Adadelta", {},
             [0.9968377382, 0.9935981984, 0.9903090828, 0.9869840926, 0.9836313873]),
    "G-13": ("NAdam", dict(lr=0.1),
             [0.8943548219, 0.81997307, 0.7527292664, 0.6877160516, 0.6236628927]),
}  # fmt: skip


def descend(kind, steps=5, grad=None, start=1.0, **options):
    """w after each step, down w^2 / 2, or by a constant gradient."""
    w = tensor(start, dtype=autograd.float64, requires_grad=True)
    optimizer = getattr(optim, kind)([w], **options)
    values = []
    for _ in range(steps):
        w.grad = w.detach().clone() if grad is None else tensor(grad, dtype=autograd.float64)
        optimizer.step()
        values.append(w.item())
    return values


@pytest.mark.parametrize("row", GOLDEN)
def test_golden_numbers(row):
    """NAdam's product of factors is kept in float32, as in PyTorch."""
    kind, options, golden = GOLDEN[row]
    tolerance = 1e-7 if kind == "NAdam" else 6e-11
    np.testing.assert_allclose(descend(kind, **options), golden, rtol=0, atol=tolerance)


def test_O2_momentum_with_the_rate_inside():
    """v = beta v - lr grad; W = W + v: the same as G-2 while lr stays."""
    assert descend("SGD", lr=0.1, momentum=0.9, variant="classic") == pytest.approx(
        GOLDEN["G-2"][2], abs=1e-12)


def test_O5_adams_defaults():
    group, = optim.Adam([autograd.ones(1, requires_grad=True)]).param_groups
    assert group["betas"] == (0.9, 0.999) and group["eps"] == 1e-8


def rates(schedule, steps):
    optimizer = optim.SGD([autograd.ones(1, requires_grad=True)], lr=0.1)
    scheduler, found = schedule(optimizer), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.param_groups[0]["params"][0].grad = autograd.ones(1)
        optimizer.step()
        scheduler.step()
    return found


def test_O9_rates_fixed_and_scheduled():
    assert rates(lambda o: lr_scheduler.LambdaLR(o, lambda t: 1.0), 3) == [0.1] * 3
    assert rates(lambda o: lr_scheduler.LambdaLR(o, lambda t: 1 / 2**t), 3) == [0.1, 0.05, 0.025]


def test_S1_time_based_decay():
    found = rates(lambda o: lr_scheduler.TimeBasedLR(o, decay=0.5), 5)
    assert found == pytest.approx([0.1 / (1 + 0.5 * t) for t in range(5)])


def test_S2_step_decay_with_and_without_the_floor():
    smooth = rates(lambda o: lr_scheduler.ExponentialLR(o, gamma=0.5 ** (1 / 10)), 21)
    assert smooth == pytest.approx([0.1 * 0.5 ** (t / 10) for t in range(21)])
    steps = rates(lambda o: lr_scheduler.StepLR(o, 10, gamma=0.5), 21)
    assert round(smooth[5], 4) == 0.0707 and steps[5] == 0.1 and steps[10] == 0.05


def test_S3_exponential_decay():
    found = rates(lambda o: lr_scheduler.ExponentialLR(o, gamma=math.exp(-0.3)), 5)
    assert found == pytest.approx([0.1 * math.exp(-0.3 * t) for t in range(5)])


def layer(weights, bias):
    made = nn.Linear(len(weights), 1).double()
    made.load_state_dict({"weight": tensor([weights]), "bias": tensor([bias])})
    return made


def test_R1_l2():
    """lam ||W||^2, and lam / (2 m) ||W||^2; as weight_decay 2 lam, and lam / m."""
    model = layer([1.0, -2.0], 5.0)
    assert utils.l2_penalty(model, 0.1).item() == pytest.approx(0.5)
    assert utils.l2_penalty(model, 0.1, bias=True).item() == pytest.approx(3.0)
    assert utils.l2_penalty(model, 0.1, samples=10).item() == pytest.approx(0.025)
    for options, decay in (({}, 0.2), ({"samples": 10}, 0.01)):
        one, other = layer([1.0, -2.0], 5.0), layer([1.0, -2.0], 5.0)
        utils.l2_penalty(one, 0.1, **options).backward()
        optim.SGD(one.parameters(), lr=0.5).step()
        groups = optim.param_groups(other, {"*bias": {"weight_decay": 0.0}})
        for p in other.parameters():
            p.grad = autograd.zeros(*p.shape, dtype=p.dtype)
        optim.SGD(groups, lr=0.5, weight_decay=decay).step()
        np.testing.assert_allclose(one.weight.tolist(), other.weight.tolist(), rtol=1e-14)
        assert other.bias.tolist() == [5.0]


def test_R2_l1():
    model = layer([1.0, -2.0, 0.0], 5.0)
    penalty = utils.l1_penalty(model, 0.1)
    penalty.backward()
    assert penalty.item() == pytest.approx(0.3)
    assert model.weight.grad.tolist() == [[0.1, -0.1, 0.0]] and model.bias.grad is None
    assert utils.l1_penalty(model, 0.1, samples=10).item() == pytest.approx(0.015)
    assert utils.elastic_penalty(model, 0.1, 0.2).item() == pytest.approx(0.3 + 1.0)


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_R3_dropout(p):
    autograd.manual_seed(0)
    x = autograd.ones(100, 100)
    trained = nn.Dropout(p)(x).numpy()
    assert abs((trained == 0).mean() - p) < 0.02
    np.testing.assert_allclose(trained[trained != 0], 1 / (1 - p), rtol=1e-6)
    assert nn.Dropout(p).eval()(x) is x


def test_R4_dropconnect():
    """Bernoulli on the weights, in the forward pass and so in the backward pass."""
    autograd.manual_seed(0)
    made = nn.DropConnectLinear(50, 40, p=0.3, bias=False)
    y = made(autograd.eye(50))
    y.sum().backward()
    dropped = y.detach().numpy().T == 0
    assert abs(dropped.mean() - 0.3) < 0.03
    np.testing.assert_array_equal(made.weight.grad.numpy() == 0, dropped)


def test_R5_batch_norm():
    x = tensor(np.random.default_rng(0).normal(3, 2, (20, 4)))
    norm = nn.BatchNorm1d(4, dtype=autograd.float64)
    with autograd.no_grad():
        norm.weight.fill_(2.0)
        norm.bias.fill_(-1.0)
    values = x.numpy()
    expected = 2 * (values - values.mean(0)) / np.sqrt(values.var(0) + 1e-5) - 1
    np.testing.assert_allclose(norm(x).detach().numpy(), expected, atol=1e-12)


def test_R7_augmentation():
    autograd.manual_seed(0)
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    flip, crop = data.transforms.RandomHorizontalFlip(1.0), data.transforms.RandomCrop(2)
    assert np.asarray(flip(image)).tolist() == image[:, ::-1].tolist()
    assert {np.shape(crop(image)) for _ in range(5)} == {(2, 2)}


def drawn(initialize):
    autograd.manual_seed(0)
    return initialize(autograd.empty(400, 300)).numpy()


def test_I1_xavier():
    values = drawn(nn.init.xavier_normal_)
    assert values.std() == pytest.approx(math.sqrt(2 / 700), rel=0.01) and abs(values.mean()) < 1e-3


def test_I2_he():
    values = drawn(lambda w: nn.init.kaiming_normal_(w, mode="fan_in", nonlinearity="relu"))
    assert values.std() == pytest.approx(math.sqrt(2 / 300), rel=0.01)


def test_I3_normal():
    values = drawn(lambda w: nn.init.normal_(w, std=0.3))
    assert values.std() == pytest.approx(0.3, rel=0.01)
