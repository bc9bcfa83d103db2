"""Programs for `test_hints`: wrong ones that raise nothing, each with its mended twin, and right
ones that look wrong.

A wrong program marks the line of its hint with `# HINT`; its twin is the same function with
`mended=True`.
"""

from . import (  # noqa: F401 - each registers its programs
    right_graphs,
    right_loops,
    right_losses,
    right_modules,
    right_published,
    wrong_loops,
    wrong_losses,
    wrong_modules,
)
from .table import RIGHT, WRONG  # noqa: F401
