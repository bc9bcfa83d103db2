"""The public names of the running library, and on which page of the reference each is told.

What a package lists in `__all__` is public; a module without one is asked for what it defines.  An
object that has several names is told once, under the first; its other names lead there.  A large
package is cut into topics: the files in which its names are written.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import autograd
import autograd.ops
import data
import nn
import optim

PACKAGES = (autograd, nn, optim, data)
LARGE = 60  # names in a package that is cut into topics
FOREIGN = {"builtins", "functools", "numpy", "collections"}  # whose things have names here, too
SMALL = 4  # names, and methods of classes, in a topic that has no page to itself


@dataclass
class Entry:
    """A public name: `full` as it is called, its object, and the entry that tells of it where
    that is another one."""

    full: str
    value: Any
    told_by: Entry | None = None

    @property
    def name(self) -> str:
        return self.full.rpartition(".")[2]

    @property
    def ours(self) -> bool:
        """Whether the library's own files say what it is."""
        return bool(self.value.__doc__) and self.home.partition(".")[0] not in FOREIGN

    @property
    def home(self) -> str:
        """The module that it is written in."""
        return "constants" if self.kind == "data" else self.value.__module__ or "builtins"

    @property
    def kind(self) -> str:
        if inspect.isclass(self.value):
            return "class"
        return "function" if inspect.isroutine(self.value) else "data"


@dataclass
class Page:
    """One page: `path` below reference/, what its file or package says of itself, its entries."""

    path: str
    title: str
    lead: str
    package: str
    entries: list[Entry] = field(default_factory=list)


def defined(module: ModuleType) -> list[str]:
    """The names that a module without `__all__` defines itself."""
    names = []
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return names


def modules(module: ModuleType) -> Iterator[tuple[ModuleType, list[tuple[str, Any]]]]:
    """Each public module in and below this one, with its public names and their objects."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some names warn where they are touched
        listed = getattr(module, "__all__", None) or defined(module)
        found = [(name, getattr(module, name)) for name in sorted(set(listed), key=str.lower)
                 if not name.startswith("_")]
    yield module, [pair for pair in found if not isinstance(pair[1], ModuleType)]
    for _, inner in found:
        if isinstance(inner, ModuleType) and inner.__name__ != "autograd.kernels":
            yield from modules(inner)


def all_pages() -> list[Page]:
    """Every page of the reference, in order."""
    autograd.ops.load_all()
    pages: list[Page] = []
    told: dict[int, Entry] = {}
    for package in PACKAGES:
        for module, pairs in modules(package):
            entries = [Entry(f"{module.__name__}.{name}", value) for name, value in pairs]
            for entry in sorted(entries, key=_second_name):
                if entry.kind != "data":
                    first = told.setdefault(id(entry.value), entry)
                    entry.told_by = None if first is entry else first
            pages += _pages(module, entries)
    return pages


def _second_name(entry: Entry) -> bool:
    """Whether an object calls itself otherwise."""
    return getattr(entry.value, "__name__", entry.name) != entry.name


def _pages(module: ModuleType, entries: list[Entry]) -> list[Page]:
    name, lead = module.__name__, inspect.getdoc(module) or ""
    if len(entries) <= LARGE:
        return [Page(name, name, lead, name, entries)] if entries else []
    topics: dict[str, list[Entry]] = {}
    for entry in entries:
        topics.setdefault(_topic(entry, entries), []).append(entry)
    pages, rest = [], []
    for topic, members in sorted(topics.items(), key=lambda pair: pair[0].rpartition(".")[2]):
        if sum(map(_weight, members)) < SMALL or topic.partition(".")[0] in FOREIGN:
            rest += members
            continue
        short = topic.rpartition(".")[2]
        about = inspect.getdoc(sys.modules[topic]) if topic in sys.modules else ""
        title = f"{name}: {short.replace('_', ' ')}"
        pages.append(Page(f"{name}/{short}", title, about or "", name, members))
    rest.sort(key=lambda entry: entry.name.lower())
    return [*pages, Page(f"{name}/more", f"{name}: more", "", name, rest)]


def _weight(entry: Entry) -> int:
    """How much there is to tell: a class with many methods fills a page."""
    own = vars(entry.value) if entry.kind == "class" else ()
    return 1 + sum(not name.startswith("_") for name in own) // 6


def _topic(entry: Entry, among: list[Entry]) -> str:
    """The file an object is written in; `loss_margin` belongs to `loss` where there is one."""
    family = re.sub(r"_[a-z]+$", "", entry.home)
    return family if any(other.home == family for other in among) else entry.home
