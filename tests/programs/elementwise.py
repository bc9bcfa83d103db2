"""Steps that work element by element: functions of one number, arithmetic, comparisons."""

from __future__ import annotations

import math

import numpy as np

from . import forward as fw
from .forward import Dual, kink, lift, pick, pointwise, promoted
from .program import add

EVERYWHERE = (-50, 50)
KEEPING = ("neg", "square", "abs", "relu", "floor", "ceil", "trunc", "round", "sign")
SELU, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _of_one(name, text, function, low=-3.0, high=3.0, integers=True, weight=0.5):
    """A function of one number between low and high."""
    def draw(c):
        i = c.value(lambda x: (x.floating or (integers and x.dtype != bool)) and _within(x))
        return (i,), {}

    def _within(x):
        return not x.size or (x.value.min() > low and x.value.max() < high)

    def forward(x):
        return function(x if x.floating or name in KEEPING else Dual(
            (x.value * 1.0, *x.parts[1:]), fw.as_float(x)))

    add(name, text, forward, draw, weight=weight)


def _smooth(f, first, second):
    return lambda x: pointwise(x, f, first, second)


def softplus(x):
    return fw.log(1 + fw.exp(x))


def relu(x):
    kink(x.value)
    return pick(x.value > 0, x, lift(0))


def gelu(x):
    return x * (fw.erf(x * math.sqrt(0.5)) + 1) * 0.5


def elu(x, alpha=1.0):
    kink(x.value)
    return pick(x.value > 0, x, (fw.exp(x) - 1) * alpha)


def outside(x, width, shift):
    """0 within ±width, and x moved towards 0 by `shift` beyond."""
    kink(np.abs(x.value) - width)
    return pick(np.abs(x.value) > width, x - lift(np.sign(x.value) * shift), x * 0.0)


sin = _smooth(np.sin, np.cos, lambda v: -np.sin(v))
cos = _smooth(np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v))
asin = _smooth(np.arcsin, lambda v: (1 - v * v) ** -0.5, lambda v: v * (1 - v * v) ** -1.5)
atan = _smooth(np.arctan, lambda v: 1 / (1 + v * v), lambda v: -2 * v / (1 + v * v) ** 2)

METHODS = {
    "exp": (fw.exp, -5, 3), "expm1": (lambda x: fw.exp(x) - 1, -5, 3),
    "exp2": (lambda x: fw.exp(x * math.log(2)), -5, 4),
    "log": (fw.log, 0.05, 60), "log1p": (lambda x: fw.log(x + 1), -0.9, 60),
    "log2": (lambda x: fw.log(x) / math.log(2), 0.05, 60),
    "log10": (lambda x: fw.log(x) / math.log(10), 0.05, 60),
    "sqrt": (fw.sqrt, 0.02, 60), "rsqrt": (lambda x: 1 / fw.sqrt(x), 0.05, 60),
    "reciprocal": (fw.reciprocal, 0.05, 60), "sin": (sin, *EVERYWHERE), "cos": (cos, *EVERYWHERE),
    "tan": (lambda x: sin(x) / cos(x), -1.3, 1.3), "asin": (asin, -0.95, 0.95),
    "acos": (lambda x: math.pi / 2 - asin(x), -0.95, 0.95), "atan": (atan, *EVERYWHERE),
    "sinh": (lambda x: (fw.exp(x) - fw.exp(-x)) / 2, -3, 3),
    "cosh": (lambda x: (fw.exp(x) + fw.exp(-x)) / 2, -3, 3),
    "tanh": (fw.tanh, -6, 6), "sigmoid": (fw.sigmoid, -9, 9), "erf": (fw.erf, -4, 4),
}
for _name, (_function, _low, _high) in METHODS.items():
    _of_one(_name, f"{{0}}.{_name}()", _function, _low, _high)

for _name, _function in {"neg": Dual.__neg__, "square": lambda x: x * x, "abs": fw.absolute,
                         "relu": relu}.items():
    _of_one(_name, f"{{0}}.{_name}()", _function, *EVERYWHERE, weight=0.8)

