"""Weights of a given norm, of spectral norm 1, and of orthogonal columns."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import Tensor

from ..conv import _Transposed
from ..functional import normalize
from ..module import Module
from .parametrize import register_parametrization

_MAPS = ("matrix_exp", "cayley", "householder")


def norm_except(weight: Tensor, dim: int) -> Tensor:
    """The 2-norm over all dimensions but `dim`, of size 1 there; of all elements for dim -1."""
    if dim == -1:
        return weight.norm()
    return weight.norm(2, [d for d in range(weight.ndim) if d != dim % weight.ndim], keepdim=True)


class _WeightNorm(Module):
    """g v / |v|."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return weight_v * (weight_g / norm_except(weight_v, self.dim))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Train a weight as g v / |v|: its norm g, of each slice along `dim`, or of all for None, and
    its direction v are `parametrizations.weight.original0` and `original1`; returns the module.

    Reference: Salimans and Kingma, Weight Normalization, 2016.

    >>> import nn
    >>> list(nn.utils.parametrizations.weight_norm(nn.Linear(20, 40)).state_dict())[1:]
    ['parametrizations.weight.original0', 'parametrizations.weight.original1']
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    module._register_load_state_dict_pre_hook(_Renamed(name))
    return module


class _Renamed:
    """Reads the names that the older weight_norm gave."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, state_dict: dict, prefix: str, *rest: Any) -> None:
        old = [f"{prefix}{self.name}_{part}" for part in "gv"]
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                new = f"{prefix}parametrizations.{self.name}.original{i}"
                state_dict[new] = state_dict.pop(key)


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """(n, rest), where n is the size of dimension `dim`."""
    return weight.movedim(dim, 0).reshape(weight.shape[dim], -1)


def power_iteration(matrix: Tensor, u: Tensor, v: Tensor, times: int, eps: float) -> None:
    """Bring u and v, in place, nearer to the matrix's first singular vectors."""
    with autograd.no_grad():
        for _ in range(times):
            u.copy_(normalize(matrix.mv(v), dim=0, eps=eps))
            v.copy_(normalize(matrix.t().mv(u), dim=0, eps=eps))


class _SpectralNorm(Module):
    """W / (uᵀ W v), where u and v come nearer to W's first singular vectors while training."""

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0,
                 eps: float = 1e-12) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(f"spectral_norm: dim {dim} is not in [{-weight.ndim}, "
                             f"{weight.ndim - 1}]")
        if n_power_iterations <= 0:
            raise ValueError("spectral_norm: n_power_iterations must be positive, got "
                             f"{n_power_iterations}")
        self.dim, self.eps = dim % weight.ndim, eps
        if weight.ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight.detach(), self.dim)
            for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
                drawn = autograd.randn(size, dtype=weight.dtype)
                self.register_buffer(name, normalize(drawn, dim=0, eps=eps))
            power_iteration(matrix, self._u, self._v, 15, eps)

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            power_iteration(matrix, self._u, self._v, self.n_power_iterations, self.eps)
        u, v = self._u.clone(), self._v.clone()  # the next call writes into them
        return weight / u.dot(matrix.mv(v))

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def spectral_norm(module: Module, name: str = "weight", n_power_iterations: int = 1,
                  eps: float = 1e-12, dim: int | None = None) -> Module:
    """Divide a weight, as a matrix whose rows are its slices along `dim`, by its largest singular
    value, which `n_power_iterations` in each training call estimate; returns the module.

    `dim` is 0, or 1 for transposed convolutions, unless it is given.
    Reference: Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018.

    >>> import autograd, nn
    >>> layer = nn.utils.parametrizations.spectral_norm(nn.Linear(4, 3), n_power_iterations=50)
    >>> round(autograd.linalg.matrix_norm(layer.weight, 2).item(), 3)
    1.0
    """
    weight = _tensor("spectral_norm", module, name)
    if dim is None:
        dim = int(isinstance(module, _Transposed))
    return register_parametrization(module, name,
                                    _SpectralNorm(weight, n_power_iterations, dim, eps))


def _tensor(who: str, module: Module, name: str) -> Tensor:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"{who}: {module._get_name()} has no parameter or buffer {name!r}")
    return weight


