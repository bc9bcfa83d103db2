"""Saving and loading: values, ties, damaged and foreign files."""

from __future__ import annotations

import io
import json
import pathlib
import zipfile

import numpy as np
import pytest

import autograd

WRITTEN = "was not written by autograd.save or PyTorch, or is damaged: ."


def saved(value) -> bytes:
    file = io.BytesIO()
    autograd.save(value, file)
    return file.getvalue()


def loaded(content: bytes):
    return autograd.load(io.BytesIO(content))


def again(value):
    return loaded(saved(value))


def test_round_trip(tmp_path):
    path = tmp_path / "model.npz"
    value = {
        "weight": autograd.randn(3, 4, requires_grad=True), "counts": autograd.arange(3),
        "array": np.ones(2), "lr": 0.1, "name": "net", "none": None, "flag": True,
        "nested": [1, (2, {"x": autograd.zeros(())})], 3: "integer key",
    }
    autograd.save(value, path)
    found = autograd.load(path)
    assert list(found) == list(value) and found["lr"] == 0.1 and found["none"] is None
    assert found["weight"].requires_grad and not found["counts"].requires_grad
    assert autograd.equal(found["weight"], value["weight"])
    assert found["counts"].dtype == np.int64 and isinstance(found["array"], np.ndarray)
    assert isinstance(found["nested"][1], tuple) and found["nested"][1][1]["x"].shape == ()
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int16", "int32",
                                   "int64", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_every_dtype_and_shape(dtype, shape):
    array = np.resize([1, 0], shape).astype(dtype)
    found = again(autograd.from_numpy(array))
    assert found.dtype is autograd.from_numpy(array).dtype and found.shape == shape
    np.testing.assert_array_equal(found.numpy(), array)


def test_numbers_of_python_and_numpy():
    value = [0.1, -0.0, float("inf"), 2**100, True, np.float32(0.5), np.int16(-3), np.bool_(True)]
    found = again(value)
    assert found == value and [type(v) for v in found[-3:]] == [float, int, bool]
    assert np.signbit(found[1]) and np.isnan(again(float("nan")))
    assert again(autograd.get_rng_state()) == autograd.get_rng_state()


def test_other_arrays_keep_their_dtype():
    for array in (np.array([1 + 2j]), np.array(["a", "bc"]), np.array(["2020-02-03"], "M8[D]"),
                  np.arange(3, dtype=">f4"), np.arange(3, dtype=np.uint16)):
        found = again({"a": array})["a"]
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)


def test_binary_files():
    assert again([autograd.ones(2)])[0].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("f", [None, 3, 2.5, io.StringIO()])
def test_neither_path_nor_file(f):
    with pytest.raises(TypeError, match="save: f must be a path or a binary file, got"):
        autograd.save(1, f)
    with pytest.raises(TypeError, match="load: f must be a path or a binary file that can be read"):
        autograd.load(f)


# ---- what shares memory


def test_tied_tensors_stay_tied():
    weight = autograd.arange(6.0, requires_grad=True)
    value = {"in": weight, "out": weight, "detached": weight.detach(), "array": np.ones(2)}
    found = again(value)
    assert found["in"] is found["out"] and found["in"].requires_grad
    assert found["detached"] is not found["in"] and not found["detached"].requires_grad
    with autograd.no_grad():
        found["out"].fill_(7.0)
    assert found["detached"].tolist() == [7.0] * 6 and found["array"].tolist() == [1, 1]
    assert len(saved(value)) < len(saved({**value, "detached": autograd.zeros(6)}))


def test_a_write_through_one_of_two_tied_tensors_is_noticed_by_the_other():
    weight = autograd.ones(3)
    a, b = again([weight, weight.detach()])
    a.requires_grad_()
    loss = (a * a).sum()
    b.fill_(5.0)
    with pytest.raises(RuntimeError, match="fill_"):
        loss.backward()


def test_views_show_the_same_memory():
    base = autograd.arange(24.0).reshape(4, 6)
    views = [base, base.t(), base[1], base[:, ::2], base[2:, 3:4], base.numpy()[::-1, ::-2],
             base[0, 0], base[3, 5], base[3].expand(2, 6)]
    found = again(views)
    for view, copy in zip(views, found, strict=True):
        assert type(view) is type(copy)
        np.testing.assert_array_equal(np.asarray(copy), np.asarray(view))
    for view, copy in zip(views[:-1], found[:-1], strict=True):
        np.asarray(view)[...] += 1
        np.asarray(copy)[...] += 1
    for view, copy in zip(views, found, strict=True):
        np.testing.assert_array_equal(np.asarray(copy), np.asarray(view))


