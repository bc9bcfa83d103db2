"""PyTorch's modules under PyTorch's names: `autograd.nn` is `nn`, `autograd.utils.data` is `data`.

A program whose `torch` was replaced by `autograd` imports them as it did.  Python asks the finder
below, and what stands for a module is then the module itself: there is no second copy.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder

from .refused import MISSED, advice, count, name_in_pytorch

# PyTorch's places of its layers; all are one module here.
LAYERS = ("activation", "batchnorm", "channelshuffle", "container", "conv", "distance", "dropout",
          "flatten", "fold", "instancenorm", "lazy", "linear", "loss", "module", "normalization",
          "padding", "pixelshuffle", "pooling", "rnn", "sparse", "transformer", "upsampling",
          "utils")

# Module -> what stands for it, a module or something in one.
PLACES = {
    "autograd.amp": "autograd.surface.amp",
    "autograd.amp.autocast_mode": "autograd.surface.amp",
    "autograd.amp.grad_scaler": "autograd.surface.amp",
    "autograd.autograd": "autograd",
    "autograd.autograd.functional": "autograd.functional",
    "autograd.autograd.function": "autograd.custom_function",
    "autograd.autograd.anomaly_mode": "autograd.anomaly",
    "autograd.autograd.grad_mode": "autograd.modes",
    "autograd.autograd.gradcheck": "autograd.gradient_check",
    "autograd.autograd.variable": "autograd",
    "autograd.backends": "autograd.surface.backends",
    "autograd.backends.cuda": "autograd.surface.backends:cuda",
    "autograd.backends.cudnn": "autograd.surface.backends:cudnn",
    "autograd.backends.mkl": "autograd.surface.backends:mkl",
    "autograd.backends.mkldnn": "autograd.surface.backends:mkldnn",
    "autograd.backends.mps": "autograd.surface.backends:mps",
    "autograd.backends.openmp": "autograd.surface.backends:openmp",
    "autograd.cpu": "autograd.surface.cpu",
    "autograd.distributed": "autograd.surface.distributed",
    "autograd.hub": "autograd.surface.hub",
    "autograd.jit": "autograd.surface.jit",
    "autograd.cuda": "autograd.surface.cuda",
    "autograd.cuda.amp": "autograd.surface.cuda_amp",
    "autograd.cuda.amp.autocast_mode": "autograd.surface.cuda_amp",
    "autograd.cuda.amp.grad_scaler": "autograd.surface.cuda_amp",
    "autograd.accelerator": "autograd.surface.cuda",
    "autograd.mps": "autograd.surface.cuda",
    "autograd.multiprocessing": "multiprocessing",
    "autograd.nn": "nn",
    "autograd.optim": "optim",
    "autograd.profiler": "autograd.surface.profiler",
    "autograd.random": "autograd.sampling",
    "autograd.serialization": "autograd.serialize",
    "autograd.types": "autograd.surface.types",
    "autograd.utils": "autograd.surface.utils",
    "autograd.utils.checkpoint": "autograd.transforms.checkpoint",
    "autograd.utils.data": "data",
    "autograd.utils.dlpack": "autograd",
    "autograd.utils.data.dataloader": "data",
    "autograd.utils.data.distributed": "data",
    "autograd.utils.tensorboard": "autograd.surface.tensorboard",
    "autograd.utils.tensorboard.writer": "autograd.surface.tensorboard",
    "autograd.version": "autograd.surface.version",
    "autograd.xpu": "autograd.surface.cuda",
    **{f"nn.modules.{part}": "nn.modules" for part in LAYERS},
    "optim.adamw": "optim.adam",
    "torch": "autograd.as_torch",
    "torchvision": "autograd.surface.vision",
    "torchvision.datasets": "data.datasets",
    "torchvision.models": "autograd.surface.vision_models",
    "torchvision.transforms": "data.transforms",
    "torchvision.transforms.functional": "data.transforms.functional",
    "torchvision.transforms.transforms": "data.transforms",
    "torchvision.transforms.v2": "data.transforms",
    "torchvision.transforms.v2.functional": "data.transforms.functional",
    "torchvision.utils": "data.utils",
}


def place(name: str) -> str:
    """The name of the module that stands for one: its own where there is no other."""
    head, _, rest = name.partition(".")
    if head == "torch" and rest:
        name = f"autograd.{rest}"
    front, tail = name, ""
    while front:
        found = PLACES.get(front)
        if found is not None:
            return found if not tail else place(found + tail)
        front, _, last = front.rpartition(".")
        tail = f".{last}{tail}"
    return name


def is_there(found: str) -> bool:
    """Whether Python finds the module that stands for another."""
    home = found.partition(":")[0]
    parent = home.rpartition(".")[0]
    try:
        folders = import_module(parent).__path__ if parent else None
    except (ModuleNotFoundError, AttributeError):  # it is not there, or has no parts
        return False
    return PathFinder.find_spec(home, folders) is not None


class Aliases:
    """Finds the modules of these packages by their names in PyTorch."""

    def __init__(self, *packages: str) -> None:
        self.packages = packages

    def find_spec(self, fullname: str, path=None, target=None) -> ModuleSpec | None:
        """Python's question where a module is; None where it shall look itself."""
        head, _, rest = fullname.partition(".")
        if head not in self.packages:
            return None
        found = place(fullname)
        if found != fullname and is_there(found):
            return ModuleSpec(fullname, self, origin=found,  # type: ignore[arg-type]
                              is_package=True)
        name = name_in_pytorch(head, rest)
        known = advice(name) if rest else ""
        if found == fullname and (not known or PathFinder.find_spec(fullname, path)):
            return None
        count(MISSED, name)
        raise ModuleNotFoundError(f"No module named {fullname!r}{known}", name=fullname)

    def create_module(self, spec: ModuleSpec) -> None:
        """The usual empty module, which the next step replaces."""

    def exec_module(self, module) -> None:
        """Put the module that is meant in the place of the empty one."""
        home, _, part = module.__spec__.origin.partition(":")
        found = import_module(home)
        sys.modules[module.__name__] = getattr(found, part) if part else found


def install(*packages: str) -> None:
    """Let Python find the modules of these packages by their names in PyTorch."""
    sys.meta_path.insert(0, Aliases(*packages))
