"""Digits: 1,797 handwritten digits of 8x8 pixels, which come with the package."""

import os
from collections.abc import Callable

import numpy as np

from data.datasets.images import ImageDataset


class Digits(ImageDataset):
    """Optical recognition of handwritten digits: 1,437 images to train on, 360 held out.

    Pixels count from 0 to 16 in the source; here they are spread over 0 to 255, so that ToTensor
    gives [0, 1] as for MNIST. The split is fixed and stratified: with the digits ordered by class,
    otherwise as in the source, every fifth from the first on is held out.

    Shape: data (1437, 8, 8) or (360, 8, 8), targets 0 to 9.
    Reference: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
        Learning Repository (dataset 80), 1998, licence CC BY 4.0. digits.npz holds the 1,797
        digits of its test set unchanged, made from scikit-learn's copy, `d = load_digits()`, by
        `np.savez_compressed("digits.npz", images=d.images.astype(np.uint8),
        labels=d.target.astype(np.uint8))`.

    >>> Digits(train=False)
    Digits(train=False): 360 images of 8x8
    """

    classes = tuple("0123456789")

    def __init__(
        self,
        train: bool = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
    ) -> None:
        self.train = train
        with np.load(os.path.join(os.path.dirname(__file__), "digits.npz")) as file:
            images, labels = file["images"], file["labels"]
        held_out = np.zeros(len(labels), dtype=bool)
        held_out[np.argsort(labels, kind="stable")[::5]] = True
        chosen = ~held_out if train else held_out
        pixels = np.rint(images[chosen] * (255 / 16)).astype(np.uint8)
        super().__init__(pixels, labels[chosen], transform, target_transform)

    def __repr__(self) -> str:
        return f"Digits(train={self.train}): {len(self)} images of 8x8"
