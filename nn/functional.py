"""The functions behind the layers and losses, under the names of torch.nn.functional."""

from __future__ import annotations

from autograd import Tensor, default_generator
from autograd.ops import activation
from autograd.ops import dropout as dropouts
from autograd.ops.activation import log_softmax, softmax
from autograd.ops.cross_entropy import cross_entropy, nll_loss
from autograd.ops.elementwise import sigmoid, tanh
from autograd.ops.embedding import embedding, one_hot
from autograd.ops.linalg import linear
from autograd.ops.loss import binary_cross_entropy, binary_cross_entropy_with_logits, mse_loss

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "embedding",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(0, x); the gradient at 0 is 0."""
    return input.relu_() if inplace else activation.relu(input)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each element set to 0 with probability p, the others divided by 1 - p, when training."""
    return dropouts.dropout(input, p, training, inplace, generator=default_generator)
