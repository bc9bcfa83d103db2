"""The kernel layer: how a tier is picked, what it reports, and the disk cache of machine code."""

import inspect
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from autograd import kernels
from autograd.kernels import reference

ROOT = Path(__file__).parent.parent


def python(code, **environment):
    """Runs code in a fresh interpreter with these environment variables; None removes one."""
    merged = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, "-W", "always", "-c", code],
        env={name: value for name, value in merged.items() if value is not None},
        capture_output=True,
        text=True,
    )


def test_both_tiers_have_the_same_functions():
    pytest.importorskip("numba")
    from autograd.kernels import compiled

    for tier in (compiled, reference):
        assert sorted(reference.__all__) == sorted(tier.__all__)
        for name in reference.__all__:
            code = getattr(tier, name).__code__ if tier is compiled else None
            plain = inspect.unwrap(getattr(reference, name)).__code__
            if code:
                assert (
                    code.co_varnames[: code.co_argcount] == plain.co_varnames[: plain.co_argcount]
                )


def test_an_unknown_kernel_is_an_attribute_error_that_names_the_nearest():
    with pytest.raises(AttributeError, match="no kernel 'gem'.*'gemm'"):
        kernels.gem  # noqa: B018


def test_access_fills_the_module():
    kernel = kernels.gemm
    assert vars(kernels)["gemm"] is kernel
    assert set(reference.__all__) <= set(vars(kernels))
    assert kernels.tier() in ("numba", "numpy")


def test_importing_the_kernels_does_not_import_numba():
    done = python("import sys, autograd.kernels; print('numba' in sys.modules)")
    assert done.stdout.strip() == "False", done.stderr


def test_numpy_tier_on_request_without_numba():
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "from autograd import kernels; kernels.gemm\n"
        "print(kernels.tier(), kernels.config()['tier'], kernels.gemm.__module__)"
    )
    done = python(code, AUTOGRAD_KERNELS="numpy")
    assert done.stdout.strip() == "numpy numpy autograd.kernels.reference.matmul"
    assert "Warning" not in done.stderr


def test_missing_numba_is_noticed_once_in_one_line():
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "from autograd import kernels\n"
        "for _ in range(3): kernels.gemm\n"
        "print(kernels.tier())"
    )
    for wanted in (None, "numba"):
        done = python(code, AUTOGRAD_KERNELS=wanted)
        assert done.stdout.strip() == "numpy", done.stderr
        assert done.stderr.count("RuntimeWarning: compiled kernels are not available") == 1
        assert "AUTOGRAD_KERNELS=numpy" in done.stderr


def test_numba_without_its_compiler_is_noticed_too():
    pytest.importorskip("numba")
    code = "from autograd import kernels; kernels.gemm; print(kernels.tier())"
    done = python(code, AUTOGRAD_KERNELS=None, NUMBA_DISABLE_JIT="1")
    assert done.stdout.strip() == "numpy", done.stderr
    assert "compiled kernels are not available (NUMBA_DISABLE_JIT is set)" in done.stderr


def test_threads_that_load_the_kernels_at_once(tmp_path):
    code = (
        "import threading\n"
        "from autograd import kernels\n"
        "found, start = [], threading.Barrier(8)\n"
        "def work():\n"
        "    start.wait()\n"
        "    found.append(kernels.gemm)\n"
        "team = [threading.Thread(target=work) for _ in range(8)]\n"
        "for thread in team: thread.start()\n"
        "for thread in team: thread.join()\n"
        "print(len(found))"
    )
    for tier in ("numpy", "numba"):
        done = python(code, AUTOGRAD_KERNELS=tier)
        assert done.stdout.strip() == "8", done.stderr


def test_an_unknown_tier_is_a_value_error():
    done = python("from autograd import kernels; kernels.gemm", AUTOGRAD_KERNELS="cuda")
    assert "ValueError: AUTOGRAD_KERNELS='cuda' is not a kernel tier" in done.stderr


def test_config_of_the_compiled_tier():
    pytest.importorskip("numba")
    code = "from autograd import kernels; c = kernels.config(); print(sorted(c), c['tier'])"
    done = python(code, AUTOGRAD_KERNELS=None)
    fields = ["cache", "threading_layer", "threads", "tier", "vector_bits"]
    assert done.stdout.strip() == f"{fields} numba", done.stderr


@pytest.fixture
def disk_cache(jit):
    from autograd.kernels.compiled import disk_cache

    return disk_cache


@pytest.fixture
def jit(monkeypatch):
    """The jit module, with its cache folder forgotten before and after."""
    pytest.importorskip("numba")
    from autograd.kernels.compiled import disk_cache, jit

    monkeypatch.setattr(disk_cache, "_folder", disk_cache._UNKNOWN)
    return jit


