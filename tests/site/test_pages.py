"""Every page of the built site in Chromium, in the width of a phone and of a desk, light and dark:
nothing in the console, nothing wider than the window, contrast of text as WCAG's AA asks."""

from __future__ import annotations

import shutil

import pytest

from docs.tables import ROOT
from tests.site.browser import faults

SITE = ROOT / "build" / "site"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
                None)


@pytest.fixture(autouse=True)
def _chromium():
    if CHROMIUM is None:  # who names these tests wants them run
        pytest.fail("there is no Chromium; on Debian and Ubuntu: apt install chromium")


def test_every_page_of_the_site():
    pages = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
    assert len(pages) > 100, "build the site first: make docs"
    found = faults(CHROMIUM, SITE, pages, seconds=230)
    assert not found, "\n".join(found)


def test_what_is_wrong_with_a_page_is_found(tmp_path):
    head = "<!doctype html><html><head></head><body>"
    (tmp_path / "wide.html").write_text(head + '<article><p style="width: 600px">wide</article>')
    (tmp_path / "pale.html").write_text(head + '<p style="color: #999">pale</p>')
    (tmp_path / "loud.html").write_text(head + "<script>nowhere()</script>")
    (tmp_path / "lost.html").write_text(head + '<img src="lost.png">')
    (tmp_path / "well.html").write_text(head + "<p>well</p>")
    pages = sorted(path.name for path in tmp_path.glob("*.html"))
    found = "\n".join(faults(CHROMIUM, tmp_path, pages, seconds=60))
    assert "wide.html (390 px, light): 6" in found and "wide.html (1280" not in found
    assert "pale.html (390 px, light): 2.85:1" in found
    assert "nowhere is not defined" in found and "no answer for" in found
    assert "well.html" not in found
