"""Which ops take complex numbers, and the rules that they then have.

An op that is not here refuses them.  Where f has a derivative f', its rule is g conj(f'(z)), as in
PyTorch; what is linear has the rules it has for real numbers.
"""

from __future__ import annotations

import numpy as np

from ..complexes import common
from .compare import where
from .complex_numbers import _sgn, _unit_grad, _unless
from .einsum import _contract
from .elementwise import cos, cosh, log, safe_div, sin, sinh
from .join import cat, stack
from .linalg import _check_linear, mh, rows
from .shape import reshape, sum_to_size, unsqueeze


def conj(x):
    """The conjugate of an array, a Tensor or a number, which has no dtype."""
    return x.conj() if hasattr(x, "conj") else x.conjugate()


def _power(input, other, /):
    if isinstance(other, (int, float)) and other == 2:
        return np.square(input)
    return np.power(input, other)


def _power_base(g, input, other):
    if isinstance(other, (int, float, complex)):
        return g * conj(other * input ** (other - 1)) if other else g * 0
    zero = other == 0
    return g * conj(_unless(zero, other * input ** where(zero, other.dtype.type(1), other - 1)))


def _power_exponent(g, input, other, out):
    if isinstance(input, (int, float, complex)):
        return g * conj(out * np.log(np.complex128(input)).item()) if input else g * 0
    zero = input == 0
    return g * conj(_unless(zero, out * log(_unless(zero, input, 1))))


def _added(input, other, /, *, alpha=1):
    return np.add(input, other if alpha == 1 else other * alpha)


def _subtracted(input, other, /, *, alpha=1):
    return np.subtract(input, other if alpha == 1 else other * alpha)


def _divided(g, d, /):
    return np.where(g == 0, 0, np.true_divide(g, d))


def _cat(tensors, /, dim=0):
    return cat.op.forward(common(*tensors), dim)


def _stack(tensors, /, dim=0):
    return stack.op.forward(common(*tensors), dim)


def _unit(input, /):
    return _sgn.op.forward(input)


def _left(g, input_shape, other):
    if other.ndim == 1:
        return unsqueeze(g, -1) * conj(other)
    if len(input_shape) == 1:
        row = unsqueeze(g, -2) @ mh(other)
        return reshape(sum_to_size(row, (1, *input_shape)), input_shape)
    return g @ mh(other)


def _right(g, input, other_shape):
    if len(other_shape) == 1:
        return mh(rows(input)) @ reshape(g, (-1,))
    if input.ndim == 1:
        return unsqueeze(conj(input), -1) * unsqueeze(g, -2)
    return mh(input) @ g


def _linear(input, weight, bias=None, /):
    _check_linear(input, weight, bias)
    product = np.matmul(input, weight.T)
    return product if bias is None else product + bias


def _contracted(g, factor, kept, others, wanted):
    return _contract(g, conj(factor), kept, others, wanted)


def _one(slope):
    """The rules of a function of one number with this derivative."""
    return dict(input=lambda g, input: g * conj(slope(input)))


def _of_out(slope):
    """The same where the derivative is told by the result."""
    return dict(input=lambda g, out: g * conj(slope(out)))


def _root(x):
    return x ** 0.5


_LINEAR = (
    "reshape view squeeze unsqueeze transpose permute expand sum_to_size flip clone unfold "
    "unfold_grad diagonal diagonal_grad tril triu getitem getitem_grad select_rows sum_rows "
    "unbind split roll _flatten overwrite neg sum mean where cumsum cumsum_back _select "
    "_select_grad")
_MATRICES = (  # whose rules conjugate where they transpose
    "inverse solve_matrices determinant cofactor pinv_of cholesky_factor qr_parts svd_parts "
    "svdvals eigh_parts complement exponential")
_OF_MATRICES = (
    "inv inv_ex solve solve_ex solve_triangular triangular_solve tensorinv tensorsolve det slogdet "
    "logdet pinv pinverse lstsq cholesky linalg_cholesky cholesky_ex cholesky_solve "
    "cholesky_inverse linalg_qr qr linalg_svd svd svd_lowrank pca_lowrank eigh eigvalsh matrix_exp "
    "matrix_power matrix_rank matrix_norm vector_norm linalg_norm norm cond vecdot vdot multi_dot "
    "chain_matmul linalg_diagonal cross linalg_cross")