def test_views_of_several_dtypes_and_odd_places():
    memory = np.zeros(64, np.uint8)
    views = [memory[3:50], memory[8:40].view(np.float32), memory[5:6]]
    bytes_, floats, one = again([autograd.from_numpy(view) for view in views])
    floats.fill_(1.5)
    one.fill_(9)
    views[1][...], views[2][...] = 1.5, 9
    np.testing.assert_array_equal(bytes_.numpy(), views[0])


def test_a_number_that_leads_the_memory_of_others():
    base = autograd.arange(3.0) + 1
    first, rest = again([base[0], base])
    first.fill_(9.0)
    assert first.shape == () and rest.tolist() == [9.0, 2.0, 3.0]


def test_texts_that_share_memory():
    names = np.array(["a", "bc", "d"])
    found = again([names, names[1:]])
    assert [list(part) for part in found] == [["a", "bc", "d"], ["bc", "d"]]


def test_neighbours_and_single_views_do_not_bring_their_surroundings_along():
    base = autograd.zeros(100_000)
    assert len(saved([base[:10], base[10:20], base[::50_000], autograd.zeros(0)])) < 500_000
    assert len(saved([base[:10], base[10:20], base[50:60], autograd.zeros(0)])) < 5_000
    found = again([base[:0], base[:3], base[2:5], base[7:7]])
    assert [t.shape[0] for t in found] == [0, 3, 3, 0]


# ---- what cannot be saved


def test_what_cannot_be_saved_is_named():
    for value, text in [
        ({"m": [1, object()]}, r"save: obj\['m'\]\[1\] is object; only tensors"),
        ({(1, 2): 3}, r"key \(1, 2\)"),
        ([np.array([{}])], r"obj\[0\] is a ndarray of object"),
        (np.zeros(2, [("a", "O")]), "only plain arrays"),
        (np.ma.array([1, 2], mask=[0, 1]), "is a MaskedArray of int64; only plain arrays"),
        (np.datetime64(1, "ns"), "obj is datetime64"),
        (1j, "obj is complex"),
    ]:
        with pytest.raises(TypeError, match=text):
            saved(value)


def test_cycles_and_deep_nesting_are_refused():
    cycle: list = []
    cycle.append({"again": cycle})
    with pytest.raises(ValueError, match="save: obj.*contains itself, or is nested deeper"):
        saved(cycle)
    value: object = 1
    for level in range(102):
        value = [value] if level % 2 else {"k": (value)}
        if level == 99:
            assert again(value) == value
    with pytest.raises(ValueError, match="nested deeper"):
        saved(value)


# ---- what cannot be loaded


def test_damaged_and_foreign_files(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"not an archive")
    with pytest.raises(ValueError, match=f"load: {path} {WRITTEN}"):
        autograd.load(path)
    np.savez(tmp_path / "other.npz", a=np.ones(2))
    with pytest.raises(ValueError, match="no structure entry"):
        autograd.load(tmp_path / "other.npz")
    np.save(tmp_path / "one.npy", np.ones(2))
    with pytest.raises(ValueError, match="not a zip file"):
        autograd.load(tmp_path / "one.npy")
    with pytest.raises(FileNotFoundError):
        autograd.load(tmp_path / "missing")


SAMPLE = saved({"w": autograd.ones(2, 3), "l": [1, (None, "x")], "v": np.arange(5)[::-1]})


def test_truncated_at_every_byte():
    for length in range(len(SAMPLE)):
        with pytest.raises(ValueError, match=WRITTEN):
            loaded(SAMPLE[:length])


def test_any_other_byte_gives_the_same_or_one_clear_error():
    for place in range(len(SAMPLE)):
        for bits in (0x01, 0x80, 0xFF):
            spoiled = bytearray(SAMPLE)
            spoiled[place] ^= bits
            try:
                found = loaded(bytes(spoiled))
            except ValueError as error:
                assert "or is damaged" in str(error)
            else:
                assert found["l"] == [1, (None, "x")] and found["w"].tolist() == [[1.0] * 3] * 2


def npy(header: str, data: bytes = b"", version: int = 1) -> bytes:
    text = header.encode()
    return b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(2, "little") + text + data


def archive(structure, compression=zipfile.ZIP_STORED, **entries: bytes) -> bytes:
    """A sound archive of any content."""
    text = structure if isinstance(structure, bytes) else json.dumps(structure).encode()
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({len(text)},)}}"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as target:
        for name, content in {"__structure__": npy(header, text), **entries}.items():
            target.writestr(name + ".npy", content)
    return file.getvalue()


