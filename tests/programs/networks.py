"""Steps of neural networks: products of matrices, softmax, norms, convolution, pooling, losses."""

from __future__ import annotations

import numpy as np

from . import forward as fw
from .elementwise import softplus
from .forward import bilinear, kink, linear, pick
from .program import add
from .reductions import largest, logsumexp


def _floating(c, ndim, **kwargs):
    return c.value(lambda x: x.floating and x.ndim == ndim, **kwargs)


def _product(first, second):
    """Draws two values of one dtype that can be multiplied, making the second where none fits."""
    def draw(c):
        i = c.value(lambda x: x.floating and x.ndim == first and (x.size or c.chance(0.2)))
        x = c[i]
        n = x.shape[-1]
        shape = {1: (n,), 2: (n, c.int(1, 4)), 3: (x.shape[0], n, c.int(1, 4))}[second]
        return (i, c.fitting(x.dtype, shape)), {}
    return draw


def _matmul(x, y):
    if x.dtype != y.dtype:
        raise fw.Rejected("dtypes that do not mix")
    return bilinear(np.matmul, x, y)


for _name, _text, _first, _second in (
        ("mm", "{0} @ {1}", 2, 2), ("mv", "{0} @ {1}", 2, 1), ("dot", "{0} @ {1}", 1, 1),
        ("vm", "{0} @ {1}", 1, 2), ("bmm", "torch.bmm({0}, {1})", 3, 3),
        ("matmul broadcast", "torch.matmul({0}, {1})", 3, 2)):
    add(_name, _text, _matmul, _product(_first, _second), weight=1 if _name == "mm" else 0.5)


def _matrices(c):
    i = _floating(c, 2)
    return (i, c.fitting(c[i].dtype, (c.int(1, 4), c[i].shape[1]))), {}


def _linears(c):
    i = c.value(lambda x: x.floating and x.ndim and x.size)
    out = c.int(1, 4)
    return (i, c.fitting(c[i].dtype, (out, c[i].shape[-1])), c.fitting(c[i].dtype, (out,))), {}


def _linear(x, w, bias):
    return bilinear(lambda p, q: p @ q.T, x, w) + bias


add("einsum", "torch.einsum('ij,kj->ik', {0}, {1})", lambda x, y: bilinear(
    lambda p, q: np.einsum("ij,kj->ik", p, q), x, y), _matrices, weight=0.5)
add("linear", "F.linear({0}, {1}, {2})", _linear, _linears, weight=1)
add("outer", "torch.outer({0}, {1})", lambda x, y: bilinear(np.outer, x, y),
    lambda c: ((i := _floating(c, 1), c.value(lambda x: x.ndim == 1 and x.dtype == c[i].dtype)),
               {}), weight=0.4)
add("kron", "torch.kron({0}, {1})", lambda x, y: bilinear(np.kron, x, y),
    lambda c: ((i := _floating(c, 2), c.value(lambda x: x.ndim == 2 and x.dtype == c[i].dtype)),
               {}), weight=0.2)


def _on_dim(c):
    i = c.value(lambda x: x.floating and x.ndim and x.size)
    return (i,), {"dim": c.dim(c[i])}


def log_softmax(x, dim):
    return x - logsumexp(x, dim, True)


add("softmax", "{0}.softmax({dim})", lambda x, dim: fw.exp(log_softmax(x, dim)), _on_dim)
add("log_softmax", "{0}.log_softmax({dim})", log_softmax, _on_dim)
add("softmin", "F.softmin({0}, {dim})", lambda x, dim: fw.exp(log_softmax(-x, dim)), _on_dim,
    weight=0.2)


def _halves(x, dim):
    first, second = (linear(lambda p, k=k: np.split(p, 2, dim)[k], x) for k in (0, 1))
    return first * fw.sigmoid(second)


add("glu", "F.glu({0}, {dim})", _halves, _on_dim, weight=0.4)


def standardised(x, dims, eps=1e-5):
    """x less its mean, divided by its standard deviation over `dims`."""
    away = x - x.mean(dims, True)
    variance = (away * away).mean(dims, True)
    kink(variance.value)  # nearly constant rows are too steep for low precision
    return away / fw.sqrt(variance + eps)


