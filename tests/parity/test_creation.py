"""Making tensors and Python's operators on them: dtypes, values and refusals are PyTorch's."""

from __future__ import annotations

import operator

import numpy as np
import pytest

import autograd

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

NAN, INF = float("nan"), float("inf")
ON_PURPOSE = [  # what PyTorch wraps or cuts off in silence, and is refused here
    "tensor([-1], dtype=uint8)", "full((1,), -1, dtype=uint8)", "full((1,), 1e5, dtype=float16)",
    "arange(0, 300, dtype=uint8)", "arange(-2, 2, dtype=uint8)", "arange(0, 5.5, dtype=int64)",
    "arange(0, 5, 0.5, dtype=int32)", "logspace(0, 3, 4, dtype=uint8)", "arange(0, 1, INF)",
    "tensor(np.array([300]), dtype=uint8)", "linspace(0, NAN, 3)",
]
CREATED = [
    *ON_PURPOSE, "tensor([128], dtype=int8)", "tensor([2**31], dtype=int32)",
    "tensor([256], dtype=uint8)", "tensor([300.0], dtype=uint8)", "tensor([NAN], dtype=int64)",
    "tensor([1e30], dtype=int64)", "tensor([2**63])", "tensor([2**63], dtype=float32)",
    "tensor([1.9, -1.9], dtype=int64)", "tensor([NAN, 0, 2], dtype=bool)", "tensor([1e40])",
    "tensor([65519.0, 65520.0], dtype=float16)", "tensor([np.float64(0.1), 0.2])",
    "tensor([np.float16(0.5), 1.5])", "tensor([np.int32(1), 2])", "tensor([np.int32(1), 2.5])",
    "tensor([np.int8(1), np.int32(2)])", "tensor([np.int32(1), np.float32(2)])",
    "tensor([True, 2.5])", "tensor([True, 2])", "tensor([[0.2], np.array([0.1])])",
    "tensor([tensor(0.1, dtype=float64), 0.2])", "tensor([tensor(1, dtype=int32)])",
    "tensor([tensor(True), 1])", "tensor([[], []])", "tensor([[1, 2], [3]])",
    "tensor(None)", "tensor([None])", "tensor('a')", "tensor({1})", "tensor(object())",
    "full((1,), NAN, dtype=int64)", "full((1,), 1.5, dtype=int64)", "full((1,), 300, dtype=uint8)",
    "full((1,), None)", "full((1,), 1e40)", "full((1,), 2**63)", "full((1,), True)",
    "full((2,), np.float64(0.1))", "full((2,), [1.0, 2.0])", "full((1.5,), 1.0)",
    "zeros(1, dtype=uint8).fill_(300)", "zeros(1, dtype=int64).fill_(NAN)",
    "zeros(1, dtype=int64).fill_(1.5)", "zeros(1).fill_(1e40)", "zeros(1).fill_(None)",
    "zeros(1).fill_(tensor([1.0]))", "arange(0, 5.0, dtype=int64)",
    "arange(0, 300, 100, dtype=uint8)",
    "arange(0, NAN)", "arange(INF)", "arange(0, 2, NAN)", "arange(0, 2, 0)", "arange(0, -1)",
    "arange(0, 0, -1)", "arange(3, 0, -1)", "arange(1, 1.3, 0.1)", "arange(0.0, 1e20, 1.0)",
    "arange(2**62, 2**62 + 3)", "arange(2**63 - 3, 2**63 - 1)", "arange(2, dtype=bool)",
    "arange(tensor(3.0))", "arange(np.float64(3))", "arange('3')", "arange(None)", "arange(end=5)",
    "arange(start=2, end=5)", "arange(2**24, 2**24 + 3, dtype=float32)",
    "linspace(0, 300, 4, dtype=uint8)", "linspace(0, 1, 4, dtype=int64)",
    "linspace(-10, 0, 4, dtype=int64)", "linspace(-7, 12, 9, dtype=int32)", "linspace(0, 1, 0)",
    "linspace(0, 1, 1)", "linspace(0, 1, -1)", "linspace(0, 1, 2.5)", "linspace(0, 1e40, 3)",
    "linspace(0, 2, 3, dtype=bool)", "linspace(0, 1, 7, dtype=float64)", "logspace(0, 100, 3)",
    "logspace(0, 2, 3, dtype=uint8)", "logspace(0, 2, 3, base=-2.0)", "logspace(0, 2, -1)",
    "eye(-1)", "eye(2, -1)", "eye(2.5)", "eye(2, 3, dtype=uint8)", "eye(tensor(2))", "zeros(-1)",
    "zeros(2.5)", "zeros((2, 2.5))", "zeros(tensor(2))", "zeros((tensor(2), 3))", "zeros(None)",
    "zeros('2')", "zeros(np.int64(2), np.int32(3))", "randint(0, 257, (3,), dtype=uint8)",
    "randint(-5, -1, (3,), dtype=uint8)", "randint(0, INF, (3,))", "randperm(-1)",
    "randperm(300, dtype=uint8)", "from_numpy(np.ones(2, '>f4'))", "from_numpy(np.float64(3.0))",
]


