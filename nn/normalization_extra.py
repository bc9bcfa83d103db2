"""Norms that PyTorch keeps for several processes and for older models."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import Tensor

from .errors import check_whole
from .module import Module, changed
from .normalization import _BatchNorm


class SyncBatchNorm(_BatchNorm):
    """Batch normalisation as in `BatchNorm1d`, of any number of dimensions.

    There is one process here, whose batch is the whole one, so `process_group` has no effect.
    Shape: (N, C, *) -> the same.

    >>> import nn
    >>> nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm2d(3)))[0]
    SyncBatchNorm(3)
    """

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
                 affine: bool = True, track_running_stats: bool = True, process_group: Any = None,
                 device=None, dtype=None, *, bias: bool = True) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype,
                         bias=bias)
        self.process_group = process_group

    def _check(self, input: Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(f"SyncBatchNorm: (N, C, ...) is needed, got {tuple(input.shape)}")

    def _advice(self, args: tuple) -> str:
        return ""

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """The module with every batch norm in it as a SyncBatchNorm of the same parameters."""
        made = module
        if isinstance(module, _BatchNorm):
            made = cls(module.num_features, module.eps, module.momentum, module.affine,
                       module.track_running_stats, process_group)
            for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
                setattr(made, name, getattr(module, name))
            made.training = module.training
        for name, child in module.named_children():
            made.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return made


class CrossMapLRN2d(Module):
    """x / (k + alpha / size Σ x²)^beta, summed over the channels that are at most (size - 1) / 2
    away, and over channel 0 wherever it is farther, as in PyTorch; LocalResponseNorm leaves it out.

    Shape: (N, C, H, W) -> the same.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        check_whole("CrossMapLRN2d", 1, size=size)
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim != 4:
            raise ValueError(f"CrossMapLRN2d: (N, C, H, W) is needed, got {tuple(input.shape)}")
        channels = autograd.arange(input.shape[1])
        apart = (channels.unsqueeze(1) - channels).abs()
        counted = ((apart <= (self.size - 1) // 2) | (channels == 0)).to(input.dtype)
        total = (counted @ input.square().flatten(2)).reshape(input.shape)
        return input * (self.k + self.alpha / self.size * total) ** -self.beta

    def extra_repr(self) -> str:
        settings = changed(self, alpha=1e-4, beta=0.75, k=1)
        return ", ".join(filter(None, [str(self.size), settings]))
