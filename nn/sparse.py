"""Tables of vectors looked up by index."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import Tensor

from . import init
from .errors import check_whole
from .functional import embedding
from .module import Module, changed, fits
from .parameter import Parameter


class _Unsupported:
    """An option of PyTorch that can be read, and set to what it is without it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, module: Any, owner: type) -> Any:
        return self.value

    def __set__(self, module: Any, value: Any) -> None:
        if value not in (None, False):
            raise NotImplementedError(f"{type(module).__name__}: {self.name} is not supported; "
                                      "leave it out")


class Embedding(Module):
    """weight[input]: a vector for each of num_embeddings indices, drawn from N(0, 1).

    The vector at `padding_idx` starts at 0 and gets no gradient.  Options of PyTorch that are not
    supported (max_norm, scale_grad_by_freq, sparse) raise.

    Shape: (*) of integers -> (*, embedding_dim); weight (num_embeddings, embedding_dim).

    >>> import nn
    >>> nn.Embedding(10, 3)(autograd.tensor([[1, 2], [4, 5]])).shape
    Size([2, 2, 3])
    """

    max_norm = _Unsupported(None)
    scale_grad_by_freq = _Unsupported(False)
    sparse = _Unsupported(False)

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None,
                 max_norm: float | None = None, norm_type: float = 2.0,
                 scale_grad_by_freq: bool = False, sparse: bool = False,
                 _weight: Tensor | None = None, _freeze: bool = False, device=None,
                 dtype=None) -> None:
        super().__init__()
        check_whole(type(self).__name__, 0, num_embeddings=num_embeddings,
                    embedding_dim=embedding_dim)
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = _row(padding_idx, num_embeddings)
        if _weight is None:
            size = num_embeddings, embedding_dim
            self.weight = Parameter(autograd.empty(size, device=device, dtype=dtype), not _freeze)
            self.reset_parameters()
        else:
            self.weight = Parameter(_weight, not _freeze)

    def reset_parameters(self) -> None:
        """Draw the vectors anew; the one of padding is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with autograd.no_grad():
                self.weight[self.padding_idx] = 0

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True,
                        padding_idx: int | None = None, max_norm: float | None = None,
                        norm_type: float = 2.0, scale_grad_by_freq: bool = False,
                        sparse: bool = False) -> Embedding:
        """An Embedding whose weight is the given matrix (sharing its memory), frozen by default."""
        if embeddings.ndim != 2:
            raise ValueError("Embedding.from_pretrained: a matrix (num_embeddings, embedding_dim) "
                             f"is needed, got {tuple(embeddings.shape)}")
        rows, columns = embeddings.shape
        return cls(rows, columns, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse,
                   _weight=embeddings, _freeze=freeze)

    def forward(self, input: Tensor) -> Tensor:
        return embedding(input, self.weight, self.padding_idx)

    def _advice(self, args: tuple) -> str:
        indices = args[0].numpy() if args and isinstance(args[0], Tensor) else None
        if indices is None or indices.size == 0 or indices.dtype.kind not in "iu":
            return ""
        rows = int(indices.max()) + 1
        return fits(self, "num_embeddings", rows) if rows > self.num_embeddings else ""

    def extra_repr(self) -> str:
        settings = changed(self, padding_idx=None)
        return ", ".join(filter(None, [f"{self.num_embeddings}, {self.embedding_dim}", settings]))


def _row(index: int | None, rows: int) -> int | None:
    """`padding_idx` counted from the front."""
    if index is None:
        return None
    if not -rows <= index < rows:
        raise ValueError(f"Embedding: padding_idx {index} is out of range for {rows} rows; choose "
                         f"from {-rows} to {rows - 1}")
    return index % rows
