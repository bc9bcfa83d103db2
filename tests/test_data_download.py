"""Downloads: mirrors, checks, resume, and files kept aside; all from a server in this process."""

import gzip
import hashlib
import os
import pathlib

import numpy as np
import pytest

from data.datasets import MNIST
from data.datasets import download as module
from data.datasets.download import DownloadError
from data.datasets.mnist import IdxFile
from tests.download_server import CONTENT, SHA, fetch, names, serving


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with serving() as httpd:
        yield httpd


def test_a_good_mirror(server, tmp_path, capsys):
    server.files["/a/file.gz"] = CONTENT
    path = fetch(server, tmp_path / "new" / "folder", mirrors=("/a/",))
    assert path == str(tmp_path / "new" / "folder" / "file.gz")
    assert names(tmp_path / "new" / "folder") == ["file.gz"]
    assert (tmp_path / "new" / "folder" / "file.gz").read_bytes() == CONTENT
    assert server.requests == [("/a/file.gz", None)]
    assert "file.gz" in capsys.readouterr().err


@pytest.mark.parametrize("kind", [os.fsencode, pathlib.Path])
def test_every_kind_of_path(server, tmp_path, kind):
    server.files["/a/file.gz"] = CONTENT
    path = module.download("file.gz", len(CONTENT), SHA, [server.url + "/a"], kind(tmp_path / "ö"))
    assert path == str(tmp_path / "ö" / "file.gz") and names(tmp_path / "ö") == ["file.gz"]


def test_a_broken_transfer_is_resumed_at_once(server, tmp_path):
    server.files["/a/file.gz"] = CONTENT
    server.breaks[:] = [100_000, 50_000]
    fetch(server, tmp_path)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    ranges = [asked for _, asked in server.requests]
    assert ranges == [None, "bytes=100000-", "bytes=150000-"]


def test_a_broken_transfer_is_resumed_by_a_later_call(server, tmp_path):
    server.files["/a/file.gz"] = CONTENT
    server.breaks[:] = [100_000, 0]
    with pytest.raises(DownloadError, match=r"broke off after 100000 of 300000 bytes"):
        fetch(server, tmp_path)
    assert names(tmp_path) == ["file.gz.part"]
    fetch(server, tmp_path)
    assert server.requests[-1] == ("/a/file.gz", "bytes=100000-")
    assert names(tmp_path) == ["file.gz"] and (tmp_path / "file.gz").read_bytes() == CONTENT


def test_another_mirror_takes_over_a_broken_transfer(server, tmp_path):
    server.files["/a/file.gz"] = server.files["/b/file.gz"] = CONTENT
    server.breaks[:] = [100_000, 0]
    fetch(server, tmp_path, mirrors=("/a", "/b"))
    assert server.requests[-1] == ("/b/file.gz", "bytes=100000-")
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_transfers_that_keep_breaking_end(server, tmp_path):
    server.files["/a/file.gz"] = CONTENT
    server.breaks[:] = [10_000] * 9
    with pytest.raises(DownloadError, match="broke off after 50000 of 300000 bytes"):
        fetch(server, tmp_path)
    assert len(server.requests) == module.ATTEMPTS


