"""Downloads that resume, are checked, and replace nothing."""

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from autograd.errors import warn

try:
    import fcntl
except ImportError:  # a system without locks of this kind
    fcntl = None  # type: ignore[assignment]

CHUNK = 1 << 16
TIMEOUT = 30.0  # seconds without a byte
ATTEMPTS = 5  # transfers from one mirror, as long as each brings something


class DownloadError(RuntimeError):
    """No mirror gave the file; the text has one line for each, with its reason."""


class _Unusable(Exception):
    """The mirror answers, but not with the file."""


def download(name: str, size: int, sha256: str, mirrors: Sequence[str],
             folder: str | bytes | os.PathLike) -> str:
    """Fetches `name` into `folder` from the first mirror that serves it; the path it lies at.

    Bytes gather in `name.part`, which a later call takes up where it broke off (HTTP Range). Only
    when size and SHA-256 are right is it renamed to `name`; else it is kept as `name.bad`. Of
    several processes that download into one folder, one does and the others wait for it.

    Raises: DownloadError naming each mirror and what was wrong with it.
    """
    folder = os.fsdecode(folder)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with _alone_in(folder, name):
        if _difference(path, size, sha256) is None:
            return path  # from another process, meanwhile
        failures = []
        for mirror in mirrors:
            url = mirror.rstrip("/") + "/" + name
            problem = _from_mirror(url, path, size, sha256)
            if problem is None:
                os.replace(path + ".part", path)
                return path
            failures.append(f"{url}: {' '.join(problem.split())}")
        raise DownloadError("\n".join(failures))


@contextmanager
def _alone_in(folder: str, name: str) -> Iterator[None]:
    """Locks the folder against other downloads, waiting for one that goes on."""
    if fcntl is None:
        yield
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"{name}: waiting for another download into {folder}", file=sys.stderr)
            fcntl.flock(number, fcntl.LOCK_EX)
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(number)


def set_aside(path: str, name: str | None = None) -> str | None:
    """Renames a broken file to `name.bad` (`.bad1`, ...: nothing is overwritten); its new path.

    None where the folder cannot be written.
    """
    for number in count():
        kept = f"{name or path}.bad{number or ''}"
        if not os.path.lexists(kept):
            break
    try:
        os.rename(path, kept)
    except OSError:
        return None
    return kept


def _from_mirror(url: str, path: str, size: int, sha256: str) -> str | None:
    """Completes `path.part` from `url`; None when it is right, else what went wrong."""
    from http.client import HTTPException
    from urllib.error import HTTPError

    part, problem = path + ".part", "no transfer was tried"
    for _ in range(ATTEMPTS):
        before = _size(part)
        try:
            if before < size:
                _transfer(url, part, size)
        except _Unusable as error:
            return str(error)
        except HTTPError as error:
            error.close()
            return f"HTTP {error.code} {error.reason}"
        except (OSError, HTTPException, ValueError) as error:  # ValueError: a malformed header
            problem = f"broke off after {_size(part)} of {size} bytes ({error})"
            if _size(part) == before:
                return problem
            continue
        wrong = _difference(part, size, sha256)
        if wrong is None:
            return None
        problem = f"{wrong}; kept as {set_aside(part, path)}"
        warn(f"{url}: {problem}", RuntimeWarning)
        if before == 0:
            return problem
    return problem


def _transfer(url: str, part: str, size: int) -> None:
    """Appends what is missing in `part`, or starts over where the server cannot resume."""
    from urllib.request import Request, urlopen

    from tqdm import tqdm

    have = _size(part)
    headers = {"User-Agent": "wengert"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with urlopen(Request(url, headers=headers), timeout=TIMEOUT) as reply:
        if reply.status != 206:
            have = 0
        elif not reply.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            raise _Unusable(f"answered with another range than bytes {have}-")
        announced = _length(reply)
        if announced is not None and have + announced != size:
            raise _Unusable(f"offers {have + announced} bytes, not the expected {size}")
        name = os.path.basename(part).removesuffix(".part")
        bar = tqdm(total=size, initial=have, unit="B", unit_scale=True, desc=name)
        with bar, open(part, "ab" if have else "wb", opener=_open_part) as file:
            while have <= size and (chunk := reply.read(CHUNK)):
                file.write(chunk)
                have += len(chunk)
                bar.update(len(chunk))
    if have < size:
        raise ConnectionError("the connection was closed early")


def _length(reply: Any) -> int | None:
    """The Content-Length; None where there is none or it is no number, and the sum decides."""
    text = reply.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _open_part(path: str, flags: int) -> int:
    """Opens a part for writing, unless a link or another thing lies in its place."""
    number = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0),
                     0o666)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise _Unusable(f"{path} is not a file; remove it")
    return number


def _difference(path: str, size: int, sha256: str) -> str | None:
    """In what the file at `path` differs from the published one; None if in nothing."""
    import hashlib

    if _size(path) != size:
        return f"has {_size(path)} bytes, expected {size}"
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return None if found == sha256 else f"has SHA-256 {found}, expected {sha256}"


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except FileNotFoundError:
        return 0
