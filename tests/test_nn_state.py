"""state_dict and load_state_dict: keys, copies, and messages that say what does not fit."""

import copy
import pickle

import numpy as np
import pytest

import autograd
import nn


def net(**sizes):
    """An MLP whose keys are fc.* and out.*."""
    return nn.Sequential(dict(fc=nn.Linear(sizes.get("inputs", 3), 4), act=nn.ReLU(),
                              out=nn.Linear(4, 2)))


KEYS = ["fc.weight", "fc.bias", "out.weight", "out.bias"]


def values(module):
    return {name: p.detach().numpy().copy() for name, p in module.named_parameters()}


def test_keys_values_and_sharing():
    model = net()
    state = model.state_dict()
    assert list(state) == KEYS
    assert not any(tensor.requires_grad for tensor in state.values())
    state["fc.bias"].fill_(3.0)
    assert model.fc.bias.tolist() == [3.0] * 4
    kept = model.state_dict(keep_vars=True)
    assert kept["fc.bias"] is model.fc.bias
    assert list(model.state_dict(prefix="net.")) == [f"net.{key}" for key in KEYS]
    destination = {"own": 1}
    assert model.state_dict(destination=destination) is destination and len(destination) == 5


def test_buffers_and_shared_parameters_are_in_it():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    model.register_buffer("mean", autograd.zeros(2))
    model.register_buffer("nothing", None)
    model.register_buffer("passing", autograd.zeros(2), persistent=False)
    assert list(model.state_dict()) == ["mean", "0.weight", "0.bias", "1.weight", "1.bias"]
    assert model.load_state_dict(model.state_dict()) == ([], [])


