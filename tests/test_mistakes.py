"""Every wrong program of tests/mistakes gets all parts of its message; its twin runs in silence."""

from typing import Any

import pytest

import autograd as ag
import data
import nn
import nn.functional as F
import optim
from tests.mistakes import loops, losses, modules, shapes

MISTAKES = [entry for topic in (shapes, losses, loops, modules) for entry in topic.MISTAKES]
each = pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)


def names() -> dict[str, Any]:
    return {"ag": ag, "nn": nn, "F": F, "optim": optim, "data": data}


def test_names_are_given_once():
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)


@each
def test_message_says_all(mistake):
    with pytest.raises(Exception) as raised:
        exec(mistake.wrong, names())
    missing = [part for part in mistake.parts if part not in str(raised.value)]
    assert not missing, f"{missing} missing from: {raised.value}"
    error = raised.value
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__, "a chain of exceptions"


@each
def test_mended_twin_runs(mistake):
    exec(mistake.mended, names())
