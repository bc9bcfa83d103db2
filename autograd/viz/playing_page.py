"""The page that plays a graph: its style and its script, which need nothing from outside."""

from __future__ import annotations

STYLE = """
.player{--ink:#1e293b;color:var(--ink);background:#fff;font:16px/1.45 system-ui,Arial,sans-serif;
 max-width:1400px;margin:0 auto;padding:8px;box-sizing:border-box}
.player *{box-sizing:border-box}
.player h1{font-size:1.15rem;margin:.2rem 0 .5rem}
.player h2{font-size:1rem;margin:.9rem 0 .2rem}
.player .bar{display:none;flex-wrap:wrap;gap:6px;align-items:center;margin-bottom:8px}
.player.live .bar{display:flex}
.player button{min-width:44px;min-height:44px;border:1px solid #475569;border-radius:8px;
 background:#f8fafc;color:var(--ink);font:inherit;cursor:pointer}
.player button:hover{background:#e2e8f0}
.player :focus-visible{outline:3px solid #1d4ed8;outline-offset:2px}
.player input{flex:1 1 160px;min-width:120px;min-height:44px;accent-color:#1d4ed8}
.player output{min-width:8.5em}
.player .graph{overflow:auto;border:1px solid #cbd5e1;border-radius:8px}
.player.live .graph{max-height:52vh}
.player .graph svg{display:block;margin:0 auto;max-width:none}
.player .graph text[fill="#64748b"]{fill:#475569}
.player ol{list-style:none;margin:0;padding:0}
.player li{padding:.5rem 0;border-bottom:1px solid #e2e8f0;overflow-x:auto}
.player.live li{display:none;border:0;min-height:14rem}
.player.live li.now{display:block}
.player pre{margin:.2rem 0;font:14px/1.4 ui-monospace,Courier New,monospace;
 overflow-x:auto}
.player .kind{display:inline-block;padding:0 .5em;border-radius:4px;color:#fff;background:#1d4ed8}
.player .backward .kind{background:#b91c1c}
.player .small{font-size:.9rem;color:#475569}
.player math{font-size:1.1rem}
.player.live [data-box]:not(.seen) rect{fill:#fff;stroke-dasharray:4 3}
.player.live [data-box].forward rect{stroke:#1d4ed8;stroke-width:4}
.player.live [data-box].backward rect{stroke:#b91c1c;stroke-width:4}
.player .hidden{visibility:hidden}
@media(min-width:900px){.player .both{display:grid;gap:16px;
 grid-template-columns:minmax(0,3fr) minmax(0,2fr)}.player.live .graph{max-height:80vh}}
"""

BAR = """
<div class="bar" role="group" aria-label="player">
<button type="button" data-go="first" aria-label="first step" title="first step (Home)">|◀</button>
<button type="button" data-go="back" aria-label="step back" title="step back (←)">◀</button>
<button type="button" data-go="play" aria-label="play" title="play or stop (space)">▶▶</button>
<button type="button" data-go="next" aria-label="next step" title="next step (→)">▶</button>
<button type="button" data-go="last" aria-label="last step" title="last step (End)">▶|</button>
<input type="range" min="0" max="{last}" value="0" aria-label="step">
<output aria-live="off"></output>
</div>
"""

SCRIPT = """
(() => {
const all = document.getElementById(NAME), page = PAGE;
const steps = [...all.querySelectorAll('li')], last = steps.length - 1;
const slider = all.querySelector('input'), label = all.querySelector('output');
const play = all.querySelector('[data-go=play]'), graph = all.querySelector('.graph');
const boxes = new Map();
for (const box of all.querySelectorAll('[data-box]'))
  boxes.set(box.dataset.box, [...(boxes.get(box.dataset.box) || []), box]);
const lines = (box, word) => [...box.querySelectorAll('text')].filter(
  line => line.textContent.startsWith(word + ' '));
const told = new Set(steps.flatMap(item => item.dataset.shows.split(' ')));
let now = -1, timer = null;
function centre(box) {
  const a = box.getBoundingClientRect(), b = graph.getBoundingClientRect();
  graph.scrollTop += a.top + a.height / 2 - b.top - graph.clientHeight / 2;
  graph.scrollLeft += a.left + a.width / 2 - b.left - graph.clientWidth / 2;
}
function show(step) {
  now = Math.max(0, Math.min(last, step));
  const done = {value: new Set(), grad: new Set()};
  steps.forEach((item, i) => {
    item.classList.toggle('now', i === now);
    const kind = item.classList.contains('backward') ? 'grad' : 'value';
    if (i <= now) for (const key of item.dataset.shows.split(' ')) done[kind].add(key);
  });
  const here = steps[now], kind = here.classList.contains('backward') ? 'backward' : 'forward';
  for (const [key, same] of boxes) for (const box of same) {
    box.classList.remove('forward', 'backward');
    box.classList.toggle('seen', !told.has(key) || done.value.has(key) ||
      done.grad.has(key));
    for (const word of ['value', 'grad']) for (const line of lines(box, word))
      line.classList.toggle('hidden', !done[word].has(key));
  }
  const marked = boxes.get(here.dataset.at) || [];
  for (const box of marked) box.classList.add(kind);
  if (marked.length) centre(marked[0]);
  slider.value = now;
  label.textContent = `${kind} ${now + 1} / ${last + 1}`;
  slider.setAttribute('aria-valuetext', `${kind}, step ${now + 1} of ${last + 1}`);
  if (page) history.replaceState(null, '', `#step=${now + 1}`);
}
function stop() {
  clearInterval(timer);
  timer = null;
  play.textContent = '▶▶';
  play.setAttribute('aria-label', 'play');
}
function start() {
  if (now === last) show(0);
  play.textContent = '■';
  play.setAttribute('aria-label', 'stop');
  timer = setInterval(() => now < last ? show(now + 1) : stop(), 1000);
}
const go = {first: () => show(0), back: () => show(now - 1), next: () => show(now + 1),
  last: () => show(last), play: () => timer ? stop() : start()};
function press(name) {
  if (name !== 'play') stop();
  go[name]();
}
all.querySelectorAll('button').forEach(button => {
  button.onclick = () => press(button.dataset.go);
});
slider.oninput = () => { stop(); show(+slider.value); };
const keys = {ArrowLeft: 'back', ArrowUp: 'back', ArrowRight: 'next', ArrowDown: 'next',
  Home: 'first', End: 'last', ' ': 'play'};
(page ? document : all).addEventListener('keydown', event => {
  const name = keys[event.key], at = event.target;
  if (!name || event.altKey || event.ctrlKey || event.metaKey || at === graph ||
      (at === slider && event.key !== ' ') || (at.tagName === 'BUTTON' && event.key === ' '))
    return;
  event.preventDefault();
  press(name);
});
const asked = () => +((/^#step=(\\d+)$/.exec(location.hash) || [0, 1])[1]) - 1;
if (page) window.addEventListener('hashchange', () => { if (asked() !== now) show(asked()); });
all.classList.add('live');
show(page ? asked() : 0);
})();
"""
