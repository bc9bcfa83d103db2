"""Kernels in plain NumPy: the meaning of each function, and the answer where Numba is missing."""

from autograd.kernels.reference.matmul import bmm, gemm
from autograd.kernels.reference.optimizer import adam_, clip_, sgd_, sum_of_squares
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
    "bmm",
    "clip_",
    "cross_entropy",
    "cross_entropy_grad",
    "gemm",
    "log_softmax",
    "log_softmax_grad",
    "sgd_",
    "softmax",
    "softmax_grad",
    "sum_of_squares",
]
