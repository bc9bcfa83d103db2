"""Steps that programs need less often: logic, other losses, other windows, other ways to index."""

from __future__ import annotations

import numpy as np

from . import forward as fw
from .elementwise import softplus, two
from .forward import bilinear, kink, lift, linear, pick
from .networks import _alike, _cut, reduced, standardised
from .program import add
from .reductions import _ordered, largest, single
from .shapes import COPY, _moved, gather, one_dim, two_dims

LOW = 0.25  # the weight of a row here


def floating(c, ndim):
    return (c.value(lambda x: x.floating and x.ndim == ndim and x.size),), {}


# ---- logic ------------------------------------------------------------------------------------

for _sign, _function in {"&": np.bitwise_and, "|": np.bitwise_or, "^": np.bitwise_xor}.items():
    add(_sign, f"{{0}} {_sign} {{1}}", lambda x, y, f=_function: fw.constant(f(x.value, y.value)),
        lambda c: ((i := c.value(lambda x: not x.floating),
                    c.value(lambda x: not x.floating and c.fits(x.shape, c[i].shape))), {}),
        weight=LOW / 2)
add("~", "~{0}", lambda x: fw.constant(np.invert(x.value)),
    lambda c: ((c.value(lambda x: not x.floating),), {}), weight=LOW / 2)
for _name, _function in {"logical_and": np.logical_and, "logical_xor": np.logical_xor}.items():
    add(_name, f"torch.{_name}({{0}}, {{1}})",
        lambda x, y, f=_function: fw.constant(f(x.value, y.value)), two, weight=LOW / 2)
add("isfinite", "torch.isfinite({0})", lambda x: fw.constant(np.isfinite(x.value)),
    lambda c: ((c.value(),), {}), weight=LOW / 4)

# ---- moving elements --------------------------------------------------------------------------

_moved("swapaxes", "{0}.swapaxes({dim}, {other})", lambda p, dim, other: p.swapaxes(dim, other),
       two_dims, weight=LOW)
_moved("unfold", "{0}.unfold({dim}, {size}, {step})",
       lambda p, dim, size, step: _unfolded(p, dim, size, step),
       lambda c: ((i := c.value(lambda x: x.ndim and x.size),),
                  {"dim": (d := c.dim(c[i])), "size": c.int(1, c[i].shape[d] + 1),
                   "step": c.int(1, 3)}), weight=LOW)


def _unfolded(p, dim, size, step):
    """Windows of a dimension, as a view with one dimension more."""
    windows = np.lib.stride_tricks.sliding_window_view(p, size, dim, writeable=p.flags.writeable)
    return windows[(slice(None),) * (dim % p.ndim) + (slice(None, None, step),)]


def _index_filled(p, dim, index, value, constant):
    out = p.copy()
    out[(slice(None),) * (dim % p.ndim) + (index,)] = value if constant else 0
    return out


def _places(c):
    i = c.value(lambda x: x.floating and x.ndim and x.size)
    dim = c.dim(c[i])
    return (i,), {"dim": dim, "index": c.places(c[i].shape[dim], (2,))}


add("index_fill", "{0}.index_fill({dim}, {index}, 1.5)", lambda x, dim, index: fw.affine(
    lambda p, constant: _index_filled(p, dim, index, 1.5, constant), x), _places, weight=LOW)
_moved("take_along_dim", "torch.take_along_dim({0}, {index}, {dim})", gather,
       lambda c: ((i := c.value(lambda x: x.ndim and x.size),),
                  {"dim": (d := c.dim(c[i])), "index": c.places(c[i].shape[d], c[i].shape)}),
       **COPY)
_moved("hstack", "torch.hstack([{0}, {0}])", lambda p: np.hstack([p, p]),
       lambda c: ((c.value(lambda x: x.ndim),), {}), **COPY)
_moved("vstack", "torch.vstack([{0}, {0}])", lambda p: np.vstack([p, p]),
       lambda c: ((c.value(lambda x: x.ndim),), {}), **COPY)
_moved("interpolate", "F.interpolate({0}, scale_factor=2)",
       lambda p: p.repeat(2, 2).repeat(2, 3), lambda c: floating(c, 4), **COPY)
