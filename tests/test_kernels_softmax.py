"""Softmax kernels: the compiled tier and the NumPy tier against SciPy, loops and each other."""

import math

import numpy as np
import pytest
import scipy.special

from autograd import threads
from autograd.kernels import reference
from autograd.kernels.rounding import at_the_gate

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")
vector_math = pytest.importorskip("autograd.kernels.compiled.vector_math")
jit = pytest.importorskip("autograd.kernels.compiled.jit").jit

TIERS = [compiled, reference]
TOLERANCE = {np.float32: 3e-6, np.float64: 1e-13}
SHAPES = [(1, 1), (3, 1), (64, 10), (7, 33), (3, 2048), (2, 5000), (1000, 40)]
both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])
both_tiers = pytest.mark.parametrize("tier", TIERS, ids=["compiled", "reference"])


@jit
def exponentials(x, out):
    for i in range(x.size):
        out[i] = vector_math.exp(x[i])


@both_types
def test_exp_over_the_whole_range(dtype):
    low, high = (-110, 95) if dtype == np.float32 else (-760, 720)
    x = np.concatenate([np.linspace(low, high, 200_003), np.linspace(-1e-3, 1e-3, 1001)])
    x, got = x.astype(dtype), np.empty(len(x), dtype)
    exponentials(x, got)
    with np.errstate(all="ignore"):
        want = np.exp(x.astype(np.longdouble))
        finite = np.isfinite(want.astype(dtype))
    assert np.array_equal(np.isfinite(got), finite)
    unit = np.spacing(want[finite].astype(dtype)).astype(np.longdouble)
    assert float(np.max(np.abs(got[finite] - want[finite]) / unit)) < 1.5


@both_types
def test_exp_of_special_numbers(dtype):
    x = np.array([0, -0.0, np.inf, -np.inf, np.nan, 1e30, -1e30, 1e-30], dtype)
    got = np.empty_like(x)
    exponentials(x, got)
    assert np.array_equal(got, np.array([1, 1, np.inf, 0, np.nan, np.inf, 0, 1]), equal_nan=True)


def scores(shape, dtype, seed=0):
    return (3 * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


@both_tiers
@both_types
@pytest.mark.parametrize("shape", SHAPES)
def test_softmax_and_logarithm(tier, dtype, shape):
    x, tolerance = scores(shape, dtype), TOLERANCE[dtype]
    for name in ("softmax", "log_softmax"):
        want = getattr(scipy.special, name)(x.astype(np.float64), axis=1)
        for layout in (x, np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2]):
            got = getattr(tier, name)(layout)
            assert got.dtype == dtype
            np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


@both_tiers
@both_types
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_are_the_jacobians(tier, dtype, shape):
    x, g = scores(shape, np.float64), scores(shape, np.float64, 1)
    p = scipy.special.softmax(x, axis=1)
    want = p * (g - np.sum(g * p, axis=1, keepdims=True))  # (diag(p) - p p') g
    got = tier.softmax_grad(g.astype(dtype), p.astype(dtype))
    scale = 10 * TOLERANCE[dtype]
    np.testing.assert_allclose(got, want, rtol=scale, atol=scale)
    want = g - p * np.sum(g, axis=1, keepdims=True)  # (1 - 1 p') g
    got = tier.log_softmax_grad(g.astype(dtype), np.log(p).astype(dtype))
    np.testing.assert_allclose(got, want, rtol=scale, atol=10 * scale)


@both_tiers
@both_types
def test_large_scores_keep_their_digits(tier, dtype):
    x = np.array([[1e4, 1e4 + 1, 1e4 - 2], [-1e4, -1e4, -1e4]], dtype)
    small = x - np.array([[1e4], [-1e4]], dtype)
    for name in ("softmax", "log_softmax"):
        want = getattr(scipy.special, name)(small, axis=1)
        np.testing.assert_allclose(getattr(tier, name)(x), want, rtol=1e-6)
    losses, lse = tier.cross_entropy(x, np.array([0, 1]))
    np.testing.assert_allclose(losses, -scipy.special.log_softmax(small, 1)[[0, 1], [0, 1]], 1e-6)
    grad = tier.cross_entropy_grad(np.ones(2, dtype), x, lse, np.array([0, 1]))
    want = scipy.special.softmax(small, axis=1) - np.eye(3)[[0, 1]]
    np.testing.assert_allclose(grad, want, rtol=2e-6)


@both_tiers
@both_types
@pytest.mark.parametrize("smoothing", [0.0, 0.25])
def test_scores_whose_digits_hide_the_logarithm(tier, dtype, smoothing):
    """Beside scores of 1e17 log(3) is nothing, yet it is the loss."""
    offsets = np.array([[0.0], [1e10], [-1e10], [1e17], [-1e30]])
    x, target = np.broadcast_to(offsets, (5, 3)).astype(dtype), np.array([0, 1, 2, 0, 1])
    losses, lse = tier.cross_entropy(x, target, None, -100, smoothing)
    np.testing.assert_allclose(losses, np.log(3), rtol=1e-6)
    grad = tier.cross_entropy_grad(np.ones(5, dtype), x, lse, target, None, -100, smoothing)
    want = 1 / 3 - (1 - smoothing) * np.eye(3)[target] - smoothing / 3
    np.testing.assert_allclose(grad, want, rtol=1e-6, atol=1e-7)


