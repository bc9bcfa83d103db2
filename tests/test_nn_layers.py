"""Linear, shapes, activations, Dropout, Embedding and the losses as modules."""

import numpy as np
import pytest

import autograd
import nn
from nn import functional as F


def test_linear():
    layer = nn.Linear(3, 2)
    assert layer.weight.shape == (2, 3) and layer.bias.shape == (2,)
    x = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    expected = x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
    np.testing.assert_allclose(layer(autograd.tensor(x)).tolist(), expected, rtol=1e-6)
    assert nn.Linear(3, 2, bias=False).bias is None
    assert list(nn.Linear(3, 2, bias=False).state_dict()) == ["weight"]
    assert nn.Linear(3, 2, dtype=autograd.float64).weight.dtype == np.float64
    assert repr(nn.Linear(3, 2, bias=False)) == "Linear(in_features=3, out_features=2, bias=False)"
    assert nn.Linear(0, 2)(autograd.zeros(1, 0)).shape == (1, 2)


def test_linear_starts_uniform():
    layer = nn.Linear(100, 400)
    for values in (layer.weight.detach().numpy(), layer.bias.detach().numpy()):
        assert abs(values).max() <= 0.1 and abs(values).max() > 0.098
        assert abs(values.mean()) < 0.01
    assert layer.weight.detach().numpy().std() == pytest.approx(0.1 / 3**0.5, rel=0.01)
    autograd.manual_seed(1)
    a = nn.Linear(3, 3)
    autograd.manual_seed(1)
    assert (a.weight == nn.Linear(3, 3).weight).all()


def test_shapes():
    x = autograd.arange(24).reshape(2, 3, 4)
    assert nn.Flatten()(x).shape == (2, 12)
    assert nn.Flatten(0, 1)(x).shape == (6, 4)
    assert nn.Unflatten(1, (3, 1))(x).shape == (2, 3, 1, 4)
    assert nn.Unflatten(-1, [2, -1])(x).shape == (2, 3, 2, 2)
    assert nn.Identity(3, text="any")(x) is x
    assert repr(nn.Flatten()) == "Flatten()" and repr(nn.Flatten(0)) == "Flatten(start_dim=0)"
    assert repr(nn.Unflatten(1, [2, 2])) == "Unflatten(dim=1, unflattened_size=(2, 2))"


X = np.array([[-1.5, 0.0, 2.0], [0.5, -0.5, 0.25]])


@pytest.mark.parametrize(("module", "reference"), [
    (nn.ReLU(), lambda x: np.where(x > 0, x, 0)),
    (nn.Sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
    (nn.Tanh(), np.tanh),
    (nn.Softmax(dim=1), lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True)),
    (nn.LogSoftmax(dim=0), lambda x: x - np.log(np.exp(x).sum(0))),
])
def test_activations(module, reference):
    np.testing.assert_allclose(module(autograd.tensor(X)).numpy(), reference(X), rtol=1e-12)


def test_relu_in_place():
    x = autograd.tensor(X)
    assert nn.ReLU(inplace=True)(x) is x and x.min().item() == 0.0
    assert F.relu(autograd.tensor(X)).min().item() == 0.0
    y = autograd.tensor(X)
    assert F.relu(y, inplace=True) is y
    assert repr(nn.ReLU(inplace=True)) == "ReLU(inplace=True)"


@pytest.mark.parametrize("layer", [nn.Softmax, nn.LogSoftmax])
def test_softmax_wants_its_dimension(layer):
    with pytest.raises(TypeError, match=rf"{layer.__name__}: dim must be .*{layer.__name__}\(dim"):
        layer()
    assert repr(layer(dim=-1)) == f"{layer.__name__}(dim=-1)"
    assert repr(layer(1)) == f"{layer.__name__}(dim=1)"


def test_dropout():
    layer, x = nn.Dropout(0.25), autograd.ones(400, 100)
    values = layer(x).numpy()
    assert set(np.unique(values)) == {0.0, np.float32(1 / 0.75)}
    assert (values == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert layer.eval()(x) is x
    assert repr(nn.Dropout(inplace=True)) == "Dropout(p=0.5, inplace=True)"
    assert nn.Dropout(1)(x).sum().item() == 0.0
    for p in (-0.1, 1.5):
        with pytest.raises(ValueError, match="Dropout: p is the probability"):
            nn.Dropout(p)


def test_dropout_of_a_gradient():
    x = autograd.ones(50, requires_grad=True)
    y = nn.Dropout()(x)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), y.detach().numpy())


