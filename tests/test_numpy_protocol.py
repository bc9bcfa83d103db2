"""NumPy's functions, ufuncs and conversions of Tensors: differentiated, or refused with the fix."""

from __future__ import annotations

import math
from itertools import count

import numpy as np
import pytest

import autograd
from autograd.numpy_functions import FUNCTIONS

A = np.array([[0.5, -1.25, 2.0], [3.0, 0.75, -0.5]])
B = np.array([[1.5, 0.25, -1.0], [2.0, -0.75, 1.0]])
V = np.array([0.5, 2.0, -1.5])
MASK = np.array([[True, False, True], [False, False, True]])
SQUARE = np.array([[1.0, 2.0, 0.5], [0.25, -1.0, 3.0], [1.5, 0.75, -2.0]])


def call(function, *args, **kwargs):
    """A sample: the arguments, of which float arrays become tensors that require grad."""
    return pytest.param(function, args, kwargs, id=getattr(function, "__name__", "method"))


SAMPLES = [
    call(np.sum, A), call(np.sum, A, 0), call(np.sum, a=A, axis=(0, 1), keepdims=True),
    call(np.prod, A, axis=1), call(np.mean, A, 1, keepdims=True), call(np.var, A, axis=0),
    call(np.var, A, ddof=1), call(np.std, A, 1), call(np.std, A, axis=1, correction=1),
    call(np.max, A), call(np.amax, A, axis=1), call(np.min, A, (0, 1)), call(np.amin, A, 0),
    call(np.cumsum, A), call(np.cumsum, A, 1), call(np.cumprod, A, axis=0), call(np.cumprod, V),
    call(np.sort, A), call(np.sort, A, None), call(np.sort, A, axis=0),
    call(np.concatenate, [A, B]), call(np.concatenate, (A, B), axis=1),
    call(np.concatenate, [A, V], None), call(np.stack, [A, B], axis=1), call(np.hstack, [V, V]),
    call(np.vstack, [A, V]), call(np.dstack, (A, B)), call(np.column_stack, [V, SQUARE]),
    call(np.split, A, 3, axis=1), call(np.split, V, [1, 2]), call(np.array_split, V, 2),
    call(np.unstack, A), call(np.tile, A, (2, 1, 2)), call(np.tile, V, 2),
    call(np.repeat, A, 2, axis=0), call(np.repeat, V, [1, 0, 2]), call(np.roll, A, 1),
    call(np.roll, A, (1, 2), axis=(0, 1)), call(np.roll, A, 2, (0, 1)), call(np.rot90, A, 3),
    call(np.rot90, A, k=1, axes=(1, 0)), call(np.pad, A, 1), call(np.pad, A, ((1, 0), (2, 1))),
    call(np.pad, A, (1, 2), constant_values=3.0), call(np.pad, A, 1, "edge"),
    call(np.pad, A, 1, mode="reflect"), call(np.reshape, A, (3, 2)), call(np.reshape, A, -1),
    call(np.ravel, A), call(np.transpose, A), call(np.transpose, A, axes=(1, 0)),
    call(np.swapaxes, A, 0, 1), call(np.moveaxis, A, 0, -1), call(np.squeeze, A[None, :, None]),
    call(np.squeeze, A[None], axis=0), call(np.expand_dims, A, (0, 2)), call(np.flip, A),
    call(np.expand_dims, A, -1), call(np.flip, A, axis=1), call(np.fliplr, A), call(np.flipud, A),
    call(np.broadcast_to, V, (2, 3)), call(np.diag, V),
    call(np.diag, SQUARE, k=1), call(np.diagonal, SQUARE, 1), call(np.tril, SQUARE, -1),
    call(np.diagonal, A, axis1=1, axis2=0), call(np.triu, SQUARE, k=1), call(np.copy, A),
    call(np.where, MASK, A, B), call(np.where, MASK, 0.0, A), call(np.clip, A, -1, 1.5),
    call(np.clip, A, None, 1.0), call(np.clip, A, min=-0.6, max=2.5), call(np.clip, A, -0.6, None),
    call(np.take, A, [0, 2], axis=1), call(np.take, A, [[0, -1], [2, 2]]),
    call(np.take, A, 1, 0), call(np.take_along_axis, A, np.array([[2, 0], [1, 1]]), 1),
    call(np.dot, V, V), call(np.dot, A, V), call(np.dot, V, SQUARE), call(np.dot, A, 2.0),
    call(np.dot, A, np.stack([SQUARE, SQUARE])), call(np.vdot, A, B), call(np.inner, A, B),
    call(np.inner, V, V), call(np.outer, A, V), call(np.kron, A, B), call(np.trace, SQUARE),
    call(np.trace, SQUARE, 1), call(np.tensordot, A, B), call(np.tensordot, A, SQUARE, axes=1),
    call(np.tensordot, A, B, ([0, 1], [0, 1])), call(np.matrix_transpose, A),
    call(np.einsum, "ij,kj->ik", A, B), call(np.einsum, "ij->", A, optimize=True),
    call(np.linalg.norm, V), call(np.linalg.norm, A), call(np.linalg.norm, V, 1),
    call(np.linalg.norm, V, np.inf), call(np.linalg.norm, A, axis=1),
    call(np.linalg.norm, A, 3, 0, True), call(np.linalg.norm, A, "fro"),
    call(np.linalg.norm, A[None], axis=(1, 2)), call(np.linalg.vector_norm, A, axis=0, ord=1),
    call(np.linalg.matmul, A, SQUARE), call(np.linalg.outer, V, V),
    call(np.linalg.tensordot, A, B, axes=2), call(np.linalg.trace, SQUARE),
    call(np.linalg.diagonal, SQUARE), call(np.linalg.matrix_transpose, A),
    call(np.add.reduce, A), call(np.add.reduce, A, axis=None), call(np.add.reduce, A, 1),
    call(np.multiply.reduce, A, axis=1, keepdims=True), call(np.maximum.reduce, A),
    call(np.minimum.reduce, A, 1), call(np.add.accumulate, A), call(np.multiply.accumulate, A, 1),
    call(np.multiply.outer, A, V), call(np.subtract.outer, V, A), call(np.add, A, V),
]
WITHOUT_GRADIENT = [
    call(np.any, MASK, 0), call(np.all, MASK), call(np.argmax, A, 1), call(np.argmin, A),
    call(np.argsort, A), call(np.argsort, A, axis=None), call(np.round, A, 1),
    call(np.around, A, decimals=1), call(np.nonzero, MASK), call(np.where, MASK),
    call(np.argwhere, MASK), call(np.flatnonzero, MASK), call(np.isclose, A, A + 1e-9),
    call(np.allclose, A, B), call(np.array_equal, A, A), call(np.shape, A), call(np.ndim, A),
    call(np.size, A), call(np.size, A, 1), call(np.zeros_like, A), call(np.ones_like, A),
    call(np.full_like, A, 2.0), call(np.full_like, A, fill_value=3), call(np.astype, A, np.int32),
    call(np.logical_and.reduce, MASK, 1), call(np.logical_or.reduce, MASK),
]


