"""`python -m autograd run script.py ARGS`: a program written for PyTorch, as it is.

In this process `torch` and `torchvision` stand for this library; otherwise the program runs as
with `python script.py ARGS`.  Its modules `data`, `nn` and `optim`, if it has some beside it, are
its own, although packages of this library have these names.
"""

from __future__ import annotations

import atexit
import builtins
import os
import sys
from importlib import import_module
from importlib.machinery import SourceFileLoader
from types import ModuleType

from . import aliases, refused
from .refused import MISSED, STOOD_IN, advice

OWN = ("data", "nn", "optim")
_BESIDE = "__beside__"  # the package that holds the program's modules of these names


def run(script: str, arguments: list[str]) -> None:
    """Run the script, report at exit what was missing, and leave with the script's code."""
    if not os.path.isfile(script):
        raise SystemExit(f"python -m autograd run: there is no file {script}")
    folder = os.path.dirname(os.path.realpath(script))
    here = os.path.dirname(os.path.dirname(__file__))
    sys.path.insert(0, here)  # the program may have modules of these names, here or beside it
    for package in OWN:
        import_module(package)
    sys.path.remove(here)
    sys.argv = [script, *arguments]
    if not sys.flags.safe_path:
        sys.path[0] = folder
    refused.unmodified = True
    aliases.install("torch", "torchvision")
    _keep_apart(folder)
    atexit.register(report)
    main = ModuleType("__main__")
    vars(main).update(__file__=script, __builtins__=builtins, __cached__=None,
                      __loader__=SourceFileLoader("__main__", script))
    sys.modules["__main__"] = main
    try:
        with open(script, "rb") as file:
            code = compile(file.read(), script, "exec", dont_inherit=True)
        exec(code, vars(main))
    except SystemExit:
        raise
    except BaseException as error:
        _show(error, script)
        if not isinstance(error, KeyboardInterrupt):
            raise SystemExit(1) from None
        sys.excepthook = lambda *shown: None
        raise


def _show(error: BaseException, script: str) -> None:
    """The traceback from the script on, as Python would print it."""
    kind = type(getattr(error, "obj", None))
    if isinstance(error, AttributeError) and _is_ours({"__name__": kind.__module__}):
        MISSED.setdefault(f"{kind.__name__}.{error.name}", 1)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != script:
        trace = trace.tb_next
    error.__traceback__ = trace
    sys.excepthook(type(error), error, trace)


def report() -> None:
    """Tell what the program asked for in vain, and what only stood for something, on stderr."""
    for title, counts in (("missing", MISSED), ("without effect", STOOD_IN)):
        if counts:
            print(f"autograd run: {title}:", file=sys.stderr)
        shown = {name if name.startswith("torchvision") else f"torch.{name}": name
                 for name in counts}
        for full, name in sorted(shown.items()):
            often = f", {counts[name]} times" if counts[name] > 1 else ""
            print(f"  {full}{often}{advice(name)}", file=sys.stderr)


def _keep_apart(folder: str) -> None:
    """Let the program import its own modules where this library has packages of their names."""
    clashing = {name for name in OWN if _is_module(os.path.join(folder, name))}
    if not clashing:
        return
    beside = ModuleType(_BESIDE)
    beside.__path__ = [folder]
    sys.modules[_BESIDE] = beside
    usual = builtins.__import__

    def importing(name, globals=None, locals=None, fromlist=(), level=0):
        head = name.partition(".")[0]
        if level or head not in clashing or _is_ours(globals or {}):
            return usual(name, globals, locals, fromlist, level)
        usual(f"{_BESIDE}.{name}", globals, locals, ("",), 0)
        return sys.modules[f"{_BESIDE}.{name if fromlist else head}"]

    builtins.__import__ = importing


def _is_module(path: str) -> bool:
    """Whether it is a module or a folder of modules."""
    return os.path.isfile(f"{path}.py") or (
        os.path.isdir(path) and any(name.endswith(".py") for name in os.listdir(path)))


def _is_ours(importing: dict) -> bool:
    """Whether the module that imports belongs to this library."""
    return (importing.get("__name__") or "").partition(".")[0] in ("autograd", *OWN)
