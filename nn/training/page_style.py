"""How the page of a run looks, light and dark, and the little that it does with scripts allowed."""

LIGHT = {"paper": "#ffffff", "card": "#f8fafc", "ink": "#0f172a", "soft": "#475569",
         "edge": "#cbd5e1", "training": "#1d4ed8", "validation": "#c2410c", "bad": "#b91c1c",
         "good": "#15803d", "run1": "#047857", "run2": "#7e22ce", "run3": "#854d0e",
         "run4": "#be185d"}
DARK = {"paper": "#0b1220", "card": "#131c2e", "ink": "#e5edf8", "soft": "#a8b6ca",
        "edge": "#3b4a61", "training": "#7db0ff", "validation": "#fb923c", "bad": "#fca5a5",
        "good": "#86efac", "run1": "#34d399", "run2": "#d8b4fe", "run3": "#facc15",
        "run4": "#f9a8d4"}


def _variables(colors: dict[str, str]) -> str:
    return "".join(f"--{name}:{color};" for name, color in colors.items())


STYLE = f"""
:root{{color-scheme:light dark;{_variables(LIGHT)}}}
@media (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}
""" + """
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
header,main,footer{max-width:1240px;margin:0 auto;padding:0 16px}
h1{font-size:1.5rem;margin:20px 0 4px;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:28px 0 8px}
p{margin:4px 0}
.soft,footer{color:var(--soft)}
.state{font-weight:600}.bad{color:var(--bad)}.good{color:var(--good)}
.bar{height:8px;border:1px solid var(--soft);border-radius:4px;margin:10px 0;overflow:hidden}
.bar div{height:100%;background:var(--training)}
.grid{display:grid;gap:16px;grid-template-columns:repeat(auto-fill,minmax(min(100%,360px),1fr))}
.tiles{grid-template-columns:repeat(auto-fill,minmax(150px,1fr))}
figure{margin:0;padding:10px;background:var(--card);border:1px solid var(--edge);border-radius:8px;
min-width:0}
figcaption{overflow-wrap:anywhere;margin-bottom:4px}
figcaption b{display:block}
.key{display:inline-block;margin-right:14px;font-size:.85rem}
.key svg{vertical-align:middle;margin-right:4px}
.wide{overflow-x:auto;border:1px solid var(--edge);border-radius:8px}
.wide:focus-visible,button:focus-visible{outline:3px solid var(--training);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.85rem}
th,td{padding:4px 10px;text-align:left;border-bottom:1px solid var(--edge);white-space:nowrap}
thead th{background:var(--card)}
tbody th{font-weight:600}
td svg{display:block;color:var(--training)}
td.n{font-variant-numeric:tabular-nums}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.9rem}
img{width:128px;max-width:100%;image-rendering:pixelated;border:1px solid var(--edge)}
button{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--soft);
border-radius:6px;padding:2px 12px;min-height:28px}
footer{margin-top:32px;margin-bottom:24px;font-size:.9rem}
"""

# The page works without: then the browser refreshes it by itself.  With it, refreshing can be
# paused, and a page that nobody writes any more says so.
SCRIPT = """
(function () {
  var body = document.body, every = +body.dataset.every * 1000, written = +body.dataset.written;
  var paused = false, button = document.getElementById("pause");
  var age = document.getElementById("age");
  function told() {
    var seconds = Math.max(0, Math.round(Date.now() / 1000 - written));
    var late = seconds > Math.max(60, 3 * every / 1000);
    age.className = late ? "bad" : "soft";
    age.textContent = "Written " + seconds + " s ago" +
      (late ? ": later than usual. Did the program die?" : "");
  }
  button.hidden = false;
  button.onclick = function () {
    paused = !paused;
    button.textContent = paused ? "Refresh again" : "Pause refreshing";
  };
  setInterval(told, 1000);
  told();
  setInterval(function () { if (!paused) { location.reload(); } }, Math.max(every, 1000));
})();
"""
