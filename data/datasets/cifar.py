"""CIFAR-10: 32x32 colour images of ten kinds of things, found on disk."""

import os
from collections.abc import Callable

import numpy as np

from data.datasets.images import ImageDataset
from data.datasets.mnist import search_roots

_PIXELS = 3 * 32 * 32
_RECORD = 1 + _PIXELS


class CIFAR10(ImageDataset):
    """Colour images of airplanes, cars, animals and ships: 50,000 to train on, 10,000 to test.

    The files of the binary version (data_batch_1.bin ... data_batch_5.bin, test_batch.bin; each
    image a byte for the class and 3,072 for the pixels, channel by channel) are taken from `root`;
    without it from the folder named by WENGERT_DATA, then from the cache folder
    (~/.cache/wengert). In each they may lie right there, in cifar-10-batches-bin or in cifar10.
    Where only some of the training files are there, those are used.

    Shape: data (N, 32, 32, 3) uint8, targets 0 to 9.
    Raises: FileNotFoundError naming the folders searched; ValueError for a file of another format.
    Reference: A. Krizhevsky, Learning multiple layers of features from tiny images, 2009.
    """

    classes = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
               "truck")
    folders = ("", "cifar-10-batches-bin", "cifar10")

    def __init__(
        self,
        root: str | bytes | os.PathLike | None = None,
        train: bool = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
    ) -> None:
        self.train = bool(train)
        names = [f"data_batch_{i}.bin" for i in range(1, 6)] if train else ["test_batch.bin"]
        folders = [os.path.normpath(os.path.join(r, f))
                   for r in search_roots(root) for f in self.folders]
        paths = next(filter(None, ([os.path.join(folder, name) for name in names
                                    if os.path.isfile(os.path.join(folder, name))]
                                   for folder in folders)), [])
        if not paths:
            lines = "\n".join("  " + folder for folder in folders)
            raise FileNotFoundError(
                f"CIFAR10(train={self.train}) needs {' or '.join(names)}, which is in none of the "
                f"folders\n{lines}\nUnpack cifar-10-binary.tar.gz of "
                "https://www.cs.toronto.edu/~kriz/cifar.html into one of them, or name the folder "
                "that has them as root or in the environment variable WENGERT_DATA.")
        records = np.concatenate([_read(path) for path in paths])
        images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        super().__init__(np.ascontiguousarray(images), records[:, 0], transform, target_transform)

    def __repr__(self) -> str:
        return f"CIFAR10(train={self.train}): {len(self)} images of 32x32x3"


def _read(path: str) -> np.ndarray:
    """The records of a file, (N, 3073) uint8."""
    content = np.fromfile(path, np.uint8)
    if content.size == 0 or content.size % _RECORD:
        raise ValueError(f"CIFAR10: {path} has {content.size:,} bytes, which is not a multiple of "
                         f"{_RECORD:,}, the size of one image with its class; fetch it again")
    records = content.reshape(-1, _RECORD)
    if records[:, 0].max() > 9:
        raise ValueError(f"CIFAR10: {path} has a class {records[:, 0].max()}, where 0 to 9 fit; it "
                         "is not in CIFAR-10's binary format")
    return records
