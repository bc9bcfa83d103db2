"""Who may change what the kernel cache holds: pickles are loaded from it, as this user."""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

pytest.importorskip("numba")
disk_cache = pytest.importorskip("autograd.kernels.compiled.disk_cache")
make_private = pytest.importorskip("autograd.kernels.compiled.private_folder").make_private

ROOT = Path(__file__).parent.parent
VICTIM, OTHER = 54321, 54322  # user ids that nobody has

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners on this system")
needs_root = pytest.mark.skipif(
    hasattr(os, "getuid") and os.getuid() != 0, reason="only root can act as two users"
)


@pytest.fixture
def base():
    """A folder below the sticky /tmp that every user can reach."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name).resolve()


@pytest.fixture
def umask():
    """Sets the umask until the test ends."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.parametrize("mask", [0o000, 0o002, 0o022, 0o077])
def test_folders_are_made_for_this_user_alone(base, umask, mask):
    umask(mask)
    assert make_private(base / "a" / "b" / "c")
    for folder in ("a", "a/b", "a/b/c"):
        assert stat.S_IMODE((base / folder).stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757, 0o1777])
@pytest.mark.parametrize("level", ["a", "a/b", "a/b/c"])
def test_a_level_that_others_may_write(base, level, mode):
    assert make_private(base / "a" / "b" / "c")
    (base / level).chmod(mode)
    # root's sticky folders are as /tmp, but the last level is to be ours alone
    fine = mode == 0o1777 and level != "a/b/c" and os.getuid() == 0
    assert make_private(base / "a" / "b" / "c") == fine


def test_links_on_the_way(base):
    (base / "link").symlink_to("target/../target")
    (base / "loop").symlink_to("loop")
    assert make_private(base / "link" / "a")
    assert (base / "target" / "a").is_dir()
    (base / "absolute").symlink_to(base / "target")
    assert make_private(base / "absolute" / "a")
    (base / "target").chmod(0o777)
    assert not make_private(base / "link" / "a")
    assert not make_private(base / "absolute" / "a")
    assert not make_private(base / "loop" / "a")


def test_what_is_no_place_for_a_folder(base):
    (base / "file").write_text("")
    assert not make_private(base / "file")
    assert not make_private(base / "file" / "a")
    deep = base.joinpath(*["x"] * 1000)
    assert not make_private(deep) and not (base / "x").exists()


@needs_root
@pytest.mark.parametrize("level", ["a", "a/b", "a/b/c"])
def test_a_level_of_another_user(base, level):
    assert make_private(base / "a" / "b" / "c")
    os.chown(base / level, OTHER, OTHER)
    assert not make_private(base / "a" / "b" / "c")


@needs_root
def test_a_link_of_another_user(base):
    (base / "a").mkdir(mode=0o700)
    (base / "link").symlink_to("a")
    assert make_private(base / "link" / "b")
    os.lchown(base / "link", OTHER, OTHER)
    assert not make_private(base / "link" / "b")


