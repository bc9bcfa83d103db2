"""`python -m autograd info`, `python -m autograd warmup` and `python -m autograd run SCRIPT`."""

from __future__ import annotations

import argparse
import platform
from importlib.metadata import PackageNotFoundError, version

from . import kernels
from .run import run
from .warmup import warm_up


def info() -> None:
    """Print versions, and what the kernels run on; old folders of the cache are removed."""
    found = {"python": platform.python_version(), **{name: _version(name) for name in (
        "wengert", "numpy", "numba", "llvmlite")}, **kernels.config()}
    if found.get("cache"):
        found["cache holds"], found["removed"] = kernels.cached()
    width = max(map(len, found))
    for name, value in found.items():
        print(f"{name.replace('_', ' '):{width}}  {value}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m autograd", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("info", help=(
        "versions, kernels, threads, and the cache, whose old folders are removed"))
    commands.add_parser("warmup", help="compile the usual kernels now")
    script = commands.add_parser("run", help=(
        "run a program written for PyTorch, with this library as torch and torchvision"))
    script.add_argument("script")
    script.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    if given.command == "info":
        info()
    elif given.command == "run":
        run(given.script, given.arguments)
    else:
        warm_up()


if __name__ == "__main__":
    main()
