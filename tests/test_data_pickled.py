"""The pickles of CIFAR: read right, and nothing run that a file asks for."""

import io
import os
import pickle
import pickletools
import struct

import numpy as np
import pytest

from data.datasets import CIFAR10, CIFAR100
from data.datasets.pickled import read_pickle

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (4, 3072), dtype=np.uint8)


def python_2(content: bytes, labels: list[int], key: str) -> bytes:
    """What Python 2 wrote with protocol 2: texts as bytes, NumPy under its old name."""
    def text(value):
        return b"U" + bytes([len(value)]) + value.encode()

    def number(value):
        return b"J" + struct.pack("<i", value)

    array = (b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n" + number(0) + b"\x85"
             + text("b") + b"\x87R(" + number(1) + number(len(content) // 3072) + number(3072)
             + b"\x86cnumpy\ndtype\n" + text("u1") + number(0) + number(1) + b"\x87R("
             + number(3) + text("|") + b"NNN" + number(-1) + number(-1) + number(0) + b"tb\x89T"
             + struct.pack("<i", len(content)) + content + b"tb")
    listed = b"](" + b"".join(map(number, labels)) + b"e"
    return b"\x80\x02}(" + text("data") + array + text(key) + listed + b"u."


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_arrays_of_every_protocol(tmp_path, protocol):
    path = str(tmp_path / "batch")
    arrays = [PIXELS, np.asfortranarray(PIXELS), PIXELS[:, ::2], np.arange(5.0), np.arange(3)]
    content = {b"data": arrays, "name": b"x", "labels": [1, 2], "more": {"a": (None, 2.5, True)}}
    with open(path, "wb") as file:
        pickle.dump(content, file, protocol)
    found = read_pickle(path)
    for array, wanted in zip(found["data"], arrays, strict=True):
        assert array.dtype == wanted.dtype
        np.testing.assert_array_equal(array, wanted)
    assert found["labels"] == [1, 2] and found["more"] == {"a": [None, 2.5, True]}


def test_cifars_own_files(tmp_path):
    ten, hundred = tmp_path / "cifar-10-batches-py", tmp_path / "cifar-100-python"
    ten.mkdir()
    hundred.mkdir()
    (ten / "data_batch_2").write_bytes(python_2(PIXELS.tobytes(), [3, 1, 9, 0], "labels"))
    (hundred / "test").write_bytes(python_2(PIXELS.tobytes(), [99, 0, 50, 7], "fine_labels"))
    pickletools.dis((ten / "data_batch_2").read_bytes(), io.StringIO())
    for dataset, labels in ((CIFAR10(tmp_path), [3, 1, 9, 0]),
                            (CIFAR100(tmp_path, train=False), [99, 0, 50, 7])):
        assert dataset.targets.tolist() == labels and dataset.data.shape == (4, 32, 32, 3)
        assert dataset[2][0][5, 7, 1] == PIXELS[2, 1024 + 5 * 32 + 7]
    assert CIFAR100.classes[99] == "worm" and len(set(CIFAR100.classes)) == 100


def test_binary_files_of_cifar100(tmp_path):
    records = RNG.integers(0, 256, (3, 3074), dtype=np.uint8)
    records[:, 0], records[:, 1] = [7, 8, 19], [42, 0, 99]
    records.tofile(tmp_path / "train.bin")
    dataset = CIFAR100(tmp_path)
    assert dataset.targets.tolist() == [42, 0, 99]
    assert dataset[1][0][31, 0, 2] == records[1, 2 + 2048 + 31 * 32]
    assert repr(dataset) == "CIFAR100(train=True): 3 images of 32x32x3"
    with pytest.raises(FileNotFoundError, match=r"CIFAR100\(train=False\) needs test.bin"):
        CIFAR100(tmp_path, train=False)
    records[1, 1] = 100
    records.tofile(tmp_path / "train.bin")
    with pytest.raises(ValueError, match="class 100, where 0 to 99 fit; it is not in CIFAR100's"):
        CIFAR100(tmp_path)


class Runs:
    """Would make a folder when it is unpickled."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_nothing_is_run(tmp_path, monkeypatch, protocol):
    monkeypatch.chdir(tmp_path)
    evil = [Runs(os.mkdir, "made"), Runs(eval, "__import__('os').mkdir('made')"),
            Runs(getattr, 1, "real"), Runs(np.load, "x"), {"data": [Runs(os.system, "mkdir made")]},
            np.array([Runs(os.mkdir, "made")], object), Runs(bytearray, 10**12)]
    for value in evil:
        (tmp_path / "test_batch").write_bytes(pickle.dumps(value, protocol))
        with pytest.raises(ValueError, match="CIFAR10: .*test_batch is no pickle of plain data: "):
            CIFAR10(tmp_path, train=False)
        assert not (tmp_path / "made").exists()
    (tmp_path / "x").write_bytes(pickle.dumps({"a": Runs(os.mkdir, "made")}, protocol))
    with pytest.raises(ValueError, match=r"names (posix|nt|os)\.mkdir, which could .* code; arr"):
        read_pickle(str(tmp_path / "x"))


def test_broken_and_foreign_files(tmp_path):
    whole = python_2(PIXELS.tobytes(), [3, 1, 9, 0], "labels")
    path = tmp_path / "test_batch"
    for spoiled in (b"", whole[:-1], whole[:500], b"<html>gone", whole[:60] + whole[90:],
                    b"\x80\x02]q\x00.", b"\x80\x02}P1\n.", b"cnumpy\nndarray\n."):
        path.write_bytes(spoiled)
        with pytest.raises(ValueError, match="CIFAR10: .*test_batch is (no|a) pickle "):
            CIFAR10(tmp_path, train=False)
    for content in ({}, {"data": PIXELS}, {"data": PIXELS, "labels": [1]},
                    {"data": PIXELS.astype(float), "labels": [1] * 4},
                    {"data": PIXELS, "labels": ["a"] * 4}, {"data": PIXELS, "labels": [-1] * 4}):
        path.write_bytes(pickle.dumps(content, 2))
        with pytest.raises(ValueError, match=r"must hold 'data', uint8 of shape \(N, 3072\), and"):
            CIFAR10(tmp_path, train=False)
    path.write_bytes(pickle.dumps({"data": PIXELS, "labels": [10] * 4}))
    with pytest.raises(ValueError, match="class 10, where 0 to 9 fit"):
        CIFAR10(tmp_path, train=False)
