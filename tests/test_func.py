"""Transforms of functions against closed forms, and segments that are computed again."""

import numpy as np
import pytest

import autograd
import nn
from autograd import func, functional
from autograd.utils.checkpoint import checkpoint, checkpoint_sequential


def number(*values):
    return autograd.tensor(values[0] if len(values) == 1 else values, dtype=autograd.float64)


def same(found, expected):
    assert not found.requires_grad
    np.testing.assert_allclose(found.numpy(), expected, 1e-12, 1e-12)


def test_gradients_of_gradients():
    cube = autograd.sin
    x = number(0.3)
    for wanted in (np.sin, np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v)):
        same(cube(x), wanted(0.3))
        cube = func.grad(cube)


def test_argnums_trees_and_what_comes_beside():
    def loss(p, x, *, scale=1.0):
        value = (p["w"] * x + p["b"][0]).sum() * scale
        return value, {"y": value * 2, "text": "kept"}

    p, x = {"w": number(2.0, 3.0), "b": (number(1.0),)}, number(5.0, 7.0)
    (gp, gx), (value, aux) = func.grad_and_value(loss, (0, 1), has_aux=True)(p, x, scale=10.0)
    same(gp["w"], [50, 70]), same(gp["b"][0], 20), same(gx, [20, 30]), same(value, 330)
    same(aux["y"], 660)
    assert aux["text"] == "kept" and not p["w"].requires_grad and p["w"].grad is None
    same(func.grad(lambda a, b: a * b, -1)(number(2.0), number(3.0)), 2)
    same(func.grad(lambda a: number(1.0))(number(2.0)), 0)


def test_products_with_jacobians():
    a = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

    def f(x, y):
        return number(*a.tolist()) @ x, (x * y).sum()

    x, y = number(1.0, -1.0), number(2.0, 3.0)
    out, pull = func.vjp(f, x, y)
    same(out[0], a @ [1, -1])
    gx, gy = pull((number(1.0, 0.0, 2.0), number(10.0)))
    same(gx, a.T @ [1, 0, 2] + 10 * np.array([2, 3])), same(gy, [10, -10])
    (first, second), (d1, d2) = func.jvp(f, (x, y), (number(1.0, 2.0), number(0.0, 1.0)))
    same(d1, a @ [1, 2]), same(d2, 2 + 6 - 1), same(second, -1)
    calls = []
    out, push = func.linearize(lambda *args: calls.append(1) or f(*args), x, y)
    same(out[0], a @ [1, -1])
    d1, d2 = push(number(1.0, 2.0), number(0.0, 1.0))
    same(d1, a @ [1, 2]), same(d2, 2 + 6 - 1)
    same(push(number(0.0, 0.0), number(5.0, 1.0))[1], 5 - 1)
    assert len(calls) == 1 and not d1.requires_grad


def test_jacobians_and_hessians():
    m = np.array([[2.0, 1.0], [0.0, 3.0]])

    def f(x):
        return x @ number(*m.tolist()) @ x

    x = number(1.0, 2.0)
    for make in (func.jacrev, func.jacfwd):
        same(make(lambda v: v**3)(x), np.diag([3.0, 12.0]))
        same(make(make(f))(x), m + m.T)
        j = make(lambda a, b: {"s": a.sum() * b, "c": number(1.0, 2.0)}, (0, 1))(x, number(3.0))
        same(j["s"][0], [3, 3]), same(j["s"][1], 3), same(j["c"][0], np.zeros((2, 2)))
    same(func.hessian(f)(x), m + m.T)
    same(functional.hessian(f, x), m + m.T)
    same(functional.hessian(lambda v: f(v).reshape(1, 1), x), m + m.T)
    value, along = functional.hvp(lambda v: f(v).reshape(1), x, x)
    assert value.shape == (1,)
    same(along, (m + m.T) @ x.numpy())
    h = functional.hessian(lambda a, b: (a * b).sum(), (x, number(3.0, 4.0)))
    same(h[0][1], np.eye(2)), same(h[1][1], np.zeros((2, 2)))
    same(functional.jacobian(lambda v: v**2, x, strategy="forward-mode"), np.diag([2.0, 4.0]))
    value, product = functional.hvp(f, x, number(1.0, 0.0))
    same(value, 2 + 2 + 12), same(product, (m + m.T)[0])
    same(functional.vjp(f, x)[1], (m + m.T) @ [1, 2])
    same(functional.jvp(lambda v: v**2, number(3.0))[1], 6)
    assert functional.jacobian(lambda v: v**2, x.clone().requires_grad_(), True).requires_grad


