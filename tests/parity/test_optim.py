"""optim against torch.optim: trajectories, and checkpoints in both directions."""

import numpy as np
import pytest

import autograd
import nn
import optim

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

RNG = np.random.default_rng(0)
SHAPES = [(6, 5), (5,), (5, 3), (3,)]
START = [RNG.standard_normal(shape) * 0.5 for shape in SHAPES]
INPUT, TARGET = RNG.standard_normal((64, 6)), RNG.standard_normal((64, 3))  # not to be fitted
RTOL = {"float64": 1e-10, "float32": 1e-5}
dtypes = pytest.mark.parametrize("dtype", RTOL)

SETTINGS = [
    ("SGD", dict(lr=0.05)),
    ("SGD", dict(lr=0.05, weight_decay=0.1)),
    ("SGD", dict(lr=0.02, momentum=0.9)),
    ("SGD", dict(lr=0.02, momentum=0.9, dampening=0.5, weight_decay=0.01)),
    ("SGD", dict(lr=0.02, momentum=0.9, nesterov=True)),
    ("SGD", dict(lr=0.02, momentum=0.8, nesterov=True, weight_decay=0.1)),
    ("SGD", dict(lr=1e-4, momentum=0.5, maximize=True, weight_decay=0.1)),
    ("Adam", dict()),
    ("Adam", dict(lr=0.02)),
    ("Adam", dict(lr=0.02, betas=(0.8, 0.99), eps=1e-4)),
    ("Adam", dict(lr=0.02, weight_decay=0.1)),
    ("Adam", dict(lr=0.02, amsgrad=True, betas=(0.9, 0.8))),
    ("Adam", dict(lr=1e-3, maximize=True)),
    ("AdamW", dict()),
    ("AdamW", dict(lr=0.02, weight_decay=0.1)),
    ("AdamW", dict(lr=0.02, amsgrad=True, betas=(0.9, 0.8))),
    ("AdamW", dict(lr=1e-3, maximize=True, weight_decay=0.3)),
    ("RMSprop", dict()),
    ("RMSprop", dict(lr=0.002, alpha=0.95, eps=1e-2, weight_decay=0.1)),
    ("RMSprop", dict(lr=0.005, momentum=0.9)),
    ("RMSprop", dict(lr=0.005, centered=True)),
    ("RMSprop", dict(lr=0.002, centered=True, momentum=0.5, weight_decay=0.1)),
    ("RMSprop", dict(lr=1e-4, maximize=True, momentum=0.5)),
    ("Adafactor", dict()),
    ("Adafactor", dict(lr=3e-3, weight_decay=0.1, d=1.5, beta2_decay=-0.5)),
    ("Adafactor", dict(lr=1e-3, maximize=True, eps=(1e-8, 1e-2))),
    ("Adagrad", dict()),
    ("Adagrad", dict(lr=0.1, lr_decay=0.1, weight_decay=0.1)),
    ("Adagrad", dict(lr=0.1, initial_accumulator_value=0.5, eps=1e-3)),
    ("Adagrad", dict(lr=1e-3, maximize=True)),
    ("Adadelta", dict()),
    ("Adadelta", dict(lr=0.5, rho=0.5, eps=1e-4, weight_decay=0.1)),
    ("Adadelta", dict(lr=0.1, maximize=True)),
    ("Adamax", dict()),
    ("Adamax", dict(lr=0.005, betas=(0.8, 0.9), eps=1e-2, weight_decay=0.1)),
    ("Adamax", dict(lr=1e-3, maximize=True)),
    ("NAdam", dict()),
    ("NAdam", dict(lr=0.02, betas=(0.8, 0.99), eps=1e-4, momentum_decay=0.1, weight_decay=0.1)),
    ("NAdam", dict(lr=0.02, weight_decay=0.1, decoupled_weight_decay=True)),
    ("NAdam", dict(lr=1e-3, maximize=True)),
    ("RAdam", dict()),
    ("RAdam", dict(lr=0.005, betas=(0.8, 0.9), eps=1e-2, weight_decay=0.1)),
    ("RAdam", dict(lr=0.02, weight_decay=0.1, decoupled_weight_decay=True)),
    ("RAdam", dict(lr=1e-3, maximize=True)),
    ("ASGD", dict()),
    ("ASGD", dict(lr=0.05, lambd=0.01, alpha=0.5, t0=5, weight_decay=0.1)),
    ("ASGD", dict(lr=1e-3, maximize=True)),
    ("Rprop", dict()),
    ("Rprop", dict(lr=0.02, etas=(0.3, 1.5), step_sizes=(1e-3, 0.05))),
    ("Rprop", dict(lr=1e-6, maximize=True, step_sizes=(1e-7, 1e-4))),
]
settings = pytest.mark.parametrize(
    ("name", "options"), SETTINGS, ids=[f"{n}-{'-'.join(o)}" for n, o in SETTINGS]
)
KINDS = sorted({name for name, _ in SETTINGS})


