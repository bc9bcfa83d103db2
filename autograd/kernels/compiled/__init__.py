"""Kernels compiled by Numba; importing this folder hands the threads to Numba's pool."""

from autograd import threads
from autograd.kernels.compiled.cross_entropy import cross_entropy, cross_entropy_grad
from autograd.kernels.compiled.matmul import bmm, gemm
from autograd.kernels.compiled.optimizer import adam_, clip_, sgd_, sum_of_squares
from autograd.kernels.compiled.softmax import log_softmax, log_softmax_grad, softmax, softmax_grad

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

threads.use_compiled_kernels()
