"""PyTorch's places of the layers: `nn.modules.conv.Conv2d`, `nn.modules.Conv2d`, is `nn.Conv2d`.

Every place is this one module.  The bases of layers, that programs ask `isinstance` of, have the
names they have there, and so have the hooks of all modules and a few private functions.
"""

from __future__ import annotations

import sys
from importlib import import_module

import nn
from autograd.aliases import LAYERS

__path__: list[str] = []  # its places are found by the finder of autograd

_BASES = {
    "LazyModuleMixin": "lazy LazyModuleMixin",
    "RNNBase": "recurrent _Recurrent", "RNNCellBase": "recurrent_cells _Cell",
    "_BatchNorm": "normalization _BatchNorm", "_ConvNd": "conv _Conv",
    "_ConvTransposeNd": "conv _Transposed", "_InstanceNorm": "normalization _InstanceNorm",
    "_Loss": "loss Loss", "_MaxPoolNd": "pooling _MaxPool", "_NormBase": "normalization _Running",
    "_WeightedLoss": "loss WeightedLoss",
    **{name: f"private_names {name}" for name in (
        "_get_activation_fn", "_get_clones", "_ntuple", "_pair", "_quadruple", "_single",
        "_triple")},
    **{name: f"global_hooks {name}" for name in (
        "register_module_forward_hook", "register_module_forward_pre_hook",
        "register_module_full_backward_hook", "register_module_full_backward_pre_hook")},
}


def __getattr__(name: str):
    if name in LAYERS:
        return sys.modules[__name__]
    if name in _BASES:
        module, own = _BASES[name].split()
        return getattr(import_module(f"nn.{module}"), own)
    return getattr(nn, name)


def __dir__() -> list[str]:
    return sorted({*nn.__all__, *LAYERS, *_BASES})