ACTIVATIONS = {
    "softplus": softplus, "gelu": gelu, "silu": lambda x: x * fw.sigmoid(x), "elu": elu,
    "logsigmoid": lambda x: -softplus(-x), "mish": lambda x: x * fw.tanh(softplus(x)),
    "softsign": lambda x: x / (1 + fw.absolute(x)), "tanhshrink": lambda x: x - fw.tanh(x),
    "selu": lambda x: elu(x, SELU) * SELU_SCALE, "relu6": lambda x: fw.clip(x, 0, 6),
    "hardtanh": lambda x: fw.clip(x, -1, 1), "softshrink": lambda x: outside(x, 0.5, 0.5),
    "hardshrink": lambda x: outside(x, 0.5, 0),
    "hardsigmoid": lambda x: fw.clip(x / 6 + 0.5, 0, 1),
    "hardswish": lambda x: x * fw.clip(x / 6 + 0.5, 0, 1),
    "celu": elu, "leaky_relu": lambda x: pick(x.value > 0, x, elu(x) * 0 + x * 0.01),
}
for _name, _function in ACTIVATIONS.items():
    _of_one("F." + _name, f"F.{_name}({{0}})", _function, -8, 8, integers=False, weight=0.25)


def _steps(function):
    """A piecewise constant function: kinked where it jumps."""
    def forward(x):
        kink(x.value - np.round(x.value * 2) / 2 if x.floating else 1)
        return fw.constant(function(x.value), x.dtype)
    return forward


for _name, _function in {"floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "round": np.round,
                         "sign": np.sign}.items():
    _of_one(_name, f"{{0}}.{_name}()", _steps(_function), *EVERYWHERE, weight=0.15)


def two(c):
    """Two values that broadcast, or a value and itself."""
    i = c.value()
    return (i, c.partner(i)), {}


def with_number(c):
    i, number = c.value(), c.number()
    return (i,), {"number": abs(number) if c[i].dtype == np.uint8 else number}


def quotient(x, y):
    if np.any(np.abs(lift(y).value) < 0.1):
        raise fw.Rejected("near a pole")
    return pointwise(x, *[lambda v: v, np.ones_like, np.zeros_like]) / y


def extreme(larger):
    def forward(x, y):
        kink(x.value - y.value)
        return pick((x.value > y.value) == larger, x, y)
    return forward


def _divided(function):
    """x - y * n for the whole number n that `function` makes of x / y."""
    def forward(x, y):
        y = lift(y)
        if np.any(np.abs(y.value) < 0.1):
            raise fw.Rejected("near a pole")
        ratio = x.value / y.value
        kink(ratio - np.round(ratio) if promoted(x, y).kind == "f" else 1)
        result = x - y * lift(function(ratio).astype(promoted(x, y)))
        return Dual(result.parts, promoted(x, y))
    return forward


def atan2(y, x):
    if np.any(np.abs(x.value) < 0.1):
        raise fw.Rejected("near a pole")
    kink(y.value)
    angle = atan(y / x)
    return angle + lift(np.arctan2(y.value * 1.0, x.value) - angle.value)


def difference(x, y):
    if "b" in (x.dtype.kind, lift(y).dtype.kind):
        raise fw.Rejected("a mask is no number")
    return x - y


ARITHMETIC = {"add": ("+", lambda x, y: x + y), "sub": ("-", difference),
              "mul": ("*", lambda x, y: x * y), "div": ("/", quotient)}
for _name, (_sign, _function) in ARITHMETIC.items():
    add(_name, f"{{0}} {_sign} {{1}}", _function, two, weight=3)
    add(_name + " number", f"{{0}} {_sign} {{number}}",
        lambda x, number, f=_function: f(x, lift(number)), with_number, weight=1.5)
    add("number " + _name, f"{{number}} {_sign} {{0}}",
        lambda x, number, f=_function: f(lift(number), x), with_number, weight=0.7)

add("maximum", "torch.maximum({0}, {1})", extreme(True), two)
add("minimum", "torch.minimum({0}, {1})", extreme(False), two)
add("fmod", "{0}.fmod({1})", _divided(np.trunc), two, weight=0.3)
add("remainder", "{0} % {1}", _divided(np.floor), two, weight=0.3)
add("remainder number", "{0} % {number}",
    lambda x, number: _divided(np.floor)(x, lift(number)), with_number, weight=0.3)
