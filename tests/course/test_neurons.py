"""Rows N1 to N24: neurons, networks, forward and backward."""

import numpy as np
import pytest

import autograd
import data
import nn
import optim
from autograd import tensor

TRUTH = tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
POINTS = [[1, 0.504, -0.4161], [1, -0.99, -0.6536], [1, 0.2837, 0.9602]]  # the matrix X of row N13


def leaf(values):
    return tensor(np.asarray(values, np.float64), requires_grad=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def test_N1_logic_gates():
    gates = {"and": nn.McCullochPitts([1, 1], 2), "or": nn.McCullochPitts([1, 1], 1)}
    assert gates["and"](TRUTH).tolist() == [0, 0, 0, 1]
    assert gates["or"](TRUTH).tolist() == [0, 1, 1, 1]
    assert nn.McCullochPitts([-1], 0)(tensor([[False], [True]])).tolist() == [1, 0]
    assert not any(t.requires_grad for t in gates["and"].state_dict().values())


@pytest.mark.parametrize("labels", [[0, 0, 0, 1], [0, 1, 1, 1]])
def test_N2_perceptron(labels):
    """fit, and the same rule as an open loop with heaviside."""
    neuron = nn.Perceptron(2)
    mistakes = neuron.fit(TRUTH, labels, lr=0.5, epochs=20)
    assert mistakes[-1] == 0 and neuron(TRUTH).tolist() == labels
    w, b = autograd.zeros(2), 0.0
    for _ in range(len(mistakes)):
        for x, y in zip(TRUTH, labels, strict=True):
            error = y - autograd.heaviside(w @ x + b)
            w, b = w + 0.5 * error * x, b + 0.5 * error
    assert neuron.weight[0].tolist() == w.tolist() and neuron.bias.item() == b.item()


def test_N3_perceptron_of_signs_is_descent_on_its_loss():
    """(w, b) += lr y (x, 1) where y (w x + b) <= 0: SGD on PerceptronLoss, sample by sample."""
    labels = tensor([-1.0, 1.0, 1.0, 1.0])
    neuron, layer = nn.Perceptron(2, labels=(-1, 1)), nn.Linear(2, 1)
    layer.load_state_dict(neuron.state_dict())
    optimizer, criterion = optim.SGD(layer.parameters(), lr=1.0), nn.PerceptronLoss()
    mistakes = neuron.fit(TRUTH, labels)
    for _ in mistakes:
        for x, y in zip(TRUTH, labels, strict=True):
            optimizer.zero_grad()
            criterion(layer(x).squeeze(), y).backward()
            optimizer.step()
    assert layer.weight.tolist() == neuron.weight.tolist()
    assert layer.bias.tolist() == neuron.bias.tolist()
    assert mistakes[-1] == 0 and neuron(TRUTH).tolist() == labels.tolist()


def test_N4_adaline_is_descent_on_half_the_squared_error():
    x = np.random.default_rng(0).standard_normal((20, 2))
    y = np.where(x @ [2.0, -1.0] >= 0.5, 1.0, -1.0)
    neuron = nn.Adaline(2, labels=(-1, 1), dtype=autograd.float64)
    w, b, criterion = leaf([0, 0]), leaf(0), nn.MSELoss(reduction="sum")
    neuron.fit(x, y, lr=0.01, epochs=3)
    for sample, target in zip(np.tile(x, (3, 1)), np.tile(y, 3), strict=True):
        loss = 0.5 * criterion(tensor(sample) @ w + b, tensor(np.asarray(target)))
        dw, db = autograd.grad(loss, (w, b))
        w, b = leaf(w.detach() - 0.01 * dw), leaf(b.item() - 0.01 * db.item())
    np.testing.assert_allclose(neuron.weight[0].tolist(), w.tolist(), rtol=1e-12)
    np.testing.assert_allclose(neuron.bias.item(), b.item(), rtol=1e-12)


def worked():
    neuron = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()).double()
    neuron.load_state_dict({"0.weight": tensor([[2.0, -1.0]]), "0.bias": tensor([1.5])})
    return neuron


def test_N5_neuron():
    """z = w x + b, a = f(z)."""
    a = worked()(tensor([[0.3, 0.7]], dtype=autograd.float64))
    assert a.item() == pytest.approx(sigmoid(2 * 0.3 - 0.7 + 1.5), rel=1e-15)


