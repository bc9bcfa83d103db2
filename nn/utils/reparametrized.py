"""Weight and spectral normalisation by hooks, under the names that older programs and weights use;
`parametrizations` has the same without hooks."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import Tensor
from autograd.errors import warn

from ..conv import _Transposed
from ..functional import normalize
from ..module import Module
from ..parameter import Parameter
from .parametrizations import as_matrix, norm_except, power_iteration


class _Recomputed:
    """A hook that computes a module's tensor from others before each call."""

    kind = ""

    def __init__(self, name: str) -> None:
        self.name = name

    def parts(self, module: Any, *names: str) -> list[Tensor]:
        return [getattr(module, f"{self.name}_{part}") for part in names]

    def compute(self, module: Any, training: bool) -> Tensor:
        raise NotImplementedError

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute(module, module.training))

    def begin(self, module: Module) -> Tensor:
        """Take the parameter out of the module and return it."""
        weight = module._parameters.get(self.name)
        if weight is None:
            raise ValueError(f"{self.kind}: {module._get_name()} has no parameter {self.name!r}")
        weight.shape  # noqa: B018 - one without a shape raises
        delattr(module, self.name)
        return weight

    def end(self, module: Module, *names: str) -> None:
        """Make a plain parameter of what was computed, and remove what it was computed from."""
        value = self.compute(module, False).detach()
        for name in (self.name, *(f"{self.name}_{part}" for part in names)):
            delattr(module, name)
        module.register_parameter(self.name, Parameter(value))


class _Weight(_Recomputed):
    kind = "weight_norm"

    def __init__(self, name: str, dim: int) -> None:
        super().__init__(name)
        self.dim = dim

    def compute(self, module: Any, training: bool) -> Tensor:
        g, v = self.parts(module, "g", "v")
        return v * (g / norm_except(v, self.dim))


class _Spectral(_Recomputed):
    kind = "spectral_norm"

    def __init__(self, name: str, times: int, dim: int, eps: float) -> None:
        super().__init__(name)
        if times <= 0:
            raise ValueError(f"spectral_norm: n_power_iterations must be positive, got {times}")
        self.times, self.dim, self.eps = times, dim, eps

    def compute(self, module: Any, training: bool) -> Tensor:
        weight, u, v = self.parts(module, "orig", "u", "v")
        matrix = as_matrix(weight, self.dim)
        if training:
            power_iteration(matrix.t(), v, u, self.times, self.eps)  # begins with v
            u, v = u.clone(), v.clone()  # the next call writes into them
        return weight / u.dot(matrix.mv(v))


def _hook(module: Any, kind: type[_Recomputed], name: str) -> Any:
    """(key, hook) of a kind for a tensor, or None."""
    hooks = {} if module._hooks is None else module._hooks.forward_pre
    return next(((key, hook) for key, (hook, *_) in hooks.items()
                 if isinstance(hook, kind) and hook.name == name), None)


def _taken(module: Any, kind: type[_Recomputed], name: str) -> Any:
    found = _hook(module, kind, name)
    if found is None:
        raise ValueError(f"{kind.kind}: {module._get_name()}.{name} has none")
    del module._hooks.forward_pre[found[0]]
    return found[1]


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Deprecated: use parametrizations.weight_norm, which computes the same from `weight_g` and
    `weight_v` under other names.

    >>> import nn, warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     list(nn.utils.weight_norm(nn.Linear(2, 1)).state_dict())
    ['bias', 'weight_g', 'weight_v']
    """
    warn("nn.utils.weight_norm is deprecated; use "
         "nn.utils.parametrizations.weight_norm", FutureWarning)
    hook = _Weight(name, -1 if dim is None else dim)
    weight = hook.begin(module)
    with autograd.no_grad():
        module.register_parameter(f"{name}_g", Parameter(norm_except(weight, hook.dim)))
    module.register_parameter(f"{name}_v", Parameter(weight.detach()))
    setattr(module, name, hook.compute(module, False))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make a weight that weight_norm computes a plain parameter again."""
    _taken(module, _Weight, name).end(module, "g", "v")
    return module


def spectral_norm(module: Module, name: str = "weight", n_power_iterations: int = 1,
                  eps: float = 1e-12, dim: int | None = None) -> Module:
    """What parametrizations.spectral_norm does, with the names `weight_orig`, `weight_u` and
    `weight_v`, and one draw in the place of 15 iterations at first.

    >>> import nn
    >>> list(nn.utils.spectral_norm(nn.Linear(2, 1)).state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    hook = _Spectral(name, n_power_iterations,
                     int(isinstance(module, _Transposed)) if dim is None else dim, eps)
    weight = hook.begin(module)
    module.register_parameter(f"{name}_orig", weight)  # type: ignore[arg-type]
    for part, size in zip("uv", as_matrix(weight.detach(), hook.dim).shape, strict=True):
        drawn = autograd.randn(size, dtype=weight.dtype)
        module.register_buffer(f"{name}_{part}", normalize(drawn, dim=0, eps=eps))
    setattr(module, name, weight.detach())
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make a weight that spectral_norm computes a plain parameter again."""
    _taken(module, _Spectral, name).end(module, "orig", "u", "v")
    return module


def skip_init(module_cls: type, *args: Any, **kwargs: Any) -> Any:
    """A module of this class; its parameters are to be set.  They are drawn all the same, which
    costs little here, so this is `module_cls(*args, **kwargs)`."""
    return module_cls(*args, **kwargs)
