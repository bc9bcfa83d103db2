"""CIFAR-10 and CIFAR-100: 32x32 colour images of things, found on disk."""

import os
from collections.abc import Callable, Sequence

import numpy as np

from data.datasets.images import ImageDataset
from data.datasets.mnist import search_roots
from data.datasets.pickled import read_pickle

_PIXELS = 3 * 32 * 32


class CIFAR10(ImageDataset):
    """Colour images of airplanes, cars, animals and ships: 50,000 to train on, 10,000 to test.

    The files of the binary version (data_batch_1.bin ... data_batch_5.bin, test_batch.bin; each
    image a byte for the class and 3,072 for the pixels, channel by channel) or of the python
    version (data_batch_1 ... data_batch_5, test_batch; read without running what they hold) are
    taken from `root`; without it from the folder named by WENGERT_DATA, then from the cache folder
    (~/.cache/wengert). In each they may lie right there, in cifar-10-batches-bin,
    cifar-10-batches-py or in cifar10. Where only some of the training files are there, those are
    used.

    Shape: data (N, 32, 32, 3) uint8, targets 0 to 9.
    Raises: FileNotFoundError naming the folders searched; ValueError for a file of another format.
    Reference: A. Krizhevsky, Learning multiple layers of features from tiny images, 2009.
    """

    classes: Sequence[str] = (
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    folders: tuple[str, ...] = ("", "cifar-10-batches-bin", "cifar-10-batches-py", "cifar10")
    parts: dict[bool, tuple[str, ...]] = {
        True: tuple(f"data_batch_{i}" for i in range(1, 6)), False: ("test_batch",)}
    archive = "cifar-10-binary.tar.gz"
    labels: tuple[str, ...] = ("labels",)  # a byte each before the pixels; the last counts

    def __init__(
        self,
        root: str | bytes | os.PathLike | None = None,
        train: bool = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
    ) -> None:
        self.train = bool(train)
        folders = [os.path.normpath(os.path.join(r, f))
                   for r in search_roots(root) for f in self.folders]
        paths = next(filter(None, ([os.path.join(folder, name + suffix)
                                    for name in self.parts[self.train]
                                    if os.path.isfile(os.path.join(folder, name + suffix))]
                                   for folder in folders for suffix in (".bin", ""))), [])
        if not paths:
            lines = "\n".join("  " + folder for folder in folders)
            names = " or ".join(f"{name}.bin" for name in self.parts[self.train])
            raise FileNotFoundError(
                f"{type(self).__name__}(train={self.train}) needs {names} (or without .bin, of the "
                f"python version), which is in none of the folders\n{lines}\nUnpack {self.archive} "
                "of https://www.cs.toronto.edu/~kriz/cifar.html into one of them, or name the "
                "folder that has them as root or in the environment variable WENGERT_DATA.")
        images, targets = zip(*map(self._read, paths), strict=True)
        pixels = np.concatenate(images).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        super().__init__(np.ascontiguousarray(pixels), np.concatenate(targets), transform,
                         target_transform)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(train={self.train}): {len(self)} images of 32x32x3"

    def _read(self, path: str) -> tuple[np.ndarray, np.ndarray]:
        """The pixels and the classes of a file, (N, 3072) and (N)."""
        images, labels = self._binary(path) if path.endswith(".bin") else self._pickle(path)
        if labels.max(initial=0) >= len(self.classes):
            raise ValueError(
                f"{type(self).__name__}: {path} has a class {labels.max()}, where 0 to "
                f"{len(self.classes) - 1} fit; it is not in {type(self).__name__}'s format")
        return images, labels

    def _binary(self, path: str) -> tuple[np.ndarray, np.ndarray]:
        content, before = np.fromfile(path, np.uint8), len(self.labels)
        record = before + _PIXELS
        if content.size == 0 or content.size % record:
            raise ValueError(f"{type(self).__name__}: {path} has {content.size:,} bytes, which is "
                             f"not a multiple of {record:,}, the size of one image with its class; "
                             "fetch it again")
        records = content.reshape(-1, record)
        return records[:, before:], records[:, before - 1]

    def _pickle(self, path: str) -> tuple[np.ndarray, np.ndarray]:
        try:
            content = read_pickle(path)
        except ValueError as error:
            raise ValueError(f"{type(self).__name__}: {error}; fetch it again") from error
        images, labels = content.get("data"), content.get(self.labels[-1])
        if not (isinstance(images, np.ndarray) and isinstance(labels, list)
                and images.dtype == np.uint8 and images.shape == (len(labels), _PIXELS)
                and all(isinstance(label, int) and label >= 0 for label in labels)):
            raise ValueError(f"{type(self).__name__}: {path} must hold 'data', uint8 of shape (N, "
                             f"{_PIXELS}), and {self.labels[-1]!r}, N classes; it has the keys "
                             f"{', '.join(map(str, content))}")
        return images, np.array(labels, np.int64)


_HUNDRED = (
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus "
    "butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach "
    "couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house "
    "kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle "
    "mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck "
    "pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal "
    "shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper "
    "table tank telephone television tiger tractor train trout tulip turtle wardrobe whale "
    "willow_tree wolf woman worm")


class CIFAR100(CIFAR10):
    """Colour images of a hundred kinds of things: 50,000 to train on, 10,000 to test.

    Found like CIFAR10: train.bin and test.bin of the binary version, train and test of the python
    version, in the folders cifar-100-binary, cifar-100-python or cifar100.

    Shape: data (N, 32, 32, 3) uint8, targets 0 to 99, the fine classes.
    Raises: as CIFAR10.
    Reference: A. Krizhevsky, Learning multiple layers of features from tiny images, 2009.
    """

    classes = tuple(_HUNDRED.split())
    folders = ("", "cifar-100-binary", "cifar-100-python", "cifar100")
    parts = {True: ("train",), False: ("test",)}
    archive = "cifar-100-binary.tar.gz"
    labels = ("coarse_labels", "fine_labels")
