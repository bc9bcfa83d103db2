"""State dicts with hooks, extra state, and classes that load their part themselves; global hooks;
conversion of modules; the rest of Module's surface."""

import copy
import pickle
import re

import numpy as np
import pytest

import autograd
import nn

hooks = nn.modules.module


class Counter(nn.Linear):
    """A layer with a number beside its tensors."""

    def __init__(self):
        super().__init__(2, 1)
        self.count = 0

    def get_extra_state(self):
        return {"count": self.count}

    def set_extra_state(self, state):
        self.count = state["count"]


class Renamed(nn.Linear):
    """A layer whose weight was called `w` once."""

    _version = 2

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *rest):
        if prefix + "w" in state_dict:
            state_dict[prefix + "weight"] = state_dict.pop(prefix + "w")
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)
        self.norm = self.weight.norm().item()


def values(module):
    return [t.detach().numpy().copy() for t in (*module.parameters(), *module.buffers())]


def same(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_extra_state_goes_along():
    a, b = nn.Sequential(Counter()), nn.Sequential(Counter())
    a[0].count = 7
    state = a.state_dict()
    assert list(state) == ["0.weight", "0.bias", "0._extra_state"]
    assert state["0._extra_state"] == {"count": 7}
    assert b.load_state_dict(state) == ([], []) and b[0].count == 7
    del state["0._extra_state"]
    with pytest.raises(RuntimeError, match=r"0\._extra_state +- +missing"):
        b.load_state_dict(state)
    assert b.load_state_dict(state, strict=False).missing_keys == ["0._extra_state"]
    with pytest.raises(RuntimeError, match=r"_extra_state dict +unexpected"):
        nn.Linear(2, 1).load_state_dict(a[0].state_dict())
    with pytest.raises(RuntimeError, match=r"define get_extra_state\(\)"):
        nn.Linear(2, 1).get_extra_state()


def test_a_class_may_load_its_part_itself():
    model = nn.Sequential(Renamed(2, 2), nn.Linear(2, 2))
    state = {k.replace("0.weight", "0.w"): v + 1 for k, v in model.state_dict().items()}
    given = dict(state)
    assert model.load_state_dict(given) == ([], []) and given.keys() == state.keys()
    assert model[0].norm == pytest.approx(model[0].weight.norm().item())
    before = values(model), model[0].norm
    for wrong in ({"1.weight": autograd.ones(5)}, {"0.bias": autograd.ones(5)},
                  {"bogus": autograd.ones(5)}, {"0.bogus": autograd.ones(5)}):
        with pytest.raises(RuntimeError, match="nothing was loaded"):
            model.load_state_dict({**{k: v + 1 for k, v in state.items()}, **wrong})
        same(values(model), before[0])
        assert model[0].norm == before[1]
    state.pop("0.w")
    assert model.load_state_dict(state, strict=False).missing_keys == ["0.weight"]
    weight = autograd.ones(2, 2)
    model.load_state_dict({"0.weight": weight}, strict=False, assign=True)
    weight.fill_(3)
    assert model[0].weight.tolist() == [[3, 3], [3, 3]]


def test_hooks_around_saving():
    model, seen = nn.Sequential(nn.Linear(2, 1), nn.Tanh()), []
    inner = model[0]
    inner.register_state_dict_pre_hook(lambda *a: seen.append(a))
    post = inner.register_state_dict_post_hook(
        lambda module, state, prefix, about: state.update({prefix + "more": about["version"]}))
    assert list(model.state_dict()) == ["0.weight", "0.bias", "0.more"]
    assert seen == [(inner, "0.", False)]
    post.remove()
    with (inner.register_state_dict_post_hook(lambda *a: {}),
          pytest.raises(RuntimeError, match="must return None")):  # fmt: skip
        model.state_dict()
    with inner._register_state_dict_hook(lambda *a: {"only": 1}):
        assert inner.state_dict() == {"only": 1}
    assert list(model.state_dict()) == ["0.weight", "0.bias"]


def test_hooks_around_loading():
    model, seen = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1)), []
    state = {k: v + 1 for k, v in model.state_dict().items()}
    state["0.w"] = state.pop("0.weight")

    def before(module, state, prefix, about, strict, missing, unexpected, errors):
        seen.append((module, prefix, list(state)))
        state[prefix + "weight"] = state.pop(prefix + "w")

    with model[0].register_load_state_dict_pre_hook(before):
        assert model.load_state_dict(state) == ([], [])
    assert seen == [(model[0], "0.", ["0.bias", "0.w"])]
    with model[0]._register_load_state_dict_pre_hook(lambda *a: before(None, *a)):
        model.load_state_dict(state)
    old = values(model)
    more = {**model.state_dict(), "extra": autograd.ones(1), "0.bias": autograd.zeros(1)}

    def after(module, keys):
        seen.append((module[0].bias.item(), keys.unexpected_keys[:]))

    with model.register_load_state_dict_post_hook(after):
        with pytest.raises(RuntimeError, match="unexpected"):
            model.load_state_dict(more)
        same(values(model), old)
        model.register_load_state_dict_post_hook(lambda m, keys: keys.unexpected_keys.clear())
        assert model.load_state_dict(more) == ([], [])
    assert seen[-1] == (0.0, ["extra"])
    with (model.register_load_state_dict_post_hook(lambda *a: 1),
          pytest.raises(AssertionError, match="must return None")):  # fmt: skip
        model.load_state_dict(more)


