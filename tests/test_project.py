"""The rules of the house: layers and sizes."""

import ast
import graphlib
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import PACKAGES

ROOT = Path(__file__).resolve().parent.parent
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40

# A module of autograd imports only from lower layers; `x.*` is every module of the package x.
LAYERS = {
    0: "errors absent refused aliases guests limits synonyms lazy files memory modes dtypes "
       "complexes metadata hooks printing quiet threads allocator gate replayed kernels kernels.* "
       "slips",
    1: "node",
    2: "tensors",
    3: "into asked template boundary calling record",
    4: "ops ops.*",
    5: "operators numpy_protocol numpy_functions inplace creation sampling draws accumulate later "
       "queries legacy linalg storage rarely written numpy_rare sparse sparse_tensor roots watched",
    6: "engine anomaly",
    7: "custom_function numeric gradient_judge gradient_check viz viz.* serialize serialize.* "
       "pytest_plugin compiler compiler.* onnx onnx.* transforms "
       "transforms.* surface surface.* dependence reasons",
    8: "__init__ fft func functional graph special signal signal.* testing",
    9: "warmup as_torch run __main__ distributions distributions.* "
       "array_api",
}

# Within one layer a module imports only what stands here (and nothing in a circle).
SAME_LAYER = {
    "refused": "absent errors",
    "aliases": "refused",
    "limits": "errors dtypes",
    "lazy": "refused",
    "synonyms": "errors",
    "modes": "errors",
    "slips": "errors modes refused",
    "complexes": "dtypes",
    "dtypes": "errors quiet refused",
    "metadata": "errors memory refused",
    "hooks": "errors",
    "printing": "errors dtypes",
    "threads": "errors",
    "gate": "dtypes kernels kernels.*",
    "kernels": "errors threads allocator kernels.*",
    "kernels.*": "errors quiet threads kernels.*",
    "asked": "into",
    "boundary": "asked into template",
    "template": "asked into",
    "calling": "boundary",
    "record": "boundary calling template",
    "ops": "ops.*",
    "ops.*": "ops.*",
    "sampling": "creation inplace",
    "draws": "creation sampling",
    "numpy_functions": "creation",
    "numpy_protocol": "numpy_functions numpy_rare",
    "numpy_rare": "creation numpy_functions",
    "inplace": "creation",
    "gradient_judge": "numeric",
    "dependence": "viz.*",
    "reasons": "dependence viz viz.*",
    "gradient_check": "numeric gradient_judge",
    "viz": "viz.*",
    "viz.*": "viz.*",
    "compiler": "compiler.*",
    "compiler.*": "compiler.*",
    "transforms.*": "transforms.* custom_function",
    "onnx": "onnx.*",
    "onnx.*": "onnx.* compiler.*",
    "serialize": "serialize.*",
    "serialize.*": "serialize.*",
    "pytest_plugin": "gradient_check",
    "legacy": "creation",
    "sparse": "creation sparse_tensor",
    "sparse_tensor": "creation",
    "rarely": "creation queries",
    "storage": "creation inplace",
    "distributions.*": "distributions distributions.*",
    "signal.*": "signal.*",
    "surface.*": "surface surface.* onnx transforms.*",
    "__main__": "warmup run",
}

# The layer above: packages that see each other not at all, and of autograd only its public names:
# those of `autograd.__all__`, the ops, and the names listed here.
PUBLIC_BESIDE_ALL = {
    "autograd.boundary": "guarded",
    "autograd.errors": "Constructed caller_place check_switches describe did_you_mean outside "
                       "spelled "
                       "uncalled warn",
    "autograd.files": "replacing",
    "autograd.hooks": "RemovableHandle",
    "autograd.lazy": "complete lazily",
    "autograd.refused": "tolerated",
    "autograd.replayed": "replayed",
    "autograd.slips": "NOTED PILED SPENT hint hinting",
    "autograd.serialize.restricted": "ARRAYS HeldArray Restricted",
    "autograd.sampling": "numpy_generator stand_in",
    "autograd.synonyms": "old_reduction",
    "autograd.tensors": "mark_written",
    "autograd.viz.style": "elided short_count",
    "autograd.viz.trace": "Call Trace arguments timed traced",
}
KERNEL_USERS = ("optim",)  # these may also say `from autograd import kernels`

