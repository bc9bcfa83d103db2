"""Random programs: values, gradients, dtypes, shapes, flags and errors are PyTorch's, or the
difference stands in `tests/programs/differences.py`."""

from __future__ import annotations

import pytest

from tests.programs.check import against_torch
from tests.programs.generate import generate
from tests.programs.shrink import shrink

pytest.importorskip("torch", reason="PyTorch is not installed: make parity installs it")
COUNT, BLOCK = 3000, 100
CRASHES = (1064,)  # PyTorch 2.13 itself: register_hook on a view written by indices


@pytest.mark.parametrize("start", range(0, COUNT, BLOCK))
def test_programs(start):
    for seed in sorted({*range(start, start + BLOCK)} - {*CRASHES}):
        program = generate(seed, plain=False)
        if against_torch(program):
            small = shrink(program, against_torch)
            found = "\n".join(map(str, against_torch(small)))
            pytest.fail(f"seed {seed}:\n{small.text('autograd')}\n\n{found}", pytrace=False)
