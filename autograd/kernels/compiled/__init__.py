"""Kernels compiled by Numba; importing this folder hands the threads to Numba's pool."""

from autograd import threads
from autograd.kernels.compiled.cross_entropy import cross_entropy, cross_entropy_grad
from autograd.kernels.compiled.loss import (
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
from autograd.kernels.compiled.matmul import bmm, gemm
from autograd.kernels.compiled.optimizer import adam_, clip_, sgd_, sum_of_squares
from autograd.kernels.compiled.pool import (
    avg_pool2d,
    avg_pool2d_grad,
    max_pool2d,
    max_pool2d_grad,
)
from autograd.kernels.compiled.softmax import log_softmax, log_softmax_grad, softmax, softmax_grad

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

threads.use_compiled_kernels()
