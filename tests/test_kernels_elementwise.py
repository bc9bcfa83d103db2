"""Formulas: each against SciPy, and its three readings against each other: arrays by NumPy, one
number in a kernel's loop, Tensors by ops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

import autograd
from autograd import kernels, threads
from autograd.gate import WORDS, formula
from autograd.kernels import reference
from autograd.kernels.formulas import FORMULAS, read
from autograd.kernels.thresholds import SHARED
from tests.formulas import arguments, operands, settings

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")
elementwise = pytest.importorskip("autograd.kernels.compiled.elementwise")
gather = pytest.importorskip("autograd.kernels.compiled.gather")

TOLERANCE = {np.float32: 1e-6, np.float64: 2e-14}
both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])
both_tiers = pytest.mark.parametrize("tier", [compiled, reference], ids=["compiled", "reference"])
every_formula = pytest.mark.parametrize("name", FORMULAS)


def _softplus(x, beta=1.0, threshold=np.inf):
    return np.where(beta * x > threshold, x, np.logaddexp(0, beta * x) / beta)


TRUTH = {
    "absolute": np.abs,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "add": np.add,
    "add_scaled": lambda x, y, alpha: x + alpha * y,
    "addcdiv": lambda x, a, b, value: x + value * a / b,
    "addcmul": lambda x, a, b, value: x + value * a * b,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "at_least": np.maximum,
    "at_most": np.minimum,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "atanh": np.arctanh,
    "ceil": np.ceil,
    "clip": np.clip,
    "copysign": np.copysign,
    "cos": np.cos,
    "cosh": np.cosh,
    "cube": lambda x: x**3,
    "deg2rad": np.deg2rad,
    "div": np.divide,
    "elu": lambda x, a, scale, inner: scale * np.where(x > 0, x, a * (np.expm1(inner * x))),
    "erf": special.erf,
    "erfc": special.erfc,
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "filled_in": lambda x, *values: np.nan_to_num(x, True, *values),
    "floor": np.floor,
    "floor_divide": np.floor_divide,
    "fmod": np.fmod,
    "frac": lambda x: x - np.trunc(x),
    "gelu": lambda x: x * stats.norm.cdf(x),
    "gelu_tanh": lambda x: x * special.expit(2 * np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)),
    "hardshrink": lambda x, lambd: np.where(np.abs(x) > lambd, x, 0),
    "hardsigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "hypot": np.hypot,
    "hypot_rule": lambda g, x, y: g * x / np.hypot(x, y),
    "inverse_square": lambda x: x**-2.0,
    "leaky_relu": lambda x, slope: np.where(x > 0, x, slope * x),
    "lerp": lambda x, end, weight: x + weight * (end - x),
    "log": np.log,
    "log10": np.log10,
    "log1p": np.log1p,
    "log2": np.log2,
    "logaddexp": np.logaddexp,
    "logaddexp2": np.logaddexp2,
    "logaddexp2_rule": lambda g, x, y: g / (1 + 2.0 ** (y - x)),
    "logaddexp_rule": lambda g, x, y: g / (1 + np.exp(y - x)),
    "logit": special.logit,
    "logit_rule": lambda g, x: g / (x * (1 - x)),
    "logsigmoid": special.log_expit,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "mul": np.multiply,
    "neg": np.negative,
    "nextafter": np.nextafter,
    "normal": stats.norm.cdf,
    "over_square": lambda a, x, y: a / (x * x + y * y),
    "power_rule": lambda g, power, exponent: g * power * exponent,
    "prelu": lambda x, weight: np.where(x > 0, x, weight * x),
    "quotient_rule": lambda g, x, y: -g * x / y**2,
    "rad2deg": np.rad2deg,
    "reciprocal": lambda x: 1 / x,
    "relu": lambda x: np.where(x > 0, x, 0),
    "remainder": np.remainder,
    "rint": np.rint,
    "round_scaled": lambda x, scale: np.rint(x * scale) / scale,
    "rsqrt": lambda x: x**-0.5,
    "safe_div": np.divide,
    "safe_mul": np.multiply,
    "sigmoid": special.expit,
    "sign": np.sign,
    "silu": lambda x: x * special.expit(x),
    "sin": np.sin,
    "sinh": np.sinh,
    "smooth_relu": _softplus,
    "softshrink": lambda x, lambd: np.sign(x) * np.maximum(np.abs(x) - lambd, 0),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sqrt": np.sqrt,
    "square": np.square,
    "step": np.heaviside,
    "sub": np.subtract,
    "sub_scaled": lambda x, y, alpha: x - alpha * y,
    "tanh": np.tanh,
    "tanhshrink": lambda x: x - np.tanh(x),
    "tan": np.tan,
    "threshold": lambda x, threshold, value: np.where(x > threshold, x, value),
    "trunc": np.trunc,
    "trunc_divide": lambda x, y: np.trunc(x / y),
    "where": np.where,
}
SLOPE_OF = {"above_grad": ("clip", (-1.0, np.inf)), "below_grad": ("clip", (-np.inf, 2.0)),
            "shrink_grad": ("hardshrink", (0.5,)), "threshold_grad": ("threshold", (5.0, 0.7)),
            }  # fmt: skip
LOGARITHMS = "log", "log1p", "log2", "log10"
GRADS = [name for name in FORMULAS if name.endswith("_grad")]


def numbers(size, dtype, seed=0):
    """Numbers between -10 and 10 that are not near a kink, which float32 may round to."""
    x = np.random.default_rng(seed).uniform(-10, 10, size).astype(dtype)
    near = np.min([np.abs(np.abs(x) - kink) for kink in (0, 0.5, 1, 2, 2.5, 3, 5)], 0) < 0.01
    return np.where(near, dtype(1.5), x)


def asked(name, size, dtype):
    seeds = iter(range(9))
    return operands(name, lambda: numbers(size, dtype, next(seeds)),
                    lambda: np.abs(numbers(size, dtype, next(seeds))))


def close(found, wanted, dtype):
    assert found.dtype == dtype and found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=TOLERANCE[dtype] * 3, atol=TOLERANCE[dtype] * 3)


def test_every_formula_is_here():
    assert {*TRUTH, *GRADS} == set(FORMULAS)
    others = {"converted", "copy_", "resample", "gather", "scatter", "mask"}
    assert set(SHARED) - set(FORMULAS) == others


@both_types
@both_tiers
@pytest.mark.parametrize("name", TRUTH)
def test_values(name, tier, dtype):
    given = asked(name, 1037, dtype)
    wide = [x.astype(float) if getattr(x, "dtype", None) == dtype else x for x in given]
    close(tier.elementwise(name, *given), TRUTH[name](*wide), dtype)


@both_types
@both_tiers
@pytest.mark.parametrize("name", GRADS)
def test_gradients_against_differences(name, tier, dtype):
    of, given = SLOPE_OF.get(name, (name.removesuffix("_grad"), settings(name)))
    x, g, h = numbers(1037, np.float64), numbers(1037, dtype, 1), 1e-3
    x = np.abs(x) + 0.5 if of in (*LOGARITHMS, "sqrt", "rsqrt", "reciprocal") else x
    near = [TRUTH[of](x + k * h, *given) for k in (-2, -1, 1, 2)]
    slope = (8 * (near[2] - near[1]) - (near[3] - near[0])) / (12 * h)
    saved = x if "input" in arguments(name) else TRUTH[of](x, *given)
    found = tier.elementwise(name, g, saved.astype(dtype), *settings(name))
    assert found.dtype == dtype
    tolerance = 3e-5 if dtype == np.float32 else 1e-7
    np.testing.assert_allclose(found, g * slope, rtol=tolerance, atol=tolerance * 10)


@both_types
@every_formula
def test_special_numbers_are_alike_in_both_tiers(name, dtype):
    given = asked(name, 1024, dtype)
    special = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 1e-30, -1e-30, -0.0, 0.0], dtype)
    arrays = [x for x in given if getattr(x, "dtype", bool) == dtype]
    for at, x in enumerate(arrays):
        x[:81] = np.tile(special, 9) if at % 2 else np.repeat(special, 9)
    with np.errstate(all="ignore"):
        found, wanted = (tier.elementwise(name, *given) for tier in (compiled, reference))
    np.testing.assert_allclose(found, wanted, rtol=TOLERANCE[dtype] * 10, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("name", [*GRADS, *sorted(WORDS.keys() & FORMULAS), "gelu", "lerp"])
def test_a_formula_of_tensors_is_that_of_arrays(name):
    given = asked(name, 37, np.float64)
    tensors = [autograd.tensor(x) if isinstance(x, np.ndarray) else x for x in given]
    found = formula(name)(*tensors)
    assert isinstance(found, autograd.Tensor)
    np.testing.assert_allclose(found.numpy(), FORMULAS[name](*given), rtol=1e-12, atol=1e-12)


def test_numbers_in_formulas_take_the_arrays_type():
    for name, text in FORMULAS.items():
        if hasattr(text, "__code__") and text.__module__.endswith("formulas"):
            kinds = {type(c) for c in read(text, vars(autograd.kernels.vocabulary),
                                           np.float32).__code__.co_consts} - {type(None)}
            assert kinds <= {np.float32}, name


@pytest.mark.parametrize("size", [0, 1, 5, 63, 64, 1023, 1024, 1025, 2049])
def test_sizes(size):
    x = numbers(size, np.float32)
    close(compiled.elementwise("silu", x), reference.elementwise("silu", x), np.float32)
    assert compiled.elementwise("silu", x.reshape(1, size)).shape == (1, size)
    assert compiled.elementwise("add", x.reshape(1, size), x[:, None]).shape == (size, size)


SHAPES = [
    ((64,), (64,)), ((40, 50), (40, 50)), ((40, 50), (50,)), ((40, 50), (40, 1)), ((40, 50), (1,)),
    ((40, 50), ()), ((40, 1), (50,)), ((3, 4, 6, 6), (1, 4, 1, 1)), ((3, 4, 6, 6), (3, 1, 6, 6)),
    ((2, 3, 4, 50), (3, 1, 50)), ((2, 1, 4, 50), (3, 1, 50)), ((3, 20000), (3, 1)), ((7, 3), (3,)),
    ((0, 50), (50,)), ((50, 0), (1,)), ((0, 1), (1, 50)), ((1, 1), (1, 64)), ((1, 1), (1, 1)),
    ((), ()), ((2, 1, 3, 1, 700), (5, 1, 4, 1)), ((2000, 3), (2000, 1)),
]  # fmt: skip


@both_types
@pytest.mark.parametrize("parallel", [1, 2])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div"])
def test_broadcast_arithmetic_is_numpys_to_the_last_bit(name, parallel, dtype, monkeypatch):
    monkeypatch.setattr(threads, "_threads", parallel)
    rng = np.random.default_rng(0)
    for shapes in SHAPES:
        a, b = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
        for x, y in ((a, b), (b, a)):
            np.testing.assert_array_equal(np.asarray(compiled.elementwise(name, x, y)),
                                          np.asarray(TRUTH[name](x, y)))


EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, -2.5, 3.0, -6.0, 0.7, 1e-30, -1e-40, 1e30, -3e38,
         16777217.0, 8388608.5, -4194303.75, np.inf, -np.inf, np.nan]  # fmt: skip


@both_types
@pytest.mark.parametrize("parallel", [1, 2])
@pytest.mark.parametrize("name", ["fmod", "remainder", "floor_divide", "trunc_divide"])
def test_divisions_are_numpys_to_the_last_bit(name, parallel, dtype, monkeypatch):
    monkeypatch.setattr(threads, "_threads", parallel)
    edges = np.array(EDGES, dtype)
    steps = np.nextafter(np.arange(1, 200, dtype=dtype) * dtype(0.7), dtype(0))
    rng = np.random.default_rng(0)
    cases = [(edges[:, None], edges), (np.repeat(edges, 300), dtype(0.3)), (steps, dtype(0.7)),
             (rng.standard_normal(70000).astype(dtype) * 50, dtype(-0.7)),
             (rng.standard_normal(70000).astype(dtype) * 10 ** rng.uniform(-9, 9, 70000).astype(
                 dtype), rng.standard_normal(70000).astype(dtype))]  # fmt: skip
    for x, y in cases:
        with np.errstate(all="ignore"):
            wanted = np.asarray(TRUTH[name](x, y))
            found = np.asarray(compiled.elementwise(name, x, y if np.ndim(y) else float(y)))
        np.testing.assert_array_equal(found, wanted, strict=True)
        np.testing.assert_array_equal(np.signbit(found[wanted == 0]),
                                      np.signbit(wanted[wanted == 0]))


@both_types
@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "rint", "step"])
def test_rounding_is_numpys_to_the_last_bit(name, dtype):
    x = np.tile(np.array(EDGES, dtype), 30)
    given = (x, x[::-1].copy()) if name == "step" else (x,)
    found, wanted = compiled.elementwise(name, *given), TRUTH[name](*given)
    np.testing.assert_array_equal(found, wanted, strict=True)
    np.testing.assert_array_equal(np.signbit(found[wanted == 0]), np.signbit(wanted[wanted == 0]))


LONG_ROWS = [((40, 300), (300,)), ((40, 300), (40, 1)), ((40, 1), (1, 300)), ((3, 5, 130), (5, 1)),
             ((2, 3, 7, 200), (3, 1, 1)), ((9, 16, 4, 4), (16, 1, 1)), ((5, 2000), (1,)),
             ((700, 3), (3,)), ((2, 1, 5, 257), (4, 1, 257)), ((33, 2049), (33, 1))]  # fmt: skip


@both_types
@pytest.mark.parametrize("parallel", [1, 2])
def test_rows_that_are_read_in_place_or_repeated(parallel, dtype, monkeypatch):
    monkeypatch.setattr(threads, "_threads", parallel)
    monkeypatch.setitem(SHARED, "sub", 1)
    monkeypatch.setitem(SHARED, "lerp", 1)
    rng = np.random.default_rng(0)
    for shapes in LONG_ROWS:
        a, b = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
        wide = np.broadcast_shapes(*shapes)
        cut = rng.standard_normal((*wide[:-1], wide[-1] + 3)).astype(dtype)[..., 2:-1]
        for x, y in ((a, b), (b, a), (cut, b), (a, cut), (cut, cut[..., ::-1])):
            np.testing.assert_array_equal(compiled.elementwise("sub", x, y), x - y)
        found, wanted = (tier.elementwise("lerp", a, cut, b) for tier in (compiled, reference))
        np.testing.assert_allclose(found, wanted, rtol=TOLERANCE[dtype] * 9, atol=TOLERANCE[dtype])


def test_conditions_are_broadcast_too():
    rng = np.random.default_rng(0)
    for shapes in SHAPES:
        a, b = (rng.standard_normal(shape) for shape in shapes)
        found = compiled.elementwise("where", b > 0, a, b)
        np.testing.assert_array_equal(np.asarray(found), np.where(b > 0, a, b))


@given(st.data(), st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_any_strides(data, shape):
    def draw():
        own = [data.draw(st.sampled_from([1, n])) for n in shape][data.draw(st.integers(0, 1)):]
        order = data.draw(st.permutations(range(len(own))))
        steps = tuple(slice(None, None, data.draw(st.sampled_from([1, 2, -1]))) for _ in own)
        base = rng.standard_normal([2 * own[axis] for axis in order])
        turned = base.transpose([order.index(axis) for axis in range(len(own))])[steps]
        return np.asarray(turned[tuple(slice(n) for n in own)])

    rng = np.random.default_rng(0)
    operands = draw(), draw(), draw()
    found, wanted = (tier.elementwise("lerp", *operands) for tier in (compiled, reference))
    np.testing.assert_allclose(found, wanted, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("change", [
    lambda x: x[::2], lambda x: x[:, ::2], lambda x: x[::-1], lambda x: x[:, ::-1], lambda x: x.T,
    lambda x: np.broadcast_to(x[:1], x.shape), lambda x: np.broadcast_to(x[:, :1], x.shape),
    lambda x: np.asfortranarray(x), lambda x: x.astype(x.dtype.newbyteorder())])
def test_results_lie_as_numpys(change):
    rng = np.random.default_rng(0)
    a = change(rng.standard_normal((80, 80)).astype(np.float32))
    for b in (np.full(a.shape, np.float32(3)), rng.random((a.shape[0], 1), np.float32), a, 2, 0.5):
        found, wanted = compiled.elementwise("sub", a, b), np.subtract(a, b)
        np.testing.assert_array_equal(found, wanted, strict=True)
        assert found.strides == wanted.strides


def test_shapes_that_do_not_fit_raise():
    with pytest.raises(ValueError, match="broadcast"):
        compiled.elementwise("add", np.ones((40, 50), np.float32), np.ones(40, np.float32))


def test_other_types_are_numpys():
    x = np.linspace(-1, 1, 5000)
    assert compiled.elementwise("tanh", x.astype(np.float16)).dtype == np.float16
    assert compiled.elementwise("tanh_grad", x.astype(np.float32), x).dtype == np.float64
    for dtype in (np.int64, np.int8, bool):
        whole = autograd.tensor(np.ones(1 << 17, dtype))
        for op in (autograd.relu, autograd.abs, autograd.sign):
            if dtype is not bool:
                assert op(whole).dtype == dtype


@pytest.mark.parametrize("size", [50, 5003])
@every_formula
def test_float16_is_computed_in_float32_and_rounded_once(name, size):
    given = asked(name, size, np.float16)
    wide = [x.astype(np.float32) if getattr(x, "dtype", bool) == np.float16 else x for x in given]
    with np.errstate(all="ignore"):
        found = kernels.elementwise(name, *given)
        wanted = kernels.elementwise(name, *wide).astype(np.float16)
    np.testing.assert_array_equal(found, wanted, strict=True)


@both_types
def test_results_do_not_depend_on_the_threads(dtype, monkeypatch):
    x, found = numbers((70, 1013), dtype), set()
    for count in (1, 2, 3, 2):
        monkeypatch.setattr(threads, "_threads", count)
        found.add(compiled.elementwise("gelu_grad", x, x[:1]).tobytes()
                  + compiled.elementwise("add", x, x[:, :1]).tobytes())
    assert len(found) == 1


def test_small_arrays_load_no_compiler():
    import subprocess
    import sys

    code = ("import sys, autograd, nn.functional as F\n"
            "x = autograd.ones(3, 3, requires_grad=True)\n"
            "for f in (F.relu, F.silu, F.gelu, F.elu, F.hardswish, autograd.erf, autograd.tanh):\n"
            "    f(x).sum().backward()\n"
            "print('numba' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_next_numbers_to_the_last_bit(dtype):
    limits = np.finfo(dtype)
    edges = np.array([0.0, -0.0, 1, -1, limits.max, limits.min, limits.tiny, np.inf, -np.inf,
                      limits.smallest_subnormal, -limits.smallest_subnormal, 1.5, np.nan], dtype)
    x, other = (np.resize(a, 4096) for a in np.meshgrid(edges, edges))
    found = compiled.elementwise("nextafter", x, other)
    with np.errstate(all="ignore"):
        same = found.view(f"i{found.itemsize}") == np.nextafter(x, other).view(f"i{found.itemsize}")
    assert (same | np.isnan(found) & (np.isnan(x) | np.isnan(other))).all()