add("atan2", "torch.atan2({0}, {1})", atan2, two, weight=0.3)
add("add alpha", "torch.add({0}, {1}, alpha={alpha})",
    lambda x, y, alpha: x + y if promoted(x, y).kind == "b" else x + y * alpha,
    lambda c: (two(c)[0], {"alpha": c.one([2, -1, 3])}), weight=0.5)


def _power(x, n):
    if n != int(n) and np.any(x.value < 0.05) or n < 0 and np.any(np.abs(x.value) < 0.1):
        raise fw.Rejected("outside the domain")
    return fw.power(x, n)


def _powers(c):
    i = c.value(lambda x: x.dtype != bool)
    return (i,), {"n": c.one([2, 3, 1, 0, 2.0, 0.5, -1.0, 1.5] if c[i].floating else [2, 3, 1])}


def _power_of(x, y):
    """x ** y = e ** (y log x), for positive x."""
    if np.any(x.value < 0.1) or not promoted(x, y).kind == "f":
        raise fw.Rejected("outside the domain")
    out = fw.exp(y * fw.log(x))
    return Dual(out.parts, promoted(x, y))


add("pow", "{0} ** {n}", _power, _powers)
add("pow tensor", "torch.pow({0}, {1})", _power_of, two, weight=0.4)


def _three(c):
    i = c.value(lambda x: x.floating)
    others = [c.value(lambda x: x.dtype == c[i].dtype and c.fits(x.shape, c[i].shape))
              for _ in range(2)]
    return (i, *others), {}


add("lerp", "torch.lerp({0}, {1}, {2})", lambda x, y, w: x + (y - x) * w, _three, weight=0.4)
add("addcmul", "torch.addcmul({0}, {1}, {2}, value={n})", lambda x, y, z, n: x + y * z * n,
    lambda c: (_three(c)[0], {"n": c.one([1, -2, 0.5])}), weight=0.4)
add("addcdiv", "torch.addcdiv({0}, {1}, {2})", lambda x, y, z: x + quotient(y, z), _three,
    weight=0.3)


def clamp(x, low, high):
    return fw.clip(x, low, high)


def bounds(c):
    low, high = c.one([(-1, 1), (None, 0.5), (-0.5, None), (0, 2)])
    return (c.value(lambda x: x.floating),), {"low": low, "high": high}


add("clamp", "{0}.clamp({low}, {high})", clamp, bounds)


def _compare(function):
    def forward(x, y):
        y = lift(y)
        kink(x.value - y.value if promoted(x, y).kind == "f" else 1)
        return fw.constant(function(x.value, y.value))
    return forward


for _sign, _function in {"<": np.less, ">=": np.greater_equal, "==": np.equal}.items():
    add(_sign, f"{{0}} {_sign} {{1}}", _compare(_function), two, weight=0.4)
    add(_sign + " number", f"{{0}} {_sign} {{number}}",
        lambda x, number, f=_function: _compare(f)(x, number), with_number, weight=0.4)


def _where(m, x, y):
    return pick(m.value, x, y)


def _choice(c):
    i = c.value()
    m = c.value(lambda x: x.dtype == bool and c.fits(x.shape, c[i].shape))
    return (m, i, c.partner(i)), {}


add("where", "torch.where({0}, {1}, {2})", _where, _choice)
add("masked_fill", "{1}.masked_fill({0}, {number})",
    lambda m, x, number: Dual(pick(m.value, number, x).parts, x.dtype),
    lambda c: (_choice(c)[0][:2], {"number": c.one([0, 1])}), weight=0.6)


def _converted(x, dtype):
    if x.dtype == dtype:
        return x
    if dtype.kind != "f" and x.floating:
        kink(x.value - np.round(x.value) if dtype.kind != "b" else x.value)
    return Dual((x.value.astype(np.float64 if dtype.kind == "f" else dtype), *x.parts[1:]), dtype)


DTYPES = [np.dtype(name) for name in ("float16", "float32", "float64", "float64", "int64",
                                      "int32", "uint8", "bool")]
add("to", "{0}.to({dtype})", _converted, lambda c: ((c.value(),), {"dtype": c.one(DTYPES)}))
add("clone", "{0}.clone()", lambda x: fw.linear(np.copy, x), lambda c: ((c.value(),), {}),
    weight=0.7)
