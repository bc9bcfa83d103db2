"""The functions behind the layers and losses, under the names of torch.nn.functional."""

from __future__ import annotations

from autograd import Tensor, default_generator
from autograd.boundary import guarded
from autograd.lazy import complete
from autograd.ops import activation, activation_extra, attention, multi_head
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
from autograd.ops.activation_inplace import (
    celu_,
    elu_,
    hardtanh_,
    leaky_relu_,
    selu_,
    threshold_,
)
from autograd.ops.bilinear import bilinear
from autograd.ops.conv import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d
from autograd.ops.cross_entropy import cross_entropy, nll_loss
from autograd.ops.distance import pdist
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
    perceptron_loss,
    triplet_margin_loss,
)
from autograd.ops.loss_probability import (
    categorical_cross_entropy,
    gaussian_nll_loss,
    kl_div,
    poisson_nll_loss,
)
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

__getattr__ = complete(__name__)
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
    "categorical_cross_entropy",
    "celu",
    "celu_",
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
    "elu_",
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
    "hardtanh_",
    "hinge_embedding_loss",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "leaky_relu_",
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
    "multi_head_attention_forward",
    "multi_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pdist",
    "perceptron_loss",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rms_norm",
    "scaled_dot_product_attention",
    "selu",
    "selu_",
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
    "threshold_",
    "triplet_margin_loss",
    "unfold",
]


@guarded
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(0, x); the gradient at 0 is 0."""
    return input.relu_() if inplace else activation.relu(input)


def relu_(input: Tensor) -> Tensor:
    """relu with inplace=True: the input itself, overwritten."""
    return input.relu_()


@guarded
def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each element set to 0 with probability p, the others divided by 1 - p, when training."""
    return dropouts.dropout(input, p, training, inplace, generator=default_generator)


@guarded
def dropout1d(input: Tensor, p: float = 0.5, training: bool = True,
              inplace: bool = False) -> Tensor:
    """Each channel of (N, C, L) or (C, L) set to 0 with probability p, else divided by 1 - p."""
    return dropouts.feature_dropout(input, p, training, inplace, generator=default_generator,
                                    name="dropout1d")


@guarded
def dropout2d(input: Tensor, p: float = 0.5, training: bool = True,
              inplace: bool = False) -> Tensor:
    """Each channel of (N, C, H, W) set to 0 with probability p, the others divided by 1 - p."""
    return dropouts.feature_dropout(input, p, training, inplace, generator=default_generator)


@guarded
def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False,
                  inplace: bool = False) -> Tensor:
    """Dropout for selu: what is dropped goes to its lower end; mean 0 and variance 1 are kept."""
    return dropouts.alpha_dropout(input, p, training, inplace, generator=default_generator)


@guarded
def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor,
                                 attn_mask: Tensor | None = None, dropout_p: float = 0.0,
                                 is_causal: bool = False, scale: float | None = None,
                                 enable_gqa: bool = False) -> Tensor:
    """softmax(Q Kᵀ scale + mask) V, without ever holding all scores; scale is 1 / √E by default.

    attn_mask broadcasts to (..., H, L, S): boolean, where True takes part, or added to the scores.
    is_causal lets row i see keys up to i; a row that sees nothing gives 0.  Of the probabilities a
    share dropout_p is dropped, always: pass 0 in evaluation.  With enable_gqa K heads of key and
    value, which divide H, are shared by equal groups of query's heads.
    Shape: (..., H, L, E), (..., H, S, E), (..., H, S, D) -> (..., H, L, D)
    Reference: Vaswani et al., Attention Is All You Need, 2017, section 3.2.1.
    """
    return attention.scaled_dot_product_attention(
        query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa,
        generator=default_generator)


@guarded
def multi_head_attention_forward(
        query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int,
        in_proj_weight: Tensor | None, in_proj_bias: Tensor | None, bias_k: Tensor | None,
        bias_v: Tensor | None, add_zero_attn: bool, dropout_p: float, out_proj_weight: Tensor,
        out_proj_bias: Tensor | None, training: bool = True,
        key_padding_mask: Tensor | None = None, need_weights: bool = True,
        attn_mask: Tensor | None = None, use_separate_proj_weight: bool = False,
        q_proj_weight: Tensor | None = None, k_proj_weight: Tensor | None = None,
        v_proj_weight: Tensor | None = None, static_k: Tensor | None = None,
        static_v: Tensor | None = None, average_attn_weights: bool = True,
        is_causal: bool = False) -> tuple[Tensor, Tensor | None]:
    """What `nn.MultiheadAttention` computes, from its weights: the output, and the probabilities
    (their mean over the heads) or None.

    attn_mask and key_padding_mask are True where a key takes no part, or added to the scores.
    Shape: (L, N, E), (S, N, E), (S, N, E) -> (L, N, E), (N, L, S); or all without N
    Reference: Vaswani et al., Attention Is All You Need, 2017, section 3.2.2.
    """
    return multi_head.multi_head_attention_forward(
        query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k,
        bias_v, add_zero_attn, dropout_p, out_proj_weight, out_proj_bias, training,
        key_padding_mask, need_weights, attn_mask, use_separate_proj_weight, q_proj_weight,
        k_proj_weight, v_proj_weight, static_k, static_v, average_attn_weights, is_causal,
        generator=default_generator)


@guarded
def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10,
                   dim: int = -1) -> Tensor:
    """softmax((logits + Gumbel noise) / tau); `hard` makes it one-hot, with the soft gradient."""
    return activation_extra.gumbel_softmax(logits, tau, hard, eps, dim,
                                           generator=default_generator)


@guarded
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