BYTES = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (64,)}", bytes(64))


@pytest.mark.parametrize("structure", [
    [], 3, None, "x", {}, {"x": 1}, {"dict": 3}, {"dict": [3]}, {"dict": [[{"value": 1}]]},
    {"dict": [[{"list": []}, {"value": 1}]]}, {"dict": [[{"value": None}, {"value": 1}]]},
    {"list": 5}, {"tuple": None}, {"list": [None]}, {"value": [1]}, {"value": {"value": 1}},
    {"same": 0}, {"list": [{"same": 0}]}, {"same": -1}, {"tensor": "0"}, {"tensor": True},
    {"tensor": 1}, {"tensor": -1}, {"tensor": None}, {"array": [0]},
    {"tensor": 0, "requires_grad": True}, b"", b"\xff", b'{"list": [' * 5000 + b"]}" * 5000,
    b'{"list": [' * 150 + b"]}" * 150, b'{"value": ' + b"9" * 5000 + b"}",
], ids=lambda value: str(value)[:40])
def test_malformed_structures(structure):
    with pytest.raises(ValueError, match=WRITTEN):
        loaded(archive(structure, array_0=BYTES))


@pytest.mark.parametrize("place", [
    3, {}, ["<f4", 0, [17], [4]], ["<f4", 4, [16], [4]], ["<f4", -4, [1], [4]],
    ["<f4", 60, [17], [-4]], ["<f4", 0, [2], [2**63 - 1]], ["<f4", 0, [2**62], [4]],
    ["<f4", 0, [2], [-(2**63)]], ["<f4", 2**63, [1], [4]], ["<f4", 0, [2**70], [4]],
    ["<f4", 1, [2], [4]], ["<f4", 0, [2], [3]], ["<f4", 0, [2, 2], [4]], ["<f4", 0, [-1], [4]],
    ["<f4", 0, [2.5], [4]], ["<f4", 0.5, [2], [4]], ["<f4", 0, [None], [4]], ["|O", 0, [1], [8]],
    ["<f3", 0, [1], [4]], [["f4"], 0, [1], [4]], ["<f4", 0, [2] * 70, [0] * 70],
], ids=str)
def test_parts_that_reach_outside_their_memory(place):
    with pytest.raises(ValueError, match="its structure has .* for a part of 64 bytes"):
        loaded(archive({"tensor": 0, "shows": place}, array_0=BYTES))


@pytest.mark.parametrize("header", [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 0)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
    "{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000000,)}",
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
    "(" * 5000, "'''", "\n  x\n y", "{'descr': 3}", "0x", "__import__('os').getcwd()",
], ids=lambda header: header[:60])
def test_headers_that_claim_what_is_not_there(header):
    for version in (1, 3):
        with pytest.raises(ValueError, match=WRITTEN):
            loaded(archive({"tensor": 0}, array_0=npy(header, b"1234", version)))


def test_what_unpacks_to_more_than_the_file_is_refused():
    zeros = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (9000000,)}", bytes(9_000_000))
    small = archive({"tensor": 0}, zipfile.ZIP_DEFLATED, array_0=zeros)
    assert len(small) < 20_000
    with pytest.raises(ValueError, match="entry __structure__ claims"):
        loaded(small)


@pytest.mark.parametrize("array", [
    np.ones(2, np.uint32), np.array(["a"]), np.zeros(2, "M8[D]"),
    np.zeros(2, [("a", "i4")]), np.ones(2, np.uint64)], ids=lambda a: a.dtype)
def test_tensors_of_foreign_dtypes_are_refused(array):
    file = io.BytesIO()
    np.save(file, array)
    with pytest.raises(ValueError, match="damaged: dtype .* is not supported; choose one of"):
        loaded(archive({"tensor": 0}, array_0=file.getvalue()))


def test_the_other_byte_order_is_converted():
    file = io.BytesIO()
    np.save(file, np.array([1.0, 2.5], ">f4"))
    found = loaded(archive({"tensor": 0, "requires_grad": True}, array_0=file.getvalue()))
    assert found.dtype is autograd.float32 and found.tolist() == [1.0, 2.5]


def test_files_written_before_ties_were_kept_can_be_read(tmp_path):
    path = pathlib.Path(tmp_path) / "old.npz"
    text = json.dumps({"dict": [[{"value": "w"}, {"tensor": 0, "requires_grad": True}]]})
    np.savez(path, array_0=np.ones(2, np.float32), __structure__=np.frombuffer(text.encode(), "u1"))
    assert autograd.load(path)["w"].requires_grad