# Imports inside a function are for what is heavy and not needed by every program.
LAZY = {
    "numba": "0.2 s; first needed by the first kernel call",
    "llvmlite": "part of numba",
    "logging": "numba's; its hook must come before ours",
    "threadpoolctl": "first needed when threads are set",
    "multiprocessing": "15 ms; only for worker processes",
    "mmap": "only for memory that processes share",
    "matplotlib": "0.3 s, an extra",
    "optuna": "1 s, an extra",
    "onnx": "0.2 s, an extra",
    "scipy": "0.1 s, an extra",
    "graphviz": "only for pictures",
    "tqdm": "only for progress bars",
    "urllib": "only for downloads",
    "http": "only for downloads",
    "hashlib": "only for downloads and the kernel cache",
    "copy": "only where somebody copies",
    "concurrent": "only for large arrays of special functions",
    "PIL": "only for images of Pillow, an extra",
    "gzip": "only for data sets",
    "html": "only for notebooks",
    "io": "only for notebooks",
    "zlib": "only for data sets",
    "zipfile": "only for reading files",
    "pickle": "only for files and the kernel cache",
    "shutil": "only for files",
    "subprocess": "only for running dot",
    "difflib": "only for messages",
}
LAZY_OWN = {("autograd.pytest_plugin", "autograd.gradient_check"),
            ("autograd.numpy_protocol", "autograd.numpy_rare"),
            ("autograd.viz.picture", "autograd.viz.*"),
            ("autograd.compiler.compiled", "autograd.compiler.lowering"),
            ("data.loader", "data.workers"),
            ("autograd.gate", "autograd.kernels.reference"),
            ("autograd.record", "autograd.complexes"),
            ("autograd.kernels", "autograd.threads"),
            ("autograd.kernels", "autograd.kernels.compiled"),
            ("autograd.kernels", "autograd.kernels.reference.*"),
            ("autograd.kernels", "autograd.kernels.compiled.*")}
DYNAMIC = {"autograd.warmup": "takes steps of networks, which stand above autograd",
           "autograd.kernels": "picks the tier at the first kernel call",
           "autograd.kernels.table": "one list of kernels for both tiers",
           "autograd.kernels.compiled.elsewhere": "leads back to the kernels that lead to it",
           "autograd.numpy_protocol": "leads to the functions of the Array API standard",
           "autograd.calling": "leads to the complex forms of ops, which stand above it",
           "autograd.ops": "declares what is rarely used when it is asked for",
           "autograd.func": "leads to functional_call, which stands above autograd",
           "autograd.guests": "tells other libraries about Tensors when they are imported",
           "autograd.aliases": "leads to the modules that stand for those of PyTorch",
    "autograd.run": "takes the upper packages before a program's own of their names",
    "nn.modules": "leads to the bases of layers by PyTorch's names",
    "autograd.lazy": "loads parts of packages when they are asked for"}

# Functions that read better in one piece: "module:function" -> reason.
LONG_FUNCTIONS: dict[str, str] = {
    "autograd.engine:_complete": "the loop of the backward walk; a call per step would cost 5 %",
}

class Import(NamedTuple):
    source: str
    line: int
    target: str  # the module it runs
    name: str  # what is taken from it, "" for the module itself
    scope: str  # "module", "function" or "typing"

    def __str__(self) -> str:
        what = f"{self.name} from {self.target}" if self.name else self.target
        return f"{self.source}:{self.line} imports {what}"


