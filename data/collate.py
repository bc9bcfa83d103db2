"""Collation: a list of samples becomes one batch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import autograd
from autograd import Tensor

NUMERIC = "biufc"  # kinds of dtype that make a tensor


def default_collate(batch: Sequence) -> Any:
    """Stacks samples into a batch along a new first dimension.

    Tensors and ndarrays are stacked; bools, ints and floats become one tensor (Python floats
    float64, as in PyTorch); strings and bytes stay as they are; tuples and lists give a list of
    batches, one a field; named tuples and dicts keep their type.

    Raises: ValueError naming the sample and both shapes where samples do not match, TypeError
        naming the field for what cannot be batched.

    >>> numbers, names = default_collate([(1, "a"), (2, "b")])
    >>> numbers.tolist(), names
    ([1, 2], ('a', 'b'))
    """
    if len(batch) == 0:
        raise ValueError("default_collate: the batch is empty, there is nothing to stack")
    return _collate(list(batch), "")


def default_convert(sample: Any) -> Any:
    """One sample, its ndarrays and NumPy numbers made tensors; anything else stays as it is."""
    if isinstance(sample, np.ndarray | np.generic) and sample.dtype.kind in NUMERIC:
        return autograd.as_tensor(sample)
    if isinstance(sample, str | bytes):
        return sample
    if isinstance(sample, Mapping):
        return _like(sample, {key: default_convert(value) for key, value in sample.items()})
    if _is_namedtuple(sample):
        return type(sample)(*map(default_convert, sample))
    if isinstance(sample, Sequence):
        return [default_convert(value) for value in sample]
    return sample


def _collate(values: Sequence, field: str) -> Any:
    """Batch of `values`, which lie at `field` (such as "[0]['x']") in their samples."""
    first = values[0]
    if isinstance(first, Tensor | np.ndarray):
        return _stack(values, field)
    if isinstance(first, bool | int | float | np.number | np.bool_):
        return _numbers(values, field)
    if isinstance(first, str | bytes):
        return values
    if isinstance(first, Mapping):
        return _mapping(values, field)
    if isinstance(first, Sequence):
        return _sequence(values, field)
    if first is None:
        raise TypeError(f"default_collate: sample 0 is None{_at(field)}; does __getitem__ of the "
                        "dataset end without return?")
    raise TypeError(
        f"default_collate: cannot batch {type(first).__name__} (sample 0{_at(field)}); it takes "
        "tensors, ndarrays, numbers, strings, tuples, lists and dicts; for anything else give the "
        "DataLoader a collate_fn"
    )


def _stack(values: Sequence, field: str) -> Tensor:
    arrays = _alike(values)
    if arrays is not None:
        shape = (len(arrays), *arrays[0].shape)
        return autograd.from_numpy(np.concatenate(arrays).reshape(shape))
    first = values[0]
    for i, value in enumerate(values):
        if not isinstance(value, Tensor | np.ndarray):
            raise _mixed(i, field, first, value)
        if tuple(value.shape) != tuple(first.shape):
            raise ValueError(
                f"default_collate: cannot stack samples of different shapes: sample 0 has "
                f"{tuple(first.shape)}, sample {i} of the batch has {tuple(value.shape)}"
                f"{_at(field)}; make them equal in the dataset, or pad them in a collate_fn"
            )
    if isinstance(first, np.ndarray) and first.dtype.kind not in NUMERIC:
        raise TypeError(
            f"default_collate: cannot make a tensor of an ndarray of dtype {first.dtype}"
            f"{_at(field)}; convert it to numbers in the dataset"
        )
    return autograd.stack([autograd.as_tensor(value) for value in values])


def _alike(values: Sequence) -> Sequence[np.ndarray] | None:
    """The samples as arrays where all are of one kind, shape and dtype and none requires grad."""
    kind = _only_type(values)
    if kind is Tensor:
        if any([value.requires_grad for value in values]):
            return None
        values = [value.numpy() for value in values]
    elif kind is not np.ndarray or values[0].dtype.kind not in NUMERIC:
        return None
    shape, dtype = values[0].shape, values[0].dtype
    if shape == () or not dtype.isnative:
        return None
    alike = all([value.shape == shape and value.dtype == dtype for value in values])
    return values if alike else None


def _only_type(values: Sequence) -> type | None:
    """The type of all values, None where they have several."""
    kinds = set(map(type, values))
    return kinds.pop() if len(kinds) == 1 else None


def _numbers(values: Sequence, field: str) -> Tensor:
    if _only_type(values) not in (bool, int, float):
        for i, value in enumerate(values):
            if not isinstance(value, bool | int | float | np.number | np.bool_):
                raise _mixed(i, field, values[0], value)
    if isinstance(values[0], np.generic):
        return autograd.from_numpy(np.asarray(values))
    dtype = autograd.float64 if isinstance(values[0], float) else None
    return autograd.tensor(values, dtype=dtype)


def _mapping(values: Sequence, field: str) -> Any:
    first = values[0]
    for i, value in enumerate(values):
        if not isinstance(value, Mapping):
            raise _mixed(i, field, first, value)
        if value.keys() != first.keys():
            raise ValueError(
                f"default_collate: the samples have different keys: sample 0 has {list(first)}, "
                f"sample {i} of the batch has {list(value)}{_at(field)}"
            )
    return _like(first, {k: _collate([v[k] for v in values], f"{field}[{k!r}]") for k in first})


def _sequence(values: Sequence, field: str) -> Any:
    first = values[0]
    if _only_type(values) is None or len(set(map(len, values))) > 1:
        _check_sequences(values, field)
    columns = zip(*values, strict=True)
    fields = [_collate(column, f"{field}[{j}]") for j, column in enumerate(columns)]
    return type(first)(*fields) if _is_namedtuple(first) else fields


def _check_sequences(values: Sequence, field: str) -> None:
    first = values[0]
    for i, value in enumerate(values):
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise _mixed(i, field, first, value)
        if len(value) != len(first):
            raise ValueError(
                f"default_collate: the samples have different lengths: sample 0 has {len(first)} "
                f"fields, sample {i} of the batch has {len(value)}{_at(field)}"
            )


def _like(original: Mapping, items: dict) -> Any:
    """`items` in the mapping type of `original` where that can be built from a dict."""
    if type(original) is dict:
        return items
    try:
        return type(original)(items)  # type: ignore[call-arg]
    except TypeError:
        return items


def _is_namedtuple(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_fields")


def _mixed(i: int, field: str, first: Any, other: Any) -> TypeError:
    return TypeError(
        f"default_collate: sample 0 is {type(first).__name__}, sample {i} of the batch is "
        f"{type(other).__name__}{_at(field)}; all samples must be of one type"
    )


def _at(field: str) -> str:
    return f" at sample{field}" if field else ""
