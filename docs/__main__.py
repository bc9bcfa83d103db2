"""`python -m docs` builds the site from this folder, the notebooks, the examples and the running
library into build/site; `make docs` installs what that needs.  Whatever Sphinx warns of, and a link
that leads nowhere, fails the build."""

from __future__ import annotations

import shutil
import sys
import time

from sphinx.cmd.build import main as sphinx

from .check import broken
from .reference import ROOT, Reference
from .tables import filled, lessons

STAGE, SITE = ROOT / "build" / "docs", ROOT / "build" / "site"


def stage() -> None:
    """Lay all sources out as Sphinx reads them: this folder's, and what is made."""
    shutil.rmtree(STAGE, ignore_errors=True)
    shutil.copytree(ROOT / "docs", STAGE, ignore=shutil.ignore_patterns("__pycache__"))
    for page in STAGE.glob("*.md"):
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
    lessons(STAGE)
    Reference().write(STAGE / "reference")


def main() -> int:
    """Build the site; the exit code says whether it is whole."""
    start = time.perf_counter()
    stage()
    shutil.rmtree(SITE, ignore_errors=True)
    code = sphinx(["-W", "--keep-going", "-q", "-E", "-j", "auto", "-d",
                   str(ROOT / "build" / "doctrees"), str(STAGE), str(SITE)])
    faults = broken(SITE)
    print(*faults, sep="\n", file=sys.stderr)
    pages = len(list(SITE.rglob("*.html")))
    print(f"{pages} pages in {SITE}, {time.perf_counter() - start:.0f} s; open index.html")
    return code or bool(faults)


if __name__ == "__main__":
    sys.exit(main())
