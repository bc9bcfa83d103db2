"""Pictures one after the other: as an animated SVG, as HTML with a slider, as GIF."""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Iterable
from itertools import count

from ..errors import describe
from ..files import replacing
from .picture import Picture

_number = count().__next__


class Animation:
    """What `animate` returns; in a notebook it shows the frames with a slider."""

    def __init__(self, frames: list, seconds: float) -> None:
        self.frames, self.seconds = frames, seconds

    def save(self, path: str | os.PathLike) -> str:
        """Write the frames as .svg, which plays by itself, .html, with a slider, or .gif, which
        needs Pillow; returns the path."""
        path = os.fspath(path)
        kind = os.path.splitext(path)[1].lower()
        write = {".svg": self._svg, ".html": self._html, ".gif": self._gif}
        if kind not in write:
            raise ValueError(f"save: {path!r} must end in .svg, .html or .gif, which chooses the "
                             "format")
        content = write[kind]()
        with replacing(path) as file:
            file.write(content)
        return path

    def _svg(self) -> bytes:
        parts, width, height = [], 0.0, 0.0
        total = self.seconds * len(self.frames)
        for i, frame in enumerate(self.frames):
            text, wide, high = _vector(frame)
            width, height = max(width, wide), max(height, high)
            times = f"0;{i / len(self.frames):.6g};{(i + 1) / len(self.frames):.6g}"
            values = "hidden;visible;hidden"
            if i == 0:
                times, values = f"0;{1 / len(self.frames):.6g}", "visible;hidden"
            play = (f'<animate attributeName="visibility" values="{values}" keyTimes="{times}" '
                    f'calcMode="discrete" dur="{total:g}s" repeatCount="indefinite"/>'
                    ) if len(self.frames) > 1 else ""
            parts.append(f'<g visibility="{"hidden" if i else "visible"}">{play}{text}</g>')
        opening = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}pt" '
                   f'height="{height:g}pt" viewBox="0 0 {width:g} {height:g}">')
        return "\n".join([opening, *parts, "</svg>\n"]).encode()

    def _html(self) -> bytes:
        page = ('<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>frames</title></head>'
                f"<body>{self._repr_html_()}</body></html>\n")
        return page.encode()

    def _repr_html_(self) -> str:
        name, last = f"frames{os.getpid()}_{_number()}", len(self.frames) - 1
        shown = "".join(f'<div style="display:{"none" if i else "block"}">'
                        f"{_vector(frame)[0]}</div>" for i, frame in enumerate(self.frames))
        script = (f"const all=document.getElementById('{name}');"
                  "const frames=[...all.querySelectorAll(':scope>.f>div')];"
                  "const slider=all.querySelector('input'),label=all.querySelector('output');"
                  "const show=i=>{frames.forEach((f,k)=>f.style.display=k==i?'block':'none');"
                  "slider.value=i;label.textContent=`${+i+1} / ${frames.length}`};"
                  "let timer=null;slider.oninput=()=>show(slider.value);"
                  "all.querySelector('button').onclick=()=>{if(timer){clearInterval(timer);"
                  "timer=null}else timer=setInterval(()=>show((+slider.value+1)%frames.length),"
                  f"{1000 * self.seconds:g})}};")
        return (f'<div id="{name}"><button>play / stop</button> <input type="range" min="0" '
                f'max="{last}" value="0" style="width:20em"> <output>1 / {last + 1}</output>'
                f'<div class="f" style="overflow-x:auto">{shown}</div>'
                f"<script>(()=>{{{script}}})()</script></div>")

    def _gif(self) -> bytes:
        try:
            from PIL import Image
        except ImportError as error:
            raise ImportError("save: a .gif needs Pillow: pip install 'wengert[plots]'; .svg and "
                              ".html need nothing") from error
        images = [Image.open(io.BytesIO(_pixels(frame))).convert("RGB") for frame in self.frames]
        size = max(i.width for i in images), max(i.height for i in images)
        sheets = []
        for image in images:
            sheet = Image.new("RGB", size, "white")
            sheet.paste(image)
            sheets.append(sheet.convert("P", palette=Image.Palette.ADAPTIVE))
        file = io.BytesIO()
        sheets[0].save(file, format="GIF", save_all=True, append_images=sheets[1:], loop=0,
                       duration=round(1000 * self.seconds))
        return file.getvalue()

    def __repr__(self) -> str:
        return f"<animation of {len(self.frames)} frames>"


def animate(frames: Iterable, *, seconds: float = 0.4) -> Animation:
    """Pictures, or figures of matplotlib, one after the other, each for some seconds.

    Raises: ValueError without frames, TypeError for what is no picture.

    >>> x = autograd.ones(2, requires_grad=True)
    >>> autograd.viz.animate([autograd.viz.graph(x * 2), autograd.viz.graph(x.exp())])
    <animation of 2 frames>
    """
    found = list(frames)
    if not found:
        raise ValueError("animate: there are no frames")
    for i, frame in enumerate(found):
        if not isinstance(frame, Picture) and not hasattr(frame, "savefig"):
            raise TypeError(f"animate: frame {i} must be a picture, as draw_network and graph give "
                            f"it, or a figure of matplotlib, got {describe(frame)}")
    if not seconds > 0:
        raise ValueError(f"animate: seconds must be above 0, got {seconds}")
    return Animation(found, seconds)


def _vector(frame) -> tuple[str, float, float]:
    """A frame as an <svg> element, with its width and height in points."""
    if isinstance(frame, Picture):
        text = frame._repr_svg_()
        text = text[max(text.find("<svg"), 0):].strip()
        opening = text[:text.index(">")]
        width, height = (float(found.group(1)) if (found := re.search(
            rf'\b{side}="([\d.]+)', opening)) else 0.0 for side in ("width", "height"))
        return text, width, height
    wide, high = (72 * float(side) for side in frame.get_size_inches())
    data = base64.b64encode(_pixels(frame)).decode()
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:g}pt" height="{high:g}pt" '
            f'viewBox="0 0 {wide:g} {high:g}"><image width="{wide:g}" height="{high:g}" '
            f'href="data:image/png;base64,{data}"/></svg>'), wide, high


def _pixels(frame) -> bytes:
    """A frame as the content of a PNG file."""
    if not isinstance(frame, Picture):
        file = io.BytesIO()
        frame.savefig(file, format="png", dpi=100)
        return file.getvalue()
    content = frame._png()
    if content is None:
        raise ImportError("save: a .gif needs matplotlib: pip install 'wengert[plots]'; .svg and "
                          ".html need nothing")
    return content