_ANSWERS = "eq ne isnan isinf isfinite isclose isreal"
_COMPOSED = (
    "view_as reshape_as flatten unflatten swapaxes movedim t expand_as broadcast_to contiguous to "
    "type type_as cpu select narrow index_select div mm bmm mv dot inner outer einsum tensordot "
    "kron trace concat concatenate hstack vstack dstack chunk tensor_split repeat tile rot90 diag "
    "allclose equal polar real conj conj_physical resolve_conj resolve_neg adjoint "
    "cfloat cdouble positive view_as_real_copy view_as_complex_copy stft istft")

# Layers, and functions above the ops, that are right for complex numbers where their ops are.
WRITTEN_WITH_OPS = {"Linear", "Identity", "Sequential", "Flatten", "Unflatten",
                    "parameters_to_vector", "vector_to_parameters"}

# By name: None where the rules are those for real numbers, else rules, and under "" a forward.
FORMS: dict[str, dict | None] = {
    **dict.fromkeys(f"{_LINEAR} {_MATRICES} {_OF_MATRICES} {_ANSWERS} {_COMPOSED}".split()),
    "add": {"": _added, "input": lambda g: g, "other": lambda g, alpha: g * conj(alpha)},
    "sub": {"": _subtracted, "input": lambda g: g, "other": lambda g, alpha: g * conj(-alpha)},
    "cat": {"": _cat, "tensors": cat.op.rules[0]},
    "stack": {"": _stack, "tensors": stack.op.rules[0]},
    "mul": {"input": lambda g, other: g * conj(other), "other": lambda g, input: g * conj(input)},
    "true_divide": {"input": lambda g, other: g / conj(other),
                    "other": lambda g, input, other: -g * conj(input / other / other)},
    "safe_div": {"": _divided, "g": lambda g_out, d: safe_div(g_out, conj(d)),
                 "d": lambda g_out, g, d: -safe_div(safe_div(g_out * conj(g), conj(d)), conj(d))},
    "pow": {"": _power, "input": _power_base, "other": _power_exponent},
    "square": _one(lambda x: 2 * x),
    "sign": {"": _unit, "input": _unit_grad},
    "abs": {"input": lambda g, input: g * _sgn(input)},
    "exp": _of_out(lambda out: out),
    "log": _one(lambda x: 1 / x),
    "log2": _one(lambda x: 1.4426950408889634 / x),
    "log10": _one(lambda x: 0.4342944819032518 / x),
    "log1p": _one(lambda x: 1 / (x + 1)),
    "expm1": _of_out(lambda out: out + 1),
    "sqrt": _of_out(lambda out: 0.5 / out),
    "rsqrt": _of_out(lambda out: -0.5 * out * out * out),
    "reciprocal": _of_out(lambda out: -out * out),
    "sin": _one(cos),
    "cos": _one(lambda x: -sin(x)),
    "tan": _of_out(lambda out: out * out + 1),
    "asin": _one(lambda x: 1 / (_root(1 - x) * _root(1 + x))),
    "acos": _one(lambda x: -1 / (_root(1 - x) * _root(1 + x))),
    "atan": _one(lambda x: 1 / (x * x + 1)),
    "sinh": _one(cosh),
    "cosh": _one(sinh),
    "tanh": _of_out(lambda out: 1 - out * out),
    "asinh": _one(lambda x: 1 / _root(x * x + 1)),
    # x - -1 and not x + 1, which would make +0 of an imaginary part of -0, the cut's other side
    "acosh": _one(lambda x: 1 / (_root(x - 1) * _root(x - -1))),
    "atanh": _one(lambda x: 1 / (1 - x * x)),
    "matmul": {"input": _left, "other": _right},
    "linear": {"": _linear, "input": lambda g, weight: g @ conj(weight),
               "weight": lambda g, input: rows(g).mT @ conj(rows(input)),
               "bias": lambda g: rows(g).sum(0)},
    "_contract": {
        "input": lambda g, other, left, right, kept: _contracted(g, other, kept, right, left),
        "other": lambda g, input, left, right, kept: _contracted(g, input, kept, left, right)},
}
