"""Run the notebooks from their first cell to their last: `python -m tests.notebooks [NAME…]`.

Every cell must run without an error or a warning.  With `--write` the outputs are stored, without
what changes from run to run: counts of executions of cells not run, times, ids.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from unittest import mock

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
SECONDS = 300  # for one cell


def run(path: Path) -> nbformat.NotebookNode:
    """The notebook with the outputs of this run; a cell that fails raises."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=SECONDS, kernel_name="python3",
                            resources={"metadata": {"path": str(FOLDER)}}, record_timing=False)
    with mock.patch.dict(os.environ, PYTHONPATH=str(FOLDER.parent)):
        client.execute()
    for cell in notebook.cells:
        cell.metadata = nbformat.NotebookNode()
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
        for output in cell.get("outputs", ()):
            if "image/svg+xml" in output.get("data", {}):  # what is also there as HTML
                output.data.pop("text/html", None)
            if output.get("name") == "stderr":
                raise RuntimeError(f"{path.name}: a cell wrote to stderr: {output.text}")
    notebook.metadata = nbformat.from_dict({
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"}})
    return notebook


def _joined(outputs: list) -> list:
    """The outputs with neighbouring pieces of one stream as one, however they came."""
    joined: list = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.notebooks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a part of a file's name")
    parser.add_argument("--write", action="store_true", help="store the outputs")
    args = parser.parse_args(argv)
    paths = [path for path in sorted(FOLDER.glob("*.ipynb"))
             if not args.names or any(name in path.name for name in args.names)]
    if not paths:
        parser.error(f"no notebook in {FOLDER} has a name with {' or '.join(args.names)}")
    failed = 0
    for path in paths:
        start = time.perf_counter()
        try:
            notebook = run(path)
        except (CellExecutionError, RuntimeError) as error:
            failed += 1
            print(f"{path.name}: failed\n{error}", flush=True)
            continue
        if args.write:
            nbformat.write(notebook, path)
        print(f"{path.name}: {time.perf_counter() - start:.1f} s, "
              f"{path.stat().st_size / 1000:.0f} KB", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
