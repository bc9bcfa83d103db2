"""Signals: what `torch.signal` is to PyTorch, its windows."""

from autograd.lazy import lazily

__getattr__, __dir__, __all__ = lazily(__name__, {".": "windows"})
