"""Layers that learn their input's size from the first input: they make their parameters then, and
become the plain layers."""

from __future__ import annotations

from typing import Any

from autograd import Tensor

from . import conv, linear, normalization
from .module import Module
from .parameter import UninitializedBuffer, UninitializedParameter, is_lazy


class LazyModuleMixin(Module):
    """Base of modules whose parameters get their shapes in the first call: it stands before the
    layer among a class's bases, and `initialize_parameters(*args)` makes them from the arguments.

    The module then becomes one of `cls_to_become`, if that is set.

    Raises: RuntimeError in the first call if a parameter has no shape after it.
    """

    cls_to_become: type | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._initialize_hook = self.register_forward_pre_hook(self._infer_parameters,
                                                               with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Make the parameters, from the arguments of the first call."""
        raise NotImplementedError(f"{self._get_name()} must define initialize_parameters()")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer of the module's own has no shape yet."""
        return any(map(is_lazy, (*self.parameters(recurse=False), *self.buffers(recurse=False))))

    def _infer_parameters(self, module: Any, args: tuple, kwargs: dict) -> None:
        module.initialize_parameters(*args, **kwargs)
        if module.has_uninitialized_params():
            raise RuntimeError(f"{self._get_name()}: initialize_parameters() has left parameters "
                               "without a shape; materialize(shape) gives them one")
        module._initialize_hook.remove()
        del module._initialize_hook
        if not any(vars(module._hooks).values()):
            object.__setattr__(module, "_hooks", None)
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become


class _LazyLayer(LazyModuleMixin):
    """Base of this library's lazy layers, which are built for a size that is forgotten."""

    _size = "in_features"

    def _forget(self, device, dtype) -> None:
        for name, parameter in self._members("parameter").items():
            if parameter is not None:
                setattr(self, name, UninitializedParameter(device=device, dtype=dtype))
        for name, buffer in self._members("buffer").items():
            if buffer is not None and buffer.ndim:
                setattr(self, name, UninitializedBuffer(device=device, dtype=dtype))
        setattr(self, self._size, 0)

    def reset_parameters(self) -> None:
        """Draw the parameters anew, once they have a shape."""
        if "_initialize_hook" in vars(self) and not self.has_uninitialized_params():
            super().reset_parameters()  # type: ignore[misc]

    def initialize_parameters(self, input: Tensor) -> None:
        """Make parameters and buffers for inputs of this size, unless they were loaded."""
        size = self._found(input)
        setattr(self, self._size, size)
        if self.has_uninitialized_params():
            for tensor in (*self.parameters(recurse=False), *self.buffers(recurse=False)):
                if is_lazy(tensor):
                    tensor.materialize(self._shape(tensor, size))
            self.reset_parameters()

    def _found(self, input: Tensor) -> int:
        """The size of an input."""
        return input.shape[-1]

    def _shape(self, tensor: Tensor, size: int) -> tuple[int, ...]:
        """The shape of a parameter or buffer for inputs of this size."""
        return (size,)


class LazyLinear(_LazyLayer, linear.Linear):
    """Linear whose `in_features` is the size of the first input's last dimension.

    Shape: (*, in_features) -> (*, out_features).

    >>> import autograd, nn
    >>> layer = nn.LazyLinear(3)
    >>> layer(autograd.zeros(2, 5)).shape, layer
    (Size([2, 3]), Linear(in_features=5, out_features=3))
    """

    cls_to_become = linear.Linear

    def __init__(self, out_features: int, bias: bool = True, device=None, dtype=None) -> None:
        super().__init__(0, out_features, bias, device, dtype)
        self._forget(device, dtype)

    def _shape(self, tensor: Tensor, size: int) -> tuple[int, ...]:
        return (self.out_features, size) if tensor is self.weight else (self.out_features,)


class _LazyConv(_LazyLayer, conv._Conv):
    """Convolution whose `in_channels` is the number of the first input's channels."""

    _size = "in_channels"

    def _found(self, input: Tensor) -> int:
        name, n = self._get_name(), self._dims
        if input.ndim not in (n + 1, n + 2):
            raise RuntimeError(f"{name}: {n + 1}-d or {n + 2}-d input is needed, got "
                               f"{tuple(input.shape)}")
        channels = input.shape[-n - 1]
        if channels % self.groups:
            raise ValueError(f"{name}: groups={self.groups} must divide the {channels} channels of "
                             f"input {tuple(input.shape)}")
        return channels

    def _shape(self, tensor: Tensor, size: int) -> tuple[int, ...]:
        if tensor is not self.weight:
            return (self.out_channels,)
        first, second = self.out_channels, size
        if self._transposed:
            first, second = second, first
        return first, second // self.groups, *self.kernel_size


class _LazyForward(_LazyConv):
    def __init__(self, out_channels: int, kernel_size, stride=1, padding=0, dilation=1,
                 groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device=None,
                 dtype=None) -> None:
        super().__init__(groups, out_channels, kernel_size, stride, padding, dilation, groups,
                         bias, padding_mode, device, dtype)
        self._forget(device, dtype)


class LazyConv1d(_LazyForward, conv.Conv1d):
    """Conv1d whose `in_channels` is that of the first input.

    Shape: (N, C, L) or (C, L) -> (N, O, L').
    """

    cls_to_become = conv.Conv1d


class LazyConv2d(_LazyForward, conv.Conv2d):
    """Conv2d whose `in_channels` is that of the first input.

    Shape: (N, C, H, W) or (C, H, W) -> (N, O, H', W').

    >>> import autograd, nn
    >>> nn.LazyConv2d(6, 5)(autograd.zeros(2, 3, 8, 8)).shape
    Size([2, 6, 4, 4])
    """

    cls_to_become = conv.Conv2d


class LazyConv3d(_LazyForward, conv.Conv3d):
    """Conv3d whose `in_channels` is that of the first input.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, O, D', H', W').
    """

    cls_to_become = conv.Conv3d


class _LazyTransposed(_LazyConv):
    def __init__(self, out_channels: int, kernel_size, stride=1, padding=0, output_padding=0,
                 groups: int = 1, bias: bool = True, dilation=1, padding_mode: str = "zeros",
                 device=None, dtype=None) -> None:
        super().__init__(groups, out_channels, kernel_size, stride, padding, output_padding, groups,
                         bias, dilation, padding_mode, device, dtype)
        self._forget(device, dtype)


class LazyConvTranspose1d(_LazyTransposed, conv.ConvTranspose1d):
    """ConvTranspose1d whose `in_channels` is that of the first input.

    Shape: (N, C, L) or (C, L) -> (N, O, L').
    """

    cls_to_become = conv.ConvTranspose1d


class LazyConvTranspose2d(_LazyTransposed, conv.ConvTranspose2d):
    """ConvTranspose2d whose `in_channels` is that of the first input.

    Shape: (N, C, H, W) or (C, H, W) -> (N, O, H', W').
    """

    cls_to_become = conv.ConvTranspose2d


class LazyConvTranspose3d(_LazyTransposed, conv.ConvTranspose3d):
    """ConvTranspose3d whose `in_channels` is that of the first input.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, O, D', H', W').
    """

    cls_to_become = conv.ConvTranspose3d


class _LazyNorm(_LazyLayer, normalization._Running):
    """Norm whose `num_features` is the number of the first input's channels."""

    _size = "num_features"

    def __init__(self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
                 track_running_stats: bool = True, device=None, dtype=None, *,
                 bias: bool = True) -> None:
        super().__init__(0, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self._forget(device, dtype)

    def _found(self, input: Tensor) -> int:
        self._check(input)
        return input.shape[self._channels(input.ndim)]


class LazyBatchNorm1d(_LazyNorm, normalization.BatchNorm1d):
    """BatchNorm1d whose `num_features` is that of the first input.

    Shape: (N, C) or (N, C, L) -> the same.
    """

    cls_to_become = normalization.BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, normalization.BatchNorm2d):
    """BatchNorm2d whose `num_features` is that of the first input.

    Shape: (N, C, H, W) -> the same.
    """

    cls_to_become = normalization.BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, normalization.BatchNorm3d):
    """BatchNorm3d whose `num_features` is that of the first input.

    Shape: (N, C, D, H, W) -> the same.
    """

    cls_to_become = normalization.BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, normalization.InstanceNorm1d):
    """InstanceNorm1d whose `num_features` is that of the first input.

    Shape: (N, C, L) or (C, L) -> the same.
    """

    cls_to_become = normalization.InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, normalization.InstanceNorm2d):
    """InstanceNorm2d whose `num_features` is that of the first input.

    Shape: (N, C, H, W) or (C, H, W) -> the same.
    """

    cls_to_become = normalization.InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, normalization.InstanceNorm3d):
    """InstanceNorm3d whose `num_features` is that of the first input.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> the same.
    """

    cls_to_become = normalization.InstanceNorm3d
