"""The normalisation layers and functions against torch.nn, through several training steps."""

import numpy as np
import pytest

import autograd
import nn
from nn import functional as F

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

pytestmark = pytest.mark.parity
DTYPES = {np.float64: 1e-9, np.float32: 1e-5}

LAYERS = {
    "batch1": (lambda n: n.BatchNorm1d(5), (6, 5)),
    "batch1_long": (lambda n: n.BatchNorm1d(3, eps=0.1, momentum=0.3), (4, 3, 150)),
    "batch1_plain": (lambda n: n.BatchNorm1d(3, affine=False), (4, 3, 7)),
    "batch1_untracked": (lambda n: n.BatchNorm1d(3, track_running_stats=False), (4, 3)),
    "batch1_average": (lambda n: n.BatchNorm1d(3, momentum=None), (4, 3)),
    "batch2": (lambda n: n.BatchNorm2d(4), (3, 4, 5, 6)),
    "batch2_large": (lambda n: n.BatchNorm2d(3), (3, 3, 13, 12)),
    "batch3": (lambda n: n.BatchNorm3d(2), (3, 2, 3, 4, 5)),
    "layer": (lambda n: n.LayerNorm(7), (4, 7)),
    "layer_images": (lambda n: n.LayerNorm((3, 4), eps=0.01), (2, 5, 3, 4)),
    "layer_no_bias": (lambda n: n.LayerNorm(40, bias=False), (150, 40)),
    "layer_plain": (lambda n: n.LayerNorm(7, elementwise_affine=False), (2, 3, 7)),
    "rms": (lambda n: n.RMSNorm(7), (4, 7)),
    "rms_images": (lambda n: n.RMSNorm((3, 4), eps=0.01), (2, 3, 4)),
    "rms_plain": (lambda n: n.RMSNorm(7, elementwise_affine=False), (4, 7)),
    "group": (lambda n: n.GroupNorm(2, 6), (3, 6, 5, 4)),
    "group_large": (lambda n: n.GroupNorm(3, 6), (2, 6, 12, 13)),
    "group_rows": (lambda n: n.GroupNorm(2, 6), (3, 6)),
    "group_plain": (lambda n: n.GroupNorm(1, 6, affine=False), (3, 6, 4)),
    "instance1": (lambda n: n.InstanceNorm1d(3), (4, 3, 7)),
    "instance1_single": (lambda n: n.InstanceNorm1d(3, affine=True), (3, 7)),
    "instance2": (lambda n: n.InstanceNorm2d(3, affine=True, track_running_stats=True),
                  (4, 3, 5, 5)),
    "instance2_large": (lambda n: n.InstanceNorm2d(3, affine=True), (2, 3, 12, 12)),
    "response": (lambda n: n.LocalResponseNorm(3, alpha=0.5), (2, 6, 4)),
    "response_even": (lambda n: n.LocalResponseNorm(4, 0.1, 0.6, 2.0), (2, 6, 4, 3)),
}


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-2, 3, shape)


def close(ours, theirs, dtype):
    """Equal up to the dtype's tolerance, relative to the largest element."""
    ours, theirs = (np.asarray(t.detach().numpy()) for t in (ours, theirs))
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    scale = max(1.0, float(np.abs(theirs).max(initial=0)))
    np.testing.assert_allclose(ours, theirs, rtol=DTYPES[dtype], atol=DTYPES[dtype] * scale)


def both(array, dtype):
    array = array.astype(dtype)
    return autograd.tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)


@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, dtype, train):
    """Two steps with random weights: results, gradients, and the state after."""
    make, shape = LAYERS[name]
    ours, theirs = make(nn), make(torch.nn)
    theirs = theirs.to(torch.float64 if dtype is np.float64 else torch.float32).train(train)
    ours = ours.to(dtype).train(train)
    with torch.no_grad():
        for i, tensor in enumerate(theirs.state_dict().values()):
            if tensor.ndim:
                tensor.copy_(torch.tensor(np.abs(numbers(*tensor.shape, seed=i)) + 0.1))
    state = {key: value.numpy().copy() for key, value in theirs.state_dict().items()}
    assert ours.load_state_dict(state) == ([], [])
    for step in range(2):
        x, y = both(numbers(*shape, seed=step), dtype)
        out, expected = ours(x), theirs(y)
        close(out, expected, dtype)
        weight = numbers(*shape, seed=9).astype(dtype)
        out.backward(autograd.tensor(weight))
        expected.backward(torch.tensor(weight))
        close(x.grad, y.grad, dtype)
    for (_, ours_one), (_, theirs_one) in zip(ours.named_parameters(), theirs.named_parameters(),
                                              strict=True):
        close(ours_one.grad, theirs_one.grad, dtype)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in ours.state_dict().items():
        close(value, theirs.state_dict()[key], dtype)
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})


