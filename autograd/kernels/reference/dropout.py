"""Dropout by a counter-based generator: the key and an element's number decide its fate.

Reference: Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, 2014: SplitMix64.
"""

import numpy as np

STEP, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def limit(p):
    """Of 2**32 equally likely numbers, how many drop an element."""
    return round(p * 2**32)


def dropout(x, key, p):
    """x with a share p of its elements set to 0, the others divided by 1 - p.

    The integer `key` below 2**64 decides which: the same key and shape, the same elements.
    """
    number = np.arange(1, x.size + 1, dtype=np.uint64).reshape(x.shape)
    z = number * np.uint64(STEP) + np.uint64(key)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(SECOND)
    kept = (z ^ (z >> np.uint64(31))) >> np.uint64(32) >= np.uint64(limit(p))
    scale = np.array(1 / (1 - p) if p < 1 else 0).astype(x.dtype)
    return x * np.where(kept, scale, x.dtype.type(0))
