"""Clipping gradients, and parameters as one vector."""

import numpy as np
import pytest

import autograd
import nn
from nn import utils


def parameters():
    """Two parameters with gradients (3, 4) and (0, 12), and one without."""
    made = [nn.Parameter(autograd.zeros(2)) for _ in range(3)]
    made[0].grad, made[1].grad = autograd.tensor([3.0, 4.0]), autograd.tensor([0.0, 12.0])
    return made


@pytest.mark.parametrize(("p", "norm"), [(2, 13.0), (1, 19.0), (float("inf"), 12.0),
                                         (3.0, (27 + 64 + 1728) ** (1 / 3)), ("inf", 12.0)])
def test_total_norm_and_scaling(p, norm):
    made = parameters()
    assert utils.clip_grad_norm_(made, 1.0, p).item() == pytest.approx(norm, rel=1e-6)
    np.testing.assert_allclose(made[0].grad.numpy(), np.array([3, 4]) / norm, rtol=1e-5)
    np.testing.assert_allclose(made[1].grad.numpy(), np.array([0, 12]) / norm, rtol=1e-5)
    assert made[2].grad is None
    again = utils.get_total_norm([q.grad for q in made[:2]], p)
    assert again.item() == pytest.approx(1, rel=1e-5)


def test_small_gradients_stay():
    made = parameters()
    total = utils.clip_grad_norm_(iter(made), 100)
    assert isinstance(total, autograd.Tensor) and total.dtype == np.float32 and total.item() == 13
    assert made[0].grad.tolist() == [3.0, 4.0]


def test_one_tensor_and_nothing():
    one = parameters()[0]
    assert utils.clip_grad_norm_(one, 1.0).item() == 5.0
    assert utils.clip_grad_norm_([], 1.0).item() == 0.0
    assert utils.clip_grad_norm_(parameters()[2], 1.0).item() == 0.0


def test_nonfinite_norms():
    made = parameters()
    made[1].grad = autograd.tensor([float("nan"), 1.0])
    with pytest.raises(RuntimeError, match=r"total norm \(norm_type 2.0\) of 2 gradients is nan"
                                           ".*learning rate$"):
        utils.clip_grad_norm_(made, 1.0, error_if_nonfinite=True)
    assert made[0].grad.tolist() == [3.0, 4.0]
    assert np.isnan(utils.clip_grad_norm_(made, 1.0).item())
    assert np.isnan(made[0].grad.numpy()).all()
    made = parameters()
    made[1].grad = autograd.tensor([float("inf"), 1.0])
    assert utils.clip_grad_norm_(made, 1.0).item() == float("inf")
    assert made[0].grad.tolist() == [0.0, 0.0]


def test_clip_value():
    made = parameters()
    utils.clip_grad_value_(made, 3.5)
    assert made[0].grad.tolist() == [3.0, 3.5] and made[1].grad.tolist() == [0.0, 3.5]
    made[0].grad = autograd.tensor([-9.0, 1.0])
    utils.clip_grad_value_(made[0], 2)
    assert made[0].grad.tolist() == [-2.0, 1.0]


def test_vector_round_trip():
    model = nn.Linear(3, 2)
    vector = utils.parameters_to_vector(model.parameters())
    assert vector.shape == (8,)
    assert vector[:6].tolist() == model.weight.flatten().tolist()
    vector.sum().backward()
    assert model.bias.grad.tolist() == [1.0, 1.0]
    utils.vector_to_parameters(autograd.arange(8).float(), model.parameters())
    assert model.weight.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert model.bias.tolist() == [6.0, 7.0] and model.bias.is_leaf


def test_vector_of_the_wrong_size_changes_nothing():
    model = nn.Linear(3, 2)
    before = model.weight.tolist()
    for vector, got in ((autograd.ones(7), r"\(7,\)"), (autograd.ones(1, 8), r"\(1, 8\)"),
                        ([1.0] * 8, "list")):
        with pytest.raises(ValueError, match=r"shape \(8,\) fits these 2 parameters, got " + got):
            utils.vector_to_parameters(vector, model.parameters())
    assert model.weight.tolist() == before


# ---- penalties -----------------------------------------------------------------------------------

