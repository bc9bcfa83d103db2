"""The other first-order optimizers: errors, state; tests/course has golden numbers of all."""

import doctest

import numpy as np
import pytest

import autograd
import optim


def test_the_rate_within_the_velocity_counts_when_it_changes():
    paths = {}
    for variant in ("torch", "classic"):
        w = autograd.tensor(0.0, dtype=autograd.float64, requires_grad=True)
        optimizer = optim.SGD([w], lr=1.0, momentum=0.5, variant=variant)
        for lr in (1.0, 0.1):
            optimizer.param_groups[0]["lr"] = lr
            w.grad = autograd.tensor(1.0, dtype=autograd.float64)
            optimizer.step()
        paths[variant] = w.item()
    assert paths == {"torch": pytest.approx(-1.15), "classic": pytest.approx(-1.6)}


def test_rprop_grows_and_shrinks_its_steps():
    w = autograd.tensor([0.0, 0.0], dtype=autograd.float64, requires_grad=True)
    optimizer = optim.Rprop([w], lr=1.0)
    for grad in ([2.0, 3.0], [5.0, -1.0], [1.0, -1.0]):
        w.grad = autograd.tensor(grad, dtype=autograd.float64)
        optimizer.step()
    np.testing.assert_allclose(w.tolist(), [-1 - 1.2 - 1.44, -1 + 0.5])
    np.testing.assert_allclose(optimizer.state[w]["step_size"].tolist(), [1.44, 0.5])


def test_asgd_averages_from_t0_on():
    w = autograd.tensor(0.0, dtype=autograd.float64, requires_grad=True)
    optimizer = optim.ASGD([w], lr=1.0, lambd=0.0, t0=2)
    for _ in range(5):
        w.grad = autograd.tensor(1.0, dtype=autograd.float64)
        optimizer.step()
    assert w.item() == -5.0
    assert optimizer.state[w]["ax"].item() == (-4 - 5) / 2


def test_momentum_switched_on_later_begins_then():
    w = autograd.tensor([1.0], requires_grad=True)
    optimizer = optim.RMSprop([w])
    for momentum in (0, 0.5):
        optimizer.param_groups[0]["momentum"] = momentum
        w.grad = autograd.ones(1)
        optimizer.step()
    assert "momentum_buffer" in optimizer.state[w]


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("SGD", {"variant": "new"}, "variant must be 'torch', 'classic' or 'ema', got 'new'"),
        ("SGD", {"variant": "ema", "momentum": 0.9, "dampening": 0.1}, "neither nesterov nor"),
        ("RMSprop", {"alpha": -1}, "alpha must be a number of at least 0, got -1"),
        ("RMSprop", {"momentum": -1}, "momentum must be a number of at least 0"),
        ("Adagrad", {"lr_decay": -1}, "lr_decay must be a number of at least 0"),
        ("Adadelta", {"rho": 1.5}, r"rho must be in \[0, 1\], got 1\.5"),
        ("Adamax", {"betas": (0.9, 1)}, r"betas\[1\] must be in \[0, 1\), got 1"),
        ("NAdam", {"momentum_decay": -1}, "momentum_decay must be a number of at least 0"),
        ("RAdam", {"eps": -1}, "eps must be a number of at least 0"),
        ("ASGD", {"weight_decay": -1}, "weight_decay must be a number of at least 0"),
        ("Rprop", {"etas": (1.5, 1.2)}, r"0 < etas\[0\] < 1 < etas\[1\], got \(1\.5, 1\.2\)"),
        ("Rprop", {"step_sizes": (2, 1)}, r"the smallest and the largest step, got \(2, 1\)"),
        ("LBFGS", {"line_search_fn": "armijo"}, "None or 'strong_wolfe', got 'armijo'"),
    ],
)
def test_options_out_of_range(kind, options, message):
    with pytest.raises(ValueError, match=f"^{kind}: .*{message}"):
        getattr(optim, kind)([autograd.ones(1, requires_grad=True)], **options)


def rosenbrock(start=(-1.2, 1.0), **options):
    w = autograd.tensor(start, dtype=autograd.float64, requires_grad=True)
    optimizer = optim.LBFGS([w], **options)

    def closure():
        optimizer.zero_grad()
        loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
        loss.backward()
        return loss

    return w, optimizer, closure


def test_lbfgs_finds_the_valley():
    w, optimizer, closure = rosenbrock(
        max_iter=100, line_search_fn="strong_wolfe", tolerance_change=1e-12
    )
    assert optimizer.step(closure).item() == pytest.approx(24.2)
    np.testing.assert_allclose(w.tolist(), [1, 1], rtol=1e-6)
    assert optimizer.state[w]["n_iter"] < 50


def test_lbfgs_solves_a_quadratic_in_a_few_steps():
    scale = autograd.tensor([1.0, 4.0, 9.0], dtype=autograd.float64)
    w = autograd.tensor([3.0, -1.0, 2.0], dtype=autograd.float64, requires_grad=True)
    unused = autograd.ones(2, dtype=autograd.float64, requires_grad=True)
    optimizer = optim.LBFGS([w, unused], max_iter=30, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = (scale * w * w).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    np.testing.assert_allclose(w.tolist(), [0, 0, 0], atol=1e-5)
    assert unused.tolist() == [1, 1]


def test_lbfgs_resumes_and_limits():
    first, optimizer, closure = rosenbrock(max_iter=5, line_search_fn="strong_wolfe")
    optimizer.step(closure)
    second, resumed, again = rosenbrock(first.tolist(), max_iter=5, line_search_fn="strong_wolfe")
    resumed.load_state_dict(optimizer.state_dict())
    optimizer.step(closure), resumed.step(again)
    assert first.tolist() == second.tolist()
    third, few, count = rosenbrock(max_iter=50, max_eval=6, line_search_fn="strong_wolfe")
    few.step(count)
    assert few.state[third]["func_evals"] <= 7
    with pytest.raises(TypeError, match="LBFGS.step: needs a closure"):
        few.step()
    with pytest.raises(ValueError, match="LBFGS: takes one group"):
        few.add_param_group({"params": [autograd.ones(1, requires_grad=True)]})


def test_lbfgs_lets_nan_be_seen():
    w = autograd.tensor([1.0], requires_grad=True)
    optimizer = optim.LBFGS([w])

    def closure():
        w.grad = autograd.tensor([float("nan")])
        return w.sum()

    optimizer.step(closure)
    assert np.isnan(w.item())


@pytest.mark.parametrize("module", ["adaptive", "adam_variants", "asgd", "rprop", "lbfgs"])
def test_examples(module):
    assert doctest.testmod(getattr(optim, module)).failed == 0
