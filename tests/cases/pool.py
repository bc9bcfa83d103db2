"""Samples for autograd/ops/pool.py; the answers come from loops over each place of a window."""

from math import ceil, floor, prod

import numpy as np

from autograd.ops.pool_windows import Windows, adaptive_windows, avg_windows, max_windows
from tests.cases import Case, Spec
from tests.cases.linalg import functional

SMALL = Spec((1, 2, 3, 4), distinct=True)
ONE = Spec((1, 4, 5), distinct=True)
LINE = Spec((2, 1, 6), distinct=True)
POSITIVE = Spec((1, 2, 3, 4), 0.5, 2.0)
NONE = Spec((0, 2, 3, 4))


def each(value, dims):
    """A setting for every dimension."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * dims


def count(n, k, s, p, d, ceil_mode):
    """How many windows there are: as long as one begins inside and, without ceil_mode, ends so."""
    found = 0
    while True:
        first, last = found * s - p, found * s - p + (k - 1) * d
        inside = first < n if ceil_mode and last > n + p - 1 else last <= n + p - 1
        if not inside:
            return found
        found += 1
        if ceil_mode and last >= n + p - 1:
            return found


def pooled(x, dims, places, reduce):
    """reduce(values, places, [places asked for in each dim]) of every window; `places` has a list
    of lists of places for each dim."""
    lead = x.shape[:-dims]
    out = np.empty((*lead, *map(len, places)), object)
    for at in np.ndindex(out.shape):
        asked = [places[i][j] for i, j in enumerate(at[len(lead):])]
        grid = [tuple(int(i) for i in np.ravel(point)) for point in np.stack(
            np.meshgrid(*asked, indexing="ij"), -1).reshape(-1, dims)]
        inside = [p for p in grid if all(0 <= i < n for i, n in zip(p, x.shape[-dims:],
                                                                   strict=True))]
        values = [x[at[:len(lead)] + p] for p in inside]
        flat = [np.ravel_multi_index(p, x.shape[-dims:]) for p in inside]
        out[at] = reduce(values, flat, asked)
    return out


def windows(x, dims, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The places of the windows in each dim."""
    kernel = each(kernel_size, dims)
    settings = zip(x.shape[-dims:], kernel, kernel if stride is None else each(stride, dims),
                   each(padding, dims), each(dilation, dims), strict=True)
    return [[[i * s - p + j * d for j in range(k)]
             for i in range(count(n, k, s, p, d, ceil_mode))] for n, k, s, p, d in settings]


def adaptive(x, dims, output_size):
    sizes = zip(x.shape[-dims:], each(output_size, dims), strict=True)
    return [[list(range(floor(i * n / out), ceil((i + 1) * n / out))) for i in range(out)]
            for n, out in ((n, n if out is None else out) for n, out in sizes)]


def largest(x, dims, places, return_indices=False):
    """The first largest of every window, and where it is."""
    both = pooled(x, dims, places, lambda values, flat, asked: (
        max(values), flat[values.index(max(values))]))
    values, indices = (np.vectorize(lambda pair, i=i: pair[i], otypes=[kind])(both)
                       for i, kind in enumerate((x.dtype, np.int64)))
    return (values, indices) if return_indices else values


def max_pool(dims):
    def reference(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
                  return_indices=False):
        places = windows(x, dims, kernel_size, stride, padding, dilation, ceil_mode)
        return largest(x, dims, places, return_indices)

    return reference


def avg_pool(dims):
    def reference(x, kernel_size, stride=None, padding=0, ceil_mode=False,
                  count_include_pad=True, divisor_override=None):
        paddings = each(padding, dims)

        def average(values, flat, asked):
            padded = prod(sum(-p <= i < n + p for i in line)
                          for line, n, p in zip(asked, x.shape[-dims:], paddings, strict=True))
            return sum(values) / (divisor_override or (padded if count_include_pad
                                                       else len(values)))

        places = windows(x, dims, kernel_size, stride, padding, 1, ceil_mode)
        return pooled(x, dims, places, average).astype(x.dtype)

    return reference


