"""More activations: pieces of straight lines, gates, and functions written with the others.

A kink has the subgradient of least norm, as in `activation`.
"""

from __future__ import annotations

import numpy as np

from ..errors import describe
from ..gate import formula
from ..record import composite, op
from ..tensors import Tensor, wrap
from .activation import _elu, choose, leaky_relu, softmax
from .compare import _clip, is_number, where
from .elementwise import sigmoid
from .index import narrow
from .shape import axis, reshape

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@op(inplace=True, method=False, kernel="hardsigmoid", vjp=dict(input=formula("hardsigmoid_grad")))
def _hardsigmoid(input, /):
    """(x + 3) / 6 held between 0 and 1."""


@composite(method=False)
def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """x held between min_val and max_val; at both the gradient is 0."""
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val {min_val} must not be above max_val {max_val}")
    return choose(_clip, input, inplace, min_val, max_val)


@composite(method=False)
def relu6(input, inplace=False):
    """x held between 0 and 6; at both the gradient is 0."""
    return choose(_clip, input, inplace, 0.0, 6.0)


@composite(method=False)
def hardsigmoid(input, inplace=False):
    """x / 6 + 1/2 held between 0 and 1; at both the gradient is 0."""
    return choose(_hardsigmoid, input, inplace)


@op(inplace=True, method=False, kernel="hardswish", vjp=dict(input=formula("hardswish_grad")))
def _hardswish(input, /):
    """x times hardsigmoid(x)."""


@composite(method=False)
def hardswish(input, inplace=False):
    """x times hardsigmoid(x): 0 up to -3, x from 3 on.  The gradient is 0 at -3 and 1 at 3.

    Reference: Howard et al., Searching for MobileNetV3, 2019, section 5.2.
    """
    return choose(_hardswish, input, inplace)


@op(inplace=True, method=False, kernel="mish", vjp=dict(input=formula("mish_grad")))
def _mish(input, /):
    """x tanh(softplus(x))."""


@composite(method=False)
def mish(input, inplace=False):
    """x tanh(softplus(x)).  Reference: Misra, Mish, 2019, equation 1."""
    return choose(_mish, input, inplace)


@composite(method=False)
def selu(input, inplace=False):
    """1.0507 times x where it is above 0, else times 1.6733 (eˣ - 1): keeps mean 0, variance 1.

    Reference: Klambauer et al., Self-Normalizing Neural Networks, 2017, equation 2.
    """
    return choose(_elu, input, inplace, _SELU_ALPHA, _SELU_SCALE, 1.0)


@composite(method=False)
def celu(input, alpha=1.0, inplace=False):
    """x where it is above 0, else alpha (exp(x / alpha) - 1): a smooth elu, with alpha > 0."""
    if not alpha > 0:
        raise ValueError(f"celu: alpha must be above 0, got {alpha}")
    return choose(_elu, input, inplace, alpha, 1.0, 1 / alpha)


@op(promotes="float", method=False, kernel="softsign", vjp=dict(input=formula("softsign_grad")))
def softsign(input, /):
    """x / (1 + |x|), elementwise, between -1 and 1; its derivative is 1 / (1 + |x|)².

    >>> nn.functional.softsign(autograd.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """


@op(promotes="float", method=False, kernel="tanhshrink", vjp=dict(input=formula("tanhshrink_grad")))
def tanhshrink(input, /):
    """x - tanh(x), with its digits near 0 too."""


_softshrink, _hardshrink = formula("softshrink"), formula("hardshrink")


@op(method=False, vjp=dict(input=formula("shrink_grad")))
def softshrink(input, /, lambd=0.5):
    """x brought nearer to 0 by lambd, and 0 within lambd of it, where the gradient is 0."""
    if not lambd >= 0:
        raise ValueError(f"softshrink: lambd must not be negative, got {lambd}")
    return _softshrink(input, lambd)


