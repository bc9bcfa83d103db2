"""PyTorch's modules under PyTorch's names: `autograd.nn` is `nn`, `autograd.utils.data` is `data`.

A program whose `torch` was replaced by `autograd` imports them as it did.  Python asks the finder
below, and what stands for a module is then the module itself: there is no second copy.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder

from .refused import MISSED, advice, count, name_in_pytorch

# Module -> what stands for it, a module or something in one; what ends in .* is all parts as well.
PLACES = {
    "autograd.amp": "autograd.surface.amp",
    "autograd.amp.autocast_mode": "autograd.surface.amp",
    "autograd.amp.grad_scaler": "autograd.surface.amp",
    "autograd.autograd": "autograd",
    "autograd.autograd.functional": "autograd.functional",
    "autograd.autograd.function": "autograd.custom_function",
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
    "autograd.cuda": "autograd.surface.cuda",
    "autograd.cuda.amp": "autograd.surface.cuda_amp",
    "autograd.cuda.amp.autocast_mode": "autograd.surface.cuda_amp",
    "autograd.cuda.amp.grad_scaler": "autograd.surface.cuda_amp",
    "autograd.accelerator": "autograd.surface.cuda",
    "autograd.mps": "autograd.surface.cuda",
    "autograd.multiprocessing": "multiprocessing",
    "autograd.nn": "nn",
    "autograd.optim": "optim",
    "autograd.random": "autograd.sampling",
    "autograd.serialization": "autograd.serialize",
    "autograd.types": "autograd.surface.types",
    "autograd.utils": "autograd.surface.utils",
    "autograd.utils.checkpoint": "autograd.transforms.checkpoint",
    "autograd.utils.data": "data",
    "autograd.utils.data.dataloader": "data",
    "autograd.utils.data.distributed": "data",
    "autograd.utils.tensorboard": "autograd.surface.tensorboard",
    "autograd.utils.tensorboard.writer": "autograd.surface.tensorboard",
    "autograd.version": "autograd.surface.version",
    "autograd.xpu": "autograd.surface.cuda",
    "nn.modules.*": "nn.modules",
    "optim.adamw": "optim.adam",
    "torch": "autograd.as_torch",
    "torchvision": "autograd.surface.vision",
    "torchvision.datasets": "data.datasets",
    "torchvision.transforms": "data.transforms",
    "torchvision.transforms.transforms": "data.transforms",
    "torchvision.transforms.v2": "data.transforms",
    "torchvision.utils": "data.utils",
}


def place(name: str) -> str:
    """The name of the module that stands for one: its own where there is no other."""
    head, _, rest = name.partition(".")
    if head == "torch" and rest:
        name = f"autograd.{rest}"
    front, tail = name, ""
    while front:
        if tail and f"{front}.*" in PLACES:
            return PLACES[f"{front}.*"]
        found = PLACES.get(front) or PLACES.get(f"{front}.*")
        if found is not None:
            return found if not tail else place(found + tail)
        front, _, last = front.rpartition(".")
        tail = f".{last}{tail}"
    return name


class Aliases:
    """Finds the modules of these packages by their names in PyTorch."""

    def __init__(self, *packages: str) -> None:
        self.packages = packages

    def find_spec(self, fullname: str, path=None, target=None) -> ModuleSpec | None:
        """Python's question where a module is; None where it shall look itself."""
        head, _, rest = fullname.partition(".")
        if head not in self.packages:
            return None
        known = advice(name_in_pytorch(head, rest)) if rest else ""
        if known and fullname not in PLACES and not PathFinder.find_spec(fullname, path):
            count(MISSED, name_in_pytorch(head, rest))
            raise ModuleNotFoundError(f"No module named {fullname!r}{known}", name=fullname)
        found = place(fullname)
        if found == fullname:
            return None
        return ModuleSpec(fullname, self, origin=found, is_package=True)  # type: ignore[arg-type]

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
