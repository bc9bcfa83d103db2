"""Steps that are other forms of those elsewhere: strides, groups, borders, weights, einsum's
patterns, writes through a view made in the same line."""

from __future__ import annotations

import numpy as np

from . import forward as fw
from .elementwise import softplus
from .forward import bilinear, lift, linear
from .networks import _alike, _cut, _windows, log_softmax, reduced
from .program import add
from .rarer import LOW, _hinge, floating
from .reductions import largest
from .shapes import COPY, _moved, _parts, basic_index, one_dim
from .writes import _assigned, _assignment, _write, difference

REDUCTIONS = ["mean", "sum", "none"]

# ---- products ---------------------------------------------------------------------------------

PATTERNS = {"ij,jk->ki": (2, 2), "ij,ij->": (2, 2), "ij,j->i": (2, 1), "i,j->ji": (1, 1),
            "bij,bjk->ik": (3, 3), "bij,kj->bki": (3, 2), "...i,ij->...j": (3, 2)}


def _einsums(c):
    pattern = c.one(list(PATTERNS))
    first, second = pattern.removeprefix("...").split("->")[0].split(",")
    i = floating(c, PATTERNS[pattern][0])[0][0]
    sizes = dict(zip(reversed(first), reversed(c[i].shape)))
    return (i, c.fitting(c[i].dtype, [sizes.get(k) or c.int(1, 4) for k in second])), {
        "pattern": pattern}


add("einsum of pattern", "torch.einsum({pattern}, {0}, {1})", lambda x, y, pattern: bilinear(
    lambda p, q: np.einsum(pattern, p, q), x, y), _einsums, weight=2 * LOW)
add("einsum of one", "torch.einsum({pattern}, {0}).clone()",
    lambda x, pattern: linear(lambda p: np.array(np.einsum(pattern, p)), x),
    lambda c: (floating(c, 2)[0], {"pattern": c.one(["ij->ji", "ij->j", "ij->", "ij->i"])}),
    weight=LOW)


