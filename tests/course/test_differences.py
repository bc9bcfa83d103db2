"""Rows D-1 to D-29: where the course's formulas differ from PyTorch's, the default is PyTorch's,
and the course's form is an option, or the line that each test shows."""

import math

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import tensor, where
from nn import functional as F
from optim import lr_scheduler
from tests.course.test_training import POWERLESS, descend, rates

FLAT = dict(grad=1.0, start=0.0)  # a constant gradient of 1, from 0


def slope(function, at):
    x = tensor(at, dtype=autograd.float64, requires_grad=True)
    function(x).backward()
    return x.grad.item()


def test_D1_relu_at_0():
    """0; the course's 1 is where(x >= 0, x, 0), and maximum(x, 0) shares: 0.5."""
    assert slope(F.relu, 0.0) == 0
    assert slope(lambda x: where(x >= 0, x, 0.0), 0.0) == 1
    assert slope(lambda x: autograd.maximum(x, 0.0), 0.0) == 0.5


def test_D2_elu_at_0():
    """The slope alpha of the branch x <= 0; the other course's 1 is where(x >= 0, x, elu(x))."""
    assert slope(lambda x: F.elu(x, 2.0), 0.0) == 2
    assert slope(lambda x: where(x >= 0, x, F.elu(x, 2.0)), 0.0) == 1


def test_D3_leaky_relu_as_a_maximum():
    """They part where the slope is above 1."""
    x = tensor([-1.0, 1.0])
    assert F.leaky_relu(x, 2.0).tolist() == [-2, 1]
    assert autograd.maximum(2.0 * x, x).tolist() == [-1, 2]


def test_D4_the_rate_within_the_velocity():
    """Equal while lr stays, -12.094190 after 20 steps; not once it changes."""
    for variant in ("torch", "classic"):
        walked = descend("SGD", 20, lr=0.1, momentum=0.9, variant=variant, **FLAT)
        assert walked[-1] == pytest.approx(-12.094190, abs=1e-6)


def test_D5_momentum_as_an_average():
    """Ten times smaller steps, -1.209419 after 20; dampening=0.9 is not that."""
    average = descend("SGD", 20, lr=0.1, momentum=0.9, variant="ema", **FLAT)
    assert average[-1] == pytest.approx(-1.209419, abs=1e-6)
    dampened = descend("SGD", 20, lr=0.1, momentum=0.9, dampening=0.9, **FLAT)
    assert dampened[-1] == pytest.approx(-2.0, abs=1e-6)


def test_D6_rmsprops_eps():
    """A gradient of 1e-6 moves by 9.09 lr with eps outside the root, by 0.01 inside."""
    small = dict(steps=1, grad=1e-6, start=0.0, lr=1.0)
    assert -descend("RMSprop", **small)[0] == pytest.approx(9.09, abs=5e-3)
    assert -descend("RMSprop", eps_inside_sqrt=True, **small)[0] == pytest.approx(0.01, rel=1e-2)


def test_D7_rmsprops_decay():
    first = [-descend("RMSprop", 1, lr=0.01, alpha=alpha, **FLAT)[0] for alpha in (0.999, 0.99)]
    assert first == pytest.approx([0.316, 0.1], abs=5e-4)


def test_D8_adagrads_eps():
    group, = optim.Adagrad([autograd.ones(1, requires_grad=True)]).param_groups
    assert group["eps"] == 1e-10
    inside = descend("Adagrad", 1, lr=0.1, eps=0.5, eps_inside_sqrt=True, **FLAT)[0]
    outside = descend("Adagrad", 1, lr=0.1, eps=0.5, **FLAT)[0]
    assert (inside, outside) == pytest.approx((-0.1 / math.sqrt(1.5), -0.1 / 1.5))


def test_D9_adams_eps():
    small = dict(steps=1, grad=1e-6, start=0.0, lr=1.0)
    assert -descend("Adam", **small)[0] == pytest.approx(0.99, abs=5e-4)
    assert -descend("Adam", eps_inside_sqrt=True, **small)[0] == pytest.approx(0.01, rel=1e-2)


