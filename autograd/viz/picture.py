"""A drawn graph: shown in notebooks, saved as a file."""

from __future__ import annotations

import os
import warnings

_PATIENCE = 60  # seconds for dot
_INSTALL = ("the program 'dot' of Graphviz is not on the PATH; install it with 'apt install "
            "graphviz' (Debian, Ubuntu), 'brew install graphviz' (macOS), 'conda install graphviz' "
            "or from https://graphviz.org/download")


class Picture:
    """What `autograd.viz.graph` returns: `digraph` is the graphviz.Digraph, `source` its text.

    In a notebook it displays itself, as the text where Graphviz is missing.
    """

    def __init__(self, digraph, title: str) -> None:
        self.digraph = digraph
        self._title = title

    @property
    def source(self) -> str:
        """The graph in the DOT language."""
        return self.digraph.source

    def save(self, path: str | os.PathLike) -> str:
        """Write the picture as .svg, .png or .dot; returns the path of the file written.

        A file that stands there is replaced only once the new one is complete. Where the program
        dot, which draws svg and png, is missing, the .dot file is written and a warning says so.

        Raises: ValueError for another ending, FileNotFoundError for a missing folder.
        """
        path = os.fspath(path)
        stem, ending = os.path.splitext(path)
        suffix = ending.lower()
        if suffix not in (".svg", ".png", ".dot"):
            raise ValueError(f"save: {path!r} must end in .svg, .png or .dot, which chooses the "
                             "format")
        folder, name = os.path.split(path)
        if folder and not os.path.isdir(folder):
            raise FileNotFoundError(f"save: the folder {folder} for {name} is missing; make it "
                                    "first, with os.makedirs")
        content = self.source.encode()
        if suffix != ".dot":
            try:
                content = _drawn(self.source, suffix[1:])
            except _NotDrawn as reason:
                path = f"{stem}.dot"
                warnings.warn(f"save: {path} was written in place of {name}, because {reason}",
                              stacklevel=2)
        _write(path, content)
        return path

    def _repr_svg_(self) -> str | None:
        try:
            return _drawn(self.source, "svg").decode()
        except _NotDrawn:
            return None

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        try:
            svg = _drawn(self.source, "svg").decode()
        except _NotDrawn as reason:
            return {"text/plain": f"{self.source}\n// Shown as text, because {reason}."}
        return {"image/svg+xml": svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<{self._title}>"


class _NotDrawn(Exception):
    """dot is missing or failed; the text says what to do."""


def _drawn(source: str, kind: str) -> bytes:
    """What the program dot makes of the source: an svg or png file."""
    import subprocess

    command = ["dot", f"-T{kind}"] + (["-Gdpi=144"] if kind == "png" else [])
    try:
        done = subprocess.run(command, input=source.encode(), capture_output=True,
                              timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        raise _NotDrawn(f"dot did not finish within {_PATIENCE} s; draw a smaller part") from None
    except OSError:
        raise _NotDrawn(_INSTALL) from None
    if done.returncode != 0:
        raise _NotDrawn(f"dot failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _write(path: str, content: bytes) -> None:
    unfinished = f"{path}.{os.getpid()}.part"
    try:
        with open(unfinished, "wb") as file:
            file.write(content)
        os.replace(unfinished, path)
    finally:
        if os.path.exists(unfinished):
            os.remove(unfinished)
