"""What the documentation shows was run: the README's Python blocks and every docstring example."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

import autograd
import data
import nn
import optim
from autograd.record import COMPOSITES, REGISTRY

ROOT = Path(__file__).resolve().parent.parent
NAMES = dict(autograd=autograd, nn=nn, optim=optim, data=data, np=np)
SKIPPED_MODULES = ("autograd.pytest_plugin", "autograd.kernels")


def modules():
    for package in (autograd, nn, optim, data):
        yield package
        for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not info.name.startswith(SKIPPED_MODULES):
                yield importlib.import_module(info.name)


def examples():
    """Every docstring with an example: of ops (whose functions are generated), and of the rest."""
    parser, finder = doctest.DocTestParser(), doctest.DocTestFinder(exclude_empty=True)
    functions = {**{name: op.function for name, op in REGISTRY.items()}, **COMPOSITES}
    for name, function in functions.items():
        text = function.__doc__ or ""
        if ">>>" in text:
            yield parser.get_doctest(text, dict(NAMES), f"autograd.{name}", None, 0)
    seen = set()
    for module in modules():
        for test in finder.find(module, extraglobs=NAMES):
            if test.examples and test.name not in seen:
                seen.add(test.name)
                yield test


@pytest.mark.parametrize("example", list(examples()), ids=lambda e: e.name)
def test_docstring_example(example):
    autograd.manual_seed(0)
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    runner.run(example, out=report.append)
    assert runner.failures == 0, "".join(report)


def test_the_readme_blocks_run_in_order(registry, tmp_path, monkeypatch, capsys):
    """All Python blocks of the README, one after the other, in one namespace; a comment `# -> x`
    at the end of a print is what it prints."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert blocks
    namespace: dict = {}
    for block in blocks:
        autograd.manual_seed(0)
        exec(compile(block, "README.md", "exec"), namespace)
        printed = capsys.readouterr().out
        for promised in re.findall(r"# -> (.*)", block):
            assert promised.strip() in printed, f"README promises {promised!r}, got {printed!r}"


@pytest.mark.parametrize("name", [*REGISTRY, *COMPOSITES])
def test_every_public_op_says_what_it_does(name):
    function = REGISTRY[name].function if name in REGISTRY else COMPOSITES[name]
    if not name.startswith("_"):
        assert function.__doc__ and function.__doc__.strip()[0] != "\n"
        assert len(function.__doc__.splitlines()) <= 20
