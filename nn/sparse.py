"""Tables of vectors looked up by index."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import Tensor
from autograd.ops.embedding import embedding

from . import init
from .errors import check_whole
from .functional_embedding import embedding as look_up
from .functional_embedding import embedding_bag, refuse_sparse
from .module import Module, changed, fits
from .parameter import Parameter


class _Dense:
    """`sparse` of PyTorch, which can be read, and set to what it is without it."""

    def __get__(self, module: Any, owner: type) -> bool:
        return False

    def __set__(self, module: Any, value: Any) -> None:
        refuse_sparse(type(module).__name__, value)


class _Table(Module):
    """Base: the table, whose vector at `padding_idx` starts at 0, and the options of a look-up."""

    sparse = _Dense()

    def __init__(self, num_embeddings, embedding_dim, padding_idx, max_norm, norm_type,
                 scale_grad_by_freq, sparse) -> None:
        super().__init__()
        name = type(self).__name__
        check_whole(name, 0, num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = _row(name, padding_idx, num_embeddings)
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse

    def _fill(self, weight: Tensor | None, trained: bool, device, dtype) -> None:
        """Take the given table, or draw one."""
        size = self.num_embeddings, self.embedding_dim
        if weight is None:
            self.weight = Parameter(autograd.empty(size, device=device, dtype=dtype), trained)
            self.reset_parameters()
        elif tuple(weight.shape) != size:
            raise ValueError(f"{type(self).__name__}: _weight must be {size}, got "
                             f"{tuple(weight.shape)}")
        else:
            self.weight = Parameter(weight, trained)

    def reset_parameters(self) -> None:
        """Draw the vectors anew; the one of padding is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with autograd.no_grad():
                self.weight[self.padding_idx] = 0

    def _advice(self, args: tuple) -> str:
        indices = args[0].numpy() if args and isinstance(args[0], Tensor) else None
        if indices is None or indices.size == 0 or indices.dtype.kind not in "iu":
            return ""
        rows = int(indices.max()) + 1
        return fits(self, "num_embeddings", rows) if rows > self.num_embeddings else ""

    def _shown(self, **defaults) -> str:
        settings = changed(self, **defaults)
        return ", ".join(filter(None, [f"{self.num_embeddings}, {self.embedding_dim}", settings]))


class Embedding(_Table):
    """weight[input]: a vector for each of num_embeddings indices, drawn from N(0, 1).

    The vector at `padding_idx` starts at 0 and gets no gradient.  `max_norm` shrinks the vectors
    that are looked up, in place, to that p-norm, where p is `norm_type`; `scale_grad_by_freq`
    divides a vector's gradient by how often it is looked up.  `sparse` gradients raise.

    Shape: (*) of integers -> (*, embedding_dim); weight (num_embeddings, embedding_dim).

    >>> import nn
    >>> nn.Embedding(10, 3)(autograd.tensor([[1, 2], [4, 5]])).shape
    Size([2, 2, 3])
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None,
                 max_norm: float | None = None, norm_type: float = 2.0,
                 scale_grad_by_freq: bool = False, sparse: bool = False,
                 _weight: Tensor | None = None, _freeze: bool = False, device=None,
                 dtype=None) -> None:
        super().__init__(num_embeddings, embedding_dim, padding_idx, max_norm, norm_type,
                         scale_grad_by_freq, sparse)
        self._fill(_weight, not _freeze, device, dtype)

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True,
                        padding_idx: int | None = None, max_norm: float | None = None,
                        norm_type: float = 2.0, scale_grad_by_freq: bool = False,
                        sparse: bool = False) -> Embedding:
        """An Embedding whose weight is the given matrix (sharing its memory), frozen by default."""
        rows, columns = _matrix("Embedding", embeddings)
        return cls(rows, columns, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse,
                   _weight=embeddings, _freeze=freeze)

    def forward(self, input: Tensor) -> Tensor:
        if self.max_norm is None and not self.scale_grad_by_freq:
            return embedding(input, self.weight, self.padding_idx)
        return look_up(input, self.weight, self.padding_idx, self.max_norm, self.norm_type,
                       self.scale_grad_by_freq)

    def extra_repr(self) -> str:
        return self._shown(padding_idx=None, max_norm=None, norm_type=2.0,
                           scale_grad_by_freq=False)


class EmbeddingBag(_Table):
    """The "sum", "mean" or "max" of the vectors of each bag of indices: Embedding and reduction in
    one.  A row of a matrix is a bag; of a vector, bag i begins at offsets[i].

    Indices equal to `padding_idx` count as absent; with `include_last_offset` the last offset ends
    the last bag.  `max_norm`, `norm_type`, `scale_grad_by_freq` and `sparse` are Embedding's.

    Shape: (N, L), or (n) with offsets (N) -> (N, embedding_dim); weight (num_embeddings,
    embedding_dim).

    >>> import nn
    >>> bag = nn.EmbeddingBag(10, 3, mode="sum")
    >>> bag(autograd.tensor([1, 2, 4, 5, 4]), autograd.tensor([0, 3])).shape
    Size([2, 3])
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None,
                 norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
                 sparse: bool = False, _weight: Tensor | None = None,
                 include_last_offset: bool = False, padding_idx: int | None = None, device=None,
                 dtype=None) -> None:
        super().__init__(num_embeddings, embedding_dim, padding_idx, max_norm, norm_type,
                         scale_grad_by_freq, sparse)
        self._fill(_weight, True, device, dtype)
        if mode not in ("sum", "mean", "max"):
            raise ValueError(f"EmbeddingBag: mode {mode!r}; choose 'sum', 'mean' or 'max'")
        self.mode = mode
        self.include_last_offset = include_last_offset

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True,
                        max_norm: float | None = None, norm_type: float = 2.0,
                        scale_grad_by_freq: bool = False, mode: str = "mean",
                        sparse: bool = False, include_last_offset: bool = False,
                        padding_idx: int | None = None) -> EmbeddingBag:
        """An EmbeddingBag whose weight is the given matrix (sharing its memory), frozen by default.
        """
        rows, columns = _matrix("EmbeddingBag", embeddings)
        made = cls(rows, columns, max_norm, norm_type, scale_grad_by_freq, mode, sparse,
                   embeddings, include_last_offset, padding_idx)
        made.weight.requires_grad_(not freeze)
        return made

    def forward(self, input: Tensor, offsets: Tensor | None = None,
                per_sample_weights: Tensor | None = None) -> Tensor:
        return embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq,
            self.mode, False, per_sample_weights, self.include_last_offset, self.padding_idx)

    def extra_repr(self) -> str:
        shown = self._shown(max_norm=None, norm_type=2.0, scale_grad_by_freq=False)
        return f"{shown}, mode={self.mode!r}" + "".join(
            f", {rest}" for rest in [changed(self, padding_idx=None)] if rest)


def _matrix(name: str, embeddings: Tensor) -> tuple[int, int]:
    if embeddings.ndim != 2:
        raise ValueError(f"{name}.from_pretrained: a matrix (num_embeddings, embedding_dim) "
                         f"is needed, got {tuple(embeddings.shape)}")
    return embeddings.shape[0], embeddings.shape[1]


def _row(name: str, index: int | None, rows: int) -> int | None:
    """`padding_idx` counted from the front."""
    if index is None:
        return None
    if not -rows <= index < rows:
        raise ValueError(f"{name}: padding_idx {index} is out of range for {rows} rows; choose "
                         f"from {-rows} to {rows - 1}")
    return index % rows
