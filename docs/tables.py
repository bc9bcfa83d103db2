"""The parts of the pages that are made when the site is built.

`{{ name }}` in a page's Markdown stands for what the function `name` of this file returns, and
`{{ lines FILE … }}` for a count of lines.
"""

from __future__ import annotations

import ast
import re
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import autograd
import nn
from tests import pytorch_names
from tests.programs import differences

ROOT = Path(__file__).resolve().parent.parent
F = nn.functional


def filled(text: str) -> str:
    """A page with what is made in its places."""
    def made(place: re.Match) -> str:
        name, *arguments = place[1].split()
        if name == "lines":
            return f"{lines(*arguments):,}"
        return MADE[name]()
    return re.sub(r"\{\{ (.+?) \}\}", made, text)


def lines(*names: str) -> int:
    """How many lines files have, and the Python files in folders."""
    paths = [path for name in names for path in
             ([ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py")))]
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def refused() -> str:
    """Each reason why names of PyTorch's are not here, with the names."""
    reasons: dict[str, list[str]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some names warn where they are touched
        for home, name, message in pytorch_names.missing():
            reasons.setdefault(message.partition("': ")[2], []).append(f"{home}.{name}")
    rows = ["| what PyTorch has | what this library says of it |", "|---|---|"]
    for reason, names in sorted(reasons.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        shown = ", ".join(f"`{name.removeprefix('torch.')}`" for name in names[:12])
        more = f" and {len(names) - 12} more" if len(names) > 12 else ""
        said = re.sub(r"([|*<])", r"\\\1", reason)
        rows.append(f"| {shown}{more} | {said} |")
    return "\n".join(rows)


def counts() -> str:
    """How many names of each module are here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytorch_names.table()


def readme(title: str) -> str:
    """A section of the README, without its heading."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0].strip()


def speed() -> str:
    """The README's figures, with their machine."""
    return readme("Speed")


# Each kink: what is computed of x, and where.
KINKS: dict[str, tuple[Callable, list]] = {
    "relu(x)": (F.relu, [0.0]),
    "relu6(x), at both ends": (F.relu6, [0.0, 6.0]),
    "leaky_relu(x), slope 0.01": (F.leaky_relu, [0.0]),
    "abs(x)": (autograd.abs, [0.0]),
    "sign(x)": (autograd.sign, [0.0]),
    "x.clamp(0, 1), at both ends": (lambda x: x.clamp(0, 1), [0.0, 1.0]),
    "hardtanh(x), at both ends": (F.hardtanh, [-1.0, 1.0]),
    "hardsigmoid(x), at both ends": (F.hardsigmoid, [-3.0, 3.0]),
    "hardswish(x), at both ends": (F.hardswish, [-3.0, 3.0]),
    "hardshrink(x), at both ends": (F.hardshrink, [-0.5, 0.5]),
    "softshrink(x), at both ends": (F.softshrink, [-0.5, 0.5]),
    "threshold(x, 0.5, 0)": (lambda x: F.threshold(x, 0.5, 0.0), [0.5]),
    "maximum(x, 2)": (lambda x: autograd.maximum(x, autograd.tensor(2.0)), [2.0]),
    "minimum(x, 2)": (lambda x: autograd.minimum(x, autograd.tensor(2.0)), [2.0]),
    "x.max()": (autograd.max, [2.0, 2.0, 1.0]),
    "x.max(0)": (lambda x: x.max(0).values, [2.0, 2.0, 1.0]),
    "x.amax(0)": (lambda x: x.amax(0), [2.0, 2.0, 1.0]),
    "x.min()": (autograd.min, [1.0, 1.0, 2.0]),
    "x.median()": (autograd.median, [2.0, 2.0, 1.0]),
    "x.sort()": (lambda x: x.sort().values[-1], [2.0, 2.0, 1.0]),
    "x.cummax(0)": (lambda x: x.cummax(0).values, [2.0, 2.0, 1.0]),
    "max_pool1d(x, 3)": (lambda x: F.max_pool1d(x[None, None], 3), [2.0, 2.0, 1.0]),
    "sqrt(x)": (autograd.sqrt, [0.0]),
    "x.norm()": (lambda x: x.norm(), [0.0, 0.0]),
    "x.norm(1)": (lambda x: x.norm(1), [0.0, 3.0]),
    "x.norm(inf)": (lambda x: x.norm(float("inf")), [2.0, -2.0, 1.0]),
    "x.std()": (lambda x: x.std(), [1.0, 1.0, 1.0]),
    "x.prod()": (autograd.prod, [0.0, 0.0, 3.0]),
    "x ** 0": (lambda x: x ** 0, [0.0]),
    "x ** 0.5": (lambda x: x ** 0.5, [0.0]),
    "atan2(x, 0)": (lambda x: autograd.atan2(x, autograd.tensor(0.0)), [0.0]),
    "xlogy(x, x)": (lambda x: autograd.xlogy(x, x), [0.0]),
    "where(x > 0, sqrt(x), x)": (lambda x: autograd.where(x > 0, x.sqrt(), x), [-1.0, 0.0, 4.0]),
    "l1_loss(x, 0)": (lambda x: F.l1_loss(x, autograd.zeros(1)), [0.0]),
    "cosine_similarity(x, (1, 2))": (
        lambda x: F.cosine_similarity(x, autograd.tensor([1.0, 2.0]), dim=0), [0.0, 0.0]),
    "remainder(x, 2)": (lambda x: autograd.remainder(x, 2), [2.0]),
    "round(x)": (autograd.round, [0.5]),
}


def kink(name: str) -> tuple[list[float], list[float], list[float]]:
    """The point, what is computed there, and the engine's gradient of its sum."""
    function, point = KINKS[name]
    x = autograd.tensor(point, requires_grad=True)
    value = function(x)
    value.sum().backward()
    return point, value.detach().flatten().tolist(), x.grad.tolist()


def subgradients() -> str:
    """The table of kinks."""
    def numbers(values: list[float]) -> str:
        return ", ".join(f"{value:.4g}" for value in values)
    rows = [f"| `{name}` | {' | '.join(map(numbers, kink(name)))} |" for name in KINKS]
    return "\n".join(["| of | at x = | value | gradient |", "|---|---|---|---|", *rows])


MADE: dict[str, Callable[[], str]] = dict(
    refused=refused, counts=counts, speed=speed, subgradients=subgradients,
    differences=differences.table)


def lessons(stage: Path) -> None:
    """Lay out the notebooks with what leads to them, and a page for each program in examples/."""
    folder = stage / "lessons"
    folder.mkdir()
    books = sorted((ROOT / "notebooks").glob("*.ipynb"))
    for book in books:
        text = book.read_text(encoding="utf-8")
        text = re.sub(r"\]\(\.\./examples/(\w+)\.py\)", r"](../examples/\1.md)", text)
        (folder / book.name).write_text(text.replace("](../examples)", "](../examples/index.md)"),
                                        encoding="utf-8")
    index = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    index = index.replace("# The course, row by row", "# Lessons, and the course row by row", 1)
    (folder / "index.md").write_text(index + toctree(book.stem for book in books),
                                     encoding="utf-8")
    examples(stage / "examples")


def toctree(names) -> str:
    """Markdown that puts pages below this one in the navigation."""
    return "\n\n```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"


def examples(folder: Path) -> None:
    """A page for each program: what it says of itself, and its text."""
    folder.mkdir()
    rows, names = [], []
    for path in sorted((ROOT / "examples").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        doc = ast.get_docstring(ast.parse(text)) or ""
        first = " ".join(doc.split("\n\n")[0].split())
        (folder / f"{path.stem}.md").write_text(
            f"# {path.name}\n\n```text\n{doc}\n```\n\n```python\n{text}```\n", encoding="utf-8")
        rows.append(f"| [{path.name}]({path.stem}.md) | {first.replace('|', chr(92) + '|')} |")
        names.append(path.stem)
    shutil.copy(ROOT / "examples" / "graph.png", folder)
    head = ("# Programs\n\nEach is one file in `examples/`, with its picture at the end of the run;"
            " `--smoke` takes a few steps only.\n\n| | |\n|---|---|\n")
    (folder / "index.md").write_text(head + "\n".join(rows) + toctree(names), encoding="utf-8")
