"""The first neurons: their rules against naive loops, what they refuse, and dropped weights."""

import numpy as np
import pytest

import autograd
import nn
from nn import functional as F

TRUTH = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
RNG = np.random.default_rng(7)
CLOUD = RNG.standard_normal((30, 3))
SIDE = CLOUD @ [1.0, -2.0, 0.5] + 0.3 >= 0


def textbook(x, y, error, lr, epochs):
    """Weight and bias after the passes, and what each pass multiplied its samples with."""
    w, b, passes = np.zeros(x.shape[1]), 0.0, []
    for _ in range(epochs):
        found = []
        for sample, target in zip(x, y, strict=True):
            e = error(sample @ w + b, target)
            w, b = w + lr * e * sample, b + lr * e
            found.append(e)
        passes.append(found)
    return w, b, passes


def zero_one(z, t):
    return t - (1 if z >= 0 else 0)


def plus_minus(z, t):
    return t if t * z <= 0 else 0


def weights(neuron):
    return [*neuron.weight[0].tolist(), neuron.bias.item()]


@pytest.mark.parametrize(("labels", "error"), [((0, 1), zero_one), ((-1, 1), plus_minus)])
def test_the_perceptrons_rule(labels, error):
    y = np.where(SIDE, labels[1], labels[0])
    neuron = nn.Perceptron(3, labels, dtype=autograd.float64)
    mistakes = neuron.fit(CLOUD, y, lr=0.5, epochs=50)
    w, b, passes = textbook(CLOUD, y, error, 0.5, len(mistakes))
    np.testing.assert_allclose(weights(neuron), [*w, b], rtol=1e-12)
    assert mistakes == [np.count_nonzero(p) for p in passes]
    assert mistakes[-1] == 0 and 0 not in mistakes[:-1]
    assert neuron(autograd.tensor(CLOUD)).tolist() == y.tolist()


def test_adalines_rule():
    y = np.where(SIDE, 1, -1)
    neuron = nn.Adaline(3, (-1, 1), dtype=autograd.float64)
    losses = neuron.fit(CLOUD, y, lr=0.02, epochs=5)
    w, b, passes = textbook(CLOUD, y, lambda z, t: t - z, 0.02, 5)
    np.testing.assert_allclose(weights(neuron), [*w, b], rtol=1e-12)
    np.testing.assert_allclose(losses, [np.square(p).sum() / 2 for p in passes], rtol=1e-12)
    assert losses == sorted(losses, reverse=True)


def test_the_first_step_of_each_convention():
    """A score of 0 is a 1 for labels 0 and 1, and a mistake for -1 and 1, whose sign is 0."""
    first, second = nn.Perceptron(2), nn.Perceptron(2, (-1, 1))
    x = autograd.ones(1, 2)
    assert first(x).item() == 1 and second(x).item() == 0
    assert first.fit(x, [1]) == [0] and second.fit(x, [1]) == [1, 0]
    assert weights(first) == [0, 0, 0] and weights(second) == [1, 1, 1]


def test_what_no_line_separates_is_never_learnt():
    neuron = nn.Perceptron(2)
    mistakes = neuron.fit(TRUTH, [0, 1, 1, 0], epochs=30)
    assert len(mistakes) == 30 and min(mistakes) > 0


def test_shuffling_follows_the_generator():
    runs = []
    for seed in (1, 1, 2):
        autograd.manual_seed(seed)
        neuron = nn.Adaline(3)
        neuron.fit(CLOUD, SIDE, lr=0.1, epochs=2, shuffle=True)
        runs.append(weights(neuron))
    assert runs[0] == runs[1] != runs[2]


def test_learning_is_seen_by_a_graph_that_needed_the_weights():
    neuron = nn.Perceptron(2)
    loss = neuron.score(autograd.ones(1, 2, requires_grad=True)).sum()
    neuron.fit(TRUTH, [0, 0, 0, 1])
    with pytest.raises(RuntimeError, match="overwritten|in.place|changed"):
        loss.backward()


