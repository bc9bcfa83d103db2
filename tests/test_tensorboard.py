"""Events files, read back by the letter of their format."""

import struct

import numpy as np
import pytest

import autograd
from autograd import refused
from autograd.utils.tensorboard import SummaryWriter


def crc32c(content):
    """Bit by bit: the remainder by the polynomial 1EDC6F41, lowest bits first."""
    crc = 0xFFFFFFFF
    for byte in content:
        for place in range(8):
            odd = (crc ^ byte >> place) & 1
            crc = crc >> 1 ^ (0x82F63B78 if odd else 0)
    return crc ^ 0xFFFFFFFF


def checked(content, stored):
    masked = struct.unpack("<I", stored)[0]
    turned = (masked - 0xA282EAD8) % 2**32
    assert (turned << 15 | turned >> 17) % 2**32 == crc32c(content)
    return content


def varint(message, at):
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at


def fields(message):
    """{field: content} of a protocol buffer, each of which is there once."""
    found, at = {}, 0
    while at < len(message):
        key, at = varint(message, at)
        if key & 7 == 0:
            content, at = varint(message, at)
        else:
            size, at = (8, at) if key & 7 == 1 else (4, at) if key & 7 == 5 else varint(message, at)
            content, at = message[at: at + size], at + size
        assert found.setdefault(key >> 3, content) is content
    return found


def events(folder):
    """(wall time, step, tag, number) of each scalar in the one file of a folder."""
    path, = (path for path in folder.iterdir() if path.is_file())
    assert path.name.startswith("events.out.tfevents.")
    raw, found = path.read_bytes(), []
    while raw:
        size = struct.unpack("<Q", checked(raw[:8], raw[8:12]))[0]
        found.append(fields(checked(raw[12: 12 + size], raw[12 + size: 16 + size])))
        raw = raw[16 + size:]
    assert found[0][3] == b"brain.Event:2"
    values = [fields(fields(event[5])[1]) for event in found[1:]]
    return [(struct.unpack("<d", event[1])[0], event.get(2, 0), value[1].decode(),
             struct.unpack("<f", value[2])[0]) for event, value in zip(found[1:], values,
                                                                       strict=True)]


def test_scalars_are_in_the_file(tmp_path):
    assert crc32c(b"123456789") == 0xE3069283
    with SummaryWriter(tmp_path / "a" / "b") as writer:
        assert writer.get_logdir() == str(tmp_path / "a" / "b")
        writer.add_scalar("loss/train", 0.1, 3, walltime=1.5)
        writer.add_scalar("größe", autograd.tensor([2.5], requires_grad=True), 300)
        writer.add_scalar("n", np.float64(7), np.int64(2**40), walltime=2)
        writer.add_scalar("minus", -1, -1, walltime=2)
        writer.add_scalar("no step", True, walltime=2)
        writer.add_scalars("x/y", {"one": 1, "two": 2}, 5, walltime=4)
        writer.add_scalars("x/y", {"two": 3}, 6, walltime=4)
        writer.flush()
        found = events(tmp_path / "a" / "b")
    assert found[0] == (1.5, 3, "loss/train", float(np.float32(0.1)))
    assert found[1][1:] == (300, "größe", 2.5) and found[1][0] > 1e9
    assert found[2:] == [(2, 2**40, "n", 7), (2, 2**64 - 1, "minus", -1), (2, 0, "no step", 1)]
    assert events(tmp_path / "a" / "b" / "x_y_one") == [(4, 5, "x/y", 1)]
    assert events(tmp_path / "a" / "b" / "x_y_two") == [(4, 5, "x/y", 2), (4, 6, "x/y", 3)]


def test_what_is_no_scalar_and_what_is_not_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="_mine") as writer:
        assert writer.log_dir.startswith("runs") and writer.log_dir.endswith("_mine")
        with pytest.raises(TypeError, match=r"add_scalar: .* 'x', got Tensor \(2,\) float32"):
            writer.add_scalar("x", autograd.ones(2))
        with pytest.raises(AttributeError, match="add_scalar and add_scalars are what it writes"):
            writer.add_image("x", autograd.ones(3, 2, 2))
        monkeypatch.setattr(refused, "unmodified", True)
        monkeypatch.setattr(refused, "STOOD_IN", {})
        writer.add_image("x", autograd.ones(3, 2, 2))
        assert refused.STOOD_IN == {"utils.tensorboard.SummaryWriter.add_image": 1}
        with pytest.raises(AttributeError):
            writer.add_nothing()


def test_a_closed_writer_begins_another_file(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.close()
    writer.flush()
    assert events(tmp_path) == []
    writer.add_scalar("x", 1)
    writer.close()
    first, second = sorted(tmp_path.iterdir(), key=lambda path: path.stat().st_size)
    first.unlink()
    assert [event[2] for event in events(tmp_path)] == ["x"] and second.is_file()
