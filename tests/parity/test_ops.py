"""The ops' samples against PyTorch: values, dtypes, shapes, gradients; and the promotion table."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd
from autograd.record import COMPOSITES, REGISTRY
from autograd.tensors import Tensor
from tests.samples import CALLS, Call, call_id, differentiable, gradients, several, weights

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]
BINARY = ["add", "sub", "mul", "div", "true_divide", "floor_divide", "remainder", "fmod", "pow",
          "atan2", "maximum", "minimum", "logical_and", "logical_or", "logical_xor", "bitwise_and",
          "bitwise_or", "bitwise_xor", *COMPARISONS]
UNARY = ["abs", "neg", "sign", "square", "exp", "exp2", "expm1", "log", "log1p", "log2", "log10",
         "sqrt", "rsqrt", "reciprocal", "sin", "cos", "tan", "asin", "acos", "atan", "sinh",
         "cosh", "tanh", "sigmoid", "erf", "floor", "ceil", "trunc", "round", "isnan", "isinf",
         "isfinite", "logical_not", "bitwise_not", "sum", "mean", "prod", "amax", "amin", "any",
         "all", "var", "std"]
# what the nine dtypes are tried with: two operands of one dimension, none, and Python's numbers
VALUES = {"vector": [2, 1, 3], "other": [1, 1, 2], "scalar": 2}
NUMBERS = {"True": True, "2": 2, "1.5": 1.5}


def to_torch(value):
    """An argument as PyTorch takes it."""
    if isinstance(value, np.dtype):
        return getattr(torch, value.name)
    return torch.tensor(value) if isinstance(value, np.ndarray) else value


def same_type(ours, theirs):
    """Equal dtypes and shapes."""
    if not isinstance(theirs, torch.Tensor):
        assert type(ours) is type(theirs)
        return
    assert isinstance(ours, Tensor)
    assert f"torch.{ours.dtype.name}" == str(theirs.dtype)
    assert tuple(ours.shape) == tuple(theirs.shape)


def check_same(ours, theirs, rtol=1e-9):
    """Equal dtypes and shapes, and values relative to the largest."""
    same_type(ours, theirs)
    a, b = np.asarray(ours), np.asarray(
        theirs.resolve_conj() if isinstance(theirs, torch.Tensor) else theirs)
    rtol = {"float16": 2e-3, "float32": 2e-6}.get(b.dtype.name, rtol)
    largest = np.abs(b[np.isfinite(b)]).max(initial=0.0) if b.dtype.kind == "f" else 0.0
    np.testing.assert_allclose(a, b, rtol, rtol * largest)


def torch_function(name: str):
    """PyTorch's function of that name, or its method."""
    return next(found for home in (torch, torch.special, torch.Tensor)
                for found in [getattr(home, name, None)] if callable(found))


def theirs(call: Call, inputs):
    """What PyTorch makes of the same sample."""
    function = call.case.torch or torch_function(call.name)
    arguments = [to_torch(a) for a in call.arguments(inputs, torch.tensor)]
    kwargs = {key: to_torch(value) for key, value in call.case.kwargs.items()}
    return several(function(*arguments, **kwargs))


COMPARED = [c for c in CALLS if Call(*c).case.torch is not False]


@pytest.mark.parametrize("sample", COMPARED, ids=call_id)
def test_value_dtype_and_shape(sample):
    call = Call(*sample)
    results = call(*call.tensors(grad=False))
    expected = theirs(call, [torch.tensor(a) for a in call.arrays])
    assert len(results) == len(expected)
    for a, b in zip(results, expected, strict=True):
        check_same(a, b)


NO_GRADIENT = ("floor_divide",  # PyTorch's raises; ours is 0
               "as_strided_scatter")  # PyTorch 2.13's is 0 in the wrong places


@pytest.mark.parametrize("sample", [c for c in COMPARED if Call(*c).case.order and Call(*c).arrays
                                    and c[0] not in NO_GRADIENT], ids=call_id)
