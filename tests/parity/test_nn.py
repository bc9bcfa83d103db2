"""nn against torch.nn: outputs, gradients, state dicts both ways, clipping, initial values."""

import numpy as np
import pytest

import autograd
import nn

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

pytestmark = pytest.mark.parity
DTYPES = {np.float64: 1e-9, np.float32: 1e-5}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.fixture(params=DTYPES, ids=lambda d: d.__name__)
def dtype(request):
    return request.param


def close(ours, theirs, dtype):
    """Equal up to the dtype's tolerance, relative to the largest element."""
    ours, theirs = ours.detach().numpy(), theirs.detach().numpy()
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    scale = max(1.0, float(np.abs(theirs).max(initial=0)))
    np.testing.assert_allclose(ours, theirs, rtol=DTYPES[dtype], atol=DTYPES[dtype] * scale)


def numbers(*shape, low=-2.0, high=2.0):
    return np.random.default_rng(7).uniform(low, high, shape)


def indices(*shape, below):
    return np.random.default_rng(8).integers(0, below, shape)


def inputs(array, dtype):
    """The array as a Tensor of either library that requires grad, unless it holds integers."""
    if array.dtype.kind != "f":
        return autograd.tensor(array), torch.tensor(array)
    array = array.astype(dtype)
    return autograd.tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)


def compare(ours, theirs, arrays, dtype):
    """Load theirs' state into ours; compare outputs and all gradients under one random weight."""
    theirs = theirs.to(torch.float64 if dtype is np.float64 else torch.float32)
    ours = ours.to(dtype)
    loaded = ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    assert loaded == ([], [])
    pairs = [inputs(array, dtype) for array in arrays]
    out, expected = ours(*(a for a, _ in pairs)), theirs(*(b for _, b in pairs))
    close(out, expected, dtype)
    weight = np.asarray(numbers(*expected.shape)).astype(dtype)
    if not expected.requires_grad:
        assert not out.requires_grad
        return
    (out * autograd.tensor(weight)).sum().backward()
    (expected * torch.tensor(weight)).sum().backward()
    for a, b in pairs:
        assert (a.grad is None) == (b.grad is None)
        if b.grad is not None:
            close(a.grad, b.grad, dtype)
    named = dict(theirs.named_parameters())
    assert [name for name, _ in ours.named_parameters()] == list(named)
    for name, parameter in ours.named_parameters():
        close(parameter.grad, named[name].grad, dtype)


def mlp(library):
    return library.Sequential(library.Flatten(), library.Linear(12, 8), library.ReLU(),
                              library.Linear(8, 6, bias=False), library.Tanh(),
                              library.Unflatten(1, (2, 3)))


def words(library):
    class Words(library.Module):
        def __init__(self):
            super().__init__()
            self.embed = library.Embedding(7, 4, padding_idx=2)
            self.heads = library.ModuleDict({"a": library.Linear(4, 3), "b": library.Identity()})
            self.blocks = library.ModuleList([library.Linear(4, 4) for _ in range(2)])
            self.gains = library.ParameterList([library.Parameter(self.heads["a"].bias * 2)])

        def forward(self, x):
            x = self.embed(x)
            for block in self.blocks:
                x = block(x)
            return self.heads["b"](self.heads["a"](x)) * self.gains[0]

    return Words()


LAYERS = {
    "linear": (lambda n: n.Linear(5, 3), numbers(4, 5)),
    "linear_no_bias": (lambda n: n.Linear(5, 3, bias=False), numbers(4, 5)),
    "linear_vector": (lambda n: n.Linear(5, 3), numbers(5)),
    "linear_batches": (lambda n: n.Linear(5, 3), numbers(2, 3, 5)),
    "linear_empty_batch": (lambda n: n.Linear(5, 3), numbers(0, 5)),
    "identity": (lambda n: n.Identity(), numbers(2, 3)),
    "flatten": (lambda n: n.Flatten(), numbers(2, 3, 4)),
    "flatten_some": (lambda n: n.Flatten(0, -2), numbers(2, 3, 4)),
    "unflatten": (lambda n: n.Unflatten(1, (2, 3)), numbers(2, 6)),
    "relu": (lambda n: n.ReLU(), np.append(numbers(2, 5), [[0.0], [-0.0]], 1)),
    "sigmoid": (lambda n: n.Sigmoid(), numbers(3, 4, low=-50, high=50)),
    "tanh": (lambda n: n.Tanh(), numbers(3, 4)),
    "softmax": (lambda n: n.Softmax(dim=1), numbers(3, 4)),
    "softmax_first": (lambda n: n.Softmax(0), numbers(3, 4, 2)),
    "log_softmax": (lambda n: n.LogSoftmax(dim=-1), numbers(3, 4, low=-500, high=500)),
    "embedding": (lambda n: n.Embedding(6, 3), indices(4, 5, below=6)),
    "embedding_padding": (lambda n: n.Embedding(6, 3, padding_idx=-2), indices(4, 5, below=6)),
    "mlp": (mlp, numbers(5, 3, 4)),
    "words": (words, indices(3, 5, below=7)),
}


