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

from autograd.kernels.arithmetic_formulas import FORMULAS, declare, square
from autograd.kernels.vocabulary import (
    absolute,
    exp,
    expm1,
    maximum,
    minimum,
    normal,
    sigmoid,
    softplus,
    tanh,
    where,
)

__all__ = ["FORMULAS", "read"]

DENSITY = 1 / root(2 * pi)  # of the normal distribution at 0
STEEP, CUBIC = 2 * root(2 / pi), 0.044715  # of the sigmoid near the normal distribution function


def read(formula, words, number=lambda value: value, finish=lambda function: function):
    """The formula with its words exchanged and its numbers made into those of a kind; `finish` is
    applied to it and to the formulas it uses."""
    code = formula.__code__
    own = formula.__globals__
    known = {name: words[name] if name in words else _own(own[name], words, number, finish)
             for name in code.co_names}
    numbers = [number(c) if c.__class__ in (float, int) else c for c in code.co_consts]
    known["__name__"] = __name__
    return finish(FunctionType(code.replace(co_consts=tuple(numbers)), known, code.co_name))


def _own(value, words, number, finish):
    return number(value) if value.__class__ is float else read(value, words, number, finish)


@declare
def erf_grad(g, input):
    return g * (exp(-(input * input)) * TWO_BY_ROOT_PI)


TWO_BY_ROOT_PI = 2 / root(pi)


@declare
def relu(input):
    return maximum(input, 0)


@declare
def relu_grad(g, relued):
    return where(relued == 0.0, 0.0, g)


@declare
def leaky_relu(input, negative_slope):
    return where(input > 0.0, input, input * negative_slope)


@declare
def leaky_relu_grad(g, input, negative_slope):
    return where(input > 0.0, g, g * negative_slope)


@declare
def prelu(input, weight):
    return where(input > 0.0, input, input * weight)


@declare
def elu(input, alpha, scale, inner):
    return where(input > 0.0, input * scale, expm1(minimum(input, 0.0) * inner) * (alpha * scale))


@declare
def elu_grad(g, input, alpha, scale, inner):
    bent = exp(minimum(input, 0.0) * inner) * (alpha * scale * inner)
    return where(input > 0.0, g * scale, g * bent)


@declare
def silu(input):
    return input * sigmoid(input)


@declare
def silu_grad(g, input):
    s = sigmoid(input)
    return g * (s * (input * (1.0 - s) + 1.0))


@declare
def logsigmoid(input):
    return -softplus(-input)


@declare
def logsigmoid_grad(g, input):
    return g * sigmoid(-input)


@declare
def smooth_relu(input, beta, threshold):
    return where(input * beta > threshold, input, softplus(input * beta) / beta)


@declare
def smooth_relu_grad(g, input, beta, threshold):
    return where(input * beta > threshold, g, g * sigmoid(input * beta))


def density(x):
    return exp(x * x * -0.5) * DENSITY


@declare
def normal_grad(g, input):
    return g * density(input)


@declare
def gelu(input):
    return input * normal(input)


@declare
def gelu_grad(g, input):
    return g * (normal(input) + input * density(input))


@declare
def gelu_tanh(input):
    return input * sigmoid((input + input * input * input * CUBIC) * STEEP)


@declare
def gelu_tanh_grad(g, input):
    square = minimum(input * input, 1e12)  # beyond, p is 0 or 1, and 0 times infinity is not 0
    p = sigmoid((input + square * input * CUBIC) * STEEP)
    slope = (square * (3.0 * CUBIC) + 1.0) * STEEP
    return g * (p + input * (p * (1.0 - p) * slope))


@declare
def mish(input):
    e = exp(minimum(input, 20.0))
    n = e * (e + 2.0)  # tanh(log(1 + e)) = n / (n + 2)
    return input * (n / (n + 2.0))


@declare
def mish_grad(g, input):
    x = minimum(input, 20.0)  # straight beyond; inf would meet 0
    e = exp(x)
    n = e * (e + 2.0)
    return g * (n / (n + 2.0) + x * (e * (e + 1.0) * 4.0 / ((n + 2.0) * (n + 2.0))))


@declare
def tanhshrink_grad(g, input):
    return g * square(tanh(input))


@declare
def softsign(input):
    return input / (absolute(input) + 1.0)


@declare
def softsign_grad(g, input):
    below = absolute(input) + 1.0
    return g / below / below


@declare
def clip(input, low, high):
    return minimum(maximum(input, low), high)


@declare
def clip_grad(g, input, low, high):
    return where((input <= low) | (input >= high), 0.0, g)


@declare
def above_grad(g, input, min):
    return where(input > min, g, 0.0)


@declare
def below_grad(g, input, max):
    return where(input < max, g, 0.0)


@declare
def hardsigmoid(input):
    return minimum(maximum(input + 3.0, 0.0), 6.0) / 6.0


@declare
def hardsigmoid_grad(g, input):
    return where((input <= -3.0) | (input >= 3.0), 0.0, g * SIXTH)


SIXTH = 1 / 6


@declare
def hardswish(input):
    return input * (minimum(maximum(input + 3.0, 0.0), 6.0) * SIXTH)


@declare
def hardswish_grad(g, input):
    return where(input <= -3.0, 0.0, where(input >= 3.0, g, g * (input * (2.0 * SIXTH) + 0.5)))


@declare
def softshrink(input, lambd):
    return input - minimum(maximum(input, -lambd), lambd)


@declare
def hardshrink(input, lambd):
    return where(absolute(input) <= lambd, 0, input)


@declare
def shrink_grad(g, input, lambd):
    return where(absolute(input) <= lambd, 0.0, g)


@declare
def threshold(input, threshold, value):
    return where(input <= threshold, value, input)


@declare
def threshold_grad(g, input, threshold):
    return where(input <= threshold, 0.0, g)


@declare
def lerp(input, end, weight):
    way = end - input
    return where(absolute(weight) < 0.5, input + way * weight, end - way * (1.0 - weight))


@declare
def addcmul(input, tensor1, tensor2, value):
    return input + tensor1 * tensor2 * value


@declare
def addcdiv(input, tensor1, tensor2, value):
    return input + tensor1 / tensor2 * value
