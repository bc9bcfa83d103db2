"""The chi-squared distribution."""

from __future__ import annotations

from typing import Any

from autograd.tensors import Tensor

from . import constraints
from .gamma import Gamma
from .utils import broadcast_all


class Chi2(Gamma):
    """The sum of df squared standard normal numbers: Gamma(df / 2, 1/2).

    >>> autograd.distributions.Chi2(3.0).mean
    tensor(3.)
    """

    arg_constraints = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        self.df, = broadcast_all(df)
        super().__init__(0.5 * self.df, 0.5, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Chi2:
        return Chi2(self.df.expand(batch_shape), self._validate_args)

    @property
    def mean(self) -> Tensor:
        return self.df
