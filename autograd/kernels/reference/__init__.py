"""Kernels in plain NumPy: the meaning of each function, and the answer where Numba is missing."""

from autograd.kernels.reference.loss import (
    bce,
    bce_grad,
    bce_with_logits,
    bce_with_logits_grad,
    huber_loss,
    huber_loss_grad,
    l1_loss,
    l1_loss_grad,
    mse_loss,
    mse_loss_grad,
)
from autograd.kernels.reference.matmul import bmm, gemm
from autograd.kernels.reference.optimizer import adam_, clip_, sgd_, sum_of_squares
from autograd.kernels.reference.pool import (
    avg_pool2d,
    avg_pool2d_grad,
    max_pool2d,
    max_pool2d_grad,
)
from autograd.kernels.reference.softmax import (
    cross_entropy,
    cross_entropy_grad,
    log_softmax,
    log_softmax_grad,
    softmax,
    softmax_grad,
)

__all__ = [
    "adam_",
    "avg_pool2d",
    "avg_pool2d_grad",
    "bce",
    "bce_grad",
    "bce_with_logits",
    "bce_with_logits_grad",
    "bmm",
    "clip_",
    "cross_entropy",
    "cross_entropy_grad",
    "gemm",
    "huber_loss",
    "huber_loss_grad",
    "l1_loss",
    "l1_loss_grad",
    "log_softmax",
    "log_softmax_grad",
    "max_pool2d",
    "max_pool2d_grad",
    "mse_loss",
    "mse_loss_grad",
    "sgd_",
    "softmax",
    "softmax_grad",
    "sum_of_squares",
]