def lp_pool(dims):
    def reference(x, p, kernel_size, stride=None, ceil_mode=False):
        places = windows(x, dims, kernel_size, stride, 0, 1, ceil_mode)
        return pooled(x, dims, places, lambda values, flat, asked: (
            sum(v**p for v in values) * prod(map(len, asked)) / len(values)) ** (1 / p)
            ).astype(x.dtype)

    return reference


def adaptive_max(dims):
    return lambda x, output_size, return_indices=False: largest(
        x, dims, adaptive(x, dims, output_size), return_indices)


def adaptive_avg(dims):
    return lambda x, output_size: pooled(
        x, dims, adaptive(x, dims, output_size),
        lambda values, flat, asked: sum(values) / len(values)).astype(x.dtype)


def listed(table):
    """The places of each entry [first, last, step] of a table."""
    return [list(range(*entry)) for entry in table.tolist()]


def of_windows(x, found: Windows):
    tables = [found.depth, found.rows, found.columns][-len(found.size):]
    values, indices = largest(x, len(tables), list(map(listed, tables)), True)
    return values, indices.astype(np.int32)


def scattered(g, indices, size):
    out = np.zeros((*g.shape[:-len(size)], *size))
    for at in np.ndindex(g.shape):
        out[at[:-len(size)]].reshape(-1)[indices[at]] += g[at]
    return out


def boxes(found: Windows):
    """For each window, its place in the result, its slices, and its divisor."""
    tables = [found.depth, found.rows, found.columns][-len(found.size):]
    for at in np.ndindex(found.counts):
        entries = [table[i] for table, i in zip(tables, at, strict=True)]
        yield at, tuple(slice(a, b) for a, b, _ in entries), prod(int(d) for *_, d in entries)


def averaged(x, found: Windows):
    out = np.zeros((len(x), *found.counts))
    for at, box, divisor in boxes(found):
        out[(slice(None), *at)] = x[(slice(None), *box)].reshape(len(x), -1).sum(1) / divisor
    return out


def spread(g, found: Windows):
    out = np.zeros((len(g), *found.size))
    for at, box, divisor in boxes(found):
        out[(slice(None), *box)].T[...] += g[(slice(None), *at)] / divisor
    return out


def at_random(x, samples, kernel, output):
    """Graham's windows, one plane or volume and window at a time; of planes the first draw is the
    columns', of volumes the slices'."""
    def starts(u, n, k, out):
        a = (n - k) / (out - 1) if out > 1 else 0
        return [int((i + u) * a) - int(u * a) for i in range(out - 1)] + [n - k]

    dims = len(kernel)
    lead, size = x.shape[:-dims], x.shape[-dims:]
    values, indices = (np.empty((*lead, *output), kind) for kind in (x.dtype, np.int32))
    for plane in np.ndindex(lead):
        draws = samples[plane] if dims == 3 else samples[plane][::-1]
        first = [starts(*each) for each in zip(draws, size, kernel, output, strict=True)]
        for at in np.ndindex(*output):
            corner = [line[i] for line, i in zip(first, at, strict=True)]
            window = x[plane][tuple(slice(c, c + k) for c, k in zip(corner, kernel, strict=True))]
            best = np.unravel_index(window.argmax(), window.shape)
            values[plane + at] = window[best]
            indices[plane + at] = np.ravel_multi_index(np.add(corner, best), size)
    return values, indices


def unpool(dims):
    def reference(x, indices, kernel_size, stride=None, padding=0, output_size=None):
        settings = zip(x.shape[-dims:], each(kernel_size, dims),
                       each(kernel_size if stride is None else stride, dims),
                       each(padding, dims), strict=True)
        size = output_size or tuple((n - 1) * s - 2 * p + k for n, k, s, p in settings)
        out = np.zeros((*x.shape[:-dims], *size[-dims:]))
        for at in np.ndindex(x.shape):
            out[at[:-dims]].reshape(-1)[indices[at]] = x[at]
        return out

    return reference


def always(reference):
    """The pooling with its places."""
    return lambda *args, **kwargs: reference(*args, **{**kwargs, "return_indices": True})


def calls(reference, torch, *arguments):
    """One sample per tuple of arguments and dict of keyword arguments."""
    return [Case(args, kwargs, reference, torch) for args, kwargs in arguments]