def test_weights_are_those_of_a_linear_layer():
    neuron, layer = nn.Perceptron(3), nn.Linear(3, 1)
    assert neuron.load_state_dict(layer.state_dict()) == ([], [])
    x = autograd.tensor(CLOUD.astype("f"))
    assert neuron.score(x).tolist() == layer(x).squeeze(-1).tolist()
    assert neuron(x.reshape(5, 6, 3)).shape == (5, 6)


def test_mcculloch_pitts_takes_truth_values():
    neuron = nn.McCullochPitts([1, 1, -2], threshold=1)
    assert list(neuron.parameters()) == []
    given = autograd.tensor([[True, False, False], [True, True, True]])
    assert neuron(given).tolist() == neuron(given.float()).tolist() == [1, 0]


@pytest.mark.parametrize(("kind", "do", "text"), [
    (ValueError, lambda: nn.McCullochPitts([[1.0]], 1), "McCullochPitts: weights must be one number"
     " for each input, got"),
    (ValueError, lambda: nn.McCullochPitts([1], 1)(autograd.tensor([0.5])),
     "McCullochPitts: inputs are truth values, 0 or 1, got 0.5; compare them with a bound"),
    (ValueError, lambda: nn.Perceptron(2, (0, 2)), r"Perceptron: labels must be \(0, 1\) or "
     r"\(-1, 1\), got \(0, 2\)"),
    (ValueError, lambda: nn.Adaline(0), "Adaline: in_features must be at least 1, got 0"),
    (ValueError, lambda: nn.Perceptron(2).fit(TRUTH, [-1, 1, 1, 1]),
     r"Perceptron.fit: labels must be 0 or 1, got \[-1, 1\]; Perceptron\(..., labels=\(-1, 1\)\) "
     "takes those"),
    (ValueError, lambda: nn.Perceptron(2, (-1, 1)).fit(TRUTH, [5, 1, 1, 1]),
     r"Perceptron.fit: labels must be -1 or 1, got \[1, 5\]$"),
    (ValueError, lambda: nn.Adaline(2).fit(TRUTH, [[0], [1], [1], [0]]),
     r"Adaline.fit: samples must be \(m, 2\) and targets \(m\), one each, got \(4, 2\) and "
     r"\(4, 1\)"),
    (RuntimeError, lambda: nn.Perceptron(3)(autograd.ones(4, 2)), "in_features=2 fits this input"),
    (ValueError, lambda: nn.PerceptronLoss()(autograd.ones(2), autograd.tensor([0.0, 1.0])),
     "perceptron_loss: target 0.0 at position .0. is neither 1 nor -1"),
    (ValueError, lambda: nn.PerceptronLoss()(autograd.ones(2, 1), autograd.ones(2)),
     "perceptron_loss: input .* and target .* must have the same shape"),
])
def test_what_does_not_fit(kind, do, text):
    with pytest.raises(kind, match=text):
        do()


# ---- the perceptron's loss -----------------------------------------------------------------------

def test_the_loss_has_the_rules_gradient_also_at_0():
    x = autograd.tensor([2.0, -1.0, 0.0, 0.0, -0.5], requires_grad=True)
    y = autograd.tensor([1.0, 1.0, 1.0, -1.0, -1.0])
    loss = nn.PerceptronLoss(reduction="sum")(x, y)
    loss.backward()
    assert loss.item() == 1 and x.grad.tolist() == [0, -1, -1, 1, 0]
    assert F.perceptron_loss(x, y, "none").tolist() == [0, 1, 0, 0, 0]


