"""Every op and composite of the registry over its samples: values against an independent answer,
gradients of first and second order against finite differences, and hostile inputs."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.gradient_check import gradcheck, gradgradcheck
from autograd.record import COMPOSITES, INPLACE, REGISTRY
from autograd.tensors import Tensor
from tests.cases import Spec
from tests.samples import (
    CALLS,
    SAMPLES,
    Call,
    call_id,
    differentiable,
    function,
    gradients,
    several,
    weights,
)

TIGHT = 1e-8  # so that a gradient computed in float32 by mistake shows
ELEMENTWISE = {name for name, op in REGISTRY.items() if op.promotes and name in SAMPLES}
NEEDS_CONTIGUOUS = {"view", "view_as", "view_copy", "as_strided", "as_strided_copy",
                    "as_strided_scatter"}  # they raise on other memory layouts, as they must
BINARY = [name for name in sorted(ELEMENTWISE) if len(REGISTRY[name].inputs) > 1]
UNARY = [name for name in sorted(ELEMENTWISE) if len(REGISTRY[name].inputs) == 1]


DRAWN = [Call(*c) for c in CALLS]


def calls(fits=lambda call: True):
    """Run a test on every op, with those of its samples that fit, each as a Call."""
    numbers: dict[str, list[int]] = {}
    for call, (name, number) in zip(DRAWN, CALLS, strict=True):
        if fits(call):
            numbers.setdefault(name, []).append(number)

    def over_samples(test):
        def each(name):
            for number in numbers[name]:
                autograd.manual_seed(number)
                try:
                    test(Call(name, number))
                except BaseException as error:
                    error.add_note(f"This was the sample {call_id((name, number))}.")
                    raise

        each.__name__, each.__doc__ = test.__name__, test.__doc__
        return pytest.mark.parametrize("name", numbers)(each)

    return over_samples


@pytest.fixture
def call(request) -> Call:
    return Call(*request.param)


def check_close(ours, wanted, rtol=1e-12):
    """Equal shapes and values, relative to the largest; plain values just equal."""
    assert len(ours) == len(wanted)
    for a, b in zip(ours, wanted, strict=True):
        if not isinstance(a, (Tensor, np.ndarray)):
            assert a == b and type(a) is type(b)
            continue
        a, b = np.asarray(a), np.asarray(b)
        assert a.shape == b.shape
        if b.dtype.kind == "c":
            np.testing.assert_allclose(a, b, 1e-12)
            continue
        rtol = max(rtol, 1e-6) if a.dtype == np.float32 else rtol
        finite = np.abs(b, dtype=np.float64, where=np.isfinite(b), out=np.zeros(b.shape))
        np.testing.assert_allclose(a, b, rtol, rtol * finite.max(initial=0.0))


def test_every_op_has_samples():
    without = [name for name in {**REGISTRY, **COMPOSITES} if not SAMPLES.get(name)]
    assert not without, f"ops without a sample in tests/cases: {without}"


def test_every_op_has_an_independent_answer():
    assert [n for n, cases in SAMPLES.items() if not any(c.reference for c in cases)] == []


def test_samples_name_existing_functions():
    known = {**REGISTRY, **COMPOSITES}
    assert [n for n in SAMPLES if n not in known and not hasattr(Tensor, n)] == []


@calls(lambda call: call.case.reference is not None)
def test_value(call):
    check_close(call(*call.tensors(grad=False)), call.reference())


@calls(lambda call: call.arrays and call.case.order >= 1)
def test_gradient(call):
    assert gradcheck(call.graded, call.tensors(), rtol=TIGHT)


@calls(lambda call: call.arrays and call.case.order >= 2)
def test_second_gradient(call):
    many = sum(array.size for array in call.arrays) > 60  # of recurrent layers
    assert gradgradcheck(call.graded, call.tensors(), rtol=TIGHT, fast_mode=many)


@calls(lambda call: call.arrays and call.case.order >= 2)
def test_gradient_is_the_same_when_it_is_recorded(call):
    """Where it is computed by other means than ordinarily, as by ops in place of a kernel; the
    second derivative, of the recorded one, does not tell."""
    plain, recorded = (gradients(call, call.tensors(), create) for create in (False, True))
    for a, b in zip(plain, recorded, strict=True):
        a, b = (np.zeros(()) if g is None else g for g in (a, b))
        np.testing.assert_allclose(*np.broadcast_arrays(a, b), 1e-11,
                                   1e-11 * np.abs(a).max(initial=0.0))


@calls(lambda call: call.case.order == 0 and call.arrays)
def test_without_gradient(call):
    """What has no gradient says so when asked, or gives a result that does not require grad."""
    try:
        results = call(*call.tensors())
    except RuntimeError as error:
        assert "no gradient" in str(error)
        results = call(*call.tensors(grad=False))
    if call.name in REGISTRY and REGISTRY[call.name].once:
        with pytest.raises(RuntimeError, match=f"{call.name}: .* differentiated no further"):
            gradients(call, call.tensors())
    else:
        assert not differentiable(results)


def asks_for_float64(call) -> bool:
    given = [*call.case.args, *call.case.kwargs.values()]
    named = call.name in ("double", "float_power")
    return named or any(isinstance(g, (np.dtype, type)) for g in given)


@calls(lambda call: call.arrays and not asks_for_float64(call))
def test_float32_stays_float32(call):
    wanted = call(*call.tensors(grad=False))
    tensors = call.tensors(np.float32, grad=call.case.order > 0)
    results = call(*tensors)
    for result, double in zip(call.graded(*tensors), wanted, strict=False):
        if isinstance(result, Tensor):
            narrow = np.float32 if double.dtype == np.float64 else double.dtype
            assert result.dtype == narrow
    check_close([r.detach() if isinstance(r, Tensor) else r for r in results], wanted, 1e-4)
    if call.case.order:
        for ours, double in zip(gradients(call, tensors), gradients(call, call.tensors()),
                                strict=True):
            assert (ours is None) == (double is None)
            if ours is not None:
                assert ours.dtype == np.float32
                check_close([ours], [double], 1e-3)


def layouts(array: np.ndarray):
    """The same numbers in other memory layouts."""
    yield np.array(array, order="F")
    wide = np.full([2 * n for n in array.shape], 7.0)
    strided = wide[(..., *(slice(1, None, 2) for _ in array.shape))]
    strided[...] = array
    yield strided
    if array.ndim:
        yield array[::-1].copy()[::-1]


@calls(lambda call: call.arrays and call.name not in NEEDS_CONTIGUOUS)
def test_memory_layout_does_not_count(call):
    wanted = call(*call.tensors(grad=False))
    grads = gradients(call, call.tensors()) if call.case.order else None
    for arrays in zip(*map(layouts, call.arrays)):
        tensors = [autograd.from_numpy(a) for a in arrays]
        check_close(call(*tensors), wanted)
        if grads:
            for tensor in tensors:
                tensor.requires_grad_()
            check_close([g for g in gradients(call, tensors) if g is not None],
                        [g for g in grads if g is not None])


@calls(lambda call: call.arrays)
def test_inputs_stay_unchanged(call):
    tensors = call.tensors(grad=call.case.order > 0)
    gradients(call, tensors)
    for tensor, array in zip(tensors, call.arrays, strict=True):
        np.testing.assert_array_equal(tensor.detach().numpy(), array)


# composites that may return their input itself or, recorded as such, a view of it
SHOWING = {"to", "double", "long", "cpu", "view_as", "reshape_as", "flatten", "unflatten", "einsum",
           "swapaxes", "movedim", "t", "expand_as", "broadcast_to", "contiguous", "select",
           "narrow", "chunk", "tensor_split", "pixel_shuffle", "channel_shuffle", "positive",
           "type_as", "conj", "conj_physical", "resolve_conj", "resolve_neg", "real", "ravel",
           "broadcast_tensors", "atleast_1d", "atleast_2d", "atleast_3d", "hsplit", "vsplit",
           "dsplit", "as_strided", "linalg_diagonal", "split_with_sizes"}


@calls(lambda call: call.name not in SHOWING
       and not (call.name in REGISTRY and REGISTRY[call.name].view))
def test_results_own_their_memory(call):
    given = call.tensors(grad=False)

    def make(array):
        given.append(autograd.tensor(array))
        return given[-1]

    for result in several(call.function(*call.arguments(given[:], make), **call.case.kwargs)):
        if isinstance(result, Tensor):
            assert not any(np.shares_memory(result.detach().numpy(), x.numpy()) for x in given)


@calls(lambda call: call.case.order and len(call.arrays) > 1)
def test_one_input_without_grad(call):
    wanted = gradients(call, call.tensors())
    for i in range(len(call.arrays)):
        tensors = call.tensors()
        tensors[i].requires_grad_(False)
        found = gradients(call, tensors)
        assert found[i] is None
        for j, (a, b) in enumerate(zip(found, wanted, strict=True)):
            if j != i and b is not None:
                assert a is not None
                np.testing.assert_array_equal(a, b)


@calls(lambda call: call.case.order and len(call.arrays) == 2
       and call.arrays[0].shape == call.arrays[1].shape)
def test_the_same_tensor_twice(call):
    apart = [autograd.tensor(call.arrays[1], requires_grad=True) for _ in range(2)]
    first, second = gradients(call, apart)
    x = autograd.tensor(call.arrays[1], requires_grad=True)
    results = differentiable(call(x, x))
    g, = autograd.grad(results, [x], [autograd.tensor(w) for w in weights(results)])
    wanted = (0 if first is None else first) + (0 if second is None else second)
    check_close([g], [wanted])


def is_method(call) -> bool:
    is_one = Tensor.__dict__.get(call.name) is function(call.name)
    return is_one and isinstance(call.case.args[0], (Spec, np.ndarray))


@calls(lambda call: call.arrays and is_method(call))
def test_method_is_the_function(call):
    first, *rest = call.arguments(call.tensors(grad=False), autograd.tensor)
    result = getattr(first, call.name)(*rest, **call.case.kwargs)
    result = list(result) if isinstance(result, (list, tuple)) else [result]
    check_close(result, call(*call.tensors(grad=False)), 0)


@calls(lambda call: call.name in INPLACE and is_method(call))
def test_inplace_twin(call):
    leaf, *rest = call.arguments(call.tensors(), autograd.tensor)
    wanted = call(*call.tensors(grad=False))[0]
    target = leaf * 1.0 if leaf.is_floating_point() else leaf.clone()
    before, version = target.detach().numpy().copy(), target._version[0]
    twin = getattr(target, call.name + "_")
    fits = (wanted.shape == target.shape
            and np.can_cast(wanted.dtype, target.dtype, "same_kind"))
    if not fits:
        with pytest.raises(RuntimeError, match=f"{call.name}_"):
            twin(*rest, **call.case.kwargs)
        np.testing.assert_array_equal(target.detach().numpy(), before)
        return
    assert twin(*rest, **call.case.kwargs) is target
    assert target.dtype == leaf.dtype and target._version[0] > version
    check_close([target.detach()], [wanted], 0)


@calls(lambda call: call.name in INPLACE and call.case.order
       and isinstance(call.case.args[0], Spec))
def test_inplace_twin_has_the_same_gradient(call):
    result, = call(*call.tensors())
    if not result.requires_grad or result.shape != call.arrays[0].shape:
        return  # it does not fit into the input

    def twin(*tensors):
        first, *rest = call.arguments(tensors, autograd.tensor)
        target = autograd.mul(first, 1.0)
        return [getattr(target, call.name + "_")(*rest, **call.case.kwargs)]

    check_close(gradients(twin, call.tensors()), gradients(call, call.tensors()))


def elementwise(names):
    """Run a test on the first all-random sample of each of these ops."""
    found = []
    for name in names:
        for number in range(len(SAMPLES[name])):
            call = Call(name, number)
            if call.arrays and len(call.arrays) == len(REGISTRY[name].inputs):
                found.append((name, number))
                break
    return pytest.mark.parametrize("call", found, ids=call_id, indirect=True)


@elementwise(BINARY + UNARY)
@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3)])
def test_empty(call, shape):
    tensors = [autograd.zeros(shape, dtype=autograd.float64, requires_grad=call.case.order > 0)
               for _ in call.arrays]
    result, = call(*tensors)
    assert result.shape == shape
    if call.case.order:
        assert all(g.shape == shape for g in gradients(call, tensors) if g is not None)


@pytest.mark.slow
@elementwise(BINARY + UNARY)
def test_many_numbers_are_computed_as_few_are(call):
    """Whichever way large arrays go: in blocks, in a kernel, by several threads."""
    few = [np.resize(array, 60) for array in call.arrays]
    many = [np.tile(array, 300).reshape(3, 6000) for array in few]
    grad = call.case.order > 0
    small, large = ([autograd.tensor(a, requires_grad=grad) for a in arrays]
                    for arrays in (few, many))
    check_close([np.tile(r.detach(), 300).reshape(3, 6000) for r in call(*small)],
                [r.detach().numpy() for r in call(*large)])
    if grad:
        found = gradients(lambda *x: [y.sum() for y in call(*x)], large)
        wanted = gradients(lambda *x: [y.sum() for y in call(*x)], small)
        for a, b in zip(found, wanted, strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                check_close([a], [np.tile(b, 300).reshape(3, 6000)])


@elementwise(BINARY)
def test_broadcast_of_size_one(call):
    """Shapes (2, 1, 3), (2, 1) and () against the same numbers spread out by NumPy."""
    shapes = [(2, 1, 3), (2, 1), ()]
    arrays = [np.resize(a, shapes[i % 3]) for i, a in enumerate(call.arrays)]
    whole = np.broadcast_shapes(*(a.shape for a in arrays))
    small = [autograd.tensor(a, requires_grad=call.case.order > 0) for a in arrays]
    large = [autograd.tensor(np.broadcast_to(a, whole), requires_grad=call.case.order > 0)
             for a in arrays]
    check_close([r.detach() for r in call(*small)], [r.detach() for r in call(*large)], 0)
    if call.case.order:
        for ours, spread, array in zip(gradients(call, small), gradients(call, large), arrays,
                                       strict=True):
            axes = tuple(i for i, n in enumerate((1,) * (3 - array.ndim) + array.shape)
                         if n != whole[i])
            check_close([ours], [spread.sum(axes, keepdims=True).reshape(array.shape)])


@elementwise(UNARY)
def test_special_values(call):
    """NaN and infinities go through as the reference says, forward and back, without a warning."""
    values = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 1e300, -1e300, 5e-324])
    x = autograd.tensor(values, requires_grad=call.case.order > 0)
    result, = call(x)
    with np.errstate(all="ignore"):
        wanted = call.case.reference(values)
    np.testing.assert_allclose(result.detach(), wanted, 1e-12, 1e-300)
    if call.case.order:
        gradients(call, [x])