def test_N6_the_worked_neuron():
    x = tensor([[0, 0], [1, 0], [0, 1], [1, 1], [-1, 1]], dtype=autograd.float64)
    golden = [0.8175744762, 0.9706877692, 0.6224593312, 0.9241418200, 0.1824255238]
    np.testing.assert_allclose(worked()(x).squeeze(1).tolist(), golden, rtol=0, atol=5e-11)


def count(module):
    return sum(p.numel() for p in module.parameters())


def test_N8_parameters_of_a_layer():
    assert count(nn.Linear(784, 256)) == 784 * 256 + 256 == 200_960


def test_N9_summary_counts_the_parameters():
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(),
                          nn.Linear(128, 10))
    printed = str(nn.summary(model, autograd.zeros(1, 784)))
    for number in ("200,960", "32,896", "1,290", "235,146"):
        assert number in printed


class Xor(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.out = nn.Linear(2, 2), nn.Linear(2, 1)
        self.load_state_dict({
            "hidden.weight": tensor([[1.0, 1.0], [1.0, 1.0]]),
            "hidden.bias": tensor([-0.5, -1.5]),
            "out.weight": tensor([[1.0, -1.0]]), "out.bias": tensor([-0.5])})

    def forward(self, x):
        hidden = self.hidden(x)
        score = self.out(autograd.heaviside(hidden))
        return hidden, score, autograd.heaviside(score)


def test_N10_xor_by_hand():
    hidden, score, y = Xor()(TRUTH)
    assert hidden[:, 0].tolist() == [-0.5, 0.5, 0.5, 1.5]
    assert hidden[:, 1].tolist() == [-1.5, -0.5, -0.5, 0.5]
    assert score[:, 0].tolist() == [-0.5, 0.5, 0.5, -0.5]
    assert y[:, 0].tolist() == [0, 1, 1, 0]


def test_N11_size_width_and_depth():
    layers = [m for m in Xor().modules() if isinstance(m, nn.Linear)]
    widths = [layer.out_features for layer in layers]
    assert (sum(widths), widths, len(layers)) == (3, [2, 1], 2)


def test_N12_bias_as_a_column_of_ones():
    """a' = g(theta a), then a row of ones; X's first column is the bias's."""
    x = tensor(POINTS, dtype=autograd.float64)
    first, second = nn.Linear(2, 4).double(), nn.Linear(4, 1).double()
    a = x.T
    for layer in (first, second):
        theta = autograd.cat([layer.bias.unsqueeze(1), layer.weight], 1)
        a = (theta @ a).tanh()
        a = autograd.cat([autograd.ones(1, a.shape[1], dtype=a.dtype), a])
    expected = second(first(x[:, 1:]).tanh()).tanh()
    np.testing.assert_allclose(a[1:].T.detach(), expected.detach(), rtol=1e-14)


def test_N13_the_matrix_X():
    """Of cosines: 2 to 6 are right, and 0.504 is printed where cos 1 = 0.5403 (row E-12)."""
    x = tensor(POINTS)
    assert x.shape == (3, 3) and x[:, 0].tolist() == [1, 1, 1]
    angles = np.cos(np.arange(1, 7))[[0, 2, 4, 1, 3, 5]]
    printed = x[:, 1:].T.flatten().numpy()
    np.testing.assert_allclose(printed[1:], angles[1:], atol=6e-5)
    assert abs(printed[0] - angles[0]) > 0.03


@pytest.mark.parametrize("outputs", [1, 3])
def test_N14_gradient_of_the_scores_is_the_error(outputs):
    """(p - y) / m by the scores, for sigmoid with BCE and softmax with cross-entropy; and one
    hidden layer on, by the chain rule."""
    rng = np.random.default_rng(0)
    x, hidden, out = (rng.standard_normal(s) for s in ((5, 2), (2, 4), (4, outputs)))
    theta1, theta2 = leaf(hidden), leaf(out)
    a1 = (tensor(x) @ theta1).tanh()
    z2 = a1 @ theta2
    z2.retain_grad()
    z = z2.detach().numpy()
    if outputs == 1:
        y = np.array([[1.0], [0], [1], [1], [0]])
        p, loss = sigmoid(z), nn.BCELoss()(z2.sigmoid(), tensor(y))
    else:
        y = np.eye(3)[[0, 2, 1, 1, 0]]
        p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        loss = nn.CategoricalCrossEntropy()(z2.softmax(1), tensor(y))
    loss.backward()
    dz2 = (p - y) / 5
    a = a1.detach().numpy()
    np.testing.assert_allclose(z2.grad, dz2, atol=1e-12)
    np.testing.assert_allclose(theta2.grad, a.T @ dz2, atol=1e-12)
    np.testing.assert_allclose(theta1.grad, x.T @ (dz2 @ out.T * (1 - a**2)), atol=1e-12)


def test_N15_backpropagation_by_hand():
    """Three layers x_i = s(A_i x_(i-1) + b_i): the chain rule keeps x_2, x_1 and x_0."""
    rng = np.random.default_rng(1)
    sizes = [3, 5, 4, 2]
    x = [rng.standard_normal((3, 1))]
    weights = [(leaf(rng.standard_normal((n, m))), leaf(rng.standard_normal((n, 1))))
               for m, n in zip(sizes, sizes[1:])]
    y = rng.standard_normal((2, 1))
    out = tensor(x[0])
    for a, b in weights:
        out = (a @ out + b).tanh()
        x.append(out.detach().numpy())
    (0.5 * (out - tensor(y)) ** 2).sum().backward()
    delta = x[3] - y
    for (a, b), before, after in zip(weights[::-1], x[2::-1], x[:0:-1], strict=True):
        delta = delta * (1 - after**2)
        np.testing.assert_allclose(a.grad, delta @ before.T, rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(b.grad, delta, rtol=1e-10, atol=1e-14)
        delta = a.detach().numpy().T @ delta


def test_N16_chain_rule_of_a_layer():
    """dL/dW = dL/da da/dz dz/dW, held against differences."""
    w, b, x = leaf([[0.5, -1.0], [2.0, 0.3]]), leaf([0.1, -0.2]), leaf([[1.0, 2.0]])
    assert autograd.gradcheck(lambda w, b, x: (x @ w.T + b).sigmoid(), (w, b, x))
    a = (x @ w.T + b).sigmoid()
    (a * a).sum().backward()
    value = a.detach().numpy()
    np.testing.assert_allclose(w.grad, (2 * value * value * (1 - value)).T @ x.detach().numpy())


def test_N17_composition():
    layers = [nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)]
    x = autograd.randn(5, 3)
    assert nn.Sequential(*layers)(x).tolist() == layers[2](layers[1](layers[0](x))).tolist()


def test_N19_linear_layers_collapse():
    first, second = nn.Linear(3, 5).double(), nn.Linear(5, 2).double()
    x = autograd.randn(7, 3, dtype=autograd.float64)
    one = x @ (second.weight @ first.weight).T + second.weight @ first.bias + second.bias
    np.testing.assert_allclose(second(first(x)).detach(), one.detach(), atol=1e-14)


def test_N21_descent_until_small_or_long_enough():
    """A plain loop: tolerance and maximum are an `if` and a `range`."""
    def descend(tol, max_iter):
        w = leaf(1.0)
        optimizer = optim.SGD([w], lr=0.1)
        for step in range(max_iter):
            loss = 0.5 * w * w
            if loss.item() < tol:
                return step
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return max_iter

    assert descend(1e-4, 1000) == 41  # 0.9^(2 n) / 2 < 1e-4
    assert descend(0.0, 7) == 7


@pytest.mark.parametrize(("size", "batches"), [(100, 1), (1, 100), (32, 4)])
def test_N22_batch_stochastic_and_mini_batch(size, batches):
    loader = data.DataLoader(data.TensorDataset(autograd.arange(100)), batch_size=size,
                             shuffle=True)
    seen = [x.tolist() for (x,) in loader]
    assert len(seen) == batches and sorted(sum(seen, [])) == list(range(100))


def test_N23_batches_of_an_epoch():
    """floor(N / b) whole batches, or one more with the rest, drawn anew in each epoch."""
    for drop, number in ((True, 3), (False, 4)):
        loader = data.DataLoader(data.TensorDataset(autograd.arange(100)), batch_size=32,
                                 shuffle=True, drop_last=drop)
        first, second = ([x.tolist() for (x,) in loader] for _ in range(2))
        assert len(loader) == len(first) == number and first != second


def test_N24_a_stage_of_feature_extraction():
    """Normalization, filter bank, non-linearity, pooling."""
    stage = nn.Sequential(nn.BatchNorm2d(1), nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2))
    assert stage(autograd.randn(2, 1, 28, 28)).shape == (2, 8, 12, 12)
