"""Images and volumes mixed at points; what points, orders and ways mean, the reference tells.

The places and shares of a block of points are told first, then each channel is gone through with
them. Points are shared among the threads where each has a result of its own, and channels where
points add to the same elements.
"""

from functools import lru_cache

import numpy as np

from autograd import threads
from autograd.kernels import cubic
from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import ONE, launch
from autograd.kernels.compiled.memory import (
    data,
    item,
    itemsize,
    length,
    ndim,
    share,
    vector,
)
from autograd.kernels.reference.sampled import TAPS, A

_BLOCK = 64  # points
_SHARED = 1 << 14  # products from which a second thread pays
_PADDINGS = {"zeros": 0, "border": 1, "reflection": 2}
_DIMS, _TAPS, _PADDING, _CORNERS, _COUNT, _VARIANTS, _ORDERS = range(7)  # of a plan
_FACTOR, _LAST, _LOW, _SPAN = range(4)  # of the numbers of a dimension

_keys = jit(inner=True)(cubic.keys)


@jit(inner=True)
def _brought_in(x, line, padding, one):
    """A point, or a place, beyond the edges as the one that counts in its stead, and how this
    moves with it."""
    zero = one - one
    moved = one
    if padding == 0:
        return x, one
    if padding == 2:
        x -= line[_LOW]
        if not abs(x) < np.inf or line[_SPAN] == zero:
            return zero, zero
        if x < zero:
            x, moved = -x, -one
        odd = np.fmod(x, line[_SPAN] + line[_SPAN]) >= line[_SPAN]
        x = np.fmod(x, line[_SPAN])
        if odd:
            x, moved = line[_SPAN] - x, -moved
        x += line[_LOW]
    if not x > zero:
        return zero, zero
    return (x, moved) if x < line[_LAST] else (line[_LAST], zero)


@jit(inner=True)
def _share(t, tap, taps, order, one):
    """The share of an element, or its derivative, in what lies t behind the first, or, of four,
    behind the second."""
    zero = one - one
    if taps == 4:
        near = t - tap if tap < 1 else tap - t
        found = _keys(near, tap < 0 or tap > 1, A, order)
        return -found if tap > 0 and order % 2 else found
    if taps == 1 or order > 1:
        return one if order == 0 else zero
    if order == 1:
        return one if tap else -one
    return t if tap else one - t


@jit(inner=True)
def _line(x, n, line, plan, order, one, places, shares):
    """Places and shares of the elements along a dimension of n that count at x."""
    taps, padding, moved = plan[_TAPS], plan[_PADDING], one
    if taps < 4:
        x, moved = _brought_in(x, line, padding, one)
    low = np.rint(x) if taps == 1 else np.floor(x)
    first = -1 if taps == 4 else 0
    factor = one
    for _ in range(order):
        factor *= line[_FACTOR] * moved
    for k in range(taps):
        place = low + (first + k)
        if taps == 4:
            place, _ = _brought_in(place, line, padding, one)
        places[k] = -1
        if place >= 0 and place < n:
            places[k] = np.int64(place)
        elif place != place and taps > 1:
            places[k] = 0
        shares[k] = _share(x - low, first + k, taps, order, one) * factor


@jit(inner=True)
def _pixels(points, count, plan, numbers, one, out):
    """The points of a block, dimension by dimension, in units of elements.

    In several passes, lest product and difference become one and round otherwise than NumPy's.
    """
    dims = plan[_DIMS]
    for d in range(dims):
        for p in range(count):
            out[d * _BLOCK + p] = points[p * dims + dims - 1 - d] + one
    for d in range(dims):
        by = numbers[4 * d + _FACTOR] if plan[_CORNERS] else (one + one) * numbers[4 * d + _FACTOR]
        for p in range(count):
            out[d * _BLOCK + p] *= by
    if not plan[_CORNERS]:
        for d in range(dims):
            for p in range(count):
                out[d * _BLOCK + p] = (out[d * _BLOCK + p] - one) / (one + one)


@jit(inner=True)
def _combine(place, share, filled, n, taps, places, shares):
    """Puts the taps of one dimension more, of n elements, to the `filled` places and shares."""
    for i in range(filled - 1, -1, -1):
        before, part = places[i], shares[i]
        for k in range(taps - 1, -1, -1):
            places[i * taps + k], shares[i * taps + k] = -1, 0
            if before >= 0 and place[k] >= 0:
                places[i * taps + k] = before * n + place[k]
                shares[i * taps + k] = part * share[k]


