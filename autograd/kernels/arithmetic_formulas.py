"""The formulas of arithmetic: sums, quotients, powers, rounding, and the rules of all that the
vocabulary has; see `formulas`, which reads them."""

from math import inf, pi

from autograd.kernels.vocabulary import (
    absolute,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    ceil,
    copysign,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    fmod,
    log,
    log1p,
    log2,
    log10,
    maximum,
    minimum,
    nextafter,
    normal,
    rint,
    safe_div,
    safe_mul,
    sigmoid,
    sin,
    sinh,
    softplus,
    sqrt,
    tan,
    tanh,
    tanhshrink,
    trunc,
    where,
)

FORMULAS = {
    "erf": erf, "exp": exp, "log": log, "normal": normal, "sigmoid": sigmoid, "sqrt": sqrt,
    "tanh": tanh, "tanhshrink": tanhshrink, "absolute": absolute, "maximum": maximum,
    "minimum": minimum, "where": where, "floor": floor, "ceil": ceil, "trunc": trunc,
    "rint": rint, "fmod": fmod, "erfc": erfc, "copysign": copysign,
    "nextafter": nextafter,
    "safe_mul": safe_mul, "safe_div": safe_div, "exp2": exp2, "expm1": expm1, "log1p": log1p,
    "log2": log2, "log10": log10, "sinh": sinh, "cosh": cosh, "asinh": asinh, "acosh": acosh,
    "atanh": atanh, "asin": asin, "acos": acos, "atan": atan, "atan2": atan2,
    "sin": sin, "cos": cos, "tan": tan,
}  # fmt: skip

DIVIDING = {"fmod", "remainder", "floor_divide"}  # what a quotient of many digits makes slower
INF = inf
LOG_2 = 0.6931471805599453
LOG10_E = 0.4342944819032518
DEGREE = pi / 180
PER_RADIAN = 180 / pi
A_SIXTH = 1 / 6


def declare(function):
    """A function as the formula of its name."""
    FORMULAS[function.__name__] = function
    return function


@declare
def add(input, other):
    return input + other


@declare
def sub(input, other):
    return input - other


@declare
def mul(input, other):
    return input * other


@declare
def div(input, other):
    return input / other


@declare
def add_scaled(input, other, alpha):
    return input + other * alpha


@declare
def sub_scaled(input, other, alpha):
    return input - other * alpha


@declare
def remainder(input, other):
    rest = fmod(input, other)
    rest = where((rest != 0.0) & ((rest < 0.0) != (other < 0.0)), rest + other, rest)
    return where(rest == 0.0, copysign(rest, other), rest)


@declare
def floor_divide(input, other):
    rest, quotient = fmod(input, other), input / other
    whole = (input - rest) / other  # but for its rounding
    whole = where((rest != 0.0) & ((rest < 0.0) != (other < 0.0)), whole - 1.0, whole)
    below = floor(whole)
    below = where(whole - below > 0.5, below + 1.0, below)
    below = where(whole == 0.0, copysign(whole, quotient), below)
    return where(other == 0.0, quotient, below)


@declare
def trunc_divide(input, other):
    return trunc(input / other)


@declare
def round_scaled(input, scale):
    rounded = rint(input * scale) / scale
    return where(absolute(rounded) < INF, rounded, input)  # what is so large has no digits there


@declare
def step(input, values):
    return where(input == 0.0, values, where(input > 0.0, 1.0, where(input < 0.0, 0.0, input)))


@declare
def at_least(input, low):
    return maximum(input, low)


@declare
def at_most(input, high):
    return minimum(input, high)


@declare
def neg(input):
    return -input


@declare
def square(input):
    return input * input


@declare
def cube(input):
    return input * input * input


@declare
def inverse_square(input):
    return 1.0 / (input * input)


@declare
def power_rule(g, power, exponent):
    return safe_mul(g, power * exponent)


