"""A script written for PyTorch, run as it is, prints what it prints there."""

import contextlib
import io
import os
import re
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tests" / "scripts" / "index.py"


def theirs() -> str:
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            runpy.run_path(str(SCRIPT))
    finally:
        torch.set_default_dtype(torch.float32)
    return printed.getvalue()


def numbers(line: str) -> tuple[str, list[float]]:
    """A line's words, and its numbers."""
    found = re.findall(r"-?(?:\d+\.?\d*(?:e-?\d+)?|inf|nan)\b", line)
    return re.sub(r"-?(?:\d+\.?\d*(?:e-?\d+)?|inf|nan)\b", "#", line), [float(n) for n in found]


def test_the_tour_through_the_index_prints_the_same():
    names = set(re.findall(r"\b(?:torch|nn|F|linalg|special|optim|lr_scheduler|D)\.(\w+)",
                           SCRIPT.read_text()))
    assert len(names) > 400
    done = subprocess.run([sys.executable, "-m", "autograd", "run", str(SCRIPT)], cwd=ROOT,
                          env={**os.environ, "AUTOGRAD_KERNELS": "numpy"}, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    ours, wanted = done.stdout.splitlines(), theirs().splitlines()
    assert len(ours) == len(wanted)
    for a, b in zip(ours, wanted, strict=True):
        (words, found), (others, right) = numbers(a), numbers(b)
        assert words == others
        np.testing.assert_allclose(found, right, 2e-6, 1e-12, err_msg=b)
