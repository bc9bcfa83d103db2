"""Where the user's own code stands, told by `caller` and by warnings, however the library was
found and however deep in it they are."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
import nn
from autograd import errors
from nn import functional

ROOT = Path(__file__).parent.parent

PROGRAM = """import os, sys
sys.path.insert(0, sys.argv[1])
import autograd
import nn
x = autograd.ones(3, requires_grad=True)
y = x.exp()
nn.functional.relu(x)
os.chdir("/")
def change():
    nn.functional.relu(y, inplace=True)
change()
try: y.sum().backward()
except RuntimeError as error: print(error)
"""


def run(folder, cwd):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)],
        env={**os.environ, "PYTHONPATH": "", "AUTOGRAD_KERNELS": "numpy"},
        cwd=cwd, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.fixture
def copied(tmp_path):
    """A copy of the packages in a folder with a space in its name."""
    for package in ("autograd", "nn", "optim", "data"):
        ignored = shutil.ignore_patterns("__pycache__", "*.npz")
        shutil.copytree(ROOT / package, tmp_path / "a b" / package, ignore=ignored)
    return tmp_path / "a b"


@pytest.mark.parametrize("way", ["plain", "dots", "relative", "dot", "link", "zip", "relative zip"])
def test_the_line_of_the_user(copied, tmp_path, way):
    folder, cwd = copied, tmp_path
    if way == "dots":
        folder = f"{copied}/autograd/../../a b"
    elif way == "relative":
        folder = "a b"
    elif way == "dot":
        folder, cwd = ".", copied
    elif way == "link":
        folder = tmp_path / "link"
        folder.symlink_to(copied)
    elif "zip" in way:
        shutil.make_archive(str(tmp_path / "packages"), "zip", copied)
        folder = "packages.zip" if "relative" in way else tmp_path / "packages.zip"
    assert "<string>:10" in run(folder, cwd)


def test_two_paths_to_the_library(copied, tmp_path):
    """`autograd` found through one path, `nn` through another."""
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "autograd").symlink_to(copied / "autograd")
    (tmp_path / "link" / "optim").symlink_to(copied / "optim")
    program = PROGRAM.replace("import nn", f"sys.path.insert(0, {str(copied)!r}); import nn")
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "link")],
        env={**os.environ, "PYTHONPATH": "", "AUTOGRAD_KERNELS": "numpy"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert "<string>:10" in done.stdout, done.stderr


def test_what_is_typed_in_is_the_users_wherever_he_is(monkeypatch):
    monkeypatch.chdir(ROOT / "autograd")
    for name in ("<stdin>", "<string>", "<ipython-input-1-abc>"):
        assert not errors._is_own(name)
    assert errors._is_own("<wengert op>") and errors._is_own(errors.__file__)
    assert not errors._is_own(str(ROOT / "autograd_mine" / "x.py"))


@pytest.mark.parametrize("warned", [
    lambda of: autograd.as_tensor([of[0]]),
    lambda of: autograd.FloatTensor([[of[0]]]),
    lambda of: of.new_tensor([of[0]]),
    lambda of: of.detach().index_put_((autograd.ones(2, dtype=autograd.uint8),), of[:2]),
    lambda of: functional.kl_div(of, of, size_average=False),
    lambda of: functional.binary_cross_entropy_with_logits(of, of, reduce=False),
    lambda of: functional.softmin(of),
    lambda of: nn.Sequential(nn.Softmax())(of),
    lambda of: nn.init.xavier_uniform(of.detach().reshape(1, 2)),
    lambda of: autograd.vmap(functional.softmax)(of.reshape(1, 2)),
])
def test_a_warning_points_to_the_users_line(warned, monkeypatch):
    monkeypatch.setattr("autograd.refused.unmodified", True)
    monkeypatch.setattr("autograd.refused.STOOD_IN", {})
    with pytest.warns((UserWarning, FutureWarning)) as seen:
        warned(autograd.ones(2, requires_grad=True))
    places = {(warning.filename, warning.lineno) for warning in seen}
    assert places == {(__file__, warned.__code__.co_firstlineno)}