def test_a_server_without_range_starts_over(server, tmp_path):
    server.files["/a/file.gz"] = CONTENT
    server.faults.add("no range")
    (tmp_path / "file.gz.part").write_bytes(CONTENT[:1000])
    fetch(server, tmp_path)
    assert names(tmp_path) == ["file.gz"] and (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_server_that_sends_another_range_is_left(server, tmp_path):
    server.files["/a/file.gz"] = CONTENT
    server.faults.add("other range")
    (tmp_path / "file.gz.part").write_bytes(CONTENT[:1000])
    with pytest.raises(DownloadError, match="another range than bytes 1000-"):
        fetch(server, tmp_path)
    assert (tmp_path / "file.gz.part").read_bytes() == CONTENT[:1000]


def test_without_a_length_a_short_reply_counts_as_broken(server, tmp_path):
    server.files["/a/file.gz"] = CONTENT
    server.faults.add("no length")
    server.breaks[:] = [123_456]
    fetch(server, tmp_path)
    assert server.requests[1] == ("/a/file.gz", "bytes=123456-")


def test_the_next_mirror_after_404(server, tmp_path):
    server.files["/b/file.gz"] = CONTENT
    fetch(server, tmp_path, mirrors=("/a", "/b"))
    assert [path for path, _ in server.requests] == ["/a/file.gz", "/b/file.gz"]
    assert names(tmp_path) == ["file.gz"]


def test_wrong_bytes_are_kept_aside_and_the_next_mirror_is_asked(server, tmp_path):
    wrong = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    server.files |= {"/a/file.gz": wrong, "/b/file.gz": CONTENT}
    with pytest.warns(RuntimeWarning, match=r"has SHA-256 .*, expected .*; kept as .*file.gz.bad"):
        fetch(server, tmp_path, mirrors=("/a", "/b"))
    assert names(tmp_path) == ["file.gz", "file.gz.bad"]
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    assert (tmp_path / "file.gz.bad").read_bytes() == wrong


def test_wrong_bytes_everywhere_overwrite_nothing(server, tmp_path):
    wrong = bytes(len(CONTENT))
    server.files["/a/file.gz"] = wrong
    (tmp_path / "file.gz.bad").write_bytes(b"older")
    with pytest.warns(RuntimeWarning), pytest.raises(DownloadError, match=r"file\.gz\.bad1"):
        fetch(server, tmp_path)
    assert names(tmp_path) == ["file.gz.bad", "file.gz.bad1"]
    assert (tmp_path / "file.gz.bad").read_bytes() == b"older"


def test_a_stale_part_is_kept_aside_and_the_file_fetched_anew(server, tmp_path):
    server.files["/a/file.gz"] = CONTENT
    (tmp_path / "file.gz.part").write_bytes(b"something else")
    with pytest.warns(RuntimeWarning, match="SHA-256"):
        fetch(server, tmp_path)
    assert [asked for _, asked in server.requests] == ["bytes=14-", None]
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


@pytest.mark.parametrize("extra", [0, 7])
def test_a_complete_part_needs_no_transfer(server, tmp_path, extra):
    (tmp_path / "file.gz.part").write_bytes(CONTENT + bytes(extra))
    if extra:
        server.files["/a/file.gz"] = CONTENT
        with pytest.warns(RuntimeWarning, match="has 300007 bytes, expected 300000"):
            fetch(server, tmp_path)
    else:
        fetch(server, tmp_path)
    assert len(server.requests) == bool(extra)
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_another_size_is_refused_before_a_byte_is_written(server, tmp_path):
    server.files["/a/file.gz"] = b"<html>please log in</html>"
    (tmp_path / "file.gz.part").write_bytes(CONTENT[:1000])
    server.faults.add("no range")
    with pytest.raises(DownloadError, match="offers 26 bytes, not the expected 300000"):
        fetch(server, tmp_path)
    assert (tmp_path / "file.gz.part").read_bytes() == CONTENT[:1000]


def test_an_endless_reply_is_cut(server, tmp_path):
    server.files["/a/file.gz"] = CONTENT * 20
    server.faults.add("no length")
    with pytest.warns(RuntimeWarning), pytest.raises(DownloadError, match="expected 300000"):
        fetch(server, tmp_path)
    assert (tmp_path / "file.gz.bad").stat().st_size < 300_000 + 2 * module.CHUNK


def test_all_mirrors_are_listed_with_their_reasons(server, tmp_path):
    server.files["/b/file.gz"] = b"short"
    with pytest.raises(DownloadError) as caught:
        fetch(server, tmp_path, mirrors=("/a", "/b"))
    assert str(caught.value).splitlines() == [
        f"{server.url}/a/file.gz: HTTP 404 Not Found",
        f"{server.url}/b/file.gz: offers 5 bytes, not the expected 300000",
    ]
    assert names(tmp_path) == []


# ---- MNIST(download=True)


def idx_gz(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(header + array.tobytes())


def tiny(server):
    """MNIST with four small files that `server` offers below /m."""
    files = {}
    for train, prefix, n in ((True, "train", 6), (False, "t10k", 3)):
        arrays = {
            f"{prefix}-images-idx3-ubyte.gz": np.full((n, 2, 2), n, np.uint8),
            f"{prefix}-labels-idx1-ubyte.gz": np.arange(n, dtype=np.uint8) % 3,
        }
        rows = []
        for name, array in arrays.items():
            content = server.files["/m/" + name] = idx_gz(array)
            digest = hashlib.sha256(content).hexdigest()
            rows.append(IdxFile(name, len(content), digest, array.shape))
        files[train] = tuple(rows)
    body = dict(files=files, class_counts={True: (2, 2, 2), False: (1, 1, 1)})
    return type("Tiny", (MNIST,), body | {"mirrors": (server.url + "/m/",)})


def test_download_true_fetches_both_splits_once(server, tmp_path):
    dataset = tiny(server)(tmp_path, download=True)
    assert len(dataset) == 6 and len(names(tmp_path / "MNIST" / "raw")) == 4
    assert len(type(dataset)(tmp_path, train=False)) == 3
    type(dataset)(tmp_path, download=True)
    assert len(server.requests) == 4


def test_download_goes_to_environment_folder_or_cache(server, tmp_path, monkeypatch):
    kind = tiny(server)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("WENGERT_DATA", raising=False)
    kind(download=True)
    assert len(names(tmp_path / "cache" / "wengert" / "MNIST" / "raw")) == 4
    monkeypatch.setenv("WENGERT_DATA", str(tmp_path / "env"))
    kind(tmp_path / "root", download=True)
    assert not (tmp_path / "env").exists()


def test_files_that_are_there_need_no_network(server, tmp_path):
    kind = tiny(server)
    kind(tmp_path, download=True)
    server.files.clear()
    for path in (tmp_path / "MNIST" / "raw").glob("t10k*"):
        path.unlink()
    assert len(kind(tmp_path, download=True)) == 6


def test_offline_names_folder_files_mirrors_and_ways(server, tmp_path):
    kind = tiny(server)
    server.files.clear()
    with pytest.raises(FileNotFoundError) as caught:
        kind(tmp_path, download=True)
    text = str(caught.value)
    for part in (
        "Tiny(train=True) needs train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz",
        f"  {tmp_path / 'MNIST' / 'raw'}\n",
        "train-images-idx3-ubyte.gz could not be downloaded:\n",
        f"{server.url}/m/train-images-idx3-ubyte.gz: HTTP 404 Not Found",
        "WENGERT_DATA",
    ):
        assert part in text


def test_no_server_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    kind = type("Gone", (MNIST,), {"mirrors": ("http://127.0.0.1:9/x",)})
    with pytest.raises(FileNotFoundError, match="broke off after 0 of 9912422 bytes.*refused"):
        kind(tmp_path, download=True)
    assert names(tmp_path / "MNIST" / "raw") == []


def test_a_truncated_local_file_is_kept_and_replaced_by_the_next_download(server, tmp_path):
    kind = tiny(server)
    kind(tmp_path, download=True)
    path = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match="damaged or truncated.*kept as.*download=True"):
        kind(tmp_path, download=True)
    assert len(kind(tmp_path, download=True)) == 6
    assert path.exists() and path.with_name(path.name + ".bad").exists()
