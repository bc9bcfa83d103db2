"""Tensors that a Module knows by name: what is trained, and what is only kept."""

from __future__ import annotations

import autograd
from autograd import Tensor


class _Named(Tensor):
    """A tensor that shows the memory of `data`, and sees in-place writes to it, without history."""

    _version: list

    def __init__(self, data: Tensor | None) -> None:
        source = autograd.empty(0) if data is None else data
        if not isinstance(source, Tensor):
            raise TypeError(f"{type(self).__name__}: data must be a Tensor, got "
                            f"{type(data).__name__}; autograd.tensor(...) makes one")
        self._array = source._array
        self._version = source._version
        self._node = self._view = self._grad = None


class Parameter(_Named):
    """A tensor that a Module registers as one of its parameters when it is set as an attribute.

    It shares the memory of `data` and is a leaf.

    >>> import nn
    >>> nn.Parameter(autograd.tensor([1., 2.]))
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        super().__init__(data)
        self.requires_grad_(requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class Buffer(_Named):
    """A tensor that a Module registers as a buffer when it is set as an attribute: kept in the
    state dict if `persistent`, converted by `to()`, but not trained."""

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        super().__init__(data)
        self.persistent = persistent
