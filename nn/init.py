"""Initial values.  Each function overwrites a tensor, unrecorded, and returns it.

fan_in and fan_out are the numbers of inputs and outputs of one unit: for a weight of shape
(out, in, *kernel) they are in · prod(kernel) and out · prod(kernel).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from math import ceil, inf, prod, sqrt

import numpy as np

import autograd
from autograd import Generator, Tensor
from autograd.errors import warn
from autograd.sampling import numpy_generator

_GAINS = {"linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "conv_transpose1d": 1.0,
          "conv_transpose2d": 1.0, "conv_transpose3d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3,
          "relu": sqrt(2), "selu": 3 / 4}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the variance of a signal through a nonlinearity: 1 for linear layers
    and sigmoid, 5/3 for tanh, √2 for relu, √(2 / (1 + param²)) for leaky_relu with slope `param`
    (0.01 if not given), 3/4 for selu."""
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"calculate_gain: the slope of leaky_relu must be a number, got "
                             f"{param!r}")
        return sqrt(2 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"calculate_gain: nonlinearity {nonlinearity!r}; choose one of "
                         f"{', '.join((*_GAINS, 'leaky_relu'))}")
    return _GAINS[nonlinearity]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0,
             generator: Generator | None = None) -> Tensor:
    """Values from U(a, b)."""
    with autograd.no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0,
            generator: Generator | None = None) -> Tensor:
    """Values from N(mean, std²)."""
    with autograd.no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0,
                  b: float = 2.0, generator: Generator | None = None) -> Tensor:
    """Values from N(mean, std²) under the condition that they lie in [a, b].

    Reference: C. P. Robert, Simulation of truncated normal variables, Statistics and Computing 5,
    1995: a uniform proposal z is accepted with probability exp((m² - z²) / 2), where m is the
    point of the interval nearest to the mean.
    """
    _check_real("trunc_normal_", tensor)
    if not (a < b and 0 < std < inf and -inf < mean < inf):
        raise ValueError(f"trunc_normal_: a < b, std > 0 and a finite mean are needed, got a={a}, "
                         f"b={b}, std={std}, mean={mean}")
    low, high = (a - mean) / std, (b - mean) / std
    mode = min(max(0.0, low), high)
    reach = sqrt(mode**2 + 80)  # beyond it the density is below e⁻⁴⁰ of that at the mode
    low, high = max(low, -reach), min(high, reach)
    source = numpy_generator(generator, "trunc_normal_")
    kept: list[np.ndarray] = []
    count, size = 0, tensor.numel()
    while count < size:
        proposal = source.uniform(low, high, 2 * (size - count) + 16)
        chance = np.exp((mode**2 - proposal**2) / 2)
        kept.append(proposal[source.random(len(proposal)) < chance])
        count += len(kept[-1])
    values = np.concatenate(kept)[:size] if kept else np.empty(0)
    return _write(tensor, np.clip(values * std + mean, a, b).reshape(tensor.shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Every value `val`."""
    with autograd.no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Every value 1."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Every value 0."""
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix: as many inputs as possible pass a Linear unchanged."""
    _check_ndim("eye_", tensor, (2,))
    return _write(tensor, np.eye(*tensor.shape))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """A convolution weight (out, in, *kernel) that passes as many channels as possible unchanged
    (in each group): 1 at the kernel's centre where output and input channel agree, else 0."""
    _check_ndim("dirac_", tensor, (3, 4, 5))
    out = tensor.shape[0]
    if groups < 1 or out % groups:
        raise ValueError(f"dirac_: {out} output channels cannot be divided into {groups} groups")
    values = np.zeros(tensor.shape)
    centre = tuple(n // 2 for n in tensor.shape[2:])
    per_group = out // groups
    for group in range(groups):
        for channel in range(min(per_group, tensor.shape[1])):
            values[(group * per_group + channel, channel, *centre)] = 1
    return _write(tensor, values)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0,
                    generator: Generator | None = None) -> Tensor:
    """Values from U(-a, a), a = gain √(6 / (fan_in + fan_out)).

    Reference: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
    networks, AISTATS 2010, eq. 16.
    """
    bound = gain * sqrt(6 / max(sum(_fans("xavier_uniform_", tensor)), 1))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0,
                   generator: Generator | None = None) -> Tensor:
    """Values from N(0, gain² · 2 / (fan_in + fan_out)).

    Reference: Glorot and Bengio, 2010, eq. 12.
    """
    std = gain * sqrt(2 / max(sum(_fans("xavier_normal_", tensor)), 1))
    return normal_(tensor, 0.0, std, generator)


def kaiming_uniform_(tensor: Tensor, a: float = 0, mode: str = "fan_in",
                     nonlinearity: str = "leaky_relu",
                     generator: Generator | None = None) -> Tensor:
    """Values from U(-b, b), b = gain √(3 / fan), with the gain of the nonlinearity (of slope `a`
    for leaky_relu) and the fan that `mode` names.

    Reference: He et al., Delving deep into rectifiers, ICCV 2015, eq. 10 and 14.
    """
    bound = sqrt(3) * _kaiming_std("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor: Tensor, a: float = 0, mode: str = "fan_in",
                    nonlinearity: str = "leaky_relu",
                    generator: Generator | None = None) -> Tensor:
    """Values from N(0, gain² / fan), otherwise as kaiming_uniform_.

    Reference: He et al., 2015, eq. 10 and 14.
    """
    std = _kaiming_std("kaiming_normal_", tensor, a, mode, nonlinearity)
    return normal_(tensor, 0.0, std, generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """A random matrix, gain times one with orthonormal rows (or columns, if those are fewer); of
    more dimensions, the first is the rows.

    The Q of a normal matrix's QR decomposition, with the signs that make it uniform (Haar).
    Reference: Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks, 2013; Mezzadri, How to generate random matrices from the classical compact
    groups, 2007.
    """
    _check_real("orthogonal_", tensor)
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: at least 2 dimensions are needed, got "
                         f"{tuple(tensor.shape)}")
    rows, columns = tensor.shape[0], prod(tensor.shape[1:])
    source = numpy_generator(generator, "orthogonal_")
    q, r = np.linalg.qr(source.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.where(np.diag(r) < 0, -1.0, 1.0)
    return _write(tensor, gain * (q.T if rows < columns else q).reshape(tensor.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01,
            generator: Generator | None = None) -> Tensor:
    """A matrix from N(0, std²) in which ⌈sparsity · rows⌉ random values of each column are 0.

    Reference: J. Martens, Deep learning via Hessian-free optimization, ICML 2010.
    """
    _check_real("sparse_", tensor)
    _check_ndim("sparse_", tensor, (2,))
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_: sparsity must lie between 0 and 1, got {sparsity}")
    if not std >= 0:
        raise ValueError(f"sparse_: std must not be negative, got {std}")
    source = numpy_generator(generator, "sparse_")
    rows, columns = tensor.shape
    values = source.standard_normal((rows, columns)) * std
    order = source.permuted(np.tile(np.arange(rows)[:, None], (1, columns)), axis=0)
    np.put_along_axis(values, order[: ceil(sparsity * rows)], 0, axis=0)
    return _write(tensor, values)


def _under_old_name(function: Callable) -> Callable:
    """The function under the name it had before names of what writes ended in _."""
    old = function.__name__.removesuffix("_")

    @wraps(function)
    def call(*args, **kwargs):
        warn(f"nn.init.{old} is deprecated; use nn.init.{old}_", FutureWarning)
        return function(*args, **kwargs)

    call.__name__ = call.__qualname__ = old
    call.__doc__ = f"Deprecated: use {old}_."
    return call


uniform = _under_old_name(uniform_)
normal = _under_old_name(normal_)
constant = _under_old_name(constant_)
eye = _under_old_name(eye_)
dirac = _under_old_name(dirac_)
sparse = _under_old_name(sparse_)
xavier_uniform = _under_old_name(xavier_uniform_)
xavier_normal = _under_old_name(xavier_normal_)
kaiming_uniform = _under_old_name(kaiming_uniform_)
kaiming_normal = _under_old_name(kaiming_normal_)
orthogonal = _under_old_name(orthogonal_)


def _check_real(name: str, tensor: Tensor) -> None:
    if tensor.is_complex():
        raise TypeError(f"{name}: real numbers are needed, got {tensor.dtype}; give it tensor.real "
                        "and tensor.imag")


def _write(tensor: Tensor, values: np.ndarray) -> Tensor:
    with autograd.no_grad():
        return tensor.copy_(autograd.from_numpy(values))


def _check_ndim(name: str, tensor: Tensor, fitting: tuple[int, ...]) -> None:
    if tensor.ndim not in fitting:
        raise ValueError(f"{name}: {' or '.join(map(str, fitting))} dimensions are needed, got "
                         f"{tuple(tensor.shape)}")


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """fan_in and fan_out of a weight, by the name that programs know from PyTorch."""
    return _fans("_calculate_fan_in_and_fan_out", tensor)


def _fans(name: str, tensor: Tensor) -> tuple[int, int]:
    """fan_in and fan_out."""
    if tensor.ndim < 2:
        raise ValueError(f"{name}: at least 2 dimensions (out, in, ...) are needed, got "
                         f"{tuple(tensor.shape)}; for a bias use uniform_ or zeros_")
    out, into, *kernel = tensor.shape
    return into * prod(kernel), out * prod(kernel)


def _kaiming_std(name: str, tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{name}: mode {mode!r}; choose 'fan_in' or 'fan_out'")
    fan = _fans(name, tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / sqrt(fan) if fan else 0.0
