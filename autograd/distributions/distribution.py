"""The base of all distributions: shapes, validation, and what follows from other methods."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

import autograd
from autograd.errors import describe, switch, warn
from autograd.metadata import Size
from autograd.tensors import Tensor

from . import constraints


class Distribution:
    """A probability distribution, or a batch of them.

    `batch_shape` is the shape of the batch, `event_shape` that of one value; `sample(shape)` has
    shape (*shape, *batch_shape, *event_shape), `log_prob(value)` (*shape, *batch_shape).  Where
    `validate_args` is not False, parameters and values are checked.
    """

    arg_constraints: dict[str, Any] = {}
    support: Any = constraints.dependent
    has_rsample = False
    has_enumerate_support = False
    _validate_args = True

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions check parameters and values that are not asked to."""
        Distribution._validate_args = switch("set_default_validate_args", "value", value)

    def __init__(self, batch_shape: Any = (), event_shape: Any = (),
                 validate_args: bool | None = None) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        if validate_args is not None:
            self._validate_args = switch(type(self).__name__, "validate_args", validate_args)
        if self._validate_args:
            for name, constraint in self.arg_constraints.items():
                if name in vars(self) and not constraints.is_dependent(constraint):
                    self._check(name, constraint, vars(self)[name])

    def _check(self, what: str, constraint: Any, value: Tensor) -> None:
        with autograd.no_grad():
            inside = constraint.check(value)
        if not bool(inside.all()):
            at = tuple(np.argwhere(~inside.numpy())[0].tolist())
            got = value[at] if at else value
            shown = got.item() if got.numel() == 1 else got.detach()
            where = f" at {at}" if at else ""
            raise ValueError(f"{type(self).__name__}: {what} must satisfy {constraint!r}, got "
                             f"{shown}{where}; validate_args=False leaves this unchecked")

    @property
    def batch_shape(self) -> Size:
        """The shape of the batch of distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one value."""
        return self._event_shape

    @property
    def mean(self) -> Tensor:
        """The expectation."""
        raise self._lacks("mean")

    @property
    def mode(self) -> Tensor:
        """A value of the highest density."""
        raise self._lacks("mode")

    @property
    def variance(self) -> Tensor:
        """The expectation of the squared distance from the mean."""
        raise self._lacks("variance")

    @property
    def stddev(self) -> Tensor:
        """The square root of the variance."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Values drawn, without gradient."""
        with autograd.no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Values drawn, whose gradients with respect to the parameters are those of a value at the
        same place of the distribution."""
        raise self._lacks("rsample")

    def sample_n(self, n: int) -> Tensor:
        """sample((n,)), by its older name."""
        warn("sample_n is deprecated; use sample((n,))")
        return self.sample((n,))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, or of the probability, at value."""
        raise self._lacks("log_prob")

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of what is not above value."""
        raise self._lacks("cdf")

    def icdf(self, value: Tensor) -> Tensor:
        """The inverse of cdf."""
        raise self._lacks("icdf")

    def entropy(self) -> Tensor:
        """The expectation of -log_prob."""
        raise self._lacks("entropy")

    def perplexity(self) -> Tensor:
        """e^entropy."""
        return self.entropy().exp()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values, along the first dimension."""
        raise self._lacks("enumerate_support")

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        """The same distributions as a larger batch."""
        made = self._bare(batch_shape)
        for name, constraint in self.arg_constraints.items():
            if name in vars(self):
                value, event = vars(self)[name], constraint.event_dim
                tail = value.shape[value.dim() - event:]
                setattr(made, name, value.expand(*made.batch_shape, *tail))
        return made

    def _bare(self, batch_shape: Any) -> Self:
        """Another of this class and of these events, still without parameters."""
        made = type(self).__new__(type(self))
        Distribution.__init__(made, batch_shape, self._event_shape, validate_args=False)
        made._validate_args = self._validate_args
        return made

    def _lacks(self, method: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__}: {method} is not defined")

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        """The shape of samples."""
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def _validate_sample(self, value: Any, edge: bool = False) -> None:
        """Raise unless value is a tensor that fits, with `edge` on the support's edge at least,
        where that is to be checked."""
        if not isinstance(value, Tensor):
            raise ValueError(f"{type(self).__name__}: a value must be a Tensor, got "
                             f"{describe(value)}")
        if not self._validate_args:
            return
        name, shape = type(self).__name__, (*self._batch_shape, *self._event_shape)
        event = len(self._event_shape)
        if value.shape[max(value.dim() - event, 0):] != self._event_shape:
            raise ValueError(f"{name}: the last dimensions of a value must be "
                             f"{tuple(self._event_shape)}, got {describe(value)}")
        for have, want in zip(value.shape[::-1], shape[::-1], strict=False):
            if have != 1 and want != 1 and have != want:
                raise ValueError(f"{name}: value {describe(value)} cannot be broadcast to batch "
                                 f"and event {shape}")
        try:
            support = self.support
        except NotImplementedError:
            return
        if not constraints.is_dependent(support):
            self._check("a value", constraints.with_edge(support) if edge else support, value)

    def __repr__(self) -> str:
        shown = [f"{name}: {value if value.numel() == 1 else tuple(value.shape)}"
                 for name, value in vars(self).items() if name in self.arg_constraints]
        return f"{type(self).__name__}({', '.join(shown)})"
