"""Links of the built pages: each leads to a file and a place in it, and nothing is fetched from the
network."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src",
           "audio": "src", "video": "src", "object": "data", "embed": "src", "image": "href"}


class Page(HTMLParser):
    """The links of a page, and the places in it that a link can name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.fetched: set[str] = set()
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.places |= {given.get("id"), given.get("name")} - {None}
        if tag in FETCHED and (url := given.get(FETCHED[tag])):
            self.fetched.add(url)
        elif tag == "a" and (url := given.get("href")):
            self.links.add(url)


@cache
def page(path: Path) -> Page:
    """A page, read once."""
    return Page(path.read_text(encoding="utf-8"))


def broken(site: Path) -> list[str]:
    """What is wrong with the links of the site, a line each."""
    found = []
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site)
        for url in sorted(page(path).fetched | page(path).links):
            parts = urlsplit(url)
            if parts.scheme == "data" or url == "#":
                continue
            if parts.scheme or parts.netloc:
                if url in page(path).fetched:
                    found.append(f"{name} fetches {url[:80]} from the network")
                continue
            target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
            if not target.is_file():
                found.append(f"{name} links to {url}, which is no file")
            elif parts.fragment and target.suffix == ".html" and (
                    unquote(parts.fragment) not in page(target).places):
                found.append(f"{name} links to {url}: there is no such place")
    return found
