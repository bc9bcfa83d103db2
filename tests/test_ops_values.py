"""Every op of the registry where numbers are hard to hold: zeros of both signs, numbers at the ends
of a type, infinities and NaN, float16, and long sums; each against float64, in both tiers.

What fits into the type must come out, what does not must show: NaN and infinity travel.
"""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from autograd import kernels
from autograd.kernels import reference
from autograd.kernels.rounding import at_the_gate
from autograd.kernels.thresholds import LEAST
from autograd.record import COMPOSITES, REGISTRY
from autograd.tensors import Tensor
from tests.samples import SAMPLES, Call, gradients

HALF, SINGLE, DOUBLE = (np.dtype(t) for t in (np.float16, np.float32, np.float64))
SPECIAL = {
    SINGLE: [0, -0.0, 1e-45, -1e-42, 1e-38, -1.2e-38, 1e-30, 1e-20, 1e-10, .3, -.7, 1, -1, 2, -3.5,
             20, -20, 60, -60, 88, -100, 1e4, 1e10, -1e19, 1e25, -1e30, 1e38, -1.3e38, np.inf,
             -np.inf, np.nan],
    HALF: [0, -0.0, 6e-8, -6e-6, 6e-5, 1e-3, .3, -.7, 1, -1, 2, -3.5, 9, -9, 30, -30, 100, 255,
           -300, 2000, -60000, 65504, np.inf, -np.inf, np.nan]}
SPECIAL = {dtype: np.array(values, dtype) for dtype, values in SPECIAL.items()}
UNITS = 16 * np.finfo(SINGLE).eps
SCALES = (1e-30, 1e-18, 1e15, 1e30)
SEVERAL = (1 << 12) + 3  # numbers, which a kernel takes
NAMES = [name for name in SAMPLES if name in REGISTRY or name in COMPOSITES]

# what is left out of a test, and why
DIGITS = "digits are lost on the way, below the smallest normal number or beside a larger one"
SQUARES = "squares or powers leave the range, as in PyTorch"
REFUSED = "what is no probability, variance or finite matrix is refused"
WEIGHTS = "an infinite weight: one tier adds inf and -inf, the other does not"
PRODUCTS = "products leave the range before they reach a softmax or a gate, as in PyTorch"
RECURRENT = ("rnn", "gru", "lstm", "rnn_cell", "gru_cell", "lstm_cell", "lstm_projected")
BINARY = dict.fromkeys(("binary_cross_entropy", "binary_cross_entropy_with_logits"), REFUSED)
MATRICES = ("solve_triangular", "det", "determinant", "cofactor", "pinv_of", "pinv", "pinverse",
            "lstsq", "svd_parts", "linalg_svd", "svd", "svdvals", "eig_parts", "eig", "eigvals",
            "matrix_norm", "linalg_norm", "cond", "cholesky_solve", "cholesky_inverse", "inv_ex",
            "solve_ex", "triangular_solve", "svd_lowrank", "pca_lowrank", "lu_solve",
            "linalg_lu_solve")
SQUARED = ("corrcoef", "cdist", "euclidean", "cofactor", "lstsq", "svd_parts", "linalg_svd", "svd",
           "svd_lowrank", "pca_lowrank", "triangular_solve", "lu_solve", "linalg_lu_solve")
EXCEPT = {
    "special": {"_kl_div": DIGITS, "pow": DIGITS, "safe_div": DIGITS,
                "ndtri": DIGITS, "xlogy": DIGITS, "logaddexp2": DIGITS,
                "addcmul": SQUARES, "addcdiv": SQUARES},
    "travel": {**BINARY, **dict.fromkeys(MATRICES, REFUSED), "nuclear": REFUSED,
               "gaussian_nll_loss": REFUSED, "orthogonal": REFUSED, "orthogonal_grad": REFUSED,
               "standardize_grad": WEIGHTS},
    "scale": {**BINARY, **dict.fromkeys(SQUARED, SQUARES),
              **dict.fromkeys(("_attend", *RECURRENT), PRODUCTS),
              "local_response_norm": SQUARES, "lp_pool1d": SQUARES, "lp_pool2d": SQUARES,
              "lp_pool3d": SQUARES, "grid_sample": "so far away a point has lost its place",
              "rms_norm": "its default eps is that of the dtype", "triplet_margin_loss": DIGITS},
    "half": {"lstm_projected": "it is an op a step, each of which rounds its state",
             "matrix_exp": DIGITS, "exponential": DIGITS},
}


def every(kind: str, fits=lambda name: True):
    """Run a test on every op and composite that fits and is no exception, by name."""
    return pytest.mark.parametrize("name", [name for name in filter(fits, NAMES)
                                            if name not in EXCEPT[kind]])


