"""Helpers around gradients, parameters and sequences."""

from autograd.lazy import complete

from . import rnn
from .clip_grad import clip_grad_norm, clip_grad_norm_, clip_grad_value_, get_total_norm
from .convert import parameters_to_vector, vector_to_parameters
from .penalties import elastic_penalty, l1_penalty, l2_penalty
from .sizes import conv_output_size

__getattr__ = complete(__name__)
__all__ = [
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "conv_output_size",
    "elastic_penalty",
    "get_total_norm",
    "l1_penalty",
    "l2_penalty",
    "parameters_to_vector",
    "rnn",
    "vector_to_parameters",
]