class Run:
    """A two-layer network under an optimizer of either library."""

    def __init__(self, library, kind, dtype, *, grouped=False, **options):
        kinds = torch.optim if library is torch else optim
        self.library, self.dtype = library, getattr(library, dtype)
        self.params = [self.tensor(start).requires_grad_() for start in START]
        first, second = self.params[:2], self.params[2:]
        groups = [{"params": first}, {"params": second, "lr": 0.003}]
        self.optimizer = getattr(kinds, kind)(groups if grouped else self.params, **options)

    def tensor(self, array):
        return self.library.tensor(array, dtype=self.dtype)

    def closure(self):
        w1, b1, w2, b2 = self.params
        self.optimizer.zero_grad()
        out = (self.tensor(INPUT) @ w1 + b1).tanh() @ w2 + b2
        difference = out - self.tensor(TARGET)
        loss = (difference * difference).mean()
        loss.backward()
        return loss

    def steps(self, count):
        """The losses before each of some steps."""
        return [self.optimizer.step(self.closure).item() for _ in range(count)]

    def values(self):
        return [p.detach().numpy() for p in self.params]


def assert_close(ours, theirs, rtol):
    """Close relative to the largest value of each array, whose entries pass through zero."""
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.dtype == other.dtype
        np.testing.assert_allclose(mine, other, rtol=rtol, atol=rtol * np.abs(other).max())


@settings
@dtypes
@pytest.mark.parametrize("steps", [20, 100])
def test_trajectory(name, options, dtype, steps):
    ours, theirs = (Run(library, name, dtype, **options) for library in (autograd, torch))
    np.testing.assert_allclose(ours.steps(steps), theirs.steps(steps), rtol=RTOL[dtype])
    assert_close(ours.values(), theirs.values(), RTOL[dtype])


# Over 100 steps of the network these leave the bounds: its gradients part, the rules do not.
ROUGH = [
    ("RMSprop", dict(lr=0.01, alpha=0.9, eps=1e-4, weight_decay=0.1)),
    ("Adamax", dict(lr=0.02, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1)),
    ("RAdam", dict(lr=0.02, betas=(0.8, 0.9), eps=1e-4, weight_decay=0.1)),
    ("Rprop", dict(lr=1e-4, maximize=True)),
]


@pytest.mark.parametrize(("name", "options"), SETTINGS + ROUGH)
@dtypes
def test_the_same_gradients(name, options, dtype):
    """100 updates by given gradients of many sizes: the rule alone, whatever the network."""
    rng = np.random.default_rng(1)
    ours, theirs = (Run(library, name, dtype, **options) for library in (autograd, torch))
    for _ in range(100):
        for param, other in zip(ours.params, theirs.params, strict=True):
            grad = rng.standard_normal(other.shape) * 10.0 ** rng.integers(-6, 2)
            param.grad, other.grad = ours.tensor(grad), theirs.tensor(grad)
        ours.optimizer.step(), theirs.optimizer.step()
    assert_close(ours.values(), theirs.values(), {"float64": 1e-13, "float32": 1e-5}[dtype])