@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, train, dtype):
    make, array = LAYERS[name]
    compare(make(nn).train(train), make(torch.nn).train(train), [array], dtype)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
def test_dropout(p, train, dtype):
    """Both drop at random: compared is what is kept, and the share that is."""
    x, y = inputs(numbers(200, 300), dtype)
    ours, theirs = nn.Dropout(p).train(train)(x), torch.nn.Dropout(p).train(train)(y)
    ours.sum().backward()
    theirs.sum().backward()
    kept = (ours.detach().numpy() != 0) & (theirs.detach().numpy() != 0)
    for a, b in ((ours, theirs), (x.grad, y.grad)):
        a, b = a.detach().numpy(), b.detach().numpy()
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a[kept], b[kept], rtol=DTYPES[dtype])
        assert (a == 0).mean() == pytest.approx((b == 0).mean(), abs=0.01)


REDUCTIONS = ["mean", "sum", "none"]
SCORES, CHANCES = numbers(6, 4), numbers(6, 4, low=0.05, high=0.95)
IMAGES, WEIGHT = numbers(3, 4, 2, 2), numbers(4, low=0.5)
CLASSES = np.array([0, 3, 1, 1, 2, 0])


def weighted(n, weight=WEIGHT):
    return torch.tensor(weight) if n is torch.nn else autograd.tensor(weight)


LOSSES = {
    "mse": (lambda n, **k: n.MSELoss(**k), [SCORES, CHANCES]),
    "cross_entropy": (lambda n, **k: n.CrossEntropyLoss(**k), [SCORES, CLASSES]),
    "cross_entropy_one": (lambda n, **k: n.CrossEntropyLoss(**k), [SCORES[0], np.array(2)]),
    "cross_entropy_images": (lambda n, **k: n.CrossEntropyLoss(**k),
                             [IMAGES, indices(3, 2, 2, below=4)]),
    "cross_entropy_chances": (lambda n, **k: n.CrossEntropyLoss(**k), [SCORES, CHANCES]),
    "cross_entropy_weight": (lambda n, **k: n.CrossEntropyLoss(weighted(n), **k),
                             [SCORES, CLASSES]),
    "cross_entropy_ignore": (lambda n, **k: n.CrossEntropyLoss(ignore_index=1, **k),
                             [SCORES, CLASSES]),
    "cross_entropy_smooth": (
        lambda n, **k: n.CrossEntropyLoss(weighted(n), label_smoothing=0.2, **k),
        [SCORES, CLASSES]),
    "cross_entropy_large": (lambda n, **k: n.CrossEntropyLoss(**k), [SCORES * 400, CLASSES]),
    "nll": (lambda n, **k: n.NLLLoss(**k), [SCORES, CLASSES]),
    "nll_weight": (lambda n, **k: n.NLLLoss(weighted(n), ignore_index=0, **k), [SCORES, CLASSES]),
    "nll_images": (lambda n, **k: n.NLLLoss(**k), [IMAGES, indices(3, 2, 2, below=4)]),
    "bce": (lambda n, **k: n.BCELoss(**k), [CHANCES, CHANCES[::-1].copy()]),
    "bce_weight": (lambda n, **k: n.BCELoss(weighted(n), **k), [CHANCES, CHANCES[::-1].copy()]),
    "logits": (lambda n, **k: n.BCEWithLogitsLoss(**k), [SCORES, CHANCES]),
    "logits_weight": (
        lambda n, **k: n.BCEWithLogitsLoss(weighted(n), pos_weight=weighted(n, WEIGHT[::-1].copy()),
                                           **k), [SCORES * 50, CHANCES]),
}


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, reduction, dtype):
    make, (input, target) = LOSSES[name]
    ours = make(nn, reduction=reduction).to(dtype)
    theirs = make(torch.nn, reduction=reduction)
    theirs = theirs.to(torch.float64 if dtype is np.float64 else torch.float32)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    x, y = inputs(input, dtype)
    a, b = (t.detach() for t in inputs(target, dtype))
    value, expected = ours(x, a), theirs(y, b)
    close(value, expected, dtype)
    value.sum().backward()
    expected.sum().backward()
    close(x.grad, y.grad, dtype)


@pytest.mark.parametrize("make", [mlp, words])
def test_state_dicts_go_both_ways(make):
    ours, theirs = make(nn), make(torch.nn)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())  # tensors of PyTorch themselves
    for name, value in theirs.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[name].numpy(), value.numpy())
    other = make(nn)
    theirs.load_state_dict({k: torch.from_numpy(v.numpy().copy())
                            for k, v in other.state_dict().items()})
    for name, value in theirs.state_dict().items():
        np.testing.assert_array_equal(other.state_dict()[name].numpy(), value.numpy())