def _affine(c, shape_of):
    """A value with a weight and a bias of the shape that `shape_of` gives."""
    i = c.value(lambda x: x.floating and 1 < x.ndim < 5 and x.size)
    shape = shape_of(c[i].shape)
    return (i, c.fitting(c[i].dtype, shape), c.fitting(c[i].dtype, shape)), {}



def _batch_norm(x, w, b):
    dims = (0, *range(2, x.ndim))
    shape = (1, -1, *[1] * (x.ndim - 2))
    return standardised(x, dims) * w.reshape(shape) + b.reshape(shape)


def _rms_norm(x, w):
    return x / fw.sqrt((x * x).mean(-1, True) + 1e-5) * w


add("layer_norm", "F.layer_norm({0}, {0}.shape[-1:], {1}, {2})",
    lambda x, w, b: standardised(x, -1) * w + b, lambda c: _affine(c, lambda s: s[-1:]))
add("batch_norm", "F.batch_norm({0}, None, None, {1}, {2}, training=True)", _batch_norm,
    lambda c: _affine(c, lambda s: s[1:2]), weight=0.7)
add("rms_norm", "F.rms_norm({0}, {0}.shape[-1:], {1}, eps=1e-5)", _rms_norm,
    lambda c: (_affine(c, lambda s: s[-1:])[0][:2], {}), weight=0.4)


def _group_norm(x, groups):
    flat = x.reshape((x.shape[0], groups, -1))
    return standardised(flat, 2).reshape(x.shape)


add("group_norm", "F.group_norm({0}, {groups})", _group_norm,
    lambda c: ((i := c.value(lambda x: x.floating and 1 < x.ndim < 5 and x.size),),
               {"groups": c.one([g for g in (1, 2, 3) if c[i].shape[1] % g == 0])}), weight=0.4)


def _normalized(x, dim):
    length = (x * x).sum(dim, True)
    if np.any(length.value < 0.05):
        raise fw.Rejected("steep beside 0")
    return x / fw.sqrt(length)


def _cosine(x, y):
    return (_normalized(x, -1) * _normalized(y, -1)).sum(-1)


def _alike(c):
    """Two values of one dtype and shape."""
    i = c.value(lambda x: x.floating and x.ndim and x.size)
    return (i, c.value(lambda x: x.dtype == c[i].dtype and x.shape == c[i].shape)), {}


add("normalize", "F.normalize({0}, dim={dim})", _normalized, _on_dim, weight=0.4)
add("cosine_similarity", "F.cosine_similarity({0}, {1}, dim=-1)", _cosine, _alike, weight=0.4)


def reduced(x, reduction):
    return {"mean": lambda: x.mean(), "sum": lambda: x.sum(), "none": lambda: x}[reduction]()


def _huber(x, y, delta=1.0):
    d = x - y
    kink(np.abs(d.value) - delta)
    return pick(np.abs(d.value) < delta, d * d * 0.5, (fw.absolute(d) - 0.5 * delta) * delta)


def _with_logits(x, y):
    if y.size and (y.value.min() < 0 or y.value.max() > 1):
        raise fw.Rejected("no probabilities")
    return softplus(x) - x * y


PAIRS = {
    "mse_loss": lambda x, y: (x - y) * (x - y), "l1_loss": lambda x, y: fw.absolute(x - y),
    "smooth_l1_loss": _huber, "huber_loss": _huber,
    "binary_cross_entropy_with_logits": _with_logits,
    "kl_div": lambda x, y: y * fw.log(y) - y * x,
}


def _loss(name, function):
    def draw(c):
        inputs, _ = _alike(c)
        if name == "kl_div" and c[inputs[1]].value.min() < 0.05:
            raise fw.Rejected("no probabilities")
        return inputs, {"reduction": c.one(["mean", "sum", "none"])}
    add(name, f"F.{name}({{0}}, {{1}}, reduction={{reduction}})",
        lambda x, y, reduction: reduced(function(x, y), reduction), draw, weight=0.35)


for _name, _function in PAIRS.items():
    _loss(_name, _function)