@pytest.mark.parametrize("name", KINDS)
@dtypes
def test_groups(name, dtype):
    ours, theirs = (Run(lib, name, dtype, grouped=True, lr=0.02) for lib in (autograd, torch))
    np.testing.assert_allclose(ours.steps(40), theirs.steps(40), rtol=RTOL[dtype])
    assert_close(ours.values(), theirs.values(), RTOL[dtype])


LBFGS = [
    dict(),
    dict(lr=0.5, max_iter=5, history_size=3),
    dict(max_iter=10, max_eval=7),
    dict(line_search_fn="strong_wolfe"),
    dict(line_search_fn="strong_wolfe", max_iter=4, history_size=2, lr=0.3),
    dict(line_search_fn="strong_wolfe", tolerance_grad=1e-3, tolerance_change=1e-4),
]


@pytest.mark.parametrize("options", LBFGS, ids=["-".join(o) or "default" for o in LBFGS])
@pytest.mark.parametrize(("dtype", "steps"), [("float64", 2), ("float64", 5), ("float32", 1)])
def test_lbfgs(options, dtype, steps):
    """A quasi-Newton path doubles rounding at every step: 1e-9 holds for some 60 iterations."""
    ours, theirs = (Run(library, "LBFGS", dtype, **options) for library in (autograd, torch))
    rtol = {"float64": 1e-9, "float32": 1e-4}[dtype]
    np.testing.assert_allclose(ours.steps(steps), theirs.steps(steps), rtol=rtol)
    assert_close(ours.values(), theirs.values(), rtol)
    mine, other = (run.optimizer.state_dict()["state"][0] for run in (ours, theirs))
    for name in ("n_iter", "func_evals"):
        assert mine[name] == other[name]
    assert mine.keys() == other.keys() - {"al"}


def convert(value, library):
    """A state_dict with the tensors of the other library."""
    if isinstance(value, dict):
        return {key: convert(inner, library) for key, inner in value.items()}
    if isinstance(value, list):
        return [convert(inner, library) for inner in value]
    return library.tensor(value.numpy()) if hasattr(value, "numpy") else value


STATEFUL = [
    ("SGD", dict(lr=0.05)),
    ("SGD", dict(lr=0.02, momentum=0.9)),
    ("Adam", dict(lr=0.02, amsgrad=True)),
    ("AdamW", dict(lr=0.02)),
    ("RMSprop", dict(lr=0.005)),
    ("RMSprop", dict(lr=0.005, centered=True, momentum=0.9)),
    ("Adagrad", dict(lr=0.1, lr_decay=0.1)),
    ("Adadelta", dict()),
    ("Adamax", dict(lr=0.02)),
    ("NAdam", dict(lr=0.02)),
    ("RAdam", dict(lr=0.02)),
    ("ASGD", dict(lr=0.02, t0=3)),
    ("Rprop", dict()),
    ("LBFGS", dict(max_iter=4)),
    ("LBFGS", dict(max_iter=4, line_search_fn="strong_wolfe", history_size=3)),
]
# where torch takes a scalar it rounds to float32 at every step over in float64
ROUNDED = {"NAdam": 1e-6, "ASGD": 1e-6}


@pytest.mark.parametrize(("name", "options"), STATEFUL)
@pytest.mark.parametrize("direction", ["to torch", "from torch"])
def test_checkpoints_go_both_ways(name, options, direction):
    libraries = (autograd, torch) if direction == "to torch" else (torch, autograd)
    source, target = (
        Run(library, name, "float64", grouped=name != "LBFGS", **options) for library in libraries
    )
    source.steps(5)
    with autograd.no_grad(), torch.no_grad():
        for to, array in zip(target.params, source.values(), strict=True):
            to.copy_(target.tensor(array))
    target.optimizer.load_state_dict(convert(source.optimizer.state_dict(), target.library))
    steps, rtol = (5, 1e-8) if name == "LBFGS" else (20, ROUNDED.get(name, 1e-10))
    np.testing.assert_allclose(target.steps(steps), source.steps(steps), rtol=rtol)
    assert_close(target.values(), source.values(), rtol)


