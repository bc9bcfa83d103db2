"""From how many numbers on a kernel answers in NumPy's place, and from how many on by two threads.

As long as no kernel is loaded, only what is large loads the first one, and with it the compiler.
"""

from autograd.kernels import measured

_WORTH_LOADING = 1 << 12
# Kernels that are no formulas, by what whole ops took; "lines" are those along one dimension,
# "sums" those of what an index sends to one place, "uneven" is for any formula where arrays are
# broadcast.
_LEAST = {"converted": 1 << 14, "copy_": 1 << 12, "filled": 1 << 17, "gather": 1 << 3,
          "lines": 1 << 12, "mask": 1 << 12, "resample": 1 << 4, "runs": 1 << 19,
          "sum_over": 1 << 12, "sums": 1, "uneven": 1 << 15, "written": 1 << 16}
_SHARED = {"converted": 1 << 16, "copy_": 1 << 15, "gather": 1 << 13, "mask": 1 << 14,
           "resample": 1 << 13, "scatter": 1 << 13}


def _by_name(groups: dict[int, str]) -> dict[str, int]:
    return {name: size for size, names in groups.items() for name in names.split()}


_QUICKER = _by_name(measured.LEAST) | _LEAST
SHARED = _by_name(measured.SHARED) | _SHARED
LEAST = {name: max(size, _WORTH_LOADING) for name, size in _QUICKER.items()}


def loaded() -> None:
    """Called once the kernels are loaded: now the quicker of two answers."""
    LEAST.update(_QUICKER)