@jit(inner=True)
def _elements(arrays, begin, count, index, one):
    """(places, shares, room) of the elements that count at each point of a block, point by point.

    Where there are variants of the shares they follow each other; variant v has an order more along
    dimension v. The room is for as many numbers as there are places.
    """
    plan = vector(data(item(arrays, 3)), 16, 0)
    numbers = vector(data(item(arrays, 4)), 16, one)
    dims, taps, each = plan[_DIMS], plan[_TAPS], plan[_COUNT]
    block = _BLOCK * each
    places = vector(data(item(arrays, 5)) + index * (4 + block) * 8, 4 + block, 0)
    wide = 4 + 3 * _BLOCK + 4 * block
    room = vector(data(item(arrays, 6)) + index * wide * itemsize(one), wide, one)
    pixels, shares = room[4: 4 + 3 * _BLOCK], room[4 + 3 * _BLOCK:]
    points = vector(data(item(arrays, 0)) + begin * dims * itemsize(one), count * dims, one)
    _pixels(points, count, plan, numbers, one, pixels)
    for v in range(max(plan[_VARIANTS], 1)):
        for p in range(count):
            to, by = places[4 + p * each:], shares[v * block + p * each:]
            filled, to[0], by[0] = 1, 0, one
            for d in range(dims):
                n, order = length(item(arrays, 1), 2 + d), plan[_ORDERS + d]
                if plan[_VARIANTS] and v == d:
                    order += 1
                _line(pixels[d * _BLOCK + p], n, numbers[4 * d: 4 * d + 4], plan, order, one,
                      places, room)
                _combine(places, room, filled, n, taps, to, by)
                filled *= taps
    return places[4:], shares[:3 * block], shares[3 * block:]


@jit(inner=True)
def _channel(array, number, count, one):
    """Channel `number`, counted through all samples, of the array with this id."""
    return vector(data(array) + number * count * itemsize(one), count, one)


@jit(inner=True)
def _mixed(x, places, shares, first, taps, one):
    """The elements of a point by their shares.  A lost one stands for element 0 with share 0, which
    needs no branch; only where this makes NaN of an infinity, are those left out one by one."""
    zero = total = one - one
    if taps == 4:
        total = (x[max(places[first], 0)] * shares[first]
                 + x[max(places[first + 1], 0)] * shares[first + 1]
                 + x[max(places[first + 2], 0)] * shares[first + 2]
                 + x[max(places[first + 3], 0)] * shares[first + 3])
    else:
        for k in range(first, first + taps):
            total += x[max(places[k], 0)] * shares[k]
    if total != total:
        total = zero
        for k in range(first, first + taps):
            if places[k] >= 0:
                total += x[places[k]] * shares[k]
    return total


@jit(inner=True)
def _spread(g, grad, places, shares, first, taps, one):
    """Adds g by the shares to the elements of a point; of a lost one, 0 to element 0."""
    if g - g == one - one:
        for k in range(first, first + taps):
            grad[max(places[k], 0)] += g * shares[k]
    else:
        for k in range(first, first + taps):
            if places[k] >= 0:
                grad[places[k]] += g * shares[k]


@jit(inner=True)
def _sizes(arrays):
    """Channels of a sample, elements and points of a channel, points in a block, and places of a
    point."""
    image, values = item(arrays, 1), item(arrays, 2)
    elements = points = 1
    for d in range(2, ndim(image)):
        elements *= length(image, d)
    for d in range(2, ndim(values)):
        points *= length(values, d)
    return length(image, 1), elements, points, vector(data(item(arrays, 3)), 16, 0)[_COUNT]


@jit(inner=True)
def _blocks(arrays, parts, index):
    """The first and the last of this part's blocks of all samples, and how many a sample has."""
    _, _, points, _ = _sizes(arrays)
    each = (points + _BLOCK - 1) // _BLOCK
    total = length(item(arrays, 1), 0) * each
    return share(total, parts, index, 1), share(total, parts, index + 1, 1), each


@jit
def _sample_points(one, arrays, parts, index):
    """arrays: points, x, out, plan, numbers, room for places and for shares."""
    channels, elements, points, taps = _sizes(arrays)
    first, last, each = _blocks(arrays, parts, index)
    for block in range(first, last):
        sample, begin = block // each, block % each * _BLOCK
        count = min(_BLOCK, points - begin)
        places, shares, _ = _elements(arrays, sample * points + begin, count, index, one)
        for c in range(sample * channels, (sample + 1) * channels):
            x = _channel(item(arrays, 1), c, elements, one)
            out = _channel(item(arrays, 2), c, points, one)
            for p in range(count):
                out[begin + p] = _mixed(x, places, shares, p * taps, taps, one)


