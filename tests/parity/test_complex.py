"""Complex numbers against PyTorch's: values, gradients, recorded ones, and gradients of these."""

import numpy as np
import pytest

import autograd

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

# What is computed from x, y (complex, of these shapes), a, b (real ones) and p (positive ones).
SHAPES = {"x": (3, 4), "y": (3, 1), "a": (3, 4), "b": (3, 1), "p": (3, 4), "u": (4, 2), "v": (4,),
          "s": (3, 3), "w": (2, 3, 4), "c": (2, 3, 5), "r": (2, 3, 5)}
UNARY = [f"m.{name}(x)" for name in (
    "exp", "log", "sqrt", "rsqrt", "reciprocal", "sin", "cos", "tan", "sinh", "cosh", "tanh",
    "asin", "acos", "atan", "asinh", "acosh", "atanh", "abs", "neg", "square", "angle", "log2",
    "log10", "log1p", "expm1", "conj")]
TEXTS = [*UNARY, *[text.strip() for text in """
    x + y; m.sub(x, y, alpha=2); x * y; x / y; x ** y; p ** y; x ** 2; x ** 3; x ** 0.5; x ** -1
    x ** (1 + 2j); (2 + 0.5j) ** x; 2 ** x; x * b; b / x; a * 1j; (1j - x) * 2 / 3j + 4 - x / 2
    x.real * x.imag; m.view_as_real(x) ** 2; m.sgn(x); m.complex(a, p) ** 2; m.polar(p, a) ** 2
    x.to(m.complex64); a.to(m.complex128) * 1j; a + y
    x @ u; w @ u; w @ v; v @ w.mT; x @ v; v @ u; m.dot(v, v); m.bmm(w, w.mT); s.mH @ s.H
    m.mm(x, u); m.outer(v, v); m.tensordot(x, u, 1); m.kron(s, s); m.trace(s)
    m.nn.functional.linear(x, u.mT); m.nn.functional.linear(w, u.mT, u[0])
    m.einsum('ij,jk->ik', x, u); m.einsum('bij,j->bi', w, v); m.einsum('ii->i', s)
    x.sum(0); x.sum(); x.mean(1, keepdim=True); x.cumsum(1); x[1:, [0, 2, 2]]; x[x.real > 0]
    x.reshape(2, 6).T.flip(0).roll(1, 0); m.cat([x, s], 1); m.cat([x, a]); m.stack([x, a], 1)
    m.where(x.real > 0, x, y); m.where(x.real > 0, x, 0.); y.expand(3, 4) * x; x.tril() + x.triu(1)
    x.split(2)[0] * x.split(2)[0]; x.unbind(1)[0]; m.diag(s); v.repeat(2, 3); v.unfold(0, 2, 1)
    x.abs() * x; m.fft.irfft(m.fft.rfft(a) * m.fft.rfft(p), 5); m.fft.rfft(a).abs() ** 2
    m.fft.fft(a); m.fft.irfft(a); m.fft.fftshift(c); m.fft.ifftshift(c, (0, 2))
    m.stft(r[0], 4, 1, window=p[0], return_complex=True); m.stft(c[0], 4, 1, window=p[0])
    m.stft(a[0], 4, 2, 3, p[0, :3], True, 'replicate', True, False, True)
    m.stft(r[0], 5, 2, 3, p[0, :3], False, return_complex=True, align_to_window=True)
    m.stft(r[0], 4, window=v, onesided=False); r[0].stft(3, 1, window=b[:, 0], return_complex=True)
    m.istft(x, 4, 1, window=p[0]); w.istft(4, 1, 3, p[0, :3], True, True, length=4)
    m.istft(s, 5, 2, window=r[0, 0], center=False); m.istft(s, 3, 1, window=p[:, 0], onesided=False)
    m.istft(m.cat([x, x[:1]]), 4, 1, window=v, return_complex=True)
    m.fft.fftn(c, dim=(0,)); m.fft.rfftn(r, dim=(0, 2)); m.fft.irfftn(c, (3, 6), (2, 1))
    """.replace("\n", ";").split(";") if text.strip()],
    *[f"m.fft.{name}({'r' if name in ('rfft', 'ihfft') else 'c'}, {n}, {dim}, {norm!r})"
      for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
      for n, dim, norm in ((None, -1, None), (3, -1, "ortho"), (8, 1, "forward"), (7, 0, None))],
    *[f"m.fft.{name}{end}({'r' if name in ('rfft', 'ihfft') else 'c'}, {s}, norm={norm!r})"
      for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft") for end in "2n"
      for s, norm in ((None, None), ((4, 3), "ortho"), ((-1, 6), "forward"))]]


