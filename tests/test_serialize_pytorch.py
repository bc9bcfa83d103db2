"""PyTorch's files without PyTorch: two that it has written, own, damaged and hostile ones."""

import base64
import io
import os
import pickle
import struct
import zipfile
import zlib
from collections import Counter

import numpy as np
import pytest

import autograd
import nn
import optim

# An OrderedDict of a weight, its second row, a parameter, two bfloat16, a number and a dict, as
# torch.save of version 2.13 has written it: an archive, and in the form of before 1.6.
ARCHIVE = zlib.decompress(base64.b64decode(
    "eNqlVc1v40QUn8SJkzXQjwW23QLlG1zoprHT2gldSGWBORiJNggpWglFbjIbWzhxnj1pBRJSpVUXVlwAcYEDghv/"
    "AUJ7oGduXPbEbQ8rJCT+BJgZt17bpY3ajjKZTDy/jxm/92bTEgoIlcvoWJtBl5EddB13B6/0bGJXRh97pjGFbqTa"
    "Xr7b9T0Pd4nrD0Pp/aCHA9x72+0SCdBSC3JyW6Rku9jtOwTyXeJTykpnTFwvlDoB3h67Xq9D8DD0g86OKoEgy+0S"
    "RYR0pd3HUIggkun5Nvkg+lOCYjtH11RBbAt07I7GULJEAuUtC1l5S7gNlyzByt0G6Y7DXDxC4NEWPMYXB/4uTDlU"
    "xik4RUd0OHB6i64X9mHGyu3DbAS6TODxFjzRpueDtl07hCdPcD+yA3uACQ4kuHJEzP0pMEfp8wTmua99uMroFyL6"
    "pwg83YJnvuCTxc/h2RY8x7Uc27sJz0dEh5s3+O4VLd7/C5xfhRcj/pcO+V9m/K9E/K8SkFuwxClDgkfwWoryPX/Y"
    "j+le53Q1WKZ0OQLXKN3SUkRTIbDSgiqnoZu0QfkMVLldpFM88rsO1CyhnaczL4DVd5u/fsfa9/z5kJ5KCGsfgSZz"
    "fht0Pm5DHY/HlU2rVP7p7/CddYpmffPEUJxDG3EoVm76wcAmnR0chDTkTON6JiLP1hTm4pd//rzFjLF+sosFpD90"
    "cRieHdtz+8MBHhLTqJ3HiLbKDDR34S92hvlTDcyiZmxg+xOCfZZsprF+kQPwXEI8zDzsv3n/KktV8VQPU+itVFVY"
    "qZrGGxcwELHuNenXBv3Qvkf7jxvM0dxXD76epw/mJzhaTjtSTENGZ9Cn2ge/Mb3Bnd17TKA8Qe96Wk81jfq5T+Cg"
    "iQ6Ydmnrxn2WYoUJ2htp7dpF4790yMw8jO498Cfvfxqtxx7iJNTPa6ImMeU/fuh/ODn+F5H6MAH59kMcuDQDP7XZ"
    "7dNxe6ZROaMRparrdU3V1YbeaNTXVhVNXVO0qtJQVjVNaazpul6r64rGy8Tg939l6kPmLnPMbOwzWchmjjnP3qNZ"
    "dLIAzaWQX+bRSaUvS5IsIgvpwiGgUypXlidZCGZTPN8keOIClIUns3YqBb9SQJnakcUmMzCN/TmLVbLYZAalsfPF"
    "DFbNYpORn8Z+m8XWsthk7E6ndUWUzZRjLz4RUovps06A/z/YNy1RXD5KDeFajJQy4618NNZLR6ku8l93L0Xz6NYr"
    "ihFG4uujtf8BjLtGiQ=="))
