"""Complex numbers: what takes them is right, and what does not refuses them by name."""

import copy
import inspect
import warnings

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.ops import complex_forms
from autograd.record import COMPOSITES, REGISTRY
from autograd.tensors import Complex

Z = np.array([[1 + 2j, -0.5 + 0.25j, 3 - 1j], [0.5j, -2.0, 1.5 - 2j]])


def drawn(*shape):
    rng = np.random.default_rng(3)
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def leaf(array):
    return autograd.tensor(array, requires_grad=True)


def differences(function, arrays, weight, step=1e-6):
    """The gradients of Re Σ conj(weight) f: ∂/∂x + i ∂/∂y, by central differences."""
    found = []
    for array in arrays:
        slope = np.zeros_like(array)
        for at in np.ndindex(array.shape):
            for way in (1, 1j) if array.dtype.kind == "c" else (1,):
                kept, ends = array[at], []
                for sign in (1, -1):
                    array[at] = kept + sign * way * step
                    value = function(*map(autograd.tensor, arrays)).numpy()
                    ends.append(np.sum(np.conj(weight) * value).real)
                array[at] = kept
                slope[at] += way * (ends[0] - ends[1]) / (2 * step)
        found.append(slope)
    return found


def test_making_and_asking():
    z = autograd.tensor([1 + 2j, 3])
    assert z.dtype is autograd.complex64 is autograd.cfloat and isinstance(z, autograd.Tensor)
    assert z.is_complex() and not z.is_floating_point() and z.is_signed()
    assert repr(z) == "tensor([1.+2.j, 3.+0.j])"
    assert z[0].item() == 1 + 2j == complex(z[0]) and z.tolist() == [1 + 2j, 3 + 0j]
    for made in (autograd.zeros(2, dtype=autograd.complex128), autograd.ones(2, dtype="cdouble"),
                 autograd.full((2,), 1j, dtype=complex), autograd.from_numpy(Z[0]),
                 autograd.empty(2, dtype=np.complex128), z.cdouble(), autograd.zeros_like(z)):
        assert type(made) is Complex and made.is_complex()
    assert autograd.full((2,), 1j).dtype == np.complex64
    assert z.type() == "torch.ComplexFloatTensor"
    assert copy.deepcopy(z).tolist() == z.clone().tolist() == z.detach().tolist() == z.tolist()
    w = autograd.tensor(Z, requires_grad=True)
    assert w.requires_grad and w.data.dtype == np.complex128
    assert np.array_equal(w.detach().numpy(), Z)


def test_promotion_is_that_of_pytorch():
    single, double = autograd.tensor([1j]), autograd.tensor([1j], dtype=autograd.complex128)
    for other, wanted in ((autograd.ones(1), np.complex64), (1, np.complex64), (2.0, np.complex64),
                          (1j, np.complex64), (autograd.ones(1).double(), np.complex128),
                          (autograd.tensor([1]), np.complex64), (double, np.complex128),
                          (autograd.tensor(1.0, dtype=autograd.float64), np.complex64)):
        assert (single + other).dtype == (other + single).dtype == wanted
    assert (autograd.ones(1) * 1j).dtype == (autograd.tensor([1]) * 1j).dtype == np.complex64
    assert (autograd.ones(1).double() * 1j).dtype == np.complex128
    assert (autograd.ones(1) * double[0]).dtype == np.complex64
    with pytest.raises(TypeError, match="float16 has no complex dtype"):
        autograd.ones(1).half() * 1j


def test_questions_about_dtypes():
    single, double = autograd.complex64, autograd.complex128
    assert autograd.promote_types(autograd.float64, single) is double
    assert autograd.promote_types(single, autograd.int64) is single
    assert autograd.result_type(autograd.tensor([1j]), 1.0) is single
    assert autograd.can_cast(autograd.float32, single) and not autograd.can_cast(single, float)
    assert autograd.finfo(double).bits == 64
    assert autograd.isreal(autograd.tensor([1j, 2 + 0j])).tolist() == [False, True]