def penalised():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1)).double()
    with autograd.no_grad():
        for p in model.parameters():
            p.copy_(autograd.arange(-1.0, p.numel() - 1.0).reshape(p.shape))
    return model


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("samples", [None, 10])
def test_penalties_and_their_gradients(bias, samples):
    model, scale = penalised(), 1.0 if samples is None else 1 / 20
    counted = [p for p in model.parameters() if bias or p.ndim > 1]
    assert len(counted) == (6 if bias else 2)
    flat = np.concatenate([p.detach().numpy().ravel() for p in counted])
    options = dict(samples=samples, bias=bias)
    for penalty, value, slope in (
        (utils.l2_penalty(model, 0.3, **options), 0.3 * (flat**2).sum(), 0.6 * flat),
        (utils.l1_penalty(model, 0.3, **options), 0.3 * abs(flat).sum(), 0.3 * np.sign(flat)),
        (utils.elastic_penalty(model, 0.3, 0.2, **options),
         0.3 * abs(flat).sum() + 0.2 * (flat**2).sum(), 0.3 * np.sign(flat) + 0.4 * flat)):
        assert penalty.item() == pytest.approx(scale * value, rel=1e-12)
        grads = autograd.grad(penalty, counted)
        np.testing.assert_allclose(np.concatenate([g.numpy().ravel() for g in grads]),
                                   scale * slope)


@pytest.mark.parametrize(("kind", "do", "text"), [
    (ValueError, lambda: utils.l2_penalty(nn.Linear(2, 1), -1), "l2_penalty: lam must be at least"),
    (ValueError, lambda: utils.elastic_penalty(nn.Linear(2, 1), 0, -2), "l2 must be at least 0"),
    (ValueError, lambda: utils.l1_penalty(nn.Linear(2, 1), 1, samples=0), "samples must be the"),
    (ValueError, lambda: utils.l1_penalty(nn.BatchNorm1d(2), 1), "l1_penalty: BatchNorm1d has no pa"
     "rameter of two or more dimensions; bias=True counts all"),
    (ValueError, lambda: utils.l2_penalty(nn.ReLU(), 1, bias=True), "ReLU has no parameter$"),
    (TypeError, lambda: utils.l2_penalty([1], 1), "l2_penalty: model must be a Module, got"),
    (TypeError, lambda: utils.l2_penalty(nn.Linear, 1), r"the class Linear; write \(\) behind it"),
])
def test_penalties_that_make_no_sense(kind, do, text):
    with pytest.raises(kind, match=text):
        do()


@pytest.mark.parametrize("call", [
    lambda given: utils.clip_grad_norm_(given, 1.0),
    lambda given: utils.clip_grad_value_(given, 1.0), utils.parameters_to_vector])
def test_a_method_in_place_of_parameters(call):
    with pytest.raises(TypeError, match=r"^\w+: parameters must be Tensors, such as model.paramete"
                                        r"rs\(\), got the method Linear.parameters; write \(\) be"):
        call(nn.Linear(1, 1).parameters)


# ---- output sizes --------------------------------------------------------------------------------

@pytest.mark.parametrize("options", [
    dict(kernel_size=3), dict(kernel_size=3, stride=2, padding=1), dict(kernel_size=2, dilation=3),
    dict(kernel_size=(2, 3), stride=(3, 1)), dict(kernel_size=4, padding="same"),
    dict(kernel_size=2, padding="valid")])
def test_output_sizes_are_those_of_the_layers(options):
    for size in ((9, 11), (10, 8)):
        expected = nn.Conv2d(1, 1, **options)(autograd.zeros(1, 1, *size)).shape[2:]
        assert utils.conv_output_size(size, **options) == tuple(expected)
    if options.get("padding", 0) not in ("same", "valid"):
        for ceil in (False, True):
            pooled = nn.MaxPool2d(**{"stride": 1, **options}, ceil_mode=ceil)
            assert utils.conv_output_size((9, 11), **options, ceil_mode=ceil) == tuple(
                pooled(autograd.zeros(1, 9, 11)).shape[1:])


def test_output_sizes_that_do_not_exist():
    with pytest.raises(ValueError, match="conv_output_size: the window spans 5 places, but the"):
        utils.conv_output_size(3, 5)
    with pytest.raises(ValueError, match="conv_output_size: stride must be an int of at least 1"):
        utils.conv_output_size(3, 1, stride=0)
