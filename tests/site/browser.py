"""A folder of pages looked at by one headless Chromium: what each page logs, whether it is wider
than its window, and whether its text can be read.

The folder is served on this machine, with a script added to each page that keeps what goes wrong;
`harness.html` opens page after page in a frame of each width and theme, and posts what it found.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue

KEEPER = b"""<script>
window.kept = [];
addEventListener("error", e => kept.push(e.message || "no answer for " +
    (e.target.src || e.target.href)), true);
addEventListener("unhandledrejection", e => kept.push("rejected: " + e.reason));
for (const level of ["error", "warn"]) console[level] = (...words) => kept.push(words.join(" "));
</script>"""


class Handler(SimpleHTTPRequestHandler):
    """Serves the folder; takes what the harness posts."""

    def __init__(self, *args, found: Queue, pages: list[str], **kwargs) -> None:
        self.found, self.pages = found, pages
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        path = self.path.split("?")[0].lstrip("/")
        if path == "harness.html":
            text = Path(__file__).with_name("harness.html").read_text(encoding="utf-8")
            self._answer(text.replace("PAGES", json.dumps(self.pages)).encode())
        elif path == "favicon.ico":
            self._answer(b"")
        elif path in self.pages:
            text = (Path(self.directory) / path).read_bytes()
            self._answer(text.replace(b"<head>", b"<head>" + KEEPER, 1))
        else:
            super().do_GET()

    def do_POST(self) -> None:  # noqa: N802
        self.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args) -> None:
        pass


def faults(chromium: str, folder: Path, pages: list[str], seconds: float) -> list[str]:
    """What is wrong with the pages, a line each."""
    found: Queue = Queue()
    handler = partial(Handler, directory=str(folder), found=found, pages=pages)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as profile:
        browser = subprocess.Popen(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-dev-shm-usage", f"--user-data-dir={profile}", "--window-size=1400,1000",
             "--remote-debugging-port=0", f"http://127.0.0.1:{server.server_port}/harness.html"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return found.get(timeout=seconds)
        except Empty:
            return [f"Chromium told nothing of {len(pages)} pages within {seconds:.0f} s"]
        finally:
            browser.terminate()
            browser.wait(20)
            server.shutdown()
            server.server_close()
