"""Lazy layers: before, during and after their first call."""

import copy
import pickle

import numpy as np
import pytest

import autograd
import nn
import optim

LAYERS = [
    ("LazyLinear", dict(out_features=3), (4, 5), dict(in_features=5, out_features=3)),
    ("LazyLinear", dict(out_features=3, bias=False), (5,),
     dict(in_features=5, out_features=3, bias=False)),
    ("LazyConv1d", dict(out_channels=4, kernel_size=3, groups=2), (2, 6, 9),
     dict(in_channels=6, out_channels=4, kernel_size=3, groups=2)),
    ("LazyConv2d", dict(out_channels=4, kernel_size=3, bias=False), (3, 9, 9),
     dict(in_channels=3, out_channels=4, kernel_size=3, bias=False)),
    ("LazyConv3d", dict(out_channels=4, kernel_size=2), (2, 3, 4, 4, 4),
     dict(in_channels=3, out_channels=4, kernel_size=2)),
    ("LazyConvTranspose1d", dict(out_channels=4, kernel_size=3, groups=2), (2, 6, 9),
     dict(in_channels=6, out_channels=4, kernel_size=3, groups=2)),
    ("LazyConvTranspose2d", dict(out_channels=4, kernel_size=3), (2, 6, 9, 9),
     dict(in_channels=6, out_channels=4, kernel_size=3)),
    ("LazyConvTranspose3d", dict(out_channels=4, kernel_size=2), (2, 6, 3, 3, 3),
     dict(in_channels=6, out_channels=4, kernel_size=2)),
    ("LazyInstanceNorm3d", {}, (2, 5, 2, 3, 2),
     dict(num_features=5, affine=True, track_running_stats=True)),
    ("LazyBatchNorm1d", {}, (4, 5), dict(num_features=5)),
    ("LazyBatchNorm2d", dict(affine=False), (4, 5, 2, 2), dict(num_features=5, affine=False)),
    ("LazyBatchNorm3d", dict(bias=False), (4, 5, 2, 2, 2), dict(num_features=5, bias=False)),
    ("LazyInstanceNorm1d", dict(track_running_stats=False), (5, 4),
     dict(num_features=5, affine=True)),
    ("LazyInstanceNorm2d", {}, (2, 5, 4, 4),
     dict(num_features=5, affine=True, track_running_stats=True)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "shape", "plain"), LAYERS)
def test_layers_become_plain_ones(name, options, shape, plain):
    x = autograd.randn(*shape)
    lazy, again = getattr(nn, name)(**options), getattr(nn, name)(**options)
    keys = list(lazy.state_dict())
    before = autograd.get_rng_state()
    assert "0" in repr(lazy) and name in repr(lazy)
    autograd.manual_seed(3)
    result = lazy(x)
    autograd.manual_seed(3)
    eager = getattr(nn, name.removeprefix("Lazy"))(**plain)
    assert type(lazy) is type(eager) and repr(lazy) == repr(eager) and lazy._hooks is None
    np.testing.assert_array_equal(result.detach().numpy(), eager(x).detach().numpy())
    assert list(eager.state_dict()) == keys == list(lazy.state_dict())
    assert {k: type(v) for k, v in vars(lazy).items()} == {k: type(v)
                                                         for k, v in vars(eager).items()}
    assert again.load_state_dict(eager.state_dict()) == ([], [])  # then nothing is drawn
    again.eval(), eager.eval()
    np.testing.assert_array_equal(again(x).detach().numpy(), eager(x).detach().numpy())
    assert repr(again) == repr(eager)
    autograd.set_rng_state(before)


def test_before_the_first_call():
    layer = nn.LazyLinear(3)
    assert isinstance(layer.weight, nn.UninitializedParameter) and layer.weight.requires_grad
    for use in (lambda: layer.weight + 1, lambda: layer.weight.shape, lambda: layer.bias.numpy()):
        with pytest.raises(ValueError, match="UninitializedParameter: .* call the model once"):
            use()
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    layer.double().requires_grad_(False).requires_grad_()
    other, copied = nn.LazyLinear(3), copy.deepcopy(layer)
    pickled = pickle.loads(pickle.dumps(layer))
    assert other.load_state_dict(layer.state_dict()) == ([], [])
    assert isinstance(other.weight, nn.UninitializedParameter)
    with pytest.raises(RuntimeError, match=r"weight \(3, 2\) +weight \(not known yet\)"):
        nn.Linear(2, 3).load_state_dict(layer.state_dict())
    x = autograd.ones(4, 2, dtype=autograd.float64)
    for one in (layer, copied, pickled):
        one(x).sum().backward()
        assert one.weight.dtype == np.float64 and one.weight.grad.shape == (3, 2)
    assert layer.weight is optimizer.param_groups[0]["params"][0]
    old = layer.weight.detach().clone()
    optimizer.step()
    assert not np.array_equal(layer.weight.detach().numpy(), old.numpy())


def test_inputs_that_do_not_fit():
    with pytest.raises(RuntimeError, match="LazyConv2d: 3-d or 4-d input is needed"):
        nn.LazyConv2d(4, 3)(autograd.ones(3))
    with pytest.raises(ValueError, match="groups=2 must divide the 3 channels"):
        nn.LazyConv2d(4, 3, groups=2)(autograd.ones(3, 9, 9))
    with pytest.raises(ValueError, match="LazyBatchNorm1d: 2-d or 3-d"):
        nn.LazyBatchNorm1d()(autograd.ones(3))
    layer = nn.LazyLinear(3)
    layer.load_state_dict(nn.Linear(2, 3).state_dict())
    with pytest.raises(RuntimeError, match="linear"):
        layer(autograd.ones(4, 5))


def test_lazy_modules_of_ones_own():
    class Scale(nn.modules.lazy.LazyModuleMixin, nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.UninitializedParameter()
            self.register_buffer("seen", nn.UninitializedBuffer())

        def initialize_parameters(self, x, by=1.0):
            self.weight.materialize(x.shape)
            self.weight.data.fill_(by)
            self.seen.materialize(()) if x.ndim < 2 else None

        def forward(self, x, by=1.0):
            return x * self.weight

    assert Scale()(autograd.ones(2), by=3.0).tolist() == [3.0, 3.0]
    with pytest.raises(RuntimeError, match="has left parameters without a shape"):
        Scale()(autograd.ones(2, 2))

    class Empty(nn.modules.lazy.LazyModuleMixin):
        def forward(self, x):
            return x

    with pytest.raises(NotImplementedError, match="Empty must define initialize_parameters"):
        Empty()(autograd.ones(1))
