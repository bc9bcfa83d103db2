"""Kernels compiled by Numba; importing this folder hands the threads to Numba's pool."""

from autograd import threads
from autograd.kernels.compiled.attention import attention
from autograd.kernels.compiled.attention_grad import attention_grad
from autograd.kernels.compiled.conv import conv, conv_input_grad
from autograd.kernels.compiled.conv_weight import conv_bias_grad, conv_weight_grad
from autograd.kernels.compiled.conversion import converted
from autograd.kernels.compiled.copies import copy_
from autograd.kernels.compiled.cross_entropy import cross_entropy, cross_entropy_grad
from autograd.kernels.compiled.deviation import deviation
from autograd.kernels.compiled.dropout import dropout
from autograd.kernels.compiled.elementwise import elementwise
from autograd.kernels.compiled.extreme import extreme, extreme_over, placed
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
from autograd.kernels.compiled.mask import argwhere, compress, spread
from autograd.kernels.compiled.matmul import bmm, gemm
from autograd.kernels.compiled.norm import standardize, standardize_grad
from autograd.kernels.compiled.optimizer_adam import adam_, adamax_, nadam_, radam_
from autograd.kernels.compiled.optimizer_adaptive import adadelta_, adagrad_, rmsprop_
from autograd.kernels.compiled.optimizer_norm import clamp_, clip_, sum_of_squares
from autograd.kernels.compiled.optimizer_sgd import asgd_, rprop_, sgd_
from autograd.kernels.compiled.order import ranked, sort, topk
from autograd.kernels.compiled.pick import gather_along, scatter_along, scatter_src_grad, take
from autograd.kernels.compiled.pool import avg_pool2d, avg_pool2d_grad
from autograd.kernels.compiled.pool_max import max_pool2d, max_pool2d_grad
from autograd.kernels.compiled.pool_random import max_pool_at
from autograd.kernels.compiled.recurrent import (
    recurrent,
    recurrent_cell,
    recurrent_cell_grad,
    recurrent_grad,
)
from autograd.kernels.compiled.resample import resample
from autograd.kernels.compiled.scan import cumprod, cumprod_grad, cumsum, prod_grad
from autograd.kernels.compiled.scatter import scatter_sum, sum_rows
from autograd.kernels.compiled.softmax import log_softmax, log_softmax_grad, softmax, softmax_grad
from autograd.kernels.compiled.sums import reduce_over, sum_over

__all__ = [
    "adadelta_",
    "adagrad_",
    "adam_",
    "adamax_",
    "argwhere",
    "asgd_",
    "attention",
    "attention_grad",
    "avg_pool2d",
    "avg_pool2d_grad",
    "bce",
    "bce_grad",
    "bce_with_logits",
    "bce_with_logits_grad",
    "bmm",
    "clamp_",
    "clip_",
    "compress",
    "conv",
    "conv_bias_grad",
    "conv_input_grad",
    "conv_weight_grad",
    "converted",
    "copy_",
    "cross_entropy",
    "cross_entropy_grad",
    "cumprod",
    "cumprod_grad",
    "cumsum",
    "deviation",
    "dropout",
    "elementwise",
    "extreme",
    "extreme_over",
    "gather_along",
    "gemm",
    "huber_loss",
    "huber_loss_grad",
    "l1_loss",
    "l1_loss_grad",
    "log_softmax",
    "log_softmax_grad",
    "max_pool2d",
    "max_pool2d_grad",
    "max_pool_at",
    "mse_loss",
    "mse_loss_grad",
    "nadam_",
    "placed",
    "prod_grad",
    "radam_",
    "ranked",
    "recurrent",
    "recurrent_cell",
    "recurrent_cell_grad",
    "recurrent_grad",
    "reduce_over",
    "resample",
    "rmsprop_",
    "rprop_",
    "scatter_along",
    "scatter_src_grad",
    "scatter_sum",
    "sgd_",
    "softmax",
    "softmax_grad",
    "sort",
    "spread",
    "standardize",
    "standardize_grad",
    "sum_of_squares",
    "sum_over",
    "sum_rows",
    "take",
    "topk",
]

threads.use_compiled_kernels()
