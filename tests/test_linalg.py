"""Products of matrices and einsum: what is saved, which kernel runs, sizes that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import kernels
from autograd.ops import linalg
from autograd.ops.einsum import einsum
from autograd.ops.linalg import linear
from autograd.record import REGISTRY


def zeros(*shape, dtype=autograd.float32):
    return autograd.zeros(shape, dtype=dtype)


def random(rng, *shape, dtype=np.float64):
    return autograd.tensor(rng.standard_normal(shape).astype(dtype), requires_grad=True)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# ---- linear -------------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype, rtol", [(np.float64, 1e-12), (np.float32, 1e-4)])
@pytest.mark.parametrize("shape", [(64, 300), (2, 32, 300)])
def test_linear_on_sizes_that_the_compiled_kernel_takes(rng, dtype, rtol, shape):
    x, w, b = random(rng, *shape, dtype=dtype), random(rng, 70, 300, dtype=dtype), random(
        rng, 70, dtype=dtype)
    g = rng.standard_normal((*shape[:-1], 70)).astype(dtype)
    y = linear(x, w, b)
    y.backward(autograd.tensor(g))
    wide = [t.detach().numpy().astype(np.float64) for t in (x, w, b)]
    flat, rows = g.reshape(-1, 70).astype(np.float64), wide[0].reshape(-1, 300)
    for ours, exact in ((y.detach(), wide[0] @ wide[1].T + wide[2]), (x.grad, g @ wide[1]),
                        (w.grad, flat.T @ rows), (b.grad, flat.sum(0))):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, exact, rtol, rtol * np.abs(exact).max())


def test_linear_is_one_product_with_the_bias_added_inside(rng, monkeypatch):
    calls = []
    gemm = kernels.gemm
    monkeypatch.setattr(kernels, "gemm", lambda *args: calls.append(args) or gemm(*args))
    y = linear(random(rng, 40, 30), random(rng, 20, 30), random(rng, 20))
    assert len(calls) == 1 and calls[0][2].shape == (20,)
    y.sum().backward()
    assert len(calls) == 3


def test_the_first_layer_does_not_keep_its_weight(rng):
    x, w, b = autograd.tensor(rng.standard_normal((4, 3))), random(rng, 2, 3), random(rng, 2)
    first = linear(x, w, b)
    assert any(value is x._array for value in first._node.saved)
    assert not any(value is w._array for value in first._node.saved)
    second = linear(first, random(rng, 5, 2))
    assert all(value is not None for value in second._node.saved)
    frozen = linear(first, w.detach()[:, :2])
    assert not any(value is first._array for value in frozen._node.saved)


@pytest.mark.parametrize("shapes, message", [
    (((64, 100), (3, 12)),
     "linear: input (64, 100) has 100 features, weight (3, 12) takes 12"),
    (((4, 3), (2, 3), (3,)), "linear: bias (3,) does not fit weight (2, 3): (2,) does"),
    (((4, 3), (2, 3), (1,)), "linear: bias (1,) does not fit weight (2, 3): (2,) does"),
    (((), (2, 3)), "linear: input () has no dimensions; (..., 3) fits"),
    (((4, 3), (3,)), "linear: weight must be (out_features, in_features), got (3,)"),
])
def test_linear_says_which_sizes_do_not_fit(shapes, message):
    with pytest.raises(RuntimeError) as error:
        linear(*(zeros(*shape) for shape in shapes))
    assert str(error.value).startswith(message)


def test_linear_does_not_mix_dtypes():
    with pytest.raises(RuntimeError, match="dtypes float64, float32, float32, which do not mix"):
        linear(zeros(4, 3, dtype=autograd.float64), zeros(2, 3), zeros(2))


# ---- products -----------------------------------------------------------------------------------

@pytest.mark.parametrize("name, shapes, message", [
    ("matmul", [(2, 10), (12, 3)],
     "matmul: input (2, 10) and other (12, 3): the 10 columns of input must equal the 12 rows of "
     "other"),
    ("matmul", [(3,), (4,)],
     "matmul: input (3,) and other (4,): the 3 elements of input must equal the 4 elements of "
     "other"),
    ("matmul", [(2, 3, 4), (3, 4, 5)],
     "matmul: input (2, 3, 4) and other (3, 4, 5): the batch dimensions (2,) and (3,) do not "
     "broadcast (2 against 3)"),
    ("matmul", [(), (3,)], "matmul: input has no dimensions; at least 1 is needed"),
    ("mm", [(2, 3), (2, 3)], "mm: input (2, 3) and mat2 (2, 3): the 3 columns of input must equal"),
    ("mm", [(2, 3, 1), (2, 3)], "mm: input must have 2 dimensions, got shape (2, 3, 1)"),
    ("bmm", [(2, 3, 4), (1, 4, 5)], "bmm: input has 2 matrices and mat2 1"),
    ("mv", [(2, 3), (2,)], "mv: input (2, 3) and vec (2,): the 3 columns of input must equal the 2 "
                           "elements of vec"),
    ("dot", [(2, 2), (2,)], "dot: input must have 1 dimension, got shape (2, 2)"),
    ("outer", [(2,), ()], "outer: vec2 must have 1 dimension, got shape ()"),
    ("addmm", [(4,), (2, 3), (3, 5)],
     "addmm: input (4,) cannot be expanded to the product's shape (2, 5)"),
    ("addmm", [(1, 2, 5), (2, 3), (3, 5)], "addmm: input (1, 2, 5) cannot be expanded"),
    ("baddbmm", [(1,), (2, 3, 4), (3, 4, 5)], "baddbmm: batch1 has 2 matrices and batch2 3"),
    ("trace", [(2,)], "trace: input must have 2 dimensions, got shape (2,)"),
    ("tensordot", [(2, 3), (3, 2)],
     "tensordot: dims [0, 1] of a (2, 3) and [0, 1] of b (3, 2) must have the same sizes"),
    ("tensordot", [(2,), (2,)], "tensordot: dims=2 is out of range for (2,) and (2,)"),
])
def test_products_say_which_sizes_do_not_fit(name, shapes, message):
    with pytest.raises(RuntimeError) as error:
        getattr(linalg, name)(*(zeros(*shape) for shape in shapes))
    assert str(error.value).startswith(message)


def test_dtypes_do_not_mix():
    a, b = zeros(2, 3), zeros(3, 2, dtype=autograd.float64)
    with pytest.raises(RuntimeError, match=r"float32 and float64 do not mix; convert one"):
        a @ b
    with pytest.raises(RuntimeError, match="addmm: input is float64 but the product float32"):
        linalg.addmm(zeros(2, dtype=autograd.float64), a, zeros(3, 2))
    with pytest.raises(RuntimeError, match="dtypes float32, float64, which do not mix"):
        einsum("ij,jk->ik", a, b)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.float16])
def test_other_dtypes_go_through_numpy(dtype):
    a, b = np.arange(6, dtype=dtype).reshape(2, 3), np.arange(3, dtype=dtype)
    ours = autograd.tensor(a) @ autograd.tensor(b)
    assert ours.dtype == dtype and ours.tolist() == (a @ b).tolist()


def test_an_ndarray_on_either_side(rng):
    x, a = random(rng, 3, 3), rng.standard_normal((3, 3))
    np.testing.assert_allclose((a @ x).detach(), a @ x.detach().numpy(), 1e-13)
    np.testing.assert_allclose((x @ a).detach(), x.detach().numpy() @ a, 1e-13)


def test_addmm_without_input_does_not_look_at_it(rng):
    a, b = random(rng, 2, 3), random(rng, 3, 2)
    y = linalg.addmm(autograd.full((2,), float("nan"), dtype=autograd.float64), a, b, beta=0)
    np.testing.assert_array_equal(y.detach(), (a @ b).detach())


def test_nan_and_inf_travel_through_a_product():
    x = autograd.tensor([[np.nan, 1.0], [np.inf, 0.0]])
    y = x @ autograd.eye(2)
    assert np.isnan(y.numpy()[0]).all() and np.isinf(y.numpy()[1, 0])


def test_batches_keep_their_gradient_in_shape(rng):
    x, w = random(rng, 5, 4, 3), random(rng, 3, 2)
    (x @ w).sum().backward()
    assert w.grad.shape == (3, 2) and x.grad.shape == (5, 4, 3)
    np.testing.assert_allclose(w.grad, np.tile(x.detach().numpy().sum((0, 1))[:, None], 2))


# ---- einsum -------------------------------------------------------------------------------------

@pytest.mark.parametrize("equation, shapes, error, message", [
    ("ij,jk->ik", [(2, 3), (4, 5)], RuntimeError,
     "einsum: in 'ij,jk->ik', index 'j' has size 4 in operand 1 (4, 5) but 3 elsewhere"),
    ("ii->i", [(2, 3)], RuntimeError,
     "einsum: in 'ii->i', index 'i' has size 3 in operand 0 (2, 3) but 2 elsewhere"),
    ("ij,jk->ik", [(2, 3)], ValueError, "einsum: 'ij,jk->ik' names 2 operands, got 1"),
    ("ijk->i", [(2, 3)], ValueError, "einsum: operand 0 has 2 dimensions, but 'ijk->i' names 3"),
    ("i->i", [(2, 3)], ValueError, "einsum: operand 0 has 2 dimensions, but 'i->i' names 1"),
    ("ij->ii", [(2, 3)], ValueError, "einsum: the result of 'ij->ii' may name an index"),
    ("ij->k", [(2, 3)], ValueError, "einsum: the result of 'ij->k' may name an index"),
    ("i1->i", [(2, 3)], ValueError, "einsum: 'i1->i' is malformed"),
    ("i->j->k", [(2,)], ValueError, "einsum: 'i->j->k' is malformed"),
    ("......i", [(2, 3)], ValueError, "einsum: '......i' is malformed"),
])
def test_einsum_explains_what_is_wrong(equation, shapes, error, message):
    with pytest.raises(error) as raised:
        einsum(equation, *(zeros(*shape) for shape in shapes))
    assert str(raised.value).startswith(message)


def test_einsum_wants_its_equation_first_and_tensors_after():
    with pytest.raises(TypeError, match="the first argument must be the equation"):
        einsum(zeros(2), "i->")
    with pytest.raises(TypeError, match="operand 1 must be a Tensor, got list of 2"):
        einsum("i,i->", zeros(2), [1.0, 2.0])


@pytest.mark.parametrize("equation, shapes, whole", [
    ("ij,jk->ik", [(2, 1), (3, 4)], [(2, 3), (3, 4)]),
    ("bij,bjk->bik", [(1, 3, 4), (2, 4, 2)], [(2, 3, 4), (2, 4, 2)]),
    ("...i,...i->...", [(2, 1, 3), (4, 3)], [(2, 4, 3), (4, 3)]),
    ("i,i->i", [(1,), (3,)], [(3,), (3,)]),
    ("i,i->i", [(1,), (1,)], [(1,), (1,)]),
])
def test_size_one_broadcasts(rng, equation, shapes, whole):
    small = [random(rng, *shape) for shape in shapes]
    large = [autograd.tensor(np.broadcast_to(t.detach(), shape))
             for t, shape in zip(small, whole, strict=True)]
    y = einsum(equation, *small)
    np.testing.assert_allclose(y.detach(), np.einsum(equation, *map(np.asarray, large)), 1e-12)
    y.sum().backward()
    assert [t.grad.shape for t in small] == [t.shape for t in small]


def test_einsum_runs_as_one_matrix_product(rng):
    y = einsum("bqhd,bkhd->bhqk", random(rng, 2, 3, 2, 4), random(rng, 2, 5, 2, 4))
    assert y._node.op is REGISTRY["_contract"]
    assert all(parent.op.name == "accumulate" for parent in y._node.parents)


def test_kernels_are_asked_for_at_each_call(rng, monkeypatch):
    """Nothing holds on to a kernel from before the tier was picked."""
    monkeypatch.setattr(kernels, "bmm", lambda a, b: np.full((len(a), a.shape[1], b.shape[2]), 7.0))
    a, b = random(rng, 2, 3, 4), random(rng, 2, 4, 3)
    assert (a @ b).detach().numpy().min() == 7
    assert einsum("bij,bjk->bik", a, b).detach().numpy().min() == 7
