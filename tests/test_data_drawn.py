"""Datasets that are drawn, and texts: toy sets, FakeData, CharacterText, EMNIST's selections."""

import gzip
import zipfile

import numpy as np
import pytest

import autograd
from data import DataLoader, Subset, TensorDataset, datasets, default_collate
from data.datasets import EMNIST, Alphabet, CharacterText, FakeData
from tests.test_data_datasets import idx_bytes

TOYS = [datasets.xor, datasets.moons, datasets.circles, datasets.spirals, datasets.blobs,
        datasets.regression]


@pytest.mark.parametrize("toy", TOYS)
def test_toy_sets(toy):
    def made(**settings):
        return [t.numpy() for t in toy(**settings).tensors]

    x, y = made(samples=101, generator=autograd.Generator().manual_seed(3))
    again = made(samples=101, generator=autograd.Generator().manual_seed(3))
    other = made(samples=101, generator=autograd.Generator().manual_seed(4))
    np.testing.assert_array_equal(x, again[0])
    assert not np.array_equal(x, other[0]) and isinstance(toy(), TensorDataset)
    assert x.dtype == np.float32 and len(x) == len(y) == 101 and x.ndim == 2
    if toy is datasets.regression:
        assert y.dtype == np.float32 and y.shape == (101, 1)
    else:
        counts = np.bincount(y)
        assert y.dtype == np.int64 and counts.max() - counts.min() <= 1
    autograd.manual_seed(1)
    default = made()
    autograd.manual_seed(1)
    np.testing.assert_array_equal(default[0], made()[0])
    for samples in (0, -1, 2.5):
        with pytest.raises((ValueError, TypeError), match=f"{toy.__name__}: samples must be"):
            toy(samples)
    with pytest.raises(ValueError, match=f"{toy.__name__}: noise must be a number >= 0"):
        toy(10, noise=-1)


def test_shapes_of_toy_sets():
    x, y = (t.numpy() for t in datasets.circles(60, noise=0, factor=0.3).tensors)
    np.testing.assert_allclose(np.hypot(*x.T), np.where(y == 1, 0.3, 1), rtol=1e-6)
    x, y = (t.numpy() for t in datasets.moons(60, noise=0).tensors)
    centre = np.where(y[:, None] == 1, [1, 0.5], [0, 0])
    np.testing.assert_allclose(np.hypot(*(x - centre).T), 1, rtol=1e-6)
    x, y = (t.numpy() for t in datasets.spirals(90, noise=0).tensors)
    np.testing.assert_allclose(np.hypot(*x.T).reshape(3, 30), [np.linspace(0, 1, 30)] * 3,
                               atol=1e-6)
    x, y = (t.numpy() for t in datasets.regression(50, 3, noise=0).tensors)
    rest = np.linalg.lstsq(np.c_[x, np.ones(50)], y, rcond=None)[1]
    assert rest.max() < 1e-9
    x, y = (t.numpy() for t in datasets.blobs(3000, 2, 4, noise=0.5).tensors)
    assert x.shape == (3000, 4) and abs(x[y == 1].std(0) - 0.5).max() < 0.05
    for toy in (datasets.moons, datasets.circles, datasets.spirals):
        with pytest.raises(ValueError, match="samples must be at least [23], one a class, got 1"):
            toy(1)
    with pytest.raises(ValueError, match="factor must lie between 0 and 1, got 1"):
        datasets.circles(factor=1)


def test_fake_data():
    fake = FakeData(20, (3, 5, 4), 7)
    image, label = fake[3]
    assert image.shape == (5, 4, 3) and image.dtype == np.uint8 and type(label) is int
    np.testing.assert_array_equal(image, fake[3 - 20][0])
    np.testing.assert_array_equal(image, FakeData(5, (3, 5, 4), 7, random_offset=3)[0][0])
    assert not np.array_equal(image, fake[4][0]) and {label for _, label in fake} <= set(range(7))
    np.testing.assert_array_equal(image, FakeData(9, (3, 5, 4), 7, random_offset=-5)[8][0])
    assert len(list(fake)) == 20 and FakeData(1, (1, 5, 4))[0][0].shape == (5, 4)
    assert FakeData(2, (1, 2, 2), 3, np.sum, str)[1][1] in "012"
    with pytest.raises(IndexError, match="FakeData: index 20 is out of range for 20 samples"):
        fake[20]
    with pytest.raises(ValueError, match=r"image_size must be \(C, H, W\), got \(3, 4\)"):
        FakeData(1, (3, 4))