def computing(user, **environment):
    """Runs a kernel as this user in a fresh process; the cache folder it used, or "None"."""
    code = (
        "import os, numpy as np\n"
        "from autograd import kernels; kernels.clip_\n"
        "import numba; numba.njit(lambda: 1)()\n"  # imports the rest: others may not read it
        f"os.setgroups([]); os.setgid({user}); os.setuid({user})\n"
        "a = [np.ones(3)]; kernels.clip_(a, 2.0); assert a[0].sum() == 6\n"
        "print(kernels.config()['cache'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT), "AUTOGRAD_KERNELS": "numba", **environment},
        cwd="/", capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def readable_by_all(file: Path) -> bool:
    return all(path.stat().st_mode & 0o001 for path in file.parents)


def surroundings(base):
    """A machine in small for the victim: where its caches are."""
    for name in ("cache", "temporary"):
        (base / name).mkdir()
        os.chown(base / name, VICTIM, VICTIM)
    base.chmod(0o1777)  # where the mark may be left
    return {"XDG_CACHE_HOME": str(base / "cache"), "TMPDIR": str(base / "temporary")}


@pytest.fixture(scope="module")
def files():
    """The files that the victim caches, as paths in its cache."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name).resolve()
        used = Path(computing(VICTIM, **surroundings(place)))
        if used == Path("None") and not readable_by_all(Path(disk_cache.__file__)):
            pytest.skip("the victim cannot read this checkout, so nothing is cached")
        assert used.parent == place / "cache" / "wengert" / "kernels"
        yield [file.relative_to(place / "cache") for file in used.iterdir()]


@pytest.fixture
def planted(base, files):
    """The victim's cache, full of pickles that leave a mark; the surroundings that lead there."""
    places = surroundings(base)
    payload = f"cos\nmkdir\n(V{base / 'mark'}\ntR.".encode()
    for file in files:
        path = base / "cache" / file
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(disk_cache.hashlib.sha256(payload).digest() + payload)
        for made in (path, *path.parents[:len(file.parents) - 1]):
            os.chown(made, VICTIM, VICTIM)
    return places


@pytest.mark.slow
@needs_root
def test_what_only_its_owner_could_have_written_is_run(base, planted):
    computing(VICTIM, **planted)
    assert (base / "mark").exists()


@pytest.mark.slow
@needs_root
@pytest.mark.parametrize("way", ["owned", "writable", "linked", "temporary", "file"])
def test_nothing_of_a_second_user_is_run(base, planted, way):
    """It stands where the victim looks: only owners and modes tell, of the folders or the file."""
    wengert = base / "cache" / "wengert"
    if way == "owned":
        os.chown(wengert, OTHER, OTHER)
    elif way == "writable":
        wengert.chmod(0o777)
    elif way == "linked":
        (base / "link").symlink_to("cache")
        os.lchown(base / "link", OTHER, OTHER)
        planted["XDG_CACHE_HOME"] = str(base / "link")
    elif way == "temporary":
        os.chown(wengert, OTHER, OTHER)
        wengert.rename(base / "temporary" / f"wengert-{VICTIM}")
        planted["XDG_CACHE_HOME"] = "/proc/none"
    else:  # from a time when the folder was open to all
        for file in wengert.glob("*/*/*"):
            os.chown(file, OTHER, OTHER)
    computing(VICTIM, **planted)
    assert not (base / "mark").exists()


def test_the_working_directory_is_no_cache(base, monkeypatch):
    monkeypatch.setattr(disk_cache, "_folder", disk_cache._UNKNOWN)
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/none")
    monkeypatch.chdir(base)
    monkeypatch.setattr(tempfile, "tempdir", str(base))
    assert disk_cache.folder() is None
    assert list(base.iterdir()) == []


@pytest.mark.parametrize("path", ["relative", "nul\0", "/" + "x/" * 1000, "/" + "x" * 300])
def test_odd_paths_are_no_error(base, monkeypatch, path):
    monkeypatch.setattr(disk_cache, "_folder", disk_cache._UNKNOWN)
    monkeypatch.setattr(disk_cache.os, "environ", {"XDG_CACHE_HOME": path})
    monkeypatch.setattr(tempfile, "tempdir", "/proc/none")
    monkeypatch.chdir(base)
    assert disk_cache.folder() is None
    assert list(base.iterdir()) == []


def test_settings_of_numba_have_keys_of_their_own():
    def key(**environment):
        code = "from autograd.kernels.compiled import disk_cache; print(disk_cache._key())"
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **environment}, check=True,
            capture_output=True, text=True, cwd=ROOT,
        )  # fmt: skip
        return done.stdout.strip()

    plain = key()
    assert key(NUMBA_NUM_THREADS="1") == plain
    switches = {"NUMBA_BOUNDSCHECK": "1"}, {"NUMBA_OPT": "0"}, {"NUMBA_DEBUGINFO": "1"}
    assert len({plain, *(key(**switch) for switch in switches)}) == 4