def test_parts_are_views():
    z = autograd.tensor(Z.copy())
    z.real.mul_(2)
    z.imag[0] = 7.0
    autograd.view_as_real(z)[1, 1, 1] = 5.0
    wanted = Z.copy()
    wanted.real *= 2
    wanted.imag[0] = 7
    wanted[1, 1] = wanted[1, 1].real + 5j
    np.testing.assert_array_equal(z.numpy(), wanted)
    assert autograd.view_as_complex(autograd.view_as_real(z.T)).tolist() == wanted.T.tolist()
    assert autograd.ones(2).real.tolist() == [1, 1] and autograd.ones(2).conj().tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="imag: a real tensor has no imaginary part"):
        autograd.imag(autograd.ones(2))


def test_large_arrays_go_where_small_ones_do():
    z, other = drawn(300, 200), drawn(200, 300)
    t, o = autograd.tensor(z), autograd.tensor(other)
    pick = np.random.default_rng(0).permutation(300)
    for found, wanted in (
            (t + t, z + z), (t * o.T, z * other.T), (t.exp(), np.exp(z)), (t @ o, z @ other),
            (t.sum(0), z.sum(0)), (t.mean(), z.mean()), (t.cumsum(1), z.cumsum(1)),
            (t.clone(), z), (t[autograd.tensor(pick)], z[pick]), (t[t.real > 0], z[z.real > 0]),
            (autograd.cat([t, t]), np.concatenate([z, z])), (t.flip(0), z[::-1]),
            (t.roll(5, 0), np.roll(z, 5, 0)), (t.T.contiguous(), z.T), (t.abs(), np.abs(z)),
            (t.cfloat(), z.astype("c8")), (autograd.where(t.real > 0, t, 0.), z * (z.real > 0)),
            (t.reshape(100, -1).T.reshape(-1), z.reshape(100, -1).T.reshape(-1)),
            (autograd.einsum("ij,jk->ik", t, o), z @ other), (t.square(), z * z),
            (t.tril(), np.tril(z)), (1 / t, 1 / z), (autograd.full_like(t, 2j), z * 0 + 2j)):
        np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-5 if found.dtype == np.complex64
                                   else 1e-10, atol=1e-10)


@pytest.mark.parametrize(("function", "arrays"), [
    (lambda x, y: x * y / (y + 3), (drawn(2, 3), drawn(3))),
    (lambda x, y: (x @ y).sum(0) ** 2, (drawn(2, 3), drawn(3, 2))),
    (lambda x, y: (x * y).abs(), (drawn(3), np.array([1.0, -2.0, 0.5]))),
    (lambda x: x.exp().log() * x.sqrt() + x.tanh().conj() * x.sin(), (drawn(4),)),
    (lambda x: autograd.view_as_real(x)[..., 1] * x.real + x.angle(), (drawn(4),)),
    (lambda x, y: autograd.complex(x, y) ** 2.5, (drawn(3).real + 3, drawn(3).imag)),
    (lambda x: x[[0, 0, 1]].flip(0).cumsum(0).reshape(3, 1) * x, (drawn(3),))])
def test_gradients_agree_with_differences(function, arrays):
    leaves = [leaf(a) for a in arrays]
    out = function(*leaves)
    weight = drawn(*out.shape) if out.is_complex() else drawn(*out.shape).real
    out.backward(autograd.tensor(weight))
    for x, slope in zip(leaves, differences(function, list(arrays), weight), strict=True):
        assert x.grad.dtype == x.dtype
        np.testing.assert_allclose(x.grad.numpy(), slope, rtol=1e-6, atol=1e-7)


def test_a_gradient_of_gradients():
    z = leaf(Z)
    (z.abs() ** 2).sum().backward(create_graph=True)
    np.testing.assert_allclose(z.grad.detach().numpy(), 2 * Z)  # ∂|z|²/∂x + i ∂|z|²/∂y
    first, = autograd.grad((z ** 3).real.sum(), z, create_graph=True)
    second, = autograd.grad(first.abs().square().sum(), z)
    np.testing.assert_allclose(second.numpy(), 36 * np.abs(Z) ** 2 * Z)  # |3 z²|² = 9 |z|⁴


