"""Files replaced as a whole: links, modes, threads, killed processes, planted names."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time

import pytest

import autograd
from autograd import files
from autograd.files import replacing

posix = pytest.mark.skipif(files.fcntl is None, reason="needs POSIX")


def write(path, content=b"new"):
    with replacing(path) as file:
        file.write(content)


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "x"
    write(path, b"old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as file:
        file.write(b"half")
        assert path.read_bytes() == b"old" and len(names(tmp_path)) == 2
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old" and names(tmp_path) == ["x"]
    autograd.save(1, path)
    with pytest.raises(TypeError):
        autograd.save([object()], path)
    assert autograd.load(path) == 1 and names(tmp_path) == ["x"]


def test_an_interrupt_after_the_file_has_its_name_is_told_as_it_is(tmp_path, monkeypatch):
    replace = os.replace

    def interrupted(part, target):
        replace(part, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "x") as file:
        file.write(b"new")
    assert (tmp_path / "x").read_bytes() == b"new"


@pytest.mark.parametrize("kind", [str, os.fsencode, lambda path: path, lambda path: Odd(path)])
def test_every_kind_of_path(tmp_path, kind):
    path = kind(tmp_path / "größe .npz")
    autograd.save([1], path)
    assert autograd.load(path) == [1] and names(tmp_path) == ["größe .npz"]


class Odd:
    """A path of bytes that can be read and written as well, as other libraries have them."""

    def __init__(self, path):
        self.path = os.fsencode(path)

    def __fspath__(self):
        return self.path

    def read(self):
        raise AssertionError

    write = seek = read


def test_a_relative_path_and_a_long_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "n" * 250
    autograd.save(2, name)
    assert autograd.load(name) == 2 and names(tmp_path) == [name]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="save: the folder .*none is missing; make it"):
        autograd.save(1, tmp_path / "none" / "x")
    with pytest.raises(IsADirectoryError):
        autograd.save(1, tmp_path)
    assert names(tmp_path) == []


@posix
def test_the_mode_stays_and_a_new_file_obeys_the_umask(tmp_path):
    path, before = tmp_path / "x", os.umask(0o027)
    try:
        write(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        for mode in (0o600, 0o666, 0o444 if os.geteuid() == 0 else 0o644):
            path.chmod(mode)
            write(path)
            assert stat.S_IMODE(path.stat().st_mode) == mode
    finally:
        os.umask(before)


@posix
@pytest.mark.skipif("os.geteuid() != 0", reason="needs root")
def test_the_owner_stays(tmp_path):
    path = tmp_path / "x"
    write(path)
    os.chown(path, 1234, 4321)
    write(path)
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


@posix
@pytest.mark.skipif("os.geteuid() == 0", reason="root may write everything")
def test_a_protected_file_stays(tmp_path):
    path = tmp_path / "x"
    write(path, b"old")
    path.chmod(0o444)
    with pytest.raises(PermissionError, match="x is write-protected"):
        write(path)
    assert path.read_bytes() == b"old"


@posix
def test_links_are_followed(tmp_path):
    (tmp_path / "real").mkdir()
    target, link, new = tmp_path / "real" / "x", tmp_path / "latest", tmp_path / "dangling"
    write(target, b"old")
    link.symlink_to(target)
    new.symlink_to("real/y")
    write(link)
    write(new, b"made")
    assert link.is_symlink() and target.read_bytes() == b"new"
    assert new.is_symlink() and (tmp_path / "real" / "y").read_bytes() == b"made"
    assert names(tmp_path) == ["dangling", "latest", "real"] and names(target.parent) == ["x", "y"]
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(OSError, match="symbolic links"):
        write(loop)
    assert loop.is_symlink()


@posix
def test_a_device_is_written_not_replaced():
    autograd.save(autograd.ones(3), os.devnull)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@posix
def test_a_planted_link_is_not_followed(tmp_path, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    monkeypatch.setattr(os, "urandom", bytes)
    planted = tmp_path / f"wengert-{'0' * 16}.part"
    planted.symlink_to(victim)
    with pytest.raises(FileExistsError):
        write(tmp_path / "x")
    assert victim.read_bytes() == b"precious" and names(tmp_path) == ["victim", planted.name]


def test_the_name_of_a_part_is_another_each_time(tmp_path):
    seen = set()
    for _ in range(20):
        with replacing(tmp_path / "x"):
            seen.update(names(tmp_path))
    assert len(seen - {"x"}) == 20


def test_saves_from_threads_are_whole(tmp_path):
    path, errors = tmp_path / "x", []

    def run(number):
        try:
            for _ in range(15):
                autograd.save({"k": number, "w": autograd.full((30_000,), float(number))}, path)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = autograd.load(path)
    assert not errors and (found["w"].numpy() == found["k"]).all() and names(tmp_path) == ["x"]


ENDLESS = """
import sys
from autograd.files import replacing
with replacing(sys.argv[1]) as file:
    file.write(b"half")
    file.flush()
    print(flush=True)
    sys.stdin.read()
"""


@posix
def test_leftovers_of_killed_processes_go_and_parts_in_use_stay(tmp_path):
    folder = os.path.dirname(os.path.dirname(os.path.abspath(autograd.__file__)))
    command = [sys.executable, "-c", ENDLESS]
    killed, living = (subprocess.Popen([*command, tmp_path / name], cwd=folder, text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                      for name in ("killed", "living"))
    killed.stdout.readline()
    living.stdout.readline()
    killed.kill()
    killed.communicate()
    assert len(names(tmp_path)) == 2
    mine = ["wengert-note.part", "wengert-0123456789abcdef.part.txt"]
    for name in mine:
        (tmp_path / name).write_bytes(b"the user's own")
    write(tmp_path / "x")
    assert len(names(tmp_path)) == 4
    living.communicate("")
    assert living.returncode == 0 and names(tmp_path) == sorted([*mine, "living", "x"])
    assert (tmp_path / "living").read_bytes() == b"half"


@posix
def test_what_is_planted_among_the_leftovers_does_no_harm(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / f"wengert-{'1' * 16}.part").symlink_to(victim)
    (tmp_path / f"wengert-{'2' * 16}.part").mkdir()
    os.mkfifo(tmp_path / f"wengert-{'3' * 16}.part")
    before, start = names(tmp_path), time.monotonic()
    write(tmp_path / "x")
    assert names(tmp_path) == sorted([*before, "x"]) and time.monotonic() - start < 5
    assert victim.read_bytes() == b"precious"


@posix
def test_a_part_taken_for_a_leftover_is_made_anew(tmp_path, monkeypatch):
    """Another process that cleans up gets its lock in the moment before the part has its own."""
    lock, stolen = files._lock, []

    def late(number):
        if not stolen:
            stolen.extend(tmp_path.glob("wengert-*"))
            files._remove_unlocked(stolen[0])
        return lock(number)

    monkeypatch.setattr(files, "_lock", late)
    write(tmp_path / "x")
    assert len(stolen) == 1 and names(tmp_path) == ["x"]
