"""How results lie in memory, which `view` and `is_contiguous` show: alike in both tiers."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd import kernels
from autograd.kernels import reference
from autograd.kernels.rounding import at_the_gate
from autograd.kernels.thresholds import LEAST
from autograd.tensors import Tensor
from tests.samples import SAMPLES, Call, several


def transposed(array):
    """The same numbers with the dimensions in reverse order in memory."""
    return np.ascontiguousarray(array.T).T


def swapped(array):
    """The same numbers with the first two dimensions swapped in memory."""
    return np.ascontiguousarray(array.swapaxes(0, 1)).swapaxes(0, 1) if array.ndim > 1 else array


def expanded(array):
    """The first row again and again, with stride 0."""
    return np.broadcast_to(array[:1], array.shape) if array.ndim and len(array) else array


def strides(call, turn):
    """The strides of a call's results, but of dimensions that have one element; or the error."""
    tensors = [autograd.from_numpy(turn(a)) for a in call.arrays]
    try:
        found = several(call.function(*call.arguments(tensors, autograd.tensor),
                                      **call.case.kwargs))
    except (RuntimeError, ValueError) as error:
        return type(error)
    return [[s for s, n in zip(r._any_array.strides, r.shape, strict=True) if n > 1]
            for r in found if isinstance(r, Tensor) and r.numel()]


@pytest.fixture
def small(monkeypatch):
    """Compiled kernels answer for small arrays too."""
    if kernels.tier() != "numba":
        pytest.skip("one tier only")
    for name in LEAST:
        monkeypatch.setitem(LEAST, name, 1)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("turn", [transposed, swapped, expanded])
@pytest.mark.parametrize("name", SAMPLES)
def test_results_lie_alike_in_both_tiers(name, turn, small, monkeypatch):
    calls = [Call(name, i) for i in range(len(SAMPLES[name]))]
    compiled = [strides(call, turn) for call in calls]
    for kernel in reference.__all__:
        monkeypatch.setattr(kernels, kernel, at_the_gate(kernel, getattr(reference, kernel)))
    assert [strides(call, turn) for call in calls] == compiled


@pytest.mark.parametrize("size", [3, 70])
def test_what_goes_over_rows_gives_rows(size):
    x = autograd.randn(size, size + 1)
    for function in (F.softmin, F.softmax, F.log_softmax):
        assert function(x.permute(1, 0), -1).view(-1).shape == (size * (size + 1),)
        assert function(x.permute(1, 0), 0).is_contiguous()


@pytest.mark.parametrize("size", [3, 70, 300])
def test_functions_of_one_number_keep_the_order(size):
    x = autograd.randn(size, size + 1).t()
    for function in (autograd.exp, F.relu, F.gelu, F.tanhshrink, lambda x: x + x, lambda x: x * 2):
        assert function(x).stride() == x.stride()


@pytest.mark.parametrize("index", [
    (slice(None), [2, 0, 1, 1]), (slice(None), slice(None), [2, 0]), ([2, 0], slice(None), [1, 1]),
    (slice(None), [1, 2], [0, 0]), (slice(None), [True, False, True, True, False]),
    (slice(1, None), [2, 0]), (0, slice(None), [2, 0]), (..., [2, 0]), (slice(None), [2, 0], None)])
def test_what_indices_pick_lies_in_rows(index):
    array = np.arange(120.0).reshape(4, 5, 6)
    found = autograd.tensor(array)[index]
    assert found.is_contiguous()
    wanted = array[0][:, index[2]] if index[0] == 0 else array[index]
    np.testing.assert_array_equal(found, wanted)