MAXIMA = [((SMALL, 2), {}), ((SMALL, (2, 3), 1), {}), ((ONE, 3, 2, 1), {}),
          ((SMALL, 2, 2, 1), dict(ceil_mode=True)), ((ONE, 2, 1, (0, 1), (3, 2)), {}),
          ((ONE, 2), dict(return_indices=True)), ((ONE, 3), dict(ceil_mode=True)), ((NONE, 2), {})]
AVERAGES = [((SMALL, 2), {}), ((SMALL, (2, 3), 1), {}), ((ONE, 3, 2, 1), {}),
            ((ONE, 3, 2, 1), dict(count_include_pad=False)), ((SMALL, 2, 2, 1, True), {}),
            ((ONE, 3, 3, 1, True, False), {}), ((SMALL, 2), dict(divisor_override=3)),
            ((NONE, 2), {})]
SEQUENCES = [((LINE, 2), {}), ((LINE, 3, 2, 1), {}), ((LINE, 4, 3), dict(ceil_mode=True)),
             ((Spec((2, 5), distinct=True), (3,), 1), {})]
NORMS = [((POSITIVE, 2, 2), {}), ((POSITIVE, 3.0, (2, 3), 1), {}), ((POSITIVE, 1, 2, 3, True), {})]
SIZES = [((SMALL, 2), {}), ((ONE, (3, None)), {}), ((SMALL, 1), {}), ((ONE, 7), {})]
LINES = [((LINE, 4), {}), ((LINE, 1), {})]
OVERLAPPING = max_windows("pool", (3, 4), 2, 1, 0, 1, False)
AVERAGED = avg_windows("pool", (3, 4), 2, 1, 1, False, True, None)
HALVES = avg_windows("pool", (2, 5), 2, 2, 0, False, True, None)
WHOLE = adaptive_windows("pool", (3, 4), 1, True)
VOLUME, ONE_VOLUME = Spec((1, 2, 3, 2, 3), distinct=True), Spec((1, 3, 4, 2), distinct=True)
VOLUMES = [((VOLUME, 2), {}), ((VOLUME, (2, 1, 3), 1), {}), ((ONE_VOLUME, 2, (2, 1, 2), 1), {}),
           ((Spec((0, 2, 3, 4, 2)), 2), {})]
THROUGH = max_windows("pool", (3, 2, 3), (2, 1, 2), 1, 0, 1, False)
AVERAGED_THROUGH = avg_windows("pool", (3, 2, 3), 2, (1, 2, 1), 1, False, True, None)
PLANES, OVERLAP = Spec((2, 3, 4), distinct=True), Spec((2, 2, 3))
CHOSEN = np.array([[[1, 1, 6], [5, 11, 0]], [[0, 5, 5], [5, 9, 9]]])
SAMPLES = np.array([[[0.1, 0.9], [0.5, 0.3]]])
DEEP = np.array([[[0.1, 0.9, 0.4], [0.5, 0.3, 0.8]]])
PLACES = np.array([[[3, 0], [5, 11]]])

