"""The page that plays a graph: what it holds, and how it behaves in a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

import autograd
import nn
from autograd.viz.playing_page import STYLE
from autograd.viz.style import LOOKS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which(
    "google-chrome")


def hidden_layer():
    autograd.manual_seed(3)
    x, y = autograd.randn(4, 3), autograd.tensor([0, 1, 1, 0])
    W1, b1, W2 = (autograd.randn(*s, requires_grad=True) for s in ((3, 5), (5,), (5, 2)))
    a1 = (x @ W1 + b1).tanh()
    z2 = a1 @ W2
    return nn.functional.cross_entropy(z2, y), dict(x=x, y=y, W1=W1, b1=b1, W2=W2, a1=a1, z2=z2)


def test_the_page_is_whole_without_network_and_script(tmp_path):
    loss, names = hidden_layer()
    made = autograd.viz.player(loss, tmp_path / "page.html", names=names)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert repr(made) == "<player of 13 steps>" and len(text) < 1_000_000
    assert not re.search(r"""(?:src|href)=|url\(|@import|https?://(?!www\.w3\.org)""", text)
    page = Page()
    page.feed(text)
    assert page.open == [] and "viewport" in text and '<html lang="en">' in text
    assert text.count('<li class="forward"') == 5 and text.count('<li class="backward"') == 8
    keys = set(re.findall(r'data-box="(\w+)"', text))
    assert set(re.findall(r'data-at="(\w+)"', text)) <= keys
    assert "gradient that goes to" in text and "∂" in text and "value of norm" in text
    assert all(p.grad is None for p in names.values() if p.is_leaf)
    assert "class=\"player\" tabindex=\"0\"" in made._repr_html_()
    autograd.explain(loss)  # the graph is still there


class Page(HTMLParser):
    """Keeps the elements that are not closed."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag


def test_what_cannot_be_played():
    x = autograd.ones(1, requires_grad=True)
    y = x
    for _ in range(300):
        y = y + 1
    with pytest.raises(ValueError, match="player: 301 nodes are more than 300"):
        autograd.viz.player(y)
    with pytest.raises(RuntimeError, match="^player: .* does not require grad"):
        autograd.viz.player(x.detach())
    with pytest.raises(ValueError, match=r"save: 'a.txt' must end in .html"):
        autograd.viz.player(x * 2).save("a.txt")
    with pytest.raises(TypeError, match="player: names must be a dict"):
        autograd.viz.player(x * 2, names=x)


def test_graphs_of_all_kinds_can_be_played():
    class Twice(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    w = autograd.ones(6, requires_grad=True)
    a, _, c = w.split([1, 2, 3])
    lstm = nn.LSTM(2, 3)
    out, _ = lstm(autograd.ones(4, 1, 2))
    loss = Twice.apply(a).sum() + (c * c * c * c * c * c).sum() + out.sum()
    text = autograd.viz.player(loss)._repr_html_()
    assert "Twice" in text and "lstm" in text
    assert autograd.viz.player(autograd.ones((), requires_grad=True))._repr_html_()


PRESS = r"""<script>
const log = [], root = document.querySelector('.player');
const note = () => log.push(document.querySelector('output').textContent + ' ' + location.hash);
const key = (name, at = document.body) => {
  at.dispatchEvent(new KeyboardEvent('keydown', {key: name, bubbles: true, cancelable: true}));
  note();
};
const slider = document.querySelector('input');
addEventListener('load', () => setTimeout(() => {
note();
['ArrowRight', 'End', 'ArrowRight', 'ArrowLeft', 'Home', 'ArrowLeft'].forEach(k => key(k));
document.querySelectorAll('button').forEach(b => { b.click(); note(); });
slider.value = 4; slider.dispatchEvent(new Event('input')); note();
key('Home', slider);
const marked = document.querySelectorAll('[data-box].forward, [data-box].backward');
log.push('marked ' + marked.length + ' shown ' + [...document.querySelectorAll('li')].filter(
  item => item.offsetHeight).length);
log.push(slider.getAttribute('aria-valuetext'));
document.body.style.width = '390px';
log.push('width ' + root.scrollWidth + ' ' + document.querySelector('.graph').offsetWidth);
key('Home'); key(' '); log.push(document.querySelector('[data-go=play]').ariaLabel);
setTimeout(() => { note(); key(' '); log.push(
  document.querySelector('[data-go=play]').ariaLabel);
  document.body.innerHTML = '<pre>' + log.join('\n') + '</pre>'; }, 2500);
}, 50));
</script></body>"""


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_it_plays_in_a_browser(tmp_path):
    loss, names = hidden_layer()
    path = tmp_path / "page.html"
    autograd.viz.player(loss, path, names=names)
    path.write_text(path.read_text(encoding="utf-8").replace("</body>", PRESS), encoding="utf-8")
    ended = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         f"--user-data-dir={tmp_path / 'profile'}", "--window-size=500,900",
         "--enable-logging=stderr", "--virtual-time-budget=6000", "--dump-dom",
         f"file://{path}#step=3"], capture_output=True, text=True, timeout=120)
    assert "CONSOLE" not in ended.stderr, ended.stderr
    found = re.search("<pre>(.*?)</pre>", ended.stdout, re.DOTALL)
    assert found, ended.stdout[-500:]
    forward = [f"forward {i} / 13 #step={i}" for i in range(6)]
    backward = [f"backward {i} / 13 #step={i}" for i in range(14)]
    assert found[1].split("\n") == [
        forward[3], forward[4], backward[13], backward[13], backward[12], forward[1], forward[1],
        forward[1], forward[1], forward[1], forward[2], backward[13],  # the five buttons
        forward[5], forward[5], "marked 1 shown 1", "forward, step 5 of 13", "width 390 374",
        forward[1], forward[1], "stop", forward[3], forward[3], "play"]


def test_the_colours_have_contrast():
    page, ink, grey = "#ffffff", "#1e293b", "#475569"
    assert f"--ink:{ink}" in STYLE and f'text[fill="#64748b"]{{fill:{grey}}}' in STYLE
    pairs = [(ink, page), (ink, "#f8fafc"), (ink, "#e2e8f0"), (grey, page), (page, "#1d4ed8"),
             (page, "#b91c1c")]
    pairs += [(text, LOOKS[kind].fill) for kind in ("parameter", "leaf", "input", "op")
              for text in (grey, "#000000")]
    for text, ground in pairs:
        light, dark = sorted((luminance(text), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def luminance(color):
    """Relative luminance, as WCAG 2 defines it."""
    parts = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
