"""The memory behind tensors, and ways to make tensors that few programs use."""

import copy
import multiprocessing
import pickle

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import linalg

X = autograd.arange(6.0).reshape(2, 3)


def test_storage_is_all_of_the_memory_that_a_tensor_shows():
    row = X[1]
    assert (row.storage_offset(), X.mT.storage_offset(), row.storage().size()) == (3, 0, 6)
    assert row.storage().tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0] and row.storage()[5] == 5.0
    assert row.untyped_storage().nbytes() == len(row.untyped_storage()) == 24
    assert row.untyped_storage() == X.untyped_storage() != X.clone().untyped_storage()
    assert row.storage().data_ptr() == X.data_ptr() == X.const_data_ptr() != row.data_ptr()
    assert row.storage().untyped().size() == 24 and row.storage().element_size() == 4
    assert X.T.storage().tolist() == X.storage().tolist()
    assert autograd.is_storage(row.storage()) and not autograd.is_storage(row)
    with pytest.raises(TypeError, match="UntypedStorage: a tensor's memory is needed, got int 3"):
        autograd.UntypedStorage(3)


def test_set_shows_another_tensor_s_memory():
    a, b = autograd.zeros(2), autograd.ones(3)
    assert a.set_(b) is a and a.is_set_to(b) and not a.is_set_to(b[:2])
    a[0] = 5.0
    assert b.tolist() == [5.0, 1.0, 1.0] and a.set_().shape == (0,)
    with pytest.raises(TypeError, match="set_: source must be a Tensor, got list of 1"):
        a.set_([1.0])


def test_python_functions_of_each_element():
    a = autograd.tensor([[1, 2], [3, 4]])
    assert a.T.apply_(lambda x: x + 1) is not None and a.tolist() == [[2, 3], [4, 5]]
    assert a.map_(autograd.tensor([1, 10]), lambda x, y: x * y).tolist() == [[2, 30], [4, 50]]
    assert a.map2_(a, a, lambda x, y, z: x + y - z).tolist() == [[2, 30], [4, 50]]
    with pytest.raises(RuntimeError, match="apply_: .* requires grad.*write it with ops"):
        (autograd.ones(1, requires_grad=True) * 2).apply_(abs)
    saved = autograd.ones(1, requires_grad=True) * (factor := autograd.ones(1))
    factor.apply_(lambda x: 7)
    with pytest.raises(RuntimeError, match="apply_"):
        saved.backward()


def test_strides_of_new_tensors():
    assert autograd.empty_strided((2, 3), (1, 2)).stride() == (1, 2)
    assert X.double().new_empty_strided((2,), (3,)).dtype == autograd.float64
    assert autograd.empty_strided((0, 2), (5, 5)).shape == (0, 2)
    made = autograd.empty_permuted((2, 3, 4), (2, 0, 1), requires_grad=True)
    assert made.stride() == (3, 1, 6) and made.dim_order() == (2, 0, 1) and made.is_leaf
    with pytest.raises(ValueError, match=r"empty_permuted: physical_layout \(0, 0\) must hold"):
        autograd.empty_permuted((2, 3), (0, 0))


def test_a_subclass_keeps_memory_and_history():
    class Named(autograd.Tensor):
        pass

    x = autograd.ones(2, requires_grad=True)
    (x * 3).as_subclass(Named).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0] and type(X.as_subclass(Named)) is Named
    with pytest.raises(TypeError, match="as_subclass: a subclass of Tensor is needed, got the cla"):
        X.as_subclass(int)


def test_asarray_shares_memory_unless_it_is_asked_not_to():
    array = np.arange(3.0)
    assert np.shares_memory(autograd.asarray(array).numpy(), array)
    assert not np.shares_memory(autograd.asarray(array, copy=True).numpy(), array)
    with pytest.raises(ValueError, match="asarray: list of 1 cannot share its memory"):
        autograd.asarray([1.0], copy=False)
    with pytest.raises(ValueError, match="asarray: .* cannot share its memory .* float32"):
        autograd.asarray(array, copy=False, dtype=autograd.float32)
    x = autograd.ones(2, requires_grad=True)
    assert not autograd.asarray(x).requires_grad
    assert autograd.asarray(x * 1, requires_grad=True).grad_fn is not None
    assert autograd.asarray([1.0], requires_grad=True).is_leaf


