"""Libraries that are told about Tensors when they are imported: einops asks for a backend.

Nothing is loaded for them; Python asks the finder below where their module is, and what stands
here is loaded when it has run.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder

# A module of a library -> the module of this one that is loaded after it.
GUESTS = {"einops._backends": "autograd.surface.einops_backend"}


class Guests:
    """Finds the modules of GUESTS where they are, and learns when they are loaded."""

    def __init__(self) -> None:
        self.loaders: dict[str, object] = {}

    def find_spec(self, fullname: str, path=None, target=None) -> ModuleSpec | None:
        """Python's question where a module is; None where it shall look itself."""
        if fullname not in GUESTS:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            self.loaders[fullname], spec.loader = spec.loader, self  # type: ignore[assignment]
        return spec

    def create_module(self, spec: ModuleSpec):
        """The module as its own loader makes it."""
        return self.loaders[spec.name].create_module(spec)  # type: ignore[attr-defined]

    def exec_module(self, module) -> None:
        """Run it, and what is for it."""
        self.loaders[module.__name__].exec_module(module)  # type: ignore[attr-defined]
        import_module(GUESTS[module.__name__])


def install() -> None:
    """Load what is for the modules of GUESTS, those that are there and those to come."""
    for name in GUESTS:
        if name in sys.modules:
            import_module(GUESTS[name])
    sys.meta_path.insert(0, Guests())