def made(library, text: str):
    """What the expression gives in a library, or the kind of error, without its message."""
    names = {**{name: getattr(library, name) for name in library.__all__}, "np": np, "NAN": NAN,
             "INF": INF, **{n: getattr(library, n) for n in (
                 "uint8", "int8", "int32", "int64", "float16", "float32", "float64", "bool",
                 "from_numpy")}}
    try:
        result = eval(text, names)
    except Exception:
        return "an error"
    return result


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("text", CREATED)
def test_creation(text):
    ours, theirs = made(autograd, text), made(torch, text)
    if text in ON_PURPOSE:
        assert ours == "an error" and not isinstance(theirs, str)
        return
    assert isinstance(ours, str) == isinstance(theirs, str), (ours, theirs)
    if not isinstance(ours, str):
        assert str(theirs.dtype) == f"torch.{ours.dtype.name}"
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=3e-16)


NAMES = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift", "and", "or",
         "xor"]
OPERATORS = [getattr(operator, f"__{form}{name}__") for name in NAMES for form in ("", "i")]


@pytest.mark.parametrize("function", OPERATORS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("left", [[5, 7, 3], [5.0, -7.5, 3.0], [1, 100, 7]], ids=str)
@pytest.mark.parametrize("dtype", ["int64", "float32", "uint8", "int8"])
@pytest.mark.parametrize("right", [2, 1.5, [1, 2, 9], "left", None], ids=str)
def test_operators(function, left, dtype, right):
    """Values, dtypes and refusals of every binary operator, reflected and augmented ones too."""
    if isinstance(left[1], float) and dtype != "float32":
        pytest.skip("does not fit")

    def outcome(library):
        tensor = library.tensor(left, dtype=getattr(library, dtype))
        other = library.tensor(right) if isinstance(right, list) else right
        try:
            result = function(2, tensor) if other == "left" else function(tensor, other)
        except Exception:
            return "an error"
        return result if isinstance(result, int) else (
            str(result.dtype).removeprefix("torch."), result.tolist(), result is tensor)

    ours, theirs = outcome(autograd), outcome(torch)
    if isinstance(ours, tuple) and isinstance(theirs, tuple):
        assert ours[::2] == theirs[::2]
        np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-6)
    else:
        assert ours == theirs


@pytest.mark.parametrize("text", [
    "x.flatten()", "x.flatten(0, 0)", "m.flatten()", "m.flatten(1, 1)", "s.flatten()", "x.t()",
    "s.t()", "m.t()", "m.T", "x.reshape(3)", "x.view(-1)", "x.expand(3)", "x.squeeze()",
    "m.permute(0, 1)", "m.transpose(0, 0)", "x.contiguous()", "m.t().contiguous()", "x.to(x)",
    "x.float()", "x.cpu()", "x[:]", "x[...]", "s[()]", "x.narrow(0, 0, 3)", "x.tile((1,))",
    "x.repeat(1)", "x.detach()", "+x", "s.reshape(())", "s.permute(())"])
def test_what_is_a_leaf(text):
    def outcome(library):
        x, m = (library.ones(*size, requires_grad=True) for size in ((3,), (2, 3)))
        s = library.tensor(1.0, requires_grad=True)
        result = eval(text, dict(x=x, m=m, s=s))
        return result.is_leaf, any(result is source for source in (x, m, s))

    assert outcome(autograd) == outcome(torch)
