"""Those of nn.functional that draw random numbers, from the default generator."""

from __future__ import annotations

from autograd import Tensor, default_generator
from autograd.boundary import guarded
from autograd.ops import activation_extra, pool_random
from autograd.ops import dropout as dropouts


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
def dropout3d(input: Tensor, p: float = 0.5, training: bool = True,
              inplace: bool = False) -> Tensor:
    """Each channel of (N, C, D, H, W) or (C, D, H, W) set to 0 with probability p, the others
    divided by 1 - p."""
    return dropouts.feature_dropout(input, p, training, inplace, generator=default_generator,
                                    name="dropout3d")


@guarded
def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False,
                  inplace: bool = False) -> Tensor:
    """Dropout for selu: what is dropped goes to its lower end; mean 0 and variance 1 are kept."""
    return dropouts.alpha_dropout(input, p, training, inplace, generator=default_generator)


@guarded
def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False,
                          inplace: bool = False) -> Tensor:
    """alpha_dropout of whole channels, of (N, C, *)."""
    return dropouts.alpha_dropout(input, p, training, inplace, generator=default_generator,
                                  name="feature_alpha_dropout")


@guarded
def rrelu(input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False,
          inplace: bool = False) -> Tensor:
    """x where it is above 0, else x times a number drawn for each element from U(lower, upper), or
    their mean unless training.

    Reference: Xu et al., Empirical Evaluation of Rectified Activations, 2015, section 2.4.
    """
    return activation_extra.rrelu(input, lower, upper, training, inplace,
                                  generator=default_generator)


@guarded
def rrelu_(input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3,
           training: bool = False) -> Tensor:
    """rrelu written into input."""
    return rrelu(input, lower, upper, training, True)


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
    return pool_random.fractional_max_pool(
        input, kernel_size, output_size, output_ratio, return_indices, _random_samples, dims=2,
        generator=default_generator)


@guarded
def fractional_max_pool3d(input: Tensor, kernel_size, output_size=None, output_ratio=None,
                          return_indices: bool = False, _random_samples: Tensor | None = None):
    """`fractional_max_pool2d` for volumes.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (..., *output_size)
    """
    return pool_random.fractional_max_pool(
        input, kernel_size, output_size, output_ratio, return_indices, _random_samples, dims=3,
        generator=default_generator)


@guarded
def fractional_max_pool2d_with_indices(input: Tensor, kernel_size, output_size=None,
                                       output_ratio=None, return_indices: bool = False,
                                       _random_samples: Tensor | None = None):
    """`fractional_max_pool2d` and the places, whatever return_indices is."""
    return fractional_max_pool2d(input, kernel_size, output_size, output_ratio, True,
                                 _random_samples)


@guarded
def fractional_max_pool3d_with_indices(input: Tensor, kernel_size, output_size=None,
                                       output_ratio=None, return_indices: bool = False,
                                       _random_samples: Tensor | None = None):
    """`fractional_max_pool3d` and the places, whatever return_indices is."""
    return fractional_max_pool3d(input, kernel_size, output_size, output_ratio, True,
                                 _random_samples)
