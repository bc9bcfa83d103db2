"""The lines in front of what is written for an op or a composite: they look at the arguments."""

from __future__ import annotations

from inspect import signature, unwrap

from .dtypes import refuse_complex
from .errors import switch, switches
from .into import into
from .metadata import check_format
from .synonyms import UNSET, checks, synonym

UNPASSED = "memory_format"  # an argument that is not passed on
WORDS = {"UNSET": UNSET, "check_format": check_format, "into": into, "synonym": synonym,
         "refuse_complex": refuse_complex, "switch": switch}  # what the lines call


def asked(name: str, function) -> list[str]:
    """Has what is neither True nor False made one of them, or refused, where one is wanted, and
    complex numbers refused where a real one is."""
    lines = []
    for which, optional in switches(function).items():
        none = f" and {which} is not None" if optional else ""
        lines += [f"    if {which} is not False and {which} is not True{none}:",
                  f"        {which} = switch({name!r}, {which!r}, {which})"]
    for which, parameter in signature(function).parameters.items():
        if parameter.default.__class__ is float:
            lines.append(f"    if {which}.__class__ is not float: "
                         f"refuse_complex({which}, {f'{name}: {which} '!r})")
    shown = unwrap(function)
    if UNPASSED in shown.__code__.co_varnames[: shown.__code__.co_argcount]:
        lines.append(f"    if {UNPASSED} is not None: check_format({name!r}, {UNPASSED})")
    return checks(name, shown.__code__, shown.__defaults__ or ()) + lines
