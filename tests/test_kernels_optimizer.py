"""Optimizer kernels: both tiers against scalar loops written from the papers' formulas."""

import math

import numpy as np
import pytest

from autograd import threads
from autograd.kernels import reference

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")

both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])
both_tiers = pytest.mark.parametrize("tier", [compiled, reference], ids=["compiled", "reference"])
SHAPES = [(3, 5), (), (0,), (17,), (2, 1, 4), (1,)]
TOLERANCE = {np.float32: 2e-5, np.float64: 1e-12}


def draw(rng, dtype, shapes=SHAPES):
    return [np.array(rng.standard_normal(shape), dtype) for shape in shapes]


def zeros(arrays):
    return [np.zeros_like(a) for a in arrays]


def copies(arrays):
    return [a.copy() for a in arrays]


def flat(arrays):
    return np.concatenate([a.astype(np.float64).ravel() for a in arrays])


def naive_sgd(start, gradients, lr, momentum, dampening, nesterov, decay, maximize):
    result = []
    for column, p in enumerate(start):
        buffer = None
        for row in gradients:
            g = (-row[column] if maximize else row[column]) + decay * p
            if momentum:
                buffer = g if buffer is None else momentum * buffer + (1 - dampening) * g
                g = g + momentum * buffer if nesterov else buffer
            p = p - lr * g
        result.append(p)
    return np.array(result)


def naive_adam(start, gradients, lr, beta1, beta2, eps, decay, decoupled, amsgrad, maximize):
    result = []
    for column, p in enumerate(start):
        m = v = top = 0.0
        for step, row in enumerate(gradients, 1):
            g = -row[column] if maximize else row[column]
            if decoupled:
                p = p - lr * decay * p
            else:
                g = g + decay * p
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
            top = max(top, v)
            second = (top if amsgrad else v) / (1 - beta2**step)
            p = p - lr * m / (1 - beta1**step) / (math.sqrt(second) + eps)
        result.append(p)
    return np.array(result)


