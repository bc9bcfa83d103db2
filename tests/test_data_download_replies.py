"""Downloads from servers whose replies are malformed, by several at once, beside planted files."""

import os
import subprocess
import sys
import threading

import pytest

import data
from data.datasets.download import DownloadError
from tests.download_server import CONTENT, SHA, fetch, names, serving


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with serving() as httpd:
        yield httpd


# ---- replies that are no good HTTP


@pytest.mark.parametrize("length", ["abc", "-5", "1e3", "", "9" * 5000, "3.0", "300000, 300000",
                                    "\u00b2"])
def test_a_length_that_is_no_number_counts_for_nothing(server, tmp_path, length):
    server.files["/a/file.gz"] = CONTENT
    server.faults.add("no length")
    server.headers.append(("Content-Length", length))
    fetch(server, tmp_path)
    assert names(tmp_path) == ["file.gz"] and (tmp_path / "file.gz").read_bytes() == CONTENT


@pytest.mark.parametrize("range_", ["", "bytes", "bytes */300000", "bytes x-y/z", "pages 1000-",
                                    "bytes 1000", "bytes -1000-"])
def test_a_range_that_is_none_is_refused(server, tmp_path, range_):
    server.files["/a/file.gz"] = (b"HTTP/1.1 206 Partial\r\nContent-Range: " + range_.encode()
                                  + b"\r\n\r\n" + CONTENT[1000:],)
    server.files["/b/file.gz"] = CONTENT
    (tmp_path / "file.gz.part").write_bytes(CONTENT[:1000])
    with pytest.raises(DownloadError, match="another range than bytes 1000-"):
        fetch(server, tmp_path)
    assert (tmp_path / "file.gz.part").read_bytes() == CONTENT[:1000]
    fetch(server, tmp_path, mirrors=("/a", "/b"))
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


@pytest.mark.parametrize("target", [
    "http://[bad/", "http://h:port/", "file:///etc/passwd", "http://" + "a" * 70 + "/", "//",
    "\x7f", "gopher://x/", "http://127.0.0.1:9/", None])
def test_redirects_to_nowhere(server, tmp_path, target):
    server.files |= {"/a/file.gz": 302, "/b/file.gz": CONTENT}
    server.headers[:] = [] if target is None else [("Location", target)]
    with pytest.raises(DownloadError) as caught:
        fetch(server, tmp_path)
    assert len(str(caught.value).splitlines()) == 1 and names(tmp_path) == []
    server.headers.clear()
    server.files["/a/file.gz"] = 302
    fetch(server, tmp_path, mirrors=("/a", "/b"))
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_redirects_are_followed_but_not_for_ever(server, tmp_path):
    server.files |= {"/a/file.gz": 302, "/there": CONTENT}
    server.headers[:] = [("Location", "/a/file.gz")]
    with pytest.raises(DownloadError, match="HTTP 302 .* infinite loop") as caught:
        fetch(server, tmp_path)
    assert len(str(caught.value).splitlines()) == 1
    server.headers[:] = [("Location", "/there")]
    fetch(server, tmp_path)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


@pytest.mark.parametrize("reply", [
    b"", b"\r\n\r\n", b"hello", b"HTTP/1.1 abc OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: " + b"x" * 99999,
    b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 416 Range\r\n\r\n", b"HTTP/1.1 500 \r\n\r\n"])
def test_replies_that_are_no_answer_leave_nothing_and_the_next_mirror_is_asked(
        server, tmp_path, reply):
    server.files |= {"/a/file.gz": (reply,), "/b/file.gz": CONTENT}
    with pytest.raises(DownloadError) as caught:
        fetch(server, tmp_path)
    assert len(str(caught.value).splitlines()) == 1
    assert not any(path.stat().st_size for path in tmp_path.iterdir())
    fetch(server, tmp_path, mirrors=("/a", "/b"))
    assert names(tmp_path) == ["file.gz"] and (tmp_path / "file.gz").read_bytes() == CONTENT


# ---- several at once, and what others put there


def test_of_several_at_once_one_transfers(server, tmp_path):
    server.files["/a/file.gz"] = CONTENT
    paths, errors = [], []

    def run():
        try:
            paths.append(fetch(server, tmp_path))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and paths == [str(tmp_path / "file.gz")] * 5
    assert len(server.requests) == 1 and (tmp_path / "file.gz").read_bytes() == CONTENT


def test_of_several_processes_each_gets_the_file(server, tmp_path):
    server.files["/a/file.gz"] = CONTENT
    code = (f"from data.datasets.download import download\n"
            f"download('file.gz', {len(CONTENT)}, '{SHA}', ['{server.url}/a'], {str(tmp_path)!r})")
    root = os.path.dirname(os.path.dirname(os.path.abspath(data.__file__)))
    children = [subprocess.Popen([sys.executable, "-c", code], cwd=root, stderr=subprocess.PIPE)
                for _ in range(3)]
    errors = [child.communicate()[1].decode() for child in children]
    assert [child.returncode for child in children] == [0] * 3, errors
    assert names(tmp_path) == ["file.gz"] and (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_link_in_the_place_of_the_part_is_not_followed(server, tmp_path):
    server.files["/a/file.gz"] = CONTENT
    (tmp_path / "victim").write_bytes(b"precious")
    (tmp_path / "file.gz.part").symlink_to(tmp_path / "victim")
    with pytest.raises(DownloadError, match="file.gz.part"):
        fetch(server, tmp_path)
    assert (tmp_path / "victim").read_bytes() == b"precious"
    (tmp_path / "file.gz.part").unlink()
    os.mkfifo(tmp_path / "file.gz.part")
    with pytest.raises(DownloadError):
        fetch(server, tmp_path)
