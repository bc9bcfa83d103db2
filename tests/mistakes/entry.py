"""An entry of the corpus: a wrong program, what its message must say, and the program mended."""

from typing import NamedTuple


class Mistake(NamedTuple):
    """`wrong` must raise one error whose message holds all `parts`; `mended` runs in silence."""

    name: str
    wrong: str
    parts: tuple[str, ...]
    mended: str