def test_cache_folder_is_the_users_own(jit, disk_cache, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = disk_cache.folder()
    assert folder.parent == tmp_path / "wengert" / "kernels"
    assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0
    assert jit.config()["cache"] == str(folder)
    monkeypatch.setattr(disk_cache, "_folder", disk_cache._UNKNOWN)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert disk_cache.folder().parent == tmp_path / "home" / ".cache" / "wengert" / "kernels"


def test_cache_folder_follows_versions_and_cpu(disk_cache, monkeypatch):
    keys = {disk_cache._key()}
    with monkeypatch.context() as patch:
        patch.setattr(disk_cache.numba, "__version__", "0.0")
        keys.add(disk_cache._key())
    with monkeypatch.context() as patch:
        patch.setattr(disk_cache, "host", lambda: ("x86_64", "other", ""))
        keys.add(disk_cache._key())
    assert len(keys) == 3
    assert disk_cache._key() in keys


def test_unusable_folders_fall_back_to_others(jit, disk_cache, monkeypatch, tmp_path):
    file = tmp_path / "file"
    file.write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert disk_cache.folder().parent.parent.parent == tmp_path
    monkeypatch.setattr(disk_cache, "_folder", disk_cache._UNKNOWN)
    monkeypatch.setattr(tempfile, "tempdir", str(file))
    assert disk_cache.folder() is None
    assert jit.config()["cache"] is None


@pytest.mark.skipif(os.name == "nt", reason="no permission bits on Windows")
def test_a_folder_others_may_write_is_not_trusted(disk_cache, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shared = disk_cache.folder()
    shared.chmod(0o777)
    monkeypatch.setattr(disk_cache, "_folder", disk_cache._UNKNOWN)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "other"))
    assert disk_cache.folder() != shared


def double(x):
    return 2 * x


def compile_double(jit):
    """A new dispatcher that has answered one call: 1 when it came from the disk, 0 if compiled."""
    kernel = jit.jit(double)
    assert kernel(4) == 8
    return sum(kernel.stats.cache_hits.values())


def test_machine_code_is_found_again(jit, disk_cache, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert compile_double(jit) == 0
    assert compile_double(jit) == 1
    assert [path.suffix for path in disk_cache.folder().iterdir()] == [".bin"]


@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped", "no pickle", "a folder"])
def test_damaged_files_are_compiled_again(jit, disk_cache, monkeypatch, tmp_path, damage):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compile_double(jit)
    (file,) = disk_cache.folder().iterdir()
    data = file.read_bytes()
    if damage == "a folder":
        file.unlink()
        file.mkdir()
    else:
        bad = disk_cache.hashlib.sha256(b"junk").digest() + b"junk"
        flipped = data[:-100] + bytes([data[-100] ^ 1]) + data[-99:]
        file.write_bytes(
            {"empty": b"", "truncated": data[:-9], "flipped": flipped, "no pickle": bad}[damage]
        )
    assert compile_double(jit) == 0
    assert compile_double(jit) == (0 if damage == "a folder" else 1)
    assert len(list(disk_cache.folder().iterdir())) == 1


def test_a_folder_that_vanishes_or_fills_up_is_no_error(jit, disk_cache, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    disk_cache.folder().rmdir()
    assert compile_double(jit) == 0
    disk_cache.folder().mkdir()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk_cache.os, "replace", full)
    assert compile_double(jit) == 0
    assert list(disk_cache.folder().iterdir()) == []


def test_kernels_without_home_and_cache(tmp_path):
    pytest.importorskip("numba")
    file = tmp_path / "file"
    file.write_text("in the way")
    code = (
        "import numpy as np; from autograd import kernels\n"
        "a = [np.ones(3)]; kernels.clip_(a, 2.0); print(a[0].sum(), kernels.config()['cache'])"
    )
    done = python(code, HOME=None, XDG_CACHE_HOME=str(file), TMPDIR=str(tmp_path / "none"),
                  AUTOGRAD_KERNELS=None)  # fmt: skip
    assert done.stdout.startswith("6.0 "), done.stderr


def test_arrays_are_read_from_their_structs():
    numba = pytest.importorskip("numba")
    from autograd.kernels.compiled import memory

    @numba.njit
    def describe(arrays):
        array = memory.item(arrays, 1)
        shape = memory.length(array, 0), memory.length(array, 1)
        strides = memory.stride(array, 0), memory.stride(array, 1)
        return memory.data(array), memory.ndim(array), shape, strides, memory.size(array)

    for array in (np.ones((3, 4)), np.ones((6, 4), np.float32)[::-2, 1:], np.ones((0, 5)).T):
        array.flags.writeable = False
        arrays = (None, array)
        want = (array.ctypes.data, 2, array.shape, array.strides, array.size)
        assert describe(id(arrays)) == want


def test_importing_a_part_picks_no_tier():
    done = python("import sys; from autograd.kernels import rounding, formulas; "
                  "print('numba' in sys.modules)")
    assert done.stdout.strip() == "False", done.stderr
