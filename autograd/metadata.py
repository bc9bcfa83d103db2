"""What a tensor says of itself besides its numbers: its shape and where it lives."""

from __future__ import annotations

from math import prod
from typing import Any, SupportsIndex, overload


class Size(tuple[int, ...]):
    """A shape: a tuple of ints that knows its number of elements."""

    __slots__ = ()

    def numel(self) -> int:
        """The product of the sizes."""
        return prod(self)

    @overload
    def __getitem__(self, key: SupportsIndex) -> int: ...

    @overload
    def __getitem__(self, key: slice) -> Size: ...

    def __getitem__(self, key: Any) -> Any:
        part = tuple.__getitem__(self, key)
        return Size(part) if key.__class__ is slice else part

    def __repr__(self) -> str:
        return f"Size({list(self)})"


class device:
    """`device("cpu")`.  Any other type raises: this library computes on the CPU."""

    __slots__ = ("type", "index")

    def __init__(self, type: str | device = "cpu", index: int | None = None) -> None:
        name = str(type)
        base, _, number = name.partition(":")
        if base != "cpu":
            raise RuntimeError(f"device {name!r} is not available: tensors live on the CPU; "
                               "use device('cpu')")
        self.type = "cpu"
        self.index = int(number) if number else index

    def __eq__(self, other) -> bool:
        return isinstance(other, device)

    def __hash__(self) -> int:
        return hash("cpu")

    def __str__(self) -> str:
        return "cpu"

    def __repr__(self) -> str:
        return "device(type='cpu')"


CPU = device("cpu")


class _Absent:
    """Stands for a backend that this library does not have."""

    def is_available(self) -> bool:
        """Always False."""
        return False

    def device_count(self) -> int:
        """Always 0."""
        return 0


cuda = _Absent()
accelerator = _Absent()
