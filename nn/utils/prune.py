"""Pruning: weights multiplied by masks of 0 and 1 before each call.

A pruned `weight` is computed from the parameter `weight_orig` and the buffer `weight_mask`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

import autograd
from autograd import Tensor

from ..module import Module
from .convert import parameters_to_vector


class BasePruningMethod:
    """Base of the methods: a subclass defines `compute_mask(t, default_mask)`, the mask for scores
    t where `default_mask` is what is left so far, and PRUNING_TYPE: "unstructured" masks single
    elements, "structured" slices along its attribute `dim`, "global" sees all elements again."""

    PRUNING_TYPE = "unstructured"
    _tensor_name: str

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The new mask, of t's shape."""
        raise NotImplementedError(f"{type(self).__name__} must define compute_mask()")

    def apply_mask(self, module: Any) -> Tensor:
        """The pruned tensor of a module."""
        mask, original = (getattr(module, f"{self._tensor_name}_{part}")
                          for part in ("mask", "orig"))
        return mask.to(original.dtype) * original

    @classmethod
    def apply(cls, module: Module, name: str, *args: Any, importance_scores: Tensor | None = None,
              **kwargs: Any) -> BasePruningMethod:
        """Prune `module.name` by this method, made from the arguments, on top of what was pruned
        there before; returns what does it."""
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        before = _method(module, name)
        original = getattr(module, name)
        scores = original if importance_scores is None else importance_scores
        _check_scores(scores, original)
        if before is None:
            default = autograd.ones_like(original)
        else:
            default = getattr(module, f"{name}_mask").detach().clone()
            chain = before if isinstance(before, PruningContainer) else PruningContainer(before)
            chain.add_pruning_method(method)
            method = chain
        mask = method.compute_mask(scores.detach(), default_mask=default.detach())
        if before is None:
            delattr(module, name)
            module.register_parameter(f"{name}_orig", original)
        else:
            _remove_hook(module, name)
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Tensor, default_mask: Tensor | None = None,
              importance_scores: Tensor | None = None) -> Tensor:
        """t with the mask applied that its scores, t itself by default, give."""
        scores = t if importance_scores is None else importance_scores
        _check_scores(scores, t)
        default = autograd.ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(scores.detach(), default_mask=default)

    def remove(self, module: Any) -> None:
        """Make the pruned tensor a plain parameter again, zeros and all."""
        name = self._tensor_name
        pruned, original = self.apply_mask(module), getattr(module, f"{name}_orig")
        for part in (name, f"{name}_orig", f"{name}_mask"):
            delattr(module, part)
        original.data = pruned.detach()
        setattr(module, name, original)


class PruningContainer(BasePruningMethod):
    """Methods that were applied to one tensor, one after the other."""

    def __init__(self, *args: BasePruningMethod) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        if args:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod) -> None:
        """Add a method, which must be of the same tensor."""
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"PruningContainer: a pruning method is needed, got {method!r:.60}")
        if method._tensor_name != self._tensor_name:
            raise ValueError(f"PruningContainer: a method of {self._tensor_name!r} is needed, got "
                             f"one of {method._tensor_name!r}")
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, index: int) -> BasePruningMethod:
        return self._pruning_methods[index]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask of the last method on what the others have left."""
        method, mask = self._pruning_methods[-1], default_mask.to(t.dtype).clone()
        left: Any = slice(None)
        if method.PRUNING_TYPE == "unstructured":
            left = mask.numpy() == 1
        elif method.PRUNING_TYPE == "structured":
            dim = method.dim % t.ndim  # type: ignore[attr-defined]
            others = tuple(d for d in range(t.ndim) if d != dim)
            left = (slice(None),) * dim + (np.flatnonzero(mask.numpy().sum(others)),)
        elif method.PRUNING_TYPE != "global":
            raise ValueError(f"{type(method).__name__}: PRUNING_TYPE {method.PRUNING_TYPE!r}; "
                             "choose 'unstructured', 'structured' or 'global'")
        mask[left] = method.compute_mask(t[left], default_mask=mask[left]).to(mask.dtype)
        return mask


class Identity(BasePruningMethod):
    """Prunes nothing, but makes the names of a pruned tensor."""

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask


class CustomFromMask(BasePruningMethod):
    """Prunes what a given mask has 0 for."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask * self.mask.to(default_mask.dtype)


