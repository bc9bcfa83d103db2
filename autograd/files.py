"""Files that are replaced as a whole: whoever reads finds the old content or the new one.

What is written gathers in a part beside the file, under a name nobody can foresee, and takes the
file's place when it is complete.  A process that is killed leaves its part behind; as each part is
locked while somebody writes it, the next one to write into that folder tells such leftovers from
parts in use and removes them.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # a system without locks of this kind: leftovers stay there
    fcntl = None  # type: ignore[assignment]

_PART = re.compile(r"wengert-[0-9a-f]{16}\.part")
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def replacing(path: str | bytes | os.PathLike) -> Iterator[BinaryIO]:
    """A binary file that takes the place of `path` when the block ends without an exception.

    As with `open(path, "wb")`, links are followed, and mode and owner stay as they are.
    """
    target = os.path.realpath(os.fsdecode(path))
    before = _status(target)
    if before is not None and not stat.S_ISREG(before.st_mode):
        gathered = BytesIO()  # a device or a pipe cannot be replaced
        yield gathered
        with open(target, "wb") as file:
            file.write(gathered.getbuffer())
        return
    if before is not None and not os.access(target, os.W_OK):
        raise PermissionError(f"{target} is write-protected")
    folder = os.path.dirname(target)
    _remove_leftovers(folder)
    part, number = _new_part(folder, before)
    lock = os.dup(number)
    try:
        with open(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(number)
        os.replace(part, target)
    except BaseException:
        with suppress(FileNotFoundError):  # an interrupt may come after it has got its name
            os.remove(part)
        raise
    finally:
        os.close(lock)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _new_part(folder: str, before: os.stat_result | None) -> tuple[str, int]:
    """A new file in `folder`, locked, with the mode and owner of the one it will replace: its path
    and descriptor."""
    while True:
        part = os.path.join(folder, f"wengert-{os.urandom(8).hex()}.part")
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS,
                         0o666 if before is None else 0o600)
        if _lock(number):
            break
        os.close(number)  # taken for a leftover in the moment before it was locked
    if before is not None and hasattr(os, "fchown"):
        for owner in ((-1, before.st_gid), (before.st_uid, -1)):
            with suppress(PermissionError):
                os.fchown(number, *owner)
        os.fchmod(number, stat.S_IMODE(before.st_mode))
    return part, number


def _lock(number: int) -> bool:
    """Lock a new part; False where somebody else has locked or removed it already."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return os.fstat(number).st_nlink > 0


def _remove_leftovers(folder: str) -> None:
    """Remove the parts in `folder` that no process writes any more."""
    if fcntl is None:
        return
    with suppress(PermissionError), os.scandir(folder) as entries:
        for entry in entries:
            if _PART.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    _remove_unlocked(entry.path)


def _remove_unlocked(path: str) -> None:
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | _NO_LINKS)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.remove(path)
    finally:
        os.close(number)