LEGACY = zlib.decompress(base64.b64decode(
    "eNp1kktv00AQx/1qAoaW8qY8y9vhEezESZtTKoTag3nVXHypLMdZYiNje9abViBFyiWl8A1AHDjyFTiRr8NHQOLA"
    "eB3KQ2bl3dXszP5/s+MZS+/U6MfH9e/LLz4/XaqPpUffZFxHIGjOoiAIKU1Y4ieRu01oFiYxiBjgzKMnChmLiEvi"
    "fujFIO05Kh6yVylxs/A1yUAegaI5c3iYBQllMGdJjoxWGDOoWIqj5BpJPICqpQyHyPQRExGfISVTn9A+oaT/IPSZ"
    "CkLNBlFzKnhjh4SDgIHks4T6Qd0dsjDKVJeS3jCM+i4jcZZQd7uhgqxpTjWnY6Q3IKAUV9T1KPHYs+JQhTlnAWM6"
    "ptEx9aahd5qNVR0qPFE/HWJulccMDmxagiVZ8i4ctGRL3AX1bZDndIjBYRvmeTRNdmAhQGigBKWiR4JCbHETNeQJ"
    "HLXECRwrhI4zOGHDSV6TXuhlcOo/70s96r0kjFAVTpfDzJbZasMZhEkIW+KZT+BsDjtXwM4zuGDDxT1uXHoDyzZc"
    "5uTAi57DlUJ2Vqz7vFpGe79eV/+ltXUdrs1o12e0GzntZkHTGOB6iwMyRlK4/RfgIXbAvvid3+KG0TGMFb1hwl0U"
    "F1G8juK1WiF6j4Fug8FFsRweNEbQLJqNpIkfgGnJjpQ3GIXWRvfL+3x84P4Y65dBewtWNEdE24NVvvegQ3gbbuWt"
    "X1JSsezlUtmflsueoZB6ntBsdAVh+vWXPe0K04rw5xijX1jDD+cY56c1ceapzvafI8Xwow=="))


def check(found):
    assert list(found) == ["weight", "row", "bias", "half", "step", "meta"]
    assert found["weight"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["bias"].tolist() == [0.5, -1.5] and found["bias"].requires_grad
    assert found["half"].tolist() == [1.5, -2.0] and found["half"].dtype == autograd.float32
    assert found["step"].item() == 7 and found["step"].dtype == autograd.int64
    assert found["meta"] == {"epoch": 3, "lr": 0.1, "names": ["a", "b"]}
    found["weight"][1, 2] = 50.0
    assert found["row"].tolist() == [3, 4, 50]


@pytest.mark.parametrize("content", [ARCHIVE, LEGACY], ids=["archive", "legacy"])
def test_files_of_pytorch(tmp_path, content):
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    for mmap in (False, True):
        check(autograd.load(path, map_location="cpu", mmap=mmap))
    check(autograd.load(io.BytesIO(content), weights_only=False))
    assert path.read_bytes() == content  # what was mapped is a copy once it is written


@pytest.mark.parametrize("content", [ARCHIVE, LEGACY], ids=["archive", "legacy"])
def test_files_that_end_too_soon(content):
    for end in [*range(0, 60), *range(60, len(content), 13), len(content) - 1]:
        with pytest.raises(ValueError, match="(not written by .* PyTorch|not read), or is dam"):
            autograd.load(io.BytesIO(content[:end]))


@pytest.mark.parametrize("content", [ARCHIVE, LEGACY], ids=["archive", "legacy"])
def test_a_byte_that_changed_is_told_or_changes_a_number_only(content):
    rng = np.random.default_rng(0)
    for place in rng.choice(len(content), 400, replace=False):
        changed = bytearray(content)
        changed[place] ^= 1 << rng.integers(8)
        try:
            found = autograd.load(io.BytesIO(bytes(changed)))
        except ValueError as error:
            assert str(error).startswith("load: ")
        else:
            assert isinstance(found, dict)


@pytest.mark.parametrize("suffix", ["pt", "pth", "ckpt", "bin"])
def test_there_and_back(tmp_path, suffix):
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 4))
    model[2].weight = model[0].bias = nn.Parameter(autograd.ones(4))
    optimizer = optim.Adam(model.parameters())
    base = autograd.arange(6.0)
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "views": [
        base, base[2:], base.reshape(2, 3).t()], "none": None, "pair": (1, "\u00fc", -2.5, True),
        "empty": autograd.zeros(0, 3), "large": 1 << 40, 3: autograd.tensor(True),
        "array": np.arange(4, dtype=np.int16)[::-1]}
    path = tmp_path / f"all.{suffix}"
    autograd.save(state, path)
    found = autograd.load(path)
    for name, tensor in state["model"].items():
        assert found["model"][name].dtype == tensor.dtype
        assert (found["model"][name] == tensor).all()
    found["model"]["2.weight"][0] = 9.0
    assert found["model"]["0.bias"].tolist() == [9, 1, 1, 1]
    assert found["optimizer"]["param_groups"][0]["lr"] == 1e-3
    first, second, third = found["views"]
    first[2] = 20.0
    assert second[0] == third[2, 0] == 20 and first.tolist() == [0, 1, 20, 3, 4, 5]
    assert found["pair"] == (1, "\u00fc", -2.5, True) and found["large"] == 1 << 40
    assert found["empty"].shape == (0, 3) and found[3].item() is True and found["none"] is None
    assert found["array"].tolist() == [3, 2, 1, 0]
    model.load_state_dict(found["model"])
    with zipfile.ZipFile(path) as archive:  # as PyTorch's own, which maps them into memory
        assert archive.namelist()[0].endswith("/data.pkl") and archive.testzip() is None
        with open(path, "rb") as file:
            for entry in archive.infolist():
                file.seek(entry.header_offset + 26)
                name, extra = struct.unpack("<HH", file.read(4))
                assert (entry.header_offset + 30 + name + extra) % 64 == 0


