"""Every op of the registry over what arrays and arguments can be: memory that is read-only, shared
or lies elsewhere, every dtype, gradients that own their memory, and errors that name the op."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from autograd import dtypes
from autograd.record import COMPOSITES, INPLACE, REGISTRY
from autograd.tensors import Tensor
from tests.samples import SAMPLES, Call, differentiable, several

NAMES = [name for name in SAMPLES if name in REGISTRY or name in COMPOSITES]
# results that may be read-only: views by contract, and composites that are one of those
VIEWS = {name for name, op in REGISTRY.items() if op.view} | {
    "expand_as", "broadcast_to", "broadcast_tensors", "as_strided"}
PUBLIC = [name for name in NAMES if hasattr(Tensor, name) or hasattr(autograd, name)
          or hasattr(nn.functional, name)]
PLAIN_OPS = [name for name in PUBLIC if name in REGISTRY and not name.startswith("_")]


def every(names):
    """Run a test on each of these ops and composites, by name."""
    return pytest.mark.parametrize("name", names)


def calls(name) -> list[Call]:
    """The samples of an op."""
    return [Call(name, i) for i in range(len(SAMPLES[name]))]


def frozen(array):
    """A read-only copy."""
    array = array.copy()
    array.flags.writeable = False
    return array


def expanded(array):
    """The first of each row, repeated without memory of its own, read-only."""
    if not array.size or not array.ndim or array.dtype.kind != "f":
        return frozen(array)
    return np.broadcast_to(array[..., :1], array.shape)


def between_bytes(array):
    """A read-only copy at an odd address."""
    data = np.frombuffer(b"x" + array.tobytes(), np.uint8)[1:]
    return data.view(array.dtype).reshape(array.shape) if array.size else array


def results(call, turn) -> list:
    """What a call gives for its arrays as `turn` lays them out."""
    def make(array):
        return autograd.from_numpy(turn(np.asarray(array)))

    return several(call.function(*call.arguments(map(make, call.arrays), make),
                                 **call.case.kwargs))


def check_same(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        if isinstance(b, Tensor):
            assert a.dtype is b.dtype and a.shape == b.shape
            np.testing.assert_allclose(a, b, 1e-12, 1e-12)
        else:
            assert a == b


# what raises on other memory, wants rows that sum to 1, or numbers and matrices not all equal
FASTIDIOUS = ("view", "view_as", "as_strided", "categorical_cross_entropy", "histogram", "inverse",
              "inv", "solve_matrices", "solve", "tensorinv", "tensorsolve", "cholesky",
              "matrix_power", "view_copy", "as_strided_copy", "as_strided_scatter",
              "cholesky_solve", "cholesky_inverse", "solve_ex", "inv_ex", "triangular_solve",
              "view_as_complex")


@every([name for name in NAMES if name not in FASTIDIOUS])
def test_memory_of_others(name):
    for call, turn in [(c, t) for c in calls(name) for t in (expanded, between_bytes)]:
        check_same(results(call, turn), results(call, lambda a, turn=turn: np.array(turn(a))))


@every(NAMES)
def test_results_and_gradients_own_their_memory(name):
    for call in calls(name):
        leaves = call.tensors(grad=call.case.order > 0)
        found = call.graded(*leaves)
        if name not in VIEWS:
            assert all(r._any_array.flags.writeable for r in found if isinstance(r, Tensor))
        if not differentiable(found):
            continue
        _backward(differentiable(found))
        grads = [leaf.grad._any_array for leaf in leaves if leaf.grad is not None]
        for grad in grads:
            assert grad.flags.writeable and not (0 in grad.strides and grad.size > 1)
            assert not any(np.shares_memory(grad, leaf._any_array) for leaf in leaves)
        assert not any(np.shares_memory(a, b) for a in grads for b in grads if a is not b)


def _backward(found):
    total = found[0].sum()
    for result in found[1:]:
        total = total + result.sum()
    total.backward()


@every([name for name in NAMES if name in REGISTRY and REGISTRY[name].promotes])
def test_arrays_of_another_byte_order(name):
    """Beside a Tensor they count as their numbers, and the result is of this machine's order."""
    for call in calls(name):
        if len(call.arrays) < 2:
            continue
        first, *rest = call.arrays
        foreign = [a.astype(a.dtype.newbyteorder(">")) for a in rest]
        found = several(call.function(*call.arguments([autograd.tensor(first), *foreign],
                                                      autograd.tensor), **call.case.kwargs))
        check_same(found, call(*call.tensors(grad=False)))


