"""Extremes, sorting, ranks: what the samples cannot say: ties, NaN, named results, errors."""

from __future__ import annotations

import numpy as np
import pytest

import autograd

TIED = [[1.0, 3.0, 3.0], [3.0, 2.0, 0.0]]


def leaf(values=TIED):
    return autograd.tensor(values, dtype=autograd.float64, requires_grad=True)


def gradient(function, values=TIED):
    x = leaf(values)
    function(x).sum().backward()
    return x.grad.tolist()


PAIRS = [lambda x: x.max(1), lambda x: x.min(0), lambda x: x.median(1), lambda x: x.sort(),
         lambda x: x.topk(2), lambda x: x.kthvalue(1)]
NAMES = ["max", "min", "median", "sort", "topk", "kthvalue"]


@pytest.mark.parametrize(("pair", "name"), list(zip(PAIRS, NAMES, strict=True)), ids=NAMES)
def test_pairs_have_names(pair, name):
    result = pair(leaf())
    values, indices = result
    assert values is result.values and indices is result.indices
    assert type(result).__name__ == name and repr(result).startswith(f"{name}(values=tensor(")
    assert values.requires_grad and not indices.requires_grad
    assert indices.dtype == autograd.int64 and values.dtype == autograd.float64


@pytest.mark.parametrize("pair", PAIRS, ids=NAMES)
def test_indices_point_at_the_values_and_may_be_overwritten(pair):
    x = leaf([[0.5, 3.0, -1.0], [2.0, 2.5, 0.0]])
    wanted = gradient(lambda x: pair(x).values, x.tolist())
    values, indices = pair(x)
    indices.fill_(0)
    values.sum().backward()
    assert x.grad.tolist() == wanted


def test_over_everything_ties_share_the_gradient():
    third = 1 / 3
    assert gradient(lambda x: x.max()) == [[0, third, third], [third, 0, 0]]
    assert gradient(lambda x: x.median(), [2.0, 1.0, 2.0, 3.0]) == [0.5, 0, 0.5, 0]
    assert gradient(lambda x: x.min(), [[2.0, 2.0]]) == [[0.5, 0.5]]


def test_along_a_dimension_the_first_gets_it():
    assert gradient(lambda x: x.max(1).values) == [[0, 1, 0], [1, 0, 0]]
    assert gradient(lambda x: x.max(dim=1, keepdim=True)[0]) == [[0, 1, 0], [1, 0, 0]]
    assert leaf().max(1).indices.tolist() == leaf().argmax(1).tolist() == [1, 0]
    assert leaf([[0.0, 0.0]]).min(1).indices.tolist() == [0]


def test_against_a_tensor_ties_get_half_each():
    x, y = leaf([1.0, 2.0]), leaf([1.0, 3.0])
    autograd.max(x, y).sum().backward()
    assert x.grad.tolist() == [0.5, 0] and y.grad.tolist() == [0.5, 1]
    assert x.min(other=y).tolist() == autograd.min(x, y).tolist() == [1, 2]


@pytest.mark.parametrize("values", [[1.0, np.nan, 3.0], [np.nan, 2.0, np.nan]])
def test_nan_is_the_extreme_and_the_last(values):
    x = leaf(values)
    first = int(np.isnan(values).argmax())
    for function in (autograd.max, autograd.min, autograd.median):
        assert np.isnan(function(x).item())
        pair = function(x, 0)
        assert np.isnan(pair.values.item()) and pair.indices.item() == first
    assert autograd.argmax(x).item() == autograd.argmin(x).item() == first
    assert np.isnan(x.sort().values[-1].item())
    assert np.isnan(x.sort(descending=True).values[0].item())
    assert np.isnan(x.topk(1).values.item()) and x.topk(1).indices.item() == first
    assert not np.isnan(x.kthvalue(1).values.item())


def test_median_gives_the_gradient_to_nan():
    assert gradient(lambda x: x.median(), [1.0, np.nan, 3.0]) == [0, 1, 0]


