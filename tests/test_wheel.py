"""What a wheel holds, and that git keeps all of it."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests import PACKAGES

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The files of a wheel built from a copy of the source tree."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in (*PACKAGES, "tests", "bench", "examples"):
        if (ROOT / name).exists():
            unwanted = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=unwanted)
    code = f"from setuptools import build_meta; build_meta.build_wheel({str(target)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=source, check=True, capture_output=True)
    with zipfile.ZipFile(next(target.glob("wengert-*.whl"))) as wheel:
        return wheel.namelist()


def test_wheel_holds_the_packages_and_nothing_else(wheel_names):
    tops = {name.split("/")[0] for name in wheel_names}
    assert {re.sub(r"^wengert-.*\.dist-info$", "info", top) for top in tops} == {*PACKAGES, "info"}


def test_wheel_is_complete(wheel_names):
    wanted = [str(path.relative_to(ROOT)) for package in PACKAGES
              for path in (ROOT / package).rglob("*.py")]
    wanted += [f"{package}/py.typed" for package in PACKAGES]
    wanted += [str(path.relative_to(ROOT)) for package in PACKAGES
               for kind in ("npz", "txt.gz", "pyi") for path in (ROOT / package).rglob(f"*.{kind}")]
    missing = sorted(set(wanted) - set(wheel_names))
    assert not missing, "a folder without __init__.py, or without its line in pyproject.toml?"


@pytest.mark.skipif(not (ROOT / ".git").exists() or shutil.which("git") is None,
                    reason="not a git checkout")
@pytest.mark.parametrize("path", ["data/x", "data/datasets/digits.npz",
                                  "data/datasets/names.txt.gz"])
def test_data_is_not_ignored(path):
    ignored = subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT).returncode == 0
    assert not ignored, f"git ignores {path}: data/ is a package, see .gitignore"
