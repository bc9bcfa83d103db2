"""The page of a run, written by Python: everything in it is there before any script runs."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence

import numpy as np

from autograd.viz.chart import Line, Mark, bars, chart, shown, spark
from autograd.viz.style import elided, escaped, printable

from .curves import panels_of
from .page_style import SCRIPT, STYLE
from .readings import STILL, Histogram, Readings
from .recorded import RUNNING, Compared, Record
from .samples import PICTURE
from .series import Series

_MOST_PANELS = 24
_MOST_RUNS = 4  # that have colours of their own
_DRAWN = 128  # points of a curve, at most
_DOTS = 40  # up to so many points are marked
_DASHES = {"training": "", "validation": "6 3", "test": "2 3"}
_QUIET, _WILD = 1e-5, 0.1  # updates to weights, outside of which they are remarkable


def page(record: Record, compared: Sequence[Compared], every: float) -> str:
    """The text of the page, which is read again after `every` seconds while the run goes on."""
    running = record.status == RUNNING
    every = max(1.0, every)
    state = f"step {record.steps:,}" if running else record.status
    refresh = f'<noscript><meta http-equiv="refresh" content="{every:g}"></noscript>'
    return "".join([
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<link rel="icon" href="data:,">{refresh if running else ""}'
        f"<title>{_text(record.name)}: {_text(state)}</title><style>{STYLE}</style></head>"
        f'<body data-every="{every:g}" data-written="{record.written:.0f}">',
        *_header(record, running), "<main>", *_remarks(record), *_curves(record, compared),
        *_layers(record.readings), *_samples(record), "</main>", _FOOTER, record.json(),
        f"<script>{SCRIPT}</script>" if running else "", "</body></html>\n"])


def _header(record: Record, running: bool) -> Iterator[str]:
    steps = f"step {record.steps:,}" + (f" of {record.planned:,}" if record.planned else "")
    parts = [steps, f"{duration(record.seconds)} so far" if running else
             f"in {duration(record.seconds)}"]
    if running and math.isfinite(record.left):
        parts.append(f"{duration(record.left)} left")
    if record.seconds_per_step > 0:
        parts.append(f"{shown(float(f'{1 / record.seconds_per_step:.3g}'))} steps/s")
    kind = "" if running else " good" if record.status == "ended" else " bad"
    yield (f'<header><h1>{_text(record.name)}</h1><p role="status"><span class="state{kind}">'
           f"{_text(record.status[:1].upper() + record.status[1:])}</span>: {', '.join(parts)}</p>")
    if record.planned:
        share = min(1.0, record.steps / record.planned)
        yield (f'<div class="bar" role="progressbar" aria-label="Steps done" aria-valuemin="0" '
               f'aria-valuemax="100" aria-valuenow="{100 * share:.0f}">'
               f'<div style="width:{100 * share:.1f}%"></div></div>')
    at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(record.written))
    yield f'<p class="soft"><span id="age">Written {at}</span> '
    yield ('<button id="pause" type="button" hidden>Pause refreshing</button>' if running else "")
    yield "</p></header>"


def _remarks(record: Record) -> Iterator[str]:
    """What one should look at, in sentences."""
    found = [f"{_text(name)}: NaN or infinite at step {curve.first_bad:,}"
             + (f", {curve.bad:,} times in all" if curve.bad > 1 else "")
             for name, curve in record.curves.items() if curve.bad]
    found += map(_text, _of_readings(record.readings))
    if found or record.remark:
        yield '<section aria-labelledby="remarks"><h2 id="remarks">Remarks</h2><ul>'
        yield "".join(f'<li><span class="bad">{remark}</span></li>' for remark in found)
        yield f"<li>{_text(record.remark)}</li>" if record.remark else ""
        yield "</ul></section>"


def _of_readings(readings: Readings) -> Iterator[str]:
    absent = [name for name, state in zip(readings.names, readings.states, strict=False)
              if state == "no gradient"]
    if absent and len(absent) == len(readings.names):
        yield ("no parameter has a gradient: call page.step() after backward() and before "
               "zero_grad()")
    elif absent:
        yield f"{_listed(absent)}: no gradient; autograd.why(parameter, function) tells why"
    many = [name for name, (dead, units) in readings.dead.items() if dead > units / 2]
    if many:
        yield (f"{_listed(many)}: more than half of the units had no gradient in {STILL} readings; "
               "a smaller learning rate, or leaky_relu, keeps units alive")
    if readings.ratios:
        last = {name: ratio for name, shape, ratio in zip(  # a bias may stand still or start at 0
            readings.names, readings.shapes, readings.ratios[-1], strict=True) if len(shape) > 1}
        wild = [name for name, ratio in last.items() if ratio > _WILD]
        quiet = [name for name, ratio in last.items() if 0 < ratio < _QUIET]
        if wild:
            yield f"{_listed(wild)}: a step moves them by a tenth or more; lower the learning rate"
        if quiet:
            yield (f"{_listed(quiet)}: a step moves them by less than a hundred-thousandth; the "
                   "learning rate may be too low")


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(elided(name, 60) for name in names[:3]) + more


def _curves(record: Record, compared: Sequence[Compared]) -> Iterator[str]:
    yield '<section aria-labelledby="curves"><h2 id="curves">Curves</h2>'
    runs = [record.curves, *[run.curves for run in compared]]
    every = list(dict.fromkeys(name for curves in runs for name in curves))
    panels = list(panels_of(every).items())
    panels += [("lr", [("lr", "training")])] if "lr" in every else []
    if not panels:
        yield "<p>No numbers yet.</p>"
    yield '<div class="grid">'
    for name, columns in panels[:_MOST_PANELS]:
        own = [record.curves[column] for column, _ in columns if column in record.curves]
        bad = [curve.first_bad for curve in own if curve.first_bad is not None]
        yield _panel(name, list(_lines(columns, record, compared)), min(bad, default=None))
    yield "</div>"
    if len(panels) > _MOST_PANELS:
        yield f"<p>{len(panels) - _MOST_PANELS} more quantities are not drawn.</p>"
    yield "</section>"


def _lines(columns: list[tuple[str, str]], record: Record,
           compared: Sequence[Compared]) -> Iterator[Line]:
    """The lines of a panel, the run's own first."""
    several = len(columns) > 1 or columns[0][1] != "training"
    for column, data in columns:
        if column in record.curves:
            color = "training" if data == "training" else "validation"
            yield _line(data if several else "this run" if compared else "", color, data,
                        record.curves[column], 1)
    for i, run in enumerate(compared):
        for column, data in columns:
            if column in run.curves:
                stretch = record.per_epoch if run.by_epoch else 1
                label = f"{run.name}, {data}" if several else run.name
                yield _line(label if stretch else f"{label}, by epoch", f"run{i % _MOST_RUNS + 1}",
                            data, run.curves[column], stretch or 1)


