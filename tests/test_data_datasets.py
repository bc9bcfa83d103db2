"""Digits, MNIST and FashionMNIST: what is found on disk, and what is said where it is not."""

import gzip
import os
import pathlib

import numpy as np
import pytest

import autograd
from data import DataLoader, Subset, default_collate
from data.dataset import fetch_batch
from data.datasets import KMNIST, MNIST, Digits, FashionMNIST, ImageDataset
from data.datasets.idx import read_idx
from data.datasets.mnist import IdxFile
from data.transforms import Compose, Lambda, Normalize, ToTensor

REAL = os.environ.get("WENGERT_DATA", "")  # before a fixture clears it
SHARED = pathlib.Path(__file__).resolve().parents[2] / "shared" / "data"
IMAGES = np.arange(54, dtype=np.uint8).reshape(6, 3, 3)
LABELS = np.array([0, 1, 2, 0, 1, 2], np.uint8)


class Tiny(MNIST):
    classes = ("a", "b", "c")
    mirrors = ("http://127.0.0.1:9/none/",)
    files = {
        True: (
            IdxFile("train-images-idx3-ubyte.gz", 0, "", (6, 3, 3)),
            IdxFile("train-labels-idx1-ubyte.gz", 0, "", (6,)),
        ),
        False: (
            IdxFile("t10k-images-idx3-ubyte.gz", 0, "", (4, 3, 3)),
            IdxFile("t10k-labels-idx1-ubyte.gz", 0, "", (4,)),
        ),
    }
    class_counts = {True: (2, 2, 2), False: (1, 2, 1)}


