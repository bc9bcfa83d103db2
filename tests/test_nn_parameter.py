"""Parameter and Buffer: tensors that a Module knows by name."""

import copy
import pickle

import numpy as np
import pytest

import autograd
import nn
import optim


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


@pytest.mark.parametrize("kind", [nn.Parameter, nn.Buffer])
def test_a_complex_one_is_one_and_refused_where_there_is_no_complex_form(kind):
    data = autograd.tensor([1j, 2.0])
    found = kind(data)
    assert isinstance(found, kind) and found.is_complex() and found.dtype is data.dtype
    assert found.requires_grad is (kind is nn.Parameter)
    data.mul_(2)
    assert found.tolist() == [2j, 4] and (found * 1j).tolist() == [-2, 4j]
    with pytest.raises(TypeError, match="relu: .*complex"):
        found.relu()
    for other in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert type(other) is type(found) and other.tolist() == [2j, 4]
        assert other.requires_grad is found.requires_grad


def test_a_complex_module():
    layer = nn.Sequential(nn.Linear(3, 20, dtype=autograd.complex64))
    x = autograd.randn(5, 3, dtype=autograd.complex64)
    weight, bias = layer[0].weight.detach().clone(), layer[0].bias.detach()
    np.testing.assert_allclose(layer(x).detach().numpy(),
                               x.numpy() @ weight.numpy().T + bias.numpy(), rtol=1e-5)
    bound = 3**-0.5
    assert -bound <= weight.real.min() < 0 < weight.real.max() <= bound and weight.imag.any()
    seen = []
    layer[0].register_forward_hook(lambda module, args, output: seen.append(output.dtype))
    assert layer.double()(x).dtype == autograd.complex64 and seen == [autograd.complex64]
    assert "Parameters: 80" in str(nn.summary(layer, input=x))
    vector = nn.utils.parameters_to_vector(layer.parameters())
    nn.utils.vector_to_parameters(vector * 2, layer.parameters())
    assert (layer[0].weight == weight * 2).all()


@pytest.mark.parametrize(("call", "said"), [
    (lambda m: m.load_state_dict(nn.Linear(2, 2, dtype=autograd.cfloat).state_dict()),
     r"weight.*\(2, 2\) complex64"),
    (lambda m: m.to(autograd.cfloat), "Linear.to: .*constructor, as dtype"),
    (lambda m: m(autograd.ones(1, 2, dtype=autograd.cfloat)),
     r"do not mix; nn.Linear\(..., dtype=autograd.complex64\) takes it"),
    (lambda m: nn.Linear(2, 2, dtype=autograd.cfloat)(autograd.ones(1, 2)),
     r"do not mix; input.cfloat\(\) gives it the weight's, model.float\(\)"),
    (lambda m: nn.init.orthogonal_(autograd.ones(2, 2, dtype=autograd.cfloat)), "real numbers"),
    (lambda m: nn.init.trunc_normal_(autograd.ones(2, 2, dtype=autograd.cfloat)), "real numbers"),
    (lambda m: autograd.ones(2, dtype=autograd.cfloat).bernoulli_(), "real numbers"),
    (lambda m: optim.Muon([autograd.ones(2, 2, dtype=autograd.cfloat)]), "which Muon is not made"),
    (lambda m: optim.Adafactor([autograd.ones(2, dtype=autograd.cfloat)]), "Adafactor is not made"),
    (lambda m: nn.utils.clip_grad_value_(complex_leaf(), 1.0), "use clip_grad_norm_")])
def test_what_complex_numbers_do_not_fit(call, said):
    model = nn.Linear(2, 2)
    before = model.weight.clone()
    with pytest.raises((TypeError, RuntimeError), match=said):
        call(model)
    assert (model.weight == before).all() and model.weight.dtype == autograd.float32


def complex_leaf():
    leaf = nn.Parameter(autograd.ones(2, dtype=autograd.cfloat))
    leaf.abs().sum().backward()
    return [leaf]


def test_complex_numbers_are_drawn_with_the_variance_asked_for():
    z = nn.init.normal_(autograd.empty(200, 300, dtype=autograd.complex128), 0.5, 2.0).numpy()
    np.testing.assert_allclose([z.real.mean(), z.imag.mean()], 0.5, atol=0.03)
    np.testing.assert_allclose([z.real.var(), z.imag.var()], 2.0, rtol=0.03)
    z = nn.init.uniform_(autograd.empty(200, 300, dtype=autograd.complex64), -1, 3).numpy()
    for part in (z.real, z.imag):
        assert -1 <= part.min() < -0.99 and 2.99 < part.max() <= 3


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
