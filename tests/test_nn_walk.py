"""Every module of nn: attributes changed when it is built already, copies, pickles, state dicts."""

import copy
import inspect
import pickle
from decimal import Decimal

import numpy as np
import pytest

import autograd
import nn

from .module_rows import BUILDING, REFUSED, ROWS, build, classes, use

CHANGES = [(name, k) for name, row in ROWS.items() for k in range(len(row.changes))]
COPIES = [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))]
every = pytest.mark.parametrize("name", ROWS)


def same(ours, theirs):
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, other)


def tensors(module):
    return [*module.parameters(), *module.buffers()]


def test_every_class_has_a_row():
    assert classes().keys() == ROWS.keys()


@every
def test_every_argument_is_changed_or_only_for_building(name):
    row = ROWS[name]
    parameters = inspect.signature(getattr(nn, name).__init__).parameters.values()
    given = {q.name for q in parameters if q.name != "self" and q.kind not in (
        q.VAR_POSITIONAL, q.VAR_KEYWORD)}  # fmt: skip
    changed = {attribute for changes in row.changes for attribute in changes}
    assert given - row.built - BUILDING == changed
    assert row.built <= given


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("name", "k"), CHANGES)
def test_changed_attributes_take_effect(name, k, training):
    """As in a module that was built with them, of the same parameters."""
    row, changes = ROWS[name], ROWS[name].changes[k]
    module, fresh = build(name).train(training), build(name, **changes).train(training)
    fresh.load_state_dict(module.state_dict(), strict=False)
    before = use(name, copy.deepcopy(module))
    for attribute, value in changes.items():
        setattr(module, row.names.get(attribute, attribute), value)
    after = use(name, module)
    same(after, use(name, fresh))
    if training:
        equal = [x.shape == y.shape and (x == y).all() for x, y in zip(before, after, strict=False)]
        assert len(before) != len(after) or not all(equal)


@pytest.mark.parametrize(("name", "k"), [(n, k) for n in REFUSED for k in range(len(REFUSED[n]))])
def test_what_does_not_fit_is_refused_later_too(name, k):
    changes = REFUSED[name][k]
    kinds = ValueError, TypeError, NotImplementedError, IndexError
    with pytest.raises(kinds, match=name):
        build(name, **changes)
    module = build(name)
    with pytest.raises(kinds):
        for attribute, value in changes.items():
            setattr(module, attribute, value)
        use(name, module)


@every
@pytest.mark.parametrize("copied", COPIES, ids=["deepcopy", "pickle"])
def test_copies_are_equal_and_apart(name, copied):
    module = build(name).eval()
    other = copied(module)
    assert type(other) is type(module) and repr(other) == repr(module)
    assert not any(m.training for m in other.modules())
    same(use(name, module), use(name, other))
    assert list(other.state_dict()) == list(module.state_dict())
    kinds = [(type(t), t.requires_grad, t.dtype) for t in tensors(module)]
    assert kinds == [(type(t), t.requires_grad, t.dtype) for t in tensors(other)]
    before = use(name, module)
    for mine, theirs in zip(tensors(module), tensors(other), strict=True):
        assert not np.shares_memory(mine.detach().numpy(), theirs.detach().numpy())
        with autograd.no_grad():
            theirs.fill_(7)
    same(use(name, module), before)


@every
def test_state_goes_there_and_back(name):
    module, other = build(name), build(name)
    use(name, module.train())  # running statistics have something to tell
    with autograd.no_grad():
        for t in tensors(module):
            t += 1
    assert other.load_state_dict(copy.deepcopy(module.state_dict())) == ([], [])
    same(use(name, module.eval()), use(name, other.eval()))
    for mine, theirs in zip(tensors(module), tensors(other), strict=True):
        assert not np.shares_memory(mine.detach().numpy(), theirs.detach().numpy())


