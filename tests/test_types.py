"""What an editor knows: stubs that are current, programs that type checkers pass and refuse."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
import types
from pathlib import Path

import jedi
import pytest
from mypy import api

import autograd
import data
import nn
import optim
from tests import PACKAGES
from tests.stubs import ROOT, STUBS

TYPED = Path(__file__).resolve().parent / "typed"
# rules that pyright itself does not have, or leaves off
BASED = ("reportAny", "reportUnknown", "reportUnused", "reportMissingTypeStubs",
         "reportImplicit", "reportUnannotated", "reportMissingParameterType")


@pytest.mark.parametrize("name", STUBS)
def test_stubs_are_current(name):
    assert (ROOT / name).read_text(encoding="utf-8") == STUBS[name](), "run `make stubs`"


def mypy(program: str, tmp_path) -> str:
    text, errors, _ = api.run(["--strict", "--follow-imports=silent", "--explicit-package-bases",
                               "--no-error-summary", "--cache-dir", str(tmp_path),
                               "--config-file", "", str(TYPED / program)])
    assert not errors
    return text


def test_mypy_passes_a_users_program(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert mypy("right.py", tmp_path) == ""


def test_mypy_finds_what_is_wrong(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    found = {int(line) for line in re.findall(r":(\d+): error", mypy("wrong.py", tmp_path))}
    assert found == marked("wrong.py")


def marked(program: str) -> set[int]:
    lines = (TYPED / program).read_text(encoding="utf-8").splitlines()
    return {i for i, line in enumerate(lines, 1) if line.endswith("# wrong")}


@pytest.mark.parametrize("program", ["right.py", "wrong.py"])
def test_pyright_finds_what_is_wrong_and_nothing_else(program):
    pytest.importorskip("basedpyright", reason="`make types` installs it")
    command = [sys.executable, "-m", "basedpyright", "--level", "error", "--outputjson",
               "--pythonpath", sys.executable, str(TYPED / program)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    assert {d["range"]["start"]["line"] + 1 for d in found if "report" in d.get("rule", "")
            and not d["rule"].startswith(BASED)} == marked(program)


@pytest.mark.parametrize("program, wanted", [
    ("import autograd\nx = autograd.tensor([1.0])\nx.", "relu exp_ reshape backward grad shape"),
    ("import autograd\nx = autograd.ones(2)\nx.sum().", "item sqrt detach"),
    ("import autograd\nx = autograd.exp(autograd.ones(2))\nx.re", "relu reshape requires_grad"),
    ("import autograd\nautograd.", "tensor exp no_grad float32 grad"),
    ("import nn\nnn.Li", "Linear"),
    ("import nn, autograd\nnn.Linear(2, 3)(autograd.ones(2)).", "softmax backward"),
    ("import nn.functional as F\nF.cross_", "cross_entropy")])
def test_editors_complete(program, wanted):
    script = jedi.Script(program, path=ROOT / "program.py", project=jedi.Project(ROOT))
    assert {c.name for c in script.complete()} >= set(wanted.split())


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
