"""Random programs: values, gradients, dtypes, shapes, flags and errors are PyTorch's, or the
difference stands in `tests/programs/differences.py`."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from tests.programs.check import against_torch
from tests.programs.compare import with_torch
from tests.programs.differences import on_purpose
from tests.programs.generate import generate
from tests.programs.program import Program, Step
from tests.programs.shrink import shrink

pytest.importorskip("torch", reason="PyTorch is not installed: make parity installs it")
COUNT, BLOCK = 3000, 100


@pytest.mark.parametrize("start", range(0, COUNT, BLOCK))
def test_programs(start):
    for seed in range(start, start + BLOCK):
        program = generate(seed, plain=False)
        if against_torch(program):
            small = shrink(program, against_torch)
            found = "\n".join(map(str, against_torch(small)))
            pytest.fail(f"seed {seed}:\n{small.text('autograd')}\n\n{found}", pytrace=False)


def test_a_difference_on_purpose_hides_no_other(monkeypatch):
    """PyTorch refuses the write; asked with a copy it does it, and shows that a rule is wrong."""
    leaf = dict(values=np.array([0.5, -1.0, 2.0]), dtype=np.dtype("float64"), layout="plain",
                tracked=True)
    program = Program((
        Step("leaf", (), (0,), leaf), Step("sin", (0,), (1,)),
        Step("select", (1,), (2,), {"dim": 0, "n": 1}), Step("add_", (1, 2), ()),
        Step("backward", (1,), (), {"retain": True})), plain=False)
    assert [on_purpose(program, d).what for d in with_torch(program)] == [
        "in-place operations whose source overlaps their target"]
    assert not against_torch(program)
    op = autograd.sin.op
    right = op.backward
    monkeypatch.setattr(op, "backward", lambda *args: [2 * part for part in right(*args)])
    assert {d.what for d in against_torch(program)} == {"grad"}