@jit
def _sample_points_grad(one, arrays, parts, index):
    """arrays: points, grad, g, plan, numbers, room for places and for shares."""
    channels, elements, points, taps = _sizes(arrays)
    total = length(item(arrays, 1), 0) * channels
    c, last = share(total, parts, index, 1), share(total, parts, index + 1, 1)
    while c < last:
        sample = c // channels
        behind = min(last, (sample + 1) * channels)
        for begin in range(0, points, _BLOCK):
            count = min(_BLOCK, points - begin)
            places, shares, _ = _elements(arrays, sample * points + begin, count, index, one)
            for number in range(c, behind):
                grad = _channel(item(arrays, 1), number, elements, one)
                g = _channel(item(arrays, 2), number, points, one)
                for p in range(count):
                    _spread(g[begin + p], grad, places, shares, p * taps, taps, one)
        c = behind


@jit
def _sample_slopes(one, arrays, parts, index):
    """arrays: points, x, g, plan, numbers, room for places and for shares, out."""
    channels, elements, points, taps = _sizes(arrays)
    first, last, each = _blocks(arrays, parts, index)
    dims = ndim(item(arrays, 1)) - 2
    for block in range(first, last):
        sample, begin = block // each, block % each * _BLOCK
        count = min(_BLOCK, points - begin)
        start = sample * points + begin
        places, shares, products = _elements(arrays, start, count, index, one)
        products[:] = one - one
        for c in range(sample * channels, (sample + 1) * channels):
            x = _channel(item(arrays, 1), c, elements, one)
            g = _channel(item(arrays, 2), c, points, one)
            for p in range(count):
                for k in range(p * taps, (p + 1) * taps):
                    products[k] += x[max(places[k], 0)] * g[begin + p]
        out = vector(data(item(arrays, 7)) + start * dims * itemsize(one), count * dims, one)
        for p in range(count):
            for d in range(dims):
                total = one - one
                for k in range(p * taps, (p + 1) * taps):
                    if places[k] >= 0:
                        total += products[k] * shares[d * _BLOCK * taps + k]
                out[p * dims + dims - 1 - d] = total


@lru_cache(128)
def _planned(sizes, dtype, orders, way, variants):
    """The plan, and for each dimension its numbers."""
    mode, padding_mode, corners = way
    taps = len(TAPS[mode])
    plan = len(sizes), taps, _PADDINGS[padding_mode], bool(corners), taps ** len(sizes), variants
    numbers = [((n - 1) / 2, n - 1, 0, n - 1) if corners else (n / 2, n - 1, -0.5, n)
               for n in sizes]
    return (np.array((*plan, *orders, *[0] * (10 - len(sizes))), np.int64),
            np.array([*numbers, *[(0,) * 4] * (4 - len(sizes))], dtype))


def _run(kernel, points, image, values, orders, way, *out):
    """Launches a kernel, of whose arrays the last one is the result."""
    dtype, wide = image.dtype, len(TAPS[way[0]]) ** len(orders)
    many = values.size * wide >= _SHARED
    plan, numbers = _planned(image.shape[2:], dtype, orders, way, len(orders) if out else 0)
    parts = threads.parts() if many else 1
    arrays = (np.ascontiguousarray(points), image, values, plan, numbers,
              np.empty(parts * (4 + _BLOCK * wide), np.int64),
              np.empty(parts * (4 + 3 * _BLOCK + 4 * _BLOCK * wide), dtype), *out)
    launch(kernel, ONE[dtype], arrays, many)


def _taken(points, g, *arrays):
    """Whether the kernels take these arrays, of which g has a number for each point."""
    dtype, arrays = points.dtype, (points, g, *arrays)
    return dtype in ONE and all([x.dtype is dtype and x.size for x in arrays]) and (
        points.shape[1:-1] == g.shape[2:])


def sample_points(x, points, orders, way):
    """The sum of the elements around each point by their shares: (N, C, ...)."""
    out = np.empty((*x.shape[:2], *points.shape[1:-1]), x.dtype)
    if not _taken(points, out, x):
        return elsewhere.sample_points(x, points, orders, way)
    _run(_sample_points, points, np.ascontiguousarray(x), out, orders, way)
    return out


def sample_points_grad(g, points, orders, way, sizes):
    """Zeros (N, C, *sizes) to which g (N, C, ...), by the shares, is added around each point."""
    if not _taken(points, g) or not all(sizes):
        return elsewhere.sample_points_grad(g, points, orders, way, sizes)
    grad = np.zeros((*g.shape[:2], *sizes), g.dtype)
    _run(_sample_points_grad, points, grad, np.ascontiguousarray(g), orders, way)
    return grad


def sample_slopes(g, x, points, orders, way):
    """How g (N, C, ...) times what is sampled, added up over the channels, grows with the points:
    (N, ..., dims)."""
    if not _taken(points, g, x):
        return elsewhere.sample_slopes(g, x, points, orders, way)
    out = np.empty(points.shape, x.dtype)
    x, g = map(np.ascontiguousarray, (x, g))
    _run(_sample_slopes, points, x, g, orders, way, out)
    return out
