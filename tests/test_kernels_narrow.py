"""Products and convolutions as CPUs with narrower vectors compute them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba")
micro_kernel = pytest.importorskip("autograd.kernels.compiled.micro_kernel")

NARROW = """
import pytest, sys
failed = pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *sys.argv[1:]])
from autograd.kernels.compiled import micro_kernel
print(micro_kernel.VECTOR_BYTES, micro_kernel.ROWS, micro_kernel.VECTORS)
sys.exit(failed)
"""


@pytest.mark.skipif(
    not micro_kernel.host()[0].startswith("x86_64"), reason="narrower x86 CPUs are emulated on x86"
)
@pytest.mark.parametrize(
    ("name", "features", "tile", "chosen"),
    [("haswell", "+avx2,+fma,+avx,+sse4.1", "32 6 2", "float32 or blocks or winograd"),
     ("x86-64", "+sse2", "16 4 2", "float32 or winograd")],
)  # fmt: skip
@pytest.mark.slow
def test_narrower_vectors(name, features, tile, chosen):
    """Products and convolutions at the edges of the tiles of narrower CPUs."""
    if name == "haswell" and micro_kernel.VECTOR_BYTES < 32:
        pytest.skip("this CPU has no AVX2")
    environment = {**os.environ, "NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features}
    files = [str(Path(__file__).with_name(f"test_kernels_{of}.py"))
             for of in ("matmul", "conv", "winograd")]
    done = subprocess.run(
        [sys.executable, "-c", NARROW, *files, "-k", f"(edges or panel or blocks) and ({chosen})"],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(f"{tile}\n")
