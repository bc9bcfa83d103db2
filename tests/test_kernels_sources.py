"""Which sources machine code on disk belongs to: what is made of a changed one is compiled anew."""

import ast
import importlib
import sys
import types
from pathlib import Path

import pytest

pytest.importorskip("numba")
jit = pytest.importorskip("autograd.kernels.compiled.jit")
disk_cache = pytest.importorskip("autograd.kernels.compiled.disk_cache")

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    """No folder and no source has been looked at, before and after."""
    monkeypatch.setattr(disk_cache, "_folder", disk_cache._UNKNOWN)
    forget()
    yield
    forget()


def forget():
    disk_cache._read.cache_clear()
    disk_cache._sources.cache_clear()


def test_without_sources_nothing_tells_versions_apart(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    place = tmp_path / "packages.zip" / "test.py"
    monkeypatch.setattr(sys.modules[__name__], "__file__", str(place))

    def triple(x):
        return 3 * x

    for _ in range(2):
        kernel = jit.jit(triple)
        assert kernel(4) == 12
        assert not kernel.stats.cache_hits
    assert list(disk_cache.folder().iterdir()) == []


def kernel_imports(path):
    """The kernel modules that a file imports at its top, as the compiler's own parser reads it."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = {f"{node.module}.{name.name}" for name in node.names}
            found |= parts & set(sys.modules) or {node.module}
    return {name for name in found if name.startswith("autograd.kernels")}


@pytest.mark.parametrize("path", sorted((ROOT / "autograd" / "kernels" / "compiled").glob("*.py")),
                         ids=lambda path: path.stem)  # fmt: skip
def test_a_kernels_sources_are_all_that_its_module_imports(path):
    name = f"autograd.kernels.compiled.{path.stem}".removesuffix(".__init__")
    importlib.import_module(name)
    assert set(disk_cache._read(name)[1]) == kernel_imports(path)


def test_every_way_to_import_is_followed(tmp_path, monkeypatch):
    module = types.ModuleType("autograd.kernels.made")
    module.__file__ = str(tmp_path / "made.py")
    Path(module.__file__).write_text(
        "from autograd.kernels.compiled import (\n    conv as c,  # noqa\n    pool,\n)\n"
        "from autograd.kernels import special as s\n"
        "from autograd.kernels.compiled.jit import (\n    jit,\n)\n")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert disk_cache._read(module.__name__)[1] == [
        "autograd.kernels.compiled.conv", "autograd.kernels.compiled.pool",
        "autograd.kernels.special", "autograd.kernels.compiled.jit"]


def test_machine_code_follows_the_sources_near_and_far(tmp_path, monkeypatch):
    names = [f"autograd.kernels.made_{letter}" for letter in "abc"]
    for name, needed in zip(names, [names[1], names[2], names[0]], strict=True):  # in a circle
        module = types.ModuleType(name)
        module.__file__ = str(tmp_path / f"{name}.py")
        Path(module.__file__).write_text(f"from {needed} import something\n")
        monkeypatch.setitem(sys.modules, name, module)

    def digests():
        forget()
        return [disk_cache._sources(name) for name in (names[0], "autograd.kernels.compiled.pool")]

    before = digests()
    assert digests() == before
    with open(sys.modules[names[2]].__file__, "a") as file:
        file.write("# changed\n")
    after = digests()
    assert after[0] != before[0] and after[1] == before[1]
