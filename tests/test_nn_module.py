"""Module: registration, traversal, modes, conversion, printing, copying."""

import copy
import pickle
import weakref

import numpy as np
import pytest

import autograd
import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
        self.classifier = nn.Linear(3, 2, bias=False)
        self.scale = nn.Parameter(autograd.ones(2))
        self.register_buffer("steps", autograd.tensor(0))
        self.register_buffer("cache", autograd.zeros(2), persistent=False)

    def forward(self, x):
        return self.classifier(self.features(x)) * self.scale


NAMES = ["scale", "features.0.weight", "features.0.bias", "classifier.weight"]


# ---- registration -----------------------------------------------------------------------------


def test_attributes_are_sorted():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == NAMES
    assert [name for name, _ in net.named_buffers()] == ["steps", "cache"]
    assert [name for name, _ in net.named_children()] == ["features", "classifier"]
    assert [name for name, _ in net.named_modules()] == [
        "", "features", "features.0", "features.1", "classifier"]
    assert list(net._parameters) == ["scale"] and list(net._buffers) == ["steps", "cache"]
    assert list(net._modules) == ["features", "classifier"]


def test_the_registers_cannot_be_written_past_the_module():
    with pytest.raises(TypeError):
        Net()._modules["classifier"] = nn.Identity()


def test_replacing_and_deleting():
    net = Net()
    net.classifier = nn.Linear(3, 5)
    net.scale = None
    assert [name for name, _ in net.named_parameters()] == [
        "features.0.weight", "features.0.bias", "classifier.weight", "classifier.bias"]
    net.scale = nn.Parameter(autograd.ones(5))
    assert net(autograd.zeros(1, 4)).shape == (1, 5)
    del net.classifier
    assert [name for name, _ in net.named_children()] == ["features"]
    with pytest.raises(AttributeError):
        net.classifier  # noqa: B018
    with pytest.raises(AttributeError):
        del net.classifier


def test_a_name_changes_its_kind():
    module = nn.Module()
    module.x = nn.Linear(1, 1)
    module.y = 3
    module.y = module.x = nn.Parameter(autograd.ones(1))
    assert [name for name, _ in module.named_parameters(remove_duplicate=False)] == ["y", "x"]
    assert not list(module.children())


@pytest.mark.parametrize(("name", "value", "text"), [
    ("scale", autograd.ones(2), r"Net\.scale is a parameter: only a Parameter or None .* Tensor"),
    ("classifier", 3, r"Net\.classifier is a module: only a Module or None .* got int"),
    ("steps", "no", r"Net\.steps is a buffer: only a Tensor or None .* got str"),
])
def test_a_registered_name_keeps_its_kind(name, value, text):
    net = Net()
    before = getattr(net, name)
    with pytest.raises(TypeError, match=text):
        setattr(net, name, value)
    assert getattr(net, name) is before


def test_names_are_checked():
    module = Net()
    for name in ("a.b", "", 3):
        with pytest.raises(KeyError, match="string without dots"):
            module.register_parameter(name, None)
    with pytest.raises(KeyError, match="attribute 'scale' already exists"):
        module.register_buffer("scale", None)
    with pytest.raises(KeyError, match="attribute 'forward' already exists"):
        module.add_module("forward", nn.Identity())
    with pytest.raises(KeyError, match="part of every Module"):
        module.train = nn.Identity()
    with pytest.raises(TypeError, match="only a Parameter"):
        module.register_parameter("new", autograd.ones(1))
    with pytest.raises(TypeError, match="only a Module"):
        module.add_module("new", autograd.ones(1))


def test_init_must_be_called_first():
    class Forgot(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"Forgot\.layer .* super\(\).__init__\(\)"):
        Forgot()

    class ForgotToo(nn.Module):
        def __init__(self):
            self.width = 3

    with pytest.raises(AttributeError, match=r"super\(\).__init__\(\) was not called"):
        ForgotToo().parameters()


def test_no_module_contains_itself():
    outer, inner = nn.Sequential(), nn.Sequential()
    outer.append(inner)
    with pytest.raises(ValueError, match="cannot contain itself"):
        inner.append(outer)
    with pytest.raises(ValueError, match="cannot contain itself"):
        inner.me = inner
    inner.up = weakref.ref(outer)
    assert len(list(outer.modules())) == 2


def test_unknown_attribute_names_the_nearest():
    with pytest.raises(AttributeError, match=r"Net has no attribute 'clasifier'; .*'classifier'"):
        Net().clasifier  # noqa: B018
    assert not hasattr(Net(), "_repr_html_")


def test_missing_forward_names_the_nearest():
    class Typo(nn.Module):
        def foward(self, x):
            return x

    with pytest.raises(NotImplementedError, match=r"Typo does not define forward\(\).*'foward'"):
        Typo()(1)


def test_dir_lists_identifiers():
    names = dir(nn.Sequential(nn.Linear(1, 1)))
    assert "0" not in names and "append" in names
    assert "classifier" in dir(Net())


def test_class_attributes_and_properties_work():
    class Layer(nn.Module):
        inner = None

        @property
        def width(self):
            return self.inner.out_features

        @width.setter
        def width(self, n):
            self.inner = nn.Linear(1, n)

    layer = Layer()
    layer.width = 4
    assert layer.width == 4 and len(list(layer.parameters())) == 2


# ---- traversal --------------------------------------------------------------------------------


