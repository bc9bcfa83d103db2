"""Batches on their way from a worker to the process that asked for them.

The numbers lie in blocks of memory that both processes see. A block has no name in the file
system, so nothing is left of it when both have ended, however they end. The worker fills a free
block and says where the arrays lie; the arrays of the batch are then views of the block, which is
free again as soon as nobody holds one of them. Small batches go through the pipe.
"""

import errno
import mmap
import os
import pickle
import socket
import tempfile
from collections.abc import Callable
from io import BytesIO
from multiprocessing.connection import Connection
from typing import Any, NamedTuple
from weakref import WeakSet, ref

import numpy as np

from autograd import Tensor
from autograd.errors import describe

SMALL = 2**15  # bytes of arrays: as few are sent faster through the pipe
_HELD = 8  # blocks of a worker that the caller may keep; what it keeps beyond is copied
_LINE = 64  # bytes that arrays are aligned to


class _Pickler(pickle.Pickler):
    """Keeps the numbers of every array out of the pickle.

    Refuses tensors whose history would be lost on the way.
    """

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) is np.ndarray and not obj.flags.forc and not obj.dtype.hasobject:
            return obj.copy().__reduce_ex__(5)
        if isinstance(obj, Tensor) and obj.grad_fn is not None:
            raise RuntimeError(
                f"a worker cannot send {describe(obj)} with its history, made by "
                f"{obj.grad_fn.name()}: gradients do not flow from one process to another; "
                ".detach() it in the dataset, or use num_workers=0")
        return NotImplemented


class Packed(NamedTuple):
    """A batch as it is sent: its pickle, and where in which block its arrays lie."""

    pickled: bytes
    spans: list[tuple[int, int]] = []
    block: int = -1
    size: int = 0  # of a block that is new
    dropped: int = -1  # a block that the worker has given up for it


