"""Normalisation kernels: the compiled tier and the NumPy tier against float64 and each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import threads
from autograd.kernels import reference

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")
LONG = pytest.importorskip("autograd.kernels.compiled.norm").LONG

TIERS = [compiled, reference]
both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])
both_tiers = pytest.mark.parametrize("tier", TIERS, ids=["compiled", "reference"])
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-11}
EPS = 1e-3
LAYOUTS = [
    (kind, layout)
    for kind, layouts in {
        "batch": [(2, 3, 1, LONG), (5, 2, 1, LONG - 1), (3, 1, 1, LONG + 1), (67, 33, 1, 1),
                  (4, 17, 1, 9), (2, 2, 1, 3000), (1, 3, 1, 5), (1, 2, 1, 2100), (130, 5, 1, 3)],
        "fixed": [(2, 3, 1, LONG), (4, 17, 1, 9), (1, 1, 1, 1), (1, 5, 1, 2049)],
        "group": [(2, 3, 2, LONG), (2, 2, 3, 5), (3, 4, 1, 700), (40, 1, 37, 1), (1, 1, 2, 1),
                  (2, 1, 5000, 1), (300, 1, 3, 1), (9, 3, 1, 17), (2, 2, 2, 31), (2, 2, 2, 32)],
        "rms": [(40, 1, 37, 1), (1, 1, 1, 1), (2, 1, 5000, 1)],
    }.items()
    for layout in layouts
]  # fmt: skip
CENTRED = [case for case in LAYOUTS if case[0] in ("batch", "group")]
all_layouts = pytest.mark.parametrize(("kind", "layout"), LAYOUTS)


def arrays(kind, layout, dtype, offset=0.0, seed=0):
    """g, x, weight, bias, and the given mean and variance."""
    rng = np.random.default_rng(seed)
    x, g = (rng.standard_normal(layout).astype(dtype) for _ in range(2))
    weight, bias = (rng.uniform(0.5, 2, layout[1] * layout[2]).astype(dtype) for _ in range(2))
    given = (rng.uniform(-1, 1, layout[1]) + offset, rng.uniform(0.5, 2, layout[1]))
    return g, x + dtype(offset), weight, bias, given if kind == "fixed" else (None, None)


def by_definition(x, weight, bias, kind, layout, eps, mean, var):
    """Group by group in float64."""
    x = x.reshape(layout).astype(np.float64)
    out = np.empty(layout)
    for n, c in np.ndindex(layout[:2]):
        part = (slice(None) if kind == "batch" else n, c)
        m, v = np.mean(x[part]), np.var(x[part])
        if kind == "rms":
            m, v = 0.0, np.mean(x[part] ** 2)
        if kind == "fixed":
            m, v = mean[c], var[c]
        out[n, c] = (x[n, c] - m) / np.sqrt(v + eps)
    scale, shift = (np.reshape(w, (*layout[1:3], 1)) for w in (weight, bias))
    return out * scale + shift


@both_tiers
@both_types
@all_layouts
def test_forward_by_definition(tier, dtype, kind, layout):
    for offset in (0, 0 if kind == "rms" else 1000):
        _, x, weight, bias, given = arrays(kind, layout, dtype, offset)
        out, mean, var = tier.standardize(x, weight, bias, kind, layout, EPS, *given)
        want = by_definition(x, weight, bias, kind, layout, EPS, *given)
        assert out.dtype == dtype and mean.dtype == var.dtype == np.float64
        np.testing.assert_allclose(out, want, rtol=1e-5 if dtype == np.float32 else 1e-9,
                                   atol=1e-5 if dtype == np.float32 else 1e-9)  # fmt: skip


@both_tiers
@all_layouts
def test_weight_or_bias_alone(tier, kind, layout):
    _, x, weight, bias, given = arrays(kind, layout, np.float64)
    for w, b in ((weight, None), (None, bias)):
        out = tier.standardize(x, w, b, kind, layout, EPS, *given)[0]
        whole = np.ones_like(bias) if w is None else w, np.zeros_like(bias) if b is None else b
        want = by_definition(x, *whole, kind, layout, EPS, *given)
        np.testing.assert_allclose(out, want, rtol=1e-9, atol=1e-9)


@both_types
@all_layouts
def test_gradient_against_the_twin_in_float64(dtype, kind, layout):
    g, x, weight, bias, given = arrays(kind, layout, dtype, 10)
    wide = [a.astype(np.float64) for a in (g, x, weight, bias)]
    for weighted in (True, False):
        w, b = (weight, bias) if weighted else (None, None)
        out, mean, var = compiled.standardize(x, w, b, kind, layout, EPS, *given)
        want, m, v = reference.standardize(wide[1], *(wide[2:] if weighted else (None, None)), kind,
                                           layout, EPS, *given)  # fmt: skip
        np.testing.assert_allclose(out, want, atol=TOLERANCE[dtype], rtol=TOLERANCE[dtype])
        np.testing.assert_allclose(mean, m, rtol=TOLERANCE[dtype], atol=1e-6)
        np.testing.assert_allclose(var, v, rtol=TOLERANCE[dtype], atol=1e-10)
        found = compiled.standardize_grad(g, x, w, kind, layout, EPS, mean, var)
        wanted = reference.standardize_grad(*wide[:2], wide[2] if weighted else None, kind, layout,
                                            EPS, m, v)  # fmt: skip
        for ours, theirs in zip(found, wanted, strict=True):
            assert ours.dtype == dtype and ours.shape == theirs.shape
            scale = TOLERANCE[dtype] * max(1, np.abs(theirs).max())
            np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE[dtype], atol=scale)


@both_tiers
@pytest.mark.parametrize(
    ("kind", "layout"), [("batch", (3, 2, 1, 4)), ("group", (2, 2, 2, 2)), ("rms", (3, 1, 4, 1)),
                         ("fixed", (2, 3, 1, 2)), ("batch", (2, 2, 1, 130))])  # fmt: skip
def test_gradient_by_differences(tier, kind, layout):
    g, x, weight, bias, given = arrays(kind, layout, np.float64)
    _, mean, var = tier.standardize(x, weight, bias, kind, layout, EPS, *given)
    found = tier.standardize_grad(g, x, weight, kind, layout, EPS, mean, var)

    def loss(*point):
        return np.sum(g * by_definition(*point, kind, layout, EPS, *given))

    for i, grad in enumerate(found):
        for j in range(min(8, grad.size)):
            sides = []
            for step in (1e-5, -1e-5):
                point = [x.copy(), weight.copy(), bias.copy()]
                point[i].reshape(-1)[j] += step
                sides.append(loss(*point))
            slope = (sides[0] - sides[1]) / 2e-5
            np.testing.assert_allclose(grad.reshape(-1)[j], slope, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("offset", [1e3, -1e5])
@pytest.mark.parametrize(("kind", "layout"), CENTRED)
def test_a_large_mean_costs_no_digits(kind, layout, offset):
    _, x, _, _, _ = arrays(kind, layout, np.float32, offset)
    out, mean, var = compiled.standardize(x, None, None, kind, layout, EPS)
    want = reference.standardize(x.astype(np.float64), None, None, kind, layout, EPS)
    np.testing.assert_allclose(mean, want[1], rtol=1e-10)
    np.testing.assert_allclose(var, want[2], rtol=2e-5, atol=1e-7)
    np.testing.assert_allclose(out, want[0], atol=3e-5, rtol=1e-5)


@pytest.mark.parametrize(("kind", "layout"), [("batch", (64, 2, 1, 700)), ("batch", (999, 2, 1, 3)),
                                              ("group", (2, 1, 60000, 1))])  # fmt: skip
def test_a_first_number_far_off(kind, layout):
    """The first guess of the mean is then a bad one."""
    _, x, _, _, _ = arrays(kind, layout, np.float32)
    x[:, :, 0, 0] += 1e4
    _, mean, var = compiled.standardize(x, None, None, kind, layout, EPS)
    want = reference.standardize(x.astype(np.float64), None, None, kind, layout, EPS)
    np.testing.assert_allclose(mean, want[1], rtol=1e-5)
    np.testing.assert_allclose(var, want[2], rtol=1e-4)


@both_types
@all_layouts
def test_memory_layout_does_not_count(dtype, kind, layout):
    g, x, weight, bias, given = arrays(kind, layout, dtype)

    def run(g, x, weight, bias):
        out, mean, var = compiled.standardize(x, weight, bias, kind, layout, EPS, *given)
        grads = compiled.standardize_grad(g, x, weight, kind, layout, EPS, mean, var)
        return b"".join(np.ascontiguousarray(a).tobytes() for a in (out, mean, var, *grads))

    plain = run(g, x, weight, bias)
    assert run(*(np.asfortranarray(a) for a in (g, x, weight, bias))) == plain
    assert run(*(a[..., ::-1].copy()[..., ::-1] for a in (g, x, weight, bias))) == plain
    assert run(*(np.repeat(a, 2, -1)[..., ::2] for a in (g, x, weight, bias))) == plain
    for shift in range(1, 20):  # other addresses
        moved = [np.empty(a.size + shift, dtype)[shift:].reshape(a.shape)
                 for a in (g, x, weight, bias)]  # fmt: skip
        for target, source in zip(moved, (g, x, weight, bias), strict=True):
            target[...] = source
        assert run(*moved) == plain


@both_tiers
@pytest.mark.parametrize("kind", ["batch", "fixed", "group"])
@pytest.mark.parametrize("layout", [(0, 3, 1, 4), (2, 3, 1, 0), (0, 2, 1, 200)])
def test_empty(tier, kind, layout):
    g, x, weight, bias, given = arrays(kind, layout, np.float32)
    out, mean, var = tier.standardize(x, weight, bias, kind, layout, EPS, *given)
    grads = tier.standardize_grad(g, x, weight, kind, layout, EPS, mean, var)
    assert out.shape == grads[0].shape == layout
    assert not grads[1].any() and not grads[2].any() and grads[1].shape == weight.shape


@both_tiers
@pytest.mark.parametrize("eps", [EPS, 0.0])
@pytest.mark.parametrize("size", [1e18, 1e20, 1e25, 1e34, 1e-12, 1e-18, 1e-22, 1e-30])
@pytest.mark.parametrize(("kind", "layout"), [case for case in LAYOUTS if case[0] != "fixed"])
def test_numbers_whose_squares_leave_the_range(tier, kind, layout, size, eps):
    """Against the same numbers of ordinary size: the result is the same but for eps."""
    n, groups, k, extent = layout
    if (n if kind == "batch" else 1) * k * extent < 3:
        return  # the deviations of one or two numbers are rounding, or known without
    g, x, weight, bias, _ = arrays(kind, layout, np.float32)
    g, small_eps = g / np.float32(1e6), eps / size / size
    part = (slice(None), 0) if kind == "batch" else (n - 1, groups - 1)
    large = x * np.float32(1e-3)
    large[part] = x[part] * np.float32(size)
    wide = large.astype(np.float64)
    wide[part] /= size
    want = by_definition(wide, weight, bias, kind, layout, small_eps, None, None)[part]
    out, mean, var = tier.standardize(large, weight, bias, kind, layout, eps)
    np.testing.assert_allclose(out[part], want, rtol=2e-5, atol=2e-5)
    grads = tier.standardize_grad(g, large, weight, kind, layout, eps, mean, var)
    m, v = reference.standardize(wide, None, None, kind, layout, small_eps)[1:]
    wanted = reference.standardize_grad(g.astype(np.float64), wide, weight.astype(np.float64),
                                        kind, layout, small_eps, m, v)  # fmt: skip
    scale = np.abs(wanted[0][part]).max()
    np.testing.assert_allclose(grads[0][part] * size, wanted[0][part], rtol=1e-4, atol=1e-4 * scale)
    assert all(np.isfinite(grad).all() for grad in grads)


@both_tiers
@pytest.mark.parametrize(("weight", "size"), [(np.inf, 1), (-np.inf, 1), (np.nan, 1), (1e37, 1e-3),
                                              (-2e37, 0.02), (1e-30, 1e12), (0.0, 1e-3)])
@all_layouts
def test_weights_of_any_size(tier, kind, layout, weight, size):
    """Times 1 over the deviation some leave the range of float32, and the result does not."""
    if kind != "fixed" and layout[2] * layout[3] * (layout[0] if kind == "batch" else 1) < 3:
        return  # the deviations of one or two numbers are rounding, or known without
    g, x, weights, bias, (mean, var) = arrays(kind, layout, np.float32)
    weights[0], x, bias = weight, x * np.float32(size), bias * 0
    if kind == "fixed":
        mean, var = mean * size, var * size * size
    with np.errstate(all="ignore"):
        want = by_definition(x, weights, bias, kind, layout, 0.0, mean, var)
        twin = reference.standardize_grad(
            g, x, weights, kind, layout, 0.0,
            *reference.standardize(x, None, None, kind, layout, 0.0, mean, var)[1:])
    out, mean, var = tier.standardize(x, weights, bias, kind, layout, 0.0, mean, var)
    np.testing.assert_allclose(out.reshape(layout)[:, 0, 0], want[:, 0, 0], rtol=1e-4,
                               atol=1e-5 * abs(weight) if abs(weight) < np.inf else 0)  # fmt: skip
    grad = tier.standardize_grad(g, x, weights, kind, layout, 0.0, mean, var)[0]
    whole = np.isfinite(twin[0])
    assert np.array_equal(grad[~whole], twin[0][~whole], equal_nan=True)
    np.testing.assert_allclose(grad[whole], twin[0][whole], rtol=1e-3,
                               atol=1e-4 * np.abs(twin[0][whole]).max(initial=0))  # fmt: skip
    if abs(weight) == np.inf and layout[2] == 1:
        assert np.isinf(grad.reshape(layout)[:, 0]).all()


@both_tiers
@pytest.mark.parametrize(("kind", "layout"), [case for case in LAYOUTS if case[0] != "fixed"])
def test_what_is_beyond_float64_is_not_0(tier, kind, layout):
    _, x, weight, bias, _ = arrays(kind, layout, np.float64)
    if np.var(x[(slice(None), 0) if kind == "batch" else (0, 0)]) < 1e-3:
        return
    assert np.isnan(tier.standardize(x * 1e200, weight, bias, kind, layout, EPS)[0]).any()


@both_tiers
@pytest.mark.parametrize(("offset", "spread"), [(1e6, 1), (1e8, 30), (-3e7, 10)])
@pytest.mark.parametrize(("kind", "layout"), CENTRED)
def test_an_offset_costs_the_variance_nothing(tier, kind, layout, offset, spread):
    _, x, weight, bias, _ = arrays(kind, layout, np.float32)
    x = x * np.float32(spread) + np.float32(offset)
    out, mean, var = tier.standardize(x, weight, bias, kind, layout, EPS)
    over = {"batch": (0, 2, 3), "group": (2, 3)}[kind]
    wide = x.astype(np.float64)
    np.testing.assert_allclose(mean, wide.mean(over).ravel(), rtol=1e-12)
    np.testing.assert_allclose(var, wide.var(over).ravel(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(out, by_definition(x, weight, bias, kind, layout, EPS, None, None),
                               rtol=2e-5, atol=2e-5)  # fmt: skip


@both_tiers
def test_gradients_of_weights_keep_their_digits_over_many_rows(tier):
    """A million ones, and one that float32 does not see beside them."""
    for kind, layout in (("batch", (1_000_001, 3, 1, 1)), ("group", (1_000_001, 1, 3, 1))):
        x = np.random.default_rng(0).standard_normal(layout).astype(np.float32)
        g = np.full(layout, 0.1, np.float32)
        _, mean, var = tier.standardize(x, None, None, kind, layout, EPS)
        grads = tier.standardize_grad(g, x, None, kind, layout, EPS, mean, var)
        np.testing.assert_allclose(grads[2], 1_000_001 * np.float64(g[0, 0, 0, 0]), rtol=1e-6)


@both_tiers
@both_types
@pytest.mark.parametrize(("kind", "layout"), [("batch", (3, 3, 1, 200)), ("batch", (4, 3, 1, 5)),
                                              ("group", (3, 1, 6, 1)), ("rms", (3, 1, 6, 1)),
                                              ("group", (3, 1, 2, 300))])  # fmt: skip
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_stay_in_their_group(tier, dtype, kind, layout, bad):
    _, x, weight, bias, _ = arrays(kind, layout, dtype)
    clean = tier.standardize(x, weight, bias, kind, layout, EPS)[0]
    x[1, 0, 0, 0] = bad
    out = tier.standardize(x, weight, bias, kind, layout, EPS)[0]
    touched = np.zeros(layout, bool)
    touched[(slice(None), 0) if kind == "batch" else (1, 0)] = True
    assert np.isnan(out[1, 0, 0, 0])
    np.testing.assert_array_equal(out[~touched], clean[~touched])


def test_other_types_are_answered():
    g, x, weight, bias, _ = arrays("group", (3, 1, 8, 1), np.float64)
    want = reference.standardize(x, weight, bias, "group", x.shape, EPS)
    half = [a.astype(np.float16) for a in (g, x, weight, bias)]
    out, mean, var = compiled.standardize(*half[1:], "group", x.shape, EPS)
    assert out.dtype == np.float16
    np.testing.assert_allclose(out, want[0], atol=1e-2)
    grads = compiled.standardize_grad(*half[:3], "group", x.shape, EPS, mean, var)
    assert [a.dtype for a in grads] == [np.float16] * 3


def test_threads_do_not_change_a_bit(monkeypatch):
    for kind, layout in [("batch", (8, 5, 1, 1024)), ("batch", (64, 70, 1, 9)),
                         ("group", (8, 3, 2, 512)), ("group", (301, 1, 99, 1))]:  # fmt: skip
        g, x, weight, bias, _ = arrays(kind, layout, np.float32)
        results = []
        for count in (1, 2, 2, 3):
            monkeypatch.setattr(threads, "_threads", count)
            out, mean, var = compiled.standardize(x, weight, bias, kind, layout, EPS)
            grads = compiled.standardize_grad(g, x, weight, kind, layout, EPS, mean, var)
            results.append(b"".join(a.tobytes() for a in (out, mean, var, *grads)))
        assert len(set(results)) == 1


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["batch", "fixed", "group", "rms"]), st.integers(1, 9), st.integers(1, 9),
       st.integers(1, 5), st.integers(1, 140), st.integers(0, 2**32 - 1))  # fmt: skip
def test_any_shape(kind, n, g, k, extent, seed):
    layout = (n, g, 1 if kind in ("batch", "fixed") else k, extent)
    if kind == "rms":
        layout = (n * g, 1, k * extent, 1)
    grad, x, weight, bias, given = arrays(kind, layout, np.float64, seed=seed)
    out, mean, var = compiled.standardize(x, weight, bias, kind, layout, EPS, *given)
    want = reference.standardize(x, weight, bias, kind, layout, EPS, *given)
    np.testing.assert_allclose(out, want[0], rtol=1e-9, atol=1e-9)
    found = compiled.standardize_grad(grad, x, weight, kind, layout, EPS, mean, var)
    wanted = reference.standardize_grad(grad, x, weight, kind, layout, EPS, *want[1:])
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-8)
