"""What the tests of the live page share: a strict reader of HTML, and runs to look at."""

from html.parser import HTMLParser

import autograd
import nn
import optim


class Parsed(HTMLParser):
    """The tags of a page, each closed, and its text outside of scripts and styles."""

    VOID = {"meta", "link", "img", "br", "input"}

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.text += data + " "


def parsed(path) -> Parsed:
    return Parsed(path.read_text("utf-8"))


def net(**options):
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    return model, optim.SGD(model.parameters(), lr=0.1)


def due(page) -> None:
    """Let the next step make a reading, and write the page."""
    page._reading_due = page._writing_due = 0.0


def train(page, model, optimizer, steps, **values) -> None:
    for _ in range(steps):
        due(page)
        optimizer.zero_grad()
        loss = model(autograd.ones(5, 3)).square().mean()
        loss.backward()
        optimizer.step()
        page.step(loss=loss, **values)