def test_batches():
    x, w = number(*np.arange(6.0).reshape(3, 2).tolist()), number(2.0, -1.0)
    same(func.vmap(lambda a, b: (a * b).sum(), (0, None))(x, w), x.numpy() @ [2, -1])
    same(func.vmap(lambda a: a * 2, 1, 1)(x), 2 * x.numpy())
    same(func.vmap(func.grad(lambda v, u: (v * v * u).sum()), (0, None))(x, w),
         2 * x.numpy() * [2, -1])
    found = func.vmap(lambda d: (d["a"].sum(), {"b": d["a"] + d["c"]}), ({"a": 0, "c": None},))(
        {"a": x, "c": number(1.0)})
    same(found[0], x.numpy().sum(1)), same(found[1]["b"], x.numpy() + 1)
    same(func.vmap(func.vmap(lambda a, b: a * b, (0, 0)), (0, None))(x, w), x.numpy() * [2, -1])
    leaf = x.clone().requires_grad_()
    func.vmap(lambda a: (a**2).sum())(leaf).sum().backward()
    same(leaf.grad, 2 * x.numpy())


def test_per_sample_gradients_of_a_network():
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    weights = {name: p.detach() for name, p in model.named_parameters()}
    x, y = autograd.randn(5, 3, dtype=autograd.float64), autograd.tensor([0, 1, 1, 0, 1])

    def loss(weights, x, y):
        return nn.functional.cross_entropy(func.functional_call(model, weights, x[None]), y[None])

    found = func.vmap(func.grad(loss), (None, 0, 0))(weights, x, y)
    for i in range(5):
        model.zero_grad()
        nn.functional.cross_entropy(model(x[i:i + 1]), y[i:i + 1]).backward()
        for name, p in model.named_parameters():
            same(found[name][i], p.grad.numpy())
    stacked, buffers = func.stack_module_state([model, model])
    assert stacked["0.weight"].shape == (2, 4, 3) and buffers == {}


def test_what_a_function_holds_keeps_its_gradient():
    w = number(3.0).requires_grad_()
    slope = func.grad(lambda x: w * x**2)(number(2.0))
    assert slope.requires_grad
    slope.backward()
    same(w.grad, 4)
    x = number(2.0).requires_grad_()
    func.grad(lambda v: v**3)(x).backward()
    same(x.grad, 12)


