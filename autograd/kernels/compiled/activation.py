"""What the activations do to one number, and what their gradients do: `elementwise` makes sweeps.

FORWARD[name](x, s) is the value at x; BACKWARD[name](g, y, s) is g times the slope, where y is
what the op saved, its result or its input. `s` holds the settings, in the order of the op's.
"""

from math import pi, sqrt

from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.vector_math import (
    cast,
    erf,
    erfc,
    exp,
    expm1,
    log,
    sigmoid,
    softplus,
    tanh,
    tanhshrink,
)  # fmt: skip

_ROOT_HALF, _ROOT_2_BY_PI, _CUBIC = sqrt(0.5), sqrt(2 / pi), 0.044715
_number = jit(inner=True, exact=True)


@_number
def _exp(x, s):
    return exp(x)


@_number
def _exp_grad(g, out, s):
    return g if g == cast(g, 0) else g * out  # no NaN where nothing asks for the gradient


@_number
def _log(x, s):
    return log(x)


@_number
def _log_grad(g, x, s):
    return g if g == cast(g, 0) else g / x


@_number
def _erf(x, s):
    return erf(x)


@_number
def _tanh(x, s):
    return tanh(x)


@_number
def _tanh_grad(g, out, s):
    return g * (cast(g, 1) - out * out)


@_number
def _sigmoid(x, s):
    return sigmoid(x)


@_number
def _sigmoid_grad(g, out, s):
    return g * (out * (cast(g, 1) - out))


@_number
def _relu(x, s):
    return cast(x, 0) if x < cast(x, 0) else x


@_number
def _relu_grad(g, out, s):
    return cast(g, 0) if out == cast(g, 0) else g


@_number
def _clip_grad(g, x, s):
    zero = cast(g, 0)
    return zero if x <= s[0] else (zero if x >= s[1] else g * s[2])


@_number
def _leaky_relu(x, s):
    return x if x > cast(x, 0) else x * s[0]


@_number
def _leaky_relu_grad(g, x, s):
    return g if x > cast(g, 0) else g * s[0]


@_number
def _elu(x, s):
    zero = cast(x, 0)
    return x * s[1] if x > zero else expm1((zero if x > zero else x) * s[2]) * (s[0] * s[1])


@_number
def _elu_grad(g, x, s):
    zero = cast(x, 0)
    bent = exp((zero if x > zero else x) * s[2]) * (s[0] * s[1] * s[2])
    return g * s[1] if x > zero else g * bent


@_number
def _silu(x, s):
    return x * sigmoid(x)


@_number
def _silu_grad(g, x, s):
    one, p = cast(g, 1), sigmoid(x)
    return g * (p * (x * (one - p) + one))


@_number
def _log_sigmoid(x, s):
    return -softplus(-x)


@_number
def _log_sigmoid_grad(g, x, s):
    return g * sigmoid(-x)


@_number
def _softplus(x, s):
    scaled = x * s[0]
    return x if scaled > s[1] else softplus(scaled) / s[0]


@_number
def _softplus_grad(g, x, s):
    scaled = x * s[0]
    return g if scaled > s[1] else g * sigmoid(scaled)


@_number
def _tanhshrink(x, s):
    return tanhshrink(x)


@_number
def _normal(x, s):
    return _below(x, exp(cast(x, -0.5) * x * x))


@_number
def _below(x, bell):
    """The normal distribution function, with bell = exp(-x² / 2)."""
    half = cast(x, 0.5)
    tail = half * erfc((-x if x < cast(x, 0) else x) * cast(x, _ROOT_HALF), bell)
    return tail if x < cast(x, 0) else cast(x, 1) - tail


@_number
def _gelu(x, s):
    return x * _normal(x, s)


@_number
def _gelu_grad(g, x, s):
    bell = exp(cast(x, -0.5) * x * x)
    return g * (_below(x, bell) + x * (bell * cast(x, _ROOT_2_BY_PI / 2)))


@_number
def _gelu_tanh(x, s):
    inner = (x + x * x * x * cast(x, _CUBIC)) * cast(x, 2 * _ROOT_2_BY_PI)
    return x * sigmoid(inner)


@_number
def _gelu_tanh_grad(g, x, s):
    one, square = cast(x, 1), x * x
    p = sigmoid((x + square * x * cast(x, _CUBIC)) * cast(x, 2 * _ROOT_2_BY_PI))
    slope = (one + square * cast(x, 3 * _CUBIC)) * cast(x, 2 * _ROOT_2_BY_PI)
    return g * (p + x * (p * (one - p) * slope))


@_number
def _mish(x, s):
    two, top = cast(x, 2), cast(x, 20)
    e = exp(top if x > top else x)
    n = e * (e + two)  # tanh(log(1 + e)) = n / (n + 2)
    return x * (n / (n + two))


@_number
def _mish_grad(g, x, s):
    two, top = cast(x, 2), cast(x, 20)
    x = top if x > top else x  # straight beyond; inf would meet 0
    e = exp(x)
    n = e * (e + two)
    below = n + two
    slope = cast(x, 4) * e * (e + cast(x, 1)) / (below * below)
    return g * (n / below + x * slope)


@_number
def _hardswish(x, s):
    three = cast(x, 3)
    y = x * (x + three) * cast(x, 1 / 6)
    return (x if x >= three else y) if x > -three else x * cast(x, 0)


@_number
def _hardswish_grad(g, x, s):
    three = cast(x, 3)
    y = g * (x * cast(x, 1 / 3) + cast(x, 0.5))
    return cast(g, 0) if x <= -three else (g if x >= three else y)


FORWARD = {
    "exp": _exp, "log": _log, "erf": _erf, "tanh": _tanh, "sigmoid": _sigmoid, "relu": _relu,
    "leaky_relu": _leaky_relu, "elu": _elu, "silu": _silu, "logsigmoid": _log_sigmoid,
    "softplus": _softplus, "gelu": _gelu, "gelu_tanh": _gelu_tanh, "mish": _mish,
    "hardswish": _hardswish, "normal": _normal, "tanhshrink": _tanhshrink,
}  # fmt: skip
BACKWARD = {
    "exp": _exp_grad, "log": _log_grad, "tanh": _tanh_grad, "sigmoid": _sigmoid_grad,
    "relu": _relu_grad, "clip": _clip_grad, "leaky_relu": _leaky_relu_grad, "elu": _elu_grad,
    "silu": _silu_grad, "logsigmoid": _log_sigmoid_grad, "softplus": _softplus_grad,
    "gelu": _gelu_grad, "gelu_tanh": _gelu_tanh_grad, "mish": _mish_grad,
    "hardswish": _hardswish_grad,
}  # fmt: skip
