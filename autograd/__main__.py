"""`python -m autograd info` and `python -m autograd warmup`."""

from __future__ import annotations

import argparse
import platform
from importlib.metadata import PackageNotFoundError, version

from . import kernels
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
    parser.add_argument("command", choices=["info", "warmup"], help=(
        "info: versions, kernels, threads, and the cache, whose old folders are removed; "
        "warmup: compile the usual kernels now"))
    if parser.parse_args().command == "info":
        info()
    else:
        warm_up()


if __name__ == "__main__":
    main()