_moved("trace", "torch.trace({0})", np.trace, lambda c: floating(c, 2), **COPY)


def _index_put(x, y, dim, index, index2, accumulate):
    if y.shape != index.shape:
        raise fw.Rejected("another number of values")
    def put(p, q):
        out = p.copy()
        for k, place in enumerate(zip(index, index2)):
            out[place] = q[k] + (out[place] if accumulate else 0)
        return out
    return linear(put, x, y)


def _puts(c):
    i = c.value(lambda x: x.floating and x.ndim == 2 and x.size)
    j = c.value(lambda x: x.dtype == c[i].dtype and x.ndim == 1 and x.size)
    accumulate = c.chance(0.5)
    n, (rows, columns) = c[j].size, c[i].shape
    flat = c.places(rows * columns, (n,)) if accumulate else np.array(
        c.shuffled(range(rows * columns))[:n])
    return (i, j), {"dim": 0, "index": flat // columns, "index2": flat % columns,
                    "accumulate": accumulate}


add("index_put", "{0}.index_put(({index}, {index2}), {1}, accumulate={accumulate})", _index_put,
    _puts, weight=LOW)

# ---- order ------------------------------------------------------------------------------------


def _kth(x, k, dim, keepdim, outs):
    results = [linear(lambda p: np.take(p, [k - 1], dim), r) for r in _ordered(x, dim, False)]
    return tuple(results if keepdim else [linear(lambda p: np.squeeze(p, dim), r)
                                          for r in results])


add("kthvalue", "many:{0}.kthvalue({k}, {dim}, keepdim={keepdim})", _kth,
    lambda c: ((d := single(c))[0], {**d[1], "outs": 2,
                                     "k": c.int(1, c[d[0][0]].shape[d[1]["dim"]] + 1)}),
    weight=LOW)
add("argsort", "{0}.argsort({dim})", lambda x, dim: _ordered(x, dim, False)[1],
    lambda c: one_dim(c), weight=LOW / 2)

# ---- products ---------------------------------------------------------------------------------


def _sums_of_products(c):
    i = c.value(lambda x: x.floating and x.ndim == 2 and x.size)
    j = c.fitting(c[i].dtype, (c[i].shape[1], c.int(1, 4)))
    return (c.fitting(c[i].dtype, (c[j].shape[1],)), i, j), {}


add("addmm", "torch.addmm({0}, {1}, {2}, beta=0.5, alpha=-1)",
    lambda b, x, y: b * 0.5 - bilinear(np.matmul, x, y), _sums_of_products, weight=LOW)
add("tensordot", "torch.tensordot({0}, {1}, dims=1).clone()",
    lambda x, y: bilinear(lambda p, q: np.tensordot(p, q, 1), x, y),
    lambda c: ((i := c.value(lambda x: x.floating and x.ndim and x.size),
                c.fitting(c[i].dtype, (c[i].shape[-1], c.int(1, 4)))), {}), weight=LOW)


def _transposed_conv(x, w):
    """Every element times the kernel, put where a convolution would have read it."""
    (n, _, h, wide), (_, out, k, _) = x.shape, w.shape

    def spread(p, q):
        result = np.zeros((n, out, h + k - 1, wide + k - 1))
        for i, j in np.ndindex(k, k):
            result[:, :, i:i + h, j:j + wide] += np.einsum("nchw,co->nohw", p, q[:, :, i, j])
        return result
    return bilinear(spread, x, w)


add("conv_transpose2d", "F.conv_transpose2d({0}, {1})", _transposed_conv,
    lambda c: ((i := floating(c, 4)[0][0],
                c.fitting(c[i].dtype, (c[i].shape[1], c.int(1, 3), (k := c.int(1, 3)), k))), {}),
    weight=LOW)

# ---- windows and norms ------------------------------------------------------------------------


def _halved(reduce):
    """Windows of two along the last dimension of (N, C, L)."""
    def forward(x):
        pieces = [reduce(linear(lambda p, i=i: p[..., i:i + 2], x))
                  for i in range(0, x.shape[-1] - 1, 2)]
        return linear(lambda *p: np.stack(p, -1), *pieces)
    return forward


