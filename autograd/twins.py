"""Writes the in-place twin behind each op of numbers, as `template` does the op's function: what
it does to a small tensor of floats of which nothing is recorded, and all else by a general one.

For `mul_`:

    def mul_(input, other):
        a0 = input._any_array
        a1 = other._any_array if isinstance(other, Tensor) else other
        if (a0.size < LEAST['mul'] and a0.dtype.kind == 'f' and a0.dtype is not FLOAT16
                and a0.flags.carray
                and (a1.__class__ is float or a1.__class__ is ndarray and a1.dtype is a0.dtype
                     or a1.__class__ is int and -65504 <= a1 <= 65504)
                and (not is_grad_enabled() or input._node is None and input._view is None and ...)):
            for token in hush: break
            try:
                result = plain(a0, a1, out=a0)          # that of an op without a formula is copied
            ...
            mark_written(input, 'mul_')
            return input
        return general(input, other)
"""

from __future__ import annotations

import re
from types import FunctionType

import numpy as np

from .template import fill


def twin(op, general):
    """The in-place twin of an op, which hands to `general` what it does not do itself."""
    if op.gated is None and op.promotes is None or op.extra or not op.differentiable:
        return general
    own = op.function.__globals__
    own.update(general=general, write_twin=_write)
    own["twin"] = FunctionType(_first_call.__code__, own, op.name + "_")
    return own["twin"]


def _first_call(*args, **kwargs):
    write_twin(op)  # noqa: F821
    return twin(*args, **kwargs)


def _write(op) -> None:
    name = op.name + "_"
    fill(op.function.__globals__["twin"], source(op), name, f"<wengert op {name}>", "twin")


def source(op) -> str:
    """The text of the twin."""
    signature = re.sub(r"(, \*)?, out=None$", "", op.signature)
    first, *others = op.inputs
    lines = [f"def twin({signature}):", f"    a0 = {first}._any_array"]
    for i, name in enumerate(others, 1):
        lines.append(f"    a{i} = {name}._any_array if isinstance({name}, Tensor) else {name}")
    lines += [f"    if {' and '.join(_quick(op))}:", "        for token in hush: break",
              "        try:", f"            result = {_result(op)}",
              "        except ERRORS: result = None  # which the general one explains",
              "        finally:", "            unhush(token)",
              "        if (result.__class__ is ndarray and result.dtype is a0.dtype",
              "                and result.shape == a0.shape):",
              "            if result is not a0: a0[...] = result",
              f"            mark_written({first}, {op.name + '_'!r})",
              f"            return {first}"]
    return "\n".join([*lines, f"    return general({', '.join([*op.inputs, *op.passed])})", ""])


def _result(op) -> str:
    """The expression for the numbers, which a ufunc writes at once where they belong."""
    arrays = ", ".join(f"a{i}" for i in range(len(op.inputs)))
    passed = ", ".join([arrays, *op.passed])
    if op.gated is None or not isinstance(op.gated.plain, np.ufunc):
        return f"{'plain' if op.forward is op.gated else 'forward'}({passed})"
    settings = " and ".join(f"{name} is kwdefaults[{name!r}]" for name in op.kwdefaults)
    return f"plain({arrays}, out=a0)" + (f" if {settings} else forward({passed})" * bool(settings))


def _quick(op) -> list[str]:
    """The conditions under which nothing is to be looked at: NumPy's loop does it all."""
    first, *others = op.inputs
    asked = [f"a0.size < LEAST[{op.gated.formula if op.gated else 'copy_'!r}]",
             "a0.dtype.kind == 'f'", "a0.dtype is not FLOAT16", "a0.flags.carray"]
    nodes = f"{first}._node is None and {first}._view is None"
    for i, name in enumerate(others, 1):
        asked.append(f"(a{i}.__class__ is float or a{i}.__class__ is ndarray and a{i}.dtype is "
                     f"a0.dtype or a{i}.__class__ is int and -65504 <= a{i} <= 65504)")
        nodes += (f" and (a{i}.__class__ is not ndarray "
                  f"or {name}._node is None and {name}._view is None)")
    return [*asked, f"(not is_grad_enabled() or {nodes})"]
