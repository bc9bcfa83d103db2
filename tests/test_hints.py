"""Hints: each slip is told once, with what, where and the fix; right programs are silent."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest

import autograd
import nn
import optim
from nn import functional as F
from tests.hint_programs import RIGHT, WRONG

NAMES = [program.__name__ for program, _ in WRONG]


def told(program, *args) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        program(*args)
    return caught


def marked(filename: str, line: int) -> bool:
    """Whether it is a line of the programs that a hint shall name."""
    return (Path(filename).parent.name == "hint_programs"
            and "# HINT" in Path(filename).read_text("utf-8").splitlines()[line - 1])


@pytest.mark.parametrize(("program", "parts"), WRONG, ids=NAMES)
def test_a_slip_is_told_once_with_place_and_fix(program, parts):
    caught, = told(program, False)
    assert caught.category is autograd.Hint and issubclass(autograd.Hint, UserWarning)
    text = str(caught.message)
    assert not [part for part in parts if part not in text], text
    assert marked(caught.filename, caught.lineno), (caught.filename, caught.lineno)


@pytest.mark.parametrize(("program", "parts"), WRONG, ids=NAMES)
def test_the_mended_program_is_silent(program, parts):
    assert told(program, True) == []


@pytest.mark.parametrize(("program", "parts"), WRONG, ids=NAMES)
def test_hints_can_be_turned_off(program, parts):
    with autograd.hints(False):
        assert told(program, False) == []


@pytest.mark.parametrize("program", RIGHT, ids=[program.__name__ for program in RIGHT])
def test_right_programs_are_silent(program):
    assert told(program) == []


def test_there_are_enough_programs_of_different_names():
    assert len({program.__name__ for program in RIGHT}) == len(RIGHT) >= 40
    assert len(set(NAMES)) == len(NAMES) >= 30


def reaching(loss, made_by, change=lambda x: x):
    """A function that gives `loss` what `made_by` made of numbers, and `change` of that."""
    x = change(made_by(autograd.rand(2, 3, requires_grad=True) + 0.1))
    return lambda: loss(x, autograd.zeros(x.shape[0]).long() if loss is F.nll_loss else
                        autograd.ones(*x.shape).detach())


@pytest.mark.parametrize(("loss", "made_by"), [
    (F.nll_loss, "sigmoid"), (F.kl_div, "sigmoid"), (F.kl_div, "linear")])
def test_what_is_no_logarithm_is_told(loss, made_by):
    apply = nn.Linear(3, 3) if made_by == "linear" else autograd.sigmoid
    with pytest.warns(autograd.Hint, match=f"the input comes out of {made_by}, but {loss.__name__} "
                                           "takes logarithms of probabilities"):
        reaching(loss, apply)()


@pytest.mark.parametrize("change", [
    lambda x: x.reshape(3, 2), lambda x: x.flatten(), lambda x: x.unsqueeze(1), lambda x: x.t(),
    lambda x: x.permute(1, 0), lambda x: x.movedim(0, 1)])
def test_what_rearranges_does_not_hide_an_activation(change):
    with pytest.warns(autograd.Hint, match="with_logits: the input comes out of sigmoid"):
        reaching(F.binary_cross_entropy_with_logits, autograd.sigmoid, change)()


@pytest.mark.parametrize(("dim", "change"), [
    (1, lambda x: x), (-1, lambda x: x), (2, lambda x: x.movedim(2, 1))])
def test_softmax_over_classes_of_pictures(dim, change):
    """Over dimension 1, or the last one; over any, where its result was rearranged."""
    x = change(autograd.rand(2, 3, 3, 3, requires_grad=True).softmax(dim))
    with pytest.warns(autograd.Hint, match="the input comes out of softmax"):
        F.cross_entropy(x, autograd.zeros(2, 3, 3).long())


def test_softmax_whose_graph_is_freed_is_told_all_the_same():
    x = autograd.rand(2, 3, requires_grad=True).softmax(1)
    x.sum().backward()
    with pytest.warns(autograd.Hint, match="the input comes out of softmax"):
        F.cross_entropy(x, autograd.tensor([0, 1]))


def test_one_class_is_looked_for_in_the_dimension_of_classes():
    with pytest.warns(autograd.Hint, match=r"input \(2, 1, 3\) has one class"):
        F.cross_entropy(autograd.rand(2, 1, 3), autograd.zeros(2, 3).long())
    assert told(F.cross_entropy, autograd.rand(2, 3, 1), autograd.zeros(2, 1).long()) == []


def slip():
    F.cross_entropy(autograd.ones(2, 2, requires_grad=True).softmax(1), autograd.tensor([0, 1]))


def test_the_switch_is_one_for_all_threads():
    def counted():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            thread = threading.Thread(target=slip)
            thread.start()
            thread.join()
        return len(caught)

    with autograd.hints(False):
        assert counted() == 0
    assert counted() == 1


def test_the_switch_as_statement_context_and_decorator():
    try:
        autograd.hints(False)
        assert told(slip) == []
        with autograd.hints(True):
            assert len(told(slip)) == 1
        assert told(slip) == []
    finally:
        autograd.hints(True)
    assert told(autograd.hints(False)(slip)) == []
    assert len(told(slip)) == 1
    with pytest.raises(TypeError, match="^hints: expected a bool, got str"):
        autograd.hints("off")


def test_a_place_is_told_once_until_hints_are_turned_on_again():
    assert [len(told(slip)) for _ in range(3)] == [1, 0, 0]
    autograd.hints(True)
    assert len(told(slip)) == 1


def test_as_an_error_it_is_raised_each_time():
    for _ in range(2):
        with pytest.raises(autograd.Hint, match="out of softmax"):
            slip()


def test_two_places_are_told_apart():
    def both():
        slip()
        F.cross_entropy(autograd.ones(2, 2, requires_grad=True).softmax(1),
                        autograd.tensor([0, 1]))

    assert len(told(both)) == 2


def test_a_program_for_pytorch_is_told_each_hint_once(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import torch\nimport torch.nn.functional as F\n"
        "x = torch.ones(2, 2, requires_grad=True)\n"
        "y = torch.tensor([0, 1])\n"
        "F.cross_entropy(x.softmax(1), y)\n"
        "F.cross_entropy(x.softmax(1), y)\n")
    done = subprocess.run([sys.executable, "-m", "autograd", "run", str(script)],
                          capture_output=True, text=True, check=True)
    assert re.findall(r"(\S+?):(\d+): Hint: (\w+)", done.stderr) == [
        (str(script), "5", "cross_entropy")]


def test_what_is_held_is_only_looked_at_by_the_optimizer_that_grows():
    """Steps of two optimizers, of which one is dropped, leave nothing behind."""
    from optim.slips import _held

    before = len(_held)
    model = nn.Linear(2, 2)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model(autograd.ones(1, 2)).sum().backward()
    optimizer.step()
    assert len(_held) == before + 1
    del optimizer
    assert len(_held) == before