def test_hooks_of_all_modules():
    seen, x = [], autograd.ones(2, requires_grad=True)
    model = nn.Sequential(nn.Tanh(), nn.Sigmoid())
    model[0].register_forward_hook(lambda *a: seen.append("own"))

    def note(word):
        return lambda module, *rest: seen.append((word, type(module).__name__))

    handles = [hooks.register_module_forward_pre_hook(note("before")),
               hooks.register_module_forward_hook(note("after")),
               hooks.register_module_full_backward_pre_hook(note("comes")),
               hooks.register_module_full_backward_hook(note("passed"))]
    model(x).sum().backward()
    assert seen == [
        ("before", "Sequential"), ("before", "Tanh"), ("after", "Tanh"), "own",
        ("before", "Sigmoid"), ("after", "Sigmoid"), ("after", "Sequential"),
        ("comes", "Sequential"), ("comes", "Sigmoid"), ("passed", "Sigmoid"), ("comes", "Tanh"),
        ("passed", "Tanh"), ("passed", "Sequential")]  # fmt: skip
    for handle in handles:
        handle.remove()
    with hooks.register_module_forward_hook(lambda m, a, k, out: out * k.get("by", 2),
                                            with_kwargs=True):
        assert nn.Identity()(autograd.ones(1)).item() == 2
    with pytest.raises(RuntimeError, match="Linear"):
        nn.Linear(2, 1)(autograd.ones(3))
    assert model(x).shape == (2,) and len(seen) == 14


def test_a_hook_that_is_always_called():
    layer, seen = nn.Linear(2, 1), []
    layer.register_forward_hook(lambda *a: seen.append(a[2]), always_call=True)
    layer.register_forward_hook(lambda m, a, k, out: seen.append(k), with_kwargs=True,
                                always_call=True)
    layer.register_forward_hook(lambda *a: seen.append("never"))
    with pytest.raises(RuntimeError):
        layer(autograd.ones(3))
    assert seen == [None, {}]

    def fails(*args):
        raise KeyError("again")

    layer.register_forward_hook(fails, always_call=True)
    with pytest.raises(RuntimeError), pytest.warns(UserWarning, match="always called.*again"):
        layer(autograd.ones(3))


def test_submodules_are_exchanged_by_path():
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 2)))
    model.set_submodule("0.0", nn.Tanh(), strict=True)
    model.set_submodule("0.1", nn.ReLU())
    assert repr(model[0]) == "Sequential(\n  (0): Tanh()\n  (1): ReLU()\n)"
    for kind, path, module, options in [
        (ValueError, "", nn.Tanh(), {}), (ValueError, "0.0", 3, {}),
        (AttributeError, "1.0", nn.Tanh(), {}),
        (AttributeError, "0.9", nn.Tanh(), {"strict": True}),
        (AttributeError, "0.training", nn.Tanh(), {}),
    ]:  # fmt: skip
        with pytest.raises(kind, match=re.escape("submodule(")):
            model.set_submodule(path, module, **options)


def test_conversion_goes_through_apply():
    class Held(nn.Module):
        def __init__(self):
            super().__init__()
            self.held = autograd.ones(2)

        def _apply(self, fn, recurse=True):
            self.held = fn(self.held)
            return super()._apply(fn, recurse)

    model = nn.Sequential(Held(), nn.BatchNorm1d(2))
    model[1].weight.grad = autograd.ones(2)
    model.double()
    assert model[0].held.dtype == model[1].running_mean.dtype == np.float64
    assert model[1].weight.grad.dtype == np.float64
    assert model[1].num_batches_tracked.dtype == np.int64
    weight = model[1].weight
    model.to_empty(device="cpu")
    assert model[1].weight is weight and weight.shape == (2,) and weight.dtype == np.float64
    assert model.type(autograd.float32)[1].running_var.dtype == np.float32
    with pytest.raises(TypeError, match="floating"):
        model.type(autograd.int64)


def test_hooks_and_extra_state_are_copied():
    model = nn.Sequential(Counter())
    model[0].count = 3
    model.register_state_dict_post_hook(add_name)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert list(other.state_dict()) == ["0.weight", "0.bias", "0._extra_state", "name"]
        assert other.state_dict()["0._extra_state"] == {"count": 3}


def add_name(module, state, prefix, about):
    state[prefix + "name"] = type(module).__name__
