"""`torch.version`: the version of PyTorch whose names this library takes, and what it was built
with there: nothing."""

from __future__ import annotations

__version__ = "2.13.0+wengert"
debug = False
cuda = hip = xpu = git_version = None
