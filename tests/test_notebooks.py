"""The notebooks as they are committed; `make notebooks` runs them."""

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MAX_BYTES = 500_000


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_each_lesson_is_there():
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{n:02d}" for n in range(1, 15)]


def test_every_cell_was_run_in_order_without_errors(path):
    code = [cell for cell in read(path) if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert outputs and not [o for o in outputs if o["output_type"] == "error"]
    assert not [o for o in outputs if o.get("name") == "stderr"]
    assert any("image/png" in o.get("data", {}) or "image/svg+xml" in o.get("data", {})
               for o in outputs), "a lesson has pictures"


def test_no_picture_is_stored_twice(path):
    kinds = [{*o.get("data", {})} - {"text/plain"} for cell in read(path)
             if cell["cell_type"] == "code" for o in cell["outputs"]]
    assert all(len(found) < 2 for found in kinds)


def test_form(path):
    """A title, then a cell that installs, formulas, exercises at the end; small enough for git."""
    assert path.stat().st_size < MAX_BYTES
    cells = read(path)
    text = ["".join(cell["source"]) for cell in cells]
    assert text[0].startswith("# ") and cells[0]["cell_type"] == "markdown"
    assert "pip install" in text[1] and cells[1]["cell_type"] == "code"
    assert any("$" in part for part, cell in zip(text, cells) if cell["cell_type"] == "markdown")
    assert text[-1].startswith("## Exercises")


def test_the_index_names_each(path):
    assert f"]({path.name})" in (FOLDER / "README.md").read_text(encoding="utf-8")