def test_gradient(sample):
    call = Call(*sample)
    inputs = [torch.tensor(a, requires_grad=True) for a in call.arrays]
    found = gradients(call, call.tensors())
    results = [r for r in theirs(call, inputs) if isinstance(r, torch.Tensor) and r.requires_grad]
    assert len(results) == len(differentiable(call(*call.tensors())))
    if not results:
        return
    expected = torch.autograd.grad(results, inputs, [torch.tensor(w) for w in weights(results)],
                                   allow_unused=True)
    for a, b in zip(found, expected, strict=True):
        a, b = (np.zeros(()) if g is None else np.asarray(g) for g in (a, b))
        np.testing.assert_allclose(a, b, 1e-9, 1e-9 * np.abs(b).max(initial=0.0))


def both(function_name: str, ours, expected, *options):
    """The function of either library on the same arguments; an error is a result too."""
    results = []
    for function, args in ((ours_function(function_name), ours),
                           (torch_function(function_name), expected)):
        try:
            results.append(function(*args, *options))
        except (RuntimeError, TypeError, ValueError, ZeroDivisionError) as error:
            results.append(error)
    return results


def ours_function(name: str):
    return REGISTRY[name].function if name in REGISTRY else COMPOSITES[name]


def operands(dtype: str, kind: str):
    values = np.array(VALUES[kind]).astype(dtype)
    return autograd.tensor(values), torch.tensor(values)


@pytest.mark.parametrize("name", BINARY)
def test_promotion_of_two(name):
    """Every pair of dtypes: vectors, 0-d tensors on either side, Python numbers on either side."""
    pairs = []
    for first, second in itertools.product(DTYPES, DTYPES):
        for kinds in (("vector", "other"), ("vector", "scalar"), ("scalar", "vector"),
                      ("scalar", "scalar")):
            pairs.append((operands(first, kinds[0]), operands(second, kinds[1]),
                          f"{first} {kinds[0]}, {second} {kinds[1]}"))
    for first, (label, number) in itertools.product(DTYPES, NUMBERS.items()):
        for kind in ("vector", "scalar"):
            pairs.append((operands(first, kind), (number, number), f"{first} {kind}, {label}"))
    compare_all(name, pairs)


def compare_all(name, pairs):
    """Our result has PyTorch's dtype, shape and values wherever PyTorch has a result."""
    wrong = []
    for *arguments, label in pairs:
        ours, expected = both(name, *zip(*arguments))
        if isinstance(expected, Exception):
            continue
        try:
            if isinstance(ours, Exception):
                raise AssertionError(str(ours)) from ours
            check_same(ours, expected)
        except AssertionError as error:
            found = f"{ours.dtype} {tuple(ours.shape)}" if isinstance(ours, Tensor) else str(error)
            wrong.append(f"{label}: {found} where PyTorch gives {expected.dtype} {expected}")
    assert not wrong, f"{name}: {len(wrong)} differ:\n" + "\n".join(wrong)


