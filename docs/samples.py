"""Examples for docstrings that have none: the sample with which the tests call an op or build a
layer, run when the site is built, and shown as one would type it."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np

import autograd
import nn
from tests.cases import Spec
from tests.module_rows import ROWS
from tests.samples import SAMPLES, Call

WIDE, LONG = 88, 10  # columns and lines of an example
FEW = 12  # numbers in an input


def order(name: str) -> int:
    """How often an op can be differentiated, as its samples are held to."""
    return max((case.order for case in SAMPLES.get(name, ())), default=0)


def typed(array: np.ndarray) -> str:
    """An array as it is typed."""
    values = np.round(array, 2) if array.dtype.kind == "f" else array
    return f"autograd.tensor({values.tolist()})"


class Session:
    """Lines that are typed and what they print."""

    def __init__(self) -> None:
        self.names = dict(autograd=autograd, nn=nn, np=np)
        self.lines: list[str] = []

    def run(self, line: str) -> None:
        """A statement."""
        exec(line, self.names)
        self.lines.append(f">>> {line}")

    def show(self, line: str) -> None:
        """An expression, with what it gives."""
        value = eval(line, self.names)
        self.lines += [f">>> {line}", *([] if value is None else repr(value).splitlines())]

    def fits(self) -> bool:
        """Whether a reader takes it in at a glance."""
        return len(self.lines) <= LONG + 4 and all(len(line) <= WIDE for line in self.lines)


@cache
def op_example(name: str, full: str) -> tuple[str, ...]:
    """An example of an op or a composite, called `full`; empty if no sample is short enough."""
    for number, case in enumerate(SAMPLES.get(name, ())):
        sizes = [np.size(a) if isinstance(a, np.ndarray) else int(np.prod(a.shape))
                 for a in case.args if isinstance(a, (np.ndarray, Spec))]
        if sum(sizes) > FEW or any(np.isnan(a).any() for a in case.args
                                   if isinstance(a, np.ndarray) and a.dtype.kind == "f"):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                session = _called(Call(name, number), full)
        except Exception:  # a sample that needs more than can be typed in a line
            continue
        if session and session.fits():
            return tuple(session.lines)
    return ()


def _called(call: Call, full: str) -> Session | None:
    session, arrays, args, leaves = Session(), iter(call.arrays), [], []
    for arg in call.case.args:
        if isinstance(arg, Spec):
            leaf = "xyzabcdef"[len(leaves)]
            grad = ", requires_grad=True" if call.case.order else ""
            session.run(f"{leaf} = {typed(next(arrays))[:-1]}{grad})")
            leaves.append(leaf)
            args.append(leaf)
        elif isinstance(arg, np.ndarray):
            args.append(typed(arg))
        elif isinstance(arg, (bool, int, float, str, tuple, type(None))):
            args.append(repr(arg))
        else:
            return None
    args += [f"{key}={value!r}" for key, value in call.case.kwargs.items()]
    line = f"{full}({', '.join(args)})"
    session.show(line)
    if call.case.order and leaves:
        session.run(f"{line}.sum().backward()")
        for leaf in leaves:
            session.show(f"{leaf}.grad")
    return session


@cache
def layer_example(cls: type, full: str) -> tuple[str, ...]:
    """A layer built and called, with the shapes that go in and come out; empty if the tests have
    no row for it."""
    row = ROWS.get(cls.__name__)
    if row is None or row.call is not None:
        return ()
    session = Session()
    given = ", ".join(f"{key}={value!r}" for key, value in row.options.items())
    try:
        session.run(f"layer = {full}({given})")
        names = []
        for letter, array in zip("xyz", row.inputs):
            kind = "randn" if array.dtype.kind == "f" else ""
            whole = (f"autograd.zeros({array.shape}, dtype=autograd.int64)" if not kind
                     else f"autograd.ones{array.shape}" if array.ndim != 1
                     else f"autograd.ones({array.shape[0]})")
            session.run(f"{letter} = {whole}")
            names.append(letter)
        result = f"layer({', '.join(names)})"
        plural = isinstance(eval(result, session.names), tuple)
        session.show(f"{result}[0].shape" if plural else f"{result}.shape")
    except Exception:
        return ()
    return tuple(session.lines) if session.fits() else ()
