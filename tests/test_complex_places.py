"""Complex numbers where they meet the rest of the library: transforms of functions and of Fourier,
loaders, watched nodes, random numbers, modules, NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import data
import nn
from autograd.node import Node
from tests.test_complex import Z, drawn, leaf


def test_transforms_and_loaders_pass_them_on():
    x = autograd.tensor([1.0, 2.0, 4.0], dtype=autograd.float64)
    m = np.fft.fft(np.eye(3))

    def sizes(x):
        return autograd.fft.fft(x).abs()

    y = m @ x.numpy()
    slope = (m * (y.conj() / np.abs(y))[:, None]).real
    np.testing.assert_allclose(autograd.func.jacrev(sizes)(x).numpy(), slope, 1e-12, 1e-12)
    np.testing.assert_allclose(autograd.functional.jacobian(sizes, x).numpy(), slope, 1e-12, 1e-12)
    gradient = autograd.func.grad(lambda x: sizes(x).sum())(x)
    np.testing.assert_allclose(gradient.numpy(), slope.sum(0), 1e-12, 1e-12)
    batch = autograd.vmap(autograd.fft.fft)(autograd.stack([x, x]))
    np.testing.assert_allclose(batch[1].numpy(), y, 1e-12)
    dataset = data.TensorDataset(autograd.tensor(Z), autograd.arange(2))
    z, number = next(iter(data.DataLoader(dataset, 2)))
    assert np.array_equal(z.numpy(), Z) and number.tolist() == [0, 1]


def test_sizes_of_transforms():
    x = autograd.tensor(drawn(4, 6))
    for given, wanted in [(dict(s=3), np.fft.fftn(x.numpy(), [3], [-1])),
                          (dict(dim=0), np.fft.fftn(x.numpy(), axes=[0])),
                          (dict(s=5, dim=-2), np.fft.fftn(x.numpy(), [5], [0]))]:
        np.testing.assert_allclose(autograd.fft.fftn(x, **given).numpy(), wanted, 1e-12, 1e-12)
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
        for n in (-1, 0, True, 2.0):
            with pytest.raises(RuntimeError, match=f"^{name}: n must be an integer from 1 on, got"):
                getattr(autograd.fft, name)(autograd.ones(4), n)


@pytest.mark.parametrize("name", ["add", "sub"])
def test_sums_of_multiples(name):
    a, b, alpha = leaf(drawn(3)), leaf(drawn(3) * 2), 0.5 - 2j
    result = getattr(a, name)(b, alpha=alpha)
    sign = 1 if name == "add" else -1
    np.testing.assert_allclose(result.detach().numpy(),
                               a.detach().numpy() + sign * alpha * b.detach().numpy(), 1e-14)
    result.backward(autograd.tensor(drawn(3)))
    np.testing.assert_allclose(a.grad.numpy(), drawn(3), 1e-14)
    np.testing.assert_allclose(b.grad.numpy(), sign * np.conj(alpha) * drawn(3), 1e-14)


def test_second_derivatives_beside_narrower_numbers():
    x, z = leaf(np.array([2.0])), autograd.tensor([1 + 1j], requires_grad=True)
    first, = autograd.grad((x * z).abs().sum(), x, create_graph=True)
    first.sum().backward()
    assert z.grad.dtype == autograd.complex64 and abs(x.grad.item()) < 1e-12
    np.testing.assert_allclose(z.grad.numpy(), [(1 + 1j) / np.sqrt(2)], 1e-6)


def test_truths_are_not_subtracted_from():
    for a, b in ((autograd.tensor([True]), 2j), (autograd.tensor(Z), autograd.tensor(True))):
        with pytest.raises(TypeError, match="with a bool operand is not supported"):
            a - b


def test_watched_nodes_of_complex_forms():
    z = leaf(np.array([0j, 1.0]))
    with pytest.raises(RuntimeError, match="log was called at .*test_complex"), (
            autograd.detect_anomaly()):
        z.log().real.sum().backward()
    assert type(z.log().grad_fn) is Node
    packed = []
    with autograd.graph.saved_tensors_hooks(lambda t: packed.append(t) or t, lambda t: t):
        z.exp()
    assert packed[0].dtype == autograd.complex128


def test_dtypes_of_sums_and_the_lower_side_of_a_cut():
    z = autograd.tensor(Z.astype(np.complex64), requires_grad=True)
    for name, args in (("sum", ()), ("mean", ()), ("cumsum", (0,))):
        wide = getattr(z, name)(*args, dtype=autograd.complex128)
        assert wide.dtype == autograd.complex128
        wide.sum().abs().backward()
        assert z.grad.dtype == autograd.complex64
        for dtype in (autograd.float32, autograd.int64):
            with pytest.raises(TypeError, match=f"^{name}: complex64 as .* would lose the imagin"):
                getattr(z, name)(*args, dtype=dtype)
    with pytest.raises(TypeError, match="^pad: value 1j is complex where a real number is needed"):
        nn.functional.pad(autograd.ones(2), (1, 1), value=1j)
    below = leaf(np.array([complex(-2.5, -0.0), complex(0.5, -0.0)]))
    autograd.acosh(below).backward(autograd.ones(2, dtype=autograd.complex128))
    step = 1e-7
    slope = [(np.arccosh(z.item() + step) - np.arccosh(z.item() - step)) / (2 * step)
             for z in (complex(-2.5, -1e-300), complex(0.5, -1e-300)) for z in [np.array(z)]]
    np.testing.assert_allclose(below.grad.numpy(), np.conj(slope), 1e-6, 1e-9)


@pytest.mark.parametrize("transform", [
    lambda f: autograd.func.grad(f), lambda f: autograd.func.hessian(f),
    lambda f: autograd.func.jacrev(f), lambda f: autograd.func.jacfwd(f),
    lambda f: lambda x: autograd.functional.hessian(f, x),
    lambda f: lambda x: autograd.functional.vhp(f, x, x)])
def test_derivatives_of_complex_results_are_refused(transform):
    x = autograd.tensor([1.0, 2.0], dtype=autograd.float64)
    with pytest.raises(RuntimeError, match=r"^func.\w+: real numbers are needed, got .* complex1"):
        transform(lambda x: (autograd.fft.fft(x) * x).sum())(x)


def test_batches_of_cotangents():
    z = leaf(drawn(2))
    weights = autograd.tensor(drawn(3, 2))
    found, = autograd.grad(z * z, z, weights, is_grads_batched=True)
    np.testing.assert_allclose(found.numpy(), drawn(3, 2) * np.conj(2 * drawn(2)), 1e-12)


def test_numpys_vdot_and_inner():
    a, b = drawn(3), drawn(3) * (2 - 1j)
    assert np.vdot(leaf(a), leaf(b)).item() == pytest.approx(np.vdot(a, b), rel=1e-14)
    np.testing.assert_allclose(autograd.inner(leaf(a), leaf(b)).item(), np.inner(a, b), 1e-14)
    z = leaf(a)
    np.vdot(z, autograd.tensor(b)).backward(autograd.tensor(1 + 0j))
    np.testing.assert_allclose(z.grad.numpy(), b, 1e-14)


def test_random_numbers_are_real():
    for call in (lambda: autograd.zeros(2).normal_(5j), lambda: autograd.tensor(Z).bernoulli_(0.5),
                 lambda: autograd.tensor(Z).geometric_(0.5)):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(TypeError, match="^fftfreq: dtype must be a floating one, got int64"):
        autograd.fft.fftfreq(4, dtype=autograd.int64)
    with pytest.raises(TypeError, match="^hfft: input must be a Tensor, got list of 2"):
        autograd.fft.hfft([1.0, 2.0])


def test_pairs_that_do_not_lie_side_by_side():
    b = autograd.arange(4.0).reshape(2, 2)
    with pytest.raises(RuntimeError, match="view_as_complex: the two numbers of each pair mus"):
        autograd.view_as_complex(b.t())
    assert autograd.view_as_complex_copy(b.t()).tolist() == [2j, 1 + 3j]


def test_modules_with_complex_buffers_and_comparisons():
    module = nn.BatchNorm1d(2)
    module.register_buffer("phase", autograd.tensor([1j]))
    module.double()
    assert module.phase.dtype == autograd.complex64 and module.weight.dtype == autograd.float64
    autograd.testing.assert_close(autograd.tensor(Z), autograd.tensor(Z + 1e-12))
    with pytest.raises(AssertionError, match="Absolute difference: 0.1"):
        autograd.testing.assert_close(1 + 1j, 1 + 1.1j)
    assert autograd.tensor(np.array([1j], ">c16")).tolist() == [1j]


@pytest.mark.parametrize("name, args", [
    ("index_select", (1, autograd.tensor([2, 0]))), ("tile", ((2, 1),)), ("rot90", ()),
    ("sum", (0,)), ("roll", (1, 0))])
def test_further_ops_and_their_gradients(name, args):
    reference = {"index_select": lambda z: z[:, [2, 0]], "tile": lambda z: np.tile(z, (2, 1)),
                 "rot90": np.rot90, "sum": lambda z: z.sum(0), "roll": lambda z: np.roll(z, 1, 0)}
    z = leaf(Z)
    result = getattr(z, name)(*args)
    np.testing.assert_allclose(result.detach().numpy(), reference[name](Z), 1e-14)
    assert autograd.gradcheck(lambda z: getattr(z, name)(*args), z)


def test_stacks_polar_and_closeness():
    a = leaf(Z)
    np.testing.assert_allclose(autograd.dstack([a, a]).detach().numpy(), np.dstack([Z, Z]))
    assert autograd.isclose(a, autograd.tensor(Z + 1e-12)).all()
    size, turn = leaf(np.abs(Z)), leaf(np.angle(Z))
    np.testing.assert_allclose(autograd.polar(size, turn).detach().numpy(), Z, 1e-14)
    assert autograd.gradcheck(autograd.polar, (size, turn))


def test_parts_are_assigned():
    z = autograd.tensor(Z)
    z.real, z.imag = autograd.tensor(Z.imag), 2.0
    assert np.array_equal(z.numpy(), Z.imag + 2j)
    w, x = leaf(Z), leaf(np.ones(Z.shape))
    written = w * 1
    written.real = x * 3
    (written.real * 2 + written.imag).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), np.full(Z.shape, 1j))
    np.testing.assert_array_equal(x.grad.numpy(), np.full(Z.shape, 6))
    real = autograd.ones(2)
    real.real = autograd.zeros(2)
    assert real.tolist() == [0, 0]
    with pytest.raises(RuntimeError, match="imag: a real tensor has no imaginary part"):
        real.imag = 1
    with pytest.raises(RuntimeError, match="a view of a leaf that requires grad"):
        leaf(Z).real = x


def test_random_numbers_in_both_parts():
    autograd.manual_seed(0)
    for dtype in (autograd.complex64, autograd.complex128):
        normal = autograd.randn(100, 1000, dtype=dtype).numpy()
        uniform = autograd.rand((100, 1000), dtype=dtype).numpy()
        assert normal.dtype == uniform.dtype == dtype
        for part in (normal.real, normal.imag):
            assert abs(part.var() - 0.5) < 0.01 and abs(part.mean()) < 0.01
        for part in (uniform.real, uniform.imag):
            assert part.min() >= 0 and part.max() < 1 and abs(part.mean() - 0.5) < 0.01
        assert abs(np.corrcoef(normal.real.ravel(), normal.imag.ravel())[0, 1]) < 0.02
    z = autograd.tensor(Z)
    assert autograd.randn_like(z).dtype == autograd.rand_like(z).dtype == z.dtype
    out = autograd.empty(3, dtype=autograd.complex64)
    assert autograd.randn(3, out=out) is out and out.abs().min() > 0
