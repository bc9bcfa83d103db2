"""nn.utils against PyTorch: parametrizations, older normalisations, pruning, fusion."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import autograd
import nn

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")
pytest.importorskip("torch.nn.utils.prune")

RNG = np.random.default_rng(3)


def close(ours, theirs):
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), 1e-9, 1e-11)


def layers(build):
    """The same layer of both libraries, in float64, with one state."""
    theirs, ours = build(torch).double(), build(autograd).double()
    ours.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
    return ours, theirs


def compare(ours, theirs, *shape, rounds=2):
    """Names, outputs and gradients, in training and then evaluation."""
    x = RNG.standard_normal(shape)
    for _ in range(rounds):
        out, expected = ours(autograd.tensor(x)), theirs(torch.tensor(x))
        close(out, expected)
        (out * out).sum().backward()
        (expected * expected).sum().backward()
    close(ours.eval()(autograd.tensor(x)), theirs.eval()(torch.tensor(x)))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    named = dict(theirs.named_parameters())
    assert [name for name, _ in ours.named_parameters()] == list(named)
    for name, p in ours.named_parameters():
        close(p.grad, named[name].grad)
    for (_, b), (_, c) in zip(ours.named_buffers(), theirs.named_buffers(), strict=True):
        close(b, c)


@pytest.mark.parametrize("build", [
    lambda t, u: u.weight_norm(t.nn.Linear(4, 3)),
    lambda t, u: u.weight_norm(t.nn.Linear(4, 3), dim=None),
    lambda t, u: u.weight_norm(t.nn.Linear(4, 3), dim=1),
    lambda t, u: u.spectral_norm(t.nn.Linear(4, 3)),
    lambda t, u: u.spectral_norm(t.nn.Linear(4, 3), n_power_iterations=3, dim=1),
], ids=range(5))  # fmt: skip
@pytest.mark.parametrize("old", [False, True])
def test_normalised_weights(build, old):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        ours, theirs = layers(lambda t: build(t, t.nn.utils if old
                                              else t.nn.utils.parametrizations))
        compare(ours, theirs, 5, 4)
        for remove in ((f"remove_{kind}_norm" for kind in ("weight", "spectral")) if old else ()):
            try:
                ours, theirs = (getattr(t.nn.utils, remove)(m)
                                for t, m in ((autograd, ours), (torch, theirs)))
            except ValueError:
                continue
        assert repr(ours) == repr(theirs).replace(", bias=True", "")
        close(ours(autograd.ones(4).double()), theirs(torch.ones(4).double()))


@pytest.mark.parametrize("sizes", [(4, 4), (3, 5), (5, 3)])
@pytest.mark.parametrize("how", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("trivial", [False, True])
def test_orthogonal_weights(sizes, how, trivial):
    def build(t):
        made = t.nn.utils.parametrizations.orthogonal(
            t.nn.Linear(*sizes).double(), orthogonal_map=how, use_trivialization=trivial)
        if trivial:  # of which a part is drawn
            base = made.parametrizations.weight[0].base
            n = len(base)
            start = np.linalg.qr(np.arange(25.0).reshape(5, 5)[:n, :n] + np.eye(n))[0]
            made.parametrizations.weight[0].base = t.tensor(start)
        return made

    ours, theirs = layers(build)
    compare(ours, theirs, 5, sizes[0])
    if trivial or how == "householder":
        weight = np.linalg.qr(RNG.standard_normal((5, 5)))[0][:sizes[1], :sizes[0]]
        weight = np.linalg.qr(weight if sizes[1] >= sizes[0] else weight.T)[0]
        weight = weight if sizes[1] >= sizes[0] else weight.T
        ours.weight, theirs.weight = autograd.tensor(weight), torch.tensor(weight)
        close(ours.weight, theirs.weight)


def test_parametrizations_of_ones_own():
    def build(t):
        class Symmetric(t.nn.Module):
            def forward(self, x):
                return x.triu() + x.triu(1).transpose(-1, -2)

            def right_inverse(self, x):
                return x.triu()

        class Scaled(t.nn.Module):
            def __init__(self):
                super().__init__()
                self.by = t.nn.Parameter(t.ones(1) * 2)

            def forward(self, x):
                return x * self.by

            def right_inverse(self, x):
                return x / self.by

        layer = t.nn.Linear(3, 3)
        for part in (Symmetric(), Scaled()):
            t.nn.utils.parametrize.register_parametrization(layer, "weight", part)
        return layer

    ours, theirs = layers(build)
    compare(ours, theirs, 4, 3)
    assert repr(ours) == repr(theirs).replace(", bias=True", "")
    value = RNG.standard_normal((3, 3))
    ours.weight, theirs.weight = autograd.tensor(value), torch.tensor(value)
    close(ours.weight, theirs.weight)
    copied = copy.deepcopy(ours)  # PyTorch's copies share the class with what they are of
    nn.utils.parametrize.remove_parametrizations(copied, "weight")
    assert type(copied) is nn.Linear and nn.utils.parametrize.is_parametrized(ours)
    close(copied.weight, ours.weight)
    torch.nn.utils.parametrize.remove_parametrizations(theirs, "weight")
    assert list(copied.state_dict()) == list(theirs.state_dict())
    with nn.utils.parametrize.cached():
        assert ours.weight is ours.weight
    assert ours.weight is not ours.weight
    again = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    close(pickle.loads(pickle.dumps(again)).weight, again.weight)


def test_pruning():
    for steps in ([("l1_unstructured", dict(amount=0.3))],
                  [("l1_unstructured", dict(amount=3)), ("l1_unstructured", dict(amount=0.5))],
                  [("ln_structured", dict(amount=1, n=2, dim=0)),
                   ("ln_structured", dict(amount=0.4, n=1, dim=1)),
                   ("l1_unstructured", dict(amount=2))],
                  [("identity", {}), ("ln_structured", dict(amount=1, n=float("inf"), dim=-1))]):
        ours, theirs = layers(lambda t: t.nn.Linear(5, 4))
        for name, options in steps:
            getattr(nn.utils.prune, name)(ours, "weight", **options)
            getattr(torch.nn.utils.prune, name)(theirs, "weight", **options)
        compare(ours, theirs, 3, 5)
        assert nn.utils.prune.is_pruned(ours)
        nn.utils.prune.remove(ours, "weight")
        torch.nn.utils.prune.remove(theirs, "weight")
        assert not nn.utils.prune.is_pruned(ours)
        compare(ours, theirs, 3, 5)


def test_global_pruning():
    def build(t):
        return t.nn.Sequential(t.nn.Linear(5, 4), t.nn.Linear(4, 3))

    ours, theirs = layers(build)
    for t, m in ((autograd, ours), (torch, theirs)):
        prune = t.nn.utils.prune
        prune.custom_from_mask(m[0], "bias", t.tensor([1, 0, 1, 1]))
        for amount in (0.25, 5):
            prune.global_unstructured([(m[0], "weight"), (m[1], "weight")], prune.L1Unstructured,
                                      amount=amount)
    compare(ours, theirs, 3, 5)


@pytest.mark.parametrize(("layer", "norm", "shape", "options"), [
    (lambda n: n.Conv2d(3, 4, 2), lambda n: n.BatchNorm2d(4), (2, 3, 5, 5), ()),
    (lambda n: n.Conv1d(3, 4, 2, bias=False), lambda n: n.BatchNorm1d(4, affine=False), (2, 3, 5),
     ()),
    (lambda n: n.ConvTranspose2d(3, 4, 2), lambda n: n.BatchNorm2d(4), (2, 3, 5, 5), (True,)),
    (lambda n: n.Linear(3, 4), lambda n: n.BatchNorm1d(4), (5, 3), None)])  # fmt: skip
def test_fusion(layer, norm, shape, options):
    ours, theirs = layers(lambda t: t.nn.Sequential(layer(t.nn), norm(t.nn)))
    compare(ours, theirs, *shape)
    results = []
    for t, (first, second) in ((autograd, ours), (torch, theirs)):
        fuse = (t.nn.utils.fusion.fuse_linear_bn_eval if options is None
                else t.nn.utils.fusion.fuse_conv_bn_eval)
        results.append(fuse(first, second, *(options or ())))
    x = RNG.standard_normal(shape)
    close(results[0](autograd.tensor(x)), results[1](torch.tensor(x)))
    close(results[0](autograd.tensor(x)), ours(autograd.tensor(x)))
    assert [p.requires_grad for p in results[0].parameters()] == [
        p.requires_grad for p in results[1].parameters()]
