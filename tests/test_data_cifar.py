"""CIFAR-10's binary files, and the random changes of training images."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import autograd
import data
from data.datasets import CIFAR10
from data.transforms import Compose, RandomCrop, RandomHorizontalFlip, ToTensor

REAL = Path(os.environ.get("WENGERT_DATA", Path(__file__).parents[2] / "shared" / "data"))


def records(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    made = rng.integers(0, 256, (count, 3073), dtype=np.uint8)
    made[:, 0] = rng.integers(0, 10, count)
    return made


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    for i in (1, 3):
        records(4, i).tofile(folder / f"data_batch_{i}.bin")
    records(3).tofile(folder / "test_batch.bin")
    return tmp_path


def test_the_files_that_are_there_are_read_in_order(root):
    train, test = CIFAR10(root), CIFAR10(root, train=False, transform=ToTensor())
    assert len(train) == 8 and len(test) == 3 and train.data.shape == (8, 32, 32, 3)
    first = records(4, 1)[0]
    image, label = train[0]
    assert label == first[0] and image[5, 7, 2] == first[1 + 2 * 1024 + 5 * 32 + 7]
    assert test[0][0].shape == (3, 32, 32) and train.classes[label] in repr(train.class_to_idx)


def test_missing_and_foreign_files(root, tmp_path_factory):
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(FileNotFoundError, match=r"CIFAR10\(train=True\) needs data_batch_1.bin or"):
        CIFAR10(empty)
    (empty / "test_batch.bin").write_bytes(b"x" * 100)
    with pytest.raises(ValueError, match="100 bytes, which is not a multiple of 3,073"):
        CIFAR10(empty, train=False)
    np.full(3073, 77, np.uint8).tofile(empty / "test_batch.bin")
    with pytest.raises(ValueError, match="class 77, where 0 to 9 fit"):
        CIFAR10(empty, train=False)


@pytest.mark.skipif(not (REAL / "cifar10").is_dir(), reason=f"no cifar10 in {REAL}")
def test_real_images():
    train, test = CIFAR10(REAL), CIFAR10(REAL, train=False)
    assert len(train) == 10_000 and len(test) == 2_000
    assert np.bincount(test.targets.numpy()).tolist() == [200] * 10


def test_flips():
    image = autograd.arange(6).reshape(1, 2, 3)
    assert RandomHorizontalFlip(1.0)(image).tolist() == [[[2, 1, 0], [5, 4, 3]]]
    assert RandomHorizontalFlip(0.0)(image) is image
    images = autograd.stack([image] * 200)
    flipped = RandomHorizontalFlip(0.5).batch(images).numpy()
    turned = (flipped[:, 0, 0, 0] == 2).sum()
    assert 60 < turned < 140 and set(flipped[:, 0, 0, 0]) == {0, 2}
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\], got 2"):
        RandomHorizontalFlip(2)


def test_crops():
    image = autograd.arange(16).reshape(1, 4, 4)
    corners = {RandomCrop(2)(image)[0, 0, 0].item() for _ in range(200)}
    assert corners == {0, 1, 2, 4, 5, 6, 8, 9, 10}
    assert RandomCrop((3, 4), padding=1)(image).shape == (1, 3, 4)
    assert RandomCrop(4).batch(image.unsqueeze(0)).tolist() == [image.tolist()]
    with pytest.raises(ValueError, match=r"\(9, 9\) does not fit into an image of \(4, 4\)"):
        RandomCrop(9)(image)


def test_batches_are_drawn_from_the_default_generator(root):
    transform = Compose([ToTensor(), RandomCrop(32, padding=4), RandomHorizontalFlip()])

    def batch():
        autograd.manual_seed(5)
        return next(iter(data.DataLoader(CIFAR10(root, transform=transform), batch_size=8)))[0]

    assert autograd.equal(batch(), batch()) and batch().shape == (8, 3, 32, 32)
