"""The one `jit` decorator, which holds the policy of every compiled kernel, and its disk cache.

Numba's own cache does not see changes in imported functions and raises on broken files. This one
keys its folder by everything the machine code depends on, checks what it reads, and treats any
error as a miss: the kernel is compiled.
"""

import contextlib
import hashlib
import os
import sys
import tempfile
from pathlib import Path

import llvmlite
import numba
import numpy as np
from numba.core import compiler
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_machinery import register_pass
from numba.core.registry import cpu_target
from numba.core.serialize import dumps
from numba.core.typed_passes import NativeLowering

from autograd.kernels.compiled.private_folder import is_trusted, make_private

if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
    raise ImportError("NUMBA_DISABLE_JIT is set")

# contract, reassoc, nsz and arcp change rounding only; nnan and ninf would lose NaN and infinity.
FAST = {"contract", "reassoc", "nsz", "arcp"}
EXACT = {"contract"}  # for arithmetic whose order matters

_NOT_IN_CODE = ("THREAD", "CUDA", "CACHE", "COLOR", "BINARY")  # in names of Numba's settings


class _InnerLibrary(JITCodeLibrary):
    """The code of an inner function, optimised where it is linked in and never run by itself."""

    def _optimize_final_module(self):
        pass

    def _finalize_final_module(self):
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _LowerOnly(NativeLowering):
    """Lowers a function for its callers, without machine code that nobody would call."""

    _name = "lower_only"

    def run_pass(self, state):
        state.flags.no_compile = True
        state.library = _InnerLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        super().run_pass(state)
        lowered = state["cr"]
        key = [].append  # callers find the function by it: any builtin of its own
        state.targetctx.insert_user_function(key, lowered.fndesc, [state.library])
        state["cr"] = lowered._replace(cfunc=key)
        return True


class _InnerCompiler(compiler.CompilerBase):
    def define_pipelines(self):
        pipeline = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state)
        last = {NativeLowering: _LowerOnly}
        pipeline.passes = [(last.get(step, step), name) for step, name in pipeline.passes]
        return [pipeline]


def jit(function=None, *, inner=False, apart=False, parallel=False, exact=False):
    """Compiles `function` at its first call, without the GIL, cached on disk.

    `inner`: only called by other kernels, whose part it becomes, so neither finished nor cached by
    itself; `apart`: called all the same, where several copies would be too long; `exact`: sums and
    products keep their order.
    """
    if function is None:
        return lambda f: jit(f, inner=inner, apart=apart, parallel=parallel, exact=exact)
    dispatcher = numba.njit(
        fastmath=EXACT if exact else FAST,
        error_model="numpy",
        nogil=True,
        parallel=parallel,
        forceinline=inner and not apart,
        no_cpython_wrapper=inner,
        no_cfunc_wrapper=True,
        pipeline_class=_InnerCompiler if inner else compiler.Compiler,
    )(function)
    if not inner:
        dispatcher._cache = DiskCache(function)
    return dispatcher


class DiskCache:
    """Machine code of one kernel on disk: a file per signature, its SHA-256 in front.

    It stands in for Numba's cache object (`load_overload`, `save_overload` and the rest).
    """

    def __init__(self, function):
        self.name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"

    @property
    def cache_path(self):
        return str(folder() or "")

    def _path(self, signature):
        digest = hashlib.sha256(str(signature).encode()).hexdigest()[:16]
        return folder() / f"{self.name}-{digest}.bin"

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
        path = self._path(signature)
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


def host() -> tuple[str, str, str]:
    """Target triple, CPU name and CPU features Numba compiles for."""
    return cpu_target.target_context.codegen().magic_tuple()


def vector_bytes() -> int:
    """Width of the vector registers: 64 with AVX-512, 32 with AVX2, else 16."""
    features = host()[2].split(",")
    if "+avx512f" in features:
        return 64
    return 32 if "+avx2" in features else 16


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
    sources = sorted(Path(__file__).parent.parent.rglob("*.py"))
    if not sources:
        raise FileNotFoundError("no sources to tell one version's machine code from another's")
    digest = hashlib.sha256("\n".join(parts).encode())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:20]


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


def config() -> dict[str, object]:
    """Threading layer (None before the first parallel kernel), vector width and cache folder."""
    try:
        layer = numba.threading_layer()
    except ValueError:
        layer = None
    return {
        "threading_layer": layer,
        "vector_bits": 8 * vector_bytes(),
        "cache": None if folder() is None else str(folder()),
    }
