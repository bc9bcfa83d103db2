"""The types of PyTorch's first years: `torch.FloatTensor` makes tensors, and `isinstance` and
`.type` know it as the type of those that are float32.
"""

from __future__ import annotations

import numpy as np

from . import dtypes
from .creation import data_or_size
from .errors import describe, warn
from .tensors import Tensor


class TensorType(type):
    """The type of all tensors of one dtype."""

    dtype: np.dtype

    def __call__(cls, *data) -> Tensor:
        """A tensor from data, or zeros of the given sizes.

        >>> autograd.LongTensor([1, 2])
        tensor([1, 2])
        """
        return data_or_size(data, cls.dtype)

    def __instancecheck__(cls, instance) -> bool:
        return isinstance(instance, Tensor) and instance.dtype == cls.dtype


def _type(name: str) -> TensorType:
    dtype = dtypes.as_dtype(f"torch.{name}")
    return TensorType(name, (), {"dtype": dtype, "__module__": "torch",
                                 "__doc__": f"Tensors of {dtype}."})


FloatTensor, DoubleTensor, HalfTensor = map(_type, ("FloatTensor", "DoubleTensor", "HalfTensor"))
LongTensor, IntTensor, ShortTensor = map(_type, ("LongTensor", "IntTensor", "ShortTensor"))
CharTensor, ByteTensor, BoolTensor = map(_type, ("CharTensor", "ByteTensor", "BoolTensor"))


def set_default_tensor_type(t) -> None:
    """Make the dtype of `t`, such as DoubleTensor or "torch.DoubleTensor", the default.
    Deprecated: use set_default_dtype."""
    warn("set_default_tensor_type is deprecated; use set_default_dtype(dtype)",
         FutureWarning)
    if not isinstance(t, (str, TensorType)):
        raise TypeError("set_default_tensor_type: a type such as DoubleTensor is needed, got "
                        f"{describe(t)}; set_default_dtype takes a dtype")
    dtypes.set_default_dtype(t)