def test_dropout_follows_the_seed():
    x = autograd.ones(50)
    autograd.manual_seed(3)
    first = nn.Dropout()(x).tolist()
    autograd.manual_seed(3)
    assert F.dropout(x).tolist() == first


def test_forgotten_eval_is_told():
    model = nn.Sequential(nn.Dropout(0.1))
    with autograd.no_grad():
        with pytest.warns(autograd.Hint, match=r"Dropout\(p=0.1\) runs in training mode under no_"):
            F.mse_loss(model(autograd.ones(2)), autograd.ones(2))
        with model.evaluating():
            assert model(autograd.ones(2)).tolist() == [1.0, 1.0]


def test_embedding():
    layer = nn.Embedding(5, 3, padding_idx=-1)
    assert layer.padding_idx == 4 and layer.weight[4].tolist() == [0.0] * 3
    out = layer(autograd.tensor([[0, 4], [0, 1]]))
    assert out.shape == (2, 2, 3)
    out.sum().backward()
    assert layer.weight.grad[:, 0].tolist() == [2.0, 1.0, 0.0, 0.0, 0.0]
    assert repr(layer) == "Embedding(5, 3, padding_idx=4)"
    weights = nn.Embedding(400, 100).weight.detach().numpy()
    assert abs(weights.mean()) < 0.02 and weights.std() == pytest.approx(1, abs=0.02)


def test_embedding_from_pretrained():
    table = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
    layer = nn.Embedding.from_pretrained(table)
    assert not layer.weight.requires_grad and layer(autograd.tensor(1)).tolist() == [3.0, 4.0]
    table[1] = 0.0
    assert layer(autograd.tensor(1)).tolist() == [0.0, 0.0]
    assert nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad
    with pytest.raises(ValueError, match=r"a matrix .* is needed, got \(3,\)"):
        nn.Embedding.from_pretrained(autograd.ones(3))


def test_embedding_refuses():
    with pytest.raises(ValueError, match="padding_idx 5 is out of range for 5 rows"):
        nn.Embedding(5, 2, padding_idx=5)
    for build in (nn.Embedding, nn.EmbeddingBag):
        with pytest.raises(NotImplementedError, match=f"{build.__name__}: sparse gradients"):
            build(5, 2, sparse=True)


# ---- losses -----------------------------------------------------------------------------------

SCORES = np.array([[0.5, -1.0, 2.0], [0.1, 0.2, -0.3]])
CHANCES = np.array([[0.2, 0.7, 0.5], [0.9, 0.1, 0.6]])
TRUTH = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
CLASSES = np.array([2, 0])
LOG_P = SCORES - np.log(np.exp(SCORES).sum(1, keepdims=True))
WEIGHT = np.array([1.0, 2.0, 3.0])
PICKED = -LOG_P[[0, 1], CLASSES]
BINARY = -(TRUTH * np.log(CHANCES) + (1 - TRUTH) * np.log(1 - CHANCES))
POSITIVE = -np.log(1 / (1 + np.exp(-SCORES)))
NEGATIVE = -np.log(1 / (1 + np.exp(SCORES)))

