"""Sorting, selecting and the largest along a dimension, of float32 as integers that sort alike.

A line is searched for a rank by halving the range of integers in which it lies: 32 counts at most,
each in vector lanes, until one element is left in it.  Lines are sorted by the digits of integers
whose upper half is the key and whose lower half is the place, so equal elements keep their order.

Reference: Knuth, The Art of Computer Programming 3 (1998), section 5.2.5.
"""

import numpy as np
from numba import types

from autograd.kernels.compiled.elsewhere import elsewhere
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.launch import launch
from autograd.kernels.compiled.lines import NAN, SHARED, plan, sort_key, start
from autograd.kernels.compiled.memory import data, item, share, vector

_FLOAT32, _ONE = np.dtype(np.float32), np.float32(1)
_BLOCK = 32  # numbers that are looked at together
_LONG = 1 << 12  # numbers from which those out of the range are left out of further counts
_BEYOND = (1 << 31) - 1  # what fills up the last block of keys
_FEW = 24  # numbers up to which inserting one by one is quicker than digits


@jit(inner=True)
def _padded(n):
    """Room for n keys, filled up to whole blocks."""
    keys = np.empty(n + _BLOCK, np.int32)
    for j in range(n, n + _BLOCK):
        keys[j] = _BEYOND
    return keys


@jit(inner=True)
def _fill(x, first, n, inner, turn, keys):
    """The keys of a line."""
    if inner == 1:
        row = x[first : first + n]
        for j in range(n):
            keys[j] = sort_key(row[j], turn)
    else:
        for j in range(n):
            keys[j] = sort_key(x[first + j * inner], turn)


@jit(inner=True)
def _count(keys, n, top):
    """How many of the first n keys are below top."""
    count = types.int32(0)
    for j in range(n):
        count = types.int32(count + types.int32(keys[j] < top))
    return count


@jit(inner=True)
def _inside(keys, left, low, top):
    """How many keys of the block at `left` are from low to top."""
    count, block = types.int32(0), keys[left : left + _BLOCK]
    for j in range(_BLOCK):
        count = types.int32(count + types.int32((block[j] >= low) & (block[j] <= top)))
    return count


@jit(inner=True)
def _keep(keys, n, low, top):
    """Moves those of the first n keys that are from low to top to the front, and counts them."""
    kept = 0
    for left in range(0, n, _BLOCK):
        if _inside(keys, left, low, top):
            block = keys[left : left + _BLOCK]
            for j in range(_BLOCK):
                key = block[j]
                keys[kept] = key
                kept += (key >= low) & (key <= top)
    for j in range(kept, kept + _BLOCK):
        keys[j] = _BEYOND
    return kept


@jit(inner=True)
def _search(keys, n, rank):
    """(low, top, smaller): the key of this rank is from low to top, alone or among its equals, and
    above as many smaller ones.  May overwrite the keys."""
    low, high, below, above, left_out, width = -(1 << 31), 1 << 31, 0, n, 0, 1 << 32
    while width > 1 and above - below > 1:
        width >>= 1
        count = left_out + _count(keys, n, types.int32(low + width))
        if count <= rank:
            low, below = low + width, count
        else:
            high, above = low + width, count
        if n > _LONG and (above - below) << 6 < n:
            n = _keep(keys, n, types.int32(low), types.int32(min(high - 1, NAN)))
            left_out = below
    return types.int32(low), types.int32(min(high - 1, NAN)), below


@jit(inner=True)
def _insert(numbers, n):
    """Sorts the first n integers."""
    for j in range(1, n):
        number, at = numbers[j], j
        while at > 0 and numbers[at - 1] > number:
            numbers[at] = numbers[at - 1]
            at -= 1
        numbers[at] = number


@jit(inner=True)
def _by_digits(numbers, spare, n, counts):
    """The first n integers, in order of their places, sorted by their upper halves, in one array or
    the other; `counts` has room for 4 digits of 256 values."""
    for j in range(1024):
        counts[j] = 0
    for j in range(n):
        key = (numbers[j] >> 32) + (1 << 31)
        for digit in range(4):
            counts[digit * 256 + ((key >> (8 * digit)) & 255)] += 1
    for digit in range(4):
        total = 0
        for value in range(digit * 256, digit * 256 + 256):
            total, counts[value] = total + counts[value], total
        for j in range(n):
            number = numbers[j]
            value = digit * 256 + ((((number >> 32) + (1 << 31)) >> (8 * digit)) & 255)
            spare[counts[value]] = number
            counts[value] += 1
        numbers, spare = spare, numbers
    return numbers


@jit(inner=True)
def _pack(keys, n, low, top, packed, found, wanted):
    """Adds keys from low to top with their places to the `found` ones, until `wanted` are there or
    up to a block more."""
    for left in range(0, n, _BLOCK):
        if _inside(keys, left, low, top):
            block = keys[left : left + _BLOCK]
            for j in range(_BLOCK):
                key = block[j]
                packed[found] = (np.int64(key) << 32) | (left + j)
                found += (key >= low) & (key <= top)
            if found >= wanted:
                break