def test_writing_in_place():
    z, w = leaf(Z), autograd.tensor(Z.copy())
    out = z * 1
    out += w
    out[0] = 1j
    out.mul_(2)
    out.real.sum().backward()
    np.testing.assert_array_equal(z.grad.numpy(), [[0, 0, 0], [2, 2, 2]])
    x = autograd.ones(3)
    for write in (lambda: x.add_(1j), lambda: x.copy_(w[0]), lambda: x.fill_(1j),
                  lambda: x.__setitem__(0, w[0, 0]), lambda: x.__setitem__(0, Z[0, 0]),
                  lambda: setattr(x, "data", w)):
        with pytest.raises((TypeError, RuntimeError)):
            write()
    assert x.tolist() == [1, 1, 1]


def test_no_gradient_starts_at_a_complex_number():
    z = leaf(Z)
    with pytest.raises(RuntimeError, match="backward: a gradient can be created only for a real"):
        z.sum().backward()


def test_what_has_no_complex_form_is_refused_by_name():
    autograd.ops.load_all()
    refused = 0
    z = autograd.tensor(Z)
    for name, op in REGISTRY.items():
        if name in complex_forms.FORMS or op.any or op.variadic:
            continue
        parameters = inspect.signature(op.function).parameters.values()
        given = {p.name: z if p.name in op.inputs else 0 for p in parameters
                 if p.default is p.empty and p.kind is not p.VAR_POSITIONAL}
        with pytest.raises(TypeError, match=f"^{name}: .*complex"):
            op.function(**given)
        refused += 1
    assert refused > 150
    for name in complex_forms.FORMS:
        assert name in REGISTRY or name in COMPOSITES, name


@pytest.mark.parametrize(("call", "text"), [
    (lambda z: z.relu(), "^relu: "), (lambda z: z.var(), "^var: "), (lambda z: z < z, "^lt: "),
    (lambda z: z.clamp(0, 1), "^clamp: "), (lambda z: z.softmax(0), "^softmax: "),
    (lambda z: z.sort(), "^sort: "), (lambda z: z % 2, "^rem"), (lambda z: z // 2, "floor_divide"),
    (lambda z: autograd.linalg.eig(z[:, :2]), "^eig: "),
    (lambda z: z.norm("nuc"), "^norm: .* and linalg.matrix_norm of complex"),
    (lambda z: z.float(), "float32 would lose the imag"), (lambda z: z.long(), "^long: .*imag"),
    (lambda z: nn.Linear(3, 2)(z), "linear"),
    (lambda z: nn.functional.mse_loss(z, z), "mse_loss"),
    (lambda z: autograd.distributions.Normal(z, 1.0), "complex"), (lambda z: z.std(), "^std: "),
    (lambda z: autograd.normal(1j, 1.0, (2,)), "^normal: ")])
def test_messages(call, text):
    with pytest.raises((TypeError, RuntimeError, ValueError), match=text):
        call(autograd.tensor(Z))


def test_optimizers_and_compilation_are_right():
    z = leaf(Z)
    (z * z).real.sum().backward()
    optim.SGD([z], lr=0.1).step()
    np.testing.assert_allclose(z.detach().numpy(), Z - 0.2 * Z.conj())
    step = autograd.compile(lambda x: x * x + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it runs uncompiled
        for factor in range(4):
            assert np.array_equal(step(autograd.tensor(factor * Z)).numpy(), (factor * Z) ** 2 + 1)


@pytest.mark.parametrize("name", ["a.npz", "b"])
def test_files(name, tmp_path):
    autograd.save({"z": autograd.tensor(Z)}, tmp_path / name)
    assert np.array_equal(autograd.load(tmp_path / name)["z"].numpy(), Z)


def test_gradcheck_takes_complex_functions():
    z, x = leaf(drawn(3)), leaf(drawn(3).real)
    assert autograd.gradcheck(lambda z, x: (z * x).exp() / z.conj(), (z, x))
    assert autograd.gradgradcheck(lambda z, x: (z * x).exp() / z.conj(), (z, x))
    assert autograd.gradcheck(lambda x: autograd.fft.rfft(x), x)
    assert autograd.gradcheck(lambda z: z.abs(), z, fast_mode=True)

    def wrong(z):
        other = z * 1
        other.register_hook(lambda g: g.conj())
        return other

    with pytest.raises(autograd.GradcheckError):
        autograd.gradcheck(wrong, z)