@both_tiers
@both_types
@pytest.mark.parametrize(
    "momentum, dampening, nesterov, decay, maximize",
    [
        (0, 0, False, 0, False),
        (0, 0, False, 0.1, True),
        (0.9, 0, False, 0, False),
        (0.9, 0.5, False, 0.1, False),
        (0.9, 0, True, 0.1, True),
    ],
)
def test_sgd(tier, dtype, momentum, dampening, nesterov, decay, maximize):
    rng = np.random.default_rng(0)
    params = draw(rng, dtype)
    start, gradients = flat(params), []
    momenta = [np.full_like(p, np.nan) for p in params] if momentum else None
    for step in range(20):
        grads = draw(rng, dtype)
        gradients.append(flat(grads))
        before = copies(grads)
        tier.sgd_(params, grads, momenta, 0.05, momentum, dampening, nesterov, decay, maximize,
                  first_step=step == 0)  # fmt: skip
        assert all(np.array_equal(a, b) for a, b in zip(grads, before))
    want = naive_sgd(start, gradients, 0.05, momentum, dampening, nesterov, decay, maximize)
    np.testing.assert_allclose(flat(params), want, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@both_tiers
@both_types
@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("decay, decoupled", [(0, False), (0.1, False), (0.1, True)])
def test_adam(tier, dtype, amsgrad, decay, decoupled):
    rng = np.random.default_rng(1)
    params = draw(rng, dtype)
    start, gradients, maximize = flat(params), [], amsgrad
    m, v, top = zeros(params), zeros(params), zeros(params) if amsgrad else None
    for step in range(1, 21):
        grads = draw(rng, dtype)
        gradients.append(flat(grads))
        tier.adam_(params, grads, m, v, top, step, 0.01, 0.8, 0.95, 1e-6, decay, decoupled,
                   maximize)  # fmt: skip
    want = naive_adam(start, gradients, 0.01, 0.8, 0.95, 1e-6, decay, decoupled, amsgrad, maximize)
    np.testing.assert_allclose(flat(params), want, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@both_tiers
@both_types
def test_gradients_of_another_shape_are_refused(tier, dtype):
    """The same number of elements does not do."""
    for shape, other in (((2, 3), (3, 2)), ((4, 2), (8,)), ((64, 8), (2, 256))):
        params = [np.zeros(shape, dtype)]
        with pytest.raises(ValueError, match="shape|broadcast"):
            tier.sgd_(params, [np.ones(other, dtype)], None, 0.1, 0, 0, False, 0, False,
                      first_step=True)  # fmt: skip
        assert not params[0].any()


@both_tiers
@both_types
def test_norm_and_clipping(tier, dtype):
    rng = np.random.default_rng(2)
    arrays = draw(rng, dtype, [*SHAPES, (3000,), (4097,)])
    want = float(np.sum(flat(arrays) ** 2))
    got = tier.sum_of_squares(arrays)
    assert type(got) is float
    assert math.isclose(got, want, rel_tol=1e-13)
    scaled = flat(arrays) * 0.5
    tier.clip_(arrays, 0.5)
    assert np.array_equal(flat(arrays), scaled)
    assert tier.sum_of_squares([]) == 0.0
    assert tier.sum_of_squares([np.full(2, 1e30, np.float32)]) == pytest.approx(2e60)
    assert math.isnan(tier.sum_of_squares([np.array([1.0, np.nan])]))


@both_tiers
def test_nan_stays(tier):
    params, grads = [np.ones(40)], [np.zeros(40)]
    grads[0][7] = np.nan
    m, v, top = zeros(params), zeros(params), zeros(params)
    for step in (1, 2):
        tier.adam_(params, grads, m, v, top, step)
        grads = [np.ones(40)]
    assert np.flatnonzero(np.isnan(params[0])).tolist() == [7]
    assert np.isnan(top[0][7])


@both_tiers
def test_other_layouts_and_types_are_updated_too(tier):
    whole, mixed = np.ones((6, 4)), np.ones(3, np.float32)
    params = [whole[::2, ::-1], mixed, np.ones(2, np.float16)]
    grads = [np.ones((4, 3)).T, np.ones(3, np.float32), np.ones(2, np.float16)]
    tier.sgd_(params, grads, None, 0.5)
    assert np.array_equal(whole[::2], np.full((3, 4), 0.5)) and (whole[1::2] == 1).all()
    assert (mixed == 0.5).all() and (params[2] == 0.5).all()
    tier.clip_(params, 2)
    assert (whole == 1).all() and (params[2] == 1).all()


@both_tiers
def test_read_only_gradients_serve_but_parameters_must_be_writable(tier):
    param, grad = np.ones(5), np.ones(5)
    grad.flags.writeable = False
    tier.sgd_([param], [grad], None, 0.25)
    assert (param == 0.75).all()
    param.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        tier.sgd_([param], [np.ones(5)], None, 0.25)
    assert (param == 0.75).all()


@both_tiers
def test_lists_that_do_not_match_raise(tier):
    with pytest.raises(ValueError, match="shorter"):
        tier.sgd_([np.ones(2), np.ones(2)], [np.ones(2)], None, 0.1)
    with pytest.raises(ValueError, match="broadcast"):
        tier.sgd_([np.ones(2)], [np.ones(3)], None, 0.1)


def test_no_parameters():
    compiled.sgd_([], [], None, 0.1)
    compiled.adam_([], [], [], [], None, 1)
    compiled.clip_([], 2.0)


@both_types
def test_threads_do_not_change_a_bit(dtype, monkeypatch):
    shapes = [(300, 301), (7,), (5000,), (1,), (40_000,)]
    results = []
    for count in (1, 2, 2, 3, 5):
        monkeypatch.setattr(threads, "_threads", count)
        rng = np.random.default_rng(3)
        params, grads = draw(rng, dtype, shapes), draw(rng, dtype, shapes)
        m, v, top = zeros(params), zeros(params), zeros(params)
        compiled.adam_(params, grads, m, v, top, 1, weight_decay=0.1)
        compiled.sgd_(params, grads, m, 0.1, 0.9)
        compiled.clip_(params, 0.3)
        total = np.array(compiled.sum_of_squares(params))
        results.append(b"".join(a.tobytes() for a in (*params, *m, *v, *top, total)))
    assert len(set(results)) == 1


def lifted(squares):
    """Averages of squares raised, in place, above the squares of averages."""
    for a in squares:
        a += 40
    return squares


# every rule: (a call with a tier, the parameters, the gradients and the state; lists of state)
RULES = {
    "sgd": (lambda t, p, g, m: t.sgd_(p, g, m, 0.1, 0.9, 0.2, False, 0.1, True), 1),
    "asgd": (lambda t, p, g, a: t.asgd_(p, g, a, 0.1, 0.5, 0.01, 0.1, True), 1),
    "asgd first": (lambda t, p, g, a: t.asgd_(p, g, a, 0.1, 1.0), 1),
    "rprop": (lambda t, p, g, a, s: t.rprop_(p, g, a, s, (0.5, 1.2), (0.3, 1.0), True), 2),
    "rmsprop": (lambda t, p, g, v: t.rmsprop_(p, g, v, None, None, 0.1, 0.8, 1e-4, 0.1), 1),
    "rmsprop momentum": (
        lambda t, p, g, v, b: t.rmsprop_(p, g, v, None, b, momentum=0.5, maximize=True), 2),
    "rmsprop centered": (
        lambda t, p, g, v, m: t.rmsprop_(p, g, lifted(v), m, None), 2),
    "rmsprop inside": (
        lambda t, p, g, v: t.rmsprop_(p, g, v, None, None, eps=0.1, eps_inside_sqrt=True), 1),
    "rmsprop centered momentum": (
        lambda t, p, g, v, m, b: t.rmsprop_(p, g, lifted(v), m, b, momentum=0.9), 3),
    "adagrad": (lambda t, p, g, v: t.adagrad_(p, g, v, 4, 0.1, 0.5, 1e-3, 0.1, True), 1),
    "adagrad inside": (lambda t, p, g, v: t.adagrad_(p, g, v, 1, eps_inside_sqrt=True), 1),
    "adadelta": (lambda t, p, g, v, u: t.adadelta_(p, g, v, u, 1.0, 0.9, 1e-3, 0.1, True), 2),
    "adam": (lambda t, p, g, m, v: t.adam_(p, g, m, v, None, 3, eps_inside_sqrt=True), 2),
    "adam plain": (lambda t, p, g, m, v: t.adam_(p, g, m, v, None, 3, bias_correction=False), 2),
    "amsgrad": (lambda t, p, g, m, v, top: t.adam_(p, g, m, v, top, 3, eps_inside_sqrt=True), 3),
    "nadam": (lambda t, p, g, m, v: t.nadam_(p, g, m, v, 3, 0.4, 0.7, weight_decay=0.1), 2),
    "nadam decoupled": (
        lambda t, p, g, m, v: t.nadam_(p, g, m, v, 3, 0.4, 0.7, 0.1, weight_decay=0.1,
                                       decoupled=True, maximize=True), 2),
    "radam": (lambda t, p, g, m, v: t.radam_(p, g, m, v, 9, 0.3, weight_decay=0.1), 2),
    "radam first": (lambda t, p, g, m, v: t.radam_(p, g, m, v, 2, None, 0.1, maximize=True), 2),
    "adamax": (lambda t, p, g, m, u: t.adamax_(p, g, m, u, 3, 0.1, weight_decay=0.1), 2),
    "clip": (lambda t, p, g: t.clip_(p, 0.3), 0),
    "clamp": (lambda t, p, g: t.clamp_(p, -0.5, 0.7), 0),
}  # fmt: skip
rules = pytest.mark.parametrize(("run", "states"), RULES.values(), ids=RULES)
EDGES = [(0,), (1,), (), (15,), (16,), (17,), (4096,), (3, 5), (63, 65)]


def lists_for(rng, dtype, states, shapes=EDGES):
    """Parameters, gradients, and positive state (averages of squares must not be negative)."""
    return [draw(rng, dtype, shapes), draw(rng, dtype, shapes)] + [
        [np.asarray(np.abs(a)) for a in draw(rng, dtype, shapes)] for _ in range(states)
    ]


@rules
@both_types
def test_twins_agree(run, states, dtype):
    results = []
    for tier in (compiled, reference):
        lists = lists_for(np.random.default_rng(5), dtype, states)
        for _ in range(3):
            run(tier, *lists)
        results.append([flat(arrays) for arrays in lists])
    for mine, other in zip(*results):
        np.testing.assert_allclose(mine, other, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@rules
def test_twins_agree_on_strided_arrays_and_half(run, states):
    for dtype, cut in ((np.float64, np.s_[::-2, ::3]), (np.float16, np.s_[:, :])):
        results = []
        for tier in (compiled, reference):
            wide = lists_for(np.random.default_rng(6), dtype, states, [(8, 9), (2, 2)])
            lists = [[a[cut] for a in arrays] for arrays in wide]
            run(tier, *lists)
            results.append(b"".join(a.tobytes() for arrays in wide for a in arrays))
        assert results[0] == results[1]


@rules
def test_nan_and_infinity_travel(run, states):
    found = []
    for tier in (compiled, reference):
        lists = lists_for(np.random.default_rng(7), np.float32, states, [(64,)])
        lists[1][0][[3, 40]], lists[1][0][50] = np.nan, np.inf
        lists[0][0][[3, 41]] = np.nan
        run(tier, *lists)
        lost = [set(np.isnan(arrays[0]).nonzero()[0].tolist()) for arrays in lists]
        assert {3, 41} <= lost[0]
        found.append(lost)
    assert found[0] == found[1]


@both_tiers
def test_without_weight_decay_an_infinite_parameter_leaves_no_nan(tier):
    def lists(count):
        return [[np.full(40, value)] for value in (np.inf, 1.0, 0.5, 0.5, 0.5)[:count]]

    for run in (lambda p, g, a: tier.sgd_(p, g, a, 0.1, 0.9),
                lambda p, g, a: tier.sgd_(p, g, None, 0.1),
                lambda p, g, a: tier.adagrad_(p, g, a, 1)):
        p, g, a = lists(3)
        run(p, g, a)
        assert (p[0] == np.inf).all() and np.isfinite(a[0]).all()
    p, g, m, v, top = lists(5)
    tier.adam_(p, g, m, v, top, 1)
    assert (p[0] == np.inf).all() and np.isfinite([m, v, top]).all()


@rules
def test_threads_do_not_change_a_bit_of_any_rule(run, states, monkeypatch):
    results = []
    for count in (1, 2, 3):
        monkeypatch.setattr(threads, "_threads", count)
        shapes = [(100, 301), (7,), (40_000,)]
        lists = lists_for(np.random.default_rng(8), np.float32, states, shapes)
        run(compiled, *lists)
        results.append(b"".join(a.tobytes() for arrays in lists for a in arrays))
    assert len(set(results)) == 1


@both_tiers
def test_the_first_average_is_the_parameter_whatever_was_there(tier):
    params, averages = [np.ones(5)], [np.full(5, np.nan)]
    tier.asgd_(params, [np.ones(5)], averages, 0.5, 1.0)
    assert np.array_equal(averages[0], params[0]) and not np.isnan(params[0]).any()
