"""Functions of one number: exponentials, logarithms, trigonometry, rounding, casts.

At a kink the gradient is the subgradient of least norm (`abs` at 0 gives 0).  Functions that are
constant between jumps (`sign`, `floor`, ...) have gradient 0.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

import numpy as np

from .. import dtypes
from ..errors import check_switches
from ..gate import WORDS, converted, filled, formula
from ..metadata import check_format
from ..metadata import device as only_device
from ..record import composite, op
from ..tensors import Tensor
from .compare import maximum, minimum, where

_FLOAT: dict[str, Any] = dict(broadcasts=True, promotes="float", inplace=True)

@op(broadcasts=True, promotes="common", method=False, vjp=dict(
    g=lambda g_out, d: safe_mul(g_out, d),
    d=lambda g_out, g: safe_mul(g_out, g)))
def safe_mul(g, d, /):
    """g * d, and 0 where g is 0 even if d is infinite or NaN: the chain rule for a derivative d
    that may not exist where nothing asks for it."""
    return _safe_mul(g, d)


@op(broadcasts=True, promotes="common", method=False, vjp=dict(
    g=lambda g_out, d: safe_div(g_out, d),
    d=lambda g_out, g, d: -safe_div(safe_div(safe_mul(g_out, g), d), d)))
def safe_div(g, d, /):
    """g / d, and 0 where g is 0 even if d is 0 or NaN: as safe_mul, where 1 / d might not fit."""
    return _safe_div(g, d)


def _asked(g, product):
    """The product, and 0 where g is."""
    if not np.isfinite(product.sum()):
        product = np.where(np.equal(g, 0), np.zeros((), product.dtype), product)
    return product


_safe_mul = formula("safe_mul", lambda g, d: _asked(g, np.multiply(g, d)))
_over_square = formula("over_square")
_safe_div = formula("safe_div", lambda g, d: _asked(g, np.true_divide(g, d)))


def zeros(g):
    """The gradient of what is constant between jumps: 0, also where g is infinite or NaN."""
    if g.__class__ is np.ndarray:
        return filled(np.empty(g.shape, g.dtype), 0)
    return where(False, g, 0.0)


def _check_parts(name: str, input, dtype) -> None:
    """Raise where a complex tensor would become a real one."""
    if input.dtype.kind == "c" != dtype.kind:
        raise TypeError(f"{name}: {input.dtype} as {dtype} would lose the imaginary parts; .real "
                        "or .abs() says what is meant")


@op(any=True, broadcasts=True, method=False, vjp=dict(input=lambda g: g))
def cast(input, /, dtype):
    """The same values as another floating-point or complex dtype."""
    _check_parts("cast", input, dtype)
    return converted(input, dtype)


@op(differentiable=False, method=False)
def cast_to_integral(input, /, dtype):
    """The same values as an integer or boolean dtype: towards zero, without gradient."""
    return converted(input, dtype)


def _changed(name: str, input, dtype):
    """The tensor in a dtype that it is not of."""
    _check_parts(name, input, dtype)
    return (cast if dtype.kind in "fc" else cast_to_integral)(input, dtype)


@composite()
def to(input, *args, dtype=None, device=None, copy=False, non_blocking=False, memory_format=None):
    """The tensor as another dtype (`to(dtype)`, `to(other)`, `to("cpu")`); itself if it fits."""
    from_args = [a for a in args if not isinstance(a, bool)]
    if len(args) > len(from_args) + 1:  # of the truths in positions the second is `copy`
        copy = args[-1]
    if copy is not False or non_blocking is not False:
        check_switches("to", copy=copy, non_blocking=non_blocking)
    for arg in from_args:
        if isinstance(arg, np.dtype):
            dtype = arg
        elif isinstance(arg, Tensor):
            dtype = arg.dtype
        elif (isinstance(arg, (only_device, int))
              or str(arg).startswith(("cpu", "cuda", "meta", "mps"))):
            device = arg
        else:
            dtype = arg
    if memory_format is not None:
        check_format("to", memory_format)
    if device is not None:
        only_device(device)
    wanted = input.dtype if dtype is None else dtypes.any_dtype(dtype)
    if wanted is input.dtype:
        return input.clone() if copy else input
    return _changed("to", input, wanted)


def in_float32(function):
    """A composite of several ops, which shall compute float16 in float32 and round once."""
    def changed(value, old, new):
        return to(value, new) if getattr(value, "dtype", None) is old else value

    @wraps(function)
    def apply(input, *args, **kwargs):
        narrow, wide = dtypes.float16, dtypes.float32
        if getattr(input, "dtype", None) is not narrow:
            return function(input, *args, **kwargs)
        args = [changed(arg, narrow, wide) for arg in (input, *args)]
        kwargs = {name: changed(value, narrow, wide) for name, value in kwargs.items()}
        results = function(*args, **kwargs)
        if isinstance(results, tuple):
            return tuple([changed(result, wide, narrow) for result in results])
        return changed(results, wide, narrow)

    return apply


def _caster(name: str, dtype: np.dtype):
    def convert(input):
        return input if input.dtype is dtype else _changed(name, input, dtype)

    convert.__name__ = name
    convert.__doc__ = f"The tensor as {dtype}; itself if it is that already."
    return composite()(convert)


half = _caster("half", dtypes.float16)
float_ = _caster("float", dtypes.float32)
double = _caster("double", dtypes.float64)
byte = _caster("byte", dtypes.uint8)
char = _caster("char", dtypes.int8)
short = _caster("short", dtypes.int16)
int_ = _caster("int", dtypes.int32)
long = _caster("long", dtypes.int64)
bool_ = _caster("bool", dtypes.bool_)


@composite()
def type(input, dtype=None):
    """The tensor as `dtype`; if none is named, the name of its type: "torch.FloatTensor"."""
    return dtypes.type_name(input.dtype) if dtype is None else to(input, dtype)


@composite()
def type_as(input, other):
    """The tensor as the dtype of other; itself if it has that."""
    return to(input, other.dtype)


@composite()
def cpu(input):
    """The tensor itself: it is on the CPU."""
    return input


@op(broadcasts=True, promotes="common", inplace=True, ufunc=np.absolute, kernel="absolute",
    vjp=dict(input=lambda g, input: g * sign(input)))
def abs(input, /):
    """|input|.  At 0 the gradient is 0.

    >>> autograd.abs(autograd.tensor([-1.5, 2.0]))
    tensor([1.5000, 2.0000])
    """


@op(broadcasts=True, promotes="common", inplace=True, ufunc=np.sign, kernel="sign", vjp=dict(
    input=lambda g: zeros(g)))
def sign(input, /):
    """-1, 0 or 1 by the sign of input; the gradient is 0 everywhere."""


@op(**_FLOAT, ufunc=np.exp, kernel="exp", vjp=dict(input=formula("exp_grad")))
def exp(input, /):
    """eˣ.

    Shape: (*) -> (*)

    >>> autograd.exp(autograd.tensor([0., 1.]))
    tensor([1.0000, 2.7183])
    """


@op(**_FLOAT, ufunc=np.exp2, kernel="exp2", vjp=dict(input=formula("exp2_grad")))
def exp2(input, /):
    """2ˣ, for every x; its derivative is 2ˣ log(2)."""


@op(**_FLOAT, ufunc=np.expm1, kernel="expm1", vjp=dict(input=formula("expm1_grad")))
def expm1(input, /):
    """eˣ - 1, with its digits near 0 too, where exp(x) - 1 has none; its derivative is eˣ."""


@op(**_FLOAT, ufunc=np.log, kernel="log", vjp=dict(input=formula("log_grad")))
def log(input, /):
    """The natural logarithm, log(x); -inf at 0, NaN below.

    Shape: (*) -> (*)

    >>> autograd.log(autograd.tensor([1., 10.]))
    tensor([0.0000, 2.3026])
    """


@op(**_FLOAT, ufunc=np.log1p, kernel="log1p", vjp=dict(input=formula("log1p_grad")))
def log1p(input, /):
    """log(1 + x), with its digits near 0 too; -inf at -1, NaN below; derivative 1 / (1 + x)."""


@op(**_FLOAT, ufunc=np.log2, kernel="log2", vjp=dict(input=formula("log2_grad")))
def log2(input, /):
    """The logarithm to base 2; -inf at 0, NaN below; its derivative is 1 / (x log(2))."""


@op(**_FLOAT, ufunc=np.log10, kernel="log10", vjp=dict(input=formula("log10_grad")))
def log10(input, /):
    """The logarithm to base 10; -inf at 0, NaN below; its derivative is 1 / (x log(10))."""


@op(**_FLOAT, ufunc=np.sqrt, kernel="sqrt", vjp=dict(input=formula("sqrt_grad")))
def sqrt(input, /):
    """The square root, √x; its gradient at 0 is inf, as in PyTorch.

    Shape: (*) -> (*)

    >>> autograd.sqrt(autograd.tensor([4., 2.]))
    tensor([2.0000, 1.4142])
    """


@op(**_FLOAT, kernel="rsqrt", vjp=dict(input=formula("rsqrt_grad")))
def rsqrt(input, /):
    """1 / √x; inf at 0, NaN below; its derivative is -1 / (2 x √x)."""


@op(**_FLOAT, ufunc=np.reciprocal, kernel="reciprocal", vjp=dict(
    input=formula("reciprocal_grad")))
def reciprocal(input, /):
    """1 / x; inf at 0; its derivative is -1 / x²."""


@op(**_FLOAT, ufunc=np.sin, kernel="sin", vjp=dict(input=lambda g, input: g * cos(input)))
def sin(input, /):
    """The sine, sin(x), of an angle in radians.

    Shape: (*) -> (*)

    >>> autograd.sin(autograd.tensor([0., 1.]))
    tensor([0.0000, 0.8415])
    """


@op(**_FLOAT, ufunc=np.cos, kernel="cos", vjp=dict(input=lambda g, input: -g * sin(input)))
def cos(input, /):
    """The cosine, cos(x), of an angle in radians.

    Shape: (*) -> (*)

    >>> autograd.cos(autograd.tensor([0., 1.]))
    tensor([1.0000, 0.5403])
    """


@op(**_FLOAT, ufunc=np.tan, kernel="tan", vjp=dict(input=lambda g, out: safe_mul(g, out * out + 1)))
def tan(input, /):
    """The tangent, tan(x), of an angle in radians; its derivative is 1 + tan²(x)."""


@op(**_FLOAT, ufunc=np.arcsin, kernel="asin", vjp=dict(
    input=lambda g, input: safe_mul(g, rsqrt((1 - input) * (1 + input)))))
def asin(input, /):
    """The angle in [-π/2, π/2] whose sine is x; NaN outside [-1, 1]; derivative 1 / √(1 - x²)."""


@op(**_FLOAT, ufunc=np.arccos, kernel="acos", vjp=dict(
    input=lambda g, input: safe_mul(g, -rsqrt((1 - input) * (1 + input)))))
def acos(input, /):
    """The angle in [0, π] whose cosine is x; NaN outside [-1, 1]; derivative -1 / √(1 - x²)."""


@op(**_FLOAT, ufunc=np.arctan, kernel="atan", vjp=dict(input=formula("atan_grad")))
def atan(input, /):
    """The angle in (-π/2, π/2) whose tangent is x; its derivative is 1 / (1 + x²)."""


@op(**_FLOAT, ufunc=np.arctan2, kernel="atan2", vjp=dict(
    input=lambda g, input, other: safe_mul(g, _over_square(other, input, other)),
    other=lambda g, input, other: -safe_mul(g, _over_square(input, input, other))))
def atan2(input, other, /):
    """The angle in (-π, π] of the point (x=other, y=input).  At the origin its gradient is 0."""


@op(**_FLOAT, ufunc=np.sinh, kernel="sinh", vjp=dict(input=formula("sinh_grad")))
def sinh(input, /):
    """The hyperbolic sine, (eˣ - e⁻ˣ) / 2; its derivative is cosh(x)."""


@op(**_FLOAT, ufunc=np.cosh, kernel="cosh", vjp=dict(input=formula("cosh_grad")))
def cosh(input, /):
    """The hyperbolic cosine, (eˣ + e⁻ˣ) / 2; its derivative is sinh(x)."""


@op(**_FLOAT, ufunc=np.tanh, kernel="tanh", vjp=dict(input=formula("tanh_grad")))
def tanh(input, /):
    """The hyperbolic tangent, (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ).

    Shape: (*) -> (*)

    >>> autograd.tanh(autograd.tensor([0., 1.]))
    tensor([0.0000, 0.7616])
    """


@op(**_FLOAT, kernel="sigmoid", vjp=dict(input=formula("sigmoid_grad")))
def sigmoid(input, /):
    """1 / (1 + e⁻ˣ), computed without overflow on either side.

    >>> autograd.sigmoid(autograd.tensor([0., 100., -100.])).tolist()[:2]
    [0.5, 1.0]
    """


@op(**_FLOAT, kernel="erf", vjp=dict(input=formula("erf_grad")))
def erf(input, /):
    """The error function, 2/√π ∫₀ˣ exp(-t²) dt, with a relative error below 5e-16 in float64.

    >>> autograd.erf(autograd.tensor([0., 1.]))
    tensor([0.0000, 0.8427])
    """


@op(broadcasts=True, promotes="common", inplace=True, ufunc=np.floor, kernel="floor", vjp=dict(
    input=lambda g: zeros(g)))
def floor(input, /):
    """The largest integer not above x, in the dtype of x; the gradient is 0 everywhere."""


@op(broadcasts=True, promotes="common", inplace=True, ufunc=np.ceil, kernel="ceil", vjp=dict(
    input=lambda g: zeros(g)))
def ceil(input, /):
    """The smallest integer not below x, in the dtype of x; the gradient is 0 everywhere."""


@op(broadcasts=True, promotes="common", inplace=True, ufunc=np.trunc, kernel="trunc", vjp=dict(
    input=lambda g: zeros(g)))
def trunc(input, /):
    """x without its fraction: rounded towards 0; the gradient is 0 everywhere."""


@op(broadcasts=True, promotes="common", inplace=True, vjp=dict(input=lambda g: zeros(g)))
def round(input, /, *, decimals=0):
    """The nearest number with `decimals` digits after the point; halves go to the even one."""
    if decimals < 0 or input.dtype.kind != "f":
        return np.round(input, decimals)
    return _round_scaled(input, 10.0**decimals) if decimals else _rint(input)


@op(differentiable=False, ufunc=np.isnan)
def isnan(input, /):
    """Where x is not a number (NaN), as booleans of x's shape."""


@op(differentiable=False, ufunc=np.isinf)
def isinf(input, /):
    """Where x is infinite, of either sign, as booleans of x's shape."""


@op(differentiable=False, ufunc=np.isfinite)
def isfinite(input, /):
    """Where x is neither infinite nor NaN, as booleans of x's shape."""


_rint, _round_scaled = formula("rint", np.rint), formula("round_scaled")
WORDS.update(floor=floor, ceil=ceil, trunc=trunc, rint=round, exp=exp, log=log,
             tanh=tanh, sinh=sinh, cosh=cosh, sigmoid=sigmoid, sqrt=sqrt, expm1=expm1, erf=erf,
             absolute=abs, safe_mul=safe_mul, safe_div=safe_div, where=where, maximum=maximum,
             minimum=minimum)
