"""`torch.types`: names for annotations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from ..metadata import Size, device
from ..tensors import Tensor

Number: TypeAlias = bool | int | float
Device: TypeAlias = device | str | int | None
_TensorOrTensors: TypeAlias = Tensor | Sequence[Tensor]
_dtype: TypeAlias = np.dtype
_size: TypeAlias = Size | list[int] | tuple[int, ...]
_int, _float, _bool = int, float, bool