@pytest.fixture
def tiers(monkeypatch):
    """An iterator during which first NumPy's kernels answer, then, where one was called and they
    are switched on, the compiled ones; both from small sizes on."""
    for name in LEAST:
        monkeypatch.setitem(LEAST, name, 1 << 12)

    def each():
        compiled, called = kernels.tier() == "numba", []
        with monkeypatch.context() as patch:
            for name in reference.__all__:
                kernel = at_the_gate(name, getattr(reference, name))
                patch.setattr(kernels, name, lambda *args, kernel=kernel: (
                    called.append(kernel), kernel(*args))[1])
            yield "numpy"
        if compiled and called:
            yield "numba"

    return each


def asks_for_a_type(call) -> bool:
    """Whether a sample names a dtype itself."""
    given = [*call.case.args, *call.case.kwargs.values()]
    return call.name in TYPES or any(isinstance(g, (np.dtype, type)) for g in given)


TYPES = {"half", "float", "double", "float_power"}


def random_calls(name):
    """The samples of an op that draw numbers of any floating type."""
    calls = [Call(name, i) for i in range(len(SAMPLES[name]))]
    return [call for call in calls if call.arrays and not asks_for_a_type(call)]


def run(call, arrays, narrow, dtype):
    """Results and gradients of a sample as `dtype`, of numbers that fit `narrow`."""
    def make(array):
        floats = array.dtype == DOUBLE
        return autograd.tensor(array.astype(narrow).astype(dtype) if floats else array)

    def results(*tensors):
        found = call.function(*call.arguments(tensors, make), **call.case.kwargs)
        found = list(found) if isinstance(found, (list, tuple)) else [found]
        extra = REGISTRY[call.name].public_extra if call.name in REGISTRY else ()
        return found[:len(found) - len(extra)]

    tensors = [make(a).requires_grad_(call.case.order > 0) for a in arrays]
    grads = gradients(results, tensors) if call.case.order else []
    return [r.detach().numpy() if isinstance(r, Tensor) else r for r in results(*tensors)], grads


def off(found, wanted, eps, shared: bool, gradient: bool) -> np.ndarray:
    """Where a result is not what float64 gives, rounded: by more than `eps` times its own size or,
    `shared`, the largest's; gradients, of about 1 and what they multiply, by a few units more.
    Beyond the type's range it need only be no smaller number."""
    info = np.finfo(found.dtype)
    slack = 4 * float(info.eps) if gradient else 0.0
    with np.errstate(all="ignore"):
        beyond = np.abs(wanted) > float(info.max) * (0.4 if gradient else 0.99)
        size = np.where(np.isfinite(wanted) & ~beyond, np.abs(wanted), 0)
        size = size.max(initial=0) if shared else size
        near = np.abs(found.astype(DOUBLE) - wanted) <= eps * size + slack + 3 * float(
            info.smallest_subnormal)
        same = (found == wanted) | np.isnan(found) & np.isnan(wanted)
        large = np.isnan(found) | (np.abs(found, dtype=DOUBLE) > float(info.max) * 0.3)
    return ~(near | same | beyond & np.isfinite(wanted) & large)


def check(call, arrays, narrow, eps, shared=False):
    """Hold results and gradients in a narrow type to those in float64 of the same numbers."""
    arrays = [np.asarray(a).astype(narrow).astype(DOUBLE) for a in arrays]
    found, wanted = (run(call, arrays, narrow, dtype) for dtype in (narrow, DOUBLE))
    for kind, ours, theirs in zip(("value", "gradient"), found, wanted, strict=True):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert (a is None) == (b is None)
            if not isinstance(a, np.ndarray) or a.dtype.kind != "f":
                assert np.array_equal(a, b), kind
                continue
            assert a.dtype == narrow and a.shape == b.shape
            wrong = off(a, b, eps, shared, kind == "gradient")
            assert not wrong.any(), (
                f"{kind}: {a[wrong][:5]}, not {b[wrong][:5]} "
                f"of {[x[wrong][:5] if x.shape == a.shape else x for x in arrays]}")


def elementwise(name):
    """Whether an op takes numbers one by one, and a sample that draws all its operands."""
    return name in REGISTRY and REGISTRY[name].promotes and bool(all_random(name))


def all_random(name):
    return [call for call in random_calls(name)
            if not any(isinstance(a, np.ndarray) for a in call.case.args)]


def mixed(dtype, count):
    """Special numbers for `count` operands, each with each."""
    values = SPECIAL[dtype]
    if count == 1:
        return [values]
    first, second = np.repeat(values, len(values)), np.tile(values, len(values))
    rest = np.random.default_rng(0).permutation(first)
    return [first, second, rest, rest[::-1]][:count]


@every("special", elementwise)
def test_special_numbers(name, tiers):
    """Each special number, with each other; at sizes that NumPy and that kernels take."""
    for call in all_random(name)[:2] + all_random(name)[5:]:
        arrays = mixed(SINGLE, len(call.arrays))
        check(call, arrays, SINGLE, UNITS)
        for _ in tiers():
            check(call, [np.resize(a, SEVERAL) for a in arrays], SINGLE, UNITS)
            check(call, mixed(HALF, len(call.arrays)), HALF, 2 * np.finfo(HALF).eps)