@pytest.mark.parametrize(("name", "options"), [s for s in STATEFUL if s[0] != "LBFGS"])
def test_layout_of_the_state_dict(name, options):
    ours, theirs = (Run(lib, name, "float32", grouped=True, **options) for lib in (autograd, torch))
    ours.steps(2), theirs.steps(2)
    extensions = type(ours.optimizer)._extensions
    ours, theirs = ours.optimizer.state_dict(), theirs.optimizer.state_dict()
    assert list(ours["state"]) == list(theirs["state"])
    for mine, other in zip(ours["state"].values(), theirs["state"].values(), strict=True):
        assert set(mine) == set(other)
        for key in mine:
            assert mine[key].numpy().dtype == other[key].numpy().dtype
            assert tuple(mine[key].shape) == tuple(other[key].shape)
    for mine, other in zip(ours["param_groups"], theirs["param_groups"], strict=True):
        assert {key: mine[key] for key in mine if key not in extensions} == {
            key: other[key] for key in mine if key not in extensions
        }


@dtypes
@pytest.mark.parametrize("norm_type", [2, 1, 3, float("inf")])
@pytest.mark.parametrize("max_norm", [0.5, 1e6])
def test_clip_grad_norm(dtype, norm_type, max_norm):
    norms, grads = [], []
    for library, clip in ((autograd, nn.utils), (torch, torch.nn.utils)):
        run = Run(library, "SGD", dtype)
        run.closure()
        norms.append(clip.clip_grad_norm_(run.params, max_norm, norm_type).item())
        clip.clip_grad_value_(run.params[:2], 0.01)
        grads.append([p.grad.numpy() for p in run.params])
    np.testing.assert_allclose(*norms, rtol=RTOL[dtype])
    assert_close(*grads, RTOL[dtype])


@pytest.mark.parametrize(("name", "options"), [
    *(setting for setting in SETTINGS if setting[0] not in ("Adafactor", "Muon")),
    ("LBFGS", dict(lr=0.5, max_iter=3)),
    ("LBFGS", dict(line_search_fn="strong_wolfe", max_iter=3))])
def test_complex_parameters(name, options):
    """Layers of complex numbers beside real ones, the state of a step, and clipped gradients."""
    z = START[0] + 1j * START[0][::-1]
    z = np.ascontiguousarray(z.T)

    def trained(lib, optimizers, linear, clip):
        weight, bias, scale = (lib.tensor(a).requires_grad_() for a in (z, z[:, 0], START[1]))
        x, y = lib.tensor(INPUT + 0.5j * INPUT[::-1]), lib.tensor(TARGET[:, 0])
        optimizer = getattr(optimizers, name)([weight, scale, bias], **options)
        losses = []

        def closure():
            optimizer.zero_grad()
            out = (linear(x, weight, bias).abs() * scale).sum(1)
            loss = ((out - y) ** 2).mean()
            loss.backward()
            clip([weight, scale, bias], 1.5)
            losses.append(loss.item())
            return loss

        for _ in range(6):
            optimizer.step(closure)
        state = optimizer.state_dict()["state"].get(0, {})
        kept = [state[key].numpy() for key in sorted(state)
                if isinstance(state[key], lib.Tensor) and state[key].ndim]
        return [weight.detach().numpy(), bias.detach().numpy(), scale.detach().numpy(), *kept,
                np.array(losses)]

    got = trained(autograd, optim, nn.functional.linear, nn.utils.clip_grad_norm_)
    want = trained(torch, torch.optim, torch.nn.functional.linear, torch.nn.utils.clip_grad_norm_)
    for ours, theirs in zip(got, want, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, float("inf")])
def test_norm_of_complex_gradients(p):
    grads = [START[0] + 2j * START[0][::-1], START[1]]

    def clipped(lib, utils):
        leaves = [lib.tensor(grad * 0).requires_grad_() for grad in grads]
        for leaf, grad in zip(leaves, grads, strict=True):
            leaf.grad = lib.tensor(grad)
        total = utils.clip_grad_norm_(leaves, 0.5, p)
        return [total.numpy(), *(leaf.grad.numpy() for leaf in leaves)]

    for ours, theirs in zip(clipped(autograd, nn.utils), clipped(torch, torch.nn.utils),
                            strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
