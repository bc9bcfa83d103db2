"""Losses with margins, divergences and likelihoods, the bilinear form: what fits, kinks, extremes;
and the losses as the course writes them."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
import nn
from autograd.ops.bilinear import bilinear
from autograd.ops.loss import huber_loss
from autograd.ops.loss_margin import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    pairwise_distance,
    triplet_margin_loss,
)
from autograd.ops.loss_probability import gaussian_nll_loss, kl_div, poisson_nll_loss

ONES = autograd.ones(2, 3)
CALLS = {
    margin_ranking_loss: (ONES, ONES, ONES), hinge_embedding_loss: (ONES, ONES),
    cosine_embedding_loss: (ONES, ONES, ONES[:, 0]), triplet_margin_loss: (ONES, ONES, ONES),
    multi_margin_loss: (ONES, autograd.tensor([0, 1])), kl_div: (ONES, ONES),
    poisson_nll_loss: (ONES, ONES), gaussian_nll_loss: (ONES, ONES, ONES),
}


def message(error, function, *args, **kwargs) -> str:
    with pytest.raises(error) as raised:
        function(*args, **kwargs)
    return str(raised.value)


# ---- what fits ----------------------------------------------------------------------------------

@pytest.mark.parametrize("function", CALLS)
def test_an_unknown_reduction(function):
    text = message(ValueError, function, *CALLS[function], reduction="average")
    assert text.startswith(f"{function.__name__}: reduction 'average'; choose 'mean', ")


@pytest.mark.parametrize("function, place, names", [
    (margin_ranking_loss, 1, ("input1", "input2")), (margin_ranking_loss, 2, ("input1", "target")),
    (hinge_embedding_loss, 1, ("input", "target")),
    (cosine_embedding_loss, 1, ("input1", "input2")),
    (triplet_margin_loss, 1, ("anchor", "positive")),
    (triplet_margin_loss, 2, ("anchor", "negative")),
    (kl_div, 1, ("input", "target")), (poisson_nll_loss, 1, ("input", "target")),
    (gaussian_nll_loss, 1, ("input", "target")),
])
def test_shapes_do_not_broadcast(function, place, names):
    args = list(CALLS[function])
    args[place] = autograd.ones(2, 3, 1)
    first, second = names
    assert message(ValueError, function, *args) == (
        f"{function.__name__}: {first} (2, 3) and {second} (2, 3, 1) must have the same shape; use "
        f"{second}.squeeze(2) or {first}.unsqueeze(2)")


@pytest.mark.parametrize("function", [margin_ranking_loss, triplet_margin_loss, kl_div])
def test_lists_are_no_tensors(function):
    args = (CALLS[function][0], [[1.0, 2.0, 3.0]] * 2, *CALLS[function][2:])
    text = message(TypeError, function, *args)
    assert text.startswith(f"{function.__name__}: ")
    assert text.endswith("must be a Tensor, got list of 2; autograd.tensor(...) makes one")


@pytest.mark.parametrize("function", [hinge_embedding_loss, cosine_embedding_loss])
def test_labels_0_and_1_are_no_signs(function):
    x = autograd.ones(3, 2)
    t = autograd.tensor([1.0, 0.0, -1.0])
    args = (x, x, t) if function is cosine_embedding_loss else (x[:, 0], t)
    assert message(ValueError, function, *args) == (
        f"{function.__name__}: target 0.0 at position [1] is neither 1 nor -1; labels 0 and 1 "
        "become that by 2 * target - 1")


def test_targets_of_cosine_embedding_loss():
    x = autograd.ones(3, 2)
    assert message(ValueError, cosine_embedding_loss, x, x, autograd.ones(2)) == (
        "cosine_embedding_loss: inputs (3, 2) and target (2,); inputs (N, D) take targets (N), "
        "inputs (D) a target ()")


def test_targets_of_multi_margin_loss():
    x = autograd.ones(2, 3)
    assert message(IndexError, multi_margin_loss, x, autograd.tensor([0, 3])) == (
        "multi_margin_loss: target 3 is not a class: input (2, 3) has 3 classes, so 0 to 2 fit")
    assert message(ValueError, multi_margin_loss, x, autograd.ones(2)).startswith(
        "multi_margin_loss: input (2, 3) takes class indices (integers) of shape (2,), got Tensor")
    assert message(ValueError, multi_margin_loss, x, autograd.tensor([0, 1]),
                   weight=autograd.ones(2)).startswith(
        "multi_margin_loss: weight must be (3,), one per class, got Tensor (2,)")
    assert message(ValueError, multi_margin_loss, x, autograd.tensor([0, 1]), p=3) == (
        "multi_margin_loss: p must be 1 or 2, got 3")
    assert multi_margin_loss(x, autograd.tensor([0, 1], dtype=autograd.uint8)).item() == (
        pytest.approx(2 / 3))


def test_variances_that_do_not_fit():
    x = autograd.ones(2, 3)
    assert message(ValueError, gaussian_nll_loss, x, x, autograd.ones(3)) == (
        "gaussian_nll_loss: var (3,) does not fit input (2, 3); give one variance per element "
        "(2, 3) or per row (2,)")
    assert message(ValueError, gaussian_nll_loss, x, x, autograd.tensor([1.0, -2.0])).startswith(
        "gaussian_nll_loss: var -2.0 at position [1, 0] is negative; give the variance")
    assert gaussian_nll_loss(x, x, 4.0).item() == pytest.approx(math.log(2))


def test_margins_of_triplets_are_positive():
    assert message(ValueError, triplet_margin_loss, ONES, ONES, ONES, margin=0.0) == (
        "triplet_margin_loss: margin must be positive, got 0.0")


def test_batchmean_needs_a_batch():
    x = autograd.tensor(0.5)
    assert "needs a batch dimension, got input (); use 'sum'" in message(
        ValueError, kl_div, x.log(), x, reduction="batchmean")


@pytest.mark.parametrize("shapes, text", [
    (((2, 3), (2, 4), (3, 4)), "weight must be (out, in1, in2), got (3, 4)"),
    (((2, 5), (2, 4), (1, 3, 4)), "input1 (2, 5) does not fit weight (1, 3, 4): (..., 3) does"),
    (((2, 3), (2, 5), (1, 3, 4)), "input2 (2, 5) does not fit weight (1, 3, 4): (..., 4) does"),
    (((2, 3), (4,), (1, 3, 4)), "input1 (2, 3) and input2 (4,) must agree in all dimensions but "
                                "the last"),
    (((2, 3), (2, 4), (1, 3, 4), (2,)), "bias (2,) does not fit weight (1, 3, 4): (1,) does"),
])
def test_bilinear_says_what_fits(shapes, text):
    assert message(RuntimeError, bilinear, *map(autograd.ones, shapes)) == f"bilinear: {text}"


# ---- kinks and extremes -------------------------------------------------------------------------

def test_a_margin_just_met_gives_no_gradient():
    x = autograd.tensor([1.0, 1.0], requires_grad=True)
    hinge_embedding_loss(x, autograd.tensor([-1.0, 1.0]), reduction="sum").backward()
    assert x.grad.tolist() == [0, 1]
    x = autograd.tensor([2.0], requires_grad=True)
    margin_ranking_loss(x, autograd.ones(1), autograd.ones(1), margin=1.0).backward()
    assert x.grad.tolist() == [0]


def test_equal_points_have_a_finite_gradient():
    x = autograd.ones(2, 3, requires_grad=True)
    pairwise_distance(x, x.detach(), eps=0.0).sum().backward()
    assert not x.grad.numpy().any()
    assert pairwise_distance(x, x[0], keepdim=True).shape == (2, 1)


def test_cosine_of_nothing():
    x = autograd.zeros(1, 3, requires_grad=True)
    loss = cosine_embedding_loss(x, autograd.zeros(1, 3), autograd.ones(1))
    loss.backward()
    assert loss.item() == 1 and np.isfinite(x.grad.numpy()).all()


def test_probabilities_of_0_count_as_nothing():
    x = autograd.tensor([[-1.0, -2.0]], requires_grad=True)
    losses = kl_div(x, autograd.tensor([[0.0, 1.0]]), reduction="none")
    losses.sum().backward()
    assert losses.tolist() == [[0, 2]] and x.grad.tolist() == [[0, -1]]


def test_small_variances_count_as_eps_and_keep_their_gradient():
    var = autograd.tensor([1e-9], requires_grad=True)
    loss = gaussian_nll_loss(autograd.ones(1), autograd.ones(1), var, eps=0.5)
    loss.backward()
    assert loss.item() == pytest.approx(0.5 * math.log(0.5)) and var.grad.tolist() == [1.0]


def test_stirling_counts_above_1_only():
    x, t = autograd.zeros(3, requires_grad=True), autograd.tensor([0.0, 1.0, 10.0])
    losses = poisson_nll_loss(x, t, full=True, reduction="none").detach().numpy()
    np.testing.assert_allclose(losses, [1, 1, 1 + math.lgamma(11)], rtol=1e-3)


# ---- modules ------------------------------------------------------------------------------------

@pytest.mark.parametrize("module, text", [
    (nn.L1Loss(), "L1Loss()"), (nn.SmoothL1Loss(beta=0.5), "SmoothL1Loss(beta=0.5)"),
    (nn.HuberLoss("sum", 2.0), "HuberLoss(reduction='sum', delta=2.0)"),
    (nn.KLDivLoss(reduction="batchmean", log_target=True),
     "KLDivLoss(reduction='batchmean', log_target=True)"),
    (nn.PoissonNLLLoss(False, eps=1e-3), "PoissonNLLLoss(log_input=False, eps=0.001)"),
    (nn.GaussianNLLLoss(full=True), "GaussianNLLLoss(full=True)"),
    (nn.MarginRankingLoss(), "MarginRankingLoss()"),
    (nn.HingeEmbeddingLoss(2.0), "HingeEmbeddingLoss(margin=2.0)"),
    (nn.CosineEmbeddingLoss(0.5), "CosineEmbeddingLoss(margin=0.5)"),
    (nn.TripletMarginLoss(swap=True), "TripletMarginLoss(swap=True)"),
    (nn.MultiMarginLoss(p=2), "MultiMarginLoss(p=2)"), (nn.SoftMarginLoss(), "SoftMarginLoss()"),
    (nn.MultiLabelSoftMarginLoss(), "MultiLabelSoftMarginLoss()"),
    (nn.PairwiseDistance(1.0), "PairwiseDistance(norm=1.0)"),
    (nn.Bilinear(2, 3, 4, bias=False),
     "Bilinear(in1_features=2, in2_features=3, out_features=4, bias=False)"),
])
def test_settings_that_differ_are_shown(module, text):
    assert repr(module) == text


@pytest.mark.parametrize("make, text", [
    (lambda: nn.L1Loss(reduction="batchmean"),
     "L1Loss: reduction 'batchmean'; choose 'mean', 'sum' or 'none'"),
    (lambda: nn.KLDivLoss(reduction="avg"),
     "KLDivLoss: reduction 'avg'; choose 'mean', 'batchmean', 'sum' or 'none'"),
    (lambda: nn.HuberLoss(delta=0), "HuberLoss: delta must be positive, got 0; for |d| itself use "
                                    "L1Loss"),
    (lambda: nn.TripletMarginLoss(-1.0), "TripletMarginLoss: margin must be positive, got -1.0"),
    (lambda: nn.MultiMarginLoss(p=3), "MultiMarginLoss: p must be 1 or 2, got 3"),
    (lambda: nn.Bilinear(0, 1, 1), "Bilinear: in1_features must be at least 1, got 0"),
])
def test_settings_that_do_not_fit(make, text):
    assert message(ValueError, make) == text


def test_bilinear_starts_within_its_bound():
    layer = nn.Bilinear(16, 5, 7)
    assert [tuple(p.shape) for p in layer.parameters()] == [(7, 16, 5), (7,)]
    for p in layer.parameters():
        assert 0.15 < abs(p.detach().numpy()).max() <= 0.25


# ---- the losses of the course -------------------------------------------------------------------

def test_half_the_squared_error():
    """L1 and L2: (1/n) Σ (y - h)² with gradient (2/n) (h - y), and ½ Σ (y - h)² with h - y."""
    h, y = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.0, 4.0])
    x = autograd.tensor(h, requires_grad=True)
    loss = nn.MSELoss()(x, autograd.tensor(y))
    loss.backward()
    assert loss.item() == pytest.approx(5.25 / 3)
    np.testing.assert_allclose(x.grad, 2 / 3 * (h - y))
    x.grad = None
    loss = 0.5 * nn.MSELoss(reduction="sum")(x, autograd.tensor(y))
    loss.backward()
    assert loss.item() == pytest.approx(2.625)
    np.testing.assert_allclose(x.grad, h - y)
    assert huber_loss(x, autograd.tensor(y), "sum", 10.0).item() == loss.item()


def test_binary_cross_entropy_through_a_sigmoid():
    """L3: -(1/n) Σ (y log p + (1 - y) log(1 - p)), whose gradient by the score is (p - y) / n."""
    z, y = np.array([0.3, -1.2, 2.0, 0.0]), np.array([1.0, 0.0, 0.0, 1.0])
    p = 1 / (1 + np.exp(-z))
    for loss, last in ((nn.BCELoss(), autograd.sigmoid), (nn.BCEWithLogitsLoss(), lambda s: s)):
        x = autograd.tensor(z, requires_grad=True)
        value = loss(last(x), autograd.tensor(y))
        value.backward()
        np.testing.assert_allclose(value.item(), -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
        np.testing.assert_allclose(x.grad, (p - y) / 4)


def test_cross_entropy_of_one_hot_targets():
    """L4: -(1/N) ΣΣ y log p, from scores, and from probabilities by their logarithms."""
    z, y = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]]), np.array([[0.0, 1, 0], [1, 0, 0]])
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    wanted = -np.sum(y * np.log(p)) / 2
    x = autograd.tensor(z, requires_grad=True)
    loss = nn.CrossEntropyLoss()(x, autograd.tensor(y))
    loss.backward()
    assert loss.item() == pytest.approx(wanted)
    np.testing.assert_allclose(x.grad, (p - y) / 2)
    assert nn.NLLLoss()(autograd.tensor(p).log(), autograd.tensor(y.argmax(1))).item() == (
        pytest.approx(wanted))
    divergence = nn.KLDivLoss(reduction="batchmean")(autograd.tensor(p).log(), autograd.tensor(y))
    assert divergence.item() == pytest.approx(wanted)  # one-hot targets have no entropy


@pytest.mark.parametrize("scale", [1e-25, 1e5, 1e12, 1e25, 1e38])
def test_cosine_of_huge_and_tiny_vectors(scale):
    """In float32 as in float64, also where no square fits."""
    rng, found = np.random.default_rng(0), []
    rows = rng.uniform(0.1, 1, (2, 3, 4)).astype(np.float32) * np.float32(scale)
    for dtype in ("float32", "float64"):
        a, b = (autograd.tensor(r.astype(dtype), requires_grad=True) for r in rows)
        loss = nn.functional.cosine_embedding_loss(a, b, autograd.tensor([1, -1, 1]))
        loss.backward()
        found.append([loss.item(), *(t.grad.numpy() * min(scale, 1e30) for t in (a, b))])
    for single, double in zip(*found):
        np.testing.assert_allclose(single, double, 1e-5, 1e-6)
