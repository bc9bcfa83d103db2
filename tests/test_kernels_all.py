"""What every kernel must keep: its twin's results at the edges, and bits that depend neither on
the run, nor on the threads, nor on where and how the arrays lie in memory."""

import math
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import threads
from autograd.kernels import reference
from autograd.kernels.formulas import FORMULAS
from tests.formulas import operands
from tests.test_kernels_optimizer import RULES, lists_for
from tests.test_kernels_pool import table

pytest.importorskip("numba")
compiled = pytest.importorskip("autograd.kernels.compiled")
micro_kernel = pytest.importorskip("autograd.kernels.compiled.micro_kernel")

TOLERANCE = {np.float32: 2e-5, np.float64: 1e-12}
LINEAR, CUBIC = ("bilinear", "zeros", False), ("bicubic", "reflection", True)
OPTIONS = (1, 2), ((1, 1), (1, 2)), (1, 1), 2  # of a convolution: stride, padding, dilation, groups


class Draw:
    """Random arrays, each laid out by `turn`: normal, or uniform within (0.1, 0.9)."""

    def __init__(self, dtype, turn):
        self.dtype, self.turn, self.rng = dtype, turn, np.random.default_rng(0)

    def plain(self, *shape):
        return self.rng.standard_normal(shape).astype(self.dtype)

    def __call__(self, *shape):
        return self.turn(self.plain(*shape))

    def inside(self, *shape):
        return self.turn(self.rng.uniform(0.1, 0.9, shape).astype(self.dtype))

    def whole(self, limit, *shape):
        return self.turn(self.rng.integers(0, max(limit, 1), shape))

    def scale(self):
        return np.asarray(0.3, self.dtype)


def scores(a, m, n):
    """Logits, targets and class weights of `m` rows."""
    return a(m, n), a.whole(n, m) if n else np.full(m, -100), a.inside(n)


def cross_entropy_grad(a, m, n):
    logits, (_, target, weight) = a.plain(m, n), scores(a, m, n)
    lse = reference.cross_entropy(logits.astype(np.float64), target)[1]
    return a(m), a.turn(logits), a.turn(lse), target, weight, -100, 0.1


def windows(m, n, third):
    return table(m, 3, 2, third, 1), table(n, 3, 2, third, 1)


def max_pool_grad(a, m, n):
    return a(3, *halved(m, n)), a.turn(compiled.max_pool2d(a(3, m, n), *windows(m, n, 1))[1]), (
        m, n)


def halved(m, n):
    return (m + 1) // 2, (n + 1) // 2


def normalised(kind, layout):
    """The calls of `standardize` and its gradient for one kind, the layout told from (m, n)."""
    def forward(a, m, n):
        shape, channels = layout(m, n), math.prod(layout(m, n)[1:3])
        given = (a(shape[1]), a.inside(shape[1])) if kind == "fixed" else ()
        return a(*shape), a(channels), a(channels), kind, shape, 1e-2, *given

    def backward(a, m, n):
        _, weight, _, _, shape, eps, *given = forward(a, m, n)
        x = a.plain(*shape)
        _, mean, var = reference.standardize(x.astype(np.float64), None, None, kind, shape, eps,
                                             *given)
        return a(*shape), a.turn(x), weight, kind, shape, eps, mean, var

    return forward, backward


def spread(a, m, n):
    mask = a.whole(2, m, n).astype(bool)
    return a(int(mask.sum())), mask


def attending(kind, p=0.0):
    """The calls of `attention` and its gradient for one kind of mask, of four heads on two."""
    def forward(a, m, n):
        mask = {"boolean": lambda: a.whole(2, 2, 4, m, n).astype(bool),
                "added": lambda: a(2, 4, m, n)}.get(kind, lambda: None)()
        return (a(2, 4, m, 5), a(2, 2, n, 5), a(2, 2, n, 3), mask, kind == "causal", 0.4, 2**63 + 7,
                p)  # fmt: skip

    def backward(a, m, n):
        query, key, value, mask, *settings = forward(Draw(a.dtype, np.array), m, n)
        given = [x if x is None or x.dtype == bool else x.astype(np.float64)
                 for x in (query, key, value, mask)]  # fmt: skip
        found = [x.astype(a.dtype) for x in reference.attention(*given, *settings)]
        query, key, value, out, stats = map(a.turn, (query, key, value, *found))
        mask = None if mask is None else a.turn(mask)
        return a(2, 4, m, 3), query, key, value, mask, out, stats, *settings, kind == "added"

    return forward, backward


