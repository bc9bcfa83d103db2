"""What nn.utils' parametrizations, pruning, fusion and functional_call refuse, and their rest."""

import re

import pytest

import autograd
import nn
import optim

utils = nn.utils
prune, parametrize, parametrizations = utils.prune, utils.parametrize, utils.parametrizations
functional_call = utils.stateless.functional_call


class Doubled(nn.Module):
    def forward(self, x):
        return x * 2


class Longer(nn.Module):
    def forward(self, x):
        return autograd.cat([x, x])


def test_parametrizations_refuse():
    layer = nn.Linear(2, 2)
    for kind, words, act in [
        (ValueError, "Linear has no parameter or buffer 'wieght'",
         lambda: parametrize.register_parametrization(layer, "wieght", Doubled())),
        (ValueError, "must return a Tensor of the shape (2, 2)",
         lambda: parametrize.register_parametrization(layer, "weight", Longer())),
        (ValueError, "Linear.weight is not parametrized",
         lambda: parametrize.remove_parametrizations(layer, "weight")),
        (ValueError, "n_power_iterations must be positive",
         lambda: parametrizations.spectral_norm(layer, n_power_iterations=0)),
        (IndexError, "dim 2 is not in [-2, 1]",
         lambda: parametrizations.spectral_norm(layer, dim=2)),
        (ValueError, "has no parameter or buffer 'x'",
         lambda: parametrizations.orthogonal(layer, "x")),
        (ValueError, "matrices are needed", lambda: parametrizations.orthogonal(layer, "bias")),
        (ValueError, "orthogonal_map 'x'; choose",
         lambda: parametrizations.orthogonal(layer, orthogonal_map="x")),
    ]:  # fmt: skip
        with pytest.raises(kind, match=re.escape(words)):
            act()
        assert type(layer) is nn.Linear and list(layer.state_dict()) == ["weight", "bias"]
    parametrize.register_parametrization(layer, "weight", Longer(), unsafe=True)
    assert layer.weight.shape == (4, 2)
    with pytest.raises(RuntimeError, match=r"Longer has no right_inverse\(value\)"):
        layer.weight = autograd.ones(4, 2)
    normed = parametrizations.weight_norm(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="computed from 2 tensors"):
        parametrize.remove_parametrizations(normed, "weight", leave_parametrized=False)


def test_weights_of_the_older_names_are_read():
    with pytest.warns(FutureWarning, match="deprecated"):
        old = utils.weight_norm(nn.Linear(2, 3))
    new = parametrizations.weight_norm(nn.Linear(2, 3))
    assert new.load_state_dict(old.state_dict()) == ([], [])
    assert (new.weight == old.weight).all()
    with (pytest.warns(FutureWarning),
          pytest.raises(ValueError, match="weight_norm: Linear has no parameter 'weight'")):
        utils.weight_norm(old)
    with pytest.raises(ValueError, match="spectral_norm: Linear.weight has none"):
        utils.remove_spectral_norm(old)


def test_a_parametrized_model_trains():
    autograd.manual_seed(0)
    model = nn.Sequential(parametrizations.orthogonal(nn.Linear(3, 3)), nn.Tanh(),
                          parametrizations.spectral_norm(nn.Linear(3, 1)))
    x = autograd.randn(20, 3)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        (model(x) - 1).square().mean().backward()
        optimizer.step()
    weight = model[0].weight
    assert ((weight @ weight.T - autograd.eye(3)).abs() < 1e-5).all()


