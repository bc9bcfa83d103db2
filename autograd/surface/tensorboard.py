"""`torch.utils.tensorboard`: what is measured, in the files that TensorBoard shows.

A file is a row of records: length (8 bytes), its checksum, an event, its checksum.  An event is a
protocol buffer: wall_time = 1, step = 2, file_version = 3, summary = 5; a summary has a value = 1
of tag = 1 and simple_value = 2.

Reference: tensorflow/core/util/event.proto, core/framework/summary.proto and core/lib/io/
record_writer.h; Castagnoli et al., IEEE Transactions on Communications 41, 1993, for the checksum.
"""

from __future__ import annotations

import os
import struct
import time
from functools import lru_cache
from itertools import count

from ..errors import describe
from ..refused import tolerated

_NOT_WRITTEN = ("audio custom_scalars custom_scalars_marginchart custom_scalars_multilinechart "
                "embedding figure graph histogram histogram_raw hparams image image_with_boxes "
                "images mesh onnx_graph pr_curve pr_curve_raw tensor text video")
_serial = count()


class SummaryWriter:
    """Writes scalars to an events file in `log_dir`, by default runs/<date>_<host><comment>.

    Pictures, texts, histograms and the like are not written: asking for one is an AttributeError,
    and under `python -m autograd run` it does nothing, which the report tells.

    >>> from autograd.utils.tensorboard import SummaryWriter
    >>> import tempfile
    >>> with SummaryWriter(tempfile.mkdtemp()) as writer:
    ...     writer.add_scalar("loss/train", 0.5, global_step=1)
    """

    def __init__(self, log_dir: str | os.PathLike | None = None, comment: str = "",
                 purge_step: int | None = None, max_queue: int = 10, flush_secs: float = 120,
                 filename_suffix: str = "") -> None:
        if log_dir is None:
            log_dir = os.path.join("runs", f"{time.strftime('%b%d_%H-%M-%S')}_{_host()}{comment}")
        self.log_dir, self.filename_suffix = os.fspath(log_dir), filename_suffix
        self._pause = flush_secs
        self._beside: dict[str, SummaryWriter] = {}
        self._begin()

    def _begin(self) -> None:
        os.makedirs(self.log_dir, exist_ok=True)
        name = (f"events.out.tfevents.{int(time.time()):010d}.{_host()}.{os.getpid()}."
                f"{next(_serial)}{self.filename_suffix}")
        self._file = open(os.path.join(self.log_dir, name), "ab")  # noqa: SIM115
        self._flushed = time.monotonic()
        self._write(_bytes(3, b"brain.Event:2"), None)

    def add_scalar(self, tag: str, scalar_value, global_step: int | None = None,
                   walltime: float | None = None) -> None:
        """One number, or a tensor of one, at a step; walltime is seconds since 1970, now if None.

        Raises: TypeError if it is none.
        """
        try:
            number = float(getattr(scalar_value, "item", lambda: scalar_value)())
        except (TypeError, ValueError, RuntimeError):
            raise TypeError("SummaryWriter.add_scalar: a number or a tensor of one is needed for "
                            f"{tag!r}, got {describe(scalar_value)}") from None
        value = _bytes(1, str(tag).encode()) + _single(2, number)
        self._write(_bytes(5, _bytes(1, value)), global_step, walltime)

    def add_scalars(self, main_tag: str, tag_scalar_dict: dict, global_step: int | None = None,
                    walltime: float | None = None) -> None:
        """Several numbers in one plot: each goes to main_tag in a folder <main_tag>_<tag>."""
        for tag, value in tag_scalar_dict.items():
            folder = os.path.join(self.log_dir, f"{main_tag.replace('/', '_')}_{tag}")
            if folder not in self._beside:
                self._beside[folder] = SummaryWriter(folder, flush_secs=self._pause,
                                                     filename_suffix=self.filename_suffix)
            self._beside[folder].add_scalar(main_tag, value, global_step, walltime)

    def __getattr__(self, name: str):
        if name.removeprefix("add_") in _NOT_WRITTEN.split() and tolerated(
                f"utils.tensorboard.SummaryWriter.{name}"):
            return lambda *args, **kwargs: None
        raise AttributeError(f"SummaryWriter has no attribute {name!r}; add_scalar and add_scalars "
                             "are what it writes", name=name)

    def get_logdir(self) -> str:
        """The folder of the file."""
        return self.log_dir

    def flush(self) -> None:
        """Hand what was added to the operating system; it is done every `flush_secs` anyway."""
        for writer in (self, *self._beside.values()):
            if not writer._file.closed:
                writer._file.flush()
        self._flushed = time.monotonic()

    def close(self) -> None:
        """End the file; what is added later begins another."""
        for writer in (self, *self._beside.values()):
            writer._file.close()

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def _write(self, what: bytes, step: int | None, walltime: float | None = None) -> None:
        if self._file.closed:
            self._begin()
        now = time.time() if walltime is None else walltime
        event = _key(1, 1) + struct.pack("<d", now) + what
        if step is not None:
            event += _key(2, 0) + _varint(int(step))
        length = struct.pack("<Q", len(event))
        self._file.write(length + _checksum(length) + event + _checksum(event))
        if time.monotonic() - self._flushed > self._pause:
            self.flush()


FileWriter = SummaryWriter


def _host() -> str:
    return os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")


def _varint(number: int) -> bytes:
    """Seven bits to a byte, the low ones first; the top bit says that more come."""
    number %= 2**64
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes((*found, number))


def _key(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _bytes(field: int, content: bytes) -> bytes:
    return _key(field, 2) + _varint(len(content)) + content


def _single(field: int, number: float) -> bytes:
    return _key(field, 5) + struct.pack("<f", number)


@lru_cache(1)
def _table() -> tuple[int, ...]:
    """What a byte does to the checksum, for all 256."""
    rows = []
    for row in range(256):
        for _ in range(8):
            row = row >> 1 ^ (0x82F63B78 if row & 1 else 0)
        rows.append(row)
    return tuple(rows)


def _checksum(content: bytes) -> bytes:
    """CRC-32C, turned by 15 bits and shifted by a constant, as records store it."""
    table, crc = _table(), 2**32 - 1
    for byte in content:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    crc ^= 2**32 - 1
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32)
