"""Losses and Bilinear against torch.nn: values, gradients of all inputs, the gradients' gradients,
state dicts both ways."""

import numpy as np
import pytest

import autograd
import nn
from tests.parity.test_nn import CHANCES, DTYPES, SCORES, close, inputs, numbers, weighted

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

pytestmark = pytest.mark.parity
REDUCTIONS = ["mean", "sum", "none"]
OTHER, ROWS, THIRD = numbers(6, 4)[::-1].copy(), numbers(6, 4) * 2, numbers(4, 6).T.copy()
SIGNS = np.where(numbers(6, 4)[:, 0] > 0, 1.0, -1.0)
GRID = np.where(numbers(6, 4) > 0, 1.0, -1.0)
COUNTS = np.round(CHANCES * 9)
LOG_P = SCORES - np.log(np.exp(SCORES).sum(1, keepdims=True))
CLASSES = np.array([0, 3, 1, 1, 2, 0])
LARGE, FAR = numbers(40, 60), numbers(60, 40).T.copy()
LARGE_CHANCES = numbers(40, 60, low=0.01, high=0.99)

LOSSES = {
    "mse": (lambda n, **k: n.MSELoss(**k), [SCORES, OTHER]),
    "mse_large": (lambda n, **k: n.MSELoss(**k), [LARGE, FAR]),
    "l1": (lambda n, **k: n.L1Loss(**k), [SCORES, OTHER]),
    "l1_large": (lambda n, **k: n.L1Loss(**k), [LARGE, FAR]),
    "smooth_l1": (lambda n, **k: n.SmoothL1Loss(beta=0.6, **k), [SCORES, OTHER]),
    "smooth_l1_beta_0": (lambda n, **k: n.SmoothL1Loss(beta=0.0, **k), [SCORES, OTHER]),
    "smooth_l1_large": (lambda n, **k: n.SmoothL1Loss(**k), [LARGE, FAR]),
    "huber": (lambda n, **k: n.HuberLoss(delta=0.6, **k), [SCORES, OTHER]),
    "huber_large": (lambda n, **k: n.HuberLoss(**k), [LARGE, FAR]),
    "bce": (lambda n, **k: n.BCELoss(**k), [CHANCES, CHANCES[::-1].copy()]),
    "bce_large": (lambda n, **k: n.BCELoss(**k), [LARGE_CHANCES, LARGE_CHANCES[::-1].copy()]),
    "logits": (lambda n, **k: n.BCEWithLogitsLoss(**k), [SCORES, CHANCES]),
    "logits_large": (lambda n, **k: n.BCEWithLogitsLoss(**k), [LARGE * 9, LARGE_CHANCES]),
    "kl": (lambda n, **k: n.KLDivLoss(**k), [LOG_P, CHANCES]),
    "kl_log": (lambda n, **k: n.KLDivLoss(log_target=True, **k), [LOG_P, OTHER]),
    "poisson": (lambda n, **k: n.PoissonNLLLoss(**k), [SCORES, COUNTS]),
    "poisson_full": (lambda n, **k: n.PoissonNLLLoss(log_input=False, full=True, **k),
                     [CHANCES, COUNTS + 0.5]),
    "gaussian": (lambda n, **k: n.GaussianNLLLoss(**k), [SCORES, OTHER, CHANCES]),
    "gaussian_full": (lambda n, **k: n.GaussianNLLLoss(full=True, eps=0.4, **k),
                      [SCORES, OTHER, CHANCES]),
    "gaussian_rows": (lambda n, **k: n.GaussianNLLLoss(**k), [SCORES, OTHER, CHANCES[:, :1]]),
    "ranking": (lambda n, **k: n.MarginRankingLoss(0.3, **k), [SCORES, OTHER, GRID]),
    "hinge": (lambda n, **k: n.HingeEmbeddingLoss(0.7, **k), [SCORES, GRID]),
    "cosine": (lambda n, **k: n.CosineEmbeddingLoss(-0.2, **k), [SCORES, OTHER, SIGNS]),
    "cosine_one": (lambda n, **k: n.CosineEmbeddingLoss(**k), [SCORES[0], OTHER[0], SIGNS[0]]),
    "triplet": (lambda n, **k: n.TripletMarginLoss(**k), [SCORES, OTHER, THIRD]),
    "triplet_swap": (lambda n, **k: n.TripletMarginLoss(2.0, p=3.0, swap=True, **k),
                     [SCORES, OTHER, THIRD]),
    "triplet_one": (lambda n, **k: n.TripletMarginLoss(9.0, p=1.0, **k),
                    [SCORES[0], OTHER[0], THIRD[0]]),
    "soft_margin": (lambda n, **k: n.SoftMarginLoss(**k), [SCORES, GRID]),
    "multi_margin": (lambda n, **k: n.MultiMarginLoss(**k), [SCORES, CLASSES]),
    "multi_margin_squared": (lambda n, **k: n.MultiMarginLoss(2, 0.7, weighted(n), **k),
                             [SCORES, CLASSES]),
    "multilabel": (lambda n, **k: n.MultiLabelSoftMarginLoss(weighted(n), **k), [SCORES, CHANCES]),
}
NO_GRADIENT = {  # inputs by which torch gives no gradient, or none of the second order
    "ranking": (2,), "soft_margin": (1,), "hinge": (1,), "cosine": (2,), "cosine_one": (2,),
    "poisson_full": (1,), "multi_margin": (1,), "multi_margin_squared": (1,),
}
ONCE = ("multi_margin", "multi_margin_squared")  # differentiable once in torch


