"""The public names of PyTorch, and where this library has them.

`python -m tests.pytorch_names` writes `pytorch_names.txt` anew from the installed PyTorch;
`python -m tests.pytorch_names table` writes README's table of how many are here anew, and prints
which are not, and which are here although a reason for their absence is given.
"""

from __future__ import annotations

import importlib
import re
import sys
import textwrap
import types
import warnings
from collections.abc import Iterator
from pathlib import Path

FILE = Path(__file__).with_suffix(".txt")
README = FILE.parent.parent / "README.md"
TABLE = re.compile(r"^\| module \| here \|.*?^\| all \|[^\n]*", re.S | re.M)
HOMES = {  # PyTorch's module or class -> ours
    "torch": "autograd",
    "torch.Tensor": "autograd:Tensor",
    "torch.autograd": "autograd.autograd",
    "torch.distributions": "autograd.distributions",
    "torch.linalg": "autograd.linalg",
    "torch.nn": "nn",
    "torch.nn.functional": "nn.functional",
    "torch.nn.utils": "nn.utils",
    "torch.optim": "optim",
    "torch.optim.lr_scheduler": "optim.lr_scheduler",
    "torch.special": "autograd.special",
    "torch.utils.data": "data",
}

_SHARED = ("torch._C.", "torch._jit_internal.")  # where some of their functions are written


def known() -> dict[str, list[str]]:
    """The names in the file, by PyTorch's module or class."""
    found: dict[str, list[str]] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        home, _, names = line.partition(": ")
        found.setdefault(home, []).extend(names.split())
    return found


def read() -> dict[str, list[str]]:
    """The public names of the installed PyTorch: what its modules list or have written
    themselves and documented, and every attribute of a tensor."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some names are deprecated
        return {home: sorted(name for name in dir(_found(home)) if _is_public(home, name))
                for home in HOMES}


def _found(home: str):
    owner, _, last = home.rpartition(".")
    return getattr(importlib.import_module(owner), last) if last == "Tensor" else (
        importlib.import_module(home))


def _is_public(home: str, name: str) -> bool:
    value = getattr(_found(home), name, None)
    if name.startswith("_") or isinstance(value, types.ModuleType):
        return False
    if home == "torch.Tensor" or name in getattr(_found(home), "__all__", ()):
        return True
    written = getattr(value, "__module__", None) or ""
    return bool(getattr(value, "__doc__", "")) and (
        written == "torch" or f"{written}.".startswith((f"{home}.", *_SHARED)))


def missing() -> Iterator[tuple[str, str, str]]:
    """(PyTorch's home, name, what the error says) of each name that this library has not."""
    import autograd

    for home, names in known().items():
        module, _, part = HOMES[home].partition(":")
        ours = importlib.import_module(module)
        ours = autograd.zeros(()) if part else ours  # a tensor, which tells more than its class
        for name in names:
            try:
                getattr(ours, name)
            except AttributeError as error:
                yield home, name, str(error)
            except (RuntimeError, TypeError):  # an attribute that a number does not have
                pass


def table() -> str:
    """How many names are here, by module, as rows of Markdown."""
    lacking = [home for home, _, _ in missing()]
    rows = ["| module | here | refused with advice |", "|---|---|---|"]
    rows += [f"| `{home}` | {len(names) - lacking.count(home)} | {lacking.count(home)} |"
             for home, names in known().items()]
    total = sum(map(len, known().values()))
    return "\n".join([*rows, f"| all | {total - len(lacking)} | {len(lacking)} |"])


def here_although_refused() -> list[str]:
    """Names that are here, and for whose absence a reason is still given."""
    from autograd.absent import NAMES
    from autograd.refused import REFUSED

    lacking = {f"{home}.{name}" for home, name, _ in missing()}
    return [full for home, names in known().items() for name in names
            if (full := f"{home}.{name}") not in lacking
            and full.removeprefix("torch.") in {**NAMES, **REFUSED}]


if __name__ == "__main__":
    if sys.argv[1:] == ["table"]:
        warnings.simplefilter("ignore")  # some names warn where they are touched
        text = README.read_text(encoding="utf-8")
        README.write_text(TABLE.sub(lambda _: table(), text), encoding="utf-8")
        print("Not here:", *(f"{home}.{name}" for home, name, _ in missing()), sep="\n")
        print("Here, although refused:", *here_although_refused(), sep="\n")
    else:
        FILE.write_text("".join(
            f"{home}: {line}\n" for home, names in read().items()
            for line in textwrap.wrap(" ".join(names), 90 - len(home))), encoding="utf-8")
