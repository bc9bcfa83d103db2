"""Saving and loading."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest

import autograd


def test_round_trip(tmp_path):
    path = tmp_path / "model.npz"
    value = {
        "weight": autograd.randn(3, 4, requires_grad=True), "counts": autograd.arange(3),
        "array": np.ones(2), "lr": 0.1, "name": "net", "none": None, "flag": True,
        "nested": [1, (2, {"x": autograd.zeros(())})], 3: "integer key",
    }
    autograd.save(value, path)
    loaded = autograd.load(path)
    assert list(loaded) == list(value) and loaded["lr"] == 0.1 and loaded["none"] is None
    assert loaded["weight"].requires_grad and not loaded["counts"].requires_grad
    assert autograd.equal(loaded["weight"], value["weight"])
    assert loaded["counts"].dtype == np.int64 and isinstance(loaded["array"], np.ndarray)
    assert isinstance(loaded["nested"][1], tuple) and loaded["nested"][1][1]["x"].shape == ()
    assert os.listdir(tmp_path) == ["model.npz"]


def test_binary_files():
    file = io.BytesIO()
    autograd.save([autograd.ones(2)], file)
    file.seek(0)
    assert autograd.load(file)[0].tolist() == [1.0, 1.0]


def test_a_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "x"
    autograd.save(1, path)
    with pytest.raises(TypeError, match=r"save: obj\['m'\]\[1\] is object.*state_dict"):
        autograd.save({"m": [1, object()]}, path)
    with pytest.raises(TypeError, match=r"key \(1, 2\)"):
        autograd.save({(1, 2): 3}, path)
    assert autograd.load(path) == 1 and os.listdir(tmp_path) == ["x"]


def test_damaged_and_foreign_files(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"not an archive")
    with pytest.raises(ValueError, match="not written by autograd.save, or is damaged"):
        autograd.load(path)
    np.savez(tmp_path / "other.npz", a=np.ones(2))
    with pytest.raises(ValueError, match="no structure entry"):
        autograd.load(tmp_path / "other.npz")
    autograd.save([autograd.ones(100)], path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match="damaged"):
        autograd.load(path)
    with pytest.raises(FileNotFoundError):
        autograd.load(tmp_path / "missing")
