"""Every op of the registry, compiled: values and gradients are those of an ordinary call."""

import warnings

import numpy as np
import pytest

import autograd
from autograd.later import METHODS
from autograd.tensors import Tensor
from tests.cases import complex_numbers
from tests.compiler import WARM, replays
from tests.samples import CALLS, Call, call_id

# What cannot be replayed, since the numbers decide the sizes, or what Python goes on to do.
UNCOMPILED = {
    "repeat_interleave",
    "allclose",
    "masked_select",
    "masked_scatter",
    "argwhere",
    "one_hot",
    "ctc_grad",
    "nonzero",
    "index_put",
    "cosine_embedding_loss",
    "orthogonal_grad",
    "index_reduce",
    "nanmedian",
    "quantile",
    "nanquantile",
    *METHODS["memory"].split(),
}
FIRST = {name: i for i, (name, _) in reversed(list(enumerate(CALLS)))}
CHOSEN = [call for i, call in enumerate(CALLS) if FIRST[call[0]] == i]


def step_of(name: str, number: int):
    """The tensors of a sample, and a step on them: results, and gradients of a weighted sum."""
    call = Call(name, number)
    tensors = call.tensors()

    def make(array):
        dtype = tensors[0].dtype if tensors and array.dtype == np.float64 else None
        return autograd.tensor(array, dtype=dtype)

    args, kwargs, function = call.arguments(tensors, make), call.case.kwargs, call.function
    if not function.__module__.startswith("autograd"):  # an in-place method

        def function(input, *args, **kwargs):
            return getattr(input.clone(), name)(*args, **kwargs)

    def step():
        found = function(*args, **kwargs)
        results = list(found) if isinstance(found, (list, tuple)) else [found]
        graded = [r for r in results if isinstance(r, Tensor) and r.requires_grad]
        grads = ()
        if graded:
            loss = sum((r * (k + 1.5)).sum() for k, r in enumerate(graded))
            grads = autograd.grad(loss, [t for t in tensors if t.requires_grad], allow_unused=True)
        return [r.detach() if isinstance(r, Tensor) else r for r in results], grads

    return tensors, step


def attempt(step):
    try:
        return step()
    except Exception as error:
        return error


REAL = [call for call in CHOSEN if call[0] not in complex_numbers.CASES]  # compile refuses others


@pytest.mark.parametrize("name, number", REAL, ids=map(call_id, REAL))
def test_every_op_replays_as_it_runs(name, number):
    tensors, step = step_of(name, number)
    others, again = step_of(name, number)
    compiled = autograd.compile(again)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for turn in range(WARM + 2):
            if turn >= WARM:  # other numbers in the same memory
                rng = np.random.default_rng(turn)
                for tensor, other in zip(tensors, others, strict=True):
                    array = tensor._array
                    array[...] = array * (1 - 1e-3 * rng.random(array.shape))
                    other._array[...] = array
            wanted, got = attempt(step), attempt(compiled)
            if isinstance(wanted, Exception):
                assert type(got) is type(wanted)
                continue
            for a, b in zip([*wanted[0], *wanted[1]], [*got[0], *got[1]], strict=True):
                if isinstance(a, Tensor):
                    assert a.shape == b.shape and a.dtype == b.dtype
                    np.testing.assert_allclose(b.numpy(), a.numpy(), 1e-9, 1e-12)
                else:
                    assert a is b or a == b
    (entry,) = compiled._entries.values()
    assert (
        replays(compiled) == 1
        or entry.given_up
        and (name in UNCOMPILED or "max_pool" in name)
        or name in UNCOMPILED
    )


def test_squares_of_every_layout_and_type():
    wide = autograd.arange(12.0).reshape(3, 4)
    for x in (wide.t(), wide[:, ::2], wide[0], autograd.arange(4), autograd.zeros(0, 2)):
        step = autograd.compile(lambda x: ((x + 0).pow(2), x.pow(2), x**2 + 1))
        for _ in range(WARM + 2):
            for found, wanted in zip(step(x), (0, 0, 1), strict=True):
                assert found.tolist() == (x.numpy() ** 2 + wanted).tolist()
        assert replays(step) == 1


@pytest.mark.parametrize("size", [3, 70])
def test_sums_and_products_of_what_numpy_lays_out(size):
    """What only Python made, and lies in column order, is let go before the launches that follow
    are written."""
    x = autograd.tensor(np.random.default_rng(0).standard_normal((2, size, size)))

    def step(x):
        turned = x.permute(2, 1, 0).sin()
        total = turned.sum(0)
        product = turned.permute(1, 2, 0) @ x[0, :, :2]
        return total.tanh() * 2 + 1, product.tanh() - 1, (total * 2).sum()

    fast = autograd.compile(step)
    for turn in range(WARM + 3):
        for wanted, got in zip(step(x * turn), fast(x * turn), strict=True):
            np.testing.assert_allclose(got.numpy(), wanted.numpy(), 1e-9, 1e-12)
    assert replays(fast) == 1


def test_products_one_behind_the_other_have_memory_of_their_own():
    rng = np.random.default_rng(0)
    a, b = [autograd.tensor(rng.standard_normal((700, 700)) / 30) for _ in range(2)]

    def step(x):
        return (((x @ a) @ b) @ a) * 1, (a @ (b @ x.t())) * 1

    fast = autograd.compile(step)
    for _ in range(WARM + 1):
        x = autograd.tensor(rng.standard_normal((9, 700)))
        for wanted, got in zip(step(x), fast(x), strict=True):
            np.testing.assert_allclose(got.numpy(), wanted.numpy(), 1e-9, 1e-9)
    assert replays(fast) == 1
