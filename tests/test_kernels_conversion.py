"""Numbers as those of another type, against NumPy."""

import numpy as np
import pytest

import autograd
from autograd import threads
from autograd.kernels import reference
from autograd.kernels.thresholds import SHARED

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")

PAIRS = [*[("f4", target) for target in ("f8", "f2", "i8", "i4", "i2", "u1", "?")], ("f2", "f4"),
         ("f2", "f2"), ("i8", "f4"), ("i8", "?"), ("?", "f8"), ("f8", "i1"),
         ("i8", "f2")]  # fmt: skip
EDGES = [0.0, -0.0, 0.4, -0.6, 1.0, -1.0, 1.5, 2.5, -7.9, 100.0, 127.0]
OF_FLOATS = [np.nan, np.inf, -np.inf, 1e-30, 65504.0, 65519.9, 65520.0, 1e30, 6e-8,
             2.9e-8, 1.0009766]


def numbers(dtype):
    rng, dtype = np.random.default_rng(0), np.dtype(dtype)
    drawn = np.concatenate([EDGES, rng.uniform(0, 100, 5000), rng.standard_normal(5003)])
    if dtype.kind == "u":
        drawn = np.abs(drawn)
    return drawn.astype(dtype)


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_conversions_are_numpys(source, target, monkeypatch):
    x, target = numbers(source), np.dtype(target)
    x = np.abs(x) if target.kind == "u" and x.dtype.kind != "b" else x
    if x.dtype.kind == "f" and target.kind in "fb":
        with np.errstate(over="ignore"):
            x = np.concatenate([x, np.array(OF_FLOATS).astype(x.dtype)])
    monkeypatch.setitem(SHARED, "converted", 1)
    for count in (1, 2):
        monkeypatch.setattr(threads, "_threads", count)
        found = compiled.converted(x, target)
        np.testing.assert_array_equal(found, reference.converted(x, target), strict=True)


def test_what_does_not_fit_is_alike_wherever_it_stands():
    x = np.full(77, 1e12, np.float32)
    x[::3] = -70000.7
    for target in ("i8", "i4", "i2", "i1"):
        found = compiled.converted(x, np.dtype(target))
        assert len(set(found[::3].tolist())) == 1 and len(set(found[1::3].tolist())) == 1


@pytest.mark.parametrize("shape", [(), (0, 3), (7, 5), (200, 300)])
def test_tensors_of_any_layout(shape):
    x = np.random.default_rng(0).uniform(-50, 50, shape).astype(np.float32)
    for turned in (x, x.T, x[..., ::2] if x.ndim else x):
        for name in ("half", "double", "long", "int", "short", "bool"):
            found = getattr(autograd.tensor(0) + autograd.from_numpy(turned), name)().numpy()
            np.testing.assert_array_equal(found, turned.astype(found.dtype), strict=True)


def test_a_number_that_is_no_array():
    """As NumPy's kernels return, which is no memory of an array's kind to look into."""
    for kind in (np.float16, np.float32, np.int64):
        assert compiled.converted(kind(2.5), np.dtype(np.float64)) == kind(2.5)
    assert compiled.sum_over(np.ones((2, 3), np.float16), (0, 1), False) == 6