class _Amount(BasePruningMethod):
    """Base: a method that prunes a number of elements, or a share of them."""

    def __init__(self, amount: int | float) -> None:
        name = type(self).__name__
        if isinstance(amount, bool) or not isinstance(amount, (int, float, np.number)):
            raise TypeError(f"{name}: amount must be a number, got {amount!r}")
        whole = isinstance(amount, (int, np.integer))
        if amount < 0 or not whole and amount > 1:
            raise ValueError(f"{name}: amount must be a whole number or a share from 0 to 1, got "
                             f"{amount}")
        self.amount = amount

    def _count(self, size: int) -> int:
        """How many of `size` are pruned."""
        if isinstance(self.amount, float):
            return round(self.amount * size)
        if self.amount > size:
            raise ValueError(f"{type(self).__name__}: amount={self.amount} is more than the {size} "
                             "there are to prune")
        return int(self.amount)

    def _scores(self, t: Tensor) -> np.ndarray:
        """What says which go first: the smallest."""
        raise NotImplementedError


class _Unstructured(_Amount):
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        count, mask = self._count(t.numel()), default_mask.clone()
        if count:
            order = np.argsort(self._scores(t).reshape(-1), kind="stable")
            mask.numpy().reshape(-1)[order[:count]] = 0
        return mask


class RandomUnstructured(_Unstructured):
    """Prunes elements at random: `amount` of them, or that share."""

    def _scores(self, t: Tensor) -> np.ndarray:
        return autograd.rand(t.shape).numpy()


class L1Unstructured(_Unstructured):
    """Prunes the elements of least absolute value: `amount` of them, or that share."""

    def _scores(self, t: Tensor) -> np.ndarray:
        return np.abs(t.detach().numpy())