@pytest.mark.parametrize("descending", [False, True])
def test_sorting_is_stable(descending):
    values = np.random.default_rng(0).integers(0, 3, (4, 50))
    x = autograd.tensor(values)
    indices = x.sort(-1, descending, True).indices.numpy()
    assert (indices == x.argsort(-1, descending, True).numpy()).all()
    for line, order in zip(values, indices, strict=True):
        wanted = sorted(range(50), key=lambda i: (-line[i] if descending else line[i], i))
        assert order.tolist() == wanted


@pytest.mark.parametrize("dtype", ["float32", "int64", "uint8", "bool", "float16"])
def test_dtypes_are_kept(dtype):
    x = autograd.tensor([[1, 0, 1], [0, 0, 1]]).to(np.dtype(dtype))
    for pair in PAIRS:
        values, indices = pair(x)
        assert values.dtype == np.dtype(dtype) and indices.dtype == autograd.int64
    assert x.max().dtype == x.median().dtype == np.dtype(dtype)
    assert x.argmin().dtype == autograd.int64


def test_without_dimensions_there_is_one_place():
    x = leaf(2.0)
    for pair in (x.max(0), x.min(-1), x.median(0), x.sort(), x.topk(1), x.kthvalue(1)):
        assert pair.values.item() == 2 and pair.indices.item() == 0 and pair.values.shape == ()
    assert x.argmax().item() == 0 and x.argsort().shape == ()
    assert x.topk(0).values.shape == (0,)
    assert gradient(lambda x: x.max(0).values * x.sort().values, 3.0) == 6


def test_empty():
    x = autograd.zeros(0, 3)
    assert x.max(1).values.shape == (0,) and x.argmax(1).shape == (0,)
    assert x.sort(0).indices.shape == (0, 3) and x.topk(0, 0).values.shape == (0, 3)
    assert np.isnan(x.median().item())


x, empty = leaf(), autograd.zeros(0, 3)
WRONG = [
    (lambda: empty.max(), RuntimeError, r"max: Tensor \(0, 3\) float32 has no elements to choose"),
    (lambda: empty.min(0), IndexError, r"min: dimension 0 of \(0, 3\) is empty"),
    (lambda: empty.argmax(), RuntimeError, "argmax: .* has no elements .* give a dim"),
    (lambda: empty.argmin(0), IndexError, "argmin: dimension 0 .* is empty"),
    (lambda: empty.median(0), IndexError, "median: dimension 0 .* is empty"),
    (lambda: empty.long().median(), ValueError, "median: there is no median of no integers"),
    (lambda: empty.kthvalue(1, 0), IndexError, "kthvalue: dimension 0 .* is empty"),
    (lambda: x.max(2), IndexError, "max: dim 2 is out of range for 2 dimensions"),
    (lambda: x.argmax(-3), IndexError, "argmax: dim -3 is out of range"),
    (lambda: x.sort(2), IndexError, "sort: dim 2 is out of range"),
    (lambda: x.argsort(2), IndexError, "argsort: dim 2 is out of range"),
    (lambda: x.topk(4), ValueError, "topk: k 4 does not fit dimension 1 of size 3"),
    (lambda: x.topk(-1), ValueError, "topk: k -1 does not fit"),
    (lambda: x.kthvalue(0), ValueError, "kthvalue: k 0 does not fit .* choose from 1 to 3"),
]


@pytest.mark.parametrize(("call", "kind", "message"), WRONG)
def test_errors_say_what_is_wrong(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_topk_gives_memory_of_its_own_without_gaps():
    values, indices = autograd.arange(12.0).reshape(3, 4).topk(2)
    assert values.is_contiguous() and indices.is_contiguous()
    assert indices.view(-1).tolist() == [3, 2] * 3


@pytest.mark.parametrize("extreme", [
    lambda x: x.max(), lambda x: x.min(), lambda x: x.amax(), lambda x: x.amin(0),
    lambda x: x.amax(0, keepdim=True)])
def test_nan_takes_the_gradient_of_the_extreme_that_it_is(extreme):
    x = autograd.tensor([np.nan, 1.0, np.nan, 2.0], requires_grad=True)
    extreme(x).sum().backward()
    assert x.grad.tolist() == [0.5, 0.0, 0.5, 0.0]
