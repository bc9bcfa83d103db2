"""In-place operations that write the result where an operand was: kernels, and NumPy's loops."""

import numpy as np
import pytest

import autograd
from autograd import gate, inplace, kernels
from autograd.kernels.room import room
from autograd.record import INPLACE
from nn import functional
from tests.cases import Spec, load

CASES = load()

OF_NUMBERS = [
    name
    for name in sorted(INPLACE)
    if not name.startswith(("bitwise_", "logical_"))
    and name not in ("eq", "ne", "lt", "le", "gt", "ge", "float_power")
]

compiled = pytest.mark.skipif(kernels.tier() != "numba", reason="kernels of the other tier")


@pytest.fixture(autouse=True, params=[0, 1 << 60], ids=["kernels", "numpy"])
def _one_way_for_all_sizes(request, monkeypatch):
    monkeypatch.setattr(inplace, "ROOMY", request.param)
    for name in gate.LEAST:
        monkeypatch.setitem(gate.LEAST, name, request.param)


def tensors(case, dtype) -> list:
    rng = np.random.default_rng(5)
    return [
        autograd.tensor(arg.draw(rng).astype(dtype))
        if isinstance(arg, Spec)
        else autograd.tensor(arg)
        if isinstance(arg, np.ndarray)
        else arg
        for arg in case.args
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OF_NUMBERS)
def test_the_same_bits_in_the_tensors_own_memory(name, dtype):
    """Whatever an op computes on the way to its result, none of it may land in the operand."""
    tried = 0
    for case in CASES[name]:
        if not case.args or not isinstance(case.args[0], Spec):
            continue
        with autograd.no_grad():
            wanted = INPLACE[name](*tensors(case, dtype), **case.kwargs)
            x, *rest = tensors(case, dtype)
            if wanted.shape != x.shape or wanted.dtype != x.dtype:
                continue
            memory = x.numpy()
            assert getattr(x, name + "_")(*rest, **case.kwargs) is x
        tried += 1
        assert np.shares_memory(x.numpy(), memory) or not x.numel()
        np.testing.assert_array_equal(x.numpy(), wanted.numpy(), f"{case.args}")
        for given, left in zip(tensors(case, dtype)[1:], rest, strict=True):
            if isinstance(given, autograd.Tensor):
                np.testing.assert_array_equal(left.numpy(), given.numpy())
    assert tried or not any(isinstance(s.args[0], Spec) for s in CASES[name] if s.args)


@compiled
@pytest.mark.parametrize("shape", [(7,), (5, 9), (40, 300)])
def test_the_kernel_writes_over_its_operand(shape):
    x = autograd.tensor(np.linspace(-2, 2, int(np.prod(shape)), dtype=np.float32).reshape(shape))
    wanted, held = x.numpy() * np.float32(3), x.numpy()
    room.array = held
    try:
        assert kernels.elementwise("mul", held + 1, 3.0) is not held
        assert kernels.elementwise("mul", held, 3.0) is held
    finally:
        room.array = None
    np.testing.assert_array_equal(held, wanted)


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.add_(x.T),
        lambda x: x.mul_(x),
        lambda x: x.add_(x[0]),
        lambda x: x.sub_(x[:, :1]),
        lambda x: x[1:].add_(x[:-1]),
        lambda x: x[:-1].mul_(x[1:]),
        lambda x: x.T.add_(x),
        lambda x: x[::2].add_(x[::2, :1]),
        lambda x: x.view(-1).add_(x.flip(0).view(-1)),
        lambda x: x.lerp_(x.T, x),
        lambda x: x.clamp_(x.T, x + 1),
        lambda x: x.where(x > 0, x.T).add_(x),
    lambda x: x.mul_(x[:, :1]),
    lambda x: x.T.mul_(2.0),
    lambda x: x.clamp_(max=x[0]),
    lambda x: x[:, ::2].mul_(x[:, 1::2]),
    lambda x: x.copy_(x.flip(0)),
    lambda x: x.copy_(x.T),
    lambda x: x.fill_(2.5),
    lambda x: x.fill_(x[0, 0]),
    lambda x: x.zero_(),
    lambda x: x.remainder_(x[0, 0]),
    lambda x: x.fmod_(0.7),
    lambda x: x.div_(x.sum(1, keepdim=True)),
    lambda x: x.add_(x.double(), alpha=0.5),
    ],
)
def test_operands_that_show_the_same_memory(write, monkeypatch):
    x = np.random.default_rng(0).standard_normal((60, 60))
    written, copied = autograd.tensor(x), autograd.tensor(x)
    with autograd.no_grad():
        write(written)
        monkeypatch.setattr(inplace, "ROOMY", 1 << 60)
        write(copied)
    np.testing.assert_array_equal(written.numpy(), copied.numpy())


