"""Products of vectors, matrices and batches of matrices; `einsum` has a file of its own.

Both operands have one dtype and nothing is converted: a float32 matrix times a float64 one is an
error, as in PyTorch.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .. import kernels
from ..dtypes import refuse_complex
from ..errors import to_one_dtype
from ..gate import multiplied, total
from ..kernels.rounding import rounded_once
from ..record import composite, op
from .reduce import sum
from .shape import axis, ints, owned, permute, reshape, sum_to_size, unsqueeze
from .triangle import diagonal


@op(broadcasts=True, vjp=dict(
    input=lambda g, input_shape, other: _left_grad(g, input_shape, other),
    other=lambda g, input, other_shape: _right_grad(g, input, other_shape)))
def matmul(input, other, /):
    """The matrix product, what `@` does: of matrices, vectors, and batches that broadcast.

    Shape: (..., n, k), (..., k, m) -> (..., n, m); a vector stands for one row (input) or one
    column (other), which the result then lacks.
    Raises: RuntimeError where sizes or dtypes do not match.

    >>> autograd.ones(2, 3) @ autograd.tensor([1., 2., 3.])
    tensor([6., 6.])
    """
    if input.ndim == 2 == other.ndim:
        if input.shape[1] != other.shape[0] or input.dtype is not other.dtype:
            check_product("matmul", input, other)
        return multiplied(input, other)
    check_product("matmul", input, other)
    if input.ndim < 3 > other.ndim:
        return input.dot(other)
    if other.ndim == 2:
        return multiplied(rows(input), other).reshape(*input.shape[:-1], other.shape[1])
    if input.ndim == 3 == other.ndim and len(input) == len(other):
        return kernels.bmm(input, other)
    return np.matmul(input, other)


def _left_grad(g, shape, other):
    if other.ndim == 1:
        return unsqueeze(g, -1) * other
    if len(shape) == 1:
        row = matmul(unsqueeze(g, -2), other.mT)
        return reshape(sum_to_size(row, (1, *shape)), shape)
    return matmul(g, other.mT)


def _right_grad(g, input, shape):
    if len(shape) == 1:
        return matmul(rows(input).mT, reshape(g, (prod(g.shape),)))
    if input.ndim == 1:
        return unsqueeze(input, -1) * unsqueeze(g, -2)
    if len(shape) == 2 and g.ndim > 2:
        return matmul(rows(input).mT, rows(g))
    return matmul(input.mT, g)


def rows(x):
    """All dimensions but the last as one: of an array by itself, of a Tensor by the op."""
    shape = x.shape
    return x.reshape((prod(shape[:-1]), shape[-1]))


def check_product(name: str, input, other, names: tuple = ("input", "other")) -> None:
    """Raise if the two cannot be multiplied as (batches of) matrices."""
    shape, wide = tuple(input.shape), tuple(other.shape)
    if (shape and wide and shape[-1] == wide[-2 if len(wide) > 1 else -1]
            and input.dtype is other.dtype
            and (len(shape) < 3 or len(wide) < 3 or shape[:-2] == wide[:-2])):
        return
    left, right = names
    for array, which in ((input, left), (other, right)):
        if not array.shape:
            raise RuntimeError(f"{name}: {which} has no dimensions; at least 1 is needed. "
                               "To scale by a number, use *")
    shapes = f"{name}: {left} {tuple(input.shape)} and {right} {tuple(other.shape)}"
    columns, lines = input.shape[-1], other.shape[-2 if other.ndim > 1 else -1]
    if columns != lines:
        raise RuntimeError(
            f"{shapes}: the {columns} {'columns' if input.ndim > 1 else 'elements'} of {left}"
            f" must equal the {lines} {'rows' if other.ndim > 1 else 'elements'} of {right}")
    if input.dtype != other.dtype:
        raise RuntimeError(f"{shapes}: {input.dtype} and {other.dtype} do not mix; convert one, "
                           f"for example with {right}.to({left}.dtype)")
    for n, m in zip(input.shape[-3::-1], other.shape[-3::-1], strict=False):
        if n != m and 1 not in (n, m):
            raise RuntimeError(f"{shapes}: the batch dimensions {tuple(input.shape[:-2])} and "
                               f"{tuple(other.shape[:-2])} do not broadcast ({n} against {m})")


def check_ndim(name: str, *expected: tuple) -> None:
    """Raise unless each tensor, given with its name and number of dimensions, has that many."""
    for which, x, ndim in expected:
        if x.ndim != ndim:
            raise RuntimeError(f"{name}: {which} must have {ndim} dimension{'s' * (ndim > 1)}, "
                               f"got shape {tuple(x.shape)}; use matmul for other shapes")


def _matmul(name: str, left: tuple, right: tuple):
    """The product of two tensors, each given with its name and number of dimensions."""
    (first, input, n), (second, other, m) = left, right
    if input.ndim != n or other.ndim != m:
        check_ndim(name, left, right)
    try:
        return matmul(input, other)
    except RuntimeError:
        check_product(name, input, other, (first, second))
        raise


@composite()
def mm(input, mat2):
    """The product of two matrices.

    Shape: (n, k), (k, m) -> (n, m)

    >>> autograd.mm(autograd.tensor([[1., 2.]]), autograd.tensor([[3.], [4.]]))
    tensor([[11.]])
    """
    try:
        return _matmul("mm", ("input", input, 2), ("mat2", mat2, 2))
    except TypeError:
        if getattr(input, "is_sparse", False):
            return input @ mat2
        raise


@composite()
def bmm(input, mat2):
    """The products of matrices, pair by pair.

    Shape: (b, n, k), (b, k, m) -> (b, n, m)

    >>> autograd.bmm(autograd.ones(2, 1, 3), autograd.ones(2, 3, 1)).shape
    Size([2, 1, 1])
    """
    check_ndim("bmm", ("input", input, 3), ("mat2", mat2, 3))
    if input.shape[0] != mat2.shape[0]:
        raise RuntimeError(f"bmm: input has {input.shape[0]} matrices and mat2 {mat2.shape[0]}; "
                           "use matmul to broadcast one over the other")
    return _matmul("bmm", ("input", input, 3), ("mat2", mat2, 3))


@composite()
def mv(input, vec):
    """The product of a matrix and a vector.  Shape: (n, k), (k) -> (n)."""
    return _matmul("mv", ("input", input, 2), ("vec", vec, 1))


@composite()
def dot(input, tensor):
    """Σᵢ xᵢ yᵢ of two vectors.  Shape: (n), (n) -> ()."""
    return _matmul("dot", ("input", input, 1), ("tensor", tensor, 1))


@composite()
def outer(input, vec2):
    """xᵢ yⱼ of two vectors.  Shape: (n), (m) -> (n, m)."""
    check_ndim("outer", ("input", input, 1), ("vec2", vec2, 1))
    return unsqueeze(input, 1) * vec2


_ADDED: dict[str, Any] = dict(broadcasts=True, inplace=True)


@op(**_ADDED, vjp=dict(
    input=lambda g, beta: _times(g, beta),
    mat1=lambda g, mat2, alpha: _times(matmul(g, mat2.mT), alpha),
    mat2=lambda g, mat1, alpha: _times(matmul(mat1.mT, g), alpha)))
def addmm(input, mat1, mat2, /, *, beta=1, alpha=1):
    """beta * input + alpha * mat1 @ mat2; with beta 0, input is not looked at.

    Shape: input broadcasts to (n, m); (n, k), (k, m) -> (n, m).
    """
    check_ndim("addmm", ("mat1", mat1, 2), ("mat2", mat2, 2))
    check_product("addmm", mat1, mat2, ("mat1", "mat2"))
    check_added("addmm", input, (len(mat1), mat2.shape[1]), mat1.dtype)
    if beta == alpha == 1 and input.shape == mat2.shape[1:]:
        return multiplied(mat1, mat2, input)
    return _addmm(input, mat1, mat2, beta, alpha)


@op(**_ADDED, vjp=dict(
    input=lambda g, beta: _times(g, beta),
    batch1=lambda g, batch2, alpha: _times(matmul(g, batch2.mT), alpha),
    batch2=lambda g, batch1, alpha: _times(matmul(batch1.mT, g), alpha)))
def baddbmm(input, batch1, batch2, /, *, beta=1, alpha=1):
    """beta * input + alpha * batch1 @ batch2 for batches of matrices; with beta 0, input is not
    looked at.

    Shape: input broadcasts to (b, n, m); (b, n, k), (b, k, m) -> (b, n, m).
    """
    check_ndim("baddbmm", ("batch1", batch1, 3), ("batch2", batch2, 3))
    if len(batch1) != len(batch2):
        raise RuntimeError(f"baddbmm: batch1 has {len(batch1)} matrices and batch2 {len(batch2)}; "
                           "they must be equal")
    check_product("baddbmm", batch1, batch2, ("batch1", "batch2"))
    check_added("baddbmm", input, (*batch1.shape[:2], batch2.shape[2]), batch1.dtype)
    return _baddbmm(input, batch1, batch2, beta, alpha)


def _times(x, factor):
    if factor == 1:
        return x
    refuse_complex(factor)
    return x * factor


def _add(input, product, beta, alpha):
    product = _times(product, alpha)
    return product if beta == 0 else np.add(product, _times(input, beta))


_addmm = rounded_once(lambda input, mat1, mat2, beta, alpha: _add(
    input, multiplied(mat1, mat2), beta, alpha))
_baddbmm = rounded_once(lambda input, batch1, batch2, beta, alpha: _add(
    input, kernels.bmm(batch1, batch2), beta, alpha))


def check_added(name: str, input, shape: tuple, dtype) -> None:
    if input.dtype != dtype:
        raise RuntimeError(f"{name}: input is {input.dtype} but the product {dtype}; convert it "
                           "with input.to(...)")
    pairs = zip(input.shape[::-1], shape[::-1], strict=False)
    if input.ndim > len(shape) or any(n not in (1, m) for n, m in pairs):
        raise RuntimeError(f"{name}: input {input.shape} cannot be expanded to the product's "
                           f"shape {shape}")


@op(method=False, vjp=dict(
    input=lambda g, weight: _product(g, weight),
    weight=lambda g, input: _product(g.mT, input) if g.ndim == 2
        else _product(rows(g).mT, rows(input)),
    bias=lambda g: _bias_grad(g if g.ndim == 2 else rows(g))))
def linear(input, weight, bias=None, /):
    """input @ weight.T + bias, for any number of leading dimensions.

    Shape: (..., in), (out, in), (out) -> (..., out)
    Raises: RuntimeError where sizes or dtypes do not match.

    >>> nn.functional.linear(autograd.ones(2), autograd.eye(2), autograd.tensor([10., 20.]))
    tensor([11., 21.])
    """
    shape = input.shape
    if (weight.ndim != 2 or not shape or shape[-1] != weight.shape[1]
            or input.dtype is not weight.dtype or (bias is not None and (
                bias.shape != weight.shape[:1] or bias.dtype is not weight.dtype))):
        _check_linear(input, weight, bias)
    if len(shape) == 2:
        return multiplied(input, weight.T, bias)
    return multiplied(rows(input), weight.T, bias).reshape((*shape[:-1], len(weight)))


def _product(a, b):
    """a @ b; what a rule multiplies in an ordinary walk fits, and goes straight to the kernel."""
    return multiplied(a, b) if a.__class__ is np.ndarray and a.ndim == 2 else matmul(a, b)


def _bias_grad(g):
    return total(g, (0,), False) if g.__class__ is np.ndarray else g.sum(0)


def _check_linear(input, weight, bias) -> None:
    if weight.ndim != 2:
        raise RuntimeError(f"linear: weight must be (out_features, in_features), got "
                           f"{weight.shape}")
    out_features, in_features = weight.shape
    got = f"linear: input {input.shape} has"
    if not input.shape:
        raise RuntimeError(f"{got} no dimensions; (..., {in_features}) fits")
    if input.shape[-1] != in_features:
        raise RuntimeError(f"{got} {input.shape[-1]} features, weight {weight.shape} takes "
                           f"{in_features}")
    if bias is not None and bias.shape != (out_features,):
        raise RuntimeError(f"linear: bias {bias.shape} does not fit weight {weight.shape}: "
                           f"({out_features},) does")
    dtypes = [str(x.dtype) for x in (input, weight, bias) if x is not None]
    if len(set(dtypes)) > 1:
        raise RuntimeError(f"linear: input, weight and bias have dtypes {', '.join(dtypes)}, which "
                           f"do not mix; {to_one_dtype(input.dtype, weight.dtype, 'Linear')}")


@composite(method=False)
def tensordot(a, b, dims=2):
    """The sum of products over the last `dims` dimensions of a and the first of b, or over the
    dimensions that the pair of lists `dims` names.

    >>> autograd.tensordot(autograd.ones(2, 3, 4), autograd.ones(4, 3), ([1, 2], [1, 0])).tolist()
    [12.0, 12.0]
    """
    n, m = a.ndim, b.ndim
    if isinstance(dims, int):
        if not 0 <= dims <= min(n, m):
            raise RuntimeError(f"tensordot: dims={dims} is out of range for {tuple(a.shape)} and "
                               f"{tuple(b.shape)}")
        dims = (range(n - dims, n), range(dims))
    of_a = [axis("tensordot", d, n) for d in ints(dims[0])]
    of_b = [axis("tensordot", d, m) for d in ints(dims[1])]
    if [a.shape[d] for d in of_a] != [b.shape[d] for d in of_b]:
        raise RuntimeError(f"tensordot: dims {of_a} of a {tuple(a.shape)} and {of_b} of b "
                           f"{tuple(b.shape)} must have the same sizes")
    left = [d for d in range(n) if d not in of_a]
    right = [d for d in range(m) if d not in of_b]
    summed = prod(a.shape[d] for d in of_a)
    lines, columns = [a.shape[d] for d in left], [b.shape[d] for d in right]
    product = matmul(reshape(permute(a, (*left, *of_a)), (prod(lines), summed)),
                     reshape(permute(b, (*of_b, *right)), (summed, prod(columns))))
    return reshape(product, (*lines, *columns))


def conj(x):
    """The conjugate of an array or a Tensor, which real numbers are themselves."""
    return x.conj() if x.dtype.kind == "c" else x


def mh(x):
    """The conjugate transpose of matrices, arrays or Tensors; of real ones the transpose."""
    return conj(x.mT)


@composite()
def kron(input, other):
    """The Kronecker product: every element of input times the whole of other, as blocks.

    >>> autograd.kron(autograd.tensor([1., 10.]), autograd.tensor([1., 2.]))
    tensor([ 1.,  2., 10., 20.])
    """
    ndim = max(input.ndim, other.ndim)
    outside = (1,) * (ndim - input.ndim) + tuple(input.shape)
    inside = (1,) * (ndim - other.ndim) + tuple(other.shape)
    product = (reshape(input, [size for n in outside for size in (n, 1)])
               * reshape(other, [size for n in inside for size in (1, n)]))
    return owned(reshape(product, [n * m for n, m in zip(outside, inside, strict=True)]))


@composite()
def trace(input):
    """The sum of a matrix's diagonal.

    Shape: (n, m) -> ()

    >>> autograd.trace(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    check_ndim("trace", ("input", input, 2))
    return sum(diagonal(input))