def _cross_entropy(x, target, reduction, smoothing=0.0):
    logs = log_softmax(x, 1)
    picked = fw.along(logs, np.expand_dims(target, 1), 1)
    losses = -linear(lambda p: np.squeeze(p, 1), picked)
    losses = losses * (1 - smoothing) - logs.mean(1) * smoothing
    return reduced(losses, reduction)


def _classes(c):
    i = c.value(lambda x: x.floating and x.ndim in (2, 3) and x.size)
    shape = c[i].shape
    return (i,), {"target": c.places(shape[1], (shape[0], *shape[2:])),
                  "reduction": c.one(["mean", "sum", "none"])}


add("cross_entropy",
    "F.cross_entropy({0}, {target}, reduction={reduction}, label_smoothing={smoothing})",
    _cross_entropy, lambda c: ((d := _classes(c))[0], {**d[1], "smoothing": c.one([0.0, 0.1])}))


def _windows(shape, size, stride):
    """The place of every window of `size` in a row of planes."""
    return [(i, j) for i in range(0, shape[-2] - size[0] + 1, stride)
            for j in range(0, shape[-1] - size[1] + 1, stride)]


def _stacked(pieces, x, size, stride, lead):
    rows = (x.shape[-2] - size[0]) // stride + 1
    return linear(lambda *p: np.stack(p, -1).reshape(*lead, rows, -1), *pieces)


def _cut(x, i, j, size):
    return linear(lambda p: p[..., i:i + size[0], j:j + size[1]], x)


def _conv2d(x, w, b, stride, padding):
    x = linear(lambda p: np.pad(p, [(0, 0)] * 2 + [(padding, padding)] * 2), x)
    size = w.shape[2:]
    pieces = [bilinear(lambda p, q: np.einsum("nchw,ochw->no", p, q), _cut(x, i, j, size), w)
              for i, j in _windows(x.shape, size, stride)]
    out = _stacked(pieces, x, size, stride, (x.shape[0], w.shape[0]))
    return out + b.reshape((-1, 1, 1))


def _convs(c):
    dtype = c.one([np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.float64)])
    i = c.fitting(dtype, (c.int(1, 3), c.int(1, 3), c.int(2, 6), c.int(2, 6)), 4)
    x, size, padding = c[i], c.int(1, 4), c.int(0, 2)
    if min(x.shape) < 1 or min(x.shape[2:]) + 2 * padding < size:
        raise fw.Rejected("the image is too small")
    out = c.int(1, 4)
    return (i, c.fitting(x.dtype, (out, x.shape[1], size, size)), c.fitting(x.dtype, (out,))), {
        "stride": c.int(1, 3), "padding": padding}


add("conv2d", "F.conv2d({0}, {1}, {2}, stride={stride}, padding={padding})", _conv2d, _convs,
    weight=0.8)


def _conv1d(x, w, b):
    return linear(lambda p: p[:, :, 0], _conv2d(linear(lambda p: p[:, :, None], x), linear(
        lambda p: p[:, :, None], w), b, 1, 0))


def _conv1ds(c):
    i = c.value(lambda x: x.floating and x.ndim == 3 and x.size)
    out, size = c.int(1, 4), c.int(1, c[i].shape[2] + 1)
    return (i, c.fitting(c[i].dtype, (out, c[i].shape[1], size)), c.fitting(c[i].dtype, (out,))), {}


add("conv1d", "F.conv1d({0}, {1}, {2})", _conv1d, _conv1ds, weight=0.5)


def _pool(reduce):
    def forward(x, size, stride):
        pieces = [reduce(_cut(x, i, j, (size, size))) for i, j in _windows(
            x.shape, (size, size), stride)]
        return _stacked(pieces, x, (size, size), stride, x.shape[:2])
    return forward


def _pools(c):
    i = c.value(lambda x: x.floating and x.ndim == 4 and x.size and min(x.shape[2:]) > 1)
    return (i,), {"size": 2, "stride": c.int(1, 3)}


add("avg_pool2d", "F.avg_pool2d({0}, {size}, {stride})", _pool(lambda x: x.mean((-2, -1))), _pools)
add("max_pool2d", "F.max_pool2d({0}, {size}, {stride})", _pool(lambda x: largest(x, (-2, -1))),
    _pools)