def _line(label: str, color: str, data: str, curve: Series, stretch: float) -> Line:
    curve = curve.shorter(_DRAWN)
    return Line(label, f"var(--{color})", curve.x * stretch, curve.mean, curve.low, curve.high,
                _DASHES[data], dots=len(curve) <= _DOTS)


def _panel(name: str, lines: list[Line], bad: int | None) -> str:
    low, high = (_finite(np.concatenate(parts)) for parts in (
        [line.low for line in lines if line.low is not None],
        [line.high for line in lines if line.high is not None]))
    means = [_finite(line.y) for line in lines]
    logarithmic = bool(low.size and low.min() > 0 and high.max() / 10 > low.min() and (
        name == "lr" or any(mean[-1] < mean[0] for mean in means if mean.size)))
    title = name.replace("_", " ")
    told = f"{title}, {'logarithmic' if logarithmic else 'linear'} axis, last {_last(lines[0])}"
    marks = [] if bad is None else [Mark(bad, "not finite", "var(--bad)")]
    picture = chart(told, lines[::-1], "step", log_y=logarithmic, marks=marks) if low.size else (
        "<p>No finite number.</p>")
    keys = "".join(map(_key, lines)) if lines[0].label else (
        f'<span class="soft">{_last(lines[0])}</span>')
    return (f"<figure><figcaption><b>{_text(title)}</b>{keys}</figcaption>{picture}</figure>")


def _finite(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values)]


def _last(line: Line) -> str:
    values = _finite(line.y)
    return f"{values[-1]:.4g}" if values.size else "none"


def _key(line: Line) -> str:
    return ('<span class="key"><svg width="26" height="8" aria-hidden="true"><path d="M0 4H26" '
            f'style="stroke:{line.color}" stroke-width="2.5" stroke-dasharray="{line.dashes}"/>'
            f'</svg>{_text(line.label)} <span class="soft">{_last(line)}</span></span>')


