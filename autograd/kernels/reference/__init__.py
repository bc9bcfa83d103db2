"""Kernels in plain NumPy: the meaning of each function, and the answer where Numba is missing."""

from autograd.kernels.reference.attention import attention, attention_grad
from autograd.kernels.reference.conv import (
    conv,
    conv_bias_grad,
    conv_input_grad,
    conv_weight_grad,
)
from autograd.kernels.reference.conversion import converted
from autograd.kernels.reference.copies import copy_
from autograd.kernels.reference.dropout import dropout
from autograd.kernels.reference.elementwise import elementwise
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
from autograd.kernels.reference.mask import argwhere, compress, spread
from autograd.kernels.reference.matmul import bmm, gemm
from autograd.kernels.reference.norm import standardize, standardize_grad
from autograd.kernels.reference.optimizer_adam import adam_, adamax_, nadam_, radam_
from autograd.kernels.reference.optimizer_adaptive import adadelta_, adagrad_, rmsprop_
from autograd.kernels.reference.optimizer_norm import clamp_, clip_, sum_of_squares
from autograd.kernels.reference.optimizer_sgd import asgd_, rprop_, sgd_
from autograd.kernels.reference.order import extreme, extreme_over, placed, ranked, sort, topk
from autograd.kernels.reference.pick import gather_along, scatter_along, scatter_src_grad, take
from autograd.kernels.reference.pool import (
    avg_pool2d,
    avg_pool2d_grad,
    max_pool2d,
    max_pool2d_grad,
    max_pool_at,
)
from autograd.kernels.reference.recurrent import (
    recurrent,
    recurrent_cell,
    recurrent_cell_grad,
    recurrent_grad,
)
from autograd.kernels.reference.resample import resample
from autograd.kernels.reference.scan import cumprod, cumprod_grad, cumsum, prod_grad
from autograd.kernels.reference.scatter import scatter_sum, sum_rows
from autograd.kernels.reference.softmax import (
    cross_entropy,
    cross_entropy_grad,
    log_softmax,
    log_softmax_grad,
    softmax,
    softmax_grad,
)
from autograd.kernels.reference.sums import deviation, reduce_over, sum_over

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
