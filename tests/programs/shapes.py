"""Steps that move elements: views, indexing, joining, copies, gather and scatter."""

from __future__ import annotations

import numpy as np

from .forward import Rejected, linear
from .program import Index, add


def _moved(name, text, function, draw, view: bool | str = True, weight=0.6):
    """A row whose function, of an array and the attributes, only moves elements."""
    add(name, text, lambda x, **attrs: linear(lambda p: function(p, **attrs), x), draw, view=view,
        weight=weight)


def anything(c):
    return (c.value(),), {}


def one_dim(c):
    i = c.value(lambda x: x.ndim)
    return (i,), {"dim": c.dim(c[i])}


def two_dims(c):
    i = c.value(lambda x: x.ndim)
    return (i,), {"dim": c.dim(c[i]), "other": c.dim(c[i])}


def matrix(c):
    return (c.value(lambda x: x.ndim == 2),), {}


def basic_index(c, shape):
    """Slices, integers, None and ...: parts of a view."""
    parts = []
    for n in shape:
        kind = c.int(0, 6)
        if kind == 0 and n:
            parts.append(c.int(-n, n))
        elif kind in (1, 2):
            parts.append(slice(c.one([None, 0, 1, -2]), c.one([None, n, -1, 2]),
                               c.one([None, None, 2])))
        elif kind == 3 and c.chance(0.4):
            parts += [None, slice(None)]
        else:
            parts.append(slice(None))
    if c.chance(0.2) and parts:
        parts[-1:] = [...]
    elif c.chance(0.3):
        parts = parts[:c.int(1, len(parts) + 1)] if parts else parts
    return Index(tuple(parts) or (...,))


def advanced_index(c, shape):
    """An array of integers or a mask among slices."""
    dim = c.int(0, len(shape))
    if c.chance(0.3):
        shown = shape[dim:dim + c.int(1, 3)]
        part = np.array(c.rng.integers(0, 2, shown), bool)
    elif not shape[dim]:
        raise Rejected("nothing to index")
    else:
        part = c.places(shape[dim], c.one([(2,), (3,), (1,), (2, 2), (0,)]))
        part = np.where(c.rng.random(part.shape) < 0.3, part - shape[dim], part)
    parts = [c.one([slice(None), slice(1, None)]) for _ in range(dim)] + [part]
    if c.chance(0.3) and part.dtype != bool and dim + 1 < len(shape) and shape[dim + 1]:
        parts.append(c.one([c.places(shape[dim + 1], part.shape), c.int(0, shape[dim + 1])]))
    return Index(tuple(parts))


def _indexed(kind):
    def draw(c):
        i = c.value(lambda x: kind is basic_index or x.ndim)
        return (i,), {"index": kind(c, c[i].shape)}
    return draw


def _get(p, index):
    """A view also where one element is left, which NumPy would make a number of."""
    basic = all(not isinstance(part, np.ndarray) for part in index.parts)
    return p[(*index.parts, ...) if basic and ... not in index.parts else index.parts]


_moved("getitem", "{0}[{index}]", _get, _indexed(basic_index), weight=3)
_moved("getitem advanced", "{0}[{index}]", _get, _indexed(advanced_index), view=False, weight=1.5)
_moved("transpose", "{0}.transpose({dim}, {other})", lambda p, dim, other: p.swapaxes(dim, other),
       two_dims, weight=1.2)
_moved("permute", "{0}.permute({dims})", lambda p, dims: p.transpose(dims),
       lambda c: ((i := c.value(),), {"dims": c.shuffled(range(c[i].ndim))}))
_moved("t", "{0}.t()", np.transpose, matrix)
_moved("unsqueeze", "{0}.unsqueeze({dim})", lambda p, dim: np.expand_dims(p, dim),
       lambda c: ((i := c.value(),), {"dim": c.int(-c[i].ndim - 1, c[i].ndim + 1)}))
_moved("squeeze", "{0}.squeeze()", lambda p: p.reshape([n for n in p.shape if n != 1]), anything)
_moved("squeeze dim", "{0}.squeeze({dim})",
       lambda p, dim: p.squeeze(dim) if p.shape[dim] == 1 else p[...], one_dim)
_moved("select", "{0}.select({dim}, {n})",
       lambda p, dim, n: p[(slice(None),) * (dim % p.ndim) + (n, ...)],
       lambda c: ((i := c.value(lambda x: x.ndim),),
                  {"dim": (d := c.dim(c[i])), "n": c.int(0, c[i].shape[d])}))
_moved("narrow", "{0}.narrow({dim}, {n}, {length})",
       lambda p, dim, n, length: p[(slice(None),) * (dim % p.ndim) + (slice(n, n + length),)],
       lambda c: ((i := c.value(lambda x: x.ndim and x.size),),
                  {"dim": (d := c.dim(c[i])), "n": (n := c.int(0, c[i].shape[d])),
                   "length": c.int(0, c[i].shape[d] - n + 1)}))
_moved("diagonal", "{0}.diagonal()",
       lambda p: np.lib.stride_tricks.as_strided(p, (min(p.shape),), (sum(p.strides),)),
       lambda c: ((c.value(lambda x: x.ndim == 2 and x.size),), {}))
