"""What PyTorch has and this library does not: why, and what to use instead.

Names are those behind `torch.`.  A message of a missing attribute or module takes its advice from
here, and so does the report of `python -m autograd run`, which also tells what had a stand-in.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from .absent import NAMES, PATTERNS
from .errors import did_you_mean

REFUSED = {
    "bfloat16": "NumPy has no such type; use float32",
    "cuda.Event": "there is no GPU; time.perf_counter() measures what the CPU takes",
    "cuda.Stream": "there is no GPU; operations run one after the other",
    "cuda.get_device_name": "there is no GPU; ask cuda.is_available() first",
    "cuda.get_device_properties": "there is no GPU; ask cuda.is_available() first",
    "cuda.nvtx": "there is no GPU; the functions of autograd.viz measure operations",
    "distributed": "this library computes in one process; leave the group out and train on one",
    "export": "autograd.save(model.state_dict(), path) writes what other programs read",
    "fx": "models are traced by autograd.compile and drawn by autograd.viz",
    "hub": "build the model, and load its weights from a file: "
           "model.load_state_dict(autograd.load(path))",
    "jit": "there is no TorchScript; autograd.compile(function) makes functions fast",
    "nn.parallel.DistributedDataParallel": "there is one process; use the module itself",
    "package": "autograd.save(model.state_dict(), path) writes weights",
    "profiler": "autograd.viz measures and draws what the operations of a model cost",
    "quantization": "tensors of 8 bits do not take part in training; use float32",
    "ao": "tensors of 8 bits do not take part in training; use float32",
    "serialization.add_safe_globals": "load() reads tensors, containers, numbers and text, "
                                      "from which other objects can be built",
    "utils._pytree": "functions of autograd.func take nested lists, tuples and dicts as they are",
    "utils.benchmark": "time with timeit, after a first call, in which kernels may compile",
    "utils.flop_counter": "autograd.viz.graph(model, input) shows the FLOPs of each module",
    "utils.cpp_extension": "write a Function in Python, with NumPy or Numba inside",
    "torchvision.models": "build the network from layers of nn, and load its weights with "
                     "load_state_dict",
    "torchvision.ops": "write it with the functions of autograd",
    "torchvision.io": "data.datasets.ImageFolder reads images; save_image writes them",
    "_dynamo": "autograd.compile(function) records a function and runs it fused",
    "_inductor": "autograd.compile(function) records a function and runs it fused",
}

NO_DEVICE = "tensors live on the CPU; use device('cpu')"

# How often a program asked for what is not here, and used what only stands for something.
MISSED: dict[str, int] = {}
STOOD_IN: dict[str, int] = {}

# Whether the program was written for PyTorch and runs as it is.
unmodified = False

_PYTORCHS = {"autograd": "", "data": "utils.data.", "nn.modules": "nn.", "torch": "",
             "torchvision": "torchvision."}


def name_in_pytorch(package: str, name: str) -> str:
    """The name behind `torch.` of what a module of this library was asked for."""
    package = package.removeprefix("autograd.")
    return _PYTORCHS.get(package, f"{package}.") + name


def advice(name: str) -> str:
    """`: why it is not here and what to use`, for a name or what it is a part of; else empty."""
    part = name
    while part:
        reason = REFUSED.get(part) or NAMES.get(part) or _family(part)
        if reason:
            return f": {reason}"
        part = part.rpartition(".")[0]
    return ""


def _family(name: str) -> str:
    return next((reason for pattern, reason in PATTERNS if fnmatchcase(name, pattern)), "")


def missing(package: str, name: str, candidates) -> AttributeError:
    """The error for an attribute that a module does not have."""
    if not name.startswith("__"):
        count(MISSED, name_in_pytorch(package, name))
    said = advice(name_in_pytorch(package, name)) or did_you_mean(name, candidates)
    return AttributeError(f"module {package!r} has no attribute {name!r}{said}", name=name)


def count(counts: dict[str, int], name: str) -> None:
    """One more in MISSED or STOOD_IN."""
    counts[name] = counts.get(name, 0) + 1


def tolerated(what: str) -> bool:
    """Whether something that this library asks to be said may go without saying: it may in
    programs that run as they are, whose report tells of it."""
    if unmodified:
        count(STOOD_IN, what)
    return unmodified


class Absent:
    """An attribute that PyTorch's tensors have and these have not; asking for it says why."""

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason

    def __get__(self, instance, owner):
        count(MISSED, f"Tensor.{self.name}")
        raise AttributeError(f"Tensor has no attribute {self.name!r}: {self.reason}",
                             name=self.name)


class Unsupported:
    """A dtype of PyTorch's that may be named, compared and passed around, until it is used."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name
