"""Ops of one element at a time, or of two matrices."""

from .case import Group, booleans, integers, normal, uniform

MATRICES = ((3, 5), (100, 300), (2000, 700))


def inputs(m: int, n: int) -> dict:
    return {
        "x": normal(m, n), "y": normal(m, n), "z": normal(m, n),
        "p": uniform(0.5, 2, m, n), "q": uniform(0.5, 2, m, n), "u": uniform(-0.9, 0.9, m, n),
        "row": normal(n), "column": normal(m, 1), "one": uniform(0.1, 0.5, 1),
        "mask": booleans(m, n), "other_mask": booleans(m, n), "row_mask": booleans(n),
        "a": integers(64, m, n), "b": integers(8, m, n),
    }


ELEMENTWISE = Group(MATRICES, inputs, both={
    # one input
    "abs": "t.abs(x)", "sign": "t.sign(x)", "neg": "-x", "square": "t.square(x)",
    "exp": "t.exp(x)", "exp2": "t.exp2(x)", "expm1": "t.expm1(x)",
    "log": "t.log(p)", "log1p": "t.log1p(p)", "log2": "t.log2(p)", "log10": "t.log10(p)",
    "sqrt": "t.sqrt(p)", "rsqrt": "t.rsqrt(p)", "reciprocal": "t.reciprocal(p)",
    "sin": "t.sin(x)", "cos": "t.cos(x)", "tan": "t.tan(u)",
    "asin": "t.asin(u)", "acos": "t.acos(u)", "atan": "t.atan(x)",
    "sinh": "t.sinh(x)", "cosh": "t.cosh(x)", "tanh": "t.tanh(x)", "sigmoid": "t.sigmoid(x)",
    "erf": "t.erf(x)", "floor": "t.floor(x)", "ceil": "t.ceil(x)", "trunc": "t.trunc(x)",
    "round": ("t.round(x)", "t.round(x, decimals=2)"),
    "clone": ("x.clone()", "x.t().clone()"),
    "clamp _clamp_below _clamp_above": (
        "t.clamp(x, -0.5, 0.5)", "t.clamp(x, min=0.0)", "t.clamp(x, max=0.5)"),
    "pow safe_mul": ("x ** 2", "p ** 0.5", "x ** 3", "p ** 1.7", "2.0 ** x", "t.pow(p, y)"),
    # activations
    "relu relu_grad": "F.relu(x)", "relu6": "F.relu6(x)",
    "leaky_relu _leaky_relu": "F.leaky_relu(x, 0.1)", "elu _elu": "F.elu(x)",
    "selu": "F.selu(x)", "celu": "F.celu(x, 1.5)", "silu _silu": "F.silu(x)",
    "rrelu": "F.rrelu(x, training=True)",
    "mish _mish": "F.mish(x)", "gelu _normal": ("F.gelu(x)", "F.gelu(x, approximate='tanh')"),
    "softplus": "F.softplus(x)", "logsigmoid": "F.logsigmoid(x)", "softsign": "F.softsign(x)",
    "tanhshrink": "F.tanhshrink(x)", "softshrink": "F.softshrink(x)",
    "hardshrink": "F.hardshrink(x)", "hardtanh _clip": "F.hardtanh(x)",
    "hardsigmoid _hardsigmoid": "F.hardsigmoid(x)", "hardswish _hardswish": "F.hardswish(x)",
    "threshold _threshold": "F.threshold(x, 0.1, 0.0)",
    "prelu _prelu": ("F.prelu(x, one)", "F.prelu(x, row)"), "glu": "F.glu(t.cat([x, y], 1), 1)",
    # two inputs and more
    "add": ("x + y", "x + 1.5", "x + row", "x + column", "t.add(x, y, alpha=0.5)", "x + y.t().t()"),
    "sub": ("x - y", "1.0 - x", "x - row"),
    "mul": ("x * y", "x * 2.0", "x * row", "x * column"),
    "div true_divide safe_div": ("x / p", "1.0 / p", "x / 3.0", "x / q[0]"),
    "remainder": ("t.remainder(x, p)", "x % 0.7"), "fmod": "t.fmod(x, p)",
    "div_trunc": "t.div(x, p, rounding_mode='trunc')",
    "div_floor": "t.div(x, p, rounding_mode='floor')",
    "atan2": "t.atan2(x, y)", "maximum": ("t.maximum(x, y)", "t.maximum(x, row)"),
    "minimum": "t.minimum(x, y)", "max ": "t.max(x, y)",
    "lerp": ("t.lerp(x, y, 0.3)", "t.lerp(x, y, p)"),
    "addcmul": "t.addcmul(x, y, z, value=0.5)", "addcdiv": "t.addcdiv(x, y, p, value=0.5)",
    "where": ("t.where(mask, x, y)", "t.where(mask, x, 0.0)", "t.where(row_mask, x, y)"),
    "masked_fill": ("x.masked_fill(mask, 0.0)", "x.masked_fill(row_mask, -1e9)"),
    "outer": "t.outer(column[:, 0], row)",
    "to cast": "x.to(t.float64)", "double": "x.double()",
}, forward={
    "float": "a.float()", "half": "x.half()", "long": "x.long()", "int": "x.int()",
    "short": "x.short()", "byte": "a.byte()", "char": "a.char()",
    "type_as": "a.type_as(x)", "bool": "x.bool()", "type cast_to_integral": "x.to(t.int32)",
    "eq": ("x == y", "a == 3"), "ne": "x != y", "lt": ("x < y", "x < 0.0"), "le": "x <= y",
    "gt": ("x > y", "x > 0.0"), "ge": "x >= y",
    "logical_and": "t.logical_and(mask, other_mask)", "logical_not": "t.logical_not(mask)",
    "logical_or": "t.logical_or(mask, other_mask)",
    "logical_xor": "t.logical_xor(mask, other_mask)",
    "bitwise_and": ("mask & other_mask", "a & b"), "bitwise_or": "a | b", "bitwise_xor": "a ^ b",
    "bitwise_not": ("~mask", "~a"), "bitwise_left_shift": "a << b", "bitwise_right_shift": "a >> b",
    "isclose": "t.isclose(x, y)", "allclose": "t.allclose(x, x)", "equal": "t.equal(x, x)",
    "isnan": "t.isnan(x)", "isinf": "t.isinf(x)", "isfinite": "t.isfinite(x)",
    "heaviside _heaviside": "t.heaviside(x, y)", "floor_divide": ("x // p", "a // 3"),
    "integers": ("a + b", "a * b", "a % 7"),
    # in place
    "add_": ("x.add_(y)", "x.add_(1.0)"), "mul_": "x.mul_(1.0)", "clamp_": "x.clamp_(-1.0, 1.0)",
    "copy_": "x.copy_(y)", "fill_": "x.fill_(0.5)", "zero_": "x.zero_()", "relu_": "x.relu_()",
    "leaky_relu_ elu_ celu_ selu_":
        "F.selu_(F.celu_(F.elu_(F.leaky_relu_(x, 0.9), 0.9), 0.9))",
    "hardtanh_ threshold_ rrelu_": "F.rrelu_(F.threshold_(F.hardtanh_(x), -2.0, 0.0))",
    "overwrite": ("x.__setitem__((slice(1, None), slice(None, 2)), 0.5)",
                  "x.__setitem__(slice(0, 2), y[:2])"),
})