@every(INPLACE)
def test_in_place_into_memory_of_others(name):
    """What is read-only or shows one number many times is not written."""
    for call in calls(name):
        for turn in (frozen, expanded):
            target, *rest = call.arguments([autograd.from_numpy(turn(a)) for a in call.arrays],
                                           lambda array: autograd.from_numpy(frozen(array)))
            if not isinstance(target, Tensor) or target._any_array.flags.writeable:
                continue
            before = target._any_array.copy()
            with pytest.raises(RuntimeError, match=name):
                getattr(target, name + "_")(*rest, **call.case.kwargs)
            np.testing.assert_array_equal(target._any_array, before)


def names_an_op(error, name) -> bool:
    """Whether a message begins with the op, or with one that it is written with."""
    text = str(error)
    return name.strip("_") in text.split("(got")[0] or text.split(":")[0].strip("_") in OPS


OPS = {name.strip("_") for name in (*REGISTRY, *COMPOSITES)} | {"index", "reduce"}


@every(PUBLIC)
def test_every_dtype(name):
    """A result of a dtype of ours, or an error that names the op."""
    for call, dtype in [(c, d) for c in calls(name) for d in dtypes.SUPPORTED if c.arrays]:
        def make(array, dtype=dtype):
            return autograd.tensor(np.abs(array).astype(dtype) if array.dtype == float else array)

        tensors = [make(a) for a in call.arrays]
        try:
            found = several(call.function(*call.arguments(tensors, make), **call.case.kwargs))
        except Exception as error:
            assert dtype.kind != "f" or len(tensors) > 1 or call.case.order == 0, error
            assert names_an_op(error, name), error
        else:
            assert all(any(r.dtype is d for d in dtypes.SUPPORTED)
                       for r in found if isinstance(r, Tensor))


class Thing:
    """What no op takes."""


UNFIT = [autograd.zeros(7, 11, 13), autograd.zeros(0)]
WRONG = ["text", Thing(), {}, [None], b"bytes", 1j, 99, -99, (7, 99), 2**70, 1.5, float("nan")]
NAMELESS = {"to": "its argument may be a device or a dtype", "type": "as `to`"}


def check_errors(name, wrong, names=names_an_op):
    """Arguments replaced one at a time by what `wrong` gives for them: a result, or an error that
    names the op."""
    for call in calls(name)[:4]:
        arguments = call.arguments(call.tensors(grad=False), autograd.tensor)
        given = dict(enumerate(arguments)) | call.case.kwargs
        for place, value in [(p, v) for p in given for v in wrong(given[p])]:
            changed = {**given, place: value}
            plain = [changed.pop(i) for i in range(len(arguments))]
            alone = not any(isinstance(x, Tensor) for arg in plain for x in several(arg))
            if alone and (names is names_an_op or name in REGISTRY and isinstance(
                    value, (bool, int, float, np.ndarray))):
                continue  # then it is a computation on numbers alone
            try:
                call.function(*plain, **changed)
            except Exception as error:
                assert names(error, name), (place, value, type(error), error)


@every([name for name in PUBLIC if name in REGISTRY])
def test_wrong_arguments_of_an_op(name):
    check_errors(name, lambda argument: UNFIT + WRONG)


@every([name for name in PUBLIC if name in COMPOSITES and name not in NAMELESS])
def test_unfit_arguments_of_a_composite(name):
    """Tensors of other shapes, dims out of range."""
    check_errors(name, lambda argument: UNFIT if isinstance(argument, Tensor) else
                 [99, -99] if type(argument) is int else [])
