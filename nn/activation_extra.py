"""Rarer activation functions as modules."""

from __future__ import annotations

import autograd
from autograd import Tensor

from . import functional as F
from .activation import Activation, AlongDim, InPlace
from .errors import check_whole
from .module import Module, fits, shape_of
from .parameter import Parameter


class ReLU6(InPlace):
    """min(max(0, x), 6); the gradient at 0 and 6 is 0.  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.relu6(input, self.inplace)


class SELU(InPlace):
    """1.0507 x where x is above 0, else 1.0507 * 1.6733 (eˣ - 1).  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.selu(input, self.inplace)


class Mish(InPlace):
    """x tanh(log(1 + eˣ)).  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.mish(input, self.inplace)


class Hardsigmoid(InPlace):
    """x / 6 + 1/2 held between 0 and 1.  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.hardsigmoid(input, self.inplace)


class Hardswish(InPlace):
    """x times hardsigmoid(x).  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.hardswish(input, self.inplace)


class Softsign(Module):
    """x / (1 + |x|).  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softsign(input)


class Tanhshrink(Module):
    """x - tanh(x).  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.tanhshrink(input)


class LogSigmoid(Module):
    """log(1 / (1 + e⁻ˣ)), without overflow.  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.logsigmoid(input)


class CELU(Activation):
    """x where it is above 0, else alpha (exp(x / alpha) - 1).  Shape: (*) -> (*)."""

    DEFAULTS = dict(inplace=False)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return ", ".join(filter(None, [f"alpha={self.alpha}", super().extra_repr()]))


class Hardtanh(Activation):
    """x held between min_val and max_val.  Shape: (*) -> (*)."""

    DEFAULTS = dict(inplace=False)

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        if not min_val < max_val:
            raise ValueError(f"Hardtanh: min_val {min_val} must be below max_val {max_val}")
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return ", ".join(filter(None, [f"min_val={self.min_val}, max_val={self.max_val}",
                                       super().extra_repr()]))


class Threshold(Activation):
    """x where it is above the threshold, else value.  Shape: (*) -> (*)."""

    DEFAULTS = dict(inplace=False)

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        return ", ".join(filter(None, [f"threshold={self.threshold}, value={self.value}",
                                       super().extra_repr()]))


class Softshrink(Module):
    """x brought nearer to 0 by lambd, and 0 within lambd of it.  Shape: (*) -> (*)."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Hardshrink(Module):
    """x, and 0 within lambd of 0.  Shape: (*) -> (*)."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class PReLU(Module):
    """x where it is above 0, else weight * x, with a learned weight, or one per channel.

    Shape: (N, C, *) -> (N, C, *); weight (num_parameters), 1 or C of them, `init` at the start.
    Reference: He et al., Delving Deep into Rectifiers, 2015, equation 1.
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device=None,
                 dtype=None) -> None:
        super().__init__()
        check_whole(type(self).__name__, 1, num_parameters=num_parameters)
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(autograd.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set all weights to `init`."""
        with autograd.no_grad():
            self.weight.fill_(self.init)

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def _advice(self, args: tuple) -> str:
        shape = shape_of(args)
        if len(shape) < 2 or self.num_parameters == 1:
            return ""
        return fits(self, "num_parameters", shape[1])

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class GLU(Module):
    """a sigmoid(b), with a and b the halves of the input along `dim`.

    Shape: (*, 2n, *) -> (*, n, *).
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmin(AlongDim):
    """Softmax of -x along `dim`, which must be given.  Shape: (*) -> (*)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self.dim)


class Softmax2d(Module):
    """Softmax over the channels at every place.  Shape: (N, C, H, W) or (C, H, W), kept."""

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: (N, C, H, W) or (C, H, W) is needed, got "
                             f"{tuple(input.shape)}")
        return F.softmax(input, -3)


class RReLU(Activation):
    """x where it is above 0, else x times a number drawn for each element from U(lower, upper) in
    training, and times their mean in evaluation.  Shape: (*) -> (*).

    Reference: Xu et al., Empirical Evaluation of Rectified Activations, 2015, section 2.4.

    >>> import autograd, nn
    >>> nn.RReLU(0.25, 0.75).eval()(autograd.tensor([-2., 3.])).tolist()
    [-1.0, 3.0]
    """

    DEFAULTS = dict(inplace=False)

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__()
        if not lower <= upper:
            raise ValueError(f"RReLU: lower {lower} must not be above upper {upper}")
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        settings = super().extra_repr()
        return ", ".join(filter(None, [f"lower={self.lower}, upper={self.upper}", settings]))
