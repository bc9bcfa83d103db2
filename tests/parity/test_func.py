"""Function transforms against torch.func and torch.autograd.functional, in float64."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")

# Functions of a vector of 3, a matrix (3, 2) and a number; `t` is either library.
FUNCTIONS = {
    "sum": lambda t, a, m, s: (a.exp() @ m).sum() * s,
    "norm": lambda t, a, m, s: ((a * s) ** 2).sum().sqrt() + (m**3).sum(),
    "logs": lambda t, a, m, s: t.logsumexp(a * s, 0) * t.tanh(m).mean(),
    "matrix": lambda t, a, m, s: (t.softmax(m.t() @ a, 0)[0] * t.sin(s)) + (a[0] * a[1]) / s,
    "where": lambda t, a, m, s: (t.where(a > 0, a * s, a**2)).sum() + t.cumsum(m, 0).prod(),
}
FIELDS = {
    "vector": lambda t, a, m, s: t.sin(a) * s,
    "matrix": lambda t, a, m, s: t.outer(a, a) @ m,
    "pair": lambda t, a, m, s: (a * a, (m * s).sum()),
}


def inputs(lib, seed=0, batch=()):
    rng = np.random.default_rng(seed)
    return [lib.tensor(rng.uniform(0.5, 1.5, (*batch, *shape))) for shape in ((3,), (3, 2), ())]


def flat(tree) -> list:
    if isinstance(tree, (tuple, list)):
        return [part for below in tree for part in flat(below)]
    if isinstance(tree, dict):
        return [part for key in sorted(tree) for part in flat(tree[key])]
    return [np.asarray(tree.detach())]


def check(make):
    """What `make(lib, inputs)` gives is the same in both."""
    ours, theirs = flat(make(autograd, inputs(autograd))), flat(make(torch, inputs(torch)))
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, 1e-9, 1e-12)


@pytest.mark.filterwarnings("ignore:Attempted to insert a get_attr")  # of torch.func.linearize
@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_and_hessians(name):
    f = FUNCTIONS[name]
    numbers = (0, 1, 2)

    def of(lib):
        return lambda *args: f(lib, *args)

    check(lambda lib, x: lib.func.grad(of(lib), numbers)(*x))
    check(lambda lib, x: lib.func.grad_and_value(of(lib), 1)(*x))
    check(lambda lib, x: lib.func.hessian(of(lib), (0, 2))(*x))
    check(lambda lib, x: lib.func.jacfwd(lib.func.jacfwd(of(lib), 0), 1)(*x))
    check(lambda lib, x: lib.func.grad(lambda *a: lib.func.grad(of(lib), 2)(*a).sum(), 0)(*x))
    check(lambda lib, x: lib.func.jvp(of(lib), tuple(x), tuple(y.cos() for y in x)))
    check(lambda lib, x: lib.func.linearize(of(lib), *x)[1](*[y.cos() for y in x]))
    module = {autograd: autograd.functional, torch: torch.autograd.functional}
    check(lambda lib, x: module[lib].hessian(of(lib), tuple(x)))
    check(lambda lib, x: module[lib].hvp(of(lib), tuple(x), tuple(y.sin() for y in x)))
    check(lambda lib, x: module[lib].vhp(of(lib), tuple(x), tuple(y.sin() for y in x)))


@pytest.mark.filterwarnings("ignore:Attempted to insert a get_attr")  # of torch.func.linearize
@pytest.mark.parametrize("name", FIELDS)
def test_jacobians_and_products(name):
    f = FIELDS[name]

    def of(lib):
        return lambda *args: f(lib, *args)

    def pulled(lib, x):
        out, pull = lib.func.vjp(of(lib), *x)
        return pull(tuple(y.cos() for y in out) if isinstance(out, tuple) else out.cos())

    check(pulled)
    check(lambda lib, x: lib.func.jacrev(of(lib), (0, 1))(*x))
    check(lambda lib, x: lib.func.jacfwd(of(lib), (0, 1))(*x))
    check(lambda lib, x: lib.func.jvp(of(lib), tuple(x), tuple(y.cos() for y in x)))
    check(lambda lib, x: lib.func.linearize(of(lib), *x)[1](*[y.cos() for y in x]))
    module = {autograd: autograd.functional, torch: torch.autograd.functional}
    check(lambda lib, x: module[lib].jacobian(of(lib), tuple(x)))


@pytest.mark.parametrize("in_dims, out_dims", [((0, None, None), 0), ((0, 1, None), 0),
                                               ((None, 1, 0), -1), ((0, 1, 0), 1)])
def test_batches(in_dims, out_dims):
    def of(lib):
        def f(a, m, s):
            return lib.outer(a, m.sum(1)) * s

        given = inputs(lib)
        batched = [x if dim is None else lib.stack([x, x * 2, x + 1, x.sin()], dim)
                   for x, dim in zip(given, in_dims, strict=True)]
        return (lib.func.vmap(f, in_dims, out_dims)(*batched),
                lib.func.vmap(lib.func.grad(lambda *a: f(*a).cos().sum()), in_dims)(*batched),
                lib.func.vmap(lib.func.jacrev(f, 2), in_dims)(*batched))

    check(lambda lib, x: of(lib))


def test_per_sample_gradients_and_ensembles():
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=shape) for shape in ((4, 3), (4,), (2, 4), (2,))]

    def found(lib, x):
        layers = nn if lib is autograd else torch.nn
        models = []
        for scale in (1.0, 0.5):
            model = layers.Sequential(layers.Linear(3, 4), layers.Tanh(),
                                      layers.Linear(4, 2)).double()
            with lib.no_grad():
                for p, w in zip(model.parameters(), weights, strict=True):
                    p.copy_(lib.tensor(w * scale))
            models.append(model)
        parameters, buffers = lib.func.stack_module_state(models)
        data = lib.stack([x[0], x[0] * 2, -x[0]])

        def run(p, b, v):
            return lib.func.functional_call(models[0], (p, b), (v,))

        def loss(p, v):
            return (run(p, {}, v) ** 2).sum()

        one = {name: p.detach() for name, p in models[0].named_parameters()}
        return (lib.func.vmap(run, (0, 0, None))(parameters, buffers, data),
                lib.func.vmap(lib.func.grad(loss), (None, 0))(one, data))

    check(found)