def idx_bytes(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()


def write(folder, name, array, cut=None):
    folder.mkdir(parents=True, exist_ok=True)
    content = idx_bytes(array)
    path = folder / name
    path.write_bytes((gzip.compress(content) if name.endswith(".gz") else content)[:cut])
    return path


def write_pair(folder, suffix=".gz", labels=LABELS):
    write(folder, "train-images-idx3-ubyte" + suffix, IMAGES)
    write(folder, "train-labels-idx1-ubyte" + suffix, labels)


@pytest.fixture(autouse=True)
def no_outside_folders(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("WENGERT_DATA", raising=False)


@pytest.fixture
def mnist_root():
    """The folder that has the real MNIST."""
    for base in (REAL, str(SHARED)):
        for folder in ("", "MNIST/raw", "mnist"):
            name = "train-images-idx3-ubyte"
            path = os.path.join(base, folder)
            if base and any(os.path.exists(os.path.join(path, name + s)) for s in ("", ".gz")):
                return path
    pytest.skip("MNIST's files are neither in WENGERT_DATA nor in ../shared/data")


@pytest.mark.parametrize("place", ["", "MNIST/raw", "mnist"])
@pytest.mark.parametrize("suffix", [".gz", ""])
def test_files_are_found_in_root(tmp_path, place, suffix):
    write_pair(tmp_path / place, suffix)
    dataset = Tiny(tmp_path)
    np.testing.assert_array_equal(dataset.data.numpy(), IMAGES)
    np.testing.assert_array_equal(dataset.targets.numpy(), LABELS)
    assert dataset.targets.numpy().dtype == np.int64 and len(dataset) == 6
    assert repr(dataset) == "Tiny(train=True): 6 images of 3x3"
    assert dataset.class_to_idx == {"a": 0, "b": 1, "c": 2}


def test_files_are_found_by_environment_then_cache(tmp_path, monkeypatch):
    write_pair(tmp_path / "cache" / "wengert" / "MNIST" / "raw")
    assert len(Tiny()) == 6
    monkeypatch.setenv("WENGERT_DATA", str(tmp_path / "env"))
    assert len(Tiny()) == 6
    write_pair(tmp_path / "env" / "mnist", labels=LABELS[::-1])
    assert Tiny().targets.numpy().tolist() == [2, 1, 0, 2, 1, 0]
    with pytest.raises(FileNotFoundError):
        Tiny(tmp_path / "elsewhere")


def test_home_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME")
    write_pair(tmp_path / "here")
    assert len(Tiny("~/here")) == 6
    write_pair(tmp_path / ".cache" / "wengert" / "mnist")
    assert len(Tiny()) == 6


def test_missing_files_are_named_with_folders_and_ways(tmp_path):
    write(tmp_path, "train-labels-idx1-ubyte", LABELS)
    with pytest.raises(FileNotFoundError) as caught:
        Tiny(tmp_path)
    text = str(caught.value)
    assert "Tiny(train=True) needs train-images-idx3-ubyte.gz (gzipped, or plain" in text
    assert "labels" not in text
    for part in (tmp_path, tmp_path / "MNIST" / "raw", tmp_path / "mnist"):
        assert f"\n  {part}" in text
    for way in ("download=True", "http://127.0.0.1:9/none/", "WENGERT_DATA"):
        assert way in text
    with pytest.raises(FileNotFoundError, match="t10k-images-idx3-ubyte.gz and t10k-labels"):
        Tiny(tmp_path, train=False)


def test_samples(tmp_path):
    write_pair(tmp_path)
    image, label = Tiny(tmp_path)[-2]
    assert type(label) is int and label == 1
    assert image.dtype == np.uint8 and image.flags.writeable
    image[...] = 0
    dataset = Tiny(tmp_path, transform=lambda a: a * 2, target_transform=str)
    image, label = dataset[4]
    np.testing.assert_array_equal(image, IMAGES[4] * 2)
    assert label == "1"
    assert len(list(dataset)) == 6
    for index in (6, -7):
        with pytest.raises(IndexError, match=f"Tiny: index {index} is out of range for 6 samples"):
            dataset[index]
    with pytest.raises(TypeError):
        dataset[0:2]


def test_changing_a_sample_does_not_change_the_dataset(tmp_path):
    write_pair(tmp_path)
    dataset = Tiny(tmp_path)
    dataset[0][0][...] = 7
    fetch_batch(dataset, [0])[0].numpy()[...] = 7
    np.testing.assert_array_equal(dataset.data.numpy(), IMAGES)


@pytest.mark.parametrize(
    "transform", [None, ToTensor(), Compose([ToTensor(), Normalize((0.1,), (0.3,))])]
)
def test_one_piece_equals_per_sample(tmp_path, transform):
    write_pair(tmp_path)
    dataset, indices = Tiny(tmp_path, transform=transform), [5, 0, -1, 0]
    fast, slow = fetch_batch(dataset, indices), default_collate([dataset[i] for i in indices])
    assert type(fast) is type(slow)
    for a, b in zip(fast, slow, strict=True):
        assert a.dtype == b.dtype and tuple(a.shape) == tuple(b.shape)
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_no_one_piece_where_a_transform_works_by_sample(tmp_path):
    write_pair(tmp_path)
    by_sample = Compose([ToTensor(), Lambda(lambda t: t.flatten())])
    assert fetch_batch(Tiny(tmp_path, transform=by_sample), [0]) is NotImplemented
    assert fetch_batch(Tiny(tmp_path, target_transform=str), [0]) is NotImplemented
    dataset = Tiny(tmp_path, transform=by_sample)
    x, y = next(iter(DataLoader(Subset(dataset, [2, 3]), batch_size=2)))
    assert tuple(x.shape) == (2, 9) and y.numpy().tolist() == [2, 0]


def test_data_may_be_replaced_and_a_transform_set_later(tmp_path):
    write_pair(tmp_path)
    dataset = Tiny(tmp_path)
    dataset.data, dataset.targets = dataset.data[:2], dataset.targets[:2]
    dataset.transform = ToTensor()
    batches = list(DataLoader(dataset, batch_size=8))
    assert len(batches) == 1 and tuple(batches[0][0].shape) == (2, 1, 3, 3)


@pytest.mark.parametrize(
    ("name", "spoil", "text"),
    [
        ("train-images-idx3-ubyte", lambda b: b[:-5], "is truncated: 49 of 54 data bytes"),
        ("train-images-idx3-ubyte", lambda b: b[:10], "is truncated within its header"),
        ("train-images-idx3-ubyte", lambda b: b[:2], r"starts with the bytes \[0, 0\]"),
        ("train-images-idx3-ubyte", lambda b: b"", r"starts with the bytes \[\]"),
        ("train-images-idx3-ubyte", lambda b: b + b"\0", "is longer than the 54 data bytes"),
        ("train-labels-idx1-ubyte", lambda b: idx_bytes(LABELS[:5]), "holds 6 images, .* 5 labels"),
        ("train-images-idx3-ubyte", lambda b: b[:4] + b"\xff" * 4 + b[8:], "header names 38654"),
        ("train-images-idx3-ubyte", lambda b: idx_bytes(IMAGES[:, :2]), r"shape \(6, 2, 3\), not "),
        ("train-labels-idx1-ubyte", lambda b: b"<html>gone", r"\[60, 104, 116, 109\], not \[0, 0"),
        ("train-images-idx3-ubyte.gz", lambda b: b[:-20], "damaged or truncated"),
        ("train-images-idx3-ubyte.gz", lambda b: b"<html>gone", "damaged or truncated"),
        ("train-images-idx3-ubyte.gz", lambda b: b[:30] + b"\xff" * 9 + b[39:], "damaged or"),
    ],
)
def test_a_broken_file_is_named_and_stays(tmp_path, name, spoil, text):
    write_pair(tmp_path, ".gz" if name.endswith(".gz") else "")
    path = tmp_path / name
    spoiled = spoil(path.read_bytes())
    path.write_bytes(spoiled)
    with pytest.raises(ValueError, match=text) as caught:
        Tiny(tmp_path)
    assert "Tiny: " in str(caught.value) and "name another folder" in str(caught.value)
    assert str(path) in str(caught.value)
    with pytest.raises(ValueError, match=text):
        Tiny(tmp_path, download=True)
    assert path.read_bytes() == spoiled and not list(tmp_path.glob("*.bad"))


@pytest.mark.parametrize("sound", [
    IMAGES[:2], np.zeros((6, 4, 4), np.uint8), LABELS, IMAGES.astype(">f4")])
@pytest.mark.parametrize("place", ["", "MNIST/raw", "mnist"])
@pytest.mark.parametrize("suffix", [".gz", ""])
def test_a_sound_file_of_other_content_is_never_renamed(tmp_path, place, suffix, sound):
    write_pair(tmp_path / place, suffix)
    path = write(tmp_path / place, "train-images-idx3-ubyte" + suffix, sound)
    if sound.dtype != np.uint8:
        content = bytes([0, 0, 0x0D, 3]) + idx_bytes(sound)[4:]
        path.write_bytes(gzip.compress(content) if suffix else content)
    before = path.read_bytes()
    for download in (False, True):
        with pytest.raises(ValueError, match="Tiny: .*(holds an? |holds 2|starts ).*another fo"):
            Tiny(tmp_path, download=download)
    assert path.read_bytes() == before and len(list(path.parent.iterdir())) == 2


def test_a_damaged_download_is_kept_aside_when_it_can_be_fetched_again(tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    write_pair(raw)
    path = write(raw, "train-images-idx3-ubyte.gz", IMAGES, cut=-9)
    for _ in range(2):
        with pytest.raises(ValueError, match="damaged or truncated.*or pass download=True"):
            Tiny(tmp_path)
    spoiled = path.read_bytes()
    with pytest.raises(ValueError, match=r"kept as .*\.bad; pass download=True again"):
        Tiny(tmp_path, download=True)
    assert not path.exists() and (raw / (path.name + ".bad")).read_bytes() == spoiled


@pytest.mark.parametrize("kind", [str, os.fsencode, pathlib.Path])
def test_every_kind_of_path(tmp_path, kind):
    write_pair(tmp_path / "größe")
    assert len(Tiny(kind(tmp_path / "größe"))) == 6


def test_the_files_of_another_dataset_are_refused_and_left_in_place(tmp_path):
    write_pair(tmp_path, labels=np.array([0, 0, 0, 1, 2, 2], np.uint8))
    with pytest.raises(ValueError, match=r"labels of another dataset: \(3, 1, 2\) images .*\(2, 2"):
        Tiny(tmp_path)
    assert sorted(p.name for p in tmp_path.glob("*.bad")) == []
    assert (tmp_path / "train-labels-idx1-ubyte.gz").exists()


@pytest.mark.parametrize("count", [0, 1, 4])
def test_files_of_another_length_are_taken(tmp_path, count):
    write(tmp_path, "train-images-idx3-ubyte", IMAGES[:count])
    write(tmp_path, "train-labels-idx1-ubyte.gz", LABELS[:count])
    dataset = Tiny(tmp_path)
    assert len(dataset) == count and dataset.targets.tolist() == LABELS[:count].tolist()
    write(tmp_path, "train-labels-idx1-ubyte.gz", np.full(count, 3, np.uint8))
    if count:
        with pytest.raises(ValueError, match="labels of another dataset"):
            Tiny(tmp_path)


def test_labels_are_integers_one_for_each_image():
    for labels in (np.array([0.0, 2.7]), np.array([1]), np.zeros((2, 1), int)):
        with pytest.raises(ValueError, match="ImageDataset: labels must be integers, one for each"):
            ImageDataset(np.zeros((2, 4, 4), np.uint8), labels)


def test_read_idx_plain_and_gzipped(tmp_path):
    for name in ("a", "a.gz"):
        array = read_idx(str(write(tmp_path, name, IMAGES)), (3, 3))
        np.testing.assert_array_equal(array, IMAGES)
        assert array.flags.writeable and array.dtype == np.uint8


def test_digits_split():
    train, test = Digits(), Digits(train=False)
    assert (len(train), len(test)) == (1437, 360)
    assert tuple(train.data.shape) == (1437, 8, 8) and train.data.numpy().dtype == np.uint8
    assert train.data.numpy().max() == test.data.numpy().max() == 255
    counts = np.bincount(test.targets.numpy())
    assert counts.tolist() == [36, 36, 36, 36, 37, 36, 36, 36, 35, 36]
    assert repr(test) == "Digits(train=False): 360 images of 8x8"
    assert train.classes[7] == "7"


def test_digits_are_scikit_learns():
    source = pytest.importorskip(
        "sklearn.datasets", reason="scikit-learn holds the source"
    ).load_digits()
    held_out = np.zeros(1797, bool)
    for digit in range(10):
        before = np.count_nonzero(source.target < digit)
        held_out[np.flatnonzero(source.target == digit)[-before % 5 :: 5]] = True
    for train in (True, False):
        dataset = Digits(train=train)
        chosen = held_out != train
        np.testing.assert_array_equal(dataset.targets.numpy(), source.target[chosen])
        pixels = dataset.data.numpy().astype(np.float64)
        np.testing.assert_array_equal(np.rint(pixels * 16 / 255), source.images[chosen])


def test_digits_load_in_batches():
    dataset = Digits(train=False, transform=ToTensor())
    generator = autograd.Generator()
    generator.manual_seed(1)
    batches = list(DataLoader(dataset, batch_size=64, shuffle=True, generator=generator))
    assert [tuple(x.shape) for x, _ in batches] == [(64, 1, 8, 8)] * 5 + [(40, 1, 8, 8)]
    assert sorted(np.concatenate([y.numpy() for _, y in batches])) == sorted(
        dataset.targets.numpy()
    )
    assert all(x.numpy().dtype == np.float32 and x.numpy().min() >= 0 for x, _ in batches)


def test_digits_file_is_small():
    import data.datasets.digits as module

    assert os.path.getsize(os.path.join(os.path.dirname(module.__file__), "digits.npz")) < 100_000


def test_real_mnist(mnist_root):
    train, test = MNIST(mnist_root), MNIST(mnist_root, train=False)
    assert (len(train), len(test)) == (60000, 10000)
    assert train.targets.numpy()[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    share = np.bincount(train.data.numpy().reshape(-1), minlength=256) / train.data.numpy().size
    level = np.arange(256) / 255
    mean = share @ level
    assert round(mean, 4) == 0.1307 and round(np.sqrt(share @ (level - mean) ** 2), 4) == 0.3081


def test_real_mnist_content_is_the_published_one(mnist_root):
    """The SHA-256 of the unzipped test files, whatever compressed them."""
    import hashlib

    test = MNIST(mnist_root, train=False)
    sums = [
        hashlib.sha256(idx_bytes(a)).hexdigest()
        for a in (test.data.numpy(), test.targets.numpy().astype(np.uint8))
    ]
    assert sums == [
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ]


def test_real_mnist_is_not_taken_for_fashion(mnist_root):
    with pytest.raises(ValueError, match="FashionMNIST: .* has the labels of another dataset"):
        FashionMNIST(mnist_root, train=False)


def test_the_tables_of_published_files():
    for dataset in (MNIST, FashionMNIST, KMNIST):
        files = dataset.files[True] + dataset.files[False]
        assert len({f.sha256 for f in files}) == 4
        for file in files:
            assert len(bytes.fromhex(file.sha256)) == 32 and file.size < np.prod(file.shape)
        for train, counts in dataset.class_counts.items():
            assert sum(counts) == dataset.files[train][0].shape[0]
        assert len(dataset.classes) == 10
