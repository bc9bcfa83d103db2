"""Images of noise, for trying a program before its data are there."""

from collections.abc import Callable, Sequence
from operator import index as as_index
from typing import Any

import numpy as np

from data.dataset import Dataset, position_of
from data.sampler import positive_int


class FakeData(Dataset):
    """Sample i is (transform(image i), target_transform(class i)), both drawn at random.

    They depend on random_offset + i alone: the same each time they are asked for.

    Shape: image_size (C, H, W) -> uint8 ndarray (H, W, C), or (H, W) for one channel.

    >>> image, label = FakeData(10, (3, 8, 6))[0]
    >>> image.shape, 0 <= label < 10
    ((8, 6, 3), True)
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: Sequence[int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        random_offset: int = 0,
    ) -> None:
        self.size = positive_int(size, "size", "FakeData")
        self.num_classes = positive_int(num_classes, "num_classes", "FakeData")
        if not isinstance(image_size, Sequence) or len(image_size) != 3:
            raise ValueError(f"FakeData: image_size must be (C, H, W), got {image_size!r}")
        self.image_size = tuple(positive_int(n, "image_size", "FakeData") for n in image_size)
        self.transform, self.target_transform = transform, target_transform
        self.random_offset = as_index(random_offset)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        seed = (self.random_offset + position_of(index, self)) % 2**64
        source = np.random.Generator(np.random.PCG64(seed))
        channels, rows, columns = self.image_size
        shape = (rows, columns) if channels == 1 else (rows, columns, channels)
        image: Any = source.integers(0, 256, shape, np.uint8)
        label: Any = int(source.integers(self.num_classes))
        if self.transform is not None:
            image = self.transform(image)
        return image, label if self.target_transform is None else self.target_transform(label)

    def __len__(self) -> int:
        return self.size