def leaves(name, arrays, dtype):
    """The inputs in both libraries; without gradient where torch has none."""
    pairs = [inputs(np.asarray(a), dtype) for a in arrays]
    for i in NO_GRADIENT.get(name, ()):
        pairs[i] = tuple(t.detach() for t in pairs[i])
    return [[p[k] for p in pairs] for k in (0, 1)]


@pytest.mark.filterwarnings("ignore:reduction. 'mean':UserWarning")  # torch's, of KLDivLoss
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, reduction, dtype):
    make, arrays = LOSSES[name]
    ours, theirs = make(nn, reduction=reduction).to(dtype), make(torch.nn, reduction=reduction)
    theirs = theirs.to(torch.float64 if dtype is np.float64 else torch.float32)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    theirs.load_state_dict({k: torch.from_numpy(v.numpy()) for k, v in ours.state_dict().items()})
    ours.load_state_dict(theirs.state_dict())
    found = []
    for library, module, tensors in zip((autograd, torch), (ours, theirs),
                                        leaves(name, arrays, dtype), strict=True):
        value = module(*tensors)
        wanted = [t for t in tensors if t.requires_grad]
        total = (value * value).sum()  # every element's gradient is another
        grads = library.autograd.grad if library is torch else library.grad
        first = grads(total, wanted, create_graph=name not in ONCE)
        second = []
        if name not in ONCE:
            norm = sum((g * g).sum() for g in first)
            second = grads(norm, wanted, allow_unused=True)
        found.append((value, first, second))
    (value, first, second), (expected, first_too, second_too) = found
    close(value, expected, dtype)
    for a, b in zip([*first, *second], [*first_too, *second_too], strict=True):
        if b is not None:
            close(a, b, dtype)


@pytest.fixture(params=DTYPES, ids=lambda d: d.__name__)
def dtype(request):
    return request.param


@pytest.mark.parametrize("log_target", [False, True])
@pytest.mark.parametrize("shape", [(4,), (3, 4), (3, 2, 4)])
def test_kl_div_over_the_batch(shape, log_target, dtype):
    x, y = inputs(numbers(*shape, low=-3, high=-0.1), dtype)
    s, t = inputs(numbers(*shape, low=0.1, high=0.9)[::-1].copy(), dtype)
    ours = nn.functional.kl_div(x, s, reduction="batchmean", log_target=log_target)
    theirs = torch.nn.functional.kl_div(y, t, reduction="batchmean", log_target=log_target)
    close(ours, theirs, dtype)
    ours.backward()
    theirs.backward()
    close(x.grad, y.grad, dtype)
    close(s.grad, t.grad, dtype)


@pytest.mark.parametrize("options", [(), (1.0,), (3.0, 0.1), (2.0, 0.0, True), (float("inf"),),
                                     (float("-inf"),), (0.0, 0.0)])
@pytest.mark.parametrize("shapes", [((6, 4), (6, 4)), ((4,), (4,)), ((1, 4), (6, 4)),
                                    ((4,), (6, 4))])
def test_pairwise_distance(shapes, options, dtype):
    x, y = inputs(numbers(*shapes[0]), dtype)
    s, t = inputs(numbers(*shapes[1]) + 5, dtype)
    ours, theirs = nn.PairwiseDistance(*options)(x, s), torch.nn.PairwiseDistance(*options)(y, t)
    close(ours, theirs, dtype)
    if options[:1] != (0.0,):
        ours.sum().backward()
        theirs.sum().backward()
        close(x.grad, y.grad, dtype)
        close(s.grad, t.grad, dtype)


@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("leading", [(), (7,), (2, 3), (0,)])
def test_bilinear(leading, bias, train, dtype):
    ours = nn.Bilinear(5, 4, 3, bias, dtype=dtype).train(train)
    theirs = torch.nn.Bilinear(5, 4, 3, bias).train(train)
    theirs = theirs.to(torch.float64 if dtype is np.float64 else torch.float32)
    assert ours.load_state_dict(theirs.state_dict()) == ([], [])
    theirs.load_state_dict({k: torch.from_numpy(v.numpy().copy())
                            for k, v in ours.state_dict().items()})
    pairs = [inputs(numbers(*leading, n), dtype) for n in (5, 4)]
    out, expected = ours(*(a for a, _ in pairs)), theirs(*(b for _, b in pairs))
    close(out, expected, dtype)
    (out * out).sum().backward()
    (expected * expected).sum().backward()
    for a, b in pairs:
        close(a.grad, b.grad, dtype)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        close(a.grad, b.grad, dtype)


@pytest.mark.parametrize("bias", [True, False])
def test_bilinear_starts_with_the_same_distribution(bias):
    for ours, theirs in zip(nn.Bilinear(50, 20, 30, bias).parameters(),
                            torch.nn.Bilinear(50, 20, 30, bias).parameters(), strict=True):
        ours, theirs = ours.detach().numpy(), theirs.detach().numpy()
        assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
        if ours.ndim > 1:
            assert ours.std() == pytest.approx(theirs.std(), rel=0.03)