add("avg_pool1d", "F.avg_pool1d({0}, 2)", _halved(lambda x: x.mean(-1)), lambda c: floating(c, 3),
    weight=LOW)
add("max_pool1d", "F.max_pool1d({0}, 2)", _halved(lambda x: largest(x, -1)),
    lambda c: floating(c, 3), weight=LOW)


def _adaptive(x, size):
    rows, columns = ([(i * n // size, -(-(i + 1) * n // size)) for i in range(size)]
                     for n in x.shape[2:])
    pieces = [_cut(x, a, b, (c - a, d - b)).mean((-2, -1)) for a, c in rows for b, d in columns]
    return linear(lambda *p: np.stack(p, -1).reshape(*x.shape[:2], size, size), *pieces)


add("adaptive_avg_pool2d", "F.adaptive_avg_pool2d({0}, {size})", _adaptive,
    lambda c: (floating(c, 4)[0], {"size": c.int(1, 4)}), weight=LOW)
add("instance_norm", "F.instance_norm({0})", lambda x: standardised(x, -1),
    lambda c: floating(c, 3), weight=LOW)


def _prelu(x, w):
    kink(x.value)
    return pick(x.value > 0, x, x * w)


add("prelu", "F.prelu({0}, {1})", _prelu,
    lambda c: ((i := c.value(lambda x: x.floating and x.ndim and x.size),
                c.fitting(c[i].dtype, (1,))), {}), weight=LOW)
add("threshold", "F.threshold({0}, 0.5, 2.0)",
    lambda x: (kink(x.value - 0.5), pick(x.value > 0.5, x, lift(2.0)))[1],
    lambda c: ((c.value(lambda x: x.floating),), {}), weight=LOW)

# ---- losses -----------------------------------------------------------------------------------


def _hinge(margin):
    kink(margin.value)
    return pick(margin.value > 0, margin, margin * 0.0)


def _distance(x, y):
    d = x - y + 1e-6
    squares = (d * d).sum(-1)
    kink(squares.value)
    return fw.sqrt(squares)


def _binary(x, y):
    if x.value.min() < 0.05 or x.value.max() > 0.95 or y.value.min() < 0 or y.value.max() > 1:
        raise fw.Rejected("no probabilities")
    return -(y * fw.log(x) + (1 - y) * fw.log(1 - x))


LOSSES = {
    "poisson_nll_loss": lambda x, y: fw.exp(x) - y * x, "binary_cross_entropy": _binary,
    "soft_margin_loss": lambda x, y: softplus(-(x * y)),
}
for _name, _function in LOSSES.items():
    add(_name, f"F.{_name}({{0}}, {{1}}, reduction={{reduction}})",
        lambda x, y, reduction, f=_function: reduced(f(x, y), reduction),
        lambda c: (_alike(c)[0], {"reduction": c.one(["mean", "sum", "none"])}), weight=LOW)


def _three_alike(c):
    inputs, _ = _alike(c)
    x = c[inputs[0]]
    return (*inputs, c.value(lambda y: y.dtype == x.dtype and y.shape == x.shape)), {}


add("margin_ranking_loss", "F.margin_ranking_loss({0}, {1}, {2}, margin=0.3)",
    lambda x, y, t: _hinge(0.3 - t * (x - y)).mean(), _three_alike, weight=LOW)
add("triplet_margin_loss", "F.triplet_margin_loss({0}, {1}, {2})",
    lambda x, y, z: _hinge(_distance(x, y) - _distance(x, z) + 1).mean(), _three_alike,
    weight=LOW)
add("pairwise_distance", "F.pairwise_distance({0}, {1})", _distance, _alike, weight=LOW)


def _nll(x, target):
    return -linear(lambda p: np.squeeze(p, 1), fw.along(x, np.expand_dims(target, 1), 1)).mean()


def _targets(c):
    (i,), _ = floating(c, 2)
    return (i,), {"target": c.places(c[i].shape[1], c[i].shape[:1])}


add("nll_loss", "F.nll_loss({0}, {target})", _nll, _targets, weight=LOW)
