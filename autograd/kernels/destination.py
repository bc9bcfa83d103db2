"""Where the next formula of a thread may write its result: into one of its operands, an array that
nobody needs as it was."""

from threading import get_ident

import numpy as np

waiting: dict[int, np.ndarray] = {}  # the array, by thread


class into:
    """For as long as this lasts, one formula may write its result into the array."""

    def __init__(self, array):
        self.array = array

    def __enter__(self):
        waiting[get_ident()] = self.array

    def __exit__(self, *error):
        waiting.pop(get_ident(), None)


def taken(arrays, out):
    """Whether the array that waits is the first of these, lies as `out` does, and shares no memory
    with the others."""
    array = waiting.pop(get_ident(), None)
    return (array is arrays[0] and array.shape == out.shape and array.strides == out.strides
            and not any([x is not array and np.may_share_memory(x, array) for x in arrays]))
