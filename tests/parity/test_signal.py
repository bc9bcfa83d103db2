"""Windows against PyTorch's."""

import numpy as np
import pytest

import autograd

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

CALLS = [f"m.{name}_window({n}, {periodic}, dtype=m.float64)"
         for name in ("bartlett", "blackman", "hamming", "hann", "kaiser")
         for n in (0, 1, 2, 7) for periodic in (True, False)]
CALLS += [f"m.signal.windows.{call}, dtype=m.float64)" for call in (
    "bartlett(6", "blackman(6", "cosine(6", "exponential(6, tau=2.0", "gaussian(6, std=1.5",
    "general_cosine(6, a=[0.3, 0.4, 0.3]", "general_hamming(6, alpha=0.6", "hamming(6", "hann(6",
    "kaiser(6, beta=7.0", "nuttall(6", "hann(6, sym=False", "cosine(6, sym=False",
    "exponential(6, center=1.0, sym=False", "gaussian(1", "nuttall(0")]
CALLS += ["m.hamming_window(5, True, 0.6, 0.3, dtype=m.float64)"]


@pytest.mark.parametrize("call", CALLS)
def test_windows_agree(call):
    np.testing.assert_allclose(eval(call, dict(m=autograd)).numpy(),
                               eval(call, dict(m=torch)).numpy(), 1e-9, 1e-13)
