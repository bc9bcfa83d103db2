"""What an import costs: packages load their parts when these are asked for."""

import importlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograd.ops
from autograd.later import BESIDE, METHODS
from autograd.lazy import Awaited
from tests import PACKAGES

ROOT = Path(__file__).resolve().parent.parent
MOST_OURS, MOST_OTHERS = 98, 12  # modules; Python 3.11 needs 96 and 3
HEAVY = ("numba", "llvmlite", "matplotlib", "graphviz", "scipy", "torch", "tqdm", "json", "difflib")


def fresh(code: str) -> str:
    """What a program prints in a process of its own."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=True,
                          capture_output=True, text=True).stdout.strip()


OURS = "import autograd, nn, optim, data"


def test_import_is_light():
    """What it costs is counted, in modules beside NumPy's; how long it takes `make bench` tells,
    as no test can while others run."""
    code = (f"import sys, numpy; before = set(sys.modules); {OURS}; "
            f"print(*[m for m in sys.modules if m not in before])")
    loaded = fresh(code).split()
    ours = [name for name in loaded if name.split(".")[0] in PACKAGES]
    assert len(ours) <= MOST_OURS, f"{len(ours)} modules: {ours}"
    others = [name for name in loaded if name not in ours]
    assert len(others) <= MOST_OTHERS, f"{len(others)} modules besides: {others}"


def test_import_loads_nothing_heavy():
    code = f"{OURS}; import sys; print(*[m for m in {HEAVY} if m in sys.modules])"
    assert fresh(code) == "", "wanted inside the function that needs it"


def test_importing_a_package_loads_none_of_its_parts():
    code = ("import sys, nn, optim, data; "
            "print([m for m in sys.modules if m.split('.')[0] in ('nn', 'optim', 'data')])")
    assert fresh(code) == "['nn', 'optim', 'data']"


def test_a_program_loads_what_it_uses():
    code = ("import sys, nn; nn.Embedding; print('nn.sparse' in sys.modules, "
            "'nn.conv' in sys.modules, 'Embedding' in vars(nn))")  # where the next look finds it
    assert fresh(code) == "True False True"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there(package):
    module = importlib.import_module(package)
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is getattr(module, name)
        assert name in dir(module)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_star_takes_every_public_name(package):
    code = f"import {package}; from {package} import *; print(set({package}.__all__) - {{*vars()}})"
    assert fresh(code) == "set()"


def test_parts_may_be_reached_through_their_package():
    assert fresh("import nn; print(nn.parameter.Parameter is nn.Parameter)") == "True"
    assert fresh("import optim; print(optim.adam.Adam is optim.Adam)") == "True"


def test_a_misspelt_name_gets_the_nearest():
    for package, wrong, right in (("nn", "Liner", "Linear"), ("optim", "Adan", "Adam"),
                                  ("data", "Dataloader", "DataLoader"),
                                  ("autograd", "gradchek", "gradcheck")):
        with pytest.raises(AttributeError, match=f"'{package}' has no .*'{wrong}'.*'{right}'"):
            getattr(importlib.import_module(package), wrong)
    with pytest.raises(ImportError, match="Liner"):
        exec("from nn import Liner")


@pytest.mark.slow
def test_ops_that_are_declared_when_they_are_asked_for():
    """As methods, in place, as functions, by NumPy's name; each in a program of its own."""
    for use in ("autograd.tensor(0.).asinh()", "autograd.tensor(0.).asinh_()",
                "autograd.Tensor.asinh(autograd.tensor(0.))", "autograd.asinh(autograd.tensor(0.))",
                "numpy.arcsinh(autograd.tensor(0.))", "nn.Parameter(autograd.zeros(1)).asinh()"):
        code = ("import sys, numpy, autograd, nn; "
                "early = 'autograd.ops.hyperbolic' in sys.modules; "
                f"print(early, 'asinh_' in dir(autograd.Tensor), {use}.sum().item())")
        assert fresh(code) == "False True 0.0", use


def test_the_tables_of_those_ops_are_complete():
    autograd.ops.load_all()
    early = {f"autograd.ops.{name}" for name in autograd.ops.__all__}
    aliases, missing = METHODS["second_names"].split(), []
    for name, value in vars(autograd.Tensor).items():
        home = getattr(value, "__module__", "")
        module = home.removeprefix("autograd.ops.")
        listed = name in aliases or name in METHODS.get(module, "").split()
        if home not in early and module != home and not listed:
            missing.append(f"{name} of {module}")
    assert not missing, f"later.METHODS lacks {missing}"
    for name in " ".join([*METHODS.values(), *BESIDE.values()]).split():
        getattr(autograd.Tensor, name)
        value = inspect.getattr_static(autograd.Tensor, name)
        assert not isinstance(value, Awaited), f"no module declares {name}"


def test_aliases_are_the_functions_themselves():
    from autograd.ops.second_names import ALIASES

    for alias, name in ALIASES.items():
        assert getattr(autograd, alias) is getattr(autograd, name)
        for suffix in ("", "_"):
            method = getattr(autograd.Tensor, name + suffix, None)
            assert getattr(autograd.Tensor, alias + suffix, None) is method
    assert autograd.tensor([2, -1]).absolute_().multiply_(3).tolist() == [6, 3]


def test_a_misspelt_name_is_told_from_all_public_names():
    """Those that were loaded at once among them."""
    for name, meant in (("clmp", "clamp"), ("lgama", "lgamma"), ("reshap", "reshape")):
        with pytest.raises(AttributeError, match=f"{name}.*did you mean.*'{meant}'"):
            getattr(autograd, name)


@pytest.mark.slow
def test_lazy_modules_tell_what_they_lack_by_whichever_name_they_were_imported():
    """Each in turn is the first that is loaded: nothing may lean on another's import."""
    paths = [path.relative_to(ROOT) for package in PACKAGES
             for path in sorted((ROOT / package).rglob("*.py"))
             if "__getattr__" in path.read_text()]
    names = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]
    assert {"autograd", "nn", "autograd.surface.vision"} <= set(names)
    code = (f"import os, importlib\n"
            f"for name in {names}:\n"
            "    if (child := os.fork()) == 0:\n"
            "        try: os._exit(hasattr(importlib.import_module(name), 'no_such_name'))\n"
            "        except BaseException as error: print(name, repr(error), flush=True)\n"
            "        os._exit(1)\n"
            "    if os.waitpid(child, 0)[1]: print(name)\n")
    assert fresh(code) == ""


@pytest.mark.slow
def test_no_module_is_counted_as_missing_because_the_library_imports_it():
    """`from . import x` asks the package for x before it looks for a module; each starts alone."""
    paths = [path.relative_to(ROOT) for package in PACKAGES
             for path in sorted((ROOT / package).rglob("*.py"))
             if re.search(r"^from \.+ import", path.read_text(), re.MULTILINE)]
    names = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]
    names = [name for name in names if not name.endswith(("__main__", "pytest_plugin"))]
    assert len(names) > 50
    code = (f"import os, importlib\n"
            "import autograd.refused as refused\n"
            f"for name in {names}:\n"
            "    if (child := os.fork()) == 0:\n"
            "        importlib.import_module(name)\n"
            "        if refused.MISSED: print(name, refused.MISSED, flush=True)\n"
            "        os._exit(0)\n"
            "    os.waitpid(child, 0)\n")
    assert fresh(code) == ""