@both_tiers
def test_ignored_numbers_are_told_apart_beyond_2_to_the_53(tier):
    ignored, x = 2**53 + 1, np.zeros((2, 3), np.float32)
    losses, lse = tier.cross_entropy(x, np.array([ignored, 1]), None, ignored)
    assert losses[0] == 0 and losses[1] > 1
    wrong = np.array([2**53, 1])
    with pytest.raises(IndexError, match="is not a class"):
        tier.cross_entropy(x, wrong, None, ignored)
    with pytest.raises(IndexError, match="is not a class"):
        tier.cross_entropy_grad(np.ones(2, np.float32), x, lse, wrong, None, ignored)


@both_tiers
def test_float16_is_rounded_once(tier):
    x = (np.random.default_rng(0).standard_normal((3, 4000)) * 3).astype(np.float16)
    wide, g = x.astype(np.float64), np.ones_like(x)
    for name in ("softmax", "log_softmax"):
        want = getattr(scipy.special, name)(wide, axis=1)
        got = at_the_gate(name, getattr(tier, name))(x)
        assert got.dtype == np.float16
        assert np.max(np.abs(got - want) / np.spacing(np.abs(want).astype(np.float16))) < 0.51
    target = np.array([5, 6, 7])
    losses, lse = at_the_gate("cross_entropy", tier.cross_entropy)(x, target)
    np.testing.assert_allclose(losses, -scipy.special.log_softmax(wide, 1)[range(3), target], 5e-4)
    grad = at_the_gate("cross_entropy_grad", tier.cross_entropy_grad)(g[:, 0], x, lse, target)
    assert grad.dtype == np.float16 and losses.dtype == lse.dtype == np.float64
    want = scipy.special.softmax(wide, axis=1) - (np.arange(4000) == target[:, None])
    np.testing.assert_allclose(grad, want, rtol=6e-4, atol=6e-8)


@both_tiers
@both_types
def test_infinity_and_nan(tier, dtype):
    x = np.array(
        [[-np.inf, 0, 0], [np.inf, 0, 0], [np.nan, 0, 0], [-np.inf] * 3, [0, -np.nan, 0]], dtype
    )
    p, logarithm = tier.softmax(x), tier.log_softmax(x)
    assert np.array_equal(p[0], [0, 0.5, 0.5]) and np.isnan(p[2:]).all() and np.isnan(p[1, 0])
    np.testing.assert_allclose(logarithm[0], [-np.inf, -np.log(2), -np.log(2)], rtol=1e-6)
    assert np.isnan(logarithm[2:]).all()
    losses, lse = tier.cross_entropy(x, np.array([1, 1, 1, 1, -100]))
    np.testing.assert_allclose(losses[0], np.log(2), rtol=1e-6)
    assert np.isnan(losses[2:4]).all() and losses[4] == 0
    assert tier.cross_entropy(x[:1], np.array([0]))[0][0] == np.inf
    grad = tier.cross_entropy_grad(np.ones(5, dtype), x, lse, np.array([1, 1, 1, 1, -100]))
    np.testing.assert_allclose(grad[0], [0, -0.5, 0.5], rtol=1e-6)
    assert np.isnan(grad[2]).all() and (grad[4] == 0).all()


@both_tiers
@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0, 0)])
def test_empty(tier, shape):
    x = np.empty(shape, np.float32)
    for got in (tier.softmax(x), tier.log_softmax(x)):
        assert got.shape == shape and got.dtype == np.float32
    for got in (tier.softmax_grad(x, x), tier.log_softmax_grad(x, x)):
        assert got.shape == shape
    target = np.full(shape[0], -100)
    losses, lse = tier.cross_entropy(x, target)
    assert losses.shape == shape[:1] and lse.shape == (shape[0], 2) and losses.dtype == np.float64
    assert tier.cross_entropy_grad(losses.astype(np.float32), x, lse, target).shape == shape


def naive_losses(x, target, weight, ignored, smoothing):
    """One number at a time, in float64."""
    losses = []
    for row, label in zip(x.tolist(), target.tolist()):
        lse = math.log(sum(math.exp(value) for value in row))
        if label == ignored:
            losses.append(0.0)
            continue
        spread = sum(w * (lse - value) for w, value in zip(weight, row)) / len(row)
        losses.append((1 - smoothing) * weight[label] * (lse - row[label]) + smoothing * spread)
    return np.array(losses)


