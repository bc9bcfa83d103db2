"""Who answers what a compiled kernel hands over: `elsewhere.gemm(…)` and so on.

float16 comes back to the compiled kernel as float32, all else goes to the reference.  So numbers
that the kernels take as they are pass no gate.
"""

import importlib

from autograd.kernels.rounding import at_the_gate, convert
from autograd.kernels.thresholds import LEAST


class _Elsewhere:
    def __getattr__(self, name):
        plain, compiled = [
            getattr(importlib.import_module(f"autograd.kernels.{tier}"), name)
            for tier in ("reference", "compiled")
        ]
        answer = at_the_gate(name, plain, compiled, _convert)
        setattr(self, name, answer)
        return answer


def _convert(value, to):
    """A large array as another dtype by its kernel, all else by NumPy."""
    if value.size < LEAST["converted"] or not value.flags.c_contiguous:
        return convert(value, to)
    return importlib.import_module("autograd.kernels.compiled.conversion").converted(value, to)


elsewhere = _Elsewhere()
