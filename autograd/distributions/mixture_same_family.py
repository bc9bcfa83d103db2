"""Mixtures of distributions of one kind."""

from __future__ import annotations

from typing import Any

import autograd
from autograd.errors import describe
from autograd.tensors import Tensor

from . import constraints
from .categorical import Categorical
from .distribution import Distribution


class MixtureSameFamily(Distribution):
    """The component, of the last batch dimension, is drawn first, by a Categorical; then a value
    from it: p(x) = Σ p(k) p(x | k).

    >>> d = autograd.distributions
    >>> pair = d.Normal(autograd.tensor([-1., 1.]), 1.0)
    >>> d.MixtureSameFamily(d.Categorical(autograd.ones(2)), pair).variance
    tensor(2.)
    """

    def __init__(self, mixture_distribution: Categorical, component_distribution: Distribution,
                 validate_args: bool | None = None) -> None:
        mixture, component = mixture_distribution, component_distribution
        if not isinstance(mixture, Categorical) or not isinstance(component, Distribution):
            raise ValueError("MixtureSameFamily: a Categorical and a distribution are needed, got "
                             f"{describe(mixture)} and {describe(component)}")
        batch, count = component.batch_shape[:-1], mixture.param_shape[-1]
        if component.batch_shape[-1:] != (count,) or len(mixture.batch_shape) and (
                mixture.batch_shape != batch):
            raise ValueError(f"MixtureSameFamily: the components' batch "
                             f"{tuple(component.batch_shape)} must be that of the mixture, "
                             f"{tuple(mixture.batch_shape)}, and its {count} choices")
        self.mixture_distribution, self.component_distribution = mixture, component
        super().__init__(batch, component.event_shape, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> MixtureSameFamily:
        count = self.mixture_distribution.param_shape[-1]
        return MixtureSameFamily(self.mixture_distribution.expand(batch_shape),
                                 self.component_distribution.expand((*batch_shape, count)),
                                 self._validate_args)

    @constraints.dependent_property
    def support(self) -> Any:
        """The components'."""
        support = self.component_distribution.support
        bounds = getattr(support, "bounds", {}).values()
        if any(isinstance(bound, Tensor) and bound.dim() for bound in bounds):
            return constraints.dependent  # each component has its own
        return support

    def _padded(self, x: Tensor) -> Tensor:
        """With a dimension of size 1 for the component."""
        return x.unsqueeze(x.dim() - len(self._event_shape))

    @property
    def _shares(self) -> Tensor:
        probs = self.mixture_distribution.probs
        return probs.reshape(*probs.shape, *(1,) * len(self._event_shape))

    def _mixed(self, x: Tensor) -> Tensor:
        return (self._shares * x).sum(-1 - len(self._event_shape))

    @property
    def mean(self) -> Tensor:
        return self._mixed(self.component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        component = self.component_distribution
        away = (component.mean - self._padded(self.mean)).square()
        return self._mixed(component.variance) + self._mixed(away)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        event = len(self._event_shape)
        with autograd.no_grad():
            chosen = self.mixture_distribution.sample(sample_shape)
            shape = (*sample_shape, *self._batch_shape)
            chosen = chosen.expand(shape).reshape(*shape, 1, *(1,) * event)
            drawn = self.component_distribution.sample(sample_shape)
            dim = drawn.dim() - event - 1
            return drawn.gather(dim, chosen.expand(*shape, 1, *self._event_shape)).squeeze(dim)

    def log_prob(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        each = self.component_distribution.log_prob(self._padded(value))
        return (each + self.mixture_distribution.logits).logsumexp(-1)

    def cdf(self, value: Tensor) -> Tensor:
        self._validate_sample(value)
        each = self.component_distribution.cdf(self._padded(value))
        return (each * self.mixture_distribution.probs).sum(-1)

    def __repr__(self) -> str:
        return (f"MixtureSameFamily({self.mixture_distribution!r}, "
                f"{self.component_distribution!r})")
