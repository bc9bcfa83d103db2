"""Measures `autograd/kernels/measured.py` anew: from which size on a formula's kernel is quicker
than NumPy, and from which size on two threads are quicker than one.

    python -m bench.thresholds > measured.py && mv measured.py autograd/kernels/
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from time import perf_counter

import numpy as np

from autograd import kernels, threads
from autograd.kernels.formulas import FORMULAS
from autograd.kernels.thresholds import SHARED
from tests.formulas import operands

SIZES = [1 << power for power in range(2, 19)]
NEVER = 1 << 20
UFUNCS = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.true_divide,
          "neg": np.negative, "square": np.square, "reciprocal": np.reciprocal,
          "absolute": np.absolute, "sign": np.sign, "remainder": np.remainder,
          "floor_divide": np.floor_divide, "step": np.heaviside, "at_least": np.maximum,
          "at_most": np.minimum}  # fmt: skip
HEAD = '"""' + '''\
From how many numbers on the kernel of a formula is quicker than NumPy, and from how many on a
second thread pays: powers of two.  Written by `python -m bench.thresholds`.
"""
'''


def microseconds(call: Callable[[], object]) -> float:
    """The shortest of several runs of a call."""
    call()
    times = []
    for _ in range(5):
        start, count = perf_counter(), 0
        while perf_counter() - start < 3e-4:
            call()
            count += 1
        times.append((perf_counter() - start) / count)
    return min(times) * 1e6


def crossing(first: list[float], second: list[float]) -> int:
    """The size from which the second way is the quicker one, whatever larger size."""
    slower = [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if b > a]
    at = slower[-1] + 1 if slower else 0
    return SIZES[at] if at < len(SIZES) else NEVER


def measured(name: str) -> tuple[int, int]:
    """(size from which the kernel pays, size from which two threads pay)."""
    rng = np.random.default_rng(0)
    plain, alone, shared = [], [], []
    for size in SIZES:
        def draw(size=size):
            return rng.uniform(-3, 3, size).astype(np.float32)

        given = operands(name, draw, lambda: np.abs(draw()))
        plain.append(microseconds(lambda given=given: UFUNCS.get(name, FORMULAS[name])(*given)))
        threads.set_num_threads(1)
        alone.append(microseconds(lambda given=given: kernels.elementwise(name, *given)))
        threads.set_num_threads(2)
        shared.append(in_two(name, given))
    return crossing(plain, [min(pair) for pair in zip(alone, shared, strict=True)]), crossing(
        alone, shared)


def in_two(name: str, given: list) -> float:
    """The time of the kernel on two threads, whatever its size."""
    before, SHARED[name] = SHARED[name], 0
    try:
        return microseconds(lambda: kernels.elementwise(name, *given))
    finally:
        SHARED[name] = before


def table(name: str, numbers: dict[str, int]) -> str:
    """A dict of powers of two, grouped by the power."""
    lines = [f"{name} = {{"]
    for size in sorted(set(numbers.values())):
        names = " ".join(sorted(key for key, value in numbers.items() if value == size))
        wrapped = textwrap.wrap(names, 80)
        text = "\n        ".join([f'"{line} "' for line in wrapped[:-1]] + [f'"{wrapped[-1]}"'])
        lines.append(f"    1 << {size.bit_length() - 1}: ({text}),")
    return "\n".join([*lines, "}"])


def main() -> None:
    """Print the module."""
    kernels.tier()
    with np.errstate(all="ignore"):
        found = {name: measured(name) for name in FORMULAS}
    print(HEAD)
    print(table("LEAST", {name: least for name, (least, _) in found.items()}))
    print(table("SHARED", {name: shared for name, (_, shared) in found.items()}))


if __name__ == "__main__":
    main()
