"""Tensors in coordinate form: places, and the values there."""
# mypy: disable-error-code="override,assignment,misc"

from __future__ import annotations

from copy import deepcopy
from math import prod
from typing import Any

import numpy as np

from . import dtypes
from .creation import as_tensor, from_numpy, zeros
from .errors import describe
from .metadata import Size
from .ops.index import index_select
from .ops.join import cat
from .ops.scatter import index_add
from .tensors import Tensor


class SparseTensor(Tensor):
    """`values[k]` at the place `indices[:, k]` of a tensor of shape `shape`, and 0 elsewhere.

    Made by `sparse_coo_tensor` and `Tensor.to_sparse`.  Values may have dimensions of their own,
    the last of the shape.  Ops of dense tensors refuse it.
    """

    is_sparse = True
    is_cuda = False
    layout = "sparse_coo"

    def __init__(self, indices: Tensor, values: Tensor, shape, coalesced: bool) -> None:
        self._places, self._numbers, self._coalesced = indices, values, coalesced
        self._size = Size(shape)

    def _refused(self):
        raise TypeError(f"a sparse tensor of {tuple(self._size)} takes no part in this: it has @, "
                        "mm, +, -, *, t(), coalesce() and what autograd.sparse has; to_dense() "
                        "makes a Tensor for everything else")

    _array = _any_array = _view = property(_refused)

    def __reduce_ex__(self, protocol):
        return SparseTensor, (self._places, self._numbers, self._size, self._coalesced)

    def __deepcopy__(self, memo):
        return SparseTensor(deepcopy(self._places, memo), deepcopy(self._numbers, memo),
                            self._size, self._coalesced)

    @property
    def shape(self) -> Size:
        """The size of each dimension."""
        return self._size

    # ---- what it is ----------------------------------------------------------------------------

    def size(self, dim: int | None = None):
        """The shape, or one size of it."""
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    ndim = property(dim)

    def __len__(self) -> int:
        return self._size[0]

    def sparse_dim(self) -> int:
        """The number of dimensions that the indices tell."""
        return self._places.shape[0]

    def dense_dim(self) -> int:
        """The number of dimensions of each value."""
        return self.ndim - self.sparse_dim()

    def numel(self) -> int:
        """The number of elements, with those that are 0."""
        return prod(self.shape)

    nelement = numel

    def _nnz(self) -> int:
        return self._places.shape[1]

    def is_coalesced(self) -> bool:
        """Whether each place is there once, in order."""
        return self._coalesced

    def indices(self) -> Tensor:
        """The places, (sparse_dim, nnz), of a tensor that is coalesced."""
        return self._of_coalesced("indices")._places

    def values(self) -> Tensor:
        """The values, (nnz, ...), of a tensor that is coalesced."""
        return self._of_coalesced("values")._numbers

    def _indices(self) -> Tensor:
        return self._places

    def _values(self) -> Tensor:
        return self._numbers

    def _of_coalesced(self, name: str) -> SparseTensor:
        if not self._coalesced:
            raise RuntimeError(f"{name}: the places may be there more than once; call coalesce() "
                               f"first, or take _{name}() as they are")
        return self

    @property
    def dtype(self):
        """The dtype of the values."""
        return self._numbers.dtype

    @property
    def device(self):
        """The device of the values."""
        return self._numbers.device

    @property
    def requires_grad(self) -> bool:
        """Whether gradients of the values are asked for."""
        return self._numbers.requires_grad

    def requires_grad_(self, requires_grad: bool = True) -> SparseTensor:
        """Ask for the gradient of the values."""
        self._numbers.requires_grad_(requires_grad)
        return self

    @property
    def grad(self) -> SparseTensor | None:
        """The gradient of the elements at the places, each once: values at one place count
        together, and so each of them has the gradient of their sum."""
        if self._numbers.grad is None or self._coalesced:
            return None if self._numbers.grad is None else self._with(self._numbers.grad)
        places, first, _ = self._each_once()
        return SparseTensor(places, self._numbers.grad[first], self.shape, True)

    def _with(self, values: Tensor) -> SparseTensor:
        return SparseTensor(self._places, values, self.shape, self._coalesced)

    def __repr__(self) -> str:
        return (f"tensor(indices={self._places},\n       values={self._numbers},\n"
                f"       size={tuple(self.shape)}, nnz={self._nnz()}, layout=sparse_coo)")

    # ---- other forms ---------------------------------------------------------------------------

    def coalesce(self) -> SparseTensor:
        """Each place once, in order, with the sum of its values."""
        if self._coalesced:
            return self
        places, _, rows = self._each_once()
        empty = zeros((places.shape[1], *self._numbers.shape[1:]), dtype=self.dtype)
        return SparseTensor(places, index_add(empty, 0, rows, self._numbers), self.shape, True)

    def _each_once(self) -> tuple[Tensor, Tensor, Tensor]:
        """The places in order, where each is first, and which of them each value belongs to."""
        places = self._places.numpy()
        flat = np.ravel_multi_index(tuple(places), self.shape[:len(places)]) if places.size else (
            np.zeros(places.shape[1], np.int64))
        _, first, rows = np.unique(flat, return_index=True, return_inverse=True)
        return from_numpy(places[:, first]), from_numpy(first), from_numpy(rows.reshape(-1))

    def to_dense(self) -> Tensor:
        """All elements."""
        return zeros(self.shape, dtype=self.dtype).index_put(tuple(self._places), self._numbers,
                                                             accumulate=True)

    def to_sparse(self) -> SparseTensor:
        """Itself."""
        return self

    def transpose(self, dim0: int, dim1: int) -> SparseTensor:
        """Two dimensions, which the indices tell, exchanged."""
        order = list(range(self.ndim))
        order[dim0], order[dim1] = order[dim1], order[dim0]
        if order[self.sparse_dim():] != list(range(self.sparse_dim(), self.ndim)):
            raise RuntimeError(f"transpose: dimensions {dim0} and {dim1} must be among the first "
                               f"{self.sparse_dim()}, those of the indices")
        places = index_select(self._places, 0, as_tensor(order[:self.sparse_dim()]))
        return SparseTensor(places, self._numbers, [self.shape[d] for d in order], False)

    def t(self) -> SparseTensor:
        """The transposed matrix."""
        if self.ndim != 2:
            raise RuntimeError(f"t: a matrix is needed, got {self.ndim} dimensions")
        return self.transpose(0, 1)

    T = property(t)

    def detach(self) -> SparseTensor:
        """The same, without a history."""
        return self._with(self._numbers.detach())

    def clone(self) -> SparseTensor:
        """A copy."""
        return self._with(self._numbers.clone())

    def to(self, *args: Any, **kwargs: Any) -> SparseTensor:
        """With values of another dtype."""
        return self._with(self._numbers.to(*args, **kwargs))

    def float(self) -> SparseTensor:
        """In float32."""
        return self.to(dtypes.float32)

    def double(self) -> SparseTensor:
        """In float64."""
        return self.to(dtypes.float64)

    def is_floating_point(self) -> bool:
        """Whether the values are."""
        return self._numbers.is_floating_point()

    def cpu(self) -> SparseTensor:
        """Itself: there is no other device."""
        return self

    def cuda(self, *args: Any, **kwargs: Any):
        """Raises: RuntimeError, as there is no GPU."""
        return self._numbers.cuda(*args, **kwargs)

    # ---- arithmetic ----------------------------------------------------------------------------

    def __matmul__(self, other) -> Tensor:
        return self.mm(other.to_dense() if isinstance(other, SparseTensor) else other)

    def __rmatmul__(self, other) -> Tensor:
        if other.ndim == 1:
            return self.t() @ other
        return (self.t() @ other.t()).t()

    def mm(self, mat2) -> Tensor:
        """The product with a matrix of Tensors.

        Shape: (n, k), (k, m) -> (n, m)
        """
        if self.ndim != 2 or self.dense_dim() or not _is_dense(mat2) or (
                mat2.ndim not in (1, 2) or mat2.shape[0] != self.shape[1]):
            raise RuntimeError(f"sparse.mm: a sparse matrix (n, k) takes a Tensor (k, m), got "
                               f"{tuple(self.shape)} and {describe(mat2)}")
        rows, columns = self._places
        values = self._numbers if mat2.ndim == 1 else self._numbers.unsqueeze(1)
        parts = index_select(mat2, 0, columns) * values
        empty = zeros((self.shape[0], *mat2.shape[1:]), dtype=parts.dtype)
        return index_add(empty, 0, rows, parts)

    matmul = mm

    def __mul__(self, other) -> SparseTensor:
        if isinstance(other, SparseTensor):
            raise TypeError("mul: two sparse tensors have no product here; multiply by to_dense()")
        if _is_dense(other) and other.ndim:
            if tuple(other.shape) != tuple(self.shape):
                raise RuntimeError(f"mul: a sparse tensor of {tuple(self.shape)} takes a number or "
                                   f"a tensor of its shape, got {tuple(other.shape)}")
            other = other[tuple(self._places)]
        return self._with(self._numbers * other)

    __rmul__ = mul = __mul__

    def __truediv__(self, number) -> SparseTensor:
        return self._with(self._numbers / number)

    def __neg__(self) -> SparseTensor:
        return self._with(-self._numbers)

    def __add__(self, other):
        if _is_dense(other):
            return self.to_dense() + other
        if not isinstance(other, SparseTensor) or tuple(other.shape) != tuple(self.shape):
            raise TypeError(f"add: a sparse tensor of {tuple(self.shape)} takes another one of "
                            f"that shape or a Tensor, got {describe(other)}")
        return SparseTensor(cat([self._places, other._places], 1),
                            cat([self._numbers, other._numbers]), self.shape, False)

    __radd__ = add = __add__

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other


def _is_dense(value) -> bool:
    return isinstance(value, Tensor) and not value.is_sparse
