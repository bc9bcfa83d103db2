"""Layers that bring their input to mean 0 and variance 1, and then scale and shift it."""

from __future__ import annotations

from collections.abc import Sequence

import autograd
from autograd import Tensor, is_grad_enabled
from autograd.replayed import replayed

from . import functional as F
from . import init
from .errors import check_whole
from .module import Module, changed, fits, shape_of
from .parameter import Parameter
from .slips import note_run


class _Affine(Module):
    """Base: a weight and a bias of one shape, which start as 1 and 0, where they are wanted."""

    weight: Parameter | None
    bias: Parameter | None

    def _make(self, shape, weight: bool, bias: bool, device, dtype) -> None:
        for name, wanted in (("weight", weight), ("bias", bias)):
            values = autograd.empty(shape, device=device, dtype=dtype) if wanted else None
            self.register_parameter(name, None if values is None else Parameter(values))

    def reset_parameters(self) -> None:
        """Set weight to 1 and bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class _Running(_Affine):
    """Base of the norms of (N, num_features, *) with running statistics."""

    dims: tuple[int, ...]  # the numbers of dimensions that fit
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(self, num_features: int, eps: float, momentum: float | None, affine: bool,
                 track_running_stats: bool, device, dtype, bias: bool) -> None:
        super().__init__()
        check_whole(type(self).__name__, 0, num_features=num_features)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        kind = dict(device=device, dtype=dtype)
        self._make((num_features,), affine, affine and bias, **kind)
        tracked = track_running_stats
        self.register_buffer("running_mean",
                             autograd.zeros(num_features, **kind) if tracked else None)
        self.register_buffer("running_var",
                             autograd.ones(num_features, **kind) if tracked else None)
        self.register_buffer("num_batches_tracked",
                             autograd.tensor(0, dtype=autograd.int64) if tracked else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the batches seen: mean 0, variance 1."""
        for buffer, value in ((self.running_mean, 0), (self.running_var, 1),
                              (self.num_batches_tracked, 0)):
            if buffer is not None:
                buffer.fill_(value)

    def reset_parameters(self) -> None:
        """Set weight to 1 and bias to 0, and forget the batches seen."""
        self.reset_running_stats()
        super().reset_parameters()

    def _check(self, input: Tensor) -> None:
        name = type(self).__name__
        if input.ndim not in self.dims:
            fits = " or ".join(f"{n}-d" for n in self.dims)
            raise ValueError(f"{name}: {fits} input is needed, got {tuple(input.shape)}"
                             f"{_of_dims(name, input.ndim, self.num_features)}")

    def _advice(self, args: tuple) -> str:
        shape = shape_of(args)
        if len(shape) not in self.dims:
            return ""
        return fits(self, "num_features", shape[self._channels(len(shape))])

    def _channels(self, ndim: int) -> int:
        """The dimension of the channels in an input of so many."""
        return 1

    def _settings(self, **defaults) -> str:
        bias = "bias=False" if self.weight is not None and self.bias is None else ""
        return ", ".join(filter(None, [str(self.num_features), changed(self, **defaults), bias]))


def _of_dims(name: str, ndim: int, features: int) -> str:
    """The layer of the same kind that takes inputs of so many dimensions, as advice."""
    kind, own = name[:-2], f"{max(ndim - 2, 1)}d"
    if kind not in ("BatchNorm", "InstanceNorm") or own not in ("1d", "2d", "3d") or ndim < 2:
        return ""
    batch = ", input.unsqueeze(0) makes one sample a batch" if ndim > 2 else ""
    return f"; nn.{kind}{own}({features}) takes it{batch}"


@replayed
def _count(batches: Tensor) -> None:
    batches.numpy()[...] += 1  # no graph needs it; add_ takes longer


class _BatchNorm(_Running):
    _two_modes = True

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
                 affine: bool = True, track_running_stats: bool = True, device=None, dtype=None,
                 *, bias: bool = True) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype,
                         bias)

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        mean, var = self.running_mean, self.running_var
        if self.training:
            if not self.track_running_stats:
                mean = var = None
            elif self.num_batches_tracked is not None:
                if not is_grad_enabled():
                    note_run(self)
                _count(self.num_batches_tracked)
                if self.momentum is None:
                    momentum = 1 / self.num_batches_tracked.item()
        return F.batch_norm(input, mean, var, self.weight, self.bias,
                            self.training or mean is None, momentum, self.eps)

    def extra_repr(self) -> str:
        return self._settings(eps=1e-5, momentum=0.1, affine=True, track_running_stats=True)


