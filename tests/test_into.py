"""`out=`: results written into tensors that are there."""

import numpy as np
import pytest

import autograd
from autograd.into import TAKING
from autograd.record import COMPOSITES, REGISTRY
from autograd.tensors import Tensor
from tests.samples import SAMPLES, Call

WITH_SAMPLES = sorted(TAKING & SAMPLES.keys())
RANDOM = {"bernoulli", "multinomial", "normal"}


def test_every_function_that_takes_out_is_one():
    assert set(WITH_SAMPLES) == TAKING - RANDOM
    assert not TAKING - RANDOM - {*REGISTRY, *COMPOSITES}


@pytest.mark.parametrize("name", WITH_SAMPLES)
def test_the_result_is_written_into_out(name):
    """Into empty tensors, fitting ones and views; other sizes are refused."""
    for number in range(len(SAMPLES[name])):
        call = Call(name, number)
        if any("out" in str(key) for key in call.case.kwargs):
            continue
        args = call.arguments(call.tensors(grad=False), autograd.tensor)
        wanted = call.function(*args, **call.case.kwargs)
        several = isinstance(wanted, tuple)
        results = wanted if several else (wanted,)
        if not all(isinstance(result, Tensor) for result in results):
            continue
        for made in (autograd.zeros(0, dtype=r.dtype) for r in results), (
                r.new_zeros((*r.shape, 2))[..., 0] for r in results):
            outs = tuple(made)
            found = call.function(*args, **call.case.kwargs, out=outs if several else outs[0])
            assert type(found) is type(wanted)
            for back, out, right in zip(found if several else (found,), outs, results,
                                        strict=True):
                assert back is out
                np.testing.assert_array_equal(out.numpy(), right.detach().numpy())
        wrong = tuple(autograd.zeros(7, 7, 7, 7, 7, 7, 7, 7)[..., :1].to(r.dtype) for r in results)
        with pytest.raises(RuntimeError, match=f"{name}: the result has shape .* does not fit"):
            call.function(*args, **call.case.kwargs, out=wrong if several else wrong[0])


def test_what_does_not_fit_is_refused_before_anything_is_written():
    x = autograd.tensor([[1.0, 2.0], [4.0, 3.0]])
    values, indices = autograd.zeros(2), autograd.zeros(3, dtype=autograd.int64)
    with pytest.raises(RuntimeError, match=r"max: .*shape \(2,\), which does not fit into out"):
        autograd.max(x, 1, out=(values, indices))
    assert values.tolist() == [0.0, 0.0]
    for out, error, message in (
            (autograd.zeros(2, 2, dtype=autograd.int64), RuntimeError,
             "exp: the result is float32 and cannot be written into out, .* int64"),
            ([1.0], TypeError, "exp: out must be a Tensor, or a tuple .* got float 1.0"),
            ((autograd.zeros(2), autograd.zeros(2)), TypeError, "exp: out must be one Tensor, got"),
            (np.zeros((2, 2)), TypeError, "exp: out must be a Tensor, .* got ndarray")):
        with pytest.raises(error, match=message):
            autograd.exp(x, out=out)
    with pytest.raises(TypeError, match="max: out must be a tuple of 2 Tensors, got Tensor"):
        autograd.max(x, 1, out=values)
    with pytest.raises(TypeError):  # only by its name: it would be taken for an operand
        autograd.mul(x, x, x)
    assert autograd.exp(x, out=autograd.zeros(2, 2).double()).dtype == autograd.float64


def test_out_takes_no_part_in_gradients():
    x, out = autograd.ones(2, requires_grad=True), autograd.zeros(2)
    for given in (dict(input=x, other=1.0, out=out), dict(input=out, other=x, out=out),
                  dict(input=out, other=1.0, out=x)):
        with pytest.raises(RuntimeError, match="mul: what is written into out= has no gradient"):
            autograd.mul(**given)
    with pytest.raises(RuntimeError, match="cat: .* Tensor .2,. float32 requires grad"):
        autograd.cat([out, x], out=autograd.zeros(4))
    with autograd.no_grad():
        autograd.mul(x, 3.0, out=x)
    assert x.tolist() == [3.0, 3.0] and x.is_leaf
    saved = (autograd.ones(2, requires_grad=True) * out).sum()
    autograd.add(out, 1.0, out=out)
    with pytest.raises(RuntimeError, match="modified|written|changed"):
        saved.backward()


def test_out_may_be_an_operand():
    x = autograd.arange(6.0).reshape(2, 3)
    assert autograd.cumsum(x, 1, out=x) is x and x.tolist() == [[0, 1, 3], [3, 7, 12]]
    assert autograd.sum(x, axis=1, out=x[:, 0]).tolist() == [4, 22]
    assert x.tolist() == [[4, 1, 3], [22, 7, 12]]


def test_new_tensors_written_into_out():
    out = autograd.zeros(2, 2, dtype=autograd.int64)
    assert autograd.eye(2, out=out) is out and out.tolist() == [[1, 0], [0, 1]]
    row = autograd.empty(0, dtype=autograd.float64)
    for make, args, wanted in ((autograd.arange, (3,), [0, 1, 2]),
                               (autograd.linspace, (0, 1, 3), [0, 0.5, 1]),
                               (autograd.full, ((3,), 7), [7, 7, 7]),
                               (autograd.ones, (3,), [1, 1, 1]), (autograd.zeros, (3,), [0, 0, 0]),
                               (autograd.logspace, (0, 2, 3), [1, 10, 100])):
        assert make(*args, out=row) is row
        assert row.tolist() == wanted and row.dtype == autograd.float64
    for draw in (lambda **to: autograd.rand(3, **to), lambda **to: autograd.randn(3, **to),
                 lambda **to: autograd.randint(9, (3,), **to),
                 lambda **to: autograd.randperm(3, **to), lambda **to: autograd.empty(3, **to),
                 lambda **to: autograd.normal(0.0, autograd.ones(3), **to),
                 lambda **to: autograd.bernoulli(autograd.full((3,), 0.5), **to),
                 lambda **to: autograd.multinomial(autograd.ones(3), 3, **to)):
        assert draw(out=row) is row
    with pytest.raises(RuntimeError, match=r"zeros: the result has shape \(4,\)"):
        autograd.zeros(4, out=row)


def test_compiled_steps_write_into_out():
    buffer = autograd.zeros(3)

    def step(x):
        return autograd.mul(x, 2.0, out=buffer) + 1

    compiled = autograd.compile(step)
    for value in (1.0, 2.0, 3.0):
        with autograd.no_grad():
            x = autograd.full((3,), value)
            assert compiled(x).tolist() == [2 * value + 1] * 3
            assert buffer.tolist() == [2 * value] * 3
