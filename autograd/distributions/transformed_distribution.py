"""Distributions of functions of a random value."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.errors import describe
from autograd.tensors import Tensor

from . import constraints
from .distribution import Distribution
from .transforms import ComposeTransform, Transform
from .utils import sum_rightmost


class TransformedDistribution(Distribution):
    """The distribution of f(x), where x comes from a base distribution and f is a transform, or a
    list of them: log p(y) = log p(x) - ln |dy/dx|.

    >>> d = autograd.distributions
    >>> d.TransformedDistribution(d.Normal(0.0, 1.0), d.ExpTransform()).log_prob(autograd.ones(()))
    tensor(-0.9189)
    """

    def __init__(self, base_distribution: Distribution, transforms: Any,
                 validate_args: bool | None = None) -> None:
        parts = [transforms] if isinstance(transforms, Transform) else transforms
        if not isinstance(parts, (list, tuple)) or not all(isinstance(p, Transform) for p in parts):
            raise ValueError("TransformedDistribution: a Transform or a list of them is needed, "
                             f"got {describe(transforms)}")
        self.base_dist, self.transforms = base_distribution, list(parts)
        whole = ComposeTransform(self.transforms)
        shape = whole.forward_shape((*base_distribution.batch_shape,
                                     *base_distribution.event_shape))
        event = max([len(base_distribution.event_shape),
                     *(part.domain.event_dim for part in self.transforms)])
        if event > len(shape):
            raise ValueError(f"TransformedDistribution: the base's shape {tuple(shape)} has less "
                             f"dimensions than an event, {event}")
        kept = len(shape) - event
        super().__init__(shape[:kept], shape[kept:], validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> TransformedDistribution:
        made = self._bare(batch_shape)
        shape = ComposeTransform(self.transforms).inverse_shape(
            (*batch_shape, *self._event_shape))
        inner = len(shape) - len(self.base_dist.event_shape)
        made.base_dist, made.transforms = self.base_dist.expand(shape[:inner]), self.transforms
        return made

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """As the base has it."""
        return self.base_dist.has_rsample

    @constraints.dependent_property
    def support(self) -> Any:
        """Where the last transform leads to."""
        if not self.transforms:
            return self.base_dist.support
        region = self.transforms[-1].codomain
        more = len(self._event_shape) - region.event_dim
        return constraints.independent(region, more) if more else region

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with autograd.no_grad():
            x = self.base_dist.sample(sample_shape)
            for transform in self.transforms:
                x = transform(x)
            return x

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        x = self.base_dist.rsample(sample_shape)
        for transform in self.transforms:
            x = transform(x)
        return x

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        event, y = len(self._event_shape), value
        total: Any = 0.0
        for transform in self.transforms[::-1]:
            x = transform.inv(y)
            inner = event - transform.domain.event_dim
            total = total - sum_rightmost(transform.log_abs_det_jacobian(x, y), inner)
            y = x
        base = self.base_dist.log_prob(y)
        return total + sum_rightmost(base, event - len(self.base_dist.event_shape))

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value, edge=True)
        for transform in self.transforms[::-1]:
            value = transform.inv(value)
        return self._turned(self.base_dist.cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        value = self.base_dist.icdf(self._turned(value))
        for transform in self.transforms:
            value = transform(value)
        return value

    def _turned(self, chance: Tensor) -> Tensor:
        """1 - chance where the transforms fall."""
        sign = ComposeTransform(self.transforms).sign
        return chance if isinstance(sign, int) and sign == 1 else sign * (chance - 0.5) + 0.5

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_dist!r}, {self.transforms!r})"