_moved("movedim", "{0}.movedim({dim}, {other})",
       lambda p, dim, other: np.moveaxis(p, dim, other), two_dims, weight=0.3)


def _expanded(p, shape):
    return np.broadcast_to(p, shape)


def _wider(c):
    i = c.value(lambda x: x.size <= 12)
    shape = [c.int(2, 4) if n == 1 and c.chance(0.7) else n for n in c[i].shape]
    return (i,), {"shape": (*([c.int(1, 3)] if c.chance(0.4) else []), *shape)}


_moved("expand", "{0}.expand({shape})", _expanded, _wider, weight=0.8)


def _new_shape(c):
    i = c.value()
    n = c[i].size
    shapes = [(n,), (1, n), (n, 1), *[(k, n // k) for k in (2, 3, 4) if n and n % k == 0]]
    shape = list(c.one(shapes))
    if c.chance(0.3) and n:
        shape[c.int(0, len(shape))] = -1
    return (i,), {"shape": tuple(shape)}


_moved("reshape", "{0}.reshape({shape})", lambda p, shape: p.reshape(shape), _new_shape,
       view="maybe", weight=1.5)
add("flatten", "{0}.flatten()",
    lambda x: x if x.ndim == 1 else linear(lambda p: p.reshape(-1), x), anything, view="maybe")
add("contiguous", "{0}.contiguous()",
    lambda x: x if x.value.flags.c_contiguous else linear(np.copy, x), anything,
    view="maybe", weight=0.3)
_moved("unflatten", "{0}.unflatten(0, (-1, 1))", lambda p: p.reshape(-1, 1, *p.shape[1:]),
       lambda c: ((c.value(lambda x: x.size and x.ndim),), {}), view="maybe", weight=0.3)


def _view(p, shape):
    return np.reshape(p, shape, copy=False)  # raises where memory would have to be copied


_moved("view", "{0}.view({shape})", _view, _new_shape, view="maybe", weight=0.8)


def _parts(name, text, cut, draw):
    """A row with several results, views of the input."""
    def forward(x, outs, **attrs):
        pieces = [linear(lambda p, k=k: cut(p, **attrs)[k], x) for k in range(outs)]
        if len(cut(x.value, **attrs)) != outs:
            raise Rejected("another number of parts")
        return tuple(pieces)
    add(name, "many:" + text, forward, draw, view=True, weight=0.7)


def _split(p, size, dim):
    return np.split(p, range(size, p.shape[dim], size), dim)


def _unbind(p, dim):
    return [np.moveaxis(p, dim, 0)[k, ...] for k in range(p.shape[dim])]


def _splits(c):
    i = c.value(lambda x: x.ndim and x.size)
    dim, size = c.dim(c[i]), c.int(1, 4)
    return (i,), {"size": size, "dim": dim, "outs": -(-c[i].shape[dim] // size)}


_parts("split", "{0}.split({size}, {dim})", _split, _splits)
_parts("unbind", "{0}.unbind({dim})", _unbind,
       lambda c: ((i := c.value(lambda x: x.ndim and x.size),),
                  {"dim": (d := c.dim(c[i])), "outs": c[i].shape[d]}))


def _several(same):
    """Two or three values of one dtype whose shapes agree as `same` wants."""
    def draw(c):
        i = c.value(lambda x: x.ndim and x.size)
        dim = c.dim(c[i])
        others = [c.value(lambda x: x.ndim == c[i].ndim and same(x.shape, c[i].shape, dim))
                  for _ in range(c.int(1, 3))]
        return (i, *others), {"dim": dim}
    return draw


def _beside(a, b, dim):
    return all(m == n for d, (m, n) in enumerate(zip(a, b)) if d != dim % len(a))


add("cat", "torch.cat([{all}], {dim})",
    lambda *xs, dim: linear(lambda *p: np.concatenate(p, dim), *xs), _several(_beside), weight=1.5)
add("stack", "torch.stack([{all}], {dim})",
    lambda *xs, dim: linear(lambda *p: np.stack(p, dim), *xs),
    _several(lambda a, b, dim: a == b), weight=0.8)

COPY = dict(view=False, weight=0.4)
_moved("flip", "{0}.flip({dim})", lambda p, dim: np.flip(p, dim), one_dim, **COPY)
_moved("roll", "{0}.roll({n}, {dim})", lambda p, n, dim: np.roll(p, n, dim),
       lambda c: (one_dim(c)[0], {"n": c.int(-2, 3), "dim": 0}), **COPY)
_moved("repeat", "{0}.repeat({shape})", lambda p, shape: np.tile(p, shape),
       lambda c: ((i := c.value(lambda x: x.size <= 12),),
                  {"shape": tuple(c.int(1, 3) for _ in range(max(1, c[i].ndim)))}), **COPY)
_moved("tile", "torch.tile({0}, {shape})", lambda p, shape: np.tile(p, shape),
       lambda c: ((c.value(lambda x: x.size <= 12),), {"shape": (c.int(1, 3),)}), **COPY)
_moved("repeat_interleave", "{0}.repeat_interleave({n}, {dim})",
       lambda p, n, dim: np.repeat(p, n, dim),
       lambda c: (one_dim(c)[0], {"n": c.int(1, 3), "dim": 0}), **COPY)
_moved("tril", "{0}.tril({n})", lambda p, n: np.tril(p, n),
       lambda c: (matrix(c)[0], {"n": c.int(-1, 2)}), **COPY)
_moved("triu", "{0}.triu({n})", lambda p, n: np.triu(p, n),
       lambda c: (matrix(c)[0], {"n": c.int(-1, 2)}), **COPY)
_moved("diag", "torch.diag({0})", lambda p: np.array(np.diag(p)),
       lambda c: ((c.value(lambda x: x.ndim in (1, 2) and x.size),), {}), **COPY)
_moved("rot90", "torch.rot90({0})",
       lambda p: np.swapaxes(np.flip(p, 1).copy(), 0, 1), matrix, **COPY)
_moved("pad", "F.pad({0}, ({left}, {right}))",
       lambda p, left, right: np.pad(p, [(0, 0)] * (p.ndim - 1) + [(left, right)]),
       lambda c: ((c.value(lambda x: x.ndim),), {"left": c.int(0, 3), "right": c.int(0, 2)}),
       **COPY)


def _gathered(c):
    i = c.value(lambda x: x.ndim and x.size)
    dim = c.dim(c[i])
    shape = [c.int(1, n + 1) for n in c[i].shape]
    shape[dim] = c.int(1, 4)
    return (i,), {"dim": dim, "index": c.places(c[i].shape[dim], shape)}


def gather(p, dim, index):
    """p's elements at `index` of dimension dim, the other places as they are in index."""
    places = list(np.indices(index.shape))
    places[dim] = index
    return p[tuple(places)]


_moved("gather", "{0}.gather({dim}, {index})", gather, _gathered, view=False, weight=0.8)
_moved("index_select", "{0}.index_select({dim}, {index})",
       lambda p, dim, index: np.take(p, index, dim),
       lambda c: ((i := c.value(lambda x: x.ndim and x.size),),
                  {"dim": (d := c.dim(c[i])), "index": c.places(c[i].shape[d], (3,))}), **COPY)
_moved("masked_select", "{0}.masked_select({mask})", lambda p, mask: p[mask],
       lambda c: ((i := c.value(),), {"mask": np.array(c.rng.integers(0, 2, c[i].shape), bool)}),
       **COPY)
_moved("embedding", "F.embedding({index}, {0})", lambda p, index: p[index],
       lambda c: ((i := c.value(lambda x: x.ndim == 2 and x.size and x.floating),),
                  {"index": c.places(c[i].shape[0], c.one([(3,), (2, 2), ()]))}), **COPY)


def scattered(p, q, dim, index, add_up):
    """p with the elements of q put (or added) at `index` of dimension dim."""
    out = p.copy()
    for place in np.ndindex(index.shape):
        target = list(place)
        target[dim] = index[place]
        out[tuple(target)] = q[place] + (out[tuple(target)] if add_up else 0)
    return out


def _scatters(c):
    (i,), attrs = _gathered(c)
    index = attrs["index"]
    j = c.value(lambda x: x.dtype == c[i].dtype and x.ndim == index.ndim and all(
        m >= n for m, n in zip(x.shape, index.shape)))
    return (i, j), attrs


def _apart(c):
    (i, j), attrs = _scatters(c)
    dim, index = attrs["dim"], attrs["index"]
    n = min(index.shape[dim], c[i].shape[dim])
    index = np.take(np.argsort(c.rng.random((*index.shape[:dim % index.ndim], c[i].shape[dim],
                                             *index.shape[dim % index.ndim + 1:])), dim),
                    range(n), dim)
    return (i, j), {"dim": dim, "index": index}


def _scatter(add_up):
    return lambda x, y, dim, index: linear(
        lambda p, q: scattered(p, q, dim, index, add_up), x, y)


add("scatter_add", "{0}.scatter_add({dim}, {index}, {1})", _scatter(True), _scatters, weight=0.6)
add("scatter", "{0}.scatter({dim}, {index}, {1})", _scatter(False), _apart, weight=0.6)


def index_added(p, q, dim, index):
    out = np.moveaxis(p.copy(), dim, 0)
    for k, place in enumerate(index):
        out[place] += np.moveaxis(q, dim, 0)[k]
    return np.moveaxis(out, 0, dim)


def _index_adds(c):
    i = c.value(lambda x: x.ndim and x.size)
    dim = c.dim(c[i])
    j = c.value(lambda x: x.dtype == c[i].dtype and x.ndim == c[i].ndim
                and _beside(x.shape, c[i].shape, dim))
    return (i, j), {"dim": dim, "index": c.places(c[i].shape[dim], (c[j].shape[dim],))}


add("index_add", "{0}.index_add({dim}, {index}, {1})",
    lambda x, y, dim, index: linear(lambda p, q: index_added(p, q, dim, index), x, y),
    _index_adds, weight=0.6)
