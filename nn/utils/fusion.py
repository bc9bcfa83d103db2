"""Batch normalisation in evaluation taken into the layer before it."""

from __future__ import annotations

import copy
from typing import Any

import autograd
from autograd import Tensor
from autograd.errors import check_switches

from ..module import Module
from ..parameter import Parameter


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """A copy of a convolution, `transpose` if it is a transposed one, that does what it and the
    batch normalisation behind it do; both must be in evaluation mode.

    >>> import autograd, nn
    >>> conv, bn = nn.Conv2d(3, 4, 2).eval(), nn.BatchNorm2d(4).eval()
    >>> x = autograd.randn(1, 3, 5, 5)
    >>> fused = nn.utils.fuse_conv_bn_eval(conv, bn)
    >>> bool(((fused(x) - bn(conv(x))).abs() < 1e-5).all())
    True
    """
    check_switches("fuse_conv_bn_eval", transpose=transpose)
    _check("fuse_conv_bn_eval", conv, bn)
    fused = copy.deepcopy(conv)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias,
        transpose)
    return fused


def fuse_conv_bn_weights(conv_w: Tensor, conv_b: Tensor | None, bn_rm: Tensor, bn_rv: Tensor,
                         bn_eps: float, bn_w: Tensor | None, bn_b: Tensor | None,
                         transpose: bool = False) -> tuple[Parameter, Parameter]:
    """The weight and bias of a convolution with batch normalisation in it: W s and (b - mean) s +
    bias, s = weight / sqrt(var + eps)."""
    check_switches("fuse_conv_bn_weights", transpose=transpose)
    with autograd.no_grad():
        scale = (bn_rv + bn_eps).rsqrt()
        scale = scale if bn_w is None else scale * bn_w
        shape = [1] * conv_w.ndim
        shape[1 if transpose else 0] = -1
        bias = -bn_rm if conv_b is None else conv_b - bn_rm
        bias = bias * scale if bn_b is None else bias * scale + bn_b
        weight = (conv_w * scale.reshape(*shape)).to(conv_w.dtype)
        trained = conv_b is not None and conv_b.requires_grad
        dtype = conv_w.dtype if conv_b is None else conv_b.dtype
        return Parameter(weight, conv_w.requires_grad), Parameter(bias.to(dtype), trained)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A copy of a Linear that does what it and the batch normalisation behind it do; both must be
    in evaluation mode."""
    _check("fuse_linear_bn_eval", linear, bn)
    if bn.num_features not in (1, linear.out_features):
        raise AssertionError(f"fuse_linear_bn_eval: num_features={bn.num_features} must be 1 or "
                             f"out_features={linear.out_features}")
    fused = copy.deepcopy(linear)
    fused.weight, fused.bias = fuse_linear_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias)
    return fused


def fuse_linear_bn_weights(linear_w: Tensor, linear_b: Tensor | None, bn_rm: Tensor, bn_rv: Tensor,
                           bn_eps: float, bn_w: Tensor | None,
                           bn_b: Tensor | None) -> tuple[Parameter, Parameter]:
    """The weight and bias of a Linear with batch normalisation in it, as for convolutions."""
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def _check(who: str, layer: Module, bn: Any) -> None:
    if layer.training or bn.training:
        raise AssertionError(f"{who}: both modules must be in evaluation mode; call eval()")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError(f"{who}: {bn!r} has no running statistics to take in")
