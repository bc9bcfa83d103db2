"""Complex numbers made of real ones, and taken apart again.

Gradients follow PyTorch: for a real L, the gradient of z = x + iy is ∂L/∂x + i ∂L/∂y, along which
L grows.  So where f has a derivative f', the rule is g conj(f'(z)).
"""

from __future__ import annotations

import numpy as np

from ..dtypes import complex_of, real_of
from ..errors import describe
from ..record import composite, op
from ..tensors import Complex, Tensor
from .compare import where
from .elementwise import _caster, cos, sin
from .shape import _matrix_transpose, clone


@op(any=True, broadcasts=True, method=False, vjp=dict(
    real=lambda g: g.real, imag=lambda g: g.imag))
def complex(real, imag, /):
    """real + i imag, of two tensors of one floating dtype, float32 or float64.

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.complex(autograd.tensor([1.]), autograd.tensor([2.]))
    tensor([1.+2.j])
    """
    if real.dtype is not imag.dtype or real.dtype not in (np.float32, np.float64):
        raise TypeError(f"complex: both parts must be float32 or both float64, got {real.dtype} "
                        f"and {imag.dtype}; convert with .to(dtype)")
    shape = np.broadcast_shapes(real.shape, imag.shape)
    out = np.empty(shape, complex_of(real.dtype))
    out.real, out.imag = real, imag
    return out


@composite(method=False)
def polar(abs, angle):
    """abs (cos(angle) + i sin(angle)).

    Shape: (*), (*) -> (*), broadcast

    >>> autograd.polar(autograd.tensor([2.]), autograd.tensor([0.]))
    tensor([2.+0.j])
    """
    return complex(abs * cos(angle), abs * sin(angle))


@op(any=True, view=True, broadcasts=True, method=False, vjp=dict(input=lambda g: g))
def _real(input, /):
    return input.real


@op(any=True, view=True, broadcasts=True, method=False, vjp=dict(input=lambda g: g * 1j))
def _imag(input, /):
    return input.imag


@op(any=True, broadcasts=True, method=False, vjp=dict(input=lambda g: g.conj()))
def _conj(input, /):
    return np.conjugate(input)


@composite(method=False)
def real(input):
    """The real part, of a real tensor the tensor itself; `input.real` is the same, a view.

    >>> autograd.real(autograd.tensor([-1.]))
    tensor([-1.])
    """
    return _real(input) if input.is_complex() else input


def imag(input):
    """The imaginary part, a view, which a real tensor has not.

    Raises: RuntimeError, as in PyTorch; zeros_like gives the zeros that it would be.

    >>> autograd.imag(autograd.tensor([1 + 2j]))
    tensor([2.])
    """
    if not input.is_complex():
        raise RuntimeError(f"imag: a real tensor has no imaginary part, got {describe(input)}; "
                           "zeros_like gives zeros")
    return _imag(input)


