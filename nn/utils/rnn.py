"""Sequences of different lengths: packed, which recurrent layers compute with, and padded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

import autograd
from autograd import Tensor
from autograd.boundary import guarded
from autograd.errors import describe

_Int = int  # whose name is a method's below


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Packed):
    """Sequences without padding, as `pack_padded_sequence` and `pack_sequence` make them.

    data             (Σ lengths, *): the first steps of all sequences, the longest first, then the
                     second steps, and so on
    batch_sizes      how many sequences have a first step, a second step, …
    sorted_indices   which sequence came first, second, …; None where they were sorted already
    """

    __slots__ = ()

    def __new__(cls, data: Tensor, batch_sizes: Tensor, sorted_indices: Tensor | None = None,
                unsorted_indices: Tensor | None = None) -> PackedSequence:
        for which, value in (("data", data), ("batch_sizes", batch_sizes)):
            if not isinstance(value, Tensor):
                raise TypeError(f"PackedSequence: {which} must be a Tensor, got {describe(value)}; "
                                "pack_padded_sequence and pack_sequence make both")
        if sorted_indices is not None and unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args, **kwargs) -> PackedSequence:
        """The same sequences with `data.to(...)`."""
        return PackedSequence(self.data.to(*args, **kwargs), *self[1:])

    def half(self) -> PackedSequence:
        """In float16."""
        return self.to(autograd.float16)

    def float(self) -> PackedSequence:
        """In float32."""
        return self.to(autograd.float32)

    def double(self) -> PackedSequence:
        """In float64."""
        return self.to(autograd.float64)

    def int(self) -> PackedSequence:
        """In int32."""
        return self.to(autograd.int32)

    def long(self) -> PackedSequence:
        """In int64."""
        return self.to(autograd.int64)

    def cpu(self) -> PackedSequence:
        """The sequences themselves: they are on the CPU."""
        return self

    def sequences(self) -> _Int:
        """How many there are, those without any step counted."""
        if self.sorted_indices is not None:
            return len(self.sorted_indices)
        return int(self.batch_sizes[0]) if len(self.batch_sizes) else 0


@guarded
def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The order q with q[p[i]] = i that undoes the order p; None of None."""
    if permutation is None:
        return None
    places = np.asarray(permutation.numpy())
    if places.ndim != 1 or not np.array_equal(np.sort(places), np.arange(places.size)):
        raise ValueError("invert_permutation: each integer from 0 on is needed once, got "
                         f"{places.tolist()!s:.60}")
    return autograd.tensor(np.argsort(places))


@guarded
def pack_padded_sequence(input: Tensor, lengths: Tensor | Sequence[int],
                         batch_first: bool = False, enforce_sorted: bool = True) -> PackedSequence:
    """The first `lengths[b]` steps of each sequence, packed.

    With `enforce_sorted` the lengths must fall; else the sequences are sorted here.
    Shape: (T, N, *), or (N, T, *) with `batch_first`
    """
    name = "pack_padded_sequence"
    counts = whole_lengths(name, input, lengths, batch_first)
    if len(counts) and counts.min() < 1:
        raise ValueError(f"{name}: every length must be at least 1, got {counts.tolist()[:8]}; "
                         "leave the empty sequences out")
    if enforce_sorted and (counts[1:] > counts[:-1]).any():
        raise ValueError(f"{name}: lengths {counts.tolist()[:8]} do not fall; sort the sequences, "
                         "or pass enforce_sorted=False")
    return pack(input, counts, batch_first, None if enforce_sorted else _falling(counts))


