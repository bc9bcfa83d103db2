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
    with pytest.raises(RuntimeError, match=r"total norm \(norm_type 2.0\) of 2 gradients is nan"):
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