@pytest.mark.parametrize("call, error, text", [
    (lambda: func.grad(lambda x: x)(number(1.0, 2.0)), RuntimeError, "one number"),
    (lambda: func.grad(lambda x: x, 1)(number(1.0)), RuntimeError, "argnums=1"),
    (lambda: func.grad(lambda x: x)(3), RuntimeError, "no Tensor"),
    (lambda: func.grad(lambda x: x)(autograd.tensor(1)), RuntimeError, "floating point"),
    (lambda: func.grad(lambda x: x, has_aux=True)(number(1.0)), RuntimeError, "pair"),
    (lambda: func.vmap(lambda x, y: x)(number(1.0, 2.0), number(1.0, 2.0, 3.0)), ValueError,
     r"\[2, 3\]"),
    (lambda: func.vmap(lambda x: x, None)(number(1.0)), ValueError, "no argument has a batch"),
    (lambda: func.vmap(lambda x: 3)(number(1.0, 2.0)), ValueError, "must give Tensors"),
    (lambda: func.vmap(lambda x: x, (0, 0))(number(1.0, 2.0)), ValueError, "form"),
    (lambda: func.vmap(lambda x: x, 3)(number(1.0, 2.0)), ValueError, "in_dims has 3"),
    (lambda: func.vmap(lambda x: x, out_dims=None)(number(1.0, 2.0)), ValueError,
     "out_dims is None for what differs"),
    (lambda: functional.hessian(lambda x: x, number(1.0, 2.0)), RuntimeError,
     r"hessian: the function must give one number, got Tensor \(2,\)"),
    (lambda: functional.hvp(lambda x: x, number(1.0, 2.0)), RuntimeError, "hvp: the function"),
    (lambda: functional.vhp(lambda x: x, number(1.0, 2.0)), RuntimeError, "vhp: the function"),
    (lambda: func.jvp(lambda x: x, (number(1.0),), (number(1.0, 2.0),)), RuntimeError, "fit"),
    (lambda: func.linearize(lambda x: x, number(1.0))[1](number(1.0, 2.0)), RuntimeError,
     "linearize: tangents"),
    (lambda: functional.jacobian(lambda x: x, [1]), TypeError, "inputs must be"),
    (lambda: checkpoint(3), TypeError, "function is needed"),
    (lambda: checkpoint_sequential([nn.ReLU()], 2, number(1.0)), ValueError, "segments"),
])
def test_what_does_not_fit_says_so(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_a_checkpoint_gives_the_same_gradients_and_keeps_less():
    autograd.manual_seed(0)
    body = nn.Sequential(nn.Linear(6, 50), nn.Tanh(), nn.Dropout(0.3), nn.Linear(50, 6)).double()
    kept = []
    for run in (lambda x: body(x), lambda x: checkpoint(body, x, use_reentrant=False)):
        autograd.manual_seed(1)
        body.zero_grad()
        x = autograd.ones(40, 6, dtype=autograd.float64, requires_grad=True)
        y = run(x)
        nodes = autograd.engine.reachable([y._node])
        kept.append(sum(array.nbytes for array in {id(a): a for node in nodes for a in
                        saved_arrays(node)}.values()))
        (y**2).sum().backward()
        kept.append([x.grad.numpy(), *[p.grad.numpy() for p in body.parameters()]])
        kept.append(autograd.get_rng_state())
    for plain, again in zip(kept[1], kept[4], strict=True):
        np.testing.assert_array_equal(plain, again)
    assert kept[3] < kept[0] / 5
    assert (np.asarray(kept[2]) == np.asarray(kept[5])).all()


def saved_arrays(node):
    found, stack = [], [node.saved]
    while stack:
        part = stack.pop()
        if isinstance(part, np.ndarray):
            found.append(part)
        elif isinstance(part, autograd.Tensor):
            found.append(part._array)
        elif isinstance(part, (tuple, list)):
            stack.extend(part)
        elif isinstance(part, dict):
            stack.extend(part.values())
    return [array for array in found if array.size > 300]


def test_checkpoints_of_trees_and_in_a_row():
    x = number(1.0, 2.0).requires_grad_()

    def f(pair, *, scale):
        a, b = pair["a"], pair["b"]
        return {"sum": (a + b) * scale, "rest": [a * b, 3]}

    out = checkpoint(f, {"a": x, "b": number(3.0, 4.0)}, scale=2.0)
    assert out["rest"][1] == 3
    (out["sum"] + out["rest"][0]).sum().backward()
    same(x.grad, [5, 6])
    layers = nn.Sequential(*[nn.Linear(2, 2) for _ in range(5)]).double()
    grads = []
    for run in (layers, lambda v: checkpoint_sequential(layers, 2, v)):
        layers.zero_grad()
        run(number(1.0, 2.0)).sum().backward()
        grads.append([p.grad.numpy() for p in layers.parameters()])
    for a, b in zip(*grads, strict=True):
        np.testing.assert_array_equal(a, b)
    with autograd.no_grad():
        assert not checkpoint(layers, x).requires_grad


def test_second_derivatives_through_a_checkpoint():
    x, w = number(2.0).requires_grad_(), number(5.0).requires_grad_()
    for run, first, second, mixed in (
            (lambda: checkpoint(lambda v: v**3, x), 12, 12, None),
            (lambda: checkpoint(lambda v: v**3, x) + x**3, 24, 24, None),
            (lambda: checkpoint(lambda v: w * v**3, x * 1), 60, 60, 12)):
        (g,) = autograd.grad(run(), x, create_graph=True)
        by_x, by_w = autograd.grad(g, [x, w], allow_unused=True)
        same(g.detach(), first), same(by_x, second)
        assert by_w is None if mixed is None else by_w.item() == mixed


def test_random_numbers_in_a_batch():
    def noisy(x):
        return x + autograd.rand(())

    zeros = autograd.zeros(3)
    with pytest.raises(RuntimeError, match="randomness='different'"):
        func.vmap(noisy)(zeros)
    assert len(set(func.vmap(noisy, randomness="different")(zeros).tolist())) == 3
    assert len(set(func.vmap(noisy, randomness="same")(zeros).tolist())) == 1


def test_strict_asks_for_dependence():
    x = number(1.0, 2.0)
    for call in (functional.jacobian, functional.vjp, functional.jvp, functional.hvp):
        with pytest.raises(RuntimeError, match="output 0 does not depend on input 0"):
            call(lambda v: number(1.0), *((x,) if call is functional.jacobian else
                                          (x, x) if call is not functional.vjp else
                                          (x, number(1.0))), strict=True)
    with pytest.raises(RuntimeError, match="does not depend"):
        functional.hessian(lambda v: v.sum(), x, strict=True)
    same(functional.hessian(lambda v: (v**2).sum(), x, strict=True), 2 * np.eye(2))
    with pytest.raises(RuntimeError, match="does not depend on input 1"):
        func.jvp(lambda a, b: a, (x, x), (x, x), strict=True)
