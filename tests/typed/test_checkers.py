"""A user's programs before type checkers and an editor: what these pass, refuse and complete."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jedi
import pytest
from mypy import api

from tests.stubs import ROOT

TYPED = Path(__file__).resolve().parent
# rules that pyright itself does not have, or leaves off
BASED = ("reportAny", "reportUnknown", "reportUnused", "reportMissingTypeStubs",
         "reportImplicit", "reportUnannotated", "reportMissingParameterType")


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
