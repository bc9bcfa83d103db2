"""A server that offers files, breaks off, and bends its replies, for the tests of downloads."""

import contextlib
import hashlib
import http.server
import threading

import numpy as np

from data.datasets.download import download

CONTENT = np.random.default_rng(0).bytes(300_000)
SHA = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.files`, with Range; `breaks` cuts the replies, `faults` and `headers` bend
    them. A number in place of a file is a status, a tuple of bytes the reply as it stands."""

    def do_GET(self):
        server = self.server
        server.requests.append((self.path, self.headers.get("Range")))
        content = server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        if isinstance(content, int):
            self.send_response(content)
            for name, value in server.headers:
                self.send_header(name, value)
            self.end_headers()
            return
        if isinstance(content, tuple):
            self.wfile.write(content[0])  # as it stands
            return
        start, asked = 0, self.headers.get("Range")
        if asked and "no range" not in server.faults:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            shown = start + ("other range" in server.faults)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {shown}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if "no length" not in server.faults:
            self.send_header("Content-Length", str(len(content) - start))
        for name, value in server.headers:
            self.send_header(name, value)
        self.end_headers()
        cut = server.breaks.pop(0) if server.breaks else len(content)
        with contextlib.suppress(ConnectionError):  # the reader may leave early
            self.wfile.write(content[start : start + cut])

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def serving():
    """A server on this machine; what it does is set by its attributes."""
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.files, httpd.requests, httpd.breaks, httpd.faults = {}, [], [], set()
    httpd.headers = []
    httpd.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield httpd
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def fetch(server, folder, mirrors=("/a",)):
    return download("file.gz", len(CONTENT), SHA, [server.url + m for m in mirrors], str(folder))


def names(folder):
    return sorted(path.name for path in folder.iterdir())