@guarded
def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """A list of sequences (L, *), packed; with `enforce_sorted` the longest must come first."""
    lengths = [len(sequence) for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


@guarded
def pad_packed_sequence(sequence: PackedSequence, batch_first: bool = False,
                        padding_value: float = 0.0,
                        total_length: int | None = None) -> tuple[Tensor, Tensor]:
    """The sequences in their first order, padded to the longest or `total_length`; their lengths.

    Shape: (T, N, *), or (N, T, *) with `batch_first`; (N)
    """
    if not isinstance(sequence, PackedSequence):
        raise TypeError("pad_packed_sequence: a PackedSequence is needed, got "
                        f"{describe(sequence)}")
    sizes, count = sequence.batch_sizes.numpy(), sequence.sequences()
    steps = len(sizes) if total_length is None else total_length
    if steps < len(sizes):
        raise ValueError(f"pad_packed_sequence: total_length={total_length} is less than the "
                         f"{len(sizes)} steps of the longest sequence")
    there = np.arange(count) < sizes[:, None]
    places = np.full((steps, count), len(sequence.data))
    places[: len(sizes)][there] = np.arange(len(sequence.data))
    lengths = there.sum(0)
    if sequence.unsorted_indices is not None:
        back = sequence.unsorted_indices.numpy()
        places, lengths = places[:, back], lengths[back]
    padded = _placed(sequence.data, places.T if batch_first else places, padding_value)
    return padded, autograd.tensor(lengths)


@guarded
def pad_sequence(sequences: Iterable[Tensor], batch_first: bool = False,
                 padding_value: float = 0.0, padding_side: str = "right") -> Tensor:
    """Sequences (L, *) of different lengths side by side, padded behind or ("left") in front.

    Shape: (T, N, *), or (N, T, *) with `batch_first`, where T is the longest L
    """
    sequences = list(sequences)
    if not sequences:
        raise ValueError("pad_sequence: at least one sequence is needed")
    if padding_side not in ("right", "left"):
        raise ValueError(f"pad_sequence: padding_side={padding_side!r}; choose right or left")
    shapes = [tuple(sequence.shape) for sequence in sequences]
    if any(not shape or shape[1:] != shapes[0][1:] for shape in shapes):
        raise ValueError(f"pad_sequence: all sizes but the first must match, got {shapes[:8]}")
    lengths = np.array([shape[0] for shape in shapes])
    steps, total = lengths.max(), int(lengths.sum())
    there = np.arange(steps) < lengths[:, None]
    places = np.full(there.shape, total)
    places[there if padding_side == "right" else there[:, ::-1]] = np.arange(total)
    return _placed(autograd.cat(sequences), places if batch_first else places.T, padding_value)


@guarded
def unpad_sequence(padded_sequences: Tensor, lengths: Tensor | Sequence[int],
                   batch_first: bool = False) -> list[Tensor]:
    """The list of sequences that `pad_sequence` made `padded_sequences` of."""
    counts = whole_lengths("unpad_sequence", padded_sequences, lengths, batch_first)
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [rows[k, :count] for k, count in enumerate(counts.tolist())]


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The list of sequences that `pack_sequence` made `packed_sequences` of.

    >>> from nn.utils.rnn import pack_sequence, unpack_sequence
    >>> packed = pack_sequence([autograd.tensor([1, 2]), autograd.tensor([3])])
    >>> [sequence.tolist() for sequence in unpack_sequence(packed)]
    [[1, 2], [3]]
    """
    return unpad_sequence(*pad_packed_sequence(packed_sequences, True), True)


def pack(input: Tensor, lengths: np.ndarray, batch_first: bool, order: np.ndarray | None,
         least: int = 0) -> PackedSequence:
    """`pack_padded_sequence` of checked lengths, which fall in the given order; they may be 0, and
    there are at least `least` steps."""
    count, steps = len(lengths), int(lengths.max(initial=least))
    falling = lengths if order is None else lengths[order]
    at, number = (np.arange(steps)[:, None] < falling).nonzero()
    number = number if order is None else order[number]
    rows = number * input.shape[1] + at if batch_first else at * count + number
    data = autograd.index_select(input.flatten(0, 1), 0, autograd.tensor(rows))
    sizes = np.bincount(at, minlength=steps)
    return PackedSequence(data, autograd.tensor(sizes),
                          None if order is None else autograd.tensor(order))


def pack_in_any_order(name: str, input: Tensor, lengths: Any, batch_first: bool) -> PackedSequence:
    """`pack_padded_sequence` for layers: unsorted, with sequences of no steps among them, or none
    but such: then there is one step, of no sequence."""
    counts = whole_lengths(name, input, lengths, batch_first)
    steps = input.shape[1 if batch_first else 0]
    return pack(input, counts, batch_first, _falling(counts), min(1, steps))


def whole_lengths(name: str, input: Tensor, lengths: Any, batch_first: bool) -> np.ndarray:
    """The lengths of an input's sequences as int64, checked against its shape."""
    array = np.asarray(lengths.numpy() if isinstance(lengths, Tensor) else lengths)
    if array.ndim != 1 or (array.dtype.kind not in "iu" and array.size):
        raise TypeError(f"{name}: lengths must be a list or vector of integers, got "
                        f"{array.dtype} of shape {array.shape}")
    if input.ndim < 2:
        raise ValueError(f"{name}: (T, N, *) is needed, got {tuple(input.shape)}")
    steps, count = input.shape[:2][::-1] if batch_first else input.shape[:2]
    if len(array) != count:
        raise ValueError(f"{name}: {len(array)} lengths for the {count} sequences of input "
                         f"{tuple(input.shape)} with batch_first={batch_first}")
    if array.size and not 0 <= array.min() <= array.max() <= steps:
        raise ValueError(f"{name}: lengths {array.tolist()[:8]} must lie between 0 and the {steps} "
                         f"steps of input {tuple(input.shape)}")
    return array.astype(np.int64)


def _falling(lengths: np.ndarray) -> np.ndarray:
    """The order from the longest to the shortest, those of one length as they came."""
    return np.argsort(-lengths, kind="stable")


def _placed(data: Tensor, places: np.ndarray, padding_value: float) -> Tensor:
    """data[places], where the place after the last is one of padding."""
    shape = data.shape[1:]
    padding = autograd.full((1, *shape), padding_value, dtype=data.dtype)
    rows = autograd.index_select(autograd.cat([data, padding]), 0, autograd.tensor(places.ravel()))
    return rows.reshape(*places.shape, *shape)