LOSSES = [
    (nn.MSELoss(), SCORES, TRUTH, ((SCORES - TRUTH) ** 2).mean()),
    (nn.MSELoss(reduction="sum"), SCORES, TRUTH, ((SCORES - TRUTH) ** 2).sum()),
    (nn.MSELoss(reduction="none"), SCORES, TRUTH, (SCORES - TRUTH) ** 2),
    (nn.CrossEntropyLoss(), SCORES, CLASSES, PICKED.mean()),
    (nn.CrossEntropyLoss(reduction="none"), SCORES, CLASSES, PICKED),
    (nn.CrossEntropyLoss(autograd.tensor(WEIGHT)), SCORES, CLASSES,
     (PICKED * [3.0, 1.0]).sum() / 4.0),
    (nn.CrossEntropyLoss(ignore_index=0), SCORES, CLASSES, PICKED[0]),
    (nn.CrossEntropyLoss(label_smoothing=0.3), SCORES, CLASSES,
     (0.7 * PICKED - 0.1 * LOG_P.sum(1)).mean()),
    (nn.CrossEntropyLoss(), SCORES, CHANCES, -(CHANCES * LOG_P).sum(1).mean()),
    (nn.NLLLoss(), LOG_P, CLASSES, PICKED.mean()),
    (nn.NLLLoss(autograd.tensor(WEIGHT), reduction="sum"), LOG_P, CLASSES,
     (PICKED * [3.0, 1.0]).sum()),
    (nn.BCELoss(), CHANCES, TRUTH, BINARY.mean()),
    (nn.BCELoss(autograd.tensor(WEIGHT), reduction="none"), CHANCES, TRUTH, BINARY * WEIGHT),
    (nn.BCEWithLogitsLoss(), SCORES, TRUTH, (TRUTH * POSITIVE + (1 - TRUTH) * NEGATIVE).mean()),
    (nn.BCEWithLogitsLoss(pos_weight=autograd.tensor(WEIGHT)), SCORES, TRUTH,
     (TRUTH * POSITIVE * WEIGHT + (1 - TRUTH) * NEGATIVE).mean()),
]


@pytest.mark.parametrize(("loss", "input", "target", "expected"), LOSSES)
def test_losses(loss, input, target, expected):
    value = loss(autograd.tensor(input), autograd.tensor(target))
    np.testing.assert_allclose(value.numpy(), expected, rtol=1e-12)


def test_loss_settings():
    assert repr(nn.MSELoss()) == "MSELoss()"
    assert repr(nn.CrossEntropyLoss(reduction="sum", label_smoothing=0.1)) == (
        "CrossEntropyLoss(reduction='sum', label_smoothing=0.1)")
    assert list(nn.CrossEntropyLoss(autograd.ones(3)).state_dict()) == ["weight"]
    assert list(nn.BCEWithLogitsLoss(pos_weight=autograd.ones(3)).state_dict()) == ["pos_weight"]
    assert nn.NLLLoss(autograd.ones(3)).double().weight.dtype == np.float64
    assert not list(nn.CrossEntropyLoss(autograd.ones(3)).parameters())
    with pytest.raises(ValueError, match="MSELoss: reduction 'average'; choose 'mean'"):
        nn.MSELoss(reduction="average")
    with pytest.raises(ValueError, match="label_smoothing must lie between 0 and 1, got 2"):
        nn.CrossEntropyLoss(label_smoothing=2)


def test_an_error_in_a_loss_names_the_loss():
    with pytest.raises((ValueError, RuntimeError), match=r"(?s)\(4, 1\).*\n  in MSELoss\(\)"):
        nn.MSELoss()(autograd.ones(4, 1), autograd.ones(4))


def test_functional_is_what_it_lists():
    assert sorted(F.__all__) == F.__all__
    assert all(callable(getattr(F, name)) for name in F.__all__)
    assert all(getattr(nn, name) is not None for name in nn.__all__)


@pytest.mark.parametrize(("kind", "shape"), [
    (nn.BatchNorm1d, (4, 3)), (nn.BatchNorm2d, (4, 3, 2, 2)), (nn.BatchNorm3d, (4, 3, 2, 1, 2))])
@pytest.mark.parametrize("momentum", [0.1, None])
def test_statistics_can_be_frozen_later(kind, shape, momentum, rng):
    """The batch's are used in training, and the running ones stay as they are."""
    layer = kind(3, momentum=momentum)
    layer.track_running_stats = False
    x = rng.standard_normal(shape) + 5
    out = layer(autograd.tensor(x, dtype=autograd.float32)).detach().numpy()
    axes = tuple(axis for axis in range(len(shape)) if axis != 1)
    expected = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)
    np.testing.assert_allclose(out, expected, atol=1e-4)
    assert layer.running_mean.tolist() == [0, 0, 0] and layer.running_var.tolist() == [1, 1, 1]
    assert layer.num_batches_tracked.item() == 0
    again = layer.eval()(autograd.tensor(x, dtype=autograd.float32)).detach().numpy()
    np.testing.assert_allclose(again, x / np.sqrt(1 + 1e-5), rtol=1e-5)
