"""`torch.amp`: mixed precision is for GPUs.  Programs that ask for it compute in the precision of
their tensors, and lose nothing by it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..errors import describe
from ..refused import STOOD_IN, count

__path__: list[str] = []  # aliases.py finds its parts


class autocast:
    """A context manager or decorator in which every operation keeps the precision of its operands.

    >>> with autograd.amp.autocast("cpu"):
    ...     (autograd.ones(2, 2) @ autograd.ones(2, 2)).dtype
    dtype('float32')
    """

    def __init__(self, device_type: str, dtype=None, enabled: bool = True,
                 cache_enabled: bool | None = None) -> None:
        if not isinstance(device_type, str):
            raise TypeError(f"autocast: device_type must be a string such as 'cpu', got "
                            f"{describe(device_type)}")
        self.device, self.fast_dtype = device_type, dtype
        if enabled:
            count(STOOD_IN, "amp.autocast")

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass

    def __call__(self, function: Callable) -> Callable:
        """The function, as it is."""
        @wraps(function)
        def same(*args, **kwargs):
            return function(*args, **kwargs)

        return same


class GradScaler:
    """Passes everything through: gradients of float32 do not underflow, so nothing is scaled.

    Its methods are PyTorch's with `enabled=False`.
    """

    def __init__(self, device: str = "cuda", init_scale: float = 2.0**16,
                 growth_factor: float = 2.0, backoff_factor: float = 0.5,
                 growth_interval: int = 2000, enabled: bool = True) -> None:
        if enabled:
            count(STOOD_IN, "amp.GradScaler")

    def scale(self, outputs: Any) -> Any:
        """The outputs themselves."""
        return outputs

    def unscale_(self, optimizer) -> None:
        """Nothing: the gradients are not scaled."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """`optimizer.step(...)`."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale=None) -> None:
        """Nothing."""

    def get_scale(self) -> float:
        """Always 1."""
        return 1.0

    def is_enabled(self) -> bool:
        """Always False."""
        return False

    def state_dict(self) -> dict:
        """An empty dict."""
        return {}

    def load_state_dict(self, state_dict: dict) -> None:
        """Nothing."""


def is_autocast_available(device_type: str) -> bool:
    """Always False."""
    return False


def custom_fwd(function=None, *, device_type: str = "cpu", cast_inputs=None):
    """The decorated forward of a Function, as it is."""
    return function if function is not None else custom_fwd


def custom_bwd(function=None, *, device_type: str = "cpu"):
    """The decorated backward of a Function, as it is."""
    return function if function is not None else custom_bwd