@every("special", elementwise)
def test_tiers_agree_at_special_numbers_of_float64(name, tiers):
    numbers = np.array([0, -0.0, 5e-324, -1e-310, 1e-300, 0.3, -1, 7, -700, 1e160, -1e300, np.inf,
                        -np.inf, np.nan])
    call = all_random(name)[0]
    arrays = [np.resize(numbers[i:], SEVERAL) for i in range(len(call.arrays))]
    wanted, *others = [sum(run(call, arrays, DOUBLE, DOUBLE), []) for _ in tiers()]
    for found in others:
        for ours, theirs in zip(found, wanted, strict=True):
            if ours is not None:
                np.testing.assert_allclose(ours, theirs, 1e-14, 1e-15)


@every("travel", lambda name: not elementwise(name))
def test_one_special_number_travels(name, tiers):
    """NaN or an infinity at one place of one input."""
    for _ in tiers():
        for call in random_calls(name):
            for arrays in spoilt(call):
                check(call, arrays, SINGLE, 1e-5, shared=True)


def spoilt(call):
    """The arrays of a call with NaN or an infinity at a random place of one of them."""
    rng = np.random.default_rng(0)
    for j, array in enumerate(call.arrays):
        for number in SPECIAL[SINGLE][-3:] if array.size else ():
            arrays = [a.copy() for a in call.arrays]
            arrays[j].reshape(-1)[rng.integers(array.size)] = number
            yield arrays


@every("scale", lambda name: not elementwise(name))
def test_small_and_large_numbers(name, tiers):
    for _ in tiers():
        for call, scale in [(c, s) for c in random_calls(name) for s in SCALES]:
            check(call, [a * scale for a in call.arrays], SINGLE, 1e-5, shared=True)


@every("half")
def test_float16_is_rounded_once(name, tiers):
    """Within one unit in the last place of float64's result and gradient."""
    for _ in tiers():
        for call in random_calls(name):
            check(call, call.arrays, HALF, np.finfo(HALF).eps)


LENGTH = 1 << 18
LONG = {  # an op or composite, seen as a function of an array and the dimension to reduce
    "sum": lambda x, dim: x.sum(dim), "mean": lambda x, dim: x.mean(dim),
    "var": lambda x, dim: x.var(dim), "std": lambda x, dim: x.std(dim),
    "norm": lambda x, dim: x.norm(2, dim), "norm 1": lambda x, dim: x.norm(1, dim),
    "norm 3": lambda x, dim: x.norm(3, dim), "logsumexp": lambda x, dim: x.logsumexp(dim),
    "cumsum": lambda x, dim: x.cumsum(dim).select(dim, -1),
    "softmax": lambda x, dim: x.softmax(dim).amax(dim),
    "log_softmax": lambda x, dim: x.log_softmax(dim).amin(dim),
    "index_add": lambda x, dim: autograd.zeros(1, dtype=x.dtype).index_add(
        0, autograd.zeros(x.numel(), dtype=autograd.int64), x.reshape(-1)),
    "mse_loss": lambda x, dim: nn.functional.mse_loss(x, x * 0 + 1.25),
    "l1_loss": lambda x, dim: nn.functional.l1_loss(x, x * 0),
    "layer_norm": lambda x, dim: nn.functional.layer_norm(x, x.shape[1:]).square().mean((1, 2)),
    "batch_norm": lambda x, dim: nn.functional.batch_norm(
        x, None, None, training=True).square().mean((0, 2)),
}
SHAPES = {0: (LENGTH, 1, 2), 1: (1, LENGTH, 2), 2: (2, 1, LENGTH)}


@pytest.mark.slow
@pytest.mark.parametrize("offset", [0.0, 1e6, 1e8])
@pytest.mark.parametrize("dim", SHAPES)
@pytest.mark.parametrize("name", LONG)
def test_long_reductions(name, dim, offset, tiers):
    """Many numbers along each dimension, near 0.1, 1e6 and 1e8."""
    spread = np.random.default_rng(0).uniform(0.05, 0.15, SHAPES[dim]) * max(offset / 10, 1)
    narrow = (spread + offset).astype(SINGLE)
    for _ in tiers():
        found, wanted = (LONG[name](autograd.tensor(narrow.astype(dtype)), dim).numpy()
                         for dtype in (SINGLE, DOUBLE))
        np.testing.assert_allclose(found, wanted, 4e-6)


@pytest.mark.slow
@every("special", lambda name: elementwise(name) and REGISTRY[name].broadcasts
       and len(REGISTRY[name].inputs) == 2 and SAMPLES[name][0].order > 0)
@pytest.mark.parametrize("shapes", [((3,), (LENGTH // 2, 3)), ((3, 1), (3, LENGTH // 2)),
                                    ((), (LENGTH,))], ids=["first", "last", "all"])
def test_long_sums_of_gradients(name, shapes, tiers):
    """What broadcasting repeats gets the sum of many gradients."""
    call = all_random(name)[0]
    arrays = [np.random.default_rng(0).uniform(0.5, 0.6, shape) for shape in shapes]
    for _ in tiers():
        check(call, arrays, SINGLE, 4e-6)
