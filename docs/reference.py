"""The pages of the API reference, from the running objects.

What an op's docstring leaves out comes from its declaration: the rule of its gradient, dtypes, its
other forms.  An example that is missing is made of the op's sample in `tests/cases`, and run.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import autograd
import nn
from autograd.into import TAKING
from autograd.ops.complex_forms import FORMS
from autograd.record import COMPOSITES, INPLACE, REGISTRY
from autograd.viz.rules import rule_text

from .names import PACKAGES, Entry, Page, all_pages
from .rst import block, from_docstring, heading, inline, table
from .samples import layer_example, op_example, order

ROOT = Path(__file__).resolve().parent.parent
SWITCHES = {  # read by the engine at each operation, so they are Python's own, without docstrings
    "autograd.is_grad_enabled":
        "Whether operations on this thread are recorded: not so under `no_grad`.",
    "autograd.is_inference_mode_enabled":
        "Whether results made on this thread never take part in a graph: under `inference_mode`."}
PROMOTED = {"common": "operands are brought to one dtype first",
            "number": "operands are brought to one dtype; booleans are refused",
            "float": "integers and booleans become the default float dtype"}


class Reference:
    """The pages, and which names they tell of."""

    def __init__(self) -> None:
        self.pages = all_pages()
        self.entries = {entry.full: entry for page in self.pages for entry in page.entries}
        self.told = {id(entry.value): entry.full for entry in self.entries.values()
                     if entry.told_by is None and entry.kind != "data"}

    def link(self, scope: str, of: Any = None):
        """What resolves a name that a docstring in `scope` mentions: its full name, or nothing,
        as where it is an argument of what the docstring is of."""
        own = parameters(of)
        package = scope.partition(".")[0]

        def resolve(text: str) -> str:
            if text in own or not re.fullmatch(r"[A-Za-z_][\w.]*", text):
                return ""
            places = (scope, scope.rpartition(".")[0], package, "")
            tried = [f"{place}.{text}".strip(".") for place in places]
            if "." in text:  # of a method: the class
                tried += [name.rpartition(".")[0] for name in tried]
            else:  # a bare word is a name only beside its own kind
                tried = [name for name in tried if name != text and len(text) > 2]
            return next((name for name in tried if name in self.entries), "")
        return resolve

    def write(self, folder: Path) -> None:
        """Write all pages as files."""
        for page in self.pages:
            lines = [*heading(page.title), *from_docstring(page.lead, self.link(page.package)),
                     *self._contents(page)]
            for entry in page.entries:
                lines += self.entry(entry)
            save(folder / f"{page.path}.rst", lines)
        for path, lines in self._indexes():
            save(folder / f"{path}.rst", lines)

    def _contents(self, page: Page) -> list[str]:
        rows = [(f":py:obj:`{entry.name} <{entry.full}>`", self._summary(entry))
                for entry in page.entries]
        return table(("Name", "What it is"), rows, "25 75") if len(rows) > 3 else []

    def _summary(self, entry: Entry) -> str:
        if entry.told_by:
            return f":py:obj:`{entry.told_by.full}`"
        if entry.kind == "data":
            return f"``{shown(entry.value)}``"
        doc = text(entry).split("\n\n")[0].split("\n  ")[0]
        first = re.split(r"(?<=\.) +(?=[A-Z])", " ".join(doc.split()))[0]
        return inline(first, self.link(entry.full.rpartition(".")[0], entry.value))

    def _indexes(self) -> Iterator[tuple[str, list[str]]]:
        """The page that lists all packages, and one for each that is cut into topics."""
        told = sum(entry.told_by is None for entry in self.entries.values())
        lines = [*heading("API reference"),
                 f"Every public name: {len(self.entries)} of them, for {told} things. The pages "
                 "are written from the running library when the site is built; each example was "
                 "run."]
        packages: dict[str, list[Page]] = {}
        for page in self.pages:
            packages.setdefault(page.package, []).append(page)
        paths = {name: f"{name}/index" if len(pages) > 1 else pages[0].path
                 for name, pages in packages.items()}
        lines += toctree(paths.values())
        for name, pages in packages.items():
            module = sys.modules[name]
            about = inline((inspect.getdoc(module) or "").split("\n\n")[0], self.link(name))
            lines += [*heading(name, "-"), about]
            if len(pages) == 1:
                lines += self._names(pages[0], "All of it")
                continue
            count = sum(len(page.entries) for page in pages)
            lines += ["", f":doc:`{count} names by topic </reference/{paths[name]}>`", ""]
            inner = [*heading(name), about, *toctree(page.path.rpartition("/")[2]
                                                     for page in pages)]
            for page in pages:
                inner += self._names(page, page.title.rpartition(": ")[2])
            yield paths[name], inner
        yield "index", lines

    def _names(self, page: Page, title: str) -> list[str]:
        names = ", ".join(f":py:obj:`{entry.name} <{entry.full}>`" for entry in page.entries)
        return ["", f":doc:`{title} </reference/{page.path}>`: {names}", ""]

    def entry(self, entry: Entry) -> list[str]:
        """The lines that tell of a name."""
        if entry.kind == "data":
            return ["", f".. py:data:: {entry.full}", f"   :value: {shown(entry.value)}", "",
                    *indented(["", inline(f"Of type `{type(entry.value).__name__}`.", str)]), ""]
        head = f".. py:{entry.kind}:: {entry.full}{arguments(entry.value)}"
        if entry.told_by:
            other = entry.told_by.full
            body = [f"Another name of :py:obj:`{other}`.", ""]
        else:
            link = self.link(entry.full.rpartition(".")[0], entry.value)
            body = from_docstring(text(entry), link)
            if entry.ours:
                body += self._of_class(entry) if entry.kind == "class" else self._of_function(entry)
        return ["", "", head, "", *indented(body), ""]

    def _of_function(self, entry: Entry) -> list[str]:
        name = getattr(entry.value, "__name__", "")
        if REGISTRY.get(name) is not getattr(entry.value, "op", 0) and (
                COMPOSITES.get(name) is not entry.value):
            return source(entry.value)
        lines = []
        if ">>>" not in (entry.value.__doc__ or ""):
            lines += block("pycon", example) if (example := op_example(name, entry.full)) else []
        if "Shape:" not in (entry.value.__doc__ or ""):
            lines += shape(name)
        return [*lines, *facts(name), *source(entry.value)]

    def _of_class(self, entry: Entry) -> list[str]:
        cls, lines = entry.value, []
        if issubclass(cls, nn.Module) and ">>>" not in (cls.__doc__ or ""):
            example = layer_example(cls, entry.full)
            lines += block("pycon", example) if example else []
        bases = [f":py:obj:`{self.told[id(base)]}`" for base in cls.__mro__[1:]
                 if id(base) in self.told]
        lines += ["", f":Bases: {', '.join(bases)}", ""] if bases else []
        lines += source(cls)
        if cls is autograd.Tensor:
            lines += self._functions_of_tensors()
        for name, value, kind in members(cls, self.told):
            if cls is autograd.Tensor and self._function_of(name):
                continue
            doc = inspect.getdoc(value) or ""
            heads = "" if kind == "property" else arguments(value, bound=True)
            lines += ["", f".. py:{kind}:: {name}{heads}", "",
                      *indented(from_docstring(doc, self.link(entry.full, value)))]
        return lines

    def _function_of(self, name: str) -> str:
        """The full name of the function that a tensor's method is, also of one in place."""
        base = name if f"autograd.{name}" in self.entries else name.removesuffix("_")
        full = f"autograd.{base}"
        return full if full in self.entries and callable(getattr(autograd.Tensor, name)) else ""

    def _functions_of_tensors(self) -> list[str]:
        names: dict[str, list[str]] = {}
        for name in sorted(dir(autograd.Tensor)):
            if not name.startswith("_") and (full := self._function_of(name)):
                names.setdefault(full, []).append(name)
        links = [f":py:obj:`{' '.join(forms)} <{full}>`" for full, forms in names.items()]
        return ["", "Methods that are functions of this library, told there; one that ends in an "
                "underscore writes into the tensor:", "", ", ".join(links), ""]


