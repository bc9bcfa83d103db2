"""Names that PyTorch takes for an argument as well: NumPy's `axis` for `dim`, `keepdims` for
`keepdim`, and for `reduction` the `size_average` and `reduce` of its first years.

The written function of an op has each of them as a parameter behind the others, None unless it is
given; to a call that does not name it this is one comparison.
"""

from __future__ import annotations

from .errors import warn

SYNONYMS = {"dim": ("axis",), "keepdim": ("keepdims",), "reduction": ("size_average", "reduce")}


class _Unset:
    """Stands for an argument that a call must give, by one of its names."""

    def __repr__(self) -> str:
        return "required"


UNSET = _Unset()


def synonyms(code, defaults: tuple) -> tuple[list[str], list[str]]:
    """The other names that the parameters of a function have: of those that cost least as any
    argument, where a value in the wrong position is told from one that was meant, and of those
    that must be named."""
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    found = [other for name in names for other in SYNONYMS.get(name, ())]
    if code.co_flags & 0x04 or not {*found}.isdisjoint(names):
        return [], []
    quick = "dim" in names[: code.co_argcount] and _default(code, defaults, "dim") is None
    front = [other for other in found if quick and other in ("axis", "keepdims")]
    return front, [other for other in found if other not in front]


def _default(code, defaults: tuple, name: str):
    """The default value of a parameter; None where it has none."""
    behind = code.co_argcount - code.co_varnames.index(name)
    return defaults[-behind] if behind <= len(defaults) else None


def checks(name: str, code, defaults: tuple) -> list[str]:
    """The lines that let a parameter be what its other name was given for."""
    front, behind = synonyms(code, defaults)
    lines = []
    for parameter, others in SYNONYMS.items():
        if others[0] not in front + behind:
            continue
        given = " or ".join(f"{other} is not None" for other in others)
        place = code.co_varnames.index(parameter) - code.co_argcount + len(defaults)
        default = f"defaults[{place}]" if 0 <= place < len(defaults) else (
            "UNSET" if place < 0 else f"kwdefaults[{parameter!r}]")
        if parameter == "dim" and place < 0:
            given += " or dim is UNSET"
        lines += [f"    if {given}:",
                  f"        {parameter} = synonym({name!r}, {parameter!r}, {parameter}, {default}, "
                  f"{', '.join(others)})"]
    return lines


def synonym(name: str, parameter: str, value, default, *given):
    """What the other names of a parameter say that it is."""
    if given == (None,):
        raise TypeError(f"{name}() missing 1 required positional argument: {parameter!r}")
    if value is not default:
        others = " and ".join((parameter, *SYNONYMS[parameter]))
        raise TypeError(f"{name}: {others} are one argument; give one of them")
    return old_reduction(name, *given) if parameter == "reduction" else given[0]


def old_reduction(name: str, size_average: bool | None, reduce: bool | None) -> str:
    """The `reduction` that was spelled with two switches."""
    found = "none" if reduce is False else "sum" if size_average is False else "mean"
    warn(f"{name}: size_average and reduce are deprecated; use reduction={found!r}",
         FutureWarning)
    return found