CASES = {
    "max_pool1d": calls(max_pool(1), functional("max_pool1d"), *SEQUENCES,
                        ((LINE, 2, 1), dict(dilation=3, return_indices=True))),
    "max_pool2d": calls(max_pool(2), functional("max_pool2d"), *MAXIMA),
    "avg_pool1d": calls(avg_pool(1), functional("avg_pool1d"), *SEQUENCES),
    "avg_pool2d": calls(avg_pool(2), functional("avg_pool2d"), *AVERAGES),
    "lp_pool1d": calls(lp_pool(1), functional("lp_pool1d"), ((Spec((1, 2, 6), 0.5), 2, 3, 2), {})),
    "lp_pool2d": calls(lp_pool(2), functional("lp_pool2d"), *NORMS),
    "adaptive_max_pool1d": calls(adaptive_max(1), functional("adaptive_max_pool1d"), *LINES),
    "adaptive_max_pool2d": calls(adaptive_max(2), functional("adaptive_max_pool2d"), *SIZES,
                                 ((ONE, 2), dict(return_indices=True))),
    "adaptive_avg_pool1d": calls(adaptive_avg(1), functional("adaptive_avg_pool1d"), *LINES),
    "adaptive_avg_pool2d": calls(adaptive_avg(2), functional("adaptive_avg_pool2d"), *SIZES),
    "max_pool3d": calls(max_pool(3), functional("max_pool3d"), *VOLUMES,
                        ((ONE_VOLUME, 2, 1, (0, 1, 1), (2, 1, 1), True, True), {})),
    "avg_pool3d": calls(avg_pool(3), functional("avg_pool3d"), *VOLUMES,
                        ((ONE_VOLUME, 2, 2, 1, True, False), {}),
                        ((VOLUME, 2, 1), dict(divisor_override=3))),
    "lp_pool3d": calls(lp_pool(3), functional("lp_pool3d"),
                       ((Spec((1, 2, 3, 2, 3), 0.5), 3, 2, 1), {})),
    "adaptive_max_pool3d": calls(adaptive_max(3), functional("adaptive_max_pool3d"),
                                 ((VOLUME, 2, True), {}), ((ONE_VOLUME, 1, True), {}),
                                 ((ONE_VOLUME, (1, None, 1)), {})),
    "adaptive_avg_pool3d": calls(adaptive_avg(3), functional("adaptive_avg_pool3d"),
                                 ((VOLUME, 2), {}), ((Spec((1, 3, 4, 2)), 1), {}),
                                 ((ONE_VOLUME, (1, None, 1)), {})),
    "max_unpool1d": calls(unpool(1), functional("max_unpool1d"),
                          ((LINE, np.array([[[0, 2, 5, 6, 9, 11]]] * 2), 2), {})),
    "max_unpool2d": calls(unpool(2), functional("max_unpool2d"), ((Spec((1, 2, 2)), PLACES, 2), {}),
                          ((Spec((1, 2, 2)), PLACES, 3, 2, 1), dict(output_size=(4, 3))))
    # to what is overwritten PyTorch gives a gradient too
    + calls(unpool(2), False, ((Spec((1, 2, 2)), PLACES // 3, 2), {})),
    "max_unpool3d": calls(unpool(3), functional("max_unpool3d"),
                          ((Spec((1, 1, 2, 2)), PLACES[None], (2, 2, 3)), {})),
    **{f"max_pool{n}d_with_indices": calls(
        always(max_pool(n)), functional(f"max_pool{n}d_with_indices"), ((spec, 2, 1), {}))
       for n, spec in ((1, LINE), (2, SMALL), (3, VOLUME))},
    **{f"adaptive_max_pool{n}d_with_indices": calls(
        always(adaptive_max(n)), functional(f"adaptive_max_pool{n}d_with_indices"), ((spec, 2), {}))
       for n, spec in ((1, LINE), (2, SMALL), (3, VOLUME))},
    "max_pool": calls(of_windows, False, ((PLANES, OVERLAPPING), {}), ((VOLUME, THROUGH), {})),
    "max_pool_grad": calls(scattered, False, ((OVERLAP, CHOSEN, (3, 4)), {}),
                           ((Spec((2, 4)), np.array([[0, 1, 1, 2], [4, 4, 4, 0]]), (5,)), {})),
    "avg_pool": calls(averaged, False, ((PLANES, AVERAGED), {}),
                                ((Spec((1, 2, 5)), HALVES), {}),
                                ((Spec((2, 3, 2, 3)), AVERAGED_THROUGH), {})),
    "avg_pool_grad": calls(spread, False, ((Spec((1, 4, 5)), AVERAGED), {}),
                           ((Spec((2, 1, 2)), HALVES), {}), ((OVERLAP, OVERLAPPING), {}),
                           ((Spec((1, 4, 2, 4)), AVERAGED_THROUGH), {}))
    + calls(lambda g, found: np.broadcast_to(g / 12, (2, 3, 4)), False,
            ((Spec((2, 1, 1)), WHOLE), {})),
    "max_at_random": calls(at_random, False,
                           ((SMALL, SAMPLES, (2, 2), (2, 3)), {}),
                           ((ONE, SAMPLES[0, :1], (1, 2), (3, 1)), {}),
                           ((VOLUME, DEEP, (2, 1, 2), (2, 2, 1)), {})),
}
