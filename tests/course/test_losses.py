"""Rows L4 to L7; L1 to L3 are tested in tests/test_loss_margin.py."""

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor


def test_L4_cross_entropy_of_probabilities_scores_and_log_probabilities():
    """-(1/N) ΣΣ y log p, from four ends."""
    z = np.random.default_rng(0).standard_normal((4, 3))
    labels = np.array([0, 2, 1, 1])
    one_hot = np.eye(3)[labels]
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    expected = -(one_hot * np.log(p)).sum() / 4
    for loss in (nn.CategoricalCrossEntropy()(tensor(p), tensor(one_hot)),
                 nn.CrossEntropyLoss()(tensor(z), tensor(labels)),
                 nn.CrossEntropyLoss()(tensor(z), tensor(one_hot)),
                 nn.NLLLoss()(tensor(p).log(), tensor(labels))):
        assert loss.item() == pytest.approx(expected, rel=1e-12)


def test_L5_perceptron_criterion():
    """Σ -y f where y f <= 0."""
    f, y = tensor([2.0, -1.0, 0.5, 0.0]), tensor([1.0, 1.0, -1.0, 1.0])
    assert nn.PerceptronLoss(reduction="sum")(f, y).item() == 1.0 + 0.5


def test_L7_gradient_check_with_the_courses_criterion(capsys):
    """Steps of 1e-5 in float64, relative errors below 1e-7, one line for each parameter."""
    layer = nn.Linear(3, 2).double()
    x = autograd.randn(4, 3, dtype=autograd.float64)
    report = autograd.gradcheck(
        lambda w, b: nn.functional.linear(x, w, b).tanh(), (layer.weight, layer.bias))
    print(report)
    lines = capsys.readouterr().out.splitlines()
    assert report and report.eps == 1e-5 and report.rtol == 1e-7
    assert "relative error" in lines[1] and len(lines) == 4
    assert all(float(line.split()[-1]) < 1e-7 for line in lines[2:])

    class Wrong(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0]

    with pytest.raises(autograd.GradcheckError, match="WRONG"):
        autograd.gradcheck(Wrong.apply, (tensor([1.0, 2.0], dtype=autograd.float64,
                                                requires_grad=True),))
