"""Downloads that resume, are checked, and replace nothing."""

import os
import warnings
from collections.abc import Sequence
from itertools import count

CHUNK = 1 << 16
TIMEOUT = 30.0  # seconds without a byte
ATTEMPTS = 5  # transfers from one mirror, as long as each brings something


class DownloadError(RuntimeError):
    """No mirror gave the file; the text has one line for each, with its reason."""


class _Unusable(Exception):
    """The mirror answers, but not with the file."""


def download(name: str, size: int, sha256: str, mirrors: Sequence[str], folder: str) -> str:
    """Fetches `name` into `folder` from the first mirror that serves it; the path it lies at.

    Bytes gather in `name.part`, which a later call takes up where it broke off (HTTP Range). Only
    when size and SHA-256 are right is it renamed to `name`; else it is kept as `name.bad`.

    Raises: DownloadError naming each mirror and what was wrong with it.
    """
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    failures = []
    for mirror in mirrors:
        url = mirror.rstrip("/") + "/" + name
        problem = _from_mirror(url, path, size, sha256)
        if problem is None:
            os.replace(path + ".part", path)
            return path
        failures.append(f"{url}: {problem}")
    raise DownloadError("\n".join(failures))


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
        except (OSError, HTTPException) as error:
            problem = f"broke off after {_size(part)} of {size} bytes ({error})"
            if _size(part) == before:
                return problem
            continue
        wrong = _difference(part, size, sha256)
        if wrong is None:
            return None
        problem = f"{wrong}; kept as {set_aside(part, path)}"
        warnings.warn(f"{url}: {problem}", RuntimeWarning, stacklevel=5)
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
        announced = reply.headers.get("Content-Length")
        if announced is not None and have + int(announced) != size:
            raise _Unusable(f"offers {have + int(announced)} bytes, not the expected {size}")
        name = os.path.basename(part).removesuffix(".part")
        bar = tqdm(total=size, initial=have, unit="B", unit_scale=True, desc=name)
        with bar, open(part, "ab" if have else "wb") as file:
            while have <= size and (chunk := reply.read(CHUNK)):
                file.write(chunk)
                have += len(chunk)
                bar.update(len(chunk))
    if have < size:
        raise ConnectionError("the connection was closed early")


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
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0
