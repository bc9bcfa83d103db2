"""Where parameters and values of distributions may lie.  `constraint.check(value)` tells for each
element, or each event, whether it does."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.tensors import Tensor


class Constraint:
    """A region; `event_dim` dimensions of a value are judged as one."""

    is_discrete = False
    event_dim = 0

    def check(self, value: Tensor) -> Tensor:
        """Whether each element, or each event, lies inside."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return type(self).__name__.lstrip("_")


class _Dependent(Constraint):
    """A region that depends on the parameters; ask the distribution itself."""

    def __init__(self, *, is_discrete: bool = False, event_dim: int = 0) -> None:
        self.is_discrete, self.event_dim = is_discrete, event_dim

    def check(self, value: Tensor) -> Tensor:
        raise ValueError("constraints.dependent: which values fit depends on the parameters; ask "
                         "the support of a distribution, not of its class")


class dependent_property(property):
    """A property that gives a region, which depends on the parameters."""

    def __init__(self, fget: Any = None, *, is_discrete: bool = False, event_dim: int = 0) -> None:
        super().__init__(fget)
        self.is_discrete, self.event_dim = is_discrete, event_dim

    def __call__(self, fget: Any) -> dependent_property:
        return dependent_property(fget, is_discrete=self.is_discrete, event_dim=self.event_dim)


class _Where(Constraint):
    """The region where a test of each element, or event, holds."""

    def __init__(self, name: str, test: Any, event_dim: int = 0, is_discrete: bool = False,
                 **bounds: Any) -> None:
        self.name, self.test = name, test
        self.event_dim, self.is_discrete = event_dim, is_discrete
        self.__dict__.update(bounds)
        self.bounds = bounds

    def check(self, value: Tensor) -> Tensor:
        return self.test(value)

    def __repr__(self) -> str:
        return self.name + (f"({', '.join(f'{k}={v}' for k, v in self.bounds.items())})"
                            if self.bounds else "")


class independent(Constraint):
    """The region of events whose parts all lie in another: `reinterpreted_batch_ndims` more
    dimensions are judged as one."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim + reinterpreted_batch_ndims

    def check(self, value: Tensor) -> Tensor:
        result = self.base_constraint.check(value)
        if result.dim() < self.reinterpreted_batch_ndims:
            raise ValueError(f"{self!r}: a value of at least {self.event_dim} dimensions is needed")
        kept = result.dim() - self.reinterpreted_batch_ndims
        return result.reshape(*result.shape[:kept], -1).all(-1)

    def __repr__(self) -> str:
        return f"independent({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


def with_edge(constraint: Constraint) -> Constraint:
    """The region and its lower bound."""
    if isinstance(constraint, _Where) and constraint.name == "greater_than":
        return greater_than_eq(constraint.bounds["lower_bound"])
    return constraint


def is_dependent(constraint: Constraint) -> bool:
    """Whether which values fit depends on the parameters."""
    return isinstance(constraint, (_Dependent, dependent_property))


def greater_than(lower_bound: Any) -> Constraint:
    """Above a bound."""
    return _Where("greater_than", lambda x: lower_bound < x, lower_bound=lower_bound)


def greater_than_eq(lower_bound: Any) -> Constraint:
    """A bound, and above."""
    return _Where("greater_than_eq", lambda x: lower_bound <= x, lower_bound=lower_bound)


def less_than(upper_bound: Any) -> Constraint:
    """Below a bound."""
    return _Where("less_than", lambda x: x < upper_bound, upper_bound=upper_bound)


def interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """Between two bounds, which are inside."""
    return _Where("interval", lambda x: (lower_bound <= x) & (x <= upper_bound),
                  lower_bound=lower_bound, upper_bound=upper_bound)


def half_open_interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """Between two bounds, of which the lower is inside."""
    return _Where("half_open_interval", lambda x: (lower_bound <= x) & (x < upper_bound),
                  lower_bound=lower_bound, upper_bound=upper_bound)


def integer_interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """The integers between two bounds, which are inside."""
    return _Where("integer_interval", lambda x: _whole(x) & (lower_bound <= x) & (x <= upper_bound),
                  is_discrete=True, lower_bound=lower_bound, upper_bound=upper_bound)


def _whole(x: Tensor) -> Tensor:
    return x % 1 == 0


def _close(x: Tensor, to: Any, within: float = 1e-6) -> Tensor:
    return (x - to).abs() < within


def _symmetric(x: Tensor) -> Tensor:
    return autograd.isclose(x, x.transpose(-2, -1), atol=1e-6).all(-1).all(-1)


def _lower(x: Tensor) -> Tensor:
    return (x.tril() == x).all(-1).all(-1)


def _definite(x: Tensor) -> Tensor:
    return _symmetric(x) & (autograd.linalg.cholesky_ex(x).info == 0)


dependent = _Dependent()
real = _Where("real", lambda x: x == x)
boolean = _Where("boolean", lambda x: (x == 0) | (x == 1), is_discrete=True)
positive = greater_than(0.0)
nonnegative = greater_than_eq(0.0)
unit_interval = interval(0.0, 1.0)
nonnegative_integer = _Where("nonnegative_integer", lambda x: _whole(x) & (x >= 0),
                             is_discrete=True)
positive_integer = _Where("positive_integer", lambda x: _whole(x) & (x >= 1), is_discrete=True)
real_vector = independent(real, 1)
simplex = _Where("simplex", lambda x: (x >= 0).all(-1) & _close(x.sum(-1), 1), 1)
one_hot = _Where("one_hot", lambda x: ((x == 0) | (x == 1)).all(-1) & (x.sum(-1) == 1), 1, True)
lower_triangular = _Where("lower_triangular", _lower, 2)
lower_cholesky = _Where(
    "lower_cholesky", lambda x: _lower(x) & (x.diagonal(0, -2, -1) > 0).all(-1), 2)
square = _Where("square", lambda x: autograd.ones(x.shape[:-2], dtype=autograd.bool)
                & (x.shape[-1] == x.shape[-2]), 2)
symmetric = _Where("symmetric", _symmetric, 2)
positive_definite = _Where("positive_definite", _definite, 2)