@op(vjp=dict(input=formula("shrink_grad")))
def hardshrink(input, /, lambd=0.5):
    """x, and 0 within lambd of 0, where the gradient is 0."""
    return _hardshrink(input, lambd)


@op(inplace=True, method=False, kernel="threshold", vjp=dict(input=formula("threshold_grad")))
def _threshold(input, /, threshold, value):
    """x where it is above the threshold, else value."""


@composite(method=False)
def threshold(input, threshold, value, inplace=False):
    """x where it is above the threshold, else value, with gradient 0."""
    if not (is_number(threshold) and is_number(value)):
        raise TypeError(f"threshold: threshold and value must be numbers, got "
                        f"{describe(threshold)} and {describe(value)}")
    return choose(_threshold, input, inplace, threshold, value)


_prelu_grad = formula("leaky_relu_grad")


@composite()
def prelu(input, weight):
    """x where it is above 0, else weight * x; one weight, or one per channel (dimension 1).

    Reference: He et al., Delving Deep into Rectifiers, 2015, equation 1.
    """
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or weight.numel() not in (1, channels):
        raise ValueError(f"prelu: weight must hold 1 or {channels} numbers, as input "
                         f"{tuple(input.shape)} has {channels} channels; got {describe(weight)}")
    if weight.numel() > 1:
        weight = reshape(weight, (-1, *[1] * (input.ndim - 2)))
    elif weight.shape:
        weight = reshape(weight, ())
    return _prelu(input, weight)


@op(broadcasts=True, promotes="common", method=False, kernel="prelu", vjp=dict(
    input=lambda g, input, weight: _prelu_grad(g, input, weight),
    weight=lambda g, input: where(input > 0, 0.0, g * input)))
def _prelu(input, weight, /):
    """x where it is above 0, else weight * x, with broadcasting."""


@composite(method=False)
def glu(input, dim=-1):
    """a sigmoid(b), with a and b the halves of input along `dim`.

    Reference: Dauphin et al., Language Modeling with Gated Convolutional Networks, 2016.
    """
    dim = axis("glu", dim, input.ndim)
    size = input.shape[dim] if input.shape else 1
    if size % 2:
        raise ValueError(f"glu: dimension {dim} of {tuple(input.shape)} is halved, so its size "
                         f"{size} must be even")
    return narrow(input, dim, 0, size // 2) * sigmoid(narrow(input, dim, size // 2, size // 2))


@composite(method=False)
def softmin(input, dim=None, dtype=None):
    """softmax(-x) over `dim`, which must be given: the smallest get the largest part.

    >>> nn.functional.softmin(autograd.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return softmax(-input, dim, dtype)


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10,
                   dim: int = -1, *, generator) -> Tensor:
    """softmax((logits + Gumbel noise) / tau); `hard` makes it one-hot, with the soft gradient.

    Reference: Jang et al., Categorical Reparameterization with Gumbel-Softmax, 2016.
    """
    noise = -np.log(generator.numpy.standard_exponential(tuple(logits.shape)))
    soft = softmax((logits + wrap(noise.astype(logits.dtype))) / tau, dim)
    if not hard:
        return soft
    values = soft._array
    chosen = np.zeros_like(values)
    np.put_along_axis(chosen, np.expand_dims(values.argmax(dim), dim), 1, dim)
    return wrap(chosen - values) + soft


def rrelu(input: Tensor, lower: float, upper: float, training: bool, inplace: bool, *,
          generator) -> Tensor:
    """x where it is above 0, else x times a number drawn for each element from U(lower, upper), or
    their mean unless training.

    Reference: Xu et al., Empirical Evaluation of Rectified Activations, 2015, section 2.4.
    """
    if not lower <= upper:
        raise ValueError(f"rrelu: lower {lower} must not be above upper {upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    drawn = generator.numpy.uniform(lower, upper, tuple(input.shape))
    slopes = wrap(np.where(input._array > 0, 1.0, drawn).astype(input.dtype))
    return input.mul_(slopes) if inplace else input * slopes