def _conv(p, q, stride, padding, dilation, groups):
    p = np.pad(p, [(0, 0)] * 2 + [(padding, padding)] * 2)
    (n, _, *size), (out, each, *kernel) = p.shape, q.shape
    rows, columns = ((m - dilation * (k - 1) - 1) // stride + 1 for m, k in zip(size, kernel))
    result = np.zeros((n, groups, out // groups, rows, columns))
    for a, b in np.ndindex(*kernel):
        part = p[:, :, a * dilation:, b * dilation:][:, :, :(rows - 1) * stride + 1:stride,
                                                     :(columns - 1) * stride + 1:stride]
        result += np.einsum("ngchw,goc->ngohw", part.reshape(n, groups, each, rows, columns),
                            q[:, :, a, b].reshape(groups, out // groups, each))
    return result.reshape(n, out, rows, columns)


def _grouped(c):
    i = floating(c, 4)[0][0]
    x, size = c[i], c.int(1, 3)
    attrs = {"stride": c.int(1, 3), "padding": c.int(0, 2), "dilation": c.int(1, 3),
             "groups": c.one([g for g in (1, 2, 3) if x.shape[1] % g == 0])}
    if min(x.shape[2:]) + 2 * attrs["padding"] <= attrs["dilation"] * (size - 1):
        raise fw.Rejected("the image is too small")
    out = attrs["groups"] * c.int(1, 3)
    return (i, c.fitting(x.dtype, (out, x.shape[1] // attrs["groups"], size, size))), attrs


add("conv2d grouped", "F.conv2d({0}, {1}, None, {stride}, {padding}, {dilation}, {groups})",
    lambda x, w, **attrs: bilinear(lambda p, q: _conv(p, q, **attrs), x, w), _grouped,
    weight=2 * LOW)
add("conv1d padded", "F.conv1d({0}, {1}, None, 2, 1)",
    lambda x, w: bilinear(lambda p, q: _conv(np.pad(p, [(0, 0), (0, 0), (1, 1)])[:, :, None],
                                             q[:, :, None], 1, 0, 1, 1)[:, :, 0, ::2], x, w),
    lambda c: ((i := floating(c, 3)[0][0], c.fitting(
        c[i].dtype, (c.int(1, 4), c[i].shape[1], c.int(1, c[i].shape[2] + 2)))), {}), weight=LOW)


def _spread(p, q, stride, padding):
    (n, _, h, w), (_, out, k, _) = p.shape, q.shape
    result = np.zeros((n, out, (h - 1) * stride + k, (w - 1) * stride + k))
    for i, j in np.ndindex(h, w):
        result[:, :, i * stride:i * stride + k, j * stride:j * stride + k] += np.einsum(
            "nc,cohw->nohw", p[:, :, i, j], q)
    return result[:, :, padding:result.shape[2] - padding, padding:result.shape[3] - padding]


def _transposed(c):
    i, size, padding = floating(c, 4)[0][0], c.int(2, 4), c.int(0, 2)
    return (i, c.fitting(c[i].dtype, (c[i].shape[1], c.int(1, 3), size, size))), {
        "stride": c.int(2, 4), "padding": padding}


def _deconvolved(x, w, stride, padding):
    out = bilinear(lambda p, q: _spread(p, q, stride, padding), x, w)
    if 0 in out.shape:
        raise fw.Rejected("nothing is left")
    return out


add("conv_transpose2d strided", "F.conv_transpose2d({0}, {1}, None, {stride}, {padding})",
    _deconvolved, _transposed, weight=LOW)

# ---- borders and windows ----------------------------------------------------------------------

_moved("pad by its own", "F.pad({0}, (1, 1), mode={mode})",
       lambda p, mode: np.pad(p, [(0, 0)] * (p.ndim - 1) + [(1, 1)], {
           "reflect": "reflect", "replicate": "edge", "circular": "wrap"}[mode]),
       lambda c: ((c.value(lambda x: x.floating and x.ndim == 3 and x.size and x.shape[-1] > 1),),
                  {"mode": c.one(["reflect", "replicate", "circular"])}), view=False, weight=LOW)
add("pad with a number", "F.pad({0}, (1, 0, 0, 2), value=1.5)", lambda x: fw.affine(
    lambda p, constant: np.pad(p, [(0, 0)] * (p.ndim - 2) + [(0, 2), (1, 0)],
                               constant_values=1.5 * constant), x),
    lambda c: ((c.value(lambda x: x.floating and x.ndim > 1),), {}), weight=LOW)


def _bordered(reduce):
    """Windows of 2 × 2, two apart, of planes with a border of one that does not count."""
    def forward(x):
        rows, columns = ([(max(0, k - 1), min(n, k + 1)) for k in range(0, n + 1, 2)]
                         for n in x.shape[2:])
        pieces = [reduce(_cut(x, a, b, (c - a, d - b))) for a, c in rows for b, d in columns]
        return linear(lambda *p: np.stack(p, -1).reshape(*x.shape[:2], len(rows), -1), *pieces)
    return forward


add("max_pool2d padded", "F.max_pool2d({0}, 2, 2, 1)", _bordered(lambda x: largest(x, (-2, -1))),
    lambda c: floating(c, 4), weight=LOW)
add("avg_pool2d padded", "F.avg_pool2d({0}, 2, 2, 1, count_include_pad=False)",
    _bordered(lambda x: x.mean((-2, -1))), lambda c: floating(c, 4), weight=LOW)


def _taken(p):
    """The windows of 2 × 2, a column each."""
    pieces = [p[:, :, i:i + 2, j:j + 2].reshape(len(p), -1) for i, j in _windows(
        p.shape, (2, 2), 1)]
    return np.stack(pieces, -1)


def _put_back(p, size):
    """Columns added up where the windows were."""
    out = np.zeros((len(p), p.shape[1] // 4, *size))
    for k, (i, j) in enumerate(_windows(size, (2, 2), 1)):
        out[:, :, i:i + 2, j:j + 2] += p[:, :, k].reshape(len(p), -1, 2, 2)
    return out


def _images(c):
    return (c.value(lambda x: x.floating and x.ndim == 4 and x.size and min(x.shape[2:]) > 1),), {}


_moved("F.unfold", "F.unfold({0}, 2)", _taken, _images, **COPY)
_moved("F.fold", "F.fold(F.unfold({0}, 2), {0}.shape[2:], 2)",
       lambda p: _put_back(_taken(p), p.shape[2:]), _images, **COPY)
_parts("chunk", "{0}.chunk(2, {dim})", lambda p, dim: np.split(
    p, range(-(-p.shape[dim] // 2), p.shape[dim], -(-p.shape[dim] // 2)), dim),
    lambda c: ((i := c.value(lambda x: x.ndim and x.size),), {
        "dim": (d := c.dim(c[i])), "outs": min(2, c[i].shape[d])}))
_parts("tensor_split", "{0}.tensor_split(3, {dim})",
       lambda p, dim: np.array_split(p, 3, dim), lambda c: (one_dim(c)[0], {"dim": 0, "outs": 3}))
_moved("mT", "{0}.mT", lambda p: p.swapaxes(-1, -2),
       lambda c: ((c.value(lambda x: x.ndim > 1),), {}), weight=LOW)
add("sum_to_size", "{0}.sum_to_size(1, *{0}.shape[1:])",
    lambda x: linear(lambda p: p.sum(0, keepdims=True), x),
    lambda c: ((c.value(lambda x: x.floating and x.ndim == 2 and len(x.value) > 1),), {}),
    weight=LOW)

# ---- where and writes -------------------------------------------------------------------------

add("where number", "torch.where({mask}, {0}, {number})",
    lambda x, mask, number: fw.pick(mask, x, lift(number)),
    lambda c: ((i := c.value(lambda x: x.floating),), {
        "mask": np.array(c.rng.integers(0, 2, c[i].shape), bool), "number": c.one([0.5, -1.0])}),
    weight=2 * LOW)
for _name, _function in {"mul_": lambda x, y: x * y, "sub_": difference,
                         "copy_": lambda x, y: y}.items():
    _write("part " + _name, f"{{0}}[{{index}}].{_name}({{1}})",
           lambda x, y, index, f=_function: linear(
               lambda p, q: _assigned(p, q, index), x, f(x[index.parts], y)),
           _assignment(basic_index), weight=0.5)
_write("part exp_", "{0}[{index}].exp_()",
       lambda x, index: linear(lambda p, q: _assigned(p, q, index), x, fw.exp(x[index.parts])),
       lambda c: ((i := c.value(lambda x: x.floating and (not x.size or x.value.max() < 3)),),
                  {"index": basic_index(c, c[i].shape)}), weight=0.4)

# ---- losses -----------------------------------------------------------------------------------


def _weighted(x, target, reduction, ignored):
    """Cross entropy whose classes weigh 0.5, 1.5, 2.5, …, without those of class `ignored`."""
    logs = log_softmax(x, 1)
    weights = (np.arange(x.shape[1]) + 0.5)[target] * (target != ignored)
    if reduction == "mean" and not weights.sum():
        raise fw.Rejected("a mean of nothing")
    picked = linear(lambda p: np.take_along_axis(p, target[:, None], 1)[:, 0], logs)
    losses = -(picked * lift(weights))
    return losses.sum() * (1 / weights.sum()) if reduction == "mean" else reduced(losses, reduction)


add("cross_entropy weighted",
    "F.cross_entropy({0}, {target}, torch.arange({0}.shape[1]).to({0}.dtype) + 0.5, "
    "ignore_index={ignored}, reduction={reduction})", _weighted,
    lambda c: ((i := floating(c, 2)[0][0],), {
        "target": c.places(c[i].shape[1], c[i].shape[:1]), "ignored": c.one([-100, 0]),
        "reduction": c.one(REDUCTIONS)}), weight=2 * LOW)


def _gaussian(x, y, v):
    if v.value.min() < 0.1:
        raise fw.Rejected("no variance")
    return (fw.log(v) + (x - y) * (x - y) / v) * 0.5


def _alike_three(c):
    i, j = _alike(c)[0]
    return (i, j, c.value(lambda y: y.dtype == c[i].dtype and y.shape == c[i].shape)), {
        "reduction": c.one(REDUCTIONS)}


add("gaussian_nll_loss", "F.gaussian_nll_loss({0}, {1}, {2}, reduction={reduction})",
    lambda x, y, v, reduction: reduced(_gaussian(x, y, v), reduction), _alike_three, weight=LOW)


def _signs(c, shape):
    return np.asarray(c.rng.integers(0, 2, shape) * 2 - 1)


add("hinge_embedding_loss",
    "F.hinge_embedding_loss({0}, {signs}, reduction={reduction})",
    lambda x, signs, reduction: reduced(fw.pick(signs > 0, x, _hinge(1 - x)), reduction),
    lambda c: ((i := c.value(lambda x: x.floating and x.ndim and x.size),), {
        "signs": _signs(c, c[i].shape), "reduction": c.one(REDUCTIONS)}), weight=LOW)


def _margins(x, target, reduction):
    """The mean over the classes of what each comes nearer than 1 to the target's."""
    own = linear(lambda p: np.take_along_axis(p, target[:, None], 1), x)
    apart = linear(lambda p: p * (np.arange(x.shape[1]) != target[:, None]), _hinge(1 - own + x))
    return reduced(apart.sum(1) * (1 / x.shape[1]), reduction)


add("multi_margin_loss", "F.multi_margin_loss({0}, {target}, reduction={reduction})", _margins,
    lambda c: ((i := c.value(lambda x: x.ndim == 2 and x.size and x.dtype in (
        np.float32, np.float64)),), {
        "target": c.places(c[i].shape[1], c[i].shape[:1]), "reduction": c.one(REDUCTIONS)}),
    weight=LOW)
add("multilabel_soft_margin_loss",
    "F.multilabel_soft_margin_loss({0}, ({signs} > 0).to({0}.dtype), reduction={reduction})",
    lambda x, signs, reduction: reduced(softplus(x * lift(-signs)).mean(-1), reduction),
    lambda c: ((i := floating(c, 2)[0][0],), {
        "signs": _signs(c, c[i].shape), "reduction": c.one(REDUCTIONS)}), weight=LOW)