@every
def test_state_that_does_not_fit_changes_nothing(name):
    module = build(name)
    state = {key: value.clone() + 1 for key, value in module.state_dict().items()}
    before = [t.detach().numpy().copy() for t in tensors(module)]
    wrong = [{**state, "bogus": autograd.ones(1)}]
    if state:
        first, *_ = state
        wrong += [{key: value for key, value in state.items() if key != first},
                  {**state, first: autograd.ones(*state[first].shape, 2)}]  # fmt: skip
    for bad in wrong:
        with pytest.raises(RuntimeError, match=rf"{name}\.load_state_dict: 1 of the keys do not"):
            module.load_state_dict(bad)
        same(before, [t.detach().numpy() for t in tensors(module)])
    assert module.load_state_dict(wrong[0], strict=False) == ([], ["bogus"])


@every
def test_gradients_are_forgotten_or_filled_with_zeros(name):
    module = build(name)
    for parameter in module.parameters():
        parameter.grad = autograd.ones(*parameter.shape)
    module.zero_grad(set_to_none=False)
    assert all(not p.grad.numpy().any() for p in module.parameters())
    module.zero_grad()
    assert all(p.grad is None for p in module.parameters())


@every
def test_float64(name):
    """Parameters, buffers and results follow; those of float32 were their rounding."""
    module = build(name).eval()
    rough = use(name, module)
    exact = use(name, module.double(), np.float64)
    for mine, theirs in zip(rough, exact, strict=True):
        assert theirs.dtype == (np.float64 if mine.dtype == np.float32 else mine.dtype)
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


@every
def test_errors_name_the_class_that_was_called(name):
    """Of a constructor without arguments, and of a call with too few, too many or no Tensors."""
    cls, module = getattr(nn, name), build(name)
    if cls.forward is nn.Module.forward or name == "ModuleList":
        return
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    if any(q.default is q.empty and q.kind is q.POSITIONAL_OR_KEYWORD for q in parameters):
        with pytest.raises(TypeError, match=rf"^{name}\.__init__\(\) missing"):
            cls()
    if name in ("Identity", "DataParallel"):  # which takes what its module takes
        return
    for args in ((), (autograd.ones(2),) * 20):
        with pytest.raises(TypeError, match=rf"^{name}\.forward\(\) (missing|takes)"):
            module(*args)
    needed = [q for q in inspect.signature(cls.forward).parameters.values() if q.default is q.empty]
    for strange in (None, "text", [1.0]):
        with pytest.raises((TypeError, ValueError), match=r"^\w+: .*(must be|is needed).* got "):
            module(*[strange] * (len(needed) - 1))


NUMBERS = [(name, q.name, q.annotation.split()[0]) for name in ROWS if name != "Module"
           for q in inspect.signature(getattr(nn, name).__init__).parameters.values()
           if q.annotation in ("int", "float", "int | None", "float | None")]


@pytest.mark.parametrize(("name", "option", "kind"), NUMBERS)
def test_what_is_no_number_is_refused_by_name(name, option, kind):
    words = {"int": "an integer", "float": "a number"}[kind]
    for strange in (b"3", "3", {3}, [3], Decimal(3), *((3.0, True) if kind == "int" else ())):
        with pytest.raises(TypeError, match=f"^{name}: {option} must be {words}, got "):
            build(name, **{option: strange})


SIZES = ("features", "channels", "num_parameters", "num_embeddings", "embedding_dim", "groups",
         "input_size", "hidden_size", "num_layers")


@pytest.mark.parametrize(("name", "option"), [row[:2] for row in NUMBERS if row[1].endswith(SIZES)])
def test_sizes_below_0_are_refused_by_name(name, option):
    with pytest.raises(ValueError, match=f"{option} must be at least [01], got -3"):
        build(name, **{option: -3})


class Own(nn.Linear):
    """A class whose constructor passes sizes on."""

    def __init__(self, sizes):
        super().__init__(*sizes)


def test_sizes_that_a_class_of_ones_own_passes_on():
    with pytest.raises(TypeError, match="^Own: in_features must be an integer, got float 3.0"):
        Own((3.0, 4))