def recurrent(name, reverse):
    """The calls of a layer of this kind and of its cell, forward and back: m is the hidden size, n
    the number of sequences."""
    gates = {"lstm": 4, "gru": 3}.get(name, 1)

    def cell(a, m, n):
        c = a(n, m) if name == "lstm" else None
        scale = (a.turn(a.plain(gates * m, k) * 0.1) for k in (9, m))
        return name, a(n, 9), a(n, m), c, *scale, a(gates * m), None if reverse else a(gates * m)

    def cell_grad(a, m, n):
        _, x, h, c, w_ih, w_hh, *_ = cell(a, m, n)
        aside = {"lstm": c, "gru": a(n, m)}.get(name)
        needs = True, True, c is not None, True, True, True, True
        return (name, a(n, m), None if c is None else a(n, m), x, h, w_ih, w_hh,
                a.inside(n, gates * m), aside, needs)

    def layer(a, m, n):
        sizes = np.array([n, n, n - n // 2, n // 3])
        _, _, *rest = cell(a, m, n)
        return name, a(int(sizes.sum()), 9), *rest, sizes, reverse

    def layer_grad(a, m, n):
        _, x, h, c, w_ih, w_hh, _, _, sizes, _ = layer(a, m, n)
        rows, wide = len(x), None if c is None else a(n, m)
        aside = None if gates == 1 else a(rows, m)
        needs = True, True, c is not None, True, True, True, True
        return (name, a(rows, m), a(n, m), wide, x, w_ih, w_hh, a.inside(rows, gates * m),
                a(rows, m), aside, sizes, reverse, needs)

    return {"recurrent": layer, "recurrent_grad": layer_grad, "recurrent_cell": cell,
            "recurrent_cell_grad": cell_grad}


def at(a, *shape):
    """Points of two samples, some of them beyond the edges."""
    return a.turn(a.rng.uniform(-1.3, 1.3, (2, *shape)).astype(a.dtype))


def halving(n):
    """The table that mixes each two of n neighbours."""
    pairs = np.arange(n // 2 * 2)
    return np.arange(n // 2 + 1) * 2, pairs, 0.25 + pairs % 2 / 2


# every kernel but the optimizers': its arguments, drawn by `a`, of about m times n numbers
CALLS = {
    "gemm": lambda a, m, n: (a(m, n), a(n, m), a.plain(m)),
    "bmm": lambda a, m, n: (a(3, m, n), a(3, n, m)),
    "conv": lambda a, m, n: (a(2, 4, m, n), a(6, 2, 3, 3), a(6), *OPTIONS),
    "conv_input_grad": lambda a, m, n: (
        a(2, 6, m, n // 2 + 1), a(6, 2, 3, 3), a(4), (m, n), *OPTIONS),
    "conv_weight_grad": lambda a, m, n: (
        a(2, 6, m, n // 2 + 1), a(2, 4, m, n), (3, 3), *OPTIONS),
    "conv_bias_grad": lambda a, m, n: (a(3, m, n),),
    "cross_entropy": lambda a, m, n: (*scores(a, m, n), -100, 0.1),
    "cross_entropy_grad": cross_entropy_grad,
    "dropout": lambda a, m, n: (a(m, n), 2**63 + 7, 0.3),
    "compress": lambda a, m, n: (a(m, n), a.whole(2, m, n).astype(bool)),
    "spread": spread,
    "argwhere": lambda a, m, n: (a.whole(2, m, n).astype(bool),),
    "take": lambda a, m, n: (a(m, n), a.whole(m, 2 * min(m, 1), 3), 0),
    "gather_along": lambda a, m, n: (a(m, n), a.whole(n, m, 2 * min(n, 1)), 1),
    "scatter_along": lambda a, m, n: (
        a(m, n), a.whole(n, m, 2 * min(n, 1)), a(m, 2 * min(n, 1)), 1),
    "scatter_src_grad": lambda a, m, n: (a(m, n), a.whole(m, 2 * min(m, 1), n), 0),
    "sum_rows": lambda a, m, n: (a(2, m, n), a.whole(5, 2, m), 0, (5, n)),
    "scatter_sum": lambda a, m, n: (a(m, n), a.whole(5, m, n), 1, (m, 5), False, a(m, 5)),
    "scatter_fold": lambda a, m, n: (a(m, 5), a.whole(5, m, n), a(m, n), 1, "prod", True),
    "scatter_fold rows": lambda a, m, n: (a(5, n), a.whole(5, m), a(m, n), 0, "amax", False),
    "scatter_prod_grad": lambda a, m, n: (a(m, 5), a.whole(5, m, n), a(m, 5), a(m, n), 1, True),
    "softmax": lambda a, m, n: (a(m, n),),
    "log_softmax": lambda a, m, n: (a(m, n),),
    "softmax_grad": lambda a, m, n: (a(m, n), a.inside(m, n)),
    "log_softmax_grad": lambda a, m, n: (a(m, n), a(m, n)),
    "max_pool2d": lambda a, m, n: (a(3, m, n), *windows(m, n, 1)),
    "max_pool2d_grad": max_pool_grad,
    "max_pool_at": lambda a, m, n: (
        a(3, m, n), a.whole(m - 1, 3, min(m, 4)), a.whole(n - 1, 3, min(n, 5)),
        (max(min(m, 2), 1), max(min(n, 2), 1))),
    "avg_pool2d": lambda a, m, n: (a(3, m, n), *windows(m, n, 3)),
    "avg_pool2d_grad": lambda a, m, n: (a(3, *halved(m, n)), *windows(m, n, 3), (m, n)),
    "copy_": lambda a, m, n: ([np.zeros((m, 2, n), a.dtype)], [a(m, 2, n)]),
    "resample": lambda a, m, n: (a(3, m, n), halving(m), halving(n)),
    "sample_points": lambda a, m, n: (a(2, 3, m, n), at(a, m, 5, 2), (0, 0), LINEAR),
    "sample_points_grad": lambda a, m, n: (a(2, 3, m), at(a, m, 2), (0, 0), CUBIC, (m, n)),
    "sample_points_grad 3": lambda a, m, n: (a(2, 3, n), at(a, n, 3), (0, 1, 0), LINEAR, (3, m, n)),
    "sample_slopes": lambda a, m, n: (a(2, 3, n), a(2, 3, m, n + 2), at(a, n, 2), (1, 0), CUBIC),
    "sum_of_squares": lambda a, m, n: ([a(m, n), a(n)],),
    "sum_over": lambda a, m, n: (a(m, 3, n), (0, 2), True),
    "deviation": lambda a, m, n: (a(m, n + 2), 1, n + 1, True),
    "deviation across": lambda a, m, n: (a(m + 2, n), 0, m + 1, False),
    "sort": lambda a, m, n: (a(m, n), 1, True),
    "sort across": lambda a, m, n: (a(m, n, 2), 1, False),
    "topk": lambda a, m, n: (a(m, n + 1), n // 2 + 1, 1, True),
    "topk across": lambda a, m, n: (a(m, n + 1, 2), n // 9 + 1, 1, False),
    "ranked": lambda a, m, n: (a(m, n + 1), n // 2, 1, True),
    "ranked across": lambda a, m, n: (a(n + 1, m), n // 3, 0, False),
    "extreme": lambda a, m, n: (a(m, n + 1), 1, True),
    "extreme across": lambda a, m, n: (a(m, n + 1, 3), 1, False),
    "converted": lambda a, m, n: (a(m, n), np.dtype(np.int16)),
    "placed": lambda a, m, n: (a(m, n), a.turn(np.argsort(a.plain(m, n), 1)), 1, (m, n + 3)),
    "cumsum": lambda a, m, n: (a(m, n), 1, True),
    "cumsum across": lambda a, m, n: (a(m, n, 3), 1, False),
    "cumsum alone": lambda a, m, n: (a(m * n), 0, True),
    "cumprod": lambda a, m, n: (a.inside(m, n), 1),
    "cumprod across": lambda a, m, n: (a.inside(m, n), 0),
    "cumprod_grad": lambda a, m, n: (a(m, n), a.inside(m, n), 1),
    "prod_grad": lambda a, m, n: (a(m, 1), a.inside(m, n), 1),
    "distances": lambda a, m, n: (a(2, m, n), a(2, n + 3, n)),
    "reduce_over squares": lambda a, m, n: ("squares", a(m, 3, n), (0, 2), True),
    "reduce_over sizes": lambda a, m, n: ("sizes", a(m, 3, n), (0,), False),
    "reduce_over known": lambda a, m, n: ("known", a(m, 3, n), (0, 2), True),
    "reduce_over largest": lambda a, m, n: ("largest", a(m, n + 1), (1,), True),
    "reduce_over least": lambda a, m, n: ("least", a(m, n + 1, 3), (1,), False),
    "reduce_over prod": lambda a, m, n: ("prod", a.inside(m, 3, n), (1, 2), False),
    "softmax columns": lambda a, m, n: (a(m, n, 5),),
    "log_softmax columns": lambda a, m, n: (a(2, m, n),),
    "softmax_grad columns": lambda a, m, n: (a(2, m, n), a.inside(2, m, n)),
    "log_softmax_grad columns": lambda a, m, n: (a(2, m, n), a(2, m, n)),
}  # fmt: skip
for _name, _option in {"mse_loss": (), "l1_loss": (), "huber_loss": (0.7,), "bce": (),
                       "bce_with_logits": ()}.items():  # fmt: skip
    CALLS[_name] = lambda a, m, n, o=_option: (a.inside(m, n), a.inside(m, n), *o)
    CALLS[f"{_name}_grad"] = lambda a, m, n, o=_option: (
        a.scale(), a.inside(m, n), a.inside(m, n), *o)
for _kind, _layout in {"batch": lambda m, n: (m, 3, 1, n), "group": lambda m, n: (m, 2, 2, n),
                       "fixed": lambda m, n: (m, 3, 1, n), "rms": lambda m, n: (m, 1, n, 1),
                       }.items():  # fmt: skip
    CALLS[f"standardize {_kind}"], CALLS[f"standardize_grad {_kind}"] = normalised(_kind, _layout)
for _kind, _p in {"causal": 0.3, "boolean": 0.0, "added": 0.0}.items():
    CALLS[f"attention {_kind}"], CALLS[f"attention_grad {_kind}"] = attending(_kind, _p)
for _name, _reverse in ("rnn_tanh", False), ("rnn_relu", True), ("lstm", False), ("gru", True):
    CALLS |= {f"{kernel} {_name}": call for kernel, call in recurrent(_name, _reverse).items()}
for _name in FORMULAS:
    CALLS[f"elementwise {_name}"] = lambda a, m, n, name=_name: (
        name, *operands(name, lambda: a(m, n), lambda: a.inside(m, n)))

every_call = pytest.mark.parametrize("call", CALLS)
both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])
rules = pytest.mark.parametrize(("run", "states"), RULES.values(), ids=RULES)


def outputs(tier, call, arguments):
    """The kernel's results, a tuple of arrays."""
    result = getattr(tier, call.split()[0])(*arguments)
    if call == "copy_":
        result = arguments[0][0]
    results = result if type(result) is tuple else (result,)
    return tuple(np.asarray(a) for a in results if a is not None)


def shifted(shift, plain=np.empty):
    """`np.empty`, whose arrays begin `shift` elements off their usual alignment."""
    def empty(shape, dtype=float):
        size = math.prod(shape) if isinstance(shape, tuple) else shape
        return plain(size + shift, dtype)[shift:].reshape(shape)

    return empty


def elsewhere(shift):
    """A copy that begins `shift` elements off its usual alignment."""
    def turn(array):
        copied = shifted(shift)(array.shape, array.dtype)
        copied[...] = array
        return copied

    return turn


def laid_out(value, turn):
    """The arguments, with `turn` of each array."""
    if isinstance(value, (list, tuple)):
        return type(value)(laid_out(part, turn) for part in value)
    return turn(value) if isinstance(value, np.ndarray) else value


def between_bytes(array):
    """A copy at an odd address."""
    copied = np.empty(array.nbytes + 1, np.uint8)[1:].view(array.dtype).reshape(array.shape)
    copied[...] = array
    return copied


def frozen(array):
    array.flags.writeable = False
    return array


LAYOUTS = {
    "F": np.asfortranarray,
    "strided": lambda a: frozen(np.repeat(a, 3, -1)[..., 1::3]),
    "reversed": lambda a: np.flip(np.flip(a).copy()),
    "odd address": between_bytes,
}


def test_every_kernel_is_here():
    names = {call.split()[0] for call in CALLS} | {f"{rule.split()[0]}_" for rule in RULES}
    assert names - {"amsgrad_"} == set(compiled.__all__)


def compile_always(monkeypatch):
    """Makes kernels answer where NumPy would be quicker."""
    for module, name, value in [("matmul", "TINY", 0), ("matmul", "FEW", 0),
                                ("loss", "SMALL", 1)]:  # fmt: skip
        monkeypatch.setattr(import_module(f"autograd.kernels.compiled.{module}"), name, value)


@pytest.fixture
def always_compiled(monkeypatch):
    compile_always(monkeypatch)


lengths = st.sampled_from([0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 34, 63, 65, 129])


@pytest.mark.slow
@every_call
@pytest.mark.usefixtures("always_compiled")
@settings(max_examples=40, deadline=None, derandomize=True)
@given(m=lengths, n=lengths, dtype=st.sampled_from([np.float32, np.float64]),
       layout=st.sampled_from([None, *LAYOUTS]))  # fmt: skip
def test_twins_agree_at_the_edges(call, m, n, dtype, layout):
    def widened(value):
        if isinstance(value, list):
            return [widened(item) for item in value]
        narrow = isinstance(value, np.ndarray) and value.dtype == dtype
        return value.astype(np.float64) if narrow else value

    arguments = CALLS[call](Draw(dtype, LAYOUTS.get(layout, np.array)), m, n)
    found = outputs(compiled, call, arguments)
    wanted = outputs(reference, call, tuple(widened(list(arguments))))
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours.shape == theirs.shape and ours.dtype in (dtype, theirs.dtype)
        scale = max(1.0, float(np.max(np.abs(theirs), initial=0, where=np.isfinite(theirs))))
        np.testing.assert_allclose(ours, theirs, TOLERANCE[dtype], TOLERANCE[dtype] * scale)


@every_call
@both_types
def test_memory_layouts_do_not_change_a_bit(call, dtype):
    if call.split()[0] in ("sum_of_squares", "sum_over", "reduce_over"):
        pytest.skip("what is not contiguous NumPy sums, in another order")
    plain = outputs(compiled, call, CALLS[call](Draw(dtype, np.array), 64, 70))
    for name, turn in LAYOUTS.items():
        arguments = CALLS[call](Draw(dtype, turn), 64, 70)
        for ours, theirs in zip(outputs(compiled, call, arguments), plain, strict=True):
            assert ours.tobytes() == theirs.tobytes(), name


@pytest.mark.slow
@every_call
@both_types
def test_addresses_and_threads_do_not_change_a_bit(call, dtype, monkeypatch):
    drawn = CALLS[call](Draw(dtype, np.array), 363, 367)

    def run(turn):
        arguments = laid_out(drawn, turn)
        return b"".join(a.tobytes() for a in outputs(compiled, call, arguments))

    found = set()
    for count, shifts in (1, (0, 3)), (2, (0, 1, 3, 5)):
        monkeypatch.setattr(threads, "_threads", count)
        found.add(run(np.array))  # compiles: np.empty is still NumPy's
        for shift in shifts:
            with monkeypatch.context() as patch:
                patch.setattr(np, "empty", shifted(8 - shift))
                found.add(run(elsewhere(shift)))
    assert len(found) == 1


@rules
@both_types
def test_addresses_do_not_change_a_bit_of_any_rule(run, states, dtype, monkeypatch):
    found = set()
    for count in (1, 2):
        monkeypatch.setattr(threads, "_threads", count)
        for shift in (0, 1, 3, 5, 7):
            lists = lists_for(np.random.default_rng(9), dtype, states, [(99, 301), (7,), (9001,)])
            lists = [[elsewhere(shift + i)(a) for a in arrays] for i, arrays in enumerate(lists)]
            run(compiled, *lists)
            found.add(b"".join(a.tobytes() for arrays in lists for a in arrays))
    assert len(found) == 1
