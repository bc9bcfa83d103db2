"""What is asked of devices and groups that are not here; what is done to them is nothing."""

from __future__ import annotations

from ..refused import MISSED, NO_DEVICE, STOOD_IN, advice, count


def harmless(name: str):
    """A function of any arguments that does nothing."""
    def nothing(*args, **kwargs) -> None:
        count(STOOD_IN, name)

    nothing.__name__ = nothing.__qualname__ = name.rpartition(".")[2]
    nothing.__doc__ = "Does nothing: there is no such device."
    return nothing


def answer(name: str, value):
    """A function of any arguments that says what holds where no device is."""
    def none(*args, **kwargs):
        return value

    none.__name__ = none.__qualname__ = name
    none.__doc__ = f"Always {value!r}: there is no such device."
    return none


def refusing(name: str):
    """A function of any arguments that is here to be imported: called, it says why it cannot be."""
    def refuse(*args, **kwargs):
        count(MISSED, name)
        raise RuntimeError(f"{name}{advice(name)}")

    refuse.__name__ = refuse.__qualname__ = name.rpartition(".")[2]
    refuse.__doc__ = "Raises: RuntimeError, which says what to use instead."
    return refuse


class Absent(type):
    """A class of objects that another device holds: there are none, and none can be made."""

    def __instancecheck__(cls, instance) -> bool:
        return False

    def __call__(cls, *args, **kwargs):
        raise RuntimeError(f"{cls.__name__} is not available: {NO_DEVICE}")
