"""A drawn graph: shown in notebooks, saved as a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property

from ..errors import warn
from ..files import replacing
from .style import Arrow, Box

_NO_PNG = ("png needs matplotlib or Graphviz; install one with 'pip install matplotlib', 'apt "
           "install graphviz' (Debian, Ubuntu), 'brew install graphviz' (macOS) or 'conda install "
           "graphviz'")


class Picture:
    """What `autograd.viz.graph` returns: `digraph` is a graphviz.Digraph, `source` its text.

    In a notebook it displays itself. Graphviz's program dot draws where it is installed, and
    elsewhere the library itself.
    """

    def __init__(self, boxes: dict[str, Box], arrows: list[Arrow], title: str) -> None:
        self._boxes, self._arrows = boxes, arrows
        self._title = title

    @cached_property
    def digraph(self):
        """The graph for the package graphviz, to change or to draw in other formats."""
        from .dot import digraph

        return digraph(self._boxes, self._arrows)

    @property
    def source(self) -> str:
        """The graph in the DOT language."""
        return self.digraph.source

    def save(self, path: str | bytes | os.PathLike) -> str:
        """Write the picture as .svg, .png or, if it is a graph, .dot; returns the path of the file
        written.

        A file that stands there is replaced only once the new one is complete. Where neither dot
        nor matplotlib can draw a png, an .svg file is written and a warning says so.

        Raises: ValueError for another ending, FileNotFoundError for a missing folder.
        """
        path = os.fsdecode(path)
        stem, ending = os.path.splitext(path)
        draw = self._formats()
        kind = ending.lower()[1:]
        if kind not in draw:
            *first, last = (f".{name}" for name in draw)
            raise ValueError(f"save: {path!r} must end in {', '.join(first)} or {last}, which "
                             "chooses the format")
        folder, name = os.path.split(path)
        if folder and not os.path.isdir(folder):
            raise FileNotFoundError(f"save: the folder {folder} for {name} is missing; make it "
                                    "first, with os.makedirs")
        content = draw[kind]()
        if content is None:
            path, content = f"{stem}.svg", self._svg()
            warn(f"save: {path} was written in place of {name}, because {_NO_PNG}")
        with replacing(path) as file:
            file.write(content)
        return path

    def _formats(self) -> dict[str, Callable[[], bytes | None]]:
        return {"svg": self._svg, "png": self._png, "dot": lambda: self.source.encode()}

    def _svg(self) -> bytes:
        from .svg import svg

        return self._by_dot("svg") or svg(self._placed, self._title).encode()

    def _png(self) -> bytes | None:
        from .png import png

        return self._by_dot("png") or png(self._placed)

    def _by_dot(self, kind: str) -> bytes | None:
        from .dot import drawn_by_dot

        return drawn_by_dot(self._boxes, self._arrows, kind)

    @cached_property
    def _placed(self):
        from .layout import placed

        return placed(self._boxes, self._arrows)

    def _repr_svg_(self) -> str:
        return self._svg().decode()

    def _repr_html_(self) -> str:
        """The picture in its own size: what is wider than the page scrolls."""
        text = self._repr_svg_()
        begin = text.index("<svg") + len("<svg")
        return ('<div style="overflow-x:auto"><svg style="max-width:none"'
                f"{text[begin:]}</div>")

    def __repr__(self) -> str:
        return f"<{self._title}>"


class ModulePicture(Picture):
    """A picture of a model's modules, which the library itself draws everywhere."""

    def __init__(self, level, title: str) -> None:
        super().__init__({}, [], title)
        self._level = level

    @cached_property
    def digraph(self):
        """The graph for the package graphviz, frames as clusters."""
        from .dot import clustered

        return clustered(self._level)

    def _by_dot(self, kind: str) -> bytes | None:
        return None

    @cached_property
    def _placed(self):
        from .nested import placed

        return placed(self._level)


class ScenePicture(Picture):
    """A picture of lines, circles and texts, which the library itself draws everywhere."""

    def __init__(self, scene, title: str) -> None:
        super().__init__({}, [], title)
        self._scene = scene

    def _formats(self) -> dict[str, Callable[[], bytes | None]]:
        return {"svg": self._svg, "png": self._png}

    def _svg(self) -> bytes:
        return self._scene.svg(self._title).encode()

    def _png(self) -> bytes | None:
        return self._scene.png()