FUNCTIONS = {
    "normalize": (lambda f, x, y: f.normalize(x)),
    "normalize_1": (lambda f, x, y: f.normalize(x, 1.0, dim=-1)),
    "normalize_3": (lambda f, x, y: f.normalize(x, p=3.0, dim=0, eps=0.1)),
    "normalize_max": (lambda f, x, y: f.normalize(x, float("inf"), dim=1)),
    "cosine": (lambda f, x, y: f.cosine_similarity(x, y)),
    "cosine_last": (lambda f, x, y: f.cosine_similarity(x, y, dim=-1, eps=0.1)),
    "cosine_rows": (lambda f, x, y: f.cosine_similarity(x, y[:1], dim=2)),
}


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name, dtype):
    (a, b), (c, d) = both(numbers(4, 5, 3), dtype), both(numbers(4, 5, 3, seed=1), dtype)
    function = FUNCTIONS[name]
    out, expected = function(F, a, c), function(torch.nn.functional, b, d)
    close(out, expected, dtype)
    (out * out).sum().backward()
    (expected * expected).sum().backward()
    close(a.grad, b.grad, dtype)
    if d.grad is not None:
        close(c.grad, d.grad, dtype)


INFINITE = {
    "batch": (lambda f, x, w, b: f.batch_norm(x, None, None, w, b, True)),
    "instance": (lambda f, x, w, b: f.instance_norm(x, None, None, w, b)),
    "layer": (lambda f, x, w, b: f.layer_norm(x, (4, 12, 12), w, b)),
    "rms": (lambda f, x, w, b: f.rms_norm(x, (4, 12, 12), w)),
}


@pytest.mark.parametrize("which", ["weight", "bias"])
@pytest.mark.parametrize("name", INFINITE)
def test_infinite_parameters(name, which):
    """The definition by IEEE; PyTorch, which may subtract one infinity from another, where it gives
    a number."""
    x, y = both(numbers(3, 4, 12, 12), np.float32)
    shape = (4,) if name in ("batch", "instance") else (4, 12, 12)
    weight, bias = (np.abs(numbers(*shape, seed=i)).astype(np.float32) for i in (1, 2))
    (weight if which == "weight" else bias)[1] = np.inf
    out = INFINITE[name](F, x, autograd.tensor(weight), autograd.tensor(bias))
    expected = INFINITE[name](torch.nn.functional, y, torch.tensor(weight), torch.tensor(bias))
    ours, theirs = out.numpy(force=True), expected.numpy(force=True)
    assert not np.isnan(ours).any()
    np.testing.assert_allclose(ours[theirs == theirs], theirs[theirs == theirs], 1e-4, 1e-5)
    if name in ("batch", "instance"):
        out.backward(autograd.tensor(numbers(3, 4, 12, 12, seed=3).astype(np.float32)))
        expected.backward(torch.tensor(numbers(3, 4, 12, 12, seed=3).astype(np.float32)))
        np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), 1e-4, 1e-5)


@pytest.mark.parametrize("name", ["batch2", "layer", "rms", "group", "instance2"])
def test_second_derivatives(name):
    make, shape = LAYERS[name]
    x, y = both(numbers(*shape), np.float64)
    ours, theirs = make(nn).double(), make(torch.nn).double()
    (first,) = autograd.grad((ours(x) ** 3).sum(), [x], create_graph=True)
    (expected,) = torch.autograd.grad((theirs(y) ** 3).sum(), [y], create_graph=True)
    close(first, expected, np.float64)
    (first * first).sum().backward()
    (expected * expected).sum().backward()
    close(x.grad, y.grad, np.float64)
    close(ours.weight.grad, theirs.weight.grad, np.float64)
