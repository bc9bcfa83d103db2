"""Steps that run over dimensions: sums, products, extremes, spreads, order, cumulation."""

from __future__ import annotations

import numpy as np

from . import forward as fw
from .forward import along, kink, linear
from .program import add


def over(c, pred=lambda x: True):
    """A value, one of its dimensions or two or None, and keepdim."""
    i = c.value(lambda x: x.ndim and pred(x))
    dim = c.dim(c[i])
    if c[i].ndim > 1 and c.chance(0.15):
        dim = tuple(c.shuffled(range(c[i].ndim))[:2])
    return (i,), {"dim": dim, "keepdim": c.chance(0.4)}


def floats(c):
    return over(c, lambda x: x.floating and x.size)


def single(c):
    (i,), attrs = floats(c)
    return (i,), {"dim": c.dim(c[i]), "keepdim": attrs["keepdim"]}


def whole(c):
    return (c.value(lambda x: x.floating and x.size),), {}


def _sum(x, dim=None, keepdim=False):
    dtype = x.dtype if x.floating else np.dtype(np.int64)
    return linear(lambda p: np.sum(p, dim, keepdims=keepdim), x, dtype=dtype)


def _prod(x, dim=None, keepdim=False):
    """The product, one factor after the other."""
    if dim is None:
        x, dim = linear(np.ravel, x), 0
    out = linear(lambda p: np.take(p, 0, dim), x)
    for k in range(1, x.shape[dim]):
        out = out * linear(lambda p, k=k: np.take(p, k, dim), x)
    return linear(lambda p: np.expand_dims(p, dim), out) if keepdim else out


def largest(x, dim=None, keepdim=False, sign=1):
    """The largest elements (the smallest for sign -1)."""
    if dim is None or isinstance(dim, tuple):
        axes = tuple(range(x.ndim)) if dim is None else tuple(d % x.ndim for d in dim)
        kept = [d for d in range(x.ndim) if d not in axes]
        shape = [1 if d in axes else n for d, n in enumerate(x.shape)]
        x = linear(lambda p: p.transpose(*kept, *axes).reshape(
            *(p.shape[d] for d in kept), -1), x)
        out = largest(x, -1, False, sign)
        return out.reshape(shape) if keepdim else out
    ordered = np.sort(x.value, dim)
    if x.floating and x.shape[dim] > 1:
        ends = (-1, -2) if sign > 0 else (1, 0)
        kink(np.take(ordered, ends[0], dim) - np.take(ordered, ends[1], dim))
    places = np.argmax(x.value * sign, dim)
    out = along(x, np.expand_dims(places, dim), dim)
    return out if keepdim else linear(lambda p: np.squeeze(p, dim), out)


def _with_places(x, dim, keepdim, sign=1):
    places = np.argmax(x.value * sign, dim, keepdims=keepdim)
    return largest(x, dim, keepdim, sign), fw.constant(places)


def var(x, dim=None, keepdim=False, correction=1):
    away = x - x.mean(dim, True)
    squares = (away * away).sum(dim, keepdim)
    free = x.size // max(1, squares.size) - correction
    if free < 1:
        raise fw.Rejected("too few for a variance")
    return squares * (1 / free)


def std(x, dim=None, keepdim=False, correction=1):
    v = var(x, dim, keepdim, correction)
    kink(v.value)
    return fw.sqrt(v)


def logsumexp(x, dim, keepdim=False):
    return fw.log(fw.exp(x).sum(dim, keepdim))


def norm(x, dim=None, keepdim=False, p=2):
    if p == 1:
        return fw.absolute(x).sum(dim, keepdim)
    squares = (x * x).sum(dim, keepdim)
    kink(squares.value)
    return fw.sqrt(squares)


ARGS = ["{dim}", "keepdim={keepdim}"]
TEXT = ", ".join(ARGS)
for _name, _function, _draw in (
        ("sum", _sum, over), ("mean", lambda x, **k: x.mean(k["dim"], k["keepdim"]), floats),
        ("prod", _prod, single), ("amax", largest, floats), ("logsumexp", logsumexp, floats),
        ("amin", lambda x, **k: largest(x, sign=-1, **k), floats),
        ("var", var, floats), ("std", std, floats)):
    add(_name + " dim", f"{{0}}.{_name}({TEXT})", _function, _draw,
        weight=1.5 if _name in ("sum", "mean") else 0.5)
