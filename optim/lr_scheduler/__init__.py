"""Schedules of the learning rate: functions of a counter.

A scheduler counts its own steps, `last_epoch`, from 0, and sets the learning rate of each group
from that count and the rate it began with.  Of optimizer.step() it only looks, once, whether it
has come first: the order of the two calls changes no more than which rate an update sees.
"""

from autograd.lazy import complete
from optim.lr_scheduler.base import LRScheduler
from optim.lr_scheduler.base import LRScheduler as _LRScheduler  # noqa: F401  its old name
from optim.lr_scheduler.combined import ChainedScheduler, SequentialLR
from optim.lr_scheduler.curves import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
    TimeBasedLR,
)
from optim.lr_scheduler.cycles import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from optim.lr_scheduler.functions import LambdaLR, MultiplicativeLR
from optim.lr_scheduler.plateau import ReduceLROnPlateau

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
    "TimeBasedLR",
]
__getattr__ = complete(__name__)
