"""Images and their classes, held in memory."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import as_tensor, from_numpy
from autograd.errors import describe
from data.dataset import Dataset, as_rows, position_of
from data.transforms import batch_form


class ImageDataset(Dataset):
    """Sample i is (transform(image i), target_transform(class i)).

    An image reaches the transform as a uint8 ndarray of its own, a class as an int. `data` is the
    uint8 tensor of all images, `targets` the int64 tensor of all classes, `classes` their names.
    Batches are fetched in one piece where the transform can be applied to a whole batch.

    Shape: data (N, H, W) or (N, H, W, C), targets (N).
    """

    classes: Sequence[str] = ()

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
    ) -> None:
        if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
            raise ValueError(
                f"{type(self).__name__}: labels must be integers, one for each image, got "
                f"{describe(labels)} for images {describe(images)}"
            )
        self.data = from_numpy(images)
        self.targets = from_numpy(labels.astype(np.int64))
        self.transform = transform
        self.target_transform = target_transform

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class by its name."""
        return {name: number for number, name in enumerate(self.classes)}

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        position = position_of(index, self)
        image: Any = self.data.numpy()[position].copy()
        label: Any = int(self.targets.numpy()[position])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def __getbatch__(self, indices: Sequence[int]) -> Any:
        if self.target_transform is not None:
            return NotImplemented
        apply = from_numpy if self.transform is None else batch_form(self.transform)
        if apply is None:
            return NotImplemented
        rows = as_rows(indices, type(self).__name__)
        images = apply(self.data.numpy()[rows])
        if images is NotImplemented:
            return NotImplemented
        return [as_tensor(images), from_numpy(self.targets.numpy()[rows])]

    def __len__(self) -> int:
        return self.data.shape[0]
