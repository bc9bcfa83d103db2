"""`.safetensors` files: equal to the other library's both ways, and damaged ones refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors import numpy as theirs
from safetensors import safe_open

import autograd
import nn

DTYPES = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")


def state() -> dict:
    shapes = [(), (0,), (3,), (2, 0, 3), (2, 3)]
    return {f"{dtype}{i}.größe": autograd.from_numpy(np.resize([1, 0, 1], shape).astype(dtype))
            for dtype in DTYPES for i, shape in enumerate(shapes)}


def test_the_other_library_reads_what_is_written(tmp_path):
    path, values = tmp_path / "x.safetensors", state()
    values["permuted"] = autograd.arange(6).reshape(2, 3).T
    autograd.save(values, path)
    found = theirs.load_file(path)
    assert found.keys() == values.keys()
    for name, value in values.items():
        assert found[name].dtype == value.numpy().dtype
        np.testing.assert_array_equal(found[name], value.numpy())


def test_what_the_other_library_writes_is_read(tmp_path):
    path = tmp_path / "x.safetensors"
    arrays = {name: value.numpy() for name, value in state().items()}
    theirs.save_file(arrays, path, metadata={"format": "pt"})
    found = autograd.load(path)
    assert found.keys() == arrays.keys()
    for name, value in found.items():
        assert value.dtype is autograd.from_numpy(arrays[name]).dtype
        np.testing.assert_array_equal(value.numpy(), arrays[name])
        value.zero_()  # it can be written


def test_a_model_with_tied_weights(tmp_path):
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    autograd.save(model.state_dict(), tmp_path / "x.safetensors")
    assert set(theirs.load_file(tmp_path / "x.safetensors")) == set(model.state_dict())
    model.load_state_dict(autograd.load(tmp_path / "x.safetensors"))
    assert list(autograd.load(tmp_path / "x.safetensors")) == list(model.state_dict())


def test_any_object(tmp_path):
    path, x = tmp_path / "x.safetensors", autograd.ones(2, requires_grad=True)
    value = {"model": {"w": x, "again": x}, "steps": (1, [2.5, None, True]), 3: np.arange(2, 4),
             "model.w": np.zeros(1, np.uint16), "__metadata__": autograd.zeros(1), "inf": np.inf}
    autograd.save(value, path)
    found = autograd.load(path)
    assert list(found) == list(value) and found["steps"] == (1, [2.5, None, True])
    assert found["model"]["w"].requires_grad and found["model"]["again"] is found["model"]["w"]
    assert isinstance(found[3], np.ndarray) and found[3].tolist() == [2, 3]
    assert found["model.w"].dtype == np.uint16 and found["inf"] == np.inf
    with safe_open(path, "numpy") as file:
        assert sorted(file.keys()) == ["3", "__metadata___", "model.w", "model.w_"]
    for single in (x.detach(), [1, 2], "text", {}, np.arange(2)):
        autograd.save(single, path)
        assert type(autograd.load(path)) is type(single)


def test_dtypes_that_the_format_has_not(tmp_path):
    path = tmp_path / "x.safetensors"
    with pytest.raises(TypeError, match="save: 'a' is of dtype complex128; a .safetensors file"):
        autograd.save({"a": np.array([1j])}, path)
    with pytest.raises(TypeError, match=r"save: obj\['f'\] is function; only tensors"):
        autograd.save({"f": lambda: 0}, path)
    theirs.save_file({"a": np.zeros(2, np.uint32)}, path)
    with pytest.raises(ValueError, match="its tensor 'a' cannot be a Tensor here: .*uint32"):
        autograd.load(path)
    assert [p.name for p in tmp_path.iterdir()] == ["x.safetensors"]


def entry(dtype="F32", shape=(2,), offsets=(0, 8), **more) -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets, **more}


def encoded(header, data=b"\0" * 8) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


@pytest.mark.parametrize("content, message", [
    (b"", "header would have 0 bytes, the file has 0"),
    (b"\1\0\0", "header would have 1 bytes, the file has 3"),
    ((2**63).to_bytes(8, "little") + b"{}", "header would have 9,223,372,036,854,775,808 bytes"),
    (encoded({"a": entry()})[:40], "header would have"),
    (encoded(b"[]", b""), "no JSON object"),
    (encoded(b"{", b""), "Expecting"),
    (encoded(b"\xff\xfe{}", b""), "decode"),
    (encoded(b"[" * 100_000, b""), "recursion"),
    (encoded(b'{"a": 1, "a": 2}', b""), "a name twice"),
    (encoded({"a": 3}), "'a' needs dtype, shape and data_offsets, and has 3"),
    (encoded({"a": entry(more=1)}), "needs dtype, shape and data_offsets"),
    (encoded({"a": entry("BF16", offsets=(0, 4))}), "'a' is of dtype 'BF16'; what can be read"),
    (encoded({"a": entry(["F32"])}), "'a' is of dtype"),
    (encoded({"a": entry(shape=[-2])}), r"'a' has shape \[-2\]"),
    (encoded({"a": entry(shape=[2.0])}), r"'a' has shape \[2.0\]"),
    (encoded({"a": entry(shape=[True, 2])}), "'a' has shape"),
    (encoded({"a": entry(shape=2)}), "'a' has shape 2"),
    (encoded({"a": entry(offsets=(0, 8, 8))}), "data_offsets"),
    (encoded({"a": entry(shape=(2**62, 4))}), "needs .* bytes, and has 8"),
    (encoded({"a": entry(shape=(3,))}), "of shape .3,. and dtype F32 needs 12 bytes, and has 8"),
    (encoded({"a": entry(shape=(0,), offsets=(8, 0))}), "needs 0 bytes, and has -8"),
    (encoded({"a": entry(offsets=(4, 12))}), "begins at byte 4 of the data, where 0 is next"),
    (encoded({"a": entry(), "b": entry()}), "overlap or leave gaps"),
    (encoded({"a": entry(), "b": entry(offsets=(12, 20))}, b"\0" * 20), "overlap or leave gaps"),
    (encoded({"a": entry()}, b"\0" * 7), "tells of 8 bytes of data, it has 7"),
    (encoded({"a": entry()}, b"\0" * 9), "tells of 8 bytes of data, it has 9"),
    (encoded({"a": entry("BOOL", (8,))}, b"\2" * 8), "neither 0 nor 1"),
    (encoded({"__metadata__": {"a": 1}}, b""), "must hold strings"),
    (encoded({"__metadata__": {"structure": "{"}}, b""), "Expecting"),
    (encoded({"__metadata__": {"structure": '{"tensor": "b"}'}}, b""), "names 'b', which it does"),
])
def test_damaged_files_are_refused(tmp_path, content, message):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"load: .*x.safetensors was not written by.*{message}"):
        autograd.load(path)


def test_every_truncation_is_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    autograd.save({"a": autograd.ones(2), "n": 1}, path)
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="is damaged"):
            autograd.load(path)
