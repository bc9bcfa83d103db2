"""Constructors of the public classes: misspelt and surplus arguments, what is no truth."""

import copy
import functools
import inspect
import pickle
from abc import ABC
from enum import Enum

import pytest

import autograd
import data
import nn
import optim

MODULES = (nn, optim, optim.lr_scheduler, data, data.datasets, data.transforms)
CLASSES = {f"{module.__name__}.{name}": value for module in MODULES
           for name in dir(module) for value in [getattr(module, name)]
           if inspect.isclass(value) and not name.startswith("_")
           and value.__module__.startswith(module.__name__.split(".")[0])
           and not issubclass(value, (autograd.Tensor, tuple, Enum))}


def options(cls) -> dict[str, inspect.Parameter]:
    """The parameters of a constructor that have a name in a call."""
    kinds = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    return {name: p for name, p in inspect.signature(cls.__init__).parameters.items()
            if p.kind in kinds and name != "self"}


def test_every_package_has_its_share():
    assert {"nn.Conv2d", "optim.SGD", "optim.lr_scheduler.StepLR", "data.DataLoader",
            "data.datasets.Digits", "data.transforms.Normalize"} <= CLASSES.keys()
    assert len(CLASSES) > 120


@pytest.mark.parametrize("name", [name for name in CLASSES if name != "nn.Identity"])
def test_a_misspelt_option_names_the_class_and_the_nearest(name):
    cls = CLASSES[name]
    for option in options(cls):
        misspelt = f"{option[:-1]}q{option[-1]}"
        with pytest.raises(TypeError, match=rf"^{cls.__name__}: .*'{misspelt}'.*\b{option}\b"):
            cls(**{misspelt: 1})
    with pytest.raises(TypeError, match=f"^{cls.__name__}: "):
        cls(bogus=1)


@pytest.mark.parametrize("name", [name for name in CLASSES if name != "nn.Identity"])
def test_too_many_arguments_name_the_class(name):
    cls = CLASSES[name]
    if "*" not in str(inspect.signature(cls.__init__)).replace("*, ", ""):
        with pytest.raises(TypeError, match=f"^{cls.__name__}: "):
            cls(*[None] * 40)


TRUTHS = [(name, option) for name, cls in CLASSES.items() for option, p in options(cls).items()
          if isinstance(p.default, bool) or str(p.annotation) in ("bool", "bool | None")
          or p.annotation is bool]


@pytest.mark.parametrize("value", ["False", 2, -1, 0.0, None, [], autograd.tensor(True)], ids=repr)
@pytest.mark.parametrize(("name", "option"), TRUTHS)
def test_a_string_or_other_number_is_neither_true_nor_false(name, option, value):
    cls = CLASSES[name]
    parameter = options(cls)[option]
    if value is None and (parameter.default is None or "None" in str(parameter.annotation)):
        return
    given = {name: 1 if p.annotation in ("int", "float") else None
             for name, p in options(cls).items() if p.default is p.empty}
    with pytest.raises(TypeError, match=f"^{cls.__name__}: {option} must be True or False, got "):
        cls(**given | {option: value})


def test_0_and_1_count_as_false_and_true():
    assert nn.Linear(2, 3, bias=0).bias is None and nn.LSTM(2, 3, bidirectional=1).bidirectional


def test_a_string_in_a_position():
    with pytest.raises(TypeError, match="^Digits: train must be True or False, got 'test'"):
        data.datasets.Digits("test")


class Net(nn.Module, ABC):
    """A class of the user's own, whose switch may be what it likes."""

    def __init__(self, pretrained=False):
        super().__init__()
        self.pretrained = pretrained


def named(init):
    """A constructor that takes a name beside what the other takes, and makes up its size."""
    @functools.wraps(init)
    def wrapper(self, *args, name=None, **kwargs):
        init(self, *(args or (2,)), **kwargs)
        self.name = name
    return wrapper


class Wrapped(nn.Module):
    @named
    def __init__(self, size):
        super().__init__()
        self.size = size


class Pair(data.Dataset, tuple):
    """A class whose other base makes its instances."""


def test_classes_of_the_users_own():
    assert Net("weights.pt").pretrained == "weights.pt"
    with pytest.raises(TypeError, match="^Net: .* did you mean 'pretrained'"):
        Net(pretraned=True)
    for same in (copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))):
        assert same(Net(3)).pretrained == 3
    assert tuple(Pair((1, 2))) == (1, 2)


def test_a_constructor_that_is_wrapped_takes_what_its_wrapper_takes():
    assert vars(Wrapped(3, name="a"))["name"] == "a" and Wrapped().size == 2


def test_what_differs_in_capitals_only_was_meant():
    for package, name, meant in ((nn, "Lstm", "LSTM"), (nn, "Relu", "ReLU"),
                                 (optim, "ADAM", "Adam")):
        with pytest.raises(AttributeError, match=f"did you mean '{meant}'"):
            getattr(package, name)


def test_a_class_of_code_without_a_name_is_constructed():
    space = {"nn": nn, "__name__": None}
    exec("class Own(nn.Module):\n    def __init__(self, width):\n        super().__init__()", space)
    assert isinstance(space["Own"](width=3), nn.Module)
