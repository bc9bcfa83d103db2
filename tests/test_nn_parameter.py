"""Parameter and Buffer: tensors that a Module knows by name."""

import copy
import pickle

import pytest

import autograd
import nn


def test_parameter_shares_memory_and_is_a_leaf():
    data = autograd.tensor([1.0, 2.0])
    parameter = nn.Parameter(data)
    parameter.detach()[0] = 5.0
    assert data.tolist() == [5.0, 2.0]
    assert parameter.requires_grad and parameter.is_leaf and not data.requires_grad
    assert isinstance(parameter, autograd.Tensor)
    assert type(parameter * 2) is autograd.Tensor
    assert repr(parameter) == "Parameter containing:\ntensor([5., 2.], requires_grad=True)"


def test_parameter_of_a_result_has_no_history():
    x = autograd.tensor([1.0], requires_grad=True)
    parameter = nn.Parameter(x * 2)
    (parameter * 3).sum().backward()
    assert parameter.grad.tolist() == [3.0] and x.grad is None


def test_a_write_to_the_shared_memory_is_noticed():
    data = autograd.tensor([2.0])
    parameter = nn.Parameter(data)
    loss = (parameter * parameter).sum()
    data.add_(1.0)
    with pytest.raises(RuntimeError, match="add_ has since changed in place"):
        loss.backward()


def test_frozen_and_empty_parameter():
    assert not nn.Parameter(autograd.ones(2), requires_grad=False).requires_grad
    assert not nn.Parameter(autograd.tensor([1, 2]), requires_grad=False).requires_grad
    assert nn.Parameter().numel() == 0


def test_parameter_needs_a_float_tensor():
    with pytest.raises(RuntimeError, match="only floating-point and complex tensors can"):
        nn.Parameter(autograd.tensor([1, 2]))
    with pytest.raises(TypeError, match=r"Parameter: data must be a Tensor, got list"):
        nn.Parameter([1.0, 2.0])
    with pytest.raises(TypeError, match=r"Parameter: layers have real numbers, got .* complex64"):
        nn.Parameter(autograd.tensor([1j]))


def test_parameter_attributes_survive_copies():
    parameter = nn.Parameter(autograd.ones(2), requires_grad=False)
    parameter.note = "mine"
    for twin in (copy.deepcopy(parameter), pickle.loads(pickle.dumps(parameter))):
        assert type(twin) is nn.Parameter and twin.note == "mine" and not twin.requires_grad
        twin.fill_(7.0)
    assert parameter.tolist() == [1.0, 1.0]


def test_buffer_registers_itself():
    module = nn.Module()
    module.kept = nn.Buffer(autograd.ones(1))
    module.left_out = nn.Buffer(autograd.ones(1), persistent=False)
    assert [name for name, _ in module.named_buffers()] == ["kept", "left_out"]
    assert list(module.state_dict()) == ["kept"]
    assert not module.kept.requires_grad