for _name, _function in (("mean", lambda x: x.mean()), ("prod", _prod), ("max", largest),
                         ("min", lambda x: largest(x, sign=-1)), ("var", var), ("std", std),
                         ("norm", norm)):
    add(_name, f"{{0}}.{_name}()", _function, whole, weight=0.4)
add("sum", "{0}.sum()", _sum, lambda c: ((c.value(),), {}), weight=1.5)
add("norm dim", f"torch.norm({{0}}, p={{p}}, dim={TEXT})", norm,
    lambda c: ((d := single(c))[0], {**d[1], "p": c.one([1, 2])}), weight=0.5)
add("sum dtype", "{0}.sum(dtype=torch.float64)",
    lambda x: linear(np.sum, x, dtype=np.dtype(np.float64)), lambda c: ((c.value(),), {}),
    weight=0.3)
for _name, _sign in (("max", 1), ("min", -1)):
    add(_name + " dim", f"many:{{0}}.{_name}({TEXT})",
        lambda x, dim, keepdim, outs, s=_sign: _with_places(x, dim, keepdim, s),
        lambda c: ((d := single(c))[0], {**d[1], "outs": 2}), weight=0.5)


def _means(x, dim, keepdim, outs):
    return var(x, dim, keepdim), x.mean(dim, keepdim)


add("var_mean", f"many:torch.var_mean({{0}}, {TEXT})", _means,
    lambda c: ((d := floats(c))[0], {**d[1], "outs": 2}), weight=0.3)


def _ordered(x, dim, descending, outs=2, k=None, ties=False):
    """The elements in order, and their places; only a stable sort may have ties."""
    places = np.argsort(-x.value if descending else x.value, dim, kind="stable")
    ordered = along(x, places, dim)
    gaps = np.diff(ordered.value, axis=dim)
    kink(gaps if x.floating else 1)
    if not ties and np.any(gaps == 0):
        raise fw.Rejected("which of equal elements comes first is open")
    if k is not None:
        ordered = linear(lambda p: np.take(p, range(k), dim), ordered)
        places = np.take(places, range(k), dim)
    return ordered, fw.constant(places)


def _sorts(c):
    (i,), attrs = single(c)
    return (i,), {"dim": attrs["dim"], "descending": c.chance(0.5), "outs": 2}


def _stable(x, dim, descending, outs):
    return _ordered(x, dim, descending, ties=True)


add("sort", "many:{0}.sort(dim={dim}, descending={descending}, stable=True)", _stable, _sorts,
    weight=0.5)
add("topk", "many:{0}.topk({k}, {dim}, largest={descending})", _ordered,
    lambda c: ((d := _sorts(c))[0], {**d[1], "k": c.int(1, c[d[0][0]].shape[d[1]["dim"]] + 1)}),
    weight=0.5)


def _middle(x, dim, keepdim, outs):
    ordered, places = _ordered(x, dim, False)
    k = (x.shape[dim] - 1) // 2
    results = [linear(lambda p: np.take(p, [k], dim), r) for r in (ordered, places)]
    return tuple(results if keepdim else [linear(lambda p: np.squeeze(p, dim), r)
                                          for r in results])


add("median dim", f"many:{{0}}.median({TEXT})", _middle,
    lambda c: ((d := single(c))[0], {**d[1], "outs": 2}), weight=0.3)
add("argmax", "{0}.argmax({dim})", lambda x, dim: _with_places(x, dim, False)[1],
    lambda c: ((d := single(c))[0], {"dim": d[1]["dim"]}), weight=0.2)
add("any", "{0}.any()", lambda x: fw.constant(np.any(x.value != 0)),
    lambda c: ((c.value(lambda x: not x.floating),), {}), weight=0.1)


def _cumulated(c):
    (i,), attrs = single(c)
    return (i,), {"dim": attrs["dim"]}


def _cumprod(x, dim):
    """The products of the first 1, 2, … elements."""
    parts = [linear(lambda p: np.take(p, 0, dim), x)]
    for k in range(1, x.shape[dim]):
        parts.append(parts[-1] * linear(lambda p, k=k: np.take(p, k, dim), x))
    return linear(lambda *p: np.stack(p, dim), *parts)


add("cumsum", "{0}.cumsum({dim})", lambda x, dim: linear(lambda p: np.cumsum(p, dim), x),
    _cumulated, weight=0.6)
add("cumprod", "{0}.cumprod({dim})", _cumprod, _cumulated, weight=0.4)
