"""Tensors that a Module knows by name: what is trained, and what is only kept."""

from __future__ import annotations

from typing import Any, TypeGuard

import autograd
from autograd import Tensor
from autograd.errors import describe
from autograd.tensors import Complex

from .slips import look_at_birth


class _Named(Tensor):
    """A tensor that shows the memory of `data`, and sees in-place writes to it, without history."""

    _version: list

    def __new__(cls, data: Tensor | None = None, *args: Any, **kwargs: Any):
        kinds: dict[type, type] = {Parameter: ComplexParameter, Buffer: ComplexBuffer}
        is_complex = isinstance(data, Tensor) and data.is_complex()
        return super().__new__(kinds.get(cls, cls) if is_complex else cls)

    def __init__(self, data: Tensor | None) -> None:
        source = autograd.empty(0) if data is None else data
        if not isinstance(source, Tensor):
            raise TypeError(f"{type(self).__name__}: data must be a Tensor, got "
                            f"{type(data).__name__}; autograd.tensor(...) makes one")
        if source.is_complex() and not isinstance(self, Complex):
            raise TypeError(f"{type(self).__name__}: a class for complex numbers is needed, got "
                            f"{describe(source)}; derive it from nn.parameter.ComplexParameter")
        self._any_array = source._any_array
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
        look_at_birth(self)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class Buffer(_Named):
    """A tensor that a Module registers as a buffer when it is set as an attribute: kept in the
    state dict if `persistent`, converted by `to()`, but not trained."""

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        super().__init__(data)
        self.persistent = persistent


class ComplexParameter(Parameter, Complex):
    """What `Parameter(data)` of complex numbers is."""


class ComplexBuffer(Buffer, Complex):
    """What `Buffer(data)` of complex numbers is."""


class _Uninitialized(_Named):
    """Base: a tensor whose shape is not known yet; what would read it raises a ValueError."""

    _settled: type[Tensor]

    @property
    def _array(self):
        raise ValueError(
            f"{type(self).__name__}: it has no shape or values yet. Lazy modules make them in "
            "their first forward: call the model once with a batch, or materialize(shape)")

    _any_array = _array

    def __init__(self, device=None, dtype=None) -> None:
        self._node = self._view = self._grad = None
        self._version = [0, None]
        self.wanted = autograd.empty(0, device=device, dtype=dtype).dtype

    @property
    def dtype(self):
        """The dtype it will have."""
        return self.wanted

    def materialize(self, shape, device=None, dtype=None) -> None:
        """Become a tensor of this shape, with values that are to be set."""
        data = autograd.empty(shape, device=device, dtype=self.wanted if dtype is None else dtype)
        wanted = self.requires_grad
        self.__class__ = self._settled  # type: ignore[assignment]
        self.__dict__.clear()
        self._array = data._array  # type: ignore[misc]
        self.requires_grad_(wanted)

    def _options(self) -> dict:
        """What the tensor is made with, besides its values."""
        return {}

    def __reduce_ex__(self, protocol):
        return type(self)._again, (self.wanted, self._options())

    def __deepcopy__(self, memo: dict):
        return memo.setdefault(id(self), self._again(self.wanted, self._options()))

    @classmethod
    def _again(cls, dtype, options: dict):
        return cls(dtype=dtype, **options)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UninitializedParameter(_Uninitialized, Parameter):
    """A Parameter whose shape is not known yet: `materialize(shape)` makes it a plain one.

    >>> import nn
    >>> weight = nn.UninitializedParameter()
    >>> weight.materialize((2, 3))
    >>> type(weight).__name__, weight.shape
    ('Parameter', Size([2, 3]))
    """

    _settled = Parameter

    def __init__(self, requires_grad: bool = True, device=None, dtype=None) -> None:
        super().__init__(device, dtype)
        self._trained = requires_grad

    @property
    def requires_grad(self) -> bool:
        """Whether gradients will flow to it."""
        return self._trained

    @requires_grad.setter
    def requires_grad(self, on: bool) -> None:
        self._trained = on

    def requires_grad_(self, requires_grad: bool = True) -> UninitializedParameter:
        """Ask (or stop asking) for gradients."""
        self._trained = requires_grad
        return self

    def _options(self) -> dict:
        return {"requires_grad": self._trained}


class UninitializedBuffer(_Uninitialized, Buffer):
    """A Buffer whose shape is not known yet: `materialize(shape)` makes it a plain tensor."""

    _settled = Tensor

    def __init__(self, device=None, dtype=None, *, persistent: bool = True) -> None:
        super().__init__(device, dtype)
        self.persistent = persistent

    def _options(self) -> dict:
        return {"persistent": self.persistent}


def is_lazy(value) -> TypeGuard[_Uninitialized]:
    """Whether a parameter or buffer has no shape yet."""
    return isinstance(value, _Uninitialized)
