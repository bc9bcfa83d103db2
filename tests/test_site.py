"""The site's sources: its blocks of code run, each public name has its place, the table of
subgradients keeps its rule, docstrings become pages as they are meant, broken links are found."""

from __future__ import annotations

import re

import pytest

import autograd
import nn
from docs.check import broken
from docs.reference import Reference, arguments, facts
from docs.rst import from_docstring
from docs.samples import layer_example, op_example
from docs.tables import KINKS, MADE, ROOT, filled, kink, lines

PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.fixture(scope="module")
def reference():
    return Reference()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_blocks_of_a_page_run_in_order(path, registry, tmp_path, monkeypatch, capsys):
    """A comment `# -> x` at the end of a print is what it prints."""
    monkeypatch.chdir(tmp_path)
    namespace: dict = {}
    for block in re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.S):
        exec(compile(block, path.name, "exec"), namespace)
        printed = capsys.readouterr().out
        for promised in re.findall(r"# -> (.*)", block):
            assert promised.strip() in printed, f"{path.name}: {promised!r}, got {printed!r}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_what_is_made_has_a_maker_and_files_are_there(path):
    for place in re.findall(r"\{\{ (.+?) \}\}", path.read_text(encoding="utf-8")):
        name, *files = place.split()
        assert name in MADE or (name == "lines" and lines(*files) > 0)


def test_lines_are_counted():
    text = (ROOT / "autograd" / "node.py").read_text(encoding="utf-8")
    assert filled("{{ lines autograd/node.py }}") == str(text.count("\n"))
    assert lines("nn") > lines("nn/module.py", "nn/linear.py") > 300


def test_every_public_name_is_told_once(reference):
    names = [entry.full for page in reference.pages for entry in page.entries]
    assert len(names) == len(set(names)) > 1400
    for full in ("autograd.exp", "nn.Linear", "nn.functional.cross_entropy", "optim.Adam",
                 "data.DataLoader", "autograd.linalg.svd", "autograd.viz.graph", "autograd.why",
                 "autograd.distributions.Normal", "optim.lr_scheduler.StepLR", "nn.init.zeros_"):
        assert full in reference.entries
    for package in (autograd, nn):
        missing = [name for name in package.__all__ if f"{package.__name__}.{name}" not in names
                   and not isinstance(getattr(package, name), type(autograd))]
        assert not missing
    assert reference.entries["nn.functional.sigmoid"].told_by.full == "autograd.sigmoid"


def test_an_op_is_told_with_rule_dtypes_and_forms(reference):
    text = "\n".join(reference.entry(reference.entries["autograd.exp2"]))
    assert ".. py:function:: autograd.exp2(input" in text
    assert ":Gradient: ``input``:" in text and ":Differentiable: twice" in text
    assert "``Tensor.exp2_``" in text and "``out=``" in text and "elementwise.py``, line" in text
    assert reference.link("autograd")("dtype") == "autograd.dtype"
    assert reference.link("autograd", autograd.softmax)("dtype") == ""  # an argument
    assert ":Gradient: none" in "\n".join(facts("eq")) and "no" in facts("eq")[2]


def test_what_is_pythons_own_is_told_in_our_words(reference):
    text = "\n".join(reference.entry(reference.entries["autograd.is_grad_enabled"]))
    assert "on this thread are recorded" in text and "context variable" not in text
    text = "\n".join(reference.entry(reference.entries["autograd.linalg.LinAlgError"]))
    assert "``builtins.RuntimeError``" in text


def test_a_layer_is_told_with_methods_and_bases(reference):
    text = "\n".join(reference.entry(reference.entries["nn.LSTM"]))
    assert ":py:obj:`nn.Module`" in text and ".. py:class:: nn.LSTM(input_size" in text
    assert "   .. py:method:: state_dict(" in "\n".join(
        reference.entry(reference.entries["nn.Module"]))


def test_examples_that_are_made_were_run():
    example = op_example("softsign", "nn.functional.softsign")
    assert example[0].startswith(">>> x = autograd.tensor(") and ">>> x.grad" in example
    assert any(line.startswith("tensor(") for line in example)
    assert layer_example(nn.Tanh, "nn.Tanh")[-1].startswith("Size(")
    assert op_example("no such op", "x") == ()


def test_arguments_have_no_types_and_no_addresses():
    marker = object()

    def function(x: int, *, how=marker, sep="\n") -> str: ...

    assert arguments(function) == "(x, *, how=..., sep='\\\\n')"
    assert arguments(nn.Module.eval, bound=True) == "()"


@pytest.mark.parametrize("doc, shown", [
    ("a * b_ | `c`", "\\ a \\* b\\_ \\| \\ ``c``"),
    ("Shape: (N, *) -> (N,)", "**Shape:** \\ (N, \\*) -\\> (N,)"),
    ("x:\n    y = 1", "   y = 1"),
    ("- a\n  b\n- c", "* \\ a b"),
    ("lr    the rate\n      of all\nbeta  another", "* \\ ``lr``\\ : the rate of all"),
    ("Sum.  Of all\nof them.", "\\ Sum. Of all of them."),
    (">>> 1\n1", "   >>> 1"),
    ("Raises: TypeError for\n    what is none.", "**Raises:** \\ TypeError for what is none."),
    ("see `f`", "\\ see \\ :py:obj:`f <m.f>`"),
])
def test_docstrings_become_pages(doc, shown):
    assert shown in from_docstring(doc, lambda name: {"f": "m.f"}.get(name, ""))


# From below and from above: the subgradient of least norm lies between, and nearest to 0.
@pytest.mark.parametrize("name", [name for name, (_, point) in KINKS.items()
                                  if "hardshrink" not in name and name.startswith(
                                      ("relu", "abs", "x.clamp", "leaky", "soft", "hard", "l1_"))])
def test_a_kink_has_the_subgradient_of_least_norm(name):
    function, point = KINKS[name]
    for at, found in zip(point, kink(name)[2], strict=True):
        sides = []
        for step in (-1e-3, 1e-3):
            here, there = (autograd.tensor([value], dtype=autograd.float64)
                           for value in (at, at + step))
            sides.append(((function(there) - function(here)).sum() / step).item())
        low, high = sorted(sides)
        assert found == pytest.approx(min(max(0.0, low), high), abs=2e-3)


@pytest.mark.parametrize("name, shared", [("x.max()", [0.5, 0.5, 0]), ("x.max(0)", [1, 0, 0]),
                                          ("x.norm()", [0, 0]), ("x.std()", [0, 0, 0]),
                                          ("maximum(x, 2)", [0.5]), ("x.prod()", [0, 0, 0])])
def test_ties_and_zeros_are_shared_as_the_page_says(name, shared):
    assert kink(name)[2] == shared


def test_broken_links_are_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<a href="b.html#here">1</a><a href="b.html#there">2</a><a href="c.html">3</a>'
        '<a href="https://example.org">4</a><script src="https://example.org/x.js"></script>'
        '<a href="#own" id="own">5</a><img src="data:image/png;base64,xyz">')
    (tmp_path / "b.html").write_text('<p id="here">')
    assert broken(tmp_path) == [
        "a.html links to b.html#there: there is no such place",
        "a.html links to c.html, which is no file",
        "a.html fetches https://example.org/x.js from the network"]