def test_the_losses_gradients():
    x = autograd.tensor([2.0, -1.0, 0.3], dtype=autograd.float64, requires_grad=True)
    assert autograd.gradcheck(lambda x: F.perceptron_loss(x, autograd.tensor([1.0, 1, -1])), (x,))
    z = autograd.tensor(CLOUD[:4], requires_grad=True)
    t = autograd.tensor(np.eye(3)[[0, 2, 1, 1]])
    for reduction in ("mean", "none"):
        assert autograd.gradcheck(
            lambda z, r=reduction: F.categorical_cross_entropy(z.softmax(1), t, r), (z,))
        assert autograd.gradgradcheck(
            lambda z, r=reduction: F.categorical_cross_entropy(z.softmax(1), t, r), (z,))


@pytest.mark.parametrize(("input", "target", "text"), [
    ([[2.0, -1.0]], [[1.0, 0.0]], r"input \(1, 2\) must hold probabilities that sum to 1 over the "
     "classes, but holds -1; for scores before the softmax use cross_entropy"),
    ([[2.0, 1.0]], [[1.0, 0.0]], "but sums to 3; for scores"),
    ([[0.5, 0.5]], [[1.0, 1.0]], r"target \(1, 2\) must hold probabilities .*, but sums to 2\n"),
    ([[0.5, 0.5]], [1], r"class numbers; make them one-hot with one_hot\(target, 2\)"),
    ([[0.5, 0.5]], [[1.0], [0.0]], "must have the same shape"),
    (1.0, 1.0, r"input must be \(N, C, ...\) or \(C\), got \(\)"),
])
def test_what_is_no_distribution(input, target, text):
    with pytest.raises(ValueError, match=f"categorical_cross_entropy: .*{text}"):
        nn.CategoricalCrossEntropy()(autograd.tensor(input), autograd.tensor(target))


# ---- dropped weights, and dropout scaled in evaluation -------------------------------------------

def test_dropconnect_drops_weights_and_keeps_the_bias():
    layer = nn.DropConnectLinear(40, 50, p=0.25)
    autograd.manual_seed(1)
    y = layer(autograd.eye(40)) - layer.bias
    scaled = (y.T / layer.weight).detach().numpy()
    assert abs((scaled == 0).mean() - 0.25) < 0.04
    np.testing.assert_allclose(scaled[scaled != 0], 1 / 0.75, rtol=1e-5)
    y.sum().backward()
    np.testing.assert_allclose(layer.weight.grad.numpy(), scaled, rtol=1e-5)
    x = autograd.ones(2, 40)
    assert layer.eval()(x).tolist() == F.linear(x, layer.weight, layer.bias).tolist()


def test_dropout_scaled_in_evaluation():
    x = autograd.full((200, 100), 3.0)
    layer = nn.Dropout(0.25, scale_at="test")
    assert repr(layer) == "Dropout(p=0.25, scale_at='test')"
    kept = layer(x).numpy()
    assert abs((kept == 0).mean() - 0.25) < 0.02
    np.testing.assert_allclose(kept[kept != 0], 3.0, rtol=1e-6)
    np.testing.assert_allclose(layer.eval()(x).numpy(), 2.25, rtol=1e-6)
    assert abs(kept.mean() - 2.25) < 0.05  # the expectation of both


def test_dropout_scaled_in_evaluation_in_place():
    layer, x = nn.Dropout(0.5, True, scale_at="test"), autograd.full((4,), 3.0)
    assert layer.eval()(x) is x and x.tolist() == [1.5] * 4


def test_what_is_not_finite_ends_the_learning():
    nan = [[float("nan"), 0.0], [0.0, 1.0]]
    with pytest.raises(ValueError, match=r"Perceptron.fit: samples must be finite, got nan at "
                                         r"\(0, 0\), one of 1; leave such samples out"):
        nn.Perceptron(2).fit(nan, [0, 1])
    with pytest.raises(ValueError, match=r"Adaline.fit: targets must be finite, got inf at \(1,\)"):
        nn.Adaline(2).fit([[1.0, 2.0], [3.0, 4.0]], [0, float("inf")])
    with pytest.raises(FloatingPointError, match="Adaline.fit: .* take a smaller lr than 0.01"):
        nn.Adaline(1).fit([[1e6], [2e6]], [0, 1])
