"""The functions behind the layers and losses, under the names of torch.nn.functional."""

from __future__ import annotations

from autograd import Tensor, default_generator
from autograd.ops import activation, activation_extra
from autograd.ops import dropout as dropouts
from autograd.ops import pool as pools
from autograd.ops.activation import (
    elu,
    gelu,
    leaky_relu,
    log_softmax,
    logsigmoid,
    silu,
    softmax,
    softplus,
)
from autograd.ops.activation_extra import (
    celu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    mish,
    prelu,
    relu6,
    selu,
    softmin,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
from autograd.ops.bilinear import bilinear
from autograd.ops.conv import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d
from autograd.ops.cross_entropy import cross_entropy, nll_loss
from autograd.ops.elementwise import sigmoid, tanh
from autograd.ops.embedding import embedding, one_hot
from autograd.ops.linalg import linear
from autograd.ops.loss import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from autograd.ops.loss_binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    multilabel_soft_margin_loss,
    soft_margin_loss,
)
from autograd.ops.loss_margin import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    pairwise_distance,
    triplet_margin_loss,
)
from autograd.ops.loss_probability import gaussian_nll_loss, kl_div, poisson_nll_loss
from autograd.ops.norm import (
    batch_norm,
    cosine_similarity,
    group_norm,
    instance_norm,
    layer_norm,
    local_response_norm,
    normalize,
    rms_norm,
)
from autograd.ops.pad import pad
from autograd.ops.pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    lp_pool1d,
    lp_pool2d,
    max_pool1d,
    max_pool2d,
)
from autograd.ops.resample import fold, interpolate, pixel_shuffle, pixel_unshuffle, unfold

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "dropout",
    "dropout1d",
    "dropout2d",
    "elu",
    "embedding",
    "fold",
    "fractional_max_pool2d",
    "gaussian_nll_loss",
    "gelu",
    "glu",
    "group_norm",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hinge_embedding_loss",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "local_response_norm",
    "log_softmax",
    "logsigmoid",
    "lp_pool1d",
    "lp_pool2d",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool2d",
    "mish",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "prelu",
    "relu",
    "relu6",
    "rms_norm",
    "selu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "triplet_margin_loss",
    "unfold",
]


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(0, x); the gradient at 0 is 0."""
    return input.relu_() if inplace else activation.relu(input)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each element set to 0 with probability p, the others divided by 1 - p, when training."""
    return dropouts.dropout(input, p, training, inplace, generator=default_generator)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True,
              inplace: bool = False) -> Tensor:
    """Each channel of (N, C, L) or (C, L) set to 0 with probability p, else divided by 1 - p."""
    return dropouts.feature_dropout(input, p, training, inplace, generator=default_generator,
                                    name="dropout1d")


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True,
              inplace: bool = False) -> Tensor:
    """Each channel of (N, C, H, W) set to 0 with probability p, the others divided by 1 - p."""
    return dropouts.feature_dropout(input, p, training, inplace, generator=default_generator)


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False,
                  inplace: bool = False) -> Tensor:
    """Dropout for selu: what is dropped goes to its lower end; mean 0 and variance 1 are kept."""
    return dropouts.alpha_dropout(input, p, training, inplace, generator=default_generator)


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10,
                   dim: int = -1) -> Tensor:
    """softmax((logits + Gumbel noise) / tau); `hard` makes it one-hot, with the soft gradient."""
    return activation_extra.gumbel_softmax(logits, tau, hard, eps, dim,
                                           generator=default_generator)


def fractional_max_pool2d(input: Tensor, kernel_size, output_size=None, output_ratio=None,
                          return_indices: bool = False, _random_samples: Tensor | None = None):
    """The largest elements of windows whose distances, 1 or more apart, are drawn at random.

    There are output_size of them, or output_ratio (between 0 and 1) times the input's sizes.
    Shape: (N, C, H, W) or (C, H, W) -> (..., *output_size)
    Reference: Graham, Fractional Max-Pooling, 2014, section 2.
    """
    return pools.fractional_max_pool2d(input, kernel_size, output_size, output_ratio,
                                       return_indices, _random_samples,
                                       generator=default_generator)