def test_frombuffer_shows_bytes():
    memory = bytearray(8)
    shown = autograd.frombuffer(memory, dtype=autograd.int16, count=2, offset=2)
    shown[0] = 258
    assert memory == b"\0\0\2\1\0\0\0\0"
    with pytest.raises(RuntimeError, match="read-only"):
        autograd.frombuffer(b"abcd", dtype=autograd.uint8).add_(1)
    with pytest.raises(ValueError, match="frombuffer: buffer .* count=9"):
        autograd.frombuffer(memory, dtype=autograd.int32, count=9)


def test_range_has_its_end():
    with pytest.warns(UserWarning, match="range is deprecated; use arange"):
        assert autograd.range(1, 4, 1.5).tolist() == [1.0, 2.5, 4.0]


def test_matrices_without_inverse_are_told():
    a = autograd.stack([autograd.eye(2), autograd.zeros(2, 2)]).double().requires_grad_()
    inverse, info = linalg.inv_ex(a)
    assert info.tolist() == [0, 1] and inverse[1].isnan().all()
    inverse[0].sum().backward()
    assert a.grad[1].tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert linalg.solve_ex(a, autograd.ones(2, 2).double()).result[1].isnan().all()
    for function in (linalg.inv_ex, linalg.lu_factor_ex):
        with pytest.raises(RuntimeError, match=f"{function.__name__}: .* singular"):
            function(a.detach(), check_errors=True)
    assert linalg.lu_factor_ex(a).info.tolist() == [0, 1]
    wide = autograd.ones(2, 3, requires_grad=True)
    with pytest.raises(RuntimeError, match="lu_parts: the gradient is defined for square"):
        linalg.lu_factor(wide).LU.sum().backward()


def test_layout_and_formats_are_names():
    assert X.layout is autograd.strided and repr(X.layout) == "torch.strided"
    assert isinstance(autograd.contiguous_format, autograd.memory_format)
    keep = dict(memory_format=autograd.preserve_format)
    for function in (autograd.zeros_like, autograd.ones_like, autograd.empty_like, autograd.clone,
                     autograd.rand_like, autograd.randn_like, autograd.Tensor.contiguous,
                     autograd.Tensor.to, lambda x, **given: autograd.full_like(x, 1.0, **given)):
        assert function(X, **keep).shape == X.shape
        with pytest.raises(TypeError, match="memory_format must be contiguous_format or preserve"):
            function(X, memory_format="channels_last")
    assert autograd.equal(X.mT.clone(**keep), X.mT)
    with pytest.raises(AttributeError, match="channels_last.*no other order is faster"):
        autograd.channels_last  # noqa: B018


def _train(model, seed):
    """A process of a Hogwild run: steps written straight into the shared parameters."""
    autograd.manual_seed(seed)
    optimizer = optim.SGD(model.parameters(), 0.05)
    for _ in range(60):
        optimizer.zero_grad()
        x = autograd.randn(16, 2)
        ((model(x) - x.sum(1, keepdim=True)) ** 2).mean().backward()
        optimizer.step()


def test_processes_that_are_forked_train_one_model(tmp_path):
    autograd.manual_seed(0)
    model = nn.Linear(2, 1)
    assert not model.weight.is_shared() and model.share_memory() is model
    before, weight = model.weight.tolist(), model.weight
    assert weight.is_shared() and weight.requires_grad and weight.is_leaf
    assert weight.untyped_storage().is_shared() and not autograd.ones(2).is_shared()
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_train, args=(model, seed)) for seed in (1, 2)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    assert not autograd.from_numpy(np.memmap(tmp_path / "x", "f4", "w+", shape=2)).is_shared()
    assert model.weight is weight and model.weight.tolist() != before
    assert ((model.weight - 1).abs() < 0.1).all() and model.bias.abs().item() < 0.1
    assert copy.deepcopy(weight).tolist() == weight.tolist()


def test_shared_memory_does_not_become_a_copy_in_a_spawned_process():
    child = multiprocessing.get_context("spawn").Process(
        target=_train, args=(nn.Linear(2, 1).share_memory(), 0))
    with pytest.raises(RuntimeError, match="get_context\\('fork'\\)"):
        child.start()
    assert pickle.loads(pickle.dumps(autograd.ones(2).share_memory_())).tolist() == [1, 1]