def text(entry: Entry) -> str:
    """What an entry says of itself; what is Python's or NumPy's own does not say it for us."""
    if entry.ours:
        return inspect.getdoc(entry.value) or ""
    own = f"`{entry.home}.{getattr(entry.value, '__name__', entry.name)}`"
    return SWITCHES.get(entry.full, f"{own} by the name that PyTorch has for it.")


def save(path: Path, lines: list[str]) -> None:
    """Write a page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def toctree(paths: Iterable[str]) -> list[str]:
    """What puts pages below this one in the navigation."""
    return ["", ".. toctree::", "   :hidden:", "", *(f"   {path}" for path in paths), ""]


def facts(name: str) -> list[str]:
    """What the declaration of an op, or the samples of a composite, say of it."""
    op = REGISTRY.get(name)
    times = order(name)
    made = "by the operations it is made of" if times else ""
    fields = {"Gradient": made if op is None else gradient(op)}
    fields["Differentiable"] = ("no" if op is not None and not op.differentiable else
                                ["", "once", "twice"][times])
    if op is not None and op.promotes:
        fields["Dtypes"] = PROMOTED[op.promotes]
    if op is not None and (op.any or name in FORMS):
        fields["Complex"] = "yes"
    forms = [f"``Tensor.{name}``"] if hasattr(autograd.Tensor, name) else []
    forms += [f"in place ``Tensor.{name}_``"] if name in INPLACE else []
    forms += ["``out=``"] if name in TAKING else []
    fields["Also"] = ", ".join(forms)
    return ["", *(f":{key}: {text}" for key, text in fields.items() if text), ""]


def shape(name: str) -> list[str]:
    """What an elementwise op makes of shapes, as its declaration says."""
    op = REGISTRY.get(name)
    if op is None or not op.broadcasts:
        return []
    form = "(\\*) → (\\*)" if len(op.inputs) == 1 else "shapes that broadcast → their common shape"
    return ["", f":Shape: {form}", ""]


def gradient(op) -> str:
    """The rules of an op, by input."""
    if not op.differentiable:
        return "none: the result is no smooth function of its inputs"
    rules = {}
    for i, input in enumerate(op.inputs):
        text = rule_text(op, i)
        if text:
            rules.setdefault(text, []).append(f"``{input}``")
    if op.joint and len(rules) == 1:
        return f"``{next(iter(rules))}``, for all inputs"
    return "; ".join(f"{', '.join(names)}: ``{text}``" for text, names in rules.items())


def members(cls: type, told: dict[int, str]) -> Iterator[tuple[str, Any, str]]:
    """Public methods and properties with a docstring that a class has not from a base that is
    told of itself, nor from another library."""
    for name in sorted(dir(cls)):
        home = next((base for base in cls.__mro__ if name in vars(base)), object)
        ours = home.__module__.partition(".")[0] in {package.__name__ for package in PACKAGES}
        theirs = any(id(base) in told and hasattr(base, name) for base in cls.__mro__[1:])
        if name.startswith("_") or not ours or (theirs and home is not cls):
            continue
        value = vars(home)[name]
        value = value if isinstance(value, property) else getattr(cls, name, value)
        if value.__doc__ and isinstance(value, property):
            yield name, value, "property"
        elif value.__doc__ and inspect.isroutine(value):
            yield name, value, "method"


def parameters(value: Any) -> frozenset[str]:
    """The names of the arguments."""
    try:
        return frozenset(inspect.signature(value).parameters)
    except (TypeError, ValueError):
        return frozenset()


def arguments(value: Any, bound: bool = False) -> str:
    """The signature, in one line and without types."""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return "(...)"
    given = [parameter.replace(annotation=parameter.empty)
             for parameter in found.parameters.values()]
    if bound and inspect.isfunction(value):
        given = given[1:]
    found = found.replace(parameters=given, return_annotation=found.empty)
    return re.sub(r"<[^<>]*>", "...", str(found)).replace("\\", "\\\\")


def source(value: Any) -> list[str]:
    """Where it is written."""
    value = inspect.unwrap(value)
    try:
        path = Path(inspect.getsourcefile(value) or "")
        line = inspect.getsourcelines(value)[1]
    except (TypeError, OSError):
        return []
    if not path.is_relative_to(ROOT):
        return []
    return ["", f":Source: ``{path.relative_to(ROOT)}``, line {line}", ""]


def shown(value: Any) -> str:
    """A constant, in few characters."""
    return re.sub(r" at 0x\w+", "", " ".join(repr(value).split()))[:70]


def indented(lines: list[str]) -> list[str]:
    """The lines as a part of what stands above them."""
    return ["   " + line if line else "" for line in lines]