@composite()
def conj(input):
    """The conjugate, in memory of its own; for real numbers the tensor itself.

    >>> autograd.conj(autograd.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return _conj(input) if input.is_complex() else input


@composite(inplace=True)
def conj_physical(input):
    """The conjugate; see conj.

    >>> autograd.conj_physical(autograd.tensor([-1.]))
    tensor([-1.])
    """
    return conj(input)


@composite()
def resolve_conj(input):
    """The tensor itself: no conjugate is still to be taken.

    >>> autograd.resolve_conj(autograd.tensor([-1.]))
    tensor([-1.])
    """
    return input


@composite()
def resolve_neg(input):
    """The tensor itself: no sign is still to be changed.

    >>> autograd.resolve_neg(autograd.tensor([-1.]))
    tensor([-1.])
    """
    return input


@op(any=True, broadcasts=True, promotes="float", vjp=dict(
    input=lambda g, input: _angle_grad(g, input)))
def angle(input, /):
    """The angle of a number in the plane, in (-π, π]; of real numbers 0 or π.  Its gradient is 0
    for real numbers and at 0.

    Shape: (*) -> (*), real

    >>> autograd.angle(autograd.tensor([1j, -1 + 0j]))
    tensor([1.5708, 3.1416])
    """
    found = np.angle(input).astype(real_of(input.dtype), copy=False)
    return np.where(np.isnan(input), input, found) if input.dtype.kind == "f" else found


def _angle_grad(g, input):
    if input.dtype.kind == "f":
        return g * 0
    zero = input == 0
    return _unless(zero, g * 1j / _unless(zero, input, 1).conj())


def _unless(condition, value, other=0):
    """The complex value, and the number `other` where the condition is true."""
    return where(condition, value.dtype.type(other), value)


@op(any=True, view=True, method=False, vjp=dict(input=lambda g: view_as_complex(g)))
def view_as_real(input, /):
    """The real and the imaginary parts along a new last dimension of size 2, as a view.

    Shape: (*) -> (*, 2)

    >>> autograd.view_as_real(autograd.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    if input.dtype.kind != "c":
        raise TypeError(f"view_as_real: a complex tensor is needed, got {input.dtype}")
    return input[..., None].view(real_of(input.dtype))


@op(any=True, view=True, method=False, vjp=dict(input=lambda g: view_as_real(g)))
def view_as_complex(input, /):
    """Pairs of real and imaginary parts along the last dimension as complex numbers, a view.

    Shape: (*, 2) -> (*)
    Raises: RuntimeError where the two of a pair do not lie side by side.

    >>> autograd.view_as_complex(autograd.tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    if input.dtype not in (np.float32, np.float64) or input.shape[-1:] != (2,):
        raise TypeError("view_as_complex: float32 or float64 and a last dimension of size 2 are "
                        f"needed, got {input.shape} {input.dtype}")
    if input.strides[-1] != input.itemsize:
        raise RuntimeError("view_as_complex: the two numbers of each pair must lie side by side, "
                           f"strides are {input.strides} bytes; use .contiguous()")
    return input.view(complex_of(input.dtype))[..., 0]


@composite(method=False)
def view_as_real_copy(input):
    """view_as_real in memory of its own.

    >>> autograd.view_as_real_copy(autograd.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    return clone(view_as_real(input))


@composite(method=False)
def view_as_complex_copy(input):
    """view_as_complex in memory of its own.

    >>> autograd.view_as_complex_copy(autograd.tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    return clone(view_as_complex(input.contiguous()))


@op(any=True, broadcasts=True, promotes="common", method=False, vjp=dict(
    input=lambda g, input, out: _unit_grad(g, input, out)))
def _sgn(input, /):
    """z / |z|, and 0 at 0."""
    size = np.absolute(input)
    return input / np.where(size == 0, 1, size)


def _unit_grad(g, input, out):
    """What of g is across z, divided by |z|."""
    zero = input == 0
    size = _unless(zero, input, 1).__abs__()
    return _unless(zero, (g - out * (g * out.conj()).real) / size)


@composite()
def adjoint(input):
    """The conjugate transpose of the last two dimensions: `x.mH`.

    >>> autograd.adjoint(autograd.tensor([[1j, 2.]]))
    tensor([[0.-1.j],
            [2.-0.j]])
    """
    return _matrix_transpose(conj(input))


cfloat, cdouble = _caster("cfloat", np.dtype(np.complex64)), _caster("cdouble",
                                                                     np.dtype(np.complex128))
Tensor.real = property(real, lambda self, value: real(self).__setitem__(..., value))  # type: ignore[attr-defined]
Tensor.imag = property(imag, lambda self, value: imag(self).__setitem__(..., value))  # type: ignore[attr-defined]
Tensor.mH = property(adjoint)  # type: ignore[attr-defined]
Complex.H = property(adjoint)  # type: ignore[attr-defined]
