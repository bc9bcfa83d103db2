"""`torch.hub`: models are not fetched from elsewhere; weights that lie on the disk are loaded."""

from __future__ import annotations

import os

from ..lazy import lazily
from . import devices

for _name in ("load", "load_state_dict_from_url", "download_url_to_file", "list", "help"):
    globals()[_name] = devices.refusing(f"hub.{_name}")


def get_dir() -> str:
    """The folder where PyTorch keeps what it fetched."""
    home = os.environ.get("TORCH_HOME", os.path.join("~", ".cache", "torch"))
    return os.path.join(os.path.expanduser(home), "hub")


__getattr__, __dir__, _later = lazily(__name__, {}, called="autograd.hub")
