"""Every wrong program of tests/mistakes gets all parts of its message; its twin runs in silence."""

from typing import Any

import pytest

import autograd as ag
import data
import nn
import nn.functional as F
import optim
from tests.mistakes import loops, losses, modules, saving, sequences, shapes

TOPICS = shapes, losses, loops, modules, saving, sequences
MISTAKES = [entry for topic in TOPICS for entry in topic.MISTAKES]
each = pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)


@pytest.fixture
def names(tmp_path) -> dict[str, Any]:
    return {"ag": ag, "nn": nn, "F": F, "optim": optim, "data": data, "folder": str(tmp_path)}


def test_names_are_given_once():
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES) >= 120


@each
def test_message_says_all(mistake, names):
    with pytest.raises(Exception) as raised:
        exec(mistake.wrong, names)
    error = raised.value
    text = "\n".join([str(error), *getattr(error, "__notes__", ())])
    missing = [part for part in mistake.parts if part not in text]
    assert not missing, f"{missing} missing from: {text}"
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__, "a chain of exceptions"


@each
def test_mended_twin_runs(mistake, names):
    exec(mistake.mended, names)
