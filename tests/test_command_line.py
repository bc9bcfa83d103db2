"""`python -m autograd`: what it says, what it compiles, and what it removes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograd import kernels, warmup

ROOT = Path(__file__).parent.parent


def command(*words, **environment):
    return subprocess.run([sys.executable, "-m", "autograd", *words], capture_output=True,
                          text=True, env={**os.environ, "PYTHONPATH": str(ROOT), **environment})


def test_info_says_what_is_in_use():
    done = command("info")
    found = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert found["tier"] == kernels.tier() and found["python"] == sys.version.split()[0]
    assert {"wengert", "numpy", "numba", "threads"} <= set(found), done.stderr


def test_other_words_are_refused_with_those_that_fit():
    done = command("inform")
    assert done.returncode == 2 and "info" in done.stderr and "warmup" in done.stderr


def test_without_numba_there_is_nothing_to_compile():
    done = command("warmup", AUTOGRAD_KERNELS="numpy")
    assert "nothing to compile" in done.stdout and done.returncode == 0


@pytest.mark.parametrize("name", ["ReLU", "LSTM", "TransformerEncoderLayer", "BCEWithLogitsLoss",
                                  "CrossEntropyLoss", "Embedding", "Rprop", "Conv2d depthwise"])
def test_a_step_to_warm_up(name):
    warmup.steps()[name]()


def test_only_old_folders_beside_the_one_in_use_are_removed(tmp_path, monkeypatch):
    pytest.importorskip("numba")
    from autograd.kernels.compiled import disk_cache

    now = tmp_path / "now"
    for name, days in {"now": 90, "other": 1, "old": 40}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "kernel.bin").write_bytes(bytes(1_500_000))
        then = time.time() - days * 24 * 3600
        os.utime(tmp_path / name, (then, then))
    monkeypatch.setattr(disk_cache, "_folder", now)
    assert disk_cache.contents() == "1 files, 1.5 MB" == disk_cache.prune()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["now", "other"]
    monkeypatch.setattr(disk_cache, "_folder", None)
    assert disk_cache.contents() == "0 files, 0.0 MB" == disk_cache.prune()


def test_a_cache_that_goes_while_it_is_looked_at(tmp_path, monkeypatch):
    pytest.importorskip("numba")
    from autograd.kernels.compiled import disk_cache

    (tmp_path / "other").mkdir()
    (tmp_path / "part").write_bytes(bytes(9))
    monkeypatch.setattr(disk_cache, "_folder", tmp_path / "now")  # removed by somebody
    assert disk_cache.contents() == "0 files, 0.0 MB" == disk_cache.prune()
    monkeypatch.setattr(disk_cache, "_folder", tmp_path)
    monkeypatch.setattr(Path, "is_file", lambda self: True)
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    assert disk_cache.contents() == "3 files, 0.0 MB"
    monkeypatch.setattr(disk_cache, "_folder", tmp_path / "nothing" / "nowhere")
    assert disk_cache.contents() == "0 files, 0.0 MB" == disk_cache.prune()