def computed(m, make, text, shapes):
    """The value, its gradients, recorded and not, and the gradients of the recorded ones."""
    rng = np.random.default_rng(5)

    def drawn(shape, complex):
        return rng.normal(size=shape) + (1j * rng.normal(size=shape) if complex else 0)

    named = {}
    for name, shape in shapes.items():
        array = drawn(shape, name not in "abpr")
        named[name] = make(np.abs(array) + 0.1 if name == "p" else array).requires_grad_()
    leaves = list(named.values())
    grad = m.autograd.grad

    def through(outputs, create):
        given = [make(drawn(tuple(o.shape), o.is_complex())).to(o.dtype) for o in outputs]
        return [g for g in grad(outputs, leaves, given, create_graph=create, allow_unused=True)
                if g is not None]

    value = eval(text, {"m": m, **named})
    state = rng.bit_generator.state
    first = through([value], True)
    rng.bit_generator.state = state
    plain = through([eval(text, {"m": m, **named})], False)
    linked = [g for g in first if g.requires_grad]
    second = through(linked, False) if linked else []
    return [[value], first, plain, [g for g in second if bool((g.detach() != 0).any())]]


def agree(text, shapes):
    """Hold what is computed here to what PyTorch computes."""
    ours = computed(autograd, autograd.tensor, text, shapes)
    theirs = computed(torch, torch.tensor, text, shapes)
    for mine, wanted in zip(ours, theirs, strict=True):
        assert len(mine) == len(wanted), text
        for a, b in zip(mine, wanted, strict=True):
            a, b = a.detach().numpy(), b.detach().resolve_conj().numpy()
            assert a.dtype == b.dtype, text
            tight = 1e-5 if "complex64" in text else 1e-9
            np.testing.assert_allclose(a, b, tight, tight * np.abs(b).max(initial=0), err_msg=text)


def test_values_and_gradients_agree():
    for text in TEXTS:
        agree(text, SHAPES)


def test_promotion_agrees():
    dtypes = ["bool", "int64", "float32", "float64", "complex64", "complex128"]
    for first in dtypes:
        for second in dtypes:
            for of_first, of_second in (([1], [1]), ([1], 1), (1, [1])):
                found = [(m.tensor(of_first, dtype=getattr(m, first)) * m.tensor(
                    of_second, dtype=getattr(m, second))).dtype for m in (autograd, torch)]
                assert f"torch.{found[0]}" == str(found[1]), (first, second, of_first)
        for number in (True, 2, 1.5, 2j):
            found = [(m.tensor([1], dtype=getattr(m, first)) * number).dtype
                     for m in (autograd, torch)]
            assert f"torch.{found[0]}" == str(found[1]), (first, number)


@pytest.mark.parametrize("call", [
    "m.tensor([1 + 2j, -0.5j])", "m.tensor([1 + 2j, 3, 4.5])", "m.tensor([[1.25 - 2j]])",
    "m.tensor(1j)", "m.zeros(2, dtype=m.complex64)", "m.tensor([1j], dtype=m.complex128)"])
def test_they_print_alike(call):
    theirs = repr(eval(call, {"m": torch})).replace("torch.", "")
    assert repr(eval(call, {"m": autograd})) == theirs