def test_modules_are_walked_in_the_same_order():
    for make in (mlp, words):
        ours, theirs = make(nn), make(torch.nn)
        for walk in ("named_modules", "named_children", "named_parameters", "named_buffers"):
            assert ([name for name, _ in getattr(ours, walk)()]
                    == [name for name, _ in getattr(theirs, walk)()])
        order: dict = {nn: [], torch.nn: []}
        ours.apply(lambda m, seen=order[nn]: seen.append(type(m).__name__))
        theirs.apply(lambda m, seen=order[torch.nn]: seen.append(type(m).__name__))
        assert order[nn] == order[torch.nn]


@pytest.mark.parametrize(("max_norm", "p"), [(1.0, 2.0), (0.3, 1.0), (0.1, float("inf")),
                                             (100.0, 2.0)])
def test_clipping(max_norm, p, dtype):
    pairs = []
    for array in (numbers(3, 4), numbers(5), numbers(2, 2, 2)):
        ours, theirs = inputs(np.zeros_like(array), dtype)
        ours.grad = autograd.tensor(array.astype(dtype))
        theirs.grad = torch.tensor(array.astype(dtype))
        pairs.append((ours, theirs))
    total = nn.utils.clip_grad_norm_([a for a, _ in pairs], max_norm, p)
    expected = torch.nn.utils.clip_grad_norm_([b for _, b in pairs], max_norm, p)
    close(total, expected, dtype)
    for a, b in pairs:
        close(a.grad, b.grad, dtype)
    nn.utils.clip_grad_value_([a for a, _ in pairs], 0.01)
    torch.nn.utils.clip_grad_value_([b for _, b in pairs], 0.01)
    for a, b in pairs:
        close(a.grad, b.grad, dtype)


FILLS = ["uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_",
         "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "ones_", "zeros_"]


@pytest.mark.parametrize("shape", [(60, 40), (30, 10, 3, 3)])
@pytest.mark.parametrize("name", FILLS)
def test_initial_values_have_the_same_distribution(name, shape):
    ours = getattr(nn.init, name)(autograd.empty(shape, dtype=autograd.float64)).numpy()
    theirs = getattr(torch.nn.init, name)(torch.empty(shape, dtype=torch.float64)).numpy()
    spread = theirs.std() + 1e-12
    assert abs(ours.mean() - theirs.mean()) < 0.1 * spread
    assert ours.std() == pytest.approx(theirs.std(), rel=0.06)
    if "uniform" in name or name.startswith("trunc"):
        assert abs(ours).max() == pytest.approx(abs(theirs).max(), rel=0.02)


def test_fixed_initial_values_and_gains():
    for name, shape in (("eye_", (3, 5)), ("dirac_", (6, 3, 3, 3)), ("dirac_", (4, 6, 5))):
        ours = getattr(nn.init, name)(autograd.empty(shape)).numpy()
        theirs = getattr(torch.nn.init, name)(torch.empty(shape)).numpy()
        np.testing.assert_array_equal(ours, theirs)
    for kind in ("linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        assert nn.init.calculate_gain(kind) == torch.nn.init.calculate_gain(kind)
    ours = nn.init.sparse_(autograd.empty(31, 20), 0.3).numpy()
    theirs = torch.nn.init.sparse_(torch.empty(31, 20), 0.3).numpy()
    np.testing.assert_array_equal((ours == 0).sum(0), (theirs == 0).sum(0))


@pytest.mark.parametrize("make", [lambda n: n.Linear(50, 400), lambda n: n.Embedding(200, 50)])
def test_layers_start_with_the_same_distribution(make):
    for ours, theirs in zip(make(nn).parameters(), make(torch.nn).parameters(), strict=True):
        ours, theirs = ours.detach().numpy(), theirs.detach().numpy()
        assert ours.dtype == theirs.dtype and ours.std() == pytest.approx(theirs.std(), rel=0.1)


def test_backward_hooks_see_the_same():
    seen: dict = {nn: [], torch.nn: []}
    array = numbers(3, 4).astype(np.float64)
    for library, x in zip((nn, torch.nn), inputs(array, np.float64), strict=True):
        model = library.Sequential(library.Tanh(), library.Sigmoid())
        model[1].register_full_backward_hook(
            lambda m, gi, go, found=seen[library]: found.append((gi, go)))
        (model(x).sum() + (x * x).sum()).backward()
    ours, theirs = seen[nn][0], seen[torch.nn][0]
    for a, b in zip(ours, theirs, strict=True):
        close(a[0], b[0], np.float64)
