"""Statistics that few programs use: covariances, differences, integrals, both extremes at once."""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..errors import describe
from ..record import composite, op
from ..tensors import Tensor
from .compare import clamp, logical_xor
from .elementwise import in_float32, sqrt, to
from .index import narrow
from .join import cat
from .linalg import matmul
from .named import named
from .order import amax, amin
from .reduce import axes, mean, std, sum
from .running import cumsum
from .shape import axis, clone, reshape, unsqueeze, whole
from .triangle import diagonal

_Ends = named("aminmax", "min max")


@composite()
def aminmax(input, *, dim=None, keepdim=False):
    """The pair (min, max) over everything or along `dim`; equal ones share the gradient.

    >>> autograd.aminmax(autograd.tensor([3., 1., 2.])).max
    tensor(3.)
    """
    dim = () if dim is None else whole("aminmax", dim)
    return _Ends(amin(input, dim, keepdim), amax(input, dim, keepdim))


@op(differentiable=False)
def count_nonzero(input, /, dim=None):
    """How many elements are not 0, over everything or over `dim`, one or several.

    >>> autograd.count_nonzero(autograd.tensor([[0, 1], [2, 3]]), 1)
    tensor([1, 2])
    """
    return np.asarray(np.count_nonzero(input, axes("count_nonzero", dim, input.ndim)), np.int64)


@composite(method=False)
def std_mean(input, dim=None, unbiased=True, keepdim=False, *, correction=None):
    """The pair of std and mean over `dim`.

    >>> autograd.std_mean(autograd.tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """
    found = std(input, dim, unbiased, keepdim, correction=correction)
    return found, mean(input, None if isinstance(dim, bool) else dim, keepdim)