def hostile(pickled: bytes) -> bytes:
    """An archive with this pickle."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/data/0", bytes(16))
        archive.writestr("archive/version", b"3\n")
    return content.getvalue()


def call(module: str, name: str, *args) -> bytes:
    """A pickle that calls something."""
    return (b"\x80\x02" + f"c{module}\n{name}\n".encode() + pickle.dumps(args, 2)[2:-1] + b"R.")


@pytest.mark.parametrize("module, name, args", [
    ("os", "system", ("touch ran",)), ("posix", "system", ("touch ran",)),
    ("builtins", "eval", ("1",)), ("builtins", "exec", ("1",)), ("__builtin__", "eval", ("1",)),
    ("builtins", "getattr", ("a", "b")), ("builtins", "__import__", ("os",)),
    ("subprocess", "Popen", (["touch", "ran"],)), ("runpy", "run_path", ("x",)),
    ("pickle", "loads", (b"",)), ("torch.serialization", "load", ("x",)),
    ("torch", "load", ("x",)), ("torch.nn.modules.linear", "Linear", (2, 2)),
    ("torch._utils", "_rebuild_tensor_v2.__globals__", ()), ("numpy", "load", ("x",)),
    ("functools", "partial", ("x",)), ("operator", "attrgetter", ("x",)),
    ("collections", "OrderedDict.fromkeys", ("x",)), ("tests.test_serialize_pytorch", "call", ()),
])
def test_what_could_run_code_is_refused_by_name(tmp_path, monkeypatch, module, name, args):
    monkeypatch.chdir(tmp_path)
    legacy = LEGACY[:LEGACY.index(b"ccollections")] + call(module, name, *args)[2:]
    for content in (hostile(call(module, name, *args)), legacy):
        for weights_only in (True, False):
            with pytest.raises(ValueError, match=f"names {module}.{name}, which could run code"):
                autograd.load(io.BytesIO(content), weights_only=weights_only)
    assert os.listdir(tmp_path) == []


STORAGE = (b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu"
           b"%stQ")


def tensor(offset=0, size=(2, 2), stride=(2, 1), count=4) -> bytes:
    """A pickle of a tensor that shows a storage."""
    number = pickle.dumps(count, 2)[2:-1]
    rest = pickle.dumps((offset, size, stride, False, None), 2)[2:-1]
    return (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + STORAGE % number
            + b"".join(pickle.dumps(part, 2)[2:-1] for part in (offset, size, stride, False, None))
            + b"tR." if rest else b"")


@pytest.mark.parametrize("lie, text", [
    (dict(offset=1), "size"), (dict(offset=-1), "size"), (dict(size=(4, 2)), "size"),
    (dict(stride=(1 << 40, 1)), "size"), (dict(stride=(-1, 1)), "size"),
    (dict(size=(1 << 62, 2)), "size"), (dict(size=(2,)), "size"), (dict(count=1 << 50), "claims"),
    (dict(count=3), "claims"), (dict(count=-1), "storage belongs"),
    (dict(size=(1 << 40, 1 << 40), stride=(0, 0)), ""),
])
def test_tensors_that_lie_about_themselves(lie, text):
    assert autograd.load(io.BytesIO(hostile(tensor()))).tolist() == [[0, 0], [0, 0]]
    with pytest.raises(ValueError, match=f"load: .*{text}"):
        autograd.load(io.BytesIO(hostile(tensor(**lie))))


BOMB = b")" + b"".join(b"q%ch%c\x86" % (n, n) for n in range(1, 41))


@pytest.mark.parametrize("pickled", [
    b"\x80\x02" + BOMB + b"Q.",  # what refers to a storage
    b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + STORAGE % b"K\x04" + b"K\x00" + BOMB
    + b"))N\x89tR.",  # a tensor's size
    b"\x80\x02}" + BOMB + b"K\x01s.",  # a key
    b"\x80\x02cbuiltins\nset\n]" + BOMB + b"a\x85R.",  # a part of a set
    b"\x80\x02cnumpy\ndtype\n" + BOMB + b"\x85R.", b"\x80\x02ctorch\nSize\n" + BOMB + b"\x85R.",
    b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00a" + BOMB + b"\x86R."])
def test_tuples_that_are_endless_when_written_out(pickled):
    with pytest.raises(ValueError, match="a tuple with [0-9]+ parts"):
        autograd.load(io.BytesIO(hostile(pickled)))


@pytest.mark.parametrize(("module", "name", "args"), [
    ("builtins", "bytearray", (10**15,)), ("builtins", "bytearray", ("x", "zip")),
    ("builtins", "complex", ("1j",)), ("builtins", "list", ("ab",)),
    ("collections", "defaultdict", (print,)), ("collections", "defaultdict", ("list",))])
def test_stand_ins_take_only_what_belongs_to_them(module, name, args):
    with pytest.raises(ValueError, match="load: .*, or is damaged: "):
        autograd.load(io.BytesIO(hostile(call(module, name, *args))))


def test_complex_tensors_there_and_back(tmp_path):
    z = autograd.tensor([[1j, 2.0]], dtype=autograd.complex128)
    autograd.save({"z": z.requires_grad_(), "turned": z.detach().T}, tmp_path / "z.pt")
    found = autograd.load(tmp_path / "z.pt")
    assert found["z"].requires_grad and found["z"].dtype == autograd.complex128
    assert found["turned"].tolist() == [[1j], [2 + 0j]]


def test_counts_stay_counts():
    pickled = pickle.dumps({"milestones": Counter({30: 2, 80: 1})}, 2)
    found = autograd.load(io.BytesIO(hostile(pickled)))
    assert found == {"milestones": Counter({30: 2, 80: 1})}


def test_what_is_said_of_a_file_is_short():
    lists = b"]" + b"".join(b"q%c]h%cah%ca" % (n, n, n) for n in range(1, 41))
    for pickled in (b"\x80\x02" + lists + b"Q.", b"\x80\x02cnumpy\ndtype\n" + lists + b"\x85R.",
                    b"\x80\x02cos\n" + b"x" * 10_000 + b"\n.",
                    b"\x80\x02ctorch\nQInt8Storage\n."):
        with pytest.raises(ValueError) as caught:
            autograd.load(io.BytesIO(hostile(pickled)))
        assert len(str(caught.value)) < 500
    assert "QInt8Storage, whose dtype is not offered" in str(caught.value)


def test_arguments_of_load(tmp_path):
    path = tmp_path / "x.pt"
    path.write_bytes(ARCHIVE)
    for place in ("cpu", autograd.device("cpu"), {"cuda:0": "cpu"}, lambda storage, place: storage):
        check(autograd.load(path, place, pickle))
    check(autograd.load(path, weights_only=None, mmap=None))
    for place, error, text in (("cuda", RuntimeError, "cuda"), ({"cpu": "cuda:0"}, RuntimeError,
                                                                "cuda"), (3.5, TypeError, "3.5")):
        with pytest.raises(error, match=text):
            autograd.load(path, place)
    with pytest.raises(ValueError, match="mmap=True takes a path"):
        autograd.load(io.BytesIO(ARCHIVE), mmap=True)


def test_archives_that_grow():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", tensor(count=1 << 20), zipfile.ZIP_STORED)
        archive.writestr("archive/data/0", bytes(1 << 22))
    with pytest.raises(ValueError, match="claims 4194304 bytes"):
        autograd.load(content)


def test_pickles_that_are_deep_or_contain_themselves():
    assert autograd.load(io.BytesIO(hostile(b"\x80\x02]r\xff\xff\xff\x7f."))) == []  # no room made
    for pickled in (b"\x80\x04\x8e" + b"\xff" * 7 + b"\x0f.",
                    b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".",
                    b"\x80\x02]q\x00h\x00a."):
        with pytest.raises(ValueError, match="load: "):
            autograd.load(io.BytesIO(hostile(pickled)))
