"""What is measured on whole processes: import, the first step, memory."""

import tempfile
from functools import cache

from . import measure
from .libraries import IMPORTS, SIDES

_IMPORT = """
import json, sys, time
start = time.perf_counter()
exec(sys.argv[1])
print(json.dumps({"seconds": time.perf_counter() - start}))
"""

_FIRST_STEP = """
import json, time
start = time.perf_counter()
import sys
from bench import libraries, steps
steps.CASES[sys.argv[2]](libraries.load(sys.argv[1]))()
print(json.dumps({"seconds": time.perf_counter() - start}))
"""

# ru_maxrss is in bytes on macOS and in KiB elsewhere, and starts at the size of the parent process:
# the runner stays small by importing neither library.
_MEMORY = """
import json, resource, sys
from bench import libraries, steps
unit = 1 if sys.platform == "darwin" else 1024
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
lib = libraries.load(sys.argv[1])
imported = peak()
step = steps.CASES[sys.argv[2]](lib)
for _ in range(50):
    step()
print(json.dumps({"peak": peak(), "above_import": peak() - imported}))
"""


def imports(rounds: int) -> dict[str, list[float]]:
    """Seconds of the import statements alone."""
    def sample(side):
        return measure.once(_IMPORT, IMPORTS[side])["seconds"]

    measure.alternate(sample, 1)  # files into the page cache, bytecode written
    return measure.alternate(sample, rounds)


def beside_numpy(rounds: int) -> dict[str, list[float]]:
    """Our import beside NumPy's, which every program of ours pays anyway."""
    def sample(side):
        statement = IMPORTS["ours"] if side == "ours" else "import numpy"
        return measure.once(_IMPORT, statement)["seconds"]

    return measure.alternate(sample, rounds)


def cold_first_step(case: str, rounds: int) -> dict[str, list[float]]:
    """Seconds from a program's first line to its first step done, no kernel compiled before."""
    def sample(side):
        with tempfile.TemporaryDirectory() as empty:
            return measure.once(_FIRST_STEP, side, case, cache=empty)["seconds"]

    return measure.alternate(sample, rounds)


def warm_first_step(case: str, rounds: int) -> dict[str, list[float]]:
    """The same when an earlier process has compiled the kernels."""
    with tempfile.TemporaryDirectory() as cache:
        def sample(side):
            return measure.once(_FIRST_STEP, side, case, cache=cache)["seconds"]

        measure.alternate(sample, 1)
        return measure.alternate(sample, rounds)


@cache
def _peaks(case: str, rounds: int, sides: tuple[str, str]) -> list[list[dict[str, float]]]:
    def sample(side):
        return measure.once(_MEMORY, side, case)

    measure.alternate(sample, 1, sides)  # kernels compiled
    return list(measure.alternate(sample, rounds, sides).values())


def memory(case: str, figure: str, rounds: int,
           sides: tuple[str, str] = SIDES) -> dict[str, list[float]]:
    """Peak resident bytes of a process after 50 steps: "peak", or what is "above_import"."""
    return {name: [found[figure] for found in samples]
            for name, samples in zip(SIDES, _peaks(case, rounds, sides), strict=True)}