@composite()
@in_float32
def cov(input, *, correction=1, fweights=None, aweights=None):
    """The covariances of variables, one a row, whose observations are the columns: of rows x and y
    Σ (x - mean)(y - mean) / (n - correction).  `fweights` are how often each was observed, whole
    numbers, `aweights` how much it counts.

    Shape: (variables, n) -> (variables, variables); (n) -> ()

    >>> autograd.cov(autograd.tensor([[0., 1., 2.], [2., 1., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if len(input.shape) > 2:
        raise ValueError(f"cov: at most 2 dimensions fit, got {describe(input)}")
    if input.dtype.kind != "f":
        input = to(input, dtypes.get_default_dtype())
    rows = input if len(input.shape) == 2 else reshape(input, (1, -1))
    weights = _weights(fweights, aweights, rows)
    centred = rows - _weighted_mean(rows, weights)
    scaled = centred if weights is None else centred * weights
    product = matmul(scaled, centred.mT) / _freedom(rows, weights, aweights, correction)
    return product if len(input.shape) == 2 else clone(reshape(product, ()))


def _weights(fweights, aweights, rows):
    """The product of both weights in the dtype of the rows; None if there is neither."""
    weights = None
    for name, w in (("fweights", fweights), ("aweights", aweights)):
        if w is None:
            continue
        if w.shape != rows.shape[1:] or (w.dtype.kind == "f") != (name == "aweights"):
            kind = "floating" if name == "aweights" else "integer"
            raise ValueError(f"cov: {name} must be {tuple(rows.shape[1:])} and of {kind} type, got "
                             f"{describe(w)}")
        if (getattr(w, "_array", w) < 0).any():
            raise ValueError(f"cov: {name} must not be negative")
        weights = to(w, rows.dtype) if weights is None else weights * to(w, rows.dtype)
    return weights


def _weighted_mean(rows, weights):
    if weights is None:
        return mean(rows, 1, True)
    return sum(rows * weights, 1, True) / sum(weights)


def _freedom(rows, weights, aweights, correction):
    if weights is None:
        return max(rows.shape[1] - correction, 0)
    total = sum(weights)
    if aweights is not None:
        correction = correction * sum(weights * to(aweights, rows.dtype)) / total
    return clamp(total - correction, 0)


@composite()
@in_float32
def corrcoef(input):
    """The correlations of variables, one a row: covariances over both standard deviations.

    Shape: (variables, n) -> (variables, variables); (n) -> ()

    >>> autograd.corrcoef(autograd.tensor([[0., 1., 2.], [2., 1., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if len(input.shape) > 2:
        raise ValueError(f"corrcoef: at most 2 dimensions fit, got {describe(input)}")
    if not isinstance(input, Tensor):
        raise TypeError(f"corrcoef: input must be a Tensor, got {describe(input)}")
    found = cov(input)
    if found.numel() == 1:
        return reshape(found / found, ())
    deviation = sqrt(diagonal(found))
    return clamp(found / unsqueeze(deviation, 1) / unsqueeze(deviation, 0), -1, 1)


@composite()
@in_float32
def diff(input, n=1, dim=-1, prepend=None, append=None):
    """The differences of neighbours along `dim`, n times over; `prepend` and `append` are put
    before and after first.  Of booleans, whether neighbours differ.

    >>> autograd.diff(autograd.tensor([1, 3, 2]))
    tensor([ 2, -1])
    """
    if not input.shape:
        raise ValueError("diff: at least 1 dimension is needed, got a 0-d tensor")
    if whole("diff", n) < 0:
        raise ValueError(f"diff: n must not be negative, got {n}")
    dim = axis("diff", dim, len(input.shape))
    parts = [x for x in (prepend, input, append) if x is not None]
    found = cat(parts, dim) if len(parts) > 1 else input
    for _ in range(n):
        size = max(found.shape[dim] - 1, 0)
        later = narrow(found, dim, min(1, found.shape[dim]), size)
        change = logical_xor if found.dtype.kind == "b" else _minus
        found = change(later, narrow(found, dim, 0, size))
    return clone(found) if found is input else found


def _minus(a, b):
    return a - b


@composite(method=False)
def trapezoid(y, x=None, *, dx=None, dim=-1):
    """The integral along `dim` by the trapezoidal rule, Σ (yᵢ + yᵢ₊₁) (xᵢ₊₁ - xᵢ) / 2, with points
    x, or `dx` (1 unless given) apart.

    >>> autograd.trapezoid(autograd.tensor([1., 2., 3.]))
    tensor(4.)
    """
    return sum(_areas("trapezoid", y, x, dx, dim), dim)


@composite(method=False)
def trapz(y, x=None, *, dx=None, dim=-1):
    """Another name of trapezoid.

    >>> autograd.trapz(autograd.tensor([1., 2., 3.]), dx=2)
    tensor(8.)
    """
    return trapezoid(y, x, dx=dx, dim=dim)


@composite(method=False)
def cumulative_trapezoid(y, x=None, *, dx=None, dim=-1):
    """The integrals along `dim` from the first point to each other, as trapezoid.

    >>> autograd.cumulative_trapezoid(autograd.tensor([1., 2., 3.]))
    tensor([1.5000, 4.0000])
    """
    return cumsum(_areas("cumulative_trapezoid", y, x, dx, dim), dim)


def _areas(name: str, y, x, dx, dim: int):
    """The areas of all trapezoids along a dimension."""
    if not y.shape:
        raise ValueError(f"{name}: at least 1 dimension is needed, got a 0-d tensor")
    if x is not None and dx is not None:
        raise TypeError(f"{name}: give x or dx, not both")
    dim = axis(name, dim, len(y.shape))
    n = max(y.shape[dim] - 1, 0)
    heights = narrow(y, dim, 0, n) + narrow(y, dim, min(1, y.shape[dim]), n)
    if x is None:
        return heights * (0.5 if dx is None else dx / 2)
    if len(x.shape) == 1:
        x = reshape(x, [-1 if d == dim else 1 for d in range(len(y.shape))])
    along = dim - len(y.shape)
    if len(x.shape) < -along or x.shape[along] != y.shape[dim]:
        raise ValueError(f"{name}: x {tuple(x.shape)} must be a vector of {y.shape[dim]} points, "
                         f"or have as many along dim {dim} of y {tuple(y.shape)}")
    return heights * diff(x, 1, along) / 2