@declare
def quotient_rule(g, input, other):
    return safe_mul(g, input / other / -other)


@declare
def over_square(a, x, y):  # a / (x² + y²), and 0 at the origin; neither square needs to fit
    size = maximum(absolute(x), absolute(y))
    size = where((size > 0.0) & (size < INF), size, 1.0)
    u, v = x / size, y / size
    square = u * u + v * v
    return a / size / where(square == 0.0, 1.0, square) / size


@declare
def reciprocal(input):
    return 1.0 / input


@declare
def rsqrt(input):
    return 1.0 / sqrt(input)


@declare
def sign(input):
    return where(input > 0.0, 1.0, where(input < 0.0, -1.0, input * 0.0))


@declare
def exp_grad(g, out):
    return safe_mul(g, out)


@declare
def log_grad(g, input):
    return safe_div(g, input)


@declare
def exp2_grad(g, out):
    return safe_mul(g, out * LOG_2)


@declare
def expm1_grad(g, out):
    return safe_mul(g, out + 1.0)


@declare
def log1p_grad(g, input):
    return safe_div(g, input + 1.0)


@declare
def log2_grad(g, input):
    return safe_div(g, input * LOG_2)


@declare
def log10_grad(g, input):
    return safe_div(g, input) * LOG10_E


@declare
def sinh_grad(g, input):
    return safe_mul(g, cosh(input))


@declare
def cosh_grad(g, input):
    return safe_mul(g, sinh(input))


@declare
def atan_grad(g, input):
    return g / (input * input + 1.0)


@declare
def sqrt_grad(g, out):
    return safe_div(g, out * 2.0)


@declare
def rsqrt_grad(g, out):
    return safe_mul(g, out * -0.5 * out * out)


@declare
def reciprocal_grad(g, out):
    return safe_mul(safe_mul(g, out), -out)


@declare
def tanh_grad(g, out):
    return g * (1.0 - out * out)


@declare
def sigmoid_grad(g, out):
    return g * (out * (1.0 - out))


@declare
def deg2rad(input):
    return input * DEGREE


@declare
def rad2deg(input):
    return input * PER_RADIAN


@declare
def frac(input):
    return input - trunc(input)


@declare
def filled_in(input, nan, posinf, neginf):
    found = where(input == INF, posinf, where(input == -INF, neginf, input))
    return where(input != input, nan, found)


@declare
def logit(input):
    rest = 1.0 - input
    near = absolute(input - 0.5) < A_SIXTH  # where the logarithm of the odds would lose digits
    ahead = where(near, (input - rest) / rest, 0.0)
    return where(near, log1p(ahead), log(input / rest))


@declare
def logit_rule(g, input):
    return safe_div(g, input * (1.0 - input))


@declare
def logaddexp(input, other):
    more = maximum(input, other)
    return where(input == other, more + LOG_2, more + softplus(-absolute(input - other)))


@declare
def logaddexp2(input, other):
    more = maximum(input, other)
    tail = softplus(absolute(input - other) * -LOG_2) / LOG_2
    return where(input == other, more + 1.0, more + tail)


@declare
def logaddexp_rule(g, input, other):
    return g * sigmoid(where(input == other, 0.0, input - other))


@declare
def logaddexp2_rule(g, input, other):
    return g * sigmoid(where(input == other, 0.0, input - other) * LOG_2)


@declare
def hypot(input, other):
    x, y = absolute(input), absolute(other)
    more = maximum(x, y)
    size = where((more > 0.0) & (more < INF), more, 1.0)
    u, v = x / size, y / size
    return where((x == INF) | (y == INF), INF, size * sqrt(u * u + v * v))


@declare
def hypot_rule(g, input, other):
    size = maximum(absolute(input), absolute(other))
    size = where((size > 0.0) & (size < INF), size, 1.0)
    u, v = input / size, other / size
    square = u * u + v * v
    return g * (u / sqrt(where(square == 0.0, 1.0, square)))
