"""Every elementwise formula, written once: for arrays by NumPy, for one number in a kernel's loop,
and for Tensors, where an op's rule is to be differentiated again.

A formula is written with operators, decimal numbers and words: those of `vocabulary` as it stands
here, those of `compiled/vector_math` in a kernel, and ops for Tensors.  `read` exchanges them.
Its arguments are called as the op's are, so a formula can be the op's rule as it is. Where a
derivative may not exist, `safe_mul` and `safe_div` ask for none where the gradient is 0.
"""

from math import pi
from math import sqrt as root
from types import FunctionType

from autograd.kernels.vocabulary import (
    absolute,
    erf,
    exp,
    expm1,
    log,
    maximum,
    minimum,
    normal,
    safe_div,
    safe_mul,
    sigmoid,
    softplus,
    sqrt,
    tanh,
    tanhshrink,
    where,
)

FORMULAS = {
    "erf": erf, "exp": exp, "log": log, "normal": normal, "sigmoid": sigmoid, "sqrt": sqrt,
    "tanh": tanh, "tanhshrink": tanhshrink, "absolute": absolute, "maximum": maximum,
    "minimum": minimum, "where": where,
}  # fmt: skip

DENSITY = 1 / root(2 * pi)  # of the normal distribution at 0
STEEP, CUBIC = 2 * root(2 / pi), 0.044715  # of the sigmoid near the normal distribution function


def read(formula, words, number=lambda value: value, finish=lambda function: function):
    """The formula with its words exchanged and its numbers made into those of a kind; `finish` is
    applied to it and to the formulas it uses."""
    code = formula.__code__
    known = {name: words[name] if name in words else _own(name, words, number, finish)
             for name in code.co_names}
    numbers = [number(c) if c.__class__ in (float, int) else c for c in code.co_consts]
    known["__name__"] = __name__
    return finish(FunctionType(code.replace(co_consts=tuple(numbers)), known, code.co_name))


def _own(name, words, number, finish):
    value = globals()[name]
    return number(value) if value.__class__ is float else read(value, words, number, finish)


def _formula(function):
    FORMULAS[function.__name__] = function
    return function


@_formula
def add(input, other):
    return input + other


@_formula
def sub(input, other):
    return input - other


@_formula
def mul(input, other):
    return input * other


@_formula
def div(input, other):
    return input / other


@_formula
def neg(input):
    return -input


@_formula
def square(input):
    return input * input


@_formula
def reciprocal(input):
    return 1.0 / input


@_formula
def rsqrt(input):
    return 1.0 / sqrt(input)


@_formula
def sign(input):
    return where(input > 0.0, 1.0, where(input < 0.0, -1.0, input * 0.0))


@_formula
def exp_grad(g, out):
    return safe_mul(g, out)


@_formula
def log_grad(g, input):
    return safe_div(g, input)


@_formula
def sqrt_grad(g, out):
    return safe_div(g, out * 2.0)


@_formula
def rsqrt_grad(g, out):
    return safe_mul(g, out * -0.5 * out * out)


@_formula
def reciprocal_grad(g, out):
    return safe_mul(safe_mul(g, out), -out)


@_formula
def tanh_grad(g, out):
    return g * (1.0 - out * out)


@_formula
def sigmoid_grad(g, out):
    return g * (out * (1.0 - out))


@_formula
def erf_grad(g, input):
    return g * (exp(-(input * input)) * TWO_BY_ROOT_PI)


TWO_BY_ROOT_PI = 2 / root(pi)


@_formula
def relu(input):
    return maximum(input, 0)


@_formula
def relu_grad(g, relued):
    return where(relued == 0.0, 0.0, g)


@_formula
def leaky_relu(input, negative_slope):
    return where(input > 0.0, input, input * negative_slope)


@_formula
def leaky_relu_grad(g, input, negative_slope):
    return where(input > 0.0, g, g * negative_slope)


@_formula
def prelu(input, weight):
    return where(input > 0.0, input, input * weight)


@_formula
def elu(input, alpha, scale, inner):
    return where(input > 0.0, input * scale, expm1(minimum(input, 0.0) * inner) * (alpha * scale))


