"""Comparing results in tests."""

import numpy as np
import pytest

import autograd
from autograd.testing import assert_close

ONE = autograd.ones(2)
CLOSE = [(ONE, ONE + 1e-7), (1.0, 1.0 + 1e-8), (1, 1), ([ONE, 2], [ONE, 2]),
         (np.ones(2), np.ones(2)), ({"a": ONE, "b": (1.0,)}, {"a": ONE, "b": (1.0,)}),
         (ONE.clone().requires_grad_(), ONE)]
APART = [
    (ONE, ONE * 2, r"Tensor-likes are not close!\n\nMismatched elements: 2 / 2 \(100.0%\)\n"
     r"Greatest absolute difference: 1.0 at index \(0,\) \(up to 1e-05 allowed\)\n"
     r"Greatest relative difference: 0.5"),
    (1.0, 1.1, "Scalars are not close!\n\nExpected 1.1 but got 1.0."),
    (1, 2, "Scalars are not equal!"), (1, 1.0, ".*'dtype' do not match"),
    (ONE, ONE.double(), ".*'dtype' do not match: float32 != float"),
    (ONE, autograd.ones(3), r".*'shape' do not match: Size\(\[2\]\) != Size\(\[3\]\)"),
    ([ONE], [ONE, ONE], ".*length of the sequences mismatch: 1 != 2"),
    ({"a": [1.0]}, {"a": [2.0]}, r"(.|\n)*This was the item \['a'\]\[0\]"),
    ({"a": 1}, {"b": 1}, ".*keys of the mappings do not match"),
    (autograd.tensor([np.nan]), autograd.tensor([np.nan]), "Tensor-likes are not close"),
]


@pytest.mark.parametrize("pair", CLOSE)
def test_what_is_close_passes(pair):
    assert_close(*pair)


@pytest.mark.parametrize("actual, expected, message", APART)
def test_what_is_not_says_how_far_it_is(actual, expected, message):
    with pytest.raises(AssertionError, match=message):
        assert_close(actual, expected)


def test_options():
    assert_close(ONE, ONE.double(), check_dtype=False)
    assert_close(1.0, 1.05, rtol=0.1, atol=0.0)
    assert_close(autograd.tensor([np.nan]), autograd.tensor([np.nan]), equal_nan=True)
    square = autograd.ones(2, 2) + autograd.eye(2)
    with pytest.raises(AssertionError, match=r"'stride\(\)' do not match: \(1, 2\) != \(2, 1\)"):
        assert_close(square.T, square, check_stride=True)
    for msg in ("mine", lambda text: "mine: " + text):
        with pytest.raises(AssertionError, match="^mine"):
            assert_close(1, 2, msg=msg)
    with pytest.raises(ValueError, match="rtol and atol must both be given"):
        assert_close(1.0, 1.0, rtol=0.1)
    with pytest.raises(TypeError, match="tensors, arrays or numbers are needed, got str and int 1"):
        assert_close("a", 1)
