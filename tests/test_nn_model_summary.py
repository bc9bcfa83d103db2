"""The table that summary prints."""

import pytest

import autograd
import nn


def mlp():
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(),
                         nn.Dropout(), nn.Linear(128, 10))


def test_table_of_an_mlp():
    shown = nn.summary(mlp(), (1, 784))
    assert str(shown) == repr(shown) == """\
Layer                                           Output shape  Parameters
------------------------------------------------------------------------
Sequential                                      (1, 10)                -
  0: Linear(in_features=784, out_features=256)  (1, 256)         200,960
  1: ReLU()                                     (1, 256)               -
  2: Linear(in_features=256, out_features=128)  (1, 128)          32,896
  3: ReLU()                                     (1, 128)               -
  4: Dropout(p=0.5)                             (1, 128)               -
  5: Linear(in_features=128, out_features=10)   (1, 10)            1,290
------------------------------------------------------------------------
Parameters: 200,960 + 32,896 + 1,290 = 235,146
Memory of the parameters: 918.5 KiB
Size 394 nodes, width 256, depth 3"""
    assert (shown.total, shown.trainable, shown.nbytes) == (235146, 235146, 940584)
    assert (shown.size, shown.width, shown.depth) == (394, 256, 3)


def test_the_model_is_left_as_it_was():
    model = mlp()
    model[4].eval()
    nn.summary(model, (2, 784))
    assert model.training and not model[4].training
    assert not any(m._hooks.forward for m in model.modules())
    assert all(p.grad is None for p in model.parameters())


def test_inputs():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(10, 4)
            self.unused = nn.Linear(2, 2)

        def forward(self, words, scale):
            x = self.embed(words)
            return self.embed(words) * scale, x

    shown = nn.summary(Two(), (autograd.tensor([[1, 2, 3]]), autograd.ones(1)))
    outputs = {row.path: row.output for row in shown.rows}
    assert outputs == {"": "(1, 3, 4), (1, 3, 4)", "embed": "(1, 3, 4) ×2", "unused": "not called"}
    assert shown.total == 46
    assert nn.summary(nn.Embedding(5, 2), autograd.tensor([1])).rows[0].output == "(1, 2)"
    assert nn.summary(nn.Linear(3, 2).double(), (4, 3)).rows[0].output == "(4, 2)"
    with pytest.raises(TypeError, match=r"a size such as \(1, 784\), got \(1, 'x'\)"):
        nn.summary(nn.Linear(3, 2), (1, "x"))


def test_shared_and_frozen_parameters():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    model[1].bias.requires_grad_(False)
    shown = nn.summary(model, (1, 3))
    assert (shown.total, shown.trainable) == (15, 12)
    assert [row.parameters for row in shown.rows] == [0, 12, 3]
    assert "Parameters: 12 + 3 = 15 (3 of them frozen)" in str(shown)


def test_hooks_go_even_where_the_model_fails():
    model = nn.Sequential(nn.Linear(3, 2))
    with pytest.raises(RuntimeError, match=r"in Sequential\.0"):
        nn.summary(model, (1, 4))
    assert not model[0]._hooks.forward and model.training


def test_nested_models_are_indented():
    shown = str(nn.summary(nn.Sequential(nn.Sequential(nn.ReLU())), (1, 2)))
    assert "\n  0: Sequential " in shown and "\n    0: ReLU() " in shown
    assert "Parameters: 0\n" in shown and "depth 0" in shown