def test_pruning_at_random_and_what_it_refuses():
    layer = prune.random_structured(nn.Linear(6, 4), "weight", amount=0.5, dim=1)
    assert ((layer.weight == 0).all(0)).sum().item() == 3
    prune.random_unstructured(layer, "weight", amount=2)
    assert (layer.weight == 0).sum().item() == 14
    scores = autograd.arange(4).float()
    prune.l1_unstructured(layer, "bias", 1, importance_scores=scores)
    assert layer.bias_mask.tolist() == [0, 1, 1, 1]
    for kind, words, act in [
        (ValueError, "amount=99 is more than the 24",
         lambda m: prune.l1_unstructured(m, "weight", 99)),
        (ValueError, "a share from 0 to 1, got 1.5",
         lambda m: prune.l1_unstructured(m, "weight", 1.5)),
        (TypeError, "amount must be a number", lambda m: prune.l1_unstructured(m, "weight", "x")),
        (ValueError, "two dimensions or more", lambda m: prune.ln_structured(m, "bias", 1, 2, 0)),
        (IndexError, "dim 2 is not in", lambda m: prune.ln_structured(m, "weight", 1, 2, 2)),
        (ValueError, "Linear.weight is not pruned", lambda m: prune.remove(m, "weight")),
        (AssertionError, "must have the shape", lambda m: prune.l1_unstructured(
            m, "weight", 1, importance_scores=scores)),
        (TypeError, "LnStructured is structured", lambda m: prune.global_unstructured(
            [(m, "weight")], prune.LnStructured, amount=1, n=2)),
    ]:  # fmt: skip
        fresh = nn.Linear(6, 4)
        with pytest.raises(kind, match=re.escape(words)):
            act(fresh)
        assert list(fresh.state_dict()) == ["weight", "bias"]


def test_fusion_refuses():
    conv, bn = nn.Conv1d(2, 3, 1), nn.BatchNorm1d(3)
    with pytest.raises(AssertionError, match="evaluation mode"):
        utils.fuse_conv_bn_eval(conv, bn)
    with pytest.raises(AssertionError, match="no running statistics"):
        utils.fuse_conv_bn_eval(conv.eval(), nn.BatchNorm1d(3, track_running_stats=False).eval())
    with pytest.raises(AssertionError, match="num_features=3 must be 1"):
        utils.fuse_linear_bn_eval(nn.Linear(2, 2).eval(), bn.eval())


def test_calls_with_other_tensors():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    weight = autograd.eye(2).requires_grad_()
    given = {"0.weight": weight, "0.bias": autograd.zeros(2), "1.bias": autograd.zeros(2)}
    before, x = dict(model.state_dict()), autograd.tensor([1.0, 2.0])
    assert functional_call(model, given, x).tolist() == [1, 2]
    functional_call(model, given, (x,)).sum().backward()
    assert weight.grad.tolist() == [[2, 4], [2, 4]] and model[0].weight.grad is None
    assert functional_call(model, given, (x,), tie_weights=False).tolist() != [1, 2]
    both = {**given, "1.weight": autograd.zeros(2, 2)}
    with pytest.raises(ValueError, match="'1.weight' is tied to another name"):
        functional_call(model, both, x)
    assert functional_call(model, both, x, tie_weights=False).tolist() == [0, 0]
    assert functional_call(model, {**given, "1.weight": weight}, x).tolist() == [1, 2]
    for wrong, words, options in [
        ({"0.wieght": weight}, "'0.wieght' is not among its tensors; did you mean '0.weight'", {}),
        ({}, "'0.weight' is missing", {"strict": True})]:  # fmt: skip
        with pytest.raises(RuntimeError, match=re.escape(words)):
            functional_call(model, wrong, (x,), **options)
    with pytest.raises(RuntimeError):
        functional_call(model, given, autograd.ones(3))
    assert all(model.state_dict()[name].equal(value) for name, value in before.items())


def test_clipping_by_a_norm_that_is_known():
    p = nn.Parameter(autograd.zeros(2))
    p.grad = autograd.tensor([3.0, 4.0])
    utils.clip_grads_with_norm_([p], 1.0, utils.get_total_norm([p.grad]))
    assert p.grad.norm().item() == pytest.approx(1, 1e-5)
    utils.clip_grads_with_norm_(p, 9.0, autograd.tensor(1.0))
    assert p.grad.norm().item() == pytest.approx(1, 1e-5)