@cache
def modules() -> dict[str, Path]:
    """Dotted name -> file, of every module in the four packages."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def targets(module: str, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """(module that runs, name taken from it) for each name of one import statement."""
    if isinstance(node, ast.Import):
        yield from ((alias.name, "") for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        package = module.split(".")
        up = node.level - (modules()[module].name == "__init__.py")
        base = ".".join(filter(None, [*package[:len(package) - up], base]))
    outside = module.split(".")[0] != base.split(".")[0]
    for alias in node.names:
        inner = f"{base}.{alias.name}"
        # From outside, `from autograd import tensor` is the public function, not the module.
        is_module = inner in modules() and (not outside or alias.name == "kernels")
        yield (inner, "") if is_module else (base, alias.name)


def walk(module: str, node: ast.AST, scope: str) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        inner = scope
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            inner = "function"
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            inner = "typing"
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            for target, name in targets(module, child):
                yield Import(module, child.lineno, target, name, scope)
        else:
            yield from walk(module, child, inner)


@cache
def imports() -> tuple[Import, ...]:
    """Every import of the four packages."""
    return tuple(found for module in modules() for found in walk(module, tree(module), "module"))


def running_imports() -> list[Import]:
    """The imports of our own modules that happen at run time."""
    return [i for i in imports() if i.scope != "typing" and i.target.split(".")[0] in PACKAGES]


def short(module: str) -> str:
    return module.removeprefix("autograd.") if module != "autograd" else "__init__"


def matches(name: str, patterns: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns.split())


def layer(module: str) -> int | None:
    return next((n for n, names in LAYERS.items() if matches(short(module), names)), None)


def inside_autograd(module: str) -> bool:
    return module.split(".")[0] == "autograd"


def report(rule: str, broken: list[str]) -> None:
    if broken:
        pytest.fail(rule + "\n  " + "\n  ".join(broken), pytrace=False)


def test_every_module_has_a_layer():
    lost = [module for module in modules() if inside_autograd(module) and layer(module) is None]
    report("not in the table LAYERS of tests/test_project.py; add each to its layer:", lost)


def test_the_readme_shows_the_layers():
    rows = re.findall(r"^\| (\d)(?:–(\d))? \| (.*) \|$", (ROOT / "README.md").read_text("utf-8"),
                      re.MULTILINE)
    shown = {(int(first), int(last or first)): set(re.findall(r"`(\w+)/?`", text))
             for first, last, text in rows}
    wanted = {(first, last): {name for n in range(first, last + 1) for name in LAYERS[n].split()
                              if "*" not in name} for first, last in shown}
    report("the table of layers in README.md against LAYERS:",
           [f"layer {first}: {' '.join(sorted(shown[first, last] ^ names))}"
            for (first, last), names in wanted.items() if shown[first, last] != names])
    assert {n for first, last in shown for n in range(first, last + 1)} == set(LAYERS)


def test_imports_go_down_the_layers():
    broken = []
    for found in running_imports():
        if not inside_autograd(found.source):
            continue
        here, there = layer(found.source), layer(found.target)
        source = short(found.source)
        allowed = " ".join(SAME_LAYER[p] for p in SAME_LAYER if fnmatchcase(source, p))
        if here is None or (inside_autograd(found.target) and there is None):
            continue  # the test above names it
        if not inside_autograd(found.target):
            broken.append(f"{found}: autograd knows nothing of nn, optim and data")
        elif there > here or (there == here and not matches(short(found.target), allowed)):
            broken.append(f"{found}: layer {here} imports layer {there}")
    report("only from lower layers, and within a layer as listed in SAME_LAYER:", broken)


def test_the_upper_packages_use_public_names_only():
    import autograd

    broken = []
    for found in running_imports():
        package = found.source.split(".")[0]
        if package == "autograd" or found.target.split(".")[0] == package:
            continue
        kernels = found.target == "autograd.kernels" and package in KERNEL_USERS
        public = found.target == "autograd" and (not found.name or found.name in autograd.__all__)
        op = matches(found.target, "autograd.ops autograd.ops.*") and not found.name.startswith("_")
        beside = found.name and matches(found.name, PUBLIC_BESIDE_ALL.get(found.target, ""))
        if not (kernels or public or op or beside):
            broken.append(str(found))
    report("nn, optim and data see nothing of each other, and of autograd its __all__:", broken)


def test_the_upper_packages_reach_for_public_attributes_only():
    import autograd

    broken = []
    for module in modules():
        if inside_autograd(module):
            continue
        for node in ast.walk(tree(module)):
            if (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
                    and node.value.id == "autograd" and node.attr not in autograd.__all__):
                broken.append(f"{module}:{node.lineno} uses autograd.{node.attr}")
    report("not in autograd.__all__:", broken)


def test_no_star_imports():
    report("name what is imported:", [str(found) for found in imports() if found.name == "*"])


def test_imports_stand_at_the_top():
    broken = []
    for found in imports():
        own = any(found.source == source and (fnmatchcase(found.target, pattern)
                                              or f"{found.target}.*" == pattern)
                  for source, pattern in LAZY_OWN)
        if found.scope == "function" and not own and found.target.split(".")[0] not in LAZY:
            broken.append(str(found))
    report("inside a function only what LAZY and LAZY_OWN list:", broken)
    used = {found.target.split(".")[0] for found in imports() if found.scope == "function"}
    report("in LAZY without need:", [name for name in LAZY if name not in used])


def test_no_hidden_imports():
    broken = []
    for module in modules():
        for node in ast.walk(tree(module)):
            name = getattr(node, "attr", getattr(node, "id", ""))
            if name in ("import_module", "__import__") and module not in DYNAMIC:
                broken.append(f"{module}:{node.lineno} calls {name}")
    report("imports computed at run time are for the modules in DYNAMIC:", broken)


def test_no_import_circles():
    graph: dict[str, set[str]] = {module: set() for module in modules()}
    for found in running_imports():
        graph[found.source].add(found.target)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        report("modules import each other in a circle:", [" <- ".join(error.args[1])])


def test_files_are_short():
    folders = (*PACKAGES, "tests", "bench", "examples")
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines())
               for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))}
    report(f"files of at most {MAX_FILE_LINES} lines:",
           [f"{path}: {n} lines" for path, n in lengths.items() if n > MAX_FILE_LINES])


def functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, int]]:
    """(module:Class.function, lines without decorators and docstring) of every function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = child.end_lineno - child.lineno + 1
            if ast.get_docstring(child) is not None:
                lines -= child.body[0].end_lineno - child.body[0].lineno + 1
            yield prefix + child.name, lines
        named = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        yield from functions(child, f"{prefix}{child.name}." if named else prefix)


def test_functions_are_short():
    lengths = {name: n for module in modules() for name, n in functions(tree(module), f"{module}:")}
    long = {name: n for name, n in lengths.items() if n > MAX_FUNCTION_LINES}
    report(f"functions of at most {MAX_FUNCTION_LINES} lines, or a reason in LONG_FUNCTIONS:",
           [f"{name}: {n} lines" for name, n in long.items() if name not in LONG_FUNCTIONS])
    report("in LONG_FUNCTIONS without need:", [name for name in LONG_FUNCTIONS if name not in long])