class _Structured(_Amount):
    PRUNING_TYPE = "structured"

    def __init__(self, amount: int | float, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        name = type(self).__name__
        if t.ndim < 2:
            raise ValueError(f"{name}: a tensor of two dimensions or more is needed, got "
                             f"{tuple(t.shape)}; unstructured methods prune vectors")
        if not -t.ndim <= self.dim < t.ndim:
            raise IndexError(f"{name}: dim {self.dim} is not in [{-t.ndim}, {t.ndim - 1}]")
        count = self._count(t.shape[self.dim])
        if not count:
            return default_mask
        kept = np.ones(t.shape[self.dim])
        kept[np.argsort(self._scores(t), kind="stable")[:count]] = 0
        shape = [1] * t.ndim
        shape[self.dim] = -1
        return default_mask * autograd.tensor(kept.reshape(shape), dtype=default_mask.dtype)


class RandomStructured(_Structured):
    """Prunes slices along `dim` at random: `amount` of them, or that share."""

    def _scores(self, t: Tensor) -> np.ndarray:
        return autograd.rand(t.shape[self.dim]).numpy()


class LnStructured(_Structured):
    """Prunes the slices along `dim` of least n-norm: `amount` of them, or that share."""

    def __init__(self, amount: int | float, n: float | str, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _scores(self, t: Tensor) -> np.ndarray:
        others = tuple(d for d in range(t.ndim) if d != self.dim % t.ndim)
        values = np.abs(t.detach().numpy())
        if self.n in ("fro", 2):
            return np.sqrt((values * values).sum(others))
        order = float(self.n)
        if np.isinf(order):
            return values.max(others) if order > 0 else values.min(others)
        return (values != 0).sum(others) if order == 0 else (values**order).sum(others)**(1 / order)


def identity(module: Module, name: str) -> Module:
    """Give a tensor the names of a pruned one, without pruning; returns the module."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: int | float) -> Module:
    """Prune elements of `module.name` at random: a number of them, or a share; returns the module.
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Module, name: str, amount: int | float,
                    importance_scores: Tensor | None = None) -> Module:
    """Prune the elements of `module.name` of least absolute value, or score; returns the module.

    >>> import nn
    >>> layer = nn.utils.prune.l1_unstructured(nn.Linear(4, 3), "weight", amount=0.5)
    >>> int((layer.weight == 0).sum()), list(layer.state_dict())
    (6, ['bias', 'weight_orig', 'weight_mask'])
    """
    L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: int | float, dim: int) -> Module:
    """Prune slices of `module.name` along `dim` at random; returns the module."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module: Module, name: str, amount: int | float, n: float | str, dim: int,
                  importance_scores: Tensor | None = None) -> Module:
    """Prune the slices of `module.name` along `dim` of least n-norm; returns the module."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Module, name: str, mask: Tensor) -> Module:
    """Prune what `mask` has 0 for; returns the module."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(parameters: Iterable[tuple[Module, str]], pruning_method: type,
                        importance_scores: dict | None = None, **kwargs: Any) -> None:
    """Prune several tensors, pairs of module and name, as if they were one: `amount` is of all.

    >>> import nn
    >>> net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    >>> prune = nn.utils.prune
    >>> prune.global_unstructured([(net[0], "weight"), (net[1], "weight")], prune.L1Unstructured,
    ...                           amount=8)
    >>> int((net[0].weight == 0).sum() + (net[1].weight == 0).sum())
    8
    """
    places, given = list(parameters), importance_scores or {}
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError("global_unstructured: an unstructured method is needed, "
                        f"{pruning_method.__name__} is {method.PRUNING_TYPE}")
    tensors = [getattr(module, name).detach() for module, name in places]
    scores = [given.get(place, tensor) for place, tensor in zip(places, tensors, strict=True)]
    masks = [getattr(module, f"{name}_mask", autograd.ones_like(tensor))
             for (module, name), tensor in zip(places, tensors, strict=True)]
    method._tensor_name = "all"
    mask = PruningContainer(method).compute_mask(
        parameters_to_vector(scores).detach(), default_mask=parameters_to_vector(masks))
    parts = mask.split([tensor.numel() for tensor in tensors])
    for (module, name), part, tensor in zip(places, parts, tensors, strict=True):
        custom_from_mask(module, name, part.reshape(tensor.shape))


def remove(module: Module, name: str) -> Module:
    """Make a pruned tensor a plain parameter again, with the zeros it has; returns the module."""
    method = _method(module, name)
    if method is None:
        raise ValueError(f"prune.remove: {module._get_name()}.{name} is not pruned")
    method.remove(module)
    _remove_hook(module, name)
    return module


def is_pruned(module: Module) -> bool:
    """Whether a tensor of the module, or of one below it, is pruned."""
    return any(isinstance(hook, BasePruningMethod)
               for inner in module.modules() for hook in _hooks(inner).values())


def _hooks(module: Any) -> dict:
    """The functions called before a module's forward, by key."""
    hooks = {} if module._hooks is None else module._hooks.forward_pre
    return {key: hook for key, (hook, *_) in hooks.items()}


def _method(module: Any, name: str) -> BasePruningMethod | None:
    return next((hook for hook in _hooks(module).values()
                 if isinstance(hook, BasePruningMethod) and hook._tensor_name == name), None)


def _remove_hook(module: Any, name: str) -> None:
    found = _method(module, name)
    for key, hook in _hooks(module).items():
        if hook is found:
            del module._hooks.forward_pre[key]


def _check_scores(scores: Tensor, t: Tensor) -> None:
    if scores.shape != t.shape:
        raise AssertionError(f"importance_scores {tuple(scores.shape)} must have the shape of the "
                             f"tensor to prune, {tuple(t.shape)}")
