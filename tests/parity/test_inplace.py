"""In-place programs: values and gradients are PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from tests.inplace_programs import PROGRAMS
from tests.test_inplace import W, X

torch = pytest.importorskip("torch", reason="PyTorch is not installed: make parity installs it")


def outcome(lib, make, program):
    x, w = make(X).requires_grad_(), make(W).requires_grad_()
    result = program(lib, x, w)
    result.backward()
    return [result.item(), *(None if t.grad is None else t.grad.numpy() for t in (x, w))]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_program(program):
    ours = outcome(autograd, autograd.tensor, program)
    theirs = outcome(torch, torch.tensor, program)
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine is None) == (other is None)
        if mine is not None:
            np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-12)