def test_blocks_of_a_text(tmp_path):
    text = CharacterText("hello", 3)
    assert [[text.alphabet.decode(part) for part in pair] for pair in text] == [
        ["hel", "ell"], ["ell", "llo"]]
    assert len(text) == 2 and text[-1][0].tolist() == text[1][0].tolist()
    x, y = text[0]
    x[:] = 0
    assert text[0][0].tolist() == [1, 0, 2] and y.dtype == np.int64
    for indices in ([0, 1, 1], [-1], []):
        whole = text.__getbatch__(indices)
        if indices:
            single = default_collate([text[i] for i in indices])
            assert all(autograd.equal(a, b) for a, b in zip(whole, single, strict=True))
    assert next(iter(DataLoader(Subset(text, [1]), 1)))[1].tolist() == [[2, 2, 3]]
    path = tmp_path / "text.txt"
    path.write_text("größer\nals", encoding="utf-8")
    read = CharacterText.from_file(path, 4)
    assert read.alphabet.decode(read.numbers) == "größer\nals"
    assert repr(read) == "CharacterText: 10 characters, 9 different ones, in blocks of 4"
    shared = CharacterText("lol", 2, text.alphabet)
    assert shared[0][0].tolist() == [2, 3]


def test_what_makes_no_blocks(tmp_path):
    with pytest.raises(ValueError, match="has 3 characters, at least 4 are needed for block_siz"):
        CharacterText("abc", 3)
    path = tmp_path / "input.txt"
    path.write_bytes(b"\xff\xfe a")
    with pytest.raises(ValueError, match="CharacterText.from_file reads a file"):
        CharacterText(str(path), 500)
    with pytest.raises(ValueError, match="input.txt is not a text in UTF-8"):
        CharacterText.from_file(path, 3)
    with pytest.raises(ValueError, match="'xz' is not among the characters .* 'abc'"):
        CharacterText("zxabc", 3, Alphabet("abc"))
    with pytest.raises(TypeError, match="Alphabet: text must be a str, got bytes"):
        Alphabet(b"abc")
    text = CharacterText("abcd", 3)
    for wrong in (1, -2):
        with pytest.raises(IndexError, match="out of range for 1 samples"):
            text[wrong]
        with pytest.raises(IndexError, match="out of range for 1 samples"):
            text.__getbatch__([0, wrong])
    assert Alphabet("abc").decode(autograd.tensor([2, 0])) == "ca"


def emnist_files(split="letters"):
    images = np.arange(3 * 784, dtype=np.uint16).astype(np.uint8).reshape(3, 28, 28)
    labels = np.array([1, 26, 5], np.uint8)
    return {f"emnist-{split}-{part}-{kind}": gzip.compress(idx_bytes(array))
            for part in ("train", "test") for kind, array in
            (("images-idx3-ubyte.gz", images), ("labels-idx1-ubyte.gz", labels))}


def test_emnist(tmp_path):
    for name, content in emnist_files().items():
        (tmp_path / name).write_bytes(content)
    letters = EMNIST(tmp_path, "letters")
    assert letters[1][1] == 26 and letters.classes[26] == "z" and len(letters) == 3
    assert letters[0][0][0, :3].tolist() == [0, 1, 2]  # as it lies in the file
    assert repr(letters) == "EMNIST(split='letters', train=True): 3 images of 28x28"
    for split, count in (("byclass", 62), ("bymerge", 47), ("balanced", 47), ("digits", 10)):
        assert len(EMNIST.splits[split]) == count
    with pytest.raises(ValueError, match="split must be one of byclass, .*, got 'letter'"):
        EMNIST(tmp_path, "letter")
    with pytest.raises(FileNotFoundError, match=r"EMNIST\(train=True\) needs emnist-mnist-train-"):
        EMNIST(tmp_path, "mnist")


def test_emnist_is_unpacked_from_its_archive(tmp_path, monkeypatch):
    raw = tmp_path / "EMNIST" / "raw"

    def fetch(name, size, sha256, mirrors, folder):
        raw.mkdir(parents=True)
        with zipfile.ZipFile(raw / name, "w") as archive:
            for file, content in emnist_files().items():
                archive.writestr("gzip/" + file, content)
        return str(raw / name)

    monkeypatch.setattr("data.datasets.emnist.download", fetch)
    assert len(EMNIST(tmp_path, "letters", train=False, download=True)) == 3
    assert len(EMNIST(tmp_path, "letters", download=True)) == 3  # which are there already
    raw.rename(tmp_path / "away")
    with pytest.raises(FileNotFoundError, match="(?s)not be downloaded and unpacked:.*digits"):
        EMNIST(tmp_path, "digits", download=True)