def test_nothing_that_a_node_saves_is_overwritten():
    x = autograd.tensor(np.linspace(1, 2, 50))
    w = autograd.tensor(np.linspace(1, 2, 50), requires_grad=True)
    wanted = x.clone()
    x.mul_(w).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), wanted.numpy())


def test_no_room_is_left_behind():
    x = autograd.ones(4, 4)
    with pytest.raises(ValueError), autograd.no_grad():
        x.add_(autograd.ones(3, 3))
    assert room.array is None
    x.add_(1.0)
    assert room.array is None
    before = x.clone()
    assert (x * 2).sum().item() == 2 * before.sum().item() and (x == before).all()


@pytest.mark.parametrize("numbers", [
    [np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-40, 3e38], [1.5], [], 2.5, [[1.0, -2.0]]])
@pytest.mark.parametrize("name", ["add", "mul", "true_divide", "maximum", "relu", "exp", "sqrt"])
def test_every_number_and_shape(name, numbers):
    x = np.asarray(numbers, np.float32)
    others = [()] if name in ("relu", "exp", "sqrt") else [
        (0.5,), (0,), (-0.0,), (autograd.tensor(x[..., ::-1].copy() if x.ndim else x),),
        (autograd.tensor(np.float32(3)),)]
    for other in others:
        written = autograd.tensor(x)
        assert getattr(written, name + "_")(*other) is written
        wanted = getattr(autograd, name)(autograd.tensor(x), *other)
        np.testing.assert_array_equal(written.numpy(), wanted.numpy())
        np.testing.assert_array_equal(np.signbit(written.numpy()), np.signbit(wanted.numpy()))


@pytest.mark.parametrize("write, words", [
    (lambda x: functional.leaky_relu_(x, "a"), "negative_slope must be a number, got str"),
    (lambda x: x._elu_(1j, 1.0, 1.0), "complex"),
    (lambda x: x.add_(1j), "add_: the result is complex64 and cannot be written"),
    (lambda x: x.mul_(autograd.ones(2, 3)), r"mul_: the result has shape \(2, 3\)"),
    (lambda x: x.add_(), "missing 1 required positional argument: 'other'"),
    (lambda x: x.add_(x, alpha="a"), "add_: "),
    (lambda x: x.addcmul_(x, x, value=1j), "complex"),
    (lambda x: x.lerp_(x, autograd.ones(2, 3)), r"shape \(2, 3\)"),
    (lambda x: x.pow_(autograd.ones(4)), "broadcast"),
    (lambda x: x.add_(1.0, out=x), "unexpected keyword argument 'out'"),
    (lambda x: x[:1].expand(3).mul_(2.0), "share memory"),
    (lambda x: autograd.from_numpy(np.broadcast_to(x.numpy()[:1], 3)).relu_(), "share memory"),
])
def test_what_does_not_fit_leaves_the_numbers(write, words):
    x = autograd.tensor([1.0, 2.0, 3.0])
    with pytest.raises((RuntimeError, TypeError, ValueError), match=words):
        write(x)
    assert x.tolist() == [1.0, 2.0, 3.0]


def test_a_write_is_placed_where_somebody_holds_the_version():
    x, w = autograd.ones(3), autograd.ones(3, requires_grad=True)
    x.mul_(2.0)
    y = (x * w).sum()
    x.mul_(2.0)
    with pytest.raises(RuntimeError, match=r"mul_ has since changed .*test_inplace_room.py:\d+"):
        y.backward()
    for shown in (x.view(-1), x.detach()):
        y = (shown * w).sum()
        shown.relu_()
        with pytest.raises(RuntimeError, match=r"relu_ has since .*test_inplace_room.py:\d+"):
            y.backward()
