"""Rows C2 to C11, K1, K2, M1, M6 and M9; C3 to C9 also stand beside their families."""

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor
from nn import utils


def count(module):
    return sum(p.numel() for p in module.parameters())


def test_C1_convolution_is_cross_correlation():
    rng = np.random.default_rng(0)
    image, kernel = rng.standard_normal((5, 6)), rng.standard_normal((2, 3))
    expected = [[sum(image[i + m, j + n] * kernel[m, n] for m in range(2) for n in range(3))
                 for j in range(4)] for i in range(4)]
    found = nn.functional.conv2d(tensor(image[None, None]), tensor(kernel[None, None]))
    np.testing.assert_allclose(found[0, 0], expected, rtol=1e-12)


def test_C2_size_and_parameters():
    """N' = (N - F + 2 P) / S + 1, rounded down; F^2 C M + M."""
    assert utils.conv_output_size(3, 3, stride=2, padding=1) == 2
    for n, f, p, s in ((28, 5, 0, 1), (28, 5, 2, 3), (7, 2, 0, 2), (10, 3, 1, 4)):
        size = utils.conv_output_size(n, f, stride=s, padding=p)
        assert size == int((n - f + 2 * p) / s + 1)
        out = nn.Conv2d(1, 2, f, stride=s, padding=p)(autograd.zeros(1, 1, n, n))
        assert out.shape == (1, 2, size, size)
    assert count(nn.Conv2d(3, 8, 5)) == 5**2 * 3 * 8 + 8


def test_C3_the_worked_convolution_and_one_that_tells():
    """The course's kernel equals itself turned by 180 degrees, so it cannot tell convolution from
    cross-correlation; the second one can."""
    image = tensor([[[[125.0, 15, 30], [250, 25, 2], [174, 255, 10]]]])
    kernel = tensor([[[[0.0, 0, 1], [0, -1, 0], [1, 0, 0]]]])
    found = nn.functional.conv2d(image, kernel, stride=2, padding=1)
    assert found.tolist() == [[[[-125, -5], [-149, -10]]]]
    assert kernel.flip((2, 3)).tolist() == kernel.tolist()
    corner = tensor([[[[1.0, 0], [0, 0]]]])
    assert nn.functional.conv2d(image, corner).tolist() == image[:, :, :2, :2].tolist()
    assert nn.functional.conv2d(image, corner.flip((2, 3))).tolist() == image[:, :, 1:, 1:].tolist()


def test_C4_same_padding():
    for f in (2, 3, 5):
        assert nn.Conv2d(1, 1, f, padding="same")(autograd.zeros(1, 1, 7, 9)).shape == (1, 1, 7, 9)


class LeNet(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))


def test_C10_convolutions_and_poolings_then_linear_layers():
    assert LeNet()(autograd.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_C11_lenet_5_has_61706_parameters():
    assert count(LeNet()) == 61_706


def test_K1_recurrence():
    """h_t = tanh(W x_t + U h_(t-1) + b), step by step."""
    rnn = nn.RNN(3, 4).double()
    x = autograd.randn(6, 2, 3, dtype=autograd.float64)
    states, last = rnn(x)
    w, u, b, c = (getattr(rnn, f"{name}_l0").detach().numpy()
                  for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    h = np.zeros((2, 4))
    for t in range(6):
        h = np.tanh(x[t].numpy() @ w.T + b + h @ u.T + c)
        np.testing.assert_allclose(states[t].detach(), h, rtol=1e-10)
    np.testing.assert_allclose(last[0].detach(), h, rtol=1e-10)


@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTM, 4), (nn.GRU, 3)])
def test_K2_lstm_gru_and_both_directions(kind, gates):
    """The backward direction is the forward one of the reversed sequence."""
    both, one = kind(3, 4, bidirectional=True), kind(3, 4)
    assert both.weight_ih_l0.shape == (gates * 4, 3)
    x = autograd.randn(6, 2, 3)
    state = {name.removesuffix("_reverse"): value for name, value in both.state_dict().items()
             if name.endswith("_reverse")}
    one.load_state_dict(state)
    backward = both(x)[0][..., 4:]
    np.testing.assert_allclose(backward.detach(), one(x.flip(0))[0].flip(0).detach(), atol=1e-6)


def test_M1_the_mlp_of_52650_parameters():
    """784, 64, 32, 10: the only widths, multiples of 8 up to 128, that come to 52.6 thousand."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(),
                          nn.Linear(32, 10))
    assert count(model) == 52_650
    fitting = [(a, b) for a in range(8, 129, 8) for b in range(8, 129, 8)
               if round((785 * a + (a + 1) * b + (b + 1) * 10) / 1000, 1) in (52.6, 52.7)]
    assert (64, 32) in fitting
    assert [f for f in fitting if 785 * f[0] + (f[0] + 1) * f[1] + (f[1] + 1) * 10 == 52_650] == [
        (64, 32)]


def test_M6_flattening_of_images_in_0_to_1():
    import data

    image = np.array([[[0], [255]], [[51], [102]]], np.uint8)
    x = data.transforms.ToTensor()(image)
    np.testing.assert_allclose(nn.Flatten(0)(x), [0, 1, 0.2, 0.4], rtol=1e-6)


def test_M9_a_neuron_by_pytorchs_names():
    """The same lines run with `import torch` and our imports; tests/parity compares whole runs."""
    neuron = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    loss = nn.functional.binary_cross_entropy(neuron(tensor([[1.0, 2.0]])), tensor([[1.0]]))
    loss.backward()
    assert neuron[0].weight.grad.shape == (1, 2)
