"""notebooks/README.md, the course row by row: each name it gives can be imported and has the
options named, each test exists, and each test of the course has its row."""

import ast
import importlib
import inspect
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "notebooks" / "README.md"

# How many rows each table of the course has.
TABLES = {"N": 25, "A": 11, "L": 7, "O": 9, "S": 3, "R": 8, "I": 3, "H": 2, "T": 3, "C": 11,
          "K": 5, "M": 9, "D-": 29, "E-": 19, "G-": 13}

NOTEBOOKS = [
    "01_neuron", "02_xor_and_the_mlp", "03_activations", "04_backpropagation_by_hand",
    "05_gradient_checking", "06_optimizers", "07_regularisation", "08_mlp_on_digits",
    "09_convolution",
    "10_recurrence_and_attention", "11_autoencoders_and_generation", "12_interpretation",
    "13_tuning", "14_from_pytorch",
]  # fmt: skip

# Rows with nothing to compute: where they are shown, besides their notebook.
SHOWN = {
    "N7": "notebooks/01_neuron.ipynb", "N18": "examples/universal.py",
    "N20": "examples/features.py", "N25": "examples/autoencoder.py",
    "T3": "notebooks/07_regularisation.ipynb", "K3": "examples/seq2seq.py",
    "K4": "examples/autoencoder.py", "K5": "examples/diffusion.py",
    "M2": "notebooks/08_mlp_on_digits.ipynb", "M3": "notebooks/02_xor_and_the_mlp.ipynb",
    "M4": "notebooks/12_interpretation.ipynb", "M5": "notebooks/12_interpretation.ipynb",
    "M7": "examples/spam.py", "M8": "examples/race.py",
}  # fmt: skip


class Row(NamedTuple):
    name: str
    api: list[str]
    tests: list[str]  # empty where it is shown
    notebook: str


def read() -> list[Row]:
    """The rows of all tables of the page."""
    rows = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("|") and cells[0] not in ("row", "---|---|---|---|---"):
            assert len(cells) == 5, f"five cells are a row, got {line}"
            name, _, api, tests, notebook = cells
            assert "`" in tests or tests == "shown", f"{name}: no test, and not 'shown'"
            code = [re.findall("`([^`]+)`", cell) for cell in (api, tests, notebook)]
            assert code[0] and len(code[2]) == 1, f"{name}: no API, or not one notebook"
            rows.append(Row(name, code[0], code[1], code[2][0]))
    return rows


ROWS = read()
every = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


@cache
def functions(path: str) -> frozenset[str]:
    """The test functions of a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree)
                     if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


def resolved(name: str):
    """The object behind a dotted name."""
    package, *rest = name.split(".")
    found = importlib.import_module(package)
    for i, part in enumerate(rest):
        if not hasattr(found, part):  # a module that its package does not import by itself
            found = importlib.import_module(".".join([package, *rest[:i + 1]]))
        else:
            found = getattr(found, part)
    return found


def missing(what: str) -> str:
    """Why a name with its options, a test or a file is not there; empty where it is."""
    if "/" in what:
        path, _, test = what.partition("::")
        if not (ROOT / path).is_file():
            return f"no file {path}"
        function, _, case = test.rstrip("]").partition("[")
        if function and function not in functions(path):
            return f"{path} has no {function}"
        here = (ROOT / path).read_text(encoding="utf-8")
        return "" if not case or f'"{case}"' in here else f"{path} has no case {case!r}"
    name, _, options = what.rstrip(")").partition("(")
    try:
        found = resolved(name)
    except ImportError as error:
        return f"{name}: {error}"
    if not options:
        return ""
    taken = inspect.signature(found).parameters
    return ", ".join(f"{name} takes no {option}" for option in options.split(", ")
                     if option not in taken)


def test_every_row_of_the_course_is_on_the_page_once():
    wanted = [f"{table}{i}" for table, count in TABLES.items() for i in range(1, count + 1)]
    assert sorted(row.name for row in ROWS) == sorted(wanted)


@every
def test_names_options_and_tests_exist(row):
    places = [*row.api, *row.tests, *([] if row.tests else [SHOWN[row.name]])]
    lost = [missing(what) for what in places if not what.startswith("notebooks/")]
    assert not any(lost), f"{row.name}: {'; '.join(filter(None, lost))}"


@every
def test_tests_are_named_by_their_row(row):
    for test in row.tests:
        path, _, name = test.partition("::")
        if path.startswith("tests/course/"):
            short = row.name.replace("-", "")
            assert f"_{short}_" in name or f"[G-{short[1:]}]" in name or row.name in (
                "O1", "O3", "O4", "O6", "O7", "O8")  # held by golden numbers
        assert name, f"{row.name}: {test} names no test"


def test_every_test_of_the_course_has_its_row():
    named = {test.partition("[")[0] for row in ROWS for test in row.tests}
    found = {f"tests/course/{path.name}::{test}" for path in Path(__file__).parent.glob("test_*.py")
             if path != Path(__file__) for test in functions(f"tests/course/{path.name}")}
    assert found == {test for test in named if test.startswith("tests/course/")}


def test_what_is_shown_has_no_test():
    assert {row.name for row in ROWS if not row.tests} == SHOWN.keys()


def test_notebooks_are_the_planned_ones():
    assert {row.notebook for row in ROWS} == {f"{name}.ipynb" for name in NOTEBOOKS}
    assert {place.removeprefix("notebooks/").removesuffix(".ipynb") for place in SHOWN.values()
            if place.startswith("notebooks/")} <= {*NOTEBOOKS}
    written = {path.stem for path in PAGE.parent.glob("*.ipynb")}
    assert written == {*NOTEBOOKS}


def test_what_is_not_there_is_found_missing():
    assert not missing("nn.Linear(in_features)")
    assert missing("nn.Linear(weights)") == "nn.Linear takes no weights"
    assert missing("nn.Linaer") and missing("nn.linear.nothing") and missing("nothing.at_all")
    assert missing("tests/nothing.py") == "no file tests/nothing.py"
    assert missing(f"tests/course/test_neurons.py::{'test_N99'}").endswith("has no test_N99")
    golden = "tests/course/test_training.py::test_golden_numbers"
    assert not missing(f"{golden}[G-1]") and missing(f"{golden}[G-14]")