@_formula
def elu_grad(g, input, alpha, scale, inner):
    bent = exp(minimum(input, 0.0) * inner) * (alpha * scale * inner)
    return where(input > 0.0, g * scale, g * bent)


@_formula
def silu(input):
    return input * sigmoid(input)


@_formula
def silu_grad(g, input):
    s = sigmoid(input)
    return g * (s * (input * (1.0 - s) + 1.0))


@_formula
def logsigmoid(input):
    return -softplus(-input)


@_formula
def logsigmoid_grad(g, input):
    return g * sigmoid(-input)


@_formula
def smooth_relu(input, beta, threshold):
    return where(input * beta > threshold, input, softplus(input * beta) / beta)


@_formula
def smooth_relu_grad(g, input, beta, threshold):
    return where(input * beta > threshold, g, g * sigmoid(input * beta))


def density(x):
    return exp(x * x * -0.5) * DENSITY


@_formula
def normal_grad(g, input):
    return g * density(input)


@_formula
def gelu(input):
    return input * normal(input)


@_formula
def gelu_grad(g, input):
    return g * (normal(input) + input * density(input))


@_formula
def gelu_tanh(input):
    return input * sigmoid((input + input * input * input * CUBIC) * STEEP)


@_formula
def gelu_tanh_grad(g, input):
    square = input * input
    p = sigmoid((input + square * input * CUBIC) * STEEP)
    slope = (square * (3.0 * CUBIC) + 1.0) * STEEP
    return g * (p + input * (p * (1.0 - p) * slope))


@_formula
def mish(input):
    e = exp(minimum(input, 20.0))
    n = e * (e + 2.0)  # tanh(log(1 + e)) = n / (n + 2)
    return input * (n / (n + 2.0))


@_formula
def mish_grad(g, input):
    x = minimum(input, 20.0)  # straight beyond; inf would meet 0
    e = exp(x)
    n = e * (e + 2.0)
    return g * (n / (n + 2.0) + x * (e * (e + 1.0) * 4.0 / ((n + 2.0) * (n + 2.0))))


@_formula
def tanhshrink_grad(g, input):
    return g * square(tanh(input))


@_formula
def softsign(input):
    return input / (absolute(input) + 1.0)


@_formula
def softsign_grad(g, input):
    below = absolute(input) + 1.0
    return g / below / below


@_formula
def clip(input, low, high):
    return minimum(maximum(input, low), high)


@_formula
def clip_grad(g, input, low, high):
    return where((input <= low) | (input >= high), 0.0, g)


@_formula
def above_grad(g, input, min):
    return where(input > min, g, 0.0)


@_formula
def below_grad(g, input, max):
    return where(input < max, g, 0.0)


@_formula
def hardsigmoid(input):
    return minimum(maximum(input + 3.0, 0.0), 6.0) / 6.0


@_formula
def hardsigmoid_grad(g, input):
    return where((input <= -3.0) | (input >= 3.0), 0.0, g * SIXTH)


SIXTH = 1 / 6


@_formula
def hardswish(input):
    return input * (minimum(maximum(input + 3.0, 0.0), 6.0) * SIXTH)


@_formula
def hardswish_grad(g, input):
    return where(input <= -3.0, 0.0, where(input >= 3.0, g, g * (input * (2.0 * SIXTH) + 0.5)))


@_formula
def softshrink(input, lambd):
    return input - minimum(maximum(input, -lambd), lambd)


@_formula
def hardshrink(input, lambd):
    return where(absolute(input) <= lambd, 0, input)


@_formula
def shrink_grad(g, input, lambd):
    return where(absolute(input) <= lambd, 0.0, g)


@_formula
def threshold(input, threshold, value):
    return where(input <= threshold, value, input)


@_formula
def threshold_grad(g, input, threshold):
    return where(input <= threshold, 0.0, g)


@_formula
def lerp(input, end, weight):
    way = end - input
    return where(absolute(weight) < 0.5, input + way * weight, end - way * (1.0 - weight))


@_formula
def addcmul(input, tensor1, tensor2, value):
    return input + tensor1 * tensor2 * value


@_formula
def addcdiv(input, tensor1, tensor2, value):
    return input + tensor1 / tensor2 * value
