"""Where PyTorch spreads a module over devices: there is one, so it is used itself."""

from __future__ import annotations

from typing import Any

from autograd.refused import advice

from .module import Module


class DataParallel(Module):
    """`module` under the name `module`: its state dict has the names that it has in PyTorch.

    >>> nn.DataParallel(nn.Linear(2, 1)).state_dict().keys()
    dict_keys(['module.weight', 'module.bias'])
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None,
                 dim: int = 0) -> None:
        super().__init__()
        self.module = module

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


class DistributedDataParallel(Module):
    """The class that `isinstance` is asked for; there is one process, so none can be made."""

    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        name = "DistributedDataParallel"
        raise RuntimeError(f"{name}{advice(f'nn.parallel.{name}')}")


def data_parallel(module: Module, inputs: Any, device_ids: Any = None, output_device: Any = None,
                  dim: int = 0, module_kwargs: dict | None = None) -> Any:
    """`module(*inputs)`, or of one input `module(inputs)`."""
    several = inputs if isinstance(inputs, tuple) else (inputs,)
    return module(*several, **(module_kwargs or {}))