def _layers(readings: Readings) -> Iterator[str]:
    """A row for each parameter."""
    if not readings.weights:
        return
    yield ('<section aria-labelledby="layers"><h2 id="layers">Parameters</h2><div class="wide" '
           'tabindex="0" role="region" aria-labelledby="layers"><table><thead><tr>')
    yield "".join(f'<th scope="col">{title}</th>' for title in (
        "name", "shape", "weights", "|gradient|, log", "gradient's norm", "update / weight",
        "units without gradient"))
    yield "</tr></thead><tbody>"
    norms, ratios = (np.array(rows, float).reshape(len(readings.steps), len(readings.names))
                     for rows in (readings.norms, readings.ratios))
    for i, name in enumerate(readings.names):
        state = readings.states[i] if i < len(readings.states) else ""
        gradient = readings.grads.get(name)
        dead = readings.dead.get(name)
        yield (f'<tr><th scope="row">{_text(elided(name, 60))}</th>'
               f"<td>{'×'.join(map(str, readings.shapes[i])) or '1'}</td>"
               f"<td>{_histogram(readings.weights[name], 'weights', False)}</td>"
               f"<td>{_histogram(gradient, 'gradient', True) if gradient else state}</td>"
               f"<td class=n>{_course(norms[:, i], 'gradient norm')}</td>"
               f"<td class=n>{_course(ratios[:, i], 'update to weight')}</td>"
               f"<td>{_of_units(*dead) if dead else ''}</td></tr>")
    yield "</tbody></table></div>"
    if readings.left_out:
        yield f"<p>{readings.left_out:,} more parameters are not looked at.</p>"
    yield "</section>"


def _histogram(found: Histogram, what: str, logarithmic: bool) -> str:
    low, high = (shown(float(f"{10**end if logarithmic else end:.2g}"))
                 for end in (found.low, found.high))
    more = [f"{count:,} {word}" for count, word in ((found.zero, "zero"), (found.bad, "not finite"))
            if count]
    ends = f"{low} … {high}" if found.counts else ""
    picture = bars(np.array(found.counts), f"{what} from {low} to {high}") if found.counts else ""
    return f"{picture}{', '.join(filter(None, [ends, *more]))}"


def _course(values: np.ndarray, what: str) -> str:
    known = values[np.isfinite(values)]
    if not known.size:
        return ""
    return f"{spark(values, f'{what}, last {known[-1]:.2g}')}{shown(float(f'{known[-1]:.2g}'))}"


def _of_units(dead: int, units: int) -> str:
    text = f"{dead:,} of {units:,}"
    return f'<span class="bad">{text}</span>' if dead > units / 2 else text


def _samples(record: Record) -> Iterator[str]:
    if not record.samples:
        return
    tiles = " tiles" if all(s.startswith(PICTURE) for s in record.samples.values()) else ""
    yield ('<section aria-labelledby="samples"><h2 id="samples">Samples</h2>'
           f'<div class="grid{tiles}">')
    for name, sample in record.samples.items():
        name = _text(name)
        inside = (f'<img src="{sample}" alt="{name}">' if sample.startswith(PICTURE) else
                  f"<pre>{escaped(_printed(sample))}</pre>")
        yield f"<figure><figcaption><b>{name}</b></figcaption>{inside}</figure>"
    yield "</div></section>"


_FOOTER = (
    "<footer><p>A line is the mean, the band around it reaches from the lowest to the highest "
    "number of each stretch of steps, so that no spike is lost. Update / weight is the norm of "
    "what one step changes over the norm of the weight; around 0.001 is usual. A unit without "
    f"gradient (of a linear or convolutional layer) had none in {STILL} readings in a row."
    "</p></footer>")


def duration(seconds: float) -> str:
    """8 s, 3 min 20 s, 2 h 5 min, 3 d 4 h."""
    for unit, small, length in (("d", "h", 86400), ("h", "min", 3600), ("min", "s", 60)):
        if seconds >= length:
            rest = int(seconds % length // {"h": 3600, "min": 60, "s": 1}[small])
            return f"{int(seconds // length)} {unit} {rest} {small}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _printed(text: str) -> str:
    """A text of several lines without what HTML cannot hold."""
    return "\n".join(printable(line) for line in text.splitlines())


def _text(text: str) -> str:
    """A text as it stands in HTML, between quotes too."""
    return escaped(printable(text)).replace('"', "&quot;")