@pytest.mark.parametrize("operator", ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"])
def test_promotion_of_reflected_operators(operator):
    """`2 - t` and the like: Python numbers on the left."""
    import operator as operators

    function, wrong = getattr(operators, operator), []
    for dtype, (label, number), kind in itertools.product(DTYPES, NUMBERS.items(),
                                                          ("vector", "scalar")):
        ours, expected = operands(dtype, kind)
        try:
            wanted = function(number, expected)
        except RuntimeError:
            continue
        try:
            check_same(function(number, ours), wanted)
        except (AssertionError, TypeError, ValueError) as error:
            wrong.append(f"{label} {operator} {dtype} {kind}: {str(error)[:300]}; PyTorch gives "
                         f"{wanted.dtype}")
    assert not wrong, "\n".join(wrong)


# where we differ on purpose: the sign of NaN is NaN as in NumPy, and a bool has no sign
OUR_OWN_ANSWER = {("sign", "bool"), ("sign", "special values")}
SPREADS = ("var", "std")  # PyTorch warns of those of a single element


@pytest.mark.parametrize("name", UNARY)
def test_promotion_of_one(name):
    compare_all(name, [(operands(dtype, kind), f"{dtype} {kind}")
                       for dtype in DTYPES for kind in ("vector", "scalar")
                       if (name, dtype) not in OUR_OWN_ANSWER
                       and not (name in SPREADS and kind == "scalar")])


@pytest.mark.parametrize("name", [name for name in UNARY[:UNARY.index("sum")]
                                  if (name, "special values") not in OUR_OWN_ANSWER])
def test_special_values(name):
    values = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 1e300, -1e300])
    ours, expected = both(name, (autograd.tensor(values),), (torch.tensor(values),))
    if not isinstance(expected, Exception):
        check_same(ours, expected)
        a, b = ours.numpy(), expected.numpy()
        zeros = (a == 0) & (a.dtype.kind == "f")
        np.testing.assert_array_equal(np.signbit(a[zeros]), np.signbit(b[zeros]))


def test_where_promotes_like_pytorch():
    mask = np.array([True, False, True])
    wrong = []
    for first, second in itertools.product(DTYPES, DTYPES):
        for kinds in (("vector", "other"), ("vector", "scalar"), ("scalar", "scalar")):
            (a, ta), (b, tb) = operands(first, kinds[0]), operands(second, kinds[1])
            expected = torch.where(torch.tensor(mask), ta, tb)
            ours = autograd.where(autograd.tensor(mask), a, b)
            if f"torch.{ours.dtype.name}" != str(expected.dtype):
                wrong.append(f"{first} {second} {kinds}: {ours.dtype}, not {expected.dtype}")
    assert not wrong, "\n".join(wrong)


# PyTorch gives NaN for the rest of a quotient beyond 1e37
EDGES = np.array([0.0, -0.0, 0.5, -1.5, 2.5, 3.0, -6.0, 1e-9, 1e15, 8388608.5, np.inf, -np.inf,
                  np.nan, 0.015, -0.125])  # fmt: skip
OF_EDGES = {
    "remainder": (lambda t, x, y: t.remainder(x, y), 2),
    "remainder of numbers": (lambda t, x: x % -0.7, 1),
    "fmod": (lambda t, x, y: t.fmod(x, y), 2),
    "floor": (lambda t, x, y: t.div(x, y, rounding_mode="floor"), 2),
    "trunc": (lambda t, x, y: t.div(x, y, rounding_mode="trunc"), 2),
    "rounded": (lambda t, x: t.round(x), 1),
    "two digits": (lambda t, x: t.round(x, decimals=2), 1),
    "clamped": (lambda t, x: t.clamp(t.clamp(x, min=-1.0), max=2.0), 1),
    "scaled": (lambda t, x, y: t.sub(x, y, alpha=0.5), 2),
    "powers": (lambda t, x: t.stack([x**2, x**3, x**-1, x**-2, x**0.5, x**-0.5, 2.0**x]), 1),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("repeats", [1, 200], ids=["small", "large"])
@pytest.mark.parametrize("name", OF_EDGES)
def test_edges(name, repeats, dtype):
    call, count = OF_EDGES[name]
    pairs = np.meshgrid(EDGES.astype(dtype), EDGES.astype(dtype))
    given = [np.tile(x.reshape(-1), repeats) for x in pairs[:count]]
    found = np.asarray(call(autograd, *map(autograd.tensor, given)))
    wanted = call(torch, *map(torch.tensor, given)).numpy()
    np.testing.assert_allclose(found, wanted, rtol=4e-7 if dtype == "float32" else 1e-15)
    if not name.startswith("remainder"):  # whose zeros have the sign of the divisor, as Python's
        zero = wanted == 0
        np.testing.assert_array_equal(np.signbit(found[zero]), np.signbit(wanted[zero]))
