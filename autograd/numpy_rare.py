"""NumPy's functions on Tensors that few programs use, as `numpy_functions` has the others; loaded
when one that is not there is asked for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .creation import as_tensor, meshgrid
from .numpy_functions import ManyOperands, Translated, declare, flat
from .ops import (
    arithmetic,
    arrange,
    bessel,
    blocks,
    compare,
    conv,
    decompose,
    gradient,
    inverse,
    join,
    linalg,
    masks,
    matrix_functions,
    numbers,
    order,
    products,
    quantiles,
    reduce,
    running,
    shape,
    statistics,
)

FUNCTIONS: dict[Callable, Translated] = {}


def _floats(input):
    """In float64, as NumPy computes with integers."""
    return input.double() if input.dtype.kind in "iub" else input


def _average(input, dim=None, weights=None, keepdim=False):
    if weights is None:
        return reduce.mean(_floats(input), dim, keepdim)
    weights = as_tensor(weights)
    if weights.shape != input.shape:
        if not isinstance(dim, (int, np.integer)) or weights.ndim != 1:
            raise ValueError(f"average: weights {tuple(weights.shape)} must have the shape of the "
                             f"array, {tuple(input.shape)}, or be a vector along one axis")
        weights = shape.reshape(weights, (-1,) + (1,) * (input.ndim - 1 - dim % input.ndim))
    total = reduce.sum(shape.broadcast_to(weights, input.shape), dim, keepdim)
    return reduce.sum(input * weights, dim, keepdim) / total


def _append(input, values, dim=None):
    values = as_tensor(values)
    if dim is None:
        return join.cat([flat(input), flat(values)])
    return join.cat([input, values], dim)


def _cumulative(function):
    def accumulate(input, dim=None, dtype=None):
        if dim is None and input.ndim != 1:
            raise ValueError(f"cumulative sums and products of {input.ndim} dimensions need an "
                             "axis")
        return function(input, 0 if dim is None else dim, dtype=dtype)

    return accumulate


def _gradient(input, *spacing, axis=None, edge_order=1):
    dims = tuple(range(input.ndim)) if axis is None else shape.ints(axis)
    steps = spacing * len(dims) if len(spacing) == 1 else spacing or (1.0,) * len(dims)
    if len(steps) != len(dims):
        raise ValueError(f"gradient: {len(spacing)} spacings for {len(dims)} axes")
    found = []
    for dim, step in zip(dims, steps, strict=True):
        number = isinstance(step, (int, float))
        found += gradient.gradient(_floats(input), dim=dim, edge_order=edge_order,
                                   spacing=float(step) if number else (as_tensor(step),))
    return found[0] if len(found) == 1 else tuple(found)


def _quantile(function, share: float = 1.0):
    def of(input, q, dim=None, interpolation="linear", keepdim=False):
        shares = q / share if isinstance(q, (int, float)) else as_tensor(q, _floats(input).dtype)
        if not isinstance(shares, float):
            shares = shares / share
        return function(_floats(input), shares, dim, keepdim, interpolation=interpolation)

    return of


def _median(function):
    return lambda input, dim=None, keepdim=False: function(_floats(input), 0.5, dim, keepdim)


def _convolve(input, v, mode="full"):
    """Σ a[n] v[k - n], of which "same" and "valid" are the middle."""
    input, v = (as_tensor(x) for x in (input, v))
    if v.shape[0] > input.shape[0]:
        input, v = v, input
    count = v.shape[0]
    kernel = shape.reshape(shape.flip(v, 0), (1, 1, count))
    full = conv.conv1d(shape.reshape(input, (1, 1, -1)), kernel, padding=count - 1)
    full = shape.reshape(full, (-1,))
    if mode == "full":
        return full
    if mode not in ("same", "valid"):
        raise ValueError(f"convolve: mode {mode!r}; choose from 'full', 'same' and 'valid'")
    start = (count - 1) // 2 if mode == "same" else count - 1
    size = input.shape[0] if mode == "same" else input.shape[0] - count + 1
    return full[start:start + size]


def _correlate(input, v, mode="valid"):
    return _convolve(input, shape.flip(as_tensor(v), 0), mode)


def _interp(x, xp, fp, left=None, right=None):
    x, xp, fp = as_tensor(x), as_tensor(xp), as_tensor(fp)
    places = np.searchsorted(xp.detach().numpy(), x.detach().numpy(), "right")
    at = np.clip(places - 1, 0, xp.shape[0] - 2)
    low, high = xp[at], xp[at + 1]
    inside = fp[at] + (fp[at + 1] - fp[at]) * ((x - low) / (high - low))
    found = compare.where(x < xp[0], fp[0] if left is None else left, inside)
    return compare.where(x > xp[-1], fp[-1] if right is None else right, found)


def _select(condlist, choicelist, default=0):
    if len(condlist) != len(choicelist):
        raise ValueError(f"select: {len(condlist)} conditions for {len(choicelist)} choices")
    out = default
    for condition, choice in list(zip(condlist, choicelist, strict=True))[::-1]:
        out = compare.where(as_tensor(condition), choice, out)
    return out


def _polyval(p, x):
    total = as_tensor(x) * 0
    for coefficient in p:
        total = total * x + coefficient
    return total


def _extract(condition, input):
    return masks.masked_select(flat(input), flat(as_tensor(condition)))


def _meshgrid(*xi, indexing="xy"):
    return tuple(meshgrid([as_tensor(x) for x in xi], indexing=indexing))


def _listed(function):
    return lambda *args, **kwargs: list(function(*args, **kwargs))


def _lstsq(a, b, rcond=None):
    columns = b if b.ndim > 1 else shape.unsqueeze(b, -1)
    found, _, rank, values = inverse.lstsq(a, columns, rcond, driver="gelsd")
    left = reduce.sum(arithmetic.square(linalg.matmul(a, found) - columns), 0)
    if a.shape[0] <= a.shape[1] or int(rank) < a.shape[1]:
        left = left[:0]
    return found if b.ndim > 1 else shape.squeeze(found, -1), left, rank, values


def _cross(input, other, dim=-1):
    pair = arrange.broadcast_tensors([input, other]) if input.ndim != other.ndim else (input, other)
    return products.linalg_cross(*pair, dim=dim)


def _each(function):
    """A function of any number of arrays, of which some may be lists of numbers."""
    return lambda *arrays: function(*[as_tensor(array) for array in arrays])


def _svd(input, full_matrices=True, compute_uv=True):
    return decompose.linalg_svd(input, full_matrices) if compute_uv else decompose.svdvals(input)


_OF_SHARES = "a q axis out- overwrite_input- method=interpolation keepdims weights- interpolation-"
_OF_MEDIANS = "a axis out- overwrite_input- keepdims"
declare(FUNCTIONS, np, {
    "append": (_append, "arr values=values axis"),
    "average": (_average, "a axis weights returned- keepdims"),
    "corrcoef": (statistics.corrcoef, "x y- rowvar- bias- ddof- dtype-"),
    "cov": (statistics.cov, "m y- rowvar- bias- ddof- fweights aweights dtype-"),
    "cross": (_cross, "a b=other axisa- axisb- axisc- axis"),
    "cumulative_sum": (_cumulative(running.cumsum), "x axis dtype out- include_initial-"),
    "cumulative_prod": (_cumulative(running.cumprod), "x axis dtype out- include_initial-"),
    "diagflat": (blocks.diagflat, "v=input k=offset"),
    "diff": (statistics.diff, "a n axis prepend append"),
    "ediff1d": (lambda input: statistics.diff(flat(input)), "ary to_end- to_begin-"),
    "extract": (_extract, "condition arr"),
    "hsplit": (_listed(arrange.hsplit), "ary indices_or_sections"),
    "vsplit": (_listed(arrange.vsplit), "ary indices_or_sections"),
    "dsplit": (_listed(arrange.dsplit), "ary indices_or_sections"),
    "i0": (bessel.i0, "x"), "sinc": (bessel.sinc, "x"),
    "interp": (_interp, "x=x xp fp left right period-"),
    "convolve": (_convolve, "a v mode"), "correlate": (_correlate, "a v mode"),
    "nan_to_num": (numbers.nan_to_num, "x copy- nan posinf neginf"),
    "nansum": (quantiles.nansum, "a axis dtype out- keepdims initial- where-"),
    "nanmean": (quantiles.nanmean, "a axis dtype out- keepdims where-"),
    "median": (_median(quantiles.quantile), _OF_MEDIANS),
    "nanmedian": (_median(quantiles.nanquantile), _OF_MEDIANS),
    "quantile": (_quantile(quantiles.quantile), _OF_SHARES),
    "percentile": (_quantile(quantiles.quantile, 100.0), _OF_SHARES),
    "nanquantile": (_quantile(quantiles.nanquantile), _OF_SHARES),
    "nanpercentile": (_quantile(quantiles.nanquantile, 100.0), _OF_SHARES),
    "polyval": (_polyval, "p x=x"),
    "ptp": (lambda input, dim=None, keepdim=False: order.amax(input, dim, keepdim)
            - order.amin(input, dim, keepdim), "a axis out- keepdims"),
    "select": (_select, "condlist choicelist default"),
    "trapezoid": (statistics.trapezoid, "y=y x=x dx axis"),
    "vander": (blocks.vander, "x=x N increasing"),
})
declare(FUNCTIONS, np.linalg, {
    "cholesky": (lambda input, upper=False: decompose.linalg_cholesky(input, upper=upper),
                 "a upper"),
    "cond": (matrix_functions.cond, "x=A p"),
    "cross": (_cross, "x1=input x2=other axis"),
    "det": (inverse.det, "a"), "slogdet": (inverse.slogdet, "a"), "inv": (inverse.inv, "a=A"),
    "eigh": (decompose.eigh, "a=A UPLO"), "eigvalsh": (decompose.eigvalsh, "a=A UPLO"),
    "lstsq": (_lstsq, "a=a b rcond"),
    "matrix_norm": (lambda input, keepdim=False, ord="fro": matrix_functions.matrix_norm(
        input, ord, keepdim=keepdim), "x keepdims ord"),
    "matrix_power": (matrix_functions.matrix_power, "a n"),
    "pinv": (inverse.pinv, "a=A rcond hermitian rtol"),
    "qr": (decompose.linalg_qr, "a=A mode"),
    "solve": (inverse.solve, "a=A b=B"),
    "svd": (_svd, "a full_matrices compute_uv hermitian-"),
    "svdvals": (decompose.svdvals, "x=A"),
    "tensorinv": (inverse.tensorinv, "a=A ind"),
    "tensorsolve": (inverse.tensorsolve, "a=A b=B axes=dims"),
    "vecdot": (matrix_functions.vecdot, "x1=x x2=y axis"),
})
FUNCTIONS.update({
    np.atleast_1d: ManyOperands(_each(arrange.atleast_1d), ""),
    np.atleast_2d: ManyOperands(_each(arrange.atleast_2d), ""),
    np.atleast_3d: ManyOperands(_each(arrange.atleast_3d), ""),
    np.broadcast_arrays: ManyOperands(_each(arrange.broadcast_tensors), "subok-"),
    np.gradient: ManyOperands(_gradient, "axis=axis edge_order"),
    np.linalg.multi_dot: ManyOperands(
        lambda arrays: products.multi_dot([as_tensor(array) for array in arrays]), "out-"),
    np.meshgrid: ManyOperands(_meshgrid, "indexing sparse- copy-"),
})