@jit(inner=True)
def _choose(keys, work, n, k, packed):
    """Packs the k smallest of n keys, the first ones of equals, with their places."""
    for j in range(keys.size):
        work[j] = keys[j]
    low, top, below = _search(work, n, k - 1)
    if below > 0:
        _pack(keys, n, types.int32(-_BEYOND), types.int32(low - 1), packed, 0, below)
    _pack(keys, n, low, top, packed, below, k)


@jit
def _first(one, arrays, parts, index):
    """arrays: x, [outer, n, inner, k, turn], values, places: the k first along a dimension."""
    outer, n, inner, k, turn = vector(data(item(arrays, 1)), 5, 0)
    turn, lines = types.int32(turn), outer * inner
    x = vector(data(item(arrays, 0)), lines * n, one)
    values = vector(data(item(arrays, 2)), lines * k, one)
    places = vector(data(item(arrays, 3)), lines * k, 0)
    work, counts = np.empty(2 * k + _BLOCK + 1, np.int64), np.empty(1024, np.int32)
    keys, spare = _padded(n), _padded(n)
    for line in range(share(lines, parts, index, 1), share(lines, parts, index + 1, 1)):
        first, to, chosen = start(line, n, inner), start(line, k, inner), work[: k + _BLOCK + 1]
        _fill(x, first, n, inner, turn, keys)
        if k < n:
            _choose(keys, spare, n, k, chosen)
        else:
            for j in range(n):
                chosen[j] = (np.int64(keys[j]) << 32) | j
        if k <= _FEW:
            _insert(chosen, k)
        else:
            chosen = _by_digits(chosen, work[k + _BLOCK + 1 :], k, counts)
        for j in range(k):
            place = chosen[j] & 0xFFFFFFFF
            places[to + j * inner] = place
            values[to + j * inner] = x[first + place * inner]


@jit(inner=True)
def _find(keys, n, low, top, number):
    """The place of key `number`, counted from 0, of those from low to top."""
    for left in range(0, n, _BLOCK):
        hits = _inside(keys, left, low, top)
        if hits > number:
            for j in range(left, left + _BLOCK):
                if keys[j] >= low and keys[j] <= top:
                    if number == 0:
                        return j
                    number -= 1
        number -= hits
    return 0


@jit
def _ranked(one, arrays, parts, index):
    """arrays: x, [outer, n, inner, rank, whether NaN goes first], values, places."""
    outer, n, inner, rank, lost = vector(data(item(arrays, 1)), 5, 0)
    lines = outer * inner
    x = vector(data(item(arrays, 0)), lines * n, one)
    values = vector(data(item(arrays, 2)), lines, one)
    places = vector(data(item(arrays, 3)), lines, 0)
    keys, work = _padded(n), _padded(n)
    for line in range(share(lines, parts, index, 1), share(lines, parts, index + 1, 1)):
        first, top = start(line, n, inner), types.int32(-NAN)
        _fill(x, first, n, inner, types.int32(0), keys)
        for j in range(n):
            work[j], top = keys[j], max(top, keys[j])
        low, below = top, rank
        if not lost or top < NAN:
            low, top, below = _search(work, n, rank)
        place = _find(keys, n, low, top, rank - below)
        places[line], values[line] = place, x[first + place * inner]


def _launched(kernel, x, dim, size, *settings):
    """A kernel's values and places, of which there are `size` along dim."""
    shape = (*x.shape[:dim], size, *x.shape[dim + 1 :])
    x = x if x.flags.c_contiguous else np.ascontiguousarray(x)
    values, places = np.empty(shape, _FLOAT32), np.empty(shape, np.int64)
    arrays = x, plan(x.shape, dim, *settings), values, places
    launch(kernel, _ONE, arrays, x.size >= SHARED)
    return values, places


def _takes(x, dim):
    """Whether the kernels take x: keys and places have 32 bits."""
    return x.dtype is _FLOAT32 and x.shape[dim] < _BEYOND


def sort(x, dim, descending):
    """x in order along dim and the places it came from; equal ones keep their order."""
    if not _takes(x, dim):
        return elsewhere.sort(x, dim, descending)
    return _launched(_first, x, dim, x.shape[dim], x.shape[dim], -descending)


def topk(x, k, dim, largest):
    """The k largest or smallest along dim, in order, and their places."""
    if k == 0 or not _takes(x, dim):
        return elsewhere.topk(x, k, dim, largest)
    return _launched(_first, x, dim, k, k, -largest)


def ranked(x, rank, dim, nan_first):
    """The element of a rank, counted from 0, along dim, which is kept, and its place; the first NaN
    if that shall go first."""
    if not _takes(x, dim):
        return elsewhere.ranked(x, rank, dim, nan_first)
    return _launched(_ranked, x, dim, 1, rank, nan_first)