def test_D10_adams_bias_correction():
    """Steps of a constant gradient in units of the right one: without correction they begin at
    3.16; corrected without the power t (a rate and an eps of its own), 2.06 at t = 10, 0.316 in
    the end."""
    plain = descend("Adam", 1, lr=0.1, bias_correction=False, **FLAT)
    assert -plain[0] / 0.1 == pytest.approx(3.16, abs=5e-3)
    walked = [0.0, *descend("Adam", 8000, **FLAT, **POWERLESS)]
    steps = -np.diff(walked) / 0.1
    assert steps[9] == pytest.approx(2.06, abs=5e-3)
    assert steps[-1] == pytest.approx(0.316, abs=1e-3)


def test_D11_l2_and_weight_decay():
    """weight_decay w is the gradient of weight_decay / 2 ||W||^2; biases count, unless in a group
    of their own; row R1 has lam ||W||^2 and lam / (2 m) ||W||^2."""
    layer = nn.Linear(2, 1)
    for p in layer.parameters():
        nn.init.ones_(p)
        p.grad = autograd.zeros(*p.shape)
    optim.SGD(layer.parameters(), lr=1.0, weight_decay=0.5).step()
    assert layer.weight.tolist() == [[0.5, 0.5]] and layer.bias.tolist() == [0.5]


def test_D12_l1():
    layer = nn.Linear(3, 1)
    nn.init.constant_(layer.weight, -2.0)
    for samples, factor in ((None, 1.0), (4, 1 / 8)):
        layer.zero_grad()
        nn.utils.l1_penalty(layer, 0.5, samples=samples).backward()
        assert layer.weight.grad.tolist() == [[-0.5 * factor] * 3]


def test_D13_dropout_scaled_in_evaluation():
    x = autograd.full((1000,), 2.0)
    scaled, usual = nn.Dropout(0.5, scale_at="test"), nn.Dropout(0.5)
    assert set(scaled(x).tolist()) == {0.0, 2.0} and set(usual(x).tolist()) == {0.0, 4.0}
    assert set(scaled.eval()(x).tolist()) == {1.0} and usual.eval()(x) is x


def test_D14_weights_are_dropped_by_dropconnect():
    """Dropout drops whole inputs, DropConnect single weights."""
    autograd.manual_seed(0)
    x = autograd.eye(20)
    units = nn.Dropout(0.5)(x)
    assert (units.diag() == 0).any() and set(units.diag().tolist()) == {0.0, 2.0}
    layer = nn.DropConnectLinear(20, 20, bias=False)
    nn.init.ones_(layer.weight)
    kept = (layer(x) != 0).detach().float().mean(1)
    assert kept.min().item() > 0 and kept.max().item() < 1


def test_D15_batch_norm_without_eps_gain_and_shift():
    x = tensor(np.random.default_rng(0).standard_normal((8, 3)))
    plain = nn.BatchNorm1d(3, eps=0.0, affine=False, dtype=autograd.float64)
    values = x.numpy()
    np.testing.assert_allclose(plain(x), (values - values.mean(0)) / values.std(0), rtol=1e-10)
    np.testing.assert_allclose(plain.running_mean, 0.1 * values.mean(0), rtol=1e-10)
    np.testing.assert_allclose(plain.running_var, 0.9 + 0.1 * values.var(0, ddof=1), rtol=1e-10)


def test_D16_probabilities_have_a_loss_of_their_own():
    """CrossEntropyLoss takes scores; the one for probabilities refuses them."""
    z, y = tensor([[2.0, 1.0, -1.0]]), tensor([[1.0, 0.0, 0.0]])
    one, other = nn.CategoricalCrossEntropy(), nn.CrossEntropyLoss()
    assert one(z.softmax(1), y).item() == pytest.approx(other(z, y).item(), rel=1e-6)
    assert other(z.softmax(1), y).item() != pytest.approx(other(z, y).item(), rel=0.1)
    with pytest.raises(ValueError, match="for scores before the softmax use cross_entropy"):
        one(z, y)


def test_D17_logarithms_of_bce():
    """Those below -100 count as -100; the plain formula is infinite there."""
    assert nn.BCELoss()(tensor([1.0]), tensor([0.0])).item() == 100
    p, y = tensor([0.9, 0.2]), tensor([1.0, 0.0])
    plain = -(y * p.log() + (1 - y) * (1 - p).log()).mean()
    assert nn.BCELoss()(p, y).item() == pytest.approx(plain.item(), rel=1e-6)