class Sender:
    """The worker's end: it owns the blocks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._blocks: dict[int, mmap.mmap] = {}
        self._free: set[int] = set()
        self._made = 0

    def reclaim(self, freed: list[int]) -> None:
        """These blocks are held by nobody any more; those given as ~block are never to be used."""
        self._free.update(block for block in freed if block >= 0)
        for block in freed:
            if block < 0:
                del self._blocks[~block]

    def send(self, head: tuple, batch: Any) -> None:
        """(*head, batch), or what keeps it from being sent raised."""
        buffers: list[pickle.PickleBuffer] = []
        file = BytesIO()
        _Pickler(file, 5, buffer_callback=buffers.append).dump(batch)
        arrays = [np.frombuffer(buffer.raw(), np.uint8) for buffer in buffers]
        ends = np.cumsum([0] + [-(-array.size // _LINE) * _LINE for array in arrays]).tolist()
        try:
            if ends[-1] <= SMALL:
                raise OSError("not worth a block")
            packed, fd = self._place(file.getvalue(), arrays, ends)
        except OSError:  # nor can a block be had everywhere and always
            file = BytesIO()
            _Pickler(file, 5).dump(batch)
            packed, fd = Packed(file.getvalue()), None
        self._connection.send_bytes(pickle.dumps((*head, packed)))
        if fd is not None:
            send_descriptor(self._connection, fd)
            os.close(fd)

    def _place(self, pickled: bytes, arrays: list, ends: list) -> tuple[Packed, int | None]:
        size, fd, dropped = ends[-1], None, -1
        fitting = [block for block in self._free if len(self._blocks[block]) >= size]
        if fitting:
            block = min(fitting, key=lambda block: len(self._blocks[block]))
            self._free.remove(block)
        else:
            grain = max(mmap.PAGESIZE, 1 << size.bit_length() - 4)  # the next may be a bit longer
            length = -(-size // grain) * grain
            fd, memory = new_memory(length)
            if self._free:
                dropped = self._free.pop()
                del self._blocks[dropped]
            block, self._made = self._made, self._made + 1
            self._blocks[block] = memory
        memory, spans = self._blocks[block], []
        place = np.frombuffer(memory, np.uint8)
        for array, begin in zip(arrays, ends, strict=False):
            place[begin: begin + array.size] = array
            spans.append((begin, array.size))
        new = len(memory) if fd is not None else 0
        return Packed(pickled, spans, block, new, dropped), fd


class Receiver:
    """The other end: it says which blocks nobody holds any more."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._blocks: dict[int, mmap.mmap] = {}
        self._held: dict[int, ref] = {}
        self._shared_on: set[int] = set()
        self._freed: list[int] = []
        _RECEIVERS.add(self)

    def freed(self) -> list[int]:
        """The blocks that have become free since this was last asked."""
        freed = self._freed[:]  # others may be added meanwhile, at the end
        del self._freed[:len(freed)]
        return freed

    def receive(self) -> tuple:
        """What the worker sent: (*head, the batch as it was packed)."""
        *head, packed = pickle.loads(self._connection.recv_bytes())
        if packed.dropped >= 0:
            self._blocks.pop(packed.dropped, None)
        if packed.size:
            fd = receive_descriptor(self._connection)
            try:
                self._blocks[packed.block] = mmap.mmap(fd, packed.size)
            finally:
                os.close(fd)
        return (*head, packed)

    def unpack(self, packed: Packed) -> Any:
        """The batch."""
        if packed.block < 0:
            return pickle.loads(packed.pickled)
        root = np.frombuffer(self._blocks[packed.block], np.uint8)
        parts: list[Any] = [root[begin: begin + size] for begin, size in packed.spans]
        if len(self._held) >= _HELD:
            parts = [bytearray(part) for part in parts]
            self._freed.append(packed.block)
        else:
            self._held[packed.block] = ref(root, self._releasing(packed.block))
        return pickle.loads(packed.pickled, buffers=parts)

    def give_back(self, packed: Packed) -> None:
        """The batch is not wanted."""
        if packed.block >= 0:
            self._freed.append(packed.block)

    def _releasing(self, block: int) -> Callable[[object], None]:
        receiver = ref(self)

        def release(_: object) -> None:
            mine = receiver()
            if mine is not None:
                del mine._held[block]
                kept_by_a_child = block in mine._shared_on
                if kept_by_a_child:
                    del mine._blocks[block]
                mine._freed.append(~block if kept_by_a_child else block)

        return release

    def shared_on(self) -> None:
        """A child of this process sees what is held now, and may keep it for ever."""
        self._shared_on.update(self._held)


_RECEIVERS: WeakSet[Receiver] = WeakSet()


def _before_fork() -> None:
    for receiver in list(_RECEIVERS):
        receiver.shared_on()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork)


def new_memory(size: int) -> tuple[int, mmap.mmap]:
    """A file descriptor and the memory behind it, which no path names; OSError where none is."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("batch")
    elif hasattr(socket, "send_fds"):
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    else:
        raise OSError("this system does not pass memory from one process to another")
    try:
        os.truncate(fd, size)
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(fd, 0, size)  # an error now, where there is no room, not a crash
        return fd, mmap.mmap(fd, size)
    except BaseException:
        os.close(fd)
        raise


def send_descriptor(connection: Connection, fd: int) -> None:
    """Hands a file descriptor to the process at the other end."""
    with _channel(connection) as channel:
        socket.send_fds(channel, [b"d"], [fd])


def receive_descriptor(connection: Connection) -> int:
    """What send_descriptor sent."""
    with _channel(connection) as channel:
        _, fds, _, _ = socket.recv_fds(channel, 1, 1)
    if not fds:
        raise OSError(errno.EMFILE, "no file descriptor is left for the memory of a worker")
    return fds[0]


def _channel(connection: Connection) -> socket.socket:
    channel = socket.socket(fileno=os.dup(connection.fileno()))
    channel.settimeout(None)  # whatever the program has set for all sockets
    return channel
