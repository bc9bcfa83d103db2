"""Rows E-1 to E-19: slips of the course's texts, and that we have the right thing."""

import math

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import tensor
from tests.course.test_training import GOLDEN, descend


def test_E1_tanh_is_not_its_inverse():
    assert autograd.tanh(tensor(1.0)).item() == pytest.approx(0.7616, abs=5e-5)
    assert autograd.tanh(tensor(0.0)).item() == 0


def test_E2_momentum_goes_down():
    walked = descend("SGD", 20, grad=1.0, start=0.0, lr=0.1, momentum=0.9, variant="ema")
    assert walked[-1] == pytest.approx(-1.2094, abs=5e-5)


def test_E3_E4_adams_averages_are_corrected_by_powers():
    """Where both are corrected by 1 - beta^t, a constant gradient makes constant steps."""
    walked = [0.0, *descend("Adam", 50, grad=0.3, start=0.0, lr=0.1)]
    np.testing.assert_allclose(np.diff(walked), -0.1, rtol=1e-6)


def test_E5_rmsprop_averages_squares():
    """So the sign of the gradient is no matter to the scale."""
    w = tensor([0.0, 0.0], requires_grad=True)
    optimizer = optim.RMSprop([w], lr=0.1)
    for sign in (1.0, -1.0, 1.0):
        w.grad = tensor([3.0, 3.0 * sign])
        optimizer.step()
    average = optimizer.state[w]["square_avg"]
    assert average[0].item() == average[1].item() == pytest.approx(9 * (1 - 0.99**3), rel=1e-5)


def test_E6_weights_are_outputs_by_inputs():
    assert nn.Linear(784, 64).weight.shape == (64, 784)


def test_E7_softmax_sums_over_the_classes():
    p = autograd.randn(5, 3).softmax(1)
    np.testing.assert_allclose(p.sum(1), 1, rtol=1e-6)


def test_E8_batches_are_averaged_once():
    x, w = autograd.randn(4, 3), autograd.randn(3, requires_grad=True)
    loss = nn.MSELoss()(x @ w, autograd.zeros(4))
    loss.backward()
    terms = (2 * (x @ w).unsqueeze(1) * x).detach().numpy()
    np.testing.assert_allclose(w.grad, terms.sum(0) / 4, rtol=1e-5)


def test_E9_softmax_has_a_jacobian():
    """diag(p) - p p', which with the logarithm comes to p - y."""
    z = tensor([0.5, -1.0, 2.0], dtype=autograd.float64, requires_grad=True)
    p = z.softmax(0)
    rows = [autograd.grad(p[i], z, retain_graph=True)[0].tolist() for i in range(3)]
    q = p.detach().numpy()
    np.testing.assert_allclose(rows, np.diag(q) - np.outer(q, q), rtol=1e-10)


def test_E10_gradients_are_outer_products():
    """delta h', and W' delta further down."""
    w2, w3 = (autograd.randn(*s, dtype=autograd.float64, requires_grad=True)
              for s in ((4, 3), (2, 4)))
    x = autograd.randn(3, dtype=autograd.float64)
    h = (w2 @ x).tanh()
    y = w3 @ h
    (0.5 * (y * y).sum()).backward()
    delta, hidden = y.detach().numpy(), h.detach().numpy()
    np.testing.assert_allclose(w3.grad, np.outer(delta, hidden), rtol=1e-10)
    below = w3.detach().numpy().T @ delta * (1 - hidden**2)
    np.testing.assert_allclose(w2.grad, np.outer(below, x), rtol=1e-10)


def test_E11_range_of_swish():
    x = autograd.linspace(-20, 20, 400_001, dtype=autograd.float64)
    y = nn.SiLU()(x)
    assert y.min().item() == pytest.approx(-0.27846, abs=5e-6)
    assert x[y.argmin().item()].item() == pytest.approx(-1.27846, abs=1e-4)


def test_E12_a_misprinted_cosine():
    """The fixture of row N13 keeps 0.504, where cos 1 is 0.5403."""
    from tests.course.test_neurons import POINTS

    assert POINTS[0][1] == 0.504 and math.cos(1) == pytest.approx(0.5403, abs=5e-5)


def test_E13_elu_brings_the_mean_towards_0():
    autograd.manual_seed(0)
    x = autograd.randn(10_000)
    elu, relu = nn.ELU()(x).mean().item(), nn.ReLU()(x).mean().item()
    assert 0 < elu < 0.6 * relu


def test_E14_l1_has_its_own_gradient():
    """lam / (2 m) sign(w), where l2 has lam / m w."""
    layer = nn.Linear(1, 1, bias=False)
    for penalty, slope in ((nn.utils.l1_penalty, 0.5 / 20), (nn.utils.l2_penalty, 0.5 / 10 * 3)):
        nn.init.constant_(layer.weight, 3.0)
        layer.zero_grad()
        penalty(layer, 0.5, samples=10).backward()
        assert layer.weight.grad.item() == pytest.approx(slope, rel=1e-6)


def test_E15_logistic_regression_is_sigmoid_with_labels_0_and_1():
    """Its probability is at least a half exactly where the score's sign is not negative."""
    z = tensor([-2.0, 0.0, 3.0])
    assert (z.sigmoid() >= 0.5).tolist() == (autograd.heaviside(z) == 1).tolist()


def test_E16_stable_tanh_and_sigmoid():
    x = tensor([-1000.0, -50.0, 50.0, 1000.0])
    assert x.tanh().tolist() == [-1, -1, 1, 1]
    assert x.sigmoid().tolist() == pytest.approx([0, math.exp(-50), 1, 1], rel=1e-6)


def test_E17_a_linear_network_is_a_linear_regression():
    """An Adaline of several linear layers fits what one fits, the least squares."""
    x = np.random.default_rng(0).standard_normal((50, 2))
    y = x @ [1.0, -2.0] + 0.5
    neuron = nn.Adaline(2, dtype=autograd.float64)
    neuron.fit(x, y, lr=0.05, epochs=60)
    np.testing.assert_allclose(neuron.weight.tolist(), [[1, -2]], atol=1e-6)


def test_E18_layers_run_from_the_first_to_the_last():
    double, add = nn.Linear(1, 1), nn.Linear(1, 1)
    double.load_state_dict({"weight": tensor([[2.0]]), "bias": tensor([0.0])})
    add.load_state_dict({"weight": tensor([[1.0]]), "bias": tensor([3.0])})
    assert nn.Sequential(double, add)(tensor([[1.0]])).item() == 5


def test_E19_rmsprops_default_is_not_adams():
    group, = optim.RMSprop([autograd.ones(1, requires_grad=True)]).param_groups
    assert group["alpha"] == 0.99 and GOLDEN["G-6"][1]["alpha"] == 0.999
