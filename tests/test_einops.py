"""einops takes Tensors, whichever of both is imported first."""

import subprocess
import sys

import numpy as np
import pytest

import autograd

einops = pytest.importorskip("einops", reason="the dev extra has it")


def test_rearrange_reduce_and_repeat_are_recorded():
    x = autograd.arange(24.0).reshape(2, 3, 4).requires_grad_()
    y = einops.rearrange(x, "a (b c) d -> c a b d", b=1)
    numbers = x.detach().numpy()
    np.testing.assert_array_equal(y.detach().numpy(), numbers.transpose(1, 0, 2)[:, :, None])
    expected = {"sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min, "prod": np.prod}
    for operation, function in expected.items():
        found = einops.reduce(x, "a b c -> b", operation)
        np.testing.assert_allclose(found.detach().numpy(), function(numbers, (0, 2)), 1e-6)
    z = einops.repeat(x, "a b c -> a b (k c)", k=3)
    z.sum().backward()
    assert z.shape == (2, 3, 12) and (x.grad == 3).all()
    assert einops.einsum(x, x, "a b c, a b c -> a").shape == (2,)
    packed, shapes = einops.pack([x, x[:, :, 0]], "a *")
    assert packed.shape == (2, 15)
    assert [part.shape for part in einops.unpack(packed, shapes, "a *")] == [(2, 3, 4), (2, 3)]
    assert einops.rearrange([x, x], "n a b c -> a (n b) c").shape == (2, 6, 4)
    assert einops.asnumpy(x).shape == (2, 3, 4)


@pytest.mark.parametrize("first, second", [("autograd", "einops"), ("einops", "autograd")])
def test_either_may_be_imported_first(first, second):
    code = (f"import sys, {first}, {second}; x = autograd.ones(2, 3); "
            "print(tuple(einops.rearrange(x, 'a b -> b a').shape)); print('numba' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["(3, 2)", "False"]
