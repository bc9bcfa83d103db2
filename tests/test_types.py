"""What an editor knows: stubs that are current, and types of all that users call."""

from __future__ import annotations

import inspect
import sys
import types
from pathlib import Path

import pytest

import autograd
import data
import nn
import optim
from tests import PACKAGES
from tests.stubs import ROOT, STUBS


@pytest.mark.parametrize("name", STUBS)
def test_stubs_are_current(name):
    assert (ROOT / name).read_text(encoding="utf-8") == STUBS[name](), "run `make stubs`"


def test_no_public_name_hides_a_module():
    hidden = []
    for name, module in sorted(sys.modules.items()):
        if name.split(".")[0] in PACKAGES and hasattr(module, "__path__"):
            for path in (path for folder in module.__path__ for path in Path(folder).iterdir()):
                value = getattr(module, path.stem, None)
                if path.stem != "__init__" and not isinstance(value, types.ModuleType | None):
                    hidden.append(f"{name}.{path.stem}")
    assert [h for h in hidden if not h.startswith("autograd.kernels.")] == []


@pytest.mark.parametrize("package", [autograd, nn, nn.utils, nn.init, optim, optim.lr_scheduler,
                                     data, data.datasets, data.transforms])
def test_what_users_call_is_typed(package):
    """A function without annotations cannot be called in a program checked strictly."""
    untyped = []
    for value in [v for name in dir(package) if isinstance(v := getattr(package, name), type)]:
        for cls in inspect.getmro(value):
            if cls.__module__.split(".")[0] in PACKAGES:
                untyped += [f"{cls.__name__}.{key}" for key, value in vars(cls).items()
                            if _is_untyped(getattr(value, "__func__", value), cls)]
    assert untyped == []


def _is_untyped(value, cls) -> bool:
    if not isinstance(value, types.FunctionType):
        return False
    public = not value.__name__.startswith("_") or value.__name__ in (
        "__init__", "__call__", "__enter__", "__len__", "__iter__", "__getitem__")
    return public and value.__module__ == cls.__module__ and not value.__annotations__
