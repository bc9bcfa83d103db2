"""Freed memory stays with the process, for the next result.

glibc hands large freed blocks back to the system, and then every 4 KiB of the next result cost a
page fault: more than half of the time of elementwise functions. Two of its settings, made once at
the first kernel, change that; a program that sets them itself, by its environment, keeps its own.
"""

import ctypes
import os
import sys

# Parameters of mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
HELD_BYTES = 1 << 29  # free memory at the heap's end from which the system gets it back
BLOCK_BYTES = 1 << 25  # a larger block is mapped by itself


def _chosen_by_user() -> bool:
    names = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_")
    return any(n in os.environ for n in names) or "malloc" in os.environ.get("GLIBC_TUNABLES", "")


def keep_freed_memory() -> bool:
    """Makes the settings; false where the C library has none or the user made them."""
    mallopt = None if _chosen_by_user() else _of_glibc("mallopt")
    if mallopt is None:
        return False
    return bool(mallopt(_MMAP_THRESHOLD, BLOCK_BYTES) and mallopt(_TRIM_THRESHOLD, HELD_BYTES))


def give_back() -> None:
    """Gives all freed memory back to the system, before other memory is taken for good."""
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _of_glibc(name: str):
    """A function of the C library, if that is glibc; musl has none of these."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
