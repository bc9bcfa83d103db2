"""The Tensor itself: properties, memory, Python's and NumPy's protocols, printing, copying."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd
import nn


def leaf(*values):
    return autograd.tensor(values, requires_grad=True)


def test_shape_and_size():
    x = autograd.zeros(2, 3)
    assert x.shape == (2, 3) and isinstance(x.shape, autograd.Size) and x.shape.numel() == 6
    assert repr(x.shape) == "Size([2, 3])" and x.shape[0] == 2
    assert repr(x.shape[1:]) == "Size([3])" and x.shape[1:].numel() == 3
    assert (x.size(), x.size(1), x.size(-1)) == ((2, 3), 3, 3)
    assert (x.dim(), x.ndim, x.ndimension(), x.numel(), x.nelement()) == (2, 2, 2, 6, 6)
    assert (x.element_size(), x.nbytes) == (4, 24)
    for ask in (x.size, x.stride):
        with pytest.raises(IndexError, match=r"dim 2 is out of range for Tensor \(2, 3\)"):
            ask(2)
        with pytest.raises(TypeError):
            ask(0.0)
    assert x.stride() == (3, 1) and x.stride(0) == 3 and x.T.stride() == (1, 3)
    assert x.is_contiguous() and not x.T.is_contiguous()
    assert x.is_floating_point() and not x.long().is_floating_point()
    assert not x.is_cuda


def test_device():
    x = autograd.zeros(2)
    assert x.device == autograd.device("cpu") and str(x.device) == "cpu"
    assert x.to("cpu") is x and x.cpu() is x and x.to(autograd.device("cpu")) is x
    assert not autograd.cuda.is_available() and not autograd.accelerator.is_available()
    assert autograd.cuda.device_count() == 0
    with pytest.raises(RuntimeError, match="'cuda' is not available.*CPU"):
        x.to("cuda")
    with pytest.raises(RuntimeError, match="cuda:0"):
        autograd.zeros(2, device="cuda:0")


def test_conversions():
    x = autograd.tensor([1.7, -1.7])
    assert x.long().tolist() == [1, -1] and x.int().dtype == np.int32
    assert x.double().dtype == np.float64 and x.half().dtype == np.float16
    assert x.bool().tolist() == [True, True] and x.short().dtype == np.int16
    assert x.float() is x and x.to(autograd.float32) is x
    assert x.to(autograd.float32, copy=True) is not x
    assert x.to(autograd.zeros(1, dtype=autograd.float64)).dtype == np.float64
    assert x.type() == "torch.FloatTensor" and x.type(autograd.int64).dtype == np.int64


def test_a_cast_passes_gradients_in_the_inputs_dtype():
    x = leaf(1.0, 2.0)
    (x.double() * 3).sum().backward()
    assert x.grad.dtype == np.float32 and x.grad.tolist() == [3.0, 3.0]
    assert not x.long().requires_grad


def test_leaf_rules():
    x = leaf(1.0)
    y = x * 2
    assert x.is_leaf and x.grad_fn is None and not y.is_leaf
    assert y.grad_fn.name() == "MulBackward0" and repr(y.grad_fn) == "<MulBackward0>"
    assert y.grad_fn.next_functions[0][0].name() == "AccumulateGrad"
    with pytest.raises(RuntimeError, match="made by mul.*detach"):
        y.requires_grad = False
    with pytest.raises(RuntimeError, match=r"floating-point.*\(1,\) int64"):
        autograd.tensor([1]).requires_grad_()
    x.requires_grad = False
    assert not x.requires_grad and not (x * 2).requires_grad
    y.detach_()
    assert y.is_leaf and not y.requires_grad


@pytest.mark.parametrize("change_nothing", [
    lambda x: x.flatten(), lambda x: x.flatten(0, 0), lambda x: x.flatten(-1), lambda x: +x,
    lambda x: x.contiguous(), lambda x: x.to(x.dtype), lambda x: x.to("cpu"), lambda x: x.float(),
    lambda x: x.cpu(), lambda x: x.type(x.dtype), lambda x: autograd.as_tensor(x),
    lambda x: x.requires_grad_(),
])
def test_what_changes_nothing_is_the_tensor_itself(change_nothing):
    x = leaf(1.0, 2.0)
    assert change_nothing(x) is x


@pytest.mark.parametrize("view", [
    lambda x: x.reshape(2), lambda x: x.view(2), lambda x: x.t(), lambda x: x.T, lambda x: x[:],
    lambda x: x.expand(2), lambda x: x.squeeze(), lambda x: x.permute(0),
    lambda x: x.narrow(0, 0, 2), lambda x: x.transpose(0, 0),
    lambda x: x.unflatten(0, (2,)), lambda x: x.view_as(x),
])
def test_a_view_of_the_same_shape_is_no_leaf(view):
    x = leaf(1.0, 2.0)
    y = view(x)
    assert y is not x and not y.is_leaf and y.data_ptr() == x.data_ptr()
    (y * 3).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_a_scalar_changes_shape_when_flattened():
    x = autograd.tensor(1.0, requires_grad=True)
    assert x.flatten().shape == (1,) and not x.flatten().is_leaf
    assert x.t().shape == () and not x.t().is_leaf


def test_grad_can_be_set_and_is_checked():
    x = leaf(1.0, 2.0)
    x.grad = autograd.ones(2)
    x.grad = None
    with pytest.raises(TypeError, match="must be a Tensor or None"):
        x.grad = 3.0
    with pytest.raises(RuntimeError, match=r"got Tensor \(3,\).*for Tensor \(2,\)"):
        x.grad = autograd.ones(3)


def test_data_setter_takes_another_shape_and_dtype():
    x = leaf(1.0, 2.0)
    x.data = autograd.ones(3, dtype=autograd.float64)
    (x * 2).sum().backward()
    assert x.grad.shape == (3,) and x.grad.dtype == np.float64
    with pytest.raises(TypeError, match="Tensor"):
        x.data = np.ones(3)


def test_item_and_numbers():
    assert autograd.tensor([[2.5]]).item() == 2.5
    assert float(autograd.tensor(2.5)) == 2.5 and int(autograd.tensor(2.5)) == 2
    assert [10, 20, 30][autograd.tensor(1)] == 20
    assert f"{autograd.tensor(0.123456):.2f}" == "0.12"
    with pytest.raises(RuntimeError, match=r"one element is needed, got Tensor \(2,\)"):
        autograd.ones(2).item()
    with pytest.raises(TypeError, match="one integer can be an index, got Tensor .* float32"):
        [1, 2][autograd.tensor(1.0)]
    assert bytes(autograd.tensor([1, 2], dtype=autograd.uint8)) == b"\x01\x02"


def test_truth():
    assert autograd.tensor([1.0]) and not autograd.tensor(0)
    with pytest.raises(RuntimeError, match=r"ambiguous.*any\(\) or \.all"):
        bool(autograd.ones(2))


def test_len_iteration_contains_hash():
    x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert len(x) == 2 and [row.tolist() for row in x] == [[1.0, 2.0], [3.0, 4.0]]
    assert 3.0 in x and 5.0 not in x
    assert len({x, x, autograd.ones(1)}) == 2
    with pytest.raises(TypeError, match="0-d"):
        len(autograd.tensor(1.0))
    with pytest.raises(TypeError, match="0-d"):
        iter(autograd.tensor(1.0))


def test_numpy_shares_memory():
    x = autograd.ones(2)
    x.numpy()[0] = 5.0
    assert x.tolist() == [5.0, 1.0]
    assert np.asarray(x, dtype=np.float64).dtype == np.float64


@pytest.mark.parametrize(("make", "text"), [
    (lambda: autograd.tensor([1.0, 2.0]), "tensor([1., 2.])"),
    (lambda: autograd.tensor([1.5, -2.25]), "tensor([ 1.5000, -2.2500])"),
    (lambda: autograd.tensor([[1, 2], [3, 4]]), "tensor([[1, 2],\n        [3, 4]])"),
    (lambda: autograd.tensor(3.0), "tensor(3.)"),
    (lambda: autograd.tensor([True]), "tensor([True])"),
    (lambda: autograd.tensor([1.0], dtype=autograd.float64), "tensor([1.], dtype=float64)"),
    (lambda: autograd.tensor([1], dtype=autograd.int32), "tensor([1], dtype=int32)"),
    (lambda: autograd.zeros(0), "tensor([])"),
    (lambda: autograd.zeros(2, 0), "tensor([], size=(2, 0))"),
    (lambda: leaf(1.0), "tensor([1.], requires_grad=True)"),
    (lambda: leaf(1.0) * 2, "tensor([2.], grad_fn=<MulBackward0>)"),
    (lambda: autograd.tensor([1e-9, 1.0]), "tensor([1.0000e-09, 1.0000e+00])"),
    (lambda: autograd.tensor([float("nan"), 1.0]), "tensor([nan,  1.])"),
    (lambda: autograd.tensor([float("inf"), 1.5]), "tensor([   inf, 1.5000])"),
])
def test_printing(make, text):
    assert repr(make()) == text == str(make())


def test_long_tensors_are_summarised_and_options_change_that():
    x = autograd.zeros(2000)
    assert "..." in repr(x) and len(repr(x)) < 80
    autograd.set_printoptions(precision=2)
    try:
        assert repr(autograd.tensor([1.255])) in ("tensor([1.25])", "tensor([1.26])")
        autograd.set_printoptions(sci_mode=True)
        assert repr(autograd.tensor([1.5])) == "tensor([1.50e+00])"
        with pytest.raises(ValueError, match="profile 'x'"):
            autograd.set_printoptions(profile="x")
    finally:
        autograd.set_printoptions(profile="default")


def test_deepcopy_and_pickle():
    x = leaf(1.0, 2.0)
    x.grad = autograd.ones(2)
    y = copy.deepcopy(x)
    assert y.requires_grad and y.data_ptr() != x.data_ptr() and y.grad.tolist() == [1.0, 1.0]
    both = copy.deepcopy([x, x])
    assert both[0] is both[1]
    z = pickle.loads(pickle.dumps(x))
    assert z.requires_grad and z.tolist() == [1.0, 2.0]
    with pytest.raises(RuntimeError, match="only leaves can be deep-copied.*mul"):
        copy.deepcopy(x * 2)


def test_a_deep_copy_keeps_what_shares_memory_together():
    base = autograd.arange(24.0).reshape(4, 6)
    views = [base, base.t(), base[1], base[:, ::2], base.flip(0), base[2].expand(2, 6), base[:0]]
    found = copy.deepcopy(views)
    for view, twin in zip(views, found, strict=True):
        assert twin.stride() == view.stride() and not np.shares_memory(view, twin)
        np.testing.assert_array_equal(twin.numpy(), view.numpy())
    found[2].fill_(-1.0)
    assert found[0][1].tolist() == found[1][:, 1].tolist() == [-1.0] * 6
    assert found[3][1].tolist() == [-1.0] * 3 and base[1, 0].item() == 6
    found[1].requires_grad_()
    loss = (found[1] * found[1]).sum()
    found[0].zero_()
    with pytest.raises(RuntimeError, match="zero_"):
        loss.backward()


def test_a_deep_copy_of_foreign_memory_takes_what_is_shown_only():
    memory = bytearray(8 * 1000)
    row = autograd.from_numpy(np.frombuffer(memory).reshape(100, 10)[3])
    twin = copy.deepcopy(row)
    twin.fill_(1.0)
    assert twin._array.base is None and row.tolist() == [0.0] * 10


def test_a_shallow_copy_shares_memory_and_notices_writes():
    x = leaf(1.0, 2.0)
    y = copy.copy(x)
    assert y.requires_grad and y.is_leaf and y.data_ptr() == x.data_ptr()
    assert y._array is not x._array
    loss = (x * x).sum()
    with autograd.no_grad():
        y.add_(1)
    with pytest.raises(RuntimeError, match="add_ has since changed"):
        loss.backward()


def test_unpickled_arrays_are_like_any_other():
    """NumPy gives them a dtype object of their own."""
    array = pickle.loads(pickle.dumps(np.ones((3, 2), np.float32)))
    tensors = [make(array) for make in (autograd.from_numpy, autograd.tensor, autograd.as_tensor,
                                        autograd.Tensor)]
    tensors.append(pickle.loads(pickle.dumps(tensors[0])))
    weight = autograd.ones(4, 2, requires_grad=True)
    for x in (*tensors, array):
        assert x is array or x.dtype is autograd.float32
        nn.functional.linear(x, weight).sum().backward()
    assert weight.grad.dtype is autograd.float32 and (weight.grad == 18).all()
    assert np.shares_memory(tensors[0].numpy(), array)


def test_the_old_constructors():
    assert autograd.Tensor([1, 2]).dtype == np.float32
    assert autograd.Tensor(2, 3).shape == (2, 3) and autograd.Tensor().shape == (0,)
    assert autograd.FloatTensor([1]).dtype == np.float32
    assert autograd.DoubleTensor(2, 2).dtype == np.float64
    assert autograd.LongTensor([1.0, 2.0]).tolist() == [1, 2]
    v = autograd.Variable(autograd.ones(2), requires_grad=True)
    assert v.requires_grad


def test_an_unknown_attribute():
    with pytest.raises(AttributeError):
        autograd.ones(2).no_such_thing  # noqa: B018


def test_attributes_of_the_users_own():
    """As in PyTorch they may be set; copies and pickles take them along, results do not."""
    x = autograd.ones(2)
    x.grad_history = [1]
    assert copy.copy(x).grad_history is x.grad_history and not hasattr(x + x, "grad_history")
    for twin in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert twin.grad_history == [1] and twin.grad_history is not x.grad_history
    with pytest.raises(AttributeError):
        x.dtype = np.float64