@both_tiers
@both_types
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_cross_entropy_by_definition(tier, dtype, weighted, smoothing):
    rng = np.random.default_rng(2)
    for n, classes in [(1, 1), (64, 10), (5, 3000), (300, 7)]:
        x, target = scores((n, classes), dtype), rng.integers(0, classes, n)
        target[rng.random(n) < 0.2] = ignored = -1 if n % 2 else classes - 1
        weight = rng.random(classes).astype(dtype) if weighted else None
        plain = np.ones(classes) if weight is None else weight.astype(np.float64)
        wide = x.astype(np.float64)
        want = naive_losses(wide, target, plain, ignored, smoothing)
        losses, lse = tier.cross_entropy(x, target, weight, ignored, smoothing)
        assert losses.dtype == lse.dtype == np.float64
        np.testing.assert_allclose(losses, want, rtol=10 * TOLERANCE[dtype], atol=1e-6)
        scale = rng.standard_normal(n).astype(dtype)
        grad = tier.cross_entropy_grad(scale, x, lse, target, weight, ignored, smoothing)
        assert grad.dtype == dtype and grad.shape == x.shape
        if classes < 20:
            for j in range(classes):
                step = np.zeros(classes)
                step[j] = 1e-6
                up = naive_losses(wide + step, target, plain, ignored, smoothing)
                down = naive_losses(wide - step, target, plain, ignored, smoothing)
                difference = scale * (up - down) / 2e-6
                np.testing.assert_allclose(grad[:, j], difference, rtol=1e-5, atol=1e-6)
        else:
            plain = reference.cross_entropy_grad(scale, x, lse, target, weight, ignored, smoothing)
            np.testing.assert_allclose(grad, plain, rtol=1e-4, atol=TOLERANCE[dtype])


@both_tiers
@pytest.mark.parametrize("wrong", [-1, 3, 2**40])
@pytest.mark.parametrize("last", [1, 9])
def test_target_out_of_range_names_row_and_classes(tier, wrong, last):
    x, target = np.zeros((4, 3), np.float32), np.array([0, -100, wrong, last])
    message = rf"target {wrong} in row 2 is not a class; with 3 classes it must lie in \[0, 2\]"
    with pytest.raises(IndexError, match=message):
        tier.cross_entropy(x, target)
    with pytest.raises(IndexError, match=message):
        tier.cross_entropy_grad(np.ones(4, np.float32), x, np.zeros((4, 2)), target)


@both_tiers
def test_inputs_of_other_types_and_layouts(tier):
    x, target = scores((6, 4), np.float64), np.array([0, 1, 2, 3, 0, 1])
    want = tier.cross_entropy(x, target)[0]
    np.testing.assert_allclose(tier.cross_entropy(x, target.astype(np.int32))[0], want)
    np.testing.assert_allclose(tier.cross_entropy(np.asfortranarray(x), target)[0], want)
    half = tier.softmax(x.astype(np.float16))
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, tier.softmax(x), atol=2e-3)
    before = x.copy()
    x.flags.writeable = False
    tier.softmax(x)
    tier.cross_entropy(x, target)
    assert np.array_equal(x, before)


def test_threads_do_not_change_a_bit(monkeypatch):
    x, target = scores((1000, 50), np.float32), np.arange(1000) % 50
    results = []
    for count in (1, 2, 2, 3):
        monkeypatch.setattr(threads, "_threads", count)
        p, (losses, lse) = compiled.softmax(x), compiled.cross_entropy(x, target)
        grads = compiled.softmax_grad(x, p), compiled.log_softmax_grad(x, compiled.log_softmax(x))
        last = compiled.cross_entropy_grad(losses.astype(np.float32), x, lse, target)
        results.append(b"".join(a.tobytes() for a in (p, losses, lse, *grads, last)))
    assert len(set(results)) == 1


@both_tiers
@both_types
def test_columns_are_rows_that_stand(tier, dtype):
    """Scores far apart, infinities and NaN, in strips of every width."""
    rng = np.random.default_rng(5)
    for columns in (1, 3, 64, 255, 257, 600):
        x = (300 * rng.standard_normal((2, 7, columns))).astype(dtype)
        odd = rng.choice(np.array([np.inf, -np.inf, np.nan, 1e30], dtype), x.shape)
        x, g = np.where(rng.random(x.shape) < 0.02, odd, x), rng.standard_normal(x.shape)
        rows = np.ascontiguousarray(np.moveaxis(x, 1, 2)).reshape(-1, 7)
        for name in ("softmax", "log_softmax"):
            want = getattr(reference, name)(rows.astype(np.float64))
            found = getattr(tier, name)(x)
            turned = np.moveaxis(found, 1, 2).reshape(-1, 7)
            np.testing.assert_allclose(turned, want, 10 * TOLERANCE[dtype], 5 * TOLERANCE[dtype])
            g = np.asarray(g, dtype)
            back = np.moveaxis(getattr(tier, f"{name}_grad")(g, found), 1, 2).reshape(-1, 7)
            grads = np.ascontiguousarray(np.moveaxis(g, 1, 2)).reshape(-1, 7)
            want = getattr(reference, f"{name}_grad")(grads, turned)
            np.testing.assert_allclose(back, want, 20 * TOLERANCE[dtype], 20 * TOLERANCE[dtype])