def converted(value, make):
    if isinstance(value, dict):
        return {key: converted(v, make) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(converted(v, make) for v in value)
    return make(value) if isinstance(value, np.ndarray) and value.dtype.kind != "i" else value


def moved(arguments, position: int, at: tuple, step: float):
    """The arguments with one element of one of their arrays moved."""
    number = count()

    def change(array):
        array = array.copy()
        if next(number) == position:
            array[at] += step
        return array

    return converted(arguments, change)


def each(result) -> list:
    return list(result) if isinstance(result, (list, tuple)) else [result]


def leaf(array):
    return autograd.tensor(array, requires_grad=array.dtype.kind == "f")


@pytest.mark.parametrize(("function", "args", "kwargs"), SAMPLES)
def test_a_function_is_the_op(function, args, kwargs):
    """Values are NumPy's own, and the gradient is that of finite differences."""
    leaves: list = []

    def kept(array):
        leaves.append(leaf(array))
        return leaves[-1]

    results = each(function(*converted(args, kept), **converted(kwargs, kept)))
    expected = each(function(*args, **kwargs))
    assert len(results) == len(expected)
    for ours, theirs in zip(results, expected, strict=True):
        assert isinstance(ours, autograd.Tensor) and ours.requires_grad
        np.testing.assert_allclose(ours.detach().numpy(), theirs, rtol=1e-12)
        assert ours.shape == theirs.shape
    weights = [np.cos(np.arange(r.size)).reshape(r.shape) for r in expected]
    sum((r * w).sum() for r, w in zip(results, weights, strict=True)).backward()
    for position, tensor in enumerate(leaves):
        if tensor.requires_grad:
            numeric = np.zeros(tensor.shape)
            for at in np.ndindex(numeric.shape):
                ends = []
                for step in (1e-6, -1e-6):
                    given = moved((args, kwargs), position, at, step)
                    values = each(function(*given[0], **given[1]))
                    ends.append(sum(np.sum(v * w) for v, w in zip(values, weights, strict=True)))
                numeric[at] = (ends[0] - ends[1]) / 2e-6
            np.testing.assert_allclose(tensor.grad.numpy(), numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("function", "args", "kwargs"), WITHOUT_GRADIENT)
def test_a_function_without_gradient_is_the_op(function, args, kwargs):
    results = each(function(*converted(args, leaf), **converted(kwargs, leaf)))
    for ours, theirs in zip(results, each(function(*args, **kwargs)), strict=True):
        assert not isinstance(ours, np.ndarray)
        np.testing.assert_array_equal(getattr(ours, "detach", lambda: ours)(), theirs)  # noqa: B023


def test_every_function_has_a_sample():
    tried = {sample.values[0] for sample in (*SAMPLES, *WITHOUT_GRADIENT)}
    assert {f for f in FUNCTIONS if f not in tried} == {np.empty_like}


@pytest.mark.parametrize(("use", "name"), [
    (lambda t: np.histogram(t), "np.histogram"), (lambda t: np.nanvar(t), "np.nanvar"),
    (lambda t: np.unwrap(t), "np.unwrap"), (lambda t: np.fft.fft(t), "np.fft.fft"),
    (lambda t: np.partition(t, 1), "np.partition"),
    (lambda t: np.copyto(np.zeros(3), t), "np.copyto"),
    (lambda t: np.trim_zeros(t), "np.trim_zeros"), (lambda t: np.unique(t), "np.unique"),
    (lambda t: np.cbrt(t), "np.cbrt"), (lambda t: np.add.at(V.copy(), [0], t[0]), "add.at"),
    (lambda t: np.add.reduceat(t, [0]), r"np.add.reduceat"),
    (lambda t: np.logaddexp.reduce(t), r"np.logaddexp.reduce"),
    (lambda t: np.sum(t, where=MASK[0]), "np.sum with where"),
    (lambda t: np.sum(t, 0, None, np.zeros(())), "np.sum with out"),
    (lambda t: np.prod(t, initial=1.0), "np.prod with initial"),
    (lambda t: np.add.reduce(t, initial=1.0), "np.add.reduce with initial"),
    (lambda t: np.reshape(t, 3, order="F"), "np.reshape with order"),
    (lambda t: np.add(t, 1, out=np.zeros(3), where=MASK[0]), "np.add with where"),
    (lambda t: np.exp(t, dtype=np.float64), "np.exp with dtype"),
    (lambda t: np.apply_over_axes(np.sum, t, 0), "np.apply_over_axes"),
])
def test_what_has_no_op_takes_no_gradient_away(use, name):
    """Refused for a tensor that requires grad, NumPy's own result for any other."""
    t = autograd.tensor(V, requires_grad=True)
    for given in (t, t * 2):
        with pytest.raises(TypeError, match=rf"{name} .*has no gradient.*\.detach\(\)\.numpy\(\)"):
            use(given)
    for ours, theirs in zip(each(use(t.detach())), each(use(V)), strict=True):
        assert type(ours) is type(theirs)
        np.testing.assert_array_equal(ours, theirs)


def test_what_has_no_op_cannot_write():
    t = autograd.tensor(V)
    for write in (lambda: np.copyto(t, V), lambda: np.put(t, 0, 1.0),
                  lambda: np.cbrt(V, out=t), lambda: np.sum(A, 0, out=t)):
        with pytest.raises(ValueError, match="read-only"):
            write()
    with pytest.raises(TypeError, match="np.add.at cannot write.*index_add_"):
        np.add.at(t, 0, 1.0)
    assert t.tolist() == V.tolist()


def test_arguments_without_meaning_are_refused():
    t = autograd.tensor(A, requires_grad=True)
    with pytest.raises(ValueError, match="only the Frobenius norm"):
        np.linalg.norm(t, 2)
    with pytest.raises(ValueError, match="no 2 equal parts"):
        np.split(t, 2, axis=1)
    with pytest.raises(ValueError, match="must have size 1"):
        np.squeeze(t, 0)
    with pytest.raises(ValueError, match="mode 'maximum'"):
        np.pad(t, 1, "maximum")


def into(array, index, value):
    array[index] = value


@pytest.mark.parametrize("convert", [
    lambda t: t.numpy(), np.asarray, np.array, lambda t: np.array([t, t]),
    lambda t: np.array([t[0], t[1]]), lambda t: into(np.zeros(2), slice(None), t),
    lambda t: np.zeros(2).dot(t), lambda t: np.float64(t[0]), lambda t: np.full(2, t[0]),
    lambda t: np.asarray(t, dtype=np.float64), lambda t: np.atleast_1d(np.asanyarray(t)),
    lambda t: np.add(t, 1, out=np.zeros(2)), lambda t: into(np.zeros((2, 2)), 0, [t[0], t[1]]),
])
def test_a_tensor_that_requires_grad_does_not_become_an_array(convert):
    t = autograd.tensor([1.0, 2.0], requires_grad=True)
    for made in (t, t * 2):
        with pytest.raises(RuntimeError, match=r"requires grad, Tensor .*tensor\.detach\(\)"):
            convert(made)
        with autograd.no_grad(), pytest.raises(RuntimeError, match="requires grad"):
            t.numpy()
    convert(t.detach())


def test_force_detaches():
    t = autograd.tensor([1.0, 2.0], requires_grad=True)
    shown = t.numpy(force=True)
    shown[0] = 5.0
    assert t.tolist() == [5.0, 2.0]


def test_dlpack():
    array = np.from_dlpack(autograd.arange(3))
    assert array.tolist() == [0, 1, 2]
    back = autograd.from_dlpack(np.arange(4.0))
    assert back.dtype == np.float64 and back.tolist() == [0.0, 1.0, 2.0, 3.0]
    with pytest.raises(BufferError, match="requires grad.*detach"):
        np.from_dlpack(autograd.ones(2, requires_grad=True))


def test_a_float_of_what_requires_grad_warns():
    t = autograd.tensor(1.0, requires_grad=True)
    for use in (float, math.exp, lambda t: into(np.zeros(2), 0, t)):
        with autograd.hints(True), pytest.warns(autograd.Hint, match="has no gradient"):
            use(t)  # which is told once a line
    assert float(t.detach()) == t.item() == int(t) == 1


HEADERS = {
    "shape": lambda a: setattr(a, "shape", (2, 3)),
    "flags": lambda a: a.setflags(write=False),
    "size": lambda a: a.resize((2,), refcheck=False),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("change", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("show", [lambda t: t.numpy(), lambda t: t.detach().numpy(), np.asarray,
                                  lambda t: t.numpy(force=True), lambda t: t.data.numpy(),
                                  lambda t: t.detach()._array, lambda t: np.from_dlpack(t)],
                         ids=["numpy", "detach", "asarray", "force", "data", "array", "dlpack"])
def test_the_users_array_has_a_header_of_its_own(show, change):
    t = autograd.zeros(6)
    shown = show(t)
    assert shown is not t._array and shown is not show(t)
    try:
        change(shown)
    except ValueError as error:
        assert "own" in str(error)
    t.add_(1)
    assert t.shape == (6,) and t.tolist() == [1.0] * 6


def test_from_numpy_has_a_header_of_its_own():
    array = np.zeros(6, np.float32)
    for t in (autograd.from_numpy(array), autograd.as_tensor(array)):
        array.setflags(write=False)
        t.add_(1)
        array.setflags(write=True)
    assert array.tolist() == [2.0] * 6
    with pytest.raises(ValueError, match="cannot resize"):
        array.resize((2,))


def test_a_result_written_into_out():
    a, t = np.ones(2, np.float32), autograd.tensor([1.0, 2.0])
    assert np.add(a, t, out=a) is a and a.tolist() == [2.0, 3.0]
    a += t
    assert isinstance(a, np.ndarray) and a.tolist() == [3.0, 5.0]
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    target = autograd.zeros(2)
    assert np.multiply(w, w, out=target) is target
    target.sum().backward()
    assert w.grad.tolist() == [2.0, 4.0]
    assert np.exp(np.zeros(2, np.float32), out=target.detach()).tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match="requires grad"):
        a += w
    with pytest.raises(ValueError, match=r"add: out is ndarray \(3,\)"):
        np.add(t, 1, out=np.zeros(3))
    with pytest.raises(TypeError, match="float32, cannot be written into out"):
        np.add(t, 1, out=np.zeros(2, np.int64))


def test_ndarray_and_tensor_mix_into_tensors():
    a, t = np.array([1.0, 2.0], np.float32), autograd.tensor([3.0, 4.0], requires_grad=True)
    for result in (a * t, t * a, a + t, a - t, a / t, a ** t, np.multiply(a, t)):
        assert isinstance(result, autograd.Tensor) and result.requires_grad
    assert (a - t).tolist() == [-2.0, -2.0]
    assert isinstance(np.float64(2.0) * t, autograd.Tensor)
    assert (np.float64(2.0) * t).dtype == np.float32
    assert (a @ t).item() == 11.0
    assert (a.astype(">f4") * t).tolist() == [3.0, 8.0]
    assert (np.ones(2, complex) * t).dtype == np.complex128


def test_ufuncs_differentiate():
    t = autograd.tensor([0.5, 1.0], requires_grad=True)
    (np.sin(t) * np.exp(t)).sum().backward()
    x = np.array([0.5, 1.0])
    np.testing.assert_allclose(t.grad.numpy(), np.exp(x) * (np.sin(x) + np.cos(x)), rtol=1e-6)