class BatchNorm1d(_BatchNorm):
    """(x - mean) / sqrt(var + eps) * weight + bias for each channel: with mean and variance of the
    batch while training, with the running ones (weighted by `momentum`, None: the average of all
    batches) in evaluation.

    Shape: (N, C) or (N, C, L) -> the same.
    Reference: Ioffe and Szegedy, Batch Normalization, 2015.
    """

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalisation as in `BatchNorm1d`, of images.

    Shape: (N, C, H, W) -> the same.
    """

    dims = (4,)


class BatchNorm3d(_BatchNorm):
    """Batch normalisation as in `BatchNorm1d`, of volumes.

    Shape: (N, C, D, H, W) -> the same.
    """

    dims = (5,)


class _InstanceNorm(_Running):
    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
                 affine: bool = False, track_running_stats: bool = False, device=None, dtype=None,
                 *, bias: bool = True) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype,
                         bias)

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        single = self._channels(input.ndim) == 0
        channels = input.shape[0 if single else 1]
        if channels != self.num_features:
            raise ValueError(f"{type(self).__name__}: {self.num_features} channels are needed, got "
                             f"{channels} in {tuple(input.shape)}")
        batch = input.unsqueeze(0) if single else input
        momentum = 0.0 if self.momentum is None else self.momentum
        out = F.instance_norm(batch, self.running_mean, self.running_var, self.weight, self.bias,
                              self.training or not self.track_running_stats, momentum, self.eps)
        return out.squeeze(0) if single else out

    def _channels(self, ndim: int) -> int:
        return 0 if ndim == self.dims[0] else 1

    def extra_repr(self) -> str:
        return self._settings(eps=1e-5, momentum=0.1, affine=False, track_running_stats=False)


class InstanceNorm1d(_InstanceNorm):
    """(x - mean) / sqrt(var + eps), with mean and variance of each channel of each sample.

    Shape: (N, C, L) or (C, L) -> the same.
    Reference: Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016.
    """

    dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """(x - mean) / sqrt(var + eps), with mean and variance of each channel of each image.

    Shape: (N, C, H, W) or (C, H, W) -> the same.
    """

    dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """(x - mean) / sqrt(var + eps), with mean and variance of each channel of each volume.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> the same.
    """

    dims = (4, 5)


class GroupNorm(_Affine):
    """(x - mean) / sqrt(var + eps) * weight + bias, with mean and variance of each image's groups
    of num_channels / num_groups channels.

    Shape: (N, num_channels, *) -> the same.
    Reference: Wu and He, Group Normalization, 2018.
    """

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True,
                 device=None, dtype=None, *, bias: bool = True) -> None:
        super().__init__()
        check_whole(type(self).__name__, 1, num_groups=num_groups)
        check_whole(type(self).__name__, 0, num_channels=num_channels)
        if num_channels % num_groups:
            raise ValueError(f"GroupNorm: num_channels={num_channels} does not divide into "
                             f"num_groups={num_groups}")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._make((num_channels,), affine, affine and bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def _advice(self, args: tuple) -> str:
        shape = shape_of(args)
        advice = fits(self, "num_channels", shape[1]) if len(shape) > 1 else ""
        if advice and shape[1] % self.num_groups:
            return f"{advice}, with num_groups one of its divisors"
        return advice

    def extra_repr(self) -> str:
        bias = "bias=False" if self.weight is not None and self.bias is None else ""
        settings = changed(self, eps=1e-5, affine=True)
        return ", ".join(filter(None, [f"{self.num_groups}, {self.num_channels}", settings, bias]))


class LayerNorm(_Affine):
    """(x - mean) / sqrt(var + eps) * weight + bias, with mean and variance over the last
    dimensions, those of normalized_shape.

    Shape: (*, *normalized_shape) -> the same.
    Reference: Ba, Kiros and Hinton, Layer Normalization, 2016.
    """

    def __init__(self, normalized_shape: int | Sequence[int], eps: float = 1e-5,
                 elementwise_affine: bool = True, bias: bool = True, device=None,
                 dtype=None) -> None:
        super().__init__()
        self.normalized_shape = _sizes(type(self).__name__, normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._make(self.normalized_shape, elementwise_affine, elementwise_affine and bias, device,
                   dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def _advice(self, args: tuple) -> str:
        return _shape_advice(self, args)

    def extra_repr(self) -> str:
        bias = "bias=False" if self.weight is not None and self.bias is None else ""
        settings = changed(self, eps=1e-5, elementwise_affine=True)
        return ", ".join(filter(None, [str(self.normalized_shape), settings, bias]))


class RMSNorm(_Affine):
    """x / sqrt(mean(x²) + eps) * weight over the last dimensions, those of normalized_shape; eps
    is by default the dtype's.

    Shape: (*, *normalized_shape) -> the same.
    Reference: Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.
    """

    def __init__(self, normalized_shape: int | Sequence[int], eps: float | None = None,
                 elementwise_affine: bool = True, device=None, dtype=None) -> None:
        super().__init__()
        self.normalized_shape = _sizes(type(self).__name__, normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._make(self.normalized_shape, elementwise_affine, False, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def _advice(self, args: tuple) -> str:
        return _shape_advice(self, args)

    def extra_repr(self) -> str:
        settings = changed(self, eps=None, elementwise_affine=True)
        return ", ".join(filter(None, [str(self.normalized_shape), settings]))


class LocalResponseNorm(Module):
    """x / (k + alpha / size Σ x²)^beta, summed over the `size` channels around each.

    Shape: (N, C, *) -> the same.
    Reference: Krizhevsky, Sutskever and Hinton, ImageNet Classification, 2012, section 3.3.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        settings = changed(self, alpha=1e-4, beta=0.75, k=1.0)
        return ", ".join(filter(None, [str(self.size), settings]))


def _shape_advice(module: LayerNorm | RMSNorm, args: tuple) -> str:
    shape, n = shape_of(args), len(module.normalized_shape)
    return fits(module, "normalized_shape", shape[-n:]) if len(shape) >= n else ""


def _sizes(name: str, shape: int | Sequence[int]) -> tuple[int, ...]:
    """normalized_shape as a tuple."""
    sizes = tuple(shape) if isinstance(shape, Sequence) else (shape,)
    for size in sizes:
        check_whole(name, 0, normalized_shape=size)
    return tuple(map(int, sizes))
