"""What was found, worst first, as text and as a page."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from autograd.files import replacing

SEVERITIES = ("error", "warning")
# The checks in the order in which what they find is told.
CHECKS = (
    "step fails", "bad numbers", "no graph", "not registered", "not in the optimizer",
    "not reached", "frozen", "loss and output", "targets", "constant inputs", "symmetry",
    "mode", "scale of inputs", "scale of targets", "dead units", "vanishing gradients",
    "exploding gradients", "no gradient", "learning rate", "cannot overfit", "initial loss",
    "saturated units", "batch norm", "order", "leakage", "splits differ", "duplicates",
    "imbalance", "constant feature")


class Finding(NamedTuple):
    """One fault.

    severity  "error": it cannot train as it is; "warning": it will train badly
    check     which check found it, a few words that stay the same
    where     the path of the module or parameter, or "inputs", "targets", "optimizer", "loader"
    what      what is wrong, with its numbers
    number    the number that decided, None where there is none
    fix       what to do, as code
    """

    severity: str
    check: str
    where: str
    what: str
    number: float | None
    fix: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.where or 'model'}: {self.what}; {self.fix}"


class Report:
    """What `doctor` found; printed, a table, and in a notebook too.

    findings  list of `Finding`, worst first; empty where nothing is wrong
    facts     what was measured, by name
    """

    def __init__(self, findings: Iterable[Finding], facts: Mapping[str, str]) -> None:
        self.findings = sorted(findings, key=lambda found: (
            SEVERITIES.index(found.severity), CHECKS.index(found.check)))
        self.facts = dict(facts)

    def __str__(self) -> str:
        import shutil
        import textwrap

        width = max(min(shutil.get_terminal_size((96, 24)).columns, 110), 50)
        lines = [self._headline()]
        for found in self.findings:
            lines.append(f"\n{found.severity.upper()}  {found.where or 'model'}  ({found.check})")
            lines += textwrap.wrap(found.what, width, initial_indent="  ", subsequent_indent="  ")
            lines += [f"  > {line}" for line in found.fix.splitlines()]
        wide = max(map(len, self.facts), default=0)
        lines += [""] * bool(self.facts)
        lines += [f"{name:<{wide}}  {value}" for name, value in self.facts.items()]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from html import escape

        cards = "".join(
            f'<section class="{found.severity}"><h3><b>{found.severity}</b> '
            f'<code>{escape(found.where or "model")}</code> <small>{found.check}</small></h3>'
            f"<p>{escape(found.what)}.</p><pre>{escape(found.fix)}</pre></section>"
            for found in self.findings)
        rows = "".join(f"<tr><th scope='row'>{escape(name)}</th><td>{escape(value)}</td></tr>"
                       for name, value in self.facts.items())
        return (f'<div class="doctor"><style>{_STYLE}</style><h2>{self._headline()}</h2>{cards}'
                f"<table>{rows}</table></div>")

    def save(self, path: str | os.PathLike) -> str:
        """Write the report as one .html file, which needs nothing else; returns its path.

        Raises: ValueError for another ending, FileNotFoundError for a missing folder.
        """
        name = os.fspath(path)
        if not name.endswith(".html"):
            raise ValueError(f"save: {name!r} must end in .html")
        with replacing(name) as file:
            file.write(_PAGE.format(body=self._repr_html_()).encode())
        return name

    def _headline(self) -> str:
        counts = [sum(found.severity == kind for found in self.findings) for kind in SEVERITIES]
        told = [f"{count} {kind}{'s' * (count != 1)}"
                for kind, count in zip(SEVERITIES, counts, strict=True) if count]
        return f"doctor: {' and '.join(told) or 'nothing found'}"


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>doctor</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><style>body {{ margin: 0 auto; padding: 1rem; max-width: 60rem }}
</style></head><body>{body}</body></html>
"""
_STYLE = """
.doctor { font: 16px/1.5 system-ui, sans-serif; color: #1e293b; background: #fff }
.doctor section { border: 1px solid #cbd5e1; border-left-width: 6px; border-radius: 6px;
  padding: .6rem 1rem; margin: .8rem 0 }
.doctor section.error { border-left-color: #b91c1c }
.doctor section.warning { border-left-color: #b45309 }
.doctor .error b { color: #b91c1c } .doctor .warning b { color: #92400e }
.doctor h2 { font-size: 1.3rem } .doctor h3 { font-size: 1rem; margin: 0 }
.doctor h3 code { overflow-wrap: anywhere } .doctor small { color: #475569; font-weight: normal }
.doctor p { margin: .4rem 0; overflow-wrap: anywhere }
.doctor pre { background: #f1f5f9; color: #0f172a; padding: .5rem; margin: .4rem 0;
  overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere }
.doctor table { border-collapse: collapse } .doctor td, .doctor th { text-align: left;
  padding: .2rem 1rem .2rem 0; vertical-align: top; overflow-wrap: anywhere;
  font-weight: normal; background: none }
.doctor th { color: #475569 }
"""