def test_round_trip_copies_in_place():
    a, b = net(), net()
    parameters = list(b.parameters())
    result = b.load_state_dict(a.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    assert result.missing_keys == [] and result.unexpected_keys == []
    assert all(p is q for p, q in zip(parameters, b.parameters(), strict=True))
    for name, value in values(a).items():
        np.testing.assert_array_equal(value, values(b)[name])
    with autograd.no_grad():
        a.fc.weight.fill_(9.0)
    assert not (b.fc.weight == 9.0).any()


def test_arrays_lists_and_other_dtypes_are_taken():
    model = net()
    state = {name: np.full(p.shape, i, np.float64)
             for i, (name, p) in enumerate(model.named_parameters())}
    state["out.bias"] = [5, 6]
    model.load_state_dict(state)
    assert model.fc.bias.tolist() == [1.0] * 4 and model.fc.bias.dtype == np.float32
    assert model.out.bias.tolist() == [5.0, 6.0]


def test_assign_sets_the_given_tensors():
    model = net()
    model.fc.bias.requires_grad_(False)
    state = {name: autograd.ones(p.shape, dtype=autograd.float64)
             for name, p in model.named_parameters()}
    model.load_state_dict(state, assign=True)
    assert model.fc.weight.dtype == np.float64 and isinstance(model.fc.weight, nn.Parameter)
    assert model.fc.weight.requires_grad and not model.fc.bias.requires_grad
    state["fc.weight"].fill_(2.0)
    assert model.fc.weight[0, 0].item() == 2.0


def test_without_strict_the_rest_is_loaded():
    model = net()
    state = {"fc.bias": np.full(4, 8.0), "extra": np.ones(1)}
    result = model.load_state_dict(state, strict=False)
    assert result.unexpected_keys == ["extra"]
    assert result.missing_keys == ["fc.weight", "out.weight", "out.bias"]
    assert "missing_keys=['fc.weight'" in repr(result)
    assert model.fc.bias.tolist() == [8.0] * 4


def failing(model, state, **options):
    """The message of the error; nothing may have been changed."""
    before = values(model)
    with pytest.raises(RuntimeError) as error:
        model.load_state_dict(state, **options)
    for name, value in values(model).items():
        np.testing.assert_array_equal(value, before[name])
    return str(error.value)


def test_message_is_a_table():
    state = net().state_dict()
    state["fc.wieght"] = state.pop("fc.weight")
    del state["out.bias"]
    assert failing(net(), state) == (
        "Sequential.load_state_dict: 3 of the keys do not fit; nothing was loaded.\n"
        "  in the model      in the state dict  problem\n"
        "  fc.weight (4, 3)  -                  missing\n"
        "  out.bias (2,)     -                  missing\n"
        "  -                 fc.wieght (4, 3)   unexpected; did you mean 'fc.weight'?")


@pytest.mark.parametrize("strict", [True, False])
def test_wrong_shapes_always_raise(strict):
    message = failing(net(), net(inputs=5).state_dict(), strict=strict)
    assert "fc.weight (4, 3)  fc.weight (4, 5)   shape" in message and ".T" not in message


def test_transposed_weights_are_recognised():
    state = net().state_dict()
    state["fc.weight"] = state["fc.weight"].T
    assert "fc.weight (3, 4)   shape; the transpose fits: .T" in failing(net(), state)


def test_a_prefix_too_many():
    state = {f"module.{key}": value for key, value in net().state_dict().items()}
    message = failing(net(), state)
    assert "All names of the state dict begin with 'module.'" in message
    fix = message.split("this fits: ")[1].split("\n")[0]
    net().load_state_dict(eval(fix, {"state_dict": state}))


def test_a_prefix_too_few():
    model = nn.Sequential(dict(net=net()))
    state = net().state_dict()
    message = failing(model, state)
    assert "All names of the model begin with 'net.'" in message
    fix = message.split("this fits: ")[1].split("\n")[0]
    model.load_state_dict(eval(fix, {"state_dict": state}))


def test_what_is_no_state_dict():
    with pytest.raises(TypeError, match="a mapping of names to tensors is needed, got list"):
        net().load_state_dict([1, 2])
    with pytest.raises(TypeError, match="'fc.bias' must be a tensor or an array of numbers"):
        net().load_state_dict({"fc.bias": "text"})


class Tied(nn.Module):
    """Two layers of one weight, two buffers that are one, and a buffer that shows part of it."""

    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
        self.head.weight = self.embed.weight
        self.register_buffer("mean", autograd.zeros(2))
        self.register_buffer("again", self.mean)

    def check(self):
        assert self.embed.weight is self.head.weight and self.mean is self.again
        assert len(list(self.parameters())) == len(list(self.buffers())) == 1
        self.mean.fill_(5.0)
        assert self.again.tolist() == [5.0, 5.0]


class TestTies:
    @pytest.mark.parametrize("assign", [True, False])
    def test_loading_keeps_them(self, assign):
        model, state = Tied(), {k: v.clone() + 1 for k, v in Tied().state_dict().items()}
        state["head.weight"], state["again"] = state["embed.weight"].clone(), state["mean"].clone()
        model.load_state_dict(state, assign=assign)
        assert model.embed.weight.tolist() == state["embed.weight"].tolist()
        model.check()

    def test_assigning_one_name_of_several(self):
        """What is not given stays, as without assign; the names that are given are set."""
        model = Tied()
        with pytest.raises(RuntimeError, match=r"head\.weight .*missing"):
            model.load_state_dict({k: v for k, v in model.state_dict().items()
                                   if k != "head.weight"}, assign=True)
        model.check()

    @pytest.mark.parametrize("assign", [True, False])
    @pytest.mark.parametrize(("first", "second"), [("embed.weight", "head.weight"),
                                                   ("mean", "again")])
    def test_two_values_of_one_tensor_are_told(self, first, second, assign):
        model = Tied()
        state = {key: value.clone() for key, value in model.state_dict().items()}
        state[second] += 1
        with pytest.raises(RuntimeError, match=f"Tied.load_state_dict: '{first}' and '{second}' "
                                               "are one tensor in the model, but differ in"):
            model.load_state_dict(state, assign=assign)
        assert model.head.weight.tolist() == state["embed.weight"].tolist()
        del state[first]
        model.load_state_dict(state, strict=False)
        model.check()

    def test_nan_is_one_value(self):
        model = Tied()
        state = {key: value.clone() * float("nan") for key, value in model.state_dict().items()}
        model.load_state_dict(state)
        model.check()

    @pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
    def test_copies_keep_them(self, copied):
        copied(Tied()).check()
        network = nn.Sequential(Tied(), Tied())
        network[1].embed.weight = network[0].embed.weight
        other = copied(network)
        assert other[1].embed.weight is other[0].head.weight is not network[0].embed.weight


def test_deep_copies_of_shared_memory_share_their_own():
    """Also parts of it, in any order, and separate parameters of one memory."""
    for order in (["whole", "part"], ["part", "whole"]):
        model, whole = nn.Module(), autograd.arange(12.0).reshape(3, 4).T
        parts = {"whole": whole, "part": whole[1:3, ::2]}
        for name in order:
            model.register_buffer(name, parts[name])
        other = copy.deepcopy(model)
        assert other.part.tolist() == model.part.tolist()
        other.whole.fill_(7.0)
        assert other.part.tolist() == [[7.0, 7.0]] * 2 and model.part.tolist() != [[7.0, 7.0]] * 2
    layer = nn.Linear(2, 2)
    layer.second = nn.Parameter(layer.weight)
    other = copy.deepcopy(layer)
    with autograd.no_grad():
        other.weight.fill_(3.0)
    assert other.second.tolist() == [[3.0, 3.0]] * 2 and layer.second.tolist() != [[3.0, 3.0]] * 2


@pytest.mark.parametrize("array", [np.zeros((0, 3)), np.array(2.0), np.zeros((4, 6))[::2, 1:1],
                                   np.ones((2, 3), order="F"), np.broadcast_to(np.ones(1), (3, 2)),
                                   np.arange(24.0).reshape(2, 3, 4).transpose(1, 2, 0)[1]])
def test_deep_copies_of_any_layout(array):
    tensor = autograd.from_numpy(array)
    copied = copy.deepcopy(tensor)
    assert copied.shape == tensor.shape and copied.tolist() == tensor.tolist()
    assert not np.shares_memory(copied.numpy(), array)