def test_D18_squared_errors_of_vectors():
    """MSELoss divides by all elements; over samples it is that times the width."""
    h, y = autograd.randn(5, 3), autograd.randn(5, 3)
    by_sample = ((h - y) ** 2).sum(1).mean()
    assert by_sample.item() == pytest.approx(3 * nn.MSELoss()(h, y).item(), rel=1e-5)


def test_D19_the_second_number_of_a_normal_is_the_deviation():
    autograd.manual_seed(0)
    w = nn.init.normal_(autograd.empty(300, 300), std=math.sqrt(0.04))
    assert w.var().item() == pytest.approx(0.04, rel=0.02)


def test_D20_how_layers_begin():
    """U(-1/sqrt(n), 1/sqrt(n)) as their docstrings say; Xavier and He are a call."""
    layer = nn.Linear(400, 300)
    assert layer.weight.abs().max().item() <= 1 / 20 < 1.01 * layer.weight.abs().max().item()
    assert "U(-1/√in_features, 1/√in_features)" in nn.Linear.__doc__
    nn.init.xavier_normal_(layer.weight)
    assert layer.weight.std().item() == pytest.approx(math.sqrt(2 / 700), rel=0.02)


def test_D21_step_decay_is_floored():
    smooth = rates(lambda o: lr_scheduler.ExponentialLR(o, 0.5 ** (1 / 10)), 6)[5]
    floored = rates(lambda o: lr_scheduler.StepLR(o, 10, 0.5), 6)[5]
    assert (round(smooth, 4), floored) == (0.0707, 0.1)


def test_D22_exponential_decay_by_its_factor():
    assert rates(lambda o: lr_scheduler.ExponentialLR(o, math.exp(-0.2)), 4)[3] == pytest.approx(
        0.1 * math.exp(-0.6))


def test_D23_time_based_decay():
    assert rates(lambda o: lr_scheduler.TimeBasedLR(o, 0.2), 4)[3] == pytest.approx(0.1 / 1.6)


def test_D24_what_a_batchs_gradient_is_divided_by():
    """1/b here; the course's 1/N is that times b/N."""
    x, w = autograd.randn(4, 3), autograd.randn(3, requires_grad=True)
    mean, = autograd.grad(((x @ w) ** 2).mean(), w)
    over_all, = autograd.grad(((x @ w) ** 2).sum() / 100, w)
    np.testing.assert_allclose(over_all.tolist(), (mean * 4 / 100).tolist(), rtol=1e-5)


def test_D25_sizes_are_rounded_down():
    assert nn.utils.conv_output_size(8, 3, stride=2) == 3  # (8 - 3) / 2 + 1 = 3.5
    assert nn.utils.conv_output_size(8, 3, stride=2, ceil_mode=True) == 4
    assert nn.MaxPool2d(3, 2, ceil_mode=True)(autograd.zeros(1, 8, 8)).shape == (1, 4, 4)


def test_D26_the_courses_criterion_is_gradchecks():
    x = tensor([0.3, -1.2], dtype=autograd.float64, requires_grad=True)
    report = autograd.gradcheck(autograd.tanh, (x,))
    assert (report.eps, report.rtol) == (1e-5, 1e-7)


def test_D27_labels_of_the_perceptron():
    """sign(0) = 0 and heaviside(0) = 1."""
    x = tensor([[0.0], [2.0]])
    for labels, before, after in (((0, 1), [1, 1], [0, 1]), ((-1, 1), [0, 0], [-1, 1])):
        neuron = nn.Perceptron(1, labels)
        assert neuron(x).tolist() == before
        neuron.fit(x, labels)
        assert neuron(x).tolist() == after


def test_D28_two_kinds_of_random_pooling():
    x = autograd.rand(1, 1, 9, 9)
    assert nn.FractionalMaxPool2d(2, output_size=5)(x).shape == (1, 1, 5, 5)
    assert nn.RandomSubsetMaxPool2d(3, subset_size=4)(x).shape == (1, 1, 3, 3)


def test_D29_layout_of_weights():
    """x W' + b with rows x is W x + b with columns."""
    layer, x = nn.Linear(3, 2), autograd.randn(3)
    assert layer.weight.shape == (2, 3)
    np.testing.assert_allclose(layer(x).detach(), (layer.weight @ x + layer.bias).detach(),
                               rtol=1e-5)