class _Orthogonal(Module):
    """An orthogonal matrix, or its first columns or rows, as a function of any matrix."""

    base: Any

    def __init__(self, weight: Tensor, orthogonal_map: str, use_trivialization: bool) -> None:
        super().__init__()
        self.shape, self.orthogonal_map = weight.shape, orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Tensor) -> Tensor:
        wide = x.shape[-2] < x.shape[-1]
        x = x.transpose(-2, -1) if wide else x
        q = _householder(x) if self.orthogonal_map == "householder" else self._mapped(x)
        if getattr(self, "base", None) is not None:
            q = self.base @ q
        return q.transpose(-2, -1) if wide else q

    def _mapped(self, x: Tensor) -> Tensor:
        """Of the skew-symmetric A = L - Lᵀ, L the lower triangle, exp(A) or the Cayley map
        (1 - A/2)⁻¹ (1 + A/2)."""
        n, k = x.shape[-2:]
        lower = x.tril()
        if n != k:
            lower = autograd.cat([lower, lower.new_zeros(*x.shape[:-2], n, n - k)], -1)
        skew = lower - lower.transpose(-2, -1)
        if self.orthogonal_map == "matrix_exp":
            return autograd.linalg.matrix_exp(skew)[..., :k]
        one = autograd.eye(n, dtype=x.dtype)
        return autograd.linalg.solve(one - skew * 0.5, one + skew * 0.5)[..., :k]

    def right_inverse(self, q: Tensor) -> Tensor:
        """The matrix whose image is q, where q is orthogonal, or the Q of its QR decomposition."""
        if q.shape != self.shape:
            raise ValueError(f"orthogonal: a tensor {tuple(self.shape)} is needed, got "
                             f"{tuple(q.shape)}")
        wide = q.shape[-2] < q.shape[-1]
        tall = q.detach().transpose(-2, -1) if wide else q.detach()
        if not hasattr(self, "base"):
            if self.orthogonal_map != "householder":
                raise NotImplementedError("orthogonal: a tensor cannot be set through "
                                          f"{self.orthogonal_map!r} without trivialization")
            found = _reflectors(tall)
            return found.transpose(-2, -1) if wide else found
        n, k = tall.shape[-2:]
        if n != k:
            rest = autograd.randn(*tall.shape[:-2], n, n - k, dtype=q.dtype)
            tall = autograd.cat([tall, rest], -1)
        self.base = tall.clone() if n == k and _is_orthogonal(tall) else _made_orthogonal(tall)
        start = autograd.zeros_like(q)
        start.numpy()[..., range(k), range(k)] = -1  # the map's image of it is the identity
        return start


def _householder(x: Tensor) -> Tensor:
    """The product of the reflections 1 - τ v vᵀ by x's columns below the diagonal, with ones on
    it, τ = 2 / |v|²; its first columns, with the signs of x's diagonal."""
    n, k = x.shape[-2:]
    below = x.tril(-1)
    vectors = below + autograd.eye(n, k, dtype=x.dtype)
    scale = 2.0 / (1.0 + (below * below).sum(-2))
    q = autograd.eye(n, k, dtype=x.dtype)
    for i in reversed(range(k)):
        v = vectors[..., i:i + 1]
        q = q - scale[..., None, None, i] * v @ (v.transpose(-2, -1) @ q)
    signs = np.diagonal(x.detach().numpy(), axis1=-2, axis2=-1).astype(np.int32)
    return q * autograd.tensor(signs, dtype=x.dtype).unsqueeze(-2)


def _reflectors(q: Tensor) -> Tensor:
    """The matrix of which `_householder` makes the Q, with a positive R, of q's decomposition."""
    rows, taus = np.linalg.qr(q.numpy(), mode="raw")
    found = np.swapaxes(rows, -2, -1).copy()
    at = np.arange(found.shape[-1])
    signs = np.sign(found[..., at, at])
    found[..., at, at] = np.where(taus == 0, -signs, signs)
    return autograd.tensor(found, dtype=q.dtype)


def _is_orthogonal(q: Tensor) -> bool:
    a = q.numpy()
    near = 10 * a.shape[-1] * np.finfo(a.dtype).eps
    return bool(np.allclose(np.swapaxes(a, -2, -1) @ a, np.eye(a.shape[-1]), rtol=0, atol=near))


def _made_orthogonal(a: Tensor) -> Tensor:
    """The Q of the decomposition whose R has a positive diagonal."""
    q, r = np.linalg.qr(a.numpy())
    signs = np.sign(np.diagonal(r, axis1=-2, axis2=-1))
    return autograd.tensor(q * signs[..., None, :], dtype=a.dtype)


def orthogonal(module: Module, name: str = "weight", orthogonal_map: str | None = None, *,
               use_trivialization: bool = True) -> Module:
    """Keep a matrix's columns orthonormal, or its rows where it is wide; returns the module.

    `orthogonal_map` is "matrix_exp", the default for square ones, "cayley" or "householder".
    With `use_trivialization` the map stands at the identity first and is multiplied by the
    orthogonal matrix the weight was, or is near to; any value can then be set.
    Reference: Lezcano-Casado and Martínez-Rubio, Cheap orthogonal constraints in neural networks,
    2019.

    >>> import autograd, nn
    >>> weight = nn.utils.parametrizations.orthogonal(nn.Linear(20, 5)).weight
    >>> bool(((weight @ weight.T - autograd.eye(5)).abs() < 1e-5).all())
    True
    """
    weight = _tensor("orthogonal", module, name)
    if weight.ndim < 2:
        raise ValueError(f"orthogonal: matrices are needed, got {tuple(weight.shape)}")
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square else "householder"
    if orthogonal_map not in _MAPS:
        raise ValueError(f"orthogonal: orthogonal_map {orthogonal_map!r}; choose one of {_MAPS}")
    made = _Orthogonal(weight, orthogonal_map, use_trivialization)
    return register_parametrization(module, name, made, unsafe=True)
