"""Machine code on disk: one file per kernel, signature and text of the sources it is made of.

Numba's own cache does not see changes in imported functions and raises on broken files. This one
keys its folder by the versions, settings and CPU that machine code depends on, and each file by
the sources of its kernel's module and of all that this one imports; it checks what it reads, and
treats any error as a miss: the kernel is compiled.
"""

import contextlib
import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import llvmlite
import numba
import numpy as np
from numba.core import compiler
from numba.core.registry import cpu_target
from numba.core.serialize import dumps

from autograd.kernels.compiled.private_folder import is_trusted, make_private

_MONTH = 30 * 24 * 3600  # seconds
_NOT_IN_CODE = ("THREAD", "CUDA", "CACHE", "COLOR", "BINARY")  # in names of Numba's settings
_IMPORT = re.compile(rb"^from (autograd\.kernels[.\w]*) import (\([^)]*\)|[^\n]*)", re.M)


class DiskCache:
    """Machine code of one kernel on disk: a file per signature, its SHA-256 in front.

    It stands in for Numba's cache object (`load_overload`, `save_overload` and the rest).
    """

    def __init__(self, function):
        self.module = function.__module__
        self.name = f"{self.module.rpartition('.')[2]}.{function.__qualname__}"

    @property
    def cache_path(self):
        return str(folder() or "")

    def _path(self, signature):
        digest = hashlib.sha256(str(signature).encode() + _sources(self.module)).hexdigest()[:16]
        return folder() / f"{self.name}-{digest}.bin"

    def holds(self, signature):
        """Whether there is a file for it."""
        try:
            return folder() is not None and self._path(signature).is_file()
        except OSError:
            return False

    def load_overload(self, signature, target_context):
        if folder() is None:
            return None
        target_context.refresh()
        try:
            with open(self._path(signature), "rb") as file:
                data = file.read() if is_trusted(os.fstat(file.fileno())) else b""
            if hashlib.sha256(data[32:]).digest() != data[:32]:
                return None
            from pickle import loads

            return compiler.CompileResult._rebuild(target_context, *loads(data[32:]))
        except Exception:  # whatever is wrong with the file, compiling is the answer
            return None

    def save_overload(self, signature, result):
        if folder() is None:
            return
        try:
            path = self._path(signature)
        except OSError:  # no sources to tell one version's machine code from another's
            return
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            data = dumps(result._reduce())
            part.write_bytes(hashlib.sha256(data).digest() + data)
            os.replace(part, path)
        except Exception:  # a full or read-only disk costs the next process a compile, no more
            pass
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def enable(self):
        pass

    def disable(self):
        pass

    def flush(self):
        pass


@cache
def _sources(module) -> bytes:
    """A digest of the texts of a module and of all kernel modules that it imports, near and far.

    Raises OSError where a text cannot be read.
    """
    texts, waiting = {}, [module]
    while waiting:
        name = waiting.pop()
        if name not in texts:
            texts[name], needed = _read(name)
            waiting += needed
    return hashlib.sha256(b"".join([texts[name] for name in sorted(texts)])).digest()


@cache
def _read(module) -> tuple[bytes, list[str]]:
    """A digest of a module's text, and the kernel modules it imports."""
    text = Path(sys.modules[module].__file__ or "").read_bytes()
    needed = []
    for package, names in re.findall(_IMPORT, text):
        found = sys.modules[package.decode()]
        parts = [f"{found.__name__}.{name.decode()}"
                 for name in re.findall(rb"(?<!as )\b\w+", names)]
        needed += [part for part in parts if part in sys.modules] or [found.__name__]
    return hashlib.sha256(text).digest(), needed


def host() -> tuple[str, str, str]:
    """Target triple, CPU name and CPU features Numba compiles for."""
    return cpu_target.target_context.codegen().magic_tuple()


def _settings() -> list[str]:
    """Numba's settings, but for those that machine code cannot depend on."""
    return [
        f"{name}={value}"
        for name, value in sorted(vars(numba.config).items())
        if name.isupper() and not any(word in name for word in _NOT_IN_CODE)
    ]


def _key() -> str:
    package = sys.modules.get("autograd")
    parts = [numba.__version__, llvmlite.__version__, np.__version__, sys.version,
             str(getattr(package, "__version__", "")), *host(), *_settings()]  # fmt: skip
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def _user_folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(cache) / "wengert" / "kernels"


def _temporary_folder() -> Path:
    user = os.getuid() if hasattr(os, "getuid") else "user"
    place = Path(tempfile.gettempdir())
    if place.samefile(os.curdir):  # the last resort of tempfile: who knows what lies there
        raise FileNotFoundError("no temporary folder")
    return place / f"wengert-{user}" / "kernels"


def _usable(path: Path) -> bool:
    """Makes the folder; true when it can be written, and by nobody else."""
    if not path.is_absolute() or not make_private(path):
        return False
    with tempfile.TemporaryFile(dir=path):
        return True


def folder() -> Path | None:
    """The cache folder in use, None where no folder can be written."""
    global _folder
    if _folder is _UNKNOWN:
        _folder = None
        for find in (_user_folder, _temporary_folder):
            with contextlib.suppress(OSError, ValueError):  # a path may hold anything
                path = find() / _key()
                if _usable(path):
                    _folder = path
                    break
    return _folder


_UNKNOWN = Path()
_folder: Path | None = _UNKNOWN


def contents() -> str:
    """How much the folder in use holds, as people read it."""
    return _summed(_listed(folder()))


def prune() -> str:
    """Removes the folders beside it into which nothing was written for a month; says how much."""
    place = folder()
    if place is None:
        return _summed([])
    long_ago = time.time() - _MONTH
    old = [other for other in _listed(place.parent)
           if other != place and other.is_dir() and _status(other)[1] < long_ago]
    text = _summed([file for other in old for file in _listed(other)])
    for other in old:
        shutil.rmtree(other, ignore_errors=True)
    return text


def _listed(place: Path | None) -> list[Path]:
    """What a folder holds; nothing where it cannot be read, or is gone."""
    with contextlib.suppress(OSError):
        return [] if place is None else list(place.iterdir())
    return []


def _status(path: Path) -> tuple[int, float]:
    """(bytes, time of the last change) of what another process may be removing."""
    with contextlib.suppress(OSError):
        status = path.stat()
        return status.st_size, status.st_mtime
    return 0, time.time()


def _summed(files: list[Path]) -> str:
    size = sum([_status(file)[0] for file in files if file.is_file()])
    return f"{len(files)} files, {size / 1e6:.1f} MB"
