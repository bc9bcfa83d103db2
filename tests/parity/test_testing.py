"""What assert_close lets pass, against PyTorch's."""

import pytest

import autograd
from tests.test_testing import APART, CLOSE

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")


def converted(value):
    if isinstance(value, dict):
        return {key: converted(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(converted, value))
    return torch.tensor(value.detach().numpy()) if isinstance(value, autograd.Tensor) else value


@pytest.mark.parametrize("pair", CLOSE)
def test_the_same_passes(pair):
    torch.testing.assert_close(*map(converted, pair))


@pytest.mark.parametrize("actual, expected, message", APART)
def test_the_same_does_not(actual, expected, message):
    with pytest.raises(AssertionError):
        torch.testing.assert_close(converted(actual), converted(expected))
