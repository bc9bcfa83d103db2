"""Indexing, gather, scatter: what the samples cannot say: errors, memory, repeated indices."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.ops.index import as_index, sums_at
from tests.samples import weights

X = np.arange(12.0).reshape(3, 4)


def leaf(array):
    return autograd.tensor(np.array(array, np.float64), requires_grad=True)


def integers(*values):
    return autograd.tensor(np.array(values))


def gradient_of(function, *arrays):
    """The gradients of the weighted result by all inputs, and the weights."""
    inputs = [leaf(a) for a in arrays]
    result = function(*inputs)
    weight, = weights([result])
    result.backward(autograd.tensor(weight))
    return *(x.grad.numpy() for x in inputs), weight


# ---- x[...] -----------------------------------------------------------------------------------


@pytest.mark.parametrize("index", [0, slice(1, 3), (slice(None), 2), ..., None, (1, slice(None, 2)),
                                   (2, 3), np.int64(1)], ids=str)
def test_basic_indexing_gives_a_view(index):
    x = autograd.tensor(X)
    part = x[index]
    assert np.shares_memory(part.numpy(), x.numpy())
    part.fill_(-1.0)
    assert (x.numpy()[index] == -1).all() and (x == -1).sum() == part.numel()


@pytest.mark.parametrize("index", [[0, 1], X > 5, (slice(None), [1]), (1, [1, 2])], ids=str)
def test_lists_and_masks_give_a_copy(index):
    x = autograd.tensor(X)
    assert not np.shares_memory(x[index].numpy(), x.numpy())


def test_an_integer_tensor_without_dimensions_selects_like_a_number():
    x = autograd.tensor(X)
    assert np.shares_memory(x[autograd.tensor(1)].numpy(), x.numpy())
    assert x[autograd.tensor(1), autograd.tensor(-1)].item() == 7


@pytest.mark.parametrize("start", [integers(1)[0], np.int64(1)])
def test_bounds_of_slices_may_be_tensors(start):
    assert autograd.tensor(X)[start:, :start].tolist() == X[1:, :1].tolist()


def test_integers_are_taken_before_arrays_as_in_pytorch():
    x = autograd.tensor(np.arange(24).reshape(2, 3, 4))
    assert x[0, :, integers(0, 1)].shape == (3, 2)  # NumPy: (2, 3)


@pytest.mark.parametrize(("index", "message"), [
    (3, "getitem: index 3 is out of range for dimension 0 of size 3; choose from -3 to 2"),
    ((0, -5), "getitem: index -5 is out of range for dimension 1 of size 4; choose from -4 to 3"),
    ([0, 1, 7], "getitem: index 7 at position 2 of the index is out of range for dimension 0 "
                "of size 3"),
    ((slice(None), [[0, 1], [2, 9]]), r"index 9 at position \(1, 1\) of the index is out of range "
                                      "for dimension 1"),
    ((..., [4]), "index 4 at position 0 of the index is out of range for dimension 1 of size 4"),
    ((0, 0, 0), r"getitem: 3 indices for 2 dimensions; the shape is \(3, 4\)"),
    ([True, False], r"getitem: a mask \(2,\) does not fit \(3, 4\) from dimension 0 on: \(3,\)"),
    ((0, [True, False]), r"a mask \(2,\) does not fit \(3, 4\) from dimension 1 on: \(4,\) would"),
    (([0, 1], [0, 1, 2]), r"getitem: shape mismatch.*the shape is \(3, 4\)"),
    ((..., ...), "getitem: an index can only have a single ellipsis.*the shape is"),
    (1.5, r"getitem: float 1.5 is not an index; .*\.long\(\)"),
    ("row", "getitem: str is not an index"),
    ([[0], [0, 1]], "getitem: a list used as an index must be rectangular"),
])
def test_index_errors(index, message):
    with pytest.raises(IndexError, match=message):
        autograd.tensor(X)[index]


def test_other_index_errors():
    x = autograd.tensor(X)
    with pytest.raises(IndexError, match=r"Tensor \(1,\) float64 is not an index.*\.long\(\)"):
        x[leaf([1.0])]
    with pytest.raises(IndexError, match="index 0 at position 0 .* of size 0; nothing fits"):
        autograd.zeros(0, 2)[[0]]
    with pytest.raises(ValueError, match=r"getitem: step -1 must be positive; use .flip\(\)"):
        x[::-1]


def test_a_uint8_index_is_a_mask_with_a_warning():
    mask = autograd.tensor(np.array([1, 0, 1], np.uint8))
    with pytest.warns(UserWarning, match="taken as a mask"):
        assert autograd.tensor(X)[mask].shape == (2, 4)


def test_small_integers_as_indices_do_not_overflow():
    x = leaf(np.arange(1000.0).reshape(500, 2))
    index = autograd.tensor(np.array([3, 100, -1], np.int8))
    x[index].sum().backward()
    assert np.flatnonzero(x.grad.numpy()[:, 0]).tolist() == [3, 100, 499]


@pytest.mark.parametrize("take", [
    lambda x, i: x[i], lambda x, i: x[:, i], lambda x, i: x.index_select(0, i.clone()),
    lambda x, i: x.index_put((i,), autograd.zeros(4, dtype=autograd.float64)),
    lambda x, i: x.index_fill(0, i, 0.0)])
def test_an_index_may_be_overwritten_before_the_backward_pass(take):
    x, twin, index = leaf(X), leaf(X), integers(0, 2)
    take(twin, integers(0, 2)).sum().backward()
    result = take(x, index)
    index.fill_(1)
    result.sum().backward()
    assert x.grad.tolist() == twin.grad.tolist()


def test_gather_refuses_a_backward_pass_with_an_index_that_was_overwritten():
    x, index = leaf(X), integers([0, 1])
    result = x.gather(1, index)
    index.fill_(1)
    with pytest.raises(RuntimeError, match="gather_along saved .* fill_ has since changed"):
        result.sum().backward()


# ---- repeated indices -------------------------------------------------------------------------


def test_repeated_indices_add_up_in_the_gradient():
    x = leaf(X)
    x[[1, 1, 2, 1]].sum().backward()
    assert x.grad.tolist() == [[0] * 4, [3] * 4, [1] * 4]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
@pytest.mark.parametrize("case", range(12))
def test_sums_at_are_numpys(case, dtype):
    rng = np.random.default_rng(case)
    shape = tuple(rng.integers(2, 5, 3))
    a, b, c = (rng.integers(-n, n, 6) for n in shape)
    index = [a, (a,), (a, b), (a, b, c), (slice(None), b), (a, slice(None), c), (slice(1), b, c),
             (a.reshape(3, 2), 0), (a[:, None], b), (..., c), (a[:3], np.array(True), ..., 0),
             (np.int8(a), np.int8(b))][case]
    values = rng.integers(-4, 5, np.zeros(shape)[index].shape).astype(dtype)
    numpys = np.zeros(shape, dtype)
    np.add.at(numpys, index, values)
    np.testing.assert_array_equal(sums_at(values, index, shape), numpys)


def test_sums_at_have_the_same_bits_each_time():
    rng = np.random.default_rng(0)
    index, values = rng.integers(0, 5, 1000), rng.standard_normal((1000, 3)).astype(np.float32)
    tables = [sums_at(values, index, (5, 3)) for _ in range(3)]
    assert all(table.tobytes() == tables[0].tobytes() for table in tables)


@pytest.mark.parametrize(("dtype", "last"), [("float16", 2048), ("float32", 2**24)])
def test_many_numbers_at_one_place(dtype, last):
    """One by one, nothing would come of adding 1 to the last number that all before it fit into."""
    ones, index = autograd.ones(1000, dtype=dtype), autograd.zeros(1000, dtype=autograd.int64)
    start = autograd.tensor([float(last)], dtype=dtype)
    assert start.index_add(0, index, ones).item() == last + 1000
    ones[0], x = last, autograd.zeros(1, dtype=dtype, requires_grad=True)
    x[index].backward(ones)
    assert x.grad.item() in (last + 998, last + 999, last + 1000)


def test_gradients_of_a_place_that_is_read_often_keep_their_digits():
    """Sums of numbers around 0.1, of which one by one only four or five digits would be left."""
    count, other = 1 << 17, 3 << 17
    g = np.random.default_rng(0).uniform(0.05, 0.15, count).astype(np.float32)
    index, total = autograd.zeros(count, dtype=autograd.int64), g.astype(np.float64).sum()

    def back(read):
        x = autograd.zeros(other, requires_grad=True)
        read(x).backward(autograd.tensor(g))
        return x.grad[0].item()

    found = [back(lambda x: x[index]), back(lambda x: x.gather(0, index)),
             back(lambda x: x.index_select(0, index)),
             back(lambda x: x.reshape(2, -1)[0:1, index].reshape(-1)),
             autograd.zeros(other).index_add(0, index, autograd.tensor(g))[0].item(),
             autograd.zeros(other).scatter_add(0, index, autograd.tensor(g))[0].item()]
    np.testing.assert_allclose(found, total, 1e-7)


def test_the_last_of_several_writes_stays_and_gets_the_gradient():
    index = integers([2, 0, 2, 1])
    x, src = np.zeros((1, 3)), np.array([[1.0, 2, 3, 4]])
    assert autograd.tensor(x).scatter(1, index, autograd.tensor(src)).tolist() == [[2, 4, 3]]
    of_x, of_src, w = gradient_of(lambda x, s: x.scatter(1, index, s), x, src)
    assert of_x.tolist() == [[0, 0, 0]]
    assert of_src.tolist() == [[0, w[0, 0], w[0, 2], w[0, 1]]]
    of_x, of_v, w = gradient_of(lambda x, v: x.index_put((integers(1, 1), integers(0, 0)), v),
                                X, [5.0, 6.0])
    assert of_v.tolist() == [0, w[1, 0]] and of_x[1, 0] == 0 and of_x[0, 0] == w[0, 0]


def test_scatter_add_and_index_add_add_up():
    ones, index = autograd.ones(1, 4), integers([2, 2, 2, 0])
    assert autograd.zeros(1, 3).scatter_add(1, index, ones).tolist() == [[1, 0, 3]]
    assert autograd.zeros(3).index_add(0, integers(1, 1), autograd.ones(2)).tolist() == [0, 2, 0]
    put = autograd.zeros(3).index_put((integers(1, 1),), autograd.ones(2), accumulate=True)
    assert put.tolist() == [0, 2, 0]


# ---- named functions --------------------------------------------------------------------------


def test_select_and_narrow_are_views():
    x = autograd.tensor(X)
    for part in (x.select(1, -1), x.narrow(0, 1, 2)):
        assert np.shares_memory(part.numpy(), x.numpy())
    x.select(0, 1).mul_(0)
    assert x.sum(1).tolist() == [6, 0, 38]


def test_a_write_through_a_narrowed_view_reaches_the_base_and_its_history():
    x = leaf(X)
    y = x * 2
    y.narrow(1, 0, 2).mul_(3)
    y.sum().backward()
    assert x.grad.tolist() == [[6, 6, 2, 2]] * 3


INPLACE = [("scatter_", (1, integers([0, 3]), 2.5)),
           ("scatter_add_", (1, integers([0, 0]), autograd.ones(1, 2, dtype=autograd.float64))),
           ("index_put_", ((integers(1, 1),), autograd.ones(4, dtype=autograd.float64), True)),
           ("index_add_", (0, integers(2), autograd.ones(1, 4, dtype=autograd.float64))),
           ("index_fill_", (1, integers(-1), 9.0)), ("tril_", ()), ("triu_", (1,)),
           ("masked_fill_", (autograd.tensor(X > 3), 0.0))]


@pytest.mark.parametrize(("name", "args"), INPLACE, ids=[name for name, _ in INPLACE])
def test_inplace_twins_write_into_the_tensor(name, args):
    x = autograd.tensor(X)
    wanted = getattr(x.clone(), name.rstrip("_"))(*args)
    assert getattr(x, name)(*args) is x
    assert x.tolist() == wanted.tolist() != X.tolist()


def test_indices_are_int64():
    assert autograd.tensor(X).nonzero().dtype == autograd.int64
    assert autograd.tensor(X).argwhere().dtype == autograd.int64
    assert all(t.dtype == autograd.int64 for t in autograd.tensor(X).nonzero(as_tuple=True))


def test_int32_indices_are_taken():
    index = autograd.tensor(np.array([[1], [0], [3]], np.int32))
    assert autograd.tensor(X).gather(1, index).tolist() == [[1], [4], [11]]
    assert autograd.tensor(X).index_select(0, index[:1, 0]).tolist() == [X[1].tolist()]


def test_an_index_is_made_once():
    index = as_index((integers(1, 2), slice(None)))
    assert as_index(index) is index


x, f = autograd.tensor(X), autograd.zeros(3, 4)
i = integers
WRONG = [
    (lambda: x.select(0, 3), IndexError, "select: index 3 is out of range for dimension 0"),
    (lambda: x.select(2, 0), IndexError, "select: dim 2 is out of range for 2 dimensions"),
    (lambda: autograd.tensor(1.0).select(0, 0), IndexError, "select: a 0-d tensor"),
    (lambda: x.narrow(1, 2, 3), IndexError, "narrow: start 2 and length 3 do not fit dimension 1 "
                                            "of size 4"),
    (lambda: autograd.tensor(1.0).narrow(0, 0, 1), IndexError, "narrow: a 0-d tensor"),
    (lambda: x.index_select(0, i(0, -1)), IndexError,
     "index_select: index -1 at position 1 of the index is out of range .* choose from 0 to 2"),
    (lambda: x.index_select(0, i([0])), IndexError, "index_select: index must be a vector"),
    (lambda: x.index_select(0, x[0]), TypeError, r"index must be a Tensor of integers, got Tensor "
                                                 r"\(4,\) float64; .long\(\) makes one"),
    (lambda: x.index_select(0, [0]), TypeError, "must be a Tensor of integers, got list of 1"),
    (lambda: autograd.tensor(1.0).index_select(0, i(0, 0)), IndexError, "of a 0-d tensor one"),
    (lambda: x.masked_select(i(1)), TypeError, "masked_select: mask must be a boolean Tensor"),
    (lambda: x.gather(1, i(0)), ValueError, r"gather: index \(1,\) must have as many dimensions as "
                                            r"input \(3, 4\)"),
    (lambda: x.gather(1, i([0], [0], [0], [0])), ValueError,
     r"gather: index \(4, 1\) is larger than input \(3, 4\) in dimension 0, which is not dim 1"),
    (lambda: x.gather(1, i([0], [4])), IndexError,
     r"gather: index 4 at position \(1, 0\) of the index is out of range for dimension 1"),
    (lambda: x.gather(1, i([-1])), IndexError, "index -1 .* choose from 0 to 3"),
    (lambda: x.take_along_dim(i([5]), 1), IndexError, "take_along_dim: index 5 .*from -4 to 3"),
    (lambda: x.take_along_dim(i(5), 1), ValueError, "take_along_dim: indices .* as many"),
    (lambda: x.scatter(0, i([0])), TypeError, "scatter: give either src or value"),
    (lambda: x.scatter(0, i([0]), f), TypeError, r"scatter: src is float32 but input float64; "
                                                 r"convert it with .to\(input.dtype\)"),
    (lambda: x.scatter(0, i([0, 0]), x[:, :1]), ValueError,
     r"scatter: src \(3, 1\) must be at least as large as index \(1, 2\)"),
    (lambda: x.scatter_add(0, i([0]), 1.0), TypeError, "scatter_add: src must be a Tensor"),
    (lambda: x.index_add(0, i(0, 1), x), ValueError, r"index_add: source \(3, 4\) must be \(2, 4"),
    (lambda: x.index_add(0, i(3), x[:1]), IndexError, "index_add: index 3 at position 0"),
    (lambda: x.index_add(0, i(0), f[:1]), TypeError, "index_add: source is float32"),
    (lambda: x.index_put(i(0), x), TypeError, "index_put: indices must be a tuple of Tensors"),
    (lambda: x.index_put((i(0),), 1.0), TypeError, "index_put: values must be a Tensor"),
    (lambda: x.index_put((i(0),), f), TypeError, "index_put: values is float32 but input float64"),
    (lambda: x.index_put((i(0),), x[0, :3]), ValueError,
     r"index_put: values \(3,\) cannot be expanded to \(1, 4\), which indices of \(3, 4\) give"),
    (lambda: x.index_put((i(0, 5),), x[0]), IndexError, "index_put: index 5 at position 1"),
    (lambda: x.index_fill(1, i(4), 0.0), IndexError, "index_fill: index 4 .* from -4 to 3"),
    (lambda: x.index_fill(1, i(0), x[0]), ValueError, "index_fill: value must be a number or 0-d"),
]


@pytest.mark.parametrize(("call", "kind", "message"), WRONG)
def test_errors_say_what_is_wrong(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


V = autograd.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize("call", [
    lambda n: V[0:n], lambda n: V[n:], lambda n: V[::n], lambda n: V[autograd.tensor(n):],
    lambda n: V[np.float64(n):], lambda n: V.select(0, n), lambda n: V.select(n, 0),
    lambda n: V.select(0, autograd.tensor(n)), lambda n: V.narrow(0, n, 1),
    lambda n: V.narrow(0, 0, n), lambda n: V.narrow(n, 0, 1), lambda n: V.roll(n, 0),
    lambda n: V.roll(n), lambda n: V.roll((n,), (0,)), lambda n: V.roll(1, n),
    lambda n: V.index_select(n, autograd.tensor([0])), lambda n: V.sum(n), lambda n: V.sum((n,)),
    lambda n: V.mean(n), lambda n: V.amax(n), lambda n: V.max(n), lambda n: V.argmax(n),
    lambda n: V.sort(n), lambda n: V.cumsum(n), lambda n: V.softmax(n), lambda n: V.topk(n),
    lambda n: V.kthvalue(n), lambda n: autograd.cat([V, V], n), lambda n: autograd.stack([V], n),
    lambda n: V.split(n), lambda n: V.split([n, 2]), lambda n: V.chunk(n), lambda n: V.unbind(n),
    lambda n: V.tensor_split(n), lambda n: V.reshape(n, 12), lambda n: V.view((12, n)),
    lambda n: V.permute(n, 0), lambda n: V.transpose(n, 0), lambda n: V.unsqueeze(n),
    lambda n: V.squeeze(n), lambda n: V.flatten(n), lambda n: V[:1].expand(n, 4),
    lambda n: V.repeat(n, 1), lambda n: V.tile(n), lambda n: V.flip(n), lambda n: V.diagonal(n),
    lambda n: V.movedim(n, 0), lambda n: V.tril(n), lambda n: V.triu(n), lambda n: V.diag(n),
    lambda n: V.unfold(0, n, 1), lambda n: V.unfold(0, 1, n), lambda n: V.rot90(n),
    lambda n: V.gather(n, autograd.tensor([[0]])), lambda n: V.repeat_interleave(n),
    lambda n: V.norm(2, n), lambda n: V.var(n), lambda n: V.logsumexp(n), lambda n: V.prod(n),
    lambda n: V.any(n), lambda n: V.size(n), lambda n: V.unflatten(0, (n, 3)),
    lambda n: V.new_zeros(n),
])
def test_a_float_is_no_integer(call):
    """Neither where it has a fraction nor where it has none."""
    for number in (1.0, 1.5):
        with pytest.raises(TypeError):
            call(number)


@pytest.mark.parametrize("call", [
    lambda n: V[0:n], lambda n: V.select(0, n), lambda n: V.narrow(0, n, n), lambda n: V.sum(n),
    lambda n: V.roll(n, n), lambda n: V.reshape(n, 12), lambda n: V.flatten(0, n),
    lambda n: V.softmax(n), lambda n: V[:1].expand(n, 4), lambda n: V.flip(n), lambda n: V.tril(n),
    lambda n: V.repeat(n, n), lambda n: autograd.zeros(n), lambda n: V.unsqueeze(n),
])
def test_whatever_is_an_integer_serves_as_one(call):
    for number in (np.int64(1), autograd.tensor(1)):
        assert call(number).tolist() == call(1).tolist()


@pytest.mark.parametrize("call", [lambda v: v.sum(True), lambda v: v.select(True, 0),
                                  lambda v: v.select(0, True), lambda v: v.roll(True)])
def test_a_truth_value_is_no_dimension(call):
    with pytest.raises(TypeError, match="an integer is needed, got bool True"):
        call(V)