def test_shared_modules_and_parameters_come_once():
    shared = nn.Linear(2, 2)
    net = nn.Sequential(shared, shared)
    net.again = shared.weight
    assert [name for name, _ in net.named_modules()] == ["", "0"]
    assert [name for name, _ in net.named_children()] == ["0"]
    assert [name for name, _ in net.named_parameters()] == ["again", "0.bias"]
    assert [name for name, _ in net.named_parameters(remove_duplicate=False)] == [
        "again", "0.weight", "0.bias", "1.weight", "1.bias"]
    assert len([name for name, _ in net.named_modules(remove_duplicate=False)]) == 3


def test_prefix_and_recurse():
    net = Net()
    assert [name for name, _ in net.named_parameters("net", recurse=False)] == ["net.scale"]
    assert [name for name, _ in net.named_parameters(prefix="net")] == [f"net.{n}" for n in NAMES]
    assert [name for name, _ in net.named_modules(prefix="net")][-1] == "net.classifier"
    assert len(list(net.parameters(recurse=False))) == 1
    assert [b.shape for b in net.buffers()] == [(), (2,)]


def test_get_by_path():
    net = Net()
    assert net.get_submodule("features.0") is net.features[0]
    assert net.get_submodule("") is net
    assert net.get_parameter("features.0.bias") is net.features[0].bias
    assert net.get_buffer("steps") is net.steps
    with pytest.raises(AttributeError, match=r"Net has no submodule 'feature'; .*'features'"):
        net.get_submodule("feature.0")
    with pytest.raises(AttributeError, match=r"Linear has no parameter 'wight'; .*'weight'"):
        net.get_parameter("classifier.wight")
    with pytest.raises(AttributeError, match="Linear has no parameter 'bias'"):
        net.get_parameter("classifier.bias")


# ---- modes ------------------------------------------------------------------------------------


def test_train_and_eval_reach_everything():
    net = Net()
    assert all(m.training for m in net.modules())
    assert net.eval() is net and not any(m.training for m in net.modules())
    net.features.train()
    assert net.features[0].training and not net.training
    with net.evaluating() as inside:
        assert inside is net and not any(m.training for m in net.modules())
    assert net.features[0].training and not net.classifier.training
    with pytest.raises(ValueError, match="mode must be True or False"):
        net.train("yes")


def test_evaluating_ends_with_an_error():
    net = Net()
    with pytest.raises(ZeroDivisionError), net.evaluating():
        raise ZeroDivisionError
    assert net.training


def test_requires_grad_and_zero_grad():
    net = Net()
    net(autograd.ones(1, 4)).sum().backward()
    held = net.scale.grad
    net.zero_grad(set_to_none=False)
    assert net.scale.grad.tolist() == [0.0, 0.0] and held.tolist() == [0.0, 0.0]
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    assert net.requires_grad_(False) is net
    assert not any(p.requires_grad for p in net.parameters())
    assert not net(autograd.ones(1, 4)).requires_grad


def test_apply_visits_children_first():
    seen = []
    net = Net()
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "ReLU", "Sequential", "Linear", "Net"]


# ---- conversion -------------------------------------------------------------------------------


def test_conversion_keeps_the_parameters_and_integers():
    net = Net()
    before = list(net.parameters())
    net(autograd.ones(1, 4)).sum().backward()
    assert net.double() is net
    assert all(p is q for p, q in zip(before, net.parameters(), strict=True))
    assert {p.dtype for p in net.parameters()} == {np.dtype(np.float64)}
    assert {p.grad.dtype for p in net.parameters()} == {np.dtype(np.float64)}
    assert net.steps.dtype == np.int64 and net.cache.dtype == np.float64
    out = net(autograd.ones(1, 4).double())
    out.sum().backward()
    assert out.dtype == np.float64
    assert net.half().scale.dtype == np.float16
    assert net.float().scale.dtype == np.float32
    assert net.to("cpu").scale.dtype == np.float32 and net.cpu() is net
    assert net.to(autograd.zeros(1).double()).scale.dtype == np.float64
    assert net.to(dtype=autograd.float32).scale.dtype == np.float32


def test_conversion_refuses_integers_and_devices():
    with pytest.raises(TypeError, match="a floating-point dtype is needed, got int64"):
        Net().to(autograd.int64)
    with pytest.raises(RuntimeError, match="cuda"):
        Net().to("cuda")


# ---- printing, copying ------------------------------------------------------------------------


def test_repr_shows_the_tree_and_settings_that_are_not_default():
    assert repr(Net()) == (
        "Net(\n"
        "  (features): Sequential(\n"
        "    (0): Linear(in_features=4, out_features=3)\n"
        "    (1): ReLU()\n"
        "  )\n"
        "  (classifier): Linear(in_features=3, out_features=2, bias=False)\n"
        ")")
    assert repr(nn.Module()) == "Module()"


def test_repr_with_extra_lines():
    class Block(nn.Sequential):
        def extra_repr(self):
            return "width=3"

    assert repr(Block(nn.ReLU())) == "Block(\n  width=3\n  (0): ReLU()\n)"
    assert repr(Block()) == "Block(width=3)"


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_independent(twin):
    net = Net().eval()
    net.tied = net.classifier
    other = twin(net)
    assert other.tied is other.classifier and not other.training
    x = autograd.ones(2, 4)
    np.testing.assert_array_equal(net(x).tolist(), other(x).tolist())
    with autograd.no_grad():
        other.scale.fill_(0.0)
    assert net.scale.tolist() == [1.0, 1.0]
    assert list(other.state_dict()) == list(net.state_dict())
    assert [n for n, _ in other.named_buffers()] == [n for n, _ in net.named_buffers()]
