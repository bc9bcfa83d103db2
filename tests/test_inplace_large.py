"""In-place writes into large tensors: by kernels, which may write where they read."""

import numpy as np
import pytest

import autograd
from autograd.gate import LEAST


@pytest.mark.parametrize("write", [
    lambda x: x.add_(1.0), lambda x: x.add_(x), lambda x: x.mul_(x.T), lambda x: x.sub_(x[3]),
    lambda x: x[1:].add_(x[:-1]), lambda x: x.mul_(x[:, :1]), lambda x: x.clamp_(-0.5, 0.5),
    lambda x: x.clamp_(max=x[0]), lambda x: x.T.add_(x), lambda x: x[:, ::2].mul_(x[:, 1::2]),
    lambda x: x.relu_(), lambda x: x.copy_(x.flip(0)), lambda x: x.copy_(x.T),
    lambda x: x.fill_(2.5), lambda x: x.zero_(), lambda x: x.add_(x.double(), alpha=0.5),
    lambda x: x.T.mul_(2.0), lambda x: x.remainder_(x[0, 0]),
    lambda x: x.div_(x.sum(1, keepdim=True)),
])  # fmt: skip
def test_large_writes_are_those_of_small_ones(write, monkeypatch):
    values = np.random.default_rng(0).standard_normal((320, 320)).astype(np.float32)
    found = []
    for least in (1 << 10, 1 << 30):
        monkeypatch.setitem(LEAST, "written", least)
        x = autograd.tensor(values)
        shown = x.numpy()
        with autograd.no_grad():
            write(x)
        assert x.numpy().ctypes.data == shown.ctypes.data
        found.append(shown.copy())
    np.testing.assert_array_equal(*found)
